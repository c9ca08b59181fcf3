//! What the interviewer waits for before a follow-up is said: the endpoint's choice, and no disk.

use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc::Sender},
};

use axum::{Router, body::Bytes, http::header, response::IntoResponse, routing};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    conversation_tests::room::loaded,
    exchange,
    fault_tests::ScriptedVoice,
    plan::{Asked, Command, Ear, Plan},
    workers::Workers,
};
use crate::{
    config::{self, Config, Paths},
    interview::question::AskedLevel,
    speech::voice::Keeps,
    store::{AnswerRecord, Store},
};

const ANSWER: &str =
    "I would keep a token bucket for each API key in the gateway, and the counters live in a shared store";

/// An endpoint that chooses the last of what may be chosen. With the last byte of its choice the disk stops to answer.
#[derive(Clone, Default)]
struct Chooser {
    store: Arc<Mutex<Option<Store>>>,
    /// While it is here the disk does not answer.
    held: Arc<Mutex<Option<Sender<()>>>>,
    /// Words of what could be chosen.
    offered: Arc<Mutex<Vec<String>>>,
}

impl Chooser {
    /// Listens; returns its address.
    async fn start(&self) -> String {
        let (models, choosing) = (json!({"data": [{"id": "scripted"}]}).to_string(), self.clone());
        let choose = move |body: Bytes| async move {
            let event = |value: Value| format!("data: {value}\n\n");
            let text = choosing.reply(&serde_json::from_slice(&body).unwrap());
            let delta = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]});
            let stream = event(delta) + "data: [DONE]\n\n";
            ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()
        };
        let router = Router::new()
            .route("/v1/models", routing::get(|| async move { ([(header::CONTENT_TYPE, "application/json")], models) }))
            .route("/v1/chat/completions", routing::post(choose));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn reply(&self, asked: &Value) -> String {
        let ids = asked.pointer("/response_format/json_schema/schema/properties/probe_id/enum");
        let Some(ids) = ids.and_then(Value::as_array) else { return "{}".into() };
        let last = ids.iter().rfind(|id| !id.as_str().unwrap().starts_with('-')).unwrap();
        let store = self.store.lock().unwrap().take();
        *self.held.lock().unwrap() = store.map(|store| store.hold_up());
        *self.offered.lock().unwrap() = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        json!({"probe_id": last, "gap": "", "held": "no", "evidence": "", "text": "", "quote": ""}).to_string()
    }
}

/// A typed session that speaks, up to where the endpoint has chosen and the disk does not answer.
struct Waiting {
    endpoint: Chooser,
    voice: ScriptedVoice,
    workers: Workers,
    keys: mpsc::Sender<Command>,
    session: JoinHandle<Result<Vec<AnswerRecord>, String>>,
    clock: JoinHandle<()>,
    home: TempDir,
}

fn settings(home: &Path, address: &str) -> (Config, Paths) {
    let folder = |name: &str| home.join(name);
    let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
    let set = [("llm.endpoint", address), ("llm.model", "scripted"), ("voice.engine", "none")];
    let set: Vec<(String, String)> = set.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    (config::load(None, [], &set).unwrap().config, paths)
}

impl Waiting {
    async fn begin() -> Self {
        let home = tempfile::tempdir().unwrap();
        let endpoint = Chooser::default();
        let (config, paths) = settings(home.path(), &endpoint.start().await);
        let store = Store::open(&paths.data_dir).unwrap();
        *endpoint.store.lock().unwrap() = Some(store.clone());
        let mut workers = Workers::new(Arc::new(config), paths, loaded(), store, CancellationToken::new()).await;
        let voice = ScriptedVoice::default();
        workers.voice.scripted = Some(voice.clone());
        let plan = Plan {
            question: workers.question(Some("rate-limiter")).map(Asked::known).unwrap(),
            level: AskedLevel::Senior,
            probes: 2,
            speak: true,
            judge: true,
            ear: Ear::Typed,
            drill: None,
            client: "a test".into(),
        };
        let (keys, commands) = mpsc::channel(16);
        let id = workers.store.begin_session("a test".into()).await.unwrap();
        let session = tokio::spawn(exchange::interview(workers.clone(), id, plan, commands));
        let ticking = voice.clone();
        let clock = tokio::spawn(async move {
            loop {
                ticking.goes_on();
                tokio::task::yield_now().await;
            }
        });
        voice.until(1, 1).await;
        keys.send(Command::Answer(ANSWER.into())).await.unwrap();
        voice.until(2, 1).await;
        Self { endpoint, voice, workers, keys, session, clock, home }
    }

    /// The disk answers again.
    fn release(&self) {
        let held = self.endpoint.held.lock().unwrap().take();
        assert!(held.is_some(), "it was held up until now");
    }

    async fn end(self) -> AnswerRecord {
        let answers = self.session.await.unwrap().unwrap();
        let kept = Store::open(&self.home.path().join("data")).unwrap().answer(answers[0].id).await.unwrap();
        self.clock.abort();
        self.workers.stop().await;
        kept
    }
}

#[tokio::test]
async fn a_follow_up_is_said_before_the_disk_has_it_and_kept_all_the_same() {
    let waiting = Waiting::begin().await;
    let said = waiting.voice.begun()[1].clone();
    waiting.release();
    waiting.keys.send(Command::Stop).await.unwrap();
    let kept = waiting.end().await;
    assert_eq!(kept.probe.map(|probe| probe.text), Some(said));
    assert!(kept.timings.contains_key("triage"), "{:?}", kept.timings);
}

#[tokio::test]
async fn a_session_is_not_over_before_its_follow_up_is_on_the_disk() {
    let waiting = Waiting::begin().await;
    waiting.keys.send(Command::Stop).await.unwrap();
    for _ in 0..1000 {
        assert!(!waiting.session.is_finished());
        tokio::task::yield_now().await;
    }
    waiting.release();
    assert!(waiting.end().await.probe.is_some());
}

#[tokio::test]
async fn all_that_the_endpoint_may_choose_is_rendered_while_it_chooses() {
    let waiting = Waiting::begin().await;
    let offered = waiting.endpoint.offered.lock().unwrap().clone();
    let (pack, _) = waiting.workers.content().question("rate-limiter").unwrap();
    let ahead = waiting.voice.ahead();
    let words = |id: &String| pack.probes().find(|probe| probe.id == *id).map(|probe| probe.ask.clone());
    let offered: Vec<String> = offered.iter().filter_map(words).collect();
    assert_eq!(offered.len(), super::choosing::CANDIDATES);
    for text in &offered {
        assert!(ahead.contains(&(text.clone(), Keeps::OnDisk)), "{text:?} is rendered only when it is chosen");
    }
    assert_eq!(waiting.voice.begun()[1], offered[4]);
    waiting.release();
    waiting.keys.send(Command::Stop).await.unwrap();
    waiting.end().await;
}
