//! A folder for a session of which nothing is kept.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A folder that only the person may read; dropping it removes it.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    /// Makes a folder whose name begins with `viva-<what>-`. Nobody else can have made it before, or write to it.
    pub fn make(what: &str) -> anyhow::Result<Self> {
        let number = getrandom::u64().context("no random numbers for a temporary folder")?;
        let path = std::env::temp_dir().join(format!("viva-{what}-{number:016x}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, "a temporary folder was not removed");
        }
    }
}
