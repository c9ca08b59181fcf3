//! Levels with evidence for one answer: the data. How they come about is in [`super::verdict`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::question::AskedLevel;
use crate::signal::SampleSpan;

/// A level of the published scale, 0 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

impl Level {
    pub const ZERO: Level = Level(0);
    pub const MAX: Level = Level(4);

    pub fn new(value: u8) -> Option<Self> {
        (value <= 4).then_some(Self(value))
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(value: u8) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("{value} is not a level: levels go from 0 to 4"))
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> u8 {
        level.0
    }
}

/// What the judge answered to one check. Nothing in it is believed before the quotes are found in the transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReply {
    /// Id of the check.
    pub check: String,
    pub met: Met,
    pub quotes: Vec<Quote>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Met {
    No,
    /// Counts as no at every level; shown to the candidate.
    Almost,
    Yes,
}

/// Words the judge copied, with the segment number (from 1) it says they are from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub text: String,
    pub segment: Option<usize>,
}

/// Words of the transcript that support something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Id of the check, point or mistake it supports.
    pub supports: String,
    /// Words cut out of the transcript, never the judge's own.
    pub text: String,
    /// Range of word numbers in the transcript (see [`super::words::spoken_words`]), end exclusive.
    pub words: (usize, usize),
    /// When they were spoken; `None` for typed answers.
    pub span: Option<SampleSpan>,
}

/// What became of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DimensionResult {
    /// Id of the dimension.
    pub dimension: String,
    pub outcome: DimensionOutcome,
    pub evidence: Vec<Evidence>,
    /// The first check that was not met, and so what is missing; `None` at level 4.
    pub missing: Option<String>,
    /// Why the level is lower than the checks alone would give, or what was odd ("capped at 2: no number was spoken").
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DimensionOutcome {
    Level(Level),
    /// The question's data says that there is no occasion for it: left out of the average.
    NoOccasion,
    /// Could not be judged, with the reason. Never a number.
    Ungraded(String),
}

/// Result against the asked level, computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub asked: AskedLevel,
    pub result: VerdictResult,
    /// One sentence with the arithmetic in it.
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerdictResult {
    Pass,
    Borderline,
    Below,
    None,
}

/// A complete judgement of one answer by an endpoint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Judgement {
    pub dimensions: Vec<DimensionResult>,
    /// Only for design questions with every dimension graded.
    pub verdict: Option<Verdict>,
    /// Quotes that the judge gave and that are not in the transcript.
    pub unverified_quotes: usize,
    pub quotes: usize,
    /// Reasons to take it with care ("the endpoint ignored the schema", "2 of 9 quotes were not found").
    pub cautions: Vec<String>,
    pub provenance: Provenance,
    /// How often the answer was read. Judgements of earlier versions know one reading, and not its levels.
    #[serde(default)]
    pub readings: Readings,
    #[serde(default)]
    pub spent: Spent,
}

/// How often the endpoint read the answer, and how far its readings agree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Readings {
    /// Readings that count.
    pub count: usize,
    /// Why there was more than one, or should have been.
    pub why: Vec<ReadAgain>,
    /// By dimension the level of each reading, in the order they were made; `None` where a reading has none.
    pub levels: BTreeMap<String, Vec<Option<Level>>>,
}

/// A reason to have an answer read two more times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadAgain {
    /// The average is within 0.15 of the threshold.
    Close,
    /// A check was met although one below it was not.
    Skipped,
    /// All dimensions came out at the same level, 2 or more.
    Halo,
    /// More than a fifth of the quotes are not in the transcript.
    Unfound,
    /// The settings ask for three readings of everything.
    Asked,
}

impl ReadAgain {
    /// As it is told, after "read again, because".
    pub fn because(self) -> &'static str {
        match self {
            ReadAgain::Close => "the average is within 0.15 of the threshold",
            ReadAgain::Skipped => "a higher check was met where a lower one was not",
            ReadAgain::Halo => "all dimensions came out at the same level",
            ReadAgain::Unfound => "more than a fifth of the quotes are not in the answer",
            ReadAgain::Asked => "the settings ask for three readings",
        }
    }
}

/// What a judgement took, or is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Calls to the endpoint, tried again ones included.
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// The endpoint did not say how many tokens some calls took: they are counted by their words.
    pub estimated: bool,
    /// In the currency of the configured prices; `None` where none is configured.
    pub money: Option<f64>,
}

/// Where a judgement came from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// host:port of the endpoint.
    pub host: String,
    /// The model as the reply names it.
    pub model: String,
    /// Which rung of the ladder was used: "json_schema", "tool", "json_object", "prompt", "lines".
    pub rung: String,
    /// "one-call" or "per-dimension"; empty in judgements of earlier versions.
    #[serde(default)]
    pub mode: String,
    /// SHA-256 of rubric and prompt templates.
    pub bundle: String,
    /// As the endpoint reports them, all calls together; `None` where it does not.
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub took_ms: u64,
}

/// What can be said of one answer.
#[expect(clippy::large_enum_variant, reason = "there is one per answer, and it is moved a few times at most")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Assessment {
    Judged(Judgement),
    /// No endpoint is configured or reachable, or the kind of question gets no levels: the reason says which.
    PracticeSignal {
        why: String,
    },
    /// An endpoint was asked and its reply could not be used.
    Ungraded {
        why: String,
    },
}
