//! The loop of a sitting: ask one thing, hear and keep the answer, choose what to ask next, let the assessment run on.

mod following;

use std::collections::BTreeSet;

use tokio::{sync::mpsc, time::timeout};
use tracing::info;

use super::{
    choosing::{AT_ONCE, NextWords, never_mind, stock_sentences},
    drill,
    event::{Event, Phase},
    event_log::{Entry, Outcome, Start, StartSettings},
    hear::{self, EndedBy, Heard, Wants},
    interjector::Interjector,
    listening::{self, Listening},
    plan::{Command, Ear, Plan},
    saving,
    workers::Workers,
};
use crate::{
    interview::{assessment::Assessment, delivery, question::Kind, transcript::TurnNo, withholding},
    speech::voice::Keeps,
    store::{AnswerId, AnswerRecord, AnswerState, FinishedAnswer, NewAnswer, SessionId, StoredProbe},
};

/// How often the same is asked again when the turn was ended without a word.
pub(super) const MOST_REPEATS: u32 = 2;
/// Seconds of voice that are kept also when the question is passed over.
const WORTH_KEEPING_S: f64 = 5.0;

/// What is asked in one exchange.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Question,
    Probe(StoredProbe),
    /// A probe of a drill, in the words of the interviewer's temper.
    Rung {
        probe: StoredProbe,
        words: String,
    },
}

/// What an exchange ended with.
pub(super) enum Held {
    /// `gave_up`: with "I don't know".
    Kept {
        record: Box<AnswerRecord>,
        gave_up: bool,
    },
    /// Passed over, or nothing could be heard.
    Nothing,
    /// Ended by the candidate before a word was said.
    Silence,
    Stopped,
}

impl Held {
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Kept { .. } => Outcome::Kept,
            Self::Nothing => Outcome::Nothing,
            Self::Silence => Outcome::Silence,
            Self::Stopped => Outcome::Stopped,
        }
    }
}

/// Everything one sitting carries from exchange to exchange.
pub(super) struct Sitting {
    pub workers: Workers,
    pub id: SessionId,
    pub plan: Plan,
    pub commands: mpsc::Receiver<Command>,
    pub kept: Vec<AnswerRecord>,
    /// Only in a drill.
    pub pressed: Option<Pressed>,
    pub underway: saving::Underway,
    /// Ids of the probes asked.
    asked: BTreeSet<String>,
    /// Ids of probes that dig for what the candidate did not know.
    closed: BTreeSet<String>,
}

/// What a drill adds to the exchanges of its sitting.
pub(super) struct Pressed {
    pub interjector: Interjector,
    pub next_words: NextWords,
    /// The opening answer, where it was given before.
    pub on: Option<AnswerId>,
}

/// Runs a sitting to its end and returns the answers it kept. Dropping this future loses no stored answer.
pub(super) async fn interview(
    workers: Workers,
    id: SessionId,
    plan: Plan,
    commands: mpsc::Receiver<Command>,
) -> Result<Vec<AnswerRecord>, String> {
    let (asked, closed, underway) = (BTreeSet::new(), BTreeSet::new(), saving::Underway::default());
    let mut sitting = Sitting { workers, id, plan, commands, kept: Vec::new(), pressed: None, underway, asked, closed };
    let held = sitting.hold().await;
    sitting.underway.settle().await;
    held.map(|()| sitting.kept).map_err(|error| format!("{error:#}"))
}

impl Sitting {
    /// Asks and hears until there is nothing more to ask, or nobody to ask.
    async fn hold(&mut self) -> anyhow::Result<()> {
        self.log_start().await;
        if self.speaks() {
            let mut sentences = vec![self.plan.question.text.clone()];
            sentences.extend(stock_sentences(&self.workers, self.plan.question.id.as_deref()));
            self.workers.voice.render_ahead(sentences, Keeps::OnDisk).await;
        }
        if let Some(plan) = self.plan.drill.clone() {
            return drill::hold(self, &plan).await;
        }
        let (mut step, mut asked_again) = (Step::Question, 0);
        for turn in 1.. {
            let held = self.hold_exchange(TurnNo(turn), &step).await?;
            self.workers.outlet.log(Entry::Held { outcome: held.outcome() }, None);
            match held {
                Held::Stopped => break,
                Held::Silence if asked_again < MOST_REPEATS => {
                    asked_again += 1;
                    continue; // the same again
                }
                Held::Nothing | Held::Silence if matches!(step, Step::Question) => break,
                Held::Nothing | Held::Silence => {}
                Held::Kept { record, .. } => self.kept.push(*record),
            }
            let Some(next) = self.next_probe().await else { break };
            step = Step::Probe(next);
        }
        Ok(())
    }

    /// Whether what is asked is said aloud to somebody.
    fn speaks(&self) -> bool {
        self.plan.speak && self.plan.ear.is_interactive()
    }

    /// Asks one thing, hears and keeps the answer, and starts its assessment.
    pub async fn hold_exchange(&mut self, turn: TurnNo, step: &Step) -> anyhow::Result<Held> {
        self.workers.outlet.begin_turn(turn);
        let asked = self.open(step);
        let new = self.new_answer(turn, step);
        // The row is there before the floor is given, so that a crash leaves a trace of it; the question is asked meanwhile.
        let mut row = match new.recording {
            Some(_) => saving::begin(&self.workers, &new),
            None => saving::Row::There(None),
        };
        let heard = self.hear(&new, step, &asked, &mut row).await;
        let row = row.there().await;
        let mut heard = match heard {
            Ok(heard) => heard,
            Err(error) => {
                saving::discard(&self.workers, row, None).await; // it fails only before anything is heard
                return Err(error);
            }
        };
        let outlet = &self.workers.outlet;
        let is_interactive = self.plan.ear.is_interactive();
        let asides_only = is_interactive && heard.holds_asides_only();
        let nothing_said = asides_only || heard.transcript.is_empty() && heard.turn.voiced.is_empty();
        let held = match heard.ended {
            EndedBy::GaveUp => {
                if let Step::Probe(probe) = step {
                    self.close_branch(probe);
                }
                self.leave_it(turn, heard.next.is_some()).await;
                return Ok(Held::Kept { record: Box::new(self.keep(row, new, heard).await), gave_up: true });
            }
            EndedBy::Skip if nothing_said || voiced_s(&heard) < WORTH_KEEPING_S => Held::Nothing,
            EndedBy::Stop if nothing_said => Held::Stopped,
            _ if nothing_said => {
                outlet.notice(match asides_only {
                    true => "No answer was heard yet.",
                    false => "Nothing was heard. Check the microphone with `viva devices`, or type the answer.",
                });
                heard.next = None;
                match heard.ended {
                    EndedBy::Candidate if is_interactive => Held::Silence,
                    _ => Held::Nothing,
                }
            }
            EndedBy::Stop => {
                let record = self.keep(row, new, heard).await;
                self.kept.push(record);
                return Ok(Held::Stopped);
            }
            _ => {
                let record = Box::new(self.keep(row, new, heard).await);
                return Ok(Held::Kept { record, gave_up: false });
            }
        };
        saving::discard(&self.workers, row, heard.turn.recording.as_deref()).await;
        Ok(held)
    }

    /// Writes down what turns and texts depend on.
    async fn log_start(&self) {
        let (config, plan) = (&self.workers.config, &self.plan);
        let settings = StartSettings {
            end: config.turn.end,
            patience: config.turn.patience,
            tail_ms: config.audio.tail_ms,
            max_answer_minutes: config.practice.max_answer_minutes,
            glossary: config.speech.glossary,
            headphones: config.audio.headphones,
        };
        let start = Start {
            session: self.id.0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.workers.model_id().await,
            packs: self.workers.packs_stamp().to_owned(),
            question: plan.question.clone(),
            level: plan.level,
            probes: plan.probes,
            speak: plan.speak,
            ear: plan.ear.name().to_owned(),
            drill: plan.drill.clone(),
            settings,
        };
        self.workers.outlet.log(Entry::Started(Box::new(start)), None);
    }

    fn new_answer(&self, turn: TurnNo, step: &Step) -> NewAnswer {
        let (kind, answers_probe) = match step {
            Step::Question => (self.plan.question.kind, None),
            Step::Probe(probe) | Step::Rung { probe, .. } => (Kind::Pressure, Some(probe.clone())),
        };
        let before = self.pressed.as_ref().and_then(|pressed| pressed.on);
        let is_heard = !matches!(self.plan.ear, Ear::Text(_) | Ear::Typed);
        NewAnswer {
            session: self.id,
            turn,
            opening: before.or(self.kept.first().map(|record| record.id)).filter(|id| id.is_stored()),
            question: self.plan.question.id.clone(),
            question_text: self.plan.question.text.clone(),
            kind,
            asked_level: self.plan.level,
            answers_probe,
            source: self.plan.ear.name(),
            recording: is_heard.then(|| format!("{}-{}.wav", self.id.0, turn.0)),
        }
    }

    /// Announces the step and returns the words to say.
    fn open(&self, step: &Step) -> String {
        let (text, probe) = match step {
            Step::Question => (self.plan.question.text.clone(), None),
            Step::Probe(probe) => (probe.text.clone(), Some(probe.clone())),
            Step::Rung { probe, words } => (words.clone(), Some(probe.clone())),
        };
        let demonstration = self.workers.demonstration;
        self.workers.outlet.emit(Event::Asked { text: text.clone(), probe, demonstration }, None);
        self.workers.outlet.phase(Phase::Asking);
        text
    }

    /// Says that not knowing is all right, unless it was said while the turn ended.
    async fn leave_it(&self, turn: TurnNo, is_acknowledged: bool) {
        let said = never_mind(&self.workers, self.plan.question.id.as_deref(), turn);
        let Some(said) = said.filter(|_| self.plan.ear.is_interactive()) else { return };
        self.workers.outlet.remark(said);
        if self.plan.speak
            && !is_acknowledged
            && let Err(error) = self.workers.voice.say(said).await
        {
            tracing::debug!(%error, "not said aloud");
        }
    }

    async fn hear(
        &mut self,
        new: &NewAnswer,
        step: &Step,
        asked: &str,
        row: &mut saving::Row,
    ) -> anyhow::Result<Heard> {
        let chooser = self.chooser(new.answers_probe.as_ref(), None);
        let mut interjector = self.pressed.as_mut().map(|pressed| &mut pressed.interjector);
        if let Some(interjector) = &mut interjector {
            interjector.begin_answer(new.turn.0, new.answers_probe.is_some());
        }
        let asking = hear::Asking {
            workers: &self.workers,
            commands: &mut self.commands,
            text: asked,
            kind: new.kind,
            speak: self.plan.speak,
            ears: hear::Ears {
                turn: new.turn,
                question: self.plan.question.id.clone(),
                recording: new.recording.as_ref().map(|name| self.workers.store.audio_folder().join(name)),
                row: Some(row),
            },
            afterwards: self.plan.ear.is_interactive().then(|| chooser.afterwards(new.kind, new.turn)),
            interjector,
            wants: Wants::Answer,
        };
        match (&self.plan.ear, step) {
            (Ear::Text(text), _) => Ok(Heard::text(&self.workers, self.plan.question.id.as_deref(), text)),
            (Ear::Typed, _) => hear::typed(asking).await,
            (Ear::Microphone, _) => hear::microphone(asking).await,
            (Ear::Wav { path, pace }, _) => hear::recording(asking, path, *pace).await,
            (Ear::Demonstration { pace }, _) => {
                let path = self.workers.demonstration_recording()?;
                hear::recording(asking, &path, *pace).await
            }
        }
    }

    /// Stores the answer with its practice signal, tells everyone, picks the follow-up and starts the assessment.
    async fn keep(&mut self, row: Option<AnswerId>, mut new: NewAnswer, heard: Heard) -> AnswerRecord {
        let listening = Listening {
            question: self.plan.question.id.as_deref(),
            kind: new.kind,
            asked: new.answers_probe.as_ref().map_or(&new.question_text, |probe| &probe.text),
            is_reply: new.answers_probe.is_some(),
            turn: new.turn,
            transcript: &heard.transcript,
            asked_something: !heard.clarifications.is_empty(),
            corrected: false,
            before: &self.kept,
        };
        let signal = listening::listen(&self.workers, &listening);
        let gave_up = heard.ended == EndedBy::GaveUp;
        let spoken = heard.turn.length.0 > 0;
        let leaves = heard.ended == EndedBy::Stop;
        let cut_in = self.pressed.as_ref().map(|pressed| pressed.interjector.spans()).unwrap_or_default();
        let from = heard.listening_from;
        let delivery = spoken.then(|| delivery::measure_around(&heard.transcript, &heard.turn.voiced, &cut_in, from));
        new.recording = heard.turn.recording.as_ref().and(new.recording);
        if self.workers.config.store.keep_audio_days == 0
            && let Some(path) = heard.turn.recording.as_deref()
        {
            saving::remove_recording(path);
            new.recording = None;
        }
        let done = FinishedAnswer {
            state: AnswerState::Complete,
            transcript: heard.transcript,
            signal,
            delivery,
            recording: new.recording.clone(),
            timings: heard.timings,
            notices: heard.notices,
            clarifications: heard.clarifications,
        };
        let mut record = saving::keep(&self.workers, row, new, done).await;
        info!(session = self.id.0, turn = record.turn.0, answer = record.id.0, "answer kept");

        let outcomes = record.signal.as_ref().map_or(&[][..], |signal| &signal.outcomes);
        let withheld = withholding::withholds(outcomes).map(|outcome| outcome.what.says());
        let refusal = match self.workers.demonstration {
            _ if gave_up => Some("you said that you do not know, and that is not judged".to_owned()),
            true => Some("a demonstration asks no endpoint".to_owned()),
            false if withheld.is_some() => withheld,
            // What is not known at once is left to the assessment: the practice signal does not wait for it.
            false => {
                timeout(AT_ONCE, self.workers.assessor.why_not(record.kind, self.plan.judge)).await.unwrap_or(None)
            }
        };
        let pending = refusal.is_none();
        record.assessment = refusal.map(|why| Assessment::PracticeSignal { why });
        saving::note_assessment(&self.workers, &record).await;
        self.announce_kept(&record, pending);
        self.workers.outlet.phase(Phase::Deciding);
        match (&self.pressed, heard.next) {
            // The ladder chooses; an acknowledgement is waited for.
            (Some(_), Some(next)) => drop(next.made().await),
            (Some(_), None) => {}
            (None, next) => self.choose_the_next(&mut record, next, pending, leaves).await,
        }
        if pending {
            self.workers.assessor.start(&self.workers.outlet, record.clone());
        }
        record
    }

    fn announce_kept(&self, record: &AnswerRecord, pending: bool) {
        let answer = Box::new(record.clone());
        let event = Event::Kept { answer, demonstration: self.workers.demonstration, pending };
        self.workers.outlet.emit(event, None);
    }
}

fn voiced_s(heard: &Heard) -> f64 {
    heard.turn.voiced.iter().map(|span| span.seconds()).sum()
}
