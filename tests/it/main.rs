//! Tests of features, through the front door: one binary, one module per feature.

mod api;
mod calibrate;
mod cli;
mod content;
mod cuts;
mod dialects;
mod endpoint;
mod faults;
mod findings;
mod first_probe;
mod glossary;
mod guard;
mod home;
mod judging;
mod own_words;
mod packs;
mod page;
mod peers;
mod pressure;
mod protocol;
mod questions;
mod rated_answers;
#[cfg(feature = "whisper")]
mod replay;
mod scripted_endpoint;
mod sessions;
mod tidiness;
