//! A session that is held again comes to the same turns and texts, at any pace; what would make it differ is told.

use std::{path::Path, sync::Arc};

use super::*;
use crate::{
    audio::wav,
    session::conversation_tests::room::{
        Does::{self, Coughs, Echoes, IsSilent, LosesTheMicrophone, Presses, Says, SaysAndPresses, Sleeps},
        Held, Scene, loaded, texts,
    },
    speech::recognizer::RecognizerOptions,
};

const PART: &str = "I would keep a token bucket for each API key in the gateway";
const REST: &str = "and the counters live in a shared store";
const CLOSES: &str = "There is a bucket for every key in the gateway, counters in a shared store, and a local limit when that store is \
                      down, so that is how I would limit them";
const DONE: [Does; 3] = [IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];

fn turn(words: impl IntoIterator<Item = Does>) -> Vec<Does> {
    words.into_iter().chain(DONE).collect()
}

/// Holds the session of a home again, heard by a recognizer.
async fn again(held: &Held, recognizer: Recognizer, pace: Pace) -> Result<Replayed, ReplayError> {
    let (config, paths) = held.scene.config(held.home.path());
    replay(Means { config, paths, content: loaded(), recognizer: Some(recognizer), pace }, Which::Newest).await
}

#[track_caller]
fn same(name: &str, replayed: &Replayed) {
    let differences: Vec<_> = replayed.turns.iter().map(Pair::differences).collect();
    assert!(replayed.is_equal(), "{name}: {differences:#?}\n{:#?}", replayed.notes);
    assert_eq!(replayed.notes, [] as [&str; 0], "{name}");
}

/// An answer with a claim on which the interviewer cuts in.
const ONCE: [&str; 5] = [
    PART,
    "and the counts are delivered exactly once to the store",
    "and then the next service reads them and shows them on a page",
    "and then the next service reads them and shows them on a page",
    "and then the next service reads them and shows them on a page",
];

/// Its name, the scene, and what the candidate does in each turn.
type Conversation = (&'static str, fn(&mut Scene), Vec<Vec<Does>>);

#[tokio::test]
async fn a_session_is_held_again_turn_by_turn() {
    let conversations: [Conversation; 11] = [
        ("an end taken back", |_| {}, vec![turn([Says(CLOSES), IsSilent(2.7), Says(REST)])]),
        (
            "follow-ups, one of them passed over",
            |scene| scene.probes = 3,
            vec![
                turn([Says(PART)]),
                vec![IsSilent(1.0), Presses(|| Command::Skip)],
                turn([Says(REST)]),
                vec![Says("I don't know."), IsSilent(20.0)],
            ],
        ),
        (
            "keys",
            |scene| scene.end = "enter",
            vec![
                vec![IsSilent(0.5), Presses(|| Command::EndTurn)],
                vec![Says(PART), IsSilent(1.0), SaysAndPresses(REST, || Command::EndTurn), IsSilent(3.0)],
            ],
        ),
        (
            "a lost microphone",
            |_| {},
            vec![turn([Says(PART), IsSilent(1.0), LosesTheMicrophone(3.0), IsSilent(1.0), Says(REST), Coughs])],
        ),
        (
            "the interviewer speaks, and is heard",
            |scene| (scene.sentence, scene.probes) = (Some(5.0), 1),
            vec![
                turn([
                    Echoes,
                    IsSilent(2.0),
                    Says(PART),
                    IsSilent(2.0),
                    Presses(|| Command::Repeat),
                    Echoes,
                    IsSilent(3.0),
                    Says(REST),
                ]),
                vec![Echoes, IsSilent(2.0), Says(CLOSES), IsSilent(20.0)],
            ],
        ),
        (
            "a nudge and a question, aloud",
            |scene| scene.sentence = Some(1.5),
            vec![turn([
                IsSilent(2.0),
                Says("How many requests per second do we get?"),
                IsSilent(4.0),
                Says(PART),
                IsSilent(8.0),
                Says(REST),
            ])],
        ),
        (
            "typed after all",
            |_| {},
            vec![vec![Says(PART), IsSilent(1.0), Presses(|| Command::Answer("Redis.".into()))]],
        ),
        (
            "a long loss, and a night",
            |_| {},
            vec![turn([
                Says(PART),
                IsSilent(1.0),
                LosesTheMicrophone(90.0),
                IsSilent(1.0),
                Sleeps(30_000.0),
                IsSilent(2.0),
                Says(REST),
            ])],
        ),
        (
            "with headphones the candidate comes in",
            |scene| {
                (scene.sentence, scene.probes) = (Some(8.0), 1);
                scene.settings.push(("audio.headphones", "true".into()));
            },
            vec![
                turn([IsSilent(2.0), Says(PART), IsSilent(2.0), Says(REST)]),
                turn([IsSilent(1.0), Coughs, IsSilent(12.0), Says(CLOSES)]),
            ],
        ),
        (
            "a drill with words that are cut in on",
            |scene| (scene.drill, scene.probes, scene.sentence) = (Some("neutral"), 1, Some(1.5)),
            vec![
                turn([IsSilent(2.0)].into_iter().chain(ONCE.into_iter().flat_map(|text| [Says(text), IsSilent(0.7)]))),
                turn([IsSilent(2.0), Says(REST)]),
                vec![IsSilent(2.0), Says("No, thanks."), IsSilent(20.0)],
            ],
        ),
        ("broken off", |scene| scene.probes = 2, vec![vec![SaysAndPresses(PART, || Command::Stop)]]),
    ];
    for (name, change, turns) in conversations {
        let mut scene = Scene::default();
        change(&mut scene);
        let turns: Vec<&[Does]> = turns.iter().map(Vec::as_slice).collect();
        let held = scene.hold(&turns).await;
        let before = std::fs::read(held.home.path().join("data/events/1.jsonl")).unwrap();
        let replayed = again(&held, Recognizer::scripted(texts(&turns)), Pace::AsFastAsPossible).await.unwrap();
        same(name, &replayed);
        if held.scene.drill.is_some() {
            let remarks = &replayed.turns[0].now.as_ref().unwrap().nudges;
            assert!(remarks.iter().any(|text| text.contains("xactly once")), "{remarks:?}");
        }
        assert_eq!(
            replayed.turns.iter().filter(|pair| pair.now.as_ref().is_some_and(|now| now.words.is_some())).count(),
            held.answers.len(),
            "{name}"
        );
        assert_eq!(
            std::fs::read(held.home.path().join("data/events/1.jsonl")).unwrap(),
            before,
            "{name}: the log stays"
        );
    }
}

/// A voice that the synthetic model understands.
fn synthetic_voice() -> (Arc<[f32]>, std::path::PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sound = wav::read_samples(&root.join("tests/fixtures/voice/sample-answer-4.wav")).unwrap();
    (sound.into(), root.join("models/synthetic/ggml-synthetic.en-q8_0.bin"))
}

#[cfg(feature = "whisper")]
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

#[tokio::test]
async fn other_words_are_a_difference_and_the_history_stays() {
    let turns: [&[Does]; 1] = [&turn([Says(PART)])];
    let held = Scene::default().hold(&turns).await;
    let replayed =
        again(&held, Recognizer::scripted(vec!["Something else.".into()]), Pace::AsFastAsPossible).await.unwrap();
    assert!(!replayed.is_equal());
    let differences = replayed.turns[0].differences();
    let words = differences.iter().find(|(what, ..)| *what == "text").unwrap();
    assert_eq!((words.1.as_str(), words.2.as_str()), (PART, "Something else."));
    let store = Store::open(&held.home.path().join("data")).unwrap();
    assert_eq!(store.answer(AnswerId(1)).await.unwrap().transcript.text(), PART);
    assert_eq!(store.count().await.unwrap().0, 1);
}

#[tokio::test]
async fn what_cannot_be_held_again_says_why() {
    let words = [Says(PART)];
    let turns: [&[Does]; 1] = [&turn(words)];
    let held = Scene::default().hold(&turns).await;
    let (config, paths) = held.scene.config(held.home.path());
    let means = |paths: &Paths| Means {
        config: config.clone(),
        paths: paths.clone(),
        content: loaded(),
        recognizer: Some(Recognizer::scripted(vec![])),
        pace: Pace::AsFastAsPossible,
    };
    let refused = async |which| replay(means(&paths), which).await.unwrap_err().to_string();
    let text = refused(Which::Session(SessionId(99))).await;
    assert!(text.contains("no session 99") && text.contains("newest with a recording is 1"), "{text}");

    let log = paths.events().join("1.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    std::fs::write(&log, lines[1..].join("\n")).unwrap();
    assert!(refused(Which::Newest).await.contains("earlier version"));
    std::fs::remove_file(&log).unwrap();
    assert!(refused(Which::Newest).await.contains("event log of session 1 is missing"));

    std::fs::write(&log, &whole).unwrap();
    std::fs::remove_file(paths.audio().join(held.answers[0].recording.as_ref().unwrap())).unwrap();
    assert!(refused(Which::OfAnswer(AnswerId(1))).await.contains("recording of turn 1 of session 1 is gone"));

    let nowhere = tempfile::tempdir().unwrap();
    let elsewhere = Paths { data_dir: nowhere.path().to_owned(), ..paths.clone() };
    assert!(matches!(replay(means(&elsewhere), Which::Newest).await, Err(ReplayError::NothingRecorded)));
}

#[tokio::test]
async fn another_version_or_model_is_named() {
    let turns: [&[Does]; 1] = [&turn([Says(PART)])];
    let held = Scene::default().hold(&turns).await;
    let log = held.home.path().join("data/events/1.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    let text = text.replace(concat!("\"version\":\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.1");
    std::fs::write(&log, text.replace("\"name\":\"scripted\"", "\"name\":\"small.en\"") + "{\"turn\":1,\"a").unwrap();
    let replayed = again(&held, Recognizer::scripted(texts(&turns)), Pace::AsFastAsPossible).await.unwrap();
    assert!(replayed.is_equal());
    let notes = replayed.notes.join("\n");
    for part in ["held by viva 0.0.1", "speech model small.en, now by scripted", "cannot be read: 1"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}
