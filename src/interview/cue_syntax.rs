//! Whether a cue is written in the cue language. Only the spelling; [`super::coverage`] listens for cues.

use std::collections::BTreeSet;

/// A single word shorter than this is too common to show anything by itself.
const LONE_WORD_LETTERS: usize = 6;
/// What stands before a `*` must be at least this long.
const STEM_LETTERS: usize = 3;

/// What is wrong with a cue and how to mend it, if anything is. `terms` are single words that are terms of the field, in lower
/// case: those may stand alone however short they are ("raft", "etcd").
pub fn check(cue: &str, terms: &BTreeSet<String>) -> Result<(), (String, String)> {
    let fail = |what: String, remedy: &str| Err((format!("cue \"{cue}\" {what}"), remedy.to_owned()));
    let tokens: Vec<&str> = cue.split(' ').filter(|token| !token.is_empty()).collect();
    if tokens.is_empty() {
        return fail("is empty".to_owned(), "Write the words that show it.");
    }
    if cue.chars().any(char::is_uppercase) {
        return fail("has capital letters".to_owned(), "Cues are lower case: they match words as heard.");
    }

    for token in tokens.iter().filter(|token| !is_gap(token)) {
        for choice in token.split('|') {
            let stem = choice.strip_suffix('*').unwrap_or(choice);
            if choice == "#" {
                continue;
            }
            if stem.split('-').any(str::is_empty) {
                return fail(
                    format!("has an empty word in `{token}`"),
                    "Write a word on both sides of each `|` and `-`.",
                );
            }
            if let Some(odd) = stem.chars().find(|c| !c.is_alphanumeric() && !"'-".contains(*c)) {
                return fail(
                    format!("has `{odd}` in `{choice}`"),
                    "A cue holds words, `word*` at the end of a word, `a|b`, `#`, `~` and `~~`.",
                );
            }
            let letters = stem.rsplit('-').next().map_or(0, |last| last.chars().count());
            if choice.ends_with('*') && letters < STEM_LETTERS {
                return fail(
                    format!("has only {letters} letters before `*`"),
                    "Write more of the word, or the words themselves with `|`.",
                );
            }
        }
    }
    if is_gap(tokens[0]) || is_gap(tokens[tokens.len() - 1]) {
        return fail("begins or ends with a gap".to_owned(), "A `~` stands between words.");
    }
    if tokens.windows(2).any(|pair| is_gap(pair[0]) && is_gap(pair[1])) {
        return fail("has two gaps in a row".to_owned(), "Use one `~` (six words) or one `~~` (fifteen).");
    }
    if let [only] = tokens[..] {
        // The `*` of `starv*` counts as a letter: the words it stands for are longer than the stem.
        let too_common = only.split('|').find(|choice| match *choice {
            "#" => true,
            word if word.contains('-') => false,
            word => word.chars().count() < LONE_WORD_LETTERS && !terms.contains(word.trim_end_matches('*')),
        });
        if let Some(word) = too_common {
            return fail(
                format!("is the single word `{word}`, which is too common"),
                "Write two words or more, a word of six letters or more, or a term of the glossary.",
            );
        }
    }
    Ok(())
}

fn is_gap(token: &str) -> bool {
    token == "~" || token == "~~"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_kept() {
        let terms = BTreeSet::from(["raft".to_owned()]);
        for good in [
            "token bucket",
            "fail* ~ open|closed",
            "# ~ requests|rps|qps",
            "idempotency",
            "raft",
            "don't ~~ lock*",
            "p99 # ms",
        ] {
            assert_eq!(check(good, &terms), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "is empty"),
            ("Token bucket", "capital"),
            ("queue", "too common"),
            ("queu*", "too common"),
            ("queue|idempotent", "too common"),
            ("#", "too common"),
            ("back-", "empty word"),
            ("~ bucket", "begins or ends"),
            ("token ~ ~~ bucket", "two gaps"),
            ("token bucket.", "has `.`"),
            ("to* ken", "only 2 letters"),
            ("token| bucket", "empty word"),
            ("to*ken bucket", "has `*`"),
        ] {
            let (what, _) = check(bad, &terms).unwrap_err();
            assert!(what.contains(why), "{bad}: {what}");
        }
    }
}
