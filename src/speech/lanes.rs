//! The recognizer's desk and thread: finals in a queue, the partial in a slot, and the life of the thread that takes them.
//!
//! Knows nothing of models. An engine is whatever finds words in sound: [`super::whisper`], or the scripted one here.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::recognizer::{FAILS, Job, Recognized, RecognizedText, RecognizerError};
use crate::signal::SAMPLE_RATE;

/// Which kind of text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Stored text.
    Final,
    /// Disposable text of an open segment.
    Partial,
}

/// Why an engine gave no text.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "whisper"), allow(dead_code, reason = "the scripted engine never fails"))]
pub(super) enum Failure {
    /// It was told to make way.
    Aborted,
    Failed(String),
}

/// Something that finds words in sound. Lives and dies in the recognizer's thread.
pub(super) trait Engine {
    /// Blocks. Gives up soon after `abort` is set, with [`Failure::Aborted`].
    fn hear(&mut self, job: &Job, lane: Lane, abort: &Arc<AtomicBool>) -> Result<Recognized, Failure>;

    /// Makes it usable again after a panic. An error: it has to be loaded anew.
    fn reset(&mut self) -> Result<(), String>;
}

pub(super) struct Ticket {
    pub job: Job,
    pub reply: oneshot::Sender<Result<Recognized, RecognizerError>>,
    /// Decoding it has panicked once.
    pub tried: bool,
}

/// Where jobs are left and taken.
#[derive(Default)]
pub(super) struct Desk {
    state: Mutex<DeskState>,
    bell: Condvar,
    /// Tells the decode in work to give up.
    abort: Arc<AtomicBool>,
}

#[derive(Default)]
struct DeskState {
    finals: VecDeque<Ticket>,
    partial: Option<(Job, oneshot::Sender<Recognized>)>,
    in_work: Option<Lane>,
    closed: Option<RecognizerError>,
    thread_gone: bool,
}

enum Next {
    Final(Ticket),
    Partial(Job, oneshot::Sender<Recognized>),
    Stop,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, DeskState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // every change to it is one step, so it is whole
    }

    pub fn add_final(&self, ticket: Ticket) -> Result<(), RecognizerError> {
        let mut state = self.lock();
        if let Some(why) = &state.closed {
            return Err(why.clone());
        }
        state.finals.push_back(ticket);
        if state.in_work == Some(Lane::Partial) {
            self.abort.store(true, Ordering::Relaxed);
        }
        self.bell.notify_all();
        Ok(())
    }

    pub fn set_partial(&self, job: Job, reply: oneshot::Sender<Recognized>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.partial = Some((job, reply));
            self.bell.notify_all();
        }
    }

    pub fn close(&self, why: &str) {
        let mut state = self.lock();
        state.closed.get_or_insert_with(|| RecognizerError::Stopped(why.to_owned()));
        self.abort.store(true, Ordering::Relaxed);
        self.bell.notify_all();
    }

    /// False when the thread is gone or will soon be.
    pub fn is_open(&self) -> bool {
        let state = self.lock();
        state.closed.is_none() && !state.thread_gone
    }

    /// Samples of the finals that wait.
    pub fn waiting(&self) -> usize {
        self.lock().finals.iter().map(|ticket| ticket.job.samples.len()).sum()
    }

    /// Waits until the thread is gone; false at the deadline. Blocks.
    pub fn wait_for_end(&self, deadline: Duration) -> bool {
        let waited = self.bell.wait_timeout_while(self.lock(), deadline, |state| !state.thread_gone);
        waited.unwrap_or_else(PoisonError::into_inner).0.thread_gone
    }

    /// Waits for the next job: finals first. Jobs that nobody waits for any more are passed over.
    fn take(&self) -> Next {
        let mut state = self.lock();
        loop {
            state.in_work = None;
            if state.closed.is_some() {
                return Next::Stop;
            }
            state.finals.retain(|ticket| !ticket.reply.is_closed());
            if let Some(ticket) = state.finals.pop_front() {
                self.begin(&mut state, Lane::Final);
                return Next::Final(ticket);
            }
            if let Some((job, reply)) = state.partial.take().filter(|(_, reply)| !reply.is_closed()) {
                self.begin(&mut state, Lane::Partial);
                return Next::Partial(job, reply);
            }
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Under the lock, so that an abort meant for the job before cannot hit this one.
    fn begin(&self, state: &mut DeskState, lane: Lane) {
        state.in_work = Some(lane);
        self.abort.store(false, Ordering::Relaxed);
    }

    /// Marks the end of the thread and tells everybody who still waits. The first reason stands.
    fn leave(&self, why: RecognizerError) {
        let mut state = self.lock();
        let why = state.closed.get_or_insert(why).clone();
        for ticket in state.finals.drain(..) {
            let _ = ticket.reply.send(Err(why.clone()));
        }
        state.partial = None;
        state.in_work = None;
        state.thread_gone = true;
        self.bell.notify_all();
    }
}

/// The life of the thread: what waits is decoded by engines that are loaded one after the other, each when the one before broke.
///
/// However it ends, also by a panic, whoever waits is told.
pub(super) fn live<E: Engine>(mut engine: E, load: impl Fn() -> Result<E, RecognizerError>, desk: &Desk) {
    let _farewell = Farewell(desk);
    while let Err(why) = work(&mut engine, desk) {
        warn!(why, "the recognizer broke: loading the model again");
        engine = match load() {
            Ok(fresh) => fresh,
            Err(error) => return desk.leave(RecognizerError::Broken(error.to_string())),
        };
    }
}

/// Says that the thread is gone when it unwinds.
struct Farewell<'a>(&'a Desk);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        self.0.leave(RecognizerError::Broken("its thread ended".to_owned()));
    }
}

/// Decodes until it is told to stop; an error where the engine is of no use any more.
fn work(engine: &mut impl Engine, desk: &Desk) -> Result<(), String> {
    loop {
        match desk.take() {
            Next::Stop => {
                desk.leave(stopping());
                return Ok(());
            }
            Next::Final(ticket) => decode_final(engine, desk, ticket)?,
            Next::Partial(job, reply) => {
                match guarded(engine, &job, Lane::Partial, &desk.abort) {
                    Ok(recognized) => drop(reply.send(recognized)),
                    Err(Trouble::Failure(_)) => {} // dropping the reply says it all
                    Err(Trouble::Panicked) => engine.reset()?,
                }
            }
        }
    }
}

fn stopping() -> RecognizerError {
    RecognizerError::Stopped("viva is stopping".to_owned())
}

/// Decodes and replies. After a first panic the engine is made anew and the job put back in front; an error: it could not be.
fn decode_final(engine: &mut impl Engine, desk: &Desk, mut ticket: Ticket) -> Result<(), String> {
    let result = match guarded(engine, &ticket.job, Lane::Final, &desk.abort) {
        Ok(recognized) => Ok(recognized),
        Err(Trouble::Failure(Failure::Failed(why))) => Err(RecognizerError::Decoding(why)),
        Err(Trouble::Failure(Failure::Aborted)) => Err(stopping()),
        Err(Trouble::Panicked) => {
            let reset = engine.reset();
            if !ticket.tried {
                ticket.tried = true;
                desk.lock().finals.push_front(ticket);
                return reset;
            }
            let _ = ticket.reply.send(Err(RecognizerError::Decoding("the decoder failed twice on it".to_owned())));
            return reset;
        }
    };
    let _ = ticket.reply.send(result);
    Ok(())
}

enum Trouble {
    Failure(Failure),
    Panicked,
}

fn guarded(engine: &mut impl Engine, job: &Job, lane: Lane, abort: &Arc<AtomicBool>) -> Result<Recognized, Trouble> {
    let begun = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| engine.hear(job, lane, abort)));
    let decode_ms = begun.elapsed().as_millis() as u64;
    let seconds = job.samples.len() as f64 / f64::from(SAMPLE_RATE);
    match result {
        Ok(Ok(recognized)) => {
            debug!(?lane, seconds, decode_ms, "decoded");
            Ok(Recognized { decode_ms, ..recognized })
        }
        Ok(Err(failure)) => {
            debug!(?lane, seconds, decode_ms, ?failure, "not decoded");
            Err(Trouble::Failure(failure))
        }
        Err(_) => {
            warn!(?lane, seconds, "the decoder panicked");
            Err(Trouble::Panicked)
        }
    }
}

/// The engine of [`super::recognizer::Recognizer::scripted`].
pub(super) struct Scripted {
    pub lines: Arc<Mutex<VecDeque<Line>>>,
}

/// What the scripted engine does with one final segment.
pub(super) enum Line {
    Says(String),
    /// It panics, and the segment is not over: the next line is for it, too.
    #[cfg_attr(not(test), allow(dead_code, reason = "faults are for tests"))]
    Panics,
}

impl Engine for Scripted {
    fn hear(&mut self, _job: &Job, lane: Lane, _abort: &Arc<AtomicBool>) -> Result<Recognized, Failure> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match (lane, lines.front()) {
            (Lane::Final, Some(Line::Panics)) => {
                lines.pop_front();
                drop(lines);
                panic!("a decoder that panics, as its script has it")
            }
            (Lane::Final, Some(Line::Says(_))) => match lines.pop_front() {
                Some(Line::Says(text)) => Some(text),
                _ => None,
            },
            (Lane::Partial, Some(Line::Says(text))) => Some(text.clone()),
            (Lane::Partial, Some(Line::Panics)) | (_, None) => None,
        };
        let outcome = match text {
            Some(text) if text == FAILS => return Err(Failure::Failed("as the script says".to_owned())),
            Some(text) if !text.trim().is_empty() => RecognizedText::Words(text),
            Some(_) => RecognizedText::Nothing { why: "only noise".to_owned() },
            None => RecognizedText::Nothing { why: "the script is over".to_owned() },
        };
        Ok(Recognized { outcome, confidence: Some(1.0), decode_ms: 0 })
    }

    /// Has to be loaded anew after a panic, as what a panic left behind is not believed.
    fn reset(&mut self) -> Result<(), String> {
        Err("the script says so".to_owned())
    }
}
