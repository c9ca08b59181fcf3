//! What the synthetic recogniser makes of each term: spoken by espeak-ng in carrier sentences, by three voices.

use std::{path::Path, process::Command};

use viva::{
    audio::wav,
    interview::glossary::Term,
    signal::SAMPLE_RATE,
    speech::{
        models::ModelPath,
        recognizer::{Job, RecognizedText, Recognizer, RecognizerOptions},
    },
};

/// Words that the model knows well, around the term.
const CARRIERS: [&str; 2] = ["so we use # in this part of the system", "in our design we need # when a node fails"];
/// Voice of espeak-ng, words a minute.
const VOICES: [(&str, &str); 3] = [("en-us", "160"), ("en-gb", "150"), ("en-us+f3", "165")];

/// Lines of `heard.tsv`: the term, a tab, the whole text heard. Every clip is kept, the right ones too.
pub async fn lines(root: &Path, terms: &[Term]) -> anyhow::Result<Vec<String>> {
    let path = root.join("models/synthetic/ggml-synthetic.en-q8_0.bin");
    let options = RecognizerOptions { threads: 1, ..RecognizerOptions::default() };
    let recognizer = Recognizer::start(ModelPath { path, model: None }, options).await?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("clip.wav");
    let mut lines = Vec::new();
    for term in terms {
        let said = term.spoken.first().unwrap_or(&term.term);
        for carrier in CARRIERS {
            for (voice, pace) in VOICES {
                let text = carrier.replace('#', said);
                let done =
                    Command::new("espeak-ng").args(["-v", voice, "-s", pace, "-w"]).arg(&file).arg(&text).status()?;
                anyhow::ensure!(done.success(), "espeak-ng failed on {text:?}");
                let job = Job { samples: padded(&file)?.into(), peak_score: 1.0, glossary: [].into() };
                let heard = match recognizer.recognize(job).await?.outcome {
                    RecognizedText::Words(heard) => heard.trim().to_owned(),
                    RecognizedText::Nothing { .. } => String::new(),
                };
                lines.push(format!("{}\t{heard}", term.term));
            }
        }
        eprintln!("{}: {}", term.term, lines[lines.len() - 1]);
    }
    recognizer.stop();
    Ok(lines)
}

/// With three tenths of a second of silence on either side.
fn padded(file: &Path) -> anyhow::Result<Vec<f32>> {
    let rest = vec![0.0; SAMPLE_RATE as usize * 3 / 10];
    Ok([rest.clone(), wav::read_samples(file)?, rest].concat())
}
