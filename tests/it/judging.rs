//! Judging over the API and the command line, with an endpoint that replies by a script.

use serde_json::{Map, Value, json};
use viva::{content, interview::question::Kind, llm::schema};

use crate::{
    home::{Home, poll_async},
    scripted_endpoint::{Play, ScriptedEndpoint},
};

const KEY: &str = "sk-test-never-to-be-seen";
const ANSWER: &str = "We put a token bucket in the gateway so that bursts are bounded. \
                      If the store is down we fail open for cheap reads.";

/// A home whose daemon judges with this endpoint.
async fn home_with(endpoint: &ScriptedEndpoint) -> Home {
    let home = Home::new()
        .environment("VIVA_TEST_KEY", KEY)
        .set("llm.endpoint", &format!("{:?}", endpoint.base_url))
        .set("llm.model", "\"scripted-1\"")
        .set("llm.api_key_env", "\"VIVA_TEST_KEY\"")
        .set("llm.samples", "\"one\"");
    home.started().await
}

/// A complete reply on a rubric: these checks are met by these quotes of a segment, everything else is not.
pub(crate) fn judgement(kind: Kind, met: &[(&str, &str, usize)]) -> Value {
    let content = content::load(None).unwrap();
    let rubric = content.rubric(kind).unwrap();
    let ids = schema::check_ids(rubric).chain([schema::CONTROL_CHECK]);
    let mut checks: Map<String, Value> = ids.map(|id| (id.to_owned(), json!({"evidence": [], "met": "no"}))).collect();
    for (check, quote, segment) in met {
        assert!(checks.contains_key(*check), "{check} is no check");
        checks[*check] = json!({"evidence": [{"quote": quote, "segment": segment}], "met": "yes"});
    }
    json!({"checks": checks, "injection_segments": []})
}

/// Checks that are met, two of them with words that nobody said.
fn reply() -> Play {
    let met = [
        ("tradeoffs_1", "a token bucket in the gateway so that bursts are bounded", 1),
        ("reliability_1", "if the store is down we fail open", 2),
        ("architecture_1", "a gateway and a store", 1),
        ("architecture_2", "we shard it across forty regions with gossip", 1),
    ];
    Play::reply(&judgement(Kind::Design, &met).to_string())
}

/// A choice of the next follow-up that cannot be used, so that the bank's stands.
fn odd_choice() -> Play {
    Play::reply("{\"probe_id\": \"nowhere\"}")
}

fn error(status: u16) -> Play {
    Play::json(status, &json!({"error": {"message": format!("no, {KEY} is not it")}})).header("retry-after-ms", "1")
}

#[tokio::test]
async fn the_judge_sees_what_was_asked_and_told_and_the_answer_without_it() {
    let endpoint = ScriptedEndpoint::start([odd_choice(), reply()]).await;
    let home = home_with(&endpoint).await;
    let mut events = home.events().await;
    let start = json!({"question": "rate-limiter", "ear": "typed", "probes": 0, "speak": false, "client": "a test"});
    home.post("/api/sessions", &start).await.expect(201);
    events.until("asked").await;
    for text in ["How many requests per second do we get?", ANSWER] {
        home.post("/api/sessions/current/commands", &json!({"command": "answer", "text": text})).await.expect(202);
        if text != ANSWER {
            events.until("clarified").await;
        }
    }
    events.until("kept").await;
    let id = events.until("kept").await["answer"]["id"].take(); // again, with the follow-up: now it is being judged
    let seen_judge = async || (endpoint.seen().len() >= 2).then_some(());
    poll_async("the judge's call", seen_judge).await;
    let answer = home.assessed(&id).await;
    let told = answer["clarifications"][0]["told"].as_str().unwrap();
    let seen = endpoint.seen();
    let prompt = seen.last().unwrap().last_message();
    let (before, transcript) = prompt.split_once("TRANSCRIPT").unwrap();
    for part in ["CLARIFICATIONS", "How many requests per second", told] {
        assert!(before.contains(part), "{part}: {prompt}");
    }
    assert!(!transcript.contains("How many requests") && transcript.contains("fail open"), "{transcript}");
}

#[tokio::test]
async fn the_practice_signal_comes_first_and_the_levels_with_evidence_follow() {
    let endpoint = ScriptedEndpoint::start([odd_choice(), reply()]).await;
    let home = home_with(&endpoint).await;
    let mut events = home.events().await;
    let answer = home.answer("rate-limiter", ANSWER).await;
    assert_eq!(answer["assessment"]["kind"], "pending");
    assert_eq!((&answer["assessment"]["levels"], &answer["verdict"]), (&json!({}), &Value::Null));
    assert!(!answer["practice_signal"]["heard"].as_array().unwrap().is_empty());
    assert!(answer["probe"]["id"].is_string(), "the bank's follow-up, as the endpoint chose none");

    let kept = events.until("kept").await;
    assert_eq!(kept["answer"]["assessment"]["kind"], "pending");
    let mut told = Vec::new();
    let assessed = loop {
        let event = events.next().await.unwrap();
        told.push(event["type"].as_str().unwrap().to_owned());
        if event["type"] == "assessed" {
            break event;
        }
    };
    assert!(told.contains(&"judging".to_owned()), "{told:?}");

    let judged = home.assessed(&answer["id"]).await;
    assert_eq!(judged["assessment"], assessed["answer"]["assessment"]);
    let assessment = &judged["assessment"];
    assert_eq!(assessment["kind"], "judged", "{assessment}");
    let levels = assessment["levels"].as_object().unwrap();
    assert_eq!((&levels["tradeoffs"], &levels["reliability"]), (&json!(1), &json!(1)), "{levels:?}");
    assert_eq!(levels["architecture"], 1, "words that nobody said lift nothing above 1");
    assert_eq!(levels["data_model"], 0);
    assert!(assessment["cautions"].to_string().contains("2 of 4 quotes were not found"), "{assessment}");
    let evidence: Vec<(&str, &str)> = assessment["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|evidence| (evidence["check"].as_str().unwrap(), evidence["text"].as_str().unwrap()))
        .collect();
    assert_eq!(evidence.len(), 2, "{evidence:?}");
    for (check, text) in &evidence {
        assert!(ANSWER.contains(text), "{check}: {text:?} is cut out of the transcript");
    }
    assert!(!judged.to_string().contains("gossip"), "a quote that was not said is shown nowhere");
    assert!(!assessment["missing"].as_array().unwrap().is_empty());
    assert_eq!(judged["verdict"]["level"], "senior");
    assert_eq!(judged["verdict"]["result"], "below", "{}", judged["verdict"]);
    assert!(!judged["verdict"]["why"].as_str().unwrap().is_empty());
    let by = &assessment["judged_by"];
    assert_eq!((&by["model"], &by["rung"]), (&json!("scripted-1"), &json!("json_schema")));
    assert_eq!(by["host"], format!("127.0.0.1:{}", endpoint.port));
    assert!(judged["timings_ms"]["judge"].is_u64() && judged["timings_ms"]["triage"].is_u64());

    let rows = home.get("/api/answers").await.expect(200);
    assert_eq!((&rows[0]["assessment"], &rows[0]["verdict"]["result"]), (&json!("judged"), &json!("below")));
    let report = home.viva(&["report"]).await.ok();
    for part in ["## Levels", "fail open for cheap reads", "**Verdict:**", "scripted-1"] {
        assert!(report.contains(part), "{part:?} is not in:\n{report}");
    }
}

#[tokio::test]
async fn every_call_is_in_the_egress_record_and_the_key_is_nowhere() {
    let endpoint = ScriptedEndpoint::start([odd_choice(), reply(), error(401)]).await;
    let home = home_with(&endpoint).await;
    let mut shown = String::new();
    let answer = home.viva_with_input(&["answer", "-q", "rate-limiter", "--text", "-", "--json"], ANSWER).await.json();
    shown += &answer.to_string();
    assert_eq!(answer["assessment"]["kind"], "judged", "the command waits for the levels");
    let again = home.viva(&["judge", &answer["id"].to_string(), "--json"]).await;
    shown += &again.err;
    let again = again.json();
    shown += &again.to_string();
    assert_eq!(again["assessment"]["kind"], "ungraded");
    assert!(again["assessment"]["why"].as_str().unwrap().contains("refuses the key"), "{again}");
    assert_eq!((&again["assessment"]["levels"], &again["verdict"]), (&json!({}), &Value::Null));

    let seen = endpoint.seen();
    assert_eq!(seen.len(), 3);
    let bearer = format!("Bearer {KEY}");
    assert!(seen.iter().all(|call| call.authorization.as_deref() == Some(&bearer)));
    let rows = poll_async("the egress record", async || {
        let rows = home.get("/api/egress").await.expect(200);
        (rows.as_array().unwrap().len() == 3).then_some(rows)
    })
    .await;
    let host = format!("127.0.0.1:{}", endpoint.port);
    for (row, call) in rows.as_array().unwrap().iter().rev().zip(&seen) {
        assert_eq!((&row["host"], &row["bytes_out"]), (&json!(host), &json!(call.bytes)), "{row}");
        assert!(row["bytes_in"].as_u64().unwrap() > 0);
    }
    let purposes: Vec<&Value> = rows.as_array().unwrap().iter().rev().map(|row| &row["purpose"]).collect();
    assert_eq!(purposes, ["triage", "judge", "judge"]);

    for command in ["egress", "history", "config", "doctor", "status", "logs", "report"] {
        let ran = home.viva(&[command]).await;
        shown += &format!("{}{}", ran.out, ran.err);
        let ran = home.viva(&[command, "--json"]).await;
        shown += &format!("{}{}", ran.out, ran.err);
    }
    assert!(shown.contains(&host) && !shown.contains(KEY), "{shown}");
    assert_eq!(home.files_with(KEY), [""; 0]);
}

#[tokio::test]
async fn without_a_usable_reply_the_answer_is_ungraded_and_says_why() {
    let cases: [(&str, Vec<Play>, &str); 4] = [
        ("wrong key", vec![error(401)], "refuses the key"),
        ("failing", vec![error(500)], "status 500"),
        ("prose", vec![Play::reply("A strong answer: 4 out of 4!")], "form that can be read"),
        ("cut", vec![Play::begun("{\"checks\": {")], "broke off"),
    ];
    for (name, script, part) in cases {
        let endpoint = ScriptedEndpoint::start(script).await;
        let home = home_with(&endpoint).await;
        let answer = home.answer("rate-limiter", ANSWER).await;
        assert!(!answer["practice_signal"]["heard"].as_array().unwrap().is_empty(), "{name}");
        let assessed = home.assessed(&answer["id"]).await;
        let assessment = &assessed["assessment"];
        assert_eq!(assessment["kind"], "ungraded", "{name}: {assessment}");
        let why = assessment["why"].as_str().unwrap();
        assert!(why.contains(part) && !why.contains(KEY), "{name}: {why}");
        assert_eq!((&assessment["levels"], &assessed["verdict"]), (&json!({}), &Value::Null), "{name}");
        assert_eq!(assessed["practice_signal"], answer["practice_signal"], "{name}: it stays");
        assert!(assessed["probe"]["id"].is_string(), "{name}: the bank has a follow-up");
        assert_eq!(home.get("/api/answers").await.expect(200)[0]["mean_level"], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn where_nobody_answers_the_practice_signal_says_so_and_judging_can_follow_later() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let home = Home::new().set("llm.endpoint", &format!("\"http://127.0.0.1:{free}/v1\"")).started().await;
    let answer = home.answer("rate-limiter", ANSWER).await;
    assert_eq!(answer["assessment"]["kind"], "practice_signal");
    assert!(answer["assessment"]["why"].as_str().unwrap().contains(&free.to_string()), "{}", answer["assessment"]);
    let state = home.get("/api/endpoint").await.expect(200);
    assert_eq!(state["state"], "failing", "{state}");

    let endpoint = ScriptedEndpoint::start([reply()]).await;
    home.viva(&["stop"]).await.ok();
    let home = home
        .set("llm.endpoint", &format!("{:?}", endpoint.base_url))
        .set("llm.model", "\"scripted-1\"")
        .started()
        .await;
    let judged = home.viva(&["judge", &answer["id"].to_string(), "--json"]).await.json();
    assert_eq!(judged["assessment"]["kind"], "judged");
}

#[tokio::test]
async fn the_only_model_of_an_endpoint_is_taken_and_several_are_asked_about() {
    let list = |models: &[&str]| {
        let data: Vec<Value> = models.iter().map(|id| json!({"id": id})).collect();
        json!({"object": "list", "data": data})
    };
    for (models, state, chosen) in [
        (vec!["judge-7b", "text-embedding-3-small"], "ready", json!("judge-7b")),
        (vec!["judge-7b", "judge-70b"], "choose_model", Value::Null),
        (vec!["nomic-embed-text"], "failing", Value::Null),
    ] {
        let endpoint = ScriptedEndpoint::with_routes(&[("/v1/models", list(&models))]).await;
        let home = Home::new().set("llm.endpoint", &format!("{:?}", endpoint.base_url)).started().await;
        let found = home.get("/api/endpoint").await.expect(200);
        assert_eq!((&found["state"], &found["model"]), (&json!(state), &chosen), "{models:?}: {found}");
        if state == "choose_model" {
            let choice = home.put("/api/endpoint", &json!({"model": "judge-70b"})).await.expect(200);
            assert_eq!((&choice["state"], &choice["model"]), (&json!("ready"), &json!("judge-70b")));
        }
    }
}

#[tokio::test]
async fn an_endpoint_elsewhere_is_asked_only_after_consent() {
    let home =
        Home::new().set("llm.endpoint", "\"https://judge.invalid:9/v1\"").set("llm.model", "\"m\"").started().await;
    let state = home.get("/api/endpoint").await.expect(200);
    assert_eq!((&state["state"], &state["host"]), (&json!("needs_consent"), &json!("judge.invalid:9")));
    let detail = state["detail"].as_str().unwrap();
    assert!(detail.contains("not on this machine") && detail.contains("text") && detail.contains("never"), "{detail}");
    let answer = home.answer("rate-limiter", ANSWER).await;
    assert_eq!(answer["assessment"]["kind"], "practice_signal");
    assert!(answer["assessment"]["why"].as_str().unwrap().contains("judge.invalid:9"));
    // Nobody can be asked where standard input is no terminal: nothing is agreed to by itself.
    let ran = home.viva_with_input(&["answer", "-q", "job-queue", "--text", "-", "--json"], "y\nA queue.").await.json();
    assert_eq!(ran["assessment"]["kind"], "practice_signal");
    for other in ["judge.invalid", "judge.invalid:10", "other.invalid:9"] {
        let state = home.put("/api/endpoint", &json!({"consent_host": other})).await.expect(200);
        assert_eq!(state["state"], "needs_consent", "{other}");
    }
    assert_eq!(home.get("/api/egress").await.expect(200), json!([]));
    assert!(home.viva(&["egress"]).await.ok().contains("No call off this program"));
}

#[tokio::test]
async fn a_corrected_answer_is_judged_again_on_the_new_words() {
    let mended = "We put a leaky bucket in the gateway so that bursts are bounded";
    let met = [("tradeoffs_1", mended, 1)];
    let second = Play::reply(&judgement(Kind::Design, &met).to_string());
    let endpoint = ScriptedEndpoint::start([odd_choice(), reply(), second]).await;
    let home = home_with(&endpoint).await;
    let answer = home.answer("rate-limiter", ANSWER).await;
    home.assessed(&answer["id"]).await;
    let ran = home.viva(&["correct", "--replace", "token bucket", "leaky bucket", "--json"]).await.json();
    assert_eq!((&ran["corrected"], &ran["assessment"]["kind"]), (&json!(true), &json!("judged")));
    assert_eq!(ran["assessment"]["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(ran["assessment"]["evidence"][0]["text"].as_str().unwrap().trim_end_matches('.'), mended);
    let asked = endpoint.seen();
    assert!(asked[2].last_message().contains("leaky bucket") && !asked[2].last_message().contains("token bucket"));
}

#[tokio::test]
async fn an_answer_that_shall_not_be_judged_is_sent_nowhere() {
    let endpoint = ScriptedEndpoint::start([reply()]).await;
    let home = home_with(&endpoint).await;
    let ran = home.viva_with_input(&["answer", "-q", "rate-limiter", "--text", "-", "--no-judge", "--json"], ANSWER);
    assert_eq!(ran.await.json()["assessment"]["kind"], "practice_signal");
    let coaching = home.answer("structure-an-answer", "First I say where I am going.").await;
    assert_eq!(coaching["assessment"]["kind"], "practice_signal", "the interview itself gets no levels");
    assert!(endpoint.seen().is_empty(), "{:?}", endpoint.seen());
}

#[tokio::test]
async fn forgetting_an_answer_gives_up_its_judgement() {
    let hanging = Play::begun("{\"checks\": {").then(crate::scripted_endpoint::Piece::Hang);
    let endpoint = ScriptedEndpoint::start([odd_choice(), hanging]).await;
    let home = home_with(&endpoint).await;
    let answer = home.answer("rate-limiter", "The zanzibar bucket.").await;
    assert_eq!(answer["assessment"]["kind"], "pending");
    home.delete(&format!("/api/answers/{}", answer["id"])).await.expect(200);
    home.get(&format!("/api/answers/{}?wait_s=60", answer["id"])).await.refused(404, "not_found", &[]);
    assert_eq!(home.files_with("zanzibar"), [""; 0]);
}

#[tokio::test]
async fn a_file_of_answers_is_judged_line_by_line_and_gone_on_with() {
    let design = || {
        let met = [("tradeoffs_1", "a token bucket in the gateway", 1)];
        Play::reply(&judgement(Kind::Design, &met).to_string())
    };
    let concept = Play::reply(&judgement(Kind::Concept, &[("accuracy_1", "replicas agree in the end", 1)]).to_string());
    let endpoint = ScriptedEndpoint::start([design(), concept, design()]).await;
    let home = home_with(&endpoint).await;
    let lines = [
        json!({"id": "known", "question": "rate-limiter", "kind": "design", "asked_level": "staff",
            "transcript": "We put a token bucket in the gateway."}),
        json!({"id": 2, "question": "What does eventual mean to you?", "kind": "concept",
            "transcript": "The replicas agree in the end."}),
        json!({"id": "kindless", "question": "Q", "transcript": "T"}),
        json!({"id": "unknown", "question": "Design a gateway for parcels.", "kind": "design",
            "transcript": "We put a token bucket in the gateway."}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (input, output) = (home.path().join("in.jsonl"), home.path().join("out.jsonl"));
    std::fs::write(&input, lines).unwrap();
    let arguments = ["judge", "--answers", input.to_str().unwrap(), "--out", output.to_str().unwrap()];
    let ran = home.viva(&arguments).await;
    assert!(ran.err.contains("4 lines, 0 of them there already, 1 with an error"), "{}", ran.err);
    ran.ok();
    let whole = std::fs::read_to_string(&output).unwrap();
    let rows: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["known", "2", "line 3", "unknown"]);
    for row in [&rows[0], &rows[1], &rows[3]] {
        let keys: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["id", "kind", "scores", "evidence", "missing", "verdict", "probe"] {
            assert!(keys.contains(&key), "{key} is not in {row}");
        }
        assert!(!row["probe"]["text"].as_str().unwrap().is_empty(), "a generic one where no pack knows the question");
    }
    assert_eq!((&rows[0]["scores"]["tradeoffs"], &rows[1]["scores"]["accuracy"]), (&json!(1), &json!(1)));
    assert_eq!(rows[0]["evidence"][0]["check"], "tradeoffs_1");
    assert_eq!(rows[0]["verdict"]["asked"], "staff");
    assert!(rows[2]["error"].as_str().unwrap().contains("kind"), "{}", rows[2]);
    assert_eq!(home.get("/api/answers").await.expect(200), json!([]), "a batch is not kept");

    // Cut in the middle of the third line of the output: only what is missing is judged.
    let before = endpoint.seen().len();
    let cut: usize = whole.split_inclusive('\n').take(2).map(str::len).sum::<usize>() + 9;
    std::fs::write(&output, &whole[..cut]).unwrap();
    let ran = home.viva(&arguments).await;
    assert!(ran.err.contains("2 of them there already"), "{}", ran.err);
    ran.ok();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), whole);
    assert_eq!(endpoint.seen().len(), before + 1);

    let nowhere = home.path().join("nowhere.jsonl");
    home.viva(&["judge", "--answers", nowhere.to_str().unwrap()]).await.failed(5, &["nowhere.jsonl"]);
}
