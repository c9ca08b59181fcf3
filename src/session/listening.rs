//! What is made of an answer without a model, with everything it stands among: its question, what was asked, the answers before it.
//!
//! Only gathers; the listening itself is pure ([`practice_signal`], [`crate::interview::withholding`]).

use super::workers::Workers;
use crate::{
    interview::{
        claim::Said,
        practice_signal::{self, PracticeSignal},
        question::Kind,
        transcript::{Transcript, TurnNo},
        withholding::Heard,
    },
    store::AnswerRecord,
};

/// The mistake of asking nothing, which can be made up for outside of the transcript.
const ASKS_NOTHING: &str = "skips-clarifying-question";

/// An answer to be listened to.
#[derive(Debug, Clone, Copy)]
pub struct Listening<'a> {
    /// Id of the question.
    pub question: Option<&'a str>,
    pub kind: Kind,
    /// The words that were asked last.
    pub asked: &'a str,
    /// To one of the question's follow-ups.
    pub is_reply: bool,
    pub turn: TurnNo,
    pub transcript: &'a Transcript,
    /// The interviewer was asked something, in words that are no longer in the transcript.
    pub asked_something: bool,
    /// A person has mended the words.
    pub corrected: bool,
    /// The answers before it to the same question.
    pub before: &'a [AnswerRecord],
}

impl<'a> Listening<'a> {
    /// To a kept answer, with the words it has now.
    pub fn to(record: &'a AnswerRecord, before: &'a [AnswerRecord]) -> Self {
        Self {
            question: record.question.as_deref(),
            kind: record.kind,
            asked: asked(record),
            is_reply: record.answers_probe.is_some(),
            turn: record.turn,
            transcript: &record.transcript,
            asked_something: !record.clarifications.is_empty(),
            corrected: record.corrected,
            before,
        }
    }

    pub fn heard(&self, workers: &'a Workers) -> Heard<'a> {
        Heard {
            transcript: self.transcript,
            asked: self.asked,
            kind: self.kind,
            question: workers.question(self.question),
            is_reply: self.is_reply,
            corrected: self.corrected,
        }
    }

    /// As the ledger of commitments wants it: the question itself changes no premises, a follow-up may.
    fn said(&self) -> Said<'a> {
        Said { turn: self.turn, asked: if self.is_reply { self.asked } else { "" }, transcript: self.transcript }
    }
}

/// The words that an answer replies to.
pub fn asked(record: &AnswerRecord) -> &str {
    record.answers_probe.as_ref().map_or(&record.question_text, |probe| &probe.text)
}

/// A kept answer as the ledger of commitments wants it.
pub fn said(record: &AnswerRecord) -> Said<'_> {
    Listening::to(record, &[]).said()
}

/// The practice signal of an answer.
pub fn listen(workers: &Workers, to: &Listening) -> PracticeSignal {
    let (pack, question) = (workers.pack_of(to.question), workers.question(to.question));
    let mut signal = match to.is_reply {
        true => practice_signal::listen_to_reply(pack, question, to.transcript),
        false => practice_signal::listen(pack, question, to.transcript),
    };
    signal.mistakes.retain(|heard| !(to.asked_something && heard.mistake == ASKS_NOTHING));
    let before: Vec<Said> = to.before.iter().map(said).collect();
    practice_signal::weigh(&mut signal, to.said(), &before, &to.heard(workers), workers.content());
    signal
}

/// The same for a kept answer whose neighbours are in the store.
pub async fn listen_again(workers: &Workers, record: &AnswerRecord) -> PracticeSignal {
    let mut before = Vec::new();
    if let Some(opening) = record.opening {
        for id in workers.store.with_follow_ups(opening).await.unwrap_or_default() {
            before.extend(workers.store.answer(id).await);
        }
    }
    before.retain(|other| other.turn < record.turn && other.session == record.session);
    before.sort_by_key(|other| other.turn);
    listen(workers, &Listening::to(record, &before))
}
