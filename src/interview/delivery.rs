//! How an answer was told: rate, pauses, fillers, hedges, the time spent on each part. Never part of the levels.

mod habits;
mod phases;

use serde::{Deserialize, Serialize};

use super::{evidence_span::raw_words, transcript::Transcript};
use crate::signal::{SampleIndex, SampleSpan};

pub use habits::{Moment, fillers, hedges};
pub use phases::{Phase, PhaseShare, phase_of_dimension, phases};

/// Delivery of one spoken answer; a typed answer has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub words: usize,
    /// Seconds with voice activity.
    pub voiced_s: f64,
    /// Seconds from first onset to the end of the turn's last speech.
    pub turn_s: f64,
    /// Words per minute of voiced time.
    pub articulation_wpm: Option<f64>,
    /// Words per minute of turn time.
    pub speech_wpm: Option<f64>,
    /// Seconds from the start of listening to the first onset.
    pub first_word_s: f64,
    /// Pauses inside the answer of at least 0.5 s, by voice activity.
    pub pauses: usize,
    pub long_pauses: usize,
    pub longest_pause_s: f64,
    /// Where the longest pauses are, at most [`LISTED_PAUSES`], in the order of time.
    #[serde(default)]
    pub longest: Vec<SampleSpan>,
    /// Lexical fillers in the raw text, as a lower bound ("at least N").
    pub fillers_at_least: usize,
    /// Words that take back what is said, likewise as a lower bound.
    pub hedges: usize,
}

/// Measures delivery.
///
/// `voiced`: stretches of voice activity in order; `listening_from`: when the floor was given to the candidate.
/// Pauses come from voice activity and never from the recognizer, whose times swallow silence. Words are counted in the raw
/// text. Rates need [`LEAST_VOICED_S`] of voice.
pub fn measure(transcript: &Transcript, voiced: &[SampleSpan], listening_from: SampleIndex) -> Delivery {
    measure_around(transcript, voiced, &[], listening_from)
}

/// The same for an answer into which the interviewer cut: the stretches of `cut_in` are not the candidate's, and a pause around one of them
/// is no pause.
pub fn measure_around(
    transcript: &Transcript,
    voiced: &[SampleSpan],
    cut_in: &[SampleSpan],
    listening_from: SampleIndex,
) -> Delivery {
    let count: usize = transcript.segments.iter().map(|segment| raw_words(segment).len()).sum();
    let voiced_s: f64 = voiced.iter().map(|span| span.seconds()).sum();
    let turn = voiced.first().zip(voiced.last()).map(|(first, last)| SampleSpan { start: first.start, end: last.end });
    let foreign_s: f64 = cut_in
        .iter()
        .filter(|span| turn.is_some_and(|turn| turn.start <= span.start && span.end <= turn.end))
        .map(|span| span.seconds())
        .sum();
    let turn_s = turn.map_or(0.0, SampleSpan::seconds) - foreign_s;
    let is_foreign = |pause: &SampleSpan| cut_in.iter().any(|span| span.start < pause.end && pause.start < span.end);
    let per_minute = |seconds: f64| (voiced_s >= LEAST_VOICED_S).then(|| count as f64 / seconds * 60.0);

    let pauses: Vec<SampleSpan> = voiced
        .windows(2)
        .map(|pair| SampleSpan { start: pair[0].end, end: pair[1].start })
        .filter(|pause| pause.seconds() >= PAUSE_S && !is_foreign(pause))
        .collect();
    Delivery {
        words: count,
        voiced_s,
        turn_s,
        articulation_wpm: per_minute(voiced_s),
        speech_wpm: per_minute(turn_s),
        first_word_s: turn.map_or(0.0, |turn| SampleSpan { start: listening_from, end: turn.start }.seconds()),
        pauses: pauses.len(),
        long_pauses: pauses.iter().filter(|pause| pause.seconds() >= LONG_PAUSE_S).count(),
        longest_pause_s: pauses.iter().map(|pause| pause.seconds()).fold(0.0, f64::max),
        longest: longest(pauses),
        fillers_at_least: fillers(transcript).len(),
        hedges: hedges(transcript).len(),
    }
}

fn longest(mut pauses: Vec<SampleSpan>) -> Vec<SampleSpan> {
    pauses.sort_by_key(|pause| std::cmp::Reverse(pause.end.0.saturating_sub(pause.start.0)));
    pauses.truncate(LISTED_PAUSES);
    pauses.sort_by_key(|pause| pause.start);
    pauses
}

/// Rates over less voice than this say nothing about a person.
pub const LEAST_VOICED_S: f64 = 8.0;
/// Pauses inside speech are usually 0.25 to 0.5 s; from here on they are counted.
const PAUSE_S: f64 = 0.5;
const LONG_PAUSE_S: f64 = 2.0;
/// So many of the longest pauses are kept with their place.
pub const LISTED_PAUSES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::transcript::Segment;

    fn said(segments: &[&str]) -> Transcript {
        let segment = |text: &&str| Segment {
            span: None,
            raw: (*text).to_owned(),
            text: "what was repaired does not count".to_owned(),
            confidence: None,
            not_decoded: None,
        };
        Transcript { segments: segments.iter().map(segment).collect() }
    }

    /// Stretches of voice in seconds.
    fn voice(stretches: &[(f64, f64)]) -> Vec<SampleSpan> {
        let index = SampleIndex::from_seconds;
        stretches.iter().map(|&(start, end)| SampleSpan { start: index(start), end: index(end) }).collect()
    }

    #[test]
    fn rates_are_words_over_voice_and_over_the_turn() {
        let text = "one two three four five six seven eight nine ten ".repeat(3);
        let delivery = measure(&said(&[&text]), &voice(&[(3.0, 8.0), (10.0, 15.0)]), SampleIndex::from_seconds(1.0));
        assert_eq!((delivery.words, delivery.voiced_s, delivery.turn_s), (30, 10.0, 12.0));
        assert_eq!((delivery.articulation_wpm, delivery.speech_wpm), (Some(180.0), Some(150.0)));
        assert_eq!(delivery.first_word_s, 2.0);
    }

    #[test]
    fn little_voice_gives_no_rate_and_no_voice_gives_zeros() {
        let short = measure(&said(&["the leader accepts the writes"]), &voice(&[(0.0, 2.0)]), SampleIndex(0));
        assert_eq!((short.words, short.articulation_wpm, short.speech_wpm), (5, None, None));
        let none = measure(&Transcript::default(), &[], SampleIndex(0));
        assert_eq!(
            (none.words, none.voiced_s, none.turn_s, none.first_word_s, none.longest_pause_s),
            (0, 0.0, 0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn what_the_interviewer_said_in_between_is_no_pause() {
        let (voiced, text) = (voice(&[(0.0, 10.0), (16.0, 20.0), (21.0, 26.0)]), said(&["one two three four five"]));
        let whole = measure(&text, &voiced, SampleIndex(0));
        let around = measure_around(&text, &voiced, &voice(&[(10.5, 14.5)]), SampleIndex(0));
        assert_eq!((whole.pauses, whole.turn_s, around.pauses, around.turn_s), (2, 26.0, 1, 22.0));
        assert_eq!(around.longest_pause_s, 1.0);
    }

    #[test]
    fn pauses_are_gaps_in_the_voice_inside_the_answer() {
        let voiced = voice(&[(5.0, 6.0), (6.4, 8.0), (8.5, 9.0), (11.0, 12.0), (16.5, 18.0)]);
        let delivery = measure(&said(&["a"]), &voiced, SampleIndex(0));
        assert_eq!((delivery.pauses, delivery.long_pauses, delivery.longest_pause_s), (3, 2, 4.5));
        let listed: Vec<_> =
            delivery.longest.iter().map(|pause| (pause.start.seconds(), pause.end.seconds())).collect();
        assert_eq!(listed, [(8.0, 8.5), (9.0, 11.0), (12.0, 16.5)]);
        assert_eq!(delivery.first_word_s, 5.0, "thinking before the first word is no pause");
    }

    #[test]
    fn only_the_longest_pauses_are_listed() {
        let voiced = voice(&[(0.0, 1.0), (2.0, 3.0), (6.0, 7.0), (7.6, 8.0), (10.0, 11.0), (11.1, 12.0)]);
        let delivery = measure(&said(&["a"]), &voiced, SampleIndex(0));
        let starts: Vec<_> = delivery.longest.iter().map(|pause| pause.start.seconds()).collect();
        assert_eq!((delivery.pauses, starts), (4, vec![1.0, 3.0, 8.0]));
    }

    #[test]
    fn what_was_stored_before_pauses_had_a_place_can_be_read() {
        let stored = r#"{"words":3,"voiced_s":1.0,"turn_s":1.0,"articulation_wpm":null,"speech_wpm":null,"first_word_s":0.5,
            "pauses":1,"long_pauses":0,"longest_pause_s":0.6,"fillers_at_least":0,"hedges":0}"#;
        assert_eq!(serde_json::from_str::<Delivery>(stored).unwrap().longest, []);
    }

    #[test]
    fn words_are_counted_in_the_raw_text_of_all_segments() {
        let delivery = measure(&said(&["exactly-once delivery", "p99 isn't 1.5 ms"]), &[], SampleIndex(0));
        assert_eq!(delivery.words, 3 + 4);
    }
}
