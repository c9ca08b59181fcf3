//! What goes wrong in a conversation, and who speaks over whom: the turn survives, and the person is told. Sound and silence are real,
//! words and the interviewer's voice are scripted, time is that of the samples.

#[path = "fault_tests/room_tests.rs"]
mod room;
#[path = "fault_tests/voice_tests.rs"]
mod voice;

use std::time::Duration;

use room::{
    Does::{self, Back, Breaks, Hums, IsSilent, Lost, Says, Sleeps, Speaks},
    Held, Room, minutes,
};
pub(super) use voice::ScriptedVoice;
use voice::{EARCON, WORD};

use crate::audio::wav;

const PART: &str = "I would keep a token bucket for each API key in the gateway";
const REST: &str = "and the counters live in a shared store";
const CLOSES: &str = "There is a bucket for every key in the gateway, counters in a shared store, and a local limit when that store is \
                      down, so that is how I would limit them";
const DONE: [Does; 3] = [IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];

/// The script, and "that's my answer" behind it.
fn and_done(script: &[Does]) -> Vec<Does> {
    [script, &DONE].concat()
}

#[tokio::test]
async fn a_decoder_that_panics_costs_at_most_the_segment_and_says_so() {
    let once = and_done(&[Says(PART), IsSilent(1.0), Breaks(1), Says(REST)]);
    let held = Room::new(&[]).hold(&once).await;
    held.judged(&format!("{PART} {REST}")).never("notes decoding failed");
    let twice = and_done(&[Says(PART), IsSilent(1.0), Breaks(2), Speaks, IsSilent(1.0), Says(REST)]);
    let held = Room::new(&[]).hold(&twice).await;
    held.judged(&format!("{PART} {REST}")).happened(&["notes decoding failed", "keeps"]);
    let why: Vec<_> = held.answer().transcript.segments.iter().filter_map(|s| s.not_decoded.as_deref()).collect();
    assert!(why.len() == 1 && why[0].contains("failed twice"), "{why:?}");
    assert!(held.answer().notices[0].contains("The recording is kept"), "{:?}", held.answer().notices);
}

#[tokio::test]
async fn a_recognizer_that_is_gone_for_good_leaves_a_recording_and_a_turn_that_ends() {
    let mut room = Room::new(&[]);
    room.recovers = false;
    let held = room.hold(&[Breaks(1), Speaks, IsSilent(1.5), Speaks, IsSilent(30.0)]).await;
    held.judged("").happened(&[
        "notes the recognizer broke",
        "notes Is there anything",
        "notes Nothing was added",
        "keeps",
    ]);
    let told = held.events.iter().filter(|event| event.contains("the recognizer broke")).count();
    assert_eq!(told, 1, "{}", held.events.join("\n"));
    assert!(held.answer().transcript.segments.iter().all(|segment| segment.not_decoded.is_some()));
    assert!(held.recording().len() > 2 * room::voice().len());
}

#[tokio::test]
async fn an_hour_asleep_ends_nothing_and_is_told() {
    let hour = Sleeps(minutes(60));
    // After three seconds of silence; while the person speaks; within the grace behind an end.
    let pausing = [Says(PART), IsSilent(3.0), hour, IsSilent(3.5), Says(REST)];
    let speaking = [Says(PART), hour, Says(REST)];
    for script in [&pausing[..], &speaking] {
        let held = Room::new(&[]).hold(&and_done(script)).await;
        held.judged(&format!("{PART} {REST}")).happened(&["notes The computer slept for 60 minutes", "keeps"]);
        held.never("notes Is there anything");
        assert!(held.recording().len() < 60 * 16_000, "the hour is not in the recording");
        assert!(held.answer().notices[0].contains("What you said before is kept"), "{:?}", held.answer().notices);
    }
    let held = Room::new(&[]).hold(&and_done(&[Says(CLOSES), IsSilent(2.7), hour, IsSilent(0.7), Says(REST)])).await;
    held.judged(&format!("{CLOSES} {REST}")).happened(&["decides", "notes The computer slept", "goes on", "keeps"]);
}

#[tokio::test]
async fn nothing_falls_due_while_the_microphone_is_gone() {
    let away = [Lost, Back(minutes(10))];
    let pausing = and_done(&[&[Says(PART), IsSilent(2.0)], &away[..], &[IsSilent(1.0), Says(REST)]].concat());
    let held = Room::new(&[]).hold(&pausing).await;
    held.judged(&format!("{PART} {REST}"))
        .happened(&["notes The microphone is gone", "notes The microphone is back after 600.0 s"]);
    held.never("notes Is there anything");
    let seconds = held.recording().len() / 16_000;
    assert!((60..90).contains(&seconds), "ten minutes are a minute of silence: {seconds} s");
    let in_the_grace = and_done(&[&[Says(CLOSES), IsSilent(2.7)], &away[..], &[IsSilent(0.3), Says(REST)]].concat());
    let held = Room::new(&[]).hold(&in_the_grace).await;
    held.judged(&format!("{CLOSES} {REST}")).happened(&["decides", "notes The microphone is back", "goes on", "keeps"]);
}

#[tokio::test]
async fn with_headphones_who_comes_in_gets_the_floor_and_loses_no_word() {
    let room = Room::new(&[("audio.headphones", "true")]).speaking();
    let held = room.hold(&and_done(&[IsSilent(2.0), Says(PART), IsSilent(1.0), Says(REST)])).await;
    held.judged(&format!("{PART} {REST}")).happened(&[
        "asks",
        "notes You came in. Until then you had heard",
        "listens",
        "keeps",
    ]);
    let (text, heard) = &held.said[0];
    let heard_s = heard * room.seconds(text);
    assert!((2.5..2.9).contains(&heard_s), "it stops half a second after the candidate began: {heard_s} s of {text:?}");
    let notice = &held.answer().notices[0];
    let quoted = notice.split('"').nth(1).unwrap().trim_end_matches(" …");
    assert!(text.starts_with(quoted) && quoted.len() > 5 && quoted.len() < text.len(), "{notice}");
    let begins = held.answer().transcript.segments[0].span.unwrap().start.seconds();
    assert!(begins < 2.1, "from the first word on: {begins} s");
}

#[tokio::test]
async fn without_headphones_the_interviewer_ends_the_sentence() {
    let room = Room::new(&[]).speaking();
    let held = room.hold(&and_done(&[IsSilent(0.5), Speaks, IsSilent(4.0), Says(REST)])).await;
    held.judged(REST).never("notes You came in");
    assert_eq!(held.said[0].1, 1.0);
}

#[tokio::test]
async fn a_hum_stops_nobody_and_is_no_answer() {
    let room = Room::new(&[("audio.headphones", "true")]).speaking();
    let held = room.hold(&and_done(&[IsSilent(1.0), Hums("Mm-hm."), IsSilent(4.0), Says(REST)])).await;
    held.judged(REST).never("notes You came in");
    assert_eq!(held.said[0].1, 1.0, "{:?}", held.said);
    assert!(held.raw().contains("Mm-hm."), "it is kept: {}", held.raw());
}

#[tokio::test]
async fn a_sound_that_was_no_word_and_stopped_the_interviewer_is_followed_by_all_of_it_again() {
    for no_word in ["", "Okay, right."] {
        let room = Room::new(&[("audio.headphones", "true")]).speaking();
        let held = room.hold(&and_done(&[IsSilent(2.0), Says(no_word), IsSilent(10.0), Says(REST)])).await;
        held.judged(REST).happened(&["notes You came in", "notes Again: ", "keeps"]);
        assert!(held.said[0].1 < 0.9 && held.said[1] == (held.said[0].0.clone(), 1.0), "{:?}", held.said);
    }
}

#[tokio::test]
async fn the_interviewers_own_words_are_no_answer_and_restating_them_is() {
    let mut room = Room::new(&[]).speaking();
    let asked = room.question();
    let ends = room.seconds(&asked);
    let last_words: Vec<&str> = asked.split(' ').rev().take(6).collect();
    let last_words: &str = last_words.into_iter().rev().collect::<Vec<_>>().join(" ").leak();
    // Behind its end, when the ears are open.
    let held = room.hold(&and_done(&[IsSilent(ends + 0.3), Says(last_words), IsSilent(2.0), Says(PART)])).await;
    held.judged(PART);
    let first = &held.answer().transcript.segments[0];
    assert_eq!((first.raw.as_str(), first.text.as_str()), (last_words, ""));
    assert!(first.not_decoded.as_deref().unwrap().contains("interviewer's own words"), "{first:?}");
    // The same words later are the candidate's, and so are words that go on.
    room = Room::new(&[]).speaking();
    let held = room.hold(&and_done(&[IsSilent(ends + 2.0), Says(last_words), IsSilent(1.0), Says(PART)])).await;
    held.judged(&format!("{last_words} {PART}"));
    let goes_on: &str = format!("{last_words} by a token bucket for each key").leak();
    let held = Room::new(&[]).speaking().hold(&and_done(&[IsSilent(ends + 0.3), Says(goes_on)])).await;
    held.judged(goes_on);
}

#[tokio::test]
async fn headphones_that_are_none_are_noticed() {
    let room = Room::new(&[("audio.headphones", "true")]).speaking();
    let question = room.question();
    let echo: &str = question.rsplit_once(' ').unwrap().0.to_owned().leak();
    let held = room.hold(&and_done(&[IsSilent(0.3), Says(echo), IsSilent(10.0), Says(PART)])).await;
    held.judged(PART).happened(&["notes You came in", "notes The microphone hears the interviewer", "keeps"]);
    assert_eq!(held.said[1].1, 1.0, "{:?}", held.said);
}

#[tokio::test]
async fn who_says_nothing_is_told_once_that_there_is_time() {
    let room = Room::new(&[]).speaking();
    let ends = room.seconds(&room.question());
    let held = room.hold(&and_done(&[IsSilent(ends + 40.0), Says(PART)])).await;
    held.judged(PART).happened(&["asks", "notes Take your time.", "keeps"]);
    assert_eq!(held.events.iter().filter(|event| event.starts_with("notes Take your time")).count(), 1);
}

#[tokio::test]
async fn a_turn_that_nobody_watches_any_more_is_ended_and_kept() {
    let mut room = Room::new(&[("turn.end", "enter")]);
    room.alone = Some(Duration::from_millis(120));
    let held = room.hold(&[Says(PART), IsSilent(1.0e4)]).await;
    held.judged(PART);
    assert_eq!(held.answer().notices, Vec::<String>::new());
    let seconds = wav::read_samples(&held.recording_path()).unwrap().len() / 16_000;
    assert!(seconds < 1_000, "ended by being left alone, not by the length of the answer: {seconds} s");
}

#[tokio::test]
async fn an_answer_is_acknowledged_in_words_and_by_a_sound_where_those_would_be_heard_as_speech() {
    let room = Room::new(&[]).speaking();
    let ends = room.seconds(&room.question());
    let said = |held: &Held| held.said.iter().skip(1).map(|(text, _)| text.clone()).collect::<Vec<_>>();
    let is_words = |said: &[String]| said.first().is_some_and(|first| first.contains(' '));
    // Said so.
    let held = room.hold(&and_done(&[IsSilent(ends + 1.0), Says(PART)])).await;
    assert!(is_words(&said(&held)), "{:?}", said(&held));
    // By silence, the loudspeaker out of the microphone's reach.
    let closes = [Says(CLOSES), IsSilent(20.0)];
    let held = room.hold(&[&[IsSilent(ends + 1.0)], &closes[..]].concat()).await;
    held.judged(CLOSES);
    assert!(is_words(&said(&held)), "{:?}", said(&held));
    // In its reach: the question was heard in it.
    let held = room.hold(&[&[IsSilent(0.5), Speaks, IsSilent(ends)], &closes[..]].concat()).await;
    held.judged(CLOSES);
    assert_eq!(said(&held).first().map(String::as_str), Some(EARCON), "{:?}", held.said);
}

#[tokio::test]
async fn the_question_is_said_while_the_row_is_written_and_the_floor_is_given_when_it_is_there() {
    let mut room = Room::new(&[]).speaking();
    room.held_up = true;
    let ends = room.seconds(&room.question());
    let held = room.hold(&and_done(&[IsSilent(ends + 1.0), Says(PART)])).await;
    held.judged(PART).happened(&["asks", "keeps"]);
}
