//! How loud a microphone hears, ten times a second.

use std::time::{Duration, Instant};

use super::DeviceError;
use crate::audio::{
    capture::{Microphone, open_microphone},
    source::{AudioSource, Pulled},
};

/// Loudness of a tenth of a second; 1 is full scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    pub peak: f32,
    pub rms: f32,
}

impl Level {
    /// The level of `samples`; silence when there are none.
    pub fn of(samples: &[f32]) -> Self {
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        Self { peak, rms: (power / samples.len().max(1) as f64).sqrt() as f32 }
    }
}

/// The level of microphone `name`, ten times a second for `seconds`; each `next` takes a tenth of a second.
///
/// # Errors
/// When the microphone cannot be opened; the iterator yields an error, and ends, when it is lost.
pub fn meter(name: &str, seconds: f32) -> Result<Meter, DeviceError> {
    let microphone = open_microphone(name)?;
    Ok(Meter { microphone, until: Instant::now() + Duration::from_secs_f32(seconds.clamp(0.1, 600.0)) })
}

/// See [`meter`].
pub struct Meter {
    microphone: Microphone,
    until: Instant,
}

impl Iterator for Meter {
    type Item = Result<Level, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = Instant::now() + Duration::from_millis(100);
        if end > self.until {
            return None;
        }
        let mut samples = Vec::new();
        loop {
            let wait = end.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return Some(Ok(Level::of(&samples)));
            }
            match self.microphone.pull(&mut samples, wait) {
                Pulled::Lost { why } => {
                    self.until = Instant::now();
                    return Some(Err(why));
                }
                Pulled::Ended => return None,
                Pulled::Samples | Pulled::Nothing | Pulled::Back { .. } | Pulled::Slept { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_peak_and_root_mean_square() {
        let level = Level::of(&[0.5, -0.5, 0.5, -0.5]);
        assert!((level.peak - 0.5).abs() < 1e-6 && (level.rms - 0.5).abs() < 1e-6, "{level:?}");
        assert_eq!(Level::of(&[]), Level { peak: 0.0, rms: 0.0 });
    }
}
