//! The three ways of talking to an LLM server, and how to tell which one an address speaks.
//!
//! What differs between them is here and in `wire/`: the path, the header of the key, the body, the pieces of a reply.
//! Who asks, retries and judges does not know them.

use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderName, HeaderValue, InvalidHeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    key::Secret,
    wire::{ChatRequest, Gathered, Quirks, Sampling, anthropic, ollama, openai},
};

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// `…/chat/completions`: most servers and vendors.
    #[default]
    OpenAi,
    /// `…/v1/messages`
    Anthropic,
    /// `…/api/chat`
    Ollama,
}

/// `llm.dialect`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectSetting {
    #[default]
    Auto,
    OpenAi,
    Anthropic,
    Ollama,
}

impl DialectSetting {
    /// The dialect that was set; `None` for "auto".
    pub fn set(self) -> Option<Dialect> {
        match self {
            DialectSetting::Auto => None,
            DialectSetting::OpenAi => Some(Dialect::OpenAi),
            DialectSetting::Anthropic => Some(Dialect::Anthropic),
            DialectSetting::Ollama => Some(Dialect::Ollama),
        }
    }
}

/// How the pieces of a streamed reply are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON value on each line.
    Lines,
}

impl Dialect {
    pub const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Ollama];

    /// As it stands in `llm.dialect`.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
            Dialect::Ollama => "ollama",
        }
    }

    /// As a person knows it.
    pub fn title(self) -> &'static str {
        match self {
            Dialect::OpenAi => "OpenAI chat",
            Dialect::Anthropic => "Anthropic messages",
            Dialect::Ollama => "Ollama chat",
        }
    }

    /// What the address alone says; `None` for one without a path, where only the server can tell.
    pub fn by_address(url: &Url) -> Option<Dialect> {
        let host = url.host_str().unwrap_or_default();
        let path = url.path().trim_end_matches('/');
        if is_anthropics(host) || path.ends_with("/v1/messages") || path.split('/').any(|part| part == "anthropic") {
            return Some(Dialect::Anthropic);
        }
        if path.ends_with("/api/chat") {
            return Some(Dialect::Ollama);
        }
        (!path.is_empty()).then_some(Dialect::OpenAi)
    }

    /// Where the server answers, given the base address as a person writes it: with or without `/v1`, or the whole path.
    fn root(self, base: &str) -> String {
        let base = base.trim_end_matches('/');
        let without = |text: &str, tail: &str| text.strip_suffix(tail).unwrap_or(text).to_owned();
        match self {
            Dialect::OpenAi => without(base, "/chat/completions"),
            Dialect::Anthropic => format!("{}/v1", without(&without(base, "/messages"), "/v1")),
            Dialect::Ollama => {
                let base = without(&without(base, "/chat"), "/api");
                without(&base, "/v1")
            }
        }
    }

    /// Path of chat requests below a base path.
    pub(super) fn chat_path(self, base: &str) -> String {
        let tail = match self {
            Dialect::OpenAi => "chat/completions",
            Dialect::Anthropic => "messages",
            Dialect::Ollama => "api/chat",
        };
        format!("{}/{tail}", self.root(base))
    }

    /// Path of the list of models below a base path.
    pub(super) fn models_path(self, base: &str) -> String {
        let tail = match self {
            Dialect::OpenAi | Dialect::Anthropic => "models",
            Dialect::Ollama => "api/tags",
        };
        format!("{}/{tail}", self.root(base))
    }

    /// Names in a list of models; `None` when it is no such list.
    pub(super) fn model_names(self, list: &Value) -> Option<Vec<String>> {
        let (list, name) = match self {
            Dialect::OpenAi | Dialect::Anthropic => (list.get("data")?, "id"),
            Dialect::Ollama => (list.get("models")?, "name"),
        };
        Some(list.as_array()?.iter().filter_map(|model| model.get(name)?.as_str().map(str::to_owned)).collect())
    }

    /// Headers of every request; the key's is marked, so that nothing prints it.
    pub(super) fn headers(
        self,
        url: &Url,
        key: Option<&Secret>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, InvalidHeaderValue> {
        let mut headers = Vec::new();
        if self == Dialect::Anthropic {
            headers.push((HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01")));
        }
        if let Some(key) = key {
            let bearer = (AUTHORIZATION, format!("Bearer {}", key.expose()));
            let own = (HeaderName::from_static("x-api-key"), key.expose().to_owned());
            let wanted = match self {
                Dialect::OpenAi | Dialect::Ollama => vec![bearer],
                Dialect::Anthropic if is_anthropics(url.host_str().unwrap_or_default()) => vec![own],
                // Gateways that speak Anthropic's dialect want one or the other.
                Dialect::Anthropic => vec![own, bearer],
            };
            for (name, text) in wanted {
                let mut value = HeaderValue::from_str(&text)?;
                value.set_sensitive(true);
                headers.push((name, value));
            }
        }
        Ok(headers)
    }

    /// The body of a chat request.
    pub(super) fn body(self, model: &str, request: &ChatRequest, sampling: Sampling, quirks: Quirks) -> Value {
        match self {
            Dialect::OpenAi => openai::body(model, request, sampling, quirks),
            Dialect::Anthropic => anthropic::body(model, request, sampling, quirks),
            Dialect::Ollama => ollama::body(model, request, sampling, quirks),
        }
    }

    /// Takes in one piece of a stream, or a whole reply. False when it is neither.
    pub(super) fn take(self, gathered: &mut Gathered, piece: &Value) -> bool {
        match self {
            Dialect::OpenAi => openai::take(gathered, piece),
            Dialect::Anthropic => anthropic::take(gathered, piece),
            Dialect::Ollama => ollama::take(gathered, piece),
        }
    }

    pub(super) fn framing(self) -> Framing {
        match self {
            Dialect::OpenAi | Dialect::Anthropic => Framing::Events,
            Dialect::Ollama => Framing::Lines,
        }
    }
}

fn is_anthropics(host: &str) -> bool {
    host == "anthropic.com" || host.ends_with(".anthropic.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_spoken_there_or_leaves_it_to_the_server() {
        use Dialect::*;
        let cases = [
            ("https://api.openai.com/v1", Some(OpenAi)),
            ("https://openrouter.ai/api/v1", Some(OpenAi)),
            ("http://127.0.0.1:11434/v1", Some(OpenAi)),
            ("http://127.0.0.1:3000/api", Some(OpenAi)),
            ("https://llm.example/v1/chat/completions", Some(OpenAi)),
            ("https://api.anthropic.com", Some(Anthropic)),
            ("https://api.anthropic.com/v1/", Some(Anthropic)),
            ("https://llm.example/anthropic", Some(Anthropic)),
            ("http://127.0.0.1:8080/v1/messages", Some(Anthropic)),
            ("https://notanthropic.com/v1", Some(OpenAi)),
            ("http://127.0.0.1:11434/api/chat", Some(Ollama)),
            ("http://127.0.0.1:11434", None),
            ("https://llm.example/", None),
        ];
        for (address, expected) in cases {
            assert_eq!(Dialect::by_address(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_base_address_may_be_written_in_several_ways() {
        let cases = [
            (Dialect::OpenAi, &["/v1", "/v1/", "/v1/chat/completions"][..], "/v1/chat/completions", "/v1/models"),
            (Dialect::OpenAi, &["", "/"], "/chat/completions", "/models"),
            (Dialect::Anthropic, &["", "/", "/v1", "/v1/", "/v1/messages"], "/v1/messages", "/v1/models"),
            (Dialect::Anthropic, &["/anthropic", "/anthropic/v1"], "/anthropic/v1/messages", "/anthropic/v1/models"),
            (Dialect::Ollama, &["", "/", "/v1", "/api", "/api/", "/api/chat"], "/api/chat", "/api/tags"),
        ];
        for (dialect, bases, chat, models) in cases {
            for base in bases {
                assert_eq!(dialect.chat_path(base), chat, "{dialect:?} {base}");
                assert_eq!(dialect.models_path(base), models, "{dialect:?} {base}");
            }
        }
    }

    #[test]
    fn a_key_goes_into_the_header_of_the_dialect_and_is_shown_by_none() {
        let key = Secret::new("sk-secret");
        let cases: [(Dialect, &str, &[&str]); 4] = [
            (Dialect::OpenAi, "https://llm.example/v1", &["authorization"]),
            (Dialect::Ollama, "https://llm.example", &["authorization"]),
            (Dialect::Anthropic, "https://api.anthropic.com", &["anthropic-version", "x-api-key"]),
            (Dialect::Anthropic, "https://llm.example", &["anthropic-version", "x-api-key", "authorization"]),
        ];
        for (dialect, address, expected) in cases {
            let url = Url::parse(address).unwrap();
            let headers = dialect.headers(&url, Some(&key)).unwrap();
            let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected);
            assert!(!format!("{headers:?}").contains("sk-secret"), "{dialect:?}");
            for (name, value) in headers.iter().filter(|(name, _)| name != "anthropic-version") {
                assert!(value.to_str().unwrap().ends_with("sk-secret") && value.is_sensitive(), "{dialect:?} {name}");
            }
            assert!(dialect.headers(&url, Some(&Secret::new("a\nb"))).is_err());
        }
    }
}
