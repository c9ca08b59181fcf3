//! One question of a pack, with everything the interviewer knows about it. The file format is in `docs/pack-format.md`.

use serde::{Deserialize, Serialize};

/// What sort of answer a question wants; it picks the rubric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Design,
    Concept,
    Behavioural,
    /// Talk about the interview round itself: gets the practice signal and no levels.
    Coaching,
    /// An answer to a follow-up probe. Only ever the rubric of a probe, never the kind of a question in a pack.
    Pressure,
}

impl Kind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Kind; 5] = [Kind::Design, Kind::Concept, Kind::Behavioural, Kind::Coaching, Kind::Pressure];

    /// As it is written in content files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Design => "design",
            Kind::Concept => "concept",
            Kind::Behavioural => "behavioural",
            Kind::Coaching => "coaching",
            Kind::Pressure => "pressure",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    Easy,
    Medium,
    Hard,
}

/// The level the candidate is asked to answer at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskedLevel {
    Mid,
    Senior,
    Staff,
}

/// A question as it stands in `questions/<id>.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Never changes once published: letters, digits and hyphens.
    pub id: String,
    pub kind: Kind,
    /// One of the families named in `pack.toml`.
    pub family: String,
    pub difficulty: Difficulty,
    pub levels: Vec<AskedLevel>,
    /// Minutes an answer takes in practice.
    pub minutes: u32,
    /// The words the interviewer says: under 45 words, sayable in one breath.
    pub ask: String,
    /// What the question tests, one sentence for the candidate to read afterwards.
    pub tests: String,
    /// Ids of the rubric's dimensions that the deep dive tests. May be empty for coaching.
    #[serde(default)]
    pub hard_part: Vec<String>,
    /// Ids of dimensions for which this question gives no occasion; they are left out of the average.
    #[serde(default)]
    pub no_occasion: Vec<String>,
    /// Ids of the typical mistakes (in `mistakes.toml`).
    #[serde(default)]
    pub mistakes: Vec<String>,
    /// Terms of `glossary.toml` that steer the recognizer for this question.
    #[serde(default)]
    pub glossary: Vec<String>,
    /// Bullets of an excellent answer.
    pub outline: Vec<String>,
    pub weak_opening: String,
    pub strong_opening: String,
    /// One tip on how to tell it.
    pub tip: String,
    pub points: Vec<Point>,
    #[serde(default)]
    pub constraints: Vec<Constraint>,
    pub probes: Vec<Probe>,
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// One thing a good answer says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub id: String,
    /// One sentence.
    pub says: String,
    /// Id of the dimension it belongs to.
    pub dimension: String,
    /// Cues that show it; any one suffices. See [`crate::interview::coverage`] for the small pattern language.
    pub cues: Vec<String>,
}

/// Something the interviewer tells only when asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    pub id: String,
    /// Cues that show that the candidate asked about it.
    pub asked: Vec<String>,
    /// The words the interviewer answers with.
    pub says: String,
}

/// A follow-up aimed at a gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub id: String,
    /// The words the interviewer says: under 30 words.
    pub ask: String,
    /// The gap it is for.
    #[serde(rename = "for")]
    pub target: ProbeTarget,
    /// Cues of which at least one must have been said, or the probe makes no sense. Empty: always fits.
    #[serde(default)]
    pub requires_said: Vec<String>,
    /// What a good reply shows.
    pub good: GoodReply,
}

/// The gap a probe is for. In TOML: `for = { point = "store-down" }`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeTarget {
    Point(String),
    Dimension(String),
    Mistake(String),
    Step(FollowUpStep),
}

/// The steps of the follow-up order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpStep {
    Constraint,
    FailureMode,
    Mitigation,
    NewCost,
}

impl FollowUpStep {
    /// In the order a good reply takes them.
    pub const ALL: [FollowUpStep; 4] =
        [FollowUpStep::Constraint, FollowUpStep::FailureMode, FollowUpStep::Mitigation, FollowUpStep::NewCost];

    /// As it is written in content files.
    pub fn name(self) -> &'static str {
        match self {
            FollowUpStep::Constraint => "constraint",
            FollowUpStep::FailureMode => "failure_mode",
            FollowUpStep::Mitigation => "mitigation",
            FollowUpStep::NewCost => "new_cost",
        }
    }
}

/// What a good reply to a probe shows, in the follow-up order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodReply {
    pub constraint: String,
    pub failure_mode: String,
    pub mitigation: String,
    pub new_cost: String,
}

/// A contestable statement of the question's content, with a public reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    pub says: String,
    pub source: String,
}
