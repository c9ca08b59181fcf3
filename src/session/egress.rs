//! Writes every call off this program to the egress record, also one whose future was dropped half-way.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::{
    llm::endpoint::{Traffic, TrafficObserver},
    store::Store,
};

/// An observer for calls of one purpose to an LLM endpoint. Its writes are among `tasks`, so that a stop waits for them.
pub(super) fn observer(store: &Store, tasks: &TaskTracker, purpose: &'static str) -> TrafficObserver {
    let (store, tasks) = (store.clone(), tasks.clone());
    Arc::new(move |call: Traffic| {
        tasks.spawn(note(store.clone(), call.host, purpose, (call.bytes_out, call.bytes_in)));
    })
}

/// Writes one call down: `bytes` out and in.
pub(super) async fn note(store: Store, host: String, purpose: &'static str, bytes: (u64, u64)) {
    let outcome = if bytes.1 > 0 { "answered" } else { "no reply" };
    if let Err(error) = store.record_egress(host, purpose, bytes, outcome.to_owned()).await {
        warn!(%error, "a call was not written to the egress record");
    }
}
