//! Holds a session again: the same sound and the same events through the same code, in lock-step.
//!
//! The recordings are heard by the model as they were then; what the candidate pressed, when the interviewer spoke and how long the
//! recognizer took stand in the event log, with their samples. The rest is decided anew, in a store that is gone afterwards. Nothing
//! is asked of an endpoint: what was asked next stands in the log as well.

mod held;
mod tape;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    event::View,
    event_log::{self, Entry, Log, ModelId, Outcome, Start},
    exchange,
    plan::{Command, Ear, Plan},
    script::Script,
    temporary_folder::TemporaryFolder,
    workers::{self, Workers},
};
use crate::{
    audio::{source::AudioSource, wav::Pace},
    config::{Config, Paths},
    content::Loaded,
    interview::transcript::TurnNo,
    speech::{models, recognizer::Recognizer, voice::VoiceEngine},
    store::{AnswerId, AnswerRecord, AnswerState, SessionId, Store, StoreError},
};
pub use held::{HeldTurn, Pair};
use tape::{Quiet, Tape};

/// Commands that may lie untaken.
const KEYS: usize = 64;

/// Why a session cannot be held again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("there is no session {session} in the history.{}", newest_is(*newest))]
    NoSuchSession { session: i64, newest: Option<SessionId> },
    #[error("no recording is kept: answer with `viva practice` first ([store] keep_audio_days must not be 0)")]
    NothingRecorded,
    #[error("session {0} was typed: there is no sound to hear again")]
    Typed(i64),
    #[error("session {0} was a drill on an answer of another session, without which it cannot be held again")]
    DrillOnEarlier(i64),
    #[error(
        "the recording of turn {turn} of session {session} is gone (forgotten, or older than [store] keep_audio_days)"
    )]
    RecordingGone { session: i64, turn: u32 },
    #[error("the event log of session {session} is missing: {}", path.display())]
    LogMissing { session: i64, path: PathBuf },
    #[error("the event log of session {0} is of an earlier version of viva, which did not write down enough")]
    LogTooOld(i64),
    /// No speech model: the sentence says what to do.
    #[error("{0}")]
    NoModel(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Other(String),
}

fn newest_is(session: Option<SessionId>) -> String {
    session.map_or_else(String::new, |session| format!(" The newest with a recording is {}.", session.0))
}

/// A session, as it was and as it is now.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub session: SessionId,
    pub start: Start,
    pub turns: Vec<Pair>,
    /// What is not as it was then: version, model, packs, a log that is not whole.
    pub notes: Vec<String>,
}

impl Replayed {
    /// The same turns with the same words.
    pub fn is_equal(&self) -> bool {
        self.turns.iter().all(|pair| pair.differences().is_empty())
    }
}

/// What a replay works with.
pub struct Means {
    /// Settings of now; those on which turns and texts depend are taken from the log.
    pub config: Config,
    pub paths: Paths,
    pub content: Loaded,
    /// One that is loaded; else the one of the log is, or the configured one.
    pub recognizer: Option<Recognizer>,
    pub pace: Pace,
}

/// Which session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest with a recording.
    Newest,
    Session(SessionId),
    /// The one in which it was given.
    OfAnswer(AnswerId),
}

/// Holds a session again. Nothing in the history changes.
pub async fn replay(means: Means, which: Which) -> Result<Replayed, ReplayError> {
    let Means { config, paths, content, recognizer, pace } = means;
    if !paths.database().exists() {
        return Err(ReplayError::NothingRecorded);
    }
    let store = Store::open(&paths.data_dir)?;
    let session = find(&store, which).await?;
    let (log, start) = read_log(&store, session)?;
    let answers = store.answers_of(session).await?;
    let tapes = tapes(&store, session, &start, &log, &answers)?;

    let config = as_then(config, &start, &paths);
    let (recognizer, loaded_here) = match recognizer {
        Some(recognizer) => (recognizer, false),
        None => {
            let loaded = workers::start_recognizer(&config.speech, &paths).await;
            (loaded.map_err(|error| ReplayError::NoModel(format!("{error:#}")))?, true)
        }
    };
    let other = |error: anyhow::Error| ReplayError::Other(format!("{error:#}"));
    let folder = TemporaryFolder::make("replay").map_err(other)?;
    let own = Paths { data_dir: folder.path().to_owned(), state_dir: folder.path().to_owned(), ..paths };
    let own_store = Store::open(&own.data_dir)?;
    let (keys, commands) = mpsc::channel(KEYS);
    let mut workers = Workers::new(Arc::new(config), own, content, own_store.clone(), CancellationToken::new())
        .await
        .by_script(Script::of(&with_lost_turns(&log, &tapes), keys.clone()));
    workers.recognizer = Arc::new(Mutex::new(Some(recognizer.clone())));
    let notes = notes(&workers, &start, &log, recognizer.info().model.as_str());
    let plan = plan(&start, &tapes, pace)?;
    workers.opened = Arc::new(Mutex::new(microphones(&log, &tapes, pace)?.into()));

    let id = own_store.begin_session(plan.client.clone()).await?;
    let view = View { session: Some(id), ..View::default() };
    workers.outlet.begin(view, Some(&own_store.events_folder()));
    let held = exchange::interview(workers.clone(), id, plan, commands).await;
    drop(keys);
    let log_now = Log::read(&event_log::path(&own_store.events_folder(), id)).unwrap_or_default();
    let answers_now = own_store.answers_of(id).await?;
    workers.voice.stop().await;
    if loaded_here {
        workers.stop().await;
    }
    let mut notes = notes;
    notes.extend(held.err());
    let then = held::turns(&log, &answers);
    let now = held::turns(&log_now, &answers_now);
    Ok(Replayed { session, start, turns: held::pairs(then, now), notes })
}

async fn find(store: &Store, which: Which) -> Result<SessionId, ReplayError> {
    let newest = store.newest_recorded_session().await?;
    match which {
        Which::Newest => newest.ok_or(ReplayError::NothingRecorded),
        Which::OfAnswer(answer) => Ok(store.answer(answer).await?.session),
        Which::Session(session) if store.has_session(session).await? => Ok(session),
        Which::Session(SessionId(session)) => Err(ReplayError::NoSuchSession { session, newest }),
    }
}

fn read_log(store: &Store, session: SessionId) -> Result<(Log, Start), ReplayError> {
    let path = event_log::path(&store.events_folder(), session);
    let log = Log::read(&path).map_err(|_| ReplayError::LogMissing { session: session.0, path })?;
    let start = log.start().cloned().ok_or(ReplayError::LogTooOld(session.0))?;
    Ok((log, start))
}

/// The recordings of the turns, in order; `None` for a turn of which nothing was kept.
fn tapes(
    store: &Store,
    session: SessionId,
    start: &Start,
    log: &Log,
    answers: &[AnswerRecord],
) -> Result<Vec<(TurnNo, Option<PathBuf>)>, ReplayError> {
    let session = session.0;
    if start.ear == "text" {
        return Err(ReplayError::Typed(session));
    }
    if start.drill.as_ref().is_some_and(|drill| drill.on.is_some()) {
        return Err(ReplayError::DrillOnEarlier(session));
    }
    let tape = |turn: TurnNo| {
        let gone = || ReplayError::RecordingGone { session, turn: turn.0 };
        let Some(answer) = answers.iter().find(|answer| answer.turn == turn) else {
            let was_kept = log.of_turn(turn).any(|line| matches!(line.entry, Entry::Kept { .. }));
            return if was_kept { Err(gone()) } else { Ok((turn, None)) };
        };
        let path = answer.recording.as_ref().map(|name| store.audio_folder().join(name)).filter(|path| path.exists());
        Ok((turn, Some(path.ok_or_else(gone)?)))
    };
    let tapes: Vec<_> = log.turns().into_iter().map(tape).collect::<Result<_, _>>()?;
    match tapes.iter().any(|(_, path)| path.is_some()) {
        true => Ok(tapes),
        false => Err(ReplayError::NothingRecorded),
    }
}

/// Of a turn without a recording the outcome is all that can happen again.
fn with_lost_turns(log: &Log, tapes: &[(TurnNo, Option<PathBuf>)]) -> Log {
    let is_lost = |turn: TurnNo| tapes.iter().any(|(number, path)| *number == turn && path.is_none());
    let lines = log.lines.iter().filter_map(|line| {
        let entry = match &line.entry {
            entry if !is_lost(line.turn) || matches!(entry, Entry::Asked { .. }) => entry.clone(),
            Entry::Held { outcome } => Entry::Command {
                command: match outcome {
                    Outcome::Silence => Command::EndTurn,
                    Outcome::Stopped => Command::Stop,
                    Outcome::Nothing | Outcome::Kept => Command::Skip,
                },
            },
            _ => return None,
        };
        let at = if is_lost(line.turn) { Default::default() } else { line.at };
        Some(event_log::Line { turn: line.turn, at, entry })
    });
    Log { lines: lines.collect(), unreadable: log.unreadable }
}

fn microphones(
    log: &Log,
    tapes: &[(TurnNo, Option<PathBuf>)],
    pace: Pace,
) -> Result<Vec<Box<dyn AudioSource>>, ReplayError> {
    let microphone = |(turn, path): &(TurnNo, Option<PathBuf>)| -> Result<Box<dyn AudioSource>, ReplayError> {
        let Some(path) = path else { return Ok(Box::new(Quiet::new())) };
        let tape = Tape::open(path, log, *turn, pace);
        Ok(Box::new(tape.map_err(|error| ReplayError::Other(error.to_string()))?))
    };
    tapes.iter().map(microphone).collect()
}

fn plan(start: &Start, tapes: &[(TurnNo, Option<PathBuf>)], pace: Pace) -> Result<Plan, ReplayError> {
    let ear = match (start.ear.as_str(), tapes.first()) {
        ("wav", Some((_, Some(path)))) => Ear::Wav { path: path.clone(), pace },
        ("wav", _) => return Err(ReplayError::NothingRecorded),
        _ => Ear::Microphone,
    };
    Ok(Plan {
        question: start.question.clone(),
        level: start.level,
        probes: start.probes,
        speak: start.speak,
        judge: false,
        ear,
        drill: start.drill.clone(),
        client: "viva replay".into(),
    })
}

/// The settings with which the session was held; nobody is spoken to or asked.
fn as_then(mut config: Config, start: &Start, paths: &Paths) -> Config {
    let then = &start.settings;
    config.turn.end = then.end;
    config.turn.patience = then.patience;
    config.audio.tail_ms = then.tail_ms;
    config.practice.max_answer_minutes = then.max_answer_minutes;
    config.speech.glossary = then.glossary;
    config.audio.headphones = then.headphones;
    config.llm.endpoint = "none".into();
    config.voice.engine = VoiceEngine::None;
    config.store.keep_audio_days = -1;
    if let Some(model) = &start.model
        && models::ready(&model.name, &paths.models()).is_ok_and(|found| found.model.is_some())
    {
        config.speech.model.clone_from(&model.name);
    }
    config
}

/// What is not as it was.
fn notes(workers: &Workers, start: &Start, log: &Log, model: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let ours = env!("CARGO_PKG_VERSION");
    if start.version != ours {
        notes.push(format!("It was held by viva {}, this is {ours}.", start.version));
    }
    if let Some(ModelId { name, sha256, .. }) = &start.model {
        let listed = models::all().iter().find(|model| model.name == *name);
        if name != model {
            notes.push(format!("It was heard by the speech model {name}, now by {model}."));
        } else if sha256.is_some() && listed.map(|model| &model.sha256) != sha256.as_ref() {
            notes.push(format!("The file of the speech model {name} is another one than then."));
        }
    }
    if start.packs != workers.packs_stamp() {
        notes.push("Your own packs have changed since.".into());
    }
    if log.unreadable > 0 {
        notes.push(format!("Lines of its event log that cannot be read: {}.", log.unreadable));
    }
    if log.lines.iter().any(|line| line.entry == Entry::Full) {
        notes.push("Its event log is not whole: it had grown too long.".into());
    }
    notes
}

/// Whether the program ended while it was heard: what became of it was found out later, in another way.
fn was_cut_off(answer: &AnswerRecord) -> bool {
    answer.state == AnswerState::Interrupted
}
