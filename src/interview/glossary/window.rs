//! A few neighbouring words of a text, and how far they are from a term by their sounds.

use std::ops::Range;

use super::{
    likeness::{HeardWord, Hearing, SpokenTerm},
    ordinary::is_other_form,
    sound::{MOST_SOUNDS, distance, may_begin, weight},
};
use crate::interview::words;

// The limits were chosen on the halves of the fixtures that may be looked at, some of them by the counts of the others, too; docs/benchmarks.md
// has what came of them.

/// Share of the sounds that may differ where a word is not English, and the term not short.
pub const MOST: f32 = 0.24;
/// The same where all words are English.
pub const MOST_IF_ORDINARY: f32 = 0.08;
/// Of the other words, where some are the term's own.
const MOST_BESIDE_AN_ANCHOR: f32 = 0.55;
const MOST_BESIDE_AN_ANCHOR_IF_ORDINARY: f32 = 0.22;
/// The same for letters one by one, and for short terms; the shortest are in lists or nowhere.
const MOST_IF_SPELLED_OUT: f32 = 0.12;
const MOST_IF_SHORT: f32 = 0.11;

/// Neighbouring words of a text that might be one term.
pub struct Window<'a> {
    pub words: &'a [HeardWord<'a>],
    hearing: &'a Hearing<'a>,
    sounds: &'a [u8],
    pub weight: f32,
    pub all_ordinary: bool,
    pub may_be_plural: bool,
}

impl<'a> Window<'a> {
    pub fn of(hearing: &'a Hearing<'a>, place: Range<usize>) -> Option<Self> {
        let words = &hearing.words[place];
        let all_ordinary = words.iter().all(|word| word.ordinary);
        let sounds = sounds_of(hearing, words);
        if words.len() == 1 && all_ordinary || sounds.len() > MOST_SOUNDS {
            return None;
        }
        let weight = words.iter().map(|word| word.weight).sum();
        let may_be_plural = words.last().is_some_and(|word| word.letters.len() > 3 && word.letters.ends_with('s'));
        Some(Self { words, hearing, sounds, weight, all_ordinary, may_be_plural })
    }

    /// Share of the sounds that differ, if few enough, and whether the text has a plural `s` that the term has not.
    pub fn likeness(&self, spoken: &SpokenTerm) -> Option<(f32, bool)> {
        let heaviest = self.weight.max(spoken.weight);
        let allowed = self.most(spoken)? * heaviest - self.strangers(spoken);
        if allowed < 0.0 || !may_begin(self.sounds, &spoken.sounds) {
            return None;
        }
        let (cost, plural) = self.cost(self.sounds, &spoken.sounds, spoken, allowed);
        if cost > allowed
            || self.all_ordinary && self.is_compound_of(spoken)
            || self.is_form_of(spoken)
            || !self.is_spelled_like(spoken)
        {
            return None;
        }
        Some(((cost + self.strangers(spoken)) / heaviest, plural))
    }

    /// The rest sounds alike where words at one end or both are the term's own.
    pub fn likeness_beside_an_anchor(&self, spoken: &SpokenTerm) -> Option<(f32, bool)> {
        let (heard, term) = (self.words, &spoken.words);
        if heard.len() < 2 {
            return None;
        }
        let short = heard.len().min(term.len()) - 1;
        let before = heard.iter().zip(term).take(short).take_while(|(word, of_term)| word.letters == *of_term).count();
        let ends = heard.iter().rev().zip(term.iter().rev()).take(short - before);
        let after = ends.take_while(|(word, of_term)| word.letters == *of_term).count();
        let mut anchors = term[..before].iter().chain(&term[term.len() - after..]);
        if !anchors.any(|word| word.len() >= 3 && !words::is_stop_word(word)) {
            return None;
        }
        let rest = &heard[before..heard.len() - after];
        let meant = spoken.sounds_of(before, term.len() - after);
        if weight(meant) < 2.0 {
            return None; // hardly anything to compare
        }
        let most = match rest.iter().filter(|word| word.ordinary).count() {
            0 => MOST_BESIDE_AN_ANCHOR,
            some if some < rest.len() => MOST_BESIDE_AN_ANCHOR * 0.67,
            _ if rest.iter().any(|word| word.known || word.stop || has_own_meaning(word.letters)) => return None,
            _ => MOST_BESIDE_AN_ANCHOR_IF_ORDINARY,
        };
        let sounds = sounds_of(self.hearing, rest);
        let allowed = weight(sounds).max(weight(meant)) * most - self.strangers(spoken);
        let (cost, plural) = if after == 0 {
            self.cost(sounds, meant, spoken, allowed)
        } else {
            (distance(sounds, meant, allowed), false)
        };
        if cost > allowed || self.is_form_of(spoken) {
            return None;
        }
        Some(((cost + self.strangers(spoken)) / self.weight.max(spoken.weight), plural))
    }

    /// How far the whole may be off.
    fn most(&self, spoken: &SpokenTerm) -> Option<f32> {
        match (self.all_ordinary, spoken.weight) {
            (true, weight) => (weight >= 5.0).then_some(MOST_IF_ORDINARY),
            (false, _) if spoken.is_spelled_out() => Some(MOST_IF_SPELLED_OUT),
            (false, weight) if weight >= 4.5 => Some(MOST),
            (false, weight) if weight >= 3.2 => Some(MOST_IF_SHORT),
            (false, _) => None,
        }
    }

    /// Two words that only are written apart: "single flight" may be one of an aeroplane.
    fn is_compound_of(&self, spoken: &SpokenTerm) -> bool {
        let mut letters = spoken.words.concat();
        self.words.iter().all(|word| match letters.strip_prefix(word.letters) {
            Some(rest) => {
                letters = rest.to_owned();
                true
            }
            None => false,
        })
    }

    /// Some of the words are the term's or other forms of them: nothing to repair.
    fn is_form_of(&self, spoken: &SpokenTerm) -> bool {
        let form = |word: &HeardWord, of_term: &str| {
            let only_an_e =
                word.letters.strip_suffix('e') == Some(of_term) || of_term.strip_suffix('e') == Some(word.letters);
            word.letters == of_term || is_other_form(word.letters, of_term) && (word.ordinary || !only_an_e)
        };
        let forms = |words: &[HeardWord]| words.iter().zip(&spoken.words).all(|(word, of_term)| form(word, of_term));
        self.words.windows(spoken.words.len()).any(forms)
    }

    /// One word for one word must look like it, too: "sardines" only sounds like "sharding". One word for several is none of them:
    /// "dedupes" is not "dedupe key".
    fn is_spelled_like(&self, spoken: &SpokenTerm) -> bool {
        match (self.words, spoken.words.as_slice()) {
            ([heard], [term]) => strsim::normalized_levenshtein(heard.letters, term) >= 0.55,
            ([heard], terms) => !terms.iter().any(|term| is_other_form(heard.letters, term)),
            _ => true,
        }
    }

    /// What English words at the edges cost that are none of the term's: they rather belong to the sentence.
    fn strangers(&self, spoken: &SpokenTerm) -> f32 {
        let cost = |word: Option<&HeardWord>| match word {
            Some(word) if !word.ordinary || spoken.words.iter().any(|of_term| of_term == word.letters) => 0.0,
            Some(word) if word.stop => 1.1,
            _ if self.all_ordinary => 0.0,
            _ => 0.3,
        };
        cost(self.words.first()) + cost(self.words.last())
    }

    /// The distance, with a plural `s` of the text left aside where that is nearer.
    fn cost(&self, heard: &[u8], meant: &[u8], spoken: &SpokenTerm, allowed: f32) -> (f32, bool) {
        let whole = distance(heard, meant, allowed + 0.01);
        if !self.may_be_plural || spoken.words.last().is_none_or(|word| word.ends_with('s')) {
            return (whole, false);
        }
        let singular = distance(&heard[..heard.len().saturating_sub(1)], meant, allowed + 0.01);
        if singular < whole { (singular, true) } else { (whole, false) }
    }
}

/// The sounds of neighbouring words.
fn sounds_of<'a>(hearing: &'a Hearing, words: &[HeardWord]) -> &'a [u8] {
    match words {
        [first, .., last] => &hearing.sounds[first.sounds.start..last.sounds.end],
        [word] => &hearing.sounds[word.sounds.clone()],
        [] => &[],
    }
}

/// Words that sound like a term's and are meant as they are too often: only a listed form changes them.
fn has_own_meaning(word: &str) -> bool {
    matches!(word, "cash" | "cue" | "case" | "cases" | "right" | "leg" | "legs" | "like")
}
