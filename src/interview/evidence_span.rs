//! From words to the seconds of a recording in which they were said.
//!
//! A segment is at most some twelve seconds of speech between pauses; within it a word stands at its share of the letters, so
//! these seconds are "about" right, which is why a clip begins and ends [`MARGIN_S`] outside of them. Typed answers have no
//! seconds. Plays nothing.

use std::ops::Range;

use super::transcript::Segment;
use crate::signal::{SampleIndex, SampleSpan};

/// Added on both sides of what is played, in seconds.
pub const MARGIN_S: f64 = 0.5;
/// Share of the words looked for that must be found together: repaired terms differ from what was recognised.
const ENOUGH: f64 = 0.6;

/// Seconds of a recording to listen to, margin included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clip {
    pub from_s: f64,
    pub to_s: f64,
}

impl Clip {
    /// What to play to hear this stretch. It may end after the recording does.
    pub fn around(span: SampleSpan) -> Self {
        let (start, end) = (span.start.seconds(), span.end.seconds().max(span.start.seconds()));
        Self { from_s: (start - MARGIN_S).max(0.0), to_s: end + MARGIN_S }
    }
}

/// The share of a segment's time that these bytes of its text take.
pub fn share(span: SampleSpan, length: usize, bytes: Range<usize>) -> SampleSpan {
    let samples = span.end.0.saturating_sub(span.start.0);
    let at = |byte: usize| SampleIndex(span.start.0 + samples * byte.min(length) as u64 / length.max(1) as u64);
    SampleSpan { start: at(bytes.start), end: at(bytes.end) }
}

/// A word as it was recognised, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct RawWord {
    /// Lower case, letters and digits only.
    pub text: String,
    /// A comma or the like stands behind it.
    pub before_break: bool,
    /// About when it was spoken; `None` when typed.
    pub span: Option<SampleSpan>,
}

/// The words of a segment's raw text; hyphens and slashes part words.
pub fn raw_words(segment: &Segment) -> Vec<RawWord> {
    let raw = segment.raw.as_str();
    let mut words: Vec<RawWord> = Vec::new();
    for token in raw.split(|c: char| c.is_whitespace() || matches!(c, '-' | '/')).filter(|token| !token.is_empty()) {
        let start = token.as_ptr() as usize - raw.as_ptr() as usize;
        let text: String = token.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let before_break = token.ends_with([',', '.', ';', ':', '?', '!', '…']);
        match words.last_mut() {
            Some(last) if text.is_empty() => last.before_break |= before_break || !token.is_empty(),
            _ if text.is_empty() => {}
            _ => {
                let span = segment.span.map(|span| share(span, raw.len(), start..start + token.len()));
                words.push(RawWord { text, before_break, span });
            }
        }
    }
    words
}

/// About when these words were said, by the raw text of the segments: also words that are no part of the answer. The best place
/// that holds most of them; `None` where there is none, or the answer was typed.
pub fn heard_at(segments: &[Segment], words: &str) -> Option<SampleSpan> {
    let wanted: Vec<String> = words.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect();
    let said: Vec<RawWord> = segments.iter().flat_map(raw_words).collect();
    if wanted.is_empty() || said.is_empty() {
        return None;
    }
    let width = wanted.len().min(said.len());
    let (mut best, mut place) = (0, 0..0);
    for start in 0..=said.len() - width {
        let found = in_common(&wanted, &said[start..start + width]);
        if found > best {
            (best, place) = (found, start..start + width);
        }
    }
    if (best as f64) < ENOUGH * wanted.len() as f64 {
        return None;
    }
    let stretch = &said[place];
    Some(SampleSpan { start: stretch.first()?.span?.start, end: stretch.last()?.span?.end })
}

fn folded(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many of the words are among those said, each counted as often as it is there.
fn in_common(wanted: &[String], said: &[RawWord]) -> usize {
    let mut left: Vec<&str> = said.iter().map(|word| word.text.as_str()).collect();
    let mut take = |word: &String| left.iter().position(|known| known == word).map(|at| left.swap_remove(at)).is_some();
    wanted.iter().filter(|word| take(word)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::interview::{transcript::Transcript, words::Spoken};

    fn seconds(start: f64, end: f64) -> SampleSpan {
        SampleSpan { start: SampleIndex::from_seconds(start), end: SampleIndex::from_seconds(end) }
    }

    fn segment(start: f64, end: f64, text: &str) -> Segment {
        Segment {
            span: Some(seconds(start, end)),
            raw: text.to_owned(),
            text: text.to_owned(),
            confidence: None,
            not_decoded: None,
        }
    }

    #[test]
    fn a_clip_has_a_margin_and_begins_no_earlier_than_the_recording() {
        for ((start, end), (from_s, to_s)) in
            [((4.0, 6.5), (3.5, 7.0)), ((0.2, 1.0), (0.0, 1.5)), ((3.0, 2.0), (2.5, 3.5))]
        {
            assert_eq!(Clip::around(seconds(start, end)), Clip { from_s, to_s });
        }
    }

    #[test]
    fn words_take_their_share_of_the_segment_by_letters() {
        // ten letters in ten seconds
        let span = share(seconds(20.0, 30.0), 10, 4..7);
        assert_eq!((span.start.seconds(), span.end.seconds()), (24.0, 27.0));
        let all = share(seconds(20.0, 30.0), 10, 0..99);
        assert_eq!((all.start.seconds(), all.end.seconds()), (20.0, 30.0));
        assert_eq!(share(seconds(1.0, 2.0), 0, 0..0).seconds(), 0.0, "no letters, no division");
    }

    #[test]
    fn evidence_over_two_segments_runs_from_the_first_word_to_the_last() {
        let transcript =
            Transcript { segments: vec![segment(0.0, 4.0, "we cache a"), segment(10.0, 14.0, "hot key now")] };
        let spoken = Spoken::of(&transcript);
        let evidence = spoken.evidence("x", 1..5); // "cache a hot key"
        let clip = Clip::around(evidence.span.unwrap());
        assert!((clip.from_s - 0.7).abs() < 0.01, "{clip:?}"); // 3 of 10 letters into the first: 1.2 s
        assert!((clip.to_s - 13.045).abs() < 0.01, "{clip:?}"); // 7 of 11 into the second: 12.545 s
    }

    #[test]
    fn questions_to_the_interviewer_are_found_in_the_raw_words() {
        let mut segments = vec![
            segment(0.0, 2.0, "Let me see."),
            segment(5.0, 9.0, "How many users do we have?"),
            segment(9.5, 12.0, "Fine."),
        ];
        segments[1].text.clear();
        let found = heard_at(&segments, "How many users do we have?").unwrap();
        assert_eq!((found.start.seconds(), found.end.seconds()), (5.0, 9.0));
        let repaired = heard_at(&segments, "how many UUIDs do we have").unwrap();
        assert_eq!(repaired.start.seconds(), 5.0, "one term was repaired");
        assert_eq!(heard_at(&segments, "what is the read rate"), None);
        assert_eq!(heard_at(&[], "what is the read rate"), None);
        segments[1].span = None;
        assert_eq!(heard_at(&segments, "How many users do we have?"), None, "typed");
    }

    proptest! {
        #[test]
        fn a_share_lies_within_its_segment(start in 0u64..1_000_000, length in 0u64..500_000, bytes in 0usize..200, a in 0usize..220, b in 0usize..220) {
            let span = SampleSpan { start: SampleIndex(start), end: SampleIndex(start + length) };
            let share = share(span, bytes, a.min(b)..a.max(b));
            prop_assert!(span.start <= share.start && share.start <= share.end && share.end <= span.end);
        }

        #[test]
        fn raw_words_are_in_order_and_within_their_segment(text in "[a-z ,.\\-é…]{0,60}") {
            let segment = segment(2.0, 9.0, &text);
            let mut before = SampleIndex::from_seconds(2.0);
            for word in raw_words(&segment) {
                let span = word.span.unwrap();
                prop_assert!(before <= span.start && span.end <= SampleIndex::from_seconds(9.0));
                before = span.end;
            }
        }
    }
}
