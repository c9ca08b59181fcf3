//! After a crash: recordings whose turn never ended become answers marked "interrupted", transcribed.

use std::{collections::BTreeMap, path::Path};

use tracing::{info, warn};

use super::{
    hear::{self, Heard},
    listening, saving,
    workers::Workers,
};
use crate::{
    audio::recording::{self, RepairError},
    interview::delivery,
    signal::SampleIndex,
    store::{AnswerRecord, AnswerState, FinishedAnswer},
};

const NOT_TRANSCRIBED: &str = "The program ended while you spoke. The recording is kept; it is transcribed when the daemon \
     next starts with a speech model.";

/// Recovers what an earlier process left behind. What cannot be transcribed now, for want of a speech model, is kept as
/// it is and tried again at the next start.
pub async fn recover(workers: Workers, orphans: Vec<AnswerRecord>) {
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
        match recording::repair(&part) {
            Ok(_) => {}
            Err(RepairError::Nothing { .. }) => saving::remove_recording(&part),
            Err(error) => return Err(error.into()),
        }
    }
    if name.is_empty() || !path.exists() {
        info!(answer = orphan.id.0, "nothing was recorded of an interrupted answer");
        return Ok(workers.store.drop_answer(orphan.id).await?);
    }
    let (heard, notice) = match transcribe(workers, &orphan, &path).await {
        Ok(heard) if heard.transcript.is_empty() && heard.turn.voiced.is_empty() => {
            info!(answer = orphan.id.0, "nothing was said in an interrupted answer");
            saving::discard(workers, Some(orphan.id), Some(&path)).await;
            return Ok(());
        }
        Ok(heard) => (heard, "The program ended while you spoke; this is what was recorded."),
        Err(error) => {
            warn!(error = format!("{error:#}"), "an interrupted recording was not transcribed");
            (Heard::default(), NOT_TRANSCRIBED)
        }
    };
    let (transcript, clarifications) = (heard.transcript.clone(), heard.clarifications.clone());
    let signal = listening::listen_again(workers, &AnswerRecord { transcript, clarifications, ..orphan.clone() }).await;
    let done = FinishedAnswer {
        state: AnswerState::Interrupted,
        signal,
        // None marks an answer that still waits to be transcribed.
        delivery: (heard.turn.length.0 > 0)
            .then(|| delivery::measure(&heard.transcript, &heard.turn.voiced, SampleIndex::default())),
        transcript: heard.transcript,
        recording: Some(name),
        timings: BTreeMap::new(),
        notices: vec![notice.to_owned()],
        clarifications: heard.clarifications,
    };
    workers.store.finish_answer(orphan.id, done).await?;
    info!(answer = orphan.id.0, "an interrupted answer was recovered");
    Ok(())
}

async fn transcribe(workers: &Workers, orphan: &AnswerRecord, path: &Path) -> anyhow::Result<Heard> {
    hear::file(workers, orphan.question.clone(), orphan.turn, path).await
}
