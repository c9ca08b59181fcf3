//! The interviewer cuts in during a drill, and takes yes or no for an answer at its end.

use super::OpenTurn;
use crate::{
    interview::{
        trigger::{Interjection, WordsSoFar},
        yes_no::yes_or_no,
    },
    session::{
        event::{Event, Floor},
        event_log::Because,
        hear::EndedBy,
        open_turn::Stage,
        plan::Command,
    },
    speech::listener::HearingEvent,
};

impl OpenTurn<'_> {
    /// Takes what was heard; in a drill it may be the moment to cut in.
    pub(super) async fn take(&mut self, event: HearingEvent) {
        let mut interjection = None;
        if let HearingEvent::Level { at, voiced, quiet, .. } = event
            && self.is_live
            && matches!(self.stage, Stage::Open)
            && let Some(interjector) = &mut self.asking.interjector
        {
            if !self.turn.decoding.is_empty() {
                interjector.lacks_words();
            }
            interjection = match self.asking.workers.script.as_ref().filter(|script| script.is_replay()) {
                Some(script) => script.cuts_in(at),
                None => interjector.hear_level(at, voiced, quiet),
            };
        }
        self.turn.take(event);
        if let Some(interjection) = interjection {
            self.interject(interjection).await;
        }
    }

    /// Tells the words so far to whoever may cut in on them.
    pub(super) fn watch_words(&mut self) {
        if let Some(interjector) = &mut self.asking.interjector
            && let Some([closed, committed, tentative]) = self.turn.words_so_far()
        {
            let words = WordsSoFar { closed: &closed, committed: &committed, tentative: &tentative };
            interjector.hear_words(words, self.turn.words_until);
        }
    }

    /// Says it with the ears closed, as a nudge; the turn goes on.
    async fn interject(&mut self, interjection: Interjection) {
        let workers = self.asking.workers;
        let Some(interjector) = &mut self.asking.interjector else { return };
        let text = interjection.text.clone();
        let at = interjection.at;
        workers.outlet.emit(Event::Interjected(interjector.saying(interjection)), Some(at));
        self.remark(&text).await;
        if let Some(interjector) = &mut self.asking.interjector {
            interjector.has_said(self.turn.now);
        }
        self.begin_silence_anew();
        workers.outlet.floor(Floor::Listening);
    }

    /// Weighs a reply to an offer: over as soon as it is yes or no, or when its time is.
    pub(super) fn weigh_a_reply(&mut self, within: u64) -> Option<Command> {
        let replied = self.turn.segments.iter().any(|segment| yes_or_no(&segment.raw).is_some());
        let waited = self.turn.now.0.saturating_sub(self.turn.floor_from.0);
        if replied {
            self.end_at_once(EndedBy::Candidate, Because::SaidSo);
        } else if waited > within && !self.turn.is_voiced && self.turn.is_settled() {
            self.end_at_once(EndedBy::Source, Because::LongSilence);
        }
        None
    }
}
