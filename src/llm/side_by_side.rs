//! Finds out whether a server works on several calls side by side or lets them queue: from the order in which their words come,
//! without a clock.

use std::sync::{Mutex, PoisonError};

/// Pieces from which on a reply counts as streamed: one that comes in one piece says nothing.
const STREAMED: usize = 3;

/// Calls that are under way at the same time.
#[derive(Debug, Default)]
pub(super) struct SideBySide(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Calls that are in the middle of their reply.
    speaking: usize,
    /// Two were at the same time.
    together: bool,
    streamed: usize,
}

/// One of them.
pub(super) struct Call<'a> {
    all: &'a SideBySide,
    pieces: usize,
}

impl SideBySide {
    pub fn call(&self) -> Call<'_> {
        Call { all: self, pieces: 0 }
    }

    /// True when two replies came at the same time, false when several came one after the other; `None` when that cannot be told.
    pub fn seen(&self) -> Option<bool> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (seen.together, seen.streamed) {
            (true, _) => Some(true),
            (false, 2..) => Some(false),
            (false, _) => None,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Call<'_> {
    /// A piece of its reply has come.
    pub fn heard(&mut self) {
        self.pieces += 1;
        if self.pieces == 1 {
            self.all.change(|seen| {
                seen.speaking += 1;
                seen.together |= seen.speaking > 1;
            });
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.pieces > 0 {
            self.all.change(|seen| {
                seen.speaking -= 1;
                seen.streamed += usize::from(self.pieces >= STREAMED);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of the calls `a` and `b` in the order they come; a capital letter ends the call.
    fn check(order: &str, expected: Option<bool>) {
        let all = SideBySide::default();
        let mut calls = [Some(all.call()), Some(all.call())];
        for mark in order.chars() {
            let call = &mut calls[usize::from(mark.eq_ignore_ascii_case(&'b'))];
            call.as_mut().unwrap().heard();
            if mark.is_ascii_uppercase() {
                *call = None;
            }
        }
        drop(calls);
        assert_eq!(all.seen(), expected, "{order}");
    }

    #[test]
    fn replies_that_overlap_ran_side_by_side_and_those_in_a_row_did_not() {
        check("ababAB", Some(true));
        check("aabAbbB", Some(true));
        check("aaAbbB", Some(false));
        check("bbBaaaA", Some(false));
        check("AB", None);
        check("aaaAB", None);
        check("aaaA", None);
        check("", None);
    }
}
