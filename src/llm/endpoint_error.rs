//! Why an endpoint gave no usable reply, read from the many dialects in which servers say so.
//!
//! The texts of servers are read here and nowhere else; what comes out is a value to branch on. Its text names the thing
//! and the remedy, and holds neither the key nor anything that was sent.

use std::time::Duration;

use serde_json::Value;

use super::error_body::ErrorBody;

/// Why an endpoint gave no usable reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EndpointError {
    #[error("llm.endpoint = {address:?} cannot be used: {why}")]
    BadAddress { address: String, why: String },
    #[error("nothing answers at {host}: {why}. Start the server, or set llm.endpoint")]
    Unreachable { host: String, why: String },
    #[error("{host} refuses the key (status {status}): check llm.api_key_env, llm.api_key_file or llm.api_key_command")]
    Unauthorized { host: String, status: u16 },
    #[error(
        "{host} says that the account's credit or spending limit is used up: top it up, or choose another endpoint"
    )]
    PaymentRequired { host: String },
    #[error("{host} asks to slow down{}: try again later, or choose another endpoint", wait(*retry_after))]
    RateLimited { host: String, retry_after: Option<Duration> },
    #[error("{host} does not have the model {model:?}: set llm.model to one that it lists, or load it there")]
    ModelMissing { host: String, model: String },
    #[error("{host} knows no {path}: does llm.endpoint lack a part such as /v1, or does it speak another llm.dialect?")]
    NotFound { host: String, path: String },
    #[error("the answer does not fit the context of {model:?} at {host}: load the model there with a larger context")]
    ContextTooLong { host: String, model: String },
    #[error("{host} refuses the request (status {status}){}", said(message))]
    Refused { host: String, status: u16, about: Refusal, message: String },
    #[error("{host} failed (status {status}){}: try again, or look at its log", said(message))]
    Server { host: String, status: u16, transient: bool, retry_after: Option<Duration>, message: String },
    #[error("{host} redirects to another address: set llm.endpoint to the final one; keys are never sent on")]
    Redirected { host: String },
    #[error("{host} did not {what} within {} s: it may be loading or too slow; try again or use a smaller model", after.as_secs_f32())]
    TimedOut { host: String, what: Waiting, after: Duration },
    #[error("{host} broke off in the middle of its reply: try again, or look at its log")]
    Cut { host: String },
    #[error("{host} sent something that is no reply of a model ({why}): do llm.endpoint and llm.dialect fit together?")]
    BadReply { host: String, why: String },
}

/// What the server did not like about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The wanted form of the reply is not supported there: ask in a plainer way.
    Format,
    /// Our schema is invalid in the eyes of the server: our bug, to be seen and mended.
    Schema,
    /// A parameter that can be left out or renamed.
    Parameter(Parameter),
    /// Nothing was said: probably the form too.
    Opaque,
    Other,
}

/// Parameters of a request that some servers refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    MaxTokens,
    MaxCompletionTokens,
    Temperature,
    Seed,
    StreamOptions,
    Stream,
    Strict,
    CacheControl,
}

impl Parameter {
    pub(super) const ALL: [(&str, Parameter); 9] = [
        ("max_tokens", Parameter::MaxTokens),
        ("num_predict", Parameter::MaxTokens),
        ("max_completion_tokens", Parameter::MaxCompletionTokens),
        ("temperature", Parameter::Temperature),
        ("seed", Parameter::Seed),
        ("stream_options", Parameter::StreamOptions),
        ("stream", Parameter::Stream),
        ("strict", Parameter::Strict),
        ("cache_control", Parameter::CacheControl),
    ];
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    Begin,
    FirstWord,
    GoOn,
    Finish,
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Waiting::Begin => "begin to answer",
            Waiting::FirstWord => "say a first word",
            Waiting::GoOn => "go on with its reply",
            Waiting::Finish => "finish its reply",
        })
    }
}

fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map_or(String::new(), |wait| format!(" for {} s", wait.as_secs_f32().ceil()))
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// Who was asked for what; names for the texts, and the texts that must not come back in them.
pub(super) struct Asked<'a> {
    pub host: &'a str,
    pub model: &'a str,
    pub path: &'a str,
    pub key: Option<&'a str>,
    pub sent: &'a [&'a str],
}

/// Reads a reply that is no success.
pub(super) fn from_status(asked: &Asked, status: u16, retry_after: Option<Duration>, body: &str) -> EndpointError {
    let said = ErrorBody::read(body);
    let host = asked.host.to_owned();
    let model = asked.model.to_owned();
    let message = asked.scrub(&said.message);
    let retry_after = retry_after.or(said.retry_after);
    match status {
        300..=399 => EndpointError::Redirected { host },
        402 => EndpointError::PaymentRequired { host },
        _ if said.is_about_money() => EndpointError::PaymentRequired { host },
        401 | 403 => EndpointError::Unauthorized { host, status },
        404 if said.mentions(&["model"]) => EndpointError::ModelMissing { host, model },
        404 => EndpointError::NotFound { host, path: asked.path.to_owned() },
        429 => EndpointError::RateLimited { host, retry_after },
        413 => EndpointError::ContextTooLong { host, model },
        400..=599 if said.is_about_context() => EndpointError::ContextTooLong { host, model },
        408 | 409 | 500..=599 => {
            EndpointError::Server { host, status, transient: !said.will_repeat(), retry_after, message }
        }
        400..=499 if said.mentions(&["model_not_found", "model not found", "invalid model", "not a valid model"]) => {
            EndpointError::ModelMissing { host, model }
        }
        400..=499 => EndpointError::Refused { host, status, about: said.refusal(), message },
        _ => EndpointError::BadReply { host, why: format!("status {status}") },
    }
}

/// Reads an error that came with status 200, as a body or in the middle of a stream; `None` if it is none.
pub(super) fn from_success(asked: &Asked, value: &Value) -> Option<EndpointError> {
    let is_error = match value {
        Value::Array(list) => list.first().is_some_and(|first| first.get("error").is_some()),
        _ => {
            let says = |name: &str| value.get(name).is_some_and(|kind| kind == "error");
            value.get("error").is_some_and(|e| !e.is_null()) || says("object") || says("type")
        }
    };
    is_error.then(|| from_event(asked, &value.to_string()))
}

/// Reads an error that a stream announces as one. The status is what its body says; 502 where it says none.
pub(super) fn from_event(asked: &Asked, body: &str) -> EndpointError {
    from_status(asked, ErrorBody::read(body).status().unwrap_or(502), None, body)
}

impl Asked<'_> {
    /// At most one short line of a server's message, without the key, and nothing if it repeats what was sent.
    fn scrub(&self, message: &str) -> String {
        let mut line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(key) = self.key.filter(|key| !key.is_empty()) {
            line = line.replace(key, "•••");
        }
        let words: Vec<&str> = line.split(' ').collect();
        let echoes = words.windows(4).any(|run| {
            let run = run.join(" ");
            self.sent.iter().any(|text| text.contains(&run))
        });
        if echoes {
            return "its message repeats what was sent, and is not shown".to_owned();
        }
        if line.chars().count() > 200 {
            line = line.chars().take(200).chain(['…']).collect();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-secret-1234";
    const SPOKEN: &str = "I would put a queue in front of the ledger";

    fn read(status: u16, body: &str) -> EndpointError {
        let asked =
            Asked { host: "h:1", model: "m", path: "/v1/chat/completions", key: Some(KEY), sent: &["rules", SPOKEN] };
        from_status(&asked, status, None, body)
    }

    fn refusal(body: &str) -> Refusal {
        match read(400, body) {
            EndpointError::Refused { about, .. } => about,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn refusals_are_told_apart_in_the_dialects_of_real_servers() {
        let cases = [
            (
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
                Refusal::Parameter(Parameter::MaxTokens),
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2","param":"temperature"}}"#,
                Refusal::Parameter(Parameter::Temperature),
            ),
            (r#"{"detail":"unknown field stream_options"}"#, Refusal::Parameter(Parameter::StreamOptions)),
            (r#"{"error":{"message":"json_schema is not supported with this model"}}"#, Refusal::Format),
            (r#"{"error":"'response_format.type' must be 'json_schema' or 'text'"}"#, Refusal::Format),
            (r#"{"error":{"message":"This response_format type is unavailable now"}}"#, Refusal::Format),
            (
                r#"{"error":{"code":400,"message":"Failed to initialize samplers: std::exception","type":"invalid_request_error"}}"#,
                Refusal::Format,
            ),
            (
                r#"{"error":{"message":"Failed to generate JSON.","code":"json_validate_failed","failed_generation":"{"}}"#,
                Refusal::Format,
            ),
            (
                r#"{"error":{"message":"Invalid schema for response_format 'viva': …","param":"response_format"}}"#,
                Refusal::Schema,
            ),
            ("", Refusal::Opaque),
            ("Bad Request", Refusal::Opaque),
            ("<html>nginx</html>", Refusal::Opaque),
            (r#"{"error":{"message":"messages must alternate between two roles"}}"#, Refusal::Other),
        ];
        for (body, expected) in cases {
            assert_eq!(refusal(body), expected, "{body}");
        }
    }

    #[test]
    fn statuses_and_bodies_become_one_error_each() {
        let cases = [
            (401, r#"{"error":{"message":"Incorrect API key provided: sk-secret-1234"}}"#, "refuses the key"),
            (402, "", "credit"),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                "credit",
            ),
            (
                429,
                r#"[{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}]"#,
                "slow down",
            ),
            (404, r#"{"error":{"message":"model 'm' not found, try pulling it first"}}"#, "does not have the model"),
            (404, "404 page not found", "/v1"),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}"#,
                "larger context",
            ),
            (500, r#"{"error":{"code":500,"message":"parse error at line 1"}}"#, "failed (status 500)"),
            (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, "Overloaded"),
            (301, "", "redirects"),
        ];
        for (status, body, expected) in cases {
            let text = read(status, body).to_string();
            assert!(text.contains(expected), "{status} {body}: {text}");
            assert!(!text.contains(KEY), "{text}");
        }
    }

    #[test]
    fn a_message_that_repeats_the_answer_or_the_key_is_not_passed_on() {
        let text = read(400, &format!(r#"{{"error":{{"message":"cannot say: {SPOKEN}"}}}}"#)).to_string();
        assert!(!text.contains("queue in front"), "{text}");
        let text = read(503, &format!("key {KEY} is over capacity")).to_string();
        assert!(text.contains("•••") && !text.contains(KEY), "{text}");
    }

    #[test]
    fn only_some_server_errors_are_worth_another_try() {
        let transient = |status, body| match read(status, body) {
            EndpointError::Server { transient, .. } => transient,
            other => panic!("{other:?}"),
        };
        assert!(transient(503, "loading model"));
        assert!(transient(409, ""));
        assert!(!transient(500, r#"{"error":{"message":"[json.exception.parse_error.101] parse error"}}"#));
    }

    #[test]
    fn an_error_inside_a_success_is_seen() {
        let asked = Asked { host: "h:1", model: "m", path: "p", key: None, sent: &[] };
        let error = |text: &str| from_success(&asked, &serde_json::from_str(text).unwrap());
        assert!(matches!(
            error(r#"{"error":{"code":429,"message":"upstream"}}"#),
            Some(EndpointError::RateLimited { .. })
        ));
        assert!(matches!(error(r#"{"error":"boom"}"#), Some(EndpointError::Server { status: 502, .. })));
        assert_eq!(error(r#"{"choices":[],"error":null}"#), None);
    }
}
