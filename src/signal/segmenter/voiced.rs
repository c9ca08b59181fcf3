//! Stretches of voice, in order, with small gaps closed.

use crate::signal::{SampleIndex, SampleSpan};

pub struct VoicedStretches {
    spans: Vec<SampleSpan>,
    /// Gaps smaller than this are closed, in samples.
    merge: u64,
}

impl VoicedStretches {
    pub fn new(merge: u64) -> Self {
        Self { spans: Vec::new(), merge }
    }

    /// Adds voice from `start` to `end`, which comes after all that was added before.
    pub fn add(&mut self, start: u64, end: u64) {
        match self.spans.last_mut() {
            Some(last) if start < last.end.0 + self.merge.max(1) => last.end.0 = last.end.0.max(end),
            _ => self.spans.push(SampleSpan { start: SampleIndex(start), end: SampleIndex(end) }),
        }
    }

    /// Adds later stretches.
    pub fn append(&mut self, later: Self) {
        for span in later.spans {
            self.add(span.start.0, span.end.0);
        }
    }

    pub fn spans(&self) -> &[SampleSpan] {
        &self.spans
    }
}
