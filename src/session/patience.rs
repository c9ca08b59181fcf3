//! The turn-taking policy at work in a turn that ends by itself: what was said last, how long it has been quiet.

use crate::{
    interview::{
        pack::Phrases,
        transcript::Segment,
        turn_taking::{self, Context, Decision, EndReason, Nudge, Pauses, Silence, TurnClass, TurnSettings},
    },
    signal::{SAMPLE_RATE, SampleIndex},
};

/// Watches the silences of one turn.
pub(super) struct Patience {
    settings: TurnSettings,
    pauses: Pauses,
    nudged_at: Option<u64>,
    has_spoken: bool,
    was_voiced: bool,
    silent_since: SampleIndex,
    /// Whole seconds told last, so that they are told once.
    told: Option<u64>,
    /// "Give me a minute" was said.
    granted: bool,
}

/// What there is to weigh.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub now: SampleIndex,
    pub is_voiced: bool,
    pub voiced_until: SampleIndex,
    /// Samples of silence, without those in which the interviewer spoke.
    pub silence: u64,
    /// Texts so far, without those that were answered or obeyed.
    pub segments: &'a [Segment],
    /// None is being decoded.
    pub settled: bool,
}

/// What the policy wants now.
pub(super) enum Wish {
    Nothing,
    /// So many seconds of silence are left.
    Wait(f64),
    /// Say this to the candidate.
    Nudge(String),
    End(EndReason),
}

impl Patience {
    pub fn new(patience: f64) -> Self {
        Self {
            settings: TurnSettings { patience },
            pauses: Pauses::default(),
            nudged_at: None,
            has_spoken: false,
            was_voiced: false,
            silent_since: SampleIndex::default(),
            told: None,
            granted: false,
        }
    }

    /// Weighs the silence of the moment.
    pub fn look(&mut self, moment: &Moment, phrases: &Phrases) -> Wish {
        let Moment { now, segments, .. } = *moment;
        if moment.is_voiced {
            if !self.was_voiced && self.has_spoken {
                self.pauses.add(now.0.saturating_sub(self.silent_since.0));
            }
            self.was_voiced = true;
            self.has_spoken = true;
            self.begin_again();
            return Wish::Nothing;
        }
        if self.was_voiced {
            self.silent_since = moment.voiced_until;
        }
        self.was_voiced = false;
        let texts: Vec<&str> = segments.iter().map(|s| s.text.as_str()).filter(|text| !text.is_empty()).collect();
        let Some((last, before)) = texts.split_last() else { return Wish::Nothing };
        if !moment.settled {
            return Wish::Nothing; // the words that decide are not there yet
        }
        let voiced = segments.iter().filter_map(|s| s.span).map(|span| span.end.0 - span.start.0).sum();
        let class = match self.granted {
            true => TurnClass::Hold,
            false => turn_taking::classify(last, &Context { before: &before.join(" "), voiced }),
        };
        self.decide(class, moment.silence, phrases)
    }

    /// Time to think was asked for: the silence is the candidate's.
    pub fn grant(&mut self) {
        self.granted = true;
    }

    pub fn is_granted(&self) -> bool {
        self.granted
    }

    /// Silence counts anew.
    pub fn begin_again(&mut self) {
        self.nudged_at = None;
        self.told = None;
        self.granted = false;
    }

    fn decide(&mut self, class: TurnClass, length: u64, phrases: &Phrases) -> Wish {
        let silence = Silence { length, nudged_at: self.nudged_at };
        match turn_taking::decide(class, silence, &self.pauses, &self.settings) {
            Decision::End { why } => Wish::End(why),
            Decision::Nudge(nudge) => {
                self.nudged_at = Some(length);
                let choice = match nudge {
                    Nudge::Soft => &phrases.nudge,
                    Nudge::TakeYourTime => &phrases.patience,
                };
                choice.first().map_or(Wish::Nothing, |text| Wish::Nudge(text.clone()))
            }
            Decision::KeepListening { ends_in } => {
                let seconds = ends_in / u64::from(SAMPLE_RATE);
                if self.told == Some(seconds) {
                    return Wish::Nothing;
                }
                self.told = Some(seconds);
                Wish::Wait(ends_in as f64 / f64::from(SAMPLE_RATE))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SampleSpan;

    /// Seconds of silence after the words until the turn ends, with the nudges on the way.
    fn silence_after(words: &str) -> (Option<f64>, Vec<String>) {
        let rate = u64::from(SAMPLE_RATE);
        let span = SampleSpan { start: SampleIndex(0), end: SampleIndex(12 * rate) };
        let segment =
            Segment { span: Some(span), raw: words.into(), text: words.into(), confidence: None, not_decoded: None };
        let phrases = Phrases {
            nudge: vec!["Anything to add?".into()],
            patience: vec!["Take your time.".into()],
            ..Phrases::default()
        };
        let mut patience = Patience::new(1.0);
        let moment =
            Moment { now: span.end, is_voiced: true, voiced_until: span.end, silence: 0, segments: &[], settled: true };
        patience.look(&moment, &phrases);
        let mut nudges = Vec::new();
        for tenth in 0..600 {
            let now = SampleIndex(span.end.0 + tenth * rate / 10);
            let silence = tenth * rate / 10;
            let segments = std::slice::from_ref(&segment);
            match patience.look(&Moment { now, is_voiced: false, silence, segments, ..moment }, &phrases) {
                Wish::End(_) => return (Some(tenth as f64 / 10.0), nudges),
                Wish::Nudge(text) => nudges.push(text),
                _ => {}
            }
        }
        (None, nudges)
    }

    #[test]
    fn the_silence_that_ends_a_turn_depends_on_the_words() {
        let (done, nudges) = silence_after("and that's my answer");
        assert!(done.is_some_and(|s| s <= 1.0) && nudges.is_empty(), "{done:?} {nudges:?}");
        let (unsure, nudges) = silence_after("we keep the counters in memory");
        assert!(unsure.is_some_and(|s| s >= 8.0), "{unsure:?}");
        assert_eq!(nudges, ["Anything to add?"]);
        let (open, nudges) = silence_after("we keep the counters in memory because");
        assert!(open.is_some_and(|s| s >= 15.0), "{open:?}");
        assert_eq!(nudges, ["Take your time."]);
    }
}
