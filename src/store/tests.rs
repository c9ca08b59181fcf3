use super::*;
use crate::interview::{
    assessment::Assessment,
    practice_signal::PracticeSignal,
    question::{AskedLevel, Kind},
    transcript::{Transcript, TurnNo},
};

pub(super) fn new_answer(session: SessionId, recording: Option<&str>) -> NewAnswer {
    NewAnswer {
        session,
        turn: TurnNo(1),
        opening: None,
        question: Some("rate-limiter".into()),
        question_text: "Design a rate limiter.".into(),
        kind: Kind::Design,
        asked_level: AskedLevel::Senior,
        answers_probe: None,
        source: "microphone",
        recording: recording.map(Into::into),
    }
}

pub(super) fn finished(text: &str, recording: Option<&str>) -> FinishedAnswer {
    FinishedAnswer {
        state: AnswerState::Complete,
        transcript: Transcript::typed(text),
        signal: PracticeSignal::default(),
        delivery: None,
        recording: recording.map(Into::into),
        timings: [("decode".to_owned(), 12)].into(),
        notices: vec!["the disk was slow".into()],
        clarifications: Vec::new(),
    }
}

/// Every byte of every file below a folder.
fn contains(folder: &Path, needle: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return contains(&path, needle);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

#[tokio::test]
async fn an_answer_is_kept_and_read_back_whole_by_a_later_process() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let id = store.begin_answer(new_answer(session, None)).await.unwrap();
    assert!(store.answers(10).await.unwrap().is_empty(), "an answer shows only when its turn is over");
    store.finish_answer(id, finished("I would ask first. Then count.", None)).await.unwrap();
    store.set_probe(id, Some(StoredProbe { id: "p".into(), text: "Why?".into(), reason: "gap".into() })).await.unwrap();
    store.add_timing(id, "judge", 900).await.unwrap();
    let first = Assessment::Ungraded { why: "cut".into() };
    store.add_assessment(id, first).await.unwrap();
    let second = Assessment::PracticeSignal { why: "none".into() };
    store.add_assessment(id, second.clone()).await.unwrap();
    drop(store);

    let read = Store::open(home.path()).unwrap().answer(id).await.unwrap();
    assert_eq!(read.transcript.text(), "I would ask first. Then count.");
    assert_eq!(read.assessment, Some(second));
    assert_eq!(read.probe.unwrap().id, "p");
    assert_eq!(read.timings, [("decode".to_owned(), 12), ("judge".to_owned(), 900)].into());
    assert_eq!(read.notices, ["the disk was slow"]);
}

#[tokio::test]
async fn forgetting_leaves_no_word_in_any_file() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let mut ids = Vec::new();
    for (name, text) in [("a.wav", "the zanzibar secret"), ("b.wav", "the quixotic secret")] {
        let id = store.begin_answer(new_answer(session, Some(name))).await.unwrap();
        std::fs::write(store.audio_folder().join(name), text).unwrap();
        std::fs::write(store.audio_folder().join(format!("{name}.part")), text).unwrap();
        store.finish_answer(id, finished(text, Some(name))).await.unwrap();
        ids.push(id);
    }
    std::fs::write(store.events_folder().join(format!("{}.jsonl", session.0)), "zanzibar").unwrap();
    assert!(contains(home.path(), "zanzibar"));

    let gone = store.forget(ids[0]).await.unwrap();
    assert_eq!(gone, Forgotten { answers: 1, recordings: 1 });
    assert!(!contains(home.path(), "zanzibar"));
    assert!(contains(home.path(), "quixotic"), "other answers stay");
    assert!(matches!(store.forget(ids[0]).await, Err(StoreError::NoSuchAnswer(_))));

    store.forget_all().await.unwrap();
    assert!(!contains(home.path(), "quixotic"));
    assert_eq!(std::fs::read_dir(store.audio_folder()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_follow_ups_of_an_answer_are_found_with_it() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let opening = store.begin_answer(new_answer(session, None)).await.unwrap();
    let reply = NewAnswer { opening: Some(opening), turn: TurnNo(2), ..new_answer(session, None) };
    let reply = store.begin_answer(reply).await.unwrap();
    store.begin_answer(new_answer(session, None)).await.unwrap();
    assert_eq!(store.with_follow_ups(opening).await.unwrap(), [opening, reply]);
    assert_eq!(store.with_follow_ups(reply).await.unwrap(), [reply]);
}

#[tokio::test]
async fn recordings_expire_by_age_and_words_stay() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let id = store.begin_answer(new_answer(session, Some("a.wav"))).await.unwrap();
    std::fs::write(store.audio_folder().join("a.wav"), "x").unwrap();
    store.finish_answer(id, finished("words stay", Some("a.wav"))).await.unwrap();
    assert_eq!(store.expire_audio(-1).await.unwrap(), 0);
    assert_eq!(store.expire_audio(30).await.unwrap(), 0);
    store.run(|db| Ok(db.execute("UPDATE answer SET started_ms = started_ms - 31 * 86400000", [])?)).await.unwrap();
    assert_eq!(store.expire_audio(30).await.unwrap(), 1);
    let read = store.answer(id).await.unwrap();
    assert_eq!((read.recording, read.transcript.text().as_str()), (None, "words stay"));
}

#[tokio::test]
async fn a_corrected_answer_keeps_its_raw_words_and_loses_its_old_assessment() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let id = store.begin_answer(new_answer(session, None)).await.unwrap();
    store.finish_answer(id, finished("item potency key", None)).await.unwrap();
    store.add_assessment(id, Assessment::Ungraded { why: "old".into() }).await.unwrap();
    let mut mended = Transcript::typed("item potency key");
    mended.segments[0].text = "idempotency key".into();
    store.correct_answer(id, mended, PracticeSignal::default()).await.unwrap();
    let read = store.answer(id).await.unwrap();
    assert_eq!(read.transcript.segments[0].raw, "item potency key");
    assert_eq!(read.transcript.text(), "idempotency key");
    assert!(read.corrected && read.assessment.is_none());
}

#[tokio::test]
async fn what_a_crash_left_is_found_and_a_damaged_file_is_named() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    let id = store.begin_answer(new_answer(session, Some("cut.wav"))).await.unwrap();
    assert_eq!(store.orphans().await.unwrap()[0].id, id);
    store.finish_answer(id, finished("", None)).await.unwrap();
    assert!(store.orphans().await.unwrap().is_empty());

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("viva.db"), "this is no database, it is a note to nobody".repeat(40)).unwrap();
    let message = Store::open(other.path()).err().unwrap().to_string();
    assert!(message.contains("viva.db") && message.contains("Move the file away"), "{message}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_does_not_hide_the_others() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let session = store.begin_session("test".into()).await.unwrap();
    for text in ["first", "second"] {
        let id = store.begin_answer(new_answer(session, None)).await.unwrap();
        store.finish_answer(id, finished(text, None)).await.unwrap();
    }
    store.run(|db| Ok(db.execute("UPDATE answer SET kind = 'of a later version' WHERE id = 1", [])?)).await.unwrap();
    let texts: Vec<_> = store.answers(10).await.unwrap().iter().map(|answer| answer.transcript.text()).collect();
    assert_eq!(texts, ["second"]);
    assert_eq!(store.count().await.unwrap(), (2, 0));
}

#[tokio::test]
async fn a_history_of_the_first_schema_opens_and_asks_nothing() {
    let home = tempfile::tempdir().unwrap();
    let id = {
        let store = Store::open(home.path()).unwrap();
        let session = store.begin_session("test".into()).await.unwrap();
        let id = store.begin_answer(new_answer(session, None)).await.unwrap();
        store.finish_answer(id, finished("words of long ago", None)).await.unwrap();
        store
            .run(|db| {
                db.execute_batch(
                    "ALTER TABLE answer DROP COLUMN clarifications; DROP TABLE calibration; DROP TABLE calibration_outcome;
                     DROP TABLE objection; ALTER TABLE session DROP COLUMN drill",
                )?;
                Ok(db.pragma_update(None, "user_version", 1)?)
            })
            .await
            .unwrap();
        id
    };
    let store = Store::open(home.path()).unwrap();
    let old = store.answer(id).await.unwrap();
    assert_eq!((old.transcript.text().as_str(), old.clarifications.len()), ("words of long ago", 0));
    let told = StoredClarification { asked: "How many?".into(), told: "Ten.".into(), constraints: vec!["load".into()] };
    let with_one = FinishedAnswer { clarifications: vec![told.clone()], ..finished("new words", None) };
    store.finish_answer(id, with_one).await.unwrap();
    assert_eq!(store.answer(id).await.unwrap().clarifications, [told]);
}
