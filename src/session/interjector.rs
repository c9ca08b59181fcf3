//! Cuts in during a pressure drill: feeds what is heard to the trigger rules, over all answers of the drill.
//!
//! The rules and the moment are [`crate::interview::trigger`]'s affair; what is done when they fire is [`super::open_turn`]'s. Positions
//! are counted over the whole drill inside, and in the recording of the answer outside.

use super::workers::Workers;
use crate::{
    interview::{
        interviewer::{CutsIn, Temper},
        ladder::REPLY_SECONDS,
        trigger::{Interjection, TriggerSettings, TriggerWatch, WordsSoFar},
        trigger_rule::{self, TriggerRule},
    },
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan},
    store::StoredInterjection,
};

/// A longer step from one level to the next is a time that was not heard: the interviewer spoke.
const LONGEST_STEP: u64 = SAMPLE_RATE as u64 / 5;
/// Samples between two levels.
const STEP: u64 = SAMPLE_RATE as u64 / 10;

pub(super) struct Interjector {
    watch: TriggerWatch,
    /// Everything it may say.
    sentences: Vec<String>,
    turn: u32,
    /// Samples of the answers before this one.
    before: u64,
    /// Position of the newest level in this answer.
    now: SampleIndex,
    /// What was said, to be kept.
    pub said: Vec<StoredInterjection>,
}

impl Interjector {
    pub fn new(workers: &Workers, question: Option<&str>, temper: Option<&Temper>) -> Self {
        let all = || trigger_rule::rules_of(workers.pack_of(question), workers.question(question));
        let rules: Vec<TriggerRule> = match temper.map(|temper| temper.cuts_in).unwrap_or_default() {
            CutsIn::OnRambling => Vec::new(),
            CutsIn::OnWords => all(),
            CutsIn::Soon => all().into_iter().map(TriggerRule::impatient).collect(),
        };
        let rambling = &workers.phrases(question).rambling;
        let sentences = rules.iter().flat_map(|rule| &rule.say).chain(rambling).cloned().collect();
        let settings = TriggerSettings { rambling: None, ..TriggerSettings::default() };
        let watch = TriggerWatch::new(rules, rambling, settings);
        Self { watch, sentences, turn: 0, before: 0, now: SampleIndex::default(), said: Vec::new() }
    }

    /// To be rendered in advance: when their moment comes it is short.
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }

    /// The next answer begins. An opening answer takes the time it takes; a reply has its minute and a half.
    pub fn begin_answer(&mut self, turn: u32, is_reply: bool) {
        self.turn = turn;
        self.before += self.now.0;
        self.now = SampleIndex::default();
        let longest = u64::from(*REPLY_SECONDS.end()) * u64::from(SAMPLE_RATE);
        self.watch.limit_speech(is_reply.then_some(longest));
        self.watch.wait_for_words(false);
        self.watch.begin_answer();
    }

    /// All words of this answer so far, which end there in its recording.
    pub fn hear_words(&mut self, words: WordsSoFar, until: SampleIndex) {
        self.watch.heard_until(SampleIndex(self.before + until.0));
        self.watch.wait_for_words(false);
        self.watch.hear_words(words);
    }

    /// Words of what was heard are still being written down.
    pub fn lacks_words(&mut self) {
        self.watch.wait_for_words(true);
    }

    /// Takes the next level: whether a segment is open, and for how long there was no voice in it.
    pub fn hear_level(&mut self, at: SampleIndex, voiced: bool, quiet: u64) -> Option<Interjection> {
        let from = if at.0.saturating_sub(self.now.0) <= LONGEST_STEP { self.now.0 } else { at.0 - STEP };
        self.now = at;
        let silent_from = if voiced { at.0.saturating_sub(quiet).max(from) } else { from };
        let voice = self.hear_frame(from, silent_from, true);
        voice.or_else(|| self.hear_frame(silent_from, at.0, false)).map(|interjection| self.in_the_answer(interjection))
    }

    fn hear_frame(&mut self, from: u64, to: u64, voiced: bool) -> Option<Interjection> {
        let index = |at: u64| SampleIndex(self.before + at);
        let frame = SampleSpan { start: index(from), end: index(to) };
        if from >= to { None } else { self.watch.hear_frame(frame, voiced) }
    }

    fn in_the_answer(&self, interjection: Interjection) -> Interjection {
        let index = |at: SampleIndex| SampleIndex(at.0.saturating_sub(self.before));
        let Interjection { heard_at, due_at, at, .. } = interjection;
        Interjection { heard_at: index(heard_at), due_at: index(due_at), at: index(at), ..interjection }
    }

    /// Where it spoke in this answer.
    pub fn spans(&self) -> Vec<SampleSpan> {
        let here = self.said.iter().filter(|said| said.turn == self.turn);
        here.filter_map(|said| Some(SampleSpan { start: said.interjection.at, end: said.until? })).collect()
    }

    /// Notes what is being said.
    pub fn saying(&mut self, interjection: Interjection) -> StoredInterjection {
        let stored = StoredInterjection { turn: self.turn, interjection, until: None };
        self.said.push(stored.clone());
        stored
    }

    /// It has been said, and the floor is the candidate's again.
    pub fn has_said(&mut self, until: SampleIndex) {
        if let Some(last) = self.said.last_mut() {
            last.until = Some(until);
        }
        self.now = until;
    }
}
