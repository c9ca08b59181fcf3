//! Which follow-up to ask: chosen by gap from the question's bank, with the reason.

use std::collections::BTreeSet;

use super::{
    assessment::DimensionResult,
    pack::Pack,
    practice_signal::PracticeSignal,
    question::{Kind, ProbeTarget, Question},
    transcript::Transcript,
};

/// A chosen probe and why.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenProbe {
    pub id: String,
    /// The words to say.
    pub text: String,
    /// One sentence for the candidate: "because you did not say what happens when the store is down".
    pub reason: String,
    pub target: ProbeTarget,
}

/// What the choice rests on.
pub struct ProbeContext<'a> {
    pub pack: &'a Pack,
    /// `None` for a question no pack knows: then the generic probes of `kind` serve.
    pub question: Option<&'a Question>,
    pub kind: Kind,
    /// Everything said so far in this exchange and its probes.
    pub transcript: &'a Transcript,
    pub signal: &'a PracticeSignal,
    /// Levels where a judgement is there already.
    pub dimensions: Option<&'a [DimensionResult]>,
    /// Ids of probes already asked.
    pub asked: &'a BTreeSet<String>,
}

/// The best probe, or `None` when the bank has no unasked one left.
pub fn choose(_context: &ProbeContext) -> Option<ChosenProbe> {
    unimplemented!("to come")
}
