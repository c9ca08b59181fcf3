//! Judges the cases of a calibration one after the other: what it will cost, where it goes on, when it gives up.
//!
//! The judging itself is handed in, as in [`super::batch`]: it is that of any other answer.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    prompt_size,
    template::{self, JudgePrompt},
};
use crate::interview::{
    calibration::{cases::Case, outcome::Outcome, set::CalibrationSet},
    pack::Content,
    transcript::Transcript,
};

/// Tokens of a reply for each check: a quote of ten words, its segment, a word, and the JSON around them.
const TOKENS_PER_CHECK: u64 = 50;
/// As many ungraded in a row mean that something else is wrong than the answers.
const MOST_FAILURES: usize = 5;

/// What a run will take, about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Texts to be judged; each is at least one call.
    pub judgements: usize,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// Estimates these cases.
pub fn estimate<'a>(set: &CalibrationSet, content: &Content, cases: impl Iterator<Item = &'a Case>) -> Estimate {
    let mut estimate = Estimate::default();
    for case in cases {
        let Some((prompt, checks)) = prompt_tokens(set, content, case) else { continue };
        estimate.judgements += 1;
        estimate.prompt_tokens += prompt;
        estimate.completion_tokens += checks * TOKENS_PER_CHECK;
    }
    estimate
}

/// Tokens of the prompt and number of checks.
fn prompt_tokens(set: &CalibrationSet, content: &Content, case: &Case) -> Option<(u64, u64)> {
    let (_, question) = content.question(&set.answer(&case.answer)?.question)?;
    let rubric = content.rubric(question.kind)?;
    let transcript = Transcript::typed(&case.text);
    let prompt = JudgePrompt {
        question_text: &question.ask,
        rubric,
        question: Some(question),
        probe: None,
        transcript: &transcript,
        clarifications: &[],
    };
    let checks = rubric.dimensions.iter().map(|dimension| dimension.checks.len() as u64).sum();
    Some((prompt_size::estimate(&template::judge(&prompt).ok()?), checks))
}

/// SHA-256 of rubric and prompt for a case, and of the case: an outcome holds as long as both stay.
pub fn fingerprint(set: &CalibrationSet, content: &Content, case: &Case) -> Option<(String, String)> {
    let answer = set.answer(&case.answer)?;
    let (_, question) = content.question(&answer.question)?;
    let bundle = template::bundle(content.rubric(question.kind)?).ok()?;
    let mut hash = Sha256::new();
    // With everything of the question that goes into the prompt.
    let asked = serde_json::json!([case.id, case.text, question.ask, question.hard_part, question.no_occasion]);
    let points: Vec<&String> = question.points.iter().map(|point| &point.says).collect();
    hash.update(asked.to_string());
    hash.update(serde_json::json!(points).to_string());
    Some((bundle, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Judges every case that has no outcome yet. `keep` gets each outcome as soon as it is sure to count.
///
/// Five in a row without a level end the run with the reason; they are not kept, and judged again when it goes on. Dropping it
/// loses the case it is at.
pub async fn run<E>(
    cases: &[Case],
    done: &mut BTreeMap<String, Outcome>,
    judge_one: impl AsyncFn(&Case) -> Outcome,
    mut keep: impl AsyncFnMut(&Case, &Outcome, usize) -> Result<(), E>,
) -> Result<(), RunError<E>> {
    let mut failures: Vec<(&Case, Outcome)> = Vec::new();
    let missing: Vec<&Case> = cases.iter().filter(|case| !done.contains_key(&case.id)).collect();
    for (number, case) in (1..).zip(&missing) {
        let outcome = judge_one(case).await;
        let why = outcome.judged.as_ref().err().cloned();
        failures.push((case, outcome));
        if let Some(why) = why
            && failures.len() >= MOST_FAILURES
        {
            return Err(RunError::Failing(why));
        }
        let settled = failures.last().is_some_and(|(_, outcome)| outcome.judged.is_ok()) || number == missing.len();
        for (case, outcome) in failures.drain(..if settled { failures.len() } else { 0 }) {
            keep(case, &outcome, done.len() + 1).await.map_err(RunError::NotKept)?;
            done.insert(case.id.clone(), outcome);
        }
    }
    Ok(())
}

/// Why a run ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError<E> {
    /// One answer after the other stays without a level, with the last reason.
    Failing(String),
    NotKept(E),
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::interview::calibration::{
        cases::{self, Extent},
        sample,
    };

    fn all() -> Vec<Case> {
        cases::cases(&sample::set(), &sample::content(), Extent::Whole)
    }

    /// Runs on top of what is done; `fails` says for the nth judgement whether it fails.
    async fn run_on(
        done: &mut BTreeMap<String, Outcome>,
        fails: impl Fn(usize) -> bool,
    ) -> (Vec<String>, Result<(), RunError<()>>) {
        let (count, kept) = (RefCell::new(0), RefCell::new(Vec::new()));
        let judge_one = async |case: &Case| {
            *count.borrow_mut() += 1;
            let judgement = match fails(*count.borrow()) {
                true => crate::interview::assessment::Assessment::Ungraded { why: "scripted".into() },
                false => crate::interview::assessment::Assessment::Judged(crate::interview::assessment::Judgement {
                    dimensions: vec![],
                    verdict: None,
                    unverified_quotes: 0,
                    quotes: 0,
                    cautions: vec![],
                    provenance: Default::default(),
                }),
            };
            Outcome::new(&case.id, &judgement, None)
        };
        let keep = async |case: &Case, _: &Outcome, _: usize| {
            kept.borrow_mut().push(case.id.clone());
            Ok(())
        };
        let ended = run(&all(), done, judge_one, keep).await;
        (kept.into_inner(), ended)
    }

    #[tokio::test]
    async fn every_case_is_judged_once_and_a_later_run_judges_nothing() {
        let mut done = BTreeMap::new();
        let (kept, ended) = run_on(&mut done, |n| n % 3 == 0).await;
        assert_eq!(kept, all().iter().map(|case| case.id.clone()).collect::<Vec<_>>());
        assert_eq!((ended, done.len()), (Ok(()), all().len()));
        assert_eq!(run_on(&mut done, |_| false).await.0, [""; 0]);
    }

    #[tokio::test]
    async fn five_failures_in_a_row_end_it_and_are_judged_again_later() {
        let mut done = BTreeMap::new();
        let (kept, ended) = run_on(&mut done, |n| n > 4).await;
        assert_eq!((kept.len(), ended), (4, Err(RunError::Failing("scripted".into()))));
        let (kept, ended) = run_on(&mut done, |_| false).await;
        assert_eq!((kept.len(), ended), (all().len() - 4, Ok(())));
        let mut last = BTreeMap::new();
        let (kept, ended) = run_on(&mut last, |n| n + 3 > all().len()).await;
        assert_eq!((kept.len(), ended), (all().len(), Ok(())), "a few at the end count as ungraded");
    }

    #[test]
    fn the_estimate_grows_with_the_cases_and_the_fingerprint_with_the_words() {
        let (set, content, cases) = (sample::set(), sample::content(), all());
        let one = estimate(&set, &content, cases[..1].iter());
        let two = estimate(&set, &content, cases[..2].iter());
        assert_eq!((one.judgements, two.judgements), (1, 2));
        assert!(one.prompt_tokens > 100 && two.prompt_tokens > one.prompt_tokens && one.completion_tokens == 600);
        let mut other = cases[0].clone();
        other.text.push('!');
        let prints = |case: &Case| fingerprint(&set, &content, case).unwrap();
        assert_eq!(prints(&cases[0]).0, prints(&other).0);
        assert_ne!(prints(&cases[0]).1, prints(&other).1);
    }
}
