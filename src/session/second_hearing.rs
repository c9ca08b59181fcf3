//! A turn with far fewer words than voice is decoded again, whole, before it is judged: voice activity may decide where
//! to cut, never what to lose.

use std::{path::Path, sync::Arc};

use crate::{
    audio::wav,
    interview::transcript::Transcript,
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan},
    speech::recognizer::{Job, Recognized, Recognizer},
};

/// Fewer words than one per this many voiced seconds are suspect.
const SECONDS_A_WORD: f64 = 1.5;
/// Voice below this is too little to tell, in seconds.
const LEAST_VOICED: f64 = 6.0;
/// Longest stretch decoded at once.
const WINDOW: u64 = 12 * SAMPLE_RATE as u64;
/// Sound kept on either side of the voice.
const PAD: u64 = SAMPLE_RATE as u64 / 4;

/// True when the words are too few for the voice that was heard.
pub(super) fn is_due(transcript: &Transcript, voiced: &[SampleSpan]) -> bool {
    let seconds: f64 = voiced.iter().map(|span| span.seconds()).sum();
    let words = transcript.text().split_whitespace().count();
    seconds >= LEAST_VOICED && (words as f64) < seconds / SECONDS_A_WORD
}

/// Decodes the recording again, from the first voice to the last. `None` when it cannot be read or decoded.
pub(super) async fn decode(
    recognizer: &Recognizer,
    recording: &Path,
    voiced: &[SampleSpan],
    glossary: Arc<[String]>,
) -> Option<Vec<(SampleSpan, Recognized)>> {
    let path = recording.to_owned();
    let samples = tokio::task::spawn_blocking(move || wav::read_samples(&path)).await.ok()?.ok()?;
    let mut decoded = Vec::new();
    for span in windows(voiced, samples.len() as u64) {
        let cut: Arc<[f32]> = samples[span.start.0 as usize..span.end.0 as usize].into();
        let job = Job { samples: cut, peak_score: 1.0, glossary: glossary.clone() };
        decoded.push((span, recognizer.recognize(job).await.ok()?));
    }
    Some(decoded)
}

/// Stretches of at most [`WINDOW`] that cover all voice, cut in the gaps where that is possible.
fn windows(voiced: &[SampleSpan], length: u64) -> Vec<SampleSpan> {
    let mut windows: Vec<SampleSpan> = Vec::new();
    for span in voiced {
        let (mut start, end) = (span.start.0.saturating_sub(PAD), (span.end.0 + PAD).min(length));
        if let Some(last) = windows.last_mut() {
            start = start.max(last.end.0);
            if end.saturating_sub(last.start.0) <= WINDOW {
                last.end = SampleIndex(end.max(last.end.0));
                continue;
            }
        }
        while start < end {
            let stop = end.min(start + WINDOW);
            windows.push(SampleSpan { start: SampleIndex(start), end: SampleIndex(stop) });
            start = stop;
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(seconds: &[(u64, u64)]) -> Vec<SampleSpan> {
        let at = |s: u64| SampleIndex(s * u64::from(SAMPLE_RATE));
        seconds.iter().map(|(start, end)| SampleSpan { start: at(*start), end: at(*end) }).collect()
    }

    #[test]
    fn few_words_for_much_voice_are_suspect() {
        let cases = [("one two three", 10, true), ("a b c d e f g h", 10, false), ("", 5, false), ("", 7, true)];
        for (text, seconds, due) in cases {
            assert_eq!(is_due(&Transcript::typed(text), &spans(&[(0, seconds)])), due, "{text:?} in {seconds} s");
        }
    }

    #[test]
    fn windows_cover_all_voice_and_are_short() {
        let voiced = spans(&[(1, 5), (6, 11), (20, 50)]);
        let windows = windows(&voiced, 60 * u64::from(SAMPLE_RATE));
        assert!(windows.iter().all(|window| window.end.0 - window.start.0 <= WINDOW));
        assert!(windows.windows(2).all(|pair| pair[0].end <= pair[1].start));
        for span in voiced {
            let covered: f64 = windows
                .iter()
                .map(|w| (w.end.0.min(span.end.0) as f64 - w.start.0.max(span.start.0) as f64).max(0.0))
                .sum();
            assert_eq!(covered, (span.end.0 - span.start.0) as f64);
        }
    }
}
