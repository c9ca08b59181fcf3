//! The turn-taking policy at work in a turn that ends by itself: what was said last, how long it has been quiet.

use crate::{
    interview::{
        pack::Phrases,
        transcript::Segment,
        turn_taking::{self, Context, Decision, EndReason, Nudge, Pauses, Silence, TurnClass, TurnSettings},
    },
    signal::SAMPLE_RATE,
};

/// Seconds without a word, from when the candidate has the floor, until the interviewer says that there is time.
const FIRST_WORD_S: f64 = 10.0;

/// Watches the silences of one turn.
pub(super) struct Patience {
    settings: TurnSettings,
    pauses: Pauses,
    shown_at: Option<u64>,
    nudged_at: Option<u64>,
    has_spoken: bool,
    was_voiced: bool,
    /// Whole seconds told last, so that they are told once.
    told: Option<u64>,
    /// "Give me a minute" was said.
    granted: bool,
    /// Samples of silence without a word so far after which the candidate is told that there is time; `None` when told.
    first_word: Option<u64>,
    /// Length of the silence that was looked at last.
    silence: u64,
}

/// What there is to weigh.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub is_voiced: bool,
    /// Samples of silence, without those in which the interviewer spoke.
    pub silence: u64,
    /// Texts so far, without those that were answered or obeyed.
    pub segments: &'a [Segment],
    /// None is being decoded.
    pub settled: bool,
    /// Words are missing because recognizing them failed.
    pub is_deaf: bool,
}

/// What the policy wants now.
pub(super) enum Wish {
    Nothing,
    /// So many seconds of silence are left.
    Wait(f64),
    /// Show this to the candidate, without a word.
    Show(String),
    /// Say this to the candidate, and show it too unless it was shown.
    Nudge {
        text: String,
        was_shown: bool,
    },
    End(EndReason),
}

impl Patience {
    /// `reading`: seconds it takes to read what was asked, where nobody said it.
    pub fn new(settings: TurnSettings, reading: f64) -> Self {
        let first_word = (FIRST_WORD_S * settings.patience + reading) * f64::from(SAMPLE_RATE);
        Self {
            settings,
            pauses: Pauses::default(),
            shown_at: None,
            nudged_at: None,
            has_spoken: false,
            was_voiced: false,
            told: None,
            granted: false,
            first_word: Some(first_word as u64),
            silence: 0,
        }
    }

    /// Weighs the silence of the moment.
    pub fn look(&mut self, moment: &Moment, phrases: &Phrases) -> Wish {
        let Moment { segments, .. } = *moment;
        if moment.is_voiced {
            if !self.was_voiced && self.has_spoken {
                self.pauses.add(self.silence); // without what the interviewer said, and what nobody could hear
            }
            self.was_voiced = true;
            self.has_spoken = true;
            self.begin_again();
            return Wish::Nothing;
        }
        self.was_voiced = false;
        self.silence = moment.silence;
        let texts: Vec<&str> = segments.iter().map(|s| s.text.as_str()).filter(|text| !text.is_empty()).collect();
        if !moment.settled {
            return Wish::Nothing; // the words that decide are not there yet
        }
        let Some((last, before)) = texts.split_last() else {
            return match moment.is_deaf && self.has_spoken {
                true => self.decide(TurnClass::Unsure, moment.silence, phrases),
                false => self.encourage(moment.silence, phrases),
            };
        };
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
        self.shown_at = None;
        self.nudged_at = None;
        self.told = None;
        self.granted = false;
    }

    /// Nobody has said a word yet: told once that there is time. The floor stays where it is.
    fn encourage(&mut self, silence: u64, phrases: &Phrases) -> Wish {
        let due = self.first_word.take_if(|due| silence >= *due);
        let text = due.and(phrases.patience.first());
        text.map_or(Wish::Nothing, |text| Wish::Nudge { text: text.clone(), was_shown: false })
    }

    fn decide(&mut self, class: TurnClass, length: u64, phrases: &Phrases) -> Wish {
        let silence = Silence { length, shown_at: self.shown_at, nudged_at: self.nudged_at };
        let text_of = |nudge| match nudge {
            Nudge::Soft => phrases.nudge.first().cloned(),
            Nudge::TakeYourTime => phrases.patience.first().cloned(),
        };
        match turn_taking::decide(class, silence, &self.pauses, &self.settings) {
            Decision::End { why } => Wish::End(why),
            Decision::Show(nudge) => {
                self.shown_at = Some(length);
                text_of(nudge).map_or(Wish::Nothing, Wish::Show)
            }
            Decision::Nudge(nudge) => {
                self.nudged_at = Some(length);
                let was_shown = self.shown_at.is_some();
                text_of(nudge).map_or(Wish::Nothing, |text| Wish::Nudge { text, was_shown })
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
    use crate::signal::{SampleIndex, SampleSpan};

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
        let mut patience = Patience::new(TurnSettings::default(), 0.0);
        let moment = Moment { is_voiced: true, silence: 0, segments: &[], settled: true, is_deaf: false };
        patience.look(&moment, &phrases);
        let mut nudges = Vec::new();
        for tenth in 0..600 {
            let silence = tenth * rate / 10;
            let segments = std::slice::from_ref(&segment);
            match patience.look(&Moment { is_voiced: false, silence, segments, ..moment }, &phrases) {
                Wish::End(_) => return (Some(tenth as f64 / 10.0), nudges),
                Wish::Nudge { text, .. } => nudges.push(text),
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

    #[test]
    fn who_has_said_nothing_is_told_once_that_there_is_time_and_keeps_the_floor() {
        let phrases = Phrases { patience: vec!["Take your time.".into()], ..Phrases::default() };
        for (reading, due) in [(0.0, 10), (12.0, 22)] {
            let mut patience = Patience::new(TurnSettings::default(), reading);
            let mut nudges = Vec::new();
            for second in 0..600 {
                let silence = second * u64::from(SAMPLE_RATE);
                let moment = Moment { is_voiced: false, silence, segments: &[], settled: true, is_deaf: false };
                match patience.look(&moment, &phrases) {
                    Wish::Nudge { text, .. } => nudges.push((second, text)),
                    Wish::Nothing => {}
                    Wish::Show(_) | Wish::Wait(_) | Wish::End(_) => panic!("the floor is taken after {second} s"),
                }
            }
            assert_eq!(nudges, [(due, "Take your time.".to_owned())]);
        }
    }
}
