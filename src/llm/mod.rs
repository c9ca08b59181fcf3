//! The edge to an LLM endpoint: the wire and its dialect, finding one, its key, the judge.

pub mod batch;
pub mod discover;
pub mod endpoint;
mod endpoint_error;
#[cfg(test)]
mod fixture;
pub mod judge;
pub mod key;
mod prompt_size;
pub mod reply;
pub mod rung;
pub mod schema;
pub mod template;
pub mod triage;
mod wire;
