//! Stop of speech to final text, for answers of 10, 60 and 180 s.
//!
//! Whoever stops at a pause waits for the text of the segment that the pause ended; so every pause of an answer is a place
//! where it could have ended, and gives one figure. A text counts from when it can no longer change.

use std::path::Path;

use super::{
    Bench,
    hearing::{Screen, hear},
    models::{Weights, glossary},
    pace::Pace,
    process::cpu_s,
    speech::Speech,
    statistics::{median, percentile, percentile_bound_text, slope},
    table::{Row, Verdict},
};
use viva::signal::SAMPLE_RATE;

/// A closed segment can come back to life for this long: the session shows its text afterwards.
const REOPENING: u64 = SAMPLE_RATE as u64 / 4;

/// One place where the answer could have ended.
struct Stop {
    at_s: f64,
    wait_ms: f64,
    /// Of it: until the segment was cut, and its decoding. The rest is waiting for the recognizer to be free.
    cut_ms: f64,
    decode_ms: f64,
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let dir = bench.dir;
    let lengths: &[(f64, usize)] =
        if bench.quick { &[(10.0, 2), (60.0, 1)] } else { &[(10.0, 4), (60.0, 1), (180.0, 1)] };
    let pace = if std::env::var_os("VIVA_BENCH_REAL_TIME").is_some() { Pace::Always } else { Pace::WhileBusy };
    for weights in [Weights::Synthetic, Weights::BaseSized] {
        let recognizer = weights.start(dir, 0).await?;
        let threads = recognizer.info().threads;
        let mut all = Vec::new();
        let (mut cpu, mut audio_s) = (0.0, 0.0);
        for &(seconds, runs) in lengths {
            let mut stops = Vec::new();
            for _ in 0..runs {
                let speech = Speech::of(seconds)?;
                let path = dir.join("answer.wav");
                speech.write(&path)?;
                let before = cpu_s();
                let heard = hear(&path, &recognizer, glossary()?, pace, Screen::Watched).await?;
                cpu += cpu_s() - before;
                audio_s += speech.seconds();
                for segment in heard.iter().filter(|segment| !segment.forced) {
                    let stop = speech.last_loud(segment.span.start.0, segment.span.end.0);
                    let text_at = segment.text_at.max(segment.span.end.0 + REOPENING);
                    let since_stop = |at: u64| at.saturating_sub(stop) as f64 * 1000.0 / f64::from(SAMPLE_RATE);
                    stops.push(Stop {
                        at_s: stop as f64 / f64::from(SAMPLE_RATE),
                        wait_ms: since_stop(text_at),
                        cut_ms: since_stop(segment.closed_at),
                        decode_ms: segment.decode_ms as f64,
                    });
                }
            }
            let seconds_of = |of: fn(&Stop) -> f64| stops.iter().map(|stop| of(stop) / 1000.0).collect::<Vec<f64>>();
            let waits = seconds_of(|stop| stop.wait_ms);
            let (cut, decode) = (median(&seconds_of(|stop| stop.cut_ms)), median(&seconds_of(|stop| stop.decode_ms)));
            let queue = median(&seconds_of(|stop| stop.wait_ms - stop.cut_ms - stop.decode_ms));
            let (p50, p95) = (percentile(&waits, 50.0), percentile(&waits, 95.0));
            bench.table.add(Row {
                number: 1,
                measure: format!("stop of speech → final text, {seconds} s, {}, {threads} threads", weights.name()),
                target: "p50 ≤ 0.90 s, p95 ≤ 1.50 s".into(),
                ours: format!(
                    "p50 {p50:.2} s, p95 {p95:.2} s (medians: cut {cut:.2}, wait for the decoder {queue:.2}, decode {decode:.2})"
                ),
                verdict: Verdict::from(p50 <= 0.9 && p95 <= 1.5),
                n: format!("{} stops", waits.len()),
                bound: percentile_bound_text(&waits, "s"),
            });
            all.extend(stops);
        }
        let points = |of: fn(&Stop) -> f64| all.iter().map(|stop| (stop.at_s, of(stop))).collect::<Vec<(f64, f64)>>();
        let (whole, error) = slope(&points(|stop| stop.wait_ms));
        // Beside it, to tell a backlog from a machine that got busier meanwhile. The target is about the whole wait.
        let (backlog, backlog_error) = slope(&points(|stop| stop.wait_ms - stop.decode_ms));
        bench.table.add(Row {
            number: 1,
            measure: format!("slope of it over the answer's length, {}", weights.name()),
            target: "≤ 1 ms per s".into(),
            ours: format!("{whole:.2} ± {error:.2} ms per s (without the decoding {backlog:.2} ± {backlog_error:.2})"),
            verdict: Verdict::from(whole <= 1.0),
            n: format!("{} stops", all.len()),
            bound: format!("{:.2} ms per s", whole + 1.645 * error),
        });
        bench.table.add(Row {
            number: 11,
            measure: format!("CPU while listening, with the texts for the screen, {}", weights.name()),
            target: "≤ 1.2 cores".into(),
            ours: format!("{:.2} cores", cpu / audio_s),
            verdict: Verdict::from(cpu / audio_s <= 1.2),
            n: format!("{audio_s:.0} s"),
            bound: String::new(),
        });
        recognizer.stop();
        without_load(dir, weights, median(&all.iter().map(|stop| stop.cut_ms / 1000.0).collect::<Vec<_>>()), bench)
            .await?;
    }
    Ok(())
}

/// What the wait would be with nothing else on the machine, from CPU time, which a busy machine does not change much.
async fn without_load(dir: &Path, weights: Weights, cut_s: f64, bench: &mut Bench<'_>) -> anyhow::Result<()> {
    const TWO_CORES: f64 = 1.7; // what the second core brings
    let recognizer = weights.start(dir, 1).await?;
    let speech = Speech::of(60.0)?;
    let path = dir.join("answer.wav");
    speech.write(&path)?;
    let before = cpu_s();
    let heard = hear(&path, &recognizer, glossary()?, Pace::Never, Screen::Off).await?;
    let cpu = (cpu_s() - before) / heard.len() as f64;
    let length = heard.iter().map(|segment| segment.span.seconds()).sum::<f64>() / heard.len() as f64;
    let (one, two) = (cut_s + cpu, cut_s + cpu / TWO_CORES);
    bench.table.add(Row {
        number: 1,
        measure: format!("the wait by CPU time alone (mean segment {length:.1} s), {}", weights.name()),
        target: "≤ 0.90 s".into(),
        ours: format!("{cpu:.2} CPU-s a segment: {one:.2} s on one idle core, {two:.2} s on two"),
        verdict: Verdict::from(two <= 0.9),
        n: format!("{} segments", heard.len()),
        bound: String::new(),
    });
    recognizer.stop();
    Ok(())
}
