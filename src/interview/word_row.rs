//! Rows of plain words in which a set phrase of conversation is recognised: `can|could you ?please repeat <question>`.
//!
//! For phrases of the conversation itself, where every word counts and negations, plurals and gaps of the cue language
//! ([`super::coverage`]) would only be in the way. A row is matched at a place, word by word:
//!
//! | token | hears |
//! |---|---|
//! | `word` | that word; with a hyphen several (`do-not`) |
//! | `a\|b` | one of these |
//! | `?token` | the token or nothing |
//! | `<name>` | one of the rows of that name |
//! | `*3` | one to three words, whatever they are |

use std::ops::Range;

use super::words::{Spoken, is_filler};

/// A word as it is said, lower case, without apostrophes; joined with the next where speech joins them ("that is" is `thats`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlainWord {
    pub text: String,
    /// The words it stands for, as [`Spoken::words`] counts them.
    pub words: Range<usize>,
}

/// The words of a text that is one segment. Fillers are left out.
pub(super) fn plain_words(text: &str) -> Vec<PlainWord> {
    plain_words_of(&Spoken::of_text(text))
}

/// The words of all segments. Fillers are left out.
pub(super) fn plain_words_of(spoken: &Spoken) -> Vec<PlainWord> {
    const JOINED: &[(&str, &str, &str)] = &[
        ("that", "is", "thats"),
        ("what", "is", "whats"),
        ("i", "am", "im"),
        ("i", "would", "id"),
        ("i", "will", "ill"),
        ("let", "us", "lets"),
        ("do", "not", "dont"),
        ("can", "not", "cant"),
    ];
    let mut plain: Vec<PlainWord> = Vec::new();
    for (at, _) in spoken.words.iter().enumerate().filter(|(_, word)| !is_filler(&word.norm)) {
        let said = as_said(&spoken.cut(at..at + 1));
        let joined = plain.last().and_then(|last| {
            let (.., joined) = JOINED.iter().find(|(first, second, _)| last.text == *first && said == *second)?;
            (last.words.end == at).then_some(*joined)
        });
        match (joined, plain.last_mut()) {
            (Some(joined), Some(last)) => {
                *last = PlainWord { text: joined.to_owned(), words: last.words.start..at + 1 }
            }
            _ => plain.push(PlainWord { text: said, words: at..at + 1 }),
        }
    }
    plain
}

fn as_said(word: &str) -> String {
    let said: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match said.as_str() {
        "ok" => "okay".to_owned(),
        "cannot" => "cant".to_owned(),
        _ => said,
    }
}

/// Rows that others refer to, by name.
pub(super) type Named = [(&'static str, &'static [&'static str])];

/// Matches rows against words.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub named: &'a Named,
    pub words: &'a [PlainWord],
}

impl Rows<'_> {
    /// Where the longest match of any of the rows that begins at word `from` ends.
    pub fn longest(&self, rows: &[&str], from: usize) -> Option<usize> {
        rows.iter().filter_map(|row| self.row(row, from)).max()
    }

    /// Where the longest match of a row that begins at word `from` ends.
    pub fn row(&self, row: &str, from: usize) -> Option<usize> {
        let mut ends = vec![from];
        for token in row.split(' ') {
            let (optional, token) = token.strip_prefix('?').map_or((false, token), |token| (true, token));
            let mut next = if optional { ends.clone() } else { Vec::new() };
            ends.iter().for_each(|&at| self.token(token, at, &mut next));
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        ends.last().copied()
    }

    /// Adds all places where a match of the token that begins at `at` may end.
    fn token(&self, token: &str, at: usize, ends: &mut Vec<usize>) {
        let left = self.words.len().saturating_sub(at);
        if let Some(most) = token.strip_prefix('*').and_then(|most| most.parse::<usize>().ok()) {
            ends.extend((1..=most.min(left)).map(|count| at + count));
            return;
        }
        if let Some(name) = token.strip_prefix('<').and_then(|token| token.strip_suffix('>')) {
            let rows = self.named.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, rows)| *rows);
            ends.extend(rows.iter().filter_map(|row| self.row(row, at)));
            return;
        }
        for choice in token.split('|') {
            let count = choice.split('-').count();
            let here = self.words.get(at..at + count).unwrap_or_default();
            if !here.is_empty() && choice.split('-').zip(here).all(|(wanted, word)| wanted == word.text) {
                ends.push(at + count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &Named = &[("thing", &["it", "the ?last question"])];

    /// How many words of the text the row takes from its start.
    fn check(row: &str, text: &str, taken: Option<usize>) {
        let words = plain_words(text);
        assert_eq!(Rows { named: NAMED, words: &words }.row(row, 0), taken, "{row} in {text}");
    }

    #[test]
    fn rows_hear_words_in_order() {
        check("skip <thing>", "Skip the last question, please", Some(4));
        check("skip <thing>", "skip the queue", None);
        check("skip ?<thing>", "skip the queue", Some(1));
        check("can|could i ?please go-on", "could I go on", Some(4));
        check("dont know", "do not know", Some(2));
        check("about *2", "about the old leader", Some(3));
        check("about *2", "about", None);
        check("i ?do", "", None);
    }

    #[test]
    fn joined_words_know_all_their_words() {
        let words = plain_words("Um, that is it, I'm, uh, done.");
        let said: Vec<(&str, Range<usize>)> =
            words.iter().map(|word| (word.text.as_str(), word.words.clone())).collect();
        assert_eq!(said, [("thats", 1..3), ("it", 3..4), ("im", 4..5), ("done", 6..7)]);
    }
}
