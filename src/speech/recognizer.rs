//! Turns a closed segment into words, in a thread that owns the model.
//!
//! Two lanes: finals are a queue that never drops and is decoded in order; the partial is a slot of one in which the latest
//! wins, and it makes way for a final at once (`lanes`). What is done with the sound is in `whisper`; a scripted recognizer
//! says given texts, for tests. Where segments come from and where words go is not known here.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::oneshot;
use tracing::warn;

#[cfg(any(feature = "whisper", test))]
use super::lanes::Engine;
use super::{
    lanes::{Desk, Line, Scripted, Ticket, live},
    models::{ModelError, ModelPath},
};
use crate::signal::SAMPLE_RATE;

/// A scripted text that stands for a segment that cannot be decoded.
pub const FAILS: &str = "<fails>";

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
    /// By order.
    #[error("the recognizer stopped: {0}")]
    Stopped(String),
    /// Its thread is gone and the model could not be loaded again.
    #[error("the recognizer broke: {0}")]
    Broken(String),
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
    /// A smaller model for partials, which are for the screen and must not keep the finals waiting; `None`: the same.
    pub partial: Option<ModelPath>,
    /// Steer the recognizer with the terms of each job. Never done with the synthetic model, which it disturbs.
    pub glossary: bool,
    /// A Silero voice-activity model in ggml form, as a second opinion on each segment.
    pub silero: Option<PathBuf>,
    /// For measurements with weights that mean nothing and so never end a text: stop after so many tokens per second of
    /// sound (people: 3.3).
    #[doc(hidden)]
    pub tokens_per_s: Option<f64>,
}

impl Default for RecognizerOptions {
    fn default() -> Self {
        Self { partial: None, threads: 0, glossary: true, silero: None, tokens_per_s: None }
    }
}

/// What is running, for the readiness report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecognizerInfo {
    /// Name of the list, or the file.
    pub model: String,
    /// The one of the partials, where that is another.
    pub partial_model: Option<String>,
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
    /// A corrupt file is an error here, never the end of the process. Takes one to two seconds with base.en.
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
        Self::by_lines(texts.into_iter().map(Line::Says).collect(), true)
    }

    /// For tests: the same, where `None` is a panic of the decoder, after which the same segment is tried once more. Where it
    /// does not `recover` the first panic is its end.
    #[cfg(test)]
    pub fn faulty(texts: Vec<Option<&str>>, recovers: bool) -> Self {
        let line = |text: Option<&str>| text.map_or(Line::Panics, |text| Line::Says(text.to_owned()));
        Self::by_lines(texts.into_iter().map(line).collect(), recovers)
    }

    fn by_lines(lines: VecDeque<Line>, recovers: bool) -> Self {
        let desk = Arc::new(Desk::default());
        let info = RecognizerInfo { model: "scripted".to_owned(), threads: 1, ..RecognizerInfo::default() };
        let lines = Arc::new(Mutex::new(lines));
        let first = Scripted { lines: lines.clone() };
        let load = move || match recovers {
            true => Ok(Scripted { lines: lines.clone() }),
            false => Err(RecognizerError::Decoding("its model is gone".to_owned())),
        };
        let at_desk = desk.clone();
        std::thread::spawn(move || live(first, load, &at_desk));
        Self { owner: Arc::new(Owner { desk, info }) }
    }

    /// What is running.
    pub fn info(&self) -> &RecognizerInfo {
        &self.owner.info
    }

    /// False when it was stopped or its thread has given up: then start another.
    pub fn is_running(&self) -> bool {
        self.owner.desk.is_open()
    }

    /// Decodes a closed segment; waits its turn behind earlier ones.
    ///
    /// Dropping the future before its turn comes takes the segment out of the queue.
    pub async fn recognize(&self, job: Job) -> Result<Recognized, RecognizerError> {
        let (reply, answer) = oneshot::channel();
        self.owner.desk.add_final(Ticket { job, reply, tried: false })?;
        answer.await.unwrap_or_else(|_| Err(RecognizerError::Broken("its thread ended".to_owned())))
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
        self.owner.desk.waiting() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Ends the thread as soon as it can; who waits for a text is told so. Returns at once.
    pub fn stop(&self) {
        self.owner.desk.close("viva is stopping");
    }

    /// Waits until the thread is gone after [`Recognizer::stop`]. False when it overstays the deadline. Blocks.
    pub fn join(&self, deadline: Duration) -> bool {
        let gone = self.owner.desk.wait_for_end(deadline);
        if !gone {
            warn!(thread = THREAD_NAME, "still decoding at the deadline");
        }
        gone
    }

    #[cfg(any(feature = "whisper", test))]
    async fn spawn<E: Engine>(
        load: impl Fn() -> Result<(E, RecognizerInfo), RecognizerError> + Send + 'static,
    ) -> Result<Self, RecognizerError> {
        let desk = Arc::new(Desk::default());
        let at_desk = desk.clone();
        let (loaded, ready) = oneshot::channel();
        let body = move || match load() {
            Ok((engine, info)) => {
                let _ = loaded.send(Ok(info));
                live(engine, || Ok(load()?.0), &at_desk);
            }
            Err(error) => drop(loaded.send(Err(error))),
        };
        let spawned = std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(body);
        spawned.map_err(|e| RecognizerError::Stopped(format!("no thread for it: {e}")))?;
        let info =
            ready.await.unwrap_or_else(|_| Err(RecognizerError::Stopped("it failed while loading".to_owned())))?;
        tracing::debug!(model = info.model, threads = info.threads, load_ms = info.load_ms, "recognizer ready");
        Ok(Self { owner: Arc::new(Owner { desk, info }) })
    }
}

const THREAD_NAME: &str = "viva-recognizer";

#[cfg(test)]
#[path = "recognizer_tests.rs"]
mod tests;
