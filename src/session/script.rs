//! What happened in a session, so that it happens again: the commands, the interviewer's sentences and the recognizer's delays, each at
//! its sample. With it a session needs no clock, no loudspeaker and no endpoint.
//!
//! Knows nothing of where it comes from: [`super::replay`] reads it from an event log.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::{Notify, mpsc, watch};

use super::{
    event_log::{Entry, Log},
    plan::Command,
};
use crate::{
    interview::{transcript::TurnNo, trigger::Interjection},
    signal::SampleIndex,
    speech::voice::{Spoken, VoiceEngine},
    store::StoredProbe,
};

/// After everything.
const END: SampleIndex = SampleIndex(u64::MAX);

/// What happens in a session that is held by it.
pub(super) struct Script {
    turns: BTreeMap<TurnNo, TurnScript>,
    /// Takes the commands when their moment comes.
    keys: mpsc::Sender<Command>,
    place: watch::Sender<(TurnNo, SampleIndex)>,
    next: Mutex<Next>,
    /// How long the interviewer speaks where no turn says it.
    sentence: u64,
    /// Told when such a sentence is cut short.
    cut: Notify,
}

/// What happened in one turn.
#[derive(Debug, Default)]
struct TurnScript {
    probe: Option<StoredProbe>,
    commands: Vec<(SampleIndex, Command)>,
    /// When each sentence of the interviewer was over, and how much of it was heard.
    sentences: Vec<(SampleIndex, f64)>,
    /// When the candidate was given the floor after a sentence.
    floors: Vec<SampleIndex>,
    /// When the words of a segment were there.
    decoded: HashMap<u32, SampleIndex>,
    /// With what the interviewer cut in, and when.
    interjections: Vec<(SampleIndex, Interjection)>,
}

/// What of a turn comes next, by number.
#[derive(Default)]
struct Next {
    command: usize,
    sentence: usize,
    floor: usize,
    interjection: usize,
}

impl Script {
    /// All that an event log tells; `keys` is where commands go.
    pub fn of(log: &Log, keys: mpsc::Sender<Command>) -> Arc<Self> {
        let turns = log.turns().into_iter().map(|turn| (turn, TurnScript::of(log, turn))).collect();
        Self::new(turns, keys, 0)
    }

    /// Nothing is known but how many samples the interviewer takes for a sentence.
    #[cfg(test)]
    pub fn speaking(sentence: u64, keys: mpsc::Sender<Command>) -> Arc<Self> {
        Self::new(BTreeMap::new(), keys, sentence)
    }

    fn new(turns: BTreeMap<TurnNo, TurnScript>, keys: mpsc::Sender<Command>, sentence: u64) -> Arc<Self> {
        let (place, _) = watch::channel((TurnNo::default(), END));
        Arc::new(Self { turns, keys, place, next: Mutex::default(), sentence, cut: Notify::new() })
    }

    /// Whether it says when words are there.
    pub fn is_replay(&self) -> bool {
        !self.turns.is_empty()
    }

    pub fn begin_turn(&self, turn: TurnNo) {
        self.with_next(|next| *next = Next::default());
        self.place.send_replace((turn, SampleIndex::default()));
        self.tell_commands();
    }

    /// So much of the turn has been heard.
    pub fn reach(&self, at: SampleIndex) {
        self.place.send_modify(|place| place.1 = at);
        self.tell_commands();
    }

    /// The sound of the turn is over: nothing waits any more.
    pub fn end_turn(&self) {
        self.place.send_modify(|place| place.1 = END);
    }

    /// When the words of a segment are there; at the end of the turn if they came no sooner.
    pub fn decoded_at(&self, number: u32) -> SampleIndex {
        self.turn().map_or(SampleIndex::default(), |turn| turn.decoded.get(&number).copied().unwrap_or(END))
    }

    /// Waits until so much of the present turn has been heard.
    pub async fn until(&self, at: SampleIndex) {
        let mut place = self.place.subscribe();
        let turn = place.borrow().0;
        let _ = place.wait_for(|(now, heard)| *now != turn || *heard >= at).await; // the sender is in `self`
    }

    /// Says a sentence for as long as it took.
    pub async fn say(&self, text: &str) -> Spoken {
        let number = self.with_next(|next| one_more(&mut next.sentence));
        let heard_fraction = match self.turn() {
            None => self.say_for_so_long().await,
            Some(turn) => {
                let (end, heard) = turn.sentences.get(number).copied().unwrap_or((self.now(), 1.0));
                self.until(end).await;
                heard
            }
        };
        let (engine, ended_at) = (VoiceEngine::None, Instant::now());
        Spoken { text: text.to_owned(), seconds: 0.0, heard_fraction, engine, ended_at }
    }

    /// A sentence that takes its time; the share of it that was said until it was cut short.
    async fn say_for_so_long(&self) -> f64 {
        let begun = self.now().0;
        let cut = self.cut.notified();
        tokio::select! {
            biased;
            () = cut => (self.now().0 - begun) as f64 / self.sentence as f64,
            () = self.until(SampleIndex(begun.saturating_add(self.sentence))) => 1.0,
        }
    }

    /// Somebody has come in. A sentence of which it is known when it was over ends then.
    pub fn cut_short(&self) {
        self.cut.notify_waiters();
    }

    /// Waits until the candidate is given the floor.
    pub async fn floor_given(&self) {
        let number = self.with_next(|next| one_more(&mut next.floor));
        if let Some(at) = self.turn().and_then(|turn| turn.floors.get(number)) {
            self.until(*at).await;
        }
    }

    /// With what the interviewer cuts in now.
    pub fn cuts_in(&self, now: SampleIndex) -> Option<Interjection> {
        let next = self.with_next(|next| next.interjection);
        let (_, interjection) = self.turn()?.interjections.get(next).filter(|(at, _)| *at <= now)?;
        self.with_next(|next| next.interjection += 1);
        Some(interjection.clone())
    }

    /// What was asked after the present turn; `None` also where nothing was. The outer `None`: nobody knows.
    pub fn asked_next(&self) -> Option<Option<StoredProbe>> {
        self.turn()?;
        let after = TurnNo(self.place.borrow().0.0 + 1);
        Some(self.turns.get(&after).and_then(|turn| turn.probe.clone()))
    }

    fn turn(&self) -> Option<&TurnScript> {
        self.turns.get(&self.place.borrow().0)
    }

    fn now(&self) -> SampleIndex {
        self.place.borrow().1
    }

    fn tell_commands(&self) {
        let Some(turn) = self.turn() else { return };
        let now = self.now();
        self.with_next(|next| {
            while let Some((_, command)) = turn.commands.get(next.command).filter(|(at, _)| *at <= now) {
                next.command += 1;
                let _ = self.keys.try_send(command.clone()); // as a person's that finds the session busy
            }
        });
    }

    fn with_next<T>(&self, work: impl FnOnce(&mut Next) -> T) -> T {
        work(&mut self.next.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The number as it was.
fn one_more(number: &mut usize) -> usize {
    *number += 1;
    *number - 1
}

impl TurnScript {
    fn of(log: &Log, number: TurnNo) -> Self {
        let mut turn = Self::default();
        for line in log.of_turn(number) {
            match &line.entry {
                Entry::Asked { probe, .. } => turn.probe.clone_from(probe),
                Entry::Command { command } => turn.commands.push((line.at, command.clone())),
                // One that is never over is cut short by whoever says it.
                Entry::Speaks { .. } => turn.sentences.push((END, 1.0)),
                Entry::Spoke { heard } => {
                    if let Some(last) = turn.sentences.last_mut() {
                        *last = (line.at, *heard);
                    }
                }
                Entry::FloorGiven => turn.floors.push(line.at),
                Entry::Interjected { interjection } => {
                    turn.interjections.push((line.at, interjection.interjection.clone()));
                }
                Entry::Decoded { number } => _ = turn.decoded.insert(*number, line.at),
                _ => {}
            }
        }
        turn
    }
}
