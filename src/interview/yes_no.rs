//! Yes or no: the reply to an offer of the interviewer, in one short sentence.

/// Words that decline, wherever they stand: "no, thanks", "not now", "that's enough for today".
const NO: &[&str] = &[
    "no",
    "not",
    "nope",
    "nah",
    "don't",
    "enough",
    "stop",
    "rather not",
    "skip",
    "later",
    "next time",
    "another time",
    "good for now",
];

/// Words that accept.
const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "okay",
    "ok",
    "of course",
    "please",
    "let's",
    "go ahead",
    "gladly",
    "again",
    "absolutely",
    "definitely",
    "why not",
    "let me",
    "i will",
    "i'll",
];

/// Whether an offer was accepted; `None` where that cannot be told. "No" wins: nobody is drilled who may have declined.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.replace('\u{2019}', "'").to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let said = |row: &str| {
        let row: Vec<&str> = row.split(' ').collect();
        words.windows(row.len()).any(|window| window == row)
    };
    if words == ["why", "not"] {
        return Some(true);
    }
    if NO.iter().any(|row| said(row)) {
        return Some(false);
    }
    YES.iter().any(|row| said(row)).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cases: &[&str], expected: Option<bool>) {
        for text in cases {
            assert_eq!(yes_or_no(text), expected, "{text}");
        }
    }

    #[test]
    fn an_offer_is_accepted_or_declined() {
        check(
            &["Yes.", "Yeah, let's do it.", "Sure", "Okay, go ahead.", "Let me try it again, please.", "Why not?"],
            Some(true),
        );
        check(
            &[
                "No.",
                "No, thanks.",
                "Not now, please.",
                "I\u{2019}d rather not.",
                "That is enough for today.",
                "Please stop.",
            ],
            Some(false),
        );
    }

    #[test]
    fn what_is_neither_is_no_reply() {
        check(&["", "Hm.", "The lease is renewed.", "You know the knot."], None);
    }
}
