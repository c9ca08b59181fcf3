//! The text of the closed segments of one answer, with the times at which they were spoken.
//!
//! Partial texts never get in here: what is in a transcript may be stored, quoted and judged.

use serde::{Deserialize, Serialize};

use crate::signal::SampleSpan;

/// Number of a turn within its session, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnNo(pub u32);

/// All that was said in one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Transcript {
    pub segments: Vec<Segment>,
}

/// One stretch of speech between cuts, decoded once; or one sentence that was typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Where in the recording it was spoken; `None` when it was typed.
    pub span: Option<SampleSpan>,
    /// The words as the recognizer wrote them, or as they were typed. Never changed.
    pub raw: String,
    /// The words after repair of mis-heard terms, or after the person's own correction. This is what is judged: words to the
    /// interviewer that are no part of the answer (commands, clarifying questions) stand in `raw` only.
    pub text: String,
    /// Mean probability of the recognizer's tokens, 0 to 1; `None` when typed.
    pub confidence: Option<f32>,
    /// Why a closed segment carries no words, if so ("only noise", "decoding failed: …").
    pub not_decoded: Option<String>,
}

impl Segment {
    /// Words were said that are no part of the answer: a command, a question to the interviewer.
    pub fn is_aside(&self) -> bool {
        self.text.trim().is_empty() && !self.raw.trim().is_empty() && self.not_decoded.is_none()
    }
}

impl Transcript {
    /// A typed answer: one segment per sentence, no times.
    pub fn typed(text: &str) -> Self {
        let segments = sentences(text)
            .map(|sentence| Segment {
                span: None,
                raw: sentence.to_owned(),
                text: sentence.to_owned(),
                confidence: None,
                not_decoded: None,
            })
            .collect();
        Self { segments }
    }

    /// The judged text of all segments, joined by single spaces.
    pub fn text(&self) -> String {
        let spoken = self.segments.iter().map(|s| s.text.trim()).filter(|t| !t.is_empty());
        spoken.collect::<Vec<_>>().join(" ")
    }

    /// True when no segment carries a word.
    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(|s| s.text.trim().is_empty())
    }
}

/// Splits after `.`, `!`, `?` followed by white space, and at line ends.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let ends_sentence = matches!(c, '.' | '!' | '?') && chars.peek().is_none_or(|(_, n)| n.is_whitespace());
            if ends_sentence || c == '\n' {
                end = at + c.len_utf8();
                break;
            }
        }
        let (sentence, tail) = rest.split_at(end);
        rest = tail;
        Some(sentence.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_answer_is_cut_into_sentences_and_loses_no_word() {
        let t = Transcript::typed("P99 is 1.5 ms. Really?\nYes, e.g. reads");
        let texts: Vec<_> = t.segments.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(texts, ["P99 is 1.5 ms.", "Really?", "Yes, e.g.", "reads"]);
        assert_eq!(t.text(), "P99 is 1.5 ms. Really? Yes, e.g. reads");
    }
}
