use tokio::sync::oneshot;

use super::*;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(pieces(text, VoiceEngine::Endpoint), expected, "{text:?}");
}

#[test]
fn long_texts_are_rendered_by_the_sentence() {
    check(
        "How would you shard this table? And what if one key is hot?",
        &["How would you shard this table?", "And what if one key is hot?"],
    );
    check("Okay. Let us go on with something else.", &["Okay. Let us go on with something else."]);
    check("Say you have 2.5 million rows and v1.2 of it", &["Say you have 2.5 million rows and v1.2 of it"]);
    check("  ", &[]);
    check("Qu'est-ce que c'est, Zoë? Ça va, j'espère…", &["Qu'est-ce que c'est, Zoë?", "Ça va, j'espère…"]);
    assert_eq!(pieces("One sentence of text. And another.", VoiceEngine::Espeak).len(), 1);
}

fn voice(settings: VoiceSettings, home: &tempfile::TempDir) -> Voice {
    Voice::start(settings, "no such loudspeaker", home.path())
}

#[tokio::test]
async fn without_an_engine_nothing_is_said_and_nothing_is_needed() {
    let home = tempfile::tempdir().expect("a folder");
    let voice = voice(VoiceSettings { engine: VoiceEngine::None, ..VoiceSettings::default() }, &home);
    let spoken = voice.say("Tell me about indexes.").await.expect("shown");
    assert_eq!((spoken.seconds, spoken.heard_fraction, spoken.engine), (0.0, 1.0, VoiceEngine::None));
    voice.stop().await;
    assert!(voice.probe().await.expect("ready").contains("shown"));
}

#[tokio::test]
async fn what_is_rendered_ahead_is_kept_and_not_rendered_again() {
    let home = tempfile::tempdir().expect("a folder");
    let (wav, calls) = (home.path().join("out.wav"), home.path().join("calls"));
    std::fs::write(&wav, Clip { samples: vec![0.1; 800], rate: 16_000 }.to_wav().expect("made")).expect("saved");
    let script = format!("cat >/dev/null; echo call >> '{}'; cat '{}'", calls.display(), wav.display());
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let settings = VoiceSettings { engine: VoiceEngine::Command, command, ..VoiceSettings::default() };
    let voice = Voice::start(settings, "default", home.path().join("cache"));
    let called = || std::fs::read_to_string(&calls).map_or(0, |calls| calls.lines().count());
    for text in ["Okay.", "Okay.", "Go on."] {
        voice.inner.make_ready(text, Keeps::OnDisk).await.expect("rendered");
    }
    assert_eq!(called(), 2);
    voice.inner.clip("Okay.").await.expect("from memory");
    let key = voice.inner.cache_key("Okay.");
    while voice.inner.cache.get(&key).is_none() {
        tokio::task::yield_now().await; // written behind our back
    }
    *voice.inner.lock_ready() = Ready::default();
    voice.inner.clip("Okay.").await.expect("from the cache");
    voice.inner.make_ready("Your words.", Keeps::InMemory).await.expect("rendered");
    voice.inner.clip("Your words.").await.expect("from memory");
    assert_eq!(called(), 3);
    assert!(voice.inner.cache.get(&voice.inner.cache_key("Your words.")).is_none(), "nothing of it is left behind");
    voice.inner.clip("Something new").await.expect("rendered");
    voice.inner.clip("Something new").await.expect("rendered again");
    assert_eq!(called(), 5, "what is only said is not kept");
}

/// A program that speaks at once, but takes for ever over "slowly".
fn slow_at_one(home: &tempfile::TempDir) -> Voice {
    let (wav, begun) = (home.path().join("out.wav"), home.path().join("begun"));
    std::fs::write(&wav, Clip { samples: vec![0.1; 800], rate: 16_000 }.to_wav().expect("made")).expect("saved");
    let script = format!(
        "text=$(cat); echo \"$text\" >> '{}'; if [ \"$text\" = slowly ]; then exec sleep 1000; fi; cat '{}'",
        begun.display(),
        wav.display()
    );
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let settings = VoiceSettings { engine: VoiceEngine::Command, command, ..VoiceSettings::default() };
    Voice::start(settings, "default", home.path().join("cache"))
}

#[tokio::test]
async fn who_speaks_now_does_not_wait_for_what_is_rendered_ahead() {
    let home = tempfile::tempdir().expect("a folder");
    let voice = slow_at_one(&home);
    voice.render_ahead(["slowly".to_owned()], Keeps::OnDisk);
    while !std::fs::read_to_string(home.path().join("begun")).is_ok_and(|begun| begun.contains("slowly")) {
        tokio::task::yield_now().await;
    }
    let wanted = tokio::time::timeout(Duration::from_secs(30), voice.inner.clip("at once")).await;
    wanted.expect("what is rendered ahead gives way").expect("rendered");
}

#[tokio::test]
async fn what_is_being_rendered_ahead_is_not_rendered_twice() {
    let home = tempfile::tempdir().expect("a folder");
    let (voice, mut asked) = at_a_server(&home).await;
    voice.render_ahead([THREE[0].to_owned()], Keeps::InMemory);
    let (_, answer) = asked.recv().await.expect("asked");
    let (clip, ()) = tokio::join!(voice.inner.clip(THREE[0]), async { answer.send(()).expect("waiting") });
    assert_eq!(clip.expect("the same").samples.len(), 16_000);
    assert!(asked.try_recv().is_err(), "a second call would be billed");
}

#[tokio::test]
async fn a_missing_loudspeaker_is_an_error_that_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    let error = voice(VoiceSettings::default(), &home).say("Hello.").await.expect_err("cannot be heard");
    assert!(matches!(error, VoiceError::Playback(_)), "{error}");
}

#[test]
fn settings_are_read_and_unknown_keys_refused() {
    let settings: VoiceSettings = toml::from_str("engine = \"endpoint\"\nurl = \"http://h/v1\"").expect("read");
    assert_eq!((settings.engine, settings.speed), (VoiceEngine::Endpoint, 165));
    assert!(toml::from_str::<VoiceSettings>("engin = \"none\"").is_err());
}

/// A voice at a speech server, with a loudspeaker, and what the server is asked for. Each reply waits for its turn.
async fn at_a_server(home: &tempfile::TempDir) -> (Voice, tokio::sync::mpsc::Receiver<(String, oneshot::Sender<()>)>) {
    let (ask, asked) = tokio::sync::mpsc::channel::<(String, oneshot::Sender<()>)>(8);
    let speech = move |body: axum::body::Bytes| {
        let ask = ask.clone();
        async move {
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            let (answer, may_answer) = oneshot::channel();
            ask.send((body["input"].as_str().expect("text").to_owned(), answer)).await.expect("a test that listens");
            may_answer.await.expect("a test that answers");
            Clip { samples: vec![0.1; 16_000], rate: 16_000 }.to_wav().expect("made")
        }
    };
    let router = axum::Router::new().route("/v1/audio/speech", axum::routing::post(speech));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let voice = voice(VoiceSettings { engine: VoiceEngine::Endpoint, url, ..VoiceSettings::default() }, home);
    *voice.inner.playback.lock().await = Some(Arc::new(crate::audio::playback::tests::fake()));
    (voice, asked)
}

const THREE: [&str; 3] =
    ["How would you shard this table?", "And what if one key is hot?", "Who would notice it first?"];

#[tokio::test]
async fn the_first_sentence_is_spoken_while_the_rest_is_rendered() {
    let home = tempfile::tempdir().expect("a folder");
    let (voice, mut asked) = at_a_server(&home).await;
    let text = THREE.join(" ");
    let server = async {
        for sentence in THREE {
            let (input, answer) = asked.recv().await.expect("asked");
            assert_eq!(input, sentence);
            if sentence != THREE[0] {
                // The sentence before is on its way out, or nothing ever will be.
                while voice.inner.lock_now().playing.is_none() {
                    tokio::task::yield_now().await;
                }
            }
            answer.send(()).expect("waiting");
        }
    };
    let both = async { tokio::join!(voice.say(&text), server) };
    let (spoken, ()) =
        tokio::time::timeout(Duration::from_secs(60), both).await.expect("spoken before all is rendered");
    let spoken = spoken.expect("said");
    assert!(!spoken.is_cut_short() && (spoken.seconds - 3.0).abs() < 0.01, "{spoken:?}");
}

#[tokio::test]
async fn who_is_cut_short_says_how_much_was_heard_and_renders_no_more() {
    let home = tempfile::tempdir().expect("a folder");
    let (voice, mut asked) = at_a_server(&home).await;
    let text = THREE.join(" ");
    let server = async {
        asked.recv().await.expect("the first").1.send(()).expect("waiting");
        let second = asked.recv().await.expect("the second is rendered while the first is spoken");
        voice.cut_short();
        drop(second);
    };
    let (spoken, ()) = tokio::join!(voice.say(&text), server);
    let spoken = spoken.expect("stopped, not failed");
    assert!(spoken.is_cut_short() && spoken.heard_fraction < 0.4, "{spoken:?}");
    assert!(asked.try_recv().is_err(), "the third is never asked for");
}
