//! What judging takes: how many calls and tokens are to be expected, and how many there were.

use super::{
    endpoint::{Message, Usage},
    judge::JudgeRequest,
    prompt_size,
    protocol::{Mode, Prices},
    template::{self, JudgePrompt},
};
use crate::interview::{assessment::Spent, question::Kind, rubric::Rubric};

/// Tokens of a reply for each check: a quote of ten words, its segment, a word, and the JSON around them.
pub(super) const TOKENS_PER_CHECK: u64 = 50;

/// What one reading of an answer is expected to take: its prompts as they would be sent, and replies of the usual length. Nothing
/// where there is nothing to judge. Repairs, and two further readings where the result is close, come on top.
pub fn estimate(request: &JudgeRequest, mode: Mode, prices: Prices) -> Spent {
    let rubric = request.rubric.filter(|_| request.kind != Kind::Coaching && !request.transcript.is_empty());
    let mut spent = Spent { estimated: true, ..Spent::default() };
    let Some(rubric) = rubric else { return spent };
    let prompt = JudgePrompt::of(request, rubric);
    let parts = match mode {
        Mode::OneCall => vec![(template::judge(&prompt), rubric.clone())],
        Mode::PerDimension => {
            occasions(rubric, request).map(|part| (template::judge_one(&prompt, &part), part)).collect::<Vec<_>>()
        }
    };
    for (messages, part) in parts {
        let Ok(messages) = messages else { continue };
        spent.calls += 1;
        spent.prompt_tokens += prompt_size::estimate(&messages);
        spent.completion_tokens += TOKENS_PER_CHECK * checks(&part);
    }
    spent.money = prices.money(spent.prompt_tokens, spent.completion_tokens);
    spent
}

/// Each dimension as a rubric of its own, without those that the question gives no occasion for.
pub(super) fn occasions<'a>(rubric: &'a Rubric, request: &'a JudgeRequest) -> impl Iterator<Item = Rubric> + 'a {
    let none = request.question.map_or(&[][..], |question| &question.no_occasion);
    rubric.dimensions.iter().filter(|dimension| !none.contains(&dimension.id)).map(|dimension| alone(rubric, dimension))
}

pub(super) fn alone(rubric: &Rubric, dimension: &crate::interview::rubric::Dimension) -> Rubric {
    Rubric { title: rubric.title.clone(), dimensions: vec![dimension.clone()], ..*rubric }
}

fn checks(rubric: &Rubric) -> u64 {
    rubric.dimensions.iter().map(|dimension| dimension.checks.len() as u64).sum()
}

/// Adds up what calls took, as they report it; by their words where they do not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// At least one call did not report.
    pub estimated: bool,
    /// At least one did.
    pub reported: bool,
}

impl Tally {
    /// One call that brought these words.
    pub fn add(&mut self, messages: &[Message], content: &str, usage: Usage) {
        // Some servers report nothing as 0.
        let reported = usage.prompt_tokens.filter(|tokens| *tokens > 0);
        self.reported |= reported.is_some();
        self.estimated |= reported.is_none() || usage.completion_tokens.is_none();
        self.prompt_tokens += reported.unwrap_or_else(|| prompt_size::estimate(messages));
        self.completion_tokens += usage.completion_tokens.unwrap_or_else(|| prompt_size::estimate_text(content));
    }

    /// One call that was taken, and broke off.
    pub fn add_broken(&mut self, messages: &[Message]) {
        self.estimated = true;
        self.prompt_tokens += prompt_size::estimate(messages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        interview::{question::AskedLevel, transcript::Transcript},
        llm::{endpoint::Role, fixture},
    };

    fn with<T>(words: usize, look: impl FnOnce(&JudgeRequest) -> T) -> T {
        let (rubric, question) = (fixture::rubric(), fixture::question());
        let transcript = Transcript::typed(&"word ".repeat(words));
        look(&JudgeRequest {
            question_text: &question.ask,
            kind: Kind::Design,
            rubric: Some(&rubric),
            question: Some(&question),
            probe: None,
            asked: AskedLevel::Senior,
            transcript: &transcript,
            clarifications: &[],
        })
    }

    #[test]
    fn the_estimate_knows_the_mode_the_words_and_the_price() {
        let prices = Prices { per_million_in: 10.0, per_million_out: 100.0 };
        let of = |words, mode| with(words, |request| estimate(request, mode, prices));
        let (one, apart) = (of(300, Mode::OneCall), of(300, Mode::PerDimension));
        assert_eq!((one.calls, apart.calls), (1, 2));
        assert_eq!((one.completion_tokens, apart.completion_tokens), (400, 400));
        assert!(apart.prompt_tokens > one.prompt_tokens, "the answer is sent twice");
        assert!(of(600, Mode::OneCall).prompt_tokens > one.prompt_tokens + 300);
        let expected = (one.prompt_tokens as f64 * 10.0 + 400.0 * 100.0) / 1e6;
        assert!((one.money.unwrap() - expected).abs() < 1e-12 && one.estimated);
        assert_eq!(with(300, |request| estimate(request, Mode::OneCall, Prices::default())).money, None);
    }

    #[test]
    fn what_is_not_judged_takes_nothing_and_what_has_no_occasion_no_call() {
        with(0, |request| assert_eq!(estimate(request, Mode::OneCall, Prices::default()).calls, 0));
        with(9, |request| {
            let coaching = JudgeRequest { kind: Kind::Coaching, ..*request };
            assert_eq!(estimate(&coaching, Mode::PerDimension, Prices::default()).calls, 0);
            let mut question = fixture::question();
            question.no_occasion = vec!["tradeoffs".into()];
            let less = JudgeRequest { question: Some(&question), ..*request };
            assert_eq!(estimate(&less, Mode::PerDimension, Prices::default()).calls, 1);
        });
    }

    #[test]
    fn what_is_not_reported_is_counted_by_its_words_and_said_to_be() {
        let messages = [Message { role: Role::User, content: "we count in one store".into() }];
        let usage = |prompt_tokens, completion_tokens| Usage { prompt_tokens, completion_tokens };
        let mut tally = Tally::default();
        tally.add(&messages, "a reply", usage(Some(100), Some(7)));
        assert_eq!((tally.prompt_tokens, tally.completion_tokens, tally.estimated), (100, 7, false));
        tally.add(&messages, "a reply", usage(Some(0), None));
        assert_eq!((tally.prompt_tokens, tally.completion_tokens, tally.estimated), (105, 9, true));
        tally.add_broken(&messages);
        assert_eq!((tally.prompt_tokens, tally.reported), (110, true));
    }
}
