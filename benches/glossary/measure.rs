//! What the repair makes of mis-heard terms and of ordinary sentences. Used by the bench and by `tests/it/glossary.rs`.

use viva::interview::glossary::{Glossary, Rule, Term};

/// A term that was spoken, and the text that was written for it.
pub struct Case {
    pub term: String,
    pub heard: String,
}

/// Reads lines of a term, a tab and a text; lines that begin with `#` are comments.
pub fn cases(lines: &str) -> Vec<Case> {
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.filter_map(|line| line.split_once('\t'));
    fields.map(|(term, heard)| Case { term: term.to_owned(), heard: heard.to_owned() }).collect()
}

/// Words of the carrier sentences next to the term: gone, they were swallowed with it.
const BESIDE_THE_TERM: [&str; 4] = ["we use", "in this", "we need", "when a"];

/// Half of all phrases, chosen by their FNV-1a hash: these never enter a list, and no rule was made by looking at them.
pub fn is_held_out(phrase: &str) -> bool {
    let hash = phrase
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) & 1 == 1
}

/// What became of a mis-heard term that is in no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The term stands there, and nothing else was changed into a third one.
    Right,
    /// Still mis-heard.
    Alone,
    /// Something became a term that nobody said.
    Wrong,
    /// No matter of this measure: heard right, or written in a list.
    HeardRight,
    Listed,
}

pub fn outcome(case: &Case, glossary: &Glossary) -> (Outcome, String) {
    let meant = plain(&case.term);
    if holds(&plain(&case.heard), &meant) {
        return (Outcome::HeardRight, case.heard.clone());
    }
    let corrected = glossary.correct(&case.heard);
    let belongs = |to: &str| holds(&meant, &plain(to)) || plain(to) == format!("{meant}s");
    let listed =
        |change: &viva::interview::glossary::Change| change.rule != Rule::Similar && plain(&change.to) == meant;
    let swallowed = |words: &&str| holds(&plain(&case.heard), words) && !holds(&plain(&corrected.text), words);
    let spoiled = corrected.changes.iter().any(|change| !belongs(&change.to)) || BESIDE_THE_TERM.iter().any(swallowed);
    let outcome = if spoiled {
        Outcome::Wrong
    } else if corrected.changes.iter().any(listed) {
        Outcome::Listed
    } else if holds(&plain(&corrected.text), &meant) || holds(&plain(&corrected.text), &format!("{meant}s")) {
        Outcome::Right
    } else {
        Outcome::Alone
    };
    (outcome, corrected.text)
}

/// How many of the mis-heard came out how.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub right: usize,
    pub alone: usize,
    pub wrong: usize,
}

impl Tally {
    pub fn of<'a>(cases: impl IntoIterator<Item = &'a Case>, glossary: &Glossary) -> Self {
        let mut tally = Self::default();
        for case in cases {
            match outcome(case, glossary).0 {
                Outcome::Right => tally.right += 1,
                Outcome::Alone => tally.alone += 1,
                Outcome::Wrong => tally.wrong += 1,
                Outcome::HeardRight | Outcome::Listed => {}
            }
        }
        tally
    }

    pub fn n(&self) -> usize {
        self.right + self.alone + self.wrong
    }
}

/// The sentences that the repair changes, each with what it became.
pub fn changed<'a>(sentences: impl IntoIterator<Item = &'a str>, terms: &[Term]) -> Vec<(&'a str, String)> {
    let glossary = Glossary::new(terms);
    let corrected = sentences.into_iter().map(|sentence| (sentence, glossary.correct(sentence)));
    corrected.filter(|(_, corrected)| !corrected.changes.is_empty()).map(|(raw, c)| (raw, c.text)).collect()
}

/// Lower-case words with single spaces.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn holds(text: &str, words: &str) -> bool {
    format!(" {text} ").contains(&format!(" {words} "))
}
