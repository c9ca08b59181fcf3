//! Keeping an answer, also when the disk will not: what cannot be written now stays in memory and is tried again.
//!
//! An answer is waited for. What is written around it, the row before and the follow-up behind, is queued and waited for later, so that
//! the interviewer speaks meanwhile: a sync to the disk took 60 ms at the median on a busy machine, and half a second at worst.

use std::{path::Path, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use super::workers::Workers;
use crate::store::{AnswerId, AnswerRecord, FinishedAnswer, NewAnswer, Queued, StoreError};

/// Between tries to write an answer that could not be written.
const RETRY: Duration = Duration::from_secs(5);
/// How often it is tried: ten minutes in all.
const TRIES: u32 = 120;
/// How long the last try may take.
const LAST_TRY: Duration = Duration::from_secs(10);

/// Answers that wait for room on the disk.
#[derive(Clone, Default)]
pub struct Unsaved {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Unsaved {
    /// Tries once more to save them, and no more. Bounded.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        if timeout(LAST_TRY, self.tasks.wait()).await.is_err() {
            error!("an answer that waited for the disk could not be saved at the end");
        }
    }
}

/// Writes that the interviewer's voice does not wait for. They are in the store's queue, so that whatever is read later sees them.
#[derive(Default)]
pub(super) struct Underway(Vec<JoinHandle<()>>);

impl Underway {
    /// Goes on with a write that is queued. Should its session break off, it is waited for when the daemon stops.
    pub fn add(&mut self, workers: &Workers, what: &'static str, write: Queued<()>) {
        self.0.retain(|write| !write.is_finished());
        self.0.push(workers.unsaved.tasks.spawn(async move {
            if let Err(error) = write.await {
                warn!(%error, what, "not stored");
            }
        }));
    }

    /// Waits until all of it is on the disk.
    pub async fn settle(&mut self) {
        for write in self.0.drain(..) {
            let _ = write.await;
        }
    }
}

/// The row of an answer that is about to be heard.
pub(super) enum Row {
    /// In the store's queue.
    Begun(BoxFuture<'static, Option<AnswerId>>),
    There(Option<AnswerId>),
}

impl Row {
    /// Waits until the row is on the disk; `None` where there is none. Nothing is lost when the future is dropped.
    pub async fn there(&mut self) -> Option<AnswerId> {
        match self {
            Self::Begun(row) => {
                let id = row.await;
                *self = Self::There(id);
                id
            }
            Self::There(id) => *id,
        }
    }
}

/// Begins the row of an answer; tells the person when that fails, and goes on without.
pub(super) fn begin(workers: &Workers, new: &NewAnswer) -> Row {
    let (begun, outlet) = (workers.store.begin_answer(new.clone()), workers.outlet.clone());
    let row = async move { begun.await.inspect_err(|error| outlet.notice(format!("{error}."))).ok() };
    Row::Begun(row.boxed())
}

/// Stores an answer and returns it as it is stored. When it cannot be stored the id is 0, the person is told, and it is
/// tried again in the background for ten minutes, and once more when the daemon stops.
pub(super) async fn keep(
    workers: &Workers,
    row: Option<AnswerId>,
    new: NewAnswer,
    mut done: FinishedAnswer,
) -> AnswerRecord {
    match write(workers, row, &new, &done).await {
        Ok(id) => record(id, new, done),
        Err(problem) => {
            let text = format!("The answer is not saved yet: {problem}. It is kept in memory and tried again.");
            workers.outlet.notice(&text);
            done.notices.push(text);
            let unsaved = record(AnswerId(0), new.clone(), done.clone());
            workers.unsaved.tasks.spawn(keep_trying(workers.clone(), row, new, done));
            unsaved
        }
    }
}

async fn keep_trying(workers: Workers, row: Option<AnswerId>, new: NewAnswer, done: FinishedAnswer) {
    let stop = workers.unsaved.stop.clone();
    for _ in 0..TRIES {
        let stops = stop.run_until_cancelled(tokio::time::sleep(RETRY)).await.is_none();
        if let Ok(id) = write(&workers, row, &new, &done).await {
            workers.outlet.notice(format!("The answer is saved now, as {}.", id.0));
            return;
        }
        if stops {
            break;
        }
    }
    error!("an answer could not be saved and is lost with the end of this process");
}

async fn write(
    workers: &Workers,
    row: Option<AnswerId>,
    new: &NewAnswer,
    done: &FinishedAnswer,
) -> Result<AnswerId, StoreError> {
    let id = match row {
        Some(id) => id,
        None => workers.store.begin_answer(new.clone()).await?,
    };
    workers.store.finish_answer(id, done.clone()).await?;
    Ok(id)
}

pub(super) fn record(id: AnswerId, new: NewAnswer, done: FinishedAnswer) -> AnswerRecord {
    AnswerRecord {
        id,
        session: new.session,
        turn: new.turn,
        opening: new.opening,
        question: new.question,
        question_text: new.question_text,
        kind: new.kind,
        asked_level: new.asked_level,
        answers_probe: new.answers_probe,
        source: new.source.to_owned(),
        state: done.state,
        started_ms: crate::store::now_ms(),
        recording: done.recording,
        corrected: false,
        transcript: done.transcript,
        signal: Some(done.signal),
        delivery: done.delivery,
        probe: None,
        timings: done.timings,
        notices: done.notices,
        clarifications: done.clarifications,
        assessment: None,
        objections: Vec::new(),
    }
}

/// Writes why an answer was not judged beside it, where it was not.
pub(super) async fn note_assessment(workers: &Workers, record: &AnswerRecord) {
    let Some(assessment) = record.assessment.clone() else { return };
    if let Err(error) = workers.store.add_assessment(record.id, assessment).await {
        warn!(%error, answer = record.id.0, "why the answer was not judged was not stored");
    }
}

/// Queues the chosen follow-up, and how long the choice took, to be written beside the answer.
pub(super) fn note_probe(workers: &Workers, record: &AnswerRecord, took_ms: u64) -> Queued<()> {
    let probe = workers.store.set_probe(record.id, record.probe.clone());
    let timing = workers.store.add_timing(record.id, "triage", took_ms);
    async move { probe.await.and(timing.await) }.boxed()
}

/// Removes the traces of a turn in which nothing was said.
pub(super) async fn discard(workers: &Workers, row: Option<AnswerId>, recording: Option<&Path>) {
    if let Some(path) = recording {
        remove_recording(path);
    }
    if let Some(row) = row
        && let Err(error) = workers.store.drop_answer(row).await
    {
        warn!(%error, "an empty answer was not removed");
    }
}

pub(super) fn remove_recording(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        warn!(%error, "a recording could not be removed");
    }
}
