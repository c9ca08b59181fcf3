//! Hears one turn: pulls a source on its own thread, resamples, gates, cuts segments, records.

use std::{path::PathBuf, sync::Arc};

use crate::{
    interview::transcript::TurnNo,
    signal::{SampleIndex, SampleSpan},
};

/// What the listener tells the session. Sample indices count from the start of the recording.
#[derive(Debug, Clone)]
pub enum HearingEvent {
    /// The first samples came.
    Started { source: String },
    /// About ten times a second: loudness (root mean square, 0 to 1) and whether a segment is open.
    Level { at: SampleIndex, rms: f32, voiced: bool },
    /// Speech began (start already moved back by the pre-roll).
    Opened { start: SampleIndex },
    /// A closed segment came back to life within the reopening time: forget segment `number`.
    Reopened { number: u32 },
    /// A segment was cut: decode it once.
    Closed(ClosedSegment),
    /// About once a second of new audio in an open segment: its samples so far, for the disposable partial text.
    OpenSoFar { start: SampleIndex, samples: Arc<[f32]> },
    /// The device is gone; the recording goes on as soon as it is back.
    Lost { at: SampleIndex, why: String },
    /// The device is back; `gap` samples of silence were written in its place.
    Back { at: SampleIndex, gap: u64 },
    /// Only zeros for 1.5 s: permission denied or muted in hardware.
    AllZero { at: SampleIndex },
    /// Samples were lost because the machine was too busy (total so far).
    Dropped { samples: u64 },
    /// The recording cannot be written (disk full, …). Hearing goes on in memory.
    DiskTrouble { why: String },
    /// The source ended or was stopped. Always the last event.
    Ended(HeardTurn),
}

/// One cut stretch of speech.
#[derive(Debug, Clone)]
pub struct ClosedSegment {
    pub turn: TurnNo,
    /// Counted from 0 within the turn.
    pub number: u32,
    pub span: SampleSpan,
    /// 16 kHz mono, -1 to 1, of `span`.
    pub samples: Arc<[f32]>,
    /// Highest voice-activity score in it, 0 to 1.
    pub peak_score: f32,
    /// Cut because it reached its greatest length, not at a pause: its start overlaps the one before by 500 ms.
    pub forced: bool,
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
