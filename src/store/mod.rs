//! Keeps answers: SQLite with migrations on one writer thread; recordings and event logs are files beside it.
//!
//! Every change is one transaction. A handle is cheap to clone; calls wait for the thread's reply. The few that return
//! [`Queued`] are in its queue when they return, before whatever is asked of it later, whether or not the future is waited for.

mod answers;
mod calibration;
mod drills;
mod egress;
mod forget;
mod migrations;
mod objections;
mod orphans;
mod sessions;

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
};

use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::oneshot;

pub use answers::{
    AnswerId, AnswerRecord, AnswerState, FinishedAnswer, NewAnswer, SessionId, StoredClarification, StoredProbe,
};
pub use calibration::{CaseKey, KeptCard};
pub use drills::{StoredDrill, StoredInterjection, StoredReply, StoredRung};
pub use egress::EgressRecord;
pub use forget::Forgotten;
pub use objections::{FindingKey, Objection};

/// Why something could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the history {path}: {why}. Move the file away to start afresh, or set [store] data_dir")]
    Open { path: PathBuf, why: String },
    #[error("the history cannot be written: {0}. Free some disk space; what was said so far stays in memory")]
    Full(String),
    #[error("history: {0}")]
    Database(String),
    #[error("there is no answer {0}. `viva history` lists them")]
    NoSuchAnswer(i64),
    #[error("the store has stopped")]
    Stopped,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure) => Self::Full(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Database(format!("a stored value cannot be read: {error}"))
    }
}

/// The result of what is in the queue of the store's thread already.
pub type Queued<T> = BoxFuture<'static, Result<T, StoreError>>;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handle of the store's thread.
#[derive(Clone)]
pub struct Store {
    work: mpsc::Sender<Work>,
    folder: PathBuf,
}

impl Store {
    /// Opens or creates `<folder>/viva.db` and brings it to the newest schema. The thread ends when the last handle goes.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("viva.db");
        let failed = |why: String| StoreError::Open { path: path.clone(), why };
        for dir in [folder, &folder.join("audio"), &folder.join("events")] {
            std::fs::create_dir_all(dir).map_err(|error| failed(error.to_string()))?;
            private(dir);
        }
        let mut connection = Connection::open(&path).map_err(|error| failed(error.to_string()))?;
        private(&path);
        migrations::run(&mut connection).map_err(|error| failed(error.to_string()))?;
        let (work, jobs) = mpsc::channel::<Work>();
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                for job in jobs {
                    job(&mut connection);
                }
            })
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { work, folder: folder.to_owned() })
    }

    /// Folder of the recordings.
    pub fn audio_folder(&self) -> PathBuf {
        self.folder.join("audio")
    }

    /// Folder of the event logs.
    pub fn events_folder(&self) -> PathBuf {
        self.folder.join("events")
    }

    /// Queues `job` for the store's thread; the future is its result.
    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Queued<T> {
        let (reply, result) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let _ = reply.send(job(connection));
        });
        let queued = self.work.send(work);
        Box::pin(async move {
            queued.map_err(|_| StoreError::Stopped)?;
            result.await.map_err(|_| StoreError::Stopped)?
        })
    }

    /// A disk that does not answer, until the sender is dropped.
    #[cfg(test)]
    pub(crate) fn hold_up(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        self.work.send(Box::new(move |_| _ = released.recv())).unwrap();
        release
    }
}

/// Only the person may read it (0700 folders, 0600 files); no-op where the system has no such modes.
fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Milliseconds since 1970, for rows.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// RFC 3339 in UTC, to the second.
pub fn time_text(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| "unknown".to_owned(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests;
