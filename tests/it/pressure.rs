//! Pressure drills over the API and in the terminal, with typed answers.

use serde_json::{Value, json};

use crate::home::{Events, Home};

const OPENING: &str = "I would put a counter in Redis for every caller. Redis is fast.";
const GOOD: &str = "The constraint is that nobody gets charged twice. If the store goes down, callers see errors. So first we fall back \
                    to a local limit. The cost is that the limit is less exact.";
const WEAK: &str = "The constraint is that nobody gets charged twice. If the store goes down, callers see errors.";

async fn start(home: &Home, more: Value) -> Value {
    let mut body = json!({"ear": "typed", "probes": 2, "speak": false, "drill": {}, "client": "a test"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    home.post("/api/sessions", &body).await.expect(201)
}

async fn tell(home: &Home, command: Value) {
    home.post("/api/sessions/current/commands", &command).await.expect(202);
}

async fn say(home: &Home, text: &str) {
    tell(home, json!({"command": "answer", "text": text})).await;
}

/// The drill when so many rungs are answered.
async fn answered(events: &mut Events, rungs: usize) -> Value {
    loop {
        let drill = events.until("drill").await["drill"].take();
        let replies = drill["rungs"].as_array().unwrap().iter().filter(|rung| !rung["reply"].is_null());
        if replies.count() >= rungs {
            return drill;
        }
    }
}

#[tokio::test]
async fn a_drill_is_typed_and_its_weak_rung_taken_again() {
    let home = Home::with_daemon().await;
    let mut events = home.events().await;
    start(&home, json!({"question": "rate-limiter"})).await;
    events.until("asked").await;
    say(&home, OPENING).await;
    let first = events.until("asked").await;
    let text = first["text"].as_str().unwrap();
    assert!(text.ends_with(first["probe"]["text"].as_str().unwrap()) && text.contains("About a minute"), "{text}");
    say(&home, GOOD).await;
    let second = events.until("asked").await;
    assert_ne!(first["probe"]["id"], second["probe"]["id"]);
    say(&home, WEAK).await;
    let drill = answered(&mut events, 2).await;
    assert_eq!((&drill["temper"], &drill["reply_s"]), (&json!("neutral"), &json!([60, 90])));
    assert_eq!(drill["rungs"][0]["reply"]["result"], "survived");
    assert_eq!(drill["rungs"][1]["reply"]["why"], "there was no first move");
    assert_eq!(drill["rungs"][1]["difficulty"], "hard_part");
    assert_eq!((&drill["report"]["survived"], &drill["report"]["broke"]), (&json!(1), &json!(2)));

    let offered = events.until("offered_again").await;
    assert_eq!(offered["rung"], 2);
    assert!(offered["text"].as_str().unwrap().ends_with("Shall we take that rung again?"));
    let mut late = home.events().await;
    let view = late.next().await.unwrap();
    assert_eq!((&view["offers_again"], &view["drill"]["report"]), (&json!(true), &drill["report"]));
    say(&home, "What a day.").await;
    assert_eq!(events.until("remark").await["text"], "Yes or no?");
    say(&home, "Yes, please.").await;
    let again = events.until("asked").await;
    assert_eq!(again["probe"], second["probe"]);
    say(&home, GOOD).await;
    let end = events.until_the_end().await;
    let said: Vec<&str> = end.iter().filter_map(|event| event["text"].as_str()).collect();
    assert!(said.contains(&"This time you survived it."), "{end:?}");

    let history = home.get("/api/answers").await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 4);
    for row in history.as_array().unwrap() {
        let answer = home.get(&format!("/api/answers/{}", row["id"])).await.expect(200);
        assert_eq!(answer["drill"]["rungs"][1]["again"]["result"], "survived", "{answer}");
        assert_eq!(answer["drill"]["report"], drill["report"], "a second attempt lengthens no row");
    }
    let report = home.viva(&["report", &history[0]["id"].to_string()]).await.ok();
    assert!(report.contains("You survived 1 of 2 rungs") && report.contains("again: survived"), "{report}");

    // What was mended counts: the report is told anew.
    let weak = drill["rungs"][1]["reply"]["answer"].as_i64().unwrap();
    home.put(&format!("/api/answers/{weak}/transcript"), &json!({"segments": [GOOD, ""]})).await.expect(200);
    let mended = home.get(&format!("/api/answers/{weak}")).await.expect(200);
    assert_eq!(mended["drill"]["report"]["survived"], 2, "{mended}");
}

#[tokio::test]
async fn a_drill_on_an_answer_given_before_goes_with_it() {
    let home = Home::with_daemon().await;
    let before = home.answer("rate-limiter", OPENING).await;
    assert_eq!(home.get(&format!("/api/answers/{}", before["id"])).await.expect(200)["drill"], Value::Null);
    let mut events = home.events().await;
    let started = start(&home, json!({"probes": 1, "drill": {"on": before["id"], "temper": "sceptical"}})).await;
    assert_eq!(started["question"]["id"], "rate-limiter");
    let asked = events.until("asked").await;
    assert_ne!(asked["probe"], Value::Null, "nothing is asked first");
    say(&home, "I don't know.").await;
    let drill = answered(&mut events, 1).await;
    assert_eq!((&drill["rungs"][0]["reply"]["result"], &drill["report"]["broke"]), (&json!("gave_up"), &Value::Null));
    events.until("offered_again").await;
    tell(&home, json!({"command": "skip"})).await;
    events.until_the_end().await;
    let reply = drill["rungs"][0]["reply"]["answer"].clone();
    let on_reply = json!({"ear": "typed", "client": "a test", "drill": {"on": reply}});
    home.post("/api/sessions", &on_reply).await.refused(
        400,
        "bad_request",
        &["reply to a follow-up", &before["id"].to_string()],
    );
    home.delete(&format!("/api/answers/{}", before["id"])).await.expect(200);
    assert_eq!(home.get("/api/answers").await.expect(200), json!([]));
    assert_eq!(home.files_with("left there"), Vec::<String>::new());
}

#[tokio::test]
async fn odd_drills_are_refused_with_a_remedy() {
    let home = Home::with_daemon().await;
    for (more, status, code, part) in [
        (json!({"drill": {"temper": "rude"}}), 400, "bad_request", "warm, neutral, sceptical"),
        (json!({"drill": {"on": 99}}), 404, "not_found", "99"),
        (json!({"question": "rate-limiter", "drill": {"on": 1}}), 400, "bad_request", "one of the two"),
        (json!({"ear": "demonstration", "drill": {}}), 400, "bad_request", "demonstration"),
    ] {
        let mut body = json!({"ear": "typed", "speak": false, "client": "a test"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        home.post("/api/sessions", &body).await.refused(status, code, &[part]);
    }
    home.viva(&["pressure", "rate-limiter", "--on", "1"]).await.failed(2, &["--on"]);
}

#[tokio::test]
async fn the_terminal_shows_rungs_and_what_the_drill_came_to() {
    let home = Home::with_daemon().await;
    let input = format!("{OPENING}\n.\n{GOOD}\n.\n{WEAK}\n.\n");
    let arguments = ["pressure", "rate-limiter", "--typed", "--quiet", "--probes", "2", "--temper", "warm"];
    let shown = home.viva_with_input(&arguments, &input).await.ok();
    for part in [
        "Rung 1 of 2, 60 to 90 seconds",
        "Rung 1: survived",
        "Rung 2: broke",
        "Pressure drill (warm)",
        "You survived 1 of 2",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    let input = format!("{OPENING}\n.\n{GOOD}\n.\n");
    let arguments = ["pressure", "rate-limiter", "--typed", "--quiet", "--probes", "1", "--json"];
    let printed = home.viva_with_input(&arguments, &input).await.ok();
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["drill"]["report"]["in_a_row"], 1, "{printed}");
    assert_eq!(printed["answers"].as_array().unwrap().len(), 2);
}
