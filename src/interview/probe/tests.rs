//! The choice among the probes of a small question about a parking garage.

use std::collections::BTreeMap;

use super::*;
use crate::interview::{
    assessment::Level,
    mistake::{Detector, Mistake},
    pack::{Manifest, Phrases},
    practice_signal::listen,
    question::{AskedLevel, Difficulty, GoodReply, Point},
};

/// A question with three points, two of them in its hard part, and one probe for each sort of gap.
pub(crate) fn question() -> Question {
    let point = |id: &str, says: &str, dimension: &str, cue: &str| Point {
        id: id.into(),
        says: says.into(),
        dimension: dimension.into(),
        cues: vec![cue.into()],
    };
    Question {
        id: "garage".into(),
        kind: Kind::Design,
        family: "garages".into(),
        difficulty: Difficulty::Easy,
        levels: vec![AskedLevel::Mid],
        minutes: 5,
        ask: "Design a parking garage.".into(),
        tests: String::new(),
        hard_part: vec!["reliability".into()],
        no_occasion: vec!["data_model".into()],
        mistakes: vec!["exactly-once".into()],
        glossary: Vec::new(),
        outline: Vec::new(),
        weak_opening: String::new(),
        strong_opening: String::new(),
        tip: String::new(),
        points: vec![
            point(
                "counter-down",
                "The barrier fails open when the counter is down.",
                "reliability",
                "barrier fails open",
            ),
            point("lost-ticket", "A lost ticket still gets out.", "reliability", "lost ticket"),
            point("count-at-ramp", "Cars are counted at the ramp.", "architecture", "at the ramp"),
        ],
        constraints: Vec::new(),
        probes: vec![
            probe("g-ramp", ProbeTarget::Point("count-at-ramp".into()), &[]),
            probe("g-down", ProbeTarget::Point("counter-down".into()), &[]),
            probe("g-lost", ProbeTarget::Point("lost-ticket".into()), &["ticket|paper-slip"]),
            probe("g-once", ProbeTarget::Mistake("exactly-once".into()), &[]),
            probe("g-cost", ProbeTarget::Step(FollowUpStep::NewCost), &[]),
            probe("g-rel", ProbeTarget::Dimension("reliability".into()), &[]),
            probe("g-data", ProbeTarget::Dimension("data_model".into()), &[]),
        ],
        facts: Vec::new(),
    }
}

fn probe(id: &str, target: ProbeTarget, requires_said: &[&str]) -> Probe {
    let requires_said = requires_said.iter().map(|cue| (*cue).to_owned()).collect();
    let good = GoodReply {
        constraint: String::new(),
        failure_mode: String::new(),
        mitigation: String::new(),
        new_cost: String::new(),
    };
    Probe { id: id.into(), ask: format!("words of {id}?"), target, requires_said, good }
}

/// A pack with two mistakes and two generic probes; the question is passed by itself.
pub(crate) fn pack() -> Pack {
    let mistake = |id: &str, heard| Mistake {
        id: id.into(),
        title: format!("title of {id}."),
        advice: String::new(),
        kinds: Vec::new(),
        heard,
        interjections: Vec::new(),
    };
    let once = Detector::Said { any: vec!["exactly once".into()], unless: Vec::new() };
    let figures = Detector::Missing { none: vec!["# ~ cars|bays".into()], min_words: 5 };
    let mistakes = [mistake("exactly-once", once), mistake("no-figures", figures)];
    Pack {
        manifest: Manifest {
            format_version: 1,
            name: "p".into(),
            title: String::new(),
            about: String::new(),
            families: BTreeMap::new(),
        },
        questions: BTreeMap::new(),
        mistakes: mistakes.into_iter().map(|mistake| (mistake.id.clone(), mistake)).collect(),
        glossary: Vec::new(),
        generic_probes: BTreeMap::from([(
            Kind::Design,
            vec![
                probe("any-rel", ProbeTarget::Dimension("reliability".into()), &[]),
                probe("any-cost", ProbeTarget::Step(FollowUpStep::NewCost), &[]),
            ],
        )]),
        phrases: Phrases::default(),
        plans: Vec::new(),
        drills: Default::default(),
        interviewers: Default::default(),
        answer_shapes: Vec::new(),
    }
}

fn choose_for(
    question: Option<&Question>,
    answer: &str,
    dimensions: Option<&[DimensionResult]>,
    asked: &[&str],
) -> Option<ChosenProbe> {
    let (pack, transcript) = (pack(), Transcript::typed(answer));
    let signal = listen(&pack, question, &transcript);
    let asked = asked.iter().map(|id| (*id).to_owned()).collect();
    choose(&ProbeContext {
        pack: &pack,
        question,
        kind: Kind::Design,
        transcript: &transcript,
        signal: &signal,
        dimensions,
        asked: &asked,
    })
}

/// The probe that an answer gets after those already asked, and what the reason must say.
fn check(answer: &str, asked: &[&str], id: &str, why: &str) {
    let chosen = choose_for(Some(&question()), answer, None, asked).unwrap();
    assert_eq!(chosen.id, id, "{answer}: {chosen:?}");
    assert!(chosen.reason.contains(why), "{}", chosen.reason);
    assert!(chosen.reason.ends_with('.'));
}

#[test]
fn the_hard_part_comes_first() {
    check("Cars come in.", &[], "g-down", "\"counter down\" yet, a part of reliability");
    check("Cars come in with a ticket.", &["g-down"], "g-lost", "\"lost ticket\"");
}

#[test]
fn a_mistake_that_was_heard_is_asked_after_in_its_own_words() {
    let answer = "The barrier fails open. A lost ticket is free. We count at the ramp, exactly once.";
    check(answer, &[], "g-once", "you said \"exactly once\" and left it there");
    check(answer, &["g-once"], "g-cost", "what your choice makes harder");
}

#[test]
fn a_probe_that_makes_no_sense_yet_is_left_out() {
    check(
        "The barrier fails open, counted at the ramp.",
        &["g-rel", "g-down", "g-cost", "g-ramp", "g-once"],
        "g-data",
        "",
    );
}

#[test]
fn no_dimension_is_probed_three_times_running() {
    check("Cars come in with a ticket.", &["g-down", "g-lost"], "g-ramp", "count at ramp");
    check("Cars come in with a ticket.", &["g-down", "g-lost", "g-ramp"], "g-rel", "reliability");
}

#[test]
fn levels_decide_where_there_are_some() {
    let result = |dimension: &str, level: u8| DimensionResult {
        dimension: dimension.into(),
        outcome: DimensionOutcome::Level(Level::new(level).unwrap()),
        evidence: Vec::new(),
        missing: None,
        notes: Vec::new(),
    };
    let answer = "Cars come in.";
    let question = question();
    let strong = [result("reliability", 4), result("architecture", 1)];
    assert_eq!(choose_for(Some(&question), answer, Some(&strong), &[]).unwrap().id, "g-ramp");
    let weak = [result("reliability", 1), result("architecture", 4)];
    assert_eq!(choose_for(Some(&question), answer, Some(&weak), &[]).unwrap().id, "g-down");
}

#[test]
fn none_is_asked_twice_and_the_bank_runs_dry() {
    let question = question();
    let mut asked: Vec<String> = Vec::new();
    let transcript = "With a ticket.";
    while let Some(chosen) =
        choose_for(Some(&question), transcript, None, &asked.iter().map(String::as_str).collect::<Vec<_>>())
    {
        assert!(!asked.contains(&chosen.id), "{} again", chosen.id);
        asked.push(chosen.id);
    }
    assert_eq!(asked.len(), question.probes.len());
    assert_eq!(asked.last().map(String::as_str), Some("g-data"), "no occasion comes last: {asked:?}");
}

#[test]
fn generic_probes_serve_where_the_bank_has_nothing_that_fits() {
    let chosen = choose_for(None, "Cars come in.", None, &[]).unwrap();
    assert_eq!((chosen.id.as_str(), chosen.text.as_str()), ("any-rel", "words of any-rel?"));
    assert_eq!(choose_for(None, "Cars come in.", None, &["any-rel", "any-cost"]), None);
    let all_but_lost = ["g-ramp", "g-down", "g-once", "g-cost", "g-rel", "g-data"];
    let chosen = choose_for(Some(&question()), "Cars come in.", None, &all_but_lost).unwrap();
    assert_eq!(chosen.id, "any-rel");
}
