//! Any sample rate to 16 kHz, with no shift in time.
//!
//! The resampler's own delay is taken out again, so output sample `n` was heard at `n / 16000` seconds of the input. It
//! does not mix channels and does not touch level: see `audio::source` for that.

use rubato::{Fft, FixedSync, Resampler as _, audioadapter_buffers::direct::InterleavedSlice};

use super::SAMPLE_RATE;

/// Input rates that can be resampled, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// The input rate is one no microphone and no sensible file has.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a sample rate of {0} Hz is not supported (8000 to 192000 are)")]
pub struct UnsupportedRate(pub u32);

/// Streams mono samples of one rate to 16 kHz mono.
pub struct Resampler {
    rate_in: u32,
    /// `None` when the input is 16 kHz already.
    blocks: Option<Blocks>,
    /// Input samples since the start or the last `finish`.
    consumed: u64,
    /// Output samples since then.
    produced: u64,
}

/// The FFT resampler works on blocks of one size; this holds what does not fill one yet.
struct Blocks {
    fft: Fft<f32>,
    waiting: Vec<f32>,
    resampled: Vec<f32>,
    /// Output samples still to be dropped because they come before the first input sample.
    delay_left: usize,
}

impl Resampler {
    /// A resampler for `rate_in` Hz.
    pub fn new(rate_in: u32) -> Result<Self, UnsupportedRate> {
        if !RATES.contains(&rate_in) {
            return Err(UnsupportedRate(rate_in));
        }
        let blocks = (rate_in != SAMPLE_RATE).then(|| Blocks::new(rate_in)).transpose()?;
        Ok(Self { rate_in, blocks, consumed: 0, produced: 0 })
    }

    /// The input rate in Hz.
    pub fn rate_in(&self) -> u32 {
        self.rate_in
    }

    /// Takes `samples` of the input and appends to `out` what is ready at 16 kHz; the rest (about 30 ms) comes later.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.consumed += samples.len() as u64;
        let before = out.len();
        match &mut self.blocks {
            None => out.extend_from_slice(samples),
            Some(blocks) => blocks.push(samples, out),
        }
        self.produced += (out.len() - before) as u64;
    }

    /// Appends the rest, so that in all exactly the time of the input has come out, and is ready for a new stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let wanted = (self.consumed * u64::from(SAMPLE_RATE)).div_ceil(u64::from(self.rate_in));
        if let Some(blocks) = &mut self.blocks {
            let end = out.len() + wanted.saturating_sub(self.produced) as usize;
            let silence = vec![0.0; blocks.fft.fft_size_in()];
            while out.len() < end {
                blocks.push(&silence, out);
            }
            out.truncate(end);
            blocks.reset();
        }
        self.consumed = 0;
        self.produced = 0;
    }
}

impl Blocks {
    fn new(rate_in: u32) -> Result<Self, UnsupportedRate> {
        let size = block_size(rate_in);
        let fft = Fft::new_custom(
            rate_in as usize,
            SAMPLE_RATE as usize,
            size,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|_| UnsupportedRate(rate_in))?;
        let delay_left = fft.output_delay();
        let resampled = vec![0.0; fft.output_frames_max()];
        Ok(Self { fft, waiting: Vec::with_capacity(2 * size), resampled, delay_left })
    }

    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.waiting.extend_from_slice(samples);
        let size = self.fft.input_frames_next();
        let whole = self.waiting.len() / size * size;
        for block in self.waiting[..whole].chunks_exact(size) {
            let len = resample_block(&mut self.fft, block, &mut self.resampled);
            let skip = self.delay_left.min(len);
            self.delay_left -= skip;
            out.extend_from_slice(&self.resampled[skip..len]);
        }
        self.waiting.drain(..whole);
    }

    fn reset(&mut self) {
        self.fft.reset();
        self.waiting.clear();
        self.delay_left = self.fft.output_delay();
    }
}

/// Returns how many samples were written to `out`.
fn resample_block(fft: &mut Fft<f32>, block: &[f32], out: &mut [f32]) -> usize {
    let frames_out = out.len();
    let done = InterleavedSlice::new(block, 1, block.len()).ok().and_then(|input| {
        let mut output = InterleavedSlice::new_mut(out, 1, frames_out).ok()?;
        fft.process_into_buffer(&input, &mut output, None).ok()
    });
    // Both buffers have the sizes that the resampler itself named.
    done.map(|(_, written)| written).expect("buffers of the resampler's own sizes fit")
}

/// Input samples per block: about 20 ms, and even where the rates allow it, because half of it is the delay.
///
/// A block must be a multiple of `rate / gcd(rate, 16000)`; for a rate such as 44 101 Hz that is a whole second.
fn block_size(rate_in: u32) -> usize {
    let unit = rate_in / gcd(rate_in, SAMPLE_RATE);
    let blocks = (rate_in / 50).div_ceil(unit);
    let odd = (blocks * unit) % 2 == 1;
    let blocks = if odd && unit <= rate_in / 20 { blocks + 1 } else { blocks };
    (blocks * unit) as usize
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES_TO_TRY: [u32; 9] = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000];

    fn resample(rate: u32, input: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate).unwrap();
        let mut out = Vec::new();
        for samples in input.chunks(piece) {
            resampler.push(samples, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    fn sine(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
        let samples = (f64::from(rate) * seconds) as usize;
        (0..samples).map(|n| (std::f64::consts::TAU * hz * n as f64 / f64::from(rate)).sin() as f32 * 0.5).collect()
    }

    #[test]
    fn output_sample_n_is_input_time_n() {
        for rate in RATES_TO_TRY {
            for hz in [300.0, 1_000.0, 3_000.0] {
                let out = resample(rate, &sine(rate, hz, 1.0), 441);
                let ideal = sine(SAMPLE_RATE, hz, 1.0);
                let worst = worst_difference(&out[800..15_200], &ideal[800..15_200]);
                assert!(worst < 0.005, "{rate} Hz, tone of {hz} Hz: off by {worst}");
            }
        }
    }

    #[test]
    fn no_sample_is_lost_or_invented() {
        for rate in RATES_TO_TRY.into_iter().chain([44_056, 8_001]) {
            for len in [0, 1, 7, 100, 16_001, rate as usize] {
                let out = resample(rate, &vec![0.1; len], 333);
                let wanted = (len as f64 * 16_000.0 / f64::from(rate)).ceil() as usize;
                assert_eq!(out.len(), wanted, "{len} samples of {rate} Hz");
            }
        }
    }

    #[test]
    fn the_last_moment_comes_out_too() {
        let mut click = vec![0.0; 48_000];
        click[47_760] = 1.0; // 5 ms before the end
        let out = resample(48_000, &click, 480);
        let loudest = (0..out.len()).max_by(|a, b| out[*a].total_cmp(&out[*b])).unwrap();
        assert_eq!(loudest, 15_920);
    }

    #[test]
    fn sizes_of_pieces_make_no_difference() {
        let input = sine(44_100, 440.0, 0.5);
        let whole = resample(44_100, &input, input.len());
        for piece in [1, 64, 1_000] {
            assert_eq!(resample(44_100, &input, piece), whole, "in pieces of {piece}");
        }
    }

    #[test]
    fn sixteen_kilohertz_passes_unchanged() {
        let input = sine(16_000, 440.0, 0.1);
        assert_eq!(resample(16_000, &input, 100), input);
    }

    #[test]
    fn what_is_above_eight_kilohertz_does_not_fold_back() {
        let out = resample(48_000, &sine(48_000, 11_000.0, 0.5), 480);
        let loudest = out[800..7_000].iter().fold(0.0f32, |m, x| m.max(x.abs()));
        assert!(loudest < 0.001, "{loudest}");
    }

    #[test]
    fn a_second_stream_knows_nothing_of_the_first() {
        let mut resampler = Resampler::new(48_000).unwrap();
        let input = sine(48_000, 440.0, 0.2);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for out in [&mut first, &mut second] {
            resampler.push(&input, out);
            resampler.finish(out);
        }
        assert_eq!(first, second);
    }

    #[test]
    fn impossible_rates_are_refused() {
        for rate in [0, 7_999, 192_001] {
            assert_eq!(Resampler::new(rate).err(), Some(UnsupportedRate(rate)));
        }
    }

    fn worst_difference(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
    }
}
