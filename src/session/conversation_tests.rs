//! Conversations: what the candidate says and when, what must happen, what must not. Sound and silence are real, words are scripted, time
//! is that of the samples.

#[path = "conversation_tests/floor_tests.rs"]
mod floor;
#[path = "conversation_tests/room_tests.rs"]
pub(super) mod room;
#[path = "conversation_tests/scenario_tests.rs"]
mod scenario;
#[path = "conversation_tests/silence_tests.rs"]
mod silence;

use room::{
    Does::{self, IsSilent, Presses, Says},
    hold, voice,
};

use super::plan::Command;
use crate::audio::wav;

const ENTER: Does = Presses(|| Command::EndTurn);

/// Part of an answer that is not over by its words.
const PART: &str = "I would keep a token bucket for each API key in the gateway";
const REST: &str = "and the counters live in a shared store";
const CLOSES: &str = "There is a bucket for every key in the gateway, counters in a shared store, and a local limit when that store is \
                      down, so that is how I would limit them";

#[tokio::test]
async fn a_question_is_said_again_and_the_answer_goes_on() {
    for (end, last) in [("pause", IsSilent(20.0)), ("enter", ENTER)] {
        let turn = [Says("Sorry, can you repeat the question?"), IsSilent(2.0), Says(PART), IsSilent(1.0), last];
        let held = hold(end, 0, &[&turn]).await;
        held.happened(&["asks the question", "notes Again: ", "keeps"]).judged(&[PART]);
        assert!(held.raw(0).contains("repeat the question"), "it is kept and marked: {}", held.raw(0));
        assert!(held.answers[0].transcript.segments[0].is_aside());
    }
}

#[tokio::test]
async fn a_repeat_in_the_middle_costs_no_word() {
    let turn = [
        Says(PART),
        IsSilent(1.0),
        Says("Could you repeat the question, please?"),
        IsSilent(1.5),
        Says(REST),
        IsSilent(20.0),
    ];
    hold("pause", 0, &[&turn]).await.happened(&["notes Again: "]).judged(&[&format!("{PART} {REST}")]);
}

#[tokio::test]
async fn a_question_is_passed_over_when_asked_for() {
    for end in ["pause", "enter"] {
        let skips = [Says("I'd like to move on."), IsSilent(20.0)];
        let answers = [Says(PART), IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];
        let held = hold(end, 2, &[&answers, &skips, &answers]).await;
        held.happened(&["asks the question", "keeps", "asks a probe", "notes Passed over", "asks a probe", "keeps"]);
        held.judged(&[PART, PART]);
    }
}

#[tokio::test]
async fn not_knowing_closes_the_branch_kindly_and_is_not_judged() {
    for end in ["pause", "enter"] {
        let answers = [Says(PART), IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];
        let gives_up = [Says("Honestly, I don't know."), IsSilent(20.0)];
        let held = hold(end, 2, &[&answers, &gives_up, &answers]).await;
        held.happened(&["asks a probe", "notes That is all right", "asks a probe", "keeps"]).judged(&[PART, "", PART]);
        let given_up = &held.answers[1];
        assert!(given_up.signal.as_ref().unwrap().mistakes.is_empty());
        assert_eq!(held.raw(1), "Honestly, I don't know.");
        let why = format!("{:?}", given_up.assessment);
        assert!(why.contains("that is not judged"), "{why}");
    }
}

#[tokio::test]
async fn an_attempt_after_not_knowing_is_the_answer() {
    let turn = [Says("I don't know."), IsSilent(1.4), Says(PART), IsSilent(20.0)];
    hold("pause", 0, &[&turn]).await.never(&["notes That is all right"]).judged(&[PART]);
}

#[tokio::test]
async fn a_minute_is_granted_without_a_word_and_shown() {
    let turn = [Says(PART), IsSilent(0.9), Says("Give me a minute."), IsSilent(28.0), Says(REST), IsSilent(20.0)];
    let held = hold("pause", 0, &[&turn]).await;
    held.happened(&["notes Take the time", "thinking granted 4", "thinking granted 2", "listens"]);
    held.judged(&[&format!("{PART} {REST}")]);
    let first_nudge = held.events.iter().position(|event| event.contains("notes") && event.ends_with('?'));
    let listens_again = held.events.iter().rposition(|event| event == "listens");
    assert!(first_nudge > listens_again, "{}", held.events.join("\n"));
    let turn = [Says("Give me a minute."), IsSilent(40.0), Says(PART), ENTER];
    hold("enter", 0, &[&turn]).await.happened(&["thinking granted", "listens", "keeps"]).judged(&[PART]);
}

#[tokio::test]
async fn handing_over_ends_the_turn_without_a_key() {
    for end in ["pause", "enter"] {
        let turn = [Says(PART), IsSilent(0.9), Says("That's my answer."), IsSilent(60.0)];
        let held = hold(end, 0, &[&turn]).await;
        held.judged(&[PART]).happened(&["notes You said that you are done", "keeps"]);
        assert!(held.answers[0].timings["hearing"] < 9_000, "{:?}", held.answers[0].timings);
    }
}

#[tokio::test]
async fn commands_inside_an_answer_are_content() {
    let words =
        "we skip the queue and repeat the question to the store because I don't know whether the replica is fresh";
    let turn = [Says(words), IsSilent(1.0), Says(REST), IsSilent(20.0)];
    hold("pause", 0, &[&turn]).await.never(&["notes Again", "notes Passed"]).judged(&[&format!("{words} {REST}")]);
}

#[tokio::test]
async fn what_is_asked_of_the_interviewer_is_told_and_the_floor_goes_back() {
    for (end, after) in [("pause", IsSilent(3.0)), ("enter", ENTER)] {
        let turn = [
            Says("How many requests per second do we get?"),
            IsSilent(0.9),
            after,
            Says("And which language should I use?"),
            IsSilent(0.9),
            after,
            IsSilent(1.0),
            Says(PART),
            IsSilent(0.9),
            Says("That's my answer."),
            IsSilent(20.0),
        ];
        let held = hold(end, 0, &[&turn]).await;
        let asked: usize = held.events.iter().filter(|event| event.starts_with("asks")).count();
        assert_eq!(asked, 1, "within the same exchange");
        held.happened(&["asks the question", "tells", "listens", "tells", "listens", "keeps"]).judged(&[PART]);
        let clarifications = &held.answers[0].clarifications;
        assert_eq!(clarifications.len(), 2, "{clarifications:?}");
        assert_eq!(
            (clarifications[0].asked.as_str(), clarifications[0].constraints.as_slice()),
            ("How many requests per second do we get", &["load".to_owned()][..])
        );
        assert!(clarifications[1].constraints.is_empty() && !clarifications[1].told.is_empty());
        assert!(held.answers[0].transcript.segments[0].is_aside());
        let mistakes = &held.answers[0].signal.as_ref().unwrap().mistakes;
        assert!(mistakes.iter().all(|heard| heard.mistake != "skips-clarifying-question"));
    }
}

#[tokio::test]
async fn thinking_aloud_in_questions_is_left_alone() {
    let turn = [
        Says("So how do we shard that? By user id, and each shard has a leader."),
        IsSilent(3.0),
        Says(REST),
        IsSilent(20.0),
    ];
    hold("pause", 0, &[&turn]).await.never(&["tells"]);
}

#[tokio::test]
async fn speech_soon_after_a_wrong_end_takes_it_back_with_nothing_lost() {
    for pause in [2.7, 3.4] {
        let turn =
            [Says(CLOSES), IsSilent(pause), Says(REST), IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];
        let held = hold("pause", 0, &[&turn]).await;
        held.happened(&[
            "notes Your answer sounded complete",
            "decides",
            "goes on",
            "listens",
            "notes You said that you are done",
            "keeps",
        ]);
        held.judged(&[&format!("{CLOSES} {REST}")]);
        assert_eq!(held.events.iter().filter(|event| event.starts_with("asks")).count(), 1);
        let file = held.home.path().join("data/audio").join(held.answers[0].recording.as_deref().unwrap());
        let recorded = wav::read_samples(&file).unwrap().len();
        let spoken = voice().len() * 3 + (pause * 16_000.0) as usize;
        assert!(recorded > spoken, "one recording, {recorded} of {spoken} samples");
    }
}

#[tokio::test]
async fn an_end_that_nobody_takes_back_stands() {
    let later = [Says(REST), IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];
    let turn = [Says(CLOSES), IsSilent(30.0)];
    let held = hold("pause", 1, &[&turn, &later]).await;
    held.happened(&["notes Your answer sounded complete", "keeps", "asks a probe"])
        .never(&["goes on"])
        .judged(&[CLOSES, REST]);
}

#[tokio::test]
async fn an_attempt_soon_after_giving_up_takes_it_back() {
    let turn =
        [Says("I don't know."), IsSilent(2.9), Says(PART), IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];
    hold("pause", 0, &[&turn])
        .await
        .happened(&["decides", "goes on"])
        .never(&["notes That is all right"])
        .judged(&[PART]);
}

#[tokio::test]
async fn the_floor_is_always_shown() {
    let turn = [Says(PART), IsSilent(3.0), Says(REST), IsSilent(30.0)];
    let held = hold("pause", 0, &[&turn]).await;
    held.happened(&["asks", "listens", "thinking 8", "thinking 7", "listens", "thinking 8", "thinking 1", "decides"]);
}
