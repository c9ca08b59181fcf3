//! Anthropic messages: the body, and the pieces of a reply.
//!
//! The token limit is required, the system prompt stands beside the messages, thoughts are blocks of their own, and a
//! prompt that was read from the cache is counted apart.

use serde_json::{Map, Value, json};

use super::{ChatRequest, Gathered, Quirks, ReplyFormat, Role, Sampling, text};

pub(in crate::llm) fn body(model: &str, request: &ChatRequest, sampling: Sampling, quirks: Quirks) -> Value {
    let of = |wanted: bool| request.messages.iter().filter(move |m| (m.role == Role::System) == wanted);
    let system: Vec<&str> = of(true).map(|message| message.content.as_str()).collect();
    let messages: Vec<Value> = of(false).map(|m| json!({"role": m.role.name(), "content": m.content})).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("max_tokens".into(), quirks.tokens(request.max_tokens).into());
    if !system.is_empty() {
        let system = system.join("\n\n");
        // The same for every answer of a sitting: read from the cache it costs a tenth.
        let cached = json!([{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]);
        body.insert("system".into(), if quirks.no_cache_control { system.into() } else { cached });
    }
    body.insert("messages".into(), messages.into());
    if !quirks.no_stream {
        body.insert("stream".into(), true.into());
    }
    if let Some(temperature) = sampling.temperature.filter(|_| !quirks.no_temperature) {
        body.insert("temperature".into(), json!(temperature));
    }
    match &request.format {
        ReplyFormat::Text | ReplyFormat::JsonObject => {}
        ReplyFormat::JsonSchema(shape) => {
            let format = json!({"type": "json_schema", "schema": shape.schema});
            body.insert("output_config".into(), json!({"format": format}));
        }
        ReplyFormat::Tool(shape) => {
            let tool =
                json!({"name": shape.name, "description": "Takes the whole reply.", "input_schema": shape.schema});
            body.insert("tools".into(), json!([tool]));
            body.insert("tool_choice".into(), json!({"type": "tool", "name": shape.name}));
        }
    }
    Value::Object(body)
}

pub(in crate::llm) fn take(gathered: &mut Gathered, piece: &Value) -> bool {
    match text(piece, "type") {
        "message" => {
            take_head(gathered, piece);
            for block in piece.get("content").and_then(Value::as_array).into_iter().flatten() {
                take_block(gathered, block);
            }
            take_stop(gathered, piece);
            gathered.over = true;
        }
        "message_start" => {
            if let Some(message) = piece.get("message") {
                take_head(gathered, message);
            }
        }
        "content_block_start" => {
            if let Some(block) = piece.get("content_block") {
                take_block(gathered, block);
            }
        }
        "content_block_delta" => {
            if let Some(delta) = piece.get("delta") {
                take_block(gathered, delta);
            }
        }
        "message_delta" => {
            take_usage(gathered, piece);
            if let Some(delta) = piece.get("delta") {
                take_stop(gathered, delta);
            }
        }
        "message_stop" => gathered.over = true,
        // Further kinds may come at any time.
        "ping" | "content_block_stop" => {}
        _ => return false,
    }
    true
}

fn take_head(gathered: &mut Gathered, message: &Value) {
    gathered.named(message.get("model"));
    take_usage(gathered, message);
}

fn take_usage(gathered: &mut Gathered, piece: &Value) {
    let Some(usage) = piece.get("usage") else { return };
    let number = |name: &str| usage.get(name).and_then(Value::as_u64);
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"].into_iter().filter_map(number).sum::<u64>();
    let known = &mut gathered.reply.usage;
    // The report at the end repeats the one at the beginning, or leaves the prompt out.
    let prompt = number("input_tokens").map(|n| n + cached);
    known.prompt_tokens = prompt.max(known.prompt_tokens);
    known.completion_tokens = number("output_tokens").or(known.completion_tokens);
}

/// A block as it begins, a piece of one, or a whole one.
fn take_block(gathered: &mut Gathered, block: &Value) {
    match text(block, "type") {
        "text" | "text_delta" => gathered.say(text(block, "text")),
        "thinking" | "thinking_delta" => gathered.think(text(block, "thinking")),
        "input_json_delta" => gathered.argue(block.get("partial_json").unwrap_or(&Value::Null)),
        "tool_use" => gathered.argue(block.get("input").unwrap_or(&Value::Null)),
        _ => {}
    }
}

fn take_stop(gathered: &mut Gathered, piece: &Value) {
    let reason = match text(piece, "stop_reason") {
        "" => return,
        "end_turn" | "stop_sequence" | "tool_use" => "stop",
        "max_tokens" => "length",
        "refusal" => "content_filter",
        "model_context_window_exceeded" => {
            gathered.context_full = true;
            "length"
        }
        other => other,
    };
    gathered.reply.finish_reason = Some(reason.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        endpoint_error::Parameter,
        wire::{Message, Shape, Usage},
    };

    fn request(format: ReplyFormat) -> ChatRequest {
        let message = |role, content: &str| Message { role, content: content.into() };
        let messages = vec![message(Role::System, "rules"), message(Role::User, "hello")];
        ChatRequest { messages, format, max_tokens: 64 }
    }

    #[test]
    fn the_system_prompt_stands_apart_and_the_token_limit_is_always_there() {
        let mut quirks = Quirks::default();
        quirks.learn(Parameter::MaxTokens, None);
        quirks.learn(Parameter::MaxTokens, None);
        let sent = body("m", &request(ReplyFormat::Text), Sampling::default(), quirks);
        let keys: Vec<_> = sent.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["model", "max_tokens", "system", "messages", "stream"]);
        assert_eq!(sent["system"][0]["text"], "rules");
        assert_eq!(sent["messages"], json!([{"role": "user", "content": "hello"}]));
        quirks.learn(Parameter::CacheControl, None);
        quirks.learn(Parameter::MaxTokens, Some(32));
        let sent = body("m", &request(ReplyFormat::Text), Sampling::default(), quirks);
        assert_eq!((&sent["system"], &sent["max_tokens"]), (&json!("rules"), &json!(32)));
    }

    #[test]
    fn a_shape_is_asked_for_as_output_or_as_a_tool() {
        let shape = Shape { name: "viva".into(), schema: json!({"type": "object"}) };
        let sent = |format| body("m", &request(format), Sampling::default(), Quirks::default());
        let output = sent(ReplyFormat::JsonSchema(shape.clone()));
        assert_eq!(output["output_config"], json!({"format": {"type": "json_schema", "schema": {"type": "object"}}}));
        let tool = sent(ReplyFormat::Tool(shape));
        assert_eq!(tool["tool_choice"], json!({"type": "tool", "name": "viva"}));
        assert_eq!(tool["tools"][0]["input_schema"], json!({"type": "object"}));
    }

    #[test]
    fn a_reply_is_put_together_from_its_events() {
        let mut gathered = Gathered::default();
        for event in [
            json!({"type": "message_start", "message": {"model": "real", "content": [],
                   "usage": {"input_tokens": 3, "cache_read_input_tokens": 6, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
            json!({"type": "ping"}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "{\"a\":1}"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}}),
        ] {
            assert!(take(&mut gathered, &event), "{event}");
        }
        assert!(gathered.finished() && !gathered.over && gathered.pieces == 2);
        assert!(take(&mut gathered, &json!({"type": "message_stop"})) && gathered.over);
        let reply = gathered.into_reply();
        assert_eq!((reply.content.as_str(), reply.reasoning_chars), ("{\"a\":1}", 2));
        assert_eq!(reply.usage, Usage { prompt_tokens: Some(9), completion_tokens: Some(4) });
        assert_eq!((reply.finish_reason.as_deref(), reply.refused), (Some("stop"), false));
        assert!(!take(&mut Gathered::default(), &json!({"choices": []})));
    }

    #[test]
    fn the_arguments_of_a_tool_are_the_reply_also_where_words_come_first() {
        let mut streamed = Gathered::default();
        for delta in [
            json!({"type": "text_delta", "text": "Let me see."}),
            json!({"type": "input_json_delta", "partial_json": ""}),
            json!({"type": "input_json_delta", "partial_json": "{\"a\""}),
            json!({"type": "input_json_delta", "partial_json": ":1}"}),
        ] {
            take(&mut streamed, &json!({"type": "content_block_delta", "delta": delta}));
        }
        assert_eq!(streamed.into_reply().content, r#"{"a":1}"#);
        let mut whole = Gathered::default();
        let content = json!([{"type": "text", "text": "So."}, {"type": "tool_use", "name": "v", "input": {"a": 1}}]);
        take(&mut whole, &json!({"type": "message", "content": content, "stop_reason": "tool_use"}));
        assert!(whole.over);
        assert_eq!(whole.into_reply().content, r#"{"a":1}"#);
    }
}
