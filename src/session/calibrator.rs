//! Runs the calibration in the background: which endpoint, which cases are still to be judged, progress, stopping, the card.
//!
//! Each case is judged as any other answer is, with one reading ([`super::assessor::Assessor::judge_text_once`]); the follow-up is chosen as in a session.
//! While a session is live it waits: the candidate comes first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::{Asked, Handle, Workers, choosing::CANDIDATES, endpoints::EndpointStanding};
use crate::{
    content::calibration::calibration_set,
    interview::{
        assessment::Assessment,
        calibration::{
            card,
            cases::{self, Case, Extent, Purpose},
            outcome::{Outcome, dimension_of},
            set::CalibrationSet,
        },
        practice_signal,
        probe::{self, ProbeContext},
        question::{AskedLevel, Question},
    },
    llm::{
        calibrate::{self, Estimate, Failures},
        protocol::Mode,
    },
    store::{AnswerRecord, CaseKey, KeptCard, StoreError, StoredProbe},
};

/// How long to wait before looking again whether the live session is over.
const BUSY: Duration = Duration::from_secs(1);

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error("{0}")]
    NoEndpoint(String),
    #[error("the set of rated answers cannot be used: {0}")]
    BadSet(String),
    #[error("a calibration runs already")]
    Running,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far it is.
#[derive(Debug, Clone, Default)]
pub struct Run {
    pub state: RunState,
    /// Cases with an outcome, those of earlier runs included.
    pub done: usize,
    pub total: usize,
    /// The card of the run that has just ended.
    pub card: Option<KeptCard>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RunState {
    /// None was started since the daemon was.
    #[default]
    Idle,
    Running,
    /// By a person; what was judged is kept.
    Stopped,
    /// By itself, with the reason; what was judged is kept.
    Failed(String),
    Done,
}

/// What a run would do now.
#[derive(Debug, Clone)]
pub struct Plan {
    pub host: String,
    pub model: String,
    pub set: CalibrationSet,
    pub extent: Extent,
    pub cases: Vec<Case>,
    keys: BTreeMap<String, CaseKey>,
    /// Outcomes that are kept, by id of the case.
    pub done: BTreeMap<String, Outcome>,
    /// Of what is still to be judged.
    pub estimate: Estimate,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Calibrator {
    workers: Workers,
    session: Handle,
    run: Arc<watch::Sender<Run>>,
    stop: Arc<Mutex<CancellationToken>>,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Calibrator {
    pub fn new(workers: Workers, session: Handle, cancel: CancellationToken) -> Self {
        let run = Arc::new(watch::channel(Run::default()).0);
        Self { workers, session, run, stop: Arc::default(), cancel, tasks: TaskTracker::new() }
    }

    pub fn view(&self) -> Run {
        self.run.borrow().clone()
    }

    pub fn is_running(&self) -> bool {
        self.run.borrow().state == RunState::Running
    }

    /// Waits until something is different from now, at most `limit`.
    pub async fn wait(&self, limit: Duration) {
        let mut watched = self.run.subscribe();
        let _ = tokio::time::timeout(limit, watched.changed()).await;
    }

    /// What a run would do now, and what is known already.
    pub async fn plan(&self, extent: Extent) -> Result<Plan, CalibrationError> {
        let report = self.workers.assessor.look().await;
        let (EndpointStanding::Ready, Some(host), Some(model)) = (report.state, report.host, report.model) else {
            return Err(CalibrationError::NoEndpoint(report.detail));
        };
        let set = self.set()?;
        let content = self.workers.content();
        let cases = cases::cases(&set, content, extent);
        let mut keys = BTreeMap::new();
        for case in &cases {
            if let Some((bundle, text)) = calibrate::fingerprint(&set, content, case) {
                let key = CaseKey { host: host.clone(), model: model.clone(), bundle, text };
                keys.insert(case.id.clone(), key);
            }
        }
        let kept = self.workers.store.outcomes(keys.values().cloned().collect()).await?;
        let done: BTreeMap<String, Outcome> = kept.into_iter().map(|outcome| (outcome.case.clone(), outcome)).collect();
        let missing = cases.iter().filter(|case| !done.contains_key(&case.id));
        let mode = self.workers.assessor.mode().await.unwrap_or(Mode::OneCall);
        let estimate = calibrate::estimate(&set, content, missing, mode);
        Ok(Plan { host, model, set, extent, cases, keys, done, estimate })
    }

    /// The set of rated answers, if it fits the questions and rubrics.
    fn set(&self) -> Result<CalibrationSet, CalibrationError> {
        let bad = |problems: Vec<String>| {
            let first = problems.first().cloned().unwrap_or_default();
            CalibrationError::BadSet(match problems.len() {
                0 | 1 => first,
                n => format!("{n} problems, the first: {first}"),
            })
        };
        let set = calibration_set(&self.workers.paths.config_dir).map_err(bad)?;
        if set.answers.is_empty() {
            return Err(CalibrationError::BadSet("there is none (calibration/answers*.jsonl)".into()));
        }
        match set.problems(self.workers.content()) {
            problems if problems.is_empty() => Ok(set),
            problems => Err(bad(problems)),
        }
    }

    /// Begins or goes on. `afresh`: what is known of the model is measured anew.
    pub async fn start(&self, extent: Extent, afresh: bool) -> Result<(), CalibrationError> {
        if self.is_running() {
            return Err(CalibrationError::Running);
        }
        let mut plan = self.plan(extent).await?;
        if afresh {
            self.workers.store.forget_outcomes(plan.host.clone(), plan.model.clone()).await?;
            plan.done.clear();
        }
        let (total, done) = (plan.cases.len(), plan.done.len());
        let began = self.run.send_if_modified(|run| {
            let free = run.state != RunState::Running;
            if free {
                *run = Run { state: RunState::Running, done, total, card: None };
            }
            free
        });
        if !began {
            return Err(CalibrationError::Running);
        }
        let stop = self.cancel.child_token();
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        let calibrator = self.clone();
        self.tasks.spawn(async move {
            let ended = tokio::select! {
                () = stop.cancelled() => Ok(None),
                ended = calibrator.judge_all(plan) => ended.map(Some),
            };
            calibrator.run.send_modify(|run| match ended {
                Ok(Some(card)) => (run.state, run.card) = (RunState::Done, Some(card)),
                Ok(None) => run.state = RunState::Stopped,
                Err(why) => run.state = RunState::Failed(why),
            });
        });
        Ok(())
    }

    async fn judge_all(&self, plan: Plan) -> Result<KeptCard, String> {
        let mut done = plan.done;
        let missing: Vec<&Case> = plan.cases.iter().filter(|case| !done.contains_key(&case.id)).collect();
        let mut failures = Failures::default();
        for (number, case) in (1..).zip(&missing) {
            while self.session.view().session.is_some() {
                tokio::time::sleep(BUSY).await;
            }
            let outcome = self.judge(case, &plan.set).await;
            for outcome in failures.take(outcome, number == missing.len())? {
                if let Some(key) = plan.keys.get(&outcome.case) {
                    let kept = self.workers.store.keep_outcome(key.clone(), outcome.clone()).await;
                    kept.map_err(|error| error.to_string())?;
                }
                done.insert(outcome.case.clone(), outcome);
                self.run.send_modify(|run| run.done = done.len());
            }
        }
        let (set, extent, cases) = (plan.set, plan.extent, plan.cases);
        let workers = self.workers.clone();
        // A thousand draws for each measure take a moment.
        let made = tokio::task::spawn_blocking(move || card::make(&set, workers.content(), extent, &cases, &done));
        let card = made.await.map_err(|error| format!("the report card was not made: {error}"))?;
        info!(grade = ?card.trust.grade, kappa = card.kappa(), judged = card.spent.judged, "calibrated");
        self.workers.store.keep_card(card).await.map_err(|error| error.to_string())
    }

    /// One case, as any other answer.
    async fn judge(&self, case: &Case, set: &CalibrationSet) -> Outcome {
        let content = self.workers.content();
        let known = set.answer(&case.answer).and_then(|answer| content.question(&answer.question));
        let Some((_, question)) = known else {
            return Outcome { case: case.id.clone(), judged: Err("its question is gone".into()) };
        };
        let asked = Asked::known(question);
        let assessor = &self.workers.assessor;
        let record = assessor.judge_text_once(&self.workers, &asked, AskedLevel::Senior, &case.text).await;
        let assessment = record.assessment.clone();
        let assessment = assessment.unwrap_or_else(|| Assessment::Ungraded { why: "nothing came back".into() });
        let probed = match (case.purpose, &assessment) {
            (Purpose::Plain, Assessment::Judged(_)) => self.probed(&record, question).await,
            _ => None,
        };
        Outcome::new(&case.id, &assessment, probed)
    }

    /// The dimension of the follow-up that a session would ask: the endpoint's choice where it is in time, else the bank's.
    async fn probed(&self, record: &AnswerRecord, question: &Question) -> Option<String> {
        let pack = self.workers.pack_of(Some(&question.id));
        let signal = practice_signal::listen(pack, Some(question), &record.transcript);
        let context = ProbeContext {
            pack,
            question: Some(question),
            kind: question.kind,
            transcript: &record.transcript,
            signal: &signal,
            dimensions: None,
            asked: &BTreeSet::new(),
        };
        let candidates = probe::choose_apart(&context, CANDIDATES);
        let offered: Vec<StoredProbe> = candidates.iter().cloned().map(StoredProbe::from).collect();
        let picked = self.workers.assessor.triage(&record.question_text, &record.transcript, &offered, None).await;
        let by_endpoint = picked.and_then(|picked| candidates.iter().find(|probe| probe.id == picked.id));
        dimension_of(&by_endpoint.or(candidates.first())?.target, question)
    }

    /// Ends the run; what was judged is kept.
    pub async fn stop_run(&self) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        let mut watched = self.run.subscribe();
        let _ = tokio::time::timeout(BUSY, watched.wait_for(|run| run.state != RunState::Running)).await;
    }

    /// The newest card of a model, as replies name it, with this rubric and prompt.
    pub async fn card_of(&self, model: &str, bundle: &str) -> Option<KeptCard> {
        let found = self.workers.store.card_of(model.to_owned(), bundle.to_owned()).await;
        found.unwrap_or_else(|error| {
            warn!(%error, "the report cards cannot be read");
            None
        })
    }

    /// The newest card of what a plan would measure.
    pub async fn card_for(&self, plan: &Plan) -> Option<KeptCard> {
        let models = plan.done.values().filter_map(|outcome| outcome.judged.as_ref().ok());
        let (model, bundle) = models.map(|judged| (judged.model.clone(), judged.bundle.clone())).next()?;
        self.card_of(&model, &bundle).await
    }

    /// Ends the run and waits for its task.
    pub async fn stop(&self) {
        self.stop_run().await;
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await.is_err() {
            warn!("a calibration overstayed the stop");
        }
    }
}
