//! The microphone as a source of samples that survives being unplugged.
//!
//! The sound system's callback only fills a ring (see `stream`); downmixing happens here, in `pull`. Nobody else watches
//! the device: some sound systems never say that one has vanished, so no samples for a while means lost. Silence that
//! does arrive (a muted or forbidden microphone) is the listener's business.

mod downmix;
mod stream;

use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use downmix::Downmix;
use stream::{Link, StreamThread};

pub use super::device::DeviceError as CaptureError;
use super::device::{DEFAULT, Direction};
use super::sleep::SleepWatch;
use super::source::{AudioSource, Pulled};

/// A device that delivered and then does not for this long is lost.
const LOST_AFTER: Duration = Duration::from_millis(500);
/// The same for a stream that has yet to deliver its first samples.
const FIRST_SAMPLES: Duration = Duration::from_secs(2);
/// An opening that takes longer is given up.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// The first and the longest pause between two attempts to get a lost device back.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_LAST: Duration = Duration::from_secs(1);
/// The default may become another device; the one in use gets this long to come back first.
const KEEP_DEVICE: Duration = Duration::from_secs(3);
/// Threads stuck in a hung sound system; beyond this no new one is started.
const MOST_STUCK: usize = 3;
/// How often an empty ring is looked at again. Callbacks come every 20 ms.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Opens the microphone that `viva devices` calls `name`, or the default one, and starts it.
///
/// # Errors
/// When there is no such device or it cannot be opened within five seconds; the text names the remedy.
pub fn open_microphone(name: &str) -> Result<Microphone, CaptureError> {
    let failed =
        |why: &str| CaptureError::Failed { direction: Direction::Input, name: name.to_owned(), why: why.to_owned() };
    let opening = stream::start(name, None).map_err(|error| failed(&error.to_string()))?;
    let link = opening.opened.recv_timeout(OPEN_WITHIN).map_err(|_| failed("the sound system does not answer"))??;
    Ok(Microphone {
        wanted: name.to_owned(),
        name: link.name.clone(),
        id: link.id.clone(),
        host: link.host,
        rate: link.rate,
        dropped: 0,
        state: State::Live(Box::new(Live::new(link, opening))),
        stuck: Vec::new(),
        sleep: SleepWatch::default(),
    })
}

/// A microphone; see [`open_microphone`]. While it is lost, `pull` reports [`Pulled::Lost`] once, then
/// [`Pulled::Nothing`], and tries to get it back, until samples flow again and it reports [`Pulled::Back`].
pub struct Microphone {
    wanted: String,
    name: String,
    id: String,
    /// A lost device is looked for where it was; another part of the sound system would call other things by its name.
    host: cpal::HostId,
    rate: u32,
    /// Frames dropped by streams that are closed.
    dropped: u64,
    state: State,
    /// Threads that were told to close and have not ended yet.
    stuck: Vec<JoinHandle<()>>,
    sleep: SleepWatch,
}

enum State {
    Live(Box<Live>),
    Lost(Outage),
}

struct Live {
    link: Link,
    thread: StreamThread,
    downmix: Downmix,
    delivered: bool,
    /// When samples were last found, or when the stream was opened.
    last: Instant,
}

struct Outage {
    /// When samples were last found.
    since: Instant,
    pause: Duration,
    next: Next,
}

enum Next {
    At(Instant),
    Opening { thread: StreamThread, until: Instant },
    Opened { live: Box<Live> },
}

impl Live {
    fn new(link: Link, thread: StreamThread) -> Self {
        let downmix = Downmix::new(link.channels);
        Self { link, thread, downmix, delivered: false, last: Instant::now() }
    }

    fn take(&mut self, out: &mut Vec<f32>) -> bool {
        let waiting = self.link.ring.slots();
        let Ok(chunk) = self.link.ring.read_chunk(waiting - waiting % usize::from(self.link.channels)) else {
            return false;
        };
        if chunk.is_empty() {
            return false;
        }
        let (first, second) = chunk.as_slices();
        // The ring's size is a whole number of frames, so a frame never straddles its end.
        self.downmix.append(first, out);
        self.downmix.append(second, out);
        chunk.commit_all();
        self.delivered = true;
        self.last = Instant::now();
        true
    }

    /// Why this stream is to be given up, if it is.
    fn loss(&self) -> Option<&'static str> {
        if let Some(why) = self.link.counters.error.why() {
            return Some(why);
        }
        let silent_for = self.last.elapsed();
        match self.delivered {
            true if silent_for > LOST_AFTER => Some("it stopped delivering sound"),
            false if silent_for > FIRST_SAMPLES => Some("it opened but delivers no sound"),
            _ => None,
        }
    }
}

impl AudioSource for Microphone {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled {
        let until = Instant::now() + wait;
        if let Some(away) = self.sleep.look(SystemTime::now()) {
            if let State::Live(live) = &mut self.state {
                live.last = Instant::now(); // on some systems this clock has run on: the device gets its time again
            }
            return Pulled::Slept { away };
        }
        loop {
            if let Some(pulled) = self.look(out) {
                return pulled;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Pulled::Nothing;
            }
            std::thread::sleep(left.min(LOOK_EVERY));
        }
    }

    fn dropped(&self) -> u64 {
        let now = match &self.state {
            State::Live(live) => live.link.counters.dropped.load(Ordering::Relaxed),
            State::Lost(_) => 0,
        };
        self.dropped + now
    }
}

impl Microphone {
    /// One look at the ring or, while lost, one step towards getting the device back. Never waits.
    fn look(&mut self, out: &mut Vec<f32>) -> Option<Pulled> {
        match &mut self.state {
            State::Live(live) => {
                if live.take(out) {
                    return Some(Pulled::Samples);
                }
                let why = live.loss()?;
                let since = live.last;
                let next = Next::At(Instant::now() + RETRY_FIRST);
                let outage = State::Lost(Outage { since, pause: RETRY_FIRST, next });
                if let State::Live(live) = std::mem::replace(&mut self.state, outage) {
                    self.dropped += live.link.counters.dropped.load(Ordering::Relaxed);
                    self.close(live.thread);
                }
                Some(Pulled::Lost { why: format!("microphone \"{}\" is lost: {why}", self.name) })
            }
            State::Lost(outage) => {
                let since = outage.since;
                let next = std::mem::replace(&mut outage.next, Next::At(Instant::now()));
                match self.step(next, since) {
                    Ok(live) => {
                        self.name.clone_from(&live.link.name);
                        self.id.clone_from(&live.link.id);
                        self.rate = live.link.rate;
                        self.state = State::Live(live);
                        Some(Pulled::Back { gap: since.elapsed() })
                    }
                    Err(next) => {
                        if let State::Lost(outage) = &mut self.state {
                            outage.next = next;
                        }
                        None
                    }
                }
            }
        }
    }

    /// One step of an outage: waiting, opening, or opened and waiting for the first samples, which end it.
    fn step(&mut self, next: Next, since: Instant) -> Result<Box<Live>, Next> {
        match next {
            Next::At(at) => {
                self.stuck.retain(|thread| !thread.is_finished());
                if Instant::now() < at || self.stuck.len() > MOST_STUCK {
                    return Err(Next::At(at));
                }
                // Under the name "default" the sound system may offer another device; the old one comes first.
                let keep = self.wanted == DEFAULT && since.elapsed() < KEEP_DEVICE;
                match stream::start(if keep { &self.id } else { &self.wanted }, Some(self.host)) {
                    Ok(thread) => Err(Next::Opening { thread, until: Instant::now() + OPEN_WITHIN }),
                    Err(_) => Err(self.later()),
                }
            }
            Next::Opening { thread, until } => match thread.opened.try_recv() {
                Ok(Ok(link)) => Err(Next::Opened { live: Box::new(Live::new(link, thread)) }),
                Err(std::sync::mpsc::TryRecvError::Empty) if Instant::now() < until => {
                    Err(Next::Opening { thread, until })
                }
                Ok(Err(_)) | Err(_) => {
                    self.close(thread);
                    Err(self.later())
                }
            },
            Next::Opened { live } if live.link.ring.slots() > 0 => Ok(live),
            Next::Opened { live } if live.loss().is_none() => Err(Next::Opened { live }),
            Next::Opened { live } => {
                self.close(live.thread);
                Err(self.later())
            }
        }
    }

    /// The next attempt, after a pause that grows.
    fn later(&mut self) -> Next {
        let State::Lost(outage) = &mut self.state else { return Next::At(Instant::now()) };
        outage.pause = (outage.pause * 2).min(RETRY_LAST);
        Next::At(Instant::now() + outage.pause)
    }

    /// Tells a stream's thread to close it, and remembers the thread.
    fn close(&mut self, stream: StreamThread) {
        let StreamThread { thread, .. } = stream;
        self.stuck.push(thread);
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        let gone = State::Lost(Outage { since: Instant::now(), pause: RETRY_FIRST, next: Next::At(Instant::now()) });
        match std::mem::replace(&mut self.state, gone) {
            State::Live(live) => self.close(live.thread),
            State::Lost(Outage { next: Next::Opened { live }, .. }) => self.close(live.thread),
            State::Lost(Outage { next: Next::Opening { thread, .. }, .. }) => self.close(thread),
            State::Lost(_) => {}
        }
        let deadline = Instant::now() + Duration::from_secs(1);
        for thread in self.stuck.drain(..) {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(LOOK_EVERY);
            }
            if thread.is_finished() {
                let _ = thread.join();
            } else {
                tracing::warn!(microphone = self.name, "the sound system does not let go of the microphone");
            }
        }
    }
}
