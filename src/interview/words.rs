//! Spoken text as words that can be compared: what a recognizer wrote, what a judge copied and what a cue asks for meet here.
//!
//! Two layers. [`SpokenWord`] is a word of the transcript with its place and time; evidence is a range of these.
//! [`Form`] is what is compared: lower case, numbers as digits, homophones of the field folded, compounds split, fillers
//! gone. A form may cover several words ("ninety nine" is one form, "99"). Forms are for matching, never for display.

mod folding;
mod numbers;

use std::ops::Range;

use super::{assessment::Evidence, evidence_span, transcript::Transcript};
use crate::signal::SampleSpan;

pub use folding::{is_filler, is_negation, is_stop_word, split_compound_prefix};

/// A word of the transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenWord {
    /// Index of its segment, from 0.
    pub segment: usize,
    /// Where it stands in the segment's `text`, without punctuation around it.
    pub bytes: Range<usize>,
    /// Lower case, contractions cut to their first part ("I'd" is "i", "Kafka's" is "kafka"; "don't" stays).
    pub norm: String,
    /// What stands between it and the next word.
    pub break_after: Break,
    /// When it was spoken, estimated by its share of the segment's letters; `None` when typed.
    pub span: Option<SampleSpan>,
}

/// What separates a word from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// White space or a hyphen.
    None,
    /// A comma, colon, dash or bracket, or the cut between two segments.
    Clause,
    /// The end of a sentence.
    Sentence,
}

/// What is compared in place of one or several words.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub text: String,
    /// True for figures ("99", "p99", "10000"); a lone "one" is mostly no figure.
    pub number: bool,
    /// The words it stands for.
    pub words: Range<usize>,
}

/// A transcript made ready for matching.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken<'a> {
    segments: Vec<&'a str>,
    pub words: Vec<SpokenWord>,
    pub forms: Vec<Form>,
}

/// All words of a transcript in order. [`Evidence::words`] counts in this list.
pub fn spoken_words(transcript: &Transcript) -> Vec<SpokenWord> {
    let segments = &transcript.segments;
    let last = segments.len().saturating_sub(1);
    let mut words = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        let mut here = scan(&segment.text, number);
        if let Some(span) = segment.span {
            spread(&mut here, segment.text.len(), span);
        }
        if let Some(word) = here.last_mut().filter(|_| number < last) {
            // A typed answer is cut at sentences, a spoken one at pauses.
            let cut = if segment.span.is_none() { Break::Sentence } else { Break::Clause };
            word.break_after = word.break_after.max(cut);
        }
        words.append(&mut here);
    }
    words
}

impl<'a> Spoken<'a> {
    pub fn of(transcript: &'a Transcript) -> Self {
        let words = spoken_words(transcript);
        let segments = transcript.segments.iter().map(|segment| segment.text.as_str()).collect();
        let forms = folding::fold(&words);
        Self { segments, words, forms }
    }

    /// A text that is no transcript: a quote, a partial, a question.
    pub fn of_text(text: &'a str) -> Self {
        let words = scan(text, 0);
        let forms = folding::fold(&words);
        Self { segments: vec![text], words, forms }
    }

    /// The text from the first to the last of these words, verbatim, with one space where a segment ends.
    pub fn cut(&self, words: Range<usize>) -> String {
        let Some(range) = self.words.get(words).filter(|range| !range.is_empty()) else {
            return String::new();
        };
        let (first, last) = (&range[0], &range[range.len() - 1]);
        if first.segment == last.segment {
            return self.segments[first.segment][first.bytes.start..last.bytes.end].to_owned();
        }
        let mut parts = vec![self.segments[first.segment][first.bytes.start..].trim()];
        parts.extend(self.segments[first.segment + 1..last.segment].iter().map(|text| text.trim()));
        parts.push(self.segments[last.segment][..last.bytes.end].trim());
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    }

    /// When these words were spoken; `None` when they were typed.
    pub fn span(&self, words: Range<usize>) -> Option<SampleSpan> {
        let range = self.words.get(words)?;
        Some(SampleSpan { start: range.first()?.span?.start, end: range.last()?.span?.end })
    }

    /// Evidence for the thing of that id, cut out of the transcript.
    pub fn evidence(&self, supports: &str, words: Range<usize>) -> Evidence {
        Evidence {
            supports: supports.to_owned(),
            text: self.cut(words.clone()),
            words: (words.start, words.end),
            span: self.span(words),
        }
    }

    /// Forms that carry meaning within these words: neither stop words nor fillers.
    pub fn content_forms(&self, words: Range<usize>) -> impl Iterator<Item = &Form> {
        self.forms
            .iter()
            .filter(move |form| form.words.start >= words.start && form.words.end <= words.end)
            .filter(|form| !is_stop_word(&form.text))
    }
}

/// The figures spoken, as digits, in order ("p99", "60000", "5").
pub fn numbers_heard(spoken: &Spoken) -> Vec<String> {
    spoken.forms.iter().filter(|form| form.number).map(|form| form.text.clone()).collect()
}

/// True when the two are the same word but for a plural or verb ending ("retry" and "retries", "batch" and "batches").
pub fn same_word(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 2 {
        return short == long;
    }
    if let Some(ending) = long.strip_prefix(short) {
        let takes_es = short.ends_with(['s', 'x', 'z', 'o']) || short.ends_with("ch") || short.ends_with("sh");
        return ending.is_empty() || ending == "s" || (ending == "es" && takes_es);
    }
    let stems = (short.strip_suffix('y'), long.strip_suffix("ies"));
    matches!(stems, (Some(one), Some(many)) if one == many)
}

/// Cuts a text into words. Hyphens, slashes and underscores part words; dots and commas between digits do not.
fn scan(text: &str, segment: usize) -> Vec<SpokenWord> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|&(_, c)| c);
    let is_letter = |i: usize| at(i).is_some_and(char::is_alphanumeric);
    let is_digit = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit());
    let belongs = |i: usize| match at(i) {
        Some('\'' | '\u{2019}') => i > 0 && is_letter(i - 1) && is_letter(i + 1),
        Some('.' | ',') => i > 0 && is_digit(i - 1) && is_digit(i + 1),
        Some('%') => i > 0 && is_digit(i - 1),
        _ => is_letter(i),
    };
    let mut words: Vec<SpokenWord> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if !is_letter(i) {
            if let Some(word) = words.last_mut() {
                word.break_after = word.break_after.max(break_at(chars[i].1, at(i + 1)));
            }
            i += 1;
            continue;
        }
        let start = chars[i].0;
        while belongs(i) {
            i += 1;
        }
        let end = chars.get(i).map_or(text.len(), |&(byte, _)| byte);
        let norm = folding::normalise(&text[start..end]);
        words.push(SpokenWord { segment, bytes: start..end, norm, break_after: Break::None, span: None });
    }
    words
}

fn break_at(c: char, next: Option<char>) -> Break {
    match c {
        '.' | '!' | '?' | '\u{2026}' if next.is_none_or(|n| !n.is_alphanumeric()) => Break::Sentence,
        '\n' | ';' => Break::Sentence,
        ',' | ':' | '(' | ')' | '\u{2013}' | '\u{2014}' => Break::Clause,
        _ => Break::None,
    }
}

/// Gives each word its share of the segment's time, by its place among the letters.
fn spread(words: &mut [SpokenWord], length: usize, span: SampleSpan) {
    for word in words {
        word.span = Some(evidence_span::share(span, length, word.bytes.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{interview::transcript::Segment, signal::SampleIndex};

    fn forms(text: &str) -> String {
        let spoken = Spoken::of_text(text);
        spoken.forms.iter().map(|form| form.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Both texts are the same once folded, but for plurals.
    fn check(a: &str, b: &str) {
        let (left, right) = (forms(a), forms(b));
        let same = left.split(' ').count() == right.split(' ').count()
            && left.split(' ').zip(right.split(' ')).all(|(a, b)| same_word(a, b));
        assert!(same, "{a:?} is {left:?} and {b:?} is {right:?}");
    }

    #[test]
    fn numbers_are_the_same_in_words_and_in_digits() {
        for (words, digits) in [
            ("ninety nine", "99"),
            ("ten thousand requests", "10000 requests"),
            ("ten thousand", "10,000"),
            ("10k", "10000"),
            ("16 K", "16000"),
            ("four hundred K", "400,000"),
            ("two hundred thirty a second", "230 a second"),
            ("two hundred and thirty", "230"),
            ("a hundred", "100"),
            ("two thousand four hundred", "2400"),
            ("1.5 million", "1500000"),
            ("zero point four percent", "0.4%"),
            ("ninety nine point nine nine", "99.99"),
            ("a four twenty nine", "a 429"),
            ("twenty twenty four", "2024"),
            ("P 99", "p99"),
            ("p ninety nine", "P99"),
            ("five milliseconds", "5ms"),
            ("five millis", "5 ms"),
            ("forty gigs", "40 GB"),
            ("half a million", "half 1000000"),
            ("three", "3"),
            ("a K V store", "a k-v store"),
            ("one read is fine", "1 read is fine"),
        ] {
            check(words, digits);
        }
    }

    #[test]
    fn numbers_do_not_run_across_commas() {
        assert_eq!(forms("two, zero and one, one"), "2 0 and 1 1");
        assert_eq!(forms("ten thousand, five"), "10000 5");
    }

    #[test]
    fn a_lone_one_is_no_figure_unless_it_measures_something() {
        let figures = |text| numbers_heard(&Spoken::of_text(text)).join(" ");
        assert_eq!(figures("one of them is the leader"), "");
        assert_eq!(figures("it takes one second"), "1");
        assert_eq!(figures("p99 under five milliseconds at 60k"), "p99 5 60000");
    }

    #[test]
    fn compounds_are_the_same_joined_split_and_hyphenated() {
        for (a, b) in [
            ("back pressure", "backpressure"),
            ("back-pressure", "backpressure"),
            ("time outs", "timeouts"),
            ("web hooks", "webhooks"),
            ("fail-over", "failover"),
            ("trade offs", "tradeoffs"),
            ("the out box", "the outbox"),
        ] {
            check(a, b);
        }
    }

    #[test]
    fn misheard_jargon_is_folded() {
        for (heard, meant) in [
            ("an item potency key", "an idempotency key"),
            ("I'd am potent", "idempotent"),
            ("so rafted is replicating", "so raft is replicating"),
            ("put it in the cash", "put it in the cache"),
            ("the dead ladder queue", "the dead letter cue"),
            ("cough ka", "Kafka's"),
            ("unlike packs us", "unlike Paxos"),
            ("the core um", "the quorum"),
            ("a lower script", "a Lua script"),
            ("et cetera D", "etcd"),
        ] {
            check(heard, meant);
        }
    }

    #[test]
    fn fillers_and_apostrophes_do_not_count() {
        check("we, um, don\u{2019}t retry", "we dont retry");
        check("it's, you know, the hot key", "it the hot key");
        assert_eq!(forms("do you know the limit"), "do you know the limit");
        assert_eq!(forms("job ID and I'd"), "job id and i");
    }

    #[test]
    fn endings_do_not_part_words() {
        for (a, b, same) in [
            ("retry", "retries", true),
            ("batch", "batches", true),
            ("key", "keys", true),
            ("i", "is", false),
            ("a", "as", false),
            ("shard", "shared", false),
        ] {
            assert_eq!(same_word(a, b), same, "{a} {b}");
            assert_eq!(same_word(b, a), same, "{b} {a}");
        }
    }

    #[test]
    fn words_know_their_place_and_their_time() {
        let segment = |text: &str, start, end| Segment {
            span: Some(SampleSpan { start: SampleIndex(start), end: SampleIndex(end) }),
            raw: text.into(),
            text: text.into(),
            confidence: None,
            not_decoded: None,
        };
        let transcript =
            Transcript { segments: vec![segment("So, a token", 0, 1100), segment(" bucket. Done", 2000, 3300)] };
        let spoken = Spoken::of(&transcript);
        assert_eq!(spoken.words.len(), 5);
        assert_eq!(spoken.words[3].segment, 1);
        let evidence = spoken.evidence("x", 2..4);
        assert_eq!(evidence.text, "token bucket");
        assert!(transcript.text().contains(&evidence.text));
        let span = evidence.span.unwrap();
        assert_eq!((span.start.0, span.end.0), (600, 2700));
        assert_eq!(spoken.cut(1..2), "a");
        assert_eq!(spoken.cut(3..3), "");
    }
}
