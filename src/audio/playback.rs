//! Plays speech on the loudspeaker, and knows how much of it was heard.
//!
//! A thread owns the stream and plays one piece after the other; handles say when a piece has ended, cut it short, or
//! tell that the device is gone. What is said, and what to do when nothing can be played, is [`crate::speech::voice`]'s.
//! Without the feature `audio` there is no device, and opening says so.

#[cfg(any(feature = "audio", test))]
mod render;
#[cfg(feature = "audio")]
mod speaker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use tokio::sync::oneshot;

/// A piece that has not ended this long after it should have is given up.
const PATIENCE: Duration = Duration::from_secs(3);
/// An unused device is closed, so that it can sleep.
const IDLE: Duration = Duration::from_secs(30);
/// How long opening may take.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// How often the playing piece is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Why something could not be played, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaybackError {
    #[error("this viva was built without sound (feature \"audio\"): what the interviewer says is shown as text")]
    NotBuilt,
    /// The device cannot be opened; the text names it and the remedy.
    #[error("{0}")]
    NoOutput(String),
    #[error("loudspeaker \"{name}\" is lost: {why}. Choose another with `viva devices`, or plug it in again.")]
    Lost { name: String, why: String },
    #[error("cannot play {rate} Hz sound on loudspeaker \"{name}\"")]
    Rate { name: String, rate: u32 },
}

/// How a piece ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// Seconds that left the loudspeaker.
    pub heard: f64,
    /// Seconds there were.
    pub length: f64,
    /// When the last of it left the loudspeaker, as far as the device tells.
    pub ended_at: Instant,
}

impl Played {
    /// Share that was heard, 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.length > 0.0 { (self.heard / self.length).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// The loudspeaker. Dropping it cuts short what is being played.
pub struct Playback {
    pieces: Sender<Piece>,
    closing: Arc<AtomicBool>,
}

struct Piece {
    samples: Vec<f32>,
    rate: u32,
    stop: Arc<AtomicBool>,
    ended: oneshot::Sender<Result<Played, PlaybackError>>,
}

impl Playback {
    /// Opens the loudspeaker that `viva devices` calls `name` ("default" for the system's). May take seconds.
    ///
    /// # Errors
    /// When there is none, it cannot be opened, or this program was built without sound.
    pub fn open(name: &str) -> Result<Self, PlaybackError> {
        Self::start(name, open_device)
    }

    fn start<O: Output>(
        name: &str,
        open: impl Fn(&str) -> Result<O, PlaybackError> + Send + 'static,
    ) -> Result<Self, PlaybackError> {
        let (pieces, queue) = mpsc::channel();
        let (ready, opened) = mpsc::sync_channel(1);
        let closing = Arc::new(AtomicBool::new(false));
        let (device, closed) = (name.to_owned(), Arc::clone(&closing));
        std::thread::Builder::new()
            .name("loudspeaker".into())
            .spawn(move || {
                let first = open(&device);
                let usable = first.is_ok();
                let (answer, output) = match first {
                    Ok(output) => (Ok(()), Some(output)),
                    Err(error) => (Err(error), None),
                };
                if ready.send(answer).is_ok() && usable {
                    serve(&device, &open, output, &queue, &closed);
                }
            })
            .map_err(|error| PlaybackError::NoOutput(format!("cannot start the loudspeaker's thread: {error}")))?;
        match opened.recv_timeout(OPEN_WITHIN) {
            Ok(answer) => answer.map(|()| Self { pieces, closing }),
            Err(_) => Err(PlaybackError::NoOutput(format!(
                "cannot open loudspeaker \"{name}\": the sound system does not answer. Choose another with `viva devices`."
            ))),
        }
    }

    /// Plays mono `samples` of `rate` Hz after whatever is playing.
    pub fn play(&self, samples: Vec<f32>, rate: u32) -> PlayHandle {
        let stop = Arc::new(AtomicBool::new(false));
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(rate.max(1)));
        let (ended, end) = oneshot::channel();
        // If the thread is gone the sender is dropped with the piece, and the handle reports a loss.
        let _ = self.pieces.send(Piece { samples, rate, stop: Arc::clone(&stop), ended });
        PlayHandle { stop, end, limit: length + PATIENCE + 2 * OPEN_WITHIN }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
    }
}

/// Cuts a piece short from elsewhere.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// As [`PlayHandle::stop`].
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A piece being played. Dropping it before its end cuts it short.
pub struct PlayHandle {
    stop: Arc<AtomicBool>,
    end: oneshot::Receiver<Result<Played, PlaybackError>>,
    limit: Duration,
}

impl PlayHandle {
    /// Fades out within 30 ms; [`ended`](Self::ended) then says how much was heard.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// What stops the piece while someone else waits for its end.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stop))
    }

    /// Waits until the piece has left the loudspeaker. Needs a tokio runtime with time.
    ///
    /// # Errors
    /// When the device is lost. Never waits much longer than the piece is long.
    pub async fn ended(&mut self) -> Result<Played, PlaybackError> {
        let lost = |why: &str| Err(PlaybackError::Lost { name: "in use".into(), why: why.into() });
        match tokio::time::timeout(self.limit, &mut self.end).await {
            Ok(Ok(played)) => played,
            Ok(Err(_)) => lost("its thread has ended"),
            Err(_) => lost("the sound system does not answer"),
        }
    }
}

impl Drop for PlayHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An open device, as the thread needs it.
trait Output {
    fn rate(&self) -> u32;
    /// Queues samples; returns how many found room.
    fn push(&mut self, samples: &[f32]) -> usize;
    /// Samples handed to the device so far.
    fn played(&self) -> u64;
    /// How long the device still holds a sample it was handed.
    fn latency(&self) -> Duration;
    /// On: fade out and forget what is queued. Off: ready for more.
    fn fade(&mut self, on: bool);
    /// The fade is over.
    fn is_silent(&self) -> bool;
    /// Why the device is to be given up, if it is.
    fn loss(&mut self) -> Option<&'static str>;
}

#[cfg(feature = "audio")]
fn open_device(name: &str) -> Result<speaker::Speaker, PlaybackError> {
    speaker::Speaker::open(name)
}

#[cfg(not(feature = "audio"))]
fn open_device(_name: &str) -> Result<NoDevice, PlaybackError> {
    Err(PlaybackError::NotBuilt)
}

/// The thread: plays pieces in order, opens the device again after a loss or a rest.
fn serve<O: Output>(
    name: &str,
    open: &impl Fn(&str) -> Result<O, PlaybackError>,
    mut output: Option<O>,
    queue: &Receiver<Piece>,
    closing: &AtomicBool,
) {
    loop {
        let piece = match queue.recv_timeout(IDLE) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => {
                output = None;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let usable = output.take().and_then(|mut device| device.loss().is_none().then_some(device));
        let opened = usable.map_or_else(|| open(name), Ok);
        let (result, kept) = match opened {
            Ok(mut device) => {
                let result = play(name, &mut device, &piece, closing);
                let kept = result.is_ok().then_some(device);
                (result, kept)
            }
            Err(error) => (Err(error), None),
        };
        output = kept;
        let _ = piece.ended.send(result);
    }
}

fn play<O: Output>(name: &str, output: &mut O, piece: &Piece, closing: &AtomicBool) -> Result<Played, PlaybackError> {
    let rate = output.rate();
    let unplayable = || PlaybackError::Rate { name: name.to_owned(), rate: piece.rate };
    let samples = resample(&piece.samples, piece.rate, rate).ok_or_else(unplayable)?;
    let seconds = |samples: u64| samples as f64 / f64::from(rate);
    let (total, before) = (samples.len() as u64, output.played());
    let length = seconds(total);
    let deadline = Instant::now() + Duration::from_secs_f64(length) + PATIENCE;
    let lost = |why: &str| PlaybackError::Lost { name: name.to_owned(), why: why.to_owned() };
    let mut left = samples.as_slice();
    left = &left[output.push(left)..];
    tracing::debug!(seconds = length, "the loudspeaker has the first samples");
    loop {
        left = &left[output.push(left)..];
        if piece.stop.load(Ordering::Acquire) || closing.load(Ordering::Acquire) {
            return Ok(cut_short(output, before, length));
        }
        if output.played() - before >= total {
            break;
        }
        if let Some(why) = output.loss() {
            return Err(lost(why));
        }
        if Instant::now() > deadline {
            return Err(lost("it plays too slowly"));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    std::thread::sleep(output.latency());
    Ok(Played { heard: length, length, ended_at: Instant::now() })
}

/// Fades out, and counts what had left the device by then.
fn cut_short<O: Output>(output: &mut O, before: u64, length: f64) -> Played {
    output.fade(true);
    let deadline = Instant::now() + Duration::from_millis(500);
    while !output.is_silent() && Instant::now() < deadline {
        std::thread::sleep(LOOK_EVERY);
    }
    let heard = (output.played() - before) as f64 / f64::from(output.rate());
    std::thread::sleep(output.latency()); // what was faded is still in the device
    output.fade(false);
    Played { heard: heard.min(length), length, ended_at: Instant::now() }
}

/// Brings a whole piece to another rate; `None` for rates that nothing converts between.
fn resample(samples: &[f32], from: u32, to: u32) -> Option<Vec<f32>> {
    if from == to || samples.is_empty() {
        return Some(samples.to_vec());
    }
    if from == 0 || to == 0 {
        return None;
    }
    let mut resampler = Fft::<f32>::new(from as usize, to as usize, 1024, 1, FixedSync::Input).ok()?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).ok()?;
    Some(resampler.process_all(&input, samples.len(), None).ok()?.take_data())
}

#[cfg(not(feature = "audio"))]
enum NoDevice {}

#[cfg(not(feature = "audio"))]
impl Output for NoDevice {
    fn rate(&self) -> u32 {
        match *self {}
    }
    fn push(&mut self, _: &[f32]) -> usize {
        match *self {}
    }
    fn played(&self) -> u64 {
        match *self {}
    }
    fn latency(&self) -> Duration {
        match *self {}
    }
    fn fade(&mut self, _: bool) {
        match *self {}
    }
    fn is_silent(&self) -> bool {
        match *self {}
    }
    fn loss(&mut self) -> Option<&'static str> {
        match *self {}
    }
}

#[cfg(test)]
pub(crate) mod tests;
