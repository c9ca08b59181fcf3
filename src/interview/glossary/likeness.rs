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
    ordinary::is_ordinary,
    sound::{MOST_SOUNDS, sounds, weight},
    window::{MOST, MOST_IF_ORDINARY, Window},
};
use crate::interview::words;

/// As many neighbouring words are taken for a term, at most.
const MOST_WORDS: usize = 4;
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
pub struct SpokenTerm {
    /// In `Likeness::terms`.
    term: usize,
    pub words: Vec<String>,
    /// Where each word ends in `sounds`.
    ends: Vec<usize>,
    pub sounds: Vec<u8>,
    pub weight: f32,
}

/// A text prepared for comparison.
pub struct Hearing<'a> {
    pub words: Vec<HeardWord<'a>>,
    /// Of all words, one after the other.
    pub sounds: Vec<u8>,
}

/// A word of it.
pub struct HeardWord<'a> {
    pub letters: &'a str,
    joins: bool,
    /// Where its sounds lie in `Hearing::sounds`, and what they weigh.
    pub sounds: Range<usize>,
    pub weight: f32,
    /// Small ASCII letters and nothing else.
    plain: bool,
    /// A small word that says little by itself.
    pub stop: bool,
    /// English, or a word of some term.
    pub ordinary: bool,
    /// A word of some term.
    pub known: bool,
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
    pub fn is_spelled_out(&self) -> bool {
        self.words.iter().filter(|word| word.len() == 1).count() >= 2
    }

    /// Of the words `from..to`.
    pub fn sounds_of(&self, from: usize, to: usize) -> &[u8] {
        let start = if from == 0 { 0 } else { self.ends[from - 1] };
        &self.sounds[start..self.ends[to - 1]]
    }
}
