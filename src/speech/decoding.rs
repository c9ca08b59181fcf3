//! From one segment to words: gates before the decoder, checks behind it, one more try where it ran in circles.
//!
//! Pure but for the decoder it is handed; the decoder itself is [`super::whisper`].

use super::{
    hallucination::{Decoded, is_loop, screen},
    lanes::{Failure, Lane},
    recognizer::{Job, Recognized, RecognizedText},
};
use crate::signal::SAMPLE_RATE;

/// How to decode this time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Attempt {
    pub temperature: f32,
    /// Look at the whole 30 s window instead of one cut to the length of the sound; slower, and safer against loops.
    pub full_context: bool,
}

/// Decodes what is worth decoding and keeps what can be believed. `prompt`: the words the decoder is steered with.
pub(super) fn hear(
    job: &Job,
    lane: Lane,
    prompt: &str,
    mut decode: impl FnMut(Attempt) -> Result<Decoded, Failure>,
) -> Result<Recognized, Failure> {
    if let Some(why) = no_speech(job) {
        return Ok(nothing(why, None));
    }
    let mut decoded = decode(Attempt { temperature: 0.0, full_context: false })?;
    if is_loop(&decoded.text) && lane == Lane::Final {
        decoded = decode(Attempt { temperature: 0.4, full_context: true })?;
    }
    if is_loop(&decoded.text) {
        return Ok(nothing("the recognizer went round in circles".to_owned(), decoded.confidence));
    }
    if job.peak_score < CLEAR_PEAK && decoded.avg_logprob < UNSURE {
        let why = "neither voice activity nor the recognizer was sure of speech".to_owned();
        return Ok(nothing(why, decoded.confidence));
    }
    Ok(match screen(&decoded, seconds(job), prompt) {
        Ok(text) => Recognized { outcome: RecognizedText::Words(text), confidence: decoded.confidence, decode_ms: 0 },
        Err(why) => nothing(why, decoded.confidence),
    })
}

/// Why a segment is not worth decoding, if so. Whisper writes words for silence, so it must not see any.
fn no_speech(job: &Job) -> Option<String> {
    if loudest_rms(&job.samples) < QUIET_RMS {
        return Some("too quiet to hold speech".to_owned());
    }
    let needed = if seconds(job) < 1.0 { CLEAR_PEAK } else { PEAK };
    (job.peak_score < needed).then(|| "noise, not speech, by voice activity".to_owned())
}

/// -60 dBFS: some 20 dB below quiet speech into a badly set microphone.
const QUIET_RMS: f32 = 0.001;
/// A segment opens at this score, so one that never reached it was not cut by us.
const PEAK: f32 = 0.5;
/// What clear speech reaches (synthetic voices: 0.97). Needed under a second: "yes" and "skip" pass, a click does not.
const CLEAR_PEAK: f32 = 0.8;
/// Mean log probability below which words need clear voice activity: white noise that opened a segment (score 0.57) was
/// given words at -1.0 to -1.2, spoken clips stay above -0.3.
const UNSURE: f32 = -0.8;

/// Loudness of the loudest tenth of a second, so that a short word in a long pause is not averaged away.
fn loudest_rms(samples: &[f32]) -> f32 {
    let rms = |block: &[f32]| (block.iter().map(|s| s * s).sum::<f32>() / block.len() as f32).sqrt();
    samples.chunks(SAMPLE_RATE as usize / 10).map(rms).fold(0.0, f32::max)
}

fn seconds(job: &Job) -> f64 {
    job.samples.len() as f64 / f64::from(SAMPLE_RATE)
}

fn nothing(why: String, confidence: Option<f32>) -> Recognized {
    Recognized { outcome: RecognizedText::Nothing { why }, confidence, decode_ms: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(seconds: f32, loudness: f32, peak_score: f32) -> Job {
        let samples = (0..(seconds * 16_000.0) as usize).map(|i| if i % 40 < 20 { loudness } else { -loudness });
        Job { samples: samples.collect(), peak_score, glossary: [].into() }
    }

    /// What is heard when the decoder says `texts` one after the other, and how often it was asked.
    fn heard(job: &Job, lane: Lane, texts: &[&str]) -> (RecognizedText, Vec<Attempt>) {
        let mut attempts = Vec::new();
        let recognized = hear(job, lane, "", |attempt| {
            attempts.push(attempt);
            let text = texts[attempts.len() - 1].to_owned();
            Ok(Decoded { text, avg_logprob: -0.1, no_speech: 0.0, confidence: Some(0.9) })
        });
        (recognized.unwrap().outcome, attempts)
    }

    #[test]
    fn what_is_not_speech_never_reaches_the_decoder() {
        let check = |job: Job, decoded: bool| {
            let (_, attempts) = heard(&job, Lane::Final, &["yes"]);
            assert_eq!(!attempts.is_empty(), decoded);
        };
        check(job(3.0, 0.1, 0.9), true);
        check(job(3.0, 0.0, 0.9), false);
        check(job(3.0, 0.0005, 0.9), false);
        check(job(3.0, 0.1, 0.4), false);
        check(job(0.6, 0.1, 0.7), false);
        check(job(0.6, 0.1, 0.8), true);
        check(job(0.0, 0.1, 1.0), false);
    }

    #[test]
    fn doubtful_words_need_clear_voice_activity() {
        let check = |peak_score: f32, avg_logprob: f32, kept: bool| {
            let decoded = Decoded { text: "shushed".to_owned(), avg_logprob, ..Decoded::default() };
            let heard = hear(&job(3.0, 0.1, peak_score), Lane::Final, "", |_| Ok(decoded.clone())).unwrap();
            assert_eq!(matches!(heard.outcome, RecognizedText::Words(_)), kept, "{peak_score} {avg_logprob}");
        };
        check(0.57, -1.1, false);
        check(0.57, -0.4, true);
        check(0.95, -1.1, true);
    }

    #[test]
    fn a_short_word_in_a_long_pause_is_loud_enough() {
        let mut samples = vec![0.0; 5 * 16_000];
        samples[20_000..22_000].fill(0.02);
        let (outcome, _) =
            heard(&Job { samples: samples.into(), peak_score: 0.9, glossary: [].into() }, Lane::Final, &["yes"]);
        assert_eq!(outcome, RecognizedText::Words("yes".to_owned()));
    }

    #[test]
    fn a_loop_is_tried_once_more_and_then_given_up() {
        let circles = "the the the the the the";
        let (outcome, attempts) = heard(&job(3.0, 0.1, 0.9), Lane::Final, &[circles, "the leader"]);
        assert_eq!(outcome, RecognizedText::Words("the leader".to_owned()));
        assert_eq!(attempts[1], Attempt { temperature: 0.4, full_context: true });

        let (outcome, attempts) = heard(&job(3.0, 0.1, 0.9), Lane::Final, &[circles, circles]);
        assert!(matches!(outcome, RecognizedText::Nothing { why } if why.contains("circles")));
        assert_eq!(attempts.len(), 2);

        let (_, attempts) = heard(&job(3.0, 0.1, 0.9), Lane::Partial, &[circles]);
        assert_eq!(attempts.len(), 1, "a partial is not worth a second try");
    }
}
