//! Voice activity: how likely each frame of 16 ms holds speech.
//!
//! A thin wrapper of `earshot`, which carries its state from frame to frame. It scores and does not decide: where a
//! segment begins and ends is the segmenter's business.

use earshot::Detector;

/// Samples in a frame: 16 ms at 16 kHz.
pub const FRAME: usize = 256;

/// Scores a stream of 16 kHz mono samples, frame by frame.
pub struct VoiceActivity {
    detector: Box<Detector>,
    /// The frame that is being filled.
    frame: [f32; FRAME],
    filled: usize,
}

impl Default for VoiceActivity {
    fn default() -> Self {
        Self { detector: Box::new(Detector::default()), frame: [0.0; FRAME], filled: 0 }
    }
}

impl VoiceActivity {
    /// Takes samples (any number; beyond -1 to 1 they are clipped) and appends the score, 0 to 1, of every frame that
    /// they complete.
    pub fn push(&mut self, samples: &[f32], scores: &mut Vec<f32>) {
        for sample in samples {
            // Not a number would poison the detector's memory for good; it is silence.
            self.frame[self.filled] = if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) };
            self.filled += 1;
            if self.filled == FRAME {
                self.filled = 0;
                scores.push(self.detector.predict_f32(&self.frame).clamp(0.0, 1.0));
            }
        }
    }

    /// Forgets what was heard, for another stream or after a gap. The next sample starts a frame.
    pub fn reset(&mut self) {
        self.detector.reset();
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::noise;

    fn scores(samples: &[f32], piece: usize) -> Vec<f32> {
        let mut activity = VoiceActivity::default();
        let mut scores = Vec::new();
        samples.chunks(piece).for_each(|c| activity.push(c, &mut scores));
        scores
    }

    fn voice() -> Vec<f32> {
        let wav = include_bytes!("../../tests/fixtures/voice/sample-answer-1.wav");
        let samples = hound::WavReader::new(&wav[..]).unwrap().into_samples::<i16>();
        samples.map(|s| f32::from(s.unwrap()) / 32_768.0).collect()
    }

    #[test]
    fn a_voice_scores_high_and_noise_low() {
        let voiced = scores(&voice(), 160);
        assert!(voiced.iter().filter(|s| **s >= 0.5).count() * 10 > voiced.len() * 6);
        assert!(voiced.iter().any(|s| *s > 0.95));
        for (what, sound) in [
            ("silence", vec![0.0; 64_000]),
            ("white noise", noise::white(64_000, 0.1)),
            ("faint white noise", noise::white(64_000, 0.01)),
            ("pink noise", noise::pink(64_000, 0.1)),
        ] {
            let scores = scores(&sound, 160);
            // The detector needs a third of a second to settle; until then noise reaches 0.65, but never what decodes it.
            assert!(scores.iter().all(|s| *s < 0.8), "{what}: {scores:?}");
            assert!(scores[25..].iter().all(|s| *s < 0.5), "{what}: {scores:?}");
        }
    }

    #[test]
    fn sizes_of_pieces_make_no_difference() {
        let voice = voice();
        let whole = scores(&voice, voice.len());
        assert_eq!(whole.len(), voice.len() / FRAME);
        for piece in [1, 100, 256, 1_000] {
            assert_eq!(scores(&voice, piece), whole, "in pieces of {piece}");
        }
    }

    #[test]
    fn after_a_reset_nothing_is_remembered() {
        let voice = voice();
        let mut activity = VoiceActivity::default();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        activity.push(&voice[..30_000], &mut first);
        activity.reset();
        activity.push(&voice[..30_000], &mut second);
        assert_eq!(first, second);
    }

    #[test]
    fn broken_samples_do_no_lasting_harm() {
        let mut activity = VoiceActivity::default();
        let mut scores = Vec::new();
        activity.push(&[f32::NAN, f32::INFINITY, -9.0, 9.0].repeat(128), &mut scores);
        activity.push(&voice(), &mut scores);
        assert!(scores.iter().all(|s| (0.0..=1.0).contains(s)));
        assert!(scores.iter().any(|s| *s > 0.8));
    }
}
