//! How many tokens a prompt has at least, to notice that a server cut it without a word.

use super::wire::Message;

/// Share of the estimate that a reply must report to be believed.
const BELIEVED: f64 = 0.8;

/// Estimated tokens of some messages.
///
/// Tokenizers do not join a word with the next one, so words plus runs of punctuation are a lower bound, and English with
/// ids and JSON in it has about a seventh more. GPT-2's vocabulary makes 0.94 to 1.10 times the estimate of the shipped
/// rubrics and of thirty spoken answers; later vocabularies are larger, and make a few percent fewer.
pub fn estimate(messages: &[Message]) -> u64 {
    let pieces: usize = messages.iter().map(|message| pieces(&message.content)).sum();
    tokens(pieces)
}

/// Estimated tokens of a text.
pub fn estimate_text(text: &str) -> u64 {
    tokens(pieces(text))
}

fn tokens(pieces: usize) -> u64 {
    (pieces as f64 * 1.15) as u64
}

/// True when the server reports so few prompt tokens that it cannot have read all of the messages.
pub fn was_cut(messages: &[Message], reported: u64) -> bool {
    // Some servers report nothing as 0.
    reported > 0 && (reported as f64) < BELIEVED * estimate(messages) as f64
}

fn pieces(text: &str) -> usize {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Space,
        Word,
        Digit,
        Mark,
    }
    let mut last = Class::Space;
    let mut count = 0;
    let mut digits = 0;
    for c in text.chars() {
        let class = match c {
            _ if c.is_whitespace() => Class::Space,
            _ if c.is_numeric() => Class::Digit,
            '\'' | '’' => Class::Word,
            _ if c.is_alphabetic() => Class::Word,
            _ => Class::Mark,
        };
        digits = if class == Class::Digit { digits + 1 } else { 0 };
        let begins = class != last || (class == Class::Digit && digits % 3 == 1);
        if class != Class::Space && begins {
            count += 1;
        }
        last = class;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::wire::Role;

    #[test]
    fn words_numbers_and_marks_are_counted() {
        for (text, expected) in [("", 0), ("we don't retry", 3), ("{\"n\":12,\"t\":\"ok\"}", 9), ("1234567", 3)] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn a_prompt_cut_to_a_small_context_is_noticed_and_a_whole_one_is_not() {
        let message = Message { role: Role::User, content: "the queue absorbs the burst, and ".repeat(1000) };
        let messages = [message];
        // 7 pieces per repetition; a real tokenizer makes 7 of them.
        for (reported, cut) in [(7000, false), (6600, false), (4096, true), (2048, true), (0, false)] {
            assert_eq!(was_cut(&messages, reported), cut, "{reported}");
        }
    }
}
