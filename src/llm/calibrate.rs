//! Judging the cases of a calibration: what it will cost, what an outcome holds for, when to give up.
//!
//! The judging itself is that of any other answer ([`super::judge`]); `session/calibrator.rs` runs it.

use sha2::{Digest, Sha256};

use super::{
    cost,
    judge::JudgeRequest,
    protocol::{Mode, Prices},
    template,
};
use crate::interview::{
    assessment::Spent,
    calibration::{cases::Case, outcome::Outcome, set::CalibrationSet},
    pack::Content,
    question::AskedLevel,
    transcript::Transcript,
};

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

/// Estimates these cases, each read once.
pub fn estimate<'a>(
    set: &CalibrationSet,
    content: &Content,
    cases: impl Iterator<Item = &'a Case>,
    mode: Mode,
) -> Estimate {
    let mut estimate = Estimate::default();
    for case in cases {
        let Some(spent) = expected(set, content, case, mode) else { continue };
        estimate.judgements += 1;
        estimate.prompt_tokens += spent.prompt_tokens;
        estimate.completion_tokens += spent.completion_tokens;
    }
    estimate
}

fn expected(set: &CalibrationSet, content: &Content, case: &Case, mode: Mode) -> Option<Spent> {
    let (_, question) = content.question(&set.answer(&case.answer)?.question)?;
    let request = JudgeRequest {
        question_text: &question.ask,
        kind: question.kind,
        rubric: content.rubric(question.kind),
        question: Some(question),
        probe: None,
        asked: AskedLevel::Senior,
        transcript: &Transcript::typed(&case.text),
        clarifications: &[],
    };
    let spent = cost::estimate(&request, mode, Prices::default());
    (spent.calls > 0).then_some(spent)
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

/// Holds back what may be the fault of the connection: cases without a level count once one with levels follows, or at the end.
#[derive(Debug, Default)]
pub struct Failures {
    held: Vec<Outcome>,
}

impl Failures {
    /// Takes in an outcome and gives those that count now. With five in a row without a level the reason comes back, and none of
    /// them counts: they are judged again when the run goes on.
    pub fn take(&mut self, outcome: Outcome, is_last: bool) -> Result<Vec<Outcome>, String> {
        let why = outcome.judged.as_ref().err().cloned();
        self.held.push(outcome);
        match why {
            Some(why) if self.held.len() >= MOST_FAILURES => Err(why),
            Some(_) if !is_last => Ok(Vec::new()),
            _ => Ok(std::mem::take(&mut self.held)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::{
        assessment::{Assessment, Judgement},
        calibration::{
            cases::{self, Extent},
            sample,
        },
    };

    /// `#` for a case with levels, `.` for one without; how many count after each.
    fn check(run: &str, expected: &[usize], ends: Option<&str>) {
        let mut failures = Failures::default();
        let mut counted = Vec::new();
        for (number, mark) in (1..).zip(run.chars()) {
            let assessment = match mark {
                '#' => Assessment::Judged(Judgement::default()),
                _ => Assessment::Ungraded { why: "scripted".into() },
            };
            match failures.take(Outcome::new("c", &assessment, None), number == run.len()) {
                Ok(count) => counted.push(count.len()),
                Err(why) => {
                    assert_eq!((counted.as_slice(), Some(why.as_str())), (expected, ends), "{run}");
                    return;
                }
            }
        }
        assert_eq!((counted.as_slice(), None), (expected, ends), "{run}");
    }

    #[test]
    fn five_in_a_row_without_a_level_end_a_run_and_count_for_nothing() {
        check("###", &[1, 1, 1], None);
        check("#....#.", &[1, 0, 0, 0, 0, 5, 1], None);
        check("#.....#", &[1, 0, 0, 0, 0], Some("scripted"));
        check("#...", &[1, 0, 0, 3], None);
    }

    #[test]
    fn the_estimate_grows_with_the_cases_and_the_fingerprint_with_the_words() {
        let (set, content) = (sample::set(), sample::content());
        let cases = cases::cases(&set, &content, Extent::Whole);
        let one = estimate(&set, &content, cases[..1].iter(), Mode::OneCall);
        let two = estimate(&set, &content, cases[..2].iter(), Mode::OneCall);
        assert_eq!((one.judgements, two.judgements), (1, 2));
        assert!(one.prompt_tokens > 100 && two.prompt_tokens > one.prompt_tokens && one.completion_tokens == 600);
        let mut other = cases[0].clone();
        other.text.push('!');
        let prints = |case: &Case| fingerprint(&set, &content, case).unwrap();
        assert_eq!(prints(&cases[0]).0, prints(&other).0);
        assert_ne!(prints(&cases[0]).1, prints(&other).1);
    }
}
