//! Tests of features, through the front door: one binary, one module per feature.

mod api;
mod cli;
mod endpoint;
mod page;
mod guard;
mod home;
mod judging;
mod scripted_endpoint;
mod sessions;
mod tidiness;
