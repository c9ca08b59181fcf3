//! Questions on the wire: the list with its filter, one question's page, and the outline after an answer.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Evidence, QuestionBrief};

/// Query of `GET /api/questions`: each one given narrows the list; an empty one counts as absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuestionFilter {
    /// "design", "concept", "behavioural" or "coaching"
    #[serde(default)]
    pub kind: Option<String>,
    /// Name of a pack.
    #[serde(default)]
    pub pack: Option<String>,
    /// Id or title of a family.
    #[serde(default)]
    pub family: Option<String>,
    /// "easy", "medium" or "hard"
    #[serde(default)]
    pub difficulty: Option<String>,
    /// "mid", "senior" or "staff": whom it suits
    #[serde(default)]
    pub level: Option<String>,
    /// Answers that take at most so many minutes.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// Id or title of a dimension that the hard part tests.
    #[serde(default)]
    pub hard_part: Option<String>,
    /// Words that all occur in its id, its words, the title of its family or what it tests.
    #[serde(default)]
    pub search: Option<String>,
}

/// `GET /api/questions`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuestionSummary {
    pub id: String,
    pub pack: String,
    pub kind: String,
    pub family: String,
    pub family_title: String,
    pub difficulty: String,
    pub levels: Vec<String>,
    pub minutes: u32,
    pub text: String,
    /// What it tests, one sentence.
    pub tests: String,
    /// The dimensions that the deep dive tests.
    pub hard_part: Vec<HardPart>,
    /// True when at least one kept answer is there.
    pub answered: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HardPart {
    pub id: String,
    pub title: String,
}

/// `GET /api/questions/{id}`: what may be seen before answering; the rest with `?spoil=true` or once it was answered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuestionPage {
    #[serde(flatten)]
    pub summary: QuestionSummary,
    pub tip: String,
    /// Titles of the typical mistakes.
    pub mistakes: Vec<String>,
    /// `None` while it is hidden.
    pub hidden: Option<HiddenPart>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HiddenPart {
    pub points: Vec<PointView>,
    pub constraints: Vec<String>,
    /// Those of them that you were told in an answer that is kept.
    #[serde(default)]
    pub told: Vec<String>,
    pub outline: Vec<String>,
    /// By gap: points first, then dimensions, mistakes, steps.
    pub follow_ups: Vec<FollowUp>,
    pub mistakes: Vec<MistakeView>,
    pub weak_opening: String,
    pub strong_opening: String,
    pub facts: Vec<FactView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointView {
    pub says: String,
    /// Title of the dimension it belongs to.
    pub dimension: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FollowUp {
    pub ask: String,
    pub gap: Gap,
    /// Which one: what the point says, the title of the dimension or mistake, the name of the step.
    pub about: String,
}

/// What sort of gap a follow-up is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    Point,
    Dimension,
    Mistake,
    Step,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MistakeView {
    pub title: String,
    pub advice: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FactView {
    pub says: String,
    pub source: String,
}

/// `GET /api/answers/{id}/outline`: an excellent answer in outline, and which points of the question were heard in the answer and the
/// replies to its follow-ups. There is none before the answer is kept, nor for a question in free words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Outline {
    /// Number of the answer to the question itself.
    pub answer: i64,
    pub question: QuestionBrief,
    /// In the order of the question.
    pub points: Vec<OutlinePoint>,
    pub outline: Vec<String>,
    pub strong_opening: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OutlinePoint {
    pub id: String,
    /// What to say.
    pub says: String,
    /// Title of the dimension it belongs to.
    pub dimension: String,
    /// The words that showed it; `None` when it was not heard.
    pub shown: Option<PointShown>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointShown {
    /// Number of the answer, which may be the reply to a follow-up.
    pub answer: i64,
    pub in_follow_up: bool,
    pub evidence: Evidence,
}
