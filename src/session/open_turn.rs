//! A turn while it is open: hears it, answers what is asked of the interviewer, and decides when it is over.
//!
//! A turn that a silence ended stays open for a grace: the microphone is heard while the next step is chosen, and whoever speaks
//! again takes the end back, with nothing lost.

mod cutting_in;
mod ending;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::{
    asides::{Aside, Asides},
    choosing::Next,
    event::{Event, Floor, Phase},
    hear::{Asking, EndedBy, Heard, Lane, Room, Spoken, Wants},
    patience::{Patience, Wish},
    plan::Command,
    turn::Turn,
};
use crate::{
    audio::source::AudioSource,
    config::TurnEnd,
    interview::{transcript::Transcript, turn_taking::EndReason},
    signal::{SAMPLE_RATE, SampleIndex},
    speech::listener::{HeardTurn, HearingEvent, Listener, ListenerOptions},
    store::StoredClarification,
};

/// Segments of a recording that may wait to be decoded before more of it is heard: they fill memory and stand before the
/// words of whoever speaks meanwhile.
const MOST_UNDECODED: usize = 4;

/// Samples of silence from which the candidate is shown as thinking.
const THINKS_AFTER: u64 = SAMPLE_RATE as u64;

/// Hears one turn of a source.
pub(super) async fn hear(
    asking: Asking<'_>,
    source: Box<dyn AudioSource>,
    room: Room,
    lane: Lane,
) -> anyhow::Result<Heard> {
    let workers = asking.workers;
    let recognizer = workers.recognizer().await?;
    let is_live = room == Room::Shared;
    let lock_step = is_live && source.is_patient();
    let options = ListenerOptions {
        turn: asking.ears.turn,
        recording: asking.ears.recording.clone(),
        lock_step,
        ..ListenerOptions::default()
    };
    let (listener, events) = Listener::start(source, options);
    let question = asking.ears.question.clone();
    let mut turn = Turn::new(workers, recognizer, question.as_deref());
    turn.shows_partials = lane == Lane::WithPartials;
    turn.patient = lock_step;
    let hands_free = is_live && workers.config.turn.end == TurnEnd::Pause;
    let open = OpenTurn {
        listener,
        events,
        turn,
        asides: Asides::new(workers, question.as_deref(), hands_free),
        patience: hands_free.then(|| Patience::new(workers.config.turn.patience)),
        is_live,
        most_undecoded: match lane {
            _ if lock_step => 1,
            Lane::WithPartials => usize::MAX,
            Lane::FinalsOnly => MOST_UNDECODED,
        },
        stage: Stage::Open,
        stopped_at: None,
        next: None,
        heard: Heard::default(),
        answered_until: SampleIndex::default(),
        granted: false,
        unended: 0,
        leaks: false,
        asking,
    };
    Ok(open.run().await)
}

struct OpenTurn<'a> {
    asking: Asking<'a>,
    listener: Listener,
    events: mpsc::Receiver<HearingEvent>,
    turn: Turn<'a>,
    asides: Asides<'a>,
    /// Only where silence ends a turn.
    patience: Option<Patience>,
    /// The candidate hears the interviewer; else it is a recording.
    is_live: bool,
    most_undecoded: usize,
    stage: Stage,
    stopped_at: Option<Instant>,
    next: Option<Next>,
    heard: Heard,
    /// Until here everything was to the interviewer, or was answered.
    answered_until: SampleIndex,
    /// Time to think was asked for.
    granted: bool,
    unended: u64,
    /// The microphone hears the loudspeaker.
    leaks: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    Open,
    /// "I have finished" by key: the last words tell whether that was an answer or a question.
    Closing,
    /// Ended by a silence, until then not for good.
    Grace {
        until: SampleIndex,
        by: EndedBy,
    },
    Over(EndedBy),
}

impl OpenTurn<'_> {
    async fn run(mut self) -> Heard {
        let mut told = None;
        if self.is_live {
            told = self.say(self.asking.text).await;
        }
        self.asking.workers.outlet.phase(Phase::Listening);
        self.heard.listening_from = self.turn.now;
        let whole = loop {
            if let Some(command) = told.take() {
                told = self.obey(command).await;
                continue;
            }
            if let Some(whole) = self.turn.whole.take() {
                break whole;
            }
            let waits_for_words = self.turn.patient && self.turn.partial.is_some();
            let may_hear = self.turn.decoding.len() < self.most_undecoded && !waits_for_words;
            tokio::select! {
                event = self.events.recv(), if may_hear => match event {
                    Some(event) => self.take(event).await,
                    None => self.turn.take(HearingEvent::Ended(HeardTurn { length: self.turn.now, ..HeardTurn::default() })),
                },
                Some(done) = self.turn.decoding.next() => {
                    self.turn.decoded(done);
                    self.watch_words();
                }
                partial = async { self.turn.partial.as_mut().expect("guarded").await }, if self.turn.partial.is_some() => {
                    self.turn.partial = None;
                    self.turn.show_partial(partial);
                    self.watch_words();
                }
                () = Next::choose(&mut self.next), if self.next.as_ref().is_some_and(Next::is_open) => {}
                command = self.asking.commands.recv(), if !matches!(self.stage, Stage::Over(_)) => {
                    told = Some(command.unwrap_or(Command::Stop));
                }
            }
            if told.is_none() {
                told = self.look().await;
            }
        };
        self.finish(whole).await
    }

    /// Does what the moment asks for; returns the command that cut it short.
    async fn look(&mut self) -> Option<Command> {
        match self.stage {
            Stage::Open => self.weigh().await,
            Stage::Closing if self.turn.sealed && self.turn.is_settled() => self.weigh_the_end().await,
            Stage::Grace { .. } if self.turn.is_voiced => {
                self.take_back_the_end();
                None
            }
            Stage::Grace { until, by } if self.turn.now > until => {
                self.end(by);
                None
            }
            Stage::Closing | Stage::Grace { .. } | Stage::Over(_) => None,
        }
    }

    async fn obey(&mut self, command: Command) -> Option<Command> {
        match (command, self.stage) {
            (_, Stage::Over(_)) => {}
            (Command::Stop, _) => self.end_at_once(EndedBy::Stop),
            (Command::Skip, _) => self.end_at_once(EndedBy::Skip),
            (Command::EndTurn, Stage::Open) if self.is_live => {
                self.stage = Stage::Closing;
                self.stopped_at = Some(Instant::now());
                self.turn.sealed = false;
                self.listener.ears_closed(true);
                self.asking.workers.outlet.phase(Phase::Transcribing);
            }
            (Command::EndTurn, Stage::Open) => self.end_at_once(EndedBy::Candidate),
            (Command::Repeat, Stage::Open) if self.turn.whole.is_none() => return self.say(self.asking.text).await,
            (Command::Answer(text), _) => {
                let typed = Transcript::typed(&text);
                let Some(asked) = self.asides.clarify(&typed).filter(|asked| asked.only) else {
                    self.heard.transcript = typed;
                    self.end_at_once(EndedBy::Candidate);
                    return None;
                };
                let told = asked.told().into_iter().map(str::to_owned).collect();
                let heard = StoredClarification { asked: text, told: asked.reply, constraints: told };
                return self.tell(heard).await;
            }
            (Command::EndTurn | Command::Repeat, _) => {}
        }
        None
    }

    /// Weighs words and silence of a turn that goes on.
    async fn weigh(&mut self) -> Option<Command> {
        let workers = self.asking.workers;
        let limit = workers.config.practice.max_answer_minutes * 60 * u64::from(SAMPLE_RATE);
        if self.turn.now.0.saturating_sub(self.heard.listening_from.0) > limit {
            self.turn.note(format!(
                "The answer was ended after {} minutes; all of it is kept. [practice] max_answer_minutes sets the limit.",
                workers.config.practice.max_answer_minutes
            ));
            self.end_at_once(EndedBy::Source);
        }
        if !self.is_live {
            return None;
        }
        if let Wants::YesOrNo { within } = self.asking.wants {
            return self.weigh_a_reply(within);
        }
        let silence = self.turn.silence();
        if self.turn.is_voiced {
            self.granted = false;
            workers.outlet.floor(Floor::Listening);
        } else if self.turn.is_settled()
            && let Some(aside) = self.asides.after_silence(&self.turn.segments, silence)
        {
            return self.react(aside).await;
        }
        let Some(patience) = &mut self.patience else {
            if !self.turn.is_voiced && silence > THINKS_AFTER && !self.asides.fresh(&self.turn.segments).is_empty() {
                workers.outlet.floor(Floor::Thinking { ends_in_s: None, granted: self.granted });
            }
            return None;
        };
        let moment = self.turn.moment(self.asides.fresh(&self.turn.segments));
        match patience.look(&moment, workers.phrases(self.asking.ears.question.as_deref())) {
            Wish::Nothing => {}
            Wish::Wait(seconds) if silence > THINKS_AFTER => {
                workers.outlet.floor(Floor::Thinking { ends_in_s: Some(seconds), granted: patience.is_granted() });
            }
            Wish::Wait(_) => {}
            Wish::End(EndReason::SaidDone) => self.end_as_said(),
            Wish::End(why) => {
                workers.outlet.notice(why.sentence());
                self.end_by_silence(EndedBy::Candidate);
            }
            Wish::Nudge(text) => self.nudge(&text).await,
        }
        None
    }

    /// "I have finished" by key: an answer, unless the last words are to the interviewer.
    async fn weigh_the_end(&mut self) -> Option<Command> {
        self.stage = Stage::Open;
        match self.asides.at_the_end(&self.turn.segments) {
            Some(aside @ (Aside::Asked(_) | Aside::Repeat | Aside::Skip)) => return self.react(aside).await,
            Some(Aside::GiveUp) => self.end(EndedBy::GaveUp),
            None | Some(Aside::NeedTime | Aside::Done) => self.end(EndedBy::Candidate),
        }
        None
    }

    async fn react(&mut self, aside: Aside) -> Option<Command> {
        let outlet = &self.asking.workers.outlet;
        match aside {
            Aside::Repeat => {
                self.asides.settle(&self.turn.segments);
                outlet.notice(format!("Again: {}", self.asking.text));
                return self.say(self.asking.text).await;
            }
            Aside::Skip => {
                outlet.notice("Passed over, as you wish.");
                self.end_at_once(EndedBy::Skip);
            }
            Aside::GiveUp => self.end_by_silence(EndedBy::GaveUp),
            Aside::Done => self.end_as_said(),
            Aside::NeedTime => {
                self.granted = true;
                if let Some(patience) = &mut self.patience {
                    patience.grant();
                }
                outlet.floor(Floor::Thinking { ends_in_s: None, granted: true });
                outlet.notice("Take the time you need.");
            }
            Aside::Asked(asked) => {
                let told = self.asides.told(&mut self.turn.segments, &asked);
                return self.tell(told).await;
            }
        }
        None
    }

    /// Answers a question of the candidate, who has the floor again behind it.
    async fn tell(&mut self, heard: StoredClarification) -> Option<Command> {
        let told = heard.told.clone();
        self.asking.workers.outlet.emit(Event::Clarified(heard.clone()), Some(self.turn.now));
        self.heard.clarifications.push(heard);
        let interrupted = self.say(&told).await;
        self.answered_until = self.turn.now;
        if self.turn.segments.iter().all(|segment| segment.text.is_empty()) {
            self.heard.listening_from = self.turn.now; // the answer begins here
        }
        interrupted
    }

    /// Says something with the ears closed, and a little longer, and gives the candidate the floor; or returns the command that
    /// cut it short and is still to be obeyed.
    async fn say(&mut self, text: &str) -> Option<Command> {
        let mut spoken = Spoken::ToTheEnd;
        if self.asking.speak {
            self.listener.ears_closed(true);
            self.turn.while_speaking = Some(Vec::new());
            spoken = self.turn.during(self.asking.say(text), &mut self.events).await;
            self.leaks |= hears_the_loudspeaker(self.turn.while_speaking.take().unwrap_or_default());
            self.wait_for_the_tail().await;
        }
        self.listener.ears_closed(false);
        self.turn.sealed = false;
        self.begin_silence_anew();
        self.stopped_at = None;
        match spoken {
            Spoken::ToTheEnd => {
                self.asking.workers.outlet.phase(Phase::Listening);
                None
            }
            Spoken::Interrupted(command) => Some(command),
        }
    }

    /// What the loudspeaker has said may still be in the room.
    async fn wait_for_the_tail(&mut self) {
        let tail = Duration::from_millis(self.asking.workers.config.audio.tail_ms);
        self.turn.during(tokio::time::sleep(tail), &mut self.events).await;
    }

    fn begin_silence_anew(&mut self) {
        self.turn.floor_from = self.turn.now;
        self.turn.excused = 0;
        self.granted = false;
        if let Some(patience) = &mut self.patience {
            patience.begin_again();
        }
    }

    async fn nudge(&mut self, text: &str) {
        let workers = self.asking.workers;
        workers.outlet.notice(text);
        if !self.asking.speak {
            return;
        }
        let begun = self.turn.now;
        self.listener.ears_closed(true);
        workers.outlet.floor(Floor::Speaking);
        let said = self.turn.during(workers.voice.say(text), &mut self.events).await;
        self.wait_for_the_tail().await;
        self.listener.ears_closed(false);
        self.turn.sealed = false;
        self.turn.excused += self.turn.now.0 - begun.0;
        if let Err(error) = said {
            tracing::debug!(%error, "a nudge was not spoken");
        }
    }
}

/// Whether loudness followed the interviewer's speech: it rises and falls far more than a room does.
fn hears_the_loudspeaker(mut levels: Vec<f32>) -> bool {
    levels.sort_by(f32::total_cmp);
    let at = |share: f64| levels.get((levels.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (quiet, loud) = (at(0.1), at(0.9));
    levels.len() >= 5 && loud > 0.004 && loud > 4.0 * quiet
}
