//! A drill between two exchanges: its ladder, all that was said, and what is kept of it.

use std::{collections::BTreeSet, sync::Arc};

use super::{JUDGEMENTS, dimensions, judged, report_of};
use crate::{
    interview::{
        interviewer::Temper,
        ladder::{Ladder, Reply, RungResult},
        ladder_report::LadderReport,
        practice_signal,
        probe::ProbeContext,
        question::Kind,
        transcript::Transcript,
    },
    session::{choosing::NextWords, exchange::Sitting, plan::DrillPlan, workers::Workers},
    store::{AnswerId, AnswerRecord, Store, StoredDrill, StoredProbe, StoredReply, StoredRung},
};

#[derive(Clone)]
pub(super) struct Drill {
    workers: Workers,
    /// Id of the question.
    question: Option<String>,
    kind: Kind,
    pub temper: Option<Temper>,
    ladder: Ladder,
    /// The opening answer and every reply.
    said: Transcript,
    pub kept: StoredDrill,
}

impl Drill {
    pub fn new(sitting: &Sitting, plan: &DrillPlan) -> Self {
        let question = sitting.plan.question.id.clone();
        let length = usize::from(sitting.plan.probes);
        Self {
            temper: sitting.workers.pack_of(question.as_deref()).interviewers.temper(&plan.temper).cloned(),
            workers: sitting.workers.clone(),
            question,
            kind: sitting.plan.question.kind,
            ladder: Ladder::new(length),
            said: Transcript::default(),
            kept: StoredDrill {
                temper: plan.temper.clone(),
                length,
                rungs: Vec::new(),
                interjections: Vec::new(),
                report: None,
            },
        }
    }

    /// Takes the opening answer.
    pub fn begin_with(&mut self, opening: &Transcript) {
        self.said = opening.clone();
    }

    /// Opens the next rung: its probe, and the words to say.
    pub fn next(&mut self) -> Option<(StoredProbe, String)> {
        let id = self.question.as_deref();
        let (pack, question) = (self.workers.pack_of(id), self.workers.question(id));
        let signal = practice_signal::listen(pack, question, &self.said);
        let context = ProbeContext {
            pack,
            question,
            kind: self.kind,
            transcript: &self.said,
            signal: &signal,
            dimensions: None,
            asked: &BTreeSet::new(),
        };
        let probe = StoredProbe::from(self.ladder.next(&context)?);
        let words = format!("{} {}", self.before_a_probe(), probe.text).trim().to_owned();
        let difficulty = self.ladder.rungs().last()?.difficulty;
        self.kept.rungs.push(StoredRung { probe: probe.clone(), difficulty, reply: None, again: None });
        Some((probe, words))
    }

    /// Before the first probe what is coming; before the others a word in the interviewer's manner, but none to who did not know.
    fn before_a_probe(&self) -> &str {
        let pack = self.workers.pack_of(self.question.as_deref());
        let said = self.kept.rungs.len();
        if said == 0
            && let Some(opening) = pack.drills.drill("pressure").and_then(|drill| drill.opening.first())
        {
            return opening;
        }
        let last = self.kept.rungs.last().and_then(|rung| rung.reply.as_ref());
        if last.is_some_and(|reply| reply.outcome.result == RungResult::GaveUp) {
            return "";
        }
        let prefaces = self.temper.as_ref().map_or(&[][..], |temper| &temper.probe_preface);
        prefaces.get((said - said.min(1)) % prefaces.len().max(1)).map_or("", String::as_str)
    }

    /// The open rung was passed over.
    pub fn pass(&mut self) {
        self.ladder.pass();
        self.kept.rungs.truncate(self.ladder.rungs().len());
    }

    /// Takes the reply to the open rung.
    pub fn answer(&mut self, record: &AnswerRecord, gave_up: bool) {
        let signal = record.signal.clone().unwrap_or_default();
        self.take(&record.transcript, Reply { signal: &signal, dimensions: dimensions(record), gave_up }, record.id);
    }

    fn take(&mut self, transcript: &Transcript, reply: Reply, answer: AnswerId) {
        self.said.segments.extend(transcript.segments.iter().cloned());
        let workers = self.workers.clone();
        let outcome = self.ladder.answer(reply, workers.question(self.question.as_deref()));
        if let (Some(rung), Some(outcome)) = (self.kept.rungs.last_mut(), outcome) {
            rung.reply = Some(StoredReply { answer: answer.0, outcome: outcome.clone() });
        }
    }

    /// Takes the second attempt at a rung; what it came to.
    pub fn answer_again(&mut self, rung: usize, record: &AnswerRecord, gave_up: bool) -> Option<RungResult> {
        let signal = record.signal.clone().unwrap_or_default();
        let reply = Reply { signal: &signal, dimensions: dimensions(record), gave_up };
        let outcome = self.ladder.answer_again(rung, reply)?.clone();
        let result = outcome.result.clone();
        self.kept.rungs.get_mut(rung)?.again = Some(StoredReply { answer: record.id.0, outcome });
        Some(result)
    }

    /// What would be said next, were the newest words the reply. For the voice, which renders it in advance.
    pub fn next_words(&self) -> NextWords {
        let drill = self.clone();
        Arc::new(move |newest: &Transcript, gave_up: bool| {
            let mut drill = drill.clone();
            match drill.ladder.rungs().is_empty() && drill.said.is_empty() {
                true => drill.begin_with(newest),
                false => {
                    let id = drill.question.as_deref();
                    let (pack, question) = (drill.workers.pack_of(id), drill.workers.question(id));
                    let signal = practice_signal::listen_to_reply(pack, question, newest);
                    drill.take(newest, Reply { signal: &signal, dimensions: None, gave_up }, AnswerId(0));
                }
            }
            drill.next().map(|(_, words)| words)
        })
    }

    /// Judges rungs anew whose judgement has come since.
    pub async fn hear_judgements(&mut self, store: &Store) {
        for (place, rung) in self.kept.rungs.iter_mut().enumerate() {
            let Some(reply) = &mut rung.reply else { continue };
            let is_final = reply.outcome.by_levels || reply.outcome.result == RungResult::GaveUp;
            if is_final || !AnswerId(reply.answer).is_stored() {
                continue;
            }
            let Ok(record) = store.answer(AnswerId(reply.answer)).await else { continue };
            reply.outcome = judged(&record, false);
            let signal = record.signal.clone().unwrap_or_default();
            self.ladder.assess(place, Reply { signal: &signal, dimensions: dimensions(&record), gave_up: false });
        }
    }

    /// Gives judgements that are on their way a moment.
    pub async fn wait_for_judgements(&mut self, sitting: &Sitting) {
        let assessor = &sitting.workers.assessor;
        let all = async {
            for reply in self.kept.rungs.iter().filter_map(|rung| rung.reply.as_ref()) {
                assessor.wait_for(AnswerId(reply.answer), JUDGEMENTS).await;
            }
        };
        let _ = tokio::time::timeout(JUDGEMENTS, all).await;
        self.hear_judgements(&sitting.workers.store).await;
    }

    /// What the drill came to.
    pub fn finish(&mut self) -> LadderReport {
        let report = report_of(&self.kept);
        self.kept.report = Some(report.clone());
        report
    }
}
