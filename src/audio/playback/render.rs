//! What the loudspeaker's callback does: takes samples from the ring, fades out when told to, counts what was played.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rtrb::Consumer;

/// Length of the fade when speech is cut short; a cut without one clicks.
const FADE_SECONDS: f32 = 0.03;

/// What the callback and the thread that feeds it tell each other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Samples handed to the device since it was opened.
    pub played: AtomicU64,
    /// Fade out, then throw away what is in the ring.
    pub fade: AtomicBool,
    /// The fade is over and the ring empty.
    pub silent: AtomicBool,
}

/// The callback's state. One per open stream.
pub(super) struct Render {
    ring: Consumer<f32>,
    shared: Arc<Shared>,
    gain: f32,
    step: f32,
}

impl Render {
    pub(super) fn new(ring: Consumer<f32>, shared: Arc<Shared>, rate: u32) -> Self {
        Self { ring, shared, gain: 1.0, step: 1.0 / (FADE_SECONDS * rate as f32).max(1.0) }
    }

    /// Fills interleaved `out`: the same sample on every channel of a frame, silence where the ring has none.
    pub(super) fn fill<T: Copy>(&mut self, out: &mut [T], channels: usize, convert: impl Fn(f32) -> T) {
        let fading = self.shared.fade.load(Ordering::Acquire);
        if !fading {
            self.gain = 1.0;
        }
        let mut played = 0;
        for frame in out.chunks_mut(channels) {
            if fading {
                self.gain = (self.gain - self.step).max(0.0);
            }
            let sample = if self.gain > 0.0 { self.ring.pop().ok() } else { None };
            played += u64::from(sample.is_some());
            frame.fill(convert(sample.unwrap_or(0.0) * self.gain));
        }
        if fading && self.gain <= 0.0 {
            if let Ok(rest) = self.ring.read_chunk(self.ring.slots()) {
                rest.commit_all();
            }
            self.shared.silent.store(true, Ordering::Release);
        }
        self.shared.played.fetch_add(played, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::RingBuffer;

    fn speaker(samples: &[f32]) -> (Render, Arc<Shared>) {
        let (mut producer, ring) = RingBuffer::new(1024);
        producer.push_entire_slice(samples).expect("room");
        let shared = Arc::new(Shared::default());
        (Render::new(ring, Arc::clone(&shared), 1000), shared)
    }

    #[test]
    fn every_channel_gets_the_sample_and_silence_follows() {
        let (mut render, shared) = speaker(&[0.1, 0.2]);
        let mut out = [9.0; 6];
        render.fill(&mut out, 2, |sample| sample);
        assert_eq!(out, [0.1, 0.1, 0.2, 0.2, 0.0, 0.0]);
        assert_eq!(shared.played.load(Ordering::Acquire), 2, "silence is not counted as played");
    }

    #[test]
    fn a_stop_fades_within_thirty_milliseconds_and_drops_the_rest() {
        let (mut render, shared) = speaker(&[1.0; 500]);
        let mut out = [0.0; 50];
        render.fill(&mut out, 1, |sample| sample);
        assert_eq!(out, [1.0; 50]);
        shared.fade.store(true, Ordering::Release);
        render.fill(&mut out, 1, |sample| sample);
        assert!(out.windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 0.05), "a ramp: {out:?}");
        assert_eq!(out[31], 0.0);
        assert!(shared.silent.load(Ordering::Acquire));
        assert!((79..=80).contains(&shared.played.load(Ordering::Acquire)), "{shared:?}");
        shared.fade.store(false, Ordering::Release);
        render.fill(&mut out, 1, |sample| sample);
        assert_eq!(out, [0.0; 50], "nothing of the old speech is left");
    }
}
