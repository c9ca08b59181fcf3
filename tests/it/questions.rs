//! Finding a question, reading its page, and the outline after an answer.

use serde_json::{Value, json};

use crate::home::Home;

const ANSWER: &str =
    "I would use a token bucket rather than a fixed window, because a fixed window lets twice the limit through.";

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|question| question["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_api_and_the_command_line_filter_alike() {
    let home = Home::with_daemon().await;
    let all = home.get("/api/questions").await.expect(200);
    let is = |question: &Value, query: &str| match query {
        "kind=concept" => question["kind"] == "concept",
        "family=fundamentals" => question["family"] == "fundamentals",
        "difficulty=hard" => question["difficulty"] == "hard",
        "level=mid" => question["levels"].as_array().unwrap().contains(&json!("mid")),
        "minutes=3" => question["minutes"].as_u64().unwrap() <= 3,
        "hard-part=reliability" => {
            question["hard_part"].as_array().unwrap().iter().any(|part| part["id"] == "reliability")
        }
        "search=rate limiter" => {
            let text = format!("{} {} {}", question["id"], question["text"], question["tests"]).to_lowercase();
            text.contains("rate") && text.contains("limiter")
        }
        other => panic!("{other}"),
    };
    let queries = [
        "kind=concept",
        "family=fundamentals",
        "difficulty=hard",
        "level=mid",
        "minutes=3",
        "hard-part=reliability",
        "search=rate limiter",
    ];
    for (n, query) in queries.iter().enumerate() {
        let found = home.get(&format!("/api/questions?{}", query.replace("hard-part", "hard_part"))).await.expect(200);
        let expected: Vec<&Value> = all.as_array().unwrap().iter().filter(|question| is(question, query)).collect();
        assert!(!expected.is_empty() && expected.len() < all.as_array().unwrap().len(), "{query} tells nothing");
        assert_eq!(found.as_array().unwrap().iter().collect::<Vec<_>>(), expected, "{query}");
        let option = format!("--{query}");
        assert_eq!(home.viva(&["questions", "--json", &option]).await.json(), found, "{query}");
        let other = format!("--{}", queries[(n + 1) % queries.len()]);
        let both = home.viva(&["questions", "--json", &option, &other]).await.json();
        let combined: Vec<&str> =
            ids(&found).into_iter().filter(|id| ids(&all).contains(id)).filter(|id| ids(&both).contains(id)).collect();
        assert_eq!(ids(&both), combined, "{query} with {other}");
    }
}

#[tokio::test]
async fn a_filter_that_fits_nothing_names_what_there_is() {
    let home = Home::with_daemon().await;
    for (query, parts) in [
        ("kind=behavioral", &["no kind `behavioral`", "behavioural, "][..]),
        ("kind=riddle", &["design, concept, behavioural, coaching"]),
        ("difficulty=impossible", &["easy, medium, hard"]),
        ("level=junior", &["mid, senior, staff"]),
        ("family=replicatoin", &["replication-and-consistency"]),
        ("hard_part=reliabillity", &["`reliability`?"]),
        ("minutes=0", &["1 or more"]),
        ("minutes=few", &["minutes"]),
        ("colour=red", &["colour"]),
    ] {
        home.get(&format!("/api/questions?{query}")).await.refused(400, "bad_request", parts);
    }
    home.viva(&["questions", "--kind", "behavioral"]).await.failed(2, &["behavioural, coaching"]);
    let none = home.viva(&["questions", "--kind", "coaching", "--minutes", "1"]).await.ok();
    assert!(none.contains("No question is all of this: kind coaching, at most 1 minute."), "{none}");
}

#[tokio::test]
async fn the_list_is_grouped_counted_and_says_what_was_answered() {
    let home = Home::with_daemon().await;
    home.answer("quorum", "A majority of replicas overlaps with every other majority.").await;
    let long = home.viva(&["questions"]).await;
    assert!(long.err.contains("viva show ID") && long.err.contains("viva practice ID"), "{}", long.err);
    let long = long.ok();
    let line = long.lines().find(|line| line.contains(" quorum ")).unwrap();
    assert!(line.contains('✓') && line.contains("easy") && line.contains("What is a quorum"), "{line}");
    assert_eq!(long.matches('✓').count(), 2, "that one, and in the count:\n{long}");
    let places = ["Design  ", "Concept  ", "Behavioural  ", "Coaching  ", "1 answered ✓."].map(|part| long.find(part));
    assert!(places.is_sorted() && places[0].is_some(), "{long}");
    let short = home.viva(&["questions", "--search", "quorum", "--kind", "concept"]).await.ok();
    assert!(short.contains("hard part: ") && short.contains("(kind concept, with \u{201c}quorum\u{201d})"), "{short}");
}

#[tokio::test]
async fn a_question_is_a_page_to_read_that_keeps_its_secrets() {
    let home = Home::with_daemon().await;
    let secrets = [
        "What a good answer says",
        "Told only when you ask",
        "in outline",
        "Follow-ups, by the gap",
        "Facts, and where",
        "How an answer may begin",
    ];
    let before = home.viva(&["show", "rate-limiter"]).await.ok();
    for part in
        ["Design a rate limiter", "What it tests", "The hard part", "Trade-offs", "How to tell it", "Hidden until"]
    {
        assert!(before.contains(part), "{part:?} is not in:\n{before}");
    }
    assert!(before.contains("Names a tool in the first sentence"), "mistakes by their titles:\n{before}");
    assert!(!before.contains("tool-in-first-sentence"), "{before}");
    let spoilt = home.viva(&["show", "rate-limiter", "--spoil"]).await.ok();
    for secret in secrets {
        assert!(!before.contains(secret) && spoilt.contains(secret), "{secret:?}:\n{before}\n{spoilt}");
    }
    let gaps = ["a point that was not heard", "a dimension that fell short", "a mistake that was heard", "a step of"];
    assert!(gaps.map(|gap| spoilt.find(gap).unwrap()).is_sorted(), "{spoilt}");

    home.answer("rate-limiter", ANSWER).await;
    let after = home.viva(&["show", "rate-limiter"]).await.ok();
    assert!(after.contains("✓ answered") && secrets.iter().all(|secret| after.contains(secret)), "{after}");
    home.viva(&["show", "rate-limter"]).await.failed(5, &["Did you mean `rate-limiter`?"]);
}

#[tokio::test]
async fn the_outline_is_ticked_by_the_answer_and_its_follow_ups() {
    let home = Home::with_daemon().await;
    home.get("/api/answers/7/outline").await.refused(404, "not_found", &["no answer 7"]);
    home.viva(&["outline"]).await.failed(5, &["no answer is kept yet"]);
    let mut events = home.events().await;
    let start = json!({"question": "rate-limiter", "ear": "typed", "probes": 1, "speak": false, "client": "a test"});
    home.post("/api/sessions", &start).await.expect(201);
    let reply = "While the counter store is down we fail open with a local limit for reads.";
    for text in [ANSWER, reply] {
        events.until("asked").await;
        let command = json!({"command": "answer", "text": text});
        home.post("/api/sessions/current/commands", &command).await.expect(202);
    }
    events.until_the_end().await;
    let history = home.get("/api/answers").await.expect(200);
    let (follow_up, opening) = (&history[0]["id"], &history[1]["id"]);

    let outline = home.get(&format!("/api/answers/{opening}/outline")).await.expect(200);
    assert_eq!(outline, home.get(&format!("/api/answers/{follow_up}/outline")).await.expect(200), "of both the same");
    assert_eq!(&outline["answer"], opening);
    assert!(outline["outline"].as_array().unwrap().len() >= 4);
    let shown: Vec<&Value> = outline["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| &point["shown"])
        .filter(|shown| !shown.is_null())
        .collect();
    for (answer, in_follow_up, text) in [(opening, false, ANSWER), (follow_up, true, reply)] {
        let found = shown.iter().find(|shown| shown["answer"] == *answer).unwrap_or_else(|| panic!("{outline}"));
        assert_eq!(found["in_follow_up"], in_follow_up);
        assert!(text.contains(found["evidence"]["text"].as_str().unwrap()), "{found}");
    }
    assert!(shown.len() < outline["points"].as_array().unwrap().len(), "{outline}");

    let told = home.viva(&["outline"]).await.ok();
    for part in
        ["Points of the question: ", "✓ ", "✗ ", "(in a follow-up)", "An excellent answer, in outline", "It may begin"]
    {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    let report = home.viva(&["report", &opening.to_string()]).await.ok();
    assert!(report.contains("## An excellent answer, in outline\n\n- "), "{report}");
    let report = home.viva(&["report", &follow_up.to_string()]).await.ok();
    assert!(!report.contains("in outline"), "{report}");
}

#[tokio::test]
async fn a_question_in_free_words_has_no_outline_nor_has_an_answer_that_is_not_kept_yet() {
    let home = Home::with_daemon().await;
    let free = home.answer("How would you keep ten billion photographs?", "In an object store.").await;
    let path = format!("/api/answers/{}/outline", free["id"]);
    home.get(&path).await.refused(404, "not_found", &["no pack knows"]);
    let report = home.viva(&["report"]).await.ok();
    assert!(report.starts_with("# How would you keep"), "{report}");

    let start = json!({"question": "rate-limiter", "ear": "typed", "probes": 0, "speak": false, "client": "a test"});
    home.post("/api/sessions", &start).await.expect(201);
    let next = free["id"].as_i64().unwrap() + 1;
    home.get(&format!("/api/answers/{next}/outline")).await.refused(404, "not_found", &["no answer"]);
}
