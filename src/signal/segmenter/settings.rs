//! The numbers by which segments are cut.

/// Times are in samples, so that they are exact whatever the length of a frame. The defaults are those of the pipeline:
/// onset and hysteresis as earshot's scores want them, pads so that no first or last sound of a word is lost.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmenterSettings {
    /// Length of the frame behind one score.
    pub frame: u64,
    /// A frame at or above this is voice while no segment is open.
    pub open_score: f32,
    /// A frame below this is silence while one is.
    pub hold_score: f32,
    /// So many of the last `onset_window` frames must be voice to open a segment.
    pub onset_frames: usize,
    pub onset_window: usize,
    /// Kept before the onset.
    pub pre_roll: u64,
    /// Kept after the last voice; at most `hangover`.
    pub post_pad: u64,
    /// Silence that closes a segment.
    pub hangover: u64,
    /// A segment shorter than `reopen_shorter_than` is opened again if voice returns so soon after closing. Such a segment
    /// with its pause must be shorter than `longest`.
    pub reopen_within: u64,
    pub reopen_shorter_than: u64,
    /// A segment is cut when it gets so long, at the lowest score of its last `cut_window`.
    pub longest: u64,
    pub cut_window: u64,
    /// The segment after such a cut begins so much before the cut.
    pub overlap: u64,
    /// Voice shorter than this is decoded only if its highest score reaches `short_peak` ("no" must work).
    pub short: u64,
    pub short_peak: f32,
    /// New sound in an open segment after which a partial text is due.
    pub tick: u64,
    /// Stretches of voice with a smaller gap are reported as one: closures of stop consonants are no pauses.
    pub merge_voiced: u64,
    /// Scores fall so much after the last sound: taken off the end of each reported stretch of voice.
    pub late: u64,
}

impl SegmenterSettings {
    /// Samples after the end of a closed segment from which it can no longer be opened again: the rest of the hangover,
    /// the time it may reopen within, and the frames it takes to notice an onset.
    pub fn final_after(&self) -> u64 {
        let rest_of_hangover = self.hangover - self.post_pad.min(self.hangover);
        rest_of_hangover + self.reopen_within + (self.onset_window as u64 + 2) * self.frame
    }
}

impl Default for SegmenterSettings {
    fn default() -> Self {
        Self {
            frame: 256,
            open_score: 0.5,
            hold_score: 0.35,
            onset_frames: 3,
            onset_window: 5,
            pre_roll: ms(300),
            post_pad: ms(200),
            hangover: ms(350),
            reopen_within: ms(250),
            reopen_shorter_than: ms(4_000),
            longest: ms(12_000),
            cut_window: ms(3_000),
            overlap: ms(500),
            short: ms(1_000),
            short_peak: 0.8,
            tick: ms(1_000),
            merge_voiced: ms(200),
            // 110 ms with synthetic voices (`cargo bench --bench voice -- row 14`); less, as people's voices fade more slowly.
            late: ms(60),
        }
    }
}

fn ms(milliseconds: u64) -> u64 {
    milliseconds * u64::from(crate::signal::SAMPLE_RATE) / 1_000
}
