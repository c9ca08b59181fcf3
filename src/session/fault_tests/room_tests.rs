//! A room in which things go wrong: a microphone that fails as its script has it, a decoder that breaks, a voice whose time is that of
//! the microphone's samples.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::{broadcast::error::RecvError, mpsc};
use tokio_util::sync::CancellationToken;

use super::super::{
    event::{Event, Floor, Phase},
    exchange, owner,
    plan::{Asked, Ear, Plan},
    workers::Workers,
};
use super::{ScriptedVoice, WORD};
use crate::{
    audio::{
        source::{AudioSource, Pulled},
        wav,
    },
    config::{self, Paths},
    content,
    interview::{pack::Content, question::AskedLevel},
    signal::{SAMPLE_RATE, noise},
    speech::recognizer::Recognizer,
    store::{AnswerRecord, Store},
};

static CONTENT: LazyLock<Content> = LazyLock::new(|| content::load(None).unwrap());

/// What happens in front of the microphone, and to it.
#[derive(Clone, Copy)]
pub enum Does {
    /// Speech that is found to say this.
    Says(&'static str),
    /// A short sound that is found to say this.
    Hums(&'static str),
    /// Speech that nobody is to find words in: the ears are closed, or the decoder is broken.
    Speaks,
    /// For so many seconds.
    IsSilent(f64),
    /// The decoder panics so often at the next segment.
    Breaks(usize),
    Lost,
    Back(Duration),
    Sleeps(Duration),
}

pub fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

struct Microphone {
    script: VecDeque<Does>,
    sound: VecDeque<f32>,
    heard: Arc<AtomicU64>,
    /// Nobody hears any more.
    closed: Arc<AtomicBool>,
    /// Seconds of silence behind the script, in case that nothing ends the turn.
    patience: f64,
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.closed.store(true, Relaxed);
    }
}

impl AudioSource for Microphone {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        "the candidate".into()
    }

    fn is_patient(&self) -> bool {
        true
    }

    fn pull(&mut self, out: &mut Vec<f32>, _wait: Duration) -> Pulled {
        while self.sound.is_empty() {
            match self.script.pop_front() {
                Some(Does::Says(_) | Does::Speaks) => self.sound.extend(voice().iter()),
                Some(Does::Hums(_)) => self.sound.extend(voice().iter().take(SAMPLE_RATE as usize / 4)),
                Some(Does::IsSilent(seconds)) if seconds > 2.0 => {
                    self.script.push_front(Does::IsSilent(seconds - 1.0));
                    self.sound.extend(silence(1.0));
                }
                Some(Does::IsSilent(seconds)) => self.sound.extend(silence(seconds)),
                Some(Does::Breaks(_)) => {}
                Some(Does::Lost) => return Pulled::Lost { why: "it was unplugged".into() },
                Some(Does::Back(gap)) => return Pulled::Back { gap },
                Some(Does::Sleeps(away)) => return Pulled::Slept { away },
                None if self.patience > 0.0 => {
                    self.patience -= 1.0;
                    self.sound.extend(silence(1.0));
                }
                None => return Pulled::Ended,
            }
        }
        out.extend(self.sound.drain(..self.sound.len().min(SAMPLE_RATE as usize / 50)));
        self.heard.fetch_add(out.len() as u64, Relaxed);
        Pulled::Samples
    }
}

/// Not quite zero, as a room.
fn silence(seconds: f64) -> Vec<f32> {
    noise::white((seconds * f64::from(SAMPLE_RATE)) as usize, 0.0005)
}

/// One stretch of speech.
pub fn voice() -> Arc<[f32]> {
    static VOICE: LazyLock<Arc<[f32]>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/sample-answer-3.wav");
        let sound = wav::read_samples(&path).unwrap();
        let loud = |s: &f32| s.abs() > 0.02;
        let (first, last) = (sound.iter().position(loud).unwrap(), sound.iter().rposition(loud).unwrap());
        sound[first..=last].into()
    });
    VOICE.clone()
}

pub struct Room {
    settings: Vec<(String, String)>,
    speaks: bool,
    /// Whether the decoder can be loaded again after it broke.
    pub recovers: bool,
    /// Nobody watches, and so soon the session is ended.
    pub alone: Option<Duration>,
    /// The disk does not answer until the question has been said.
    pub held_up: bool,
}

/// What became of it.
pub struct Held {
    pub events: Vec<String>,
    answers: Vec<AnswerRecord>,
    /// What the interviewer said, and the share of it that was heard.
    pub said: Vec<(String, f64)>,
    home: TempDir,
}

impl Room {
    /// Hands-free, the interviewer is read.
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let fixed = [("llm.endpoint", "none"), ("voice.engine", "none"), ("audio.tail_ms", "0"), ("turn.end", "pause")];
        let all = fixed.iter().chain(settings);
        let settings = all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { settings, speaks: false, recovers: true, alone: None, held_up: false }
    }

    /// The interviewer is heard.
    pub fn speaking(self) -> Self {
        Self { speaks: true, ..self }
    }

    pub fn question(&self) -> String {
        Asked::known(CONTENT.question("rate-limiter").unwrap().1).text
    }

    /// How long the interviewer takes to say it.
    pub fn seconds(&self, text: &str) -> f64 {
        (text.split_whitespace().count() as u64 * WORD) as f64 / f64::from(SAMPLE_RATE)
    }

    /// Asks the question and hears the script.
    pub async fn hold(&self, script: &[Does]) -> Held {
        let home = tempfile::tempdir().unwrap();
        let folder = |name: &str| home.path().join(name);
        let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
        let config = config::load(None, [], &self.settings).unwrap().config;
        let (left_out, problems, stamp) = (Vec::new(), Vec::new(), String::new());
        let loaded = content::Loaded { content: CONTENT.clone(), left_out, problems, stamp };
        let store = Store::open(&paths.data_dir).unwrap();
        let mut workers = Workers::new(Arc::new(config), paths, loaded, store, CancellationToken::new()).await;
        let lines = script.iter().flat_map(|does| match does {
            Does::Says(text) | Does::Hums(text) => vec![Some(*text)],
            Does::Breaks(times) => vec![None; *times],
            _ => Vec::new(),
        });
        *workers.recognizer.lock().await = Some(Recognizer::faulty(lines.collect(), self.recovers));
        let voice = ScriptedVoice::default();
        workers.voice.scripted = Some(voice.clone());
        let script = script.iter().copied().collect();
        let (heard, closed) = (voice.heard.clone(), voice.closed.clone());
        let sound = Microphone { script, sound: VecDeque::new(), heard, closed, patience: 60.0 };
        *workers.opened.lock().await = [Box::new(sound) as Box<dyn AudioSource>].into();
        let question = workers.question(Some("rate-limiter")).map(Asked::known).unwrap();
        let (level, ear, client) = (AskedLevel::Senior, Ear::Microphone, "a test".to_owned());
        let plan = Plan { question, level, probes: 0, speak: self.speaks, judge: true, ear, drill: None, client };
        let mut events = workers.outlet.subscribe();
        let answers = match self.alone {
            Some(alone) => {
                drop(events);
                events = workers.unwatched().outlet.subscribe();
                let (handle, task) = owner::spawn_with(workers.clone(), CancellationToken::new(), alone);
                let answers = handle.start(plan).await.unwrap().finished.await.unwrap();
                drop(handle);
                task.await.unwrap();
                answers
            }
            None => {
                let (_keys, commands) = mpsc::channel(1);
                let id = workers.store.begin_session("a test".into()).await.unwrap();
                let watch = tokio::spawn(watch(events));
                let held_up = async {
                    if self.held_up {
                        let release = workers.store.hold_up();
                        voice.until(1, 1).await;
                        for _ in 0..1000 {
                            assert_ne!(workers.outlet.view().phase, Phase::Listening, "a crash would leave no trace");
                            tokio::task::yield_now().await;
                        }
                        drop(release);
                    }
                };
                let (_, answers) =
                    tokio::join!(biased; held_up, exchange::interview(workers.clone(), id, plan, commands));
                workers.outlet.emit(Event::Finished { why: "over".into() }, None);
                let lines = watch.await.unwrap();
                return Held::of(lines, answers, workers, voice, home).await;
            }
        };
        drop(events);
        Held::of(Vec::new(), answers, workers, voice, home).await
    }
}

async fn watch(mut events: tokio::sync::broadcast::Receiver<Arc<Event>>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match events.recv().await {
            Ok(event) if matches!(*event, Event::Finished { .. }) => return lines,
            Ok(event) => lines.extend(line(&event)),
            Err(RecvError::Lagged(_)) => lines.push("missed some".into()),
            Err(RecvError::Closed) => return lines,
        }
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Asked { .. } => "asks".into(),
        Event::Floor(Floor::Listening) => "listens".into(),
        Event::Unended => "goes on".into(),
        Event::Notice(text) | Event::Remark(text) => format!("notes {text}"),
        Event::Kept { answer, .. } if answer.probe.is_none() => format!("keeps {}", answer.transcript.text()),
        Event::Phase(Phase::Deciding) => "decides".into(),
        _ => return None,
    })
}

impl Held {
    async fn of(
        events: Vec<String>,
        answers: Result<Vec<AnswerRecord>, String>,
        workers: Workers,
        voice: ScriptedVoice,
        home: TempDir,
    ) -> Self {
        let mut kept = Vec::new();
        for answer in answers.unwrap() {
            kept.push(workers.store.answer(answer.id).await.unwrap()); // as it is read again
        }
        workers.stop().await;
        let said = voice.said.lock().unwrap().clone();
        Self { events, answers: kept, said, home }
    }

    #[track_caller]
    pub fn answer(&self) -> &AnswerRecord {
        assert_eq!(self.answers.len(), 1, "{}", self.events.join("\n"));
        &self.answers[0]
    }

    /// These happened in this order; each is the beginning of a line.
    #[track_caller]
    pub fn happened(&self, wanted: &[&str]) -> &Self {
        let mut events = self.events.iter();
        for line in wanted {
            let all = self.events.join("\n");
            assert!(events.any(|event| event.starts_with(line)), "no {line:?} in its place:\n{all}");
        }
        self
    }

    #[track_caller]
    pub fn never(&self, unwanted: &str) -> &Self {
        let all = self.events.join("\n");
        assert!(!self.events.iter().any(|event| event.starts_with(unwanted)), "{unwanted:?}:\n{all}");
        self
    }

    #[track_caller]
    pub fn judged(&self, text: &str) -> &Self {
        assert_eq!(self.answer().transcript.text(), text, "{}", self.events.join("\n"));
        self
    }

    pub fn raw(&self) -> String {
        let segments = &self.answer().transcript.segments;
        segments.iter().map(|segment| segment.raw.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub fn recording_path(&self) -> PathBuf {
        self.home.path().join("data/audio").join(self.answer().recording.as_deref().unwrap())
    }

    pub fn recording(&self) -> Vec<f32> {
        wav::read_samples(&self.recording_path()).unwrap()
    }
}
