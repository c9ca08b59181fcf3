//! The sound that says "I have taken your answer" where words would be heard by the microphone while the candidate may still go on.
//!
//! Two soft notes, a fourth apart and upwards. Pure tones have no formants: voice activity lets them pass (see the test).

use std::f32::consts::PI;

use super::clip::Clip;

const RATE: u32 = 48_000;
/// Hertz of each note.
const NOTES: [f32; 2] = [880.0, 1174.66];
/// Seconds of a note.
const LENGTH: f32 = 0.11;
/// A voice at the loudspeaker has some 0.5.
const LOUDNESS: f32 = 0.12;

pub(super) fn clip() -> Clip {
    let samples = (LENGTH * RATE as f32) as usize;
    let note = |hertz: f32| {
        (0..samples).map(move |n| {
            let (at, seconds) = (n as f32 / samples as f32, n as f32 / RATE as f32);
            LOUDNESS * (PI * at).sin().powi(2) * (2.0 * PI * hertz * seconds).sin()
        })
    };
    Clip { samples: NOTES.into_iter().flat_map(note).collect(), rate: RATE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{resample::Resampler, vad::VoiceActivity};

    /// As a microphone hears it from a loudspeaker that is near, far, or far too loud, in a room that is not silent.
    #[test]
    fn no_ear_takes_it_for_a_voice() {
        let clip = clip();
        for gain in [0.02, 0.1, 0.5, 1.0, 4.0] {
            let mut at_16k = Vec::new();
            let mut resampler = Resampler::new(clip.rate).unwrap();
            let quiet = vec![0.0; RATE as usize];
            let sound: Vec<f32> = quiet.iter().chain(&clip.samples).chain(&quiet).map(|s| s * gain).collect();
            resampler.push(&sound, &mut at_16k);
            let mut seed = 7_u32;
            let mut noise = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
            };
            at_16k.iter_mut().for_each(|sample| *sample = (*sample + 0.002 * noise()).clamp(-1.0, 1.0));
            let (mut ear, mut scores) = (VoiceActivity::default(), Vec::new());
            ear.push(&at_16k, &mut scores);
            let highest = scores.into_iter().fold(0.0, f32::max);
            assert!(highest < 0.35, "a score of {highest} at {gain}");
        }
    }
}
