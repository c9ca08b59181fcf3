//! Viva: a local, voice-driven mock interviewer.
//!
//! Sound flows one way: a source of samples ([`audio`]) is resampled, gated and cut into segments ([`signal`]), each
//! segment is decoded once ([`speech`]), the segments of one turn make an answer, the answer is judged with evidence
//! ([`llm`], [`interview`]), and the next step is spoken. The loop that ties these together is in [`session`].
//!
//! [`interview`] and [`signal`] are pure: values in, values out. Everything that touches a device, a model, the network
//! or the disk is at the rim. `ARCHITECTURE.md` has the map and the invariants.

pub mod signal;

pub mod interview;

pub mod audio;
pub mod llm;
pub mod speech;
pub mod store;

pub mod content;
pub mod session;

pub mod api;
pub mod http;

pub mod cli;
pub mod client;
pub mod config;
pub mod daemon;
