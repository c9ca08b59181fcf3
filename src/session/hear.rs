//! Hearing one turn: from the last word of the question to the last word of the answer.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{
    asides::{self, Aside, Asides},
    choosing::{Afterwards, Next},
    event::{Event, Floor, Phase},
    event_log::Entry,
    interjector::Interjector,
    open_turn,
    plan::Command,
    saving::Row,
    workers::Workers,
};
use crate::{
    audio::wav::{Pace, WavSource},
    interview::{
        question::Kind,
        spoken_command,
        transcript::{Segment, Transcript, TurnNo},
        turn_taking::{self, TurnSettings},
    },
    signal::SampleIndex,
    speech::listener::HeardTurn,
    store::StoredClarification,
};

/// What one turn brought.
#[derive(Default)]
pub(super) struct Heard {
    /// As it is judged: words to the interviewer stand in `raw` only.
    pub transcript: Transcript,
    pub turn: HeardTurn,
    /// When the candidate was given the floor.
    pub listening_from: SampleIndex,
    pub ended: EndedBy,
    pub timings: BTreeMap<String, u64>,
    pub notices: Vec<String>,
    /// What was asked of the interviewer, and told.
    pub clarifications: Vec<StoredClarification>,
    /// The next step, where its choice was begun while the end of the turn could still be taken back.
    pub next: Option<Next>,
}

/// What ended the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// "I have finished", by key, by word or by the turn-taking policy.
    #[default]
    Candidate,
    /// The file is at its end, the device is gone for good, or the time is over.
    Source,
    /// "I don't know", and nothing besides.
    GaveUp,
    Skip,
    Stop,
}

impl EndedBy {
    /// What it was, for a person.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Candidate => "ended",
            Self::Source => "ended with the sound or the time",
            Self::GaveUp => "given up",
            Self::Skip => "passed over",
            Self::Stop => "broken off with the session",
        }
    }
}

impl Heard {
    /// A text that nobody could reply to.
    pub fn text(workers: &Workers, question: Option<&str>, text: &str) -> Self {
        let typed = Transcript::typed(text);
        let ended = if asides::gives_up(&typed) { EndedBy::GaveUp } else { EndedBy::Candidate };
        let (transcript, clarifications) = asides::without_listener(workers, question, typed);
        Self { transcript, clarifications, ended, ..Self::default() }
    }

    /// Something was said, and it was to the interviewer.
    pub fn holds_asides_only(&self) -> bool {
        self.transcript.is_empty() && self.transcript.segments.iter().any(Segment::is_aside)
    }

    fn nothing(ended: EndedBy) -> Self {
        Self { ended, ..Self::default() }
    }
}

/// How a turn is heard.
pub(super) struct Ears<'a> {
    pub turn: TurnNo,
    /// Id of the question, whose pack knows the terms; `None` for free words.
    pub question: Option<String>,
    pub recording: Option<PathBuf>,
    /// The row of the answer, which is there before the floor is given; `None` where nothing is kept.
    pub row: Option<&'a mut Row>,
}

impl Ears<'_> {
    /// Waits until a crash would leave a trace of what is heard.
    pub async fn may_hear(&mut self) {
        if let Some(row) = &mut self.row {
            row.there().await;
        }
    }
}

/// One thing to ask and the means to hear its answer.
pub(super) struct Asking<'a> {
    pub workers: &'a Workers,
    pub commands: &'a mut mpsc::Receiver<Command>,
    pub text: &'a str,
    pub kind: Kind,
    pub speak: bool,
    pub ears: Ears<'a>,
    /// What is done while the end of the turn can still be taken back; `None` where nothing follows.
    pub afterwards: Option<Afterwards>,
    /// Who may cut in: only in a drill, and only where the candidate is there to hear it.
    pub interjector: Option<&'a mut Interjector>,
    pub wants: Wants,
}

/// What the turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Answer,
    /// Yes or no, within so many samples.
    YesOrNo {
        within: u64,
    },
}

/// What a person did while the question was being spoken.
pub(super) enum Spoken {
    ToTheEnd,
    /// Came in, when this share of it had been heard.
    CutShort(f64),
    Interrupted(Command),
}

/// Asks and waits for a typed answer. What is typed to the interviewer is answered, and the floor goes back.
pub(super) async fn typed(mut asking: Asking<'_>) -> anyhow::Result<Heard> {
    let outlet = &asking.workers.outlet;
    let question = asking.ears.question.clone();
    let mut asides = Asides::new(asking.workers, question.as_deref(), true);
    let mut heard = Heard::default();
    let mut command = asking.say_or_command(asking.text).await;
    loop {
        outlet.phase(Phase::Listening);
        let next = match command.take() {
            Some(command) => command,
            None => asking.command().await,
        };
        match next {
            Command::Answer(text) => {
                let segments = &mut heard.transcript.segments;
                segments.extend(Transcript::typed(&text).segments);
                match asides.at_the_end(segments) {
                    None | Some(Aside::Done) => break,
                    Some(Aside::Skip) => return Ok(Heard { ended: EndedBy::Skip, ..heard }),
                    Some(Aside::GiveUp) => {
                        heard.ended = EndedBy::GaveUp;
                        break;
                    }
                    Some(Aside::NeedTime) => {
                        asides.settle(segments);
                        outlet.floor(Floor::Thinking { ends_in_s: None, granted: true });
                        command = Some(asking.command().await);
                    }
                    Some(Aside::Repeat) => {
                        asides.settle(segments);
                        outlet.remark(format!("Again: {}", asking.text));
                        command = asking.say_or_command(asking.text).await;
                    }
                    Some(Aside::Asked(asked)) => {
                        let told = asides.told(segments, &asked);
                        outlet.emit(Event::Clarified(told.clone()), None);
                        heard.clarifications.push(told);
                        command = asking.say_or_command(&asked.reply).await;
                    }
                }
            }
            Command::Skip => return Ok(Heard { ended: EndedBy::Skip, ..heard }),
            Command::Stop => {
                heard.ended = EndedBy::Stop;
                break;
            }
            Command::EndTurn => outlet.notice("Type the answer first, then send it."),
            Command::Hold => {} // nothing ends a typed answer but who types it
            Command::Repeat => command = asking.say_or_command(asking.text).await,
        }
    }
    heard.transcript = spoken_command::without_commands(&heard.transcript);
    Ok(heard)
}

/// Asks and hears the answer through the microphone. The device is opened first, so that its start-up costs no word.
pub(super) async fn microphone(asking: Asking<'_>) -> anyhow::Result<Heard> {
    let source = asking.workers.open_microphone().await?;
    open_turn::hear(asking, source, Room::Shared, Lane::WithPartials).await
}

/// Asks, then hears a recording.
pub(super) async fn recording(mut asking: Asking<'_>, path: &Path, pace: Pace) -> anyhow::Result<Heard> {
    match asking.say_or_command(asking.text).await {
        Some(Command::Stop) => return Ok(Heard::nothing(EndedBy::Stop)),
        Some(Command::Skip) => return Ok(Heard::nothing(EndedBy::Skip)),
        _ => {}
    }
    let source = WavSource::open(path, pace)?;
    let lane = if pace == Pace::RealTime { Lane::WithPartials } else { Lane::FinalsOnly };
    open_turn::hear(asking, Box::new(source), Room::Candidate, lane).await
}

/// Hears a recording that is kept already: nothing is asked, nobody watches.
pub(super) async fn file(
    workers: &Workers,
    question: Option<String>,
    turn: TurnNo,
    path: &Path,
) -> anyhow::Result<Heard> {
    let (_nobody, mut commands) = mpsc::channel(1);
    let workers = workers.unwatched();
    let ears = Ears { turn, question, recording: None, row: None };
    let asking = Asking {
        workers: &workers,
        commands: &mut commands,
        text: "",
        kind: Kind::Design, // no silence ends it
        speak: false,
        ears,
        afterwards: None,
        interjector: None,
        wants: Wants::Answer,
    };
    let source = WavSource::open(path, Pace::AsFastAsPossible)?;
    open_turn::hear(asking, Box::new(source), Room::Candidate, Lane::FinalsOnly).await
}

/// Whether the open segment is decoded for the screen, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    WithPartials,
    FinalsOnly,
}

/// Who is there when the listener starts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// Interviewer and candidate: the question is still to be spoken, and ears are closed until then.
    Shared,
    /// The candidate, in a recording that nobody can reply to.
    Candidate,
}

impl Asking<'_> {
    /// The next command; a session that nobody can reach is stopped. Nothing is lost when the future is dropped.
    pub async fn command(&mut self) -> Command {
        let command = self.commands.recv().await.unwrap_or(Command::Stop);
        self.workers.outlet.log(Entry::Command { command: command.clone() }, None);
        command
    }

    /// How patient to be where silence ends the turn.
    pub fn turn_settings(&self) -> TurnSettings {
        let patience = self.workers.config.turn.patience;
        TurnSettings { patience, thinking: turn_taking::thinking_time(self.kind), speaks: self.speak }
    }

    /// What it takes to read what is asked, where nobody says it.
    pub fn seconds_to_read(&self) -> f64 {
        const SECONDS_A_WORD: f64 = 0.3;
        if self.speak { 0.0 } else { self.text.split_whitespace().count() as f64 * SECONDS_A_WORD }
    }

    /// Says something; without a voice the person reads it.
    pub async fn say(&mut self, text: &str) -> Spoken {
        if !self.speak {
            return Spoken::ToTheEnd;
        }
        self.workers.outlet.phase(Phase::Asking);
        tokio::select! {
            said = self.workers.voice.say(text) => match said {
                Ok(spoken) if spoken.is_cut_short() => Spoken::CutShort(spoken.heard_fraction),
                Ok(_) => Spoken::ToTheEnd,
                Err(error) => {
                    let why = error.to_string();
                    self.workers.outlet.notice(format!("{}. Please read the question.", why.trim_end_matches('.')));
                    Spoken::ToTheEnd
                }
            },
            command = self.command() => {
                self.workers.voice.stop().await;
                match command {
                    // Enter while the question is read means "I have heard enough".
                    Command::EndTurn => Spoken::ToTheEnd,
                    command => Spoken::Interrupted(command),
                }
            }
        }
    }

    /// The same; the command that cut it short and is still to be obeyed.
    async fn say_or_command(&mut self, text: &str) -> Option<Command> {
        match self.say(text).await {
            Spoken::ToTheEnd | Spoken::CutShort(_) => None,
            Spoken::Interrupted(command) => Some(command),
        }
    }
}
