//! The edge to an LLM endpoint: the wire and its dialect, finding one, its key, the judge.
//!
//! From the wire up: [`dialect`], `wire` and `error_body` know its texts, `call` one HTTP call, [`endpoint`] time limits and
//! retries, [`rung`] what was learnt; [`schema`], [`template`], [`reply`] and [`lines`] what is asked and answered; [`judge`], [`triage`] and [`batch`] use them.

pub(crate) mod address;
pub mod batch;
pub mod calibrate;
mod call;
pub mod dialect;
pub mod discover;
pub mod endpoint;
mod endpoint_error;
mod error_body;
#[cfg(test)]
mod fixture;
mod frames;
pub mod judge;
mod judgement;
pub mod key;
pub mod lines;
pub mod prompt_size;
pub mod reply;
pub mod rung;
pub mod schema;
pub mod template;
pub mod triage;
mod wire;
