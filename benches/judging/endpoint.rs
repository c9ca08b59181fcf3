//! An LLM server of our own on a raw socket: it judges by rule, streams its reply, takes as long as it is told to, and knows when its
//! last byte left.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A piece of the stream, in letters.
const PIECE: usize = 400;

/// Stops when dropped.
pub struct ScriptedEndpoint {
    pub address: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    takes: Duration,
    calls: AtomicUsize,
    /// Nanoseconds spent on making replies, by itself.
    busy: AtomicU64,
    /// When the last byte of each choice of a follow-up had left.
    chosen: Mutex<Vec<Instant>>,
}

impl ScriptedEndpoint {
    /// On a free port; each reply takes this long.
    pub async fn start(takes: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://127.0.0.1:{}/v1", listener.local_addr()?.port());
        let (calls, busy) = (AtomicUsize::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { takes, calls, busy, chosen: Mutex::default() });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move { serve(stream, &shared).await });
            }
        });
        Ok(Self { address, shared, task })
    }

    pub fn calls(&self) -> usize {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// Seconds that it spent on making replies, waits left out.
    pub fn busy_s(&self) -> f64 {
        self.shared.busy.load(Ordering::Relaxed) as f64 / 1e9
    }

    pub fn chosen(&self) -> Vec<Instant> {
        self.shared.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, request after request.
async fn serve(stream: TcpStream, shared: &Shared) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let body = request(&mut stream).await?;
        shared.calls.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let properties = asked.pointer("/response_format/json_schema/schema/properties");
        let is_choice = properties.is_some_and(|properties| properties.get("probe_id").is_some());
        let parts = stream_of(&reply(properties, &asked), body.len());
        shared.busy.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        tokio::time::sleep(shared.takes.saturating_sub(begun.elapsed())).await;
        for part in parts {
            stream.get_mut().write_all(part.as_bytes()).await.ok()?;
        }
        if is_choice {
            shared.chosen.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        }
    }
}

/// The body of the next request; `None` when the caller has gone.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

/// A third of the checks is met by words of the answer, a ninth by words that nobody said; of follow-ups the first.
fn reply(properties: Option<&Value>, asked: &Value) -> String {
    let Some(properties) = properties.and_then(Value::as_object) else { return "ok".to_owned() };
    let fields = properties.iter().map(|(name, shape)| {
        let value = match shape["type"].as_str() {
            _ if name == "checks" => checks(shape, asked),
            _ if shape.get("enum").is_some() => shape["enum"][0].clone(),
            Some("array") => json!([]),
            _ => json!(""),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect()).to_string()
}

fn checks(shape: &Value, asked: &Value) -> Value {
    let prompt = asked["messages"].as_array().and_then(|messages| messages.iter().rfind(|m| m["role"] == "user"));
    let prompt = prompt.and_then(|message| message["content"].as_str()).unwrap_or_default();
    let lines = prompt.lines().filter(|line| line.starts_with("{\"n\":"));
    let segments: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    let quote = |n: usize| {
        let Some(segment) = segments.get(n % segments.len().max(1)) else { return json!([]) };
        let words: Vec<&str> = segment["t"].as_str().unwrap_or_default().split_whitespace().take(12).collect();
        json!([{"quote": words.join(" "), "segment": segment["n"]}])
    };
    let ids = shape["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let judged = ids.enumerate().map(|(n, id)| {
        let (evidence, met) = match n {
            _ if id == "always_no" || n % 3 != 0 => (json!([]), "no"),
            _ if n % 9 == 0 => {
                (json!([{"quote": "a witness in a third region breaks every tie at once", "segment": 1}]), "yes")
            }
            _ => (quote(n), "yes"),
        };
        (id.clone(), json!({"evidence": evidence, "met": met}))
    });
    Value::Object(judged.collect())
}

/// Head and body in pieces, as servers stream them.
fn stream_of(text: &str, asked_bytes: usize) -> Vec<String> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let event = |value: &Value| chunk(&format!("data: {value}\n\n"));
    let delta = |delta: Value, why: Option<&str>| json!({"model": "scripted-1", "choices": [{"index": 0, "delta": delta, "finish_reason": why}]});
    let letters: Vec<char> = text.chars().collect();
    let pieces =
        letters.chunks(PIECE).map(|piece| event(&delta(json!({"content": piece.iter().collect::<String>()}), None)));
    let usage = json!({"model": "scripted-1", "choices": [],
                       "usage": {"prompt_tokens": asked_bytes / 4, "completion_tokens": letters.len() / 4}});
    let last = [event(&delta(json!({}), Some("stop"))), event(&usage), chunk("data: [DONE]\n\n") + "0\r\n\r\n"];
    [head].into_iter().chain(pieces).chain(last).collect()
}
