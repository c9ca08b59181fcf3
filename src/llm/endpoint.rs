//! One endpoint: sends a chat request and brings back the reply, or says why there is none.
//!
//! It knows time limits, what the server turned out not to take, and how many bytes left the machine; trying again is in
//! `retries`. It does not know what is asked: prompts and shapes are made by the judge.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    address,
    endpoint_error::Asked,
    key::Secret,
    wire::{Quirks, Sampling},
};
pub use super::{
    call::{Traffic, TrafficObserver},
    dialect::Dialect,
    endpoint_error::{EndpointError, Parameter, Refusal, Waiting},
    limits::Limits,
    wire::{ChatRequest, Message, Reply, ReplyFormat, Role, Shape, Usage},
};

/// How long a server may take to say what it speaks.
const RECOGNISED_WITHIN: Duration = Duration::from_secs(5);

/// What an endpoint is made from.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// Base address such as `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// `None`: what the address says; OpenAI chat where it says nothing.
    pub dialect: Option<Dialect>,
    pub model: String,
    pub key: Option<Secret>,
    /// Sent only if set: some models accept nothing but their own.
    pub temperature: Option<f32>,
    pub seed: Option<u64>,
    /// `None`: the usual ones for this machine or another, by the address.
    pub limits: Option<Limits>,
    /// Size of the model's context, if known.
    pub context_tokens: Option<u64>,
}

impl EndpointSettings {
    /// Everything else as usual.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>, key: Option<Secret>) -> Self {
        let (base_url, model) = (base_url.into(), model.into());
        Self { base_url, dialect: None, model, key, temperature: None, seed: None, limits: None, context_tokens: None }
    }
}

/// A server that speaks one of three dialects, and the model to use there. Cheap to clone; clones share what was learnt.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) client: Client,
    pub(super) base: Url,
    pub(super) dialect: Dialect,
    /// Neither the settings nor the address say what is spoken there.
    guessed: bool,
    pub(super) host: String,
    local: bool,
    model: String,
    pub(super) key: Option<Secret>,
    sampling: Sampling,
    pub(super) limits: Limits,
    slots: Option<usize>,
    quirks: Arc<Mutex<Quirks>>,
    pub(super) key_refused: Arc<AtomicBool>,
    pub(super) observers: Vec<TrafficObserver>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("host", &self.host).field("model", &self.model).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Checks the address and makes a client; contacts nobody.
    pub fn new(settings: EndpointSettings) -> Result<Self, EndpointError> {
        let base = address::parse(&settings.base_url)?;
        let local = address::is_loopback(&base);
        let host = address::host_and_port(&base);
        let limits = settings
            .limits
            .unwrap_or_else(|| if local { Limits::local() } else { Limits::remote(Duration::from_secs(180)) });
        let bad = |why: String| EndpointError::BadAddress { address: settings.base_url.clone(), why };
        let dialect = settings.dialect.or_else(|| Dialect::by_address(&base));
        let EndpointSettings { temperature, seed, context_tokens, .. } = settings;
        Ok(Self {
            client: address::client(limits.connect, local).map_err(bad)?,
            base,
            dialect: dialect.unwrap_or_default(),
            guessed: dialect.is_none(),
            host,
            local,
            model: settings.model,
            key: settings.key,
            sampling: Sampling { temperature, seed, context_tokens },
            limits,
            slots: None,
            quirks: Arc::default(),
            key_refused: Arc::default(),
            observers: Vec::new(),
        })
    }

    /// host:port
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn model(&self) -> &str {
        &self.model
    }

    /// True when it is on this machine, so that nothing leaves it.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// What is spoken there.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Size of the model's context, if known.
    pub fn context_tokens(&self) -> Option<u64> {
        self.sampling.context_tokens
    }

    /// Whether it, or a clone of it, was told that its key is not accepted.
    pub fn key_refused(&self) -> bool {
        self.key_refused.load(Ordering::Relaxed)
    }

    /// False where neither the settings nor the address say what is spoken there.
    pub fn dialect_is_known(&self) -> bool {
        !self.guessed
    }

    /// Asks the server what it speaks: Ollama lists its models in its own way. `None` when it does not answer.
    pub async fn recognise(&self) -> Option<Dialect> {
        let path = self.path(&Dialect::Ollama.models_path(self.base.path()));
        match timeout(RECOGNISED_WITHIN, self.get(&path)).await.ok()? {
            Ok(list) if Dialect::Ollama.model_names(&list).is_some() => Some(Dialect::Ollama),
            Err(EndpointError::Unreachable { .. } | EndpointError::TimedOut { .. } | EndpointError::Cut { .. }) => None,
            // It has answered, and not as Ollama does.
            _ => Some(Dialect::OpenAi),
        }
    }

    /// The same endpoint, spoken to in this dialect.
    pub fn in_dialect(&self, dialect: Dialect) -> Self {
        Self { dialect, guessed: false, quirks: Arc::default(), ..self.clone() }
    }

    /// The same endpoint, asked for another model.
    pub fn with_model(&self, model: impl Into<String>) -> Self {
        Self { model: model.into(), quirks: Arc::default(), ..self.clone() }
    }

    /// The same endpoint with other limits.
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// The same endpoint, known to serve so many calls at a time.
    pub fn with_slots(&self, slots: Option<usize>) -> Self {
        Self { slots, ..self.clone() }
    }

    /// How many calls the server says that it serves at a time.
    pub fn slots(&self) -> Option<usize> {
        self.slots
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The same endpoint, with one more observer of its traffic.
    pub fn observed_by(&self, observer: TrafficObserver) -> Self {
        let mut other = self.clone();
        other.observers.push(observer);
        other
    }

    /// Asks and waits for the whole reply. `on_token` hears how many pieces have come so far.
    ///
    /// Dropping the future drops the connection; the server then stops working on it.
    pub async fn chat(
        &self,
        request: &ChatRequest,
        mut on_token: impl FnMut(usize) + Send,
    ) -> Result<Reply, EndpointError> {
        let talk = self.chat_with_retries(request, &mut on_token);
        match self.limits.whole {
            None => talk.await,
            Some(limit) => timeout(limit, talk).await.unwrap_or_else(|_| Err(self.timed_out(Waiting::Finish, limit))),
        }
    }

    /// Names of the models that the server lists.
    pub async fn models(&self) -> Result<Vec<String>, EndpointError> {
        let list = self.get(&self.path(&self.dialect.models_path(self.base.path()))).await?;
        self.dialect.model_names(&list).ok_or_else(|| self.bad_reply("no list of models"))
    }

    pub(super) fn body(&self, request: &ChatRequest) -> Value {
        let quirks = *self.lock_quirks();
        self.dialect.body(&self.model, request, self.sampling, quirks)
    }

    pub(super) fn bad_reply(&self, why: &str) -> EndpointError {
        EndpointError::BadReply { host: self.host.clone(), why: why.to_owned() }
    }

    pub(super) fn timed_out(&self, what: Waiting, after: Duration) -> EndpointError {
        EndpointError::TimedOut { host: self.host.clone(), what, after }
    }

    pub(super) fn asked<'a>(&'a self, sent: &'a [&'a str]) -> Asked<'a> {
        let key = self.key.as_ref().map(Secret::expose);
        Asked { host: &self.host, model: &self.model, path: "", key, sent }
    }

    /// The server's address with another path.
    pub(super) fn path(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// What this server was found not to take, so far.
    pub(super) fn quirks(&self) -> Quirks {
        *self.lock_quirks()
    }

    /// Takes over what was learnt earlier.
    pub(super) fn knows(&self, quirks: Quirks) {
        let mut known = self.lock_quirks();
        *known = known.join(quirks);
    }

    pub(super) fn lock_quirks(&self) -> std::sync::MutexGuard<'_, Quirks> {
        self.quirks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_off_this_machine_must_be_encrypted() {
        let cases = [
            ("http://127.0.0.1:11434/v1", Ok("127.0.0.1:11434")),
            ("http://localhost:1234/v1/", Ok("localhost:1234")),
            ("http://[::1]:8080/v1", Ok("[::1]:8080")),
            ("https://llm.example/v1", Ok("llm.example:443")),
            ("http://llm.example/v1", Err("unencrypted")),
            ("http://192.168.1.7:8000/v1", Err("unencrypted")),
            ("http://localhost.example:8000/v1", Err("unencrypted")),
            ("ftp://llm.example", Err("https://")),
            ("llm.example/v1", Err("no address")),
            ("https://me:sk-secret@llm.example/v1", Err("llm.api_key_env")),
            ("https://llm.example/v1?key=1", Err("no ?")),
        ];
        for (address, expected) in cases {
            let made = Endpoint::new(EndpointSettings::new(address, "m", None));
            match (made, expected) {
                (Ok(endpoint), Ok(host)) => assert_eq!(endpoint.host(), host),
                (Err(error), Err(part)) => {
                    let text = format!("{error} {error:?}");
                    assert!(text.contains(part) && !text.contains("sk-secret"), "{address}: {text}");
                }
                (made, _) => panic!("{address}: {made:?}"),
            }
        }
    }

    #[test]
    fn an_endpoint_does_not_show_its_key() {
        let endpoint =
            Endpoint::new(EndpointSettings::new("https://llm.example/v1", "m", Some(Secret::new("sk-secret"))))
                .unwrap();
        assert!(!format!("{endpoint:?}").contains("sk-secret"));
    }
}
