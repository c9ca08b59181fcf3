//! Whether a spoken text can be followed at one hearing. Two things are counted, and both can be mended by a full stop.
//!
//! - A sentence has at most 25 words, as the style guides of two governments ask of text that is even read (Australian Government Style Manual,
//!   "Sentence length"; Inside GOV.UK, "Sentence length: why 25 words is our limit", 2014).
//! - Between two marks of punctuation at most two subordinate clauses begin: one inside another inside a third has to be held in mind until
//!   all are closed (Gibson, "Linguistic complexity: locality of syntactic dependencies", Cognition 68, 1998).

use super::wording::{count_words, plain_words};

const LONGEST_SENTENCE: usize = 25;
const MOST_CLAUSES: usize = 2;

/// Words that begin a subordinate clause. Some count also where they point or ask: the rule is for the ear, not for a grammar. "after",
/// "before", "since" are left out: they mostly stand before a time.
const SUBORDINATORS: &[&str] = &[
    "which", "that", "who", "whose", "because", "although", "though", "while", "whereas", "unless", "until", "if",
    "when", "whenever", "where", "whether",
];

/// What makes the text hard to follow, and how to mend it.
pub fn hard_to_follow(text: &str) -> Option<(String, String)> {
    if let Some(words) = sentences(text).map(count_words).find(|words| *words > LONGEST_SENTENCE) {
        let remedy = format!("Make two of it: {LONGEST_SENTENCE} words are as many as an ear keeps.");
        return Some((format!("a sentence of {words} words"), remedy));
    }
    let stretches = text.split(|c: char| !c.is_alphanumeric() && !c.is_whitespace() && !"'’-".contains(c));
    let clauses = stretches.map(subordinate_clauses).find(|clauses| *clauses > MOST_CLAUSES)?;
    let remedy = "Say one thing after the other: a full stop or a comma in place of \"which\", \"that\", \"when\".";
    Some((format!("{clauses} clauses inside each other"), remedy.to_owned()))
}

/// How many sentences there are.
pub fn count_sentences(text: &str) -> usize {
    sentences(text).count()
}

/// Cut at full stops, question and exclamation marks that a space or the end follows ("99.9" is one word).
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = rest.char_indices().filter(|(_, c)| ".?!…".contains(*c)).map(|(at, c)| at + c.len_utf8());
        let end = ends.into_iter().find(|end| rest[*end..].starts_with(char::is_whitespace)).unwrap_or(rest.len());
        let (sentence, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(sentence)
    })
}

/// The first word is free: "When it fails, …" begins a sentence and holds nothing up. So is the last: nothing follows on it.
fn subordinate_clauses(stretch: &str) -> usize {
    let words: Vec<String> = plain_words(stretch).collect();
    let inner = words.get(1..words.len().max(2) - 1).unwrap_or_default();
    inner.iter().filter(|word| SUBORDINATORS.contains(&word.as_str())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_and_nested_clauses_are_found() {
        let check = |text: &str, what: Option<&str>| {
            let found = hard_to_follow(text).map(|(what, _)| what);
            assert_eq!(found.as_deref(), what, "{text}");
        };
        let words = |count: usize| "word ".repeat(count);
        check(&format!("{}. {}.", words(25), words(25)), None);
        check(&words(26), Some("a sentence of 26 words"));
        check("It is 99.9 percent, and that is enough.", None);
        check("Tell me when the node that led fails.", None);
        check(
            "Tell me what happens when the node that led until it failed comes back.",
            Some("3 clauses inside each other"),
        );
        check("A person who was removed when the group closed must not see what is posted after that.", None);
        check("Who waits, who refuses, who notices, and until when?", None);
        check("", None);
    }

    #[test]
    fn sentences_are_counted() {
        for (text, count) in [("", 0), ("One", 1), ("One. Two? Three!", 3), ("It is 1.5 times.", 1), ("Well… yes.", 2)]
        {
            assert_eq!(count_sentences(text), count, "{text}");
        }
    }
}
