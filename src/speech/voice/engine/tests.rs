use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;

use super::*;

type Asked = Arc<Mutex<Vec<(Option<String>, serde_json::Value)>>>;

/// A speech server on a free port that answers each request by `reply`, and what it was asked.
async fn server<R: IntoResponse + 'static>(reply: fn(&serde_json::Value) -> R) -> (VoiceSettings, Asked) {
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let handler = move |headers: HeaderMap, body: Bytes| {
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let answer = reply(&body).into_response();
        let key = headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
        seen.lock().expect("whole").push((key, body));
        async move { answer }
    };
    let router = axum::Router::new().route("/v1/audio/speech", post(handler));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = VoiceSettings {
        engine: VoiceEngine::Endpoint,
        name: "af_heart".into(),
        model: "kokoro".into(),
        url,
        ..VoiceSettings::default()
    };
    (settings, asked)
}

fn sound(kind: &'static str, bytes: Vec<u8>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], bytes)
}

fn program(script: &str) -> VoiceSettings {
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    VoiceSettings { engine: VoiceEngine::Command, command, ..VoiceSettings::default() }
}

#[tokio::test]
async fn an_endpoint_is_asked_for_pcm_with_the_key() {
    let (settings, asked) = server(|_| sound("audio/pcm", [0, 64].repeat(24_000))).await;
    let clip = render(&settings, &secret(), "Hello.").await.expect("sound");
    assert_eq!((clip.rate, clip.samples.len(), clip.samples[0]), (24_000, 24_000, 0.5));
    let asked = asked.lock().expect("whole");
    let (key, body) = &asked[0];
    assert_eq!(key.as_deref(), Some("Bearer secret"));
    let expected = serde_json::json!({
        "model": "kokoro", "voice": "af_heart", "input": "Hello.", "response_format": "pcm",
    });
    assert_eq!(body, &expected);
}

#[tokio::test]
async fn an_endpoint_may_answer_with_wav() {
    let wav = |_: &serde_json::Value| {
        let clip = Clip { samples: vec![0.5; 100], rate: 44_100 };
        sound("audio/wav", clip.to_wav().expect("written"))
    };
    let (settings, _) = server(wav).await;
    assert_eq!(render(&settings, &Caller::default(), "Hello.").await.expect("sound").rate, 44_100);
}

#[tokio::test]
async fn an_endpoint_without_pcm_is_asked_for_wav() {
    let only_wav = |body: &serde_json::Value| {
        let clip = Clip { samples: vec![0.5; 100], rate: 22_050 };
        if body["response_format"] == "wav" {
            (StatusCode::OK, clip.to_wav().expect("written"))
        } else {
            (StatusCode::BAD_REQUEST, Vec::new())
        }
    };
    let (settings, asked) = server(only_wav).await;
    assert_eq!(render(&settings, &Caller::default(), "Hello.").await.expect("sound").rate, 22_050);
    assert_eq!(asked.lock().expect("whole").len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let away = |_: &serde_json::Value| (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/v1/audio/speech")]);
    let (settings, asked) = server(away).await;
    let error = render(&settings, &secret(), "Hello.").await.expect_err("refused");
    assert!(error.to_string().contains("307"), "{error}");
    assert_eq!(asked.lock().expect("whole").len(), 1);
}

#[tokio::test]
async fn text_instead_of_sound_is_an_error() {
    let (settings, _) = server(|_| sound("application/json", b"{\"error\":\"quota\"}".to_vec())).await;
    let error = render(&settings, &Caller::default(), "Hello.").await.expect_err("no sound");
    assert!(error.to_string().contains("text"), "{error}");
}

#[tokio::test]
async fn every_failure_names_the_thing_and_the_remedy() {
    let endpoint =
        |url: &str| VoiceSettings { engine: VoiceEngine::Endpoint, url: url.into(), ..VoiceSettings::default() };
    let missing = VoiceSettings {
        engine: VoiceEngine::Command,
        command: vec!["no-such-program-here".into()],
        ..VoiceSettings::default()
    };
    let empty = VoiceSettings { engine: VoiceEngine::Command, ..VoiceSettings::default() };
    for (settings, named) in [
        (endpoint(""), "[voice] url"),
        (endpoint("not an address"), "no address"),
        (endpoint("http://127.0.0.1:1/v1"), "http://127.0.0.1:1/v1"),
        (missing, "no-such-program-here"),
        (empty, "[voice] command"),
        (program("echo broken pipe >&2; exit 3"), "broken pipe"),
        (program("exit 3"), "exit status: 3"),
        (program("echo this is not sound"), "not a WAV"),
        (program("head -c 21000000 /dev/zero"), "more than 20 MB"),
    ] {
        let error = render(&settings, &Caller::default(), "Hello.").await.expect_err(named).to_string();
        assert!(error.contains(named), "{error:?} does not name {named:?}");
        assert!(error.contains("[voice] engine = \"none\""), "{error}");
    }
}

#[tokio::test]
async fn a_program_gets_the_text_and_answers_with_wav() {
    let home = tempfile::tempdir().expect("a folder");
    let (wav, heard) = (home.path().join("out.wav"), home.path().join("in.txt"));
    let clip = Clip { samples: vec![0.25; 800], rate: 16_000 };
    std::fs::write(&wav, clip.to_wav().expect("written")).expect("saved");
    let settings = program(&format!("cat > '{}'; cat '{}'", heard.display(), wav.display()));
    let rendered = render(&settings, &Caller::default(), "-v What is -- \"that\"?\n").await.expect("sound");
    assert_eq!((rendered.rate, rendered.samples.len()), (16_000, 800));
    assert_eq!(std::fs::read_to_string(heard).expect("written"), "-v What is -- \"that\"?\n");
}

#[tokio::test]
async fn a_program_that_hangs_is_killed() {
    let mut sleeper = Command::new("sleep");
    sleeper.arg("600");
    let failure = run(sleeper, "", Duration::from_millis(50)).await.expect_err("late");
    assert!(matches!(failure, Failure::Late(_)), "{failure}");
}

#[tokio::test]
async fn espeak_speaks_where_it_is_installed() {
    if !on_path("espeak-ng") {
        println!("skipped: espeak-ng is not installed");
        return;
    }
    let settings = VoiceSettings::default();
    let clip = render(&settings, &Caller::default(), "How would you design a [[rate limiter]]?").await.expect("sound");
    assert!(clip.rate == 22_050 && (1.0..6.0).contains(&clip.seconds()), "{} Hz, {} s", clip.rate, clip.seconds());
    let wrong = VoiceSettings { name: "zz-nobody".into(), ..settings };
    let error = render(&wrong, &Caller::default(), "Hello.").await.expect_err("no such voice").to_string();
    assert!(error.contains("espeak-ng --voices"), "{error}");
}

fn secret() -> Caller {
    Caller { key: Some("secret".into()), observer: None }
}
