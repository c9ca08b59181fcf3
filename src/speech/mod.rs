//! The edge to models of speech: hearing a turn, turning segments into words, speaking. Each owns one thread.

#[cfg(any(feature = "whisper", test))]
mod decoding;
pub mod download;
#[cfg(any(feature = "whisper", test))]
mod hallucination;
mod lanes;
pub mod listener;
mod model_file;
pub mod models;
pub mod recognizer;
pub mod voice;
#[cfg(feature = "whisper")]
mod whisper;
