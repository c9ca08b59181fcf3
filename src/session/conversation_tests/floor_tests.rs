//! Who has the floor: commands by key and by word, questions to the interviewer, the interviewer's own voice, and what breaks meanwhile.

use super::{
    CLOSES, ENTER, PART, REST,
    room::{
        Does::{self, Echoes, IsSilent, LosesTheMicrophone, Presses, PullsThePlug, Says, SaysAndPresses},
        Scene,
    },
    scenario::{check_all, scenario},
};
use crate::{session::plan::Command, speech::recognizer};

const HOLD: Does = Presses(|| Command::Hold);
const STOP: Does = Presses(|| Command::Stop);
const SKIP: Does = Presses(|| Command::Skip);
const REPEAT: Does = Presses(|| Command::Repeat);
const TYPES: Does = Presses(|| Command::Answer("I typed that the counters are kept in Redis.".into()));
const TYPES_A_QUESTION: Does = Presses(|| Command::Answer("How many requests per second do we get?".into()));
const DONE: [Does; 3] = [IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];

fn turn(words: impl IntoIterator<Item = Does>) -> Vec<Does> {
    words.into_iter().chain(DONE).collect()
}

fn by_key(scene: &mut Scene) {
    scene.end = "enter";
}

/// The interviewer speaks, for so many seconds a sentence.
fn aloud(seconds: f64) -> impl FnOnce(&mut Scene) {
    move |scene| scene.sentence = Some(seconds)
}

#[test]
fn enter_ends_the_answer_whenever_it_is_pressed() {
    check_all([
        scenario("in the middle of a word", [SaysAndPresses(PART, || Command::EndTurn), IsSilent(20.0)])
            .judges(&[PART]),
        scenario("at once", [Says(PART), ENTER, IsSilent(20.0)]).judges(&[PART]),
        scenario("in a pause", [Says(BECAUSE), IsSilent(3.0), ENTER]).judges(&[BECAUSE]),
        scenario("after the nudge", [Says(PART), IsSilent(6.0), ENTER])
            .happens(&["notes Is there", "keeps"])
            .judges(&[PART]),
        scenario("twice", [Says(PART), IsSilent(1.0), ENTER, ENTER, IsSilent(5.0)]).judges(&[PART]),
        scenario("while an end may still be taken back", [Says(CLOSES), IsSilent(3.0), ENTER, IsSilent(5.0)])
            .judges(&[CLOSES]),
        scenario("without a word, then with one", [IsSilent(1.0), ENTER, IsSilent(1.0)])
            .then([IsSilent(1.0), Says(PART), IsSilent(1.0), ENTER])
            .scene(by_key)
            .happens(&["asks the question", "notes Nothing was heard", "asks the question", "keeps"])
            .judges(&[PART]),
        scenario(
            "while the question is read: enough was heard",
            turn([IsSilent(1.0), ENTER, IsSilent(1.0), Says(PART)]),
        )
        .scene(aloud(30.0))
        .happens(&["asks the question", "listens", "keeps"])
        .judges(&[PART]),
    ]);
}

#[test]
fn what_is_typed_into_a_spoken_turn_finds_it_open() {
    check_all([
        scenario("a question behind Enter", turn([Says(PART), ENTER, TYPES_A_QUESTION, IsSilent(3.0), Says(REST)]))
            .judges(&[&format!("{PART} {REST}")]),
        scenario(
            "a question in the grace",
            turn([Says(CLOSES), IsSilent(3.0), TYPES_A_QUESTION, IsSilent(3.0), Says(REST)]),
        )
        .happens(&["decides", "goes on", "keeps"])
        .judges(&[&format!("{CLOSES} {REST}")]),
        scenario("an answer that takes its time", [Says(PART), IsSilent(1.0), HOLD, IsSilent(60.0), TYPES])
            .never(&["notes Is there", "notes Nothing was added"])
            .judges(&["I typed that the counters are kept in Redis."]),
        scenario("an answer that takes the end back", [Says(CLOSES), IsSilent(3.0), HOLD, IsSilent(60.0), TYPES])
            .happens(&["decides", "goes on", "keeps"])
            .judges(&["I typed that the counters are kept in Redis."]),
    ]);
}

const BECAUSE: &str = "I would keep a token bucket for each API key because";

#[test]
fn who_leaves_loses_nothing() {
    check_all([
        scenario("in a pause", [Says(PART), IsSilent(1.0), STOP]).scene(|s| s.probes = 2).judges(&[PART]),
        scenario("in the middle of a word", [SaysAndPresses(PART, || Command::Stop)]).judges(&[PART]),
        scenario("before a word", [IsSilent(2.0), STOP]).never(&["keeps", "notes Nothing was heard"]).judges(&[]),
        scenario("while the question is read", [IsSilent(2.0), STOP]).scene(aloud(30.0)).judges(&[]),
        scenario("while an end may still be taken back", [Says(CLOSES), IsSilent(3.0), STOP])
            .scene(|scene| scene.probes = 2)
            .never(&["asks a probe"])
            .judges(&[CLOSES]),
    ]);
}

#[test]
fn what_is_passed_over_is_kept_if_it_was_long() {
    let moves_on = "I'd like to move on.";
    let long = [Says(PART), IsSilent(0.9), Says(REST), IsSilent(0.9), Says(moves_on), IsSilent(20.0)];
    check_all([
        scenario("by word, a long answer", long)
            .happens(&["notes Passed over", "keeps"])
            .judges(&[&format!("{PART} {REST}")]),
        scenario("by key, a long answer", [Says(PART), IsSilent(0.9), Says(REST), IsSilent(0.5), SKIP])
            .judges(&[&format!("{PART} {REST}")]),
        scenario("by key, next to nothing", [Says("Well."), IsSilent(0.5), SKIP]).never(&["keeps"]).judges(&[]),
        scenario("by key, a follow-up", turn([Says(PART)]))
            .then([IsSilent(1.0), SKIP])
            .then(turn([Says(REST)]))
            .scene(|scene| scene.probes = 2)
            .happens(&["asks a probe", "asks a probe", "keeps"])
            .judges(&[PART, REST]),
    ]);
}

#[test]
fn the_question_is_said_again_at_any_time() {
    let again = "Could you repeat the question?";
    check_all([
        scenario("while thinking", turn([Says(PART), IsSilent(5.0), Says(again), IsSilent(2.0), Says(REST)]))
            .happens(&["notes Is there", "notes Again: ", "keeps"])
            .judges(&[&format!("{PART} {REST}")]),
        scenario("by key", turn([Says(PART), IsSilent(2.0), REPEAT, IsSilent(1.0), Says(REST)]))
            .judges(&[&format!("{PART} {REST}")]),
        scenario(
            "aloud: a silence begins anew",
            turn([IsSilent(3.0), Says(PART), IsSilent(3.5), REPEAT, IsSilent(6.0), Says(REST)]),
        )
        .scene(aloud(2.5))
        .never(&["notes Is there"])
        .judges(&[&format!("{PART} {REST}")]),
        scenario("twice", turn([Says(again), IsSilent(2.0), Says(again), IsSilent(2.0), Says(PART)]))
            .happens(&["notes Again: ", "notes Again: ", "keeps"])
            .judges(&[PART]),
    ]);
}

#[test]
fn questions_to_the_interviewer_are_answered_and_others_are_not() {
    let load = "How many requests per second do we get?";
    let language = "And which language should I use?";
    const FIRST: &str = "Tokens are refilled lazily from a timestamp, buckets live in Redis under the customer's identifier, and a \
                         Lua script updates both atomically.";
    let both = "Tokens are refilled lazily from a timestamp, buckets live in Redis under the customer's identifier, and a Lua \
                script updates both atomically. How many requests per second do we get?";
    check_all([
        scenario("two in a row", turn([Says(load), IsSilent(3.5), Says(language), IsSilent(3.5), Says(PART)]))
            .happens(&["tells", "listens", "tells", "listens", "keeps"])
            .judges(&[PART]),
        scenario(
            "a question and its answer in one breath",
            turn([Says("How do we count? Per key, in a shared store."), IsSilent(3.0), Says(REST)]),
        )
        .never(&["tells"])
        .judges(&[&format!("How do we count? Per key, in a shared store. {REST}")]),
        scenario("behind a part of the answer", turn([Says(both), IsSilent(4.0), Says(REST)]))
            .happens(&["tells", "listens", "keeps"])
            .judges(&[&format!("{FIRST} {REST}")]),
        scenario("and nothing but silence afterwards", [Says(load), IsSilent(40.0)])
            .happens(&["asks the question", "tells", "listens"])
            .judges(&[]),
        scenario(
            "told aloud, with its echo",
            turn([IsSilent(3.0), Says(load), IsSilent(2.0), Echoes, IsSilent(2.0), Says(PART)]),
        )
        .scene(aloud(6.0))
        .happens(&["tells", "listens", "keeps"])
        .judges(&[PART]),
        scenario(
            "by key: the last words are a question",
            turn([Says(load), IsSilent(1.0), ENTER, IsSilent(1.0), Says(PART)]),
        )
        .scene(by_key)
        .happens(&["tells", "listens", "keeps"])
        .judges(&[PART]),
    ]);
}

#[test]
fn the_interviewers_own_voice_is_not_heard() {
    check_all([
        scenario("while the question is read", turn([Echoes, IsSilent(3.0), Says(PART)]))
            .scene(aloud(5.0))
            .happens(&["asks the question", "listens", "keeps"])
            .judges(&[PART]),
        scenario(
            "while it is repeated",
            turn([IsSilent(5.5), Says(PART), IsSilent(1.0), REPEAT, Echoes, IsSilent(3.0), Says(REST)]),
        )
        .scene(aloud(5.0))
        .judges(&[&format!("{PART} {REST}")]),
    ]);
}

#[test]
fn not_knowing_is_taken_back_by_an_attempt() {
    check_all([
        scenario("and stands where nothing follows", [Says("I don't know."), IsSilent(20.0)])
            .happens(&["decides", "notes That is all right"])
            .never(&["goes on"])
            .judges(&[""]),
        scenario("at once", turn([Says("I don't know, but let me try."), IsSilent(1.0), Says(PART)]))
            .never(&["notes That is all right"]),
        scenario("after a while", turn([Says("I don't know."), IsSilent(2.8), Says(PART)]))
            .happens(&["goes on", "keeps"])
            .judges(&[PART]),
    ]);
}

#[test]
fn a_microphone_that_breaks_costs_no_word() {
    const FAILS: &str = recognizer::FAILS;
    check_all([
        scenario(
            "lost and back",
            turn([Says(PART), IsSilent(1.0), LosesTheMicrophone(2.0), IsSilent(1.0), Says(REST)]),
        )
        .happens(&["notes The microphone is gone", "notes The microphone is back after 2.0 s", "keeps"])
        .never(&["notes Is there"])
        .judges(&[&format!("{PART} {REST}")]),
        scenario(
            "a long loss is no silence",
            turn([Says(PART), IsSilent(1.0), LosesTheMicrophone(30.0), IsSilent(2.0), Says(REST)]),
        )
        .happens(&["notes The microphone is back", "notes You said that you are done"])
        .never(&["notes Nothing was added", "notes Is there", "goes on"])
        .judges(&[&format!("{PART} {REST}")]),
        scenario(
            "lost while an end may be taken back",
            turn([Says(CLOSES), IsSilent(2.5), LosesTheMicrophone(20.0), IsSilent(0.3), Says(REST)]),
        )
        .happens(&["notes Your answer sounded complete", "notes The microphone is gone"]),
        scenario("gone for good", [Says(PART), IsSilent(1.0), PullsThePlug])
            .happens(&["notes The microphone is gone", "keeps"])
            .judges(&[PART])
            .keeps_note("The microphone is gone"),
        scenario(
            "one segment cannot be decoded",
            turn([Says(PART), IsSilent(1.5), Says(FAILS), IsSilent(1.5), Says(REST)]),
        )
        .happens(&["notes decoding failed", "notes You said that you are done"])
        .judges(&[&format!("{PART} {REST}")])
        .keeps_note("viva correct"),
        scenario("typed instead", [Says(PART), IsSilent(1.0), TYPES, IsSilent(20.0)])
            .judges(&["I typed that the counters are kept in Redis."]),
        scenario("a typed question", turn([TYPES_A_QUESTION, IsSilent(2.0), Says(PART)]))
            .happens(&["tells", "keeps"])
            .judges(&[PART]),
    ]);
}

#[test]
fn follow_ups_come_until_there_are_enough() {
    check_all([
        scenario("three of them", turn([Says(PART)]))
            .then(turn([Says(REST)]))
            .then([Says(CLOSES), IsSilent(30.0)])
            .then(turn([Says(PART)]))
            .scene(|scene| scene.probes = 3)
            .happens(&[
                "asks the question",
                "keeps",
                "asks a probe",
                "keeps",
                "asks a probe",
                "keeps",
                "asks a probe",
                "keeps",
            ])
            .judges(&[PART, REST, CLOSES, PART]),
        scenario("none", turn([Says(PART)])).never(&["asks a probe"]).judges(&[PART]),
        scenario("no word to one of them", turn([Says(PART)]))
            .then([IsSilent(50.0)])
            .then(turn([Says(REST)]))
            .scene(|scene| scene.probes = 2)
            .happens(&["asks a probe", "notes Nothing was heard", "asks a probe", "keeps"])
            .judges(&[PART, REST]),
    ]);
}
