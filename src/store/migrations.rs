//! The schema, as steps that are never changed once they have shipped.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

const STEPS: &[M<'static>] = &[
    M::up(
        "CREATE TABLE session (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        client TEXT NOT NULL,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER
     );
     CREATE TABLE answer (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        opening INTEGER REFERENCES answer(id) ON DELETE CASCADE, -- the answer this is a follow-up to
        question TEXT,               -- id in a pack; NULL for a question in free words
        question_text TEXT NOT NULL,
        kind TEXT NOT NULL,
        asked_level TEXT NOT NULL,
        answers_probe TEXT,          -- JSON of the follow-up that was asked
        source TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('hearing', 'complete', 'interrupted')),
        started_ms INTEGER NOT NULL,
        recording TEXT,              -- file name in audio/, with .part while it is written
        corrected INTEGER NOT NULL DEFAULT 0,
        transcript TEXT NOT NULL DEFAULT '{\"segments\":[]}',
        signal TEXT,
        delivery TEXT,
        probe TEXT,                  -- JSON of the follow-up that fits best
        timings TEXT NOT NULL DEFAULT '{}',
        notices TEXT NOT NULL DEFAULT '[]'
     );
     CREATE INDEX answer_by_question ON answer(question, started_ms);
     CREATE TABLE assessment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        answer INTEGER NOT NULL REFERENCES answer(id) ON DELETE CASCADE,
        made_ms INTEGER NOT NULL,
        assessment TEXT NOT NULL
     );
     CREATE INDEX assessment_by_answer ON assessment(answer);
     CREATE TABLE egress (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        host TEXT NOT NULL,
        purpose TEXT NOT NULL,
        bytes_out INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL,
        outcome TEXT NOT NULL
     );
     CREATE TABLE consent (host TEXT PRIMARY KEY, given_ms INTEGER NOT NULL);
     CREATE TABLE chosen (key TEXT PRIMARY KEY, value TEXT NOT NULL); -- endpoint, model, learnt rungs",
    ),
    // JSON of what was asked of the interviewer and told.
    M::up("ALTER TABLE answer ADD COLUMN clarifications TEXT NOT NULL DEFAULT '[]'"),
    M::up(
        "CREATE TABLE calibration_outcome ( -- one judged case; a run that was stopped goes on from these
        host TEXT NOT NULL,
        model TEXT NOT NULL,
        bundle TEXT NOT NULL,        -- SHA-256 of rubric and prompt
        text TEXT NOT NULL,          -- SHA-256 of the case: its id and its words
        outcome TEXT NOT NULL,       -- JSON
        PRIMARY KEY (host, model, bundle, text)
     );
     CREATE TABLE calibration (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        made_ms INTEGER NOT NULL,
        card TEXT NOT NULL           -- JSON, with its models and bundles in it
     );",
    ),
    M::up(
        "CREATE TABLE objection ( -- a finding that the person called wrong
        answer INTEGER NOT NULL REFERENCES answer(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        target TEXT NOT NULL,        -- id of the check, point, mistake or dimension
        quote TEXT NOT NULL,         -- the words it rests on, or ''
        why TEXT,
        made_ms INTEGER NOT NULL,
        PRIMARY KEY (answer, kind, target, quote)
     );",
    ),
    // Drills: JSON of the pressure drill that the session was.
    M::up("ALTER TABLE session ADD COLUMN drill TEXT"),
];

/// Sets the connection up and migrates it.
pub(super) fn run(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Migrations::from_slice(STEPS).to_latest(connection)
}

#[cfg(test)]
#[test]
fn the_steps_are_valid() {
    Migrations::from_slice(STEPS).validate().unwrap();
}
