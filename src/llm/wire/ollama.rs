//! Ollama's own chat: the body, and the lines of a reply.
//!
//! Unlike its OpenAI-style door it lets the size of the context be chosen. Its default cuts longer prompts without a word.

use serde_json::{Map, Value, json};

use super::{ChatRequest, Gathered, Quirks, ReplyFormat, Sampling, text};
use crate::llm::prompt_size;

/// Contexts are asked for in steps, as a model is loaded anew whenever the size changes.
const CONTEXT_STEP: u64 = 4096;
/// Room for the prompt of most answers and its reply.
const LEAST_CONTEXT: u64 = 8192;

pub(in crate::llm) fn body(model: &str, request: &ChatRequest, sampling: Sampling, quirks: Quirks) -> Value {
    let messages: Vec<Value> =
        request.messages.iter().map(|m| json!({"role": m.role.name(), "content": m.content})).collect();
    let mut options = Map::new();
    options.insert("num_ctx".into(), sampling.context_tokens.unwrap_or_else(|| context_for(request)).into());
    if !quirks.no_token_limit {
        options.insert("num_predict".into(), quirks.tokens(request.max_tokens).into());
    }
    if let Some(temperature) = sampling.temperature.filter(|_| !quirks.no_temperature) {
        options.insert("temperature".into(), json!(temperature));
    }
    if let Some(seed) = sampling.seed.filter(|_| !quirks.no_seed) {
        options.insert("seed".into(), seed.into());
    }
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    // Streams unless told not to.
    body.insert("stream".into(), (!quirks.no_stream).into());
    body.insert("options".into(), options.into());
    match &request.format {
        ReplyFormat::Text => {}
        ReplyFormat::JsonObject => {
            body.insert("format".into(), "json".into());
        }
        ReplyFormat::JsonSchema(shape) | ReplyFormat::Tool(shape) => {
            body.insert("format".into(), shape.schema.clone());
        }
    }
    Value::Object(body)
}

/// The prompt, and half of what the reply may have at most: limits are generous, replies seldom are.
fn context_for(request: &ChatRequest) -> u64 {
    let needed = prompt_size::estimate(&request.messages) + u64::from(request.max_tokens) / 2;
    needed.next_multiple_of(CONTEXT_STEP).max(LEAST_CONTEXT)
}

pub(in crate::llm) fn take(gathered: &mut Gathered, piece: &Value) -> bool {
    let done = piece.get("done").and_then(Value::as_bool);
    let message = piece.get("message").filter(|message| message.is_object());
    if done.is_none() && message.is_none() {
        return false;
    }
    gathered.named(piece.get("model"));
    if let Some(message) = message {
        gathered.say(text(message, "content"));
        gathered.think(text(message, "thinking"));
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            gathered.argue(call.pointer("/function/arguments").unwrap_or(&Value::Null));
        }
    }
    if done == Some(true) {
        let number = |name: &str| piece.get(name).and_then(Value::as_u64);
        let reason = text(piece, "done_reason");
        gathered.reply.finish_reason = Some(if reason.is_empty() { "stop" } else { reason }.to_owned());
        gathered.reply.usage.prompt_tokens = number("prompt_eval_count");
        gathered.reply.usage.completion_tokens = number("eval_count");
        gathered.over = true;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::wire::{Message, Role, Shape, Usage};

    fn request(words: usize, format: ReplyFormat) -> ChatRequest {
        let message = Message { role: Role::User, content: "hello ".repeat(words) };
        ChatRequest { messages: vec![message], format, max_tokens: 4096 }
    }

    #[test]
    fn the_shape_is_asked_for_in_one_field() {
        let shape = Shape { name: "viva".into(), schema: json!({"type": "object"}) };
        let format = |format| {
            let body = body("m", &request(1, format), Sampling::default(), Quirks::default());
            body.get("format").cloned()
        };
        assert_eq!(format(ReplyFormat::JsonSchema(shape)), Some(json!({"type": "object"})));
        assert_eq!(format(ReplyFormat::JsonObject), Some(json!("json")));
        assert_eq!(format(ReplyFormat::Text), None);
    }

    #[test]
    fn the_context_is_large_enough_for_the_prompt_and_changes_seldom() {
        let options = |words, sampling| {
            let body = body("m", &request(words, ReplyFormat::Text), sampling, Quirks::default());
            body["options"].clone()
        };
        let unknown = Sampling::default();
        assert_eq!(options(10, unknown), json!({"num_ctx": 8192, "num_predict": 4096}));
        assert_eq!(options(4000, unknown)["num_ctx"], 8192);
        assert_eq!(options(6000, unknown)["num_ctx"], 12_288);
        let known = Sampling { context_tokens: Some(6000), temperature: Some(0.5), seed: Some(7) };
        assert_eq!(options(9000, known), json!({"num_ctx": 6000, "num_predict": 4096, "temperature": 0.5, "seed": 7}));
    }

    #[test]
    fn a_reply_is_put_together_from_its_lines() {
        let mut gathered = Gathered::default();
        for line in [
            json!({"model": "real", "message": {"role": "assistant", "content": "", "thinking": "hm"}, "done": false}),
            json!({"model": "real", "message": {"role": "assistant", "content": "{\"a\":"}, "done": false}),
            json!({"model": "real", "message": {"role": "assistant", "content": "1}"}, "done": false}),
        ] {
            assert!(take(&mut gathered, &line), "{line}");
        }
        assert!(!gathered.finished() && gathered.pieces == 3);
        let last = json!({"model": "real", "message": {"content": ""}, "done": true, "done_reason": "length",
                          "prompt_eval_count": 9, "eval_count": 4});
        assert!(take(&mut gathered, &last) && gathered.over);
        let reply = gathered.into_reply();
        assert_eq!((reply.content.as_str(), reply.reasoning_chars), ("{\"a\":1}", 2));
        assert_eq!(reply.usage, Usage { prompt_tokens: Some(9), completion_tokens: Some(4) });
        assert_eq!(reply.finish_reason.as_deref(), Some("length"));
        assert!(!take(&mut Gathered::default(), &json!({"status": "fine"})));
    }
}
