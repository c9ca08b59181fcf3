//! A pressure drill on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Probe;

/// What is wanted of a pressure drill, in `POST /api/sessions`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillWanted {
    /// "warm", "neutral" or "sceptical", or another temper of the pack; neutral when absent.
    #[serde(default)]
    pub temper: Option<String>,
    /// Number of an answer given before, to drill on; then no question is asked first, and `question` must be absent.
    #[serde(default)]
    pub on: Option<i64>,
}

/// A pressure drill, as far as it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drill {
    pub temper: String,
    /// Rungs at most.
    pub length: usize,
    /// How long a reply is, in seconds: from, to.
    pub reply_s: [u32; 2],
    pub rungs: Vec<Rung>,
    pub interjections: Vec<Interjection>,
    /// When it is over.
    pub report: Option<DrillReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rung {
    pub probe: Probe,
    /// "gap", "hard_part", "new_cost", "dimension": each good reply leads one further.
    pub difficulty: String,
    /// `None` until it was answered.
    pub reply: Option<RungReply>,
    /// The second attempt.
    pub again: Option<RungReply>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RungReply {
    /// Number of the answer.
    pub answer: Option<i64>,
    /// "survived", "broke", "gave_up"
    pub result: String,
    /// Why it broke, as the end of a sentence.
    pub why: Option<String>,
    /// Steps of the follow-up order that were heard, in the order said.
    pub steps: Vec<String>,
    /// Levels of a judgement decided; else the steps that were heard.
    pub by_levels: bool,
}

/// What a drill came to. Rungs are counted from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrillReport {
    pub answered: usize,
    pub survived: usize,
    /// The longest row of rungs survived one after the other.
    pub in_a_row: usize,
    /// The first rung that broke.
    pub broke: Option<usize>,
    /// The rung that was offered again.
    pub again: Option<usize>,
    /// All of it in one or two sentences.
    pub sentence: String,
}

/// The interviewer cut in. Times are seconds in the recording of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Interjection {
    /// Number of the turn within the session, counted from 1.
    pub turn: u32,
    /// Id of the mistake that the words betray; `None` for talking past the time.
    pub rule: Option<String>,
    /// The words that set it off.
    pub words: Option<String>,
    /// What the interviewer said.
    pub text: String,
    /// When the words were known.
    pub heard_at_s: f64,
    /// When the time to mend them was over.
    pub due_at_s: f64,
    pub at_s: f64,
    /// When the floor went back.
    pub until_s: Option<f64>,
    /// No breath came: the candidate was speaking.
    pub over_speech: bool,
}
