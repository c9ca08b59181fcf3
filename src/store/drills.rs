//! The pressure drill of a session: one JSON value with the session's row, gone with any answer that it is about.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Queued, SessionId, Store, StoreError, StoredProbe};
use crate::{
    interview::{
        ladder::{Difficulty, Outcome},
        ladder_report::LadderReport,
        trigger::Interjection,
    },
    signal::SampleIndex,
};

/// A pressure drill as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredDrill {
    /// Id of the interviewer's temper.
    pub temper: String,
    /// Rungs at most.
    pub length: usize,
    pub rungs: Vec<StoredRung>,
    pub interjections: Vec<StoredInterjection>,
    /// `None` until the ladder is at its end.
    pub report: Option<LadderReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredRung {
    pub probe: StoredProbe,
    pub difficulty: Difficulty,
    /// `None` until it was answered.
    pub reply: Option<StoredReply>,
    /// The second attempt.
    pub again: Option<StoredReply>,
}

/// A reply to a rung and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredReply {
    /// Number of the answer; 0 for one that could not be stored.
    pub answer: i64,
    pub outcome: Outcome,
}

/// An interjection, with positions in the recording of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredInterjection {
    /// Number of the turn within the session.
    pub turn: u32,
    #[serde(flatten)]
    pub interjection: Interjection,
    /// When the floor went back; `None` while it is spoken.
    pub until: Option<SampleIndex>,
}

impl Store {
    /// Keeps the drill of a session as it stands. Queued at the call.
    pub fn keep_drill(&self, session: SessionId, drill: StoredDrill) -> Queued<()> {
        self.run(move |db| {
            let json = serde_json::to_string(&drill)?;
            db.execute("UPDATE session SET drill = ?2 WHERE id = ?1", params![session.0, json])?;
            Ok(())
        })
    }

    /// The drill of a session; `None` where it was none.
    pub async fn drill(&self, session: SessionId) -> Result<Option<StoredDrill>, StoreError> {
        self.run(move |db| {
            let json: Option<Option<String>> =
                db.query_row("SELECT drill FROM session WHERE id = ?1", [session.0], |row| row.get(0)).optional()?;
            Ok(json.flatten().as_deref().map(serde_json::from_str).transpose()?)
        })
        .await
    }
}
