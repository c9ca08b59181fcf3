//! Answers and their assessments.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{
    Queued, Store, StoreError, now_ms,
    objections::{AS_JSON, Objection},
};
use crate::interview::{
    assessment::Assessment,
    delivery::Delivery,
    practice_signal::PracticeSignal,
    probe::ChosenProbe,
    question::{AskedLevel, Kind},
    transcript::{Transcript, TurnNo},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnswerId(pub i64);

impl AnswerId {
    /// False for an answer that has no row, or none yet.
    pub fn is_stored(self) -> bool {
        self.0 > 0
    }
}

/// An answer that is about to be heard.
#[derive(Debug, Clone)]
pub struct NewAnswer {
    pub session: SessionId,
    pub turn: TurnNo,
    /// The answer to the question itself, when this is a reply to a follow-up.
    pub opening: Option<AnswerId>,
    pub question: Option<String>,
    pub question_text: String,
    pub kind: Kind,
    pub asked_level: AskedLevel,
    pub answers_probe: Option<StoredProbe>,
    /// "microphone", "wav", "text"
    pub source: &'static str,
    /// File name in the audio folder that is being written.
    pub recording: Option<String>,
}

/// A follow-up as it was asked or proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProbe {
    pub id: String,
    pub text: String,
    pub reason: String,
}

impl From<ChosenProbe> for StoredProbe {
    fn from(chosen: ChosenProbe) -> Self {
        Self { id: chosen.id, text: chosen.text, reason: chosen.reason }
    }
}

/// What the candidate asked of the interviewer in an answer, and what was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredClarification {
    pub asked: String,
    pub told: String,
    /// Ids of the question's constraints that were told; empty: it was the candidate's call.
    #[serde(default)]
    pub constraints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerState {
    Hearing,
    Complete,
    Interrupted,
}

impl AnswerState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Hearing => "hearing",
            Self::Complete => "complete",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What is known once the turn is over.
#[derive(Debug, Clone)]
pub struct FinishedAnswer {
    pub state: AnswerState,
    pub transcript: Transcript,
    pub signal: PracticeSignal,
    pub delivery: Option<Delivery>,
    /// File name in the audio folder; `None` when nothing is kept.
    pub recording: Option<String>,
    pub timings: BTreeMap<String, u64>,
    pub notices: Vec<String>,
    pub clarifications: Vec<StoredClarification>,
}

/// One kept answer.
#[derive(Debug, Clone)]
pub struct AnswerRecord {
    pub id: AnswerId,
    pub session: SessionId,
    pub turn: TurnNo,
    pub opening: Option<AnswerId>,
    pub question: Option<String>,
    pub question_text: String,
    pub kind: Kind,
    pub asked_level: AskedLevel,
    pub answers_probe: Option<StoredProbe>,
    pub source: String,
    pub state: AnswerState,
    pub started_ms: i64,
    pub recording: Option<String>,
    pub corrected: bool,
    pub transcript: Transcript,
    pub signal: Option<PracticeSignal>,
    pub delivery: Option<Delivery>,
    pub probe: Option<StoredProbe>,
    pub timings: BTreeMap<String, u64>,
    pub notices: Vec<String>,
    pub clarifications: Vec<StoredClarification>,
    /// The newest one.
    pub assessment: Option<Assessment>,
    /// Findings that the person called wrong.
    pub objections: Vec<Objection>,
}

impl Store {
    pub async fn begin_session(&self, client: String) -> Result<SessionId, StoreError> {
        self.run(move |db| {
            db.execute("INSERT INTO session (client, started_ms) VALUES (?1, ?2)", params![client, now_ms()])?;
            Ok(SessionId(db.last_insert_rowid()))
        })
        .await
    }

    pub async fn end_session(&self, id: SessionId) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("UPDATE session SET ended_ms = ?2 WHERE id = ?1", params![id.0, now_ms()])?;
            Ok(())
        })
        .await
    }

    /// Writes the row of an answer before the first word is heard, so that a crash leaves a trace of it. Queued at the call.
    pub fn begin_answer(&self, new: NewAnswer) -> Queued<AnswerId> {
        self.run(move |db| {
            db.execute(
                "INSERT INTO answer (session, turn, opening, question, question_text, kind, asked_level, answers_probe,
                    source, state, started_ms, recording)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'hearing', ?10, ?11)",
                params![
                    new.session.0,
                    new.turn.0,
                    new.opening.map(|id| id.0),
                    new.question,
                    new.question_text,
                    word(&new.kind)?,
                    word(&new.asked_level)?,
                    new.answers_probe.as_ref().map(serde_json::to_string).transpose()?,
                    new.source,
                    now_ms(),
                    new.recording,
                ],
            )?;
            Ok(AnswerId(db.last_insert_rowid()))
        })
    }

    /// Keeps what was said. From here on nothing can lose it.
    pub async fn finish_answer(&self, id: AnswerId, done: FinishedAnswer) -> Result<(), StoreError> {
        self.run(move |db| {
            let changed = db.execute(
                "UPDATE answer SET state = ?2, transcript = ?3, signal = ?4, delivery = ?5, recording = ?6, timings = ?7,
                    notices = ?8, clarifications = ?9 WHERE id = ?1",
                params![
                    id.0,
                    done.state.name(),
                    serde_json::to_string(&done.transcript)?,
                    serde_json::to_string(&done.signal)?,
                    done.delivery.as_ref().map(serde_json::to_string).transpose()?,
                    done.recording,
                    serde_json::to_string(&done.timings)?,
                    serde_json::to_string(&done.notices)?,
                    serde_json::to_string(&done.clarifications)?,
                ],
            )?;
            found(changed, id)
        })
        .await
    }

    /// An answer that was dropped before a word was said.
    pub async fn drop_answer(&self, id: AnswerId) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("DELETE FROM answer WHERE id = ?1", [id.0])?;
            Ok(())
        })
        .await
    }

    /// Writes what is asked next beside the answer. Queued at the call.
    pub fn set_probe(&self, id: AnswerId, probe: Option<StoredProbe>) -> Queued<()> {
        self.run(move |db| {
            let json = probe.as_ref().map(serde_json::to_string).transpose()?;
            found(db.execute("UPDATE answer SET probe = ?2 WHERE id = ?1", params![id.0, json])?, id)
        })
    }

    /// Writes how long a stage took beside the answer. Queued at the call.
    pub fn add_timing(&self, id: AnswerId, stage: &'static str, ms: u64) -> Queued<()> {
        self.run(move |db| {
            let sql = "UPDATE answer SET timings = json_set(timings, '$.' || ?2, ?3) WHERE id = ?1";
            found(db.execute(sql, params![id.0, stage, ms as i64])?, id)
        })
    }

    /// Attaches an assessment; earlier ones stay.
    pub async fn add_assessment(&self, id: AnswerId, assessment: Assessment) -> Result<(), StoreError> {
        self.run(move |db| {
            let known: bool =
                db.query_row("SELECT EXISTS (SELECT 1 FROM answer WHERE id = ?1)", [id.0], |r| r.get(0))?;
            found(usize::from(known), id)?;
            db.execute(
                "INSERT INTO assessment (answer, made_ms, assessment) VALUES (?1, ?2, ?3)",
                params![id.0, now_ms(), serde_json::to_string(&assessment)?],
            )?;
            Ok(())
        })
        .await
    }

    /// Replaces the judged text of the segments (raw text stays), with the signal that follows from it. Earlier
    /// assessments no longer fit the words and are removed.
    pub async fn correct_answer(
        &self,
        id: AnswerId,
        transcript: Transcript,
        signal: PracticeSignal,
    ) -> Result<(), StoreError> {
        self.run(move |db| {
            let transaction = db.transaction()?;
            let changed = transaction.execute(
                "UPDATE answer SET transcript = ?2, signal = ?3, corrected = 1 WHERE id = ?1",
                params![id.0, serde_json::to_string(&transcript)?, serde_json::to_string(&signal)?],
            )?;
            transaction.execute("DELETE FROM assessment WHERE answer = ?1", [id.0])?;
            transaction.commit()?;
            found(changed, id)
        })
        .await
    }

    pub async fn answer(&self, id: AnswerId) -> Result<AnswerRecord, StoreError> {
        self.run(move |db| {
            let sql = format!("{} WHERE answer.id = ?1", select());
            let row = db.query_row(&sql, [id.0], |row| Ok(read(row))).optional()?;
            row.ok_or(StoreError::NoSuchAnswer(id.0))?
        })
        .await
    }

    /// An answer and the replies to its follow-ups.
    pub async fn with_follow_ups(&self, id: AnswerId) -> Result<Vec<AnswerId>, StoreError> {
        self.run(move |db| {
            let mut statement = db.prepare("SELECT id FROM answer WHERE id = ?1 OR opening = ?1")?;
            let rows = statement.query_map([id.0], |row| row.get(0).map(AnswerId))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The newest answers first, at most `limit`.
    pub async fn answers(&self, limit: usize) -> Result<Vec<AnswerRecord>, StoreError> {
        self.run(move |db| {
            let sql = format!("{} WHERE answer.state != 'hearing' ORDER BY answer.id DESC LIMIT ?1", select());
            let mut statement = db.prepare(&sql)?;
            readable(statement.query_map([limit as i64], |row| Ok((row.get("id")?, read(row))))?)
        })
        .await
    }

    /// How many answers are kept, and how many of these were interrupted.
    pub async fn count(&self) -> Result<(usize, usize), StoreError> {
        self.run(|db| {
            let sql =
                "SELECT count(*), count(*) FILTER (WHERE state = 'interrupted') FROM answer WHERE state != 'hearing'";
            let counts: (i64, i64) = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((counts.0 as usize, counts.1 as usize))
        })
        .await
    }

    /// Ids of the questions with a kept answer, the one answered longest ago first.
    pub async fn answered_questions(&self) -> Result<Vec<String>, StoreError> {
        self.run(|db| {
            let sql = "SELECT question FROM answer WHERE question IS NOT NULL AND state != 'hearing'
                       GROUP BY question ORDER BY max(started_ms)";
            let mut statement = db.prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn select() -> String {
    format!(
        "SELECT answer.*, (SELECT assessment FROM assessment WHERE assessment.answer = answer.id ORDER BY id DESC LIMIT 1)
            AS newest_assessment, {AS_JSON} AS objections FROM answer"
    )
}

fn found(changed: usize, id: AnswerId) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NoSuchAnswer(id.0)) } else { Ok(()) }
}

/// A unit variant as the word serde gives it.
fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?.trim_matches('"').to_owned())
}

fn read(row: &Row) -> Result<AnswerRecord, StoreError> {
    let text = |name: &str| row.get::<_, Option<String>>(name);
    Ok(AnswerRecord {
        id: AnswerId(row.get("id")?),
        session: SessionId(row.get("session")?),
        turn: TurnNo(row.get("turn")?),
        opening: row.get::<_, Option<i64>>("opening")?.map(AnswerId),
        question: text("question")?,
        question_text: row.get("question_text")?,
        kind: serde_json::from_value(row.get::<_, String>("kind")?.into())?,
        asked_level: serde_json::from_value(row.get::<_, String>("asked_level")?.into())?,
        answers_probe: parse(text("answers_probe")?)?,
        source: row.get("source")?,
        state: match row.get::<_, String>("state")?.as_str() {
            "complete" => AnswerState::Complete,
            "interrupted" => AnswerState::Interrupted,
            _ => AnswerState::Hearing,
        },
        started_ms: row.get("started_ms")?,
        recording: text("recording")?,
        corrected: row.get("corrected")?,
        transcript: serde_json::from_str(&row.get::<_, String>("transcript")?)?,
        signal: parse(text("signal")?)?,
        delivery: parse(text("delivery")?)?,
        probe: parse(text("probe")?)?,
        timings: serde_json::from_str(&row.get::<_, String>("timings")?)?,
        notices: serde_json::from_str(&row.get::<_, String>("notices")?)?,
        clarifications: serde_json::from_str(&row.get::<_, String>("clarifications")?)?,
        assessment: parse(text("newest_assessment")?)?,
        objections: serde_json::from_str(&row.get::<_, String>("objections")?)?,
    })
}

fn parse<T: for<'a> Deserialize<'a>>(json: Option<String>) -> Result<Option<T>, StoreError> {
    Ok(json.as_deref().map(serde_json::from_str).transpose()?)
}

/// Rows whose turn never ended, for the recovery after a crash; also those that were recovered while there was nothing to
/// transcribe them with: delivery is measured with the transcript.
pub(super) fn unfinished(db: &Connection) -> Result<Vec<AnswerRecord>, StoreError> {
    let mut statement = db.prepare(&format!(
        "{} WHERE answer.state = 'hearing' OR (answer.state = 'interrupted' AND answer.recording IS NOT NULL
            AND answer.delivery IS NULL AND answer.corrected = 0) ORDER BY answer.id",
        select()
    ))?;
    readable(statement.query_map([], |row| Ok((row.get("id")?, read(row))))?)
}

/// The answers of these rows but for those that cannot be read: one of them must not hide the others.
fn readable(
    rows: impl Iterator<Item = rusqlite::Result<(i64, Result<AnswerRecord, StoreError>)>>,
) -> Result<Vec<AnswerRecord>, StoreError> {
    let mut records = Vec::new();
    for row in rows {
        match row? {
            (_, Ok(record)) => records.push(record),
            (id, Err(error)) => tracing::warn!(answer = id, %error, "an answer of the history cannot be read"),
        }
    }
    Ok(records)
}
