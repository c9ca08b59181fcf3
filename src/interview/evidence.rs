//! Finds the words a judge quotes in the transcript, fuzzily but in order, and cuts the evidence out of it.
//!
//! Method and thresholds: order-preserving weighted alignment, accepted at 0.75 with a guard on negations and numbers.

use super::{
    assessment::{Evidence, Quote},
    transcript::Transcript,
};

/// The words of the transcript that a quote names, or `None` when they were not said.
pub fn find(_quote: &Quote, _supports: &str, _transcript: &Transcript) -> Option<Evidence> {
    unimplemented!("to come")
}
