//! The log of a session: a file with one JSON object a line, each with its turn and the sample at which it happened.
//!
//! Complete: with the recordings it is all that [`super::replay`] needs to hold the session again. It is only ever appended to; a
//! log that cannot be written ends and the session goes on. Loudness, partial texts and the seconds of a silence that runs are
//! left out.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{
    event::{Event, Floor, Phase},
    hear::EndedBy,
    plan::{Asked, Command, DrillPlan},
};
use crate::{
    config::TurnEnd,
    interview::{
        question::AskedLevel,
        transcript::{Segment, TurnNo},
        turn_taking::EndReason,
    },
    signal::SampleIndex,
    store::{SessionId, StoredClarification, StoredInterjection, StoredProbe},
};

/// Bytes after which nothing is written any more: an hour of talk makes some 200 kB.
const LONGEST: u64 = 16 << 20;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// 0 before the first turn.
    pub turn: TurnNo,
    /// Position in the recording of the turn: where it happened, or what had been heard when it did.
    pub at: SampleIndex,
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entry {
    /// Always the first.
    Started(Box<Start>),
    Asked {
        text: String,
        probe: Option<StoredProbe>,
    },
    Phase {
        phase: Phase,
    },
    Floor {
        floor: FloorHolder,
    },
    /// The interviewer begins to say something.
    Speaks {
        text: String,
    },
    /// It was said, or cut short: share of it that was heard; 1 also where nobody speaks and it is read.
    Spoke {
        heard: f64,
    },
    /// After something was said the candidate has the floor again.
    FloorGiven,
    EarsClosed,
    EarsOpened,
    Lost {
        why: String,
    },
    /// `gap` samples of silence end here; the device was away for so many seconds.
    Back {
        gap: u64,
        away_s: f64,
    },
    /// The computer slept. Nothing in the recording stands for it.
    Slept {
        away_s: f64,
    },
    /// A command took effect.
    Command {
        command: Command,
    },
    /// The words of a closed segment were there.
    Decoded {
        number: u32,
    },
    /// A segment can no longer be taken back.
    Segment {
        segment: Segment,
    },
    Clarified {
        clarification: StoredClarification,
    },
    Nudged {
        text: String,
    },
    Notice {
        text: String,
    },
    /// The interviewer cuts in.
    Interjected {
        interjection: Box<StoredInterjection>,
    },
    /// Whether a rung (from 0) is taken again.
    OfferedAgain {
        rung: usize,
        text: String,
    },
    /// The turn ends; after a silence not yet for good.
    Ends {
        by: EndedBy,
        because: Because,
    },
    Unended,
    /// Nothing more is heard of this turn.
    Over {
        by: EndedBy,
        listening_from: SampleIndex,
        length: SampleIndex,
    },
    Kept {
        answer: i64,
    },
    Assessed {
        answer: i64,
    },
    /// What became of the turn.
    Held {
        outcome: Outcome,
    },
    Finished {
        why: String,
    },
    /// The log has grown too long: the rest is missing.
    Full,
    /// Of a later version.
    #[serde(other)]
    Unknown,
}

/// What a session began with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    pub session: i64,
    /// Of the program.
    pub version: String,
    /// `None` where nothing is heard.
    pub model: Option<ModelId>,
    /// State of the person's own packs.
    pub packs: String,
    pub question: Asked,
    pub level: AskedLevel,
    pub probes: u8,
    pub speak: bool,
    /// "microphone", "wav", "text"
    pub ear: String,
    /// Where it was a pressure drill.
    #[serde(default)]
    pub drill: Option<DrillPlan>,
    pub settings: StartSettings,
}

/// The settings on which turns and texts depend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartSettings {
    pub end: TurnEnd,
    pub patience: f64,
    pub tail_ms: u64,
    pub max_answer_minutes: u64,
    pub glossary: bool,
    #[serde(default)]
    pub headphones: bool,
}

/// A speech model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelId {
    /// Name of the list, or of the file.
    pub name: String,
    /// Of a model of the list.
    pub sha256: Option<String>,
    /// Of its file.
    pub bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorHolder {
    Interviewer,
    Candidate,
    /// A silence; where it ends the turn only its first second is written.
    Thinking,
    /// Time was asked for.
    ThinkingGranted,
    Nobody,
}

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    Key,
    Typed,
    SaidDone,
    /// "Let us move on", "I don't know".
    SaidSo,
    Complete,
    NothingToAdd,
    LongSilence,
    /// The answer was too long.
    Limit,
}

impl From<EndReason> for Because {
    fn from(why: EndReason) -> Self {
        match why {
            EndReason::SaidDone => Self::SaidDone,
            EndReason::Complete => Self::Complete,
            EndReason::NothingToAdd => Self::NothingToAdd,
            EndReason::LongSilence => Self::LongSilence,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Kept,
    Nothing,
    /// The same is asked again.
    Silence,
    Stopped,
}

impl Entry {
    /// The entry of an event that is told to watchers; `None` for what is not logged.
    pub fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Phase(phase) => Self::Phase { phase: *phase },
            Event::Asked { text, probe, .. } => Self::Asked { text: text.clone(), probe: probe.clone() },
            Event::Segment(segment) => Self::Segment { segment: segment.clone() },
            Event::Notice(text) | Event::Remark(text) => Self::Notice { text: text.clone() },
            Event::Kept { answer, .. } => Self::Kept { answer: answer.id.0 },
            Event::Assessed { answer, .. } => Self::Assessed { answer: answer.id.0 },
            Event::Finished { why } => Self::Finished { why: why.clone() },
            Event::Clarified(heard) => Self::Clarified { clarification: heard.clone() },
            Event::Unended => Self::Unended,
            Event::Interjected(said) => Self::Interjected { interjection: Box::new(said.clone()) },
            Event::OfferedAgain { rung, text } => Self::OfferedAgain { rung: *rung, text: text.clone() },
            Event::Floor(floor) => Self::Floor { floor: floor.into() },
            Event::Partial { .. } | Event::Level { .. } | Event::Judging { .. } | Event::Drilled(_) => return None,
        })
    }
}

impl From<&Floor> for FloorHolder {
    fn from(floor: &Floor) -> Self {
        match floor {
            Floor::Speaking => Self::Interviewer,
            Floor::Listening => Self::Candidate,
            Floor::Thinking { granted: true, .. } => Self::ThinkingGranted,
            Floor::Thinking { .. } => Self::Thinking,
            Floor::Nobody => Self::Nobody,
        }
    }
}

/// Appends to the log of the live session.
#[derive(Debug, Default)]
pub(super) struct Writer {
    file: Option<File>,
    written: u64,
    turn: TurnNo,
    heard: SampleIndex,
    floor: Option<FloorHolder>,
}

impl Writer {
    /// Begins or goes on with the log of a session; `None` writes nothing.
    pub fn open(place: Option<(&Path, SessionId)>) -> Self {
        let file = place.and_then(|(folder, session)| {
            let opened = private().append(true).create(true).open(path(folder, session));
            opened.inspect_err(|error| warn!(%error, "event log cannot be written")).ok()
        });
        let written = file.as_ref().and_then(|file| Some(file.metadata().ok()?.len())).unwrap_or(0);
        Self { file, written, ..Self::default() }
    }

    pub fn begin_turn(&mut self, turn: TurnNo) {
        (self.turn, self.heard) = (turn, SampleIndex::default());
    }

    /// What comes without a position of its own happened when so much had been heard.
    pub fn heard(&mut self, at: SampleIndex) {
        self.heard = at;
    }

    pub fn write(&mut self, entry: Entry, at: Option<SampleIndex>) {
        if let Entry::Floor { floor } = &entry
            && self.floor.replace(*floor) == Some(*floor)
        {
            return; // the next second of the same silence
        }
        let line = Line { turn: self.turn, at: at.unwrap_or(self.heard), entry };
        if self.written < LONGEST {
            self.append(&line);
        }
    }

    fn append(&mut self, line: &Line) {
        let Some(file) = &mut self.file else { return };
        let full = Line { entry: Entry::Full, ..line.clone() };
        let written = text_of(line).and_then(|text| {
            file.write_all(text.as_bytes())?;
            self.written += text.len() as u64;
            if self.written >= LONGEST { file.write_all(text_of(&full)?.as_bytes()) } else { Ok(()) }
        });
        if let Err(error) = written {
            warn!(%error, "event log cannot be written; the session goes on without it");
            self.file = None;
        }
    }
}

/// In one piece, so that a crash tears at most the last line.
fn text_of(line: &Line) -> io::Result<String> {
    Ok(serde_json::to_string(line)? + "\n")
}

fn private() -> std::fs::OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Where the log of a session is, in the folder of event logs.
pub fn path(folder: &Path, session: SessionId) -> PathBuf {
    folder.join(format!("{}.jsonl", session.0))
}

/// A log that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    pub lines: Vec<Line>,
    /// Lines that could not be read. One is a line that a crash tore.
    pub unreadable: usize,
}

impl Log {
    /// Reads a log. A line that is torn, or of another version, is passed over.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut log = Self::default();
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            match serde_json::from_slice(&line?) {
                Ok(line) => log.lines.push(line),
                Err(_) => log.unreadable += 1,
            }
        }
        Ok(log)
    }

    /// What the session began with; `None` in the log of an earlier version.
    pub fn start(&self) -> Option<&Start> {
        self.lines.iter().find_map(|line| match &line.entry {
            Entry::Started(start) => Some(&**start),
            _ => None,
        })
    }

    /// The turns, in order; numbers are counted from 1.
    pub fn turns(&self) -> Vec<TurnNo> {
        let mut turns: Vec<TurnNo> = self.lines.iter().map(|line| line.turn).filter(|turn| turn.0 > 0).collect();
        turns.dedup();
        turns
    }

    /// What happened in a turn.
    pub fn of_turn(&self, turn: TurnNo) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.turn == turn)
    }
}

#[cfg(test)]
#[path = "event_log_tests.rs"]
mod tests;
