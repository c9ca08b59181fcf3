//! Writes what is heard to a WAV file (16 kHz, mono, 16 bit) from a thread of its own.
//!
//! While it grows the file is called `<name>.wav.part`; its header is made true every second and it is forced to disk
//! every five, so that a killed program costs at most the last second. At the end it is renamed to `<name>.wav`. When the
//! disk is full it says so once, keeps what was written valid, and swallows the rest.

#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, SyncSender, TrySendError},
    thread::{self, JoinHandle},
    time::Duration,
};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::signal::{SAMPLE_RATE, SampleIndex};

/// Samples between two header updates, and between two `sync_data`.
const CHECKPOINT: u64 = SAMPLE_RATE as u64;
const SYNC: u64 = 5 * CHECKPOINT;

/// Blocks that may wait for the disk: at 20 ms each some ten seconds.
const QUEUE: usize = 512;

/// How long a full queue is waited for before sound is given up: well within what a capture ring holds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The bytes before the first sample in the files written here.
const HEADER: u64 = 44;

/// A recording that grows. Dropping it finishes the file, too, but says nothing about how that went.
pub struct Recording {
    path: PathBuf,
    blocks: Option<SyncSender<Block>>,
    writer: Option<JoinHandle<Option<u64>>>,
    trouble: Receiver<String>,
    /// Samples that found no room; the same length of silence goes out as soon as there is some, to keep time true.
    owed: u64,
    /// The queue was full and stayed so: do not wait again before it has room.
    stalled: bool,
}

enum Block {
    Samples(Vec<i16>),
    Silence(u64),
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub path: PathBuf,
    /// Its length in samples.
    pub length: SampleIndex,
}

impl Recording {
    /// Begins to write `path` (which is to end in `.wav`; its folder must be there). Only its owner may read it.
    ///
    /// Fails if the file cannot be made, or if a part file of that name is left from a crash: `repair` that first.
    pub fn create(path: &Path) -> io::Result<Self> {
        let part = part_of(path);
        let file = create_private(&part)
            .map_err(|e| io::Error::new(e.kind(), format!("cannot make the recording {}: {e}", part.display())))?;
        let to_sync = file.try_clone()?;
        let spec =
            WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let wav = WavWriter::new(BufWriter::new(file), spec).map_err(as_io)?;
        let (blocks, incoming) = mpsc::sync_channel(QUEUE);
        let (report, trouble) = mpsc::sync_channel(1);
        let path = path.to_owned();
        let target = path.clone();
        let mut file = PartFile { wav, to_sync, samples: 0, flushed: 0, synced: 0 };
        let writer = thread::Builder::new().name("recording".into()).spawn(move || {
            let outcome = file.write_all(&incoming).and_then(|()| file.checkpoint());
            let samples = file.flushed;
            drop(file); // lets go of the file before it is mended
            let finished = outcome.and_then(|()| finish(&part, &target));
            if let Err(e) = finished {
                let _ = report.try_send(format!("cannot write the recording {}: {e}", part.display()));
                for _ in incoming {} // until the listener is done, so that it never waits for this disk
                let repaired = repair(&part).ok()?;
                return Some(repaired.length.0);
            }
            Some(samples)
        })?;
        Ok(Self { path, blocks: Some(blocks), writer: Some(writer), trouble, owed: 0, stalled: false })
    }

    /// Appends samples, -1 to 1. Waits for a slow disk at most once for a second.
    pub fn append(&mut self, samples: &[f32]) {
        if samples.is_empty() {
            return;
        }
        self.pay();
        let block = samples.iter().map(|s| (s * 32_768.0).round() as i16).collect();
        // What is owed goes out first, or time would be out of order.
        if self.owed > 0 || !self.send(Block::Samples(block)) {
            self.owed += samples.len() as u64;
        }
    }

    /// Appends so many samples of silence, for a stretch that was not heard.
    pub fn append_silence(&mut self, samples: u64) {
        self.owed += samples;
        self.pay();
    }

    /// What went wrong with the disk, told once.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.try_recv().ok()
    }

    /// Writes what is still waiting, forces it to disk and gives the file its name. Returns what went wrong, if it was not
    /// told before, and the recording, `None` when nothing could be kept.
    pub fn finish(mut self) -> (Option<String>, Option<Recorded>) {
        self.pay();
        let recorded = self.close();
        (self.trouble(), recorded)
    }

    fn close(&mut self) -> Option<Recorded> {
        self.blocks = None;
        let length = self.writer.take()?.join().ok()??;
        Some(Recorded { path: self.path.clone(), length: SampleIndex(length) })
    }

    fn pay(&mut self) {
        if self.owed > 0 && self.send(Block::Silence(self.owed)) {
            self.owed = 0;
        }
    }

    fn send(&mut self, mut block: Block) -> bool {
        const PAUSE: Duration = Duration::from_millis(5);
        let Some(blocks) = &self.blocks else { return true };
        let mut waited = Duration::ZERO;
        loop {
            match blocks.try_send(block) {
                // When the writer has ended there is nothing to keep time for.
                Ok(()) | Err(TrySendError::Disconnected(_)) => {
                    self.stalled = false;
                    return true;
                }
                Err(TrySendError::Full(_)) if self.stalled || waited >= PATIENCE => {
                    self.stalled = true;
                    return false;
                }
                Err(TrySendError::Full(back)) => block = back,
            }
            thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.close();
    }
}

/// The part file, in the writer's hands.
struct PartFile {
    wav: WavWriter<BufWriter<File>>,
    /// The same file, for forcing it to disk.
    to_sync: File,
    samples: u64,
    /// Samples that the header tells of.
    flushed: u64,
    synced: u64,
}

impl PartFile {
    fn write_all(&mut self, incoming: &Receiver<Block>) -> io::Result<()> {
        self.checkpoint()?; // a header from the first moment on
        for block in incoming {
            match block {
                Block::Samples(samples) => samples.into_iter().try_for_each(|s| self.write(s))?,
                Block::Silence(samples) => (0..samples).try_for_each(|_| self.write(0))?,
            }
        }
        Ok(())
    }

    fn write(&mut self, sample: i16) -> io::Result<()> {
        self.wav.write_sample(sample).map_err(as_io)?;
        self.samples += 1;
        if self.samples - self.flushed >= CHECKPOINT {
            self.checkpoint()?;
        }
        if self.samples - self.synced >= SYNC {
            self.to_sync.sync_data()?;
            self.synced = self.samples;
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> io::Result<()> {
        self.wav.flush().map_err(as_io)?;
        self.flushed = self.samples;
        Ok(())
    }
}

fn as_io(e: hound::Error) -> io::Error {
    match e {
        hound::Error::IoError(e) => e,
        other => io::Error::other(other.to_string()),
    }
}

/// Why a part file cannot be made whole.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    #[error("{path} holds no sound")]
    Nothing { path: PathBuf },
    #[error("{path} is not a recording of viva: {why}")]
    NotARecording { path: PathBuf, why: &'static str },
    #[error("cannot repair {path}: {source}")]
    Disk { path: PathBuf, source: io::Error },
}

/// Makes a part file that a crash has left whole, by its real length, and gives it its name without `.part`.
pub fn repair(part: &Path) -> Result<Recorded, RepairError> {
    let disk = |source| RepairError::Disk { path: part.to_owned(), source };
    let not = |why| RepairError::NotARecording { path: part.to_owned(), why };
    let path = part.to_str().and_then(|p| p.strip_suffix(".part")).map(PathBuf::from);
    let path = path.ok_or_else(|| not("its name does not end in .part"))?;

    let mut file = OpenOptions::new().read(true).write(true).open(part).map_err(disk)?;
    let length = file.metadata().map_err(disk)?.len();
    let samples = length.saturating_sub(HEADER) / 2;
    if samples == 0 {
        return Err(RepairError::Nothing { path: part.to_owned() });
    }
    let mut head = [0; HEADER as usize];
    file.read_exact(&mut head).map_err(disk)?;
    if !head.starts_with(b"RIFF") || &head[8..16] != b"WAVEfmt " || &head[36..40] != b"data" {
        return Err(not("it has another header"));
    }
    let bytes = u32::try_from(samples * 2).map_err(|_| not("it is larger than 4 GB"))?;
    file.set_len(HEADER + u64::from(bytes)).map_err(disk)?;
    for (at, size) in [(4, bytes + HEADER as u32 - 8), (HEADER - 4, bytes)] {
        file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(&size.to_le_bytes())).map_err(disk)?;
    }
    drop(file);
    finish(part, &path).map_err(disk)?;
    Ok(Recorded { path, length: SampleIndex(samples) })
}

/// The name of a recording while it grows.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".part");
    name.into()
}

/// Forces the file to disk and gives it its final name.
fn finish(part: &Path, path: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, path)?;
    // The new name survives a power cut only when the folder is forced out, too; not every system lets one do so.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
