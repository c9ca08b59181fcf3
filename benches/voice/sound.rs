//! What is heard besides recordings: sentences by espeak-ng, rooms, breaths, keys. The same on every run.

use std::{collections::HashMap, path::PathBuf, process::Command, sync::Arc};

use viva::{audio::wav, signal::SAMPLE_RATE};

/// Voice of espeak-ng, words a minute: the synthetic model was made for these.
pub const VOICES: [(&str, &str); 3] = [("en-us", "165"), ("en-gb", "155"), ("en-us+f3", "165")];
/// A sample that can be heard: -48 dBFS over 10 ms.
const AUDIBLE: f32 = 0.004;

/// Speaks sentences, each once; they are kept.
pub struct Speaker {
    file: PathBuf,
    said: HashMap<(String, usize), Arc<[f32]>>,
}

impl Speaker {
    /// `dir`: for the file that espeak-ng writes.
    pub fn new(dir: &std::path::Path) -> Self {
        Self { file: dir.join("said.wav"), said: HashMap::new() }
    }

    pub fn is_there() -> bool {
        Command::new("espeak-ng").arg("--version").output().is_ok_and(|output| output.status.success())
    }

    /// 16 kHz, from the first sound to the last. `voice`: index into [`VOICES`], wrapped.
    pub fn say(&mut self, text: &str, voice: usize) -> anyhow::Result<Arc<[f32]>> {
        let voice = voice % VOICES.len();
        let key = (text.to_owned(), voice);
        if let Some(said) = self.said.get(&key) {
            return Ok(said.clone());
        }
        let (name, pace) = VOICES[voice];
        let done = Command::new("espeak-ng").args(["-v", name, "-s", pace, "-w"]).arg(&self.file).arg(text).status()?;
        anyhow::ensure!(done.success(), "espeak-ng failed on {text:?}");
        let sound: Arc<[f32]> = trimmed(&wav::read_samples(&self.file)?).into();
        self.said.insert(key, sound.clone());
        Ok(sound)
    }
}

fn trimmed(sound: &[f32]) -> &[f32] {
    let loud = |block: &[f32]| block.iter().map(|s| s * s).sum::<f32>() / block.len() as f32 > AUDIBLE.powi(2);
    let mut blocks = sound.chunks(160).enumerate().filter(|(_, block)| loud(block)).map(|(n, _)| n * 160);
    let Some(first) = blocks.next() else { return &[] };
    let last = blocks.next_back().unwrap_or(first);
    &sound[first..(last + 160).min(sound.len())]
}

/// Numbers by chance, from a seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn noise(&mut self) -> f32 {
        self.between(-1.0, 1.0) as f32
    }
}

pub fn samples(seconds: f64) -> usize {
    (seconds * f64::from(SAMPLE_RATE)) as usize
}

/// A room in which nobody does anything: noise that falls with the frequency, at this loudness (root mean square).
pub fn room(length: usize, rms: f32, dice: &mut Dice) -> Vec<f32> {
    let mut low = 0.0;
    let raw = (0..length).map(|_| {
        low = 0.96 * low + 0.04 * dice.noise();
        low + 0.03 * dice.noise()
    });
    scaled(raw.collect(), rms)
}

/// One breath, in or out: hissing that swells and fades.
pub fn breath(dice: &mut Dice) -> Vec<f32> {
    let length = samples(dice.between(0.35, 0.9));
    let loudness = dice.between(0.003, 0.015) as f32;
    let (mut low, mut lower) = (0.0, 0.0);
    let raw = (0..length).map(|n| {
        // A band around 1 kHz, as air makes it.
        low = 0.7 * low + 0.3 * dice.noise();
        lower = 0.95 * lower + 0.05 * low;
        (low - lower) * (std::f32::consts::PI * n as f32 / length as f32).sin()
    });
    scaled(raw.collect(), loudness)
}

/// One key of a keyboard, pressed and let go.
pub fn key(dice: &mut Dice) -> Vec<f32> {
    let mut sound = vec![0.0; samples(0.12)];
    let peak = dice.between(0.02, 0.2) as f32;
    let ring = dice.between(0.15, 0.9) as f32;
    for (at, loud) in [(0, 1.0), (samples(dice.between(0.05, 0.09)), 0.4)] {
        for (n, sample) in sound[at..].iter_mut().enumerate() {
            let fades = (-(n as f32) / 60.0).exp();
            *sample += peak * loud * fades * (0.7 * dice.noise() + 0.3 * (n as f32 * ring).sin());
        }
    }
    sound
}

/// A pause in which somebody thinks: quiet, and in every other one of a second or more a breath.
pub fn pause(seconds: f64, dice: &mut Dice) -> Vec<f32> {
    let mut pause = vec![0.0; samples(seconds)];
    let breath = breath(dice);
    if seconds >= 1.0 && dice.below(2) == 0 {
        // Not so near the words that it belongs to them.
        let at = dice.between(0.15, seconds - 0.1 - breath.len() as f64 / f64::from(SAMPLE_RATE));
        mix(&mut pause, samples(at.max(0.0)), &breath);
    }
    pause
}

/// Adds a sound to another; what would stand out at its end is left out.
pub fn mix(into: &mut [f32], at: usize, sound: &[f32]) {
    for (sample, added) in into.iter_mut().skip(at).zip(sound) {
        *sample += added;
    }
}

/// Puts the whole into a quiet room (-66 dBFS).
pub fn in_a_room(mut sound: Vec<f32>, dice: &mut Dice) -> Vec<f32> {
    let quiet = room(sound.len(), 0.0005, dice);
    mix(&mut sound, 0, &quiet);
    sound
}

fn scaled(mut sound: Vec<f32>, rms: f32) -> Vec<f32> {
    let now = (sound.iter().map(|s| s * s).sum::<f32>() / sound.len().max(1) as f32).sqrt();
    sound.iter_mut().for_each(|sample| *sample *= rms / now.max(1e-9));
    sound
}

pub fn write(sound: &[f32], path: &std::path::Path) -> anyhow::Result<()> {
    let form = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: form };
    let mut writer = hound::WavWriter::create(path, spec)?;
    sound.iter().try_for_each(|sample| writer.write_sample((sample * 32_767.0) as i16))?;
    Ok(writer.finalize()?)
}
