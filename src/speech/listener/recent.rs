//! The last half minute of sound, from which segments are cut.

use std::{collections::VecDeque, sync::Arc};

use crate::signal::{SAMPLE_RATE, SampleIndex, SampleSpan};

/// Samples that are kept: more than the longest segment, its pads and a late closing need.
const KEPT: usize = 30 * SAMPLE_RATE as usize;

#[derive(Default)]
pub(super) struct Recent {
    samples: VecDeque<f32>,
    /// Index of the sample after the last.
    end: u64,
}

impl Recent {
    pub fn end(&self) -> SampleIndex {
        SampleIndex(self.end)
    }

    pub fn push(&mut self, samples: &[f32]) {
        self.samples.extend(samples);
        self.end += samples.len() as u64;
        self.trim();
    }

    /// Adds silence that was not heard.
    pub fn push_silence(&mut self, samples: u64) {
        let kept = samples.min(KEPT as u64) as usize;
        self.samples.extend(std::iter::repeat_n(0.0, kept));
        self.end += samples;
        self.trim();
    }

    /// The samples of `span`; what is no longer kept, or not yet there, is left out.
    pub fn cut(&self, span: SampleSpan) -> Arc<[f32]> {
        let first = self.end - self.samples.len() as u64;
        let place = |at: SampleIndex| at.0.clamp(first, self.end) - first;
        let (start, end) = (place(span.start) as usize, place(span.end) as usize);
        self.samples.range(start..end.max(start)).copied().collect()
    }

    fn trim(&mut self) {
        let excess = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(recent: &Recent, start: u64, end: u64) -> Vec<f32> {
        recent.cut(SampleSpan { start: SampleIndex(start), end: SampleIndex(end) }).to_vec()
    }

    #[test]
    fn any_stretch_of_the_last_half_minute_can_be_cut_out() {
        let mut recent = Recent::default();
        recent.push(&[1.0, 2.0, 3.0]);
        recent.push(&[4.0]);
        assert_eq!(cut(&recent, 1, 4), [2.0, 3.0, 4.0]);
        assert_eq!(cut(&recent, 2, 99), [3.0, 4.0]);
        recent.push_silence(1_000_000);
        recent.push(&[5.0]);
        assert_eq!(recent.end(), SampleIndex(1_000_005));
        assert_eq!(cut(&recent, 0, 4), [0.0; 0]);
        assert_eq!(cut(&recent, 1_000_003, 1_000_005), [0.0, 5.0]);
        assert_eq!(cut(&recent, 9, 3), [0.0; 0]);
    }
}
