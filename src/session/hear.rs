//! Hearing one turn: from the last word of the question to the last word of the answer.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tracing::info;

use super::{
    event::Phase,
    patience::{Patience, Wish},
    plan::Command,
    second_hearing,
    turn::Turn,
    workers::Workers,
};
use crate::{
    audio::{
        source::AudioSource,
        wav::{Pace, WavSource},
    },
    config::TurnEnd,
    interview::transcript::{Transcript, TurnNo},
    signal::{SAMPLE_RATE, SampleIndex},
    speech::{
        listener::{HeardTurn, HearingEvent, Listener, ListenerOptions},
        recognizer::Recognizer,
    },
};

/// Segments of a recording that may wait to be decoded before more of it is heard: they fill memory and stand before the
/// words of whoever speaks meanwhile.
const MOST_UNDECODED: usize = 4;

/// What one turn brought.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub transcript: Transcript,
    pub turn: HeardTurn,
    /// When the candidate was given the floor.
    pub listening_from: SampleIndex,
    pub ended: EndedBy,
    pub timings: BTreeMap<String, u64>,
    pub notices: Vec<String>,
}

/// What ended the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EndedBy {
    /// "I have finished", by key, by word or by the turn-taking policy.
    #[default]
    Candidate,
    /// The file is at its end, the device is gone for good, or the time is over.
    Source,
    Skip,
    Stop,
}

impl Heard {
    pub fn typed(text: &str) -> Self {
        Self { transcript: Transcript::typed(text), ..Self::default() }
    }

    fn nothing(ended: EndedBy) -> Self {
        Self { ended, ..Self::default() }
    }
}

/// How a turn is heard.
pub(super) struct Ears {
    pub turn: TurnNo,
    /// Id of the question, whose pack knows the terms; `None` for free words.
    pub question: Option<String>,
    pub recording: Option<PathBuf>,
}

/// One thing to ask and the means to hear its answer.
pub(super) struct Asking<'a> {
    pub workers: &'a Workers,
    pub commands: &'a mut mpsc::Receiver<Command>,
    pub text: &'a str,
    pub speak: bool,
    pub ears: Ears,
}

/// What a person did while the question was being spoken.
enum Spoken {
    ToTheEnd,
    Interrupted(Command),
}

/// Asks and waits for a typed answer.
pub(super) async fn typed(mut asking: Asking<'_>) -> anyhow::Result<Heard> {
    let mut command = match asking.say().await {
        Spoken::Interrupted(command) => Some(command),
        Spoken::ToTheEnd => None,
    };
    asking.workers.outlet.phase(Phase::Listening);
    loop {
        let next = match command.take() {
            Some(command) => command,
            None => asking.commands.recv().await.unwrap_or(Command::Stop),
        };
        match next {
            Command::Answer(text) => return Ok(Heard::typed(&text)),
            Command::Skip => return Ok(Heard::nothing(EndedBy::Skip)),
            Command::Stop => return Ok(Heard::nothing(EndedBy::Stop)),
            Command::EndTurn => asking.workers.outlet.notice("Type the answer first, then send it."),
            Command::Repeat => {
                if let Spoken::Interrupted(next) = asking.say().await {
                    command = Some(next);
                }
                asking.workers.outlet.phase(Phase::Listening);
            }
        }
    }
}

/// Asks and hears the answer through the microphone. The device is opened first, so that its start-up costs no word.
pub(super) async fn microphone(asking: Asking<'_>) -> anyhow::Result<Heard> {
    let source = asking.workers.open_microphone().await?;
    hear(asking, source, Floor::Shared, Lane::WithPartials).await
}

/// Asks, then hears a recording.
pub(super) async fn recording(mut asking: Asking<'_>, path: &Path, pace: Pace) -> anyhow::Result<Heard> {
    match asking.say().await {
        Spoken::Interrupted(Command::Stop) => return Ok(Heard::nothing(EndedBy::Stop)),
        Spoken::Interrupted(Command::Skip) => return Ok(Heard::nothing(EndedBy::Skip)),
        _ => {}
    }
    let source = WavSource::open(path, pace)?;
    let lane = if pace == Pace::RealTime { Lane::WithPartials } else { Lane::FinalsOnly };
    hear(asking, Box::new(source), Floor::Candidate, lane).await
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
    let ears = Ears { turn, question, recording: None };
    let asking = Asking { workers: &workers, commands: &mut commands, text: "", speak: false, ears };
    let source = WavSource::open(path, Pace::AsFastAsPossible)?;
    hear(asking, Box::new(source), Floor::Candidate, Lane::FinalsOnly).await
}

/// Whether the open segment is decoded for the screen, too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    WithPartials,
    FinalsOnly,
}

/// Who has the floor when the listener starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Floor {
    /// The question is still to be spoken: ears are closed until then.
    Shared,
    Candidate,
}

impl Asking<'_> {
    /// Speaks the question; without a voice the person reads it.
    async fn say(&mut self) -> Spoken {
        if !self.speak {
            return Spoken::ToTheEnd;
        }
        self.workers.outlet.phase(Phase::Asking);
        tokio::select! {
            said = self.workers.voice.say(self.text) => {
                if let Err(error) = said {
                    let why = error.to_string();
                    self.workers.outlet.notice(format!("{}. Please read the question.", why.trim_end_matches('.')));
                }
                Spoken::ToTheEnd
            }
            command = self.commands.recv() => {
                self.workers.voice.stop().await;
                match command.unwrap_or(Command::Stop) {
                    // Enter while the question is read means "I have heard enough".
                    Command::EndTurn => Spoken::ToTheEnd,
                    command => Spoken::Interrupted(command),
                }
            }
        }
    }
}

impl Asking<'_> {
    /// Speaks the question while the ears are closed, and a little longer, and gives the candidate the floor; or returns the
    /// command that cut it short and is still to be obeyed.
    async fn say_with_ears_closed(
        &mut self,
        listener: &Listener,
        turn: &mut Turn<'_>,
        events: &mut mpsc::Receiver<HearingEvent>,
    ) -> Option<Command> {
        listener.ears_closed(true);
        let spoken = turn.during(self.say(), events).await;
        if self.speak {
            let tail = Duration::from_millis(self.workers.config.audio.tail_ms);
            turn.during(tokio::time::sleep(tail), events).await;
        }
        listener.ears_closed(false);
        match spoken {
            Spoken::ToTheEnd => {
                self.workers.outlet.phase(Phase::Listening);
                None
            }
            Spoken::Interrupted(command) => Some(command),
        }
    }
}

async fn hear(mut asking: Asking<'_>, source: Box<dyn AudioSource>, floor: Floor, lane: Lane) -> anyhow::Result<Heard> {
    let workers = asking.workers;
    let recognizer = workers.recognizer().await?;
    let options = ListenerOptions {
        turn: asking.ears.turn,
        recording: asking.ears.recording.clone(),
        ..ListenerOptions::default()
    };
    let (listener, mut events) = Listener::start(source, options);
    let mut turn = Turn::new(workers, recognizer.clone(), asking.ears.question.as_deref());
    turn.shows_partials = lane == Lane::WithPartials;
    let mut ended: Option<EndedBy> = None;
    let mut stopped_at: Option<Instant> = None;
    let mut heard = Heard::default();

    let mut told = match floor {
        Floor::Shared => asking.say_with_ears_closed(&listener, &mut turn, &mut events).await,
        Floor::Candidate => None,
    };
    heard.listening_from = turn.now;
    if floor == Floor::Candidate {
        workers.outlet.phase(Phase::Listening);
    }

    let by_itself = floor == Floor::Shared && workers.config.turn.end == TurnEnd::Pause;
    let mut patience = by_itself.then(|| Patience::new(workers.config.turn.patience));
    let limit = SampleIndex(workers.config.practice.max_answer_minutes * 60 * u64::from(SAMPLE_RATE));
    let finished = loop {
        match told.take() {
            None => {}
            Some(Command::EndTurn) => ended = Some(EndedBy::Candidate),
            Some(Command::Skip) => ended = Some(EndedBy::Skip),
            Some(Command::Stop) => ended = Some(EndedBy::Stop),
            Some(Command::Answer(text)) => {
                heard.transcript = Transcript::typed(&text);
                ended = Some(EndedBy::Candidate);
            }
            Some(Command::Repeat) if ended.is_some() || turn.whole.is_some() => {}
            Some(Command::Repeat) => {
                told = asking.say_with_ears_closed(&listener, &mut turn, &mut events).await;
                continue;
            }
        }
        if let Some(whole) = turn.whole.take() {
            break whole;
        }
        if ended.is_some() && stopped_at.is_none() {
            stopped_at = Some(Instant::now());
            workers.outlet.phase(Phase::Transcribing);
            listener.stop();
        }
        tokio::select! {
            event = events.recv(), if lane == Lane::WithPartials || turn.decoding.len() < MOST_UNDECODED => match event {
                Some(event) => turn.take(event),
                None => turn.take(HearingEvent::Ended(HeardTurn { length: turn.now, ..HeardTurn::default() })),
            },
            Some(done) = turn.decoding.next() => turn.decoded(done),
            partial = async { turn.partial.as_mut().expect("guarded").await }, if turn.partial.is_some() => {
                turn.partial = None;
                turn.show_partial(partial);
            }
            command = asking.commands.recv(), if ended.is_none() => told = Some(command.unwrap_or(Command::Stop)),
        }
        if ended.is_none() && turn.now.0.saturating_sub(heard.listening_from.0) > limit.0 {
            turn.note(format!(
                "The answer was ended after {} minutes; all of it is kept. [practice] max_answer_minutes sets the limit.",
                workers.config.practice.max_answer_minutes
            ));
            ended = Some(EndedBy::Source);
        }
        if let Some(patience) = patience.as_mut().filter(|_| ended.is_none()) {
            match turn.weigh_silence(patience) {
                Wish::Nothing => {}
                Wish::Show(event) => workers.outlet.emit(event, Some(turn.now)),
                Wish::End(why) => {
                    workers.outlet.notice(why.sentence());
                    ended = Some(EndedBy::Candidate);
                }
                Wish::Nudge(text) => {
                    workers.outlet.notice(&text);
                    if asking.speak {
                        listener.ears_closed(true);
                        let said = turn.during(workers.voice.say(&text), &mut events).await;
                        listener.ears_closed(false);
                        if let Err(error) = said {
                            tracing::debug!(%error, "a nudge was not spoken");
                        }
                    }
                }
            }
        }
    };
    let stopped_at = stopped_at.unwrap_or_else(Instant::now);
    workers.outlet.phase(Phase::Transcribing);
    turn.finish().await;
    let last_text_ms = stopped_at.elapsed().as_millis() as u64;
    info!(turn = asking.ears.turn.0, last_text_ms, decode_ms = turn.decode_ms, "turn transcribed");
    heard.timings.insert("last_text".into(), last_text_ms);
    heard.timings.insert("decode".into(), turn.decode_ms);
    heard.timings.insert("hearing".into(), (finished.length.seconds() * 1000.0) as u64);
    heard.ended = ended.unwrap_or(EndedBy::Source);
    heard.turn = finished;
    if heard.transcript.is_empty() {
        heard.transcript = Transcript { segments: std::mem::take(&mut turn.segments) };
        if matches!(heard.ended, EndedBy::Candidate | EndedBy::Source) {
            hear_again(&mut turn, &recognizer, &mut heard).await;
        }
    }
    heard.notices = turn.notices;
    Ok(heard)
}

/// Decodes the turn once more, whole, where its words are too few for its voice.
async fn hear_again(turn: &mut Turn<'_>, recognizer: &Recognizer, heard: &mut Heard) {
    let Some(recording) = heard.turn.recording.as_deref() else { return };
    if !second_hearing::is_due(&heard.transcript, &heard.turn.voiced) {
        return;
    }
    let glossary = turn.glossary.clone();
    let Some(decoded) = second_hearing::decode(recognizer, recording, &heard.turn.voiced, glossary).await else {
        return;
    };
    let segments = decoded.into_iter().map(|(span, recognized)| turn.segment(span, recognized)).collect();
    let again = Transcript { segments };
    let words = |transcript: &Transcript| transcript.text().split_whitespace().count();
    info!(before = words(&heard.transcript), after = words(&again), "few words for the voice heard: decoded again");
    if words(&again) > words(&heard.transcript) {
        heard.transcript = again;
        turn.note("Few words were written for so much speech, so the whole recording was written down again.".into());
    }
}
