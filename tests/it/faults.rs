//! What breaks while somebody is being interviewed: the session goes on, and the person is told.

use std::sync::{Arc, Mutex};

use axum::Json;
use serde_json::{Value, json};

use crate::{
    home::{Home, poll},
    scripted_endpoint::ScriptedEndpoint,
};

const ANSWER: &str =
    "We put a token bucket in the gateway so that bursts are bounded. If the store is down we fail open.";

async fn start(home: &Home) {
    let body = json!({"ear": "typed", "client": "a test", "question": "rate-limiter", "probes": 1, "speak": false});
    home.post("/api/sessions", &body).await.expect(201);
}

async fn say(home: &Home, text: &str) {
    home.post("/api/sessions/current/commands", &json!({"command": "answer", "text": text})).await.expect(202);
}

#[tokio::test]
async fn an_endpoint_that_dies_during_a_turn_costs_the_levels_and_not_the_session() {
    let endpoint = ScriptedEndpoint::with_routes(&[("/v1/models", json!({"data": [{"id": "scripted-1"}]}))]).await;
    let address = endpoint.base_url.clone();
    let home =
        Home::new().set("llm.endpoint", &format!("{address:?}")).set("llm.model", "\"scripted-1\"").started().await;
    assert_eq!(home.get("/api/endpoint").await.expect(200)["state"], "ready");
    let mut events = home.events().await;
    start(&home).await;
    events.until("asked").await;
    drop(endpoint);
    say(&home, ANSWER).await;
    // The follow-up does not wait for the assessment, nor the other way round.
    let (mut follow_up, mut told) = (Value::Null, Value::Null);
    while follow_up.is_null() || told.is_null() {
        let mut event = events.next().await.expect("the session goes on");
        let assessment = event["answer"]["assessment"].take();
        match event["type"].as_str() {
            Some("asked") => follow_up = event,
            Some("kept" | "assessed") if assessment["kind"] != "pending" => told = assessment,
            _ => {}
        }
    }
    assert_eq!(told["kind"], "practice_signal", "{told}");
    assert!(told["why"].as_str().unwrap().contains(address.split('/').nth(2).unwrap()), "{told}");
    assert!(follow_up["probe"]["id"].is_string(), "the bank's: {follow_up}");
    say(&home, "Each gateway keeps a local limit then.").await;
    events.until_the_end().await;
    let history = home.get("/api/answers").await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 2, "{history}");
}

/// A speech server that says one word of silence, and what it was asked to say.
async fn speech_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    let speech = move |body: Json<Value>| {
        seen.lock().unwrap().push(body["input"].as_str().unwrap().to_owned());
        async { ([("content-type", "audio/pcm")], vec![0_u8; 4800]) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/v1/audio/speech", axum::routing::post(speech));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

#[tokio::test]
async fn what_will_be_said_is_rendered_ahead_by_a_speech_server_once_and_every_call_is_recorded() {
    let (url, asked) = speech_server().await;
    let home = Home::new().set("voice.engine", "\"endpoint\"").set("voice.url", &format!("{url:?}")).started().await;
    let session = json!({"ear": "typed", "client": "a test", "question": "rate-limiter", "probes": 0, "speak": true});
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let mut events = home.events().await;
        let question = home.post("/api/sessions", &session).await.expect(201)["question"]["text"].take();
        // The last of what is rendered: a constraint of the question.
        let texts = poll("the stock sentences", || {
            let texts = asked.lock().unwrap().clone();
            (texts.len() >= 20 || !sessions.is_empty()).then_some(texts)
        })
        .await;
        assert_eq!(json!(texts[0]), question, "the question first");
        assert_eq!(home.viva(&["stop", "--session"]).await.code, 0);
        events.until_the_end().await;
        sessions.push(texts);
    }
    let mut once = asked.lock().unwrap().clone();
    for phrase in ["Take your time.", "That is all right. Let us leave it there.", "All right."] {
        assert!(once.iter().any(|text| text == phrase), "{phrase:?} is not rendered ahead: {once:?}");
    }
    // Only what is said now, and not from what is kept, may be asked for twice.
    once.retain(|text| json!(text) != json!(sessions[0][0]));
    let calls = once.len();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), calls, "nothing is rendered twice");
    let egress = home.get("/api/egress").await.expect(200).to_string();
    assert!(egress.contains("speech") && egress.contains(url.split('/').nth(2).unwrap()), "{egress}");
}
