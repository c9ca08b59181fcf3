//! Typical mistakes and how each is heard.

use serde::{Deserialize, Serialize};

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
}

/// How a mistake is heard. Cues are in the pattern language of [`super::coverage`].
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
    /// None of `all` is said in an answer of at least `min_words` words.
    Missing { none: Vec<String>, min_words: usize },
    /// At least `count` different ones of `any` are said, and none of `unless`.
    TooMany {
        any: Vec<String>,
        count: usize,
        #[serde(default)]
        unless: Vec<String>,
    },
}
