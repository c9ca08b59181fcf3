//! What a good interviewer knows: questions, rubrics, evidence, levels, mistakes, probes, when an answer is over.
//!
//! Pure: no async, files, network, clock or logging. Content arrives as text and leaves as values or a list of problems.

pub mod arithmetic;
pub mod assessment;
pub mod claim;
mod closing;
pub mod coverage;
pub mod cue_syntax;
pub mod delivery;
pub mod evidence;
pub mod follow_up;
pub mod glossary;
pub mod mistake;
pub mod pack;
pub mod pack_check;
pub mod pack_shape;
pub mod pack_source;
#[cfg(test)]
mod pack_tests;
pub mod practice_signal;
pub mod probe;
pub mod problem;
pub mod question;
pub mod question_check;
pub mod rubric;
#[cfg(test)]
pub(crate) mod sample_pack;
pub mod toml_source;
pub mod transcript;
pub mod turn_taking;
pub mod verdict;
pub mod wording;
pub mod words;
