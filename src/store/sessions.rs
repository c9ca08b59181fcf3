//! Sessions and the answers that belong to them.

use rusqlite::OptionalExtension;

use super::{AnswerId, AnswerRecord, SessionId, Store, StoreError};

impl Store {
    pub async fn has_session(&self, id: SessionId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM session WHERE id = ?1)";
        self.run(move |db| Ok(db.query_row(sql, [id.0], |row| row.get(0))?)).await
    }

    /// The newest session of which a recording is kept.
    pub async fn newest_recorded_session(&self) -> Result<Option<SessionId>, StoreError> {
        let sql =
            "SELECT session FROM answer WHERE recording IS NOT NULL AND state != 'hearing' ORDER BY id DESC LIMIT 1";
        self.run(move |db| Ok(db.query_row(sql, [], |row| row.get(0)).optional()?.map(SessionId))).await
    }

    /// The kept answers of a session, in order.
    pub async fn answers_of(&self, session: SessionId) -> Result<Vec<AnswerRecord>, StoreError> {
        let sql = "SELECT id FROM answer WHERE session = ?1 AND state != 'hearing' ORDER BY turn";
        let ids: Vec<AnswerId> = self
            .run(move |db| {
                let mut statement = db.prepare(sql)?;
                let rows = statement.query_map([session.0], |row| row.get(0).map(AnswerId))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await?;
        let mut answers = Vec::with_capacity(ids.len());
        for id in ids {
            answers.push(self.answer(id).await?);
        }
        Ok(answers)
    }
}
