//! Findings of an answer on the wire: what was heard or missed, each with a number, its seconds, and what the person says to it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One finding. The number is that of the report; it can be played (`from_s`) and called wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// From 1. What was heard comes before what was judged, so that a judgement moves no number.
    pub n: usize,
    pub kind: FindingKind,
    /// Id of the point, mistake, step, dimension or check; about the second, for how it was told.
    pub id: String,
    /// What it says, in words.
    pub says: String,
    /// The candidate's words that it rests on.
    pub quote: Option<String>,
    /// About when, in seconds of the recording with a margin; absent for typed answers and for what was not said.
    pub from_s: Option<f64>,
    pub to_s: Option<f64>,
    /// The person called it wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub objection: Option<Objection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    Point,
    MissingPoint,
    Mistake,
    Step,
    MissingStep,
    Clarification,
    /// A figure that was worked out again.
    Arithmetic,
    /// One of two commitments that cannot both hold.
    Contradiction,
    /// What keeps the answer, or words of it, from being judged.
    Outcome,
    Pause,
    Filler,
    Hedge,
    /// The level of a dimension, with what was missing in it.
    Level,
    /// Words that a check of a dimension rests on.
    Evidence,
}

/// "This is wrong", said to a finding. It changes no level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Objection {
    /// Number of the finding; absent where a later judgement no longer holds it.
    pub finding: Option<usize>,
    /// Kind of the finding.
    pub kind: String,
    /// Id of what it was about.
    pub about: String,
    pub quote: Option<String>,
    pub why: Option<String>,
    pub made_at: String,
}

/// `POST /api/answers/{id}/objections`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    /// Number of the finding.
    pub finding: usize,
    #[serde(default)]
    pub why: Option<String>,
}
