//! The bundled demonstration: a recording with a synthetic voice, heard with the synthetic model, in a folder of its own
//! that is gone afterwards.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Id of the question that the recording answers.
pub const QUESTION: &str = "rate-limiter";

/// Name of the model that understands the recording.
pub const MODEL: &str = "synthetic.en";

/// An answer of about half a minute, spoken by a synthesiser.
const RECORDING: &[u8] = include_bytes!("../../models/synthetic/demonstration.wav");

/// The temporary folder of one demonstration; dropping it removes it.
#[derive(Debug)]
pub struct DemonstrationFolder {
    path: PathBuf,
}

impl DemonstrationFolder {
    /// Makes the folder, with the recording in it. Nobody else can have made it before, or write to it.
    pub fn make() -> anyhow::Result<Self> {
        let number = getrandom::u64().context("no random numbers for the demonstration's folder")?;
        let path = std::env::temp_dir().join(format!("viva-demonstration-{number:016x}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let folder = Self { path };
        std::fs::write(folder.recording(), RECORDING).context("cannot unpack the demonstration")?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn recording(&self) -> PathBuf {
        self.path.join("demonstration.wav")
    }
}

impl Drop for DemonstrationFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, "the demonstration's folder was not removed");
        }
    }
}
