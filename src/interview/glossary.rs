//! Terms of the field: how they are spoken, how speech recognition mangles them, and their repair.

use std::{collections::HashSet, sync::LazyLock};

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

/// Repairs mis-heard terms in the text of one segment.
///
/// The listed forms come first, the longest first; then up to three neighbouring words that look and sound like a term.
/// Nothing is matched across punctuation. Ordinary English words, other forms of a term ("idempotent" beside
/// "idempotency") and words of other terms are changed by a listed form only: a missed repair costs less than an invented
/// word.
pub fn correct(raw: &str, terms: &[Term]) -> Corrected {
    let words = spoken_pieces(raw);
    let listed = listed_forms(terms);
    let similar = similar_terms(terms);
    let known: HashSet<String> = terms.iter().flat_map(|term| folded(&term.term)).collect();

    let mut corrected = Corrected { text: String::with_capacity(raw.len()), changes: Vec::new() };
    let mut copied = 0;
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        let found = listed_at(rest, &listed).or_else(|| similar_at(rest, &similar, &known));
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
struct Listed<'a> {
    form: Vec<String>,
    term: &'a str,
    /// `None` for the term itself.
    rule: Option<Rule>,
}

/// All listed forms and the terms themselves, the longest first.
fn listed_forms(terms: &[Term]) -> Vec<Listed<'_>> {
    let mut listed: Vec<Listed> = Vec::new();
    for term in terms {
        let written = folded(&term.term);
        let forms = |forms: &[String], rule| -> Vec<Listed<'_>> {
            let forms = forms.iter().map(|form| folded(form)).filter(|form| !form.is_empty() && *form != written);
            forms.map(|form| Listed { form, term: term.term.as_str(), rule: Some(rule) }).collect()
        };
        listed.extend(forms(&term.misheard, Rule::Misheard));
        listed.extend(forms(&term.spoken, Rule::Spoken));
        listed.push(Listed { form: written.clone(), term: &term.term, rule: None });
    }
    listed.sort_by_key(|listed| std::cmp::Reverse(listed.form.len())); // stable: the first entry of the file wins
    listed
}

fn listed_at(rest: &[Piece], listed: &[Listed]) -> Option<Found> {
    let fits = |form: &[String]| {
        form.len() <= rest.len()
            && form.iter().zip(rest).all(|(word, piece)| *word == piece.folded)
            && rest[1..form.len()].iter().all(|piece| piece.joins)
    };
    let found = listed.iter().find(|listed| fits(&listed.form))?;
    let replacement = found.rule.map(|rule| (found.term.to_owned(), rule));
    Some(Found { words: found.form.len(), replacement })
}

/// A term that may be recognized by its likeness.
struct Similar<'a> {
    term: &'a str,
    words: Vec<String>,
    letters: String,
    sound: String,
}

/// Terms of at least five letters and nothing else; shorter ones are like too many words.
fn similar_terms(terms: &[Term]) -> Vec<Similar<'_>> {
    let similar = terms.iter().map(|term| {
        let words = folded(&term.term);
        let letters = words.concat();
        let sound = soundex(&letters);
        Similar { term: &term.term, words, letters, sound }
    });
    similar.filter(|term| term.letters.len() >= 5 && term.letters.bytes().all(|c| c.is_ascii_lowercase())).collect()
}

fn similar_at(rest: &[Piece], terms: &[Similar], known: &HashSet<String>) -> Option<Found> {
    let mut best: Option<(f64, Found)> = None;
    for n in 1..=rest.len().min(3) {
        let pieces = &rest[..n];
        if n > 1 && !pieces[n - 1].joins {
            break;
        }
        let words: Vec<&str> = pieces.iter().map(|piece| piece.folded.as_str()).collect();
        let ordinary = |word: &&str| known.contains(*word) || is_common(word);
        let letters = words.concat();
        if words.iter().all(ordinary) || !letters.bytes().all(|c| c.is_ascii_lowercase()) {
            continue;
        }
        for term in terms {
            let Some((distance, plural)) = likeness(&words, &letters, term) else { continue };
            if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                let to = if plural { format!("{}s", term.term) } else { term.term.to_owned() };
                best = Some((distance, Found { words: n, replacement: Some((to, Rule::Similar)) }));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// Share of letters that differ, if few enough, and whether the text has a plural `s` that the term has not.
fn likeness(words: &[&str], letters: &str, term: &Similar) -> Option<(f64, bool)> {
    let singular = letters.strip_suffix('s').filter(|_| !term.letters.ends_with('s'));
    let (letters, plural) = match singular {
        Some(singular) => (singular, true),
        None => (letters, false),
    };
    let same_words = words.len() == term.words.len()
        && words.iter().zip(&term.words).all(|(word, of_term)| word == of_term || is_other_form(word, of_term));
    let longest = letters.len().max(term.letters.len());
    let off = letters.len().abs_diff(term.letters.len());
    if same_words || off > (longest / 4).max(2) {
        return None;
    }
    let distance = 1.0 - strsim::normalized_levenshtein(letters, &term.letters);
    let sounds_alike = soundex(letters) == term.sound;
    let most = match (sounds_alike, words.len()) {
        (true, 1) if term.letters.len() >= 7 => 0.34,
        (true, 1) => 0.2,
        (true, _) => 0.25,
        (false, _) if term.letters.len() >= 7 => 0.15,
        (false, _) => 0.0,
    };
    (distance <= most).then_some((distance, plural))
}

/// "idempotent" beside "idempotency", "quorums" beside "quorum": another form of the same word, not a mis-heard one.
fn is_other_form(word: &str, of_term: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "", "s", "es", "d", "ed", "ing", "ings", "ly", "r", "er", "ers", "y", "ies", "e", "t", "nt", "ce", "cy", "nce",
        "ncy", "ion", "ions", "able", "ability", "al", "ally", "ment", "ments", "ness", "or", "ors", "ize", "ized",
        "ise", "ised",
    ];
    let shared = word.bytes().zip(of_term.bytes()).take_while(|(a, b)| a == b).count();
    let ends = |word: &str| word.get(shared..).is_some_and(|ending| ENDINGS.contains(&ending));
    shared >= 4 && ends(word) && ends(of_term)
}

/// Ordinary English, by a list and its inflections.
fn is_common(word: &str) -> bool {
    static COMMON: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| include_str!("common_words.txt").split_whitespace().collect());
    if word.len() < 4 || COMMON.contains(word) {
        return true; // short words are too easily alike
    }
    let stems =
        ["s", "es", "d", "ed", "ing", "ly", "r", "er", "est", "y"].iter().filter_map(|end| word.strip_suffix(end));
    stems.into_iter().any(|stem| {
        let undoubled = stem.char_indices().last().map_or("", |(at, _)| &stem[..at]);
        stem.len() >= 3
            && (COMMON.contains(stem) || COMMON.contains(format!("{stem}e").as_str()) || COMMON.contains(undoubled))
    })
}

/// American Soundex of ASCII letters: the first letter and up to three digits.
fn soundex(letters: &str) -> String {
    let digit = |c: char| match c {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        'h' | 'w' => '-', // does not part equal digits
        _ => '0',
    };
    let mut code = String::new();
    let mut last = '0';
    for (n, c) in letters.chars().enumerate() {
        let now = digit(c);
        if n == 0 {
            code.push(c);
        } else if now != '0' && now != '-' && now != last {
            code.push(now);
        }
        if now != '-' {
            last = now;
        }
    }
    code.truncate(4);
    code
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
