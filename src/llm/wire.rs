//! A chat on the wire: what is asked, and the reply put together from its pieces, whatever the dialect.
//!
//! Knows JSON, not the network; the dialects are in the files of this folder. Reasoning is kept apart from content from
//! the first byte on, and is never logged.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::endpoint_error::Parameter;

pub(super) mod anthropic;
pub(super) mod ollama;
pub(super) mod openai;

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
    JsonSchema(Shape),
    /// As the arguments of a tool that must be called.
    Tool(Shape),
}

/// A schema and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// At most 64 letters, digits, `_` and `-`.
    pub name: String,
    pub schema: Value,
}

/// How the model is to choose its words, where that is set at all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sampling {
    pub temperature: Option<f32>,
    pub seed: Option<u64>,
    /// Size of the model's context, where it is known.
    pub context_tokens: Option<u64>,
}

/// A finished reply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    pub content: String,
    /// Number of characters of reasoning that came apart from the content; the thoughts themselves are dropped.
    pub reasoning_chars: usize,
    /// Why it stopped: "stop", "length" or "content_filter", whatever the dialect calls them; else in the server's word.
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
    /// Allows no more tokens of a reply than this.
    pub most_tokens: Option<u32>,
    pub no_temperature: bool,
    pub no_seed: bool,
    pub no_stream_options: bool,
    pub no_stream: bool,
    /// Takes a schema, but not one that it must keep strictly.
    pub no_strict: bool,
    pub no_cache_control: bool,
}

impl Quirks {
    /// What either knows.
    pub(super) fn join(self, other: Quirks) -> Quirks {
        Quirks {
            completion_tokens: self.completion_tokens || other.completion_tokens,
            no_token_limit: self.no_token_limit || other.no_token_limit,
            most_tokens: self.most_tokens.into_iter().chain(other.most_tokens).min(),
            no_temperature: self.no_temperature || other.no_temperature,
            no_seed: self.no_seed || other.no_seed,
            no_stream_options: self.no_stream_options || other.no_stream_options,
            no_stream: self.no_stream || other.no_stream,
            no_strict: self.no_strict || other.no_strict,
            no_cache_control: self.no_cache_control || other.no_cache_control,
        }
    }

    /// Takes in that a parameter was refused. `most_tokens`: the limit that the refusal named.
    pub(super) fn learn(&mut self, refused: Parameter, most_tokens: Option<u32>) {
        match refused {
            Parameter::MaxTokens | Parameter::MaxCompletionTokens if most_tokens.is_some() => {
                self.most_tokens = most_tokens;
            }
            Parameter::MaxTokens | Parameter::MaxCompletionTokens if !self.completion_tokens => {
                self.completion_tokens = true;
            }
            Parameter::MaxTokens | Parameter::MaxCompletionTokens => self.no_token_limit = true,
            Parameter::Temperature => self.no_temperature = true,
            Parameter::Seed => self.no_seed = true,
            Parameter::StreamOptions => self.no_stream_options = true,
            Parameter::Stream => self.no_stream = true,
            Parameter::Strict => self.no_strict = true,
            Parameter::CacheControl => self.no_cache_control = true,
        }
    }

    /// The limit to ask for.
    fn tokens(self, wanted: u32) -> u32 {
        self.most_tokens.map_or(wanted, |most| most.min(wanted))
    }
}

/// A reply in the making. The dialects fill it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    reply: Reply,
    /// Arguments of a tool call; they take the place of the content.
    arguments: String,
    /// Pieces of content or reasoning so far; near enough to tokens to show progress.
    pub pieces: usize,
    /// The server has said that nothing more comes.
    pub over: bool,
    /// The model stopped because its context was full.
    pub context_full: bool,
}

impl Gathered {
    /// True once the server has said why it stopped.
    pub fn finished(&self) -> bool {
        self.over || self.context_full || self.reply.finish_reason.is_some()
    }

    pub fn into_reply(mut self) -> Reply {
        self.reply.refused |= self.reply.finish_reason.as_deref() == Some("content_filter");
        if !self.arguments.is_empty() {
            self.reply.content = self.arguments;
        }
        self.reply
    }

    fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.reply.content.push_str(text);
            self.pieces += 1;
        }
    }

    fn think(&mut self, thoughts: &str) {
        if !thoughts.is_empty() {
            self.reply.reasoning_chars += thoughts.chars().count();
            self.pieces += 1;
        }
    }

    /// A piece of a tool's arguments: text in a stream, a whole object elsewhere.
    fn argue(&mut self, arguments: &Value) {
        match arguments {
            Value::String(text) if text.is_empty() => return,
            Value::String(text) => self.arguments.push_str(text),
            Value::Object(object) if !object.is_empty() => self.arguments.push_str(&arguments.to_string()),
            _ => return,
        }
        self.pieces += 1;
    }

    fn named(&mut self, model: Option<&Value>) {
        if let Some(model) = model.and_then(Value::as_str).filter(|model| !model.is_empty()) {
            self.reply.model = Some(model.to_owned());
        }
    }
}

/// Text of a field, where there is any.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_conversations_learnt_is_known_to_both() {
        let mut first = Quirks::default();
        first.learn(Parameter::MaxTokens, Some(8192));
        first.learn(Parameter::Strict, None);
        let mut second = Quirks::default();
        second.learn(Parameter::MaxTokens, Some(4096));
        let both = first.join(second);
        assert_eq!(both, second.join(first));
        assert_eq!((both.most_tokens, both.no_strict, both.completion_tokens), (Some(4096), true, false));
        assert_eq!((both.tokens(9000), both.tokens(100)), (4096, 100));
    }
}
