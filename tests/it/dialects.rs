//! Endpoints that speak Anthropic messages or Ollama chat, in all their moods; and which dialect is taken where.

use std::time::Duration;

use serde_json::{Value, json};
use viva::{
    interview::{assessment::Assessment, question::Kind},
    llm::{
        endpoint::{Dialect, Endpoint, EndpointSettings, Limits, Parameter, Refusal, Waiting},
        key::Secret,
        rung::{Rung, RungMemory},
        schema,
    },
};

use crate::{
    endpoint::{
        Chat, Ends, KEY, SPOKEN, answers, changed, check_chat_in, check_judge_in, endpoint_in, hello, judged_at,
        levels, limits, rubric,
    },
    home::Home,
    judging::judgement,
    scripted_endpoint::{Piece, Play, ScriptedEndpoint},
};

const NATIVE: [Dialect; 2] = [Dialect::Anthropic, Dialect::Ollama];
const SCHEMA: &str = "json_schema";

/// An error as Anthropic says it.
fn anthropic_error(status: u16, kind: &str, message: &str) -> Play {
    Play::json(status, &json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}))
}

/// An error as Ollama says it.
fn ollama_error(status: u16, message: &str) -> Play {
    Play::json(status, &json!({"error": message}))
}

fn soon(play: Play) -> Play {
    play.header("retry-after-ms", "3")
}

#[tokio::test]
async fn good_and_broken_streams_are_the_same_in_every_dialect() {
    for dialect in Dialect::ALL {
        let ok = || Play::says(dialect, "ok");
        let half = || Play::begins(dialect, "half");
        let cases: Vec<(&str, Vec<Play>, Chat, usize)> = vec![
            ("a good stream", vec![ok()], Chat::Says("ok"), 1),
            ("no stream but one body", vec![Play::whole(dialect, "ok")], Chat::Says("ok"), 1),
            (
                "a stream that calls itself JSON",
                vec![ok().header("content-type", "application/json")],
                Chat::Says("ok"),
                1,
            ),
            ("says that it is over, and goes on", vec![ok().then(Piece::Hang)], Chat::Says("ok"), 1),
            ("cut once, then whole", vec![half().then(Piece::Cut), ok()], Chat::Says("ok"), 2),
            ("cut every time", vec![half().then(Piece::Cut)], Chat::Cut, 2),
            ("ends in the middle", vec![half()], Chat::Cut, 2),
            ("ends in the middle of a letter", vec![half().then(Piece::Bytes(vec![b'{', b'"', 0xc3]))], Chat::Cut, 2),
            ("a body that ends too early", vec![Play::text(200, "{\"model\": \"scri"), ok()], Chat::Says("ok"), 2),
            ("another API", vec![Play::json(200, &json!({"status": "fine"}))], Chat::BadReply, 1),
            ("a web page", vec![Play::text(200, "<html>Welcome</html>")], Chat::BadReply, 1),
            ("nothing at all", vec![Play::text(200, "")], Chat::BadReply, 1),
            ("too fast, then well", vec![soon(Play::json(429, &json!({"error": "slow"}))), ok()], Chat::Says("ok"), 2),
            ("a gateway's page", vec![Play::text(502, "<html>Bad gateway</html>")], Chat::Server, 3),
            ("a redirect", vec![Play::text(308, "").header("location", "https://else.example")], Chat::Redirected, 1),
            ("a long body", vec![Play::text(200, &"x".repeat(5 << 20))], Chat::BadReply, 1),
            ("an error as text", vec![Play::text(400, "no")], Chat::Refused(Refusal::Opaque), 1),
            (
                "an error that repeats the answer and the key",
                vec![Play::json(400, &json!({"error": {"message": format!("{KEY} said: {SPOKEN}")}}))],
                Chat::Refused(Refusal::Other),
                1,
            ),
        ];
        for (name, script, expected, requests) in cases {
            check_chat_in(dialect, &format!("{dialect:?}: {name}"), script, limits(), expected, requests).await;
        }
    }
}

#[tokio::test]
async fn every_fault_of_an_anthropic_server_is_mended_or_named() {
    let dialect = Dialect::Anthropic;
    let ok = || Play::says(dialect, "ok");
    let half = || Play::begins(dialect, "half");
    let in_stream = |kind: &str| json!({"type": "error", "error": {"type": kind, "message": "Sorry"}});
    let cases: Vec<(&str, Vec<Play>, Chat, usize)> = vec![
        ("wrong key", vec![anthropic_error(401, "authentication_error", "invalid x-api-key")], Chat::Unauthorized, 1),
        ("no right", vec![anthropic_error(403, "permission_error", "not yours")], Chat::Unauthorized, 1),
        (
            "no credit, said as a bad request",
            vec![anthropic_error(400, "invalid_request_error", "Your credit balance is too low to access the API.")],
            Chat::PaymentRequired,
            1,
        ),
        ("billing", vec![anthropic_error(402, "billing_error", "pay")], Chat::PaymentRequired, 1),
        (
            "a spending limit that time does not mend",
            vec![Play::json(
                429,
                &json!({"type": "error", "error": {"type": "rate_limit_error", "message": "Limit reached",
                        "details": {"error_code": "enforced_spend_limit_reached"}}}),
            )],
            Chat::PaymentRequired,
            1,
        ),
        (
            "usage limits of the organisation",
            vec![anthropic_error(
                400,
                "invalid_request_error",
                "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
            )],
            Chat::PaymentRequired,
            1,
        ),
        (
            "too fast, then well",
            vec![soon(anthropic_error(429, "rate_limit_error", "slow")), ok()],
            Chat::Says("ok"),
            2,
        ),
        (
            "too fast until a date",
            vec![
                anthropic_error(429, "rate_limit_error", "slow")
                    .header("date", "Sun, 06 Nov 1994 08:00:00 GMT")
                    .header("retry-after", "Sun, 06 Nov 1994 08:02:00 GMT"),
            ],
            Chat::RateLimited(Some(120)),
            1,
        ),
        (
            "overloaded, then well",
            vec![anthropic_error(529, "overloaded_error", "Overloaded"), ok()],
            Chat::Says("ok"),
            2,
        ),
        ("overloaded for ever", vec![anthropic_error(529, "overloaded_error", "Overloaded")], Chat::Server, 3),
        ("failing", vec![anthropic_error(500, "api_error", "Internal server error")], Chat::Server, 3),
        ("no such model", vec![anthropic_error(404, "not_found_error", "model: scripted-1")], Chat::ModelMissing, 1),
        ("no such path", vec![anthropic_error(404, "not_found_error", "Not Found")], Chat::NotFound, 1),
        (
            "too long",
            vec![anthropic_error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")],
            Chat::ContextTooLong,
            1,
        ),
        (
            "too large",
            vec![anthropic_error(413, "request_too_large", "Request exceeds the maximum size")],
            Chat::ContextTooLong,
            1,
        ),
        (
            "overloaded in the middle of a stream, then well",
            vec![half().then_piece(dialect, &in_stream("overloaded_error")), ok()],
            Chat::Says("ok"),
            2,
        ),
        (
            "overloaded in the middle of every stream",
            vec![half().then_piece(dialect, &in_stream("overloaded_error"))],
            Chat::Server,
            2,
        ),
        (
            "the key withdrawn in the middle of a stream",
            vec![half().then_piece(dialect, &in_stream("authentication_error"))],
            Chat::Unauthorized,
            1,
        ),
        (
            "an error before the first event, with status 200",
            vec![Play::events([]).then_piece(dialect, &in_stream("rate_limit_error")).header("retry-after", "1")],
            Chat::RateLimited(None),
            3,
        ),
        (
            "an error event without a type inside",
            vec![half().then(Piece::Bytes(b"event: error\ndata: {\"message\": \"gone\"}\n\n".to_vec()))],
            Chat::Server,
            2,
        ),
        (
            "events of tomorrow are passed over",
            vec![
                Play::events([])
                    .then_piece(dialect, &json!({"type": "message_news", "news": [1]}))
                    .then_piece(dialect, &json!({"type": "content_block_delta", "delta": {"type": "cited", "x": 1}}))
                    .then_piece(
                        dialect,
                        &json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "ok"}}),
                    )
                    .then_piece(dialect, &json!({"type": "message_stop"})),
            ],
            Chat::Says("ok"),
            1,
        ),
        (
            "the context is full",
            vec![Play::stops(dialect, "so", "model_context_window_exceeded")],
            Chat::ContextTooLong,
            1,
        ),
        ("an OpenAI-style stream", vec![Play::reply("ok")], Chat::BadReply, 1),
        (
            "output_config refused",
            vec![anthropic_error(400, "invalid_request_error", "output_config: Extra inputs are not permitted")],
            Chat::Refused(Refusal::Format),
            1,
        ),
        (
            "a proxy without the usual shape",
            vec![Play::json(401, &json!({"error": {"message": "no", "code": 401}}))],
            Chat::Unauthorized,
            1,
        ),
    ];
    for (name, script, expected, requests) in cases {
        let quick = Limits { backoff: Duration::from_millis(1), ..limits() };
        check_chat_in(dialect, name, script, quick, expected, requests).await;
    }
}

#[tokio::test]
async fn every_fault_of_an_ollama_server_is_mended_or_named() {
    let dialect = Dialect::Ollama;
    let ok = || Play::says(dialect, "ok");
    let half = || Play::begins(dialect, "half");
    let cases: Vec<(&str, Vec<Play>, Chat, usize)> = vec![
        (
            "no such model",
            vec![ollama_error(404, "model \"scripted-1\" not found, try pulling it first")],
            Chat::ModelMissing,
            1,
        ),
        ("no such path", vec![Play::text(404, "404 page not found")], Chat::NotFound, 1),
        ("a key is wanted", vec![ollama_error(401, "unauthorized")], Chat::Unauthorized, 1),
        (
            "a model that is not for everybody",
            vec![ollama_error(403, "this model requires a subscription, upgrade for access")],
            Chat::PaymentRequired,
            1,
        ),
        ("busy, then well", vec![soon(ollama_error(503, "server busy, please try again")), ok()], Chat::Says("ok"), 2),
        (
            "the runner has died, then well",
            vec![ollama_error(500, "llama runner process has terminated: exit status 2"), ok()],
            Chat::Says("ok"),
            2,
        ),
        (
            "no memory for the model",
            vec![ollama_error(500, "model requires more system memory (18.2 GiB) than is available (7.1 GiB)")],
            Chat::Server,
            1,
        ),
        (
            "a schema that an old one does not take",
            vec![ollama_error(
                400,
                "json: cannot unmarshal object into Go struct field ChatRequest.format of type string",
            )],
            Chat::Refused(Refusal::Format),
            1,
        ),
        (
            "a schema that it cannot make a grammar of",
            vec![ollama_error(500, "failed to parse grammar")],
            Chat::Server,
            1,
        ),
        (
            "invalid format",
            vec![ollama_error(400, "invalid format: \"xml\"; expected \"json\"")],
            Chat::Refused(Refusal::Format),
            1,
        ),
        ("too long", vec![ollama_error(400, "the input length exceeds the context length")], Chat::ContextTooLong, 1),
        (
            "an error in the middle of a stream, then well",
            vec![
                half().then_piece(dialect, &json!({"error": "an error was encountered while running the model"})),
                ok(),
            ],
            Chat::Says("ok"),
            2,
        ),
        (
            "an error in the middle of every stream",
            vec![half().then_piece(dialect, &json!({"error": "an error was encountered while running the model"}))],
            Chat::Server,
            2,
        ),
        ("a line that is no JSON", vec![half().then(Piece::Bytes(b"oops\n".to_vec()))], Chat::BadReply, 1),
        ("a line that is no text", vec![half().then(Piece::Bytes(b"\xff\xfe\n".to_vec()))], Chat::BadReply, 1),
        (
            "empty lines and a missing last line end",
            vec![{
                let mut play = Play::begins(dialect, "ok").then(Piece::Bytes(b"\n\r\n".to_vec()));
                play = play.then(Piece::Bytes(br#"{"message": {"content": ""}, "done": true}"#.to_vec()));
                play
            }],
            Chat::Says("ok"),
            1,
        ),
        (
            "lines that are called events",
            vec![Play::says(Dialect::Ollama, "ok").header("content-type", "application/json; charset=utf-8")],
            Chat::Says("ok"),
            1,
        ),
        (
            "the model was only loaded",
            vec![Play::json(
                200,
                &json!({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "load"}),
            )],
            Chat::Says(""),
            1,
        ),
        ("an OpenAI-style body", vec![Play::unstreamed("ok")], Chat::BadReply, 1),
        (
            "more lines than anyone can read",
            vec![Play::begins(dialect, "half").then(Piece::Bytes(b"\n".repeat(5 << 20)))],
            Chat::BadReply,
            1,
        ),
    ];
    for (name, script, expected, requests) in cases {
        check_chat_in(dialect, name, script, limits(), expected, requests).await;
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_every_dialect() {
    let short = Duration::from_millis(60);
    for dialect in NATIVE {
        let begun = Play::begins(dialect, "half").then(Piece::Hang);
        let silent = Play { pieces: vec![Piece::Hang], ..Play::begins(dialect, "") };
        let cases = [
            (silent, Limits { first_word: short, ..limits() }, Waiting::FirstWord),
            (begun.clone(), Limits { idle: short, ..limits() }, Waiting::GoOn),
            (begun, Limits { whole: Some(short), ..limits() }, Waiting::Finish),
        ];
        for (play, limits, what) in cases {
            check_chat_in(dialect, &format!("{dialect:?} {what:?}"), vec![play], limits, Chat::TimedOut(what), 1).await;
        }
    }
}

#[tokio::test]
async fn an_openai_reply_that_is_finished_is_taken_though_the_bill_never_comes() {
    let short = Limits { idle: Duration::from_millis(60), ..limits() };
    let stop = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    let play = Play::begun("ok").then_event(&stop).then(Piece::Hang);
    check_chat_in(Dialect::OpenAi, "no bill", vec![play], short, Chat::Says("ok"), 1).await;
}

// ── what is sent ──

#[tokio::test]
async fn each_dialect_is_asked_at_its_path_with_its_fields_and_the_key_in_its_header() {
    let expected = [
        (
            Dialect::OpenAi,
            "/v1/chat/completions",
            vec!["model", "messages", "stream", "stream_options", "max_tokens", "temperature", "response_format"],
        ),
        (Dialect::Anthropic, "/v1/messages", vec!["model", "max_tokens", "messages", "stream", "temperature"]),
        (Dialect::Ollama, "/api/chat", vec!["model", "messages", "stream", "options", "format"]),
    ];
    for (dialect, path, fields) in expected {
        let server = ScriptedEndpoint::start([Play::says(dialect, "ok")]).await;
        endpoint_in(dialect, &server.base_url, limits()).chat(&hello(), |_| {}).await.unwrap();
        let seen = &server.seen()[0];
        assert_eq!(seen.path, path);
        let sent: Vec<&str> = seen.body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(sent, fields, "{dialect:?}");
        let bearer = format!("Bearer {KEY}");
        let own = (dialect == Dialect::Anthropic).then_some(KEY);
        assert_eq!((seen.api_key.as_deref(), seen.authorization.as_ref()), (own, Some(&bearer)), "{dialect:?}");
    }
}

#[tokio::test]
async fn what_a_server_of_a_native_dialect_does_not_take_is_left_out_from_then_on() {
    let refuse = |message: &str| anthropic_error(400, "invalid_request_error", message);
    let script = [
        refuse("`temperature` is deprecated for this model."),
        refuse("max_tokens: 64 > 32, which is the maximum allowed number of output tokens"),
        Play::says(Dialect::Anthropic, "ok"),
    ];
    let server = ScriptedEndpoint::start(script).await;
    let endpoint = endpoint_in(Dialect::Anthropic, &server.base_url, limits());
    // 32 is below what anybody allows, and is not taken for a limit.
    let error = endpoint.chat(&hello(), |_| {}).await.unwrap_err();
    assert!(format!("{error:?}").contains("MaxTokens"), "{error:?}");
    assert!(server.seen()[1].body.get("temperature").is_none());

    let large = viva::llm::endpoint::ChatRequest { max_tokens: 16_384, ..hello() };
    let script = [
        refuse("max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for m-20241022"),
        refuse("system.0.cache_control: Extra inputs are not permitted"),
        Play::says(Dialect::Anthropic, "ok"),
    ];
    let server = ScriptedEndpoint::start(script).await;
    let endpoint = endpoint_in(Dialect::Anthropic, &server.base_url, limits());
    let error = endpoint.chat(&large, |_| {}).await.unwrap_err();
    // There is no system prompt in this request, so that nothing can be left out.
    assert!(format!("{error:?}").contains("CacheControl"), "{error:?}");
    assert_eq!(server.seen()[1].body["max_tokens"], 8192);
}

#[tokio::test]
async fn a_strict_schema_that_is_refused_is_asked_for_less_strictly() {
    let refuse =
        Play::json(400, &json!({"error": {"message": "Unknown field", "param": "response_format.json_schema.strict"}}));
    let server = ScriptedEndpoint::start([refuse, Play::reply(&answers().to_string())]).await;
    let endpoint = endpoint_in(Dialect::OpenAi, &server.base_url, limits());
    let outcome = judged_at(SPOKEN, &endpoint, &mut RungMemory::default()).await;
    let Assessment::Judged(judgement) = outcome.assessment else { panic!("{outcome:?}") };
    assert_eq!(judgement.provenance.rung, "json_schema");
    let sent: Vec<Value> =
        server.seen().into_iter().map(|seen| seen.body["response_format"]["json_schema"]["strict"].clone()).collect();
    assert_eq!(sent, [json!(true), Value::Null]);
    let parameter = Chat::Refused(Refusal::Parameter(Parameter::Strict));
    let refuse = Play::json(400, &json!({"error": {"message": "strict is not for you"}}));
    check_chat_in(Dialect::OpenAi, "for ever", vec![refuse], limits(), parameter, 1).await;
}

// ── the judge ──

#[tokio::test]
async fn a_usable_reply_is_reached_down_the_ladder_of_each_dialect() {
    let text = answers().to_string();
    for dialect in Dialect::ALL {
        let good = || Play::says(dialect, &text);
        let without =
            |id: &'static str| Play::says(dialect, &changed(|a| drop(a["checks"].as_object_mut().unwrap().remove(id))));
        let refuse = || match dialect {
            Dialect::OpenAi => Play::json(400, &json!({"error": {"message": "response_format is unavailable"}})),
            Dialect::Anthropic => {
                anthropic_error(400, "invalid_request_error", "output_config: Extra inputs are not permitted")
            }
            Dialect::Ollama => ollama_error(400, "cannot unmarshal object into Go struct field ChatRequest.format"),
        };
        let second = Rung::ladder(dialect)[1];
        let thought = format!(
            "<think>{}</think>```json\n{text}\n```",
            changed(|a| a["checks"]["tradeoffs_1"]["met"] = json!("yes"))
        );
        let orphan = format!("{}</think>{text}", changed(|a| a["checks"]["tradeoffs_1"]["met"] = json!("yes")));
        let length = if dialect == Dialect::Anthropic { "max_tokens" } else { "length" };
        let cases: Vec<(&str, Vec<Play>, Rung, Vec<&str>)> = vec![
            ("at once", vec![good()], Rung::JsonSchema, vec![SCHEMA]),
            ("in one body", vec![Play::whole(dialect, &text)], Rung::JsonSchema, vec![SCHEMA]),
            ("after thoughts", vec![Play::says(dialect, &thought)], Rung::JsonSchema, vec![SCHEMA]),
            ("after thoughts that never began", vec![Play::says(dialect, &orphan)], Rung::JsonSchema, vec![SCHEMA]),
            ("prose first", vec![Play::says(dialect, "Strong!"), good()], Rung::JsonSchema, vec![SCHEMA; 2]),
            ("a check missing", vec![without("tradeoffs_2"), good()], Rung::JsonSchema, vec![SCHEMA; 2]),
            (
                "thoughts used up the budget",
                vec![Play::stops(dialect, "", length), good()],
                Rung::JsonSchema,
                vec![SCHEMA; 2],
            ),
            (
                "yes to what nothing can meet, once",
                vec![
                    Play::says(dialect, &changed(|a| a["checks"][schema::CONTROL_CHECK]["met"] = json!("yes"))),
                    good(),
                ],
                Rung::JsonSchema,
                vec![SCHEMA; 2],
            ),
            ("the schema refused", vec![refuse(), good()], second, vec![SCHEMA, second.name()]),
            ("an opaque no", vec![Play::text(400, ""), good()], second, vec![SCHEMA, second.name()]),
            (
                "the schema ignored",
                vec![Play::says(dialect, "Nice."), Play::says(dialect, "Very nice."), good()],
                second,
                vec![SCHEMA, SCHEMA, second.name()],
            ),
            ("both refused", vec![refuse(), refuse(), good()], Rung::Prompt, vec![SCHEMA, second.name(), "text"]),
        ];
        for (name, script, rung, formats) in cases {
            let name = format!("{dialect:?}: {name}");
            let outcome = check_judge_in(dialect, &name, script, Ends::Judged(rung), &formats).await;
            let Assessment::Judged(judgement) = outcome.assessment else { unreachable!() };
            assert_eq!(levels(&judgement), [Some(2), Some(0)], "{name}");
            assert_eq!((judgement.quotes, judgement.unverified_quotes), (2, 0), "{name}");
            assert_eq!(judgement.provenance.model, "scripted-1", "{name}");
        }
    }
}

#[tokio::test]
async fn a_judgement_without_a_usable_reply_is_ungraded_in_each_dialect() {
    for dialect in NATIVE {
        let second = Rung::ladder(dialect)[1].name();
        let all = [SCHEMA, SCHEMA, second, "text", "text", "text"];
        let says = |text: &str| Play::says(dialect, text);
        let refusal = match dialect {
            Dialect::Anthropic => Play::stops(dialect, "{\"checks\":", "refusal"),
            _ => Play::stops(dialect, "{\"checks\":", "content_filter"),
        };
        let cut_prompt = match dialect {
            Dialect::Anthropic => Play::json(
                200,
                &json!({"type": "message", "content": [{"type": "text", "text": answers().to_string()}],
                        "stop_reason": "end_turn", "usage": {"input_tokens": 200, "output_tokens": 9}}),
            ),
            _ => Play::json(
                200,
                &json!({"message": {"content": answers().to_string()}, "done": true, "prompt_eval_count": 200}),
            ),
        };
        let never = says(&changed(|a| a["checks"][schema::CONTROL_CHECK]["met"] = json!("yes")));
        let error = |status: u16| Play::json(status, &json!({"error": {"message": "no"}}));
        let cases: Vec<(&str, Vec<Play>, &'static str, &[&str])> = vec![
            ("wrong key", vec![error(401)], "refuses the key", &[SCHEMA]),
            ("no credit", vec![error(402)], "credit", &[SCHEMA]),
            ("too fast", vec![error(429).header("retry-after", "99")], "99 s", &[SCHEMA]),
            ("failing", vec![error(500)], "status 500", &[SCHEMA; 3]),
            ("cut", vec![Play::begins(dialect, "{\"checks\":").then(Piece::Cut)], "broke off", &[SCHEMA; 2]),
            ("prose for ever", vec![says("A strong answer. 4 of 4!")], "form that can be read", &all),
            ("a score", vec![says(r#"{"score": 4, "verdict": "pass"}"#)], "form that can be read", &all),
            ("only thoughts", vec![says("<think>{\"checks\": {}}")], "form that can be read", &all),
            ("empty", vec![says("")], "form that can be read", &all),
            ("yes to what nothing can meet", vec![never], "nothing can meet", &[SCHEMA, SCHEMA]),
            ("declined", vec![refusal], "declined", &[SCHEMA]),
            ("a prompt that was cut", vec![cut_prompt], "context is too small", &[SCHEMA]),
        ];
        for (name, script, why, formats) in cases {
            let name = format!("{dialect:?}: {name}");
            check_judge_in(dialect, &name, script, Ends::Ungraded(why), formats).await;
        }
    }
}

#[tokio::test]
async fn the_arguments_of_a_forced_tool_are_the_reply() {
    let refuse = anthropic_error(400, "invalid_request_error", "'claude-old' does not support output format.");
    let tool = json!({"type": "tool_use", "id": "toolu_1", "name": "viva_checks", "input": answers()});
    let reply = Play::json(
        200,
        &json!({"type": "message", "model": "scripted-1", "content": [{"type": "text", "text": "So."}, tool],
                "stop_reason": "tool_use", "usage": {"input_tokens": 1_000_000, "output_tokens": 9}}),
    );
    let formats = [SCHEMA, "tool"];
    let outcome =
        check_judge_in(Dialect::Anthropic, "tool", vec![refuse, reply], Ends::Judged(Rung::Tool), &formats).await;
    let Assessment::Judged(judgement) = outcome.assessment else { unreachable!() };
    assert_eq!(levels(&judgement), [Some(2), Some(0)]);
}

#[tokio::test]
async fn a_rung_that_fails_is_forgotten_and_a_better_one_is_tried_next_time() {
    let refuse = || ollama_error(400, "invalid format");
    let good = || Play::says(Dialect::Ollama, &answers().to_string());
    let script = [
        refuse(),
        good(), // json_object works, and is remembered
        refuse(),
        good(), // it no longer does: the prompt works
        good(), // from there
    ];
    let server = ScriptedEndpoint::start(script).await;
    let endpoint = endpoint_in(Dialect::Ollama, &server.base_url, limits());
    let mut memory = RungMemory::default();
    for expected in [Some(Rung::JsonObject), Some(Rung::Prompt), Some(Rung::Prompt)] {
        judged_at(SPOKEN, &endpoint, &mut memory).await;
        assert_eq!(memory.known(&endpoint), expected);
    }
    let asked: Vec<String> = server.seen().iter().map(|seen| seen.format().to_owned()).collect();
    assert_eq!(asked, [SCHEMA, "json_object", "json_object", "text", "text"]);

    let broken = ScriptedEndpoint::start([Play::says(Dialect::Ollama, "prose")]).await;
    let endpoint = endpoint_in(Dialect::Ollama, &broken.base_url, limits());
    memory.remember(&endpoint, Rung::Prompt, None);
    judged_at(SPOKEN, &endpoint, &mut memory).await;
    assert_eq!(memory.known(&endpoint), None, "nothing works there now");
}

// ── which dialect is taken ──

#[tokio::test]
async fn a_bare_address_is_asked_what_it_speaks() {
    let tags = json!({"models": [{"name": "qwen3:8b"}, {"name": "llama3.1:8b"}]});
    let ollama = ScriptedEndpoint::with_routes(&[("/api/tags", tags)]).await;
    let other = ScriptedEndpoint::with_routes(&[("/v1/models", json!({"data": []}))]).await;
    for (server, expected) in [(&ollama, Dialect::Ollama), (&other, Dialect::OpenAi)] {
        let bare = format!("http://127.0.0.1:{}", server.port);
        let endpoint = Endpoint::new(EndpointSettings::new(&bare, "m", Some(Secret::new(KEY)))).unwrap();
        assert!(!endpoint.dialect_is_known());
        assert_eq!(endpoint.recognise().await, Some(expected));
        assert!(endpoint.in_dialect(expected).dialect_is_known());
    }
    let endpoint = Endpoint::new(EndpointSettings::new(&ollama.base_url, "m", None)).unwrap();
    assert!(endpoint.dialect_is_known(), "with a path nobody is asked");
    let native = endpoint_in(Dialect::Ollama, &ollama.base_url, limits());
    assert_eq!(native.models().await.unwrap(), ["qwen3:8b", "llama3.1:8b"]);
    let nobody = Endpoint::new(EndpointSettings::new("http://127.0.0.1:9", "m", None)).unwrap();
    assert_eq!(nobody.recognise().await, None);
}

#[tokio::test]
async fn a_model_too_small_for_json_is_asked_for_lines() {
    let prose = || Play::says(Dialect::Ollama, "Good.");
    let ids = schema::check_ids(&rubric()).map(str::to_owned).collect::<Vec<_>>();
    let mut lines: Vec<String> = ids.iter().map(|id| format!("{id}|no")).collect();
    lines[0] = "reliability_1|yes|S2|\"if a worker dies the message is delivered again\"".into();
    lines[1] = "reliability_2|yes|S1|\"a queue in front of the ledger\"".into();
    lines.push(format!("{}|no", schema::CONTROL_CHECK));
    let script = vec![prose(), prose(), prose(), prose(), Play::says(Dialect::Ollama, &lines.join("\n"))];
    let formats = [SCHEMA, SCHEMA, "json_object", "text", "text"];
    let outcome = check_judge_in(Dialect::Ollama, "lines", script, Ends::Judged(Rung::Lines), &formats).await;
    let Assessment::Judged(judgement) = outcome.assessment else { unreachable!() };
    assert_eq!(levels(&judgement), [Some(2), Some(0)]);
    assert!(judgement.cautions.iter().any(|caution| caution.contains("plain text")), "{:?}", judgement.cautions);
}

// ── in the daemon ──

#[tokio::test]
async fn the_doctor_says_which_dialect_and_form_of_reply_are_in_use_also_after_a_restart() {
    let refuse = || anthropic_error(400, "invalid_request_error", "output_config: Extra inputs are not permitted");
    let says = |text: &str| Play::says(Dialect::Anthropic, text);
    let reply = judgement(Kind::Design, &[]).to_string();
    // The choice of a follow-up first, then the judgement; and the one after the restart, again with its choice.
    let script = [refuse(), says("{}"), refuse(), says(&reply), says("{}"), says(&reply)];
    let endpoint = ScriptedEndpoint::start(script).await;
    let mut home = Home::new()
        .set("llm.endpoint", &format!("{:?}", endpoint.base_url))
        .set("llm.dialect", "\"anthropic\"")
        .set("llm.model", "\"scripted-1\"")
        .started()
        .await;
    let state = home.get("/api/endpoint").await.expect(200);
    assert_eq!((&state["dialect"], &state["rung"]), (&json!("anthropic"), &Value::Null));
    let told = async |home: &Home| home.viva(&["doctor"]).await.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = told(&home).await;
    assert!(text.contains("Anthropic messages, form of replies: not yet known"), "{text}");

    let answer = home.answer("rate-limiter", SPOKEN).await;
    assert_eq!(home.assessed(&answer["id"]).await["assessment"]["judged_by"]["rung"], "tool");
    home.kill();
    let home = home.started().await;
    let text = told(&home).await;
    assert!(text.contains("form of replies: tool"), "{text}");
    let answer = home.answer("rate-limiter", SPOKEN).await;
    home.assessed(&answer["id"]).await;
    let formats: Vec<String> = endpoint.seen().iter().map(|seen| seen.format().to_owned()).collect();
    assert_eq!(formats, [SCHEMA, "tool", SCHEMA, "tool", "tool", "tool"], "the restart learns nothing again");
}

#[tokio::test]
async fn a_program_that_prints_the_key_is_asked_once_and_again_when_the_key_is_refused() {
    let endpoint = ScriptedEndpoint::start([Play::json(401, &json!({"error": "no"}))]).await;
    let home = Home::new();
    let asked = home.path().join("asked");
    let command = format!("[\"sh\", \"-c\", \"echo asked >> {}; echo {KEY}\"]", asked.display());
    let home = home
        .set("llm.endpoint", &format!("{:?}", endpoint.base_url))
        .set("llm.model", "\"scripted-1\"")
        .set("llm.api_key_command", &command)
        .started()
        .await;
    for _ in 0..3 {
        home.get("/api/endpoint").await.expect(200);
    }
    let times = || std::fs::read_to_string(&asked).unwrap().lines().count();
    assert_eq!(times(), 1);
    let answer = home.answer("rate-limiter", SPOKEN).await;
    home.assessed(&answer["id"]).await;
    home.get("/api/status").await.expect(200);
    let after = times();
    assert!((2..=3).contains(&after), "after the choice of a follow-up and the judgement at most: {after}");
    assert_eq!(endpoint.seen()[0].authorization, Some(format!("Bearer {KEY}")));
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_the_voice_lacks_is_told_with_the_settings_of_the_voice() {
    let home = Home::new()
        .set("voice.engine", "\"endpoint\"")
        .set("voice.url", "\"http://127.0.0.1:9/v1\"")
        .set("voice.api_key_env", "\"VIVA_NO_SUCH_KEY\"")
        .started()
        .await;
    home.get("/api/status").await.expect(200);
    assert!(home.log().contains("voice.api_key_env") && !home.log().contains("llm.api_key"), "{}", home.log());
}
