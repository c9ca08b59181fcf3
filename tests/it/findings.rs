//! Findings: each with a number and its seconds, to be heard (`viva play`) and to be called wrong (`viva wrong`).

use std::path::Path;

use serde_json::{Value, json};

use crate::home::{Home, repository};

const TYPED: &str = "I would use a token bucket, because a fixed window lets twice the limit through.";

/// An answer from a recording, and its length in seconds.
async fn recorded(home: &Home) -> (Value, f64) {
    let wav = repository().join("tests/fixtures/voice/sample-multi-2.wav");
    let length = hound::WavReader::open(&wav).unwrap();
    let seconds = f64::from(length.duration()) / f64::from(length.spec().sample_rate);
    (home.recording("rate-limiter", &wav).await.expect(201), seconds)
}

/// Seconds of a WAV file.
fn seconds(file: &Path) -> f64 {
    let reader = hound::WavReader::open(file).unwrap();
    f64::from(reader.duration()) / f64::from(reader.spec().sample_rate)
}

fn findings(answer: &Value) -> &Vec<Value> {
    answer["findings"].as_array().unwrap()
}

/// The first finding that is or is not to be heard.
fn first(answer: &Value, audible: bool) -> &Value {
    findings(answer).iter().find(|finding| finding["from_s"].is_number() == audible).unwrap()
}

#[tokio::test]
async fn every_finding_has_a_number_and_what_was_said_has_its_seconds() {
    let home = Home::with_daemon().await;
    let typed = home.answer("rate-limiter", TYPED).await;
    for (at, finding) in findings(&typed).iter().enumerate() {
        assert_eq!(finding["n"], at + 1);
        assert_eq!(finding["from_s"], Value::Null, "a typed answer has no seconds: {finding}");
    }
    let heard = &typed["practice_signal"]["heard"][0];
    let listed = &findings(&typed)[heard["evidence"]["n"].as_u64().unwrap() as usize - 1];
    assert_eq!((&listed["kind"], &listed["id"]), (&json!("point"), &heard["id"]));
    assert_eq!(listed["quote"], heard["evidence"]["text"]);
    let missing = &typed["practice_signal"]["missing"][0];
    assert_eq!(findings(&typed)[missing["n"].as_u64().unwrap() as usize - 1]["kind"], "missing_point");
    if !cfg!(feature = "whisper") {
        return;
    }
    let (spoken, length) = recorded(&home).await;
    let audible: Vec<&Value> = findings(&spoken).iter().filter(|finding| finding["from_s"].is_number()).collect();
    assert!(!audible.is_empty(), "{spoken}");
    for finding in audible {
        let (from, to) = (finding["from_s"].as_f64().unwrap(), finding["to_s"].as_f64().unwrap());
        assert!((0.0..length).contains(&from) && from < to && to < length + 1.0, "{finding} of {length} s");
    }
}

#[tokio::test]
async fn what_a_finding_rests_on_can_be_heard() {
    if !cfg!(feature = "whisper") {
        return;
    }
    let home = Home::with_daemon().await;
    let (spoken, length) = recorded(&home).await;
    let id = spoken["id"].to_string();
    let finding = first(&spoken, true);
    let n = finding["n"].to_string();
    let about = finding["to_s"].as_f64().unwrap().min(length) - finding["from_s"].as_f64().unwrap();

    let said = home.viva(&["play", &id, "--evidence", &n, "--wav", "clip.wav"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("at about 0:"), "{}", said.err);
    let clip = home.path().join("clip.wav");
    assert!((seconds(&clip) - about).abs() < 0.05, "{} s, not {about}", seconds(&clip));
    home.viva(&["play", &id, "--wav", "clip.wav"]).await.failed(1, &["clip.wav", "is there already"]);
    let all = home.viva(&["play", "--wav", "all.wav", "--json"]).await.json();
    assert_eq!(all["answer"].to_string(), id, "the newest");
    assert!((seconds(&home.path().join("all.wav")) - length).abs() < 0.6, "the whole of it");
    home.viva(&["play", &id, "--from", "0:01", "--to", "2.5", "--wav", "some.wav"]).await.ok();
    assert_eq!(seconds(&home.path().join("some.wav")), 1.5);
    let whole = hound::WavReader::open(home.path().join("all.wav")).unwrap().into_samples::<i16>();
    let some = hound::WavReader::open(home.path().join("some.wav")).unwrap().into_samples::<i16>();
    let (whole, some): (Vec<_>, Vec<_>) = (whole.map(Result::unwrap).collect(), some.map(Result::unwrap).collect());
    assert_eq!(some, whole[16_000..40_000], "the very samples");
}

#[tokio::test]
async fn what_cannot_be_heard_is_told_with_the_reason() {
    if !cfg!(feature = "whisper") {
        return;
    }
    let home = Home::with_daemon().await;
    let (spoken, _) = recorded(&home).await;
    let id = spoken["id"].to_string();
    let (audible, silent) = (first(&spoken, true)["n"].to_string(), first(&spoken, false)["n"].to_string());
    let all = format!("1 to {}", findings(&spoken).len());
    let typed = home.answer("rate-limiter", TYPED).await["id"].to_string();
    let cases: [(&[&str], i32, &[&str]); 8] = [
        (&["play", &id, "--evidence", "999", "--wav", "x.wav"], 5, &["no finding 999", &all]),
        (&["play", &id, "--evidence", &silent, "--wav", "x.wav"], 5, &["nothing to hear", "rests on no words"]),
        (&["play", &id, "--from", "999", "--wav", "x.wav"], 2, &["lasts"]),
        (&["play", &id, "--from", "soon", "--wav", "x.wav"], 2, &["minutes and seconds"]),
        (&["play", &id, "--from", "1", "--evidence", "1"], 2, &["cannot be used"]),
        (&["play", &typed, "--evidence", "1", "--wav", "x.wav"], 5, &["was typed"]),
        (&["play", &typed, "--wav", "x.wav"], 5, &["was typed"]),
        (&["play", "77", "--wav", "x.wav"], 5, &["no answer 77"]),
    ];
    for (arguments, code, parts) in cases {
        home.viva(arguments).await.failed(code, parts);
    }
    // A loudspeaker that is not there.
    let nowhere = home.viva(&["--set", "audio.output=\"no such thing\"", "play", &id]).await;
    nowhere.failed(6, &["--wav FILE"]);
    home.viva(&["forget", &id, "--audio", "--yes"]).await.ok();
    let gone = home.viva(&["play", &id, "--evidence", &audible, "--wav", "x.wav"]).await;
    gone.failed(5, &["no recording of answer", "keep_audio_days"]);
    assert!(!home.path().join("x.wav").exists());
}

#[tokio::test]
async fn the_recording_is_served_whole_and_in_parts() {
    if !cfg!(feature = "whisper") {
        return;
    }
    let home = Home::with_daemon().await;
    let (spoken, length) = recorded(&home).await;
    let path = format!("/api/answers/{}/audio", spoken["id"]);
    for query in ["", "?from_s=1&to_s=2", "?from_s=1", "?to_s=2"] {
        let reply = home.get_bytes(&format!("{path}{query}")).await;
        let reader = hound::WavReader::new(std::io::Cursor::new(reply)).unwrap();
        let seconds = f64::from(reader.duration()) / 16_000.0;
        let expected = match query {
            "" => length,
            "?from_s=1&to_s=2" => 1.0,
            "?from_s=1" => length - 1.0,
            _ => 2.0,
        };
        assert!((seconds - expected).abs() < 0.6, "{query}: {seconds} s, not {expected}");
    }
    home.get(&format!("{path}?from_s=5&to_s=4")).await.refused(400, "bad_request", &["lasts"]);
    home.get(&format!("{path}?from_s=x")).await.expect(400);
    home.get(&format!("{path}?start=1")).await.expect(400);
}

#[tokio::test]
async fn what_is_called_wrong_is_shown_exported_and_forgotten_and_moves_no_level() {
    let home = Home::with_daemon().await;
    let before = home.answer("rate-limiter", TYPED).await;
    let id = before["id"].to_string();
    let n = before["practice_signal"]["heard"][0]["evidence"]["n"].to_string();
    let missing = before["practice_signal"]["missing"][0]["n"].to_string();
    let said = home.viva(&["wrong", &id, &n, "--why", "I was quoting the zanzibar paper"]).await.ok();
    assert!(said.contains(&format!("Marked as wrong: [{n}]")), "{said}");
    home.viva(&["wrong", &id, &missing]).await.ok();

    let after = home.viva(&["report", &id, "--json"]).await.json();
    for part in ["assessment", "practice_signal", "mistakes", "verdict"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    let objections = after["objections"].as_array().unwrap();
    assert_eq!(objections.len(), 2, "{objections:?}");
    let finding = &findings(&after)[n.parse::<usize>().unwrap() - 1];
    assert_eq!(finding["objection"]["why"], "I was quoting the zanzibar paper");
    let report = home.viva(&["report", &id]).await.ok();
    assert!(report.contains("## You marked as wrong") && report.contains("zanzibar"), "{report}");

    home.viva(&["wrong", &id, &missing, "--undo"]).await.ok();
    home.viva(&["wrong", &id, &missing, "--undo"]).await.failed(5, &["not marked as wrong"]);
    home.viva(&["wrong", &id, "999"]).await.failed(5, &["no finding 999", "viva report"]);
    home.viva(&["wrong", "77", "1"]).await.failed(5, &["no answer 77"]);
    let path = format!("/api/answers/{id}/objections");
    home.post(&path, &json!({"finding": 1, "why": "x".repeat(3_000)})).await.refused(400, "bad_request", &["too long"]);
    home.post(&path, &json!({"finding": "one"})).await.expect(422);
    let left = home.get(&format!("/api/answers/{id}")).await.expect(200);
    assert_eq!(left["objections"].as_array().unwrap().len(), 1);

    // What it was said of may be gone: it is still listed.
    let corrected =
        json!({"segments": vec!["Nothing of it."; before["transcript"]["segments"].as_array().unwrap().len()]});
    let corrected = home.put(&format!("/api/answers/{id}/transcript"), &corrected).await.expect(200);
    assert_eq!(corrected["objections"][0]["finding"], Value::Null, "{corrected}");
    assert!(home.viva(&["report", &id]).await.ok().contains("an earlier finding"));

    assert!(!home.files_with("zanzibar").is_empty());
    home.viva(&["forget", &id, "--yes"]).await.ok();
    assert_eq!(home.files_with("zanzibar"), Vec::<String>::new());
}

#[tokio::test]
async fn the_report_numbers_what_it_shows() {
    let home = Home::with_daemon().await;
    let answer = home.answer("rate-limiter", TYPED).await;
    let report = home.viva(&["report", &answer["id"].to_string()]).await.ok();
    for finding in findings(&answer) {
        assert!(report.contains(&format!("[{}]", finding["n"])), "{finding} is not in:\n{report}");
    }
}
