//! Words that fill and words that take back, each with where it was said. Ambiguous ones count only where they cannot mean
//! anything: the numbers are lower bounds, and recognizers leave many hesitations out.

use crate::{
    interview::{
        evidence_span::{RawWord, raw_words},
        transcript::Transcript,
    },
    signal::SampleSpan,
};

/// Something that was said, and about when.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// As it was recognised, in lower case.
    pub words: String,
    /// `None` when typed.
    pub span: Option<SampleSpan>,
}

/// Hesitations and stock words in the raw text, in the order said.
pub fn fillers(transcript: &Transcript) -> Vec<Moment> {
    found(transcript, filler_at)
}

/// Words that take back what is being said, likewise.
pub fn hedges(transcript: &Transcript) -> Vec<Moment> {
    found(transcript, hedge_at)
}

/// Every place where `length_at` finds some words.
fn found(transcript: &Transcript, length_at: impl Fn(&[RawWord], usize) -> Option<usize>) -> Vec<Moment> {
    let mut moments = Vec::new();
    for words in transcript.segments.iter().map(raw_words) {
        for at in 0..words.len() {
            let Some(length) = length_at(&words, at) else { continue };
            let here = &words[at..at + length];
            let ends = here.first().and_then(|word| word.span).zip(here.last().and_then(|word| word.span));
            moments.push(Moment {
                words: here.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
                span: ends.map(|(first, last)| SampleSpan { start: first.start, end: last.end }),
            });
        }
    }
    moments
}

fn filler_at(words: &[RawWord], at: usize) -> Option<usize> {
    const ALWAYS: &[&str] =
        &["um", "umm", "uh", "uhm", "uhh", "er", "erm", "hm", "hmm", "mm", "mmm", "ah", "eh", "basically", "literally"];
    let begins = at == 0 || words[at - 1].before_break;
    let next = words.get(at + 1).map_or("", |word| word.text.as_str());
    let before = at.checked_sub(1).map_or("", |at| words[at].text.as_str());
    match words[at].text.as_str() {
        word if ALWAYS.contains(&word) => Some(1),
        // "like" between commas; "it is like a queue" means something
        "like" => (at > 0 && begins && words[at].before_break).then_some(1),
        "you" if next == "know" => {
            let behind = words.get(at + 2).map_or("", |word| word.text.as_str());
            let asks =
                matches!(before, "do" | "if" | "as" | "did" | "when" | "once" | "that" | "what" | "so" | "before");
            let object = matches!(
                behind,
                "what" | "how" | "that" | "the" | "which" | "if" | "why" | "when" | "where" | "a" | "it"
            );
            (!asks && !object).then_some(2)
        }
        "i" if next == "mean" => (begins || words.get(at + 1).is_some_and(|word| word.before_break)).then_some(2),
        _ => None,
    }
}

fn hedge_at(words: &[RawWord], at: usize) -> Option<usize> {
    const HEDGES: &[&[&str]] = &[
        &["maybe"],
        &["perhaps"],
        &["probably"],
        &["somehow"],
        &["kind", "of"],
        &["sort", "of"],
        &["i", "guess"],
        &["i", "think"],
        &["i", "suppose"],
        &["i", "believe"],
        &["im", "not", "sure"],
        &["i", "am", "not", "sure"],
        &["more", "or", "less"],
        &["or", "something"],
    ];
    let said = |hedge: &&&[&str]| {
        let here = words.iter().skip(at).take(hedge.len());
        here.map(|word| word.text.as_str()).eq(hedge.iter().copied())
    };
    let hedge = HEDGES.iter().find(said)?;
    let names_a_sort =
        at > 0 && matches!(words[at - 1].text.as_str(), "this" | "that" | "what" | "a" | "which" | "one" | "some");
    let means_a_sort = names_a_sort && matches!(hedge, ["kind" | "sort", "of"]);
    (!means_a_sort).then_some(hedge.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{interview::transcript::Segment, signal::SampleIndex};

    fn said(text: &str) -> Transcript {
        let span = SampleSpan { start: SampleIndex::from_seconds(10.0), end: SampleIndex::from_seconds(20.0) };
        let text = text.to_owned();
        let repaired = "what was repaired does not count, maybe".to_owned();
        let segment = Segment { span: Some(span), raw: text, text: repaired, confidence: None, not_decoded: None };
        Transcript { segments: vec![segment] }
    }

    fn words(moments: Vec<Moment>) -> Vec<String> {
        moments.into_iter().map(|moment| moment.words).collect()
    }

    #[test]
    fn fillers_are_a_lower_bound() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words(fillers(&said(text))), expected, "{text}");
        check("Um, so, uh, the leader, er, accepts it", &["um", "uh", "er"]);
        check("It is, like, a queue", &["like"]);
        check("It is like a queue, and I like it", &[]);
        check("so you know the queue is full", &[]);
        check("the queue, you know, is full", &["you know"]);
        check("do you know what happens", &[]);
        check("I mean, it basically works", &["i mean", "basically"]);
        check("what I mean is this", &[]);
        check("umbrella error hum", &[]);
    }

    #[test]
    fn hedges_are_counted_where_they_hedge() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words(hedges(&said(text))), expected, "{text}");
        check("Maybe I'd shard it, I guess. It's kind of slow.", &["maybe", "i guess", "kind of"]);
        check("that kind of failure is one sort of outage", &[]);
        check("I'm not sure, I think it works or something", &["im not sure", "i think", "or something"]);
        check("it is probably sort of fine", &["probably", "sort of"]);
        check("the leader decides", &[]);
    }

    #[test]
    fn each_has_its_place_in_the_recording() {
        // twenty letters in ten seconds
        let moments = hedges(&said("it is, maybe, a four"));
        let span = moments[0].span.unwrap();
        assert_eq!((span.start.seconds(), span.end.seconds()), (13.5, 16.5));
        assert_eq!(hedges(&Transcript::typed("maybe it is"))[0].span, None);
    }
}
