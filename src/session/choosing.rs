//! The choice of what is asked next: the endpoint's among the probes of the bank that fit, else the bank's.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::timeout;

use super::{hear::EndedBy, workers::Workers};
use crate::{
    interview::{
        practice_signal,
        probe::{self, ProbeContext},
        question::Kind,
        spoken_command,
        transcript::{Transcript, TurnNo},
    },
    store::StoredProbe,
};

/// Probes among which the endpoint may choose.
pub(super) const CANDIDATES: usize = 5;

/// How long the result may wait for the news whether there is an endpoint. Looking on this machine takes half a second.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1500);

/// The sentences that will be said at once when their moment comes: acknowledgements, nudges, what is told when asked.
pub(super) fn stock_sentences(workers: &Workers, question: Option<&str>) -> Vec<String> {
    let phrases = &workers.pack_of(question).phrases;
    let of_pack =
        [&phrases.acknowledgement, &phrases.nudge, &phrases.patience, &phrases.your_call, &phrases.never_mind];
    let told = workers.question(question).map_or(&[][..], |question| question.constraints.as_slice());
    let told = told.iter().map(|constraint| constraint.says.clone());
    of_pack.into_iter().flatten().cloned().chain(told).collect()
}

/// What is said in this turn to whoever does not know.
pub(super) fn never_mind<'a>(workers: &'a Workers, question: Option<&str>, turn: TurnNo) -> Option<&'a str> {
    let known = &workers.pack_of(question).phrases.never_mind;
    known.get(turn.0 as usize % known.len().max(1)).map(String::as_str)
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
    /// Whether the endpoint may be asked.
    pub judge: bool,
}

impl Chooser {
    /// The follow-up that fits what was said; `asks` the endpoint.
    pub async fn choose(&self, newest: &Transcript, asks: bool) -> Option<StoredProbe> {
        if let Some(asked) = self.workers.script.as_ref().and_then(|script| script.asked_next()) {
            return asked; // it was chosen when it happened
        }
        let segments = self.before.segments.iter().chain(&newest.segments).cloned().collect();
        let said = Transcript { segments };
        let candidates = self.candidates(&said, if asks { CANDIDATES } else { 1 });
        let best = candidates.first()?.clone();
        if !asks {
            return Some(best);
        }
        let triage = self.workers.assessor.triage(&self.asked_text, &said, &candidates);
        Some(triage.await.unwrap_or(best))
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
        probe::choose_several(&context, most).into_iter().map(StoredProbe::from).collect()
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
            return never_mind(&self.workers, self.question.as_deref(), turn).map(str::to_owned);
        }
        let known = &self.workers.pack_of(self.question.as_deref()).phrases.acknowledgement;
        known.get(turn.0 as usize % known.len().max(1)).cloned()
    }
}
