//! The bundled demonstration: a recording with a synthetic voice, heard with the synthetic model, in a folder of its own
//! that is gone afterwards.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::temporary_folder::TemporaryFolder;

/// Id of the question that the recording answers.
pub const QUESTION: &str = "rate-limiter";

/// Name of the model that understands the recording.
pub const MODEL: &str = "synthetic.en";

/// An answer of about half a minute, spoken by a synthesiser.
const RECORDING: &[u8] = include_bytes!("../../models/synthetic/demonstration.wav");

/// The temporary folder of one demonstration; dropping it removes it.
#[derive(Debug)]
pub struct DemonstrationFolder(TemporaryFolder);

impl DemonstrationFolder {
    /// Makes the folder, with the recording in it.
    pub fn make() -> anyhow::Result<Self> {
        let folder = Self(TemporaryFolder::make("demonstration")?);
        std::fs::write(folder.recording(), RECORDING).context("cannot unpack the demonstration")?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn recording(&self) -> PathBuf {
        self.path().join("demonstration.wav")
    }
}
