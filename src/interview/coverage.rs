//! Cues: short patterns over spoken words that show that something was said. Hearing them is exact and explainable; it is
//! not understanding, which is why nothing here becomes a level.
//!
//! A cue is a row of tokens, matched in order and next to each other over the forms of [`super::words`]:
//!
//! | token | hears |
//! |---|---|
//! | `word` | that word, with or without a plural or verb `s` |
//! | `pre*` | any word that begins so |
//! | `a\|b\|c*` | one of these; an alternative with a hyphen is several words |
//! | `#` | any figure ("99", "p99", "2 thousand", "10k") |
//! | `~` | up to six words, `~~` up to fifteen; at most one end of sentence among them |
//!
//! A cue is not heard where a negation stands within the three words before it in the same sentence ("we don't need a
//! token bucket"), or within the two words before a token that follows a gap, unless the cue has a negation itself.

use std::ops::Range;

use super::words::{Break, Form, Spoken, is_negation, is_stop_word, same_word, split_compound_prefix};

/// A parsed cue.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    pieces: Vec<Piece>,
    /// The cue speaks of an absence itself ("never retr*"), so a negation before it is no objection.
    negative: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// One of several rows of words.
    OneOf(Vec<Vec<Pattern>>),
    /// Up to so many forms.
    Gap(usize),
}

#[derive(Debug, Clone, PartialEq)]
enum Pattern {
    Word(String),
    Prefix(String),
    Figure,
}

/// Why a text is no cue. Names the cue and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CueError {
    #[error("an empty cue hears nothing: write at least one word")]
    Empty,
    #[error("the cue \"{0}\" has capital letters: write it in lower case")]
    UpperCase(String),
    #[error("the cue \"{0}\" begins or ends with a gap, or has two in a row: put a word on each side of `~`")]
    Gap(String),
    #[error(
        "\"{token}\" in the cue \"{cue}\" is not understood: `*` goes after at least two letters, `|` between words"
    )]
    Token { cue: String, token: String },
    #[error("the cue \"{0}\" is a single common word, which everybody says: add the words around it")]
    TooCommon(String),
}

impl Cue {
    /// Reads a cue of the language above.
    pub fn parse(text: &str) -> Result<Self, CueError> {
        if text.trim().is_empty() {
            return Err(CueError::Empty);
        }
        if text.chars().any(char::is_uppercase) {
            return Err(CueError::UpperCase(text.to_owned()));
        }
        let pieces = pieces(text)?;
        let gap_at = |i: usize| matches!(pieces.get(i), Some(Piece::Gap(_)));
        if gap_at(0) || gap_at(pieces.len() - 1) || (1..pieces.len()).any(|i| gap_at(i) && gap_at(i - 1)) {
            return Err(CueError::Gap(text.to_owned()));
        }
        if pieces.len() == 1 && is_common(&pieces[0]) {
            return Err(CueError::TooCommon(text.to_owned()));
        }
        let negative = pieces.iter().any(|piece| match piece {
            Piece::OneOf(rows) => rows.iter().flatten().any(|p| matches!(p, Pattern::Word(word) if is_negation(word))),
            Piece::Gap(_) => false,
        });
        Ok(Self { pieces, negative })
    }
}

/// The words of the first place where the cue is heard.
pub fn find_first(cue: &Cue, spoken: &Spoken) -> Option<Range<usize>> {
    Finder { cue, spoken, guarded: true, ends: 1 }.from(0).map(|forms| words_of(spoken, forms))
}

/// The words of all places where the cue is heard, in order, none overlapping another.
pub fn find_all(cue: &Cue, spoken: &Spoken) -> Vec<Range<usize>> {
    all_of(&Finder { cue, spoken, guarded: true, ends: 1 })
}

/// As [`find_all`], for words that belong together: no gap of the cue holds the end of a sentence.
pub fn find_all_in_a_sentence(cue: &Cue, spoken: &Spoken) -> Vec<Range<usize>> {
    all_of(&Finder { cue, spoken, guarded: true, ends: 0 })
}

fn all_of(finder: &Finder) -> Vec<Range<usize>> {
    let mut from = 0;
    let mut all = Vec::new();
    while let Some(forms) = finder.from(from) {
        from = forms.end;
        all.push(words_of(finder.spoken, forms));
    }
    all
}

/// The earliest place where any of the cues is heard. A text that is no cue is not heard: `viva check` reports it.
pub fn find_any(cues: &[String], spoken: &Spoken) -> Option<Range<usize>> {
    let found = cues.iter().filter_map(|cue| find_first(&Cue::parse(cue).ok()?, spoken));
    found.min_by_key(|words| (words.start, words.end))
}

/// As [`find_all`] but over forms and deaf to negations, for patterns about the manner of speaking.
pub(super) fn find_all_unguarded(cue: &Cue, spoken: &Spoken) -> Vec<Range<usize>> {
    let finder = Finder { cue, spoken, guarded: false, ends: 1 };
    let mut from = 0;
    let mut all = Vec::new();
    while let Some(forms) = finder.from(from) {
        from = forms.start + 1;
        all.push(forms);
    }
    all
}

struct Finder<'a> {
    cue: &'a Cue,
    spoken: &'a Spoken<'a>,
    guarded: bool,
    /// Ends of sentence that one gap may hold.
    ends: usize,
}

impl Finder<'_> {
    /// The first match that begins at or after form `from`.
    fn from(&self, from: usize) -> Option<Range<usize>> {
        let guarded = self.guarded && !self.cue.negative;
        (from..self.spoken.forms.len()).find_map(|start| {
            let end = self.rest(0, start, guarded)?;
            let heard = !(guarded && is_negated(self.spoken, start));
            heard.then_some(start..end)
        })
    }

    /// The end of a match of the pieces from `piece` on, at form `at`.
    fn rest(&self, piece: usize, at: usize, guarded: bool) -> Option<usize> {
        let forms = &self.spoken.forms;
        match self.cue.pieces.get(piece) {
            None => Some(at),
            Some(Piece::OneOf(rows)) => rows.iter().find_map(|row| {
                let here = forms.get(at..at + row.len())?;
                let same = row.iter().zip(here).all(|(pattern, form)| pattern.hears(form));
                if same { self.rest(piece + 1, at + row.len(), guarded) } else { None }
            }),
            Some(Piece::Gap(longest)) => {
                let mut ends = 0;
                for gap in 0..=*longest {
                    let next = at + gap;
                    if next >= forms.len() {
                        return None;
                    }
                    // The step from the form before to this one may leave a sentence.
                    ends += usize::from(break_before(self.spoken, next) == Break::Sentence);
                    if ends > self.ends {
                        return None;
                    }
                    let turned = guarded && is_turned_round(self.spoken, at, next);
                    if !turned && let Some(end) = self.rest(piece + 1, next, guarded) {
                        return Some(end);
                    }
                }
                None
            }
        }
    }
}

impl Pattern {
    fn hears(&self, form: &Form) -> bool {
        match self {
            Pattern::Word(word) => same_word(word, &form.text),
            Pattern::Prefix(prefix) => form.text.starts_with(prefix.as_str()),
            Pattern::Figure => form.number,
        }
    }
}

/// A negation within the three forms before `start`, in the same sentence.
fn is_negated(spoken: &Spoken, start: usize) -> bool {
    for back in 1..=3.min(start) {
        let at = start - back;
        if break_after(spoken, at) == Break::Sentence || begins_a_clause(&spoken.forms[at].text) {
            return false;
        }
        if negates(spoken, at) {
            return true;
        }
    }
    false
}

/// Words after which something new is said: in "she was not sure so I proposed a trial" nothing is denied of the trial.
fn begins_a_clause(form: &str) -> bool {
    matches!(form, "so" | "but" | "because" | "therefore" | "however")
}

/// A negation within the two forms before `next`, behind a gap that began at `from`, with no punctuation between.
fn is_turned_round(spoken: &Spoken, from: usize, next: usize) -> bool {
    let unbroken = |at: usize| break_after(spoken, at) == Break::None;
    (1..=2)
        .map_while(|back| next.checked_sub(back).filter(|at| *at >= from && unbroken(*at)))
        .any(|at| negates(spoken, at))
}

/// Whether the form at `at` denies what follows. "not only" does not, nor does the "no," that begins a reply.
fn negates(spoken: &Spoken, at: usize) -> bool {
    let text = |i: usize| spoken.forms.get(i).map_or("", |form| form.text.as_str());
    match (text(at), text(at + 1)) {
        ("rather", "than") | ("instead", "of") => true,
        ("not", "only" | "just") => false,
        ("no", _) => break_after(spoken, at) == Break::None,
        (word, _) => is_negation(word),
    }
}

pub(super) fn break_after(spoken: &Spoken, form: usize) -> Break {
    let words = spoken.forms[form].words.clone();
    // Fillers between this form and the next have no form: the strongest break among them counts.
    let next = spoken.forms.get(form + 1).map_or(spoken.words.len(), |next| next.words.start);
    let between = words.end - 1..next.max(words.end);
    spoken.words[between].iter().map(|word| word.break_after).max().unwrap_or(Break::None)
}

fn break_before(spoken: &Spoken, form: usize) -> Break {
    // A form that shares its word with the one before ("5ms") follows it without a break.
    match form.checked_sub(1) {
        Some(before) if spoken.forms[before].words != spoken.forms[form].words => break_after(spoken, before),
        _ => Break::None,
    }
}

fn words_of(spoken: &Spoken, forms: Range<usize>) -> Range<usize> {
    spoken.forms[forms.start].words.start..spoken.forms[forms.end - 1].words.end
}

fn pieces(text: &str) -> Result<Vec<Piece>, CueError> {
    let bad = |token: &str| CueError::Token { cue: text.to_owned(), token: token.to_owned() };
    let mut pieces = Vec::new();
    let mut plain: Vec<&str> = Vec::new();
    for token in text.split_whitespace() {
        let is_plain = token.chars().all(|c| c.is_alphanumeric() || "'\u{2019}-_./,%".contains(c));
        if is_plain {
            plain.push(token);
            continue;
        }
        flush(&mut plain, &mut pieces);
        match token {
            "~" => pieces.push(Piece::Gap(6)),
            "~~" => pieces.push(Piece::Gap(15)),
            _ => {
                let rows: Option<Vec<_>> = token.split('|').map(rows).collect();
                pieces.push(Piece::OneOf(rows.ok_or_else(|| bad(token))?.concat()));
            }
        }
    }
    flush(&mut plain, &mut pieces);
    if pieces.is_empty() { Err(bad(text)) } else { Ok(pieces) }
}

/// Plain words are folded together, as speech is: "ninety nine" is one token.
fn flush(plain: &mut Vec<&str>, pieces: &mut Vec<Piece>) {
    if plain.is_empty() {
        return;
    }
    let row = folded(&plain.join(" "));
    plain.clear();
    if !row.is_empty() {
        pieces.push(Piece::OneOf(vec![row]));
    }
}

/// One alternative; `None` when it is not understood. A prefix that may begin a compound is two rows: `repl*` is heard in "re play" and in
/// "replies", `overwrit*` in "over write" and in "overwritten".
fn rows(token: &str) -> Option<Vec<Vec<Pattern>>> {
    if token == "#" {
        return Some(vec![vec![Pattern::Figure]]);
    }
    let Some(prefix) = token.strip_suffix('*') else {
        let row = folded(token);
        let understood = !row.is_empty() && !token.contains(['*', '#', '~']);
        return understood.then(|| vec![row]);
    };
    let (before, last) = prefix.rsplit_once('-').map_or(("", prefix), |(before, last)| (before, last));
    if last.chars().count() < 2 || !last.chars().all(char::is_alphanumeric) {
        return None;
    }
    let row_with = |ending: Vec<Pattern>| [folded(before), ending].concat();
    let plain = row_with(vec![Pattern::Prefix(last.to_owned())]);
    let split = split_compound_prefix(last)
        .map(|(first, rest)| row_with(vec![Pattern::Word(first.to_owned()), Pattern::Prefix(rest.to_owned())]));
    Some(split.into_iter().chain([plain]).collect())
}

fn folded(text: &str) -> Vec<Pattern> {
    Spoken::of_text(text).forms.into_iter().map(|form| Pattern::Word(form.text)).collect()
}

fn is_common(piece: &Piece) -> bool {
    let Piece::OneOf(rows) = piece else { return true };
    rows.iter().any(|row| match row.as_slice() {
        [Pattern::Word(word)] => is_stop_word(word),
        [Pattern::Prefix(prefix)] => prefix.len() < 3,
        [Pattern::Figure] => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests;
