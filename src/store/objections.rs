//! Findings that the person called wrong. They change no level: they are shown beside the finding and go with the answer.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{AnswerId, Store, StoreError, now_ms};

/// Which finding of an answer, in words that still mean it after the answer was judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingKey {
    /// "evidence", "point", "mistake", …
    pub kind: String,
    /// Id of the check, point, mistake or dimension.
    pub target: String,
    /// The words it rests on; empty where it rests on none.
    pub quote: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    #[serde(flatten)]
    pub finding: FindingKey,
    pub why: Option<String>,
    pub made_ms: i64,
}

/// The objections to an answer as one JSON list, for the statement that reads answers.
pub(super) const AS_JSON: &str = "(SELECT json_group_array(json_object('kind', kind, 'target', target, 'quote', quote,
    'why', why, 'made_ms', made_ms)) FROM objection WHERE objection.answer = answer.id)";

impl Store {
    /// Keeps that a finding is wrong; a second time replaces the reason.
    pub async fn object(&self, id: AnswerId, finding: FindingKey, why: Option<String>) -> Result<(), StoreError> {
        self.run(move |db| {
            let known: bool =
                db.query_row("SELECT EXISTS (SELECT 1 FROM answer WHERE id = ?1)", [id.0], |row| row.get(0))?;
            if !known {
                return Err(StoreError::NoSuchAnswer(id.0));
            }
            db.execute(
                "INSERT OR REPLACE INTO objection (answer, kind, target, quote, why, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.0, finding.kind, finding.target, finding.quote, why, now_ms()],
            )?;
            Ok(())
        })
        .await
    }

    /// Takes an objection back. False when there was none.
    pub async fn take_back(&self, id: AnswerId, finding: FindingKey) -> Result<bool, StoreError> {
        self.run(move |db| {
            let changed = db.execute(
                "DELETE FROM objection WHERE answer = ?1 AND kind = ?2 AND target = ?3 AND quote = ?4",
                params![id.0, finding.kind, finding.target, finding.quote],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    /// Ids of the constraints of a question that were told in some kept answer.
    pub async fn told_constraints(&self, question: String) -> Result<Vec<String>, StoreError> {
        self.run(move |db| {
            let mut statement = db.prepare(
                "SELECT DISTINCT told.value FROM answer, json_each(answer.clarifications) AS asked,
                    json_each(asked.value, '$.constraints') AS told WHERE answer.question = ?1 ORDER BY told.value",
            )?;
            let rows = statement.query_map([question], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        StoredClarification,
        tests::{finished, new_answer},
    };

    #[tokio::test]
    async fn an_objection_is_kept_replaced_taken_back_and_forgotten_with_its_answer() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let session = store.begin_session("test".into()).await.unwrap();
        let id = store.begin_answer(new_answer(session, None)).await.unwrap();
        store.finish_answer(id, finished("exactly once", None)).await.unwrap();
        let key = FindingKey { kind: "mistake".into(), target: "exactly-once".into(), quote: "exactly once".into() };
        let other = FindingKey { quote: String::new(), ..key.clone() };
        for (key, why) in [(&key, None), (&other, None), (&key, Some("it was a quotation".to_owned()))] {
            store.object(id, key.clone(), why).await.unwrap();
        }
        let kept = store.answer(id).await.unwrap().objections;
        assert_eq!(kept.len(), 2, "{kept:?}");
        let why = kept.iter().find(|objection| objection.finding == key).unwrap().why.as_deref();
        assert_eq!(why, Some("it was a quotation"));
        assert!(store.take_back(id, other.clone()).await.unwrap());
        assert!(!store.take_back(id, other).await.unwrap());
        store.forget(id).await.unwrap();
        let missing = store.object(id, key, None).await;
        assert!(matches!(missing, Err(StoreError::NoSuchAnswer(_))), "{missing:?}");
        let left: i64 =
            store.run(|db| Ok(db.query_row("SELECT count(*) FROM objection", [], |row| row.get(0))?)).await.unwrap();
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn constraints_told_in_any_answer_are_known_by_question() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let session = store.begin_session("test".into()).await.unwrap();
        let told = |constraints: &[&str]| StoredClarification {
            asked: "How many?".into(),
            told: "Many.".into(),
            constraints: constraints.iter().map(|id| (*id).to_owned()).collect(),
        };
        for clarifications in [vec![told(&["load", "burst"]), told(&[])], vec![], vec![told(&["load"])]] {
            let id = store.begin_answer(new_answer(session, None)).await.unwrap();
            let mut done = finished("so", None);
            done.clarifications = clarifications;
            store.finish_answer(id, done).await.unwrap();
        }
        assert_eq!(store.told_constraints("rate-limiter".into()).await.unwrap(), ["burst", "load"]);
        assert!(store.told_constraints("url-shortener".into()).await.unwrap().is_empty());
    }
}
