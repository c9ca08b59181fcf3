//! The shape of a chat completion on the wire: the body that is sent, and the reply put together from its pieces.
//!
//! Knows JSON, not the network. Reasoning is kept apart from content from the first byte on, and is never logged.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::endpoint_error::Parameter;

/// What to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    pub format: ReplyFormat,
    /// Most tokens the reply may have, thoughts included.
    pub max_tokens: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// How the shape of the reply is asked for on the wire.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyFormat {
    /// By the prompt alone.
    Text,
    JsonObject,
    JsonSchema {
        /// At most 64 letters, digits, `_` and `-`.
        name: String,
        schema: Value,
    },
}

/// A finished reply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    pub content: String,
    /// Number of characters of reasoning that came apart from the content; the thoughts themselves are dropped.
    pub reasoning_chars: usize,
    pub finish_reason: Option<String>,
    /// The model as the reply names it.
    pub model: Option<String>,
    pub usage: Usage,
    /// True when the model declined to answer.
    pub refused: bool,
}

/// What the reply says it cost; absent where the server does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
}

/// What a server was found not to take; learnt from its refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// Takes `max_completion_tokens`, not `max_tokens`.
    pub completion_tokens: bool,
    pub no_token_limit: bool,
    pub no_temperature: bool,
    pub no_seed: bool,
    pub no_stream_options: bool,
    pub no_stream: bool,
}

impl Quirks {
    /// What either knows.
    pub(super) fn join(self, other: Quirks) -> Quirks {
        Quirks {
            completion_tokens: self.completion_tokens || other.completion_tokens,
            no_token_limit: self.no_token_limit || other.no_token_limit,
            no_temperature: self.no_temperature || other.no_temperature,
            no_seed: self.no_seed || other.no_seed,
            no_stream_options: self.no_stream_options || other.no_stream_options,
            no_stream: self.no_stream || other.no_stream,
        }
    }

    /// Takes in that a parameter was refused.
    pub(super) fn learn(&mut self, refused: Parameter) {
        match refused {
            Parameter::MaxTokens | Parameter::MaxCompletionTokens if !self.completion_tokens => {
                self.completion_tokens = true;
            }
            Parameter::MaxTokens | Parameter::MaxCompletionTokens => self.no_token_limit = true,
            Parameter::Temperature => self.no_temperature = true,
            Parameter::Seed => self.no_seed = true,
            Parameter::StreamOptions => self.no_stream_options = true,
            Parameter::Stream => self.no_stream = true,
        }
    }
}

/// The body of a request.
pub(super) fn body(
    model: &str,
    request: &ChatRequest,
    temperature: Option<f32>,
    seed: Option<u64>,
    quirks: Quirks,
) -> Value {
    let messages: Vec<Value> =
        request.messages.iter().map(|m| json!({"role": m.role.name(), "content": m.content})).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    if !quirks.no_stream {
        body.insert("stream".into(), true.into());
    }
    if !quirks.no_stream && !quirks.no_stream_options {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    if !quirks.no_token_limit {
        let field = if quirks.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        body.insert(field.into(), request.max_tokens.into());
    }
    if let Some(temperature) = temperature.filter(|_| !quirks.no_temperature) {
        body.insert("temperature".into(), json!(temperature));
    }
    if let Some(seed) = seed.filter(|_| !quirks.no_seed) {
        body.insert("seed".into(), seed.into());
    }
    match &request.format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => {
            body.insert("response_format".into(), json!({"type": "json_object"}));
        }
        ReplyFormat::JsonSchema { name, schema } => {
            let shape = json!({"name": name, "strict": true, "schema": schema});
            body.insert("response_format".into(), json!({"type": "json_schema", "json_schema": shape}));
        }
    }
    Value::Object(body)
}

/// A reply in the making.
#[derive(Debug, Default)]
pub(super) struct Collector {
    reply: Reply,
    /// Pieces of content or reasoning so far; near enough to tokens to show progress.
    pub pieces: usize,
}

impl Collector {
    /// Takes in one event of a stream, or a whole completion. False when it is neither.
    pub fn take(&mut self, event: &Value) -> bool {
        let Some(choices) = event.get("choices").and_then(Value::as_array) else {
            // A usage report may come without choices.
            return self.take_usage(event);
        };
        if let Some(model) = event.get("model").and_then(Value::as_str).filter(|m| !m.is_empty()) {
            self.reply.model = Some(model.to_owned());
        }
        self.take_usage(event);
        let Some(choice) = choices.first() else { return true };
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
            self.reply.finish_reason = Some(reason.to_owned());
        }
        if let Some(message) = choice.get("delta").or_else(|| choice.get("message")) {
            self.take_message(message);
        }
        true
    }

    fn take_usage(&mut self, event: &Value) -> bool {
        let usage = event.get("usage").or_else(|| event.pointer("/x_groq/usage")).filter(|u| u.is_object());
        let Some(usage) = usage else { return false };
        let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
        let cached = number("/prompt_tokens_details/cached_tokens").unwrap_or(0);
        // Some gateways report the cached part on its own, not as part of the prompt.
        let prompt = number("/prompt_tokens").map(|n| if n < cached { n + cached } else { n });
        self.reply.usage.prompt_tokens = prompt.or(self.reply.usage.prompt_tokens);
        self.reply.usage.completion_tokens = number("/completion_tokens").or(self.reply.usage.completion_tokens);
        true
    }

    fn take_message(&mut self, message: &Value) {
        let text = |name: &str| message.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
        if let Some(content) = text("content") {
            self.reply.content.push_str(content);
            self.pieces += 1;
        } else if let Some(parts) = message.get("content").and_then(Value::as_array) {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            self.reply.content.extend(texts);
            self.pieces += 1;
        }
        if let Some(thoughts) = text("reasoning_content").or_else(|| text("reasoning")) {
            self.reply.reasoning_chars += thoughts.chars().count();
            self.pieces += 1;
        }
        self.reply.refused |= text("refusal").is_some();
    }

    /// True once the server has said why it stopped.
    pub fn finished(&self) -> bool {
        self.reply.finish_reason.is_some()
    }

    pub fn into_reply(mut self) -> Reply {
        self.reply.refused |= self.reply.finish_reason.as_deref() == Some("content_filter");
        self.reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(format: ReplyFormat) -> ChatRequest {
        let message = Message { role: Role::User, content: "hello".into() };
        ChatRequest { messages: vec![message], format, max_tokens: 64 }
    }

    #[test]
    fn nothing_is_sent_that_was_not_asked_for() {
        let body = body("m", &request(ReplyFormat::Text), None, None, Quirks::default());
        let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["model", "messages", "stream", "stream_options", "max_tokens"]);
    }

    #[test]
    fn what_a_server_refused_is_left_out_or_renamed() {
        use Parameter::*;
        let cases: [(&[Parameter], &[&str]); 5] = [
            (&[MaxTokens], &["stream", "stream_options", "max_completion_tokens", "temperature", "seed"]),
            (&[MaxTokens, MaxCompletionTokens], &["stream", "stream_options", "temperature", "seed"]),
            (&[Temperature, Seed], &["stream", "stream_options", "max_tokens"]),
            (&[StreamOptions], &["stream", "max_tokens", "temperature", "seed"]),
            (&[Stream], &["max_tokens", "temperature", "seed"]),
        ];
        for (refused, expected) in cases {
            let mut quirks = Quirks::default();
            refused.iter().for_each(|parameter| quirks.learn(*parameter));
            let body = body("m", &request(ReplyFormat::Text), Some(0.2), Some(7), quirks);
            let keys: Vec<_> = body.as_object().unwrap().keys().skip(2).map(String::as_str).collect();
            assert_eq!(keys, expected, "{refused:?}");
        }
    }

    #[test]
    fn a_reply_is_put_together_from_its_pieces() {
        let mut collector = Collector::default();
        for event in [
            json!({"model": "real", "choices": [{"delta": {"role": "assistant", "content": null}}]}),
            json!({"choices": [{"delta": {"reasoning": "hm"}}]}),
            json!({"choices": [{"delta": {"reasoning_content": "hmm"}}]}),
            json!({"choices": [{"delta": {"content": "{\"a\""}}]}),
            json!({"choices": [{"delta": {"content": ":1}"}, "finish_reason": "stop"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}),
        ] {
            assert!(collector.take(&event), "{event}");
        }
        assert!(collector.finished() && collector.pieces == 4);
        let reply = collector.into_reply();
        assert_eq!((reply.content.as_str(), reply.reasoning_chars), ("{\"a\":1}", 5));
        assert_eq!(reply.usage, Usage { prompt_tokens: Some(9), completion_tokens: Some(4) });
        assert_eq!(reply.model.as_deref(), Some("real"));
        assert!(!Collector::default().take(&json!({"hello": 1})));
    }
}
