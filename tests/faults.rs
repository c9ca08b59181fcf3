//! What is left when something breaks: a killed program, a full disk, a damaged model, a damaged history.
#![cfg(feature = "whisper")]

mod real_daemon;

use std::time::{Duration, Instant};

use real_daemon::{Daemon, Home, PATIENCE, joined, repository, sample, until, word_error_rate, words};
use viva::{
    api::{self, Event, Phase},
    client::ClientError,
};

const TYPED: &str = "I would use a token bucket per API key, and fail open when the store cannot be reached.";

/// What the daemon refused with: the stable code and the sentence for a person.
#[track_caller]
fn refusal(result: Result<api::Answer, ClientError>) -> (String, String) {
    match result {
        Err(ClientError::Refused { error, .. }) => (error.code, error.message),
        other => panic!("not refused: {other:?}"),
    }
}

/// Waits until the history has so many answers, as recovery runs beside the rest.
async fn history_of(daemon: &Daemon, answers: usize) -> Vec<api::AnswerSummary> {
    let started = Instant::now();
    loop {
        let history = daemon.history().await;
        if history.len() >= answers {
            return history;
        }
        assert!(started.elapsed() < PATIENCE, "only {} answers are in the history", history.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_loses_at_most_a_second_and_the_next_one_recovers_the_answer() {
    let home = Home::new();
    let wav = home.path().join("long.wav");
    joined(&["sample-multi-1", "sample-multi-2", "sample-answer-1", "sample-answer-2"], &wav);
    let daemon = home.daemon().await;
    let mut events = daemon.client.events().await.expect("events");
    let client = daemon.client.clone();
    let file = std::fs::File::open(&wav).expect("a file");
    let about = api::NewRecording { question: "rate-limiter".into(), real_time: Some(true), ..Default::default() };
    let sending = tokio::spawn(async move { client.send_recording(file, &about).await });
    let mut listening = None;
    let first = until(&mut events, "the first words", |event| match event {
        Event::Phase { phase: Phase::Listening } => {
            listening = Some(Instant::now());
            None
        }
        Event::Segment { segment } if !segment.text.is_empty() => Some(segment.text),
        _ => None,
    })
    .await;
    // Into the middle of the next words, half a second after a header was written.
    until(&mut events, "more speech", |event| matches!(event, Event::Level { voiced: true, .. }).then_some(())).await;
    let heard_for = listening.expect("listened").elapsed();
    daemon.kill();
    assert!(sending.await.expect("no panic").is_err());

    let audio = home.paths().audio();
    let part = std::fs::read_dir(&audio).expect("recordings").next().expect("one").expect("readable").path();
    assert!(part.to_string_lossy().ends_with(".wav.part"), "{}", part.display());
    let kept = Duration::from_secs_f64((part.metadata().expect("there").len() - 44) as f64 / 2.0 / 16_000.0);
    println!("killed after {heard_for:.2?} of hearing, {kept:.2?} are on disk");
    assert!(kept + Duration::from_secs(1) >= heard_for, "{kept:?} of {heard_for:?}");

    let restarted = Instant::now();
    let daemon = home.daemon().await;
    let ready = restarted.elapsed();
    let history = history_of(&daemon, 1).await;
    println!("ready after {ready:.2?}, recovered after {:.2?}", restarted.elapsed());
    assert_eq!((history.len(), history[0].state.as_str()), (1, "interrupted"));
    let answer = daemon.answer(history[0].id).await;
    assert_eq!(answer.state, "interrupted");
    assert!(answer.has_audio && !part.exists() && part.with_extension("").exists());
    let recovered = words(&answer.transcript.text);
    assert!(recovered.starts_with(&words(&first)), "{first:?} is not the start of {:?}", answer.transcript.text);
    assert!(answer.notices.iter().any(|notice| notice.contains("ended while you spoke")), "{:?}", answer.notices);
    assert!(answer.practice_signal.knows_question);
    let store = daemon.part("store").await;
    assert!(store.ready && store.detail.contains("1 of them interrupted and recovered"), "{}", store.detail);
    let shown = home.viva(&["history"]).output().expect("runs");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("interrupted"), "{shown}");
    let uploads = std::fs::read_dir(home.paths().data_dir.join("uploads"));
    assert!(uploads.is_ok_and(|mut left| left.next().is_none()) || !home.paths().data_dir.join("uploads").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_whose_model_is_gone_keeps_the_recording_and_transcribes_it_later() {
    let mut home = Home::new();
    let wav = home.path().join("long.wav");
    joined(&["sample-multi-1", "sample-multi-2"], &wav);
    let daemon = home.daemon().await;
    let mut events = daemon.client.events().await.expect("events");
    let client = daemon.client.clone();
    let file = std::fs::File::open(&wav).expect("a file");
    let about = api::NewRecording { question: "rate-limiter".into(), real_time: Some(true), ..Default::default() };
    let sending = tokio::spawn(async move { client.send_recording(file, &about).await });
    until(&mut events, "words", |event| matches!(event, Event::Segment { .. }).then_some(())).await;
    daemon.kill();
    assert!(sending.await.expect("no panic").is_err());

    let model = repository("models/synthetic/ggml-synthetic.en-q8_0.bin");
    home.set(&format!("speech.model={}", home.path().join("gone.bin").display()));
    let daemon = home.daemon().await;
    let history = history_of(&daemon, 1).await;
    let answer = daemon.answer(history[0].id).await;
    assert!(answer.has_audio && answer.transcript.text.is_empty());
    assert!(
        answer.notices.iter().any(|notice| notice.contains("next starts with a speech model")),
        "{:?}",
        answer.notices
    );
    daemon.kill();

    home.set(&format!("speech.model={}", model.display()));
    let daemon = home.daemon().await;
    let started = Instant::now();
    loop {
        let answer = daemon.answer(history[0].id).await;
        if !answer.transcript.text.is_empty() {
            assert_eq!(answer.state, "interrupted");
            assert!(!answer.notices.iter().any(|notice| notice.contains("next starts with a speech model")));
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the recording was never transcribed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_speech_model_is_named_and_typed_answers_work() {
    let whole = std::fs::read(repository("models/synthetic/ggml-synthetic.en-q8_0.bin")).expect("the model");
    let damaged: [(&str, Vec<u8>); 4] = [
        ("empty", Vec::new()),
        ("noise", (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ("cut off", whole[..whole.len() / 3].to_vec()),
        ("header only", whole[..64].to_vec()),
    ];
    let mut home = Home::new();
    let (wav, _) = sample("sample-answer-1");
    for (damage, bytes) in damaged {
        let model = home.path().join(format!("{}.bin", damage.replace(' ', "-")));
        std::fs::write(&model, bytes).expect("written");
        home.set(&format!("speech.model={}", model.display()));
        let mut daemon = home.daemon().await;
        let (code, message) = refusal(daemon.hear(&wav, false).await);
        println!("{damage}: {message}");
        assert_eq!(code, "missing_part", "{damage}: {message}");
        assert!(message.contains(&model.display().to_string()) || message.contains(".bin"), "{damage}: {message}");
        let typed = daemon.read(TYPED).await.expect("a typed answer");
        assert_eq!(typed.transcript.text, TYPED, "{damage}");
        assert!(daemon.lives().await, "{damage}");
    }
}

#[cfg(target_os = "linux")]
mod full_disk {
    use std::process::Command;

    use super::*;

    /// No file of the daemon may grow beyond so many bytes: writes fail as on a full disk. `None`: they succeed again.
    fn limit(daemon: &Daemon, bytes: Option<u64>) {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let mut command = Command::new("prlimit");
        command.args([format!("--pid={}", daemon.pid()), format!("--fsize={soft}:unlimited")]);
        assert!(command.status().expect("prlimit runs").success());
    }

    /// A daemon that gets errors instead of the signal that ends a program at its limit.
    async fn daemon(home: &Home) -> Daemon {
        home.daemon_after("trap '' XFSZ").await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_room_for_the_recording_costs_the_recording_and_not_the_words() {
        let home = Home::new();
        let mut daemon = daemon(&home).await;
        let (wav, text) = sample("sample-multi-1");
        let mut events = daemon.client.events().await.expect("events");
        let client = daemon.client.clone();
        let about = api::NewRecording { question: "rate-limiter".into(), real_time: Some(true), ..Default::default() };
        let file = std::fs::File::open(&wav).expect("a file");
        let sending = tokio::spawn(async move { client.send_recording(file, &about).await });
        // The upload is complete. The history is larger than this already; a recording of five seconds is not.
        until(&mut events, "listening", |event| {
            matches!(event, Event::Phase { phase: Phase::Listening }).then_some(())
        })
        .await;
        limit(&daemon, Some(160_000));
        let told = until(&mut events, "a notice", |event| match event {
            Event::Notice { text } => Some(text),
            _ => None,
        })
        .await;
        println!("{told}");
        assert!(told.contains("recording cannot be written") && told.contains("Free some disk space"), "{told}");
        let answer = sending.await.expect("no panic").expect("an answer all the same");
        limit(&daemon, None);
        assert!(word_error_rate(&text, &answer.transcript.text) <= 0.2, "{}", answer.transcript.text);
        assert!(answer.notices.iter().any(|notice| notice.contains("recording cannot be written")), "{answer:?}");
        assert!(daemon.lives().await);
        assert_eq!(daemon.hear(&wav, false).await.expect("and the next one").notices, Vec::<String>::new());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_typed_answer_that_waits_for_room_is_saved_when_the_daemon_stops() {
        let home = Home::new();
        let mut daemon = daemon(&home).await;
        let mut events = daemon.client.events().await.expect("events");
        let session = serde_json::json!({
            "question": "rate-limiter", "ear": "typed", "speak": false, "probes": 0, "client": "a test",
        });
        let started = daemon.client.send::<api::Started>(reqwest::Method::POST, "/api/sessions", &session).await;
        started.expect("a session");
        limit(&daemon, Some(1));
        let command = api::Command::Answer { text: TYPED.into() };
        daemon.client.command(&command).await.expect("taken");
        until(&mut events, "a notice", |event| match event {
            Event::Notice { text } => text.contains("not saved yet").then_some(()),
            _ => None,
        })
        .await;
        limit(&daemon, None);
        assert!(home.viva(&["stop"]).status().expect("runs").success());
        daemon.has_ended().await;
        let log = home.log();
        let daemon = super::full_disk::daemon(&home).await;
        let history = daemon.history().await;
        assert_eq!(history.len(), 1, "it is in the history: {log}");
        assert_eq!(daemon.answer(history[0].id).await.transcript.text, TYPED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_room_for_the_history_keeps_the_words_in_the_reply_and_saves_them_when_there_is_room() {
        let home = Home::new();
        let mut daemon = daemon(&home).await;
        let (wav, text) = sample("sample-answer-1");
        let mut events = daemon.client.events().await.expect("events");
        let client = daemon.client.clone();
        let about = api::NewRecording { question: "rate-limiter".into(), real_time: Some(true), ..Default::default() };
        let file = std::fs::File::open(&wav).expect("a file");
        let sending = tokio::spawn(async move { client.send_recording(file, &about).await });
        until(&mut events, "listening", |event| {
            matches!(event, Event::Phase { phase: Phase::Listening }).then_some(())
        })
        .await;
        limit(&daemon, Some(1));
        let answer = sending.await.expect("no panic").expect("an answer all the same");
        println!("{:?}", answer.notices);
        assert!(word_error_rate(&text, &answer.transcript.text) <= 0.2, "{}", answer.transcript.text);
        assert!(answer.notices.iter().any(|notice| notice.contains("not saved yet")), "{:?}", answer.notices);
        assert!(daemon.lives().await);
        let (code, message) = refusal(daemon.hear(&wav, false).await);
        println!("{code}: {message}");
        assert!(message.contains("Free some disk space"), "{code}: {message}");
        assert!(daemon.lives().await);

        limit(&daemon, None);
        until(&mut events, "it is saved", |event| match event {
            Event::Notice { text } => text.contains("is saved now").then_some(()),
            _ => None,
        })
        .await;
        let history = daemon.history().await;
        assert_eq!(history.len(), 1);
        assert_eq!(daemon.answer(history[0].id).await.transcript.text, answer.transcript.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_history_is_named_with_its_remedy_and_nothing_is_overwritten() {
    let home = Home::new();
    let path = home.paths().database();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let noise = b"this is no database, and it is somebody's only copy of something".repeat(100);
    std::fs::write(&path, &noise).expect("written");
    let Err((status, log)) = home.start(home.viva(&["serve"])).await else { panic!("it started on noise") };
    println!("{status}: {log}");
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("viva.db") && log.contains("Move the file away"), "{log}");
    assert_eq!(std::fs::read(&path).expect("still there"), noise);

    let output = home.viva(&["history"]).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Move the file away"), "{said}");

    std::fs::rename(&path, path.with_extension("damaged")).expect("moved");
    let daemon = home.daemon().await;
    assert_eq!(daemon.read(TYPED).await.expect("an answer").id, Some(1));
}
