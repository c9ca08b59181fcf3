//! An answer on the wire, with everything that hangs on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Finding, FindingKind, Objection, QuestionBrief};

/// One kept answer with all that is known of it. `GET /api/answers/{id}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// `None` for a demonstration, which is not kept.
    pub id: Option<i64>,
    pub session: Option<i64>,
    pub question: QuestionBrief,
    /// Set when this answers a follow-up.
    pub answers_probe: Option<Probe>,
    pub asked_level: String,
    /// "microphone", "wav", "text", "demonstration"
    pub source: String,
    /// "complete" or "interrupted"
    pub state: String,
    pub started_at: String,
    /// A person mended the transcript after recognition.
    pub corrected: bool,
    /// A recording is still kept.
    pub has_audio: bool,
    pub transcript: Transcript,
    pub practice_signal: PracticeSignal,
    pub mistakes: Vec<Mistake>,
    pub assessment: Assessment,
    pub verdict: Option<Verdict>,
    pub delivery: Option<Delivery>,
    /// The follow-up that fits best.
    pub probe: Option<Probe>,
    /// How long each stage took: "hearing", "last_text", "decode", "triage", "judge".
    pub timings_ms: BTreeMap<String, u64>,
    /// What the interviewer was asked in this answer, and told.
    #[serde(default)]
    pub clarifications: Vec<Clarification>,
    /// Things that went wrong and what to do ("the microphone was gone for 2.1 s").
    pub notices: Vec<String>,
    /// Everything above that was found, numbered.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What the person called wrong, also of judgements that are gone.
    #[serde(default)]
    pub objections: Vec<Objection>,
    /// The pressure drill that it is part of; in `GET /api/answers/{id}` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<super::Drill>,
}

/// A question to the interviewer, which is no part of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Clarification {
    pub asked: String,
    pub told: String,
    /// Ids of the question's constraints that were told; empty: it was the candidate's call.
    pub constraints: Vec<String>,
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
    /// About when it was asked, as in [`Evidence`].
    #[serde(default)]
    pub from_s: Option<f64>,
    #[serde(default)]
    pub to_s: Option<f64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    pub text: String,
    pub segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// `None` for typed answers.
    pub start_s: Option<f64>,
    pub end_s: Option<f64>,
    pub text: String,
    /// The recognizer's own words, where `text` was repaired or corrected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub raw: Option<String>,
    /// Said to the interviewer and no part of the answer: a command or a clarifying question. The words are in `raw`.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub aside: bool,
    /// Why there are no words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_decoded: Option<String>,
}

/// Words with where they were said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Id of the check, point, step or mistake that it supports.
    pub check: String,
    /// About when these words begin and end; `None` for typed answers.
    pub start_s: Option<f64>,
    pub end_s: Option<f64>,
    /// What to play to hear them: half a second more on both sides.
    #[serde(default)]
    pub from_s: Option<f64>,
    #[serde(default)]
    pub to_s: Option<f64>,
    pub text: String,
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PracticeSignal {
    /// False for a question that no pack knows: then there is no coverage.
    pub knows_question: bool,
    pub heard: Vec<PointHeard>,
    pub missing: Vec<Point>,
    /// Steps of the follow-up order that were heard, in the order said.
    pub steps: Vec<Evidence>,
    /// In a reply to a follow-up: steps that were not heard, with what a good reply shows there.
    pub missing_steps: Vec<Point>,
    /// Spoken capacity arithmetic that could be checked, in the order said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arithmetic: Vec<super::ArithmeticCheck>,
    /// What the answer commits to, in the order said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<super::Commitment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<super::Contradiction>,
    /// What keeps the answer, or words of it, from being judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<super::WithheldOutcome>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub id: String,
    pub says: String,
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PointHeard {
    pub id: String,
    pub says: String,
    pub evidence: Evidence,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mistake {
    pub id: String,
    pub title: String,
    pub advice: String,
    pub evidence: Option<Evidence>,
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
}

/// What can be said of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    pub kind: AssessmentKind,
    /// Why there are no levels, where there are none.
    pub why: Option<String>,
    /// By dimension: 0 to 4, null (no occasion), or "ungraded". Empty unless judged.
    pub levels: BTreeMap<String, LevelOrNot>,
    /// The dimensions in the rubric's order, with titles and notes.
    pub dimensions: Vec<Dimension>,
    pub evidence: Vec<Evidence>,
    /// What was missing, the most useful first.
    pub missing: Vec<String>,
    pub cautions: Vec<String>,
    pub judged_by: Option<JudgedBy>,
    /// How often the answer was read; only where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readings: Option<Readings>,
    /// What the judgement took; only where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
    /// How far this model's levels can be trusted; only where it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<super::Trust>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentKind {
    Judged,
    PracticeSignal,
    Ungraded,
    /// The endpoint is still at it; ask again or watch the events.
    Pending,
}

/// A level, or why there is none. JSON: a number 0 to 4, `null`, or `"ungraded"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum LevelOrNot {
    Level(u8),
    Word(String),
    NoOccasion,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dimension {
    pub id: String,
    pub title: String,
    pub level: LevelOrNot,
    pub missing: Option<String>,
    pub notes: Vec<String>,
    pub evidence: Vec<Evidence>,
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
    /// The level of each reading, where there were several; null for a reading without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Option<u8>>,
    /// The same in words, where there were several: "2 of 3 readings said 3 (the others: 2)".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}

/// How often the endpoint read the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readings {
    pub count: usize,
    /// Why there was more than one, each as it follows "because".
    pub why: Vec<String>,
}

/// What judging took, or is expected to take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spent {
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Some of the tokens are counted by words, because the endpoint did not report them.
    pub estimated: bool,
    /// In the currency of `llm.price_in` and `llm.price_out`; null where no price is set.
    pub cost: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedBy {
    pub host: String,
    pub model: String,
    pub rung: String,
    /// "one-call" or "per-dimension"; empty in judgements of earlier versions.
    #[serde(default)]
    pub mode: String,
    pub bundle: String,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// "mid", "senior", "staff"
    pub level: String,
    /// "pass", "borderline", "below", "none"
    pub result: String,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    pub words: usize,
    pub voiced_s: f64,
    pub turn_s: f64,
    pub articulation_wpm: Option<f64>,
    pub speech_wpm: Option<f64>,
    pub first_word_s: f64,
    pub pauses: usize,
    pub long_pauses: usize,
    pub longest_pause_s: f64,
    /// A lower bound: recognizers drop many fillers.
    pub fillers_at_least: usize,
    /// Likewise.
    pub hedges: usize,
    /// Where to listen: the longest pauses, then fillers and hedges, the first of each.
    #[serde(default)]
    pub moments: Vec<Moment>,
    /// Shares of the time by part of a design answer; empty where words show fewer than two parts.
    #[serde(default)]
    pub phases: Vec<PhaseTime>,
}

/// A pause, a filler or a hedge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Moment {
    /// Number of the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<usize>,
    /// "pause", "filler" or "hedge"
    pub kind: FindingKind,
    /// As it was recognised; empty for a pause.
    pub words: String,
    /// About when it begins, and how long it is.
    pub at_s: f64,
    pub seconds: f64,
    pub from_s: f64,
    pub to_s: f64,
}

/// Time on one part of a design answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhaseTime {
    /// "requirements", "estimate", "design", "deep_dive", "wrap_up"; `None`: not told by the words.
    pub phase: Option<String>,
    pub title: String,
    pub seconds: f64,
    /// 0 to 1.
    pub share: f64,
    /// About when the first words said so.
    pub from_s: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Probe {
    pub id: String,
    pub text: String,
    /// Why this one.
    pub reason: String,
}
