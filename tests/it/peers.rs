//! Real servers that were not written for us: llama.cpp's with random weights, LiteLLM's proxy with mocked models. What they say
//! is nonsense; that it ends in levels that rest on found words, or in "ungraded" with the reason, is what is tested.
//!
//! Opt-in: `make peers` (scripts/peers.sh) starts them and sets VIVA_PEERS_*. Without it every test is skipped and says so.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use viva::llm::{
    discover::{self, Server},
    endpoint::{
        ChatRequest, Dialect, Endpoint, EndpointError, EndpointSettings, Limits, Message, ReplyFormat, Role, Shape,
    },
    key::Secret,
    schema,
};

use crate::home::{Home, PATIENCE};

/// Keys as scripts/peers.sh and scripts/peers/proxy_config.py have them.
const SERVER_KEY: &str = "peer-key";
const PROXY_KEY: &str = "sk-peer-key";
/// The proxy's mocked judge quotes from it.
const ANSWER: &str = "With a quorum a read sees the newest write because the two groups share a server. \
                      When one of three servers is down we still write to two of them.";

/// Ports of the real servers.
#[derive(Clone, Copy)]
struct Peers {
    llama: u16,
    /// The same program with the template of a model that thinks first, and without a key.
    thinking: u16,
    litellm: u16,
}

/// `None` where they do not run: then the test is counted as skipped.
fn peers() -> Option<Peers> {
    let port = |name: &str| std::env::var(name).ok()?.parse().ok();
    let (llama, thinking) = (port("VIVA_PEERS_LLAMA"), port("VIVA_PEERS_THINKING"));
    if let (Some(llama), Some(thinking), Some(litellm)) = (llama, thinking, port("VIVA_PEERS_LITELLM")) {
        return Some(Peers { llama, thinking, litellm });
    }
    let why = "the real LLM servers are opt-in: make peers";
    let required = std::env::var("VIVA_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|part| part == "peers"), "{why}");
    eprintln!("skipped: {why}");
    if let Some(list) = std::env::var_os("VIVA_SKIPPED") {
        use std::io::Write;
        let mut list = std::fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{why}").unwrap();
    }
    None
}

/// A model at a port, in a dialect.
#[derive(Debug, Clone, Copy)]
struct Place {
    port: u16,
    dialect: Dialect,
    model: &'static str,
    key: &'static str,
}

impl Peers {
    fn llama(self, dialect: Dialect) -> Place {
        Place { port: self.llama, dialect, model: "tiny-random", key: SERVER_KEY }
    }

    fn thinking(self) -> Place {
        Place { port: self.thinking, key: "unasked", ..self.llama(Dialect::OpenAi) }
    }

    fn litellm(self, dialect: Dialect, model: &'static str) -> Place {
        Place { port: self.litellm, dialect, model, key: PROXY_KEY }
    }

    /// Every way to the random model: both dialects of its server, both of the proxy before it, and the one that thinks.
    fn to_random_words(self) -> [Place; 5] {
        let (openai, anthropic) = (Dialect::OpenAi, Dialect::Anthropic);
        let (by_openai, by_anthropic) = (self.litellm(openai, "relay"), self.litellm(anthropic, "relay"));
        [self.llama(openai), self.llama(anthropic), by_openai, by_anthropic, self.thinking()]
    }
}

impl Place {
    fn endpoint(self) -> Endpoint {
        let limits = Limits { retries: 0, ..Limits::local() };
        let settings = EndpointSettings {
            dialect: Some(self.dialect),
            limits: Some(limits),
            ..EndpointSettings::new(self.address(), self.model, Some(Secret::new(self.key)))
        };
        Endpoint::new(settings).unwrap()
    }

    fn address(self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// A home whose daemon judges there.
    async fn home(self) -> Home {
        Home::new()
            .patient()
            .environment("VIVA_TEST_KEY", self.key)
            .set("llm.endpoint", &format!("{:?}", self.address()))
            .set("llm.dialect", &format!("{:?}", self.dialect.name()))
            .set("llm.model", &format!("{:?}", self.model))
            .set("llm.api_key_env", "\"VIVA_TEST_KEY\"")
            .set("llm.triage_timeout_s", "20")
            .started()
            .await
    }
}

fn asks(words: &str, format: ReplyFormat, max_tokens: u32) -> ChatRequest {
    ChatRequest { messages: vec![Message { role: Role::User, content: words.to_owned() }], format, max_tokens }
}

fn choice() -> Shape {
    Shape { name: "choice".into(), schema: schema::triage(&["store-down", "hot-key"], false) }
}

/// What an assessment may be, whoever judged: levels from 0 to 4 with words that were said, above 1 never without; or no level
/// and the reason.
fn check_honest(place: Place, answer: &Value) {
    let told = || format!("{place:?}: {answer:#}");
    let assessment = &answer["assessment"];
    assert!(!answer.to_string().contains(place.key), "shows the key: {}", told());
    match assessment["kind"].as_str().unwrap() {
        "judged" => {
            for dimension in assessment["dimensions"].as_array().unwrap() {
                let evidence = dimension["evidence"].as_array().unwrap();
                for found in evidence {
                    assert!(ANSWER.contains(found["text"].as_str().unwrap()), "not said: {}", told());
                }
                match dimension["level"].as_u64() {
                    Some(level) => assert!(level <= 4 && (level < 2 || !evidence.is_empty()), "{}", told()),
                    None => assert!(!dimension["level"].is_number(), "{}", told()),
                }
            }
            assert_eq!(assessment["judged_by"]["host"], format!("127.0.0.1:{}", place.port), "{}", told());
        }
        "ungraded" | "practice_signal" => {
            assert!(!assessment["why"].as_str().unwrap().is_empty(), "{}", told());
            assert_eq!(assessment["levels"], json!({}), "{}", told());
            assert!(answer["verdict"].is_null(), "{}", told());
        }
        _ => panic!("{}", told()),
    }
}

/// Judges the answer; waits longer than other tests do: a real model reads thousands of tokens on one busy core.
async fn judged(home: &Home, kind: &str, question: &str) -> Value {
    let asked = json!({"question": question, "kind": kind, "transcript": ANSWER});
    let client = reqwest::Client::builder().no_proxy().timeout(10 * PATIENCE).build().unwrap();
    let request = client.post(format!("http://127.0.0.1:{}/api/judge", home.port())).bearer_auth(home.token());
    let reply = request.json(&asked).send().await.unwrap();
    assert_eq!(reply.status(), 200, "{}", home.log());
    reply.json().await.unwrap()
}

#[tokio::test]
async fn a_running_llama_server_is_found_and_a_proxy_is_not_taken_for_one() {
    let Some(peers) = peers() else { return };
    let found = discover::discover(&[peers.llama, peers.litellm, peers.thinking], Duration::from_secs(20)).await;
    let found: Vec<_> = found.iter().map(|c| (c.server, c.base_url.as_str(), c.models.clone())).collect();
    let address = peers.thinking().address();
    let expected = (Server::LlamaCpp, address.as_str(), vec!["tiny-random".to_owned()]);
    assert_eq!(found, [expected], "one that wants a key tells a stranger nothing, and must be named in the settings");
    let bare = EndpointSettings::new(format!("http://127.0.0.1:{}", peers.llama), "tiny-random", None);
    assert_eq!(Endpoint::new(bare).unwrap().recognise().await, Some(Dialect::OpenAi));
    let listed = peers.litellm(Dialect::OpenAi, "judge").endpoint().models().await.unwrap();
    assert!(listed.contains(&"relay".to_owned()), "{listed:?}");
}

#[tokio::test]
async fn words_stream_in_every_dialect_and_the_tokens_are_counted() {
    let Some(peers) = peers() else { return };
    for place in peers.to_random_words() {
        let mut pieces = 0;
        let request = asks("Say something.", ReplyFormat::Text, 120);
        let reply = place.endpoint().chat(&request, |so_far| pieces = so_far).await;
        let reply = reply.unwrap_or_else(|error| panic!("{place:?}: {error}"));
        assert!(pieces > 3 || reply.content.len() < 8, "{place:?}: {pieces} pieces of {:?}", reply.content);
        assert!(reply.usage.prompt_tokens.is_some_and(|tokens| tokens > 10), "{place:?}: {:?}", reply.usage);
        println!("{place:?}: {pieces} pieces, model {:?}, {:?}", reply.model, reply.usage);
    }
}

#[tokio::test]
async fn a_schema_holds_the_random_model_where_its_server_enforces_it() {
    let Some(peers) = peers() else { return };
    for place in [peers.llama(Dialect::OpenAi), peers.litellm(Dialect::OpenAi, "relay"), peers.thinking()] {
        let request = asks("Choose.", ReplyFormat::JsonSchema(choice()), 2000);
        let reply = place.endpoint().chat(&request, |_| {}).await.unwrap_or_else(|error| panic!("{place:?}: {error}"));
        let read: Value = serde_json::from_str(&reply.content).unwrap_or_else(|e| panic!("{place:?}: {e}: {reply:?}"));
        assert!(["store-down", "hot-key"].contains(&read["probe_id"].as_str().unwrap()), "{place:?}: {read}");
    }
}

#[tokio::test]
async fn random_words_end_in_levels_that_rest_on_found_words_or_in_the_reason_why_there_are_none() {
    let Some(peers) = peers() else { return };
    for place in peers.to_random_words() {
        let home = place.home().await;
        for (kind, question) in
            [("concept", "quorum"), ("design", "rate-limiter"), ("behavioural", "reliability-story")]
        {
            let begun = Instant::now();
            let answer = judged(&home, kind, question).await;
            check_honest(place, &answer);
            let assessment = &answer["assessment"];
            println!(
                "{} {} on port {}, {kind}: {} by {} in {} ms: {}",
                place.dialect.name(),
                place.model,
                place.port,
                assessment["kind"],
                assessment["judged_by"]["rung"],
                begun.elapsed().as_millis(),
                assessment["why"]
            );
        }
        assert!(!home.log().contains(place.key) && !home.log().contains("panicked"), "{}", home.log());
    }
}

#[tokio::test]
async fn an_answer_gets_its_follow_up_and_its_assessment_while_a_file_of_answers_is_judged() {
    let Some(peers) = peers() else { return };
    let place = peers.llama(Dialect::OpenAi);
    let home = place.home().await;
    let answer = home.answer("quorum", ANSWER).await;
    assert!(answer["probe"]["text"].is_string(), "{answer}");
    check_honest(place, &home.assessed(&answer["id"]).await);
    let file = home.path().join("answers.jsonl");
    let line = |id: &str| json!({"id": id, "question": "quorum", "kind": "concept", "transcript": ANSWER});
    std::fs::write(&file, format!("{}\n{}\n", line("a"), line("b"))).unwrap();
    let out = home.viva(&["judge", "--answers", &file.display().to_string()]).await.ok();
    let results: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 2, "{out}");
    for scores in results.iter().map(|result| result["scores"].as_object().unwrap()) {
        assert!(scores.values().all(|score| score == "ungraded" || score.as_u64().is_some_and(|n| n <= 4)), "{out}");
    }
    assert!(home.viva(&["doctor"]).await.out.contains("tiny-random"));
}

#[tokio::test]
async fn a_wrong_key_a_missing_model_and_an_overlong_answer_are_named() {
    let Some(peers) = peers() else { return };
    for place in [peers.llama(Dialect::OpenAi), peers.llama(Dialect::Anthropic)] {
        let wrong = Place { key: "sk-not-this-one", ..place };
        let refused = wrong.endpoint().chat(&asks("Hello.", ReplyFormat::Text, 8), |_| {}).await.unwrap_err();
        assert!(matches!(refused, EndpointError::Unauthorized { .. }), "{place:?}: {refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("not-this-one"), "{refused:?}");
    }
    // The proxy calls a wrong key a missing database, and a missing model a bad request.
    let judge = peers.litellm(Dialect::OpenAi, "judge");
    for wrong in [Place { key: "sk-not-this-one", ..judge }, Place { model: "nowhere", ..judge }] {
        let error = wrong.endpoint().chat(&asks("Hello.", ReplyFormat::Text, 8), |_| {}).await.unwrap_err();
        println!("{}: {error}", wrong.model);
        assert!(!format!("{error} {error:?}").contains("not-this-one"), "{error:?}");
        let home = wrong.home().await;
        let answer = judged(&home, "concept", "quorum").await;
        check_honest(wrong, &answer);
        assert_eq!(answer["assessment"]["kind"], "ungraded", "{answer:#}");
    }
    let long = "words and words and ".repeat(2500);
    for place in [peers.llama(Dialect::OpenAi), peers.llama(Dialect::Anthropic)] {
        let error = place.endpoint().chat(&asks(&long, ReplyFormat::Text, 8), |_| {}).await.unwrap_err();
        assert!(matches!(error, EndpointError::ContextTooLong { .. }), "{place:?}: {error:?}");
    }
}

#[tokio::test]
async fn the_errors_of_the_proxy_are_told_apart() {
    let Some(peers) = peers() else { return };
    type Fits = fn(&EndpointError) -> bool;
    let cases: [(&str, Fits); 3] = [
        ("busy", |error| matches!(error, EndpointError::RateLimited { .. })),
        ("too-long", |error| matches!(error, EndpointError::ContextTooLong { .. })),
        ("failing", |error| matches!(error, EndpointError::Server { .. })),
    ];
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        for (model, fits) in cases {
            let place = peers.litellm(dialect, model);
            let error = place.endpoint().chat(&asks("Hello.", ReplyFormat::Text, 8), |_| {}).await.unwrap_err();
            assert!(fits(&error), "{place:?}: {error:?}");
            let home = place.home().await;
            let answer = judged(&home, "concept", "quorum").await;
            check_honest(place, &answer);
            assert_eq!(answer["assessment"]["kind"], "ungraded", "{place:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_mocked_judge_gives_levels_and_a_mocked_flatterer_none() {
    let Some(peers) = peers() else { return };
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let place = peers.litellm(dialect, "judge");
        let home = place.home().await;
        let answer = judged(&home, "concept", "quorum").await;
        check_honest(place, &answer);
        let assessment = &answer["assessment"];
        match dialect {
            // Of these mocks the proxy reports a count of its own (2095 tokens for sixteen words): too few for ours, and it was cut for all we know.
            Dialect::Anthropic if assessment["kind"] == "ungraded" => {
                assert!(assessment["why"].as_str().unwrap().contains("context"), "{answer:#}");
            }
            _ => {
                assert_eq!(assessment["kind"], "judged", "{answer:#}");
                let accuracy = &assessment["levels"]["accuracy"];
                assert_eq!(accuracy, 1, "a quote that nobody said lifts nothing: {answer:#}");
                assert!(assessment["evidence"].to_string().contains("share a server"), "{answer:#}");
            }
        }
        let place = peers.litellm(dialect, "prose");
        let home = place.home().await;
        let answer = judged(&home, "concept", "quorum").await;
        check_honest(place, &answer);
        assert_eq!(answer["assessment"]["kind"], "ungraded", "4 of 4 in prose is no level: {answer:#}");
    }
}

#[tokio::test]
async fn who_hangs_up_frees_the_only_slot_of_the_server() {
    let Some(peers) = peers() else { return };
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let endpoint = peers.llama(dialect).endpoint();
        let (began, mut begun) = tokio::sync::mpsc::channel(1);
        let long =
            asks("Write on and on.", ReplyFormat::JsonSchema(Shape { name: "list".into(), schema: numbers() }), 12_000);
        {
            let talk = endpoint.chat(&long, |_| {
                let _ = began.try_send(());
            });
            tokio::select! {
                ended = talk => drop(ended), // it was quick: nothing to hang up on
                _ = begun.recv() => {}
            }
        }
        let hello = asks("Hello.", ReplyFormat::Text, 8);
        let answered = tokio::time::timeout(PATIENCE, endpoint.chat(&hello, |_| {})).await.expect("the slot is freed");
        answered.unwrap_or_else(|error| panic!("{dialect:?}: {error}"));
    }
}

/// A shape that can go on for long.
fn numbers() -> Value {
    let list = json!({"type": "array", "items": {"type": "integer"}});
    json!({"type": "object", "additionalProperties": false, "required": ["n"], "properties": {"n": list}})
}
