//! Judging a text that is not kept: rated answers, `viva judge --text`.

use std::collections::BTreeMap;

use super::Assessor;
use crate::{
    interview::{
        assessment::Assessment,
        claim::Said,
        own_words,
        probe::{self, ProbeContext},
        question::AskedLevel,
        transcript::{Transcript, TurnNo},
    },
    llm::protocol::{Protocol, Samples},
    session::{
        choosing,
        listening::{self, Listening},
        plan::Asked,
        saving,
        workers::Workers,
    },
    store::{AnswerId, AnswerRecord, AnswerState, FinishedAnswer, NewAnswer, SessionId},
};

impl Assessor {
    /// Judges a text that is not kept.
    pub async fn judge_text(&self, workers: &Workers, question: &Asked, level: AskedLevel, text: &str) -> AnswerRecord {
        self.judge_text_by(&self.protocol, workers, question, level, text).await
    }

    /// The same with one reading, whatever it says.
    pub async fn judge_text_once(
        &self,
        workers: &Workers,
        question: &Asked,
        level: AskedLevel,
        text: &str,
    ) -> AnswerRecord {
        let protocol = Protocol { samples: Samples::One, ..self.protocol };
        self.judge_text_by(&protocol, workers, question, level, text).await
    }

    async fn judge_text_by(
        &self,
        protocol: &Protocol,
        workers: &Workers,
        question: &Asked,
        level: AskedLevel,
        text: &str,
    ) -> AnswerRecord {
        let transcript = Transcript::typed(text);
        let id = question.id.as_deref();
        let (pack, known) = (workers.pack_of(id), workers.question(id));
        let listening = Listening {
            question: id,
            kind: question.kind,
            asked: &question.text,
            is_reply: false,
            turn: TurnNo(1),
            transcript: &transcript,
            asked_something: false,
            corrected: false,
            before: &[],
        };
        let signal = listening::listen(workers, &listening);
        let new = NewAnswer {
            session: SessionId(0),
            turn: TurnNo(1),
            opening: None,
            question: question.id.clone(),
            question_text: question.text.clone(),
            kind: question.kind,
            asked_level: level,
            answers_probe: None,
            source: "text",
            recording: None,
        };
        let done = FinishedAnswer {
            state: AnswerState::Complete,
            transcript,
            signal,
            delivery: None,
            recording: None,
            timings: BTreeMap::new(),
            notices: Vec::new(),
            clarifications: Vec::new(),
        };
        let mut record = saving::record(AnswerId(0), new, done);
        let assessment = match self.why_not(record.kind, true).await {
            None => self.assess(&record, protocol, |_| {}).await,
            Some(why) => Assessment::PracticeSignal { why },
        };
        let dimensions = match &assessment {
            Assessment::Judged(judgement) => Some(judgement.dimensions.clone()),
            _ => None,
        };
        let signal = record.signal.clone().unwrap_or_default();
        let chosen = probe::choose(&ProbeContext {
            pack,
            question: known,
            kind: record.kind,
            transcript: &record.transcript,
            signal: &signal,
            dimensions: dimensions.as_deref(),
            asked: &Default::default(),
        });
        let said = Said { turn: record.turn, asked: "", transcript: &record.transcript };
        let about_words = own_words::probes(said, &[]).into_iter().next().map(choosing::about_words);
        record.probe = about_words.or_else(|| chosen.map(choosing::from_bank));
        record.assessment = Some(assessment);
        record
    }
}
