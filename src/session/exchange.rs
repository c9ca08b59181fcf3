//! The loop of a sitting: ask one thing, hear and keep the answer, choose what to ask next, let the assessment run on.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};
use tracing::info;

use super::{
    event::{Event, Phase},
    hear::{self, EndedBy, Heard},
    plan::{Command, Ear, Plan},
    saving,
    workers::Workers,
};
use crate::{
    interview::{
        assessment::Assessment,
        delivery, practice_signal,
        probe::{self, ProbeContext},
        question::Kind,
        transcript::{Transcript, TurnNo},
    },
    store::{AnswerId, AnswerRecord, AnswerState, FinishedAnswer, NewAnswer, SessionId, StoredProbe},
};

/// Probes among which the endpoint may choose.
const CANDIDATES: usize = 5;

/// How long the result may wait for the news whether there is an endpoint. Looking on this machine takes half a second.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// How often the same is asked again when the turn was ended without a word.
const MOST_REPEATS: u32 = 2;
/// Seconds of voice that are kept also when the question is passed over.
const WORTH_KEEPING_S: f64 = 5.0;

/// What is asked in one exchange.
#[derive(Debug, Clone)]
enum Step {
    Question,
    Probe(StoredProbe),
}

/// What an exchange ended with.
enum Held {
    Kept(Box<AnswerRecord>),
    /// Passed over, or nothing could be heard.
    Nothing,
    /// Ended by the candidate before a word was said.
    Silence,
    Stopped,
}

/// Everything one sitting carries from exchange to exchange.
struct Sitting {
    workers: Workers,
    id: SessionId,
    plan: Plan,
    commands: mpsc::Receiver<Command>,
    kept: Vec<AnswerRecord>,
    /// Ids of the probes asked.
    asked: BTreeSet<String>,
}

/// Runs a sitting to its end and returns the answers it kept. Dropping this future loses no stored answer.
pub(super) async fn interview(
    workers: Workers,
    id: SessionId,
    plan: Plan,
    commands: mpsc::Receiver<Command>,
) -> Result<Vec<AnswerRecord>, String> {
    let mut sitting = Sitting { workers, id, plan, commands, kept: Vec::new(), asked: BTreeSet::new() };
    let mut step = Step::Question;
    let mut asked_again = 0;
    for turn in 1.. {
        let held = sitting.hold_exchange(TurnNo(turn), &step).await.map_err(|error| format!("{error:#}"))?;
        match held {
            Held::Stopped => break,
            Held::Silence if asked_again < MOST_REPEATS => {
                asked_again += 1;
                continue; // the same again
            }
            Held::Nothing | Held::Silence if matches!(step, Step::Question) => break,
            Held::Nothing | Held::Silence => {}
            Held::Kept(record) => sitting.kept.push(*record),
        }
        let Some(next) = sitting.next_probe().await else { break };
        step = Step::Probe(next);
    }
    Ok(sitting.kept)
}

impl Sitting {
    /// Asks one thing, hears and keeps the answer, and starts its assessment.
    async fn hold_exchange(&mut self, turn: TurnNo, step: &Step) -> anyhow::Result<Held> {
        let asked = self.open(step);
        let new = self.new_answer(turn, step);
        // The row is there before the first word, so that a crash leaves a trace of it.
        let row = if new.recording.is_some() { saving::begin(&self.workers, &new).await } else { None };
        let heard = match self.hear(turn, step, &asked, new.recording.as_deref()).await {
            Ok(heard) => heard,
            Err(error) => {
                saving::discard(&self.workers, row, None).await; // it fails only before anything is heard
                return Err(error);
            }
        };
        let nothing_said = heard.transcript.is_empty() && heard.turn.voiced.is_empty();
        let held = match heard.ended {
            EndedBy::Skip if voiced_s(&heard) < WORTH_KEEPING_S => Held::Nothing,
            EndedBy::Stop if nothing_said => Held::Stopped,
            _ if nothing_said => {
                let outlet = &self.workers.outlet;
                outlet.notice("Nothing was heard. Check the microphone with `viva devices`, or type the answer.");
                match heard.ended {
                    EndedBy::Candidate if self.plan.ear.is_interactive() => Held::Silence,
                    _ => Held::Nothing,
                }
            }
            EndedBy::Stop => {
                let record = self.keep(row, new, heard).await;
                self.kept.push(record);
                return Ok(Held::Stopped);
            }
            _ => return Ok(Held::Kept(Box::new(self.keep(row, new, heard).await))),
        };
        saving::discard(&self.workers, row, heard.turn.recording.as_deref()).await;
        Ok(held)
    }

    fn new_answer(&self, turn: TurnNo, step: &Step) -> NewAnswer {
        let (kind, answers_probe) = match step {
            Step::Question => (self.plan.question.kind, None),
            Step::Probe(probe) => (Kind::Pressure, Some(probe.clone())),
        };
        let is_heard = !matches!(self.plan.ear, Ear::Text(_) | Ear::Typed);
        NewAnswer {
            session: self.id,
            turn,
            opening: self.kept.first().map(|record| record.id).filter(|id| id.is_stored()),
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
        };
        let demonstration = self.workers.demonstration;
        self.workers.outlet.emit(Event::Asked { text: text.clone(), probe, demonstration }, None);
        self.workers.outlet.phase(Phase::Asking);
        text
    }

    async fn hear(&mut self, turn: TurnNo, step: &Step, asked: &str, file: Option<&str>) -> anyhow::Result<Heard> {
        let asking = hear::Asking {
            workers: &self.workers,
            commands: &mut self.commands,
            text: asked,
            speak: self.plan.speak,
            ears: hear::Ears {
                turn,
                question: self.plan.question.id.clone(),
                recording: file.map(|name| self.workers.store.audio_folder().join(name)),
            },
        };
        match (&self.plan.ear, step) {
            (Ear::Text(text), _) => Ok(Heard::typed(text)),
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
        let is_reply = new.answers_probe.is_some();
        let signal = self.workers.listen(self.plan.question.id.as_deref(), is_reply, &heard.transcript);
        let spoken = heard.turn.length.0 > 0;
        let leaves = heard.ended == EndedBy::Stop;
        let delivery = spoken.then(|| delivery::measure(&heard.transcript, &heard.turn.voiced, heard.listening_from));
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
        };
        let mut record = saving::keep(&self.workers, row, new, done).await;
        info!(session = self.id.0, turn = record.turn.0, answer = record.id.0, "answer kept");

        let refusal = match self.workers.demonstration {
            true => Some("a demonstration asks no endpoint".to_owned()),
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
        let started = Instant::now();
        // Whoever ends the session does not wait for a choice that nobody will hear.
        record.probe = self.choose_probe(&record, pending && !leaves).await;
        let took = started.elapsed().as_millis() as u64;
        record.timings.insert("triage".into(), took);
        saving::note_probe(&self.workers, &record, took).await;
        self.announce_kept(&record, pending);
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

    /// The follow-up that fits what was said so far: the endpoint's choice where it is in time, else the bank's.
    async fn choose_probe(&self, newest: &AnswerRecord, pending: bool) -> Option<StoredProbe> {
        let said = self.said_so_far(newest);
        let candidates = self.candidates(&said, if pending { CANDIDATES } else { 1 });
        let best = candidates.first()?.clone();
        if !pending {
            return Some(best);
        }
        Some(self.workers.assessor.triage(newest, &said, &candidates).await.unwrap_or(best))
    }

    /// The probes of the bank that fit, best first.
    fn candidates(&self, said: &Transcript, most: usize) -> Vec<StoredProbe> {
        let id = self.plan.question.id.as_deref();
        let (pack, question) = (self.workers.pack_of(id), self.workers.question(id));
        let signal = practice_signal::listen(pack, question, said);
        let mut asked = self.asked.clone();
        let mut candidates = Vec::new();
        while candidates.len() < most {
            let chosen = probe::choose(&ProbeContext {
                pack,
                question,
                kind: self.plan.question.kind,
                transcript: said,
                signal: &signal,
                dimensions: None,
                asked: &asked,
            });
            let Some(chosen) = chosen else { break };
            asked.insert(chosen.id.clone());
            candidates.push(StoredProbe { id: chosen.id, text: chosen.text, reason: chosen.reason });
        }
        candidates
    }

    fn said_so_far(&self, newest: &AnswerRecord) -> Transcript {
        let earlier = self.kept.iter().filter(|record| record.id != newest.id);
        let segments = earlier.chain([newest]).flat_map(|record| record.transcript.segments.clone()).collect();
        Transcript { segments }
    }

    /// The next step where there is someone to answer it and depth is left.
    async fn next_probe(&mut self) -> Option<StoredProbe> {
        if !self.plan.ear.is_interactive() || self.asked.len() >= usize::from(self.plan.probes) {
            return None;
        }
        let newest = self.kept.last()?.clone();
        let fresh = newest.probe.clone().filter(|probe| !self.asked.contains(&probe.id));
        let probe = match fresh {
            Some(probe) => probe,
            None => self.choose_probe(&newest, false).await?, // the one before was passed over
        };
        self.asked.insert(probe.id.clone());
        Some(probe)
    }
}

fn voiced_s(heard: &Heard) -> f64 {
    heard.turn.voiced.iter().map(|span| span.seconds()).sum()
}
