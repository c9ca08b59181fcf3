//! After a crash: recordings whose turn never ended become answers marked "interrupted", transcribed.

use std::{collections::BTreeMap, path::Path};

use tracing::{info, warn};

use super::{hear, workers::Workers};
use crate::{
    audio::recording,
    interview::delivery,
    signal::SampleIndex,
    store::{AnswerRecord, AnswerState, FinishedAnswer},
};

/// Recovers what an earlier process left behind. Without a speech model the recordings wait for the next start.
pub async fn recover(workers: Workers) {
    let orphans = match workers.store.orphans().await {
        Ok(orphans) => orphans,
        Err(error) => return warn!(%error, "it is not known whether answers were interrupted"),
    };
    for orphan in orphans {
        let id = orphan.id;
        if let Err(error) = recover_one(&workers, orphan).await {
            warn!(answer = id.0, error = format!("{error:#}"), "an interrupted answer was not recovered");
        }
    }
}

async fn recover_one(workers: &Workers, orphan: AnswerRecord) -> anyhow::Result<()> {
    let name = orphan.recording.clone().unwrap_or_default();
    let path = workers.store.audio_folder().join(&name);
    let part = recording::part_of(&path);
    if part.exists() {
        recording::repair(&part)?;
    }
    if name.is_empty() || !path.exists() {
        info!(answer = orphan.id.0, "nothing was recorded of an interrupted answer");
        return Ok(workers.store.drop_answer(orphan.id).await?);
    }
    let (heard, notice) = match transcribe(workers, &orphan, &path).await {
        Ok(heard) => (heard, "The program ended while you spoke; this is what was recorded."),
        Err(error) => {
            warn!(error = format!("{error:#}"), "an interrupted recording was not transcribed");
            (
                hear::Heard::default(),
                "The program ended while you spoke. The recording is kept and not transcribed yet.",
            )
        }
    };
    let done = FinishedAnswer {
        state: AnswerState::Interrupted,
        signal: workers.listen(orphan.question.as_deref(), orphan.answers_probe.is_some(), &heard.transcript),
        delivery: (!heard.transcript.is_empty())
            .then(|| delivery::measure(&heard.transcript, &heard.turn.voiced, SampleIndex::default())),
        transcript: heard.transcript,
        recording: Some(name),
        timings: BTreeMap::new(),
        notices: vec![notice.to_owned()],
    };
    workers.store.finish_answer(orphan.id, done).await?;
    info!(answer = orphan.id.0, "an interrupted answer was recovered");
    Ok(())
}

async fn transcribe(workers: &Workers, orphan: &AnswerRecord, path: &Path) -> anyhow::Result<hear::Heard> {
    let glossary = workers.glossary(orphan.question.as_deref());
    hear::file(workers, glossary, orphan.turn, path).await
}
