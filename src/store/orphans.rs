//! What a crash left behind: answers whose turn never ended.

use super::{AnswerRecord, Store, StoreError, answers};

impl Store {
    /// Rows whose turn never ended, oldest first, and those recovered earlier but not transcribed. Their recordings may be
    /// part files that need repair.
    pub async fn orphans(&self) -> Result<Vec<AnswerRecord>, StoreError> {
        self.run(|db| answers::unfinished(db)).await
    }
}
