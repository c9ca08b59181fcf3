//! A thousand answers through the program against an endpoint whose own time is known: answers a second, what we add, memory.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use viva::content::{self, calibration::calibration_set};

use super::{
    endpoint::ScriptedEndpoint,
    process::cpu_s_of,
    server::{Daemon, viva},
};

const ANSWERS: usize = 1000;
const AT_ONCE: usize = 8;

/// Who sends the answers.
#[derive(Clone, Copy)]
enum By {
    /// `viva judge --answers`: one after the other.
    Command,
    /// The API, several at once.
    Calls,
}

pub async fn print() -> anyhow::Result<()> {
    let nowhere = tempfile::tempdir()?;
    let set = calibration_set(nowhere.path()).map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    let content = content::load(None)?;
    let known = set.answers.iter().filter(|answer| content.question(&answer.question).is_some());
    let lines: Vec<Value> = known
        .cycle()
        .take(ANSWERS)
        .enumerate()
        .map(|(n, a)| json!({"id": n.to_string(), "question": a.question, "kind": a.kind.name(), "transcript": a.answer}))
        .collect();
    println!("{ANSWERS} answers of {} words on average, against a scripted endpoint.\n", {
        set.answers.iter().map(|answer| answer.words()).sum::<usize>() / set.answers.len()
    });
    println!(
        "| how | a reply takes | answers a second | ours per answer | CPU of the daemon per answer | against the endpoint's own time | peak memory of the daemon |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (by, takes) in [(By::Command, 0), (By::Command, 50), (By::Calls, 0), (By::Calls, 50)] {
        measure(&lines, by, Duration::from_millis(takes)).await?;
    }
    println!();
    Ok(())
}

async fn measure(lines: &[Value], by: By, takes: Duration) -> anyhow::Result<()> {
    let endpoint = ScriptedEndpoint::start(takes).await?;
    let home = tempfile::tempdir()?;
    let settings = [
        ("llm.endpoint", endpoint.address.clone()),
        ("llm.model", "scripted-1".to_owned()),
        ("voice.engine", "none".to_owned()),
    ];
    let daemon = Daemon::start(home.path(), &settings).await?;
    daemon.post("/api/judge", &call(&lines[0])).await?; // what is done once is done
    let (calls, busy, cpu) = (endpoint.calls(), endpoint.busy_s(), cpu_s_of(&daemon.pid()));
    let begun = Instant::now();
    let judged = match by {
        By::Command => by_command(lines, home.path(), &settings).await?,
        By::Calls => by_calls(lines, &daemon).await?,
    };
    let wall = begun.elapsed().as_secs_f64();
    let cpu = cpu_s_of(&daemon.pid()) - cpu;
    ensure!(judged == lines.len(), "{judged} of {} were judged", lines.len());
    let n = lines.len() as f64;
    let (calls, busy) = ((endpoint.calls() - calls) as f64, endpoint.busy_s() - busy);
    let (name, lanes) = match by {
        By::Command => ("`viva judge --answers`, one after the other".to_owned(), 1.0),
        By::Calls => (format!("the API, {AT_ONCE} at once"), AT_ONCE as f64),
    };
    let floor = (calls * takes.as_secs_f64() + if takes.is_zero() { busy } else { 0.0 }) / lanes;
    let ratio = if takes.is_zero() { "-".to_owned() } else { format!("{:.2}", wall / floor) };
    println!(
        "| {name} | {} ms | {:.0} | {:.1} ms | {:.1} ms | {ratio} | {:.0} MB |",
        takes.as_millis(),
        n / wall,
        1000.0 * (wall - floor) / n,
        1000.0 * cpu / n,
        peak_mb(&daemon.pid())
    );
    Ok(())
}

fn call(line: &Value) -> Value {
    json!({"question": line["question"], "kind": line["kind"], "transcript": line["transcript"]})
}

async fn by_command(lines: &[Value], home: &Path, settings: &[(&str, String)]) -> anyhow::Result<usize> {
    let (file, out) = (home.join("answers.jsonl"), home.join("judged.jsonl"));
    std::fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    let mut command = tokio::process::Command::from(viva(home, settings));
    command.arg("judge").arg("--answers").arg(&file).arg("--out").arg(&out);
    ensure!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().await?.success(), "`viva judge` failed");
    let results = std::fs::read_to_string(out)?;
    let results = results.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(results.filter(|result| result["why"].is_null() && !result["scores"].to_string().contains("ungraded")).count())
}

async fn by_calls(lines: &[Value], daemon: &Daemon) -> anyhow::Result<usize> {
    let all = stream::iter(lines).map(|line| async move { daemon.post("/api/judge", &call(line)).await });
    let replies: Vec<anyhow::Result<Value>> = all.buffer_unordered(AT_ONCE).collect().await;
    let mut judged = 0;
    for reply in replies {
        judged += usize::from(reply?["assessment"]["kind"] == "judged");
    }
    Ok(judged)
}

/// The most that was in RAM at once, as Linux tells it; elsewhere not a number.
fn peak_mb(pid: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(f64::NAN, |kib| kib * 1.024e-3)
}
