//! Which words are plain English, and which are only another form of each other: what must not be "repaired".

use std::{collections::HashSet, sync::LazyLock};

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../common_words.txt").split_whitespace().collect());

/// "idempotent" beside "idempotency", "quorums" beside "quorum": another form of the same word, not a mis-heard one.
pub fn is_other_form(word: &str, of_term: &str) -> bool {
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
pub fn is_ordinary(word: &str) -> bool {
    if word.len() < 2 || COMMON.contains(word) {
        return true;
    }
    ENDINGS_OF_WORDS.iter().filter_map(|end| Some((word.strip_suffix(end)?, *end))).any(|(stem, end)| {
        let fits = match end {
            "d" | "r" => stem.ends_with('e'),
            "s" => !["s", "x", "z", "sh", "ch"].iter().any(|hiss| stem.ends_with(hiss)),
            _ => true,
        };
        fits && stem.len() >= 3
            && (COMMON.contains(stem)
                || COMMON.contains(format!("{stem}e").as_str())
                || COMMON.contains(undoubled(stem)))
    })
}

const ENDINGS_OF_WORDS: [&str; 10] = ["s", "es", "d", "ed", "ing", "ly", "r", "er", "est", "y"];

/// "runn" of "running" as "run"; anything else as it is.
fn undoubled(stem: &str) -> &str {
    match stem.as_bytes() {
        [.., a, b] if a == b && b.is_ascii_lowercase() => &stem[..stem.len() - 1],
        _ => stem,
    }
}
