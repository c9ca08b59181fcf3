//! WAV files as a source of samples: any rate, width and channel count, as fast as the clock or as fast as it goes.
//!
//! Streams from disk. Does not read other formats: it names them, with the command that converts.

mod header;
mod other_formats;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::source::{AudioSource, Downmix, Pulled};
use crate::signal::resample::{RATES, Resampler};
use header::Header;

/// Longest recording that is taken, in seconds.
const LONGEST_S: u64 = 3 * 60 * 60;

/// Why a file cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    #[error("cannot read {name}: {why}")]
    Unreadable { name: String, why: String },
    #[error("{name} is {format}, not WAV. Convert it with: {}", convert(name))]
    OtherFormat { name: String, format: &'static str },
    #[error(
        "{name} is not a sound file that is known here. If it is raw samples, say their form: \
         ffmpeg -f s16le -ar 16000 -ac 1 -i {name} {}",
        converted(name)
    )]
    Unknown { name: String },
    #[error(
        "{name} is a WAV file with samples of a form that is not read here (tag {tag}, {bits} bits). Convert it with: {}",
        convert(name)
    )]
    Encoding { name: String, tag: u16, bits: u16 },
    #[error("{name} is damaged: {why}")]
    Damaged { name: String, why: String },
    #[error("{name} holds no sound: it has no samples")]
    Empty { name: String },
    #[error("{name} has a sample rate of {rate} Hz; 8000 to 192000 are read. Convert it with: {}", convert(name))]
    Rate { name: String, rate: u32 },
    #[error("{name} lasts {} minutes; at most 180 are taken. Cut it first.", seconds / 60)]
    TooLong { name: String, seconds: u64 },
}

fn convert(name: &str) -> String {
    format!("ffmpeg -i {name} -ar 16000 -ac 1 {}", converted(name))
}

/// The name with the ending `.wav`; another name if that is the same.
fn converted(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let wav = format!("{stem}.wav");
    if wav == name { format!("{stem}-16k.wav") } else { wav }
}

/// How fast a file is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As a microphone would hear it; measured from the first pull, so it never drifts.
    RealTime,
    AsFastAsPossible,
}

/// A WAV file, or one that was uploaded.
pub struct WavSource {
    name: String,
    reader: Box<dyn Reader>,
    header: Header,
    downmix: Downmix,
    pace: Pace,
    /// When it was first pulled.
    started: Option<Instant>,
    /// Frames delivered so far.
    position: u64,
    bytes: Vec<u8>,
    interleaved: Vec<f32>,
}

/// What WAV can be read from.
trait Reader: Read + Seek + Send {}
impl<R: Read + Seek + Send> Reader for R {}

impl WavSource {
    /// Opens a file; its name without the folder is what it is called.
    pub fn open(path: &Path, pace: Pace) -> Result<Self, WavError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let unreadable = |why: String| WavError::Unreadable { name: path.display().to_string(), why };
        let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(unreadable("it is a folder".to_owned()));
        }
        Self::from_reader(BufReader::new(file), &name, pace)
    }

    /// Reads WAV from anything that can seek; `name` is for messages.
    pub fn from_reader(
        mut reader: impl Read + Seek + Send + 'static,
        name: &str,
        pace: Pace,
    ) -> Result<Self, WavError> {
        let header = check(&mut reader, name)?;
        Ok(Self {
            name: name.to_owned(),
            reader: Box::new(reader),
            downmix: Downmix::new(header.channels),
            header,
            pace,
            started: None,
            position: 0,
            bytes: Vec::new(),
            interleaved: Vec::new(),
        })
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.header.frames as f64 / f64::from(self.header.rate)
    }

    /// Appends up to `frames` frames, mixed to mono; at the end, or where the file cannot be read on, none.
    fn read(&mut self, frames: u64, out: &mut Vec<f32>) {
        let frames = frames.min(self.header.frames - self.position);
        self.bytes.clear();
        let wanted = frames * self.header.frame_bytes as u64;
        // A file that became unreadable half-way ends there: what was heard so far is worth more than nothing.
        let _ = self.reader.by_ref().take(wanted).read_to_end(&mut self.bytes);
        let whole = self.bytes.len() / self.header.frame_bytes;
        if (whole as u64) < frames {
            self.header.frames = self.position + whole as u64;
        }
        self.position += whole as u64;

        self.interleaved.clear();
        self.header.encoding.decode(&self.bytes[..whole * self.header.frame_bytes], &mut self.interleaved);
        self.downmix.mix(&self.interleaved, |sample| out.push(sample));
    }

    /// Frames that may be delivered now; waits for them at most `wait`.
    fn due(&mut self, wait: Duration) -> u64 {
        let rate = u64::from(self.header.rate);
        let at_once = rate / 10; // 100 ms: small enough to be stopped soon
        match self.pace {
            Pace::AsFastAsPossible => at_once,
            Pace::RealTime => {
                let started = *self.started.get_or_insert_with(Instant::now);
                let piece = (rate / 50).min(self.header.frames - self.position);
                let ready = self.position + piece;
                // Rounded up, so that the piece is due when the wait is over.
                let ready_after = Duration::from_nanos((ready * 1_000_000_000).div_ceil(rate));
                thread::sleep(ready_after.saturating_sub(started.elapsed()).min(wait));
                let heard = started.elapsed().as_nanos() * u128::from(rate) / 1_000_000_000;
                let due = (heard as u64).saturating_sub(self.position);
                if due < piece { 0 } else { due.min(rate) }
            }
        }
    }
}

impl AudioSource for WavSource {
    fn rate(&self) -> u32 {
        self.header.rate
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled {
        if self.position >= self.header.frames {
            return Pulled::Ended;
        }
        let due = self.due(wait);
        if due == 0 {
            return Pulled::Nothing;
        }
        let before = out.len();
        self.read(due, out);
        if out.len() == before { Pulled::Ended } else { Pulled::Samples }
    }

    fn is_patient(&self) -> bool {
        true
    }
}

/// A whole file as 16 kHz mono, -1 to 1.
pub fn read_samples(path: &Path) -> Result<Vec<f32>, WavError> {
    drain(WavSource::open(path, Pace::AsFastAsPossible)?)
}

/// A whole upload as 16 kHz mono, -1 to 1; `name` is for messages.
pub fn samples_of(bytes: &[u8], name: &str) -> Result<Vec<f32>, WavError> {
    drain(WavSource::from_reader(Cursor::new(bytes.to_vec()), name, Pace::AsFastAsPossible)?)
}

/// Whether an upload is a WAV file that can be heard, without decoding it. Returns its length in seconds.
pub fn check_bytes(bytes: &[u8], name: &str) -> Result<f64, WavError> {
    let header = check(&mut Cursor::new(bytes), name)?;
    Ok(header.frames as f64 / f64::from(header.rate))
}

fn drain(mut source: WavSource) -> Result<Vec<f32>, WavError> {
    let rate = source.rate();
    let mut resampler = Resampler::new(rate).map_err(|_| WavError::Rate { name: source.name(), rate })?;
    let (mut pulled, mut samples) = (Vec::new(), Vec::new());
    while source.pull(&mut pulled, Duration::ZERO) != Pulled::Ended {
        resampler.push(&pulled, &mut samples);
        pulled.clear();
    }
    resampler.finish(&mut samples);
    Ok(samples)
}

/// Reads the head and refuses what cannot be heard.
fn check(reader: &mut (impl Read + Seek), name: &str) -> Result<Header, WavError> {
    let unreadable = |e: std::io::Error| WavError::Unreadable { name: name.to_owned(), why: e.to_string() };
    let name = name.to_owned();
    let mut head = Vec::new();
    reader.rewind().map_err(unreadable)?;
    reader.by_ref().take(other_formats::ENOUGH as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head.is_empty() {
        return Err(WavError::Empty { name });
    }
    if let Some(format) = other_formats::name(&head) {
        return Err(WavError::OtherFormat { name, format });
    }
    if !head.starts_with(b"RIFF") || head.get(8..12) != Some(b"WAVE") {
        return Err(WavError::Unknown { name });
    }
    let header = Header::read(reader, &name)?;
    if !RATES.contains(&header.rate) {
        return Err(WavError::Rate { name, rate: header.rate });
    }
    if header.frames == 0 {
        return Err(WavError::Empty { name });
    }
    let seconds = header.frames / u64::from(header.rate);
    if seconds > LONGEST_S {
        return Err(WavError::TooLong { name, seconds });
    }
    Ok(header)
}
