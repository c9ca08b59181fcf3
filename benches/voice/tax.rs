//! What hearing piece by piece costs against decoding the file in one go: CPU, time and words, as ratios.
//!
//! Same process, model and thread; runs of both take turns, so that both meet the same machine.

use std::{path::Path, time::Instant};

use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

use super::{
    Bench,
    hearing::{self, Screen},
    models::{Weights, glossary},
    pace::Pace,
    process::cpu_s,
    speech::{Speech, word_error_rate},
    statistics::median,
    table::{BESIDE, Row, Verdict},
};

const RUNS: usize = 3;

/// CPU and wall seconds, and what was understood.
struct Run {
    cpu_s: f64,
    wall_s: f64,
    text: String,
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let dir = bench.dir;
    let speech = Speech::of(60.0)?;
    let path = dir.join("minute.wav");
    speech.write(&path)?;
    for weights in [Weights::Synthetic, Weights::BaseSized] {
        let recognizer = weights.start(dir, 1).await?;
        let mut plain = Plain::load(&weights.file(dir)?.path, weights)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let begun = (Instant::now(), cpu_s());
            let heard = hearing::hear(&path, &recognizer, glossary()?, Pace::Never, Screen::Watched).await?;
            ours.push(Run::since(begun, hearing::text(&heard)));
            let begun = (Instant::now(), cpu_s());
            let text = plain.decode(&speech.samples, Times::Written)?;
            theirs.push(Run::since(begun, text));
        }
        let (ours, theirs) = (Middle::of(&ours), Middle::of(&theirs));
        let what = |what: &str| {
            format!("{what} of a {:.0} s WAV against one plain `full()`, {}", speech.seconds(), weights.name())
        };
        bench.table.add(Row {
            number: BESIDE,
            measure: what("CPU"),
            target: "-".into(),
            ours: format!("{:.2} ({:.2} s : {:.2} s)", ours.cpu_s / theirs.cpu_s, ours.cpu_s, theirs.cpu_s),
            verdict: Verdict::NoTarget,
            n: format!("{RUNS} runs each"),
            bound: String::new(),
        });
        bench.table.add(Row {
            number: BESIDE,
            measure: what("wall"),
            target: "-".into(),
            ours: format!("{:.2} ({:.2} s : {:.2} s)", ours.wall_s / theirs.wall_s, ours.wall_s, theirs.wall_s),
            verdict: Verdict::NoTarget,
            n: format!("{RUNS} runs each"),
            bound: String::new(),
        });
        if weights == Weights::Synthetic {
            let ours = word_error_rate(&speech.text, &ours.text);
            // The model was taught little about times: without them it does better. The better of the two counts.
            let without_times = plain.decode(&speech.samples, Times::Off)?;
            let theirs = [theirs.text, without_times].map(|text| word_error_rate(&speech.text, &text));
            let theirs = theirs[0].min(theirs[1]);
            bench.table.add(Row {
                number: 8,
                measure: "streaming tax: word error rate over that of plain `full()`".into(),
                target: "≤ 1.0 points".into(),
                ours: format!("{:+.1} points ({ours:.1} % : {theirs:.1} %)", ours - theirs),
                verdict: Verdict::from(ours - theirs <= 1.0),
                n: format!("{} words", speech.text.split_whitespace().count()),
                bound: String::new(),
            });
            // The synthetic model fails on windows of many sentences, which makes the row above easy. Harder, and no target of
            // ours: each recording by itself, cut where it really begins and ends.
            let alone = speech.clips.iter().map(|clip| plain.decode(&speech.samples[clip.clone()], Times::Off));
            let alone = word_error_rate(&speech.text, &alone.collect::<anyhow::Result<Vec<_>>>()?.join(" "));
            bench.table.add(Row {
                number: BESIDE,
                measure: "the same over plain `full()` of each recording by itself".into(),
                target: "-".into(),
                ours: format!("{:+.1} points ({ours:.1} % : {alone:.1} %)", ours - alone),
                verdict: Verdict::NoTarget,
                n: format!("{} words", speech.text.split_whitespace().count()),
                bound: String::new(),
            });
        }
        recognizer.stop();
    }
    Ok(())
}

impl Run {
    fn since((moment, cpu): (Instant, f64), text: String) -> Self {
        Self { cpu_s: cpu_s() - cpu, wall_s: moment.elapsed().as_secs_f64(), text }
    }
}

/// The medians; the texts are all the same.
struct Middle {
    cpu_s: f64,
    wall_s: f64,
    text: String,
}

impl Middle {
    fn of(runs: &[Run]) -> Self {
        let middle = |of: fn(&Run) -> f64| median(&runs.iter().map(of).collect::<Vec<_>>());
        Self { cpu_s: middle(|run| run.cpu_s), wall_s: middle(|run| run.wall_s), text: runs[0].text.clone() }
    }
}

/// Whether the decoder writes the times of its segments, as it does when left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Written,
    Off,
}

/// whisper.cpp as its own examples use it: the whole file, windows of 30 s, one thread, greedy.
struct Plain {
    state: WhisperState,
    weights: Weights,
}

impl Plain {
    fn load(model: &Path, weights: Weights) -> anyhow::Result<Self> {
        let mut parameters = WhisperContextParameters::default();
        parameters.flash_attn(false);
        Ok(Self { state: WhisperContext::new_with_params(model, parameters)?.create_state()?, weights })
    }

    fn decode(&mut self, samples: &[f32], times: Times) -> anyhow::Result<String> {
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_n_threads(1);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params.set_no_timestamps(times == Times::Off || self.weights.tokens_per_s().is_some());
        if let Some(tokens) = self.weights.tokens_per_s() {
            // Weights that mean nothing: no times, which would cut the windows anywhere, and no second tries.
            params.set_temperature_inc(0.0);
            params.set_max_tokens((tokens * 30.0) as i32);
        }
        self.state.full(params, samples)?;
        let texts = self.state.as_iter().map(|segment| segment.to_str_lossy().unwrap_or_default().trim().to_owned());
        Ok(texts.collect::<Vec<_>>().join(" "))
    }
}
