//! The room in which a conversation is held: a microphone with real sound and silence, a recognizer with scripted words, a log of what
//! happens.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::{
    event::{Event, Floor, Phase},
    exchange,
    plan::{Asked, Command, Ear, Plan},
    workers::Workers,
};
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

/// What the candidate does.
#[derive(Clone, Copy)]
pub enum Does {
    Says(&'static str),
    /// For so many seconds.
    IsSilent(f64),
    Presses(fn() -> Command),
}
/// A microphone that hears the candidate.
struct Candidate {
    script: VecDeque<Does>,
    keys: mpsc::Sender<Command>,
    sound: VecDeque<f32>,
    voice: Arc<[f32]>,
    /// Seconds of silence behind the script, in case that nothing ends the turn.
    patience: f64,
}

impl AudioSource for Candidate {
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
                Some(Does::Says(_)) => self.sound.extend(self.voice.iter()),
                Some(Does::IsSilent(seconds)) => self.sound.extend(silence(seconds)),
                Some(Does::Presses(key)) => drop(self.keys.try_send(key())),
                None if self.patience > 0.0 => {
                    self.patience -= 1.0;
                    self.sound.extend(silence(1.0));
                }
                None => return Pulled::Ended,
            }
        }
        out.extend(self.sound.drain(..self.sound.len().min(SAMPLE_RATE as usize / 50)));
        Pulled::Samples
    }
}

/// Not quite zero, as a room.
fn silence(seconds: f64) -> Vec<f32> {
    noise::white((seconds * f64::from(SAMPLE_RATE)) as usize, 0.0005)
}

/// One stretch of speech.
pub fn voice() -> Arc<[f32]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/sample-answer-3.wav");
    let sound = wav::read_samples(&path).unwrap();
    let loud = |s: &f32| s.abs() > 0.02;
    let (first, last) = (sound.iter().position(loud).unwrap(), sound.iter().rposition(loud).unwrap());
    sound[first..=last].into()
}

/// What became of a conversation.
pub struct Held {
    /// What happened, in order: "asks …", "tells …", "thinking", "goes on", "ends …", "notes …".
    pub events: Vec<String>,
    pub answers: Vec<AnswerRecord>,
    pub home: TempDir,
}

impl Held {
    /// These happened in this order; each is the beginning of a line.
    #[track_caller]
    pub fn happened(&self, wanted: &[&str]) -> &Self {
        let mut events = self.events.iter();
        for line in wanted {
            assert!(
                events.any(|event| event.starts_with(line)),
                "no {line:?} in its place:\n{}",
                self.events.join("\n")
            );
        }
        self
    }

    #[track_caller]
    pub fn never(&self, unwanted: &[&str]) -> &Self {
        for line in unwanted {
            assert!(!self.events.iter().any(|event| event.starts_with(line)), "{line:?}:\n{}", self.events.join("\n"));
        }
        self
    }

    /// The judged words of each answer.
    #[track_caller]
    pub fn judged(&self, texts: &[&str]) -> &Self {
        let judged: Vec<String> = self.answers.iter().map(|answer| answer.transcript.text()).collect();
        assert_eq!(judged, texts, "{}", self.events.join("\n"));
        self
    }

    /// All words of an answer as they were recognized.
    pub fn raw(&self, answer: usize) -> String {
        let segments = &self.answers[answer].transcript.segments;
        segments.iter().map(|segment| segment.raw.as_str()).collect::<Vec<_>>().join(" ")
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Asked { probe, .. } => format!("asks {}", if probe.is_some() { "a probe" } else { "the question" }),
        Event::Clarified(heard) => format!("tells {}", heard.told),
        Event::Floor(Floor::Listening) => "listens".into(),
        Event::Floor(Floor::Thinking { ends_in_s: Some(left), granted }) => {
            format!("thinking{} {left:.0}", if *granted { " granted" } else { "" })
        }
        Event::Floor(Floor::Thinking { granted: true, .. }) => "thinking granted".into(),
        Event::Floor(Floor::Thinking { .. }) => "thinking".into(),
        Event::Unended => "goes on".into(),
        Event::Notice(text) => format!("notes {text}"),
        Event::Kept { answer, .. } if answer.probe.is_none() => format!("keeps {}", answer.transcript.text()),
        Event::Phase(Phase::Deciding) => "decides".into(),
        _ => return None,
    })
}

/// Holds a conversation about a question: the script of each turn, and behind it silence.
pub async fn hold(end: &str, probes: u8, turns: &[&[Does]]) -> Held {
    let home = tempfile::tempdir().unwrap();
    let folder = |name: &str| home.path().join(name);
    let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
    let settings = [("llm.endpoint", "none"), ("voice.engine", "none"), ("audio.tail_ms", "0"), ("turn.end", end)];
    let settings: Vec<(String, String)> = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let config = config::load(None, [], &settings).unwrap().config;
    let (left_out, problems, stamp) = (Vec::new(), Vec::new(), String::new());
    let loaded = content::Loaded { content: CONTENT.clone(), left_out, problems, stamp };
    let store = Store::open(&paths.data_dir).unwrap();
    let workers = Workers::new(Arc::new(config), paths, loaded, store, CancellationToken::new()).await;
    let texts = turns.iter().flat_map(|turn| turn.iter()).filter_map(|does| match does {
        Does::Says(text) => Some((*text).to_owned()),
        _ => None,
    });
    *workers.recognizer.lock().await = Some(Recognizer::scripted(texts.collect()));
    let (keys, commands) = mpsc::channel(16);
    let voice = voice();
    let sources = turns.iter().map(|turn| {
        let script = turn.iter().copied().collect();
        let (keys, voice) = (keys.clone(), voice.clone());
        Box::new(Candidate { script, keys, sound: VecDeque::new(), voice, patience: 60.0 }) as Box<dyn AudioSource>
    });
    *workers.opened.lock().await = sources.collect();
    let question = workers.question(Some("rate-limiter")).map(Asked::known).unwrap();
    let plan = Plan {
        question,
        level: AskedLevel::Senior,
        probes,
        speak: false,
        judge: true,
        ear: Ear::Microphone,
        drill: None,
        client: "a test".into(),
    };
    let id = workers.store.begin_session("a test".into()).await.unwrap();
    let mut events = workers.outlet.subscribe();
    let watch = tokio::spawn(async move {
        let mut lines = Vec::new();
        loop {
            match events.recv().await {
                Ok(event) => lines.extend(line(&event)),
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => lines.push("missed some".into()),
                Err(_) => return lines,
            }
        }
    });
    let answers = exchange::interview(workers.clone(), id, plan, commands).await.unwrap_or_default();
    let mut kept = Vec::new();
    for answer in &answers {
        kept.push(workers.store.answer(answer.id).await.unwrap()); // as it is read again
    }
    workers.stop().await;
    drop(workers);
    Held { events: watch.await.unwrap(), answers: kept, home }
}
