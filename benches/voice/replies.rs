//! Rows 2 and 3: how soon the interviewer is heard, by key and hands-free. In real time, with a real voice and a loudspeaker that is recorded.
//!
//! The candidate is a sound that comes at the pace of the clock; the interviewer is heard through the private sound server. The endpoint
//! is one of our own that takes 300 ms for whatever it is asked. Texts are the synthetic recognizer's: base.en takes longer, and that is row 1.

use std::{
    collections::VecDeque,
    io::Read,
    process::{Child, Command as Program, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::Method};
use viva::{
    audio::source::{AudioSource, Pulled},
    session::{Command, Event, Phase},
    signal::SAMPLE_RATE,
};

use super::{
    Bench,
    devices::{NO_SERVER, has_sound_server},
    sentences::{CLOSINGS, SENTENCES, Told},
    sitting::Sittings,
    sound::{Dice, Speaker, room},
    statistics::{percentile, percentile_bound_text},
    table::{Row, Verdict},
};

const ENDPOINT_TAKES: Duration = Duration::from_millis(300);
/// Between the last word and the key.
const KEY_AFTER: Duration = Duration::from_millis(700);

/// Seconds until the interviewer was heard.
#[derive(Default)]
struct Waits {
    /// Anything of it.
    first: Vec<f64>,
    /// The follow-up.
    probe: Vec<f64>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Key,
    Silence,
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    if !has_sound_server() {
        for (number, measure, target) in [
            (2, "\"done\" by key → first sound of the interviewer", "p95 ≤ 0.3 s ack, ≤ 1.5 s follow-up"),
            (3, "complete answer → first sound, hands-free", "p50 ≤ 2.3 s"),
        ] {
            let why = Verdict::NotMeasured(NO_SERVER.into());
            bench.table.add(Row::without_figure(number, measure, target, why));
        }
        return Ok(());
    }
    let times = bench.count(12, 3);
    let by_key = waits(bench, End::Key, times).await?;
    let by_silence = waits(bench, End::Silence, times).await?;
    for (number, measure, target, values, percent, limit) in [
        (2, "\"done\" by key → first sound of the interviewer", "p95 ≤ 0.3 s", &by_key.first, 95.0, 0.3),
        (
            2,
            "\"done\" by key → first sound of the follow-up, endpoint of 300 ms",
            "p95 ≤ 1.5 s",
            &by_key.probe,
            95.0,
            1.5,
        ),
        (
            3,
            "complete answer → first sound of the interviewer, hands-free",
            "p50 ≤ 2.3 s",
            &by_silence.first,
            50.0,
            2.3,
        ),
    ] {
        let (p50, p95) = (percentile(values, 50.0), percentile(values, 95.0));
        bench.table.add(Row {
            number,
            measure: format!("{measure} (synthetic recognizer, espeak-ng)"),
            target: target.into(),
            ours: format!("p50 {p50:.2} s, p95 {p95:.2} s"),
            n: format!("{} answers", values.len()),
            bound: percentile_bound_text(values, "s"),
            verdict: Verdict::from(percentile(values, percent) <= limit),
        });
    }
    Ok(())
}

async fn waits(bench: &Bench<'_>, end: End, times: usize) -> anyhow::Result<Waits> {
    let endpoint = slow_endpoint().await?;
    let settings = [
        ("voice.engine", "espeak".to_owned()),
        ("llm.endpoint", endpoint),
        ("llm.dialect", "openai".to_owned()),
        ("llm.model", "of-our-own".to_owned()),
    ];
    let sittings = Sittings::open_with(&bench.synthetic(), &settings).await?;
    let mut speaker = Speaker::new(bench.dir);
    let mut waits = Waits::default();
    for n in 0..times {
        let mut dice = Dice(0x5EED_0002 ^ (n as u64) << 16);
        let mut told = Told::default();
        for _ in 0..2 {
            told.say(&mut speaker, SENTENCES[dice.below(SENTENCES.len())], n)?;
            told.think(0.4, &mut dice);
        }
        let closing = format!("{} {}", SENTENCES[dice.below(SENTENCES.len())], CLOSINGS[n % CLOSINGS.len()]);
        told.say(&mut speaker, &closing, n)?;
        one(&sittings, told.sound, end, &mut waits).await?;
        eprintln!("  answer {} of {times}: first {:?}, follow-up {:?}", n + 1, waits.first.last(), waits.probe.last());
    }
    sittings.close().await?;
    Ok(waits)
}

/// One answer and what follows; the session is stopped when the follow-up is heard.
async fn one(sittings: &Sittings, sound: Vec<f32>, end: End, waits: &mut Waits) -> anyhow::Result<()> {
    let candidate = Candidate::new(sound);
    let (may_speak, spoke_at) = (candidate.may_speak.clone(), candidate.spoke_at.clone());
    let loudspeaker = Loudspeaker::listen()?;
    let mut events = sittings.handle.subscribe();
    let started = sittings.start(Box::new(candidate), 1, true, true).await?;
    let mut done_at = None;
    let mut probe_at = None;
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Ok(Ok(event)) = tokio::time::timeout(Duration::from_millis(10), events.recv()).await {
            match &*event {
                Event::Phase(Phase::Listening) => may_speak.store(true, Relaxed),
                Event::Asked { probe: Some(_), .. } => probe_at = Some(Instant::now()),
                Event::Finished { .. } => break,
                _ => {}
            }
        }
        let spoke_at = *spoke_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spoke_at) = spoke_at else { continue };
        if end == End::Key && done_at.is_none() && spoke_at.elapsed() >= KEY_AFTER {
            done_at = Some(Instant::now());
            sittings.handle.command(Command::EndTurn).await?;
        }
        if end == End::Silence {
            done_at = Some(spoke_at);
        }
        let (Some(done), Some(probe)) = (done_at, probe_at) else { continue };
        let Some(heard) = loudspeaker.first_sound(probe) else { continue };
        let first = loudspeaker.first_sound(done).unwrap_or(heard);
        waits.first.push((first - done).as_secs_f64());
        waits.probe.push((heard - done).as_secs_f64());
        break;
    }
    let _ = sittings.handle.command(Command::Stop).await; // an error means that it is over
    let _ = started.finished.await;
    Ok(())
}

/// A candidate who speaks when asked, at the pace of the clock, and is silent afterwards.
struct Candidate {
    sound: VecDeque<f32>,
    quiet: Vec<f32>,
    begun: Option<Instant>,
    given: u64,
    may_speak: Arc<AtomicBool>,
    /// When the last word was over.
    spoke_at: Arc<Mutex<Option<Instant>>>,
}

impl Candidate {
    fn new(sound: Vec<f32>) -> Self {
        let quiet = room(SAMPLE_RATE as usize / 50, 0.0005, &mut Dice(1));
        let (may_speak, spoke_at) = (Arc::default(), Arc::default());
        Self { sound: sound.into(), quiet, begun: None, given: 0, may_speak, spoke_at }
    }
}

impl AudioSource for Candidate {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        "the candidate".into()
    }

    fn pull(&mut self, out: &mut Vec<f32>, _wait: Duration) -> Pulled {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        out.extend(&self.quiet);
        let piece = self.quiet.len();
        self.given += piece as u64;
        let due = begun + Duration::from_secs_f64(self.given as f64 / f64::from(SAMPLE_RATE));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if self.may_speak.load(Relaxed) && !self.sound.is_empty() {
            let start = out.len() - piece;
            let words = self.sound.drain(..piece.min(self.sound.len()));
            out[start..].iter_mut().zip(words).for_each(|(sample, word)| *sample += word);
            if self.sound.is_empty() {
                *self.spoke_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            }
        }
        Pulled::Samples
    }
}

/// What the virtual loudspeaker plays: when it was loud.
struct Loudspeaker {
    recorder: Child,
    loud: Arc<Mutex<Vec<Instant>>>,
}

impl Loudspeaker {
    fn listen() -> anyhow::Result<Self> {
        let arguments =
            ["--device=vspk.monitor", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=20"];
        let mut recorder = Program::new("parec").args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut sound = recorder.stdout.take().ok_or_else(|| anyhow::anyhow!("parec has no output"))?;
        let loud: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let into = loud.clone();
        std::thread::spawn(move || {
            let mut block = [0; 320]; // 10 ms; the thread ends with the recorder
            while sound.read_exact(&mut block).is_ok() {
                let samples = block.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                if samples.map(i16::unsigned_abs).any(|sample| sample > 300) {
                    into.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
                }
            }
        });
        Ok(Self { recorder, loud })
    }

    fn first_sound(&self, after: Instant) -> Option<Instant> {
        let loud = self.loud.lock().unwrap_or_else(PoisonError::into_inner);
        loud.iter().find(|at| **at > after).copied()
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _ = self.recorder.kill(); // an error means that it has ended
        let _ = self.recorder.wait();
    }
}

/// An endpoint that takes its time and then says nothing of use: the bank's own choice stands.
async fn slow_endpoint() -> anyhow::Result<String> {
    let answer = |method: Method| async move {
        if method == Method::GET {
            return r#"{"data":[{"id":"of-our-own"}]}"#;
        }
        tokio::time::sleep(ENDPOINT_TAKES).await;
        concat!(
            r#"{"model":"of-our-own","choices":[{"index":0,"message":{"role":"assistant","content":"{}"},"#,
            r#""finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#
        )
    };
    let app = Router::new()
        .fallback(move |method: Method| async move { ([("content-type", "application/json")], answer(method).await) });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}/v1", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}
