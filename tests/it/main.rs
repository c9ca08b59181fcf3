//! Tests of features, through the front door: one binary, one module per feature.

mod endpoint;
mod page;
mod scripted_endpoint;
