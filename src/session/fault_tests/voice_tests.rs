//! The interviewer's voice of the tests: its time is that of the microphone's samples.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::{
    signal::SAMPLE_RATE,
    speech::voice::{Keeps, Spoken, VoiceEngine},
};

/// Samples of a word of the interviewer.
pub const WORD: u64 = SAMPLE_RATE as u64 * 35 / 100;

/// Stands among what was said for a sound without words.
pub const EARCON: &str = "♪";

/// A voice that speaks a word every 0.35 s of the microphone's sound, at once where that is closed, and can be stopped.
#[derive(Clone, Default)]
pub struct ScriptedVoice {
    pub heard: Arc<AtomicU64>,
    pub closed: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    pub said: Arc<Mutex<Vec<(String, f64)>>>,
    begun: Arc<Mutex<Vec<String>>>,
    ahead: Arc<Mutex<Vec<(String, Keeps)>>>,
}

impl ScriptedVoice {
    pub async fn say(&self, text: &str) -> Spoken {
        self.stop.store(false, Relaxed);
        self.begun.lock().unwrap().push(text.to_owned());
        let (begun, length) = (self.heard.load(Relaxed), text.split_whitespace().count() as u64 * WORD);
        let share = loop {
            let share = match self.closed.load(Relaxed) {
                true => 1.0,
                false => ((self.heard.load(Relaxed) - begun) as f64 / length as f64).min(1.0),
            };
            if share >= 1.0 || self.stop.load(Relaxed) {
                break share;
            }
            tokio::task::yield_now().await;
        };
        self.said.lock().unwrap().push((text.to_owned(), share));
        let seconds = share * length as f64 / f64::from(SAMPLE_RATE);
        let engine = VoiceEngine::Espeak;
        Spoken { text: text.to_owned(), seconds, heard_fraction: share, engine, ended_at: Instant::now() }
    }

    pub fn earcon(&self) {
        self.said.lock().unwrap().push((EARCON.to_owned(), 1.0));
    }

    pub fn cut_short(&self) {
        self.stop.store(true, Relaxed);
    }

    pub fn render_ahead(&self, texts: Vec<String>, keeps: Keeps) {
        self.ahead.lock().unwrap().extend(texts.into_iter().map(|text| (text, keeps)));
    }

    /// What it began to say.
    pub fn begun(&self) -> Vec<String> {
        self.begun.lock().unwrap().clone()
    }

    /// What was rendered before it was said.
    pub fn ahead(&self) -> Vec<(String, Keeps)> {
        self.ahead.lock().unwrap().clone()
    }

    /// Time for a word, where no microphone makes it.
    pub fn goes_on(&self) {
        self.heard.fetch_add(WORD, Relaxed);
    }

    /// Waits until it has begun to say, or has said, so many texts.
    pub async fn until(&self, begun: usize, said: usize) {
        let waits = async {
            while self.begun().len() < begun || self.said.lock().unwrap().len() < said {
                tokio::task::yield_now().await;
            }
        };
        let limit = Duration::from_secs(60);
        tokio::time::timeout(limit, waits).await.unwrap_or_else(|_| panic!("only {:?} was begun", self.begun()));
    }
}
