//! Turns a closed segment into words, in a thread that owns the model.
//!
//! Two lanes: finals are a queue that never drops and is decoded in order; the partial is a slot of one in which the latest
//! wins, and it makes way for a final at once. What an engine does with the sound is in [`super::whisper`]; a scripted
//! engine says given texts, for tests. Where segments come from and where words go is not known here.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::models::{ModelError, ModelPath};

/// One closed segment to decode.
#[derive(Debug, Clone)]
pub struct Job {
    /// 16 kHz mono.
    pub samples: Arc<[f32]>,
    /// Highest voice-activity score in the segment, 0 to 1.
    pub peak_score: f32,
    /// Terms of the question that steer the recognizer; empty for none.
    pub glossary: Arc<[String]>,
}

/// What one segment was found to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognized {
    pub outcome: RecognizedText,
    /// Mean token probability, 0 to 1.
    pub confidence: Option<f32>,
    /// Milliseconds the decoder took, without the wait in the queue.
    pub decode_ms: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RecognizedText {
    Words(String),
    /// Nothing was written, and why ("only noise", "a stock phrase of the recognizer on silence").
    Nothing {
        why: String,
    },
}

/// Why no text can be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecognizerError {
    #[error("speech model {path} cannot be loaded: {why}")]
    Model { path: String, why: String },
    /// The file was looked at and refused; the text names the remedy.
    #[error("{0}")]
    BadModel(Arc<ModelError>),
    /// This segment could not be decoded; others can.
    #[error("decoding failed: {0}")]
    Decoding(String),
    #[error("the recognizer stopped: {0}")]
    Stopped(String),
    #[error("this build of viva has no speech recognition (built without the feature \"whisper\")")]
    NotBuilt,
}

impl From<ModelError> for RecognizerError {
    fn from(error: ModelError) -> Self {
        Self::BadModel(Arc::new(error))
    }
}

/// How to recognize.
#[derive(Debug, Clone)]
pub struct RecognizerOptions {
    /// Threads for decoding; 0 measures one against the physical cores at the start and keeps the faster.
    pub threads: usize,
    /// Steer the recognizer with the terms of each job. Never done with the synthetic model, which it disturbs.
    pub glossary: bool,
    /// A Silero voice-activity model in ggml form, as a second opinion on each segment.
    pub silero: Option<PathBuf>,
}

impl Default for RecognizerOptions {
    fn default() -> Self {
        Self { threads: 0, glossary: true, silero: None }
    }
}

/// What is running, for the readiness report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecognizerInfo {
    /// Name of the list, or the file.
    pub model: String,
    /// Understands synthetic voices only: say so wherever its words are shown.
    pub synthetic: bool,
    pub threads: usize,
    pub load_ms: u64,
    /// Time of one decode at the start divided by the length of its sound; `None` when nothing was measured.
    pub realtime_factor: Option<f64>,
}

/// A handle to the thread; clones share it. When the last one is dropped the thread ends.
#[derive(Clone)]
pub struct Recognizer {
    owner: Arc<Owner>,
}

struct Owner {
    desk: Arc<Desk>,
    info: RecognizerInfo,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.desk.close("its last user left");
    }
}

impl Recognizer {
    /// Checks and loads the model in a thread of its own and decodes once, so that the first answer does not wait for it.
    ///
    /// A corrupt file is an error here, never the end of the process. Takes about half a second with base.en.
    #[cfg(feature = "whisper")]
    pub async fn start(model: ModelPath, options: RecognizerOptions) -> Result<Self, RecognizerError> {
        Self::spawn(move || super::whisper::Whisper::load(&model, &options)).await
    }

    /// This build cannot recognize speech.
    #[cfg(not(feature = "whisper"))]
    pub async fn start(_model: ModelPath, _options: RecognizerOptions) -> Result<Self, RecognizerError> {
        Err(RecognizerError::NotBuilt)
    }

    /// For tests: final segments are found to say `texts`, one after the other; an empty text is a segment without words.
    ///
    /// A partial is the text that the next final will be. After the last text there are no words.
    pub fn scripted(texts: Vec<String>) -> Self {
        let desk = Arc::new(Desk::default());
        let info = RecognizerInfo { model: "scripted".to_owned(), threads: 1, ..RecognizerInfo::default() };
        let mut engine = Scripted { texts: texts.into() };
        let at_desk = desk.clone();
        std::thread::spawn(move || work(&mut engine, &at_desk));
        Self { owner: Arc::new(Owner { desk, info }) }
    }

    /// What is running.
    pub fn info(&self) -> &RecognizerInfo {
        &self.owner.info
    }

    /// Decodes a closed segment; waits its turn behind earlier ones.
    ///
    /// Dropping the future before its turn comes takes the segment out of the queue.
    pub async fn recognize(&self, job: Job) -> Result<Recognized, RecognizerError> {
        let (reply, answer) = oneshot::channel();
        self.owner.desk.add_final(Ticket { job, reply, tried: false })?;
        answer.await.unwrap_or_else(|_| Err(RecognizerError::Stopped("its thread ended".to_owned())))
    }

    /// Asks for the disposable text of an open segment. Takes the place of one that was not begun.
    ///
    /// The receiver gets an error where there is no text: replaced by a later one, given up for a final, or failed.
    pub fn partial(&self, job: Job) -> oneshot::Receiver<Recognized> {
        let (reply, answer) = oneshot::channel();
        self.owner.desk.set_partial(job, reply);
        answer
    }

    /// Seconds of sound that wait to be decoded as finals, without the one in work.
    pub fn waiting_s(&self) -> f64 {
        let waiting = self.owner.desk.lock().finals.iter().map(|ticket| ticket.job.samples.len()).sum::<usize>();
        waiting as f64 / f64::from(crate::signal::SAMPLE_RATE)
    }

    /// Ends the thread as soon as it can; who waits for a text is told so. Returns at once.
    pub fn stop(&self) {
        self.owner.desk.close("viva is stopping");
    }

    /// Waits until the thread is gone after [`Recognizer::stop`]. False when it overstays the deadline. Blocks.
    pub fn join(&self, deadline: Duration) -> bool {
        let desk = &self.owner.desk;
        let (state, _) = desk
            .bell
            .wait_timeout_while(desk.lock(), deadline, |state| !state.thread_gone)
            .unwrap_or_else(PoisonError::into_inner);
        if !state.thread_gone {
            warn!(thread = THREAD_NAME, "still decoding at the deadline");
        }
        state.thread_gone
    }

    #[cfg_attr(not(any(feature = "whisper", test)), expect(dead_code, reason = "only engines with a model load"))]
    async fn spawn<E: Engine>(
        load: impl FnOnce() -> Result<(E, RecognizerInfo), RecognizerError> + Send + 'static,
    ) -> Result<Self, RecognizerError> {
        let desk = Arc::new(Desk::default());
        let at_desk = desk.clone();
        let (loaded, ready) = oneshot::channel();
        let body = move || match load() {
            Ok((mut engine, info)) => {
                let _ = loaded.send(Ok(info));
                work(&mut engine, &at_desk);
            }
            Err(error) => drop(loaded.send(Err(error))),
        };
        let spawned = std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(body);
        spawned.map_err(|e| RecognizerError::Stopped(format!("no thread for it: {e}")))?;
        let info =
            ready.await.unwrap_or_else(|_| Err(RecognizerError::Stopped("it failed while loading".to_owned())))?;
        debug!(model = info.model, threads = info.threads, load_ms = info.load_ms, "recognizer ready");
        Ok(Self { owner: Arc::new(Owner { desk, info }) })
    }
}

const THREAD_NAME: &str = "viva-recognizer";

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
pub(super) enum Failure {
    /// It was told to make way.
    Aborted,
    Failed(String),
}

/// Something that finds words in sound. Lives and dies in the recognizer's thread.
pub(super) trait Engine {
    /// Blocks. Gives up soon after `abort` is set, with [`Failure::Aborted`].
    fn hear(&mut self, job: &Job, lane: Lane, abort: &Arc<AtomicBool>) -> Result<Recognized, Failure>;

    /// Makes it usable again after a panic.
    fn reset(&mut self) -> Result<(), String>;
}

struct Ticket {
    job: Job,
    reply: oneshot::Sender<Result<Recognized, RecognizerError>>,
    /// Decoding it has panicked once.
    tried: bool,
}

/// Where jobs are left and taken.
#[derive(Default)]
struct Desk {
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
    closed: Option<String>,
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

    fn add_final(&self, ticket: Ticket) -> Result<(), RecognizerError> {
        let mut state = self.lock();
        if let Some(why) = &state.closed {
            return Err(RecognizerError::Stopped(why.clone()));
        }
        state.finals.push_back(ticket);
        if state.in_work == Some(Lane::Partial) {
            self.abort.store(true, Ordering::Relaxed);
        }
        self.bell.notify_all();
        Ok(())
    }

    fn set_partial(&self, job: Job, reply: oneshot::Sender<Recognized>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.partial = Some((job, reply));
            self.bell.notify_all();
        }
    }

    fn close(&self, why: &str) {
        let mut state = self.lock();
        state.closed.get_or_insert_with(|| why.to_owned());
        self.abort.store(true, Ordering::Relaxed);
        self.bell.notify_all();
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

    /// Marks the end of the thread and tells everybody who still waits.
    fn leave(&self, why: &str) {
        let mut state = self.lock();
        let why = state.closed.get_or_insert_with(|| why.to_owned()).clone();
        for ticket in state.finals.drain(..) {
            let _ = ticket.reply.send(Err(RecognizerError::Stopped(why.clone())));
        }
        state.partial = None;
        state.in_work = None;
        state.thread_gone = true;
        self.bell.notify_all();
    }
}

/// The life of the thread.
fn work(engine: &mut impl Engine, desk: &Desk) {
    loop {
        match desk.take() {
            Next::Stop => return desk.leave("viva is stopping"),
            Next::Final(ticket) => {
                if let Err(why) = decode_final(engine, desk, ticket) {
                    return desk.leave(&why);
                }
            }
            Next::Partial(job, reply) => {
                match guarded(engine, &job, Lane::Partial, &desk.abort) {
                    Ok(recognized) => drop(reply.send(recognized)),
                    Err(Trouble::Failure(_)) => {} // dropping the reply says it all
                    Err(Trouble::Panicked) => {
                        if let Err(why) = engine.reset() {
                            return desk.leave(&why);
                        }
                    }
                }
            }
        }
    }
}

/// Decodes and replies. After a first panic the engine is made anew and the job put back in front; an error ends the thread.
fn decode_final(engine: &mut impl Engine, desk: &Desk, mut ticket: Ticket) -> Result<(), String> {
    let result = match guarded(engine, &ticket.job, Lane::Final, &desk.abort) {
        Ok(recognized) => Ok(recognized),
        Err(Trouble::Failure(Failure::Failed(why))) => Err(RecognizerError::Decoding(why)),
        Err(Trouble::Failure(Failure::Aborted)) => Err(RecognizerError::Stopped("viva is stopping".to_owned())),
        Err(Trouble::Panicked) => {
            let reset = engine.reset();
            if reset.is_ok() && !ticket.tried {
                ticket.tried = true;
                desk.lock().finals.push_front(ticket);
                return Ok(());
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
    let seconds = job.samples.len() as f64 / f64::from(crate::signal::SAMPLE_RATE);
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

/// The engine of [`Recognizer::scripted`].
struct Scripted {
    texts: VecDeque<String>,
}

impl Engine for Scripted {
    fn hear(&mut self, _job: &Job, lane: Lane, _abort: &Arc<AtomicBool>) -> Result<Recognized, Failure> {
        let text = match lane {
            Lane::Final => self.texts.pop_front(),
            Lane::Partial => self.texts.front().cloned(),
        };
        let outcome = match text {
            Some(text) if !text.trim().is_empty() => RecognizedText::Words(text),
            Some(_) => RecognizedText::Nothing { why: "only noise".to_owned() },
            None => RecognizedText::Nothing { why: "the script is over".to_owned() },
        };
        Ok(Recognized { outcome, confidence: Some(1.0), decode_ms: 0 })
    }

    fn reset(&mut self) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "recognizer_tests.rs"]
mod tests;
