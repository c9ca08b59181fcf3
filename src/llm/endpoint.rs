//! One endpoint: sends a chat request and brings back the reply, or says why there is none.
//!
//! It knows time limits, retries, what the server turned out not to take, and how many bytes left the machine. It does not
//! know what is asked: prompts and shapes are made by the judge.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    endpoint_error::{self, Asked},
    key::Secret,
    wire::{self, Collector, Quirks},
};
pub use super::{
    endpoint_error::{EndpointError, Parameter, Refusal, Waiting},
    wire::{ChatRequest, Message, Reply, ReplyFormat, Role, Usage},
};

/// No reply is read further than this many bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Parameters that are dropped or renamed within one call, at most.
const MOST_LESSONS: usize = 6;

/// What an endpoint is made from.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// Base address such as `http://127.0.0.1:11434/v1`.
    pub base_url: String,
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
        Self { base_url, model, key, temperature: None, seed: None, limits: None, context_tokens: None }
    }
}

/// How long to wait for what, and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// From the request to the head of the reply.
    pub begin: Duration,
    /// From there to the first token: models that think in secret are silent for long.
    pub first_word: Duration,
    /// Between two pieces of a reply.
    pub idle: Duration,
    /// The whole reply; `None` for as long as words keep coming.
    pub whole: Option<Duration>,
    /// Further tries after a failure that may pass.
    pub retries: u32,
    /// Wait before the first retry; doubles, with a quarter of jitter.
    pub backoff: Duration,
    /// A longer wait that the server asks for is not waited: the caller hears of it instead.
    pub longest_wait: Duration,
}

impl Limits {
    /// For an endpoint on this machine: a model on laptop cores may read for minutes before its first word.
    pub fn local() -> Self {
        let patient = Duration::from_secs(300);
        Self { begin: patient, first_word: patient, whole: None, ..Self::remote(patient) }
    }

    /// For an endpoint elsewhere. `whole`: `llm.reply_timeout_s`.
    pub fn remote(whole: Duration) -> Self {
        Self {
            connect: Duration::from_secs(5),
            begin: Duration::from_secs(30),
            first_word: Duration::from_secs(90),
            idle: Duration::from_secs(30),
            whole: Some(whole),
            retries: 2,
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
        }
    }
}

/// What one HTTP call moved; counted also when it is cancelled half-way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// host:port
    pub host: String,
    pub calls: u64,
    /// Bytes of request bodies.
    pub bytes_out: u64,
    /// Bytes of reply bodies.
    pub bytes_in: u64,
}

/// Hears of every HTTP call once it is over, for the egress record.
pub type TrafficObserver = Arc<dyn Fn(Traffic) + Send + Sync>;

/// A server that speaks OpenAI-style chat completions, and the model to use there. Cheap to clone; clones share what was learnt.
#[derive(Clone)]
pub struct Endpoint {
    client: Client,
    base: Url,
    host: String,
    local: bool,
    model: String,
    key: Option<Secret>,
    temperature: Option<f32>,
    seed: Option<u64>,
    limits: Limits,
    context_tokens: Option<u64>,
    quirks: Arc<Mutex<Quirks>>,
    observers: Vec<TrafficObserver>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("host", &self.host).field("model", &self.model).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Checks the address and makes a client; contacts nobody.
    pub fn new(settings: EndpointSettings) -> Result<Self, EndpointError> {
        let base = base_address(&settings.base_url)?;
        let local = is_loopback(&base);
        let host = host_and_port(&base);
        let limits = settings
            .limits
            .unwrap_or_else(|| if local { Limits::local() } else { Limits::remote(Duration::from_secs(180)) });
        let bad = |why: String| EndpointError::BadAddress { address: settings.base_url.clone(), why };
        Ok(Self {
            client: client(limits.connect, local).map_err(bad)?,
            base,
            host,
            local,
            model: settings.model,
            key: settings.key,
            temperature: settings.temperature,
            seed: settings.seed,
            limits,
            context_tokens: settings.context_tokens,
            quirks: Arc::default(),
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

    /// Size of the model's context, if known.
    pub fn context_tokens(&self) -> Option<u64> {
        self.context_tokens
    }

    /// The same endpoint, asked for another model.
    pub fn with_model(&self, model: impl Into<String>) -> Self {
        Self { model: model.into(), quirks: Arc::default(), ..self.clone() }
    }

    /// The same endpoint with other limits.
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
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
        let path = self.path("models");
        let call = Call::new(self);
        let asked = Asked { path: path.path(), ..self.asked(&[]) };
        let response = self.send(self.client.get(path.clone())).await?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let text = self.read_text(response, &call).await?;
        if !status.is_success() {
            return Err(endpoint_error::from_status(&asked, status.as_u16(), retry_after, &text));
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| self.bad_reply("its list of models is no JSON"))?;
        let list = value.get("data").and_then(Value::as_array).ok_or_else(|| self.bad_reply("no list of models"))?;
        Ok(list.iter().filter_map(|model| model.get("id")?.as_str().map(str::to_owned)).collect())
    }

    async fn chat_with_retries(
        &self,
        request: &ChatRequest,
        on_token: &mut (impl FnMut(usize) + Send),
    ) -> Result<Reply, EndpointError> {
        let (mut tries, mut lessons, mut restarted) = (0, 0, false);
        loop {
            let mut spoke = false;
            let error = match self.chat_once(request, on_token, &mut spoke).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if let EndpointError::Refused { about: Refusal::Parameter(parameter), .. } = error
                && lessons < MOST_LESSONS
                && self.learns(parameter, request)
            {
                lessons += 1;
                continue;
            }
            if spoke {
                if restarted || !may_pass(&error) {
                    return Err(error);
                }
                restarted = true;
                continue;
            }
            match self.wait_before_retry(&error, tries) {
                None => return Err(error),
                Some(wait) => tokio::time::sleep(wait).await,
            }
            tries += 1;
            tracing::debug!(host = self.host, tries, "asks the endpoint again");
        }
    }

    /// Takes in that a parameter is refused; false when that changes nothing of what is sent.
    fn learns(&self, refused: Parameter, request: &ChatRequest) -> bool {
        let before = self.body(request);
        self.lock_quirks().learn(refused);
        self.body(request) != before
    }

    fn body(&self, request: &ChatRequest) -> Value {
        let quirks = *self.lock_quirks();
        wire::body(&self.model, request, self.temperature, self.seed, quirks)
    }

    /// How long to wait before another try; `None` when there is no point in one.
    fn wait_before_retry(&self, error: &EndpointError, tries: u32) -> Option<Duration> {
        if tries >= self.limits.retries || !may_pass(error) {
            return None;
        }
        if let EndpointError::RateLimited { retry_after: Some(wait), .. } = error {
            return (*wait <= self.limits.longest_wait).then_some(*wait);
        }
        let spread = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
        Some(self.limits.backoff.mul_f64(f64::from(2u32.pow(tries)) * (0.75 + 0.5 * spread)))
    }

    async fn chat_once(
        &self,
        request: &ChatRequest,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        let body = self.body(request).to_string();
        let sent: Vec<&str> = request.messages.iter().map(|m| m.content.as_str()).collect();
        let path = self.path("chat/completions");
        let asked = Asked { path: path.path(), ..self.asked(&sent) };
        let call = Call::new(self);
        call.bytes_out.store(body.len() as u64, Ordering::Relaxed);
        let post = self.client.post(path.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let response = self.send(post).await.inspect_err(|error| {
            if matches!(error, EndpointError::Unreachable { .. }) {
                call.bytes_out.store(0, Ordering::Relaxed);
            }
        })?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        if status != StatusCode::OK {
            let text = self.read_text(response, &call).await?;
            return Err(endpoint_error::from_status(&asked, status.as_u16(), retry_after, &text));
        }
        if is_event_stream(response.headers()) {
            return self.read_events(call.counted(response.bytes_stream()), &asked, on_token, spoke).await;
        }
        let text = self.read_text(response, &call).await?;
        if text.trim_start().starts_with("data:") || text.trim_start().starts_with(':') {
            // A stream that does not call itself one.
            let bytes = futures_util::stream::iter([Ok::<_, ReadFault>(text.into_bytes())]);
            return self.read_events(bytes, &asked, on_token, spoke).await;
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| self.bad_reply("its body is no JSON"))?;
        if let Some(error) = endpoint_error::from_success(&asked, &value) {
            return Err(error);
        }
        let mut collector = Collector::default();
        let has_choice = value.get("choices").and_then(Value::as_array).is_some_and(|choices| !choices.is_empty());
        if !has_choice || !collector.take(&value) {
            return Err(self.bad_reply("no choices in it"));
        }
        on_token(collector.pieces);
        Ok(collector.into_reply())
    }

    async fn read_events<B: AsRef<[u8]>>(
        &self,
        bytes: impl Stream<Item = Result<B, ReadFault>>,
        asked: &Asked<'_>,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        let mut events = std::pin::pin!(bytes.eventsource());
        let mut collector = Collector::default();
        loop {
            let (limit, what) = match collector.pieces {
                0 => (self.limits.first_word, Waiting::FirstWord),
                _ => (self.limits.idle, Waiting::GoOn),
            };
            let event = match timeout(limit, events.next()).await {
                Err(_) => return Err(self.timed_out(what, limit)),
                Ok(None) if collector.finished() => return Ok(collector.into_reply()),
                Ok(None) => return Err(EndpointError::Cut { host: self.host.clone() }),
                Ok(Some(Err(EventStreamError::Transport(_)))) if collector.finished() => {
                    return Ok(collector.into_reply());
                }
                Ok(Some(Err(EventStreamError::Transport(fault)))) => return Err(self.read_fault(fault)),
                Ok(Some(Err(_))) => return Err(self.bad_reply("its stream is not readable text")),
                Ok(Some(Ok(event))) => event,
            };
            if event.data.trim() == "[DONE]" {
                // Some servers never say why they stopped.
                return if collector.pieces > 0 || collector.finished() {
                    Ok(collector.into_reply())
                } else {
                    Err(self.bad_reply("an empty stream"))
                };
            }
            if event.data.trim().is_empty() {
                continue;
            }
            let value: Value =
                serde_json::from_str(&event.data).map_err(|_| self.bad_reply("an event of its stream is no JSON"))?;
            if let Some(error) = endpoint_error::from_success(asked, &value) {
                return Err(error);
            }
            let before = collector.pieces;
            collector.take(&value);
            if collector.pieces > before {
                *spoke = true;
                on_token(collector.pieces);
            }
        }
    }

    /// Sends a request and waits for the head of the reply.
    async fn send(&self, request: RequestBuilder) -> Result<Response, EndpointError> {
        let request = match &self.key {
            None => request,
            Some(key) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                    .map_err(|_| EndpointError::Unauthorized { host: self.host.clone(), status: 0 })?;
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
        };
        match timeout(self.limits.begin, request.send()).await {
            Err(_) => Err(self.timed_out(Waiting::Begin, self.limits.begin)),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                Err(EndpointError::Unreachable { host: self.host.clone(), why: innermost(&error.without_url()) })
            }
        }
    }

    async fn read_text(&self, response: Response, call: &Call<'_>) -> Result<String, EndpointError> {
        let mut bytes = std::pin::pin!(call.counted(response.bytes_stream()));
        let mut text = Vec::new();
        // Not yet a word of it: a server that does not stream thinks between head and body.
        let mut limit = self.limits.first_word;
        loop {
            match timeout(limit, bytes.next()).await {
                Err(_) => return Err(self.timed_out(Waiting::GoOn, limit)),
                Ok(None) => return Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(Some(Ok(more))) => text.extend_from_slice(more.as_ref()),
                Ok(Some(Err(fault))) => return Err(self.read_fault(fault)),
            }
            limit = self.limits.idle;
        }
    }

    fn read_fault(&self, fault: ReadFault) -> EndpointError {
        match fault {
            ReadFault::Broken => EndpointError::Cut { host: self.host.clone() },
            ReadFault::TooLong => self.bad_reply("more than 4 MB"),
        }
    }

    fn bad_reply(&self, why: &str) -> EndpointError {
        EndpointError::BadReply { host: self.host.clone(), why: why.to_owned() }
    }

    fn timed_out(&self, what: Waiting, after: Duration) -> EndpointError {
        EndpointError::TimedOut { host: self.host.clone(), what, after }
    }

    fn asked<'a>(&'a self, sent: &'a [&'a str]) -> Asked<'a> {
        let key = self.key.as_ref().map(Secret::expose);
        Asked { host: &self.host, model: &self.model, path: "", key, sent }
    }

    fn path(&self, tail: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{tail}", self.base.path().trim_end_matches('/')));
        url
    }

    fn lock_quirks(&self) -> std::sync::MutexGuard<'_, Quirks> {
        self.quirks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the same request may succeed a little later.
fn may_pass(error: &EndpointError) -> bool {
    match error {
        EndpointError::Unreachable { .. } | EndpointError::RateLimited { .. } | EndpointError::Cut { .. } => true,
        EndpointError::Server { transient, .. } => *transient,
        _ => false,
    }
}

enum ReadFault {
    Broken,
    TooLong,
}

/// Counts one HTTP call and tells the observers when it ends, however it ends.
struct Call<'a> {
    endpoint: &'a Endpoint,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
}

impl<'a> Call<'a> {
    fn new(endpoint: &'a Endpoint) -> Self {
        Self { endpoint, bytes_out: AtomicU64::new(0), bytes_in: AtomicU64::new(0) }
    }

    fn counted<B: AsRef<[u8]>>(
        &self,
        bytes: impl Stream<Item = reqwest::Result<B>>,
    ) -> impl Stream<Item = Result<B, ReadFault>> {
        bytes.map(|chunk| {
            let chunk = chunk.map_err(|_| ReadFault::Broken)?;
            let length = chunk.as_ref().len() as u64;
            let so_far = self.bytes_in.fetch_add(length, Ordering::Relaxed) + length;
            if so_far > MOST_BYTES { Err(ReadFault::TooLong) } else { Ok(chunk) }
        })
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        for observer in &self.endpoint.observers {
            observer(Traffic {
                host: self.endpoint.host.clone(),
                calls: 1,
                bytes_out: self.bytes_out.load(Ordering::Relaxed),
                bytes_in: self.bytes_in.load(Ordering::Relaxed),
            });
        }
    }
}

/// A client that follows no redirect, and that never takes a proxy to reach this machine.
pub(super) fn client(connect: Duration, local: bool) -> Result<Client, String> {
    // Fails only when a provider is there already, and then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("viva/", env!("CARGO_PKG_VERSION")));
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| innermost(&error))
}

fn base_address(text: &str) -> Result<Url, EndpointError> {
    let bad = |why: &str| EndpointError::BadAddress { address: text.to_owned(), why: why.to_owned() };
    let url = Url::parse(text).map_err(|_| bad("it is no address such as http://127.0.0.1:11434/v1"))?;
    if !url.username().is_empty() || url.password().is_some() {
        let why = "keys do not belong into an address: use llm.api_key_env, llm.api_key_file or llm.api_key_command";
        // Not even the address is shown: the key is in it.
        return Err(EndpointError::BadAddress { address: "…@…".to_owned(), why: why.to_owned() });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("a base address has no ? and no #"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(bad("http would send what you say unencrypted: use https, or an address on this machine")),
        _ => Err(bad("it must begin with https:// or, on this machine, http://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.starts_with("text/event-stream"))
}

/// `retry-after-ms`, or `retry-after` in seconds; dates are not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The last cause of an error: "Connection refused (os error 111)" rather than what led to it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
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
    fn paths_are_joined_whether_or_not_the_base_ends_in_a_slash() {
        for base in ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/"] {
            let endpoint = Endpoint::new(EndpointSettings::new(base, "m", None)).unwrap();
            assert_eq!(endpoint.path("chat/completions").as_str(), "http://127.0.0.1:1/v1/chat/completions");
        }
    }

    #[test]
    fn the_wait_that_a_server_asks_for_is_read() {
        let cases =
            [("retry-after", "3", Some(3000)), ("retry-after-ms", "250", Some(250)), ("retry-after", "-1", None)];
        for (name, value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(retry_after(&headers).map(|wait| wait.as_millis()), expected, "{name}: {value}");
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
