//! The edge to models of speech: hearing a turn, turning segments into words, speaking. Each owns one thread.

pub mod listener;
pub mod models;
pub mod recognizer;
pub mod voice;
#[cfg(feature = "whisper")]
mod whisper;
