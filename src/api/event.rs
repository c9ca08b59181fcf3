//! Live events on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Clarification, Drill, Interjection, Probe, QuestionBrief, Segment};

/// Who holds the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The interviewer speaks.
    Asking,
    /// The candidate has the floor.
    Listening,
    /// The last segment is being decoded.
    Transcribing,
    /// The next step is being chosen.
    Deciding,
    /// The microphone is gone; the turn waits.
    Suspended,
    Finished,
}

/// Who has the floor, finer than the phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "holder", rename_all = "snake_case")]
pub enum Floor {
    /// The interviewer speaks.
    Speaking,
    /// The interviewer listens; the candidate speaks or may begin.
    Listening,
    /// The candidate has paused. `ends_in_s`: seconds of silence left before the turn ends; none where no silence ends it.
    /// `granted`: time was asked for.
    Thinking { ends_in_s: Option<f64>, granted: bool },
    /// The next step is being prepared, or nothing is live.
    Nobody,
}

/// Events of a session over `GET /api/events` (WebSocket), one JSON object a message. The first is always `view`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The present, for whoever joins late.
    View {
        session: Option<i64>,
        phase: Phase,
        floor: Floor,
        question: Option<QuestionBrief>,
        asked: Option<String>,
        segments: Vec<Segment>,
        clarifications: Vec<Clarification>,
        /// The drill as it stands, where it is one.
        #[serde(default)]
        drill: Option<Drill>,
        /// A rung is offered again: yes or no is waited for.
        #[serde(default)]
        offers_again: bool,
    },
    Phase {
        phase: Phase,
    },
    /// What is asked now: the question (probe is none) or a follow-up with its reason.
    Asked {
        text: String,
        probe: Option<Probe>,
        demonstration: bool,
    },
    /// Words that are committed.
    Segment {
        segment: Segment,
    },
    /// Disposable text of the open segment; the first `committed` words will not be taken back.
    Partial {
        text: String,
        committed: usize,
    },
    /// About ten times a second.
    Level {
        rms: f32,
        voiced: bool,
    },
    /// Who has the floor, whenever it changes, and every second while the candidate thinks and the time runs.
    Floor {
        floor: Floor,
    },
    /// The interviewer was asked something and told this; the floor goes back to the candidate.
    Clarified {
        clarification: Clarification,
    },
    /// The candidate went on soon after a silence had ended the turn: the turn goes on, with nothing lost.
    Unended,
    /// The interviewer cuts in, in a pressure drill; the turn goes on.
    Interjected {
        interjection: Interjection,
    },
    /// The drill has come further: a rung was opened or answered, or it is over and has its report.
    Drill {
        drill: Drill,
    },
    /// Whether a rung (from 1) is taken again: `end_turn` says yes, `skip` no; so does an answer, typed or spoken.
    OfferedAgain {
        rung: usize,
        text: String,
    },
    /// What the interviewer says beside the question ("Take the time you need."); it passes with the turn.
    Remark {
        text: String,
    },
    /// Something the person should know, with the remedy.
    Notice {
        text: String,
    },
    /// An answer is kept, with the practice signal; its assessment may be pending.
    Kept {
        answer: Box<Answer>,
    },
    /// The endpoint is judging: tokens received so far.
    Judging {
        answer: Option<i64>,
        tokens: usize,
    },
    /// The assessment is there; the whole answer again.
    Assessed {
        answer: Box<Answer>,
    },
    /// The session is over.
    Finished {
        why: String,
    },
}
