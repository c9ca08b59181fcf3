//! The two models that are measured with.

use std::{path::Path, sync::Arc};

use viva::{
    content,
    speech::{
        models::ModelPath,
        recognizer::{Recognizer, RecognizerOptions},
    },
};

use super::{random_model, speech::root};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Small, and understands the recordings.
    Synthetic,
    /// As much work as base.en, and writes nonsense.
    BaseSized,
}

impl Weights {
    pub fn name(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic model",
            Self::BaseSized => "base.en-sized weights",
        }
    }

    /// The file; the large one is made in `dir` where it is not there yet.
    pub fn file(self, dir: &Path) -> anyhow::Result<ModelPath> {
        let synthetic = root().join("models/synthetic/ggml-synthetic.en-q8_0.bin");
        let path = match self {
            Self::Synthetic => synthetic,
            Self::BaseSized => {
                let path = dir.join("random-base.en-q8_0.bin");
                if !path.exists() {
                    random_model::write(&synthetic, &path)?;
                    let bytes = std::fs::metadata(&path)?.len();
                    anyhow::ensure!(bytes == random_model::BASE_EN_BYTES, "the model made has {bytes} bytes");
                }
                path
            }
        };
        Ok(ModelPath { path, model: None })
    }

    /// People speak 3.3 tokens a second; weights that mean nothing never stop by themselves.
    pub fn tokens_per_s(self) -> Option<f64> {
        (self == Self::BaseSized).then_some(3.3)
    }

    pub async fn start(self, dir: &Path, threads: usize) -> anyhow::Result<Recognizer> {
        let options = RecognizerOptions { threads, tokens_per_s: self.tokens_per_s(), ..RecognizerOptions::default() };
        Ok(Recognizer::start(self.file(dir)?, options).await?)
    }
}

/// The terms of a question of the pack, which steer the recognizer and cost their time.
pub fn glossary() -> anyhow::Result<Arc<[String]>> {
    let content = content::load(None)?;
    let terms = content.question("rate-limiter").map(|(_, question)| question.glossary.clone());
    Ok(terms.unwrap_or_default().into())
}
