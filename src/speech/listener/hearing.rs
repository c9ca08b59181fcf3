//! What happens to the samples of one turn, step by step; without a thread, so that its order can be read.

use std::time::Duration;

use super::{ClosedSegment, HeardTurn, HearingEvent, ListenerOptions, recent::Recent};
use crate::{
    audio::recording::Recording,
    interview::transcript::TurnNo,
    signal::{
        SAMPLE_RATE, SampleIndex,
        resample::Resampler,
        segmenter::{Found, Segmenter},
        vad::{FRAME, VoiceActivity},
    },
};

/// Samples behind one level: a tenth of a second.
const LEVEL: usize = SAMPLE_RATE as usize / 10;

/// The longest outage that is written as silence: enough to see that something is missing.
const LONGEST_GAP: Duration = Duration::from_secs(60);

/// Only zeros for so long, in seconds, are no silence but a switch or a permission.
const ALL_ZERO_S: f64 = 1.5;

pub(super) struct Hearing {
    source: String,
    turn: TurnNo,
    /// Digital silence from a file means nothing.
    zeros_matter: bool,
    resampler: Option<Resampler>,
    recording: Option<Recording>,
    recent: Recent,
    activity: VoiceActivity,
    /// Samples that do not fill a frame yet; the detector has them, the segmenter not.
    unscored: usize,
    segmenter: Segmenter,
    ears: Ears,
    level: Level,
    started: bool,
    lost: bool,
    zeros: f64,
    told_zero: bool,
    dropped: u64,
    scores: Vec<f32>,
    found: Vec<Found>,
    resampled: Vec<f32>,
}

#[derive(Clone, Copy, PartialEq)]
enum Ears {
    Open,
    Closed,
}

/// The loudness of the tenth of a second that is being heard.
#[derive(Default)]
struct Level {
    energy: f64,
    samples: usize,
}

impl Hearing {
    pub fn new(source: &str, patient: bool, options: ListenerOptions, events: &mut Vec<HearingEvent>) -> Self {
        let recording = options.recording.and_then(|path| match Recording::create(&path) {
            Ok(recording) => Some(recording),
            Err(e) => {
                events.push(HearingEvent::DiskTrouble { why: e.to_string() });
                None
            }
        });
        Self {
            source: source.to_owned(),
            turn: options.turn,
            zeros_matter: !patient,
            resampler: None,
            recording,
            recent: Recent::default(),
            activity: VoiceActivity::default(),
            unscored: 0,
            segmenter: Segmenter::new(options.segmenter),
            ears: Ears::Open,
            level: Level::default(),
            started: false,
            lost: false,
            zeros: 0.0,
            told_zero: false,
            dropped: 0,
            scores: Vec::new(),
            found: Vec::new(),
            resampled: Vec::new(),
        }
    }

    /// Takes mono samples at `rate` Hz.
    pub fn hear(&mut self, samples: &[f32], rate: u32, events: &mut Vec<HearingEvent>) {
        if samples.is_empty() {
            return;
        }
        if !self.started {
            self.started = true;
            events.push(HearingEvent::Started { source: self.source.clone() });
        }
        self.use_rate(rate, events);
        self.watch_zeros(samples, rate, events);
        // In pieces that the half minute of sound at hand can hold, whatever the source hands over at once.
        for piece in samples.chunks(rate.max(1) as usize) {
            self.resampled.clear();
            if let Some(resampler) = &mut self.resampler {
                resampler.push(piece, &mut self.resampled);
            }
            self.take_in(events);
        }
    }

    /// The device is gone. Returns false when that was known.
    pub fn lose(&mut self, why: String, events: &mut Vec<HearingEvent>) -> bool {
        if std::mem::replace(&mut self.lost, true) {
            return false;
        }
        self.close(events);
        events.push(HearingEvent::Lost { at: self.recent.end(), why });
        true
    }

    /// The device is back: what was missed becomes silence, so that time stays true.
    pub fn come_back(&mut self, away: Duration, events: &mut Vec<HearingEvent>) {
        self.close(events);
        self.lost = false;
        (self.zeros, self.told_zero) = (0.0, false);
        let gap = (away.min(LONGEST_GAP).as_secs_f64() * f64::from(SAMPLE_RATE)).round() as u64;
        if let Some(recording) = &mut self.recording {
            recording.append_silence(gap);
        }
        self.recent.push_silence(gap);
        self.start_afresh();
        events.push(HearingEvent::Back { at: self.recent.end(), gap, away });
    }

    /// The computer slept: what was said before and after are not one, and nothing stands for what was not heard.
    pub fn sleep(&mut self, away: Duration, events: &mut Vec<HearingEvent>) {
        self.close(events);
        self.start_afresh();
        events.push(HearingEvent::Slept { at: self.recent.end(), away });
    }

    /// `is_ordered`: somebody waits to be told that they are closed, also where they are so already.
    pub fn set_ears_closed(&mut self, closed: bool, is_ordered: bool, events: &mut Vec<HearingEvent>) {
        let ears = if closed { Ears::Closed } else { Ears::Open };
        if ears == self.ears {
            if closed && is_ordered {
                events.push(HearingEvent::EarsClosed { at: self.recent.end() });
            }
            return;
        }
        self.ears = ears;
        match ears {
            Ears::Closed => {
                self.finish_segment(events);
                events.push(HearingEvent::EarsClosed { at: self.recent.end() });
            }
            // The detector has gone on hearing and knows the room; only the frame in hand is begun anew.
            Ears::Open => {
                self.segmenter.skip_to(self.scored_to());
                events.push(HearingEvent::EarsOpened { at: self.recent.end() });
            }
        }
    }

    /// `total`: samples of 16 kHz that were dropped since the start.
    pub fn note_dropped(&mut self, total: u64, events: &mut Vec<HearingEvent>) {
        if total > self.dropped {
            self.dropped = total;
            events.push(HearingEvent::Dropped { samples: total });
        }
    }

    /// Cuts what is open, finishes the recording and returns what was heard.
    pub fn finish(mut self, events: &mut Vec<HearingEvent>) -> HeardTurn {
        self.close(events);
        let length = self.recent.end();
        let recorded = self.recording.take().and_then(|recording| {
            let (trouble, finished) = recording.finish();
            events.extend(trouble.map(|why| HearingEvent::DiskTrouble { why }));
            finished
        });
        HeardTurn { length, voiced: self.segmenter.voiced(), recording: recorded.map(|r| r.path) }
    }

    /// A device may come back with another rate.
    fn use_rate(&mut self, rate: u32, events: &mut Vec<HearingEvent>) {
        if self.resampler.as_ref().is_some_and(|r| r.rate_in() == rate) {
            return;
        }
        self.flush_resampler(events);
        match Resampler::new(rate) {
            Ok(resampler) => self.resampler = Some(resampler),
            Err(e) => {
                self.resampler = None;
                self.lose(format!("{}: {e}", self.source), events);
            }
        }
    }

    fn watch_zeros(&mut self, samples: &[f32], rate: u32, events: &mut Vec<HearingEvent>) {
        let zeros_at_the_end = samples.iter().rev().take_while(|s| **s == 0.0).count();
        let before = if zeros_at_the_end == samples.len() { self.zeros } else { 0.0 };
        self.zeros = before + zeros_at_the_end as f64 / f64::from(rate.max(1));
        if self.zeros_matter && self.zeros >= ALL_ZERO_S && !self.told_zero {
            self.told_zero = true;
            events.push(HearingEvent::AllZero { at: self.recent.end() });
        }
    }

    /// Takes the resampled samples in: record, keep, measure, score, cut.
    fn take_in(&mut self, events: &mut Vec<HearingEvent>) {
        let mut samples = std::mem::take(&mut self.resampled);
        samples.iter_mut().for_each(as_recorded);
        if let Some(recording) = &mut self.recording {
            recording.append(&samples);
            events.extend(recording.trouble().map(|why| HearingEvent::DiskTrouble { why }));
        }
        // Frame by frame, so that levels and segments come in the order of their time.
        let mut rest = &samples[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(FRAME - self.unscored));
            rest = after;
            self.recent.push(piece);
            self.measure(piece, events);
            self.unscored = (self.unscored + piece.len()) % FRAME;
            self.activity.push(piece, &mut self.scores);
            for score in self.scores.drain(..) {
                if self.ears == Ears::Open {
                    self.segmenter.push(score, &mut self.found);
                }
            }
            self.tell_found(events);
        }
        self.resampled = samples;
    }

    fn measure(&mut self, samples: &[f32], events: &mut Vec<HearingEvent>) {
        let start = self.recent.end().0 - samples.len() as u64;
        for (n, sample) in samples.iter().enumerate() {
            self.level.energy += f64::from(*sample).powi(2);
            self.level.samples += 1;
            if self.level.samples == LEVEL {
                let rms = (self.level.energy / LEVEL as f64).sqrt() as f32;
                self.level = Level::default();
                let at = SampleIndex(start + n as u64 + 1);
                let (voiced, voice, quiet) = (self.segmenter.is_open(), self.segmenter.voice(), self.segmenter.quiet());
                events.push(HearingEvent::Level { at, rms, voiced, voice, quiet });
            }
        }
    }

    fn tell_found(&mut self, events: &mut Vec<HearingEvent>) {
        for found in self.found.drain(..) {
            events.push(match found {
                Found::Opened { start } => HearingEvent::Opened { start },
                Found::Reopened { number } => HearingEvent::Reopened { number },
                Found::Closed(cut) => HearingEvent::Closed(ClosedSegment {
                    turn: self.turn,
                    number: cut.number,
                    span: cut.span,
                    samples: self.recent.cut(cut.span),
                    peak_score: cut.peak_score,
                    forced: cut.forced,
                    overlap: cut.overlap,
                }),
                Found::NotDecoded { cut, why } => {
                    HearingEvent::NotDecoded { number: cut.number, span: cut.span, why: why.why() }
                }
                Found::SoFar { span } => HearingEvent::OpenSoFar { start: span.start, samples: self.recent.cut(span) },
            });
        }
    }

    /// Takes in what the resampler still holds and cuts the open segment.
    fn close(&mut self, events: &mut Vec<HearingEvent>) {
        self.flush_resampler(events);
        self.finish_segment(events);
    }

    fn flush_resampler(&mut self, events: &mut Vec<HearingEvent>) {
        self.resampled.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut self.resampled);
            self.take_in(events);
        }
    }

    fn finish_segment(&mut self, events: &mut Vec<HearingEvent>) {
        self.segmenter.finish(self.recent.end(), &mut self.found);
        self.tell_found(events);
    }

    /// After a gap nothing that was heard before helps.
    fn start_afresh(&mut self) {
        self.activity.reset();
        self.unscored = 0;
        self.level = Level::default();
        self.segmenter.skip_to(self.recent.end());
    }

    /// Where the next frame begins.
    fn scored_to(&self) -> SampleIndex {
        SampleIndex(self.recent.end().0 - self.unscored as u64)
    }
}

/// Rounds a sample to what its recording will hold, so that whoever hears the recording hears the same.
fn as_recorded(sample: &mut f32) {
    *sample = (*sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) / 32_768.0;
}
