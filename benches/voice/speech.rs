//! Speech of a wanted length with known words, spliced from the recordings of the tests with pauses between.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use viva::{audio::wav, signal::SAMPLE_RATE};

/// The recordings of `tests/fixtures/voice`, in the order in which they are spliced.
const CLIPS: [&str; 7] = [
    "sample-answer-1",
    "sample-answer-5",
    "sample-multi-1",
    "sample-answer-2",
    "sample-multi-2",
    "sample-answer-4",
    "sample-answer-3",
];
/// Pauses behind the clips, in seconds, beside the third of a second of silence that the clips end with.
const PAUSES: [f64; 4] = [0.4, 0.8, 0.2, 1.2];

/// Something that was said.
pub struct Speech {
    pub samples: Vec<f32>,
    /// Where each recording lies in it.
    pub clips: Vec<Range<usize>>,
    /// The words spoken.
    pub text: String,
}

impl Speech {
    /// At least `seconds` long; whole clips, a second and a half of room noise at the end.
    pub fn of(seconds: f64) -> anyhow::Result<Self> {
        let mut speech = Self { samples: Vec::new(), clips: Vec::new(), text: String::new() };
        let mut pauses = PAUSES.iter().cycle();
        for clip in CLIPS.iter().cycle() {
            if speech.seconds() >= seconds - 1.0 {
                break;
            }
            let path = root().join("tests/fixtures/voice").join(clip);
            let start = speech.samples.len();
            speech.samples.extend(wav::read_samples(&path.with_extension("wav"))?);
            speech.clips.push(start..speech.samples.len());
            speech.text += std::fs::read_to_string(path.with_extension("txt"))?.trim();
            speech.text.push(' ');
            speech.rest(*pauses.next().expect("endless"));
        }
        speech.rest(1.5);
        Ok(speech)
    }

    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Nobody speaks: noise at -66 dBFS, as in a quiet room.
    fn rest(&mut self, seconds: f64) {
        let mut state = 0x2545_f491u32;
        self.samples.extend((0..(seconds * f64::from(SAMPLE_RATE)) as usize).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state as f32 / u32::MAX as f32 - 0.5) * 0.001
        }));
    }

    /// The last sample in `start..end` at which something can be heard: 10 ms above -48 dBFS.
    pub fn last_loud(&self, start: u64, end: u64) -> u64 {
        let end = (end as usize).min(self.samples.len());
        let blocks = self.samples[start as usize..end].chunks(160).enumerate();
        let mut loud = blocks.filter(|(_, block)| block.iter().map(|s| s * s).sum::<f32>() / 160.0 > 0.004f32.powi(2));
        start + loud.next_back().map_or(0, |(n, _)| (n as u64 + 1) * 160)
    }

    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let form = hound::SampleFormat::Int;
        let spec = hound::WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: form };
        let mut writer = hound::WavWriter::create(path, spec)?;
        self.samples.iter().try_for_each(|sample| writer.write_sample((sample * 32_767.0) as i16))?;
        Ok(writer.finalize()?)
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Share of the spoken words that were added, lost or changed, in percent.
pub fn word_error_rate(spoken: &str, heard: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
    };
    let (spoken, heard) = (words(spoken), words(heard));
    100.0 * strsim::generic_levenshtein(&spoken, &heard) as f64 / spoken.len() as f64
}
