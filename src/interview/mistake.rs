//! Typical mistakes and how each is heard.
//!
//! A mistake is heard by cues alone, so it is a suspicion with a reason and never lowers a level.

use std::{collections::BTreeSet, ops::Range};

use serde::{Deserialize, Serialize};

use super::{
    coverage::{Cue, find_all_in_a_sentence, find_any},
    practice_signal::MistakeHeard,
    words::Spoken,
};

/// One entry of `mistakes.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mistake {
    pub id: String,
    /// "Says 'eventual consistency' and stops there"
    pub title: String,
    /// Why it costs, and what to say instead; shown to the candidate. Two sentences at most.
    pub advice: String,
    /// Kinds of question it can be made in; empty means all.
    #[serde(default)]
    pub kinds: Vec<super::question::Kind>,
    pub heard: Detector,
    /// What the interviewer may cut in with during a pressure drill, one at a time; empty: it is not worth an interruption.
    #[serde(default)]
    pub interjections: Vec<String>,
}

/// How a mistake is heard. Cues are in the pattern language of [`super::coverage`]. What betrays a mistake (`any`) stands within one
/// sentence; what redeems it may run into the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "when", rename_all = "snake_case")]
pub enum Detector {
    /// One of `any` is said, and none of `unless` anywhere in the same answer.
    Said {
        any: Vec<String>,
        #[serde(default)]
        unless: Vec<String>,
    },
    /// One of `any` is said in the first `words` words, and none of `unless` before it.
    SaidEarly {
        any: Vec<String>,
        words: usize,
        #[serde(default)]
        unless: Vec<String>,
    },
    /// One of `any` is said before the first of `unless` (or none of `unless` at all).
    SaidBefore { any: Vec<String>, unless: Vec<String> },
    /// None of `none` is said in an answer of at least `min_words` words.
    Missing { none: Vec<String>, min_words: usize },
    /// At least `count` different ones of `any` begin within `within` words of each other, and none of `unless` is said.
    TooMany {
        any: Vec<String>,
        count: usize,
        within: usize,
        #[serde(default)]
        unless: Vec<String>,
    },
}

/// The mistake, with the words that betray it, if it is heard.
pub fn detect(mistake: &Mistake, spoken: &Spoken) -> Option<MistakeHeard> {
    let heard = |words: Option<Range<usize>>| MistakeHeard {
        mistake: mistake.id.clone(),
        evidence: words.map(|words| spoken.evidence(&mistake.id, words)),
    };
    let excused = |unless: &[String]| find_any(unless, spoken).is_some();
    match &mistake.heard {
        Detector::Said { any, unless } => {
            let words = betraying(any, spoken)?;
            (!excused(unless)).then(|| heard(Some(words)))
        }
        Detector::SaidEarly { any, words: early, unless } => {
            let words = betraying(any, spoken).filter(|words| words.start < *early)?;
            (!comes_before(unless, &words, spoken)).then(|| heard(Some(words)))
        }
        Detector::SaidBefore { any, unless } => {
            let words = betraying(any, spoken)?;
            (!comes_before(unless, &words, spoken)).then(|| heard(Some(words)))
        }
        Detector::Missing { none, min_words } => {
            (spoken.words.len() >= *min_words && find_any(none, spoken).is_none()).then(|| heard(None))
        }
        Detector::TooMany { any, count, within, unless } => {
            let first = crowded(any, *count, *within, spoken)?;
            (!excused(unless)).then(|| heard(Some(first)))
        }
    }
}

/// Whether one of the cues is heard before these words.
fn comes_before(cues: &[String], words: &Range<usize>, spoken: &Spoken) -> bool {
    find_any(cues, spoken).is_some_and(|other| other.start < words.start)
}

/// The earliest place where one of the cues is heard within a sentence.
fn betraying(cues: &[String], spoken: &Spoken) -> Option<Range<usize>> {
    places(cues, spoken).into_iter().map(|(words, _)| words).next()
}

/// The first place from which on `count` different cues begin within `within` words. Cues that hear the same words count once.
fn crowded(cues: &[String], count: usize, within: usize, spoken: &Spoken) -> Option<Range<usize>> {
    let places = places(cues, spoken);
    let is_crowded = |(first, _): &&(Range<usize>, usize)| {
        let here = || places.iter().filter(|(words, _)| (first.start..first.start + within).contains(&words.start));
        let starts: BTreeSet<usize> = here().map(|(words, _)| words.start).collect();
        let cues: BTreeSet<usize> = here().map(|(_, cue)| *cue).collect();
        starts.len().min(cues.len()) >= count
    };
    places.iter().find(is_crowded).map(|(words, _)| words.clone())
}

/// Every place of every cue within a sentence with the cue's number, in the order of speech. What is no cue is not heard.
fn places(cues: &[String], spoken: &Spoken) -> Vec<(Range<usize>, usize)> {
    let mut places = Vec::new();
    for (number, cue) in cues.iter().enumerate() {
        let Ok(cue) = Cue::parse(cue) else { continue };
        places.extend(find_all_in_a_sentence(&cue, spoken).into_iter().map(|words| (words, number)));
    }
    places.sort_by_key(|(words, number)| (words.start, words.end, *number));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::transcript::Transcript;

    fn cues(cues: &[&str]) -> Vec<String> {
        cues.iter().map(|cue| (*cue).to_owned()).collect()
    }

    /// What betrays the mistake in the text: its words, "-" for something unsaid, "" when it is not heard.
    fn check(heard: Detector, text: &str, betrayed_by: &str) {
        let (title, advice) = (String::new(), String::new());
        let mistake = Mistake { id: "m".into(), title, advice, kinds: Vec::new(), heard, interjections: Vec::new() };
        let transcript = Transcript::typed(text);
        let found = detect(&mistake, &Spoken::of(&transcript));
        let words = found.map_or(String::new(), |found| found.evidence.map_or("-".into(), |evidence| evidence.text));
        assert_eq!(words, betrayed_by, "{text:?}");
    }

    #[test]
    fn said_without_what_excuses_it() {
        let said = || Detector::Said { any: cues(&["exactly once", "one time only"]), unless: cues(&["idempot*"]) };
        check(said(), "Kafka has exactly-once so we are fine.", "exactly-once");
        check(said(), "Kafka has exactly once. Handlers are item potent anyway.", "");
        check(said(), "It isn't exactly once.", "");
        check(said(), "", "");
    }

    #[test]
    fn betraying_words_stand_in_one_sentence_and_redeeming_ones_need_not() {
        let said = || Detector::Said { any: cues(&["linearizable ~ converge*"]), unless: cues(&["fine ~ likes"]) };
        check(said(), "It is linearizable because copies converge.", "linearizable because copies converge");
        check(said(), "The balance is linearizable. Likes converge.", "");
        check(said(), "It is linearizable because copies converge. Fine. Likes are unimportant.", "");
    }

    #[test]
    fn said_early() {
        let early =
            || Detector::SaidEarly { any: cues(&["redis|kafka"]), words: 6, unless: cues(&["assume|requirement*"]) };
        check(early(), "I'd use Redis for this.", "Redis");
        check(early(), "I assume we use Redis for this.", "");
        check(early(), "Redis, and I assume a lot.", "Redis");
        check(early(), "The product goal comes before all else, then Redis.", "");
    }

    #[test]
    fn said_before_its_reason() {
        let before =
            || Detector::SaidBefore { any: cues(&["shard*"]), unless: cues(&["hot spot|key", "bottleneck is"]) };
        check(before(), "We shard it. The hot key comes later.", "shard");
        check(before(), "The hot key hurts, so we shard it.", "");
        check(before(), "We shard it.", "shard");
    }

    #[test]
    fn something_that_was_not_said() {
        let missing = || Detector::Missing { none: cues(&["# millisecond|second", "p99"]), min_words: 5 };
        check(missing(), "It is all very fast and good.", "-");
        check(missing(), "Fast and good.", "");
        check(missing(), "It answers in five milliseconds at most.", "");
    }

    #[test]
    fn too_many_things() {
        let many = || Detector::TooMany {
            any: cues(&["circuit breaker", "local cache", "auto scaling", "multi az"]),
            count: 3,
            within: 12,
            unless: cues(&["first move"]),
        };
        check(many(), "A circuit breaker, a local cache and auto-scaling.", "circuit breaker");
        check(many(), "A circuit breaker and a local cache and a local cache.", "");
        let slowly = "A circuit breaker for the caller, because it hangs when we do. A local cache, since reads repeat. Auto-scaling.";
        check(many(), slowly, "");
        check(many(), "The first move is a circuit breaker, then a local cache and auto scaling.", "");
    }
}
