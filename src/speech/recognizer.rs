//! Turns a closed segment into words, in a thread that owns the model.

use std::sync::Arc;

/// One closed segment to decode.
#[derive(Debug, Clone)]
pub struct Job {
    /// 16 kHz mono.
    pub samples: Arc<[f32]>,
    /// Highest voice-activity score in the segment, 0 to 1.
    pub peak_score: f32,
    /// Terms of the question that steer the recognizer; empty for none.
    pub glossary: Arc<[String]>,
}

/// What one segment was found to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognized {
    pub outcome: RecognizedText,
    /// Mean token probability, 0 to 1.
    pub confidence: Option<f32>,
    /// Milliseconds the decoder took, without the wait in the queue.
    pub decode_ms: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RecognizedText {
    Words(String),
    /// Nothing was written, and why ("only noise", "a stock phrase of the recognizer on silence").
    Nothing {
        why: String,
    },
}

/// Why no text can be had.
#[derive(Debug, thiserror::Error)]
pub enum RecognizerError {
    #[error("speech model {path} cannot be loaded: {why}")]
    Model { path: String, why: String },
    #[error("the recognizer stopped: {0}")]
    Stopped(String),
    #[error("this build of viva has no speech recognition (built without the feature \"whisper\")")]
    NotBuilt,
}
