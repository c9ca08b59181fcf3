//! The recording of a turn as the microphone that made it: it closes the ears, loses the device and gets it back where that happened.

use std::{collections::VecDeque, path::Path, time::Duration};

use crate::{
    audio::{
        source::{AudioSource, Pulled},
        wav::{Pace, WavError, WavSource},
    },
    interview::transcript::TurnNo,
    session::event_log::{Entry, Log},
    signal::SAMPLE_RATE,
};

/// Samples before the end from which the tape is heard out: so late is a stop obeyed at most.
const REST: u64 = SAMPLE_RATE as u64;

/// A recording with what happened to the microphone.
pub(super) struct Tape {
    sound: WavSource,
    /// Positions and what happens there, in order.
    marks: VecDeque<(u64, Mark)>,
    ears_closed: bool,
    /// Samples handed over so far.
    position: u64,
    length: u64,
    /// Read and not handed over.
    waiting: Vec<f32>,
}

#[derive(Debug, PartialEq)]
enum Mark {
    Ears { closed: bool },
    Lost { why: String },
    Back { gap: u64, away: Duration },
    Slept { away: Duration },
}

impl Tape {
    pub fn open(recording: &Path, log: &Log, turn: TurnNo, pace: Pace) -> Result<Self, WavError> {
        let sound = WavSource::open(recording, pace)?;
        let length = (sound.seconds() * f64::from(SAMPLE_RATE)).round() as u64;
        let marks = marks(log, turn);
        Ok(Self { sound, marks, ears_closed: false, position: 0, length, waiting: Vec::new() })
    }

    fn pass(&mut self, mark: Mark) -> Pulled {
        match mark {
            // Whoever listens looks at the ears before the next pull.
            Mark::Ears { closed } => {
                self.ears_closed = closed;
                Pulled::Nothing
            }
            Mark::Lost { why } => Pulled::Lost { why },
            Mark::Slept { away } => Pulled::Slept { away },
            Mark::Back { gap, away } => {
                let end = self.position + gap;
                while self.position < end && self.read(Duration::ZERO) {
                    let skipped = self.waiting.len().min((end - self.position) as usize);
                    self.waiting.drain(..skipped);
                    self.position += skipped as u64;
                }
                Pulled::Back { gap: away }
            }
        }
    }

    /// Has something waiting, unless the tape is over or, at its own pace, nothing is due.
    fn read(&mut self, wait: Duration) -> bool {
        while self.waiting.is_empty() {
            match self.sound.pull(&mut self.waiting, wait) {
                Pulled::Samples => {}
                _ if self.sound_is_over() => return false,
                _ if wait.is_zero() => std::thread::sleep(Duration::from_millis(10)), // a gap takes its time, too
                _ => return false,
            }
        }
        true
    }

    fn sound_is_over(&self) -> bool {
        self.position + self.waiting.len() as u64 >= self.length
    }
}

/// What happened to the microphone in a turn.
fn marks(log: &Log, turn: TurnNo) -> VecDeque<(u64, Mark)> {
    let mark = |entry: &Entry, at: u64| match entry {
        Entry::EarsClosed => Some((at, Mark::Ears { closed: true })),
        Entry::EarsOpened => Some((at, Mark::Ears { closed: false })),
        Entry::Lost { why } => Some((at, Mark::Lost { why: why.clone() })),
        Entry::Back { gap, away_s } => {
            Some((at.saturating_sub(*gap), Mark::Back { gap: *gap, away: seconds(*away_s) }))
        }
        Entry::Slept { away_s } => Some((at, Mark::Slept { away: seconds(*away_s) })),
        _ => None,
    };
    log.of_turn(turn).filter_map(|line| mark(&line.entry, line.at.0)).collect()
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

impl AudioSource for Tape {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        self.sound.name()
    }

    fn pull(&mut self, out: &mut Vec<f32>, wait: Duration) -> Pulled {
        if let Some((_, mark)) = self.marks.pop_front_if(|(at, _)| *at <= self.position) {
            return self.pass(mark);
        }
        if !self.read(wait) {
            return if self.sound_is_over() { Pulled::Ended } else { Pulled::Nothing };
        }
        let until = self.marks.front().map_or(u64::MAX, |(at, _)| *at) - self.position;
        let taken = self.waiting.len().min(usize::try_from(until).unwrap_or(usize::MAX));
        out.extend(self.waiting.drain(..taken));
        self.position += taken as u64;
        Pulled::Samples
    }

    fn is_patient(&self) -> bool {
        true
    }

    fn ears_closed(&self) -> Option<bool> {
        Some(self.ears_closed)
    }

    fn is_at_the_end(&self) -> bool {
        self.position + REST >= self.length && !self.sound_is_over()
    }
}

/// The microphone of a turn of which nothing was kept: a quiet second.
pub(super) struct Quiet(bool);

impl Quiet {
    pub fn new() -> Self {
        Self(false)
    }
}

impl AudioSource for Quiet {
    fn rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn name(&self) -> String {
        "nothing".into()
    }

    fn pull(&mut self, out: &mut Vec<f32>, _wait: Duration) -> Pulled {
        if std::mem::replace(&mut self.0, true) {
            return Pulled::Ended;
        }
        out.resize(out.len() + SAMPLE_RATE as usize, 0.0);
        Pulled::Samples
    }

    fn is_patient(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{session::event_log::Line, signal::SampleIndex};

    fn log(entries: Vec<(u64, Entry)>) -> Log {
        let line = |(at, entry)| Line { turn: TurnNo(1), at: SampleIndex(at), entry };
        Log { lines: entries.into_iter().map(line).collect(), unreadable: 0 }
    }

    fn tape(samples: usize, log: &Log) -> (tempfile::TempDir, Tape) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut recording = crate::audio::recording::Recording::create(&path).unwrap();
        recording.append(&(0..samples).map(|n| n as f32 / 32_768.0).collect::<Vec<_>>());
        recording.finish().1.unwrap();
        let tape = Tape::open(&path, log, TurnNo(1), Pace::AsFastAsPossible).unwrap();
        (folder, tape)
    }

    /// What whoever listens comes to know: samples as first and last, ears, losses.
    fn heard(mut tape: Tape) -> Vec<String> {
        let (mut lines, mut ears, mut run) = (Vec::new(), None, Vec::new());
        loop {
            if ears.replace(tape.ears_closed) != Some(tape.ears_closed) || run.is_empty() && lines.is_empty() {
                flush(&mut run, &mut lines);
                lines.push(if tape.ears_closed { "closed".into() } else { "open".into() });
            }
            let mut out = Vec::new();
            match tape.pull(&mut out, Duration::ZERO) {
                Pulled::Samples => run.extend(out.iter().map(|sample| (sample * 32_768.0) as i64)),
                Pulled::Nothing => {}
                other => {
                    flush(&mut run, &mut lines);
                    lines.push(match other {
                        Pulled::Lost { why } => format!("lost {why}"),
                        Pulled::Back { gap } => format!("back {}", (gap.as_secs_f64() * 16_000.0).round()),
                        _ => return lines,
                    });
                }
            }
        }
    }

    fn flush(run: &mut Vec<i64>, lines: &mut Vec<String>) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            lines.push(format!("{first}-{last}"));
        }
        run.clear();
    }

    #[test]
    fn ears_close_and_the_device_is_lost_at_the_very_sample() {
        let log = log(vec![
            (0, Entry::EarsClosed),
            (777, Entry::EarsOpened),
            (5_000, Entry::Lost { why: "unplugged".into() }),
            (9_000, Entry::Back { gap: 4_000, away_s: 0.25 }),
            (9_000, Entry::EarsClosed),
            (9_000, Entry::EarsOpened),
        ]);
        let (_folder, tape) = tape(12_000, &log);
        assert_eq!(
            heard(tape),
            [
                "open",
                "closed",
                "0-776",
                "open",
                "777-4999",
                "lost unplugged",
                "back 4000",
                "closed",
                "open",
                "9000-11999"
            ]
        );
    }

    #[test]
    fn a_stop_near_the_end_is_obeyed_at_the_end() {
        let (_folder, mut tape) = tape(30_000, &log(vec![]));
        let mut out = Vec::new();
        let mut at_the_end = Vec::new();
        while tape.pull(&mut out, Duration::ZERO) != Pulled::Ended {
            at_the_end.push((out.len(), tape.is_at_the_end()));
        }
        let first = at_the_end.iter().find(|(_, end)| *end).unwrap().0;
        assert!((14_000..16_000).contains(&first), "{first}");
        assert!(!at_the_end.last().unwrap().1, "all is heard");
    }
}
