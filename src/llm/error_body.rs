//! What the body of an error says, in the dialects of the vendors. The texts of servers are matched here and nowhere else.

use std::time::Duration;

use serde_json::Value;

use super::endpoint_error::{Parameter, Refusal};

/// Errors wrapped in errors are unwrapped this often.
const DEEPEST: usize = 5;
/// Labels beyond this many bytes are not looked at.
const MOST_LABELS: usize = 4000;

/// What an error body says, whatever its dialect.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ErrorBody {
    pub message: String,
    /// How long to wait, where the body says so.
    pub retry_after: Option<Duration>,
    /// Types, codes, statuses and reasons, for matching only.
    labels: String,
    code: Option<u16>,
    param: Option<String>,
}

impl ErrorBody {
    /// `{"error":{…}}`, `{"error":"text"}`, `[{"error":{…}}]`, `{"message":…}`, `{"detail":…}`, one inside the other, or plain text.
    pub fn read(body: &str) -> Self {
        match serde_json::from_str(body) {
            Ok(value) => Self::of(&value, DEEPEST),
            Err(_) if body.trim_start().starts_with('<') => Self::default(),
            Err(_) => Self { message: body.trim().to_owned(), ..Self::default() },
        }
    }

    fn of(value: &Value, deeper: usize) -> Self {
        let inner = match value {
            Value::String(text) => {
                let nested = serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() && deeper > 0);
                return match nested {
                    Some(nested) => Self::of(&nested, deeper - 1),
                    None => Self { message: text.clone(), ..Self::default() },
                };
            }
            Value::Array(list) => list.first(),
            _ => {
                ["error", "errors", "detail"].iter().find_map(|name| value.get(*name)).filter(|inner| !inner.is_null())
            }
        };
        let mut found = match inner {
            Some(inner) if deeper > 0 => Self::of(inner, deeper - 1),
            _ => Self::default(),
        };
        let text = |name: &str| match value.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        if found.message.is_empty() {
            let message = [text("message"), text("detail"), text("msg")].into_iter().find(|m| !m.is_empty());
            // A message that is JSON itself holds the upstream's.
            match message {
                Some(text) if text.starts_with('{') && deeper > 0 => found = Self::of(&text.into(), deeper - 1),
                message => found.message = message.unwrap_or_default(),
            }
        }
        found.code = found.code.or_else(|| text("code").parse().ok());
        let location = value.get("loc").and_then(Value::as_array).and_then(|path| path.last()?.as_str());
        let param = Some(text("param")).filter(|p| !p.is_empty()).or_else(|| location.map(str::to_owned));
        found.param = found.param.or(param);
        found.retry_after = found.retry_after.or_else(|| retry_delay(value));
        collect_labels(value, &mut found.labels);
        found
    }

    /// The HTTP status that fits: its code, or what its type stands for.
    pub fn status(&self) -> Option<u16> {
        const TYPES: [(&str, u16); 12] = [
            ("invalid_request_error", 400),
            ("authentication_error", 401),
            ("billing_error", 402),
            ("permission_error", 403),
            ("not_found_error", 404),
            ("request_too_large", 413),
            ("rate_limit", 429),
            ("too_many_requests", 429),
            ("overloaded_error", 529),
            ("timeout_error", 504),
            ("server_error", 500),
            ("api_error", 500),
        ];
        let by_type = || TYPES.iter().find(|(name, _)| self.labels.contains(name)).map(|(_, status)| *status);
        self.code.filter(|code| (400..600).contains(code)).or_else(by_type)
    }

    pub fn mentions(&self, marks: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        marks.iter().any(|mark| message.contains(mark) || self.labels.contains(mark))
    }

    /// Credit, spending limits, and quotas that come back tomorrow: another try is of no use.
    pub fn is_about_money(&self) -> bool {
        let today = ["per day", "perday", "daily limit", "daily quota", "tokens per day", "requests per day"];
        if self.mentions(&today) {
            return true;
        }
        if self.retry_after.is_some() {
            // Some call the limit of a minute a quota, too, and point to their billing page.
            return false;
        }
        self.mentions(&[
            "insufficient_quota",
            "insufficient credit",
            "insufficient balance",
            "insufficient_balance",
            "credit_balance",
            "credit balance",
            "credits_exhausted",
            "enforced_spend_limit",
            "spend limit",
            "spend_limit",
            "spending limit",
            "usage limits",
            "billing",
            "exceeded your current quota",
            "requires a subscription",
            "payment required",
            "payment_required",
        ])
    }

    pub fn is_about_context(&self) -> bool {
        self.mentions(&[
            "context_length_exceeded",
            "exceed_context_size",
            "context length",
            "context limit",
            "context window",
            "context size",
            "contextwindowexceeded",
            "prompt is too long",
            "input is too long",
            "maximum prompt length",
            "request_too_large",
        ])
    }

    /// A server that answers 500 because it cannot read the request, or lacks memory for the model, will do so again.
    pub fn will_repeat(&self) -> bool {
        self.mentions(&[
            "parse error",
            "parse_error",
            "syntax error",
            "failed to parse",
            "invalid json",
            "more system memory",
            "unable to load model",
        ])
    }

    pub fn refusal(&self) -> Refusal {
        if self.message.is_empty() && self.param.is_none() && self.labels.trim().is_empty() {
            return Refusal::Opaque;
        }
        if self.mentions(&["invalid schema", "invalid_json_schema", "schema is invalid"]) {
            return Refusal::Schema;
        }
        let by_name = |name: &str| Parameter::ALL.iter().find(|(known, _)| *known == name).map(|(_, p)| *p);
        // "response_format.json_schema.strict"
        let last_part = |param: &str| by_name(param.rsplit('.').next().unwrap_or(param));
        if let Some(parameter) = self.param.as_deref().and_then(last_part) {
            return Refusal::Parameter(parameter);
        }
        let words: Vec<&str> = self.message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        if let Some(parameter) = ["strict", "cache_control"].iter().find(|name| words.contains(*name)) {
            return by_name(parameter).map_or(Refusal::Other, Refusal::Parameter);
        }
        let format = [
            "response_format",
            "output_config",
            "output_format",
            "json_schema",
            "json_object",
            "json_validate_failed",
            "structured output",
            "tool_choice",
            "tool use",
            "input_schema",
            "grammar",
            "sampler",
            "schema",
            "format",
        ];
        if self.param.as_deref().is_some_and(|p| format[..3].iter().any(|name| p.contains(name)))
            || self.mentions(&format)
        {
            return Refusal::Format;
        }
        if let Some((_, parameter)) = Parameter::ALL.iter().find(|(name, _)| words.contains(name)) {
            return Refusal::Parameter(*parameter);
        }
        let says_nothing = self.message.split_whitespace().count() <= 2;
        if says_nothing || self.mentions(&["unavailable", "not supported", "unsupported", "does not support tools"]) {
            return Refusal::Opaque;
        }
        Refusal::Other
    }
}

/// The most tokens that a refusal allows: the largest number in it below what was asked; `None` where it names none.
pub(super) fn allowed_tokens(message: &str, asked: u32) -> Option<u32> {
    let plain = message.replace([',', '_'], "");
    let numbers = plain.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    numbers.filter(|n| (256..asked).contains(n)).max()
}

/// Google says how long to wait in the body, as "27s".
fn retry_delay(value: &Value) -> Option<Duration> {
    let details = value.get("details").and_then(Value::as_array)?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.trim_end_matches('s').parse().ok()?).ok()
}

/// Every short text in a body but those that a person wrote, or the model.
fn collect_labels(value: &Value, labels: &mut String) {
    const WORDS: [&str; 6] = ["message", "detail", "msg", "failed_generation", "input", "error"];
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if !(value.is_string() && WORDS.contains(&name.as_str())) {
                    collect_labels(value, labels);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_labels(value, labels)),
        Value::String(text) if labels.len() + text.len() < MOST_LABELS => {
            labels.push(' ');
            labels.push_str(&text.to_lowercase());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_however_deep_it_lies() {
        let cases = [
            r#"{"error":"out of luck"}"#,
            r#"{"message":"out of luck","type":"x"}"#,
            r#"{"type":"error","error":{"type":"api_error","message":"out of luck"},"request_id":"r"}"#,
            r#"[{"error":{"code":500,"message":"out of luck"}}]"#,
            r#"{"errors":[{"code":7003,"message":"out of luck"}]}"#,
            r#"{"detail":{"error":{"message":"out of luck"}}}"#,
            r#"{"detail":[{"loc":["body","seed"],"msg":"out of luck","type":"extra_forbidden"}]}"#,
            r#"{"error":{"message":"{\"error\":{\"message\":\"out of luck\"}}","code":400}}"#,
            r#"{"error":"{\"error\":{\"message\":\"out of luck\"}}"}"#,
            "out of luck\n",
        ];
        for body in cases {
            assert_eq!(ErrorBody::read(body).message, "out of luck", "{body}");
        }
        assert_eq!(ErrorBody::read("<html>502</html>"), ErrorBody::default());
        let deep = r#"{"error":"#.repeat(100) + "1" + &"}".repeat(100);
        assert_eq!(ErrorBody::read(&deep).message, "");
    }

    #[test]
    fn an_error_without_a_status_of_its_own_gets_one_from_its_type() {
        let cases = [
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Some(529)),
            (r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#, Some(429)),
            (r#"{"error":{"code":"rate_limit_exceeded","message":"slow"}}"#, Some(429)),
            (r#"{"error":{"code":503,"message":"upstream"}}"#, Some(503)),
            (r#"{"error":{"code":7,"message":"?"}}"#, None),
            (r#"{"error":"an error was encountered while running the model"}"#, None),
        ];
        for (body, expected) in cases {
            assert_eq!(ErrorBody::read(body).status(), expected, "{body}");
        }
    }

    #[test]
    fn a_limit_of_the_minute_is_told_from_one_of_money() {
        let quota = |id: &str, delay: &str| {
            format!(
                r#"{{"error":{{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.",
                "status":"RESOURCE_EXHAUSTED","details":[{{"violations":[{{"quotaId":"{id}"}}]}},{{"retryDelay":"{delay}"}}]}}}}"#
            )
        };
        let minute = ErrorBody::read(&quota("GenerateRequestsPerMinutePerProject", "27.5s"));
        assert_eq!((minute.is_about_money(), minute.retry_after), (false, Some(Duration::from_millis(27_500))));
        assert!(ErrorBody::read(&quota("GenerateRequestsPerDayPerProject", "27s")).is_about_money());
        for body in [
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"no","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
            r#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"code\":\"insufficient_quota\"}"}}}"#,
        ] {
            assert!(ErrorBody::read(body).is_about_money(), "{body}");
        }
        assert!(!ErrorBody::read(r#"{"error":{"type":"rate_limit_error","message":"slow down"}}"#).is_about_money());
    }

    #[test]
    fn the_limit_of_tokens_is_read_from_a_refusal() {
        let cases = [
            ("max_tokens: 16384 > 8192, which is the maximum for claude-3-5-haiku-20241022", 16_384, Some(8192)),
            ("max_tokens is too large: 16384. This model supports at most 4,096 completion tokens", 16_384, Some(4096)),
            ("max_tokens is not supported", 4096, None),
        ];
        for (message, asked, expected) in cases {
            assert_eq!(allowed_tokens(message, asked), expected, "{message}");
        }
    }
}
