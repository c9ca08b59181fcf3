//! Silences: how long one may think, what ends a turn and after how long, and how an end is taken back.

use super::{
    CLOSES, PART, REST,
    room::Does::{self, Coughs, IsSilent, Rustles, Says},
    scenario::{check_all, scenario},
};

const BECAUSE: &str = "I would keep a token bucket for each API key because";
const UM: &str = "I would keep a token bucket for each API key, um";
/// The sentences with which a silence ends a turn.
const ENDED: [&str; 3] = ["notes Your answer sounded complete", "notes Nothing was added", "notes It was quiet"];
const DONE: [Does; 3] = [IsSilent(0.9), Says("That's my answer."), IsSilent(20.0)];

fn turn(words: impl IntoIterator<Item = Does>) -> Vec<Does> {
    words.into_iter().chain(DONE).collect()
}

#[test]
fn nobody_is_talked_over_who_thinks_for_eight_seconds() {
    let words = [("in the middle of a clause", BECAUSE), ("after a complete clause", PART), ("after an um", UM)];
    let pauses = [1.0, 2.0, 3.0, 5.0, 8.0];
    check_all(words.iter().flat_map(|(place, words)| {
        pauses.map(|pause| {
            scenario(format!("{pause} s {place}"), turn([Says(words), IsSilent(pause), Says(REST)]))
                .never(&ENDED)
                .never(&["goes on"])
                .happens(&["notes You said that you are done", "keeps"])
                .judges(&[&format!("{words} {REST}")])
        })
    }));
}

#[test]
fn a_turn_ends_after_the_silence_that_its_words_call_for() {
    let asks_back = "notes Is there anything you would like to add?";
    let patient = |factor: &'static str| {
        move |scene: &mut super::room::Scene| {
            scene.settings.push(("turn.patience", factor.into()));
        }
    };
    check_all([
        scenario("a closing move", [Says(CLOSES), IsSilent(30.0)])
            .happens(&["notes Your answer sounded complete", "keeps"])
            .never(&[asks_back, "goes on"])
            .ends_after(1.9..2.5),
        scenario("nothing speaks for an end", [Says(PART), IsSilent(30.0)])
            .happens(&["thinking 8", asks_back, "thinking 4", "notes Nothing was added", "keeps"])
            .ends_after(8.9..9.4),
        scenario("the words call for more", [Says(BECAUSE), IsSilent(40.0)])
            .happens(&["notes Take your time.", "notes It was quiet for long", "keeps"])
            .ends_after(19.9..20.4),
        scenario("a short answer with a closing word", [Says("That covers it."), IsSilent(30.0)])
            .happens(&["keeps"])
            .ends_after(0.5..9.5),
        scenario("twice the patience after a closing move", [Says(CLOSES), IsSilent(30.0)])
            .scene(patient("2.0"))
            .ends_after(3.9..4.5),
        scenario("twice the patience", [Says(PART), IsSilent(40.0)])
            .scene(patient("2.0"))
            .happens(&[asks_back, "notes Nothing was added"])
            .ends_after(17.9..18.4),
        scenario("half the patience", [Says(PART), IsSilent(30.0)])
            .scene(patient("0.5"))
            .happens(&[asks_back, "notes Nothing was added"])
            .ends_after(4.4..4.9),
        scenario("only a key ends it", [Says(CLOSES), IsSilent(55.0)])
            .scene(|scene| scene.end = "enter")
            .happens(&["thinking", "keeps"])
            .never(&ENDED)
            .judges(&[CLOSES]),
    ]);
}

#[test]
fn long_pauses_before_make_the_interviewer_more_patient() {
    let slow = [Says(PART), IsSilent(3.5), Says(REST), IsSilent(3.5), Says(CLOSES), IsSilent(30.0)];
    let quick = [Says(PART), IsSilent(0.8), Says(REST), IsSilent(0.8), Says(CLOSES), IsSilent(30.0)];
    check_all([
        scenario("someone who pauses for long", slow).never(&["goes on"]).ends_after(4.5..6.2),
        scenario("someone who does not", quick).ends_after(1.9..2.5),
    ]);
}

#[test]
fn time_that_was_asked_for_is_given() {
    check_all(["Let me think about that.", "Give me a second.", "Hmm, good question. Let me think."].map(|words| {
        scenario(words, turn([Says(words), IsSilent(25.0), Says(PART)]))
            .never(&ENDED)
            .never(&["notes Is there", "notes Take your time."])
            .happens(&["notes You said that you are done"])
    }));
}

#[test]
fn handing_over_needs_no_patience() {
    let words = ["That's it.", "I'm done.", "Over to you.", "That's my answer."];
    check_all(words.map(|words| {
        scenario(words, [Says(PART), IsSilent(0.9), Says(words), IsSilent(30.0)])
            .happens(&["notes You said that you are done", "keeps"])
            .judges(&[PART])
            .ends_after(0.4..1.4)
    }));
    let inside = "That's my answer to the first part, but the second part is harder";
    check_all([scenario("words that hand over inside a sentence", turn([Says(inside), IsSilent(3.0), Says(REST)]))
        .never(&ENDED)
        .judges(&[&format!("{inside} {REST}")])]);
}

#[test]
fn a_nudge_ends_nothing() {
    check_all([
        scenario("speech after the nudge", turn([Says(PART), IsSilent(6.0), Says(REST)]))
            .happens(&["notes Is there anything", "listens", "notes You said that you are done"])
            .never(&ENDED)
            .judges(&[&format!("{PART} {REST}")]),
        scenario("speech just before the turn would end", turn([Says(PART), IsSilent(8.6), Says(REST)]))
            .never(&ENDED)
            .judges(&[&format!("{PART} {REST}")]),
        scenario("a new silence has its own nudge", [Says(PART), IsSilent(6.0), Says(REST), IsSilent(30.0)])
            .happens(&["notes Is there anything", "listens", "notes Is there anything", "notes Nothing was added"])
            .judges(&[&format!("{PART} {REST}")]),
        scenario("a nudge that is spoken aloud", turn([IsSilent(3.0), Says(PART), IsSilent(8.0), Says(REST)]))
            .scene(|scene| scene.sentence = Some(1.5))
            .happens(&["notes Is there anything", "listens", "notes You said that you are done"])
            .never(&ENDED)
            .judges(&[&format!("{PART} {REST}")]),
    ]);
}

#[test]
fn an_end_is_taken_back_within_its_grace_only() {
    check_all([
        scenario("at once", turn([Says(CLOSES), IsSilent(2.6), Says(REST)]))
            .happens(&["notes Your answer sounded complete", "goes on", "notes You said that you are done"])
            .judges(&[&format!("{CLOSES} {REST}")]),
        scenario("twice", turn([Says(CLOSES), IsSilent(2.7), Says(CLOSES), IsSilent(4.3), Says(REST)]))
            .happens(&["goes on", "goes on", "notes You said that you are done"])
            .judges(&[&format!("{CLOSES} {CLOSES} {REST}")]),
        scenario("too late", [Says(CLOSES), IsSilent(5.0), Says(REST), IsSilent(5.0)])
            .happens(&["notes Your answer sounded complete", "keeps"])
            .never(&["goes on"])
            .judges(&[CLOSES]),
        scenario(
            "while the answer is acknowledged aloud",
            turn([IsSilent(3.0), Says(CLOSES), IsSilent(2.8), Says(REST)]),
        )
        .scene(|scene| scene.sentence = Some(1.2))
        .happens(&["goes on", "notes You said that you are done"])
        .judges(&[&format!("{CLOSES} {REST}")]),
        scenario("by a cough: nothing is lost", [Says(CLOSES), IsSilent(2.6), Coughs, IsSilent(40.0)])
            .happens(&["goes on", "keeps"])
            .judges(&[CLOSES]),
    ]);
}

#[test]
fn what_is_no_word_is_no_answer() {
    check_all([
        scenario("nothing said", [IsSilent(50.0)])
            .happens(&["asks the question", "notes Nothing was heard"])
            .never(&["keeps", "decides"])
            .judges(&[]),
        scenario("a steady noise", [Rustles(50.0)]).happens(&["notes Nothing was heard"]).never(&["keeps"]).judges(&[]),
        scenario("a cough in a pause", turn([Says(PART), IsSilent(1.5), Coughs, IsSilent(1.5), Says(REST)]))
            .never(&ENDED)
            .judges(&[&format!("{PART} {REST}")]),
        scenario("a cough before the first word", turn([Coughs, IsSilent(6.0), Says(PART)]))
            .never(&ENDED)
            .never(&["notes Is there"])
            .judges(&[PART]),
        scenario("a long silence before the first word", turn([IsSilent(25.0), Says(PART)]))
            .never(&ENDED)
            .never(&["notes Is there"])
            .judges(&[PART]),
        scenario("a noisy room", turn([Rustles(2.0), Says(PART), Rustles(3.0), Says(REST)]))
            .never(&ENDED)
            .judges(&[&format!("{PART} {REST}")]),
    ]);
}
