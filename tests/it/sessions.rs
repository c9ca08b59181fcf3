//! Sittings over the API: question, answer, follow-ups, commands, one at a time.

use serde_json::{Value, json};

use viva::{content, interview::question::Kind};

use crate::{
    home::{Events, Home},
    judging::judgement,
    scripted_endpoint::{Play, ScriptedEndpoint},
};

const WEAK: &str = "I would put a counter in Redis for every caller. Redis is fast.";

/// Starts a typed session that nobody speaks in.
async fn start(home: &Home, question: &str, probes: u8) -> Value {
    let body = json!({"question": question, "ear": "typed", "probes": probes, "speak": false, "client": "a test"});
    home.post("/api/sessions", &body).await.expect(201)
}

async fn tell(home: &Home, command: Value) {
    home.post("/api/sessions/current/commands", &command).await.expect(202);
}

async fn say(home: &Home, text: &str) {
    tell(home, json!({"command": "answer", "text": text})).await;
}

/// The newest telling of the next kept answer: it is told at once, and again with the chosen follow-up.
async fn kept(events: &mut Events) -> (Value, Value) {
    let first = events.until("kept").await["answer"].take();
    let second = events.until("kept").await["answer"].take();
    assert_eq!(first["id"], second["id"]);
    (first, second)
}

#[tokio::test]
async fn a_typed_session_asks_follow_ups_to_the_wanted_depth() {
    let home = Home::with_daemon().await;
    let mut events = home.events().await;
    assert_eq!(events.next().await.unwrap()["type"], "view", "the first event is the present");
    let started = start(&home, "rate-limiter", 2).await;
    assert_eq!(started["question"]["id"], "rate-limiter");

    let mut asked = vec![events.until("asked").await];
    assert_eq!(asked[0]["text"], started["question"]["text"]);
    assert_eq!((&asked[0]["probe"], &asked[0]["demonstration"]), (&Value::Null, &json!(false)));
    let mut answers = Vec::new();
    for turn in 0..3 {
        say(&home, &format!("{WEAK} That is part {turn}.")).await;
        let (first, second) = kept(&mut events).await;
        assert_eq!(first["probe"], Value::Null, "the practice signal is there before a follow-up is chosen");
        assert_eq!(first["assessment"]["kind"], "practice_signal");
        answers.push(second);
        if turn < 2 {
            let next = events.until("asked").await;
            assert_eq!(next["probe"], answers[turn]["probe"], "the follow-up that was chosen is asked");
            assert_eq!(next["text"], next["probe"]["text"]);
            assert!(!next["probe"]["reason"].as_str().unwrap().is_empty());
            asked.push(next);
        }
    }
    let rest = events.until_the_end().await;
    assert_eq!(rest.last().unwrap()["why"], "finished");
    assert!(rest.iter().all(|event| event["type"] != "asked"), "the depth was two: {rest:?}");

    assert_ne!(asked[1]["probe"]["id"], asked[2]["probe"]["id"], "no follow-up comes twice");
    assert_eq!(answers[0]["answers_probe"], Value::Null);
    for turn in 1..3 {
        assert_eq!(answers[turn]["answers_probe"]["id"], asked[turn]["probe"]["id"]);
        assert_eq!(answers[turn]["session"], started["session"]);
    }
    assert_eq!(home.get("/api/status").await.expect(200)["live"], Value::Null);
    let history = home.get("/api/answers").await.expect(200);
    let follow_ups: Vec<bool> =
        history.as_array().unwrap().iter().map(|row| row["is_probe"].as_bool().unwrap()).collect();
    assert_eq!(follow_ups, [true, true, false], "the newest first");
    let gone = home.delete(&format!("/api/answers/{}", answers[0]["id"])).await.expect(200);
    assert_eq!(gone["answers"], 3, "an answer goes with its follow-ups");
}

#[tokio::test]
async fn there_is_one_live_session_at_a_time() {
    let home = Home::with_daemon().await;
    let started = start(&home, "rate-limiter", 0).await;
    let live = home.get("/api/status").await.expect(200)["live"].take();
    assert_eq!((&live["session"], live["client"].as_str()), (&started["session"], Some("a test")));
    assert_eq!(live["question"], started["question"]["text"]);
    let other = json!({"ear": "typed", "client": "another"});
    let answer = json!({"question": "job-queue", "text": "A queue with leases."});
    for (path, body) in [("/api/sessions", &other), ("/api/answers", &answer)] {
        home.post(path, body).await.refused(409, "busy", &["a test", "rate limiter", "viva stop --session"]);
    }
    home.viva(&["answer", "--question", "job-queue", "--text", "-"]).await.failed(2, &["empty"]);
    let ran = home.viva_with_input(&["answer", "--question", "job-queue", "--text", "-"], "A queue.").await;
    ran.failed(4, &["a test"]);
    home.delete("/api/answers").await.refused(409, "busy", &["end it"]);

    let mut late = home.events().await;
    let view = late.next().await.unwrap();
    assert_eq!((&view["type"], &view["session"]), (&json!("view"), &started["session"]));
    assert_eq!(view["question"]["id"], "rate-limiter");
    assert_eq!(home.viva(&["stop", "--session"]).await.code, 0);
    late.until_the_end().await;
    home.post("/api/answers", &answer).await.expect(201);
}

#[tokio::test]
async fn a_later_follow_up_goes_by_the_levels_of_the_opening_answer() {
    let strong = include_str!("../fixtures/answers/three-qualities.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["question"] == "metrics-ingestion" && line["quality"] == "strong")
        .unwrap();
    let opening = strong["answer"].as_str().unwrap();
    // Its words show all of reliability; this judge finds none of it, and a little of everything else.
    let quote = opening.split_whitespace().take(8).collect::<Vec<_>>().join(" ");
    let others = ["clarification", "scale_estimates", "data_model", "architecture", "tradeoffs", "communication"];
    let checks = others.map(|dimension| format!("{dimension}_1"));
    let met: Vec<(&str, &str, usize)> = checks.iter().map(|check| (check.as_str(), quote.as_str(), 1)).collect();
    let no_choice = || Play::reply("{\"probe_id\": \"nowhere\"}");
    let judged = Play::reply(&judgement(Kind::Design, &met).to_string());
    let endpoint = ScriptedEndpoint::start([no_choice(), judged, no_choice(), no_choice(), no_choice()]).await;
    let home = Home::new().set("llm.endpoint", &format!("{:?}", endpoint.base_url));
    let home = home.set("llm.model", "\"scripted-1\"").set("llm.samples", "\"one\"").started().await;
    let content = content::load(None).unwrap();
    let (_, question) = content.question("metrics-ingestion").unwrap();
    let dimension = |asked: &Value| {
        let probe = question.probes.iter().find(|probe| asked["probe"]["id"] == *probe.id).unwrap();
        viva::interview::calibration::outcome::dimension_of(&probe.target, question)
    };

    let mut events = home.events().await;
    start(&home, "metrics-ingestion", 2).await;
    events.until("asked").await;
    say(&home, opening).await;
    let (_, answer) = kept(&mut events).await;
    let first = events.until("asked").await;
    assert_ne!(dimension(&first).as_deref(), Some("reliability"), "nothing is there yet but the words: {first}");
    let levels = home.assessed(&answer["id"]).await["assessment"]["levels"].take();
    assert_eq!((&levels["reliability"], &levels["tradeoffs"]), (&json!(0), &json!(1)), "{levels}");
    say(&home, "Then it goes into the same hour and the dashboards are drawn again.").await;
    let second = events.until("asked").await;
    assert_eq!(dimension(&second).as_deref(), Some("reliability"), "{second}");
}

#[tokio::test]
async fn commands_repeat_skip_and_end() {
    let home = Home::with_daemon().await;
    let command = json!({"command": "end_turn"});
    home.post("/api/sessions/current/commands", &command).await.refused(409, "no_session", &["viva practice"]);
    let mut events = home.events().await;

    start(&home, "rate-limiter", 2).await;
    events.until("asked").await;
    tell(&home, json!({"command": "end_turn"})).await;
    let notice = events.until("notice").await;
    assert!(notice["text"].as_str().unwrap().contains("Type the answer"), "{notice}");
    tell(&home, json!({"command": "repeat"})).await;
    say(&home, WEAK).await;
    let (_, answer) = kept(&mut events).await;
    let first = events.until("asked").await;
    tell(&home, json!({"command": "skip"})).await;
    let second = events.until("asked").await;
    assert_ne!(first["probe"]["id"], second["probe"]["id"], "a follow-up that was passed over does not come again");
    tell(&home, json!({"command": "stop"})).await;
    events.until_the_end().await;
    let history = home.get("/api/answers").await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 1, "what was passed over is no answer: {history}");
    assert_eq!(history[0]["id"], answer["id"]);

    for body in [json!({"command": "dance"}), json!({"command": "answer"})] {
        let reply = home.post("/api/sessions/current/commands", &body).await;
        reply.refused(422, "bad_request", &[]);
    }
    start(&home, "job-queue", 0).await;
    let long = json!({"command": "answer", "text": "x".repeat(64 * 1024 + 1)});
    home.post("/api/sessions/current/commands", &long).await.refused(400, "bad_request", &["64 kilobytes"]);
    tell(&home, json!({"command": "skip"})).await;
    let end = events.until_the_end().await;
    assert!(end.iter().all(|event| event["type"] != "kept"), "{end:?}");
}

#[tokio::test]
async fn a_session_without_a_question_asks_one_that_was_not_answered() {
    let home = Home::with_daemon().await;
    let all = home.get("/api/questions").await.expect(200);
    let mut seen = std::collections::BTreeSet::new();
    let mut events = home.events().await;
    for _ in 0..3 {
        let started = home.post("/api/sessions", &json!({"ear": "typed", "probes": 0, "client": "a test"})).await;
        let question = started.expect(201)["question"]["id"].as_str().unwrap().to_owned();
        assert!(all.as_array().unwrap().iter().any(|known| known["id"] == question.as_str()));
        assert!(seen.insert(question), "asked again: {seen:?}");
        events.until("asked").await;
        say(&home, "I do not know yet.").await;
        events.until_the_end().await;
    }
    let body = json!({"ear": "typed", "client": "a test", "question": "How would you cool a very hot cache key?"});
    let started = home.post("/api/sessions", &body).await.expect(201);
    assert_eq!((&started["question"]["id"], &started["question"]["kind"]), (&Value::Null, &json!("design")));
}

#[tokio::test]
async fn stopping_the_daemon_keeps_what_was_said() {
    let mut home = Home::with_daemon().await;
    let mut events = home.events().await;
    start(&home, "rate-limiter", 1).await;
    events.until("asked").await;
    say(&home, "The limit protects our own servers, I take it.").await;
    kept(&mut events).await;
    home.viva(&["stop"]).await.ok();
    while events.next().await.is_some() {} // watchers are let go
    assert_eq!(home.announcement(), None);
    home = home.started().await;
    let history = home.get("/api/answers").await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 1);
    assert_eq!(history[0]["state"], "complete");
}

#[tokio::test]
async fn a_typed_question_is_answered_and_the_floor_goes_back() {
    let home = Home::with_daemon().await;
    let mut events = home.events().await;
    start(&home, "rate-limiter", 1).await;
    events.until("asked").await;
    say(&home, "How many requests per second do we get?").await;
    let told = events.until("clarified").await["clarification"].take();
    assert_eq!(told["constraints"], json!(["load"]));
    assert!(told["told"].as_str().unwrap().len() > 10, "{told}");
    let mut late = home.events().await;
    let view = late.next().await.unwrap();
    assert_eq!((&view["phase"], &view["floor"]["holder"]), (&json!("listening"), &json!("listening")));
    assert_eq!(view["clarifications"], json!([told]), "who joins late sees what was told");
    say(&home, "What about the programming language?").await;
    let call = events.until("clarified").await["clarification"].take();
    assert_eq!(call["constraints"], json!([]), "the candidate's call: {call}");
    say(&home, WEAK).await;
    let (_, answer) = kept(&mut events).await;
    assert_eq!(answer["transcript"]["text"], WEAK, "the questions are no part of the answer");
    let mut asked = answer["clarifications"].clone();
    for (at, clarification) in asked.as_array_mut().unwrap().iter_mut().enumerate() {
        let number = clarification.as_object_mut().unwrap().remove("n").unwrap(); // only what is kept has a number
        assert_eq!(answer["findings"][number.as_u64().unwrap() as usize - 1]["kind"], "clarification", "{at}");
    }
    assert_eq!(asked, json!([told, call]));
    let page = home.get("/api/questions/rate-limiter").await.expect(200);
    let (all, marked) = (page["hidden"]["constraints"].as_array().unwrap(), page["hidden"]["told"].as_array().unwrap());
    assert!(marked.len() == 1 && all.len() > 1 && all.contains(&marked[0]), "{marked:?} of {all:?}");
    let shown = home.viva(&["show", "rate-limiter"]).await.ok();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(shown.matches("you asked, and were told").count(), 1, "{shown}");
    assert_eq!(answer["transcript"]["segments"][0]["aside"], true);
    assert_eq!(answer["transcript"]["segments"][0]["raw"], "How many requests per second do we get?");

    let probe = events.until("asked").await;
    assert_ne!(probe["probe"], Value::Null, "one exchange, then the follow-up");
    say(&home, "Can you repeat the question?").await;
    let again = events.until("remark").await["text"].to_string();
    assert!(again.contains(probe["text"].as_str().unwrap()), "{again}");
    say(&home, "I don't know.").await;
    let (_, given_up) = kept(&mut events).await;
    assert_eq!((&given_up["transcript"]["text"], &given_up["mistakes"]), (&json!(""), &json!([])));
    assert!(given_up["assessment"]["why"].as_str().unwrap().contains("not judged"), "{given_up}");
    events.until_the_end().await;

    let report = home.viva(&["report", &answer["id"].to_string()]).await.ok();
    assert!(
        report.contains("What you asked, and were told") && report.contains("load") || report.contains("told"),
        "{report}"
    );
}

#[tokio::test]
async fn a_typed_wish_to_move_on_leaves_nothing_behind() {
    let home = Home::with_daemon().await;
    let mut events = home.events().await;
    start(&home, "rate-limiter", 0).await;
    events.until("asked").await;
    say(&home, "How strict does the limit have to be?").await;
    events.until("clarified").await;
    say(&home, "I'd like to move on.").await;
    let end = events.until_the_end().await;
    assert!(end.iter().all(|event| event["type"] != "kept"), "{end:?}");
    assert_eq!(home.get("/api/answers").await.expect(200), json!([]));
}

#[cfg(all(unix, feature = "whisper"))]
#[tokio::test]
async fn an_answer_that_a_crash_cut_comes_back_as_interrupted() {
    let mut home = Home::with_daemon().await;
    let answer = home.answer("rate-limiter", "I would ask what the limit is for.").await;
    // What `kill -9` leaves of an answer that was being heard: its row and the part file of its recording.
    home.kill();
    let database = rusqlite::Connection::open(home.data_folder().join("viva.db")).unwrap();
    database
        .execute(
            "UPDATE answer SET state = 'hearing', recording = '1-1.wav', transcript = '{\"segments\":[]}', source = 'microphone'",
            [],
        )
        .unwrap();
    drop(database);
    let sample = crate::home::repository().join("tests/fixtures/voice/sample-answer-1.wav");
    let mut bytes = std::fs::read(sample).unwrap();
    bytes.truncate(bytes.len() - bytes.len() / 8); // and its header still tells the whole length
    std::fs::write(home.data_folder().join("audio/1-1.wav.part"), bytes).unwrap();
    home = home.started().await;
    let path = format!("/api/answers/{}", answer["id"]);
    let recovered = crate::home::poll_async("the recovered answer", async || {
        let answer = home.get(&path).await.expect(200);
        (answer["state"] == "interrupted").then_some(answer)
    })
    .await;
    let text = recovered["transcript"]["text"].as_str().unwrap().to_lowercase();
    assert!(text.contains("fencing"), "{recovered}");
    assert!(recovered["notices"][0].as_str().unwrap().contains("ended while you spoke"));
    assert_eq!(recovered["has_audio"], true);
    let status = home.get("/api/status").await.expect(200).to_string();
    assert!(status.contains("interrupted and recovered"), "{status}");
    assert!(home.viva(&["history"]).await.ok().contains("interrupted"));
}
