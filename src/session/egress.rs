//! Writes every call to an LLM endpoint to the egress record, also one whose future was dropped half-way.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::{
    llm::endpoint::{Traffic, TrafficObserver},
    store::Store,
};

/// An observer for calls of one purpose. Its writes are among `tasks`, so that a stop waits for them.
pub(super) fn observer(store: &Store, tasks: &TaskTracker, purpose: &'static str) -> TrafficObserver {
    let (store, tasks) = (store.clone(), tasks.clone());
    Arc::new(move |call: Traffic| {
        let store = store.clone();
        let outcome = if call.bytes_in > 0 { "answered" } else { "no reply" };
        tasks.spawn(async move {
            let bytes = (call.bytes_out, call.bytes_in);
            if let Err(error) = store.record_egress(call.host, purpose, bytes, outcome.to_owned()).await {
                warn!(%error, "a call was not written to the egress record");
            }
        });
    })
}
