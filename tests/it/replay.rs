//! `viva replay`: a session is held again from what it left behind.

use std::path::Path;

use crate::home::Home;

fn recording() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/sample-answer-1.wav")
}

#[tokio::test]
async fn a_session_is_held_again_and_comes_to_the_same_words() {
    let home = Home::with_daemon().await;
    let answer = home.recording("rate-limiter", &recording()).await.expect(201);
    let words = answer["transcript"]["text"].as_str().map(str::to_owned);
    let replayed = home.viva(&["replay", "--json"]).await.json();
    assert_eq!(replayed["equal"], true, "{replayed:#}");
    assert_eq!(replayed["notes"].as_array().unwrap().len(), 0, "{replayed:#}");
    let turn = &replayed["turns"][0];
    assert_eq!(turn["then"], turn["now"]);
    assert!(turn["now"]["raw"].as_str().unwrap().split_whitespace().count() > 5, "{turn:#}");
    if let Some(words) = words {
        assert_eq!(turn["now"]["text"], words);
    }
    let shown = home.viva(&["replay", "1"]).await.ok();
    assert!(shown.contains("The same turns and texts."), "{shown}");
    assert_eq!(home.get("/api/answers").await.expect(200).as_array().unwrap().len(), 1, "nothing is added");
}

#[tokio::test]
async fn what_cannot_be_held_again_says_what_is_missing() {
    let home = Home::with_daemon().await;
    home.viva(&["replay"]).await.failed(5, &["no recording is kept"]);
    home.answer("rate-limiter", "A token bucket for each key.").await;
    home.viva(&["replay", "1"]).await.failed(5, &["session 1 was typed"]);
    let answer = home.recording("rate-limiter", &recording()).await.expect(201);
    home.viva(&["replay", "77"]).await.failed(5, &["no session 77", "recording is 2"]);
    home.delete(&format!("/api/answers/{}/audio", answer["id"])).await.expect(200);
    let id = answer["id"].to_string();
    home.viva(&["replay", "--answer", &id]).await.failed(5, &["recording of turn 1 of session 2 is gone"]);
}
