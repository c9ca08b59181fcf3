//! The follow-up order heard in an answer: constraint, failure mode, mitigation, new cost.
//!
//! A practised reply to pressure names what must hold, what breaks, the one first move, and what that made harder. Heard
//! here by cues: a hint at the shape of an answer, not at its quality.

use std::ops::Range;

use super::{
    assessment::Evidence,
    coverage::{Cue, find_all},
    practice_signal::PracticeSignal,
    question::FollowUpStep,
    words::Spoken,
};

/// The steps in the order in which a reply should take them.
pub const ORDER: [FollowUpStep; 4] =
    [FollowUpStep::Constraint, FollowUpStep::FailureMode, FollowUpStep::Mitigation, FollowUpStep::NewCost];

/// The steps that were heard, each once, in the order they were said.
///
/// A step that is heard in several places is placed where it serves the order best. `supports` is [`step_id`].
pub fn steps_heard(spoken: &Spoken) -> Vec<(FollowUpStep, Evidence)> {
    let places = ORDER.map(|step| places(step, spoken));
    let mut chosen = longest_in_order(&places);
    for (choice, places) in chosen.iter_mut().zip(&places) {
        if choice.is_none() {
            *choice = places.first().cloned();
        }
    }
    let mut steps: Vec<(FollowUpStep, Evidence)> = ORDER
        .into_iter()
        .zip(chosen)
        .filter_map(|(step, words)| Some((step, spoken.evidence(step_id(step), words?))))
        .collect();
    steps.sort_by_key(|(_, evidence)| evidence.words);
    steps
}

/// Whether a rung of a pressure ladder was survived, as far as can be heard without a model: at least three of the four steps,
/// in order, and no mistake.
pub fn survived_without_model(signal: &PracticeSignal) -> bool {
    signal.mistakes.is_empty() && in_order(&signal.steps) >= 3
}

/// The first step of the order that was not heard.
pub fn first_missing(steps: &[(FollowUpStep, Evidence)]) -> Option<FollowUpStep> {
    ORDER.into_iter().find(|step| steps.iter().all(|(heard, _)| heard != step))
}

/// The name of a step as it is written in packs.
pub fn step_id(step: FollowUpStep) -> &'static str {
    match step {
        FollowUpStep::Constraint => "constraint",
        FollowUpStep::FailureMode => "failure_mode",
        FollowUpStep::Mitigation => "mitigation",
        FollowUpStep::NewCost => "new_cost",
    }
}

/// How many of the steps were said in their order: the longest rising row.
pub fn in_order(steps: &[(FollowUpStep, Evidence)]) -> usize {
    let mut longest = vec![1; steps.len()];
    for i in 0..steps.len() {
        for j in 0..i {
            if steps[j].0 < steps[i].0 {
                longest[i] = longest[i].max(longest[j] + 1);
            }
        }
    }
    longest.into_iter().max().unwrap_or(0)
}

/// One place for as many steps as can follow each other in order, each as early as it may be.
fn longest_in_order(places: &[Vec<Range<usize>>; 4]) -> [Option<Range<usize>>; 4] {
    let mut best: [Option<Range<usize>>; 4] = Default::default();
    let taken = |row: &[Option<Range<usize>>; 4]| row.iter().flatten().count();
    // All sixteen choices of steps, the full one first.
    for wanted in (0..16_u8).rev() {
        let mut row: [Option<Range<usize>>; 4] = Default::default();
        let mut from = 0;
        for (i, places) in places.iter().enumerate().filter(|(i, _)| wanted >> (3 - i) & 1 == 1) {
            let Some(place) = places.iter().find(|place| place.start >= from) else { continue };
            from = place.end;
            row[i] = Some(place.clone());
        }
        if taken(&row) > taken(&best) {
            best = row;
        }
    }
    best
}

fn places(step: FollowUpStep, spoken: &Spoken) -> Vec<Range<usize>> {
    let cues = match step {
        FollowUpStep::Constraint => CONSTRAINT,
        FollowUpStep::FailureMode => FAILURE_MODE,
        FollowUpStep::Mitigation => MITIGATION,
        FollowUpStep::NewCost => NEW_COST,
    };
    let mut places: Vec<Range<usize>> =
        cues.iter().filter_map(|cue| Cue::parse(cue).ok()).flat_map(|cue| find_all(&cue, spoken)).collect();
    places.sort_by_key(|place| (place.start, place.end));
    places
}

const CONSTRAINT: &[&str] = &[
    "constraint|requirement|promise|invariant is|here",
    "constraint ~ is",
    "what|that matters|counts ~ is",
    "must never|not|always|still",
    "mustn't|can't|cannot lose|afford|accept|oversell|charge",
    "nobody|no-one gets|may|can|should|must",
    "never ~ twice",
    "we|i promised|promise",
    "budget|target|slo|sla|rpo|rto is|of|says",
    "the rule is|here",
    "that's the rule",
    "is fine|okay|acceptable|enough|tolerable",
    "priority|goal here|is",
    "more important|matters more",
    "correctness|availability|latency|consistency|safety over|before|beats|first",
    "business|product|customer|contract|auditor|regulator needs|need|wants|requires|cares|says",
    "we owe|guarantee",
];

const FAILURE_MODE: &[&str] = &[
    "if|when|once|while ~ down|dies|die|crash*|fail|fails|unreachable|unavailable|slow|full|lost|late",
    "what breaks|happens is",
    "breaks|break when|if|because|is",
    "failure mode|is",
    "time* out",
    "lease|disk|memory|pool|quota runs|run out",
    "fall*|falls behind|over",
    "goes|go|went down",
    "lost|lose|loses|losing ~ write*|request*|message*|job*|update*|data|event*|order*",
    "charge*|run*|process*|sent|deliver*|execut* ~ twice|again",
    "double charge*|count*|spend*|run*|send*",
    "piles|pile|backs|back|queues|queue up",
    "split brain",
    "stale read|reads|leader|value|data",
    "thundering herd",
    "retry storm",
    "cascad* fail*",
    "out of memory",
    "users|customers|callers|clients|somebody|people see|get|notice|would|are|is|charged",
    "data loss",
    "cache stampede",
    "hot key|shard|partition|spot",
    "gets|get|becomes overwhelmed|overloaded|saturated|stuck",
];

const MITIGATION: &[&str] = &[
    "first|one|primary|main move|step|mitigation|fix|first",
    "i|we first|start",
    "first i|we|ask|check|thing",
    "fail open|closed",
    "fall*|falls back to|on",
    "shed* load|traffic|requests",
    "circuit breaker",
    "rate limit*",
    "carr*|with|use*|has|add* ~ idempotency|dedupe|request key",
    "carr* ~ key",
    "dedupe*|dedup*|de-duplicate* on|by|with",
    "retr* with",
    "fencing token",
    "dead letter",
    "degrad* to|mode|gracefully",
    "serv* ~ stale|cached|default",
    "cap|caps|limit|bound ~ queue|concurrency|retries|in-flight|depth",
    "roll*|rolled back",
    "replay* from|the|to",
    "read* ~ from ~ primary|leader|follower|replica",
    "so i|we|that's why ~ add|put|use|make|keep|cap|shed|reject|fence|dedupe|drop|switch|pause|buy",
    "to fix|protect|prevent|contain|avoid",
    "i|we post|pause|reject|drop|isolate|fence|switch|promote|drain",
];

const NEW_COST: &[&str] = &[
    "new cost|price|downside|risk",
    "cost|price|down-side|trade-off|catch ~ is",
    "in exchange|return for|we",
    "at the cost|expense of",
    "got|gets|get|becomes|became|makes|made ~ harder|worse|slower|bigger",
    "costs us|me|more|an|a|another|extra|about",
    "we|i|you pay|accept|lose|give-up that|the|a|some|with|up",
    "which|that|it|this means ~ more|extra|slower|another|change*|longer|have-to|isn't|no-longer",
    "adds|add ~ latency|complexity|load|hop|state|work",
    "harder to",
    "more ~ to operate|maintain|run|look-after|watch",
    "we|i|now depend* on",
    "revisit ~ when|if|once",
    "if|when|once ~ revisit",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::{practice_signal::MistakeHeard, transcript::Transcript};

    fn gold(id: &str) -> Transcript {
        let line = include_str!("../../tests/fixtures/gold/answers.jsonl")
            .lines()
            .find(|line| line.contains(&format!("\"id\": \"{id}\"")))
            .unwrap();
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        Transcript::typed(answer["transcript"].as_str().unwrap())
    }

    fn signal(transcript: &Transcript) -> PracticeSignal {
        PracticeSignal { steps: steps_heard(&Spoken::of(transcript)), ..PracticeSignal::default() }
    }

    /// The steps heard in a text by their initials, in the order they were said.
    fn check(text: &str, heard: &str, survived: bool) {
        let signal = signal(&Transcript::typed(text));
        let initials: String = signal.steps.iter().map(|(step, _)| &step_id(*step)[..1]).collect();
        assert_eq!(initials, heard, "{text}: {:?}", signal.steps);
        assert_eq!(survived_without_model(&signal), survived, "{text}");
    }

    #[test]
    fn every_cue_is_a_cue() {
        for cue in [CONSTRAINT, FAILURE_MODE, MITIGATION, NEW_COST].into_iter().flatten() {
            assert!(Cue::parse(cue).is_ok(), "{cue}");
        }
    }

    #[test]
    fn steps_are_heard_where_they_are_said() {
        check(
            "The constraint is that a ticket opens one gate. If the reader goes down, people get stuck. So we fall back to a \
             printed code. The cost is that codes can be copied.",
            "cfmn",
            true,
        );
        check("If the reader goes down, people get stuck.", "f", false);
        check("We fall back to a printed code. The constraint is one gate per ticket.", "mc", false);
        check("It's a nice day and the garage is open.", "", false);
        check("", "", false);
    }

    #[test]
    fn a_step_said_twice_is_placed_where_it_serves_the_order() {
        check(
            "We fall back to a printed code. If the reader goes down, people get stuck. That is why we fall back to a printed \
             code. The cost is copies.",
            "fmn",
            true,
        );
    }

    #[test]
    fn a_mistake_breaks_the_rung() {
        let text = "We must never charge twice. If it goes down, we fall back to cash. The cost is a queue.";
        let mut signal = signal(&Transcript::typed(text));
        assert!(survived_without_model(&signal));
        signal.mistakes.push(MistakeHeard { mistake: "exactly-once".into(), evidence: None });
        assert!(!survived_without_model(&signal));
    }

    #[test]
    fn the_first_missing_step_follows_the_order() {
        let missing = |text: &str| first_missing(&signal(&Transcript::typed(text)).steps);
        assert_eq!(missing("If the reader goes down, people get stuck."), Some(FollowUpStep::Constraint));
        assert_eq!(missing("The rule is one gate. We fall back to paper."), Some(FollowUpStep::FailureMode));
    }

    #[test]
    fn gold_answers_under_pressure() {
        // s15 was rated 3 and 4 throughout and follows the order, s04 was rated 0 and 1.
        assert!(survived_without_model(&signal(&gold("s15"))), "{:?}", signal(&gold("s15")).steps);
        assert!(!survived_without_model(&signal(&gold("s04"))), "{:?}", signal(&gold("s04")).steps);
    }
}
