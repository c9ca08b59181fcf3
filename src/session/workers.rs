//! What a sitting works with: content, store, voice, recognizer, endpoint. Cheap to clone.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Context;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    assessor::Assessor,
    demonstration::{self, DemonstrationFolder},
    event::Outlet,
    event_log::ModelId,
    plan::{Ear, Plan},
    saving::Unsaved,
    script::Script,
    speaker::Speaker,
};
use crate::{
    audio::source::AudioSource,
    config::{Config, Paths, SpeechSettings, TurnEnd},
    content::Loaded,
    interview::{
        pack::{Content, Pack, Phrases},
        question::Question,
    },
    speech::{
        models::{self, ModelError, ModelPath},
        recognizer::{Job, Recognized, Recognizer, RecognizerError, RecognizerOptions},
    },
    store::Store,
};

#[derive(Clone)]
pub struct Workers {
    pub config: Arc<Config>,
    pub paths: Arc<Paths>,
    pub store: Store,
    pub voice: Speaker,
    pub assessor: Assessor,
    pub outlet: Outlet,
    /// Nothing of it is kept.
    pub demonstration: bool,
    content: Arc<Content>,
    /// The stock sentences of a temper, in place of the pack's.
    manner: Option<Arc<Phrases>>,
    /// What of the person's own packs is left out, and why.
    left_out: Option<Arc<str>>,
    packs_stamp: Arc<str>,
    /// Loaded when first needed, then kept.
    pub(super) recognizer: Arc<Mutex<Option<Recognizer>>>,
    folder: Option<Arc<DemonstrationFolder>>,
    pub(super) unsaved: Unsaved,
    /// In this sitting the microphone was found to hear the interviewer although the person is to wear headphones.
    pub(super) hears_itself: Arc<AtomicBool>,
    /// The microphone as it was opened to see that there is one; the first turn takes it. Tests put one here for each turn.
    pub(super) opened: Arc<Mutex<VecDeque<Box<dyn AudioSource>>>>,
    /// What happens where a session is held again.
    pub(super) script: Option<Arc<Script>>,
}

/// One part that may be missing: the readiness report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    pub ready: bool,
    /// What is there, or the one sentence that mends it.
    pub detail: String,
}

impl Workers {
    pub async fn new(
        config: Arc<Config>,
        paths: Paths,
        loaded: Loaded,
        store: Store,
        cancel: CancellationToken,
    ) -> Self {
        let left_out = loaded.complaint().map(Arc::from);
        let packs_stamp = loaded.stamp.as_str().into();
        let content = Arc::new(loaded.content);
        let (outlet, cache) = (Outlet::new(), paths.voice_cache());
        let voice = Speaker::new(&config.voice, &config.audio.output, cache, store.clone(), outlet.clone()).await;
        let assessor = Assessor::new(config.llm.clone(), store.clone(), content.clone(), cancel);
        Self {
            config,
            paths: Arc::new(paths),
            store,
            voice,
            assessor,
            outlet,
            demonstration: false,
            content,
            manner: None,
            left_out,
            packs_stamp,
            recognizer: Arc::default(),
            folder: None,
            unsaved: Unsaved::default(),
            hears_itself: Arc::default(),
            opened: Arc::default(),
            script: None,
        }
    }

    /// The same, with a session that is held by a script.
    pub(super) fn by_script(self, script: Arc<Script>) -> Self {
        Self { voice: self.voice.by_script(script.clone()), script: Some(script), ..self }
    }

    /// The workers of one sitting: for a demonstration with a store, a recording and a model of its own. What the plan
    /// cannot do without is made ready here, so that it is missed before anybody speaks.
    pub async fn for_plan(&self, plan: &Plan) -> anyhow::Result<Self> {
        let mut workers = Self { hears_itself: Arc::default(), ..self.clone() };
        let pack = self.pack_of(plan.question.id.as_deref());
        let temper = plan.drill.as_ref().and_then(|drill| pack.interviewers.temper(&drill.temper));
        workers.manner = temper.map(|temper| Arc::new(temper.phrases(&pack.phrases)));
        match plan.ear {
            Ear::Typed | Ear::Text(_) => {}
            Ear::Wav { .. } => {
                self.recognizer().await?;
            }
            Ear::Microphone => {
                self.recognizer().await?;
                workers.opened = Arc::new(Mutex::new([self.open_microphone().await?].into()));
            }
            Ear::Demonstration { .. } => {
                let folder = DemonstrationFolder::make()?;
                let model = find_model(demonstration::MODEL, &self.paths).await??;
                let options = RecognizerOptions { threads: 1, glossary: false, ..RecognizerOptions::default() };
                workers.recognizer = Arc::new(Mutex::new(Some(Recognizer::start(model, options).await?)));
                workers.store = Store::open(folder.path())?;
                workers.folder = Some(Arc::new(folder));
                workers.demonstration = true;
            }
        }
        Ok(workers)
    }

    /// The same, with nobody to see what is heard.
    pub fn unwatched(&self) -> Self {
        Self { outlet: Outlet::new(), ..self.clone() }
    }

    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The state of the person's own packs when they were read, as [`crate::content::stamp`] gives it.
    pub fn packs_stamp(&self) -> &str {
        &self.packs_stamp
    }

    /// The pack of a question, whose glossary, mistakes, probes and phrases serve it; the first one for a question in free words.
    pub fn pack_of(&self, question: Option<&str>) -> &Pack {
        let own = question.and_then(|id| self.content.question(id)).map(|(pack, _)| pack);
        own.or_else(|| self.content.packs.values().next()).expect("content without a pack is refused when it is loaded")
    }

    pub fn question(&self, id: Option<&str>) -> Option<&Question> {
        self.content.question(id?).map(|(_, question)| question)
    }

    /// Whether a silence that means "I have finished" ends the turns of this sitting.
    pub fn is_hands_free(&self, plan: &Plan) -> bool {
        plan.ear == Ear::Microphone && self.config.turn.end == TurnEnd::Pause
    }

    /// The interviewer's stock sentences.
    pub fn phrases(&self, question: Option<&str>) -> &Phrases {
        self.manner.as_deref().unwrap_or(&self.pack_of(question).phrases)
    }

    /// Terms that steer the recognizer for a question.
    pub fn glossary(&self, question: Option<&str>) -> Arc<[String]> {
        self.question(question).map(|question| question.glossary.clone()).unwrap_or_default().into()
    }

    /// The speech model's thread, loaded when first needed.
    pub async fn recognizer(&self) -> anyhow::Result<Recognizer> {
        let mut slot = self.recognizer.lock().await;
        if let Some(recognizer) = slot.as_ref().filter(|recognizer| recognizer.is_running()) {
            return Ok(recognizer.clone());
        }
        let recognizer = start_recognizer(&self.config.speech, &self.paths).await?;
        Ok(slot.insert(recognizer).clone())
    }

    /// The model by which a session hears, once it is loaded.
    pub(super) async fn model_id(&self) -> Option<ModelId> {
        let name = self.recognizer.lock().await.as_ref()?.info().model.clone();
        let file = models::find(&self.config.speech.model, &self.paths.models()).ok();
        let listed = file.as_ref().and_then(|file| file.model).filter(|model| model.name == name);
        let bytes = file.and_then(|file| Some(std::fs::metadata(file.path).ok()?.len()));
        Some(ModelId { name, sha256: listed.map(|model| model.sha256.clone()), bytes })
    }

    /// The words of a segment. Where the recognizer broke for good, another is started.
    pub async fn recognize(&self, recognizer: &Recognizer, job: Job) -> Result<Recognized, RecognizerError> {
        match recognizer.recognize(job.clone()).await {
            Err(RecognizerError::Broken(why)) => match self.recognizer().await {
                Ok(fresh) => fresh.recognize(job).await,
                Err(error) => Err(RecognizerError::Broken(format!("{why}; {error:#}"))),
            },
            result => result,
        }
    }

    pub fn demonstration_recording(&self) -> anyhow::Result<PathBuf> {
        self.folder.as_ref().map(|folder| folder.recording()).context("this is no demonstration")
    }

    /// For measurements and tests: the next turns are heard through these instead of the microphone, one each.
    #[doc(hidden)]
    pub async fn hear_through(&self, sources: impl IntoIterator<Item = Box<dyn AudioSource>>) {
        self.opened.lock().await.extend(sources);
    }

    /// Opens the configured microphone off the async threads.
    #[cfg(feature = "audio")]
    pub async fn open_microphone(&self) -> anyhow::Result<Box<dyn AudioSource>> {
        if let Some(microphone) = self.opened.lock().await.pop_front() {
            return Ok(microphone);
        }
        anyhow::ensure!(self.script.is_none(), "more was asked than when it was recorded");
        let name = self.config.audio.input.clone();
        let opened = tokio::task::spawn_blocking(move || crate::audio::capture::open_microphone(&name)).await?;
        let microphone = opened.map_err(|error| anyhow::anyhow!("{error} Or type: `viva practice --typed`."))?;
        Ok(Box::new(microphone))
    }

    /// This build has no microphone.
    #[cfg(not(feature = "audio"))]
    pub async fn open_microphone(&self) -> anyhow::Result<Box<dyn AudioSource>> {
        if let Some(microphone) = self.opened.lock().await.pop_front() {
            return Ok(microphone);
        }
        anyhow::ensure!(self.script.is_none(), "more was asked than when it was recorded");
        anyhow::bail!(
            "this build of viva has no microphone (built without the feature \"audio\"): type the answer, or use a WAV file"
        )
    }

    /// What is ready, part by part. Looks at devices and files; loads nothing.
    pub async fn readiness(&self) -> Vec<Part> {
        let (microphone, model, endpoint, voice, store) =
            tokio::join!(microphone(), self.model_part(), self.assessor.part(), self.voice_part(), self.store_part());
        vec![microphone, model, endpoint, voice, store, self.packs_part()]
    }

    fn packs_part(&self) -> Part {
        let (ready, detail) = match &self.left_out {
            Some(complaint) => (false, complaint.to_string()),
            None => {
                let names: Vec<&str> = self.content.packs.keys().map(String::as_str).collect();
                (true, format!("{} questions in {}", self.content.questions().count(), names.join(", ")))
            }
        };
        Part { name: "packs", ready, detail }
    }

    async fn model_part(&self) -> Part {
        let name = &self.config.speech.model;
        let (ready, detail) = match find_model(name, &self.paths).await {
            _ if cfg!(not(feature = "whisper")) => {
                (false, "this build recognizes no speech: type the answers".to_owned())
            }
            Ok(Ok(_)) => (true, name.clone()),
            Ok(Err(error)) => (false, error.to_string()),
            Err(error) => (false, error.to_string()),
        };
        Part { name: "speech model", ready, detail }
    }

    async fn voice_part(&self) -> Part {
        let (ready, detail) = match self.voice.probe().await {
            Ok(detail) => (true, detail),
            Err(why) => (false, why),
        };
        Part { name: "voice", ready, detail }
    }

    async fn store_part(&self) -> Part {
        let (ready, detail) = match self.store.count().await {
            Ok((answers, 0)) => (true, format!("{answers} answers kept")),
            Ok((answers, cut)) => {
                (true, format!("{answers} answers kept, {cut} of them interrupted and recovered (`viva history`)"))
            }
            Err(error) => (false, error.to_string()),
        };
        Part { name: "store", ready, detail }
    }

    /// Ends the threads and tasks of the workers.
    pub async fn stop(&self) {
        self.unsaved.stop().await;
        self.assessor.stop().await;
        self.voice.stop().await;
        let recognizer = self.recognizer.lock().await.take();
        if let Some(recognizer) = recognizer {
            recognizer.stop();
            let joined = tokio::task::spawn_blocking(move || recognizer.join(std::time::Duration::from_secs(5)));
            if !joined.await.unwrap_or(false) {
                tracing::warn!("the recognizer overstayed the stop");
            }
        }
    }
}

/// Loads the configured speech model.
pub(super) async fn start_recognizer(settings: &SpeechSettings, paths: &Paths) -> anyhow::Result<Recognizer> {
    let model = find_model(&settings.model, paths).await?.context("no speech can be recognized")?;
    let options = RecognizerOptions {
        partial: partial_model(settings, paths).await,
        threads: settings.threads,
        glossary: settings.glossary,
        silero: (!settings.silero.is_empty()).then(|| PathBuf::from(&settings.silero)),
        ..RecognizerOptions::default()
    };
    Ok(Recognizer::start(model, options).await?)
}

/// The smaller model of the partials, where one is named. Without it they come from the other: nothing is lost but speed.
async fn partial_model(settings: &SpeechSettings, paths: &Paths) -> Option<ModelPath> {
    let name = settings.partial_model.as_str();
    if name.is_empty() || name == settings.model {
        return None;
    }
    let found = find_model(name, paths).await.and_then(|found| Ok(found?));
    found.inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "no smaller model for partial texts")).ok()
}

/// Looks for a speech model off the async threads: its file may have to be read whole.
async fn find_model(name: &str, paths: &Paths) -> anyhow::Result<Result<ModelPath, ModelError>> {
    let (name, folder) = (name.to_owned(), paths.models());
    Ok(tokio::task::spawn_blocking(move || models::ready(&name, &folder)).await?)
}

#[cfg(feature = "audio")]
async fn microphone() -> Part {
    use crate::audio::device::{self, Direction};
    let found = tokio::task::spawn_blocking(device::list).await.unwrap_or_default();
    let mut inputs = found.into_iter().filter(|device| device.direction == Direction::Input);
    let working = inputs.by_ref().find(|device| device.works.is_ok());
    match working {
        Some(device) => Part { name: "microphone", ready: true, detail: device.name },
        None => {
            let detail = "none was found: plug one in and look with `viva devices`, or type the answers".to_owned();
            Part { name: "microphone", ready: false, detail }
        }
    }
}

#[cfg(not(feature = "audio"))]
async fn microphone() -> Part {
    Part {
        name: "microphone",
        ready: false,
        detail: "this build has none: type the answers, or use a WAV file".to_owned(),
    }
}
