//! Terms of the field: how they are spoken, how speech recognition mangles them, and their repair.
//!
//! Listed forms are found here; what only sounds like a term is found by `likeness`, by the sounds of `sound`.

mod likeness;
mod ordinary;
mod sound;
mod window;

use std::collections::HashMap;

use likeness::Likeness;
pub(super) use ordinary::is_ordinary;

use serde::{Deserialize, Serialize};

/// One entry of `glossary.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// As it is written: "idempotency key".
    pub term: String,
    /// As it is said, where that differs: "p ninety nine".
    #[serde(default)]
    pub spoken: Vec<String>,
    /// What recognizers write instead; each is replaced by `term`. Never an ordinary word on its own.
    #[serde(default)]
    pub misheard: Vec<String>,
}

/// A text with the terms repaired, and what was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    pub text: String,
    /// In the order of the text.
    pub changes: Vec<Change>,
}

/// One repair. The raw text is kept beside it, so that a person can see and undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub from: String,
    pub to: String,
    pub rule: Rule,
}

/// By what a repair was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Listed as mis-heard.
    Misheard,
    /// Listed as the spoken form.
    Spoken,
    /// Looks and sounds like the term.
    Similar,
}

/// The terms of a pack made ready for repair. Making it takes about as long as repairing a long segment: keep it.
pub struct Glossary {
    /// The listed forms and the terms themselves by their first word, the longest first.
    listed: HashMap<String, Vec<Listed>>,
    likeness: Likeness,
}

/// Repairs mis-heard terms in one text; see [`Glossary::correct`].
pub fn correct(raw: &str, terms: &[Term]) -> Corrected {
    Glossary::new(terms).correct(raw)
}

impl Glossary {
    pub fn new(terms: &[Term]) -> Self {
        Self { listed: listed_forms(terms), likeness: Likeness::new(terms) }
    }

    /// Repairs mis-heard terms in the text of one segment.
    ///
    /// The listed forms come first, the longest first; then up to four neighbouring words that sound like a term. Nothing is
    /// matched across punctuation. Single ordinary English words, other forms of a term ("idempotent" beside "idempotency")
    /// and words of other terms are changed by a listed form only: a missed repair costs less than an invented word.
    pub fn correct(&self, raw: &str) -> Corrected {
        let words = spoken_pieces(raw);
        let hearing = self.likeness.hear(words.iter().map(|piece| (piece.folded.as_str(), piece.joins)));
        let mut corrected = Corrected { text: String::with_capacity(raw.len()), changes: Vec::new() };
        let mut copied = 0;
        let mut at = 0;
        while at < words.len() {
            let found = self.listed_at(&words[at..]).or_else(|| {
                let meant = self.likeness.meant_at(&hearing, at)?;
                Some(Found { words: meant.words, replacement: Some((meant.term, Rule::Similar)) })
            });
            let Some(found) = found else {
                at += 1;
                continue;
            };
            let (start, end) = (words[at].start, words[at + found.words - 1].end);
            if let Some((to, rule)) = found.replacement {
                let from = &raw[start..end];
                let to = with_case_of(from, to);
                if from != to {
                    corrected.text.push_str(&raw[copied..start]);
                    corrected.text.push_str(&to);
                    copied = end;
                    corrected.changes.push(Change { from: from.to_owned(), to, rule });
                }
            }
            at += found.words;
        }
        corrected.text.push_str(&raw[copied..]);
        corrected
    }

    fn listed_at(&self, rest: &[Piece]) -> Option<Found> {
        let first = rest[0].folded.as_str();
        let forms = |first: &str| self.listed.get(first).into_iter().flatten();
        let singular = first.strip_suffix('s').into_iter().flat_map(forms).filter(|listed| listed.form.len() == 1);
        let (listed, plural) =
            forms(first).chain(singular).find_map(|listed| Some((listed, listed.stands_at(rest)?)))?;
        let replacement = listed.rule.map(|rule| (format!("{}{}", listed.term, if plural { "s" } else { "" }), rule));
        Some(Found { words: listed.form.len(), replacement })
    }
}

/// A word of the text with its place in bytes.
struct Piece {
    folded: String,
    start: usize,
    end: usize,
    /// Only a space or a hyphen stands before it, so it can belong to the word before.
    joins: bool,
}

/// Something that begins at a word.
struct Found {
    words: usize,
    /// `None` for a term that stands there as it should.
    replacement: Option<(String, Rule)>,
}

fn spoken_pieces(raw: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = 0;
    while let Some(length) = raw[rest..].find(|c: char| c.is_alphanumeric()) {
        let start = rest + length;
        let within = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
        let end = raw[start..].find(|c| !within(c)).map_or(raw.len(), |length| start + length);
        let gap = pieces.last().map_or("", |last| &raw[last.end..start]);
        let joins = !gap.is_empty() && (gap == "-" || gap.chars().all(char::is_whitespace));
        pieces.push(Piece { folded: fold(&raw[start..end]), start, end, joins });
        rest = end;
    }
    pieces
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn folded(text: &str) -> Vec<String> {
    spoken_pieces(text).into_iter().map(|piece| piece.folded).collect()
}

/// One form that is replaced outright.
struct Listed {
    form: Vec<String>,
    term: String,
    /// `None` for the term itself.
    rule: Option<Rule>,
}

impl Listed {
    /// Whether the text begins with the form, and then whether in the plural ("web hooks").
    fn stands_at(&self, text: &[Piece]) -> Option<bool> {
        let text = text.get(..self.form.len())?;
        let (last, before) = self.form.split_last()?;
        let (last_heard, before_heard) = text.split_last()?;
        let fits = before.iter().zip(before_heard).all(|(word, piece)| *word == piece.folded)
            && text[1..].iter().all(|piece| piece.joins);
        let plural = || {
            last.len() > 1
                && self.term.ends_with(|c: char| c.is_alphabetic() && c != 's')
                && last_heard.folded.strip_suffix('s') == Some(last)
        };
        match fits {
            true if last_heard.folded == *last => Some(false),
            true if plural() => Some(true),
            _ => None,
        }
    }
}

fn listed_forms(terms: &[Term]) -> HashMap<String, Vec<Listed>> {
    let mut listed: HashMap<String, Vec<Listed>> = HashMap::new();
    for term in terms {
        let written = folded(&term.term);
        let mut add = |form: Vec<String>, rule| {
            if let Some(first) = form.first() {
                let first = first.clone();
                listed.entry(first).or_default().push(Listed { form, term: term.term.clone(), rule });
            }
        };
        for (forms, rule) in [(&term.misheard, Rule::Misheard), (&term.spoken, Rule::Spoken)] {
            for form in forms.iter().map(|form| folded(form)).filter(|form| *form != written) {
                add(form, Some(rule));
            }
        }
        add(written.clone(), None);
    }
    for forms in listed.values_mut() {
        forms.sort_by_key(|listed| std::cmp::Reverse(listed.form.len())); // stable: the first entry of the file wins
    }
    listed
}

/// A capital where the replaced words began with one and the term is a word written small ("p99" stays small).
fn with_case_of(from: &str, to: String) -> String {
    if to.contains(|c: char| c.is_ascii_digit()) {
        return to;
    }
    let capital = from.chars().next().is_some_and(char::is_uppercase) && !from.chars().skip(1).any(char::is_uppercase);
    match to.chars().next().filter(|first| capital && first.is_lowercase()) {
        Some(first) => first.to_uppercase().chain(to.chars().skip(1)).collect(),
        None => to,
    }
}

#[cfg(test)]
#[path = "glossary_tests.rs"]
mod tests;
