//! Hears one turn: pulls a source on its own thread, resamples, gates, cuts segments, records.
//!
//! It says what it heard and decides nothing: whether the turn is over, and what the words were, is for others. The same
//! events come from a microphone and from a file. A file is heard as fast as its events are taken, and none is dropped.

mod hearing;
mod recent;
#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::mpsc::{self, Sender, error::TrySendError};

use crate::{
    audio::source::{AudioSource, Pulled},
    interview::transcript::TurnNo,
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan, segmenter::SegmenterSettings},
};
use hearing::Hearing;

/// Events that may wait for whoever takes them.
const EVENTS: usize = 256;

/// How long one pull may wait; a stop is noticed so soon.
const PULL: Duration = Duration::from_millis(50);

/// What the listener tells the session. Sample indices count from the start of the recording.
#[derive(Debug, Clone)]
pub enum HearingEvent {
    /// The first samples came.
    Started {
        source: String,
    },
    /// About ten times a second: loudness (root mean square, 0 to 1), whether a segment is open, the samples from the first voice of
    /// the open segment to its last, and those since the last (`u64::MAX` where none is open).
    Level {
        at: SampleIndex,
        rms: f32,
        voiced: bool,
        voice: u64,
        quiet: u64,
    },
    /// Speech began (start already moved back by the pre-roll).
    Opened {
        start: SampleIndex,
    },
    /// The segment that was cut last came back to life within the reopening time: forget segment `number`, also if it was
    /// not decoded. It keeps its start, is open now, and will be cut again under a new number.
    Reopened {
        number: u32,
    },
    /// A segment was cut: decode it once.
    Closed(ClosedSegment),
    /// A segment was cut that is not worth decoding; it belongs in the record with its reason.
    NotDecoded {
        number: u32,
        span: SampleSpan,
        why: &'static str,
    },
    /// About once a second of new audio in an open segment: its samples so far, for the disposable partial text.
    OpenSoFar {
        start: SampleIndex,
        samples: Arc<[f32]>,
    },
    /// The ears are closed now; what was open came before this.
    EarsClosed {
        at: SampleIndex,
    },
    EarsOpened {
        at: SampleIndex,
    },
    /// The device is gone; the recording goes on as soon as it is back.
    Lost {
        at: SampleIndex,
        why: String,
    },
    /// The device is back after `away`; `gap` samples of silence were written in its place and end at `at`. What was longer than a
    /// minute is written as a minute.
    Back {
        at: SampleIndex,
        gap: u64,
        away: Duration,
    },
    /// The computer slept for `away`, of which nothing is in the recording. What was open was cut before this.
    Slept {
        at: SampleIndex,
        away: Duration,
    },
    /// Only zeros for 1.5 s: permission denied or muted in hardware.
    AllZero {
        at: SampleIndex,
    },
    /// Samples were lost because the machine was too busy (total so far, of 16 kHz).
    Dropped {
        samples: u64,
    },
    /// The recording cannot be written (disk full, …). Hearing goes on in memory.
    DiskTrouble {
        why: String,
    },
    /// The source ended or was stopped. Always the last event.
    Ended(HeardTurn),
}

/// One cut stretch of speech.
#[derive(Debug, Clone)]
pub struct ClosedSegment {
    pub turn: TurnNo,
    /// Counted from 0 within the turn, together with those that are not decoded; never used twice.
    pub number: u32,
    pub span: SampleSpan,
    /// 16 kHz mono, -1 to 1, of `span`.
    pub samples: Arc<[f32]>,
    /// Highest voice-activity score in it, 0 to 1.
    pub peak_score: f32,
    /// Cut because it reached its greatest length, not at a pause: the person is still speaking, and the next segment's
    /// start overlaps its end.
    pub forced: bool,
    /// Samples at its start that the segment before holds as well: 500 ms after a forced cut, else 0.
    pub overlap: u64,
}

/// The whole turn when it is over.
#[derive(Debug, Clone, Default)]
pub struct HeardTurn {
    /// Length of the recording in samples.
    pub length: SampleIndex,
    /// Stretches with voice activity, without pre-roll and hangover.
    pub voiced: Vec<SampleSpan>,
    /// The finished recording; `None` when none could be written.
    pub recording: Option<PathBuf>,
}

/// What a listener is told at the start.
#[derive(Debug, Clone, Default)]
pub struct ListenerOptions {
    /// A source that can wait is pulled no further ahead than its events are taken: orders are obeyed within a tenth of a second of
    /// its sound.
    pub lock_step: bool,
    /// Stamped on every segment.
    pub turn: TurnNo,
    /// Where to write what is heard (a path that ends in `.wav`); `None` to keep nothing.
    pub recording: Option<PathBuf>,
    pub segmenter: SegmenterSettings,
}

/// A turn that is being heard. Dropping it stops and joins the thread; the recording is finished first, which takes as
/// long as the disk does: where that matters, stop and take events until `Ended` before.
#[derive(Debug)]
pub struct Listener {
    orders: Arc<Orders>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread looks at between two pulls.
#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    ears_closed: AtomicBool,
    /// How often they were ordered to be closed.
    closings: AtomicU32,
    /// Nobody will take events any more: do not wait for room.
    abandoned: AtomicBool,
}

impl Listener {
    /// Begins to listen. Events end with `Ended`; if the receiver is dropped, listening ends by itself.
    ///
    /// When 256 events lie untaken, the listener waits; only the `Level` and `OpenSoFar` of a live device are then left out.
    pub fn start(source: Box<dyn AudioSource>, options: ListenerOptions) -> (Self, mpsc::Receiver<HearingEvent>) {
        let (events, receiver) = mpsc::channel(if options.lock_step { 1 } else { EVENTS });
        let orders = Arc::new(Orders::default());
        let outlet = Outlet { patient: source.is_patient(), events: events.clone(), orders: orders.clone() };
        let started = thread::Builder::new().name("listener".into()).spawn(move || listen(source, options, &outlet));
        let thread = match started {
            Ok(thread) => Some(thread),
            Err(e) => {
                // No thread, no sound: the same events as from a device that is gone for good.
                let why = format!("no thread to listen with: {e}");
                let _ = events.try_send(HearingEvent::Lost { at: SampleIndex(0), why });
                let _ = events.try_send(HearingEvent::Ended(HeardTurn::default()));
                None
            }
        };
        (Self { orders, thread }, receiver)
    }

    /// Ends the turn: the open segment is cut where it stands and comes as `Closed`, then `Ended` comes. Does not wait.
    pub fn stop(&self) {
        self.orders.stop.store(true, Relaxed);
    }

    /// Closes the ears while the interviewer speaks into the microphone, and opens them again. An open segment is cut; while
    /// ears are closed no segment opens and nothing counts as voiced, but levels and the recording go on. No segment
    /// reaches back into that time. Each order to close them is followed by an `EarsClosed`, also where they were never seen open.
    pub fn ears_closed(&self, closed: bool) {
        self.orders.ears_closed.store(closed, Relaxed);
        self.orders.closings.fetch_add(u32::from(closed), Relaxed);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.orders.abandoned.store(true, Relaxed);
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// Where events go.
struct Outlet {
    events: Sender<HearingEvent>,
    orders: Arc<Orders>,
    /// The source can wait, so every event waits for room.
    patient: bool,
}

/// Nobody takes events any more.
struct Gone;

impl Outlet {
    /// Sends what must not be lost, and waits for room.
    ///
    /// Not `blocking_send`: a listener that is dropped while its events lie untaken must not wait for ever.
    fn send(&self, mut event: HearingEvent) -> Result<(), Gone> {
        loop {
            match self.events.try_send(event) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(Gone),
                Err(TrySendError::Full(_)) if self.orders.abandoned.load(Relaxed) => return Err(Gone),
                Err(TrySendError::Full(back)) => event = back,
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn send_all(&self, events: &mut Vec<HearingEvent>) -> Result<(), Gone> {
        for event in events.drain(..) {
            let passing = matches!(event, HearingEvent::Level { .. } | HearingEvent::OpenSoFar { .. });
            if passing && !self.patient {
                // The next one replaces it. A full channel drops it; a closed one ends the turn.
                if let Err(TrySendError::Closed(_)) = self.events.try_send(event) {
                    return Err(Gone);
                }
            } else {
                self.send(event)?;
            }
        }
        Ok(())
    }
}

/// The thread: everything between the source and the events.
fn listen(mut source: Box<dyn AudioSource>, options: ListenerOptions, outlet: &Outlet) {
    let mut events = Vec::new();
    let mut hearing = Hearing::new(&source.name(), outlet.patient, options, &mut events);
    let gone = outlet.send_all(&mut events).is_err() || hear_all(&mut *source, &mut hearing, outlet).is_err();
    drop(source); // a microphone is let go of before the disk is waited for
    let turn = hearing.finish(&mut events);
    if !gone && outlet.send_all(&mut events).is_ok() {
        let _ = outlet.send(HearingEvent::Ended(turn));
    }
}

/// Pulls until the source ends or somebody says stop.
fn hear_all(source: &mut dyn AudioSource, hearing: &mut Hearing, outlet: &Outlet) -> Result<(), Gone> {
    let (mut samples, mut events) = (Vec::new(), Vec::new());
    let mut closings = 0;
    while !outlet.orders.stop.load(Relaxed) || source.is_at_the_end() && !outlet.orders.abandoned.load(Relaxed) {
        let ordered = outlet.orders.closings.load(Relaxed);
        let ears_closed = source.ears_closed().unwrap_or_else(|| outlet.orders.ears_closed.load(Relaxed));
        hearing.set_ears_closed(ears_closed, ears_closed && ordered != closings, &mut events);
        if ears_closed {
            closings = ordered;
        }
        samples.clear();
        match source.pull(&mut samples, PULL) {
            Pulled::Samples => hearing.hear(&samples, source.rate(), &mut events),
            Pulled::Nothing => {}
            Pulled::Lost { why } => {
                if !hearing.lose(why, &mut events) {
                    thread::sleep(PULL); // a source that says it again and again must not spin
                }
            }
            Pulled::Back { gap } => {
                hearing.come_back(gap, &mut events);
                hearing.hear(&samples, source.rate(), &mut events);
            }
            Pulled::Slept { away } => hearing.sleep(away, &mut events),
            Pulled::Ended => {
                hearing.hear(&samples, source.rate(), &mut events);
                return outlet.send_all(&mut events);
            }
        }
        hearing.note_dropped(source.dropped() * u64::from(SAMPLE_RATE) / u64::from(source.rate().max(1)), &mut events);
        outlet.send_all(&mut events)?;
    }
    // The last words may still lie in the source's buffer.
    samples.clear();
    if !outlet.patient && source.pull(&mut samples, Duration::ZERO) == Pulled::Samples {
        hearing.hear(&samples, source.rate(), &mut events);
    }
    outlet.send_all(&mut events)
}
