//! What was learnt of endpoints, kept in the store, so that a restart does not learn it again.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::{llm::rung::RungMemory, store::Store};

/// Name of the choice that holds it.
const KEPT_AS: &str = "rungs";

/// The memory of all endpoints. Cheap to clone.
#[derive(Clone)]
pub struct Learnt {
    store: Store,
    /// `None` until it was read.
    memory: Arc<Mutex<Option<RungMemory>>>,
}

impl Learnt {
    pub fn new(store: Store) -> Self {
        Self { store, memory: Arc::default() }
    }

    /// A copy. What cannot be read was never learnt.
    pub async fn copy(&self) -> RungMemory {
        let mut memory = self.memory.lock().await;
        if memory.is_none() {
            let kept = self.store.chosen(KEPT_AS.into()).await.ok().flatten();
            *memory = Some(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default());
        }
        memory.clone().unwrap_or_default()
    }

    /// A copy to learn with. What it learns is kept also when it is dropped in the middle of something, by one of `tasks`.
    pub async fn lent(&self, tasks: &TaskTracker) -> Lent {
        let copy = self.copy().await;
        Lent { learnt: self.clone(), before: copy.clone(), copy, tasks: tasks.clone() }
    }

    /// Takes over what a copy has learnt since, and writes it down if there was anything new.
    pub async fn keep(&self, copy: RungMemory) {
        let mut memory = self.memory.lock().await;
        let known = memory.get_or_insert_default();
        let before = known.clone();
        known.merge(copy);
        if *known == before {
            return;
        }
        let Ok(text) = serde_json::to_string(known) else { return };
        if let Err(error) = self.store.choose(KEPT_AS.into(), text).await {
            warn!(%error, "what was learnt of the endpoint was not kept");
        }
    }
}

/// A copy of what was learnt, to learn more with.
pub struct Lent {
    learnt: Learnt,
    before: RungMemory,
    copy: RungMemory,
    tasks: TaskTracker,
}

impl Lent {
    /// Keeps what was learnt.
    pub async fn keep(mut self) {
        self.before = self.copy.clone();
        self.learnt.keep(self.copy.clone()).await;
    }
}

impl Deref for Lent {
    type Target = RungMemory;

    fn deref(&self) -> &RungMemory {
        &self.copy
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut RungMemory {
        &mut self.copy
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.copy != self.before {
            let (learnt, copy) = (self.learnt.clone(), std::mem::take(&mut self.copy));
            self.tasks.spawn(async move { learnt.keep(copy).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        endpoint::{Endpoint, EndpointSettings},
        rung::Rung,
    };

    #[tokio::test]
    async fn a_restart_does_not_learn_again() {
        let home = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::new(EndpointSettings::new("http://127.0.0.1:1/v1", "m", None)).unwrap();
        let first = Learnt::new(Store::open(home.path()).unwrap());
        let mut copy = first.copy().await;
        copy.remember(&endpoint, Rung::Prompt, None);
        first.keep(copy).await;
        let second = Learnt::new(Store::open(home.path()).unwrap());
        assert_eq!(second.copy().await.first_for(&endpoint), Rung::Prompt);
        let mut copy = second.copy().await;
        copy.forget(&endpoint);
        second.keep(copy).await;
        let third = Learnt::new(Store::open(home.path()).unwrap());
        assert_eq!(third.copy().await.known(&endpoint), None, "it failed, and was forgotten");

        let tasks = TaskTracker::new();
        let mut lent = third.lent(&tasks).await;
        lent.remember(&endpoint, Rung::Lines, None);
        drop(lent); // as when a judgement is given up
        tasks.close();
        tasks.wait().await;
        let fourth = Learnt::new(Store::open(home.path()).unwrap());
        assert_eq!(fourth.copy().await.known(&endpoint), Some(Rung::Lines));
    }
}
