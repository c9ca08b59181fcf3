//! A recording heard at the pace of the clock while the recognizer works, and without waiting while it rests.
//!
//! Why not simply real time: four minutes of speech per model, most of it waiting. What somebody waits for after the last
//! word depends only on what the recognizer still has to do then, so the clock is needed only while it does something. Time is
//! counted in samples and is what a clock on the wall would show: it jumps forward where nothing was going on.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use viva::{
    audio::{
        source::{AudioSource, Pulled},
        wav::WavSource,
    },
    signal::SAMPLE_RATE,
};

/// Samples handed over at once, as a microphone does: 20 ms.
const PIECE: usize = 320;
/// The source stays at most this far ahead of whoever takes the events: a level comes each tenth of a second.
const AHEAD: u64 = SAMPLE_RATE as u64 / 10;

/// When the clock is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// While the recognizer has something to do.
    WhileBusy,
    Always,
    /// Never: as fast as it goes.
    Never,
}

/// The time of a run, shared between source and hearer.
pub struct Clock {
    /// Sample `.1` was heard at the moment `.0`.
    anchor: Mutex<(Instant, u64)>,
    /// Texts that are being waited for.
    pub busy: AtomicUsize,
    /// Position of the newest event taken.
    pub seen: AtomicU64,
}

impl Clock {
    pub fn start() -> Arc<Self> {
        Arc::new(Self { anchor: Mutex::new((Instant::now(), 0)), busy: AtomicUsize::new(0), seen: AtomicU64::new(0) })
    }

    /// Now, in samples from the start of the recording.
    pub fn now(&self) -> u64 {
        let (moment, sample) = *self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        sample + (moment.elapsed().as_secs_f64() * f64::from(SAMPLE_RATE)) as u64
    }

    fn jump_to(&self, sample: u64) {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), sample);
    }
}

pub struct Paced {
    inner: WavSource,
    pace: Pace,
    clock: Arc<Clock>,
    waiting: Vec<f32>,
    position: u64,
}

impl Paced {
    /// `inner`: as fast as possible, 16 kHz.
    pub fn new(inner: WavSource, pace: Pace, clock: Arc<Clock>) -> Self {
        Self { inner, pace, clock, waiting: Vec::new(), position: 0 }
    }

    /// Waits until sample `due` may be heard.
    fn wait_for(&self, due: u64) {
        const NAP: Duration = Duration::from_micros(200);
        // Time for the event of the piece before to arrive and become work. Where it is too short the clock is ahead by a
        // piece, and the wait comes out longer than it is, never shorter.
        thread::sleep(NAP);
        loop {
            let behind = self.clock.seen.load(Relaxed) + AHEAD < self.position;
            let idle = self.clock.busy.load(Relaxed) == 0 && self.pace == Pace::WhileBusy;
            if self.clock.now() >= due && !behind {
                return;
            }
            if idle && !behind {
                return self.clock.jump_to(due);
            }
            thread::sleep(NAP);
        }
    }
}

impl AudioSource for Paced {
    fn rate(&self) -> u32 {
        self.inner.rate()
    }

    fn name(&self) -> String {
        self.inner.name()
    }

    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled {
        if self.waiting.len() < PIECE
            && self.inner.pull(&mut self.waiting, wait) == Pulled::Ended
            && self.waiting.is_empty()
        {
            return Pulled::Ended;
        }
        let piece = PIECE.min(self.waiting.len());
        if self.pace != Pace::Never {
            self.wait_for(self.position + piece as u64);
        }
        self.position += piece as u64;
        out.extend(self.waiting.drain(..piece));
        Pulled::Samples
    }

    fn is_patient(&self) -> bool {
        true
    }
}
