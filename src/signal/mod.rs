//! Sound as numbers: resampling, voice activity, cutting into segments, agreement of partial texts.
//!
//! Pure: no devices, no clock, no files. Time is the index of a 16 kHz sample.

pub mod agreement;
#[cfg(test)]
pub(crate) mod noise;
pub mod resample;
pub mod segmenter;
pub mod time;
pub mod vad;

pub use time::{SAMPLE_RATE, SampleIndex, SampleSpan};
