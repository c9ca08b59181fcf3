//! When is an answer over? Told from the words that were said and the silence behind them; no model, no clock.
//!
//! A fixed time-out serves nobody: people pause for a quarter of a second between words and for eight seconds to think. So
//! the words decide how much silence it takes, and almost nothing ends a turn without a nudge before. Punctuation is no
//! evidence: Whisper puts a full stop behind nearly every segment. What the nudges sound like is the session's affair.

use crate::signal::SAMPLE_RATE;

use super::{closing, question::Kind};

/// What the last words say about whether more will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnClass {
    /// "That's my answer."
    Done,
    /// A closing move, or the last item of an announced list, at the end of an answer of some length.
    Complete,
    /// Nothing speaks for either.
    Unsure,
    /// The last words call for more: "because", "the", "um", or an announced list with items missing.
    Open,
    /// "Let me think."
    Hold,
}

/// What was said before the last segment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Text of the earlier segments of this turn.
    pub before: &'a str,
    /// Samples with voice activity in this turn.
    pub voiced: u64,
}

/// Weighs the final text of the last closed segment; pass the last one that holds words.
pub fn classify(last_segment: &str, context: &Context) -> TurnClass {
    let last = closing::plain_words(last_segment);
    let mut all = closing::plain_words(context.before);
    all.extend(last.iter().cloned());

    if closing::asks_for_time(&last) {
        return TurnClass::Hold;
    }
    if closing::hands_over(&last) {
        return TurnClass::Done;
    }
    if closing::calls_for_more(&last) {
        return TurnClass::Open;
    }
    let of_some_length = all.len() >= 25 || context.voiced >= seconds(10.0);
    if of_some_length && closing::closes(&last) {
        return TurnClass::Complete;
    }
    match closing::announced_list(&all) {
        Some(closing::List::ItemsMissing) => TurnClass::Open,
        Some(closing::List::Finished) if of_some_length => TurnClass::Complete,
        _ => TurnClass::Unsure,
    }
}

/// The speaker's own pauses inside answers, in samples. They make the policy more patient, never less.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pauses {
    recent: Vec<u64>,
    /// Smoothed 90th percentile.
    p90: Option<f64>,
}

impl Pauses {
    /// Adds a pause after which the speaker went on.
    pub fn add(&mut self, pause: u64) {
        const KEPT: usize = 32;
        const ALPHA: f64 = 0.9;
        if self.recent.len() == KEPT {
            self.recent.remove(0);
        }
        self.recent.push(pause);
        let mut sorted = self.recent.clone();
        sorted.sort_unstable();
        let now = sorted[(sorted.len() * 9).div_ceil(10) - 1] as f64;
        self.p90 = Some(self.p90.map_or(now, |before| ALPHA * before + (1.0 - ALPHA) * now));
    }

    /// `factor` times the 90th percentile, within bounds; the lower bound while nothing is known.
    fn stretched(&self, factor: f64, least: u64, most: u64) -> u64 {
        self.p90.map_or(least, |p90| ((p90 * factor) as u64).clamp(least, most))
    }
}

/// The silence since the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// Samples, without those in which the interviewer nudged.
    pub length: u64,
    /// Value of `length` when the nudge was shown, if it was.
    pub shown_at: Option<u64>,
    /// The same when one was said (or shown where nothing is said).
    pub nudged_at: Option<u64>,
}

/// How patient to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnSettings {
    /// Factor on every silence; 0.5 to 3.
    pub patience: f64,
    /// Factor on the silences after words that close nothing; see [`thinking_time`].
    pub thinking: f64,
    /// The interviewer has a voice: until [`UNDISTURBED_S`] a nudge is only shown.
    pub speaks: bool,
}

impl Default for TurnSettings {
    fn default() -> Self {
        Self { patience: 1.0, thinking: 1.0, speaks: false }
    }
}

/// Seconds of silence in which nobody is spoken to who has not closed the answer: who thinks for eight seconds is left to think.
pub const UNDISTURBED_S: f64 = 8.5;

/// How much longer than others an answer to a question of that kind may be silent: a story is recalled while it is told.
pub fn thinking_time(kind: Kind) -> f64 {
    match kind {
        Kind::Behavioural => 1.25,
        Kind::Design | Kind::Concept | Kind::Coaching | Kind::Pressure => 1.0,
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// `ends_in`: samples of further silence after which the turn will end, for the ring that drains.
    KeepListening {
        ends_in: u64,
    },
    /// Show this once and set [`Silence::shown_at`].
    Show(Nudge),
    /// Say this once and set [`Silence::nudged_at`]; what was shown before is not shown again.
    Nudge(Nudge),
    End {
        why: EndReason,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nudge {
    /// "Anything to add?"
    Soft,
    /// "Take your time."
    TakeYourTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The candidate said so.
    SaidDone,
    /// The answer was closed in words.
    Complete,
    /// Asked whether there is more, the candidate said nothing.
    NothingToAdd,
    /// The words called for more and none came for a long time.
    LongSilence,
}

impl EndReason {
    /// The reason for the candidate.
    pub fn sentence(self) -> &'static str {
        match self {
            EndReason::SaidDone => "You said that you are done.",
            EndReason::Complete => "Your answer sounded complete.",
            EndReason::NothingToAdd => "Nothing was added, so I took your answer as complete.",
            EndReason::LongSilence => "It was quiet for long, so I took your answer as it stands.",
        }
    }
}

/// What a silence of that length means after words of that class.
pub fn decide(class: TurnClass, silence: Silence, pauses: &Pauses, settings: &TurnSettings) -> Decision {
    let scaled = |samples: u64| (samples as f64 * settings.patience) as u64;
    let thinking = |samples: u64| (samples as f64 * settings.thinking) as u64;
    let undisturbed = if settings.speaks { seconds(UNDISTURBED_S) } else { 0 };
    let open_nudge = thinking(pauses.stretched(2.5, seconds(8.0), seconds(12.0))).max(undisturbed);
    // When a nudge is shown, when it is said, and how long the silence behind it may be.
    let (shown, nudge, behind, why) = match class {
        TurnClass::Done => return listen_until(scaled(seconds(0.6)), silence.length, EndReason::SaidDone),
        TurnClass::Complete => {
            let end = pauses.stretched(1.5, seconds(2.0), seconds(6.0));
            return listen_until(scaled(end), silence.length, EndReason::Complete);
        }
        TurnClass::Unsure => {
            let shown = thinking(pauses.stretched(1.5, seconds(4.0), seconds(8.0)));
            let (said, behind) = match settings.speaks {
                true => (undisturbed.max(shown + seconds(1.0)), seconds(2.5)),
                false => (shown, seconds(5.0)),
            };
            (Some(shown).filter(|_| settings.speaks), (said, Nudge::Soft), behind, EndReason::NothingToAdd)
        }
        TurnClass::Open => (None, (open_nudge, Nudge::TakeYourTime), seconds(12.0), EndReason::LongSilence),
        TurnClass::Hold => {
            let nudge = seconds(30.0) + open_nudge;
            (None, (nudge, Nudge::TakeYourTime), seconds(12.0), EndReason::LongSilence)
        }
    };
    let (nudge_at, nudge) = nudge;
    match silence.nudged_at {
        // A nudge that came late is still followed by its whole time.
        Some(nudged_at) => listen_until(nudged_at + scaled(behind), silence.length, why),
        None if silence.length >= scaled(nudge_at) => Decision::Nudge(nudge),
        None if silence.shown_at.is_none() && shown.is_some_and(|shown| silence.length >= scaled(shown)) => {
            Decision::Show(nudge)
        }
        None => listen_until(scaled(nudge_at + behind), silence.length, why),
    }
}

fn listen_until(end: u64, silence: u64, why: EndReason) -> Decision {
    match end.checked_sub(silence) {
        None | Some(0) => Decision::End { why },
        Some(ends_in) => Decision::KeepListening { ends_in },
    }
}

fn seconds(seconds: f64) -> u64 {
    (seconds * f64::from(SAMPLE_RATE)) as u64
}

#[cfg(test)]
#[path = "turn_taking_tests.rs"]
mod tests;
