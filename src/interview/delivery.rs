//! How an answer was told: rate, pauses, fillers. Never part of the levels.

use serde::{Deserialize, Serialize};

use super::transcript::Transcript;
use crate::signal::{SampleIndex, SampleSpan};

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
    /// Lexical fillers in the raw text, as a lower bound ("at least N").
    pub fillers_at_least: usize,
    pub hedges: usize,
}

/// Measures delivery.
///
/// `voiced`: stretches of voice activity in order; `listening_from`: when the floor was given to the candidate.
/// Pauses come from voice activity and never from the recognizer, whose times swallow silence. Words are counted in the raw
/// text. Rates need [`LEAST_VOICED_S`] of voice.
pub fn measure(transcript: &Transcript, voiced: &[SampleSpan], listening_from: SampleIndex) -> Delivery {
    let words: Vec<Vec<Word>> = transcript.segments.iter().map(|segment| words_of(&segment.raw)).collect();
    let count: usize = words.iter().map(Vec::len).sum();
    let voiced_s: f64 = voiced.iter().map(|span| span.seconds()).sum();
    let turn = voiced.first().zip(voiced.last()).map(|(first, last)| SampleSpan { start: first.start, end: last.end });
    let turn_s = turn.map_or(0.0, SampleSpan::seconds);
    let per_minute = |seconds: f64| (voiced_s >= LEAST_VOICED_S).then(|| count as f64 / seconds * 60.0);

    let pauses: Vec<f64> = voiced
        .windows(2)
        .map(|pair| SampleSpan { start: pair[0].end, end: pair[1].start }.seconds())
        .filter(|&pause| pause >= PAUSE_S)
        .collect();
    Delivery {
        words: count,
        voiced_s,
        turn_s,
        articulation_wpm: per_minute(voiced_s),
        speech_wpm: per_minute(turn_s),
        first_word_s: turn.map_or(0.0, |turn| SampleSpan { start: listening_from, end: turn.start }.seconds()),
        pauses: pauses.len(),
        long_pauses: pauses.iter().filter(|&&pause| pause >= LONG_PAUSE_S).count(),
        longest_pause_s: pauses.iter().copied().fold(0.0, f64::max),
        fillers_at_least: words.iter().map(|words| fillers(words)).sum(),
        hedges: words.iter().map(|words| hedges(words)).sum(),
    }
}

/// Rates over less voice than this say nothing about a person.
pub const LEAST_VOICED_S: f64 = 8.0;
/// Pauses inside speech are usually 0.25 to 0.5 s; from here on they are counted.
const PAUSE_S: f64 = 0.5;
const LONG_PAUSE_S: f64 = 2.0;

struct Word {
    /// Lower case, without apostrophes.
    text: String,
    /// A comma or the like stands behind it.
    before_break: bool,
}

fn words_of(raw: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for token in raw.split_whitespace().flat_map(|token| token.split(['-', '/'])) {
        let text: String = token.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let before_break = token.ends_with([',', '.', ';', ':', '?', '!', '…']);
        match words.last_mut() {
            Some(last) if text.is_empty() => last.before_break |= before_break || !token.is_empty(),
            _ if text.is_empty() => {}
            _ => words.push(Word { text, before_break }),
        }
    }
    words
}

/// Hesitations and stock words. Ambiguous ones count only where they cannot mean anything: the number is a lower bound.
fn fillers(words: &[Word]) -> usize {
    const ALWAYS: &[&str] =
        &["um", "umm", "uh", "uhm", "uhh", "er", "erm", "hm", "hmm", "mm", "mmm", "ah", "eh", "basically", "literally"];
    let ends_break = |at: usize| at == 0 || words[at - 1].before_break;
    let filler_at = |at: usize| {
        let next = words.get(at + 1).map_or("", |word| word.text.as_str());
        let before = at.checked_sub(1).map_or("", |at| words[at].text.as_str());
        match words[at].text.as_str() {
            word if ALWAYS.contains(&word) => true,
            // "like" between commas; "it is like a queue" means something
            "like" => at > 0 && ends_break(at) && words[at].before_break,
            "you" if next == "know" => {
                let behind = words.get(at + 2).map_or("", |word| word.text.as_str());
                let asks =
                    matches!(before, "do" | "if" | "as" | "did" | "when" | "once" | "that" | "what" | "so" | "before");
                let object = matches!(
                    behind,
                    "what" | "how" | "that" | "the" | "which" | "if" | "why" | "when" | "where" | "a" | "it"
                );
                !asks && !object
            }
            "i" if next == "mean" => words.get(at + 1).is_some_and(|word| word.before_break) || ends_break(at),
            _ => false,
        }
    };
    (0..words.len()).filter(|&at| filler_at(at)).count()
}

/// Words that take back what is being said.
fn hedges(words: &[Word]) -> usize {
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
    let said_at = |at: usize, hedge: &[&str]| {
        let here = words.iter().skip(at).take(hedge.len());
        let kinds =
            at > 0 && matches!(words[at - 1].text.as_str(), "this" | "that" | "what" | "a" | "which" | "one" | "some");
        let means_a_sort = kinds && matches!(hedge, ["kind" | "sort", "of"]);
        !means_a_sort && here.map(|word| word.text.as_str()).eq(hedge.iter().copied())
    };
    (0..words.len()).filter(|&at| HEDGES.iter().any(|hedge| said_at(at, hedge))).count()
}

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
    fn pauses_are_gaps_in_the_voice_inside_the_answer() {
        let voiced = voice(&[(5.0, 6.0), (6.4, 8.0), (8.5, 9.0), (11.0, 12.0), (16.5, 18.0)]);
        let delivery = measure(&said(&["a"]), &voiced, SampleIndex(0));
        assert_eq!((delivery.pauses, delivery.long_pauses, delivery.longest_pause_s), (3, 2, 4.5));
        assert_eq!(delivery.first_word_s, 5.0, "thinking before the first word is no pause");
    }

    #[test]
    fn fillers_are_a_lower_bound() {
        let check = |text: &str, expected: usize| {
            assert_eq!(measure(&said(&[text]), &[], SampleIndex(0)).fillers_at_least, expected, "{text}");
        };
        check("Um, so, uh, the leader, er, accepts it", 3);
        check("It is, like, a queue", 1);
        check("It is like a queue, and I like it", 0);
        check("so you know the queue is full", 0);
        check("the queue, you know, is full", 1);
        check("do you know what happens", 0);
        check("I mean, it basically works", 2);
        check("what I mean is this", 0);
        check("umbrella error hum", 0);
    }

    #[test]
    fn hedges_are_counted_where_they_hedge() {
        let check = |text: &str, expected: usize| {
            assert_eq!(measure(&said(&[text]), &[], SampleIndex(0)).hedges, expected, "{text}");
        };
        check("Maybe I'd shard it, I guess. It's kind of slow.", 3);
        check("that kind of failure is one sort of outage", 0);
        check("I'm not sure, I think it works or something", 3);
        check("the leader decides", 0);
    }

    #[test]
    fn words_are_counted_in_the_raw_text_of_all_segments() {
        let delivery = measure(&said(&["exactly-once delivery", "p99 isn't 1.5 ms"]), &[], SampleIndex(0));
        assert_eq!(delivery.words, 3 + 4);
    }
}
