//! Assessments that run on after the answer is kept, and the short question which probe comes next.
//!
//! Every call off this program is written to the egress record. A judgement that ends later is attached by answer id.

mod in_use;
mod unkept;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{
    egress,
    endpoints::Endpoints,
    event::{Event, Outlet},
    learnt::Learnt,
    workers::Workers,
};
use crate::{
    config::LlmSettings,
    interview::{
        assessment::Assessment,
        own_probe::{self, Guarded, OwnProbe},
        pack::{Content, Pack},
        question::Kind,
        transcript::Transcript,
        withholding,
    },
    llm::{
        judge::{self, JudgeRequest, Progress},
        protocol::{Prices, Protocol},
        triage::{self, TriageRequest},
    },
    store::{AnswerId, AnswerRecord, Store, StoreError, StoredProbe},
};

/// Takes an answer off the list of those being judged, also when judging it panics.
struct Settled {
    pending: Arc<watch::Sender<BTreeMap<AnswerId, CancellationToken>>>,
    id: AnswerId,
    stop: CancellationToken,
}

impl Drop for Settled {
    fn drop(&mut self) {
        if !self.stop.is_cancelled() {
            self.pending.send_modify(|pending| {
                pending.remove(&self.id);
            });
        } // else it was taken off already, or a later judgement stands in its place
    }
}

/// Beginning of the id of a follow-up that the endpoint wrote.
const WRITTEN: &str = "own-question-";

/// The endpoint's own question with its reason, unless the guard refuses it. `gap`: what it finds missing, to be shown only if it tells
/// nothing either.
fn own_question(own: &OwnProbe, gap: &str, guarded: &Guarded) -> Option<StoredProbe> {
    let about = match own_probe::guard(own, guarded) {
        Ok(about) => about,
        Err(refusal) => {
            tracing::debug!(%refusal, "the endpoint's own question is not asked");
            return None;
        }
    };
    let gap = Some(gap.trim_end_matches('.')).filter(|gap| !gap.is_empty());
    let gap = gap.filter(|gap| own_probe::given_away(gap, guarded).is_none()).map(|gap| format!("; {gap}"));
    Some(StoredProbe {
        id: format!("{WRITTEN}{}", guarded.asked.len()),
        text: own.text.clone(),
        reason: format!("Written by the model about your words \"{}\"{}.", about.text, gap.unwrap_or_default()),
    })
}

/// The judging half of a sitting. Cheap to clone.
#[derive(Clone)]
pub struct Assessor {
    endpoints: Endpoints,
    store: Store,
    content: Arc<Content>,
    triage_limit: Duration,
    protocol: Protocol,
    own_probes: bool,
    learnt: Learnt,
    tasks: TaskTracker,
    cancel: CancellationToken,
    pending: Arc<watch::Sender<BTreeMap<AnswerId, CancellationToken>>>,
}

impl Assessor {
    pub fn new(settings: LlmSettings, store: Store, content: Arc<Content>, cancel: CancellationToken) -> Self {
        let triage_limit = Duration::from_secs(settings.triage_timeout_s);
        let own_probes = settings.own_probes;
        let (pending, _) = watch::channel(BTreeMap::new());
        let tasks = TaskTracker::new();
        let learnt = Learnt::new(store.clone());
        let prices = Prices { per_million_in: settings.price_in, per_million_out: settings.price_out };
        let protocol = Protocol { mode: settings.mode, samples: settings.samples, prices };
        Self {
            endpoints: Endpoints::new(settings, store.clone(), tasks.clone()),
            store,
            content,
            triage_limit,
            protocol,
            own_probes,
            learnt,
            tasks,
            cancel,
            pending: Arc::new(pending),
        }
    }

    /// Why an answer of this kind will not be judged now; `None` when it will.
    pub async fn why_not(&self, kind: Kind, wanted: bool) -> Option<String> {
        if !wanted {
            return Some("the endpoint was not to be asked".into());
        }
        if self.content.rubric(kind).is_none() {
            return Some("questions about the interview itself get no levels".into());
        }
        self.endpoints.current().await.err().map(|report| report.detail)
    }

    /// Judges a kept answer in the background; its assessment is stored and told through `outlet`.
    pub fn start(&self, outlet: &Outlet, record: AnswerRecord) {
        let stop = self.cancel.child_token();
        self.pending.send_modify(|pending| {
            if let Some(earlier) = pending.insert(record.id, stop.clone()) {
                earlier.cancel();
            }
        });
        let (assessor, outlet) = (self.clone(), outlet.clone());
        let settled = Settled { pending: self.pending.clone(), id: record.id, stop: stop.clone() };
        self.tasks.spawn(async move {
            let _settled = settled;
            tokio::select! {
                () = stop.cancelled() => {}
                () = assessor.judge_and_keep(&outlet, record) => {}
            }
        });
    }

    async fn judge_and_keep(&self, outlet: &Outlet, mut record: AnswerRecord) {
        let started = Instant::now();
        let id = record.id;
        let tell = |tokens: usize| outlet.emit(Event::Judging { answer: id, tokens }, None);
        let assessment = self.assess(&record, &self.protocol, tell).await;
        let took = started.elapsed().as_millis() as u64;
        info!(answer = id.0, judge_ms = took, "assessed");
        let kept = self.store.add_assessment(id, assessment.clone()).await;
        let timed = self.store.add_timing(id, "judge", took).await;
        if let Err(error) = kept.and(timed) {
            warn!(%error, answer = id.0, "an assessment was not stored");
        }
        record.assessment = Some(assessment);
        record.timings.insert("judge".into(), took);
        self.pending.send_modify(|pending| {
            pending.remove(&id);
        });
        outlet.emit(Event::Assessed { answer: Box::new(record), demonstration: false }, None);
    }

    /// Asks the endpoint for a judgement of a record; what is in the way is the reason of the practice signal.
    async fn assess(
        &self,
        record: &AnswerRecord,
        protocol: &Protocol,
        tell: impl Fn(usize) + Send + Sync,
    ) -> Assessment {
        let outcomes = record.signal.as_ref().map_or(&[][..], |signal| &signal.outcomes);
        if let Some(outcome) = withholding::withholds(outcomes) {
            return Assessment::PracticeSignal { why: outcome.what.says() };
        }
        let endpoint = match self.endpoints.current().await {
            Ok(endpoint) => endpoint,
            Err(report) => return Assessment::PracticeSignal { why: report.detail },
        };
        let known = record.question.as_deref().and_then(|id| self.content.question(id));
        let asked_probe = record.answers_probe.as_ref();
        // Probes of two packs may share an id: the question's own pack first.
        let mut probes =
            known.map(|(pack, _)| pack).into_iter().chain(self.content.packs.values()).flat_map(Pack::probes);
        let clarifications = self.clarifications(record).await;
        let request = JudgeRequest {
            question_text: asked_probe.map_or(&record.question_text, |probe| &probe.text),
            kind: record.kind,
            rubric: self.content.rubric(record.kind),
            question: known.map(|(_, question)| question),
            probe: asked_probe.and_then(|asked| probes.find(|probe| probe.id == asked.id)),
            asked: record.asked_level,
            transcript: &record.transcript,
            clarifications: &clarifications,
        };
        let mut memory = self.learnt.lent(&self.tasks).await;
        let counted = endpoint.observed_by(egress::observer(&self.store, &self.tasks, "judge"));
        let outcome = judge::judge_by(protocol, &counted, &request, &mut memory, |progress| {
            if let Progress::Pieces(tokens) = progress
                && tokens % 16 == 0
            {
                tell(tokens);
            }
        })
        .await;
        memory.keep().await;
        outcome.assessment
    }

    /// What the candidate was told: in the answer, and before a follow-up in the answer that it follows.
    async fn clarifications(&self, record: &AnswerRecord) -> Vec<judge::Clarification> {
        let earlier = match record.opening {
            Some(opening) => self.store.answer(opening).await.map(|opening| opening.clarifications).unwrap_or_default(),
            None => Vec::new(),
        };
        let all = earlier.iter().chain(&record.clarifications);
        all.map(|heard| judge::Clarification { asked: heard.asked.clone(), told: heard.told.clone() }).collect()
    }

    /// The endpoint's choice among `candidates` after what was `asked` and said, unless it is late or odd. Finding the endpoint counts, too.
    /// With `guarded` the endpoint may write a question of its own, if the settings let it and the guard finds nothing wrong with it.
    pub async fn triage(
        &self,
        asked: &str,
        said: &Transcript,
        candidates: &[StoredProbe],
        guarded: Option<&Guarded<'_>>,
    ) -> Option<StoredProbe> {
        tokio::time::timeout(self.triage_limit, self.pick(asked, said, candidates, guarded)).await.ok().flatten()
    }

    async fn pick(
        &self,
        asked: &str,
        said: &Transcript,
        candidates: &[StoredProbe],
        guarded: Option<&Guarded<'_>>,
    ) -> Option<StoredProbe> {
        let may_write = self.own_probes && guarded.is_some();
        let endpoint = self.endpoints.current().await.ok()?;
        let counted = endpoint.observed_by(egress::observer(&self.store, &self.tasks, "triage"));
        let memory = self.learnt.copy().await;
        let probes: Vec<(&str, &str)> =
            candidates.iter().map(|probe| (probe.id.as_str(), probe.text.as_str())).collect();
        let request = TriageRequest { question_text: asked, probes: &probes, may_write, transcript: said };
        let pick = triage::triage(&counted, &request, &memory, self.triage_limit).await?;
        if let (Some(own), Some(guarded)) = (&pick.own, guarded) {
            return own_question(own, &pick.reason, guarded);
        }
        let mut chosen = candidates.iter().find(|probe| probe.id == pick.probe_id)?.clone();
        // What will be asked is no secret.
        let asked: Vec<String> =
            guarded.iter().flat_map(|guarded| guarded.asked).chain([&chosen.text]).cloned().collect();
        let tells =
            guarded.is_some_and(|g| own_probe::given_away(&pick.reason, &Guarded { asked: &asked, ..*g }).is_some());
        if !pick.reason.is_empty() && !tells {
            chosen.reason = format!("From the bank, picked by the model: {}.", pick.reason.trim_end_matches('.'));
        }
        Some(chosen)
    }

    /// Judges a kept answer again, in the background. Without an endpoint it keeps the practice signal with the reason.
    pub async fn judge_again(&self, workers: &Workers, id: AnswerId) -> Result<(), StoreError> {
        let record = self.store.answer(id).await?;
        match self.why_not(record.kind, true).await {
            None => self.start(&workers.outlet, record),
            Some(why) => self.store.add_assessment(id, Assessment::PracticeSignal { why }).await?,
        }
        Ok(())
    }

    pub fn is_pending(&self, id: AnswerId) -> bool {
        self.pending.borrow().contains_key(&id)
    }

    /// Whether any answer is being judged.
    pub fn is_busy(&self) -> bool {
        !self.pending.borrow().is_empty()
    }

    /// Waits until the assessment of an answer is no longer pending, at most `limit`.
    pub async fn wait_for(&self, id: AnswerId, limit: Duration) {
        let mut pending = self.pending.subscribe();
        let _ = tokio::time::timeout(limit, pending.wait_for(|pending| !pending.contains_key(&id))).await;
    }

    /// Gives up the judging of one answer, or of all.
    pub async fn abandon(&self, id: Option<AnswerId>) {
        self.pending.send_modify(|pending| {
            pending.retain(|pending, stop| {
                let doomed = id.is_none_or(|id| id == *pending);
                if doomed {
                    stop.cancel();
                }
                !doomed
            });
        });
    }

    pub async fn stop(&self) {
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await.is_err() {
            warn!("a judgement overstayed the stop");
        }
    }
}
