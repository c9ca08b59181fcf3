//! Forgetting: rows, write-ahead log, event logs, recordings, part files. And recordings that are past their time.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{AnswerId, Store, StoreError, now_ms};

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub answers: usize,
    pub recordings: usize,
}

impl Store {
    /// Removes an answer with its follow-ups, their recordings and the event log of their session.
    pub async fn forget(&self, id: AnswerId) -> Result<Forgotten, StoreError> {
        let (audio, events) = (self.audio_folder(), self.events_folder());
        self.run(move |db| {
            let doomed = recordings(db, "id = ?1 OR opening = ?1", id.0)?;
            if doomed.is_empty() {
                return Err(StoreError::NoSuchAnswer(id.0));
            }
            let session: i64 = db.query_row("SELECT session FROM answer WHERE id = ?1", [id.0], |row| row.get(0))?;
            // Files first: cut off half-way, the rows still say what is to be forgotten.
            let recordings = doomed.iter().flatten().filter(|name| remove(&audio, name)).count();
            remove(&events, &format!("{session}.jsonl"));
            // A drill quotes its answers.
            let drills = "UPDATE session SET drill = NULL WHERE id IN (SELECT session FROM answer WHERE id = ?1 OR opening = ?1)";
            db.execute(drills, [id.0])?;
            db.execute("DELETE FROM answer WHERE id = ?1", [id.0])?;
            db.execute("DELETE FROM session WHERE NOT EXISTS (SELECT 1 FROM answer WHERE session = session.id)", [])?;
            scrub(db)?;
            Ok(Forgotten { answers: doomed.len(), recordings })
        })
        .await
    }

    /// Removes every answer, recording and event log. Consent and choices stay.
    pub async fn forget_all(&self) -> Result<Forgotten, StoreError> {
        let (audio, events) = (self.audio_folder(), self.events_folder());
        self.run(move |db| {
            let answers = db.execute("DELETE FROM answer", [])?;
            db.execute("DELETE FROM session", [])?;
            let recordings = empty(&audio);
            empty(&events);
            scrub(db)?;
            Ok(Forgotten { answers, recordings })
        })
        .await
    }

    /// Deletes the recording of one answer and keeps its words.
    pub async fn forget_audio(&self, id: AnswerId) -> Result<bool, StoreError> {
        let audio = self.audio_folder();
        self.run(move |db| {
            let names = recordings(db, "id = ?1", id.0)?;
            let removed = names.iter().flatten().filter(|name| remove(&audio, name)).count() > 0;
            db.execute("UPDATE answer SET recording = NULL WHERE id = ?1", [id.0])?;
            Ok(removed)
        })
        .await
    }

    /// Deletes recordings older than `days` (negative keeps all). Returns how many.
    pub async fn expire_audio(&self, days: i64) -> Result<usize, StoreError> {
        if days < 0 {
            return Ok(0);
        }
        let audio = self.audio_folder();
        self.run(move |db| {
            let before = now_ms() - days * 86_400_000;
            let old = recordings(db, "started_ms < ?1 AND state != 'hearing' AND recording IS NOT NULL", before)?;
            let removed = old.iter().flatten().filter(|name| remove(&audio, name)).count();
            db.execute(
                "UPDATE answer SET recording = NULL WHERE started_ms < ?1 AND state != 'hearing'",
                params![before],
            )?;
            Ok(removed)
        })
        .await
    }
}

fn recordings(db: &Connection, condition: &str, value: i64) -> Result<Vec<Option<String>>, StoreError> {
    let mut statement = db.prepare(&format!("SELECT recording FROM answer WHERE {condition}"))?;
    let rows = statement.query_map([value], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes a recording and the part file it may still have. True when something was there.
fn remove(folder: &Path, name: &str) -> bool {
    let part = format!("{name}.part");
    let removed = [name, part.as_str()].map(|name| std::fs::remove_file(folder.join(name)).is_ok());
    removed.contains(&true)
}

fn empty(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter(|entry| std::fs::remove_file(entry.path()).is_ok()).count()
}

/// Rewrites the database without the deleted rows and empties the write-ahead log, so that no word stays on disk.
fn scrub(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}
