//! What came back for one case, cut down to what the report card needs. Kept, so that a run that was stopped goes on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::interview::{
    assessment::{Assessment, DimensionOutcome, Level, VerdictResult},
    question::{ProbeTarget, Question},
};

/// One judged case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Id of the case.
    pub case: String,
    /// Or why there are no levels at all.
    pub judged: Result<Judged, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// By dimension; `None` where it is ungraded. Dimensions without occasion are left out.
    pub levels: BTreeMap<String, Option<Level>>,
    pub quotes: usize,
    pub unverified_quotes: usize,
    /// Whether the verdict is a pass, where there is a verdict.
    pub passes: Option<bool>,
    /// The dimension that the chosen follow-up aims at; `None` for one that aims at a mistake or a step, or none at all.
    pub probed: Option<String>,
    pub host: String,
    /// As the reply names it.
    pub model: String,
    /// SHA-256 of rubric and prompt.
    pub bundle: String,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub took_ms: u64,
}

impl Outcome {
    /// Of an assessment, and what the follow-up aims at.
    pub fn new(case: &str, assessment: &Assessment, probed: Option<String>) -> Self {
        let judgement = match assessment {
            Assessment::Judged(judgement) => judgement,
            Assessment::Ungraded { why } | Assessment::PracticeSignal { why } => {
                return Self { case: case.to_owned(), judged: Err(why.clone()) };
            }
        };
        let level = |outcome: &DimensionOutcome| match outcome {
            DimensionOutcome::Level(level) => Some(Some(*level)),
            DimensionOutcome::Ungraded(_) => Some(None),
            DimensionOutcome::NoOccasion => None,
        };
        let dimensions = judgement.dimensions.iter();
        let from = &judgement.provenance;
        let judged = Judged {
            levels: dimensions.filter_map(|d| Some((d.dimension.clone(), level(&d.outcome)?))).collect(),
            quotes: judgement.quotes,
            unverified_quotes: judgement.unverified_quotes,
            passes: judgement.verdict.as_ref().map(|verdict| verdict.result == VerdictResult::Pass),
            probed,
            host: from.host.clone(),
            model: from.model.clone(),
            bundle: from.bundle.clone(),
            prompt_tokens: from.prompt_tokens,
            completion_tokens: from.completion_tokens,
            took_ms: from.took_ms,
        };
        Self { case: case.to_owned(), judged: Ok(judged) }
    }
}

/// The dimension that a probe is for, where it is for one.
pub fn dimension_of(target: &ProbeTarget, question: &Question) -> Option<String> {
    match target {
        ProbeTarget::Dimension(id) => Some(id.clone()),
        ProbeTarget::Point(id) => {
            question.points.iter().find(|point| point.id == *id).map(|point| point.dimension.clone())
        }
        ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => None,
    }
}
