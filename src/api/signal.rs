//! What was worked out from the words of an answer: arithmetic, commitments, contradictions, what cannot be judged.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Evidence;

/// A figure that was said to follow from others, worked out again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ArithmeticCheck {
    /// About tenfold off, or impossible; else it comes out right.
    pub slip: bool,
    /// One sentence: "a million a day is about 11.6 a second, not a hundred a second."
    pub working: String,
    /// What was said and what comes out; only for a slip.
    pub claimed: Option<String>,
    pub computed: Option<String>,
    /// How many times too large (above 1) or too small (below 1); null where the claim cannot be at all, or is right.
    pub times_off: Option<f64>,
    pub evidence: Evidence,
}

/// Something the candidate committed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Commitment {
    /// In plain words: "sharded by user", "reads see the latest".
    pub says: String,
    pub evidence: Evidence,
}

/// Two commitments that cannot both hold, in the order made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contradiction {
    pub earlier: Committed,
    /// In this answer.
    pub later: Committed,
    /// What an interviewer would ask.
    pub probe: String,
}

/// One side of a contradiction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Committed {
    /// Number of the turn in its session; the seconds of the evidence are of that turn's recording.
    pub turn: u32,
    pub evidence: Evidence,
}

/// Why an answer, or words of it, cannot be judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WithheldOutcome {
    /// "near-silence", "nothing-else", "unreliable", "another-question", "off-topic": these withhold the answer. "reads-rubric", "praise",
    /// "padding", "instructions": such words earn nothing.
    pub what: String,
    /// One sentence for the person, without a capital and a full stop.
    pub says: String,
    /// The whole answer is not judged.
    pub withholds: bool,
    /// The words; empty where it is about the whole answer.
    pub evidence: Vec<Evidence>,
    /// Number of the finding, where it rests on no words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
}
