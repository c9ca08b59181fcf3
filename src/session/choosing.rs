//! The choice of what is asked next: the endpoint's among the probes of the bank that fit, else the bank's.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{hear::EndedBy, listening, workers::Workers};
use crate::{
    interview::{
        assessment::{Assessment, DimensionResult},
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
    speech::voice::Keeps,
    store::{AnswerRecord, StoredProbe},
};

/// Probes among which the endpoint may choose.
pub(super) const CANDIDATES: usize = 5;

/// How long the result may wait for the news whether there is an endpoint. Looking on this machine takes half a second.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1500);

/// The sentences that will be said at once when their moment comes: acknowledgements, nudges, what is told when asked.
pub(super) fn stock_sentences(workers: &Workers, question: Option<&str>) -> Vec<String> {
    let phrases = workers.phrases(question);
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

/// How often in one answer the endpoint may be asked for a choice before it is sure that the turn is over.
const MOST_SPECULATIONS: u32 = 3;

/// How the candidate learns that the answer was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipt {
    /// A few words.
    Words,
    /// A sound that no ear takes for a voice: the loudspeaker is in the microphone, and speech may still take the end back.
    Earcon,
}

/// What is begun when a turn ends: the answer is acknowledged and the next step chosen.
pub(super) struct Afterwards {
    chooser: Arc<Chooser>,
    speculation: Arc<Speculation>,
    kind: Kind,
    turn: TurnNo,
}

/// The choice of the next step. Dropping it gives it up.
pub(super) enum Next {
    Open {
        /// A task, since nobody waits for it while the last words are written and the answer is stored.
        choice: AbortOnDropHandle<Option<StoredProbe>>,
        /// Whoever speaks now no longer takes the end of the turn back.
        for_good: CancellationToken,
    },
    Made(Option<StoredProbe>),
}

impl Next {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The turn is over for good: what was held back until then goes on.
    pub fn stands(&self) {
        if let Self::Open { for_good, .. } = self {
            for_good.cancel();
        }
    }

    /// Goes on choosing; for ever where there is nothing to choose.
    pub async fn choose(next: &mut Option<Self>) {
        let Some(Self::Open { choice, .. }) = next else { return std::future::pending().await };
        let made = choice.await.unwrap_or_default();
        *next = Some(Self::Made(made));
    }

    pub async fn made(self) -> Option<StoredProbe> {
        self.stands();
        match self {
            Self::Open { choice, .. } => choice.await.unwrap_or_default(),
            Self::Made(probe) => probe,
        }
    }
}

/// Counts the choices that were begun in one answer while it could go on.
#[derive(Default)]
struct Speculation {
    begun: AtomicU32,
}

impl Speculation {
    /// Whether the endpoint may be asked now: not where tokens cost, and not for ever.
    fn may(&self, tokens_cost: bool) -> bool {
        !tokens_cost && self.begun.fetch_add(1, Ordering::Relaxed) < MOST_SPECULATIONS
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
    /// The interviewer is heard.
    pub speaks: bool,
    /// In a drill the ladder chooses, once the answer is kept: here only what will probably be said is rendered in advance.
    pub ladder: Option<NextWords>,
}

/// What a drill will probably say next, given the newest words and whether they gave up.
pub(super) type NextWords = Arc<dyn Fn(&Transcript, bool) -> Option<String> + Send + Sync>;

impl Chooser {
    /// The follow-up that fits what was said; `asks` the endpoint.
    pub async fn choose(&self, newest: &Transcript, asks: bool) -> Option<StoredProbe> {
        if let Some(asked) = self.workers.script.as_ref().and_then(|script| script.asked_next()) {
            return asked; // it was chosen when it happened
        }
        if let Some(probe) = self.about_own_words(newest) {
            return Some(probe);
        }
        let segments = self.before.segments.iter().chain(&newest.segments).cloned().collect();
        let said = Transcript { segments };
        let asks = asks && !self.is_withheld(newest);
        let levels = self.levels().await;
        let candidates = self.candidates(&said, levels.as_deref(), if asks { CANDIDATES } else { 1 });
        let best = candidates.first()?.clone();
        if !asks {
            return Some(best);
        }
        let (pack, question) =
            (self.workers.pack_of(self.question.as_deref()), self.workers.question(self.question.as_deref()));
        let asked = self.interviewers_words();
        let guarded = Guarded { pack, question, said: &said, asked: &asked };
        let triage = self.workers.assessor.triage(&self.asked_text, &said, &candidates, Some(&guarded));
        // While the endpoint chooses, the voice renders all it may choose: espeak took 85 ms for one on a busy machine.
        let rendered = async {
            if self.speaks {
                let texts = candidates.iter().map(|probe| probe.text.clone()).collect();
                self.workers.voice.render_candidates(texts).await;
            }
        };
        Some(tokio::join!(triage, rendered).0.unwrap_or(best))
    }

    /// Renders what will be asked. Only words of the bank are kept beyond it: others may repeat the candidate's.
    async fn render(&self, probe: &StoredProbe) {
        let of_the_bank = self.workers.pack_of(self.question.as_deref()).probes().any(|known| known.ask == probe.text);
        let keeps = if of_the_bank { Keeps::OnDisk } else { Keeps::InMemory };
        self.workers.voice.render_ahead(vec![probe.text.clone()], keeps).await;
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

    /// The levels of the opening answer where its judgement is there by now; one of a reply is by another rubric.
    async fn levels(&self) -> Option<Vec<DimensionResult>> {
        let opening = self.earlier.iter().find(|record| record.answers_probe.is_none() && record.kind == self.kind)?;
        let record = match opening.id.is_stored() {
            true => self.workers.store.answer(opening.id).await.ok()?,
            false => opening.clone(),
        };
        match record.assessment {
            Some(Assessment::Judged(judgement)) => Some(judgement.dimensions),
            _ => None,
        }
    }

    /// The probes of the bank that fit, best first and about different things.
    fn candidates(&self, said: &Transcript, levels: Option<&[DimensionResult]>, most: usize) -> Vec<StoredProbe> {
        let id = self.question.as_deref();
        let (pack, question) = (self.workers.pack_of(id), self.workers.question(id));
        let signal = practice_signal::listen(pack, question, said);
        let context = ProbeContext {
            pack,
            question,
            kind: self.kind,
            transcript: said,
            signal: &signal,
            dimensions: levels,
            asked: &self.done,
        };
        probe::choose_apart(&context, most).into_iter().map(from_bank).collect()
    }

    pub fn afterwards(self, kind: Kind, turn: TurnNo) -> Afterwards {
        Afterwards { chooser: Arc::new(self), speculation: Arc::default(), kind, turn }
    }

    fn acknowledgement(&self, by: EndedBy, turn: TurnNo) -> Option<String> {
        if by == EndedBy::GaveUp {
            return never_mind(&self.workers, self.question.as_deref(), turn).map(str::to_owned);
        }
        let known = &self.workers.phrases(self.question.as_deref()).acknowledgement;
        known.get(turn.0 as usize % known.len().max(1)).cloned()
    }
}

impl Afterwards {
    /// Acknowledges the answer. Dropping it cuts it short.
    pub fn receipt(&self, by: EndedBy, receipt: Receipt) -> BoxFuture<'static, ()> {
        let (chooser, turn) = (self.chooser.clone(), self.turn);
        let telling = async move {
            if !chooser.speaks {
                return;
            }
            let voice = &chooser.workers.voice;
            let told = match (receipt, chooser.acknowledgement(by, turn)) {
                (Receipt::Earcon, _) => voice.earcon().await,
                (Receipt::Words, Some(words)) => voice.say(&words).await.map(|_| ()),
                (Receipt::Words, None) => return,
            };
            if let Err(error) = told {
                tracing::debug!(%error, "an answer was not acknowledged aloud");
            }
        };
        telling.boxed()
    }

    /// Chooses the next step, beside the acknowledgement.
    pub fn begin(&self, said: Transcript, by: EndedBy, receipt: BoxFuture<'static, ()>) -> Next {
        let (chooser, speculation, kind) = (self.chooser.clone(), self.speculation.clone(), self.kind);
        let for_good = CancellationToken::new();
        let stands = for_good.clone();
        let choice = async move {
            let said = spoken_command::without_commands(&said);
            if let Some(ladder) = &chooser.ladder {
                let next = ladder(&said, by == EndedBy::GaveUp).filter(|_| chooser.speaks);
                chooser.workers.voice.render_ahead(next.into_iter().collect(), Keeps::OnDisk).await;
                return None;
            }
            let refusal = timeout(AT_ONCE, chooser.workers.assessor.why_not(kind, chooser.judge));
            let asks = by != EndedBy::GaveUp && refusal.await.unwrap_or(None).is_none();
            if asks && !speculation.may(chooser.workers.assessor.tokens_cost().await) {
                stands.cancelled().await;
            }
            let chosen = chooser.choose(&said, asks).await;
            if chooser.speaks
                && let Some(probe) = &chosen
            {
                chooser.render(probe).await;
            }
            chosen
        };
        let choice = tokio::spawn(async move { tokio::join!(choice, receipt).0 });
        Next::Open { choice: AbortOnDropHandle::new(choice), for_good }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_asked_three_times_ahead_and_never_where_tokens_cost() {
        let speculation = Speculation::default();
        assert_eq!([(); 5].map(|()| speculation.may(false)), [true, true, true, false, false]);
        assert!(!Speculation::default().may(true));
    }

    #[tokio::test]
    async fn what_waits_for_the_end_goes_on_once_the_end_stands() {
        let begun = || {
            let for_good = CancellationToken::new();
            let stands = for_good.clone();
            let choice = async move {
                stands.cancelled().await;
                None
            };
            Some(Next::Open { choice: AbortOnDropHandle::new(tokio::spawn(choice)), for_good })
        };
        let mut next = begun();
        assert!(Next::choose(&mut next).now_or_never().is_none() && next.as_ref().is_some_and(Next::is_open));
        next.as_ref().unwrap().stands();
        Next::choose(&mut next).await;
        assert!(!next.unwrap().is_open());
        assert_eq!(begun().unwrap().made().await, None, "whoever wants the result now does not wait for ever");
    }
}
