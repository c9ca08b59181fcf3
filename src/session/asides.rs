//! What a candidate says to the interviewer and not as an answer: "say that again", "I don't know", "how many users do we have?"
//!
//! Tells which it is and after how much silence it is believed. What follows from it is for [`super::open_turn`]. Its words stay in the
//! `raw` text of their segments and leave the judged `text`.

use super::workers::Workers;
use crate::{
    interview::{
        clarification::{self, Clarification},
        question::Question,
        spoken_command::{self, SpokenCommand},
        transcript::{Segment, Transcript},
        words::Spoken,
    },
    signal::SAMPLE_RATE,
    store::StoredClarification,
};

/// Something that was said to the interviewer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Aside {
    Repeat,
    Skip,
    /// "I don't know", and nothing besides.
    GiveUp,
    NeedTime,
    Done,
    Asked(Clarification),
}

/// Silence of at least so many seconds lies between what a recording answers and what it asks.
const APART_S: f64 = 1.5;

/// Listens for asides in one turn.
pub(super) struct Asides<'a> {
    question: Option<&'a Question>,
    your_call: &'a [String],
    /// Factor on the silences that end a turn.
    patience: f64,
    /// Questions are answered after a silence, not only at the end of the turn.
    hands_free: bool,
    /// Segments before this one have been dealt with.
    from: usize,
    /// Number of segments when an aside was last looked for, and what was found that is not dealt with yet.
    looked: usize,
    found: Option<(Aside, u64)>,
    asked: usize,
}

impl<'a> Asides<'a> {
    pub fn new(workers: &'a Workers, question: Option<&str>, hands_free: bool) -> Self {
        Self {
            question: workers.question(question),
            your_call: &workers.phrases(question).your_call,
            patience: workers.config.turn.patience,
            hands_free,
            from: 0,
            looked: 0,
            found: None,
            asked: 0,
        }
    }

    /// What is said to the interviewer at the end of `segments`, once the silence behind it is long enough. Told once.
    pub fn after_silence(&mut self, segments: &[Segment], silence: u64) -> Option<Aside> {
        if segments.len() != self.looked {
            self.looked = segments.len();
            self.found = self.at_the_end(segments).and_then(|aside| {
                let seconds = self.silence_after(&aside)?;
                Some((aside, (seconds * f64::from(SAMPLE_RATE)) as u64))
            });
        }
        self.found.take_if(|(_, due)| silence >= *due).map(|(aside, _)| aside)
    }

    /// What is said to the interviewer at the end of `segments`.
    pub fn at_the_end(&self, segments: &[Segment]) -> Option<Aside> {
        let texts: Vec<&str> =
            self.fresh(segments).iter().map(|s| s.text.trim()).filter(|text| !text.is_empty()).collect();
        let (last, before) = texts.split_last()?;
        if let Some(heard) = spoken_command::command_in(last, &before.join(" ")) {
            return match heard.command {
                SpokenCommand::Repeat => Some(Aside::Repeat),
                SpokenCommand::Skip => Some(Aside::Skip),
                SpokenCommand::GiveUp => heard.alone.then_some(Aside::GiveUp),
                SpokenCommand::NeedTime => Some(Aside::NeedTime),
                SpokenCommand::Done => Some(Aside::Done),
            };
        }
        let stretch = Transcript { segments: self.fresh(segments).to_vec() };
        self.clarify(&stretch).map(Aside::Asked)
    }

    /// What a text asks of the interviewer.
    pub fn clarify(&self, stretch: &Transcript) -> Option<Clarification> {
        let your_call = match self.your_call.len() {
            0 => "That is your call.",
            n => &self.your_call[self.asked % n],
        };
        clarification::clarify(&Spoken::of(stretch), self.question, your_call)
    }

    /// Segments that are not dealt with.
    pub fn fresh<'s>(&self, segments: &'s [Segment]) -> &'s [Segment] {
        &segments[self.from.min(segments.len())..]
    }

    /// What was said so far is dealt with: a command.
    pub fn settle(&mut self, segments: &[Segment]) {
        self.from = segments.len();
        self.looked = segments.len();
        self.found = None;
    }

    /// A question was answered: its words are no part of the answer.
    pub fn told(&mut self, segments: &mut [Segment], heard: &Clarification) -> StoredClarification {
        self.asked += 1;
        let from = self.from.min(segments.len());
        let told = take_out(&mut segments[from..], heard);
        self.settle(segments);
        told
    }

    /// Seconds of silence after which an aside is believed; `None` where silence says nothing.
    fn silence_after(&self, aside: &Aside) -> Option<f64> {
        Some(match aside {
            Aside::Repeat => 0.7,
            Aside::NeedTime => 0.0,
            Aside::Skip => 1.2 * self.patience,
            Aside::Done => 0.6 * self.patience,
            // An attempt may follow.
            Aside::GiveUp => 2.0 * self.patience,
            Aside::Asked(_) if !self.hands_free => return None,
            // What no constraint answers may have been asked of oneself.
            Aside::Asked(heard) if heard.only && !heard.told().is_empty() => 1.5 * self.patience,
            Aside::Asked(_) => 2.5 * self.patience,
        })
    }
}

/// Takes the words of a question out of the judged text of the stretch that holds it.
fn take_out(stretch: &mut [Segment], heard: &Clarification) -> StoredClarification {
    let asked: Vec<&str> = heard.asks.iter().map(|ask| ask.asked.text.as_str()).collect();
    let stored = StoredClarification {
        asked: asked.join(" "),
        told: heard.reply.clone(),
        constraints: heard.told().into_iter().map(str::to_owned).collect(),
    };
    if heard.only {
        stretch.iter_mut().for_each(|segment| segment.text.clear());
        return stored;
    }
    let transcript = Transcript { segments: stretch.to_vec() };
    let spoken = Spoken::of(&transcript);
    let Some(first) = heard.asks.first().and_then(|ask| spoken.words.get(ask.asked.words.0)) else { return stored };
    stretch[first.segment].text.truncate(first.bytes.start);
    stretch[first.segment + 1..].iter_mut().for_each(|segment| segment.text.clear());
    stored
}

/// A transcript as it is judged, and what was asked in it, where nobody was there to answer: a recording, a text. A stretch of a
/// recording is a question only where a constraint answers it, or where it is all there is.
pub(super) fn without_listener(
    workers: &Workers,
    question: Option<&str>,
    mut transcript: Transcript,
) -> (Transcript, Vec<StoredClarification>) {
    let asides = Asides::new(workers, question, false);
    let mut told = Vec::new();
    for stretch in stretches(&mut transcript.segments) {
        let Some(heard) = asides.clarify(&Transcript { segments: stretch.segments.to_vec() }) else { continue };
        if stretch.is_all && heard.only || !heard.told().is_empty() {
            told.push(take_out(stretch.segments, &heard));
        }
    }
    (spoken_command::without_commands(&transcript), told)
}

struct Stretch<'a> {
    segments: &'a mut [Segment],
    is_all: bool,
}

/// Segments between long silences.
fn stretches(segments: &mut [Segment]) -> Vec<Stretch<'_>> {
    let mut ends = Vec::new();
    for (at, pair) in segments.windows(2).enumerate() {
        let gap = pair[0].span.zip(pair[1].span).map_or(0.0, |(a, b)| b.start.seconds() - a.end.seconds());
        if gap >= APART_S {
            ends.push(at + 1);
        }
    }
    let is_all = ends.is_empty();
    ends.push(segments.len());
    let (mut rest, mut begun, mut stretches) = (segments, 0, Vec::new());
    for end in ends {
        let (stretch, after) = rest.split_at_mut(end - begun);
        stretches.push(Stretch { segments: stretch, is_all });
        (rest, begun) = (after, end);
    }
    stretches
}

/// Whether "I don't know" is all that was said.
pub(super) fn gives_up(transcript: &Transcript) -> bool {
    let said: Vec<&str> = transcript.segments.iter().map(|s| s.text.trim()).filter(|text| !text.is_empty()).collect();
    let Some((last, before)) = said.split_last() else { return false };
    let heard = spoken_command::command_in(last, &before.join(" "));
    heard.is_some_and(|heard| heard.alone && heard.command == SpokenCommand::GiveUp)
}
