//! What a session came to: its turns and their words, and where two differ.

use std::collections::BTreeMap;

use super::was_cut_off;
use crate::{
    interview::transcript::TurnNo,
    session::{
        event_log::{Entry, Log, Outcome},
        hear::EndedBy,
    },
    store::AnswerRecord,
};

/// One turn as it was held.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldTurn {
    pub turn: TurnNo,
    pub asked: String,
    pub outcome: Option<Outcome>,
    pub ended: Option<EndedBy>,
    /// Words that count, and all words as they were recognized; `None` where nothing was kept.
    pub words: Option<Words>,
    /// How often an end was taken back.
    pub unended: usize,
    /// What the interviewer said meanwhile: nudges, and what it cut in with.
    pub nudges: Vec<String>,
    /// Length of the recording.
    pub seconds: f64,
}

/// The words of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    pub text: String,
    pub raw: String,
    /// What was asked of the interviewer, and told.
    pub clarifications: Vec<(String, String)>,
    /// The text was corrected by the person: only the raw words can be the same.
    pub corrected: bool,
    /// The program ended while it was heard.
    pub cut_off: bool,
}

/// A turn as it was and as it is now; one of them may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub turn: TurnNo,
    pub then: Option<HeldTurn>,
    pub now: Option<HeldTurn>,
}

/// The turns of a session, in order.
pub(super) fn turns(log: &Log, answers: &[AnswerRecord]) -> Vec<HeldTurn> {
    let of = |turn| {
        let answer = answers.iter().find(|answer| answer.turn == turn);
        let mut held = HeldTurn {
            turn,
            asked: String::new(),
            outcome: None,
            ended: None,
            words: answer.map(words),
            unended: 0,
            nudges: Vec::new(),
            seconds: 0.0,
        };
        for line in log.of_turn(turn) {
            match &line.entry {
                Entry::Asked { text, .. } => held.asked.clone_from(text),
                Entry::Held { outcome } => held.outcome = Some(*outcome),
                Entry::Over { by, length, .. } => (held.ended, held.seconds) = (Some(*by), length.seconds()),
                Entry::Unended => held.unended += 1,
                Entry::Nudged { text } => held.nudges.push(text.clone()),
                Entry::Interjected { interjection } => held.nudges.push(interjection.interjection.text.clone()),
                _ => {}
            }
        }
        held
    };
    log.turns().into_iter().map(of).collect()
}

fn words(answer: &AnswerRecord) -> Words {
    let raw = answer.transcript.segments.iter().map(|segment| segment.raw.trim()).filter(|raw| !raw.is_empty());
    Words {
        text: answer.transcript.text(),
        raw: raw.collect::<Vec<_>>().join(" "),
        clarifications: answer.clarifications.iter().map(|heard| (heard.asked.clone(), heard.told.clone())).collect(),
        corrected: answer.corrected,
        cut_off: was_cut_off(answer),
    }
}

/// The turns of both, by number.
pub(super) fn pairs(then: Vec<HeldTurn>, now: Vec<HeldTurn>) -> Vec<Pair> {
    let mut pairs: BTreeMap<TurnNo, Pair> = BTreeMap::new();
    let empty = |turn| Pair { turn, then: None, now: None };
    for held in then {
        let turn = held.turn;
        pairs.entry(turn).or_insert_with(|| empty(turn)).then = Some(held);
    }
    for held in now {
        let turn = held.turn;
        pairs.entry(turn).or_insert_with(|| empty(turn)).now = Some(held);
    }
    pairs.into_values().collect()
}

impl Pair {
    /// What is not the same: its name, then and now. Empty where all is.
    pub fn differences(&self) -> Vec<(&'static str, String, String)> {
        let (then, now) = match (&self.then, &self.now) {
            (Some(then), Some(now)) => (then, now),
            (then, now) => {
                let asked = |turn: &Option<HeldTurn>| turn.as_ref().map_or("no such turn".into(), |t| t.asked.clone());
                return vec![("turn", asked(then), asked(now))];
            }
        };
        let mut all = vec![("question", then.asked.clone(), now.asked.clone())];
        match (&then.words, &now.words) {
            (Some(then), _) if then.cut_off => return Vec::new(),
            (Some(then), Some(now)) => {
                all.push(("words", then.raw.clone(), now.raw.clone()));
                if !then.corrected {
                    all.push(("text", then.text.clone(), now.text.clone()));
                }
                let told = |words: &Words| format!("{:?}", words.clarifications);
                all.push(("told", told(then), told(now)));
            }
            (then, now) => {
                let kept = |words: &Option<Words>| words.as_ref().map_or("nothing kept".into(), |w| w.text.clone());
                all.push(("answer", kept(then), kept(now)));
            }
        }
        let ended = |held: &HeldTurn| format!("{:?}", held.ended);
        if then.words.is_some() {
            all.push(("ended by", ended(then), ended(now)));
            all.push(("ends taken back", then.unended.to_string(), now.unended.to_string()));
            all.push(("nudges", then.nudges.join(" "), now.nudges.join(" ")));
        }
        all.retain(|(_, then, now)| then != now);
        all
    }
}
