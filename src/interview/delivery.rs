//! How an answer was told: rate, pauses, fillers. Never part of the levels.

use serde::{Deserialize, Serialize};

use super::transcript::Transcript;
use crate::signal::{SampleIndex, SampleSpan};

/// Delivery of one spoken answer; a typed answer has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub words: usize,
    /// Seconds with voice activity.
    pub voiced_s: f64,
    /// Seconds from first onset to the end of the turn's last speech.
    pub turn_s: f64,
    /// Words per minute of voiced time.
    pub articulation_wpm: Option<f64>,
    /// Words per minute of turn time.
    pub speech_wpm: Option<f64>,
    /// Seconds from the start of listening to the first onset.
    pub first_word_s: f64,
    /// Pauses inside the answer of at least 0.5 s, by voice activity.
    pub pauses: usize,
    pub long_pauses: usize,
    pub longest_pause_s: f64,
    /// Lexical fillers in the raw text, as a lower bound ("at least N").
    pub fillers_at_least: usize,
    pub hedges: usize,
}

/// Measures delivery.
///
/// `voiced`: stretches of voice activity in order; `listening_from`: when the floor was given to the candidate.
pub fn measure(_transcript: &Transcript, _voiced: &[SampleSpan], _listening_from: SampleIndex) -> Delivery {
    unimplemented!("to come")
}
