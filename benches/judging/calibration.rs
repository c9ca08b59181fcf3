//! The oracle over every case of the shipped set, through `viva calibrate`: what a judge without fault gets from the harness.

use std::{process::Stdio, time::Instant};

use anyhow::ensure;
use serde_json::Value;
use viva::{content::calibration::calibration_set, interview::calibration::set::RatedAnswer};

use super::{
    first_probe::{Aim, First, first, halves},
    rated_answers::{JudgeServer, Judging},
    server::{Daemon, viva},
};

pub async fn print() -> anyhow::Result<()> {
    let nowhere = tempfile::tempdir()?;
    let set = calibration_set(nowhere.path()).map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    println!("`viva calibrate` with judges of known agreement, the whole set of {} answers:\n", set.answers.len());
    let mut cards = Vec::new();
    for (name, judging) in
        [("oracle", Judging::Oracle), ("12 % of checks turned", Judging::Degraded(0.12)), ("coin", Judging::Random)]
    {
        let begun = Instant::now();
        let card = card(judging, &set).await?;
        eprintln!("{name}: {} judged in {:.0} s", card["judged"], begun.elapsed().as_secs_f64());
        cards.push((name, card));
    }
    let measures = |card: &Value| -> Vec<Value> {
        let groups = card["groups"].as_array().into_iter().flatten();
        groups.flat_map(|group| group["measures"].as_array().into_iter().flatten()).cloned().collect()
    };
    println!("| measure | {} |", cards.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(cards.len()));
    for measure in measures(&cards[0].1) {
        let cell = |card: &Value| {
            let same = measures(card).into_iter().find(|other| other["id"] == measure["id"]);
            let number = |value: Option<&Value>| value.and_then(Value::as_f64);
            same.map_or("-".to_owned(), |same| match number(same.get("value")) {
                Some(value) => match (number(same.get("low")), number(same.get("high"))) {
                    (Some(low), Some(high)) => format!("{value:.2} ({low:.2} to {high:.2})"),
                    _ => format!("{value:.2}"),
                },
                None => "-".to_owned(),
            })
        };
        let cells: Vec<String> = cards.iter().map(|(_, card)| cell(card)).collect();
        println!("| {} | {} |", measure["title"].as_str().unwrap_or_default(), cells.join(" | "));
    }
    let grades: Vec<String> =
        cards.iter().map(|(_, card)| card["trust"]["grade"].as_str().unwrap_or("-").to_owned()).collect();
    println!("| grade | {} |\n", grades.join(" | "));
    print_first_probes()
}

/// The row of the card is what bank and judge choose together; this is the bank alone.
fn print_first_probes() -> anyhow::Result<()> {
    let content = viva::content::load(None)?;
    let [(tuned, of_tuned), (held, of_held)] = halves();
    let all: Vec<RatedAnswer> = of_tuned.iter().chain(&of_held).cloned().collect();
    let shipped: Vec<RatedAnswer> = all.iter().filter(|answer| !answer.id.starts_with('s')).cloned().collect();
    println!("The bank's own first follow-up, without an endpoint:\n");
    println!(
        "| answers | n | aim at a dimension | of these at a true gap | dimensions that are gaps | among five offered |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, answers) in [(tuned, &of_tuned), (held, &of_held), ("the shipped set", &shipped), ("all", &all)] {
        let firsts: Vec<First> = answers.iter().map(|answer| first(answer, &content)).collect();
        let aim = Aim::over(&firsts);
        let (hits, n) = (aim.hits, aim.answers);
        println!(
            "| {name} | {n} | {} | {hits} ({:.2}) | {:.2} | {:.2} |",
            aim.aimed,
            aim.share(),
            aim.base,
            aim.offers as f64 / n as f64
        );
    }
    println!();
    Ok(())
}

async fn card(judging: Judging, set: &viva::interview::calibration::set::CalibrationSet) -> anyhow::Result<Value> {
    let server = JudgeServer::start(judging, set).await;
    let home = tempfile::tempdir()?;
    let settings = [
        ("llm.endpoint", server.base_url.clone()),
        ("llm.model", "bench-1".to_owned()),
        ("voice.engine", "none".to_owned()),
    ];
    let _daemon = Daemon::start(home.path(), &settings).await?;
    let mut command = tokio::process::Command::from(viva(home.path(), &settings));
    let run = command.args(["calibrate", "--yes", "--json"]).stderr(Stdio::null()).output().await?;
    ensure!(run.status.success(), "`viva calibrate` failed");
    Ok(serde_json::from_slice(&run.stdout)?)
}
