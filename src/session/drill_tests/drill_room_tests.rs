//! The room of a drill: one microphone for each turn with real sound and silence, a recognizer with scripted words, a log of what happens.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, LazyLock},
    time::Duration,
};

use tempfile::TempDir;
use tokio::sync::{broadcast::error::RecvError, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    audio::{
        source::{AudioSource, Pulled},
        wav,
    },
    config::{self, Paths},
    content,
    interview::{pack::Content, question::AskedLevel},
    session::{
        event::Event,
        exchange,
        plan::{Asked, Command, DrillPlan, Ear, Plan},
        workers::Workers,
    },
    signal::{SAMPLE_RATE, noise},
    speech::recognizer::Recognizer,
    store::{AnswerId, AnswerRecord, SessionId, Store, StoredDrill, StoredReply},
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
        let silence = |seconds: f64| noise::white((seconds * f64::from(SAMPLE_RATE)) as usize, 0.0005);
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

fn voice() -> Arc<[f32]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice/sample-answer-3.wav");
    let sound = wav::read_samples(&path).unwrap();
    let loud = |s: &f32| s.abs() > 0.02;
    let (first, last) = (sound.iter().position(loud).unwrap(), sound.iter().rposition(loud).unwrap());
    sound[first..=last].into()
}

/// A drill to hold.
pub struct Room {
    /// What ends a turn: "pause" or "enter".
    pub end: &'static str,
    pub rungs: u8,
    /// Id of a temper; `None` for plain practice.
    pub temper: Option<&'static str>,
    /// Words of an answer given before, to drill on.
    pub on: Option<&'static str>,
}

/// What became of it.
pub struct Held {
    /// What happened, in order: "asks …", "cuts in …", "rung 1 …", "offers …", "notes …".
    pub events: Vec<String>,
    pub answers: Vec<AnswerRecord>,
    /// As it is read again.
    pub drill: Option<StoredDrill>,
    /// Ids of the probes asked, in order.
    pub asked: Vec<String>,
    pub store: Store,
    pub session: SessionId,
    _home: TempDir,
}

impl Held {
    /// These happened in this order; each is the beginning of a line.
    #[track_caller]
    pub fn happened(&self, wanted: &[&str]) -> &Self {
        let mut events = self.events.iter();
        for line in wanted {
            let found = events.any(|event| event.starts_with(line));
            assert!(found, "no {line:?} in its place:\n{}", self.events.join("\n"));
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
}

fn lines(event: &Event, told: &mut usize) -> Vec<String> {
    match event {
        Event::Asked { probe: Some(_), text, .. } => vec![format!("asks a probe: {text}")],
        Event::Asked { .. } => vec!["asks the question".into()],
        Event::Interjected(said) => vec![format!("cuts in: {}", said.interjection.text)],
        Event::Drilled(drill) => {
            let result = |name: &str, place: usize, reply: &StoredReply| {
                format!("{name} {} {:?}", place + 1, reply.outcome.result)
            };
            let rungs = || drill.rungs.iter().enumerate();
            let first = rungs().filter_map(|(place, rung)| Some(result("rung", place, rung.reply.as_ref()?)));
            let again = rungs().filter_map(|(place, rung)| Some(result("again", place, rung.again.as_ref()?)));
            let all: Vec<String> = first.chain(again).collect();
            let fresh = all[(*told).min(all.len())..].to_vec();
            *told = all.len();
            fresh
        }
        Event::OfferedAgain { text, .. } => vec![format!("offers: {text}")],
        Event::Notice(text) | Event::Remark(text) => vec![format!("notes {text}")],
        Event::Kept { answer, .. } => vec![format!("keeps {}", answer.transcript.text())],
        _ => Vec::new(),
    }
}

impl Room {
    /// Holds it: the script of each turn, the offer at the end included, and behind each silence.
    pub async fn hold(&self, turns: &[&[Does]]) -> Held {
        let home = tempfile::tempdir().unwrap();
        let folder = |name: &str| home.path().join(name);
        let paths = Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") };
        let settings =
            [("llm.endpoint", "none"), ("voice.engine", "none"), ("audio.tail_ms", "0"), ("turn.end", self.end)];
        let settings: Vec<(String, String)> = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let config = config::load(None, [], &settings).unwrap().config;
        let (left_out, problems, stamp) = (Vec::new(), Vec::new(), String::new());
        let loaded = content::Loaded { content: CONTENT.clone(), left_out, problems, stamp };
        let store = Store::open(&paths.data_dir).unwrap();
        let mut workers = Workers::new(Arc::new(config), paths, loaded, store, CancellationToken::new()).await;
        let question = workers.question(Some("rate-limiter")).map(Asked::known).unwrap();
        let on = match self.on {
            Some(text) => Some(answer_before(&workers, &question, text).await),
            None => None,
        };
        let texts = turns.iter().flat_map(|turn| turn.iter()).filter_map(|does| match does {
            Does::Says(text) => Some((*text).to_owned()),
            _ => None,
        });
        let drill = self.temper.map(|temper| DrillPlan { temper: temper.to_owned(), on });
        let plan = self.plan(question, Ear::Microphone, drill);
        let (keys, commands) = mpsc::channel(16);
        let voice = voice();
        let candidate = |turn: &[Does], patience| {
            let (script, keys, voice) = (turn.iter().copied().collect(), keys.clone(), voice.clone());
            Box::new(Candidate { script, keys, sound: VecDeque::new(), voice, patience }) as Box<dyn AudioSource>
        };
        *workers.recognizer.lock().await = Some(Recognizer::scripted(texts.collect()));
        workers.opened.lock().await.push_back(candidate(&[], 0.0)); // is opened to see that there is one
        workers = workers.for_plan(&plan).await.unwrap();
        *workers.opened.lock().await = turns.iter().map(|turn| candidate(turn, 30.0)).collect();
        let session = workers.store.begin_session("a test".into()).await.unwrap();
        let mut events = workers.outlet.subscribe();
        let watch = tokio::spawn(async move {
            let (mut all, mut asked, mut told) = (Vec::new(), Vec::new(), 0);
            loop {
                match events.recv().await {
                    Ok(event) => {
                        if let Event::Asked { probe: Some(probe), .. } = &*event {
                            asked.push(probe.id.clone());
                        }
                        all.extend(lines(&event, &mut told));
                    }
                    Err(RecvError::Lagged(_)) => all.push("missed some".into()),
                    Err(_) => return (all, asked),
                }
            }
        });
        let answers = exchange::interview(workers.clone(), session, plan, commands).await.unwrap();
        let mut kept = Vec::new();
        for answer in &answers {
            kept.push(workers.store.answer(answer.id).await.unwrap());
        }
        let store = workers.store.clone();
        let drill = crate::session::drill::as_it_stands(&store, session).await.unwrap();
        workers.stop().await;
        drop(workers);
        let (events, asked) = watch.await.unwrap();
        Held { events, answers: kept, drill, asked, store, session, _home: home }
    }

    fn plan(&self, question: Asked, ear: Ear, drill: Option<DrillPlan>) -> Plan {
        let client = "a test".into();
        let level = AskedLevel::Senior;
        Plan { question, level, probes: self.rungs, speak: false, judge: true, ear, drill, client }
    }
}

async fn answer_before(workers: &Workers, question: &Asked, text: &str) -> AnswerId {
    let room = Room { end: "pause", rungs: 0, temper: None, on: None };
    let plan = room.plan(question.clone(), Ear::Text(text.to_owned()), None);
    let session = workers.store.begin_session("before".into()).await.unwrap();
    let answers = exchange::interview(workers.unwatched(), session, plan, mpsc::channel(1).1).await.unwrap();
    answers[0].id
}
