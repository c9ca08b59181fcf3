//! The end of a turn: by key, by word or by silence, taken back or for good.

use std::time::Instant;

use tracing::info;

use super::{OpenTurn, Stage};
use crate::{
    interview::{spoken_command, transcript::Transcript, turn_taking::EndReason},
    session::{
        asides,
        choosing::Receipt,
        event::{Event, Phase},
        event_log::{Because, Entry},
        hear::{EndedBy, Heard},
        second_hearing,
        turn::Turn,
    },
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan},
    speech::listener::HeardTurn,
};

/// Samples after an end by silence within which speech takes it back: 1.5 s, and what it takes to notice an onset.
const GRACE: u64 = SAMPLE_RATE as u64 * 16 / 10;

impl OpenTurn<'_> {
    /// "That's my answer."
    pub(super) fn end_as_said(&mut self) {
        self.asking.workers.outlet.remark(EndReason::SaidDone.sentence());
        self.end_for_good(Because::SaidDone);
    }

    /// The candidate has finished and said so, in words or by key: the answer is acknowledged while the next step is chosen.
    pub(super) fn end_for_good(&mut self, because: Because) {
        let (by, receipt) = (EndedBy::Candidate, self.receipt.take());
        let is_answer = self.turn.segments.iter().any(|segment| !segment.text.is_empty());
        let Some(afterwards) = self.asking.afterwards.as_ref().filter(|_| is_answer) else {
            return self.end_at_once(by, because);
        };
        self.asking.workers.outlet.log(Entry::Ends { by, because }, None);
        let said = Transcript { segments: self.turn.segments.clone() };
        let receipt = receipt.unwrap_or_else(|| afterwards.receipt(by, Receipt::Words));
        self.next = Some(afterwards.begin(said, by, receipt));
        self.asking.workers.outlet.phase(Phase::Deciding);
        self.end(by);
    }

    /// "I have finished" by key: acknowledged at once, also where the last words are still being written down.
    pub(super) fn acknowledge(&mut self) {
        let is_answer =
            self.turn.segments.iter().any(|segment| !segment.text.is_empty()) || !self.turn.decoding.is_empty();
        let afterwards = self.asking.afterwards.as_ref().filter(|_| is_answer || self.turn.is_voiced);
        self.receipt = afterwards.map(|afterwards| afterwards.receipt(EndedBy::Candidate, Receipt::Words));
    }

    /// Lets the acknowledgement end before something else is said.
    pub(super) async fn acknowledged(&mut self) {
        if let Some(receipt) = self.receipt.take() {
            self.turn.during(receipt, &mut self.events).await;
        }
    }

    /// The next step is chosen, and the answer acknowledged, while the ears stay open.
    pub(super) fn end_by_silence(&mut self, by: EndedBy, because: Because) {
        self.asking.workers.outlet.log(Entry::Ends { by, because }, None);
        self.stopped_at = Some(Instant::now());
        self.stage = Stage::Grace { until: self.turn.clock() + GRACE, by };
        self.asking.workers.outlet.phase(Phase::Deciding);
        let said = Transcript { segments: self.turn.segments.clone() };
        let receipt = if self.leaks { Receipt::Earcon } else { Receipt::Words };
        let afterwards = self.asking.afterwards.as_ref();
        self.next = afterwards.map(|afterwards| afterwards.begin(said, by, afterwards.receipt(by, receipt)));
    }

    /// Whoever speaks again had not finished: what was begun meanwhile is given up.
    pub(super) fn take_back_the_end(&mut self) {
        self.next = None; // cuts short what is being said, and the call
        self.stage = Stage::Open;
        self.stopped_at = None;
        self.unended += 1;
        info!(turn = self.asking.ears.turn.0, unended = self.unended, "the turn goes on");
        self.begin_silence_anew();
        self.asking.workers.outlet.emit(Event::Unended, Some(self.turn.now));
        self.asking.workers.outlet.phase(Phase::Listening);
    }

    pub(super) fn end_at_once(&mut self, by: EndedBy, because: Because) {
        self.asking.workers.outlet.log(Entry::Ends { by, because }, None);
        (self.next, self.receipt) = (None, None);
        self.asking.workers.outlet.phase(Phase::Transcribing);
        self.end(by);
    }

    pub(super) fn end(&mut self, by: EndedBy) {
        self.next.as_ref().inspect(|next| next.stands());
        self.stopped_at.get_or_insert_with(Instant::now);
        self.stage = Stage::Over(by);
        self.listener.stop();
    }

    /// The words of the whole turn, and what follows from them.
    pub(super) async fn finish(mut self, whole: HeardTurn) -> Heard {
        let workers = self.asking.workers;
        let stopped_at = self.stopped_at.unwrap_or_else(Instant::now);
        if self.next.is_none() {
            workers.outlet.phase(Phase::Transcribing);
        }
        self.turn.finish().await;
        let mut heard = self.heard;
        let last_text_ms = stopped_at.elapsed().as_millis() as u64;
        info!(turn = self.asking.ears.turn.0, last_text_ms, decode_ms = self.turn.decode_ms, "turn transcribed");
        heard.timings.insert("last_text".into(), last_text_ms);
        heard.timings.insert("decode".into(), self.turn.decode_ms);
        heard.timings.insert("hearing".into(), (whole.length.seconds() * 1000.0) as u64);
        heard.ended = match self.stage {
            Stage::Over(by) | Stage::Grace { by, .. } => by,
            Stage::Open | Stage::Closing => EndedBy::Source,
        };
        heard.turn = whole;
        if heard.transcript.is_empty() {
            heard.transcript = Transcript { segments: std::mem::take(&mut self.turn.segments) };
            if matches!(heard.ended, EndedBy::Candidate | EndedBy::Source) {
                hear_again(&mut self.turn, self.answered_until, &mut heard).await;
            }
        }
        if matches!(heard.ended, EndedBy::Candidate | EndedBy::Source) && asides::gives_up(&heard.transcript) {
            heard.ended = EndedBy::GaveUp;
        }
        if self.is_live {
            heard.transcript = spoken_command::without_commands(&heard.transcript);
        } else {
            let question = self.asking.ears.question.as_deref();
            (heard.transcript, heard.clarifications) = asides::without_listener(workers, question, heard.transcript);
        }
        let (listening_from, length) = (heard.listening_from, heard.turn.length);
        workers.outlet.log(Entry::Over { by: heard.ended, listening_from, length }, None);
        heard.notices = self.turn.notices;
        heard.next = self.next;
        heard
    }
}

/// Decodes the turn once more, from where the last question to the interviewer was answered, if its words are too few for its voice.
async fn hear_again(turn: &mut Turn<'_>, from: SampleIndex, heard: &mut Heard) {
    let Some(recording) = heard.turn.recording.as_deref() else { return };
    let is_later = |span: Option<SampleSpan>| span.is_some_and(|span| span.start >= from);
    let voiced: Vec<_> = heard.turn.voiced.iter().copied().filter(|span| span.start >= from).collect();
    let (later, earlier): (Vec<_>, Vec<_>) =
        heard.transcript.segments.iter().cloned().partition(|segment| is_later(segment.span));
    let before = Transcript { segments: later };
    if !second_hearing::is_due(&before, &voiced) {
        return;
    }
    let glossary = turn.glossary.clone();
    let Some(decoded) = second_hearing::decode(&turn.recognizer, recording, &voiced, glossary).await else {
        return;
    };
    let segments = decoded.into_iter().map(|(span, recognized)| turn.segment(span, recognized)).collect();
    let again = Transcript { segments };
    let words = |transcript: &Transcript| transcript.text().split_whitespace().count();
    info!(before = words(&before), after = words(&again), "few words for the voice heard: decoded again");
    if words(&again) > words(&before) {
        heard.transcript.segments = earlier.into_iter().chain(again.segments).collect();
        turn.note("Few words were written for so much speech, so the whole recording was written down again.".into());
    }
}
