//! Which endpoint judges: the configured one, or one found on this machine; agreed to where it is elsewhere.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use super::egress;
use crate::{
    config::LlmSettings,
    interview::assessment::Spent,
    llm::{
        discover::{self, Candidate, Server},
        endpoint::{Dialect, Endpoint, EndpointSettings, Limits},
        key::{self, KeySource, Secret},
        protocol::Mode,
        rung::Rung,
    },
    store::{Store, StoreError},
};

/// How long what was found is believed.
const FRESH: Duration = Duration::from_secs(15);

/// What is known of the endpoint, for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointReport {
    pub state: EndpointStanding,
    /// host:port
    pub host: Option<String>,
    pub model: Option<String>,
    /// What is spoken with it.
    pub dialect: Option<Dialect>,
    /// The form of reply that is known to work there.
    pub rung: Option<Rung>,
    pub detail: String,
    pub found: Vec<FoundServer>,
    /// What judging one answer there is expected to take; only for one that can be used.
    pub expected: Option<Box<Expected>>,
}

/// What one answer is expected to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Words of the answer it is made for.
    pub words: usize,
    pub mode: Mode,
    /// With one reading.
    pub spent: Spent,
    /// Readings where the result is close.
    pub readings: usize,
    /// Each token costs somebody something: a price is set, or the endpoint is elsewhere.
    pub tokens_cost: bool,
}

impl EndpointReport {
    /// Adds the form of reply that is known to work there.
    pub fn with_rung(mut self, rung: Option<Rung>) -> Self {
        self.rung = rung;
        if let Some(dialect) = self.dialect.filter(|_| self.state == EndpointStanding::Ready) {
            let rung = rung.map_or("not yet known", Rung::name);
            self.detail = format!("{}; dialect: {}, form of replies: {rung}", self.detail, dialect.title());
        }
        self
    }
}

/// A server with the models that could judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundServer {
    /// As a person knows it.
    pub server: &'static str,
    pub url: String,
    pub models: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointStanding {
    Ready,
    None,
    ChooseModel,
    NeedsConsent,
    Failing,
}

/// What a person may choose.
#[derive(Debug, Clone, Default)]
pub struct EndpointChoice {
    pub consent_host: Option<String>,
    pub withdraw_host: Option<String>,
    pub url: Option<String>,
    pub model: Option<String>,
}

/// The endpoint to ask, or what is in the way.
type Found = Result<Endpoint, EndpointReport>;

/// A key that a program printed, or why it did not.
type PrintedKey = Result<Option<Secret>, String>;

/// Finds the endpoint and remembers it for a while.
#[derive(Clone)]
pub struct Endpoints {
    settings: Arc<LlmSettings>,
    store: Store,
    tasks: TaskTracker,
    last: Arc<Mutex<Option<(Instant, Found)>>>,
    /// Programs that print keys may ask a person for something: not every few seconds.
    printed_key: Arc<Mutex<Option<PrintedKey>>>,
    /// What the configured server said it speaks.
    recognised: Arc<Mutex<Option<Dialect>>>,
}

impl Endpoints {
    /// `tasks`: where the writes to the egress record run.
    pub fn new(settings: LlmSettings, store: Store, tasks: TaskTracker) -> Self {
        let (last, printed_key, recognised) = Default::default();
        Self { settings: Arc::new(settings), store, tasks, last, printed_key, recognised }
    }

    /// The endpoint to ask, or what is in the way.
    pub async fn current(&self) -> Found {
        let mut last = self.last.lock().await;
        let refused = last.as_ref().is_some_and(|(_, known)| known.as_ref().is_ok_and(Endpoint::key_refused));
        if refused {
            *self.printed_key.lock().await = None;
        } else if let Some((at, known)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return known.clone();
        }
        let found = self.find().await;
        last.insert((Instant::now(), found)).1.clone()
    }

    /// Looks anew. A key that is there already is not read again.
    pub async fn look(&self) -> EndpointReport {
        *self.last.lock().await = None;
        *self.recognised.lock().await = None;
        self.printed_key.lock().await.take_if(|printed| printed.is_err());
        self.report().await
    }

    pub async fn report(&self) -> EndpointReport {
        match self.current().await {
            Ok(endpoint) => ready(&endpoint),
            Err(report) => report,
        }
    }

    pub async fn choose(&self, choice: EndpointChoice) -> Result<(), StoreError> {
        if let Some(host) = choice.consent_host {
            self.store.consent(host).await?;
        }
        if let Some(host) = choice.withdraw_host {
            self.store.withdraw_consent(host).await?;
        }
        if let Some(url) = choice.url {
            self.store.choose("endpoint".into(), url).await?;
        }
        if let Some(model) = choice.model {
            self.store.choose("model".into(), model).await?;
        }
        *self.last.lock().await = None;
        Ok(())
    }

    async fn find(&self) -> Found {
        match self.settings.endpoint.as_str() {
            "none" => Err(report(
                EndpointStanding::None,
                "no endpoint is asked, as the settings say ([llm] endpoint = \"none\")",
            )),
            "auto" => self.find_here().await,
            url => self.configured(url).await,
        }
    }

    /// One of the servers on this machine.
    async fn find_here(&self) -> Found {
        let found = discover::discover(&discover::PORTS, discover::LIMIT).await;
        let url = self.chosen("endpoint").await;
        let model =
            if self.settings.model.is_empty() { self.chosen("model").await } else { Some(self.settings.model.clone()) };
        let usable: Vec<(&Candidate, &String)> =
            found.iter().flat_map(|c| c.models.iter().map(move |m| (c, m))).collect();
        let chosen = usable.iter().find(|(candidate, name)| {
            model.as_ref() == Some(name) && url.as_ref().is_none_or(|url| *url == candidate.base_url)
        });
        match (chosen, usable.as_slice()) {
            // The configured key was not given for whatever happens to listen on these ports.
            (Some((candidate, model)), _) | (None, [(candidate, model)]) => {
                let own = (candidate.server == Server::Ollama).then_some(Dialect::Ollama);
                self.make(&candidate.base_url, model, None, own).map(|endpoint| endpoint.with_slots(candidate.slots))
            }
            (None, []) => {
                let detail = "no LLM endpoint is configured and none runs on this machine. For levels start Ollama, llama.cpp, \
                              LM Studio or vLLM, or set [llm] endpoint";
                Err(EndpointReport { found: servers(&found), ..report(EndpointStanding::None, detail) })
            }
            (None, several) => {
                let detail = format!(
                    "{} models were found on this machine: choose one with `viva practice` or on the page",
                    several.len()
                );
                Err(EndpointReport { found: servers(&found), ..report(EndpointStanding::ChooseModel, detail) })
            }
        }
    }

    async fn configured(&self, url: &str) -> Found {
        let model = match self.settings.model.is_empty() {
            true => self.chosen("model").await.unwrap_or_default(),
            false => self.settings.model.clone(),
        };
        let mut endpoint = self.make(url, &model, self.key().await?, None)?;
        if !endpoint.is_local() && !self.agreed(endpoint.host()).await {
            let detail = format!(
                "{} is not on this machine: your answers would be sent there as text, never as sound. Agree with \
                 `viva practice` or on the page",
                endpoint.host()
            );
            let host = Some(endpoint.host().to_owned());
            return Err(EndpointReport { host, ..report(EndpointStanding::NeedsConsent, detail) });
        }
        let counted = |endpoint: &Endpoint| endpoint.observed_by(egress::observer(&self.store, &self.tasks, "models"));
        if !endpoint.dialect_is_known() {
            let mut recognised = self.recognised.lock().await;
            if recognised.is_none() {
                *recognised = counted(&endpoint).recognise().await;
            }
            endpoint = recognised.map_or(endpoint.clone(), |dialect| endpoint.in_dialect(dialect));
        }
        if !model.is_empty() {
            return Ok(endpoint);
        }
        let mut models = counted(&endpoint).models().await.map_err(|error| failing(&endpoint, error.to_string()))?;
        models.retain(|model| discover::can_judge(model));
        match models.as_slice() {
            [only] => Ok(endpoint.with_model(only.clone())),
            [] => {
                Err(failing(&endpoint, format!("{} lists no model that could judge: set [llm] model", endpoint.host())))
            }
            several => {
                let detail =
                    format!("{} offers {} models: choose one, or set [llm] model", endpoint.host(), several.len());
                let found =
                    vec![FoundServer { server: "configured endpoint", url: url.to_owned(), models: several.to_vec() }];
                let host = Some(endpoint.host().to_owned());
                Err(EndpointReport { host, found, ..report(EndpointStanding::ChooseModel, detail) })
            }
        }
    }

    async fn key(&self) -> Result<Option<Secret>, EndpointReport> {
        let failed = |error: String| report(EndpointStanding::Failing, error);
        let s = &self.settings;
        let source = KeySource::from_settings("llm", &s.api_key_env, &s.api_key_file, &s.api_key_command)
            .map_err(|error| failed(error.to_string()))?;
        let read =
            async || key::read(&source, |name| std::env::var(name).ok()).await.map_err(|error| error.to_string());
        if !source.is_command() {
            return read().await.map_err(failed);
        }
        let mut printed = self.printed_key.lock().await;
        if printed.is_none() {
            *printed = Some(read().await);
        }
        printed.clone().unwrap_or(Ok(None)).map_err(failed)
    }

    /// `own`: the dialect of a server that was recognised, unless the settings name another one.
    fn make(&self, url: &str, model: &str, key: Option<Secret>, own: Option<Dialect>) -> Found {
        let mut settings = EndpointSettings::new(url, model, key);
        settings.dialect = self.settings.dialect.set().or(own);
        settings.context_tokens = (self.settings.context_tokens > 0).then_some(self.settings.context_tokens);
        let endpoint = Endpoint::new(settings).map_err(|error| report(EndpointStanding::Failing, error.to_string()))?;
        if endpoint.is_local() {
            return Ok(endpoint);
        }
        Ok(endpoint.with_limits(Limits::remote(Duration::from_secs(self.settings.reply_timeout_s))))
    }

    async fn agreed(&self, host: &str) -> bool {
        self.store.has_consent(host.to_owned()).await.unwrap_or(false)
    }

    async fn chosen(&self, key: &str) -> Option<String> {
        self.store.chosen(key.to_owned()).await.ok().flatten()
    }
}

fn servers(found: &[Candidate]) -> Vec<FoundServer> {
    let server = |found: &Candidate| FoundServer {
        server: found.server.title(),
        url: found.base_url.clone(),
        models: found.models.clone(),
    };
    found.iter().map(server).collect()
}

fn ready(endpoint: &Endpoint) -> EndpointReport {
    EndpointReport {
        state: EndpointStanding::Ready,
        host: Some(endpoint.host().to_owned()),
        model: Some(endpoint.model().to_owned()),
        dialect: Some(endpoint.dialect()),
        rung: None,
        detail: format!("{} at {}", endpoint.model(), endpoint.host()),
        found: Vec::new(),
        expected: None,
    }
}

fn failing(endpoint: &Endpoint, why: String) -> EndpointReport {
    EndpointReport { host: Some(endpoint.host().to_owned()), ..report(EndpointStanding::Failing, why) }
}

fn report(state: EndpointStanding, detail: impl Into<String>) -> EndpointReport {
    EndpointReport {
        state,
        host: None,
        model: None,
        dialect: None,
        rung: None,
        detail: detail.into(),
        found: Vec::new(),
        expected: None,
    }
}
