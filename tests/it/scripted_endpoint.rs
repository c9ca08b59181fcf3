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
use viva::llm::endpoint::Dialect;

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
    /// The header `x-api-key`.
    pub api_key: Option<String>,
    pub bytes: usize,
    pub body: Value,
}

impl Seen {
    /// `json_schema`, `tool`, `json_object` or `text`, in any dialect.
    pub fn format(&self) -> &str {
        let body = &self.body;
        match (body.pointer("/response_format/type"), body.get("format")) {
            (Some(kind), _) => kind.as_str().unwrap(),
            (_, Some(Value::Object(_))) => "json_schema",
            (_, Some(_)) => "json_object",
            _ if body.pointer("/output_config/format").is_some() => "json_schema",
            _ if body.get("tools").is_some() => "tool",
            _ => "text",
        }
    }

    /// Ids of the checks that the schema asks for, the control aside.
    pub fn checks(&self) -> Vec<String> {
        let checks = self.body.pointer("/response_format/json_schema/schema/properties/checks/properties");
        let ids = checks.and_then(Value::as_object).into_iter().flat_map(|checks| checks.keys().cloned());
        ids.filter(|id| id != viva::llm::schema::CONTROL_CHECK).collect()
    }

    /// Content of the last message.
    pub fn last_message(&self) -> &str {
        let last = self.body["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["content"].as_str()).unwrap_or_default()
    }
}

type Rule = Arc<dyn Fn(&Seen, usize) -> Play + Send + Sync>;

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
    /// Replies to what is asked, given how many calls came before it.
    rule: Option<Rule>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl ScriptedEndpoint {
    /// Plays one reply per request, whatever the path; the last one again and again.
    pub async fn start(script: impl IntoIterator<Item = Play>) -> Self {
        Self::serve(script.into_iter().collect(), Vec::new(), None).await
    }

    /// Plays the same reply for each path.
    pub async fn with_routes(routes: &[(&str, Value)]) -> Self {
        let routes = routes.iter().map(|(path, value)| ((*path).to_owned(), Play::json(200, value))).collect();
        Self::serve(VecDeque::new(), routes, None).await
    }

    /// Replies to each request by a rule, given how many calls came before it.
    pub async fn by(rule: impl Fn(&Seen, usize) -> Play + Send + Sync + 'static) -> Self {
        Self::serve(VecDeque::new(), Vec::new(), Some(Arc::new(rule))).await
    }

    async fn serve(script: VecDeque<Play>, routes: Vec<(String, Play)>, rule: Option<Rule>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stage =
            Stage { script: Arc::new(Mutex::new(script)), routes: Arc::new(routes), rule, seen: Arc::clone(&seen) };
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
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (authorization, api_key) = (text(header::AUTHORIZATION.as_str()), text("x-api-key"));
    let seen = Seen {
        path: path.clone(),
        authorization,
        api_key,
        bytes: bytes.len(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let before = {
        let mut all = stage.seen.lock().unwrap();
        all.push(seen.clone());
        all.len() - 1
    };
    if let Some(rule) = &stage.rule {
        return rule(&seen, before).response();
    }
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

    /// A whole well-behaved stream of a dialect, with thoughts before the text.
    pub fn says(dialect: Dialect, text: &str) -> Self {
        Self::stops(dialect, text, "")
    }

    /// The same, stopped for a reason in the dialect's own word; the usual one if that is empty.
    pub fn stops(dialect: Dialect, text: &str, reason: &str) -> Self {
        let or = |usual: &'static str| if reason.is_empty() { usual } else { reason };
        let begun = Self::begins(dialect, text);
        match dialect {
            Dialect::OpenAi => {
                begun.then_event(&delta(json!({}), Some(or("stop")))).then_event(&usage(1_000_000)).done()
            }
            Dialect::Anthropic => {
                let stop = json!({"type": "message_delta", "delta": {"stop_reason": or("end_turn")}, "usage": {"output_tokens": 9}});
                let ends = [json!({"type": "content_block_stop", "index": 1}), stop, json!({"type": "message_stop"})];
                ends.iter().fold(begun, |play, event| play.then_named_event(event))
            }
            Dialect::Ollama => {
                let last = json!({"model": "scripted-1", "message": {"role": "assistant", "content": ""}, "done": true,
                                  "done_reason": or("stop"), "prompt_eval_count": 1_000_000, "eval_count": 9});
                begun.then_line(&last)
            }
        }
    }

    /// The beginning of such a stream.
    pub fn begins(dialect: Dialect, text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let words: Vec<String> = chars.chunks(300).map(|piece| piece.iter().collect()).collect();
        match dialect {
            Dialect::OpenAi => {
                let head = [json!({"role": "assistant", "content": null}), json!({"reasoning_content": "a 4?"})];
                let words = words.into_iter().map(|words| json!({"content": words}));
                Self::events(head.into_iter().chain(words).map(|piece| delta(piece, None)))
            }
            Dialect::Anthropic => {
                let message = json!({"id": "msg_1", "role": "assistant", "model": "scripted-1", "content": [],
                                     "usage": {"input_tokens": 10, "cache_read_input_tokens": 1_000_000, "output_tokens": 1}});
                let block = |index: u8, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
                let piece =
                    |index: u8, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
                let head = [
                    json!({"type": "message_start", "message": message}),
                    json!({"type": "ping"}),
                    block(0, json!({"type": "thinking", "thinking": ""})),
                    piece(0, json!({"type": "thinking_delta", "thinking": "a 4?"})),
                    block(1, json!({"type": "text", "text": ""})),
                ];
                let words = words.into_iter().map(|words| piece(1, json!({"type": "text_delta", "text": words})));
                head.into_iter().chain(words).fold(Self::events([]), |play, event| play.then_named_event(&event))
            }
            Dialect::Ollama => {
                let line = |message: Value| json!({"model": "scripted-1", "message": message, "done": false});
                let head = line(json!({"role": "assistant", "content": "", "thinking": "a 4?"}));
                let words = words.into_iter().map(|words| line(json!({"role": "assistant", "content": words})));
                let empty = Self::new(200, "application/x-ndjson", Vec::new());
                [head].into_iter().chain(words).fold(empty, |play, event| play.then_line(&event))
            }
        }
    }

    /// The same text as one body of a dialect.
    pub fn whole(dialect: Dialect, text: &str) -> Self {
        match dialect {
            Dialect::OpenAi => Self::unstreamed(text),
            Dialect::Anthropic => Self::json(
                200,
                &json!({"type": "message", "model": "scripted-1", "stop_reason": "end_turn",
                        "content": [{"type": "thinking", "thinking": "a 4?"}, {"type": "text", "text": text}],
                        "usage": {"input_tokens": 1_000_000, "output_tokens": 9}}),
            ),
            Dialect::Ollama => Self::json(
                200,
                &json!({"model": "scripted-1", "message": {"role": "assistant", "content": text}, "done": true,
                        "done_reason": "stop", "prompt_eval_count": 1_000_000, "eval_count": 9}),
            ),
        }
    }

    /// An event of a stream of any dialect.
    pub fn then_piece(self, dialect: Dialect, piece: &Value) -> Self {
        match dialect {
            Dialect::OpenAi => self.then_event(piece),
            Dialect::Anthropic => self.then_named_event(piece),
            Dialect::Ollama => self.then_line(piece),
        }
    }

    /// An event that says its type twice, as Anthropic's do.
    fn then_named_event(self, event: &Value) -> Self {
        let name = event["type"].as_str().unwrap();
        self.then(Piece::Bytes(format!("event: {name}\ndata: {event}\n\n").into_bytes()))
    }

    fn then_line(self, line: &Value) -> Self {
        self.then(Piece::Bytes(format!("{line}\n").into_bytes()))
    }

    /// What goes over the wire when nothing is cut: head and body.
    pub fn bytes(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut bytes = format!("HTTP/1.1 {} scripted\r\n{headers}connection: close\r\n\r\n", self.status).into_bytes();
        for piece in &self.pieces {
            if let Piece::Bytes(more) = piece {
                bytes.extend(more);
            }
        }
        bytes
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
