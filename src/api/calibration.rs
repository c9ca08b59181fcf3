//! A calibration on the wire: how far a run is, what it would cost, the report card, the grade of trust.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/calibration`: the run, the cost of going on, and what is known of the endpoint in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Calibration {
    pub state: CalibrationState,
    /// Why it ended, or why none can begin.
    pub why: Option<String>,
    /// Texts judged so far, those of earlier runs included, and all of them.
    pub done: usize,
    pub total: usize,
    /// What a run would take from here; absent while one runs.
    pub estimate: Option<CalibrationEstimate>,
    /// The newest report card of this model with this rubric.
    pub card: Option<ReportCard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationState {
    /// None runs.
    Idle,
    Running,
    /// By a person; what was judged is kept.
    Stopped,
    /// By itself; `why` has the reason, and what was judged is kept.
    Failed,
    Done,
    /// No endpoint, or no set of rated answers; `why` says what to do.
    Unavailable,
}

/// About what it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CalibrationEstimate {
    pub host: String,
    pub model: String,
    pub answers: usize,
    pub questions: usize,
    /// Written to its levels: no human candidate, no human rater.
    pub synthetic: bool,
    pub judgements: usize,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// In the currency of the configured prices.
    pub cost: Option<f64>,
}

/// `POST /api/calibration`: begins, or goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartCalibration {
    /// Two dozen answers instead of all.
    #[serde(default)]
    pub quick: bool,
    /// Measures anew what is known already.
    #[serde(default)]
    pub afresh: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportCard {
    pub made_at: String,
    pub hosts: Vec<String>,
    pub models: Vec<String>,
    /// SHA-256 of rubric and prompt, one for each kind.
    pub bundles: Vec<String>,
    pub quick: bool,
    pub synthetic: bool,
    pub answers: usize,
    pub questions: usize,
    pub groups: Vec<MeasureGroup>,
    pub judged: usize,
    /// 0 where the endpoint reports none.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub took_s: f64,
    pub cost: Option<f64>,
    pub trust: Trust,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeasureGroup {
    pub title: String,
    pub measures: Vec<Measure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Measure {
    pub id: String,
    pub title: String,
    /// Absent where nothing was measured.
    pub value: Option<f64>,
    /// The 95 % interval.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Levels, pairs, quotes or twins that it rests on.
    pub count: usize,
    /// "at least 0.70"; absent where none is asked for.
    pub bar: Option<String>,
    pub meets_bar: Option<bool>,
    /// False: this alone makes the endpoint unfit for verdicts.
    pub keeps_limit: bool,
}

/// How far the levels of a model can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trust {
    pub grade: TrustGrade,
    /// One short sentence for beside the levels.
    pub line: String,
    /// Measures that stand against a better grade.
    pub because: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustGrade {
    Good,
    Fair,
    /// Not fit for verdicts.
    Unfit,
    NotCalibrated,
}
