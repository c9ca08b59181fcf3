//! Cuts a stream of voice-activity scores into segments.
//!
//! Pure over scores: it knows positions, not sound. It decides where to cut and never what to delete: every stretch of
//! voice lies in a segment, and every segment that opens ends as closed (decode it) or as not decoded (with the reason).
//! When the turn is over is not its business.

mod settings;
mod voiced;

use std::collections::VecDeque;

pub use settings::SegmenterSettings;
use voiced::VoicedStretches;

use super::{SampleIndex, SampleSpan};

/// What the segmenter found while it took one score.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Speech began at `start`, which is already moved back by the pre-roll.
    Opened { start: SampleIndex },
    /// The segment that was reported last is open again; what was reported of `number` is void. It keeps its start
    /// and will be reported again under a new number.
    Reopened { number: u32 },
    /// A segment to decode.
    Closed(Cut),
    /// A segment that is not worth decoding.
    NotDecoded { cut: Cut, why: NotDecoded },
    /// So much of the open segment has been heard: time for a partial text.
    SoFar { span: SampleSpan },
}

/// One segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Counted from 0; never used twice.
    pub number: u32,
    pub span: SampleSpan,
    /// Highest score in it.
    pub peak_score: f32,
    /// It was cut because it reached the greatest length: no pause follows, the next one overlaps its end.
    pub forced: bool,
    /// Samples at its start that the segment before holds as well; 0 except after a forced cut.
    pub overlap: u64,
}

/// Why a segment is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDecoded {
    /// It is short and its score is low throughout.
    ShortAndFaint,
    /// What was left after a forced cut holds no voice.
    NoVoiceLeft,
}

impl NotDecoded {
    /// The reason in words, for the record.
    pub fn why(self) -> &'static str {
        match self {
            Self::ShortAndFaint => "a short sound that is hardly a voice",
            Self::NoVoiceLeft => "silence after a cut",
        }
    }
}

/// The state between scores.
pub struct Segmenter {
    settings: SegmenterSettings,
    /// Where the next frame begins.
    position: u64,
    /// No segment starts before this: the end of the one before, or the moment when ears were opened.
    floor: u64,
    /// The latest scores while no segment is open.
    window: VecDeque<f32>,
    state: State,
    next_number: u32,
    voiced: VoicedStretches,
}

enum State {
    Quiet,
    Open(Open),
    Closed(Revocable),
}

/// A closing that is taken back if voice returns soon.
struct Revocable {
    open: Open,
    number: u32,
    decoded: bool,
    at: u64,
}

/// A segment that is open, or may be opened again.
struct Open {
    start: u64,
    /// Where its voice began; after a forced cut, where the cut was.
    onset: u64,
    /// Position and score of every frame since the onset.
    scores: Vec<(u64, f32)>,
    last_voice_end: u64,
    overlap: u64,
    /// Up to where it has been reported for a partial text.
    reported: u64,
    voiced: VoicedStretches,
}

impl Segmenter {
    pub fn new(settings: SegmenterSettings) -> Self {
        let voiced = VoicedStretches::new(settings.merge_voiced);
        let window = VecDeque::with_capacity(settings.onset_window + 1);
        Self { settings, position: 0, floor: 0, window, state: State::Quiet, next_number: 0, voiced }
    }

    /// Whether a segment is open.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Samples from the first voice of the open segment to its last; 0 when none is open. Since a forced cut, if there was one.
    pub fn voice(&self) -> u64 {
        match &self.state {
            State::Open(open) => open.last_voice_end.saturating_sub(open.onset),
            State::Quiet | State::Closed(_) => 0,
        }
    }

    /// Samples since the last voice in the open segment; `u64::MAX` where none is open.
    pub fn quiet(&self) -> u64 {
        match &self.state {
            State::Open(open) => self.position.saturating_sub(open.last_voice_end),
            State::Closed(_) | State::Quiet => u64::MAX,
        }
    }

    /// Takes the score of the next frame.
    pub fn push(&mut self, score: f32, found: &mut Vec<Found>) {
        let at = self.position;
        self.position += self.settings.frame;
        self.state = match std::mem::replace(&mut self.state, State::Quiet) {
            State::Quiet => match self.onset(score) {
                Some(onset) => self.open(onset, found),
                None => State::Quiet,
            },
            State::Closed(closed) => self.wait(closed, at, score, found),
            State::Open(open) => self.go_on(open, at, score, found),
        };
    }

    /// Ends what is open because nothing more comes (or ears are closed, or the device is gone). `end` is where the
    /// recording stands; it may be a part of a frame further than the scores.
    pub fn finish(&mut self, end: SampleIndex, found: &mut Vec<Found>) {
        self.position = self.position.max(end.0);
        match std::mem::replace(&mut self.state, State::Quiet) {
            State::Quiet => {}
            State::Closed(closed) => self.settle(closed),
            State::Open(open) => {
                let closed = self.report(open, self.position, found);
                self.settle(closed);
            }
        }
        self.window.clear();
    }

    /// Goes on at `at` after a stretch without scores; no segment will reach back beyond it. Call `finish` first.
    pub fn skip_to(&mut self, at: SampleIndex) {
        self.position = at.0;
        self.floor = self.floor.max(at.0);
        self.window.clear();
    }

    /// Stretches of voice in the segments that were closed for decoding, without pre-roll and hangover, in order. Complete
    /// after `finish`.
    pub fn voiced(&self) -> Vec<SampleSpan> {
        let shortest = self.settings.frame;
        let end = |span: &SampleSpan| span.end.0.saturating_sub(self.settings.late).max(span.start.0 + shortest);
        let spans = self.voiced.spans().iter();
        spans.map(|span| SampleSpan { start: span.start, end: SampleIndex(end(span)) }).collect()
    }

    /// Notes the score and returns where speech began, if it now has.
    fn onset(&mut self, score: f32) -> Option<u64> {
        let s = &self.settings;
        self.window.push_back(score);
        if self.window.len() > s.onset_window {
            self.window.pop_front();
        }
        if self.window.iter().filter(|x| **x >= s.open_score).count() < s.onset_frames {
            return None;
        }
        let first = self.window.iter().position(|x| *x >= s.open_score)?;
        Some(self.position - (self.window.len() - first) as u64 * s.frame)
    }

    fn open(&mut self, onset: u64, found: &mut Vec<Found>) -> State {
        let start = onset.saturating_sub(self.settings.pre_roll).max(self.floor);
        found.push(Found::Opened { start: SampleIndex(start) });
        let mut voiced = VoicedStretches::new(self.settings.merge_voiced);
        voiced.add(onset, self.position);
        let scores = self.scores_since(onset);
        let last_voice_end = self.position;
        State::Open(Open { start, onset, scores, last_voice_end, overlap: 0, reported: start, voiced })
    }

    /// Empties the window and returns what of it lies at or after `onset`.
    fn scores_since(&mut self, onset: u64) -> Vec<(u64, f32)> {
        let frame = self.settings.frame;
        let first = self.position - self.window.len() as u64 * frame;
        let placed = self.window.drain(..).enumerate().map(|(n, score)| (first + n as u64 * frame, score));
        placed.filter(|(at, _)| *at >= onset).collect()
    }

    /// One frame after a closing that may still be taken back.
    fn wait(&mut self, mut closed: Revocable, at: u64, score: f32, found: &mut Vec<Found>) -> State {
        let latest = closed.at + self.settings.reopen_within;
        let decided = latest + self.settings.onset_window as u64 * self.settings.frame;
        closed.open.scores.push((at, score));
        match self.onset(score) {
            Some(onset) if onset <= latest => {
                self.window.clear();
                closed.open.last_voice_end = self.position;
                closed.open.voiced.add(onset, self.position);
                found.push(Found::Reopened { number: closed.number });
                State::Open(closed.open)
            }
            Some(onset) => {
                self.settle(closed);
                self.open(onset, found)
            }
            None if at >= decided => {
                self.settle(closed);
                State::Quiet
            }
            None => State::Closed(closed),
        }
    }

    /// One frame of an open segment.
    fn go_on(&mut self, mut open: Open, at: u64, score: f32, found: &mut Vec<Found>) -> State {
        let now = self.position;
        let voice = score >= self.settings.hold_score;
        open.scores.push((at, score));
        if voice {
            open.last_voice_end = now;
            open.voiced.add(at, now);
        } else if now - open.last_voice_end >= self.settings.hangover {
            return self.close(open, found);
        }
        if now - open.start >= self.settings.longest {
            open = self.force(open, found);
        }
        if voice && now - open.reported >= self.settings.tick {
            open.reported = now;
            found.push(Found::SoFar { span: span(open.start, now) });
        }
        State::Open(open)
    }

    fn close(&mut self, open: Open, found: &mut Vec<Found>) -> State {
        let short = self.position - open.start < self.settings.reopen_shorter_than;
        let may_reopen = short && open.overlap == 0;
        let closed = self.report(open, self.position, found);
        if may_reopen {
            return State::Closed(closed);
        }
        self.settle(closed);
        State::Quiet
    }

    /// Reports an open segment that ends here at a pause, at most at `limit`.
    fn report(&mut self, open: Open, limit: u64, found: &mut Vec<Found>) -> Revocable {
        let end = (open.last_voice_end + self.settings.post_pad).min(limit).max(open.onset);
        self.floor = end;
        let cut = self.number(&open, end, false);
        let (number, not_decoded) = (cut.number, self.not_decoded(&open, cut.peak_score));
        found.push(match not_decoded {
            Some(why) => Found::NotDecoded { cut, why },
            None => Found::Closed(cut),
        });
        Revocable { open, number, decoded: not_decoded.is_none(), at: self.position }
    }

    /// Cuts a segment that is too long where the voice is weakest, and goes on with what follows.
    fn force(&mut self, mut open: Open, found: &mut Vec<Found>) -> Open {
        let s = &self.settings;
        let (frame, overlap) = (s.frame, s.overlap);
        let earliest = self.position.saturating_sub(s.cut_window).max(open.onset + frame);
        let candidates = open.scores.iter().filter(|(at, _)| *at >= earliest);
        let weakest = candidates.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(self.position, |(at, _)| *at);

        let rest = open.scores.iter().copied().filter(|(at, _)| *at >= weakest).collect();
        open.scores.retain(|(at, _)| *at < weakest);
        let cut = self.number(&open, weakest, true);
        let start = weakest.saturating_sub(overlap).max(cut.span.start.0 + frame);
        found.push(Found::Closed(cut));
        found.push(Found::Opened { start: SampleIndex(start) });
        // All voice so far belongs to words that are decoded, on this side of the cut or on the other.
        self.voiced.append(std::mem::replace(&mut open.voiced, VoicedStretches::new(self.settings.merge_voiced)));
        Open { start, onset: weakest, scores: rest, overlap: weakest - start, reported: self.position, ..open }
    }

    fn number(&mut self, open: &Open, end: u64, forced: bool) -> Cut {
        let number = self.next_number;
        self.next_number += 1;
        let peak_score = open.scores.iter().fold(0.0, |peak: f32, (_, score)| peak.max(*score));
        Cut { number, span: span(open.start, end), peak_score, forced, overlap: open.overlap }
    }

    fn not_decoded(&self, open: &Open, peak_score: f32) -> Option<NotDecoded> {
        if open.last_voice_end <= open.onset {
            return Some(NotDecoded::NoVoiceLeft);
        }
        // What follows a forced cut goes on with speech that was long enough.
        let short = open.last_voice_end - open.onset < self.settings.short && open.overlap == 0;
        (short && peak_score < self.settings.short_peak).then_some(NotDecoded::ShortAndFaint)
    }

    /// Counts the voice of a segment that is over for good, if it was decoded.
    fn settle(&mut self, closed: Revocable) {
        if closed.decoded {
            self.voiced.append(closed.open.voiced);
        }
    }
}

fn span(start: u64, end: u64) -> SampleSpan {
    SampleSpan { start: SampleIndex(start), end: SampleIndex(end) }
}

#[cfg(test)]
mod tests;
