//! The edge to an LLM endpoint: the wire and its dialect, finding one, its key, the judge.
//!
//! From the wire up: `wire` and `endpoint_error` know its texts, `call` one HTTP call, [`endpoint`] time limits and
//! retries; [`schema`], [`template`] and [`reply`] what is asked and answered; [`judge`], [`triage`] and [`batch`] use them.

pub(crate) mod address;
pub mod batch;
pub mod calibrate;
mod call;
pub mod discover;
pub mod endpoint;
mod endpoint_error;
#[cfg(test)]
mod fixture;
pub mod judge;
mod judgement;
pub mod key;
pub mod prompt_size;
pub mod reply;
pub mod rung;
pub mod schema;
pub mod template;
pub mod triage;
mod wire;
