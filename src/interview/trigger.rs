//! When the interviewer cuts in during a pressure drill: a state machine over voice activity and the words heard so far.
//!
//! Words set a rule off; it waits through its grace for words that redeem them, then for a breath, and fires. Time is counted in speech:
//! a pause longer than a breath stops the clock, so nobody is spoken to while they think, and what they say next may still redeem.
//! Partial texts come in here and go no further: an interjection quotes them to nobody.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{trigger_rule::TriggerRule, words::Spoken};
use crate::signal::{SAMPLE_RATE, SampleIndex, SampleSpan};

/// Frames whose clock is kept: half a minute at least.
const CLOCKS: usize = 4096;

/// By how many samples words are taken to be earlier than the end of their text: half of what lies between two texts.
const MOST_EARLIER: u64 = SAMPLE_RATE as u64 / 2;

/// Limits, in samples unless said otherwise. The figures are those of a drill, not of an ambush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerSettings {
    /// Silence that makes a breath.
    pub breath: u64,
    /// A longer silence is thinking, and stops the clock.
    pub longest_breath: u64,
    /// Without a breath for so long after the grace, the next gap between words will do.
    pub impatient: u64,
    /// What counts as a gap then.
    pub gap: u64,
    /// After so long the interviewer speaks, whatever there is.
    pub latest: u64,
    /// Between two interjections, also of two answers.
    pub spacing: u64,
    /// Interjections in one answer at most.
    pub per_answer: u32,
    /// Speech in one answer that is rambling; `None` for never.
    pub rambling: Option<u64>,
}

impl Default for TriggerSettings {
    fn default() -> Self {
        let ms = |ms: u64| ms * u64::from(SAMPLE_RATE) / 1000;
        Self {
            breath: ms(250),
            longest_breath: ms(1000),
            impatient: ms(1500),
            gap: ms(80),
            latest: ms(2500),
            spacing: ms(30_000),
            per_answer: 2,
            rambling: Some(ms(90_000)),
        }
    }
}

/// What was heard of an answer so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct WordsSoFar<'a> {
    /// Text of the closed segments, after repair of mis-heard terms.
    pub closed: &'a str,
    /// The words of the open segment that stay.
    pub committed: &'a str,
    /// The words of the open segment that may still change: they set nothing off, but they may redeem.
    pub tentative: &'a str,
}

/// The interviewer cuts in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interjection {
    pub cause: Cause,
    /// The words to say.
    pub text: String,
    /// When the words that set it off were known.
    pub heard_at: SampleIndex,
    /// When the grace was over.
    pub due_at: SampleIndex,
    /// Now.
    pub at: SampleIndex,
    /// No breath came: the candidate is speaking.
    pub over_speech: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The rule's id and the words that set it off.
    Said { rule: String, words: String },
    /// So many samples of speech in one answer.
    Rambling { speech: u64 },
}

/// Watches the answers of one drill.
#[derive(Debug, Clone)]
pub struct TriggerWatch {
    rules: Vec<Watched>,
    settings: TriggerSettings,
    /// Said to who rambles, one at a time; empty: nothing.
    rambling_say: Vec<String>,
    last: Option<SampleIndex>,
    fired: u32,
    /// Words of what was heard are on their way.
    lacks_words: bool,
    answer: Answer,
}

#[derive(Debug, Clone)]
struct Watched {
    rule: TriggerRule,
    fired_at: Option<SampleIndex>,
    /// What the clock showed when its words were said, as far as texts tell that may still change.
    seen: Option<u64>,
    state: State,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Quiet,
    /// Set off and not redeemed. `since`: what the clock showed.
    SetOff {
        words: String,
        since: u64,
        heard_at: SampleIndex,
        /// From when on it may fire: what the clock showed, and the time.
        due: Option<(u64, SampleIndex)>,
    },
    /// Has had its turn in this answer.
    Spent,
}

/// The answer being told.
#[derive(Debug, Clone, Default)]
struct Answer {
    /// Samples of speech, with the breaths in it.
    clock: u64,
    voiced: u64,
    /// Silence up to now.
    silence: u64,
    /// Where the last frame ended.
    end: Option<SampleIndex>,
    /// What the clock showed at the end of the newest frames.
    clocks: VecDeque<(SampleIndex, u64)>,
    /// How far the sound goes whose words are known; `None`: up to now.
    heard_until: Option<SampleIndex>,
    /// What the clock showed there when words came last.
    words_before: u64,
    interjections: u32,
    rambling: Rambling,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Rambling {
    #[default]
    Not,
    /// Since when: what the clock showed, and the time.
    Due(u64, SampleIndex),
    Spent,
}

/// What fires: a rule by its place in the list, or the time.
#[derive(Debug, Clone, Copy)]
enum Place {
    Rule(usize),
    Rambling,
}

impl TriggerWatch {
    /// `rambling`: sentences for who talks past the time.
    pub fn new(rules: Vec<TriggerRule>, rambling: &[String], settings: TriggerSettings) -> Self {
        let rules =
            rules.into_iter().map(|rule| Watched { rule, fired_at: None, seen: None, state: State::Quiet }).collect();
        let rambling_say = rambling.to_vec();
        Self { rules, settings, rambling_say, last: None, fired: 0, lacks_words: false, answer: Answer::default() }
    }

    /// Another answer begins; what was said before no longer counts.
    pub fn begin_answer(&mut self) {
        self.answer = Answer::default();
        self.rules.iter_mut().for_each(|watched| (watched.seen, watched.state) = (None, State::Quiet));
    }

    /// From how many samples of speech in one answer on it is rambling; `None` for never.
    pub fn limit_speech(&mut self, rambling: Option<u64>) {
        self.settings.rambling = rambling;
    }

    /// Whether words of what was heard are still on their way. Until they are there, nobody is cut in on but at the very latest: they may
    /// redeem.
    pub fn wait_for_words(&mut self, lacks_words: bool) {
        self.lacks_words = lacks_words;
    }

    /// The words that come next are those of the sound up to here: words take a while to be known, and the grace runs from when they were
    /// said.
    pub fn heard_until(&mut self, at: SampleIndex) {
        self.answer.heard_until = Some(at);
    }

    /// Takes all that was heard of this answer; call it when any of it has changed.
    pub fn hear_words(&mut self, words: WordsSoFar) {
        let at = self.answer.end.unwrap_or_default();
        let known = format!("{} {}", words.closed, words.committed);
        let all = format!("{known} {}", words.tentative);
        let (known, all) = (Spoken::of_text(&known), Spoken::of_text(&all));
        let said = self.answer.new_words_said();
        for watched in self.rules.iter_mut().filter(|watched| watched.state != State::Spent) {
            let seen = watched.rule.unredeemed(&all, &all).map(|_| watched.seen.unwrap_or(said));
            watched.seen = seen;
            let heard = watched.rule.unredeemed(&known, &all);
            match (heard, &mut watched.state) {
                (None, state) => *state = State::Quiet,
                (Some(heard), State::SetOff { words, .. }) => *words = heard,
                (Some(words), state) => {
                    *state = State::SetOff { words, since: seen.unwrap_or(said), heard_at: at, due: None }
                }
            }
        }
    }

    /// Takes the next frame. Those in which the interviewer speaks are left out.
    pub fn hear_frame(&mut self, frame: SampleSpan, voiced: bool) -> Option<Interjection> {
        self.answer.advance(frame, voiced, &self.settings);
        let (place, overdue) = self.most_overdue(frame.end)?;
        if self.is_limited(place, frame.end) {
            self.spend(place); // later it would come out of nowhere
            return None;
        }
        let over_speech = self.opening(overdue)?;
        Some(self.fire(place, frame.end, over_speech))
    }

    /// What has been due for longest, and for how long.
    fn most_overdue(&mut self, at: SampleIndex) -> Option<(Place, u64)> {
        let Answer { clock, voiced, .. } = self.answer;
        let mut most: Option<(Place, u64)> = None;
        let mut add = |place, due: u64| {
            if most.is_none_or(|(_, overdue)| clock - due > overdue) {
                most = Some((place, clock - due));
            }
        };
        for (place, watched) in self.rules.iter_mut().enumerate() {
            let State::SetOff { since, due, .. } = &mut watched.state else { continue };
            if due.is_none() && clock >= *since + watched.rule.grace && voiced >= watched.rule.min_voiced {
                *due = Some((clock, at));
            }
            if let Some((due, _)) = due {
                add(Place::Rule(place), *due);
            }
        }
        let rambles = self.settings.rambling.is_some_and(|limit| clock >= limit) && !self.rambling_say.is_empty();
        if rambles && self.answer.rambling == Rambling::Not {
            self.answer.rambling = Rambling::Due(clock, at);
        }
        if let Rambling::Due(due, _) = self.answer.rambling {
            add(Place::Rambling, due);
        }
        most
    }

    fn is_limited(&self, place: Place, at: SampleIndex) -> bool {
        let within = |since: Option<SampleIndex>, samples: u64| since.is_some_and(|since| at.0 - since.0 < samples);
        let rests = match place {
            Place::Rule(place) => within(self.rules[place].fired_at, self.rules[place].rule.cooldown),
            Place::Rambling => false,
        };
        rests || within(self.last, self.settings.spacing) || self.answer.interjections >= self.settings.per_answer
    }

    /// Whether now is the moment, and if so whether it is over the candidate's words.
    fn opening(&self, overdue: u64) -> Option<bool> {
        let TriggerSettings { breath, impatient, gap, latest, .. } = self.settings;
        let wanted = if overdue < impatient { breath } else { gap };
        let is_gap = self.answer.silence >= wanted;
        (is_gap && !self.lacks_words || overdue >= latest).then_some(!is_gap)
    }

    fn spend(&mut self, place: Place) {
        match place {
            Place::Rule(place) => self.rules[place].state = State::Spent,
            Place::Rambling => self.answer.rambling = Rambling::Spent,
        }
    }

    fn fire(&mut self, place: Place, at: SampleIndex, over_speech: bool) -> Interjection {
        let unknown = (0, at);
        let (cause, say, heard_at, due_at) = match place {
            Place::Rule(place) => {
                let watched = &mut self.rules[place];
                watched.fired_at = Some(at);
                let (words, heard_at, due) = match &watched.state {
                    State::SetOff { words, heard_at, due, .. } => (words.clone(), *heard_at, due.unwrap_or(unknown)),
                    State::Quiet | State::Spent => (String::new(), at, unknown),
                };
                (Cause::Said { rule: watched.rule.id.clone(), words }, &watched.rule.say, heard_at, due.1)
            }
            Place::Rambling => {
                let due = if let Rambling::Due(_, due_at) = self.answer.rambling { due_at } else { at };
                self.answer.rambling = Rambling::Spent;
                (Cause::Rambling { speech: self.answer.clock }, &self.rambling_say, due, due)
            }
        };
        let text = say[self.fired as usize % say.len()].clone();
        self.fired += 1;
        self.last = Some(at);
        self.answer.interjections += 1;
        // What else was said before is not dug up afterwards.
        for watched in self.rules.iter_mut().filter(|watched| watched.state != State::Quiet) {
            watched.state = State::Spent;
        }
        Interjection { cause, text, heard_at, due_at, at, over_speech }
    }
}

impl Answer {
    /// What the clock showed when the newest words were said: half-way between the end of the words before and theirs. Where it is not
    /// known how far they go, it is what it shows now.
    fn new_words_said(&mut self) -> u64 {
        let end = self.clock_at_words();
        let before = std::mem::replace(&mut self.words_before, end);
        let earlier = self.heard_until.map_or(0, |_| (end.saturating_sub(before) / 2).min(MOST_EARLIER));
        end - earlier
    }

    /// What the clock showed when the newest words had been said.
    fn clock_at_words(&self) -> u64 {
        let Some(until) = self.heard_until else { return self.clock };
        let known = self.clocks.partition_point(|(end, _)| *end < until);
        self.clocks.get(known).map_or(self.clock, |(_, clock)| *clock)
    }

    fn advance(&mut self, frame: SampleSpan, voiced: bool, settings: &TriggerSettings) {
        let length = frame.end.0.saturating_sub(frame.start.0);
        if self.end.is_some_and(|end| end != frame.start) {
            self.silence = 0; // the interviewer spoke
        }
        self.end = Some(frame.end);
        if voiced {
            self.silence = 0;
            self.voiced += length;
            self.clock += length;
        } else {
            self.silence += length;
            if self.voiced > 0 && self.silence <= settings.longest_breath {
                self.clock += length;
            }
        }
        if self.clocks.len() == CLOCKS {
            self.clocks.pop_front();
        }
        self.clocks.push_back((frame.end, self.clock));
    }
}

#[cfg(test)]
#[path = "trigger_tests.rs"]
mod tests;
