//! Rows 11 and 13, through the sound server: what hearing costs in real time, whether samples are lost, how soon a pulled microphone is noticed.
//!
//! The sound server is a private one without hardware (`tests/virtual-mic.sh`); where its programs are missing the rows say so.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use viva::{
    signal::{SAMPLE_RATE, vad::VoiceActivity},
    speech::{
        listener::{HearingEvent, Listener, ListenerOptions},
        recognizer::{Job, Recognizer},
    },
};

use super::{
    Bench,
    models::{Weights, glossary},
    process::cpu_s,
    speech::{Speech, root},
    table::{Row, Verdict},
};

/// Minutes of real time for row 11, instead of the usual: 30 for its whole target.
const MINUTES: &str = "VIVA_BENCH_MINUTES";
pub const NO_SERVER: &str = "no sound server is installed (pulseaudio)";

pub fn has_sound_server() -> bool {
    std::env::var_os("VIVA_TEST_MIC").is_some()
}

/// Runs this program once more with a private sound server around it, where its programs are there; returns how that ended.
pub fn again_with_a_sound_server() -> anyhow::Result<Option<i32>> {
    let is_there =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if has_sound_server() || !is_there("pulseaudio") || !is_there("pactl") {
        return Ok(None);
    }
    let mut command = Command::new(root().join("tests/virtual-mic.sh"));
    command.arg("run").arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    let folder = std::env::temp_dir().join(format!("virtual-mic.bench.{}", std::process::id()));
    let status = command.env("VMIC_DIR", folder).status()?;
    Ok(Some(status.code().unwrap_or(1)))
}

/// Plays a file into the microphone until it is dropped.
struct Player {
    process: Option<Child>,
}

impl Player {
    fn play(&mut self, file: &Path) -> anyhow::Result<()> {
        let ended = match &mut self.process {
            Some(process) => process.try_wait()?.is_some(),
            None => true,
        };
        if ended {
            let mut command = Command::new(root().join("tests/virtual-mic.sh"));
            self.process = Some(command.arg("play").arg(file).stdout(Stdio::null()).spawn()?);
        }
        Ok(())
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill(); // an error means that it has ended
            let _ = process.wait();
        }
    }
}

pub async fn drill(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    vad_share(bench)?;
    if !has_sound_server() || cfg!(not(feature = "audio")) {
        for (measure, target) in [("CPU in a drill, real time", "≤ 1.2 cores"), ("ring overruns in 30 min", "0")] {
            let why = Verdict::NotMeasured(NO_SERVER.into());
            bench.table.add(Row::without_figure(11, measure, target, why));
        }
        return Ok(());
    }
    #[cfg(feature = "audio")]
    real_time(bench).await?;
    Ok(())
}

#[cfg(feature = "audio")]
async fn real_time(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let minutes = std::env::var(MINUTES).ok().and_then(|minutes| minutes.parse().ok());
    let minutes: f64 = minutes.unwrap_or(bench.count(5, 1) as f64);
    let recognizer = Weights::BaseSized.start(bench.dir, 0).await?;
    let file = bench.dir.join("spoken.wav");
    Speech::of(60.0)?.write(&file)?;
    let microphone = viva::audio::capture::open_microphone("default")?;
    let (listener, mut events) = Listener::start(Box::new(microphone), ListenerOptions::default());
    let mut player = Player { process: None };
    let mut finals: FuturesOrdered<BoxFuture<'static, ()>> = FuturesOrdered::new();
    let mut partial: Option<BoxFuture<'static, ()>> = None;
    let (mut dropped, mut segments, mut partials) = (0, 0, 0);
    let (begun, before) = (Instant::now(), cpu_s());
    while begun.elapsed().as_secs_f64() < minutes * 60.0 {
        player.play(&file)?;
        tokio::select! {
            event = events.recv() => match event {
                Some(HearingEvent::Closed(segment)) => {
                    partial = None;
                    segments += 1;
                    finals.push_back(decode(&recognizer, Job { samples: segment.samples, peak_score: segment.peak_score, glossary: glossary()? }));
                }
                Some(HearingEvent::OpenSoFar { samples, .. }) if partial.is_none() => {
                    partials += 1;
                    let answer = recognizer.partial(Job { samples, peak_score: 1.0, glossary: glossary()? });
                    partial = Some(answer.map(|_| ()).boxed());
                }
                Some(HearingEvent::Dropped { samples }) => dropped = samples,
                Some(_) => {}
                None => anyhow::bail!("the microphone ended"),
            },
            Some(()) = finals.next() => {}
            () = async { partial.as_mut().expect("guarded").await }, if partial.is_some() => partial = None,
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
    }
    let (cpu, wall) = (cpu_s() - before, begun.elapsed().as_secs_f64());
    drop((player, listener));
    recognizer.stop();
    bench.table.add(Row {
        number: 11,
        measure: "CPU in a drill, real time, microphone, finals and partials by base.en-sized weights".into(),
        target: "≤ 1.2 cores".into(),
        ours: format!("{:.2} cores ({segments} segments, {partials} partial texts)", cpu / wall),
        n: format!("{:.0} s", wall),
        bound: String::new(),
        verdict: Verdict::from(cpu / wall <= 1.2),
    });
    bench.table.add(Row {
        number: 11,
        measure: "samples lost because the ring was full".into(),
        target: "0 in 30 min".into(),
        ours: format!("{dropped}"),
        n: format!("{:.1} min", wall / 60.0),
        bound: String::new(),
        verdict: Verdict::from(dropped == 0),
    });
    Ok(())
}

#[cfg(feature = "audio")]
fn decode(recognizer: &Recognizer, job: Job) -> BoxFuture<'static, ()> {
    let recognizer = recognizer.clone();
    async move { recognizer.recognize(job).await.map_or((), |_| ()) }.boxed()
}

fn vad_share(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let speech = Speech::of(600.0)?;
    let mut scores = Vec::new();
    let before = cpu_s();
    VoiceActivity::default().push(&speech.samples, &mut scores);
    let share = (cpu_s() - before) / (speech.samples.len() as f64 / f64::from(SAMPLE_RATE));
    bench.table.add(Row {
        number: 11,
        measure: "CPU of voice activity".into(),
        target: "≤ 0.2 % of a core".into(),
        ours: format!("{:.3} %", 100.0 * share),
        n: format!("{:.0} s of sound", speech.seconds()),
        bound: String::new(),
        verdict: Verdict::from(share <= 0.002),
    });
    Ok(())
}

pub fn unplug(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    bench.table.add(Row::without_figure(
        13,
        "unplug and replug: the turn is kept",
        "kept",
        Verdict::ByTest("tests/practice.rs a_microphone_that_is_unplugged_in_the_middle_of_an_answer_costs_no_word"),
    ));
    if !has_sound_server() || cfg!(not(feature = "audio")) {
        let why = Verdict::NotMeasured(NO_SERVER.into());
        bench.table.add(Row::without_figure(13, "unplug noticed, replug capturing", "≤ 0.5 s, ≤ 2 s", why));
        return Ok(());
    }
    #[cfg(feature = "audio")]
    plugs::measure(bench)?;
    Ok(())
}

#[cfg(feature = "audio")]
mod plugs {
    use viva::audio::{
        capture::{Microphone, open_microphone},
        source::{AudioSource, Pulled},
    };

    use super::super::statistics::{percentile, percentile_bound_text};
    use super::*;

    pub fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
        let rounds = bench.count(20, 3);
        let mut microphone = open_microphone("default")?;
        let (mut noticed, mut back) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            wait_for(&mut microphone, |pulled| *pulled == Pulled::Samples)?;
            control("unplug")?;
            noticed.push(wait_for(&mut microphone, |pulled| matches!(pulled, Pulled::Lost { .. }))?);
            std::thread::sleep(Duration::from_millis(700));
            control("replug")?;
            let again = wait_for(&mut microphone, |pulled| matches!(pulled, Pulled::Back { .. }))?;
            back.push(again + wait_for(&mut microphone, |pulled| *pulled == Pulled::Samples)?);
        }
        for (measure, target, limit, values) in [
            ("microphone unplugged: noticed after", "≤ 0.5 s", 0.5, noticed),
            ("plugged in again: capturing after", "≤ 2 s", 2.0, back),
        ] {
            let (p50, p95) = (percentile(&values, 50.0), percentile(&values, 95.0));
            bench.table.add(Row {
                number: 13,
                measure: measure.into(),
                target: target.into(),
                ours: format!("p50 {p50:.2} s, p95 {p95:.2} s"),
                n: format!("{rounds} times"),
                bound: percentile_bound_text(&values, "s"),
                verdict: Verdict::from(p95 <= limit),
            });
        }
        Ok(())
    }

    fn control(word: &str) -> anyhow::Result<()> {
        let status = Command::new(root().join("tests/virtual-mic.sh")).arg(word).status()?;
        anyhow::ensure!(status.success(), "virtual-mic.sh {word}: {status}");
        Ok(())
    }

    /// Seconds until it happens; counted from the return of the program that pulled the plug.
    fn wait_for(microphone: &mut Microphone, what: impl Fn(&Pulled) -> bool) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut samples = Vec::new();
        while begun.elapsed() < Duration::from_secs(10) {
            samples.clear();
            if what(&microphone.pull(&mut samples, Duration::from_millis(20))) {
                return Ok(begun.elapsed().as_secs_f64());
            }
        }
        anyhow::bail!("it did not happen within 10 s")
    }
}
