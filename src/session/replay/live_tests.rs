//! A session with a microphone that waits for nobody and a real recognizer, held again.

use std::{path::Path, sync::Arc};

use super::{
    tests::{again, same},
    *,
};
use crate::{
    audio::wav,
    session::conversation_tests::room::{
        Does::{IsSilent, Presses, Says},
        Scene,
    },
    speech::recognizer::RecognizerOptions,
};

/// A voice that the synthetic model understands.
fn synthetic_voice() -> (Arc<[f32]>, std::path::PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sound = wav::read_samples(&root.join("tests/fixtures/voice/sample-answer-4.wav")).unwrap();
    (sound.into(), root.join("models/synthetic/ggml-synthetic.en-q8_0.bin"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_heard_live_is_heard_again_at_any_pace() {
    let (voice, model) = synthetic_voice();
    let options = RecognizerOptions { threads: 1, ..RecognizerOptions::default() };
    let model = models::find(model.to_str().unwrap(), Path::new("")).unwrap();
    let recognizer = Recognizer::start(model, options).await.unwrap();
    // A microphone that waits for nobody, and a recognizer that takes its time.
    let scene = Scene { pace: Pace::RealTime, afterwards: 2.0, ..Scene::default() };
    let held = scene
        .hold_with(
            recognizer.clone(),
            &voice,
            &[&[IsSilent(0.3), Says(""), IsSilent(0.8), Presses(|| Command::EndTurn)]],
        )
        .await;
    assert!(held.answers[0].transcript.text().split_whitespace().count() > 4, "{:?}", held.answers[0].transcript);
    let fast = again(&held, recognizer.clone(), Pace::AsFastAsPossible).await.unwrap();
    same("fast", &fast);
    let slow = again(&held, recognizer.clone(), Pace::RealTime).await.unwrap();
    same("in real time", &slow);
    assert_eq!(fast.turns, slow.turns);
}
