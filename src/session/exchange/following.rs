//! What is asked next in practice: the choice, the branches that are closed, the depth that is left. A drill has its ladder instead.

use std::time::Instant;

use super::Sitting;
use crate::{
    interview::transcript::Transcript,
    session::{
        choosing::{Chooser, Next},
        saving,
    },
    store::{AnswerId, AnswerRecord, StoredProbe},
};

impl Sitting {
    pub(super) async fn choose_the_next(
        &mut self,
        record: &mut AnswerRecord,
        begun: Option<Next>,
        pending: bool,
        leaves: bool,
    ) {
        let started = Instant::now();
        // Whoever ends the session does not wait for a choice that nobody will hear.
        record.probe = match begun {
            Some(next) => next.made().await,
            None => {
                let chooser = self.chooser(record.answers_probe.as_ref(), Some(record.id));
                chooser.choose(&record.transcript, pending && !leaves).await
            }
        };
        let took = started.elapsed().as_millis() as u64;
        record.timings.insert("triage".into(), took);
        // Queued before it is told, so that whoever is told finds it; the voice does not wait for the disk.
        self.underway.add(&self.workers, "the follow-up", saving::note_probe(&self.workers, record, took));
        self.announce_kept(record, pending);
    }

    /// For the choice of the follow-up to what is said now.
    pub(super) fn chooser(&self, answers_probe: Option<&StoredProbe>, newest: Option<AnswerId>) -> Chooser {
        let earlier: Vec<AnswerRecord> =
            self.kept.iter().filter(|record| newest.is_none_or(|newest| record.id != newest)).cloned().collect();
        Chooser {
            workers: self.workers.clone(),
            question: self.plan.question.id.clone(),
            kind: self.plan.question.kind,
            asked_text: answers_probe.map_or(&self.plan.question.text, |probe| &probe.text).clone(),
            before: Transcript {
                segments: earlier.iter().flat_map(|record| record.transcript.segments.clone()).collect(),
            },
            earlier,
            done: self.asked.union(&self.closed).cloned().collect(),
            judge: self.plan.judge && !self.workers.demonstration,
            speaks: self.speaks(),
            ladder: self.pressed.as_ref().map(|pressed| pressed.next_words.clone()),
        }
    }

    /// "I don't know": no other probe digs for the same.
    pub(super) fn close_branch(&mut self, probe: &StoredProbe) {
        let id = self.plan.question.id.as_deref();
        let bank = self.workers.question(id).map_or(&[][..], |question| question.probes.as_slice());
        let Some(given_up) = bank.iter().find(|known| known.id == probe.id) else { return };
        self.closed.extend(bank.iter().filter(|known| known.target == given_up.target).map(|known| known.id.clone()));
    }

    /// The next step where there is someone to answer it and depth is left.
    pub(super) async fn next_probe(&mut self) -> Option<StoredProbe> {
        if !self.plan.ear.is_interactive() || self.asked.len() >= usize::from(self.plan.probes) {
            return None;
        }
        let newest = self.kept.last()?.clone();
        let fresh =
            newest.probe.clone().filter(|probe| !self.asked.contains(&probe.id) && !self.closed.contains(&probe.id));
        let probe = match fresh {
            Some(probe) => probe,
            // The one before was passed over.
            None => self.chooser(None, Some(newest.id)).choose(&newest.transcript, false).await?,
        };
        self.asked.insert(probe.id.clone());
        Some(probe)
    }
}
