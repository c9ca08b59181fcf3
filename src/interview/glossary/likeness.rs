//! Words that are in no list but sound like a term.
//!
//! Three ways, by how much else speaks for it: words that are not English; ordinary words beside a word of the term that was
//! heard right ("hash lot"); ordinary words alone that together have the very sounds of a long term ("over booking").

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    Term, folded,
    ordinary::{is_ordinary, is_other_form},
    sound::{MOST_SOUNDS, distance, may_begin, sounds, weight},
};
use crate::interview::words;

/// As many neighbouring words are taken for a term, at most.
const MOST_WORDS: usize = 4;
/// Share of the sounds that may differ where a word is not English, and the term not short.
const MOST: f32 = 0.24;
/// The same where all words are English.
const MOST_IF_ORDINARY: f32 = 0.08;
/// Of the other words, where some are the term's own.
const MOST_BESIDE_AN_ANCHOR: f32 = 0.55;
const MOST_BESIDE_AN_ANCHOR_IF_ORDINARY: f32 = 0.22;
/// Two terms whose distances differ by less are equally likely: then nothing is changed.
const MARGIN: f32 = 0.03;

/// The terms by their sounds.
pub struct Likeness {
    terms: Vec<String>,
    /// Their words in small letters, with a space on either side of each.
    folded: Vec<String>,
    /// The lightest first.
    spoken: Vec<SpokenTerm>,
    /// Those of several words by their first and by their last word, in `spoken`.
    beginning_with: HashMap<String, Vec<usize>>,
    ending_with: HashMap<String, Vec<usize>>,
    /// Every word of every term: right as it stands.
    known: HashSet<String>,
}

/// One way of saying a term.
struct SpokenTerm {
    /// In `Likeness::terms`.
    term: usize,
    words: Vec<String>,
    /// Where each word ends in `sounds`.
    ends: Vec<usize>,
    sounds: Vec<u8>,
    weight: f32,
}

/// A text prepared for comparison.
pub struct Hearing<'a> {
    words: Vec<HeardWord<'a>>,
    /// Of all words, one after the other.
    sounds: Vec<u8>,
}

struct HeardWord<'a> {
    letters: &'a str,
    joins: bool,
    /// Where its sounds lie in `Hearing::sounds`, and what they weigh.
    sounds: Range<usize>,
    weight: f32,
    /// Small ASCII letters and nothing else.
    plain: bool,
    stop: bool,
    /// English, or a word of some term.
    ordinary: bool,
    known: bool,
}

/// What the words at a place were meant to be.
pub struct Meant {
    pub words: usize,
    pub term: String,
}

impl Likeness {
    pub fn new(terms: &[Term]) -> Self {
        let mut spoken = Vec::new();
        for (n, term) in terms.iter().enumerate() {
            for form in std::iter::once(&term.term).chain(&term.spoken) {
                spoken.extend(SpokenTerm::of(n, folded(form)));
            }
        }
        spoken.sort_by(|a, b| a.weight.total_cmp(&b.weight));
        let (mut beginning_with, mut ending_with) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (n, said) in spoken.iter().enumerate() {
            if let [first, .., last] = said.words.as_slice() {
                beginning_with.entry(first.clone()).or_default().push(n);
                ending_with.entry(last.clone()).or_default().push(n);
            }
        }
        let known = terms.iter().flat_map(|term| folded(&term.term)).collect();
        let folded = terms.iter().map(|term| format!(" {} ", folded(&term.term).join(" "))).collect();
        let terms = terms.iter().map(|term| term.term.clone()).collect();
        Self { terms, folded, spoken, beginning_with, ending_with, known }
    }

    /// `words` are folded; each says whether it may belong to the one before.
    pub fn hear<'a>(&self, words: impl Iterator<Item = (&'a str, bool)>) -> Hearing<'a> {
        let mut all: Vec<u8> = Vec::new();
        let mut heard: Vec<HeardWord> = Vec::new();
        let mut first_place: HashMap<&str, usize> = HashMap::new();
        for (letters, joins) in words {
            let start = all.len();
            let word = match first_place.get(letters) {
                Some(earlier) => {
                    let earlier = &heard[*earlier];
                    all.extend_from_within(earlier.sounds.clone());
                    HeardWord { joins, sounds: start..all.len(), ..*earlier }
                }
                None => {
                    first_place.insert(letters, heard.len());
                    all.extend(sounds(letters));
                    let known = self.known.contains(letters);
                    HeardWord {
                        letters,
                        joins,
                        sounds: start..all.len(),
                        weight: weight(&all[start..]),
                        plain: letters.bytes().all(|c| c.is_ascii_lowercase()),
                        stop: words::is_stop_word(letters),
                        ordinary: known || is_ordinary(letters),
                        known,
                    }
                }
            };
            heard.push(word);
        }
        Hearing { words: heard, sounds: all }
    }

    /// The term that the words from `at` on sound like, if one does clearly and none does better from a later word on.
    pub fn meant_at(&self, hearing: &Hearing, at: usize) -> Option<Meant> {
        let (best, rivalled) = self.nearest(hearing, at)?;
        let mut later = (at + 1..at + best.words).filter_map(|at| self.nearest(hearing, at));
        if rivalled || later.any(|(later, _)| later.distance <= best.distance) {
            return None;
        }
        let term = &self.terms[best.term];
        Some(Meant { words: best.words, term: if best.plural { format!("{term}s") } else { term.clone() } })
    }

    /// The term that is nearest to the word at `at` and some that follow, and whether another is nearly as near.
    fn nearest(&self, hearing: &Hearing, at: usize) -> Option<(Near, bool)> {
        let mut found: Vec<Near> = Vec::new();
        for words in 1..=(hearing.words.len() - at).min(MOST_WORDS) {
            let last = &hearing.words[at + words - 1];
            if words > 1 && !last.joins || !last.plain {
                break;
            }
            let Some(window) = Window::of(hearing, at..at + words) else { continue };
            let mut add = |likeness: Option<(f32, bool)>, spoken: &SpokenTerm| {
                if let Some((distance, plural)) = likeness {
                    found.push(Near { distance, words, term: spoken.term, plural });
                }
            };
            for spoken in self.of_like_weight(&window) {
                add(window.likeness(spoken), spoken);
            }
            let anchored = [(&self.beginning_with, &hearing.words[at]), (&self.ending_with, last)];
            for n in anchored.iter().filter_map(|(by, word)| by.get(word.letters)).flatten() {
                add(window.likeness_beside_an_anchor(&self.spoken[*n]), &self.spoken[*n]);
            }
        }
        let least = found.iter().min_by(|a, b| a.distance.total_cmp(&b.distance))?;
        let near = || found.iter().filter(|other| other.distance < least.distance + MARGIN);
        // "idempotancy key" is nearly as near to the key as to "idempotency": the longer one was meant.
        let longer = near().filter(|other| self.is_part(least.term, other.term));
        let length = |near: &Near| self.folded[near.term].len();
        let best = longer.max_by(|a, b| length(a).cmp(&length(b)).then(b.distance.total_cmp(&a.distance)))?;
        let related = |other: &Near| self.is_part(other.term, best.term) || self.is_part(best.term, other.term);
        Some((*best, near().any(|other| !related(other))))
    }

    /// Whether all words of one term stand in another, or it is the same.
    fn is_part(&self, part: usize, whole: usize) -> bool {
        self.folded[whole].contains(&self.folded[part])
    }

    /// No distance is less than the difference of the weights, so the others need not be looked at.
    fn of_like_weight(&self, window: &Window) -> &[SpokenTerm] {
        if window.all_ordinary && (window.words.len() == 1 || window.words.iter().any(|word| word.known)) {
            return &[]; // ordinary words alone make up long terms only, and none that is made of them
        }
        let most = if window.all_ordinary { MOST_IF_ORDINARY } else { MOST };
        let least = window.weight - if window.may_be_plural { 1.0 } else { 0.0 };
        let start = self.spoken.partition_point(|spoken| spoken.weight < least * (1.0 - most));
        let end = self.spoken.partition_point(|spoken| spoken.weight * (1.0 - most) <= window.weight);
        &self.spoken[start..end]
    }
}

/// A term and how far it is from the words heard.
#[derive(Clone, Copy)]
struct Near {
    distance: f32,
    words: usize,
    term: usize,
    plural: bool,
}

impl SpokenTerm {
    fn of(term: usize, words: Vec<String>) -> Option<Self> {
        if !words.iter().all(|word| word.bytes().all(|c| c.is_ascii_lowercase())) {
            return None;
        }
        let (mut all, mut ends) = (Vec::new(), Vec::new());
        for word in &words {
            all.extend(sounds(word));
            ends.push(all.len());
        }
        let weight = weight(&all);
        (weight >= 2.4 && all.len() <= MOST_SOUNDS).then_some(Self { term, words, ends, sounds: all, weight })
    }

    /// Letters one by one, as in "c r d t".
    fn is_spelled_out(&self) -> bool {
        self.words.iter().filter(|word| word.len() == 1).count() >= 2
    }

    fn sounds_of(&self, from: usize, to: usize) -> &[u8] {
        let start = if from == 0 { 0 } else { self.ends[from - 1] };
        &self.sounds[start..self.ends[to - 1]]
    }
}

/// Neighbouring words of a text that might be one term.
struct Window<'a> {
    words: &'a [HeardWord<'a>],
    hearing: &'a Hearing<'a>,
    sounds: &'a [u8],
    weight: f32,
    all_ordinary: bool,
    may_be_plural: bool,
}

impl<'a> Window<'a> {
    fn of(hearing: &'a Hearing<'a>, place: Range<usize>) -> Option<Self> {
        let words = &hearing.words[place];
        let all_ordinary = words.iter().all(|word| word.ordinary);
        let sounds = sounds_of(hearing, words);
        if words.len() == 1 && all_ordinary || sounds.len() > MOST_SOUNDS {
            return None;
        }
        let weight = words.iter().map(|word| word.weight).sum();
        let may_be_plural = words.last().is_some_and(|word| word.letters.ends_with('s'));
        Some(Self { words, hearing, sounds, weight, all_ordinary, may_be_plural })
    }

    /// Share of the sounds that differ, if few enough, and whether the text has a plural `s` that the term has not.
    fn likeness(&self, spoken: &SpokenTerm) -> Option<(f32, bool)> {
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
    fn likeness_beside_an_anchor(&self, spoken: &SpokenTerm) -> Option<(f32, bool)> {
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
            (false, _) if spoken.is_spelled_out() => Some(0.12),
            (false, weight) if weight >= 4.5 => Some(MOST),
            (false, weight) if weight >= 3.2 => Some(0.11),
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

    /// One word for one word must look like it, too: "sardines" only sounds like "sharding".
    fn is_spelled_like(&self, spoken: &SpokenTerm) -> bool {
        let ([heard], [term]) = (self.words, spoken.words.as_slice()) else { return true };
        strsim::normalized_levenshtein(heard.letters, term) >= 0.55
    }

    /// What English words at the edges cost that are none of the term's: they rather belong to the sentence.
    fn strangers(&self, spoken: &SpokenTerm) -> f32 {
        if self.all_ordinary {
            return 0.0;
        }
        let cost = |word: Option<&HeardWord>| match word {
            Some(word) if !word.ordinary || spoken.words.iter().any(|of_term| of_term == word.letters) => 0.0,
            Some(word) if word.stop => 1.1,
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
