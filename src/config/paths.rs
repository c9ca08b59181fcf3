//! Where files live, by the conventions of the system (XDG on Linux).

use std::path::PathBuf;

/// The folders of one person's Viva. Nothing is created here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The person's config file and packs.
    pub config_dir: PathBuf,
    /// History, recordings, models.
    pub data_dir: PathBuf,
    /// Which daemon runs, its token and log.
    pub state_dir: PathBuf,
}

impl Paths {
    /// The usual folders; `None` where the system knows no home folder.
    pub fn usual() -> Option<Self> {
        let dirs = directories::ProjectDirs::from("", "", "viva")?;
        let data_dir = dirs.data_dir().to_owned();
        Some(Self {
            config_dir: dirs.config_dir().to_owned(),
            state_dir: dirs.state_dir().map_or_else(|| data_dir.join("state"), PathBuf::from),
            data_dir,
        })
    }

    /// With the configured data folder, where one is set. The daemon's state moves along, so that two data folders have two daemons.
    pub fn with_data_dir(mut self, data_dir: &str) -> Self {
        if !data_dir.is_empty() {
            self.data_dir = PathBuf::from(data_dir);
            self.state_dir = self.data_dir.join("state");
        }
        self
    }

    pub fn config_file(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir.join("viva.db")
    }

    /// Recordings of answers.
    pub fn audio(&self) -> PathBuf {
        self.data_dir.join("audio")
    }

    /// Event logs of sessions.
    pub fn events(&self) -> PathBuf {
        self.data_dir.join("events")
    }

    pub fn models(&self) -> PathBuf {
        self.data_dir.join("models")
    }

    /// Rendered speech of the interviewer.
    pub fn voice_cache(&self) -> PathBuf {
        self.data_dir.join("voice")
    }

    /// Address, process and version of the running daemon.
    pub fn daemon_file(&self) -> PathBuf {
        self.state_dir.join("daemon.json")
    }

    pub fn token_file(&self) -> PathBuf {
        self.state_dir.join("token")
    }

    pub fn log_file(&self) -> PathBuf {
        self.state_dir.join("daemon.log")
    }
}
