//! Speaks the pieces with espeak-ng, adds noise, and writes down what the synthetic recogniser makes of them.

use std::process::Command;

use viva::{
    audio::wav,
    signal::SAMPLE_RATE,
    speech::{
        models::ModelPath,
        recognizer::{Job, RecognizedText, Recognizer, RecognizerOptions},
    },
};

use super::{
    root,
    said::{self, AS_SAID, FIXTURE, Heard},
};

/// Names of the fixture, colour of the noise and how far below the speech it is, in dB.
const NOISES: [(&str, Option<(Colour, f64)>); 7] = [
    ("clean", None),
    ("white 20 dB", Some((Colour::White, 20.0))),
    ("white 10 dB", Some((Colour::White, 10.0))),
    ("white 5 dB", Some((Colour::White, 5.0))),
    ("pink 20 dB", Some((Colour::Pink, 20.0))),
    ("pink 10 dB", Some((Colour::Pink, 10.0))),
    ("pink 5 dB", Some((Colour::Pink, 5.0))),
];
/// The answers take turns: voice of espeak-ng, words a minute.
const VOICES: [(&str, &str); 3] = [("en-us", "165"), ("en-gb", "150"), ("en-us+f3", "160")];
const ABOUT: &str = "\
# What the synthetic recogniser (models/synthetic) wrote of pieces of the rated answers in ../gold, spoken by espeak-ng under noise:
# noise and its distance from the speech (`said`: no recogniser), number of the answer, of its piece, mean probability of the tokens, the
# text. Synthetic voices, a model made for them, answers that nobody gave. Made by `cargo bench --bench judging -- hear`; benches/judging/said.rs cuts the pieces.";

#[derive(Clone, Copy)]
enum Colour {
    White,
    Pink,
}

pub async fn write() -> anyhow::Result<()> {
    let path = root().join("models/synthetic/ggml-synthetic.en-q8_0.bin");
    let options = RecognizerOptions { threads: 1, ..RecognizerOptions::default() };
    let recognizer = Recognizer::start(ModelPath { path, model: None }, options).await?;
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("piece.wav");
    let mut lines = vec![ABOUT.to_owned()];
    let answers = said::answers();
    for (answer, pieces) in answers.iter().enumerate() {
        let (voice, pace) = VOICES[answer % VOICES.len()];
        for (piece, text) in pieces.iter().enumerate() {
            let done = Command::new("espeak-ng").args(["-v", voice, "-s", pace, "-w"]).arg(&file).arg(text).status()?;
            anyhow::ensure!(done.success(), "espeak-ng failed on {text:?}");
            let speech = wav::read_samples(&file)?;
            let as_said = Heard { noise: AS_SAID.to_owned(), answer, piece, confidence: None, text: text.clone() };
            lines.push(as_said.line());
            for (n, (name, noise)) in NOISES.iter().enumerate() {
                let samples = with_noise(&speech, *noise, (answer * 1000 + piece) as u64 * 10 + n as u64);
                let job = Job { samples: samples.into(), peak_score: 1.0, glossary: [].into() };
                let recognized = recognizer.recognize(job).await?;
                let text = match recognized.outcome {
                    RecognizedText::Words(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
                    RecognizedText::Nothing { .. } => String::new(),
                };
                let (noise, confidence) = ((*name).to_owned(), recognized.confidence);
                lines.push(Heard { noise, answer, piece, confidence, text }.line());
            }
            eprintln!("{answer}: {piece} of {}: {}", pieces.len(), lines[lines.len() - 1]);
        }
    }
    recognizer.stop();
    std::fs::create_dir_all(root().join(FIXTURE).parent().expect("a folder"))?;
    Ok(std::fs::write(root().join(FIXTURE), lines.join("\n") + "\n")?)
}

/// The speech with 0.3 s of quiet on either side, and noise over all of it.
fn with_noise(speech: &[f32], noise: Option<(Colour, f64)>, seed: u64) -> Vec<f32> {
    let rest = vec![0.0; SAMPLE_RATE as usize * 3 / 10];
    let mut samples = [rest.as_slice(), speech, &rest].concat();
    let Some((colour, below)) = noise else { return samples };
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    let mut coloured = Pink::default();
    let noise: Vec<f32> = (0..samples.len())
        .map(|_| match colour {
            Colour::White => random.gauss(),
            Colour::Pink => coloured.next(random.gauss()),
        })
        .collect();
    // The level of the speech where there is speech: 20 ms that are louder than a hundredth of the loudest.
    let power = |block: &[f32]| block.iter().map(|s| s * s).sum::<f32>() / block.len() as f32;
    let blocks: Vec<f32> = speech.chunks(320).map(power).collect();
    let loudest = blocks.iter().copied().fold(0.0, f32::max);
    let loud: Vec<f32> = blocks.into_iter().filter(|block| *block > loudest * 0.01).collect();
    let wanted = loud.iter().sum::<f32>() / loud.len().max(1) as f32 / 10f32.powf(below as f32 / 10.0);
    let gain = (wanted / power(&noise)).sqrt();
    samples.iter_mut().zip(noise).for_each(|(sample, noise)| *sample = (*sample + gain * noise).clamp(-1.0, 1.0));
    samples
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Nearly normal: the sum of twelve.
    fn gauss(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }
}

/// White noise through Paul Kellet's filter: power falls by 3 dB an octave, within 0.05 dB above 9 Hz at 44.1 kHz.
#[derive(Default)]
struct Pink([f32; 7]);

impl Pink {
    fn next(&mut self, white: f32) -> f32 {
        const POLES: [(f32, f32); 6] = [
            (0.99886, 0.0555179),
            (0.99332, 0.0750759),
            (0.96900, 0.153_852),
            (0.86650, 0.3104856),
            (0.55000, 0.5329522),
            (-0.7616, -0.016_898),
        ];
        for (state, (pole, gain)) in self.0.iter_mut().zip(POLES) {
            *state = pole * *state + gain * white;
        }
        let sum = self.0.iter().sum::<f32>() + white * 0.5362;
        self.0[6] = white * 0.115926;
        sum
    }
}
