//! What cues hear and what they do not, and which texts are no cues.

use proptest::prelude::*;

use super::*;
use crate::interview::transcript::Transcript;

/// What the cue hears in the text; "" when nothing.
fn check(cue: &str, text: &str, heard: &str) {
    let spoken = Spoken::of_text(text);
    let cue_read = Cue::parse(cue).unwrap_or_else(|error| panic!("{error}"));
    let found = find_first(&cue_read, &spoken).map_or(String::new(), |words| spoken.cut(words));
    assert_eq!(found, heard, "cue {cue:?} in {text:?}");
}

#[test]
fn words_are_heard_in_order_and_adjacent() {
    check("token bucket", "I'd use Token Buckets here", "Token Buckets");
    check("token bucket", "a token in the bucket", "");
    check("token bucket", "a bucket token", "");
    check("token bucket", "a token, um, bucket", "token, um, bucket");
    check("p99", "under five at p ninety nine", "p ninety nine");
    check("ninety nine percent", "99% of them", "99%");
    check("429", "we return a four twenty nine", "four twenty nine");
    check("idempotency key", "the item potency key", "item potency key");
    check("don't know", "we don't know that", "don't know");
}

#[test]
fn prefixes_and_alternatives() {
    check("fail* open|closed", "it would fail open", "fail open");
    check("fail* open|closed", "it's failing closed", "failing closed");
    check("fail* over", "then we failover", "failover");
    check("roll* back", "a rollback plan", "rollback");
    check("replay*", "we replayed the log", "replayed");
    check("backpressure|back-off", "with back off", "back off");
    check("backpres*", "with back pressure", "back pressure");
    check("retr* budget", "the retry budget", "retry budget");
    check("two-phase|2pc commit", "a two-phase commit", "two-phase commit");
    check("repl*", "three replies", "replies");
    check("repl*", "we replay it", "replay");
    check("overwrit*", "it is overwritten", "overwritten");
    check("disable*", "you disable it", "disable");
}

#[test]
fn figures_and_gaps() {
    check("# ~ requests|rps|qps", "sixty thousand requests", "sixty thousand requests");
    check("# ~ requests|rps", "like 10k of the small requests", "10k of the small requests");
    check("# ~ requests", "one of the requests", "");
    check("# millisecond", "in 5ms flat", "5ms");
    check("lag ~ alert", "lag one two three, four, five, six alert", "lag one two three, four, five, six alert");
    check("lag ~ alert", "lag a b c d e f g alert", "");
    check("lag ~~ alert", "lag a b c d e f g h i alert", "lag a b c d e f g h i alert");
    check("store ~ down", "the store. It may go down", "store. It may go down");
    check("store ~ down", "the store. Yes. It may go down", "");
}

#[test]
fn what_is_denied_in_one_clause_is_not_denied_in_the_next() {
    check("i proposed ~ trial", "she was still not sure so I proposed a trial", "I proposed a trial");
    check("token bucket", "it never worked but a token bucket did", "token bucket");
    check("token bucket", "no lock because a token bucket is enough", "token bucket");
    check("token bucket", "so no token bucket", "");
}

#[test]
fn a_negated_cue_is_not_heard() {
    check("token bucket", "we don't need a token bucket", "");
    check("token bucket", "not a token bucket", "");
    check("token bucket", "a log rather than a token bucket", "");
    check("token bucket", "instead of token bucket", "");
    check("token bucket", "no, token bucket", "token bucket");
    check("token bucket", "That would not do. Token bucket it is", "Token bucket");
    check("token bucket", "not only a token bucket", "token bucket");
    check("token bucket", "not now that I think of it a token bucket", "token bucket");
    check("token bucket", "no token bucket at first, later a token bucket", "token bucket");
    check("fail* ~ closed", "we fail open and not closed", "");
    check("timeout ~ unknown", "a time out is not a failure, it's unknown", "time out is not a failure, it's unknown");
    check("never retr*", "we never retry", "never retry");
    check("not ~ failure", "it's not a failure", "not a failure");
}

#[test]
fn what_is_no_cue_is_refused_with_a_remedy() {
    for (cue, remedy) in [
        ("", "at least one word"),
        ("Token bucket", "lower case"),
        ("~ bucket", "each side"),
        ("token ~", "each side"),
        ("token ~ ~ bucket", "each side"),
        ("token b*", "two letters"),
        ("tok*en bucket", "two letters"),
        ("a||b c", "between words"),
        ("the", "common word"),
        ("#", "common word"),
    ] {
        let error = Cue::parse(cue).expect_err(cue).to_string();
        assert!(error.contains(remedy), "{cue:?}: {error}");
    }
}

#[test]
fn all_places_are_found_without_overlap() {
    let spoken = Spoken::of_text("retry, then retry retry. No retry");
    let all = find_all(&Cue::parse("retry|backoff").unwrap(), &spoken);
    assert_eq!(all, [0..1, 2..3, 3..4]);
}

proptest! {
    #[test]
    fn what_is_heard_is_a_span_of_the_transcript(text in "[a-z0-9 ,.'\u{e9}\u{4e2d}-]{0,120}\\PC{0,20}", first in "[a-z]{2,4}") {
        let transcript = Transcript::typed(&text);
        let spoken = Spoken::of(&transcript);
        for cue in [format!("{first}*"), "# ~ a|b|c|d*e".into(), format!("a* ~~ {first}"), "one|two|the x".into()] {
            let Ok(cue) = Cue::parse(&cue) else { continue };
            for words in find_all(&cue, &spoken) {
                let evidence = spoken.evidence("x", words);
                prop_assert!(!evidence.text.is_empty());
                prop_assert!(transcript.text().contains(&evidence.text), "{:?}", evidence);
            }
        }
    }
}
