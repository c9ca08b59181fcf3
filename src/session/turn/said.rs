//! What the interviewer says while a turn is open: which segments are its echo, and what was heard of it when the candidate came in.

use std::time::Duration;

use tokio::sync::mpsc;

use super::Turn;
use crate::{
    interview::echo,
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan},
    speech::listener::HearingEvent,
};

/// Why the interviewer's own words are no part of an answer.
pub(super) const ECHO: &str = "the interviewer's own words, heard back";

/// Samples behind the moment from which the ears are open in which a segment may begin that is an echo: some loudspeakers are late.
const LATE: u64 = SAMPLE_RATE as u64 / 4;

/// Samples of voice with which the candidate comes in while the interviewer speaks: half a second, which is more than a cough or "mm",
/// and the tenth of a second or two for which the detector holds on to a voice.
const COMES_IN: u64 = SAMPLE_RATE as u64 * 6 / 10;

impl Turn<'_> {
    /// Goes on hearing while something else is done.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, events: &mut mpsc::Receiver<HearingEvent>) -> T {
        self.during_speech(work, events, || {}).await
    }

    /// The same while the interviewer speaks. Where the ears are open, `stop` is called once the candidate has come in.
    pub async fn during_speech<T>(
        &mut self,
        work: impl Future<Output = T>,
        events: &mut mpsc::Receiver<HearingEvent>,
        stop: impl Fn(),
    ) -> T {
        tokio::pin!(work);
        let (begun, mut stopped) = (self.now.0, false);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(event) = events.recv() => self.take(event),
            }
            // Who was speaking before has not come in.
            let came_in = self.voice >= COMES_IN && self.now.0.saturating_sub(self.voice) >= begun;
            if came_in && !stopped {
                stopped = true;
                stop();
            }
        }
    }

    /// The interviewer has finished: a word in between that did not stop it is no part of the answer.
    pub fn interviewer_ended(&mut self, at: SampleIndex, tail: SampleIndex, is_cut_short: bool) {
        let Some(said) = self.said.last_mut() else { return };
        said.ends(at, tail, is_cut_short);
        let texts = self.segments.iter_mut().chain(self.waiting.iter_mut().map(|(_, segment)| segment));
        texts.filter(|segment| segment.span.is_some_and(|span| said.covers(span))).for_each(|s| s.text.clear());
    }
}

/// Something the interviewer said, in samples of the recording.
pub(in crate::session) struct Said {
    text: String,
    from: SampleIndex,
    /// The end of its sound and of what is left of it in the room, when it is over.
    until: Option<(SampleIndex, SampleIndex)>,
    is_cut_short: bool,
}

impl Said {
    pub fn begins(text: &str, from: SampleIndex) -> Self {
        Self { text: text.to_owned(), from, until: None, is_cut_short: false }
    }

    /// `tail`: from when on the ears are open for certain. `is_cut_short`: the candidate came in.
    pub fn ends(&mut self, at: SampleIndex, tail: SampleIndex, is_cut_short: bool) {
        self.until = Some((at, tail));
        self.is_cut_short = is_cut_short;
    }

    /// Whether a segment is nothing but the interviewer's words. One that begins later never is: the question may be restated.
    pub(super) fn comes_back(&self, span: SampleSpan, heard: &str) -> bool {
        let in_time = self.until.is_none_or(|(_, tail)| span.start.0 < tail.0 + LATE);
        span.start >= self.from && in_time && echo::is_echo(&self.text, heard)
    }

    /// Whether a segment is a word in the middle of it that did not stop it: "mm-hm".
    pub(super) fn covers(&self, span: SampleSpan) -> bool {
        let within = self.until.is_some_and(|(end, _)| span.start >= self.from && span.end < end);
        within && !self.is_cut_short
    }

    /// Whether a segment began after it did.
    pub fn precedes(&self, span: SampleSpan) -> bool {
        span.start >= self.from
    }
}

/// The words of a text that were heard when so much of its sound was played, 0 to 1. A word that was begun counts as not heard.
pub(in crate::session) fn heard_of(text: &str, share: f64) -> &str {
    let letters = text.chars().count() as f64 * share.clamp(0.0, 1.0);
    let end = text.char_indices().nth(letters.round() as usize).map_or(text.len(), |(at, _)| at);
    let whole = end == text.len() || text[end..].starts_with(char::is_whitespace);
    let end = if whole { end } else { text[..end].rfind(char::is_whitespace).unwrap_or(0) };
    text[..end].trim()
}

/// Whether a text holds a word, and more than what listeners say: "mm-hm", "okay, right".
pub(in crate::session) fn says_something(text: &str) -> bool {
    const LISTENING: &[&str] = &[
        "mm", "hm", "mhm", "mmhm", "hmm", "uh", "huh", "um", "ah", "oh", "okay", "ok", "right", "yeah", "yes", "yep",
        "sure", "i", "see", "all", "alright",
    ];
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| !LISTENING.contains(&word.to_lowercase().as_str()))
}

pub(super) fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} seconds"),
        seconds @ 120..=7199 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "Design a rate limiter for a public API.";

    #[test]
    fn what_was_heard_is_the_words_that_were_said_to_their_end() {
        let cases = [
            (0.0, ""),
            (0.1, ""),
            (0.16, "Design"),
            (0.5, "Design a rate"),
            (0.98, "Design a rate limiter for a public"),
            (1.0, QUESTION),
            (7.0, QUESTION),
        ];
        for (share, heard) in cases {
            assert_eq!(heard_of(QUESTION, share), heard, "{share}");
        }
        assert_eq!(heard_of("", 0.5), "");
        assert_eq!(heard_of("Ça va, Zoë?", 0.4), "Ça");
    }

    #[test]
    fn what_listeners_say_says_nothing() {
        for text in ["", "Mm-hm.", "Okay, right.", "Yeah, I see.", "…"] {
            assert!(!says_something(text), "{text:?}");
        }
        for text in ["No.", "Okay, so first", "I see two", "Skip."] {
            assert!(says_something(text), "{text:?}");
        }
    }

    #[test]
    fn an_echo_is_heard_while_the_interviewer_speaks_or_right_behind_it() {
        let rate = f64::from(SAMPLE_RATE);
        let at = |seconds: f64| SampleIndex((seconds * rate) as u64);
        let span = |start: f64, end: f64| SampleSpan { start: at(start), end: at(end) };
        let mut said = Said::begins(QUESTION, at(1.0));
        assert!(said.comes_back(span(1.2, 4.0), QUESTION), "while it is said");
        said.ends(at(4.0), at(4.25), false);
        let cases = [(0.5, 3.0, false), (1.2, 4.2, true), (3.0, 4.6, true), (4.3, 6.0, true), (4.6, 7.0, false)];
        for (start, end, echo) in cases {
            assert_eq!(said.comes_back(span(start, end), "for a public API"), echo, "{start} to {end}");
        }
        assert!(!said.comes_back(span(1.2, 4.2), "I would ask who calls it"));
        assert!(said.covers(span(2.0, 2.5)) && !said.covers(span(3.5, 4.5)) && !said.covers(span(0.5, 2.0)));
        said.ends(at(4.0), at(4.0), true);
        assert!(!said.covers(span(2.0, 2.5)), "the candidate came in: every word counts");
    }
}
