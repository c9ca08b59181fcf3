//! Drills over a small question about a parking garage, and over every question of the shipped pack.

use proptest::prelude::*;

use super::*;
use crate::interview::{
    assessment::Level,
    ladder_report::LadderReport,
    pack::Pack,
    practice_signal::{listen, listen_to_reply},
    probe::tests::{pack, question},
    question::Kind,
    sample_pack::shipped,
    transcript::Transcript,
};

const GOOD: &str = "The constraint is that a ticket opens one gate. If the reader goes down, people get stuck. So we fall back to a \
                    printed code. The cost is that codes can be copied.";
const NO_COST: &str =
    "The constraint is one gate per ticket. If the reader goes down, people get stuck. We fall back to a printed code.";
const NO_MOVE: &str = "The constraint is one gate per ticket. If the reader goes down, people get stuck.";
const BACKWARDS: &str = "The cost is that codes can be copied. We fall back to a printed code. People get stuck then. The rule is one gate.";
const MISTAKEN: &str = "The constraint is that it counts exactly once. If the reader goes down, people get stuck. We fall back to a printed code.";

fn reply_signal(text: &str) -> PracticeSignal {
    listen_to_reply(&pack(), Some(&question()), &Transcript::typed(text))
}

fn levels(levels: &str) -> Vec<DimensionResult> {
    let of = |(step, level): (FollowUpStep, char)| DimensionResult {
        dimension: follow_up::step_id(step).into(),
        outcome: match level.to_digit(10) {
            Some(level) => DimensionOutcome::Level(Level::new(level as u8).unwrap()),
            None => DimensionOutcome::Ungraded("cut off".into()),
        },
        evidence: Vec::new(),
        missing: None,
        notes: Vec::new(),
    };
    follow_up::ORDER.into_iter().zip(levels.chars()).map(of).collect()
}

/// What a reply comes to by the words alone.
#[track_caller]
fn check_words(text: &str, expected: RungResult) {
    let signal = reply_signal(text);
    let outcome = judge(Reply { signal: &signal, dimensions: None, gave_up: false });
    assert_eq!(outcome.result, expected, "{text}: {:?}", outcome.steps);
}

#[test]
fn without_a_model_three_steps_in_order_survive() {
    use FollowUpStep::*;
    check_words(GOOD, RungResult::Survived);
    check_words(NO_COST, RungResult::Survived);
    check_words(NO_MOVE, RungResult::Broke(Break::Missing(Mitigation)));
    check_words(BACKWARDS, RungResult::Broke(Break::OutOfOrder));
    check_words(MISTAKEN, RungResult::Broke(Break::Mistake("exactly-once".into())));
    check_words("", RungResult::Broke(Break::Missing(Constraint)));
    check_words("If the reader goes down, people get stuck.", RungResult::Broke(Break::Missing(Constraint)));
    check_words("The rule is one gate. We fall back to paper.", RungResult::Broke(Break::Missing(FailureMode)));
    check_words("It's a nice day and the garage is open.", RungResult::Broke(Break::Missing(Constraint)));
}

/// What levels of constraint, failure mode, mitigation and new cost come to, whatever the words; `?` is ungraded.
#[track_caller]
fn check_levels(given: &str, words: &str, expected: RungResult) {
    let signal = reply_signal(words);
    let dimensions = levels(given);
    let outcome = judge(Reply { signal: &signal, dimensions: Some(&dimensions), gave_up: false });
    assert_eq!(outcome.result, expected, "{given}");
}

#[test]
fn with_levels_the_rubric_decides() {
    use FollowUpStep::*;
    let broke = |step| RungResult::Broke(Break::Missing(step));
    for given in ["2020", "0220", "4444", "2220", "0240", "?230", "2?2?"] {
        check_levels(given, "", RungResult::Survived);
    }
    check_levels("1144", GOOD, broke(Constraint));
    check_levels("2212", GOOD, broke(Mitigation));
    check_levels("0212", GOOD, broke(Constraint));
    check_levels("2114", GOOD, broke(FailureMode));
    check_levels("??1?", GOOD, broke(Mitigation));
    check_levels("11?4", GOOD, broke(Constraint));
}

#[test]
fn where_the_deciding_levels_are_missing_the_words_decide() {
    for given in ["????", "22?2", "??22", "1?22", "?122"] {
        check_levels(given, GOOD, RungResult::Survived);
        check_levels(given, NO_MOVE, RungResult::Broke(Break::Missing(FollowUpStep::Mitigation)));
    }
}

#[test]
fn who_gives_up_is_not_judged() {
    let signal = reply_signal("I don't know.");
    let dimensions = levels("0000");
    let outcome = judge(Reply { signal: &signal, dimensions: Some(&dimensions), gave_up: true });
    assert_eq!(outcome.result, RungResult::GaveUp);
}

#[test]
fn the_steps_are_told_in_the_order_in_which_they_were_said() {
    use FollowUpStep::*;
    let signal = reply_signal("We fall back to a printed code. The constraint is one gate per ticket.");
    let outcome = judge(Reply { signal: &signal, dimensions: None, gave_up: false });
    assert_eq!((outcome.steps, outcome.in_order), (vec![Mitigation, Constraint], 1));
}

/// A drill over the garage: one letter per rung, `+` good, `-` weak, `?` given up. Returns it and the probes asked.
fn drill(opening: &str, replies: &str, rungs: usize) -> (Ladder, Vec<String>) {
    let (pack, question, said) = (pack(), question(), Transcript::typed(opening));
    let mut ladder = Ladder::new(rungs);
    let asked = climb(&mut ladder, &pack, &question, &said, replies);
    (ladder, asked)
}

fn climb(ladder: &mut Ladder, pack: &Pack, question: &Question, said: &Transcript, replies: &str) -> Vec<String> {
    let signal = listen(pack, Some(question), said);
    let none = BTreeSet::new();
    let mut asked = Vec::new();
    for reply in replies.chars() {
        let context = ProbeContext {
            pack,
            question: Some(question),
            kind: Kind::Design,
            transcript: said,
            signal: &signal,
            dimensions: None,
            asked: &none,
        };
        let Some(probe) = ladder.next(&context) else { break };
        assert_eq!(ladder.next(&context), None, "the rung is still open");
        asked.push(probe.id);
        let signal = reply_signal(if reply == '+' { GOOD } else { NO_MOVE });
        ladder.answer(Reply { signal: &signal, dimensions: None, gave_up: reply == '?' }, Some(question));
    }
    asked
}

#[test]
fn a_good_reply_leads_deeper() {
    // The gap first; then the hard part, the new cost, and a whole dimension.
    let (ladder, asked) = drill("Cars are counted at the ramp.", "++++", 4);
    let difficulties: Vec<Difficulty> = ladder.rungs().iter().map(|rung| rung.difficulty).collect();
    assert_eq!(difficulties, [Difficulty::Gap, Difficulty::HardPart, Difficulty::NewCost, Difficulty::Dimension]);
    assert_eq!(asked, ["g-down", "g-rel", "g-cost", "any-rel"]);
}

#[test]
fn a_weak_reply_does_not() {
    let (ladder, _) = drill("Cars are counted at the ramp.", "+--+", 4);
    let difficulties: Vec<Difficulty> = ladder.rungs().iter().map(|rung| rung.difficulty).collect();
    assert_eq!(difficulties, [Difficulty::Gap, Difficulty::HardPart, Difficulty::HardPart, Difficulty::HardPart]);
}

#[test]
fn giving_up_closes_the_branch_and_opens_another() {
    let (ladder, asked) = drill("The ticket is a paper slip. Cars are counted at the ramp.", "?++++", 6);
    assert_eq!(asked[0], "g-down");
    let of_reliability = ["g-down", "g-lost", "g-rel", "any-rel"];
    assert!(asked[1..].iter().all(|id| !of_reliability.contains(&id.as_str())), "{asked:?}");
    assert!(asked.len() > 2);
    assert_eq!(ladder.rungs()[1].difficulty, Difficulty::Gap);
}

#[test]
fn a_heard_mistake_is_pressed_first() {
    let (_, asked) =
        drill("It counts exactly once at the ramp. The barrier fails open then. A lost ticket gets out.", "+", 1);
    assert_eq!(asked, ["g-once"]);
}

#[test]
fn the_ladder_ends_with_its_rungs_or_with_the_bank() {
    assert_eq!(drill("Cars are counted at the ramp.", "+++++++++++++", 3).1.len(), 3);
    let (ladder, asked) = drill("Cars are counted at the ramp.", "+++++++++++++", 99);
    assert!(asked.len() < 10 && ladder.rungs().iter().all(|rung| rung.outcome.is_some()));
}

#[test]
fn probes_of_before_are_not_asked_again() {
    let (pack, question, said) = (pack(), question(), Transcript::typed("Cars are counted at the ramp."));
    let signal = listen(&pack, Some(&question), &said);
    let asked = BTreeSet::from(["g-down".to_owned()]);
    let context = ProbeContext {
        pack: &pack,
        question: Some(&question),
        kind: Kind::Design,
        transcript: &said,
        signal: &signal,
        dimensions: None,
        asked: &asked,
    };
    assert_ne!(Ladder::new(3).next(&context).unwrap().id, "g-down");
}

/// The report of a drill: survived of answered, in a row, the rung that broke (from 0, `-` for none), the rung to offer again.
#[track_caller]
fn check_report(replies: &str, expected: (usize, usize, usize, Option<usize>, Option<usize>)) {
    let (ladder, asked) = drill("Cars are counted at the ramp. The ticket is a paper slip.", replies, replies.len());
    assert_eq!(asked.len(), replies.len(), "{replies}: {asked:?}");
    let report = LadderReport::of(&ladder);
    let broke = report.broke.as_ref().map(|broken| broken.rung);
    assert_eq!((report.survived, report.answered, report.in_a_row, broke, report.again), expected, "{replies}");
}

#[test]
fn the_report_counts_rungs_in_a_row() {
    check_report("", (0, 0, 0, None, None));
    check_report("+", (1, 1, 1, None, None));
    check_report("-", (0, 1, 0, Some(0), Some(0)));
    check_report("++", (2, 2, 2, None, None));
    check_report("+-", (1, 2, 1, Some(1), Some(1)));
    check_report("++-+", (3, 4, 2, Some(2), Some(2)));
    check_report("-+++", (3, 4, 3, Some(0), Some(0)));
    check_report("+-++", (3, 4, 2, Some(1), Some(1)));
    check_report("+?+", (2, 3, 1, None, Some(1)));
    check_report("?-+", (1, 3, 1, Some(1), Some(1)));
    check_report("--", (0, 2, 0, Some(0), Some(0)));
}

#[test]
fn the_report_says_what_was_missing() {
    let (ladder, _) = drill("Cars are counted at the ramp.", "+-", 2);
    let report = LadderReport::of(&ladder);
    assert_eq!(report.broke.as_ref().unwrap().why, Break::Missing(FollowUpStep::Mitigation));
    assert_eq!(report.sentence(), "You survived 1 of 2 rungs, 1 in a row. Rung 2 broke: there was no first move.");
    assert_eq!(LadderReport::of(&Ladder::new(3)).sentence(), "No rung was answered.");
}

#[test]
fn a_second_attempt_stands_beside_the_first() {
    let (mut ladder, asked) = drill("Cars are counted at the ramp.", "+-", 2);
    let again = LadderReport::of(&ladder).again.unwrap();
    assert_eq!(ladder.rungs()[again].probe.id, asked[1]);
    let signal = reply_signal(GOOD);
    let reply = Reply { signal: &signal, dimensions: None, gave_up: false };
    assert_eq!(ladder.answer_again(again, reply).unwrap().result, RungResult::Survived);
    assert_eq!(LadderReport::of(&ladder).in_a_row, 1);
    assert_eq!(ladder.answer_again(7, reply), None);
}

#[test]
fn levels_that_come_later_correct_a_rung() {
    let (mut ladder, _) = drill("Cars are counted at the ramp.", "+-", 2);
    let signal = reply_signal(NO_MOVE);
    let dimensions = levels("3330");
    ladder.assess(1, Reply { signal: &signal, dimensions: Some(&dimensions), gave_up: false });
    assert_eq!(LadderReport::of(&ladder).in_a_row, 2);
}

#[test]
fn an_answer_without_an_open_rung_is_none() {
    let signal = reply_signal(GOOD);
    let reply = Reply { signal: &signal, dimensions: None, gave_up: false };
    assert_eq!(Ladder::new(3).answer(reply, None), None);
    let (mut ladder, _) = drill("Cars are counted at the ramp.", "+", 1);
    assert_eq!(ladder.answer(reply, None), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_drill_on_any_shipped_question_keeps_its_promises(
        place in any::<prop::sample::Index>(), replies in "[-+?]{1,12}", rungs in 0_usize..14,
    ) {
        let questions: Vec<_> = shipped().questions().filter(|(_, question)| question.kind == Kind::Design).collect();
        let (pack, question) = questions[place.index(questions.len())];
        let said = Transcript::typed(&question.strong_opening);
        let mut ladder = Ladder::new(rungs);
        let asked = climb(&mut ladder, pack, question, &said, &replies);

        let unique: BTreeSet<&String> = asked.iter().collect();
        prop_assert_eq!(unique.len(), asked.len(), "no probe twice");
        prop_assert!(asked.len() <= rungs);
        if rungs <= 3 {
            prop_assert_eq!(asked.len(), rungs.min(replies.len()), "the bank serves three rungs at least");
        }
        let mut closed = BTreeSet::new();
        for pair in ladder.rungs().windows(2) {
            let result = &pair[0].outcome.as_ref().unwrap().result;
            let harder = match result {
                RungResult::Survived => pair[1].difficulty >= pair[0].difficulty && pair[1].difficulty > Difficulty::Gap,
                RungResult::Broke(_) => pair[1].difficulty == pair[0].difficulty,
                RungResult::GaveUp => pair[1].difficulty == Difficulty::Gap,
            };
            prop_assert!(harder, "{:?}", pair);
            if *result == RungResult::GaveUp {
                closed.extend(branch_of(&pair[0].probe.target, Some(question)));
            }
            let branch = branch_of(&pair[1].probe.target, Some(question)).unwrap();
            prop_assert!(!closed.contains(&branch), "{:?} was closed", branch);
        }
        let report = LadderReport::of(&ladder);
        prop_assert!(report.in_a_row <= report.survived && report.survived <= report.answered);
    }
}
