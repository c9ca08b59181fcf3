//! How the time of a design answer was shared out: what the person's own words say about where they were.
//!
//! A part begins where somebody says so ("let me estimate", "to wrap up"), asks the interviewer something, or says what a point of
//! the question waits for. It lasts until a sign of another part, and at most [`LASTS_S`] after its last sign: what no sign
//! covers is "not told by the words". Silent where there are fewer than two parts.

use serde::{Deserialize, Serialize};

use crate::{
    interview::{transcript::Transcript, words::spoken_words},
    signal::{SampleIndex, SampleSpan},
};

/// Part of a design answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Requirements,
    Estimate,
    Design,
    DeepDive,
    WrapUp,
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::Requirements, Self::Estimate, Self::Design, Self::DeepDive, Self::WrapUp];

    pub fn title(self) -> &'static str {
        match self {
            Self::Requirements => "requirements",
            Self::Estimate => "estimate",
            Self::Design => "design",
            Self::DeepDive => "deep dive",
            Self::WrapUp => "wrap-up",
        }
    }
}

/// Time on one part.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseShare {
    /// `None`: not told by the words.
    pub phase: Option<Phase>,
    pub seconds: f64,
    /// Of the time from the first word to the last, 0 to 1.
    pub share: f64,
    /// The first words that say so.
    pub first: Option<SampleSpan>,
}

/// How long a part lasts after its last sign, in seconds.
const LASTS_S: f64 = 45.0;
/// Shorter answers have no parts worth a share.
const LEAST_S: f64 = 45.0;

/// The part that a point of this dimension of the design rubric shows; none for what may be said anywhere.
pub fn phase_of_dimension(dimension: &str) -> Option<Phase> {
    match dimension {
        "clarification" => Some(Phase::Requirements),
        "scale_estimates" => Some(Phase::Estimate),
        "data_model" | "architecture" => Some(Phase::Design),
        "reliability" => Some(Phase::DeepDive),
        _ => None,
    }
}

/// Shares of the time, by part in their usual order, what is not told last. `signs`: where points were covered and questions
/// asked, beside the signposts in the transcript. Empty for typed and short answers and where words show fewer than two parts.
pub fn phases(transcript: &Transcript, signs: &[(Phase, SampleSpan)]) -> Vec<PhaseShare> {
    let times = transcript.segments.iter().filter_map(|segment| segment.span);
    let (Some(start), Some(end)) = (times.clone().map(|span| span.start).min(), times.map(|span| span.end).max())
    else {
        return Vec::new();
    };
    let whole = SampleSpan { start, end };
    if whole.seconds() < LEAST_S {
        return Vec::new();
    }
    let mut all = signposts(transcript);
    all.extend_from_slice(signs);
    all.sort_by_key(|(_, span)| (span.start, span.end));
    let mut shares: Vec<PhaseShare> = Vec::new();
    for phase in Phase::ALL {
        let first = all.iter().find(|(known, _)| *known == phase).map(|(_, span)| *span);
        let seconds: f64 =
            stretches(&all, end).filter(|(known, _)| *known == phase).map(|(_, span)| span.seconds()).sum();
        if first.is_some() {
            shares.push(PhaseShare { phase: Some(phase), seconds, share: seconds / whole.seconds(), first });
        }
    }
    if shares.len() < 2 {
        return Vec::new();
    }
    let told: f64 = shares.iter().map(|share| share.seconds).sum();
    let left = (whole.seconds() - told).max(0.0);
    if left >= 1.0 {
        shares.push(PhaseShare { phase: None, seconds: left, share: left / whole.seconds(), first: None });
    }
    shares
}

/// Each sign with the time that it covers: until the next one, and no longer than it lasts.
fn stretches(signs: &[(Phase, SampleSpan)], end: SampleIndex) -> impl Iterator<Item = (Phase, SampleSpan)> {
    signs.iter().enumerate().map(move |(at, (phase, span))| {
        let next = signs.get(at + 1).map_or(end, |(_, next)| next.start);
        let lasts = SampleIndex(span.end.0 + SampleIndex::from_seconds(LASTS_S).0);
        (*phase, SampleSpan { start: span.start, end: next.min(lasts).min(end) })
    })
}

/// Words that say which part comes now, in the words' folded form ("let's" is "let").
const SIGNPOSTS: &[(Phase, &[&str])] = &[
    (
        Phase::Requirements,
        &[
            "clarify",
            "clarifying question",
            "clarifying questions",
            "functional requirements",
            "the requirements",
            "my assumptions",
            "let me assume",
            "i will assume",
            "i assume",
            "out of scope",
            "in scope",
            "before i design",
            "before i start",
        ],
    ),
    (
        Phase::Estimate,
        &[
            "back of the envelope",
            "let me estimate",
            "rough numbers",
            "rough estimate",
            "capacity estimate",
            "do the math",
            "the numbers",
            "some numbers",
            "estimate the",
        ],
    ),
    (
        Phase::Design,
        &[
            "high level",
            "data model",
            "the schema",
            "the api",
            "main components",
            "my design",
            "the design is",
            "let me sketch",
            "the architecture",
        ],
    ),
    (
        Phase::DeepDive,
        &[
            "deep dive",
            "dive into",
            "zoom in",
            "zoom into",
            "go deeper",
            "drill into",
            "more detail",
            "the hard part",
            "the tricky part",
            "the bottleneck",
            "what happens when",
            "what happens if",
        ],
    ),
    (
        Phase::WrapUp,
        &[
            "to wrap up",
            "wrapping up",
            "to sum up",
            "summing up",
            "in summary",
            "to summarize",
            "to summarise",
            "to conclude",
            "had more time",
            "with more time",
            "next steps",
        ],
    ),
];

fn signposts(transcript: &Transcript) -> Vec<(Phase, SampleSpan)> {
    let words = spoken_words(transcript);
    let mut found = Vec::new();
    for (phase, phrases) in SIGNPOSTS {
        for phrase in *phrases {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            for said in words
                .windows(phrase.len())
                .filter(|said| said.iter().map(|word| word.norm.as_str()).eq(phrase.iter().copied()))
            {
                let ends = said.first().and_then(|word| word.span).zip(said.last().and_then(|word| word.span));
                found.extend(ends.map(|(first, last)| (*phase, SampleSpan { start: first.start, end: last.end })));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::transcript::Segment;

    /// Segments of ten seconds each, one after the other.
    fn told(segments: &[&str]) -> Transcript {
        let at = |seconds: usize| SampleIndex::from_seconds(seconds as f64);
        let segment = |(number, text): (usize, &&str)| Segment {
            span: Some(SampleSpan { start: at(number * 10), end: at(number * 10 + 10) }),
            raw: (*text).to_owned(),
            text: (*text).to_owned(),
            confidence: None,
            not_decoded: None,
        };
        Transcript { segments: segments.iter().enumerate().map(segment).collect() }
    }

    fn span(start: f64, end: f64) -> SampleSpan {
        SampleSpan { start: SampleIndex::from_seconds(start), end: SampleIndex::from_seconds(end) }
    }

    /// Seconds by part, "?" for what is not told.
    fn check(segments: &[&str], signs: &[(Phase, SampleSpan)], expected: &[(&str, f64)]) {
        let shares = phases(&told(segments), signs);
        let seconds: Vec<_> =
            shares.iter().map(|share| (share.phase.map_or("?", Phase::title), share.seconds.round())).collect();
        assert_eq!(seconds, expected, "{segments:?}");
        let sum: f64 = shares.iter().map(|share| share.share).sum();
        assert!(shares.is_empty() || (sum - 1.0).abs() < 0.02, "{shares:?}");
    }

    #[test]
    fn parts_last_from_their_signpost_to_the_next() {
        check(
            &[
                "Let me clarify what it is for.",
                "Many readers, few writers.",
                "Back of the envelope, a million a day.",
                "High level, there is a gateway.",
                "It hands over to a queue.",
                "To wrap up, it scales.",
            ],
            &[],
            &[("requirements", 18.0), ("estimate", 10.0), ("design", 20.0), ("wrap-up", 10.0), ("?", 2.0)],
        );
    }

    #[test]
    fn what_no_word_shows_is_not_told() {
        let silent = ["So there is a box."; 8];
        check(&silent, &[], &[]);
        let mut one = silent;
        one[0] = "The data model is simple.";
        check(&one, &[], &[]);
        one[7] = "The hard part is the lock.";
        check(&one, &[], &[("design", 49.0), ("deep dive", 10.0), ("?", 21.0)]); // 45 s after its last word
    }

    #[test]
    fn covered_points_and_questions_are_signs_too() {
        let signs = [
            (Phase::Requirements, span(0.0, 5.0)),
            (Phase::Design, span(20.0, 25.0)),
            (Phase::Design, span(40.0, 45.0)),
        ];
        check(&["So there is a box."; 6], &signs, &[("requirements", 20.0), ("design", 40.0)]);
        assert_eq!(phase_of_dimension("data_model"), Some(Phase::Design));
        assert_eq!(phase_of_dimension("tradeoffs"), None, "said anywhere");
    }

    #[test]
    fn typed_and_short_answers_have_no_parts() {
        assert!(phases(&Transcript::typed("Let me clarify. High level, a queue. To wrap up, done."), &[]).is_empty());
        check(&["Let me clarify it.", "High level, a queue.", "To sum up, fine."], &[], &[]);
    }
}
