//! Whole sessions at full speed: real sound through the listener, the recognizer and the turn-taking, in lock-step, and what happened when.
//!
//! Time is counted in the tenths of a second that the session tells of, so it is the time of the samples and exact to a tenth of a second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use viva::{
    audio::source::{AudioSource, Pulled},
    config::{self, Paths},
    content,
    interview::{question::AskedLevel, transcript::Segment},
    session::{self, Asked, Ear, Event, Handle, Phase, Plan, Workers, owner},
    signal::SAMPLE_RATE,
    store::{AnswerRecord, Store},
};

/// Samples behind one level.
const LEVEL: u64 = SAMPLE_RATE as u64 / 10;
const QUESTION: &str = "rate-limiter";

/// Something that happened.
pub enum What {
    /// The turn-taking took the answer as over.
    Ended,
    /// That was taken back.
    WentOn,
    /// The interviewer showed something; what it says aloud is shown, too.
    Showed(String),
    /// The interviewer began to speak.
    Spoke,
    Segment(Segment),
    Kept(Box<AnswerRecord>),
}

pub struct Happened {
    /// Samples from the start of the sound.
    pub at: u64,
    pub what: What,
}

/// One sitting after the other, on a home of its own. The interviewer speaks, in no time and without a sound; no endpoint; silence ends turns.
pub struct Sittings {
    workers: Workers,
    pub handle: Handle,
    cancel: CancellationToken,
    owner: JoinHandle<()>,
    home: TempDir,
}

impl Sittings {
    /// `model`: a path.
    pub async fn open(model: &std::path::Path) -> anyhow::Result<Self> {
        Self::open_with(model, &[]).await
    }

    /// The same, with some settings of one's own.
    pub async fn open_with(model: &std::path::Path, own: &[(&str, String)]) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let folder = |name: &str| home.path().join(name);
        let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
        let settings = [
            ("llm.endpoint", "none"),
            ("voice.engine", "none"),
            ("turn.end", "pause"),
            ("audio.tail_ms", "0"), // by the clock, and the sound does not wait for it
            ("store.keep_audio_days", "0"),
            ("speech.threads", "1"),
        ];
        let mut settings: Vec<(String, String)> = settings.map(|(key, value)| (key.into(), value.into())).into();
        settings.push(("speech.model".into(), model.display().to_string()));
        settings.extend(own.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let config = config::load(None, [], &settings)?.config;
        let loaded = content::load_with_own(&paths.config_dir)?;
        let store = Store::open(&paths.data_dir)?;
        let cancel = CancellationToken::new();
        let workers = Workers::new(Arc::new(config), paths, loaded, store, cancel.clone()).await;
        let (handle, owner) = owner::spawn(workers.clone(), cancel.clone());
        Ok(Self { workers, handle, cancel, owner, home })
    }

    /// One answer: this sound, and nothing behind it.
    pub async fn hold(&self, sound: Vec<f32>) -> anyhow::Result<Vec<Happened>> {
        let mut events = self.handle.subscribe();
        let floor = Arc::new(Floor::default());
        let sound = Sound { sound, at: 0, floor: floor.clone() };
        let watch = tokio::spawn(async move {
            let (mut heard, mut happened) = (0_u64, Vec::new());
            loop {
                let what = match events.recv().await.map(Arc::unwrap_or_clone) {
                    Ok(Event::Level { .. }) => {
                        heard += LEVEL;
                        continue;
                    }
                    Ok(Event::Phase(Phase::Listening)) => {
                        floor.is_given.store(true, Relaxed);
                        continue;
                    }
                    // The question is read.
                    Ok(Event::Floor(_)) if !floor.is_given.load(Relaxed) => continue,
                    Ok(Event::Phase(Phase::Deciding)) => What::Ended,
                    Ok(Event::Unended) => What::WentOn,
                    Ok(Event::Notice(text) | Event::Remark(text)) => What::Showed(text),
                    Ok(Event::Clarified(heard)) => What::Showed(heard.told),
                    Ok(Event::Floor(session::Floor::Speaking)) => What::Spoke,
                    Ok(Event::Segment(segment)) => What::Segment(segment),
                    Ok(Event::Kept { answer, .. }) => What::Kept(answer),
                    Ok(Event::Finished { .. }) => return Ok(happened),
                    Err(RecvError::Closed) => return Ok(happened),
                    Err(RecvError::Lagged(missed)) => anyhow::bail!("{missed} events were missed"),
                    Ok(_) => continue,
                };
                happened.push(Happened { at: heard, what });
            }
        });
        let started = self.start(Box::new(sound), 0, true, false).await?;
        let answers = started.finished.await?.map_err(anyhow::Error::msg);
        let happened = watch.await??;
        answers?;
        Ok(happened)
    }

    /// Begins a session whose first turn is heard through the source.
    pub async fn start(
        &self,
        source: Box<dyn AudioSource>,
        probes: u8,
        speak: bool,
        judge: bool,
    ) -> anyhow::Result<owner::Started> {
        self.workers.hear_through([source]).await;
        let question = self.workers.question(Some(QUESTION)).map(Asked::known);
        let plan = Plan {
            question: question.ok_or_else(|| anyhow::anyhow!("the question {QUESTION} is gone"))?,
            level: AskedLevel::Senior,
            probes,
            speak,
            judge,
            ear: Ear::Microphone,
            drill: None,
            client: "a measurement".into(),
        };
        Ok(self.handle.start(plan).await?)
    }

    pub async fn close(self) -> anyhow::Result<()> {
        self.cancel.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.owner).await??;
        self.workers.stop().await;
        drop(self.home);
        Ok(())
    }
}

/// When the candidate may begin.
#[derive(Default)]
pub struct Floor {
    is_given: AtomicBool,
}

impl Floor {
    /// There is no question before it.
    pub fn given() -> Arc<Self> {
        Arc::new(Self { is_given: true.into() })
    }
}

/// Sound that waits for who hears it, and for the floor.
pub struct Sound {
    pub sound: Vec<f32>,
    pub at: usize,
    pub floor: Arc<Floor>,
}

impl AudioSource for Sound {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        "a measurement".into()
    }

    fn is_patient(&self) -> bool {
        true
    }

    fn pull(&mut self, out: &mut Vec<f32>, _wait: Duration) -> Pulled {
        let piece = SAMPLE_RATE as usize / 50;
        if !self.floor.is_given.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(1)); // the question takes no time
            return Pulled::Nothing;
        }
        let end = self.sound.len().min(self.at + piece);
        if end == self.at {
            return Pulled::Ended;
        }
        out.extend(&self.sound[self.at..end]);
        self.at = end;
        Pulled::Samples
    }
}

/// Does the same with each case, in as many sittings at once as there are cores; in the order of the cases.
pub async fn each<C, R, F>(model: &std::path::Path, cases: Vec<C>, label: &str, hold: F) -> anyhow::Result<Vec<R>>
where
    C: Send + Sync + 'static,
    R: Send + 'static,
    F: AsyncFn(&Sittings, &C) -> anyhow::Result<R> + Copy,
{
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (cases, next) = (&cases, std::sync::atomic::AtomicUsize::new(0));
    let next = &next;
    let workers = (0..cores).map(|_| async move {
        let sittings = Sittings::open(model).await?;
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(case) = cases.get(n) else { break };
            done.push((n, hold(&sittings, case).await?));
            if n % 50 == 49 {
                eprintln!("  {label}: {} of {}", n + 1, cases.len());
            }
        }
        sittings.close().await?;
        anyhow::Ok(done)
    });
    let mut done: Vec<(usize, R)> = futures_util::future::try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_by_key(|(n, _)| *n);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
