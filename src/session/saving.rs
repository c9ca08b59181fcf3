//! Keeping an answer, also when the disk will not: what cannot be written now stays in memory and is tried again.

use std::{path::Path, time::Duration};

use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use super::workers::Workers;
use crate::store::{AnswerId, AnswerRecord, FinishedAnswer, NewAnswer, StoreError};

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

/// Begins the row of an answer; tells the person when that fails, and goes on without.
pub(super) async fn begin(workers: &Workers, new: &NewAnswer) -> Option<AnswerId> {
    match workers.store.begin_answer(new.clone()).await {
        Ok(id) => Some(id),
        Err(error) => {
            workers.outlet.notice(format!("{error}."));
            None
        }
    }
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

/// Writes the chosen follow-up and how long the choice took beside the answer.
pub(super) async fn note_probe(workers: &Workers, record: &AnswerRecord, took_ms: u64) {
    let probe = workers.store.set_probe(record.id, record.probe.clone()).await;
    let timing = workers.store.add_timing(record.id, "triage", took_ms).await;
    if let Err(error) = probe.and(timing) {
        warn!(%error, answer = record.id.0, "the follow-up was not stored");
    }
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
