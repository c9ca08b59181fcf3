//! The committed prefix of partial texts: words on which two successive hypotheses agree.
//!
//! For the screen and for triggers only: partial texts are never stored, quoted or judged. "LocalAgreement-2" of
//! Macháček et al. (2023), by words alone, without their times.

/// The partial text of one open segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agreement {
    /// Never retracted until `reset`.
    committed: Vec<String>,
    /// What the latest hypothesis says after the committed words.
    tentative: Vec<String>,
}

impl Agreement {
    /// Takes the next hypothesis for the same segment, heard from the same start. Returns how many words it commits.
    pub fn hear(&mut self, partial: &str) -> usize {
        let words: Vec<&str> = partial.split_whitespace().collect();
        let fresh = &words[self.words_already_committed(&words)..];
        let agreed = fresh.iter().zip(&self.tentative).take_while(|(new, old)| fold(new) == fold(old)).count();
        self.committed.extend(fresh[..agreed].iter().map(|w| (*w).to_owned()));
        self.tentative = fresh[agreed..].iter().map(|w| (*w).to_owned()).collect();
        agreed
    }

    /// The words that stay, joined by spaces.
    pub fn committed(&self) -> String {
        self.committed.join(" ")
    }

    /// The words of the latest hypothesis that may still change.
    pub fn tentative(&self) -> String {
        self.tentative.join(" ")
    }

    /// Forgets everything: another segment is open.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// How many words of a hypothesis stand for the committed ones.
    ///
    /// Usually as many as there are. When the recognizer has changed its mind about them ("ten thousand" → "10,000") the
    /// place where the last of them come again is taken, so that nothing is shown twice.
    fn words_already_committed(&self, words: &[&str]) -> usize {
        const ANCHOR: usize = 3;
        const SHIFT: usize = 4;
        let count = self.committed.len();
        let same = |a: &[&str], b: &[String]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fold(a) == fold(b));
        if words.get(..count).is_some_and(|start| same(start, &self.committed)) {
            return count;
        }
        for anchor in (1..=ANCHOR.min(count)).rev() {
            let tail = &self.committed[count - anchor..];
            let ends = (count.saturating_sub(SHIFT).max(anchor)..=(count + SHIFT).min(words.len()))
                .filter(|end| same(&words[end - anchor..*end], tail));
            if let Some(end) = ends.min_by_key(|end| end.abs_diff(count)) {
                return end;
            }
        }
        count.min(words.len())
    }
}

/// A word as it is compared: lower case, letters and digits only. A word of marks alone stays itself.
fn fold(word: &str) -> String {
    let bare: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if bare.is_empty() { word.to_owned() } else { bare }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hypotheses, and after each the committed text.
    #[track_caller]
    fn check(heard: &[(&str, &str)]) {
        let mut agreement = Agreement::default();
        for (partial, committed) in heard {
            agreement.hear(partial);
            assert_eq!(agreement.committed(), *committed, "after {partial:?} of {heard:?}");
        }
    }

    #[test]
    fn two_in_agreement_commit_their_common_beginning() {
        check(&[
            ("I would", ""),
            ("I would put a", "I would"),
            ("I would put a cash", "I would put a"),
            ("I would put a cache in", "I would put a"),
            ("I would put a cache in front", "I would put a cache in"),
        ]);
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        check(&[("so, The leader.", ""), ("So the leader accepts", "So the leader")]);
    }

    #[test]
    fn what_is_committed_stays_whatever_comes() {
        check(&[
            ("one two three", ""),
            ("one two three", "one two three"),
            ("completely different", "one two three"),
            ("", "one two three"),
        ]);
    }

    #[test]
    fn a_rewritten_beginning_does_not_repeat_words() {
        check(&[
            ("about ten thousand requests per", ""),
            ("about ten thousand requests per", "about ten thousand requests per"),
            ("about 10,000 requests per second at", "about ten thousand requests per"),
            ("about 10,000 requests per second at peak", "about ten thousand requests per second at"),
        ]);
    }

    #[test]
    fn the_rest_of_the_latest_is_tentative() {
        let mut agreement = Agreement::default();
        agreement.hear("the leader accepts");
        assert_eq!(agreement.hear("the leader except the"), 2);
        assert_eq!((agreement.committed(), agreement.tentative()), ("the leader".to_owned(), "except the".to_owned()));
        agreement.reset();
        assert_eq!(agreement, Agreement::default());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_committed_prefix_is_never_retracted(partials in prop::collection::vec("([abAB]{1,2}[.,]? ){0,8}", 1..20)) {
            let mut agreement = Agreement::default();
            for partial in &partials {
                let before = agreement.committed.clone();
                let added = agreement.hear(partial);
                prop_assert_eq!(&agreement.committed[..before.len()], &before[..]);
                prop_assert_eq!(agreement.committed.len(), before.len() + added);
            }
        }
    }
}
