//! Whether words can be said aloud, how many they are, and whether two wordings are nearly the same. For content only; what a candidate
//! said is normalised in [`super::words`].

use std::collections::BTreeSet;

/// How many words a voice would say.
pub fn count_words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// The first thing in `text` that cannot be said as it is written, and what to write instead.
///
/// Sayable are letters, figures and the punctuation of plain sentences. A word may not mix letters and figures, except `p` and a
/// percentile ("p99").
pub fn unspeakable(text: &str) -> Option<(String, String)> {
    if let Some(odd) = text.chars().find(|c| !is_speakable(*c)) {
        let instead = match odd {
            '/' => "Write \"or\" or \"per\".",
            '&' | '+' => "Write \"and\".",
            '%' => "Write \"percent\".",
            '<' => "Write \"less than\".",
            '>' => "Write \"more than\".",
            '=' => "Write \"equals\".",
            '~' | '≈' => "Write \"about\".",
            '$' | '€' | '£' => "Write the currency as a word after the amount.",
            _ => "Write it in words.",
        };
        return Some((format!("`{odd}`"), instead.to_owned()));
    }
    text.split(|c: char| !c.is_alphanumeric()).find(|word| mixes_letters_and_figures(word)).map(|word| {
        (format!("`{word}`"), "Write letters and figures as separate words; only \"p99\" may mix.".to_owned())
    })
}

fn is_speakable(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || ".,;:?!'’\"“”()-–—…".contains(c)
}

fn mixes_letters_and_figures(word: &str) -> bool {
    let percentile = word.strip_prefix('p').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    !percentile && word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic)
}

/// The words of a text without case and punctuation.
pub fn plain_words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('’', "'"))
}

/// A wording reduced to its set of words.
pub struct WordSet(Vec<String>);

impl WordSet {
    pub fn new(text: &str) -> Self {
        let words: BTreeSet<String> = plain_words(text).collect();
        WordSet(words.into_iter().collect())
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many of its words may be missing in a set that nearly equals it.
    pub fn could_lack(&self) -> usize {
        // shared >= 4/5 of all in either >= 4/5 of its own
        self.0.len() / 5
    }

    /// The words in both are at least four fifths of the words in either: the same question asked twice.
    pub fn nearly_equals(&self, other: &WordSet) -> bool {
        // shared >= 4/5 of (total - shared) says the same as: words in only one of them <= total / 9. Counting those lets nearly
        // every pair end after a few words.
        let total = self.0.len() + other.0.len();
        let too_many = |unshared: usize| 9 * unshared > total;
        let (mut a, mut b, mut unshared) = (0, 0, 0);
        while let (Some(left), Some(right)) = (self.0.get(a), other.0.get(b)) {
            let order = left.cmp(right);
            a += usize::from(order.is_le());
            b += usize::from(order.is_ge());
            unshared += usize::from(order.is_ne());
            if too_many(unshared) {
                return false;
            }
        }
        total > 0 && !too_many(unshared + self.0.len() - a + other.0.len() - b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_said_passes() {
        for good in
            ["Design a limiter, please: ten thousand a second?", "What is the p99 then?", "It's 24-hour, 99.9 percent."]
        {
            assert_eq!(unspeakable(good), None, "{good}");
        }
        for (bad, odd) in
            [("read/write", "`/`"), ("5 %", "`%`"), ("a_b", "`_`"), ("use S3", "`S3`"), ("10k users", "`10k`")]
        {
            assert_eq!(unspeakable(bad).map(|found| found.0).as_deref(), Some(odd), "{bad}");
        }
    }

    #[test]
    fn words_are_counted_as_said() {
        assert_eq!(count_words("One — two, three-four."), 3);
    }

    #[test]
    fn the_same_words_in_another_order_are_the_same_question() {
        let same = |a, b| WordSet::new(a).nearly_equals(&WordSet::new(b));
        assert!(same("Design a rate limiter for us.", "Design, for us, a rate limiter!"));
        assert!(!same("Design a rate limiter for us.", "Design a cache for us."));
        assert!(!same("", "") && !same("", "one"));
        assert!(same("one two three four five", "one two three four"), "four of five");
        assert!(!same("one two three four five", "one two three four six"), "four of six");
    }
}
