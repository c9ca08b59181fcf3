//! What can honestly be said of an answer without a model: coverage, mistakes, follow-up order, delivery. Never a 0-4.

use serde::{Deserialize, Serialize};

use super::{
    assessment::Evidence,
    pack::Pack,
    question::{FollowUpStep, Question},
    transcript::Transcript,
};

/// The practice signal of one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PracticeSignal {
    /// Points that were heard, with the words. `supports` is the point's id.
    pub heard: Vec<Evidence>,
    /// Ids of the points that were not, in the order of the question.
    pub missing: Vec<String>,
    /// Mistakes that were heard.
    pub mistakes: Vec<MistakeHeard>,
    /// Steps of the follow-up order that were heard, in the order they were said.
    pub steps: Vec<(FollowUpStep, Evidence)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MistakeHeard {
    /// Id of the mistake.
    pub mistake: String,
    /// The words that betray it; `None` where it is something that was not said.
    pub evidence: Option<Evidence>,
}

/// Listens to an answer for the points and mistakes of a question.
///
/// For a question that no pack knows pass `question` as `None`: then there is no coverage and all mistakes are listened for.
pub fn listen(_pack: &Pack, _question: Option<&Question>, _transcript: &Transcript) -> PracticeSignal {
    unimplemented!("to come")
}
