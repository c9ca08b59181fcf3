//! A small rubric and question for the tests of this folder.

use crate::interview::{
    question::{AskedLevel, Difficulty, GoodReply, Kind, Point, Probe, ProbeTarget, Question},
    rubric::{Anchors, Check, Dimension, Rubric},
};

/// Two dimensions, eight checks.
pub fn rubric() -> Rubric {
    let dimension = |id: &str, title: &str, says: [&str; 4]| Dimension {
        id: id.into(),
        title: title.into(),
        about: format!("What the answer says about {}.", title.to_lowercase()),
        anchors: Anchors {
            weak: "nothing".into(),
            adequate: "something".into(),
            strong: "with a reason".into(),
            excellent: "with a figure".into(),
        },
        checks: (1..=4u8)
            .zip(says)
            .map(|(level, says)| Check {
                id: format!("{id}_{level}"),
                level,
                says: says.into(),
                yes: format!("a lift controller: example {level} that meets it"),
                near_miss: format!("a lift controller: example {level} that does not"),
                needs_number: false,
            })
            .collect(),
    };
    Rubric {
        format_version: 1,
        id: Kind::Design,
        title: "Design".into(),
        dimensions: vec![
            dimension(
                "reliability",
                "Reliability",
                [
                    "A failure is mentioned.",
                    "A retry or a replica is named and placed.",
                    "Says how repeats are made harmless.",
                    "Says how the system recovers.",
                ],
            ),
            dimension(
                "tradeoffs",
                "Trade-offs",
                [
                    "A pro or a con is mentioned.",
                    "Pros and cons of one choice.",
                    "A real alternative is compared.",
                    "Chosen because of a constraint said earlier.",
                ],
            ),
        ],
    }
}

/// One point, one probe; the hard part is reliability.
pub fn question() -> Question {
    Question {
        id: "rate-limiter".into(),
        kind: Kind::Design,
        family: "building-blocks".into(),
        difficulty: Difficulty::Medium,
        levels: vec![AskedLevel::Senior],
        minutes: 20,
        ask: "Design a rate limiter for a public API.".into(),
        tests: "Whether limits hold when things break.".into(),
        hard_part: vec!["reliability".into()],
        no_occasion: vec![],
        mistakes: vec![],
        glossary: vec![],
        outline: vec!["Says what happens when the store is down.".into()],
        weak_opening: String::new(),
        strong_opening: String::new(),
        tip: String::new(),
        points: vec![Point {
            id: "store-down".into(),
            says: "Chooses to fail open or closed, and says why.".into(),
            dimension: "reliability".into(),
            cues: vec!["fail* ~ open|closed".into()],
        }],
        constraints: vec![],
        probes: vec![Probe {
            id: "store-down".into(),
            ask: "The counter store is down. What happens to the next request?".into(),
            target: ProbeTarget::Point("store-down".into()),
            requires_said: vec![],
            good: GoodReply {
                constraint: "The API earns money with every call.".into(),
                failure_mode: "Every check times out.".into(),
                mitigation: "Fail open with a local estimate.".into(),
                new_cost: "Abuse passes while the store is down.".into(),
            },
        }],
        facts: vec![],
    }
}
