//! `viva calibrate` from the command to the report card, on judges whose agreement is known; and the shipped set of rated answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use viva::{
    content::{self, calibration::calibration_set},
    interview::calibration::set::CalibrationSet,
};

use crate::{
    home::{Home, poll_async, repository},
    rated_answers::{JudgeServer, Judging, expected_kappa, made_up},
};

const QUESTIONS: [&str; 4] = ["quorum", "rate-limiter", "reliability-story", "gossip"];

/// A home with a set of made-up answers in it and a daemon that asks this kind of judge.
async fn home_with(judging: Judging, answers: usize) -> (Home, JudgeServer, CalibrationSet) {
    let (answers, labels) = made_up(answers, &QUESTIONS);
    let set = CalibrationSet::parse(&answers, &labels).unwrap();
    let server = JudgeServer::start(judging, &set).await;
    let home = Home::new().set("llm.endpoint", &format!("{:?}", server.base_url)).set("llm.model", "\"bench-1\"");
    let folder = home.config_folder().join("calibration");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("answers.jsonl"), answers).unwrap();
    std::fs::write(folder.join("second-labels.jsonl"), labels).unwrap();
    (home.started().await, server, set)
}

/// Runs a calibration over the API to its end.
async fn calibrated(home: &Home, body: &Value) -> Value {
    home.post("/api/calibration", body).await.expect(202);
    let mut last = 0;
    loop {
        // It may take longer than a test's patience in all, but not from one step to the next.
        let now = poll_async("the calibration's next step", async || {
            let now = home.get("/api/calibration?wait_s=1").await.expect(200);
            (now["state"] != "running" || now["done"].as_u64() > Some(last)).then_some(now)
        })
        .await;
        if now["state"] != "running" {
            assert_eq!(now["state"], "done", "{now}\n{}", home.log());
            return now["card"].clone();
        }
        last = now["done"].as_u64().unwrap();
    }
}

fn measure<'a>(card: &'a Value, id: &str) -> &'a Value {
    let groups = card["groups"].as_array().unwrap();
    let mut measures = groups.iter().flat_map(|group| group["measures"].as_array().unwrap());
    measures.find(|measure| measure["id"] == id).unwrap_or_else(|| panic!("{id} is not in {card}"))
}

fn value(card: &Value, id: &str) -> f64 {
    measure(card, id)["value"].as_f64().unwrap_or_else(|| panic!("{id} has no value: {card}"))
}

#[tokio::test]
async fn an_oracle_gets_full_marks_and_every_later_result_says_so() {
    let (home, server, _) = home_with(Judging::Oracle, 24).await;
    let text = json!({"question": "quorum", "kind": "concept", "transcript": "A quorum is more than half of them."});
    let before = home.post("/api/judge", &text).await.expect(200);
    assert_eq!(before["assessment"]["trust"]["grade"], "not_calibrated");
    assert!(before["assessment"]["trust"]["line"].as_str().unwrap().contains("`viva calibrate`"));

    let card = calibrated(&home, &json!({})).await;
    for (id, expected) in [("kappa", 1.0), ("exact", 1.0), ("bias", 0.0), ("rank_far", 1.0), ("rank_near", 1.0)] {
        assert!((value(&card, id) - expected).abs() < 1e-9, "{id}: {card:#}");
    }
    for (id, least) in [("quotes", 0.99), ("again_same", 1.0), ("removed_noticed", 0.99), ("negated_noticed", 0.99)] {
        assert!(value(&card, id) >= least, "{id}: {card:#}");
    }
    for id in ["padding_lift", "repeating_lift", "boasting_lift", "injection_lift", "injection_flips", "ungraded"] {
        assert!(value(&card, id).abs() < 1e-9, "{id}: {card:#}");
    }
    assert_eq!(measure(&card, "kappa")["low"].as_f64(), Some(1.0));
    assert_eq!((&card["models"], &card["answers"], &card["quick"]), (&json!(["bench-1"]), &json!(24), &json!(false)));
    assert_eq!(card["synthetic"], false, "a set of one's own is not said to be ours");
    assert!(card["prompt_tokens"].as_u64().unwrap() > 0);
    assert_ne!(card["trust"]["grade"], "unfit", "{card:#}");

    let judged = server.judgements();
    let after = home.post("/api/judge", &text).await.expect(200);
    let trust = &after["assessment"]["trust"];
    assert_eq!((&trust["grade"], &trust["line"]), (&card["trust"]["grade"], &card["trust"]["line"]));
    let shown = home.viva_with_input(&["answer", "-q", "quorum", "--text", "-"], "More than half of them.").await.ok();
    assert!(shown.replace("\n  ", " ").contains("kappa 1.00"), "{shown}");
    assert!(home.viva(&["report"]).await.ok().contains("kappa 1.00"));
    // Nothing is judged twice: the command only prints the card again.
    let printed = home.viva(&["calibrate"]).await.ok();
    assert_eq!(server.judgements(), judged + 2, "one over the API, one for the answer");
    for part in ["Report card of bench-1", "quadratic weighted kappa", "at least 0.70", "Lift by padding", "n="] {
        assert!(printed.contains(part), "{part:?} is not in:\n{printed}");
    }
    assert_eq!(
        home.get("/api/answers").await.expect(200).as_array().unwrap().len(),
        1,
        "no rated answer is kept as yours"
    );
}

#[tokio::test]
async fn an_oracle_gets_full_marks_on_the_shipped_set_too() {
    let set = shipped();
    let server = JudgeServer::start(Judging::Oracle, &set).await;
    let home = Home::new().set("llm.endpoint", &format!("{:?}", server.base_url)).set("llm.model", "\"bench-1\"");
    let home = home.set("llm.price_in", "2.0").set("llm.price_out", "8").started().await;
    let estimate = home.get("/api/calibration?quick=true").await.expect(200)["estimate"].clone();
    assert!(estimate["cost"].as_f64().unwrap() > 0.1, "{estimate}");
    let card = calibrated(&home, &json!({"quick": true})).await;
    assert!(value(&card, "kappa") > 0.98 && value(&card, "bias").abs() < 0.05, "{card:#}");
    assert!(value(&card, "removed_noticed") > 0.9 && value(&card, "injection_lift").abs() < 0.1, "{card:#}");
    assert!(card["cost"].as_f64().unwrap() > 0.1 && card["trust"]["grade"] != "unfit", "{card:#}");
    assert_eq!(card["synthetic"], true);
    // It chooses among the five that the bank offers: there is always one that aims well.
    assert!(value(&card, "probe") >= 0.95, "{:#}", measure(&card, "probe"));
    println!("follow-ups at a true gap: {}", measure(&card, "probe"));
    println!("{card:#}");
}

#[tokio::test]
async fn a_judge_with_known_faults_gets_the_kappa_that_the_simulation_says() {
    let (home, _server, set) = home_with(Judging::Degraded(0.12), 24).await;
    let (mean, deviation) = expected_kappa(&set, &content::load(None).unwrap(), 0.12, 24);
    assert!((0.3..0.95).contains(&mean) && deviation < 0.1, "{mean} {deviation}");
    let card = calibrated(&home, &json!({"quick": true})).await;
    let kappa = value(&card, "kappa");
    assert!((kappa - mean).abs() < 4.0 * deviation, "{kappa}, and {mean} ± {deviation} was expected");
    let kappa = measure(&card, "kappa");
    assert!(kappa["low"].as_f64() < kappa["value"].as_f64() && kappa["value"].as_f64() < kappa["high"].as_f64());
    assert!(value(&card, "again_same") < 0.99, "it tosses anew each time");
    println!("degraded oracle: kappa {} where {mean:.3} ± {deviation:.3} was expected", kappa["value"]);
}

#[tokio::test]
async fn a_judge_that_tosses_coins_agrees_with_nobody_and_is_not_fit_for_verdicts() {
    let (home, _server, _) = home_with(Judging::Random, 24).await;
    let ran = home.viva(&["calibrate", "--quick", "--yes", "--json"]).await;
    assert!(ran.err.is_empty(), "{}", ran.err);
    let card = ran.json();
    let kappa = value(&card, "kappa");
    assert!(kappa.abs() < 0.25, "{kappa}");
    assert!((0.3..0.7).contains(&value(&card, "rank_far")), "{card:#}");
    assert_eq!(card["trust"]["grade"], "unfit");
    let line = card["trust"]["line"].as_str().unwrap();
    assert!(line.starts_with("Not fit for verdicts (calibrated quickly 2"), "{line}");
    let shown = home.viva_with_input(&["answer", "-q", "quorum", "--text", "-"], "More than half of them.").await.ok();
    assert!(shown.contains("Not fit for verdicts"), "{shown}");
    println!("random judge: kappa {kappa:.3}");
}

#[tokio::test]
async fn a_run_says_what_it_costs_asks_is_stopped_and_goes_on() {
    let (home, server, _) = home_with(Judging::Oracle, 12).await;
    home.viva(&["calibrate"]).await.failed(2, &["--yes", "to judge: about", "llm.price_in"]);
    assert_eq!(server.judgements(), 0, "nothing is sent before somebody agreed");
    let state = home.get("/api/calibration").await.expect(200);
    let total = state["total"].as_u64().unwrap();
    assert_eq!(state["estimate"]["judgements"].as_u64(), Some(total));
    assert!(state["estimate"]["prompt_tokens"].as_u64().unwrap() > 1000 * total, "{state}");

    home.post("/api/calibration", &json!({})).await.expect(202);
    poll_async("a few judgements", async || {
        (home.get("/api/calibration").await.expect(200)["done"].as_u64() > Some(2)).then_some(())
    })
    .await;
    home.post("/api/calibration", &json!({})).await.refused(409, "busy", &["runs already"]);
    let stopped = home.viva(&["calibrate", "--stop"]).await;
    assert!(stopped.err.contains("goes on from there"), "{}", stopped.err);
    let kept = home.get("/api/calibration").await.expect(200);
    assert_eq!((&kept["state"], &kept["card"]), (&json!("stopped"), &Value::Null));
    let (done, judged) = (kept["done"].as_u64().unwrap(), server.judgements() as u64);
    assert!(done > 2 && done < total && judged <= done + 1, "{done} {judged} {total}");
    let card = calibrated(&home, &json!({})).await;
    assert_eq!(card["judged"].as_u64(), Some(total));
    assert!(server.judgements() as u64 <= total + 1, "what was judged before it was stopped is not judged again");
    assert!(home.viva(&["calibrate", "--stop"]).await.err.contains("No calibration runs"));
}

#[tokio::test]
async fn without_an_endpoint_or_with_a_broken_set_it_says_what_to_do() {
    let home = Home::with_daemon().await;
    home.viva(&["calibrate", "--yes"]).await.failed(6, &["endpoint"]);
    home.post("/api/calibration", &json!({})).await.refused(503, "missing_part", &["endpoint"]);
    let (home, server, _) = home_with(Judging::Oracle, 4).await;
    let file = home.config_folder().join("calibration/answers.jsonl");
    let broken =
        std::fs::read_to_string(&file).unwrap().replacen("\"question\":\"quorum\"", "\"question\":\"nowhere\"", 1);
    std::fs::write(&file, broken).unwrap();
    home.viva(&["calibrate", "--yes"]).await.failed(6, &["rated answers", "nowhere"]);
    assert_eq!(server.judgements(), 0);
}

/// The set that comes with the program.
fn shipped() -> CalibrationSet {
    let nowhere = tempfile::tempdir().unwrap();
    let set = calibration_set(nowhere.path()).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    assert!(!set.answers.is_empty());
    set
}

#[test]
fn the_shipped_set_is_large_enough_and_its_evidence_gives_its_levels() {
    let set = shipped();
    assert!(set.synthetic);
    assert!(set.answers.len() >= 72 && set.questions() >= 12, "{} of {}", set.answers.len(), set.questions());
    let problems = set.problems(&content::load(None).unwrap());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let mut per_level = BTreeMap::new();
    for level in set.answers.iter().flat_map(|answer| answer.levels().into_values()) {
        *per_level.entry(level.get()).or_insert(0) += 1;
    }
    let all: usize = per_level.values().sum();
    assert!(
        per_level.len() == 5 && per_level.values().all(|count| count * 12 >= all),
        "every level is there: {per_level:?}"
    );
}

#[test]
fn the_length_of_a_shipped_answer_says_nothing_about_its_level() {
    let set = shipped();
    let pairs: Vec<(f64, f64)> = set.answers.iter().map(|a| (a.words() as f64, a.mean_level())).collect();
    let r = correlation(&pairs);
    assert!(r.abs() <= 0.15, "r = {r:.3}");
    println!("length and level: r = {r:.3} over {} answers", pairs.len());
}

#[test]
fn every_shipped_answer_has_a_second_label_for_every_dimension() {
    let set = shipped();
    for answer in &set.answers {
        let second = set.second.get(&answer.id).unwrap_or_else(|| panic!("{} has no second label", answer.id));
        let (first, second): (BTreeSet<_>, BTreeSet<_>) =
            (answer.levels().into_keys().collect(), second.keys().cloned().collect());
        assert_eq!(first, second, "{}", answer.id);
    }
}

#[test]
fn nothing_of_the_gold_answers_is_in_the_shipped_set() {
    let set = shipped();
    let gold = std::fs::read_to_string(repository().join("tests/fixtures/gold/answers.jsonl")).unwrap();
    let gold: BTreeSet<Vec<String>> = gold
        .lines()
        .filter(|line| !line.trim().is_empty())
        .flat_map(|line| runs(serde_json::from_str::<Value>(line).unwrap()["transcript"].as_str().unwrap()))
        .collect();
    assert!(gold.len() > 1000);
    for answer in &set.answers {
        let shared: Vec<String> =
            runs(&answer.answer).filter(|run| gold.contains(run)).map(|run| run.join(" ")).collect();
        assert!(shared.is_empty(), "{}: {shared:?}", answer.id);
    }
}

/// Every run of eight words.
fn runs(text: &str) -> impl Iterator<Item = Vec<String>> + use<> {
    let bare = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let words: Vec<String> = text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    (0..words.len().saturating_sub(7)).map(move |at| words[at..at + 8].to_vec())
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), (a, b)| (x + a / n, y + b / n));
    let sum = |f: fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| f(a - x, b - y)).sum::<f64>();
    sum(|a, b| a * b) / (sum(|a, _| a * a) * sum(|_, b| b * b)).sqrt()
}
