//! What left this machine, to whom it was agreed, and what was chosen once.

use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, now_ms};

/// One call to another program: to which host, how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressRecord {
    pub at_ms: i64,
    /// host:port
    pub host: String,
    /// "judge", "triage", "speech", "models"
    pub purpose: String,
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// "ok" or the error in short, without any content
    pub outcome: String,
}

impl Store {
    pub async fn record_egress(
        &self,
        host: String,
        purpose: &'static str,
        bytes: (u64, u64),
        outcome: String,
    ) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute(
                "INSERT INTO egress (at_ms, host, purpose, bytes_out, bytes_in, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![now_ms(), host, purpose, bytes.0 as i64, bytes.1 as i64, outcome],
            )?;
            Ok(())
        })
        .await
    }

    /// The newest first.
    pub async fn egress(&self, limit: usize) -> Result<Vec<EgressRecord>, StoreError> {
        self.run(move |db| {
            let mut statement = db.prepare("SELECT * FROM egress ORDER BY id DESC LIMIT ?1")?;
            let rows = statement.query_map([limit as i64], |row| {
                Ok(EgressRecord {
                    at_ms: row.get("at_ms")?,
                    host: row.get("host")?,
                    purpose: row.get("purpose")?,
                    bytes_out: row.get::<_, i64>("bytes_out")? as u64,
                    bytes_in: row.get::<_, i64>("bytes_in")? as u64,
                    outcome: row.get("outcome")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub async fn consent(&self, host: String) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("INSERT OR IGNORE INTO consent (host, given_ms) VALUES (?1, ?2)", params![host, now_ms()])?;
            Ok(())
        })
        .await
    }

    pub async fn withdraw_consent(&self, host: String) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("DELETE FROM consent WHERE host = ?1", [host])?;
            Ok(())
        })
        .await
    }

    pub async fn has_consent(&self, host: String) -> Result<bool, StoreError> {
        self.run(move |db| {
            Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM consent WHERE host = ?1)", [host], |row| row.get(0))?)
        })
        .await
    }

    /// Remembers a choice, such as the model of an endpoint.
    pub async fn choose(&self, key: String, value: String) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("INSERT OR REPLACE INTO chosen (key, value) VALUES (?1, ?2)", params![key, value])?;
            Ok(())
        })
        .await
    }

    pub async fn chosen(&self, key: String) -> Result<Option<String>, StoreError> {
        self.run(move |db| {
            Ok(db.query_row("SELECT value FROM chosen WHERE key = ?1", [key], |row| row.get(0)).optional()?)
        })
        .await
    }
}
