//! What we add between the last byte of the endpoint's choice and the first sample of the follow-up: what the candidate waits for
//! beside the endpoint. The daemon runs in this process, with a typed session that speaks; needs a loudspeaker, if only a virtual one:
//! `tests/virtual-mic.sh run cargo bench --bench judging -- waiting`.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{Layer, filter, layer::SubscriberExt, util::SubscriberInitExt};
use viva::{
    config::{self, Paths},
    content, daemon,
    daemon::Life,
    interview::question::{Probe, Question},
    speech::voice::{Keeps, Voice, VoiceSettings},
};

use super::{
    endpoint::ScriptedEndpoint,
    statistics::{percentile, percentile_bound},
};

const TRIALS: usize = 60;
/// Questions whose follow-ups are asked, six each.
const QUESTIONS: usize = 12;
/// How long the endpoint takes to choose: a small model on this machine.
const CHOOSES_IN: Duration = Duration::from_millis(300);
/// A loudspeaker that is not used for half a minute is closed.
const REST: Duration = Duration::from_secs(32);
const SOON: Duration = Duration::from_secs(10);

/// When the loudspeaker got the first samples of each piece.
#[derive(Clone, Default)]
struct Begun(Arc<Mutex<Vec<Instant>>>);

impl<S: tracing::Subscriber> Layer<S> for Begun {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    }
}

impl Begun {
    async fn after(&self, moment: Instant) -> anyhow::Result<Instant> {
        let find = || self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().find(|at| *at >= moment);
        soon("the follow-up is not spoken", find).await
    }
}

async fn soon<T>(what: &'static str, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        ensure!(begun.elapsed() < SOON, what);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub async fn print() -> anyhow::Result<()> {
    let begun = Begun::default();
    let ours = filter::filter_fn(|metadata| metadata.is_event() && metadata.target() == "viva::audio::playback");
    tracing_subscriber::registry().with(begun.clone().with_filter(ours)).init();
    let dir = tempfile::tempdir()?;
    if let Err(why) = Voice::start(VoiceSettings::default(), "default", dir.path().join("probe")).probe().await {
        println!("The wait for a follow-up is not measured: {why}\n");
        return Ok(());
    }
    println!("From the last byte of the endpoint's choice to the first sample of the follow-up:\n");
    println!("| voice | n | p50 | p95 | upper bound of p95 (95 %) | longest | target |\n|---|---|---|---|---|---|---|");
    for (name, kept) in [("espeak-ng, spoken for the first time", false), ("espeak-ng, rendered before", true)] {
        let waits = waits(&dir.path().join(name.replace(' ', "-")), &begun, kept, TRIALS, Duration::ZERO).await?;
        row(name, &waits);
    }
    if std::env::var_os("VIVA_BENCH_REST").is_some() {
        row("the same, the loudspeaker asleep", &waits(&dir.path().join("rested"), &begun, true, 6, REST).await?);
    }
    println!();
    Ok(())
}

fn row(name: &str, waits: &[f64]) {
    let (p50, p95) = (percentile(waits, 50.0), percentile(waits, 95.0));
    let longest = percentile(waits, 100.0);
    let missed = if p95 > 50.0 { " **missed**" } else { "" };
    let bound = percentile_bound(waits, 95.0).map_or("none with so few".to_owned(), |bound| format!("{bound:.1} ms"));
    println!(
        "| {name} | {} | {p50:.1} ms | {p95:.1} ms{missed} | {bound} | {longest:.1} ms | p95 ≤ 50 ms |",
        waits.len()
    );
}

async fn waits(home: &Path, begun: &Begun, kept: bool, trials: usize, rest: Duration) -> anyhow::Result<Vec<f64>> {
    let endpoint = ScriptedEndpoint::start(CHOOSES_IN).await?;
    let folder = |name: &str| home.join(name);
    let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
    let flags = [("llm.endpoint", endpoint.address.as_str()), ("llm.model", "scripted-1"), ("speech.threads", "1")];
    let flags: Vec<(String, String)> = flags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let config = config::load(None, [], &flags)?.config;
    let content = content::load(None)?;
    let questions: Vec<_> = content
        .questions()
        .map(|(_, question)| question)
        .filter(|question| question.probes.len() >= 6)
        .take(QUESTIONS)
        .collect();
    if kept {
        let voice = Voice::start(config.voice.clone(), "default", paths.voice_cache());
        let pack = content.packs.values().next().context("a pack")?;
        let ours = |probe: &&Probe| {
            let own = |question: &&Question| question.probes.iter().any(|p| p.id == probe.id);
            questions.iter().any(own) || pack.generic_probes.values().flatten().any(|p| p.id == probe.id)
        };
        let texts: std::collections::BTreeSet<String> =
            pack.probes().filter(ours).map(|probe| probe.ask.clone()).collect();
        let files = || std::fs::read_dir(paths.voice_cache()).map_or(0, |files| files.count());
        voice.render_ahead(texts.clone(), Keeps::OnDisk);
        let rendering = Instant::now();
        while files() < texts.len() && rendering.elapsed() < 12 * SOON {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let cancel = CancellationToken::new();
    let running = tokio::spawn(daemon::run(config, paths.clone(), listener, Life::UntilStopped, cancel.clone()));
    let token =
        soon("the daemon does not start", || std::fs::read_to_string(paths.state_dir.join("token")).ok()).await?;
    let caller = Caller { base, token, http: reqwest::Client::builder().no_proxy().timeout(2 * SOON).build()? };
    soon("the daemon does not announce itself", || daemon::announced(&paths)).await?;
    let mut waits = Vec::new();
    'sessions: for question in questions.iter().cycle() {
        let start = json!({"question": question.id, "ear": "typed", "probes": 6, "speak": true, "client": "the bench"});
        let opened = caller.open(&start).await?;
        begun.after(opened).await?; // the question is read
        for turn in 0..6 {
            tokio::time::sleep(rest).await;
            let before = endpoint.chosen().len();
            let text = part_of_an_answer(question, turn);
            caller.post("/api/sessions/current/commands", &json!({"command": "answer", "text": text})).await?;
            let chosen = soon("nothing is chosen", || endpoint.chosen().get(before).copied()).await;
            let Ok(chosen) = chosen else { break }; // the bank has no more
            waits.push(begun.after(chosen).await?.duration_since(chosen).as_secs_f64() * 1000.0);
            if waits.len() == trials {
                break 'sessions;
            }
        }
        let _ = caller.post("/api/sessions/current/commands", &json!({"command": "stop"})).await; // it may be over
    }
    cancel.cancel();
    running.await??;
    Ok(waits)
}

/// Some hundred words on the question, others each turn: what belongs to another question would not be sent to the endpoint.
fn part_of_an_answer(question: &Question, turn: usize) -> String {
    let bullets = question.outline.iter().cycle().skip(2 * turn).take(4).map(String::as_str);
    [question.strong_opening.as_str()].into_iter().chain(bullets).collect::<Vec<_>>().join(" ")
}

struct Caller {
    base: String,
    token: String,
    http: reqwest::Client,
}

impl Caller {
    /// Opens a session, once the one before it has come to its end; tells when it was asked for.
    async fn open(&self, body: &Value) -> anyhow::Result<Instant> {
        let first = Instant::now();
        loop {
            let opened = Instant::now();
            let reply = self.send("/api/sessions", body).await?;
            if reply.status().is_success() {
                return Ok(opened);
            }
            let is_busy = reply.status() == reqwest::StatusCode::CONFLICT;
            ensure!(is_busy && first.elapsed() < SOON, "no session: {}", reply.text().await?);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn send(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body).send().await
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let reply = self.send(path, body).await?;
        ensure!(reply.status().is_success(), "{path}: {}", reply.text().await?);
        Ok(())
    }
}
