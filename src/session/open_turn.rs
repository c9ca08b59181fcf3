//! A turn while it is open: hears it, answers what is asked of the interviewer, and decides when it is over.
//!
//! A turn that a silence ended stays open for a grace: the microphone is heard while the next step is chosen, and whoever speaks
//! again takes the end back, with nothing lost.

mod cutting_in;
mod ending;
mod speaking;

use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use futures_util::{StreamExt, future::BoxFuture};
use tokio::sync::mpsc;

use super::{
    asides::{Aside, Asides},
    choosing::Next,
    event::{Event, Floor, Phase},
    event_log::Because,
    hear::{Asking, EndedBy, Heard, Lane, Room, Wants},
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
    if let Some(script) = &workers.script {
        script.begin_turn(asking.ears.turn);
    }
    let lock_step = is_live && source.is_patient();
    let mut asking = asking;
    if !is_live || !asking.speak {
        asking.ears.may_hear().await; // nothing is said meanwhile
    }
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
        patience: hands_free.then(|| Patience::new(asking.turn_settings(), asking.seconds_to_read())),
        is_live,
        most_undecoded: match lane {
            _ if workers.script.as_ref().is_some_and(|script| script.is_replay()) => usize::MAX,
            _ if lock_step => 1,
            Lane::WithPartials => usize::MAX,
            Lane::FinalsOnly => MOST_UNDECODED,
        },
        stage: Stage::Open,
        stopped_at: None,
        next: None,
        receipt: None,
        is_held: false,
        heard: Heard::default(),
        answered_until: SampleIndex::default(),
        granted: false,
        unended: 0,
        leaks: false,
        may_come_in: is_live && workers.config.audio.headphones && !workers.hears_itself.load(Relaxed),
        cut_short: None,
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
    /// The acknowledgement, where it began before the last words were there.
    receipt: Option<BoxFuture<'static, ()>>,
    /// Nothing but a command ends the turn any more.
    is_held: bool,
    heard: Heard,
    /// Until here everything was to the interviewer, or was answered.
    answered_until: SampleIndex,
    /// Time to think was asked for.
    granted: bool,
    unended: u64,
    /// The microphone hears the loudspeaker.
    leaks: bool,
    /// The candidate wears headphones: the ears are open while the interviewer speaks.
    may_come_in: bool,
    /// What the candidate came in on, until words are heard.
    cut_short: Option<String>,
}

#[derive(Clone, Copy)]
enum Stage {
    Open,
    /// "I have finished" by key: the last words tell whether that was an answer or a question.
    Closing,
    /// Ended by a silence, until then not for good.
    Grace {
        /// By the [`Turn::clock`].
        until: u64,
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
            let may_hear = self.turn.may_hear(self.most_undecoded) && !waits_for_words;
            tokio::select! {
                biased; // so that what happened at a sample comes before the next one
                command = self.asking.command(), if !matches!(self.stage, Stage::Over(_)) => told = Some(command),
                Some(done) = self.turn.decoding.next() => {
                    self.turn.take_decoded(done);
                    self.watch_words();
                }
                partial = async { self.turn.partial.as_mut().expect("guarded").await }, if self.turn.partial.is_some() => {
                    self.turn.partial = None;
                    self.turn.show_partial(partial);
                    self.watch_words();
                }
                () = async { self.receipt.as_mut().expect("guarded").await }, if self.receipt.is_some() => self.receipt = None,
                () = Next::choose(&mut self.next), if self.next.as_ref().is_some_and(Next::is_open) => {}
                event = self.events.recv(), if may_hear => match event {
                    Some(event) => self.take(event).await,
                    None => self.turn.take(HearingEvent::Ended(HeardTurn { length: self.turn.now, ..HeardTurn::default() })),
                },
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
            Stage::Grace { until, by } if self.turn.clock() > until => {
                self.end(by);
                None
            }
            Stage::Closing | Stage::Grace { .. } | Stage::Over(_) => None,
        }
    }

    async fn obey(&mut self, command: Command) -> Option<Command> {
        match (command, self.stage) {
            (_, Stage::Over(_)) => {}
            (Command::Stop, _) => self.end_at_once(EndedBy::Stop, Because::Key),
            (Command::Skip, _) => self.end_at_once(EndedBy::Skip, Because::Key),
            (Command::EndTurn, Stage::Open) if self.is_live => {
                self.stage = Stage::Closing;
                self.stopped_at = Some(Instant::now());
                self.turn.sealed = false;
                self.listener.ears_closed(true);
                self.acknowledge();
                self.asking.workers.outlet.phase(Phase::Transcribing);
            }
            (Command::EndTurn, Stage::Open) => self.end_at_once(EndedBy::Candidate, Because::Key),
            (Command::Repeat, Stage::Open) if self.turn.whole.is_none() => return self.say(self.asking.text).await,
            (Command::Answer(text), _) => {
                let typed = Transcript::typed(&text);
                let Some(asked) = self.asides.clarify(&typed).filter(|asked| asked.only) else {
                    self.heard.transcript = typed;
                    self.end_at_once(EndedBy::Candidate, Because::Typed);
                    return None;
                };
                match self.stage {
                    Stage::Grace { .. } => self.take_back_the_end(),
                    _ => (self.stage, self.receipt, self.stopped_at) = (Stage::Open, None, None),
                }
                let told = asked.told().into_iter().map(str::to_owned).collect();
                let heard = StoredClarification { asked: text, told: asked.reply, constraints: told };
                return self.tell(heard).await;
            }
            (Command::Hold, Stage::Grace { .. }) => {
                self.take_back_the_end();
                self.is_held = true;
            }
            (Command::Hold, _) => self.is_held = true,
            (Command::EndTurn | Command::Repeat, _) => {}
        }
        None
    }

    /// Weighs words and silence of a turn that goes on.
    async fn weigh(&mut self) -> Option<Command> {
        let workers = self.asking.workers;
        let limit = workers.config.practice.max_answer_minutes * 60 * u64::from(SAMPLE_RATE);
        if self.turn.clock().saturating_sub(self.heard.listening_from.0) > limit {
            self.turn.note(format!(
                "The answer was ended after {} minutes; all of it is kept. [practice] max_answer_minutes sets the limit.",
                workers.config.practice.max_answer_minutes
            ));
            self.end_at_once(EndedBy::Source, Because::Limit);
        }
        if !self.is_live {
            return None;
        }
        if let Some(text) = self.unheard() {
            return self.say(&text).await;
        }
        if let Wants::YesOrNo { within } = self.asking.wants {
            return self.weigh_a_reply(within);
        }
        if self.is_held {
            workers.outlet.floor(Floor::Thinking { ends_in_s: None, granted: true });
            return None;
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
                workers.outlet.remark(why.sentence());
                self.end_by_silence(EndedBy::Candidate, why.into());
            }
            Wish::Show(text) => self.show_nudge(&text),
            Wish::Nudge { text, was_shown } => self.nudge(&text, was_shown).await,
        }
        None
    }

    /// "I have finished" by key: an answer, unless the last words are to the interviewer.
    async fn weigh_the_end(&mut self) -> Option<Command> {
        self.stage = Stage::Open;
        match self.asides.at_the_end(&self.turn.segments) {
            Some(aside @ (Aside::Asked(_) | Aside::Repeat | Aside::Skip)) => {
                self.acknowledged().await;
                return self.react(aside).await;
            }
            Some(Aside::GiveUp) => {
                self.acknowledged().await;
                self.end_at_once(EndedBy::GaveUp, Because::Key);
            }
            None | Some(Aside::NeedTime | Aside::Done) => self.end_for_good(Because::Key),
        }
        None
    }

    async fn react(&mut self, aside: Aside) -> Option<Command> {
        let outlet = &self.asking.workers.outlet;
        match aside {
            Aside::Repeat => {
                self.asides.settle(&self.turn.segments);
                outlet.remark(format!("Again: {}", self.asking.text));
                return self.say(self.asking.text).await;
            }
            Aside::Skip => {
                outlet.remark("Passed over, as you wish.");
                self.end_at_once(EndedBy::Skip, Because::SaidSo);
            }
            Aside::GiveUp => self.end_by_silence(EndedBy::GaveUp, Because::SaidSo),
            Aside::Done => self.end_as_said(),
            Aside::NeedTime => {
                self.granted = true;
                if let Some(patience) = &mut self.patience {
                    patience.grant();
                }
                outlet.floor(Floor::Thinking { ends_in_s: None, granted: true });
                outlet.remark("Take the time you need.");
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

    fn begin_silence_anew(&mut self) {
        self.turn.floor_from = self.turn.now;
        self.turn.excused = 0;
        self.granted = false;
        if let Some(patience) = &mut self.patience {
            patience.begin_again();
        }
    }
}
