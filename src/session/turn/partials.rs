//! Texts of the open segment: for the screen and for triggers, never stored, quoted or judged.

use std::time::Instant;

use super::Turn;
use crate::session::event::Event;

impl Turn<'_> {
    /// One at a time, and on a slow machine with rests of half its time: the stored texts come first.
    pub(super) fn may_begin_partial(&self) -> bool {
        self.shows_partials && self.partial.is_none() && (self.patient || Instant::now() >= self.partial_after)
    }

    pub fn show_partial(&mut self, text: Option<String>) {
        self.partial_after = Instant::now() + self.partial_begun.elapsed() / 2;
        let Some(text) = text else { return };
        let committed = self.agreement.hear(&text);
        self.words_until = self.words_until.max(self.partial_until);
        self.workers.outlet.emit(Event::Partial { text, committed }, Some(self.now));
    }

    /// Everything heard so far, terms repaired: closed segments, words of the open one that stay, and those that may change.
    /// `None` while a closed segment is being decoded.
    pub fn words_so_far(&self) -> Option<[String; 3]> {
        if !self.decoding.is_empty() {
            return None;
        }
        let settled = self.segments.iter().map(|segment| segment.text.as_str());
        let texts: Vec<&str> = settled.chain(self.waiting.iter().map(|(_, segment)| segment.text.as_str())).collect();
        let repaired = |text: String| self.terms.correct(&text).text;
        let open = [self.agreement.committed(), self.agreement.tentative()].map(repaired);
        let [committed, tentative] = if self.is_open { open } else { Default::default() };
        Some([texts.join(" "), committed, tentative])
    }
}
