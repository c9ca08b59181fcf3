//! What was measured of an endpoint: the outcome of each case, and the report cards made of them. No word of a candidate is in it.

use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, now_ms};
use crate::interview::calibration::{card::ReportCard, outcome::Outcome};

/// Under which an outcome is kept: it holds for this model, asked in these words, about these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseKey {
    pub host: String,
    /// As it is asked for.
    pub model: String,
    /// SHA-256 of rubric and prompt.
    pub bundle: String,
    /// SHA-256 of the case.
    pub text: String,
}

/// A report card and when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptCard {
    pub made_ms: i64,
    pub card: ReportCard,
}

impl Store {
    pub async fn keep_outcome(&self, key: CaseKey, outcome: Outcome) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute(
                "INSERT OR REPLACE INTO calibration_outcome (host, model, bundle, text, outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![key.host, key.model, key.bundle, key.text, serde_json::to_string(&outcome)?],
            )?;
            Ok(())
        })
        .await
    }

    /// The outcomes that are kept of these cases.
    pub async fn outcomes(&self, keys: Vec<CaseKey>) -> Result<Vec<Outcome>, StoreError> {
        self.run(move |db| {
            let mut statement = db.prepare(
                "SELECT outcome FROM calibration_outcome WHERE host = ?1 AND model = ?2 AND bundle = ?3 AND text = ?4",
            )?;
            let mut found = Vec::new();
            for key in keys {
                let row = statement
                    .query_row(params![key.host, key.model, key.bundle, key.text], |row| row.get::<_, String>(0));
                // One of an older version is judged again.
                found.extend(row.optional()?.and_then(|json| serde_json::from_str::<Outcome>(&json).ok()));
            }
            Ok(found)
        })
        .await
    }

    /// Forgets what was measured of a model, so that it is measured anew. Report cards stay.
    pub async fn forget_outcomes(&self, host: String, model: String) -> Result<(), StoreError> {
        self.run(move |db| {
            db.execute("DELETE FROM calibration_outcome WHERE host = ?1 AND model = ?2", [host, model])?;
            Ok(())
        })
        .await
    }

    /// Keeps a card, unless it says the same as the newest one.
    pub async fn keep_card(&self, card: ReportCard) -> Result<KeptCard, StoreError> {
        self.run(move |db| {
            let json = serde_json::to_string(&card)?;
            let newest: Option<(i64, String)> = db
                .query_row("SELECT made_ms, card FROM calibration ORDER BY id DESC LIMIT 1", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if let Some((made_ms, _)) = newest.filter(|(_, kept)| *kept == json) {
                return Ok(KeptCard { made_ms, card });
            }
            let made_ms = now_ms();
            db.execute("INSERT INTO calibration (made_ms, card) VALUES (?1, ?2)", params![made_ms, json])?;
            Ok(KeptCard { made_ms, card })
        })
        .await
    }

    /// The newest card of a model (as replies name it) that was asked with this rubric and prompt.
    pub async fn card_of(&self, model: String, bundle: String) -> Result<Option<KeptCard>, StoreError> {
        self.run(move |db| {
            let mut statement = db.prepare("SELECT made_ms, card FROM calibration ORDER BY id DESC LIMIT 200")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let json: String = row.get(1)?;
                // A card of an older version says nothing.
                let Ok(card) = serde_json::from_str::<ReportCard>(&json) else { continue };
                if card.models.contains(&model) && card.bundles.contains(&bundle) {
                    return Ok(Some(KeptCard { made_ms: row.get(0)?, card }));
                }
            }
            Ok(None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_outcome_is_found_under_its_key_only_and_forgotten_by_model() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let key = |model: &str, bundle: &str| CaseKey {
            host: "h:1".into(),
            model: model.into(),
            bundle: bundle.into(),
            text: "t".into(),
        };
        let outcome = Outcome { case: "c01".into(), judged: Err("declined".into()) };
        store.keep_outcome(key("a", "1"), outcome.clone()).await.unwrap();
        store.keep_outcome(key("a", "1"), outcome.clone()).await.unwrap();
        let asked = vec![key("a", "1"), key("a", "2"), key("b", "1")];
        assert_eq!(store.outcomes(asked.clone()).await.unwrap(), [outcome]);
        store.forget_outcomes("h:1".into(), "b".into()).await.unwrap();
        assert_eq!(store.outcomes(asked.clone()).await.unwrap().len(), 1);
        store.forget_outcomes("h:1".into(), "a".into()).await.unwrap();
        assert!(store.outcomes(asked).await.unwrap().is_empty());
        assert_eq!(store.card_of("a".into(), "1".into()).await.unwrap(), None);
    }
}
