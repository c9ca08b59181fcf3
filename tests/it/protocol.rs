//! How a judgement is asked for: in one call or by dimension, once or three times, and what it takes.

use std::{
    collections::BTreeMap,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use viva::{
    content,
    interview::{
        assessment::{Assessment, DimensionOutcome, Judgement, ReadAgain},
        question::{AskedLevel, Kind},
        rubric::Rubric,
        transcript::Transcript,
    },
    llm::{
        endpoint::{Endpoint, EndpointSettings, Limits},
        judge::{JudgeRequest, Outcome, judge_by},
        protocol::{ModeSetting, Prices, Protocol, Samples},
        rung::{Rung, RungMemory},
        schema,
    },
};

use crate::{
    endpoint::limits,
    home::Home,
    scripted_endpoint::{Piece, Play, ScriptedEndpoint, delta, usage},
};

const FIGURE: &str = "we expect two hundred thousand requests every second at the busiest hour of the day";
const FAILURE: &str = "if the counter store dies we fail open with a local estimate of the limit";
const DIMENSIONS: [&str; 7] =
    ["clarification", "scale_estimates", "data_model", "architecture", "tradeoffs", "reliability", "communication"];

fn spoken() -> Transcript {
    Transcript::typed(&format!("Well, {FIGURE}. And then, {FAILURE}. That is it."))
}

fn rubric() -> &'static Rubric {
    static RUBRIC: LazyLock<Rubric> =
        LazyLock::new(|| content::load(None).unwrap().rubric(Kind::Design).unwrap().clone());
    &RUBRIC
}

/// A reply to these checks in which each dimension reaches its level of a row such as `3332222`, with words that were said.
fn levels_of(row: &str, checks: &[String]) -> Value {
    let wanted: BTreeMap<&str, u32> =
        DIMENSIONS.into_iter().zip(row.chars().map(|digit| digit.to_digit(10).unwrap())).collect();
    let quotes = json!([{"quote": FIGURE, "segment": 1}, {"quote": FAILURE, "segment": 2}]);
    let answer = |id: &String| {
        let (dimension, level) = id.rsplit_once('_').unwrap();
        let yes = level.parse::<u32>().unwrap() <= wanted[dimension];
        let said = if yes { quotes.clone() } else { json!([]) };
        (id.clone(), json!({"evidence": said, "met": if yes { "yes" } else { "no" }}))
    };
    let mut checks: serde_json::Map<String, Value> = checks.iter().map(answer).collect();
    checks.insert(schema::CONTROL_CHECK.into(), json!({"evidence": [], "met": "no"}));
    json!({"checks": checks, "injection_segments": []})
}

fn all_checks() -> Vec<String> {
    schema::check_ids(rubric()).map(str::to_owned).collect()
}

fn whole(row: &str) -> Play {
    Play::reply(&levels_of(row, &all_checks()).to_string())
}

/// The dimension that a call is about.
fn dimension(checks: &[String]) -> &str {
    checks[0].rsplit_once('_').unwrap().0
}

fn endpoint_with(server: &ScriptedEndpoint, limits: Limits, context_tokens: Option<u64>) -> Endpoint {
    let settings = EndpointSettings {
        limits: Some(limits),
        context_tokens,
        ..EndpointSettings::new(&server.base_url, "scripted-1", None)
    };
    Endpoint::new(settings).unwrap()
}

async fn judged(protocol: Protocol, endpoint: &Endpoint, memory: &mut RungMemory) -> Outcome {
    let transcript = spoken();
    let request = JudgeRequest {
        question_text: "Design a rate limiter.",
        kind: Kind::Design,
        rubric: Some(rubric()),
        question: None,
        probe: None,
        asked: AskedLevel::Senior,
        transcript: &transcript,
        clarifications: &[],
    };
    let judging = judge_by(&protocol, endpoint, &request, memory, |_| {});
    tokio::time::timeout(Duration::from_secs(60), judging).await.expect("hangs")
}

fn judgement(outcome: Outcome) -> Judgement {
    match outcome.assessment {
        Assessment::Judged(judgement) => judgement,
        other => panic!("{other:?}"),
    }
}

/// The levels as a row of digits, `.` for an ungraded dimension.
fn row(judgement: &Judgement) -> String {
    let mark = |outcome: &DimensionOutcome| match outcome {
        DimensionOutcome::Level(level) => level.get().to_string(),
        _ => ".".to_owned(),
    };
    judgement.dimensions.iter().map(|dimension| mark(&dimension.outcome)).collect()
}

fn reason(judgement: &Judgement, dimension: &str) -> String {
    match &judgement.dimensions.iter().find(|found| found.dimension == dimension).unwrap().outcome {
        DimensionOutcome::Ungraded(why) => why.clone(),
        other => panic!("{dimension} is {other:?}"),
    }
}

const BY_DIMENSION: Protocol = Protocol {
    mode: ModeSetting::PerDimension,
    samples: Samples::One,
    prices: Prices { per_million_in: 0.0, per_million_out: 0.0 },
};

fn read(samples: Samples) -> Protocol {
    Protocol { samples, ..Protocol::default() }
}

// ── by dimension ──

#[tokio::test]
async fn each_dimension_has_a_call_of_its_own_that_begins_like_the_others() {
    let server = ScriptedEndpoint::by(|seen, _| Play::reply(&levels_of("4321012", &seen.checks()).to_string())).await;
    let endpoint = endpoint_with(&server, limits(), None);
    let mut memory = RungMemory::default();
    let outcome = judged(BY_DIMENSION, &endpoint, &mut memory).await;
    assert_eq!(outcome.traffic.calls, 7);
    let judgement = judgement(outcome);
    assert_eq!(row(&judgement), "4321012");
    assert_eq!((judgement.provenance.mode.as_str(), judgement.verdict.is_some()), ("per-dimension", true));
    assert_eq!(memory.known(&endpoint), Some(Rung::JsonSchema));
    let seen = server.seen();
    assert!(seen.iter().all(|call| call.checks().len() == 4));
    let mut asked: Vec<String> = seen.iter().map(|call| dimension(&call.checks()).to_owned()).collect();
    asked.sort();
    let mut all = DIMENSIONS.map(str::to_owned);
    all.sort();
    assert_eq!(asked, all);
    assert!(seen.iter().all(|call| call.body["messages"][0] == seen[0].body["messages"][0]));
    let beginning = |text: &str| text.split_once("\nCHECKS").unwrap().0.to_owned();
    let same = beginning(seen[0].last_message());
    assert!(same.contains(FAILURE) && seen.iter().all(|call| beginning(call.last_message()) == same));
}

#[tokio::test]
async fn a_dimension_that_fails_is_ungraded_with_its_reason_and_the_others_stand() {
    let error = || Play::json(500, &json!({"error": {"message": "out of memory"}}));
    let with = |change: fn(&mut Value)| {
        let mut reply =
            levels_of("2222222", &["data_model_1", "data_model_2", "data_model_3", "data_model_4"].map(Into::into));
        change(&mut reply);
        Play::reply(&reply.to_string())
    };
    let cases: Vec<(&str, Play, &str)> = vec![
        ("failing", error(), "status 500"),
        ("prose", Play::reply("It is fine."), "form that can be read"),
        ("cut", Play::begun("{").then(Piece::Cut), "broke off"),
        (
            "one check missing",
            with(|reply| drop(reply["checks"].as_object_mut().unwrap().remove("data_model_3"))),
            "data_model_3",
        ),
        (
            "obeys everybody",
            with(|reply| reply["checks"][schema::CONTROL_CHECK]["met"] = json!("yes")),
            "nothing can meet",
        ),
        (
            "another dimension",
            Play::reply(&levels_of("4444444", &["reliability_1".into()]).to_string()),
            "form that can be read",
        ),
        (
            "declines",
            Play::events([delta(json!({"refusal": "No."}), None), delta(json!({}), Some("content_filter"))]).done(),
            "declined",
        ),
    ];
    for (name, bad, part) in cases {
        let server = ScriptedEndpoint::by(move |seen, _| match seen.checks() {
            checks if dimension(&checks) == "data_model" => bad.clone(),
            checks => Play::reply(&levels_of("3321012", &checks).to_string()),
        })
        .await;
        let endpoint = endpoint_with(&server, limits(), None);
        let judgement = judgement(judged(BY_DIMENSION, &endpoint, &mut RungMemory::default()).await);
        assert_eq!(row(&judgement), "33.1012", "{name}");
        assert_eq!(judgement.verdict, None, "{name}");
        let why = reason(&judgement, "data_model");
        assert!(why.contains(part), "{name}: {why}");
        assert!(server.seen().len() <= 6 + 3, "{name}: {} calls", server.seen().len());
    }
}

#[tokio::test]
async fn a_slow_dimension_does_not_hold_up_the_judgement_beyond_its_time() {
    let server = ScriptedEndpoint::by(|seen, _| match seen.checks() {
        checks if dimension(&checks) == "tradeoffs" => Play::begun("{").then(Piece::Hang),
        checks => Play::reply(&levels_of("2222222", &checks).to_string()),
    })
    .await;
    let limits = Limits { whole: Some(Duration::from_secs(6)), retries: 0, ..limits() };
    let judgement =
        judgement(judged(BY_DIMENSION, &endpoint_with(&server, limits, None), &mut RungMemory::default()).await);
    assert_eq!(row(&judgement), "2222.22");
    assert!(reason(&judgement, "tradeoffs").contains("6 s"), "{}", reason(&judgement, "tradeoffs"));
}

#[tokio::test]
async fn a_server_that_asks_to_slow_down_is_asked_one_by_one_and_then_for_everything_at_once() {
    let refused = AtomicUsize::new(0);
    let server = ScriptedEndpoint::by(move |seen, _| {
        let checks = seen.checks();
        let is_refused = dimension(&checks) == "tradeoffs" && refused.fetch_add(1, Ordering::Relaxed) < 3;
        match is_refused && checks.len() == 4 {
            true => Play::json(429, &json!({"error": "slow"})).header("retry-after-ms", "1"),
            false => Play::reply(&levels_of("2131212", &checks).to_string()),
        }
    })
    .await;
    let endpoint = endpoint_with(&server, limits(), None);
    let mut memory = RungMemory::default();
    let judgement = judgement(judged(BY_DIMENSION, &endpoint, &mut memory).await);
    assert_eq!(row(&judgement), "2131212");
    assert_eq!(memory.runs_in_parallel(&endpoint), Some(false));
    assert_eq!(server.seen().len(), 7 + 3);
}

#[tokio::test]
async fn what_concerns_every_call_is_found_out_by_the_first() {
    for (name, play, calls) in [
        ("wrong key", Play::json(401, &json!({"error": "no"})), 1),
        ("no credit", Play::json(402, &json!({"error": "no"})), 1),
        ("prose", Play::reply("A strong answer: 4 of 4!"), 6),
    ] {
        let server = ScriptedEndpoint::start([play]).await;
        let outcome = judged(BY_DIMENSION, &endpoint_with(&server, limits(), None), &mut RungMemory::default()).await;
        assert!(matches!(outcome.assessment, Assessment::Ungraded { .. }), "{name}: {:?}", outcome.assessment);
        assert_eq!(server.seen().len(), calls, "{name}");
    }
}

#[tokio::test]
async fn dimensions_that_one_reply_leaves_open_are_asked_for_alone_and_next_time_all_are() {
    let server = ScriptedEndpoint::by(|seen, _| {
        let checks = seen.checks();
        let mut reply = levels_of("2131212", &checks);
        if checks.len() > 4 {
            let all = reply["checks"].as_object_mut().unwrap();
            all.retain(|id, _| !id.starts_with("reliability") && !id.starts_with("communication"));
        }
        Play::reply(&reply.to_string())
    })
    .await;
    let endpoint = endpoint_with(&server, limits(), None);
    let mut memory = RungMemory::default();
    let first = judgement(judged(read(Samples::One), &endpoint, &mut memory).await);
    assert_eq!((row(&first).as_str(), first.provenance.mode.as_str()), ("2131212", "one-call"));
    assert!(first.cautions.iter().any(|caution| caution.contains("2 of 7 dimensions")), "{:?}", first.cautions);
    let asked: Vec<usize> = server.seen().iter().map(|seen| seen.checks().len()).collect();
    assert_eq!(asked, [28, 28, 4, 4], "sent back once, then alone");
    let second = judgement(judged(read(Samples::One), &endpoint, &mut memory).await);
    assert_eq!((row(&second).as_str(), second.provenance.mode.as_str()), ("2131212", "per-dimension"));
    assert_eq!(server.seen().len(), 4 + 7);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_in_one_call_is_judged_by_dimension() {
    let too_long = || Play::json(400, &json!({"error": {"message": "x", "code": "context_length_exceeded"}}));
    let cut = |reply: &Value| {
        Play::begun(&reply.to_string()).then_event(&delta(json!({}), Some("stop"))).then_event(&usage(3000)).done()
    };
    for (name, context, one_call) in [("known", Some(3500), 0), ("refused", None, 1), ("read in part", None, 1)] {
        let server = ScriptedEndpoint::by(move |seen, _| {
            let reply = levels_of("2131212", &seen.checks());
            match (seen.checks().len(), name) {
                (28, "refused") => too_long(),
                (28, _) => cut(&reply),
                _ => Play::reply(&reply.to_string()),
            }
        })
        .await;
        let endpoint = endpoint_with(&server, limits(), context);
        let mut memory = RungMemory::default();
        let judgement = judgement(judged(read(Samples::One), &endpoint, &mut memory).await);
        assert_eq!(row(&judgement), "2131212", "{name}");
        assert_eq!(server.seen().len(), one_call + 7, "{name}");
        assert!(memory.needs_dimensions(&endpoint), "{name}");
    }
}

// ── three readings ──

#[tokio::test]
async fn of_three_readings_the_majority_counts_check_by_check_and_the_spread_is_kept() {
    let rows = ["3222222", "3122202", "2132202"];
    let server =
        ScriptedEndpoint::by(move |seen, n| Play::reply(&levels_of(rows[n], &seen.checks()).to_string())).await;
    let prices = Prices { per_million_in: 1.0, per_million_out: 1000.0 };
    let protocol = Protocol { samples: Samples::Three, prices, ..Protocol::default() };
    let outcome = judged(protocol, &endpoint_with(&server, limits(), None), &mut RungMemory::default()).await;
    let judgement = judgement(outcome);
    assert_eq!(row(&judgement), "3122202");
    assert_eq!(judgement.readings.count, 3);
    let mut told: Vec<u8> =
        judgement.readings.levels["scale_estimates"].iter().map(|level| level.unwrap().get()).collect();
    told.sort();
    assert_eq!(told, [1, 1, 2]);
    assert!(judgement.readings.why.contains(&ReadAgain::Asked));
    let spent = judgement.spent;
    assert_eq!((spent.calls, spent.prompt_tokens, spent.completion_tokens, spent.estimated), (3, 3_000_000, 27, false));
    assert!((spent.money.unwrap() - 3.027).abs() < 1e-9, "{spent:?}");
    assert_eq!(judgement.provenance.prompt_tokens, Some(3_000_000));
    let orders: std::collections::BTreeSet<String> =
        server.seen().iter().map(|seen| seen.body["messages"][0]["content"].to_string()).collect();
    assert_eq!(orders.len(), 3, "each in an order of its own");
}

#[tokio::test]
async fn an_answer_is_read_again_where_it_is_close_or_odd_and_only_where_that_is_wanted() {
    use ReadAgain::*;
    let free = Prices::default();
    let dear = Prices { per_million_in: 1.0, per_million_out: 1.0 };
    let skipped = || {
        let mut reply = levels_of("2131212", &all_checks());
        reply["checks"]["tradeoffs_4"] = reply["checks"]["tradeoffs_1"].clone();
        Play::reply(&reply.to_string())
    };
    let unfound = || {
        let mut reply = levels_of("1010101", &all_checks());
        let invented = json!({"evidence": [{"quote": "we shard it by region with gossip and vector clocks", "segment": 1}], "met": "yes"});
        (2..=4).for_each(|level| reply["checks"][format!("architecture_{level}")] = invented.clone());
        Play::reply(&reply.to_string())
    };
    type Case<'a> = (&'a str, Play, Prices, &'a [ReadAgain], u64, &'a str);
    let cases: Vec<Case> = vec![
        ("plain", whole("2131212"), free, &[], 1, ""),
        ("close", whole("4333322"), free, &[Close], 3, "within 0.15"),
        ("close where it costs", whole("4333322"), dear, &[Close], 3, "within 0.15"),
        ("halo", whole("2222222"), free, &[Halo], 3, "every dimension came out at 2, also after"),
        ("halo where it costs", whole("2222222"), dear, &[Halo], 1, "allows no more readings"),
        ("a skipped level", skipped(), free, &[Skipped], 3, "a higher check was met"),
        ("words nobody said", unfound(), free, &[Unfound], 3, "not in the answer"),
    ];
    for (name, play, prices, why, calls, caution) in cases {
        let server = ScriptedEndpoint::start([play]).await;
        let protocol = Protocol { prices, ..Protocol::default() };
        let judgement =
            judgement(judged(protocol, &endpoint_with(&server, limits(), None), &mut RungMemory::default()).await);
        assert_eq!(judgement.readings.why, why, "{name}");
        assert_eq!((judgement.spent.calls, judgement.readings.count as u64), (calls, calls), "{name}");
        assert!(judgement.cautions.join("; ").contains(caution), "{name}: {:?}", judgement.cautions);
        if name == "a skipped level" {
            let notes = judgement.dimensions[4].notes.join("; ");
            assert!(notes.contains("inconsistent: tradeoffs_4") && notes.contains("all below it"), "{notes}");
            assert_eq!(row(&judgement), "2131212");
        }
        let once = Protocol { samples: Samples::One, ..protocol };
        let outcome = judged(once, &endpoint_with(&server, limits(), None), &mut RungMemory::default()).await;
        assert_eq!(outcome.traffic.calls, 1, "{name}");
    }
}

#[tokio::test]
async fn a_further_reading_that_fails_takes_nothing_away() {
    let bad = || Play::json(500, &json!({"error": {"message": "boom"}}));
    for (script, count, levels) in
        [(vec![whole("4333322"), bad()], 1, "4333322"), (vec![whole("4333322"), whole("4333312"), bad()], 2, "4333312")]
    {
        let server = ScriptedEndpoint::start(script).await;
        let endpoint = endpoint_with(&server, limits(), None);
        let mut memory = RungMemory::default();
        memory.saw_parallel(&endpoint, false);
        let judgement = judgement(judged(read(Samples::Auto), &endpoint, &mut memory).await);
        assert_eq!((judgement.readings.count, row(&judgement).as_str()), (count, levels));
        let cautions = judgement.cautions.join("; ");
        assert!(cautions.contains("failed") && cautions.contains("status 500"), "{cautions}");
    }
}

#[tokio::test]
async fn whether_a_server_takes_calls_side_by_side_is_learnt_from_the_two_further_readings() {
    let server = ScriptedEndpoint::start([whole("4333322")]).await;
    let endpoint = endpoint_with(&server, limits(), None);
    let mut memory = RungMemory::default();
    judged(read(Samples::Auto), &endpoint, &mut memory).await;
    assert!(memory.runs_in_parallel(&endpoint).is_some(), "two streamed replies tell");
}

// ── a model that only writes prose ──

#[tokio::test]
async fn a_model_that_writes_prose_costs_six_calls_once_and_two_from_then_on() {
    let server = ScriptedEndpoint::start([Play::reply("A strong answer: 4 of 4!")]).await;
    let endpoint = endpoint_with(&server, limits(), None);
    let mut memory = RungMemory::default();
    for (calls, formats) in
        [(6, &["json_schema", "json_schema", "json_object", "text", "text", "text"][..]), (8, &["text", "text"])]
    {
        let outcome = judged(read(Samples::Auto), &endpoint, &mut memory).await;
        let Assessment::Ungraded { why } = &outcome.assessment else { panic!("{outcome:?}") };
        assert!(why.contains("form that can be read"), "{why}");
        assert!(outcome.spent.calls as usize == formats.len() && outcome.spent.completion_tokens > 0);
        let seen = server.seen();
        assert_eq!(seen.len(), calls);
        let asked: Vec<&str> = seen[calls - formats.len()..].iter().map(|seen| seen.format()).collect();
        assert_eq!(asked, formats);
    }
}

// ── in the daemon ──

#[tokio::test]
async fn the_expected_cost_is_told_before_and_the_true_one_with_the_levels() {
    let server = ScriptedEndpoint::by(|seen, _| match seen.checks() {
        checks if checks.is_empty() => Play::reply("{}"),
        checks => Play::reply(&levels_of("4333322", &checks).to_string()),
    })
    .await;
    let home = Home::new()
        .set("llm.endpoint", &format!("{:?}", server.base_url))
        .set("llm.model", "\"scripted-1\"")
        .set("llm.mode", "\"per-dimension\"")
        .set("llm.price_in", "2.0")
        .started()
        .await;
    let expected = home.get("/api/endpoint").await.expect(200)["expected"].clone();
    assert_eq!((&expected["mode"], &expected["spent"]["calls"]), (&json!("per-dimension"), &json!(7)));
    assert_eq!((&expected["readings"], &expected["tokens_cost"]), (&json!(3), &json!(true)));
    assert!(expected["spent"]["cost"].as_f64().unwrap() > 0.001, "{expected}");
    let text = format!("Well, {FIGURE}. And then, {FAILURE}.");
    let answer = home.answer("rate-limiter", &text).await;
    let judged = home.assessed(&answer["id"]).await;
    let assessment = &judged["assessment"];
    assert_eq!(assessment["judged_by"]["mode"], "per-dimension", "{assessment}");
    assert_eq!(assessment["readings"]["count"], 3, "{assessment}");
    let dimensions = assessment["dimensions"].as_array().unwrap();
    let clarification = dimensions.iter().find(|dimension| dimension["id"] == "clarification").unwrap();
    assert_eq!(clarification["readings"], json!([4, 4, 4]));
    assert_eq!(clarification["agreement"], "all 3 readings said 4");
    let spent = &assessment["spent"];
    let calls = spent["calls"].as_u64().unwrap();
    assert_eq!(spent["prompt_tokens"].as_u64(), Some(calls * 1_000_000));
    assert!((spent["cost"].as_f64().unwrap() - 2.0 * calls as f64).abs() < 1e-9, "{spent}");
    let purposes = home.get("/api/egress").await.expect(200);
    let count = |purpose: &str| purposes.as_array().unwrap().iter().filter(|row| row["purpose"] == purpose).count();
    assert_eq!((count("judge") as u64, count("triage")), (calls, 1), "the choice of the follow-up is apart");
}
