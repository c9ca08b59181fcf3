//! How far the levels of an endpoint can be trusted: a set of rated answers, twins of them, and the arithmetic on what came back.
//!
//! Pure: the set arrives as text, the twins are made from it with fixed seeds, the outcomes go in as values and a report card comes
//! out. Running the cases on an endpoint is done in `llm/calibrate.rs` and `session/calibrator.rs`. The set is synthetic: the levels
//! are true by construction, no human candidate spoke the answers and no human panel rated them.

pub mod agreement;
pub mod card;
pub mod cases;
pub mod interval;
pub mod outcome;
pub mod random;
pub mod set;
pub mod trust;
mod twin_words;
pub mod twins;

#[cfg(test)]
pub(crate) mod sample;
