//! The choice of what is asked next: the endpoint's among the probes of the bank that fit, else the bank's.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::timeout;

use super::{hear::EndedBy, listening, workers::Workers};
use crate::{
    interview::{
        claim::Said,
        own_probe::Guarded,
        own_words::{self, AboutWords, CONTRADICTION, SUM},
        practice_signal,
        probe::{self, ChosenProbe, ProbeContext},
        question::Kind,
        spoken_command,
        transcript::{Transcript, TurnNo},
        withholding::{self, Heard},
    },
    store::{AnswerRecord, StoredProbe},
};

/// Probes among which the endpoint may choose.
pub(super) const CANDIDATES: usize = 5;

/// How long the result may wait for the news whether there is an endpoint. Looking on this machine takes half a second.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1500);

/// Said when the candidate does not know.
pub(super) const NEVER_MIND: &str = "That is all right. Let us leave it there.";

/// The sentences that will be said at once when their moment comes: acknowledgements, nudges, what is told when asked.
pub(super) fn stock_sentences(workers: &Workers, question: Option<&str>) -> Vec<String> {
    let phrases = &workers.pack_of(question).phrases;
    let of_pack = [&phrases.acknowledgement, &phrases.nudge, &phrases.patience, &phrases.your_call];
    let told = workers.question(question).map_or(&[][..], |question| question.constraints.as_slice());
    let told = told.iter().map(|constraint| constraint.says.clone());
    of_pack.into_iter().flatten().cloned().chain([NEVER_MIND.to_owned()]).chain(told).collect()
}

/// What is begun when a silence ends a turn: given what was said, who ended it and whether the answer may be acknowledged aloud.
pub(super) type Afterwards =
    Box<dyn Fn(Transcript, EndedBy, bool) -> BoxFuture<'static, Option<StoredProbe>> + Send + Sync>;

/// The choice of the next step. Dropping it gives it up.
pub(super) enum Next {
    Open(BoxFuture<'static, Option<StoredProbe>>),
    Made(Option<StoredProbe>),
}

impl Next {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Goes on choosing; for ever where there is nothing to choose.
    pub async fn choose(next: &mut Option<Self>) {
        let Some(Self::Open(choice)) = next else { return std::future::pending().await };
        let made = choice.await;
        *next = Some(Self::Made(made));
    }

    pub async fn made(self) -> Option<StoredProbe> {
        match self {
            Self::Open(choice) => choice.await,
            Self::Made(probe) => probe,
        }
    }
}

/// A probe of the bank, with where it is from.
pub(super) fn from_bank(chosen: ChosenProbe) -> StoredProbe {
    let mut letters = chosen.reason.chars();
    let first: String = letters.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    StoredProbe { id: chosen.id, text: chosen.text, reason: format!("From the bank: {first}{}", letters.as_str()) }
}

pub(super) fn about_words(found: AboutWords) -> StoredProbe {
    StoredProbe { id: found.id, text: found.text, reason: found.reason }
}

/// What a choice rests on besides the newest words.
#[derive(Clone)]
pub(super) struct Chooser {
    pub workers: Workers,
    /// Id of the question.
    pub question: Option<String>,
    pub kind: Kind,
    /// The words that were asked last.
    pub asked_text: String,
    /// The answers before the newest.
    pub before: Transcript,
    /// Ids of the probes that are not to be asked any more.
    pub done: BTreeSet<String>,
    /// The same, one by one, with what they reply to.
    pub earlier: Vec<AnswerRecord>,
    /// Whether the endpoint may be asked.
    pub judge: bool,
}

impl Chooser {
    /// The follow-up that fits what was said; `asks` the endpoint.
    pub async fn choose(&self, newest: &Transcript, asks: bool) -> Option<StoredProbe> {
        if let Some(probe) = self.about_own_words(newest) {
            return Some(probe);
        }
        let segments = self.before.segments.iter().chain(&newest.segments).cloned().collect();
        let said = Transcript { segments };
        let asks = asks && !self.is_withheld(newest);
        let candidates = self.candidates(&said, if asks { CANDIDATES } else { 1 });
        let best = candidates.first()?.clone();
        if !asks {
            return Some(best);
        }
        let (pack, question) =
            (self.workers.pack_of(self.question.as_deref()), self.workers.question(self.question.as_deref()));
        let asked = self.interviewers_words();
        let guarded = Guarded { pack, question, said: &said, asked: &asked };
        let triage = self.workers.assessor.triage(&self.asked_text, &said, &candidates, Some(&guarded));
        Some(triage.await.unwrap_or(best))
    }

    /// A sum that does not come out, or commitments that cannot both hold: each sort is asked about once.
    fn about_own_words(&self, newest: &Transcript) -> Option<StoredProbe> {
        let before: Vec<Said> = self.earlier.iter().map(listening::said).collect();
        let turn = TurnNo(before.iter().map(|said| said.turn.0).max().unwrap_or(0) + 1);
        let asked = if before.is_empty() { "" } else { &self.asked_text };
        let newest = Said { turn, asked, transcript: newest };
        let is_fresh = |id: &str| {
            let sort = if id.starts_with(SUM) { SUM } else { CONTRADICTION };
            !self.done.iter().any(|done| done.starts_with(sort))
        };
        own_words::probes(newest, &before).into_iter().find(|probe| is_fresh(&probe.id)).map(about_words)
    }

    /// Whether no level could rest on the newest words: then no token is spent on them.
    fn is_withheld(&self, newest: &Transcript) -> bool {
        let heard = Heard {
            transcript: newest,
            asked: &self.asked_text,
            kind: self.kind,
            question: self.workers.question(self.question.as_deref()),
            is_reply: !self.earlier.is_empty(),
            corrected: false,
        };
        let outcomes = withholding::outcomes(&heard, self.workers.content());
        withholding::withholds(&outcomes).is_some()
    }

    /// Everything that was asked and told so far.
    fn interviewers_words(&self) -> Vec<String> {
        let asked = self.earlier.iter().flat_map(|record| {
            let told = record.clarifications.iter().map(|clarification| clarification.told.clone());
            [record.question_text.clone(), listening::asked(record).to_owned()].into_iter().chain(told)
        });
        let mut all: Vec<String> = asked.chain([self.asked_text.clone()]).collect();
        all.dedup();
        all
    }

    /// The probes of the bank that fit, best first.
    fn candidates(&self, said: &Transcript, most: usize) -> Vec<StoredProbe> {
        let id = self.question.as_deref();
        let (pack, question) = (self.workers.pack_of(id), self.workers.question(id));
        let signal = practice_signal::listen(pack, question, said);
        let context = ProbeContext {
            pack,
            question,
            kind: self.kind,
            transcript: said,
            signal: &signal,
            dimensions: None,
            asked: &self.done,
        };
        probe::choose_several(&context, most).into_iter().map(from_bank).collect()
    }

    /// Chooses and acknowledges at the same time.
    pub fn afterwards(self, kind: Kind, turn: TurnNo) -> Afterwards {
        let chooser = Arc::new(self);
        Box::new(move |said, by, speaks| {
            let chooser = chooser.clone();
            async move {
                let choice = async {
                    let said = spoken_command::without_commands(&said);
                    let refusal = timeout(AT_ONCE, chooser.workers.assessor.why_not(kind, chooser.judge));
                    let asks = by != EndedBy::GaveUp && refusal.await.unwrap_or(None).is_none();
                    let chosen = chooser.choose(&said, asks).await;
                    if speaks && let Some(probe) = &chosen {
                        chooser.workers.voice.render_ahead(vec![probe.text.clone()]).await;
                    }
                    chosen
                };
                let acknowledged = async {
                    if !speaks {
                        return;
                    }
                    let words = chooser.acknowledgement(by, turn);
                    if let Some(words) = words
                        && let Err(error) = chooser.workers.voice.say(&words).await
                    {
                        tracing::debug!(%error, "an answer was not acknowledged aloud");
                    }
                };
                tokio::join!(choice, acknowledged).0
            }
            .boxed()
        })
    }

    fn acknowledgement(&self, by: EndedBy, turn: TurnNo) -> Option<String> {
        if by == EndedBy::GaveUp {
            return Some(NEVER_MIND.to_owned());
        }
        let known = &self.workers.pack_of(self.question.as_deref()).phrases.acknowledgement;
        known.get(turn.0 as usize % known.len().max(1)).cloned()
    }
}
