//! What a good interviewer knows: questions, rubrics, evidence, levels, mistakes, probes, when an answer is over.
//!
//! Pure: no async, files, network, clock or logging. Content arrives as text and leaves as values or a list of problems.

pub mod answer_shape;
pub mod arithmetic;
mod asking;
pub mod assessment;
pub mod calibration;
pub mod claim;
pub mod clarification;
mod closing;
pub mod coverage;
mod cue_phrases;
mod cue_places;
mod cue_reach;
pub mod cue_syntax;
pub mod delivery;
pub mod drill;
pub mod echo;
pub mod evidence;
pub mod evidence_span;
pub mod follow_up;
pub mod glossary;
pub mod interviewer;
pub mod ladder;
pub mod ladder_report;
pub mod mistake;
pub mod own_probe;
pub mod own_words;
pub mod pack;
pub mod pack_check;
mod pack_files;
pub mod pack_shape;
pub mod pack_source;
#[cfg(test)]
mod pack_tests;
pub mod plan;
pub mod practice_check;
#[cfg(test)]
mod practice_check_tests;
pub mod practice_signal;
pub mod probe;
pub mod problem;
pub mod question;
pub mod question_check;
#[cfg(test)]
mod rated_tests;
mod reach;
#[cfg(test)]
mod reach_tests;
mod readability;
pub mod readings;
mod repetition;
pub mod rubric;
#[cfg(test)]
pub(crate) mod sample_pack;
mod signs;
pub mod spoken_command;
mod text_check;
pub mod toml_source;
pub mod transcript;
pub mod trigger;
pub mod trigger_rule;
pub mod turn_taking;
pub mod verdict;
pub mod withholding;
mod word_row;
pub mod wording;
pub mod words;
pub mod yes_no;
