//! Stop of speech to final text, for answers of 10, 60 and 180 s.
//!
//! Whoever stops at a pause waits for the text of the segment that the pause ended; so every pause of an answer is a place
//! where it could have ended, and gives one figure. A text counts from when it can no longer change.

use std::path::Path;

use super::{
    hearing::hear,
    models::{Weights, glossary},
    pace::Pace,
    process::cpu_s,
    speech::Speech,
    table::{Row, Table, percentile, slope},
};
use viva::signal::SAMPLE_RATE;

/// A closed segment can come back to life for this long: the session shows its text afterwards.
const REOPENING: u64 = SAMPLE_RATE as u64 / 4;
const COMMAND: &str = "cargo bench --bench voice -- waiting";

/// One place where the answer could have ended.
struct Stop {
    at_s: f64,
    wait_ms: f64,
}

pub async fn measure(dir: &Path, table: &mut Table) -> anyhow::Result<()> {
    let pace = if std::env::var_os("VIVA_BENCH_REAL_TIME").is_some() { Pace::Always } else { Pace::WhileBusy };
    for weights in [Weights::Synthetic, Weights::BaseSized] {
        let recognizer = weights.start(dir, 0).await?;
        let threads = recognizer.info().threads;
        let mut all = Vec::new();
        let (mut cpu, mut audio_s, mut decode_ms) = (0.0, 0.0, 0);
        for (seconds, runs) in [(10.0, 4), (60.0, 1), (180.0, 1)] {
            let mut stops = Vec::new();
            for _ in 0..runs {
                let speech = Speech::of(seconds)?;
                let path = dir.join("answer.wav");
                speech.write(&path)?;
                let before = cpu_s();
                let heard = hear(&path, &recognizer, glossary()?, pace).await?;
                cpu += cpu_s() - before;
                audio_s += speech.seconds();
                decode_ms += heard.iter().map(|segment| segment.decode_ms).sum::<u64>();
                for segment in heard.iter().filter(|segment| !segment.forced) {
                    let stop = speech.last_loud(segment.span.start.0, segment.span.end.0);
                    let text_at = segment.text_at.max(segment.span.end.0 + REOPENING);
                    let wait_ms = text_at.saturating_sub(stop) as f64 * 1000.0 / f64::from(SAMPLE_RATE);
                    stops.push(Stop { at_s: stop as f64 / f64::from(SAMPLE_RATE), wait_ms });
                }
            }
            let waits: Vec<f64> = stops.iter().map(|stop| stop.wait_ms / 1000.0).collect();
            let (p50, p95) = (percentile(&waits, 50.0), percentile(&waits, 95.0));
            table.add(Row {
                measure: format!("stop of speech → final text, {seconds} s, {}, {threads} threads", weights.name()),
                target: "p50 ≤ 0.90 s, p95 ≤ 1.50 s".into(),
                ours: format!("p50 {p50:.2} s, p95 {p95:.2} s"),
                met: Some(p50 <= 0.9 && p95 <= 1.5),
                n: waits.len(),
                command: COMMAND,
            });
            all.extend(stops);
        }
        let points: Vec<(f64, f64)> = all.iter().map(|stop| (stop.at_s, stop.wait_ms)).collect();
        let (slope, error) = slope(&points);
        table.add(Row {
            measure: format!("slope of it over the answer's length, {}", weights.name()),
            target: "≤ 1 ms per s".into(),
            ours: format!("{slope:.2} ± {error:.2} ms per s"),
            met: Some(slope - error <= 1.0),
            n: points.len(),
            command: COMMAND,
        });
        table.add(Row {
            measure: format!("CPU while listening, finals and partials, {}", weights.name()),
            target: "≤ 1.2 cores".into(),
            ours: format!("{:.2} (finals alone {:.2} busy)", cpu / audio_s, decode_ms as f64 / 1000.0 / audio_s),
            met: Some(cpu / audio_s <= 1.2),
            n: 1,
            command: COMMAND,
        });
        recognizer.stop();
    }
    Ok(())
}
