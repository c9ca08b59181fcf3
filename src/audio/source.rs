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
    /// A file is at its end, or the device is gone for good.
    Ended,
}
