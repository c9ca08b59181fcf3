//! OpenAI-style chat completions: the body, and the pieces of a reply.

use serde_json::{Map, Value, json};

use super::{ChatRequest, Gathered, Quirks, ReplyFormat, Sampling, text};

pub(in crate::llm) fn body(model: &str, request: &ChatRequest, sampling: Sampling, quirks: Quirks) -> Value {
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
        body.insert(field.into(), quirks.tokens(request.max_tokens).into());
    }
    if let Some(temperature) = sampling.temperature.filter(|_| !quirks.no_temperature) {
        body.insert("temperature".into(), json!(temperature));
    }
    if let Some(seed) = sampling.seed.filter(|_| !quirks.no_seed) {
        body.insert("seed".into(), seed.into());
    }
    match &request.format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => {
            body.insert("response_format".into(), json!({"type": "json_object"}));
        }
        ReplyFormat::JsonSchema(shape) => {
            let mut shape = json!({"name": shape.name, "strict": true, "schema": shape.schema});
            if quirks.no_strict {
                shape.as_object_mut().map(|shape| shape.remove("strict"));
            }
            body.insert("response_format".into(), json!({"type": "json_schema", "json_schema": shape}));
        }
        ReplyFormat::Tool(shape) => {
            let function = json!({"name": shape.name, "parameters": shape.schema});
            body.insert("tools".into(), json!([{"type": "function", "function": function}]));
            body.insert("tool_choice".into(), json!({"type": "function", "function": {"name": shape.name}}));
        }
    }
    Value::Object(body)
}

pub(in crate::llm) fn take(gathered: &mut Gathered, piece: &Value) -> bool {
    let Some(choices) = piece.get("choices").and_then(Value::as_array) else {
        // A usage report may come without choices.
        return take_usage(gathered, piece);
    };
    gathered.named(piece.get("model"));
    take_usage(gathered, piece);
    let Some(choice) = choices.first() else { return true };
    if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
        gathered.reply.finish_reason = Some(reason.to_owned());
    }
    if let Some(message) = choice.get("delta").or_else(|| choice.get("message")) {
        take_message(gathered, message);
    }
    true
}

fn take_usage(gathered: &mut Gathered, piece: &Value) -> bool {
    let usage = piece.get("usage").or_else(|| piece.pointer("/x_groq/usage")).filter(|u| u.is_object());
    let Some(usage) = usage else { return false };
    let number = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let cached = number("/prompt_tokens_details/cached_tokens").unwrap_or(0);
    // Some gateways report the cached part on its own, not as part of the prompt.
    let prompt = number("/prompt_tokens").map(|n| if n < cached { n + cached } else { n });
    let known = &mut gathered.reply.usage;
    known.prompt_tokens = prompt.or(known.prompt_tokens);
    known.completion_tokens = number("/completion_tokens").or(known.completion_tokens);
    true
}

fn take_message(gathered: &mut Gathered, message: &Value) {
    gathered.say(text(message, "content"));
    for part in message.get("content").and_then(Value::as_array).into_iter().flatten() {
        gathered.say(text(part, "text"));
    }
    let thoughts = text(message, "reasoning_content");
    gathered.think(if thoughts.is_empty() { text(message, "reasoning") } else { thoughts });
    for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        if let Some(arguments) = call.pointer("/function/arguments") {
            gathered.argue(arguments);
        }
    }
    gathered.reply.refused |= !text(message, "refusal").is_empty();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        endpoint_error::Parameter,
        wire::{Message, Role, Shape, Usage},
    };

    fn request(format: ReplyFormat) -> ChatRequest {
        let message = Message { role: Role::User, content: "hello".into() };
        ChatRequest { messages: vec![message], format, max_tokens: 64 }
    }

    #[test]
    fn nothing_is_sent_that_was_not_asked_for() {
        let body = body("m", &request(ReplyFormat::Text), Sampling::default(), Quirks::default());
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
        let sampling = Sampling { temperature: Some(0.2), seed: Some(7), ..Sampling::default() };
        for (refused, expected) in cases {
            let mut quirks = Quirks::default();
            refused.iter().for_each(|parameter| quirks.learn(*parameter, None));
            let body = body("m", &request(ReplyFormat::Text), sampling, quirks);
            let keys: Vec<_> = body.as_object().unwrap().keys().skip(2).map(String::as_str).collect();
            assert_eq!(keys, expected, "{refused:?}");
        }
    }

    #[test]
    fn a_schema_is_asked_for_strictly_until_that_is_refused() {
        let shape = Shape { name: "viva".into(), schema: json!({"type": "object"}) };
        let mut quirks = Quirks::default();
        let strict = |quirks| {
            let body = body("m", &request(ReplyFormat::JsonSchema(shape.clone())), Sampling::default(), quirks);
            body.pointer("/response_format/json_schema/strict").cloned()
        };
        assert_eq!(strict(quirks), Some(json!(true)));
        quirks.learn(Parameter::Strict, None);
        assert_eq!(strict(quirks), None);
    }

    #[test]
    fn a_reply_is_put_together_from_its_pieces() {
        let mut gathered = Gathered::default();
        for event in [
            json!({"model": "real", "choices": [{"delta": {"role": "assistant", "content": null}}]}),
            json!({"choices": [{"delta": {"reasoning": "hm"}}]}),
            json!({"choices": [{"delta": {"reasoning_content": "hmm"}}]}),
            json!({"choices": [{"delta": {"content": "{\"a\""}}]}),
            json!({"choices": [{"delta": {"content": ":1}"}, "finish_reason": "stop"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}),
        ] {
            assert!(take(&mut gathered, &event), "{event}");
        }
        assert!(gathered.finished() && gathered.pieces == 4);
        let reply = gathered.into_reply();
        assert_eq!((reply.content.as_str(), reply.reasoning_chars), ("{\"a\":1}", 5));
        assert_eq!(reply.usage, Usage { prompt_tokens: Some(9), completion_tokens: Some(4) });
        assert_eq!(reply.model.as_deref(), Some("real"));
        assert!(!take(&mut Gathered::default(), &json!({"hello": 1})));
    }
}
