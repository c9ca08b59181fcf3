//! A source of samples: the microphone, a WAV file, later the browser.

use std::time::Duration;

/// A stream of mono samples at its own rate. Owned by the listener's thread.
pub trait AudioSource: Send {
    /// Samples per second in Hz. May change after [`Pulled::Back`].
    fn rate(&self) -> u32;

    /// What a person knows it by: a device's name or a file's.
    fn name(&self) -> String;

    /// Waits at most `wait` for samples and appends them to `out` (mono, -1 to 1). Never waits when the source is ahead.
    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled;

    /// Samples at the source's rate that were dropped since the start because nobody pulled in time.
    fn dropped(&self) -> u64 {
        0
    }

    /// True when nothing is lost if nobody pulls for a while: a file. Then whoever listens may wait for those it tells,
    /// and long digital silence means nothing.
    fn is_patient(&self) -> bool {
        false
    }

    /// Whether the ears are closed, where that was settled when the sound was recorded: then no order changes it.
    fn ears_closed(&self) -> Option<bool> {
        None
    }

    /// What is left is so little that it is heard also when somebody says stop: so far it had been heard when it was recorded.
    fn is_at_the_end(&self) -> bool {
        false
    }
}

/// What one pull brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Pulled {
    /// Samples were appended.
    Samples,
    /// Nothing came in time; the source is still believed to be there.
    Nothing,
    /// The device is gone. Pulling goes on: the source tries to come back by itself.
    Lost { why: String },
    /// The device is back after `gap`; the rate may be another.
    Back { gap: Duration },
    /// The computer slept for so long. Nothing of it was recorded; what is pulled next was said after it.
    Slept { away: Duration },
    /// A file is at its end, or the device is gone for good.
    Ended,
}

/// Mixes channels to one. Channels that are nearly silent beside the loudest are left out: averaging a dead channel would
/// halve the voice.
///
/// Allocates only when it is made, so that a capture callback may own one.
#[derive(Debug, Clone)]
pub struct Downmix {
    /// Energy heard so far, per channel.
    energy: Vec<f64>,
}

impl Downmix {
    /// A channel with less than this share of the loudest one's energy is left out (-30 dB).
    const AUDIBLE: f64 = 1e-3;

    pub fn new(channels: usize) -> Self {
        Self { energy: vec![0.0; channels.max(1)] }
    }

    /// Calls `out` with one sample for each whole frame of `interleaved` (as many values as channels).
    pub fn mix(&mut self, interleaved: &[f32], mut out: impl FnMut(f32)) {
        if self.energy.len() == 1 {
            return interleaved.iter().copied().for_each(out);
        }
        let frames = interleaved.chunks_exact(self.energy.len());
        for frame in frames.clone() {
            for (energy, sample) in self.energy.iter_mut().zip(frame) {
                *energy += f64::from(*sample).powi(2);
            }
        }
        let audible = self.energy.iter().copied().fold(0.0, f64::max) * Self::AUDIBLE;
        let mixed = self.energy.iter().filter(|e| **e >= audible).count().max(1) as f32;
        for frame in frames {
            let heard = frame.iter().zip(&self.energy).filter(|(_, energy)| **energy >= audible);
            out(heard.map(|(sample, _)| sample).sum::<f32>() / mixed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(channels: usize, interleaved: &[f32], wanted: &[f32]) {
        let mut mixed = Vec::new();
        Downmix::new(channels).mix(interleaved, |s| mixed.push(s));
        assert_eq!(mixed, wanted);
    }

    #[test]
    fn channels_are_averaged_but_a_dead_one_does_not_halve_the_voice() {
        check(1, &[0.5, -0.5], &[0.5, -0.5]);
        check(2, &[0.5, 0.25, -0.5, -0.25], &[0.375, -0.375]);
        check(2, &[0.5, 0.0, -0.5, 0.001], &[0.5, -0.5]);
        check(4, &[0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.25, 0.0], &[0.5, 0.25]);
        check(2, &[0.0; 4], &[0.0; 2]);
        check(2, &[0.5, 0.5, 0.5], &[0.5]);
    }
}
