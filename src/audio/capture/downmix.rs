//! Many channels to one, without losing level to channels that carry nothing.

/// A channel this much quieter than the loudest (40 dB) is taken for dead.
const DEAD: f32 = 0.01;
/// How fast a channel's remembered level fades, per frame at about 48 kHz: to a third in two seconds.
const FADE: f32 = 1.0 - 1.0 / 96_000.0;

/// Averages the live channels of interleaved frames. Averaging in a dead one would cost 6 dB.
#[derive(Debug, Clone)]
pub(super) struct Downmix {
    /// Fading peak of each channel.
    levels: Vec<f32>,
}

impl Downmix {
    pub(super) fn new(channels: u16) -> Self {
        Self { levels: vec![0.0; usize::from(channels.max(1))] }
    }

    /// Appends one sample for each whole frame.
    pub(super) fn append(&mut self, interleaved: &[f32], out: &mut Vec<f32>) {
        let channels = self.levels.len();
        if channels == 1 {
            out.extend_from_slice(interleaved);
            return;
        }
        for frame in interleaved.chunks_exact(channels) {
            for (level, sample) in self.levels.iter_mut().zip(frame) {
                *level = (*level * FADE).max(sample.abs());
            }
        }
        let loudest = self.levels.iter().fold(0.0_f32, |loudest, level| loudest.max(*level));
        let live = |level: &f32| *level >= loudest * DEAD;
        let count = self.levels.iter().filter(|level| live(level)).count().max(1) as f32;
        out.extend(interleaved.chunks_exact(channels).map(|frame| {
            let sum: f32 = frame.iter().zip(&self.levels).filter(|(_, level)| live(level)).map(|(s, _)| s).sum();
            sum / count
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(channels: u16, interleaved: &[f32], expected: &[f32]) {
        let mut out = Vec::new();
        Downmix::new(channels).append(interleaved, &mut out);
        assert_eq!(out, expected, "{channels} channels of {interleaved:?}");
    }

    #[test]
    fn channels_become_one() {
        check(1, &[0.1, 0.2], &[0.1, 0.2]);
        check(2, &[0.5, 0.25, -0.5, -0.25], &[0.375, -0.375]);
        check(2, &[0.0, 0.0], &[0.0]);
    }

    #[test]
    fn a_dead_channel_costs_no_level() {
        check(2, &[0.5, 0.0, -0.5, 0.0], &[0.5, -0.5]);
        check(2, &[0.0, 0.5, 0.001, -0.5], &[0.5, -0.5]);
        check(4, &[0.0, 0.0, 0.25, 0.0], &[0.25]);
    }

    #[test]
    fn a_broken_last_frame_is_left_out() {
        check(2, &[0.5, 0.5, 0.5], &[0.5]);
    }

    #[test]
    fn a_short_pause_in_one_channel_does_not_make_it_dead() {
        let mut downmix = Downmix::new(2);
        let mut out = Vec::new();
        downmix.append(&[0.5, 0.5], &mut out);
        downmix.append(&[0.5, 0.0], &mut out);
        assert_eq!(out, [0.5, 0.25]);
    }
}
