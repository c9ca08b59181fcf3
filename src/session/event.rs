//! What the session tells the world: events for those who watch, the view for those who join late, a log for replay.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};

use super::{
    event_log::{Entry, Writer},
    plan::Asked,
};
use crate::{
    interview::transcript::{Segment, TurnNo},
    signal::SampleIndex,
    store::{AnswerId, AnswerRecord, SessionId, StoredClarification, StoredDrill, StoredInterjection, StoredProbe},
};

/// Who holds the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Asking,
    Listening,
    Transcribing,
    Deciding,
    /// The microphone is gone and the turn waits for it.
    Suspended,
    #[default]
    Finished,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Listening => "listening",
            Self::Transcribing => "transcribing",
            Self::Deciding => "deciding",
            Self::Suspended => "suspended",
            Self::Finished => "finished",
        }
    }
}

/// Who has the floor, finer than the phase.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Floor {
    /// The interviewer speaks.
    Speaking,
    /// The interviewer listens.
    Listening,
    /// The candidate has paused; after so many seconds of further silence the turn ends, where silence ends it.
    Thinking {
        ends_in_s: Option<f64>,
        /// Time was asked for.
        granted: bool,
    },
    #[default]
    Nobody,
}

/// The present, for whoever joins late.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub session: Option<SessionId>,
    pub client: String,
    pub phase: Phase,
    pub floor: Floor,
    pub question: Option<Asked>,
    /// The words asked last.
    pub asked: Option<String>,
    pub segments: Vec<Segment>,
    /// What was asked of the interviewer since, and told.
    pub clarifications: Vec<StoredClarification>,
    /// The drill as it stands.
    pub drill: Option<StoredDrill>,
    /// A rung is offered again, and yes or no is waited for.
    pub offers_again: bool,
}

#[derive(Debug, Clone)]
pub enum Event {
    Phase(Phase),
    Asked {
        text: String,
        probe: Option<StoredProbe>,
        demonstration: bool,
    },
    Segment(Segment),
    Partial {
        text: String,
        committed: usize,
    },
    Level {
        rms: f32,
        voiced: bool,
    },
    Floor(Floor),
    Clarified(StoredClarification),
    /// The candidate went on within the grace after a silence had ended the turn.
    Unended,
    /// The interviewer cuts in; the turn goes on.
    Interjected(StoredInterjection),
    /// The drill has come further.
    Drilled(Box<StoredDrill>),
    /// Whether a rung (from 0) is taken again, in these words: yes or no is waited for.
    OfferedAgain {
        rung: usize,
        text: String,
    },
    /// What the interviewer says beside the question; it passes with the turn.
    Remark(String),
    Notice(String),
    /// `demonstration` answers are not in the history. `pending`: an assessment is on its way.
    Kept {
        answer: Box<AnswerRecord>,
        demonstration: bool,
        pending: bool,
    },
    Judging {
        answer: AnswerId,
        tokens: usize,
    },
    Assessed {
        answer: Box<AnswerRecord>,
        demonstration: bool,
    },
    Finished {
        why: String,
    },
}

/// Where a session's events go: watchers, the view, the log. Cheap to clone.
#[derive(Clone)]
pub struct Outlet {
    events: broadcast::Sender<Arc<Event>>,
    view: Arc<watch::Sender<View>>,
    log: Arc<Mutex<Writer>>,
}

impl Outlet {
    pub fn new() -> Self {
        let (events, _) = broadcast::channel(1024);
        let (view, _) = watch::channel(View::default());
        Self { events, view: Arc::new(view), log: Arc::default() }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Whether anybody is told of the events.
    pub fn is_watched(&self) -> bool {
        self.events.receiver_count() > 0
    }

    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    pub fn watch(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// A fresh view for a new session; its events are logged to `<folder>/<session>.jsonl` unless `folder` is `None`.
    pub fn begin(&self, view: View, folder: Option<&Path>) {
        let place = folder.zip(view.session);
        self.with_log(|log| *log = Writer::open(place));
        self.view.send_replace(view);
    }

    /// What is emitted from here on belongs to this turn.
    pub fn begin_turn(&self, turn: TurnNo) {
        self.with_log(|log| log.begin_turn(turn));
    }

    /// Sends an event to everyone; `at` is the position in the recording where there is one.
    pub fn emit(&self, event: Event, at: Option<SampleIndex>) {
        self.view.send_if_modified(|view| apply(view, &event));
        match (&event, at) {
            (Event::Level { .. }, Some(at)) => self.with_log(|log| log.heard(at)),
            _ => Entry::of(&event).into_iter().for_each(|entry| self.log(entry, at)),
        }
        let _ = self.events.send(Arc::new(event)); // nobody watching is fine
    }

    /// Writes what nobody watches, but whoever replays the session needs.
    pub(super) fn log(&self, entry: Entry, at: Option<SampleIndex>) {
        self.with_log(|log| log.write(entry, at));
    }

    pub fn phase(&self, phase: Phase) {
        if self.view.borrow().phase != phase {
            self.emit(Event::Phase(phase), None);
        }
        self.floor(match phase {
            Phase::Asking => Floor::Speaking,
            Phase::Listening => Floor::Listening,
            _ => Floor::Nobody,
        });
    }

    pub fn floor(&self, floor: Floor) {
        if self.view.borrow().floor != floor {
            self.emit(Event::Floor(floor), None);
        }
    }

    pub fn remark(&self, text: impl Into<String>) {
        self.emit(Event::Remark(text.into()), None);
    }

    pub fn notice(&self, text: impl Into<String>) {
        self.emit(Event::Notice(text.into()), None);
    }

    fn with_log(&self, work: impl FnOnce(&mut Writer)) {
        if let Ok(mut log) = self.log.lock() {
            work(&mut log);
        }
    }
}

impl Default for Outlet {
    fn default() -> Self {
        Self::new()
    }
}

fn apply(view: &mut View, event: &Event) -> bool {
    match event {
        Event::Phase(phase) => view.phase = *phase,
        Event::Asked { text, .. } => {
            view.asked = Some(text.clone());
            view.segments.clear();
            view.clarifications.clear();
            view.offers_again = false;
        }
        Event::Segment(segment) => view.segments.push(segment.clone()),
        Event::Floor(floor) => view.floor = *floor,
        Event::Clarified(heard) => view.clarifications.push(heard.clone()),
        Event::Drilled(drill) => view.drill = Some((**drill).clone()),
        Event::OfferedAgain { text, .. } => {
            view.offers_again = true;
            view.asked = Some(text.clone());
            view.segments.clear();
        }
        Event::Finished { .. } => *view = View::default(),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{super::event_log, *};

    #[test]
    fn a_late_watcher_sees_the_present_and_the_log_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let outlet = Outlet::new();
        outlet.begin(View { session: Some(SessionId(7)), ..View::default() }, Some(folder.path()));
        outlet.emit(Event::Asked { text: "Why?".into(), probe: None, demonstration: false }, None);
        outlet.phase(Phase::Listening);
        outlet.emit(Event::Level { rms: 0.1, voiced: true }, Some(SampleIndex(10)));
        let segment = Segment { span: None, raw: "a".into(), text: "a".into(), confidence: None, not_decoded: None };
        outlet.emit(Event::Segment(segment.clone()), Some(SampleIndex(16_000)));
        let view = outlet.view();
        assert_eq!((view.phase, view.asked.as_deref(), view.segments), (Phase::Listening, Some("Why?"), vec![segment]));

        let log = event_log::Log::read(&event_log::path(folder.path(), SessionId(7))).unwrap().lines;
        assert!(matches!(
            log.iter().map(|line| &line.entry).collect::<Vec<_>>()[..],
            [Entry::Asked { .. }, Entry::Phase { .. }, Entry::Floor { .. }, Entry::Segment { .. }]
        ));
        assert_eq!(log[3].at, SampleIndex(16_000));
    }
}
