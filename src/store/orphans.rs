//! What a crash left behind: answers whose turn never ended, and recordings that belong to no answer.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use super::{AnswerRecord, Store, StoreError, answers};

/// A recording without an answer may be growing: its row could not be written. It is left alone for so long.
const LEAST: Duration = Duration::from_secs(86_400);

impl Store {
    /// Rows whose turn never ended, oldest first, and those recovered earlier but not transcribed. Their recordings may be
    /// part files that need repair.
    pub async fn orphans(&self) -> Result<Vec<AnswerRecord>, StoreError> {
        self.run(|db| answers::unfinished(db)).await
    }

    /// Deletes recordings that belong to no answer and were not written to for `days`, at least for one (negative keeps all).
    /// Returns how many. A history that was moved away keeps its recordings for as long as others are kept.
    pub async fn expire_strays(&self, days: i64) -> Result<usize, StoreError> {
        let Ok(days) = u64::try_from(days) else { return Ok(0) };
        let (audio, age) = (self.audio_folder(), LEAST.max(Duration::from_secs(86_400 * days)));
        self.run(move |db| {
            let mut statement = db.prepare("SELECT recording FROM answer WHERE recording IS NOT NULL")?;
            let known: HashSet<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let before = SystemTime::now() - age;
            let is_stray = |file: &std::fs::DirEntry| {
                let name = file.file_name().to_string_lossy().into_owned();
                let recording = name.strip_suffix(".part").unwrap_or(&name);
                let is_old = file.metadata().and_then(|about| about.modified()).is_ok_and(|written| written < before);
                recording.ends_with(".wav") && !known.contains(recording) && is_old
            };
            let Ok(files) = std::fs::read_dir(&audio) else { return Ok(0) };
            let strays = files.flatten().filter(is_stray);
            Ok(strays.filter(|file| std::fs::remove_file(file.path()).is_ok()).count())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn recordings_that_belong_to_no_answer_go_when_they_are_old() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let days = |days: u64| SystemTime::now() - Duration::from_secs(86_400 * days);
        let file = |name: &str, written: SystemTime| {
            let file = std::fs::File::create(store.audio_folder().join(name)).unwrap();
            file.set_modified(written).unwrap();
        };
        file("9-1.wav", days(40));
        file("9-2.wav.part", days(40));
        file("9-3.wav", days(20));
        file("mine.txt", days(40));
        assert_eq!(store.expire_strays(-1).await.unwrap(), 0);
        assert_eq!(store.expire_strays(30).await.unwrap(), 2);
        file("9-4.wav.part", SystemTime::now());
        assert_eq!(store.expire_strays(0).await.unwrap(), 1, "what may still grow is left alone");
        let left = std::fs::read_dir(store.audio_folder()).unwrap().count();
        assert_eq!(left, 2);
    }
}
