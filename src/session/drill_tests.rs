//! Pressure drills held from end to end: sound and silence are real, words are scripted, time is that of the samples.

#[path = "drill_tests/drill_room_tests.rs"]
mod drill_room;

use drill_room::{
    Does::{self, IsSilent, Presses, Says},
    Held, Room,
};

use super::plan::Command;
use crate::interview::{
    ladder::{Break, RungResult},
    question::FollowUpStep,
    trigger::Cause,
};

const PART: &str = "I would keep a token bucket for each API key in the gateway";
const REST: &str = "and every gateway asks a shared store for the count";
const ONCE: &str = "and the counts are delivered exactly once to the store";
const MORE: &str = "and then the next service reads them and shows them on a page";
const MENDS: &str = "and a repeated count is dropped because the consumer checks the request id as a key";
const GOOD: &str = "The constraint is that nobody gets charged twice. If the store goes down, callers see errors. So first we fall back \
                    to a local limit. The cost is that the limit is less exact.";
const WEAK: &str = "The constraint is that nobody gets charged twice. If the store goes down, callers see errors.";
const HANDS_OVER: [Does; 2] = [Says("That's my answer."), IsSilent(20.0)];

const NEUTRAL: Room = Room { end: "pause", rungs: 3, temper: Some("neutral"), on: None };

/// A turn of so many sentences that is handed over in words.
fn tells(sentences: &[&'static str]) -> Vec<Does> {
    let mut turn = Vec::new();
    for text in sentences {
        turn.extend([Says(text), IsSilent(0.9)]);
    }
    turn.extend(HANDS_OVER);
    turn
}

async fn hold(room: Room, turns: &[Vec<Does>]) -> Held {
    let turns: Vec<&[Does]> = turns.iter().map(Vec::as_slice).collect();
    room.hold(&turns).await
}

fn results(held: &Held) -> Vec<RungResult> {
    let rungs = &held.drill.as_ref().unwrap().rungs;
    rungs.iter().map(|rung| rung.reply.as_ref().unwrap().outcome.result.clone()).collect()
}

fn replies(says: &'static str) -> Vec<Does> {
    vec![Says(says), IsSilent(20.0)]
}

#[tokio::test]
async fn a_whole_drill_is_held_without_a_key() {
    let turns =
        [tells(&[PART, REST]), tells(&[GOOD]), tells(&[WEAK]), tells(&[GOOD]), replies("Yes, please."), tells(&[GOOD])];
    let held = hold(NEUTRAL, &turns).await;
    held.happened(&[
        "asks the question",
        "keeps I would keep",
        "asks a probe: I will press on your answer now.",
        "rung 1 Survived",
        "asks a probe: Let me ask about one thing.",
        "rung 2 Broke(Missing(Mitigation))",
        "asks a probe: One question on that.",
        "rung 3 Survived",
        "offers: You survived 2 of 3 rungs, 1 in a row. Rung 2 broke: there was no first move. Shall we take that rung again?",
        "asks a probe",
        "again 2 Survived",
        "notes This time you survived it.",
    ]);
    let drill = held.drill.as_ref().unwrap();
    let report = drill.report.as_ref().unwrap();
    assert_eq!((report.answered, report.survived, report.in_a_row, report.again), (3, 2, 1, Some(1)));
    let missing = RungResult::Broke(Break::Missing(FollowUpStep::Mitigation));
    assert_eq!(results(&held), [RungResult::Survived, missing, RungResult::Survived]);
    assert!(drill.rungs[1].difficulty > drill.rungs[0].difficulty, "a good reply makes the next rung harder");
    assert_eq!(drill.rungs[1].again.as_ref().unwrap().outcome.result, RungResult::Survived);
    assert_eq!(held.asked.len(), 4);
    assert_eq!(held.asked[3], held.asked[1], "the rung that broke");
    let opening = held.answers[0].id;
    assert!(held.answers[1..].iter().all(|answer| answer.opening == Some(opening)));
    assert_eq!(held.answers[0].probe.as_ref().unwrap().id, held.asked[0], "the answer is kept with what followed");
}

#[tokio::test]
async fn no_probe_comes_twice() {
    let mut turns = vec![tells(&[PART, REST])];
    turns.extend((0..6).map(|rung| tells(if rung % 2 == 0 { &[GOOD] } else { &[WEAK] })));
    turns.push(replies("No, thanks."));
    let held = hold(Room { rungs: 6, ..NEUTRAL }, &turns).await;
    let mut asked = held.asked.clone();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 6, "{:?}", held.asked);
}

#[tokio::test]
async fn not_knowing_closes_the_branch_without_shame() {
    let gives_up = vec![Says("Honestly, I don't know."), IsSilent(20.0)];
    let turns = [tells(&[PART, REST]), gives_up, tells(&[GOOD]), replies("No.")];
    let held = hold(Room { rungs: 2, ..NEUTRAL }, &turns).await;
    held.happened(&["notes That is all right", "rung 1 GaveUp", "asks a probe", "rung 2 Survived", "offers"]);
    held.never(&["asks a probe: Let me ask about one thing."]); // no remark on what was not known
    let report = held.drill.as_ref().unwrap().report.as_ref().unwrap();
    assert_eq!((report.survived, report.broke.is_none(), report.again), (1, true, Some(0)));
    assert!(held.answers[1].signal.as_ref().unwrap().mistakes.is_empty());
    held.never(&["again"]);
}

#[tokio::test]
async fn words_that_betray_a_mistake_are_cut_in_on() {
    let turns = [tells(&[PART, ONCE, MORE, MORE, MORE, MORE]), tells(&[GOOD])];
    let held = hold(Room { rungs: 1, ..NEUTRAL }, &turns).await;
    held.happened(&["asks the question", "cuts in: Exactly once, you say.", "asks a probe"]);
    let drill = held.drill.as_ref().unwrap();
    let said = &drill.interjections[0];
    let [heard, due, at] =
        [said.interjection.heard_at, said.interjection.due_at, said.interjection.at].map(|at| at.seconds());
    assert_eq!(
        said.interjection.cause,
        Cause::Said { rule: "exactly-once-as-switch".into(), words: "exactly once".into() }
    );
    assert!(heard > 4.0 && heard < 9.0, "{heard}");
    // Eight seconds from when the words were said, which is up to two before they are known.
    assert!((6.0..8.1).contains(&(due - heard)) && at >= due && at - due <= 2.6, "{heard} {due} {at}");
    assert_eq!(said.turn, 1);
    let text = held.answers[0].transcript.text();
    assert_eq!(
        text,
        [PART, ONCE, MORE, MORE, MORE, MORE].join(" "),
        "the turn goes on, with the candidate's words only"
    );
}

#[tokio::test]
async fn words_that_are_mended_in_time_are_left_alone() {
    let turns = [tells(&[PART, ONCE, MORE, MENDS, MORE, MORE, MORE]), tells(&[GOOD])];
    hold(Room { rungs: 1, ..NEUTRAL }, &turns).await.happened(&["asks a probe"]).never(&["cuts in"]);
}

#[tokio::test]
async fn a_sceptical_interviewer_leaves_less_time() {
    let turns = [tells(&[PART, ONCE, MORE, MENDS]), tells(&[GOOD])];
    hold(Room { rungs: 1, ..NEUTRAL }, &turns).await.never(&["cuts in"]);
    let sceptical = Room { rungs: 1, temper: Some("sceptical"), ..NEUTRAL };
    hold(sceptical, &turns).await.happened(&["cuts in: Exactly once"]);
}

#[tokio::test]
async fn a_warm_interviewer_and_plain_practice_do_not_cut_in_on_words() {
    let turns = [tells(&[PART, ONCE, MORE, MORE, MORE, MORE]), tells(&[GOOD])];
    let warm = Room { rungs: 1, temper: Some("warm"), ..NEUTRAL };
    hold(warm, &turns).await.happened(&["asks a probe"]).never(&["cuts in"]);
    let practice = Room { rungs: 1, temper: None, ..NEUTRAL };
    let held = hold(practice, &turns).await;
    held.never(&["cuts in", "rung", "offers"]);
    assert!(held.drill.is_none());
}

#[tokio::test]
async fn who_rambles_in_a_reply_is_stopped_also_by_the_warm_one() {
    let long: Vec<&'static str> = vec![MORE; 26];
    for temper in ["warm", "neutral"] {
        let turns = [tells(&[PART, REST]), tells(&long), replies("No.")];
        let held = hold(Room { rungs: 1, temper: Some(temper), ..NEUTRAL }, &turns).await;
        held.happened(&["asks a probe", "cuts in", "keeps", "rung 1 Broke", "offers"]);
        let said = &held.drill.as_ref().unwrap().interjections;
        assert!(matches!(said[0].interjection.cause, Cause::Rambling { .. }) && said.len() == 1 && said[0].turn == 2);
        assert!(said[0].interjection.at.seconds() > 90.0);
    }
}

#[tokio::test]
async fn an_opening_answer_takes_the_time_it_takes() {
    let long: Vec<&'static str> = vec![MORE; 26];
    let turns = [tells(&long), tells(&[GOOD])];
    hold(Room { rungs: 1, ..NEUTRAL }, &turns).await.happened(&["rung 1 Survived"]).never(&["cuts in"]);
}

#[tokio::test]
async fn a_drill_on_an_answer_given_before_asks_nothing_first() {
    let turns = [tells(&[GOOD]), tells(&[WEAK]), replies("Not now.")];
    let room = Room { rungs: 2, on: Some("I would keep a token bucket for each key in a shared store."), ..NEUTRAL };
    let held = hold(room, &turns).await;
    held.never(&["asks the question", "again"]).happened(&["asks a probe: I will press", "rung 1 Survived", "offers"]);
    assert!(held.answers.iter().all(|answer| answer.opening == held.answers[0].opening && answer.opening.is_some()));
    assert_eq!(held.answers.len(), 2);
    let opening = held.answers[0].opening.unwrap();
    held.store.forget(opening).await.unwrap();
    assert_eq!(held.store.drill(held.session).await.unwrap(), None, "it goes with the answer that it was about");
}

#[tokio::test]
async fn the_offer_is_taken_by_key_and_left_by_key_or_by_silence() {
    let enter: fn() -> Command = || Command::EndTurn;
    let skip: fn() -> Command = || Command::Skip;
    for (reply, taken) in [
        (vec![IsSilent(1.0), Presses(enter)], true),
        (vec![IsSilent(1.0), Presses(skip)], false),
        (vec![IsSilent(30.0)], false),
        (vec![Says("Hm, the weather is nice"), IsSilent(30.0)], false),
        (vec![Says("Sure, go ahead."), IsSilent(5.0)], true),
    ] {
        let turns = [tells(&[PART, REST]), tells(&[WEAK]), reply, tells(&[WEAK])];
        let held = hold(Room { rungs: 1, ..NEUTRAL }, &turns).await;
        held.happened(&["offers"]);
        match taken {
            true => held.happened(&["again 1 Broke", "notes It broke again: there was no first move."]),
            false => held.never(&["again"]),
        };
    }
}

#[tokio::test]
async fn a_probe_that_is_passed_over_counts_for_nothing() {
    let skips = vec![Says("I'd like to move on."), IsSilent(20.0)];
    let turns = [tells(&[PART, REST]), skips, tells(&[GOOD])];
    let held = hold(Room { rungs: 1, ..NEUTRAL }, &turns).await;
    held.happened(&["asks a probe", "notes Passed over", "asks a probe", "rung 1 Survived"]).never(&["offers"]);
    assert_ne!(held.asked[0], held.asked[1]);
    assert_eq!(held.drill.as_ref().unwrap().rungs.len(), 1);
}
