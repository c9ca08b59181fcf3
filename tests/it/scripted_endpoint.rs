//! An LLM server of our own that replies by a script: good, slow, malformed, cut, refusing, lying.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode, header},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

/// One reply of the script.
#[derive(Debug, Clone)]
pub struct Play {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub pieces: Vec<Piece>,
}

/// A part of a body.
#[derive(Debug, Clone)]
pub enum Piece {
    Bytes(Vec<u8>),
    /// The connection breaks.
    Cut,
    /// Nothing more comes, and nothing ends.
    Hang,
    /// Comments without end, as some servers send them to keep a connection alive.
    Comments,
}

/// What a request to the server held.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub authorization: Option<String>,
    pub bytes: usize,
    pub body: Value,
}

impl Seen {
    /// `json_schema`, `json_object` or `text`.
    pub fn format(&self) -> &str {
        self.body.pointer("/response_format/type").and_then(Value::as_str).unwrap_or("text")
    }

    /// Content of the last message.
    pub fn last_message(&self) -> &str {
        let last = self.body["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["content"].as_str()).unwrap_or_default()
    }
}

/// A server on a free port of this machine; it stops when dropped.
pub struct ScriptedEndpoint {
    pub port: u16,
    pub base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for ScriptedEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Stage {
    script: Arc<Mutex<VecDeque<Play>>>,
    /// Fixed replies by path; where there are any, other paths are 404.
    routes: Arc<Vec<(String, Play)>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl ScriptedEndpoint {
    /// Plays one reply per request, whatever the path; the last one again and again.
    pub async fn start(script: impl IntoIterator<Item = Play>) -> Self {
        Self::serve(script.into_iter().collect(), Vec::new()).await
    }

    /// Plays the same reply for each path.
    pub async fn with_routes(routes: &[(&str, Value)]) -> Self {
        let routes = routes.iter().map(|(path, value)| ((*path).to_owned(), Play::json(200, value))).collect();
        Self::serve(VecDeque::new(), routes).await
    }

    async fn serve(script: VecDeque<Play>, routes: Vec<(String, Play)>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stage = Stage { script: Arc::new(Mutex::new(script)), routes: Arc::new(routes), seen: Arc::clone(&seen) };
        let app = Router::new().fallback(play).with_state(stage);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, base_url: format!("http://127.0.0.1:{port}/v1"), seen, task }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn play(State(stage): State<Stage>, headers: HeaderMap, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let bytes = axum::body::to_bytes(request.into_body(), 16 << 20).await.unwrap();
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    stage.seen.lock().unwrap().push(Seen {
        path: path.clone(),
        authorization,
        bytes: bytes.len(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    });
    let scripted = {
        let mut script = stage.script.lock().unwrap();
        if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
    };
    let routed = stage.routes.iter().find(|(known, _)| *known == path).map(|(_, play)| play.clone());
    routed.or(scripted).unwrap_or_else(|| Play::text(404, "404 page not found")).response()
}

impl Play {
    fn new(status: u16, content_type: &str, pieces: Vec<Piece>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], pieces }
    }

    /// A body that is one JSON value.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", vec![Piece::Bytes(value.to_string().into_bytes())])
    }

    /// A body that is plain text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain", vec![Piece::Bytes(text.as_bytes().to_vec())])
    }

    /// A stream of these events and nothing else.
    pub fn events(events: impl IntoIterator<Item = Value>) -> Self {
        let pieces = events.into_iter().map(|event| Piece::Bytes(format!("data: {event}\n\n").into_bytes()));
        Self::new(200, "text/event-stream", pieces.collect())
    }

    /// A well-behaved stream: role first, the text in small pieces, why it stopped, the usage without choices, the end.
    pub fn reply(text: &str) -> Self {
        Self::begun(text).then_event(&delta(json!({}), Some("stop"))).then_event(&usage(1_000_000)).done()
    }

    /// The beginning of such a stream.
    pub fn begun(text: &str) -> Self {
        let mut events = vec![delta(json!({"role": "assistant", "content": null}), None)];
        let chars: Vec<char> = text.chars().collect();
        let pieces = chars.chunks(40).map(|piece| piece.iter().collect::<String>());
        events.extend(pieces.map(|piece| delta(json!({"content": piece}), None)));
        Self::events(events)
    }

    /// The same text as one JSON body.
    pub fn unstreamed(text: &str) -> Self {
        Self::json(
            200,
            &json!({
                "model": "scripted-1",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 9}
            }),
        )
    }

    pub fn then_event(self, event: &Value) -> Self {
        self.then(Piece::Bytes(format!("data: {event}\n\n").into_bytes()))
    }

    pub fn done(self) -> Self {
        self.then(Piece::Bytes(b"data: [DONE]\n\n".to_vec()))
    }

    pub fn then(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn response(self) -> Response<Body> {
        let mut response = Response::builder().status(StatusCode::from_u16(self.status).unwrap());
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        let pieces = stream::iter(self.pieces).flat_map(|piece| match piece {
            Piece::Bytes(bytes) => stream::iter([Ok(Bytes::from(bytes))]).boxed(),
            Piece::Cut => stream::once(async {
                // What came before must be on its way first.
                tokio::task::yield_now().await;
                Err("cut")
            })
            .boxed(),
            Piece::Hang => stream::pending().boxed(),
            Piece::Comments => stream::repeat_with(|| Bytes::from_static(b": still here\n\n"))
                .then(|bytes| async {
                    tokio::task::yield_now().await;
                    Ok(bytes)
                })
                .boxed(),
        });
        response.body(Body::from_stream(pieces)).unwrap()
    }
}

/// A piece of a streamed reply.
pub fn delta(delta: Value, finish_reason: Option<&str>) -> Value {
    json!({
        "model": "scripted-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    })
}

/// The report of the tokens used, which comes without choices.
pub fn usage(prompt_tokens: u64) -> Value {
    json!({"model": "scripted-1", "choices": [], "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": 9}})
}
