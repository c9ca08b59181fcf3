//! Row 16: does memory grow with the hours? Answer after answer in one process, at full speed.

use super::{
    Bench,
    process::resident_mb,
    sitting::Sittings,
    speech::Speech,
    statistics::slope,
    table::{Row, Verdict},
};

/// Length of one answer.
const ANSWER_S: f64 = 120.0;

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        let why = Verdict::NotMeasured("memory is read from /proc".into());
        bench.table.add(Row::without_figure(16, "growth of memory over 2 h", "≤ 1 MB per hour", why));
        return Ok(());
    }
    let answers = bench.count(30, 6);
    let sittings = Sittings::open(&bench.synthetic()).await?;
    let speech = Speech::of(ANSWER_S)?;
    let hours = speech.seconds() / 3600.0;
    let mut points = Vec::new();
    for n in 0..answers {
        sittings.hold(speech.samples.clone()).await?;
        points.push(((n + 1) as f64 * hours, resident_mb("self")));
        if n % 10 == 9 {
            eprintln!("  memory: {} of {answers} answers, {:.0} MB", n + 1, resident_mb("self"));
        }
    }
    sittings.close().await?;
    // What is loaded once is there after the first few.
    let steady = &points[points.len() / 5..];
    let (growth, error) = slope(steady);
    bench.table.add(Row {
        number: 16,
        measure: format!(
            "growth of memory over {:.1} h of answers, at full speed, synthetic model",
            answers as f64 * hours
        ),
        target: "≤ 1 MB per hour".into(),
        ours: format!(
            "{growth:.2} ± {error:.2} MB per hour ({:.0} to {:.0} MB)",
            steady.first().map_or(f64::NAN, |point| point.1),
            steady.last().map_or(f64::NAN, |point| point.1)
        ),
        n: format!("{} answers of {ANSWER_S} s", steady.len()),
        bound: format!("{:.2} MB per hour", growth + 1.645 * error),
        verdict: Verdict::from(growth <= 1.0),
    });
    Ok(())
}
