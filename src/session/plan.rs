//! What a session is asked to do, and what it may be told while it runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{
    audio::wav::Pace,
    interview::question::{AskedLevel, Kind, Question},
    store::AnswerId,
};

/// One sitting from start to finish.
#[derive(Debug, Clone)]
pub struct Plan {
    pub question: Asked,
    pub level: AskedLevel,
    /// Follow-ups after the answer to the question.
    pub probes: u8,
    pub speak: bool,
    /// Whether the LLM endpoint is asked.
    pub judge: bool,
    pub ear: Ear,
    /// The follow-ups are a pressure drill.
    pub drill: Option<DrillPlan>,
    /// Shown to whoever finds the daemon busy.
    pub client: String,
}

/// A pressure drill: as many rungs as the plan has probes, unless they are used up before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillPlan {
    /// Id of one of the pack's tempers.
    pub temper: String,
    /// The answer to drill on, given before; `None`: the question is asked first.
    pub on: Option<AnswerId>,
}

/// The question, in a pack or in free words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Id in a pack; `None` for free words.
    pub id: Option<String>,
    pub text: String,
    pub kind: Kind,
}

impl Asked {
    pub fn known(question: &Question) -> Self {
        Self { id: Some(question.id.clone()), text: question.ask.clone(), kind: question.kind }
    }
}

/// Where the answers come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Ear {
    Microphone,
    /// [`Command::Answer`] brings them.
    Typed,
    /// One recording, one answer.
    Wav {
        path: PathBuf,
        pace: Pace,
    },
    /// One text, one answer.
    Text(String),
    /// The bundled recording, heard with the bundled synthetic model; nothing of it is kept.
    Demonstration {
        pace: Pace,
    },
}

impl Ear {
    /// As it is stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Typed | Self::Text(_) => "text",
            Self::Wav { .. } => "wav",
            Self::Demonstration { .. } => "demonstration",
        }
    }

    /// Whether someone is there to answer a follow-up.
    pub fn is_interactive(&self) -> bool {
        matches!(self, Self::Microphone | Self::Typed)
    }
}

/// What a person may say to a running session other than an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    EndTurn,
    Answer(String),
    Repeat,
    Skip,
    Stop,
    Hold,
}
