//! The interviewer speaks while a turn is open: with the ears closed, or with headphones so that the candidate can come in.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use super::OpenTurn;
use crate::{
    interview::transcript::Segment,
    session::{
        event::{Floor, Phase},
        event_log::Entry,
        hear::Spoken,
        plan::Command,
        turn::{Said, heard_of, says_something},
    },
    signal::{SAMPLE_RATE, SampleIndex},
};

/// Samples of silence behind a sound that cut the interviewer short and was no word: then all of it is said again.
const NO_WORD: u64 = 2 * SAMPLE_RATE as u64;

/// Samples between two reports of where the recording stands.
const REPORT: u64 = SAMPLE_RATE as u64 / 10;

impl OpenTurn<'_> {
    /// Says something and gives the candidate the floor; or returns the command that cut it short and is still to be obeyed. The
    /// ears are closed meanwhile, and a little longer, unless the candidate may come in.
    pub(super) async fn say(&mut self, text: &str) -> Option<Command> {
        let mut spoken = Spoken::ToTheEnd;
        if self.asking.speak {
            self.begin_to_speak(text);
            self.turn.while_speaking = Some(Vec::new());
            let voice = self.asking.workers.voice.clone();
            let saying = self.asking.say(text);
            spoken = self.turn.during_speech(saying, &mut self.events, || voice.cut_short()).await;
            // Who may come in is loud, too.
            let levels = self.turn.while_speaking.take().filter(|_| !self.may_come_in).unwrap_or_default();
            self.leaks |= hears_the_loudspeaker(levels);
            self.has_spoken(matches!(spoken, Spoken::CutShort(_))).await;
            self.wait_for_the_row().await;
        }
        self.listener.ears_closed(false);
        self.turn.sealed = false;
        self.begin_silence_anew();
        self.stopped_at = None;
        match spoken {
            Spoken::Interrupted(command) => return Some(command),
            Spoken::CutShort(share) => self.give_way(text, share),
            Spoken::ToTheEnd => {}
        }
        self.asking.workers.outlet.phase(Phase::Listening);
        None
    }

    /// Says a few words in a silence, after which it goes on as it was.
    pub(super) async fn nudge(&mut self, text: &str, was_shown: bool) {
        if !was_shown {
            self.show_nudge(text);
        }
        let begun = self.turn.now;
        self.remark(text).await;
        self.turn.excused += self.turn.now.0 - begun.0;
    }

    /// Shows a few words in a silence and leaves it undisturbed.
    pub(super) fn show_nudge(&self, text: &str) {
        let outlet = &self.asking.workers.outlet;
        outlet.log(Entry::Nudged { text: text.to_owned() }, None);
        outlet.remark(text);
    }

    /// Says something in between; the turn goes on.
    pub(super) async fn remark(&mut self, text: &str) {
        if !self.asking.speak {
            return;
        }
        let workers = self.asking.workers;
        self.begin_to_speak(text);
        workers.outlet.floor(Floor::Speaking);
        let saying = workers.voice.say(text);
        let said = self.turn.during_speech(saying, &mut self.events, || workers.voice.cut_short()).await;
        self.has_spoken(said.as_ref().is_ok_and(|said| said.is_cut_short())).await;
        self.listener.ears_closed(false);
        self.turn.sealed = false;
        if let Err(error) = said {
            tracing::debug!(%error, "not said aloud");
        }
    }

    /// What was cut short by a sound that was no word, or only "mm-hm", and is to be said again.
    pub(super) fn unheard(&mut self) -> Option<String> {
        let text = self.cut_short.as_ref()?;
        let said = self.turn.said.last()?;
        let later = |segment: &&mut Segment| segment.span.is_some_and(|span| said.precedes(span));
        if self.turn.segments.iter_mut().filter(later).any(|segment| says_something(&segment.text)) {
            self.cut_short = None;
            return None;
        }
        if self.turn.is_voiced || !self.turn.is_settled() || self.turn.silence() < NO_WORD {
            return None;
        }
        self.turn.segments.iter_mut().filter(later).for_each(|segment| segment.text.clear());
        self.asking.workers.outlet.remark(format!("Again: {text}"));
        self.mind_echoes();
        self.may_come_in = false; // it may come again
        self.cut_short.take()
    }

    fn begin_to_speak(&mut self, text: &str) {
        self.mind_echoes();
        self.listener.ears_closed(!self.may_come_in);
        self.turn.said.push(Said::begins(text, self.turn.now));
    }

    /// Where the microphone hears the interviewer, nobody can come in.
    fn mind_echoes(&mut self) {
        if !self.turn.echoes || !self.may_come_in {
            return;
        }
        self.may_come_in = false;
        self.asking.workers.hears_itself.store(true, Relaxed);
        self.turn.note(
            "The microphone hears the interviewer, so you cannot come in while I speak. Put headphones on, or set [audio] headphones = false."
                .into(),
        );
    }

    /// Waits for what is left of the sound, and notes when it was over.
    async fn has_spoken(&mut self, is_cut_short: bool) {
        let ended = self.turn.now;
        let tail = self.asking.workers.config.audio.tail_ms;
        if !self.may_come_in {
            self.wait_for_the_tail(tail).await;
            self.asking.workers.outlet.log(Entry::FloorGiven, None);
        }
        let tail = SampleIndex(ended.0 + tail * u64::from(SAMPLE_RATE) / 1000);
        self.turn.interviewer_ended(ended, tail.max(self.turn.now), is_cut_short);
    }

    /// The floor is given once the row of the answer is there, which a sentence gives it time for.
    async fn wait_for_the_row(&mut self) {
        let there = self.asking.ears.may_hear();
        match self.turn.patient {
            true => there.await, // the source waits, too
            false => self.turn.during(there, &mut self.events).await,
        }
    }

    /// What the loudspeaker has said may still be in the room, and in what the machine has not come round to hear.
    async fn wait_for_the_tail(&mut self, tail_ms: u64) {
        let workers = self.asking.workers;
        if let Some(script) = &workers.script {
            return self.turn.during(script.floor_given(), &mut self.events).await;
        }
        let tail = Duration::from_millis(tail_ms);
        let heard = self.turn.now.0 + tail_ms * u64::from(SAMPLE_RATE) / 1000;
        self.turn.during(tokio::time::sleep(tail), &mut self.events).await;
        let (turn, events) = (&mut self.turn, &mut self.events);
        let catching_up = async {
            while turn.whole.is_none() && turn.now.0 + REPORT < heard {
                let Some(event) = events.recv().await else { return };
                turn.take(event);
            }
        };
        // A device that is gone brings no samples.
        let _ = tokio::time::timeout(4 * tail, catching_up).await;
    }

    /// The candidate came in: the floor is theirs, with every word from the first.
    fn give_way(&mut self, text: &str, share: f64) {
        let heard = heard_of(text, share);
        self.turn.note(match heard {
            "" => "You came in before a word of it was said.".to_owned(),
            heard => format!("You came in. Until then you had heard: \"{heard} …\""),
        });
        self.cut_short = Some(text.to_owned());
    }
}

/// Whether loudness followed the interviewer's speech: it rises and falls far more than a room does.
fn hears_the_loudspeaker(mut levels: Vec<f32>) -> bool {
    levels.sort_by(f32::total_cmp);
    let at = |share: f64| levels.get((levels.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (quiet, loud) = (at(0.1), at(0.9));
    levels.len() >= 5 && loud > 0.004 && loud > 4.0 * quiet
}
