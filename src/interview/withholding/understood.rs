//! Whether the recognizer understood enough of what was spoken.

use crate::interview::transcript::{Segment, Transcript};

/// Mean probability of a segment's tokens below which its words are guesses.
const GUESSED: f32 = 0.45;
/// From this share of guessed words, or of voice without words, on there is nothing to judge.
const TOO_MUCH: f64 = 0.5;
/// Words that can be judged although most of the sound carried none: somebody hoovered next door.
const ENOUGH_WORDS: usize = 40;

/// The percentage that was not understood, where it is too much. Typed words always are.
pub fn unreliable(transcript: &Transcript) -> Option<u8> {
    let words = |segment: &Segment| segment.text.split_whitespace().count();
    let all: usize = transcript.segments.iter().map(words).sum();
    let is_guessed = |segment: &&Segment| segment.confidence.is_some_and(|sure| sure < GUESSED);
    let guessed: usize = transcript.segments.iter().filter(is_guessed).map(words).sum();
    if let Some(percent) = too_much(guessed as f64, all as f64) {
        return Some(percent);
    }
    let voice = |segment: &&Segment| segment.span.map_or(0.0, |span| span.seconds());
    let lost = transcript.segments.iter().filter(|segment| segment.not_decoded.is_some()).map(|s| voice(&s)).sum();
    let whole: f64 = transcript.segments.iter().map(|segment| voice(&segment)).sum();
    if (1..ENOUGH_WORDS).contains(&all) { too_much(lost, whole) } else { None }
}

fn too_much(part: f64, whole: f64) -> Option<u8> {
    let share = if whole > 0.0 { part / whole } else { 0.0 };
    (share >= TOO_MUCH).then(|| (share * 100.0).round().min(100.0) as u8)
}
