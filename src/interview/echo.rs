//! Tells the interviewer's own sentence, heard back through the microphone, from what the candidate says.
//!
//! By the words alone: when it was heard is the session's to know, and it asks only for what began while the interviewer spoke or
//! right behind it. Whoever restates the question later is never asked about here, for restating it is good practice.

use super::closing::plain_words;

/// Fewer words than this could be anybody's.
const LEAST_WORDS: usize = 4;
/// Share of the words heard that were said before, in the same order.
const SHARE: f64 = 0.8;

/// Whether `heard` is nothing but a part of `said`: at least four words, four fifths of them in the order in which they were said,
/// and never two in a row that were not. "So design a rate limiter that counts per key" goes on with words of its own.
pub fn is_echo(said: &str, heard: &str) -> bool {
    let (said, heard) = (plain_words(said), plain_words(heard));
    if heard.len() < LEAST_WORDS {
        return false;
    }
    let known = in_order(&said, &heard);
    let share = known.iter().filter(|known| **known).count() as f64 / heard.len() as f64;
    share >= SHARE && !known.windows(2).any(|pair| pair == [false, false])
}

/// Which words of `heard` belong to the longest sequence that both have in common.
fn in_order(said: &[String], heard: &[String]) -> Vec<bool> {
    let mut longest = vec![vec![0_usize; said.len() + 1]; heard.len() + 1];
    for h in (0..heard.len()).rev() {
        for s in (0..said.len()).rev() {
            longest[h][s] = match alike(&said[s], &heard[h]) {
                true => longest[h + 1][s + 1] + 1,
                false => longest[h + 1][s].max(longest[h][s + 1]),
            };
        }
    }
    let (mut known, mut h, mut s) = (vec![false; heard.len()], 0, 0);
    while h < heard.len() && s < said.len() {
        if alike(&said[s], &heard[h]) {
            known[h] = true;
            (h, s) = (h + 1, s + 1);
        } else if longest[h + 1][s] >= longest[h][s + 1] {
            h += 1;
        } else {
            s += 1;
        }
    }
    known
}

/// The same word, or one that a recognizer makes of it.
fn alike(a: &str, b: &str) -> bool {
    const SHORT: usize = 4;
    a == b || a.len().min(b.len()) >= SHORT && strsim::levenshtein(a, b) * 4 <= a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "How would you design a rate limiter for a public API that many customers call?";

    #[test]
    fn the_interviewers_sentence_is_told_from_the_candidates() {
        let cases = [
            // heard back: whole, its end, with mis-heard words
            (QUESTION, true),
            ("that many customers call", true),
            ("How would you design a great limiter for a public API of many costumers call", true),
            ("for a public API that many costumers call.", true),
            // own words behind it, before it, or instead of it
            ("So design a rate limiter that counts the calls per key", false),
            ("How would you design a rate limiter for a public API that many customers call? First I would ask", false),
            ("Okay, well, then I design a rate limiter", false),
            ("I would keep a token bucket for each API key in the gateway", false),
            // too little to tell
            ("a rate limiter", false),
            ("customers call", false),
            ("", false),
            // the words, in another order
            ("many customers call a public API, design a limiter", false),
        ];
        for (heard, expected) in cases {
            assert_eq!(is_echo(QUESTION, heard), expected, "{heard:?}");
        }
        assert!(!is_echo("", QUESTION));
    }
}
