//! Time as the index of a 16 kHz mono sample, counted from the start of a recording.

use serde::{Deserialize, Serialize};

/// Samples per second of everything behind the resampler, in Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// Position in a recording: the index of a 16 kHz sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleIndex(pub u64);

impl SampleIndex {
    /// The sample nearest to `seconds` from the start; negative times are the start.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds.max(0.0) * f64::from(SAMPLE_RATE)).round() as u64)
    }

    /// Seconds from the start of the recording.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / f64::from(SAMPLE_RATE)
    }
}

/// A stretch of a recording, `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SampleSpan {
    pub start: SampleIndex,
    pub end: SampleIndex,
}

impl SampleSpan {
    /// Length in seconds; an inverted span has none.
    pub fn seconds(self) -> f64 {
        self.end.0.saturating_sub(self.start.0) as f64 / f64::from(SAMPLE_RATE)
    }
}
