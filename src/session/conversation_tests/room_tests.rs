//! The room in which a conversation is held: a microphone with real sound and silence, a recognizer with scripted words, a log of what
//! happens.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::{
    event::{Event, Floor, Phase, View},
    event_log::{self, Entry, Log},
    exchange,
    plan::{Asked, Command, DrillPlan, Ear, Plan},
    script::Script,
    workers::Workers,
};
use crate::{
    audio::{
        source::{AudioSource, Pulled},
        wav::{self, Pace},
    },
    config::{self, Config, Paths},
    content,
    interview::{pack::Content, question::AskedLevel, transcript::TurnNo},
    signal::{SAMPLE_RATE, noise},
    speech::recognizer::Recognizer,
    store::{AnswerRecord, Store},
};

static CONTENT: LazyLock<Content> = LazyLock::new(|| content::load(None).unwrap());

/// What the candidate does, or what happens to the microphone.
#[derive(Clone, Copy)]
pub enum Does {
    Says(&'static str),
    /// For so many seconds.
    IsSilent(f64),
    Presses(fn() -> Command),
    /// Presses a key half-way through what is said.
    SaysAndPresses(&'static str, fn() -> Command),
    /// A noise like a voice, in which there are no words.
    Coughs,
    /// So many seconds of a steady noise that is no voice.
    Rustles(f64),
    /// The loudspeaker is heard: a voice that nobody is to listen to.
    Echoes,
    /// The device is gone for so many seconds.
    LosesTheMicrophone(f64),
    /// The computer, for so many seconds.
    Sleeps(f64),
    /// For good.
    PullsThePlug,
    /// What follows the first half of what was said, and a loss.
    SaysTheRest,
    ComesBack(f64),
}

/// A microphone that hears the candidate.
struct Candidate {
    script: VecDeque<Does>,
    keys: mpsc::Sender<Command>,
    sound: VecDeque<f32>,
    voice: Arc<[f32]>,
    /// Seconds of silence behind the script, in case that nothing ends the turn.
    patience: f64,
    /// When it was first pulled, where it keeps to the clock.
    begun: Option<Instant>,
    pace: Pace,
    position: u64,
}

impl Candidate {
    /// What the next thing in the script does to the microphone; `None` where there is more to come.
    fn go_on(&mut self) -> Option<Pulled> {
        let voice = self.voice.clone();
        match self.script.pop_front() {
            Some(Does::Says(_) | Does::Coughs | Does::Echoes) => self.sound.extend(voice.iter()),
            Some(Does::SaysAndPresses(_, key)) => {
                self.sound.extend(&voice[..voice.len() / 2]);
                self.script.push_front(Does::SaysTheRest);
                self.script.push_front(Does::Presses(key));
            }
            Some(Does::SaysTheRest) => self.sound.extend(&voice[voice.len() / 2..]),
            Some(Does::IsSilent(seconds)) => self.sound.extend(silence(seconds)),
            Some(Does::Rustles(seconds)) => {
                self.sound.extend(noise::white((seconds * f64::from(SAMPLE_RATE)) as usize, 0.01));
            }
            Some(Does::Presses(key)) => drop(self.keys.try_send(key())),
            Some(Does::LosesTheMicrophone(seconds)) => {
                self.script.push_front(Does::ComesBack(seconds));
                return Some(Pulled::Lost { why: "unplugged".into() });
            }
            Some(Does::ComesBack(seconds)) => return Some(Pulled::Back { gap: Duration::from_secs_f64(seconds) }),
            Some(Does::Sleeps(seconds)) => return Some(Pulled::Slept { away: Duration::from_secs_f64(seconds) }),
            Some(Does::PullsThePlug) => {
                (self.script, self.patience) = (VecDeque::new(), 0.0);
                return Some(Pulled::Lost { why: "unplugged".into() });
            }
            None if self.patience > 0.0 => {
                self.patience -= 1.0;
                self.sound.extend(silence(1.0));
            }
            None => return Some(Pulled::Ended),
        }
        None
    }

    /// Samples that may be handed over now.
    fn due(&mut self, wait: Duration) -> usize {
        const PIECE: u64 = SAMPLE_RATE as u64 / 50;
        if self.pace == Pace::AsFastAsPossible {
            return PIECE as usize;
        }
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let ready = Duration::from_secs_f64((self.position + PIECE) as f64 / f64::from(SAMPLE_RATE));
        let missing = ready.saturating_sub(begun.elapsed());
        std::thread::sleep(missing.min(wait));
        if missing > wait { 0 } else { PIECE as usize }
    }
}

impl AudioSource for Candidate {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        "the candidate".into()
    }

    /// One that keeps to the clock is a microphone like any other.
    fn is_patient(&self) -> bool {
        self.pace == Pace::AsFastAsPossible
    }

    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled {
        while self.sound.is_empty() {
            if let Some(pulled) = self.go_on() {
                return pulled;
            }
        }
        let due = self.due(wait).min(self.sound.len());
        if due == 0 {
            return Pulled::Nothing;
        }
        out.extend(self.sound.drain(..due));
        self.position += due as u64;
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
    pub log: Log,
    pub home: TempDir,
    pub scene: Scene,
}

impl Held {
    /// Seconds of silence between the last words of a turn (from 1) and its end.
    pub fn silence_before_the_end(&self, turn: u32) -> Option<f64> {
        let lines: Vec<_> = self.log.of_turn(TurnNo(turn)).collect();
        let end = lines.iter().rev().find(|line| matches!(line.entry, Entry::Ends { .. }))?.at;
        let mut words = lines.iter().filter_map(|line| match &line.entry {
            Entry::Segment { segment } if !segment.raw.is_empty() => segment.span,
            _ => None,
        });
        Some(end.seconds() - words.next_back()?.end.seconds())
    }

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
        Event::Notice(text) | Event::Remark(text) => format!("notes {text}"),
        Event::Kept { answer, .. } if answer.probe.is_none() => format!("keeps {}", answer.transcript.text()),
        Event::Phase(Phase::Deciding) => "decides".into(),
        _ => return None,
    })
}

/// Where and how a conversation is held.
#[derive(Clone)]
pub struct Scene {
    /// "pause" or "enter"
    pub end: &'static str,
    pub probes: u8,
    pub question: &'static str,
    /// Other settings.
    pub settings: Vec<(&'static str, String)>,
    /// Seconds the interviewer speaks for each sentence; none: the candidate reads.
    pub sentence: Option<f64>,
    pub pace: Pace,
    /// The interviewer's temper, where it is a pressure drill.
    pub drill: Option<&'static str>,
    /// Seconds of silence behind each turn.
    pub afterwards: f64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            end: "pause",
            probes: 0,
            question: "rate-limiter",
            settings: Vec::new(),
            sentence: None,
            pace: Pace::AsFastAsPossible,
            drill: None,
            afterwards: 60.0,
        }
    }
}

impl Scene {
    pub fn config(&self, home: &Path) -> (Config, Paths) {
        let folder = |name: &str| home.join(name);
        let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
        let settings =
            [("llm.endpoint", "none"), ("voice.engine", "none"), ("audio.tail_ms", "0"), ("turn.end", self.end)];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter();
        let settings: Vec<_> =
            settings.chain(self.settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone()))).collect();
        (config::load(None, [], &settings).unwrap().config, paths)
    }

    /// Holds the conversation: what the candidate does in each turn, and behind it silence.
    pub async fn hold(self, turns: &[&[Does]]) -> Held {
        let recognizer = Recognizer::scripted(texts(turns));
        self.hold_with(recognizer, &voice(), turns).await
    }

    /// The same with another recognizer and another voice.
    pub async fn hold_with(self, recognizer: Recognizer, voice: &Arc<[f32]>, turns: &[&[Does]]) -> Held {
        let home = tempfile::tempdir().unwrap();
        let (config, paths) = self.config(home.path());
        let store = Store::open(&paths.data_dir).unwrap();
        let mut workers = Workers::new(Arc::new(config), paths, loaded(), store, CancellationToken::new()).await;
        *workers.recognizer.lock().await = Some(recognizer);
        let (keys, commands) = mpsc::channel(16);
        if let Some(seconds) = self.sentence {
            let sentence = (seconds * f64::from(SAMPLE_RATE)) as u64;
            workers = workers.by_script(Script::speaking(sentence, keys.clone()));
        }
        let sources = turns.iter().map(|turn| {
            let (script, keys, voice) = (turn.iter().copied().collect(), keys.clone(), voice.clone());
            let (sound, patience, pace) = (VecDeque::new(), self.afterwards, self.pace);
            let candidate = Candidate { script, keys, sound, voice, patience, begun: None, pace, position: 0 };
            Box::new(candidate) as Box<dyn AudioSource>
        });
        *workers.opened.lock().await = sources.collect();
        let plan = Plan {
            question: workers.question(Some(self.question)).map(Asked::known).unwrap(),
            level: AskedLevel::Senior,
            probes: self.probes,
            speak: self.sentence.is_some(),
            judge: true,
            ear: Ear::Microphone,
            drill: self.drill.map(|temper| DrillPlan { temper: temper.into(), on: None }),
            client: "a test".into(),
        };
        let id = workers.store.begin_session("a test".into()).await.unwrap();
        let events_folder = workers.store.events_folder();
        workers.outlet.begin(View { session: Some(id), ..View::default() }, Some(&events_folder));
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
        let log = Log::read(&event_log::path(&events_folder, id)).unwrap();
        Held { events: watch.await.unwrap(), answers: kept, log, home, scene: self }
    }
}

/// What is said, segment by segment, as the recognizer will find it.
pub fn texts(turns: &[&[Does]]) -> Vec<String> {
    let texts = turns.iter().flat_map(|turn| turn.iter()).filter_map(|does| match does {
        Does::Says(text) | Does::SaysAndPresses(text, _) => Some((*text).to_owned()),
        Does::Coughs => Some(String::new()),
        _ => None,
    });
    texts.collect()
}

/// The shipped content.
pub fn loaded() -> content::Loaded {
    let (left_out, problems, stamp) = (Vec::new(), Vec::new(), String::new());
    content::Loaded { content: CONTENT.clone(), left_out, problems, stamp }
}

/// Holds a conversation about a question: the script of each turn, and behind it silence.
pub async fn hold(end: &'static str, probes: u8, turns: &[&[Does]]) -> Held {
    Scene { end, probes, ..Scene::default() }.hold(turns).await
}
