//! The edge to an LLM endpoint: the wire and its dialect, finding one, its key, the judge.
//!
//! From the wire up: [`dialect`], `wire` and `error_body` know its texts, `call` one HTTP call, [`endpoint`] time limits and
//! retries, [`rung`] what was learnt; [`schema`], [`template`], [`reply`] and [`lines`] what is asked and answered. `asking` gets one
//! usable reply, `reading` one for every dimension, [`judge`] reads as often as [`protocol`] says; [`triage`] and [`batch`] use them, too.

pub(crate) mod address;
mod asking;
pub mod batch;
pub mod calibrate;
mod call;
pub mod cost;
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
mod limits;
pub mod lines;
pub mod prompt_size;
pub mod protocol;
mod reading;
pub mod reply;
mod retries;
pub mod rung;
pub mod schema;
mod side_by_side;
pub mod template;
pub mod triage;
mod wire;
