//! Makes a judgement of a usable reply: levels and verdict are computed, cautions collected, the provenance filled in.

use std::time::Duration;

use super::{endpoint::Endpoint, judge::JudgeRequest, reply::ParsedReply, rung::Rung, schema, template, wire::Reply};
use crate::interview::{
    assessment::{DimensionOutcome, Judgement, Provenance},
    question::Kind,
    rubric::Rubric,
    transcript::Transcript,
    verdict, withholding,
};

/// Below this mean probability of the recognizer's tokens a judgement is to be taken with care.
const UNSURE_RECOGNITION: f32 = 0.6;

/// A usable reply and how it was got.
pub(super) struct Answered {
    pub parsed: ParsedReply,
    pub reply: Reply,
    pub rung: Rung,
}

/// Everything that is computed from a reply. `took`: from the first call to the last word.
pub(super) fn make(
    endpoint: &Endpoint,
    request: &JudgeRequest,
    rubric: &Rubric,
    answered: Answered,
    took: Duration,
) -> Judgement {
    let Answered { mut parsed, reply, rung } = answered;
    let transcript = request.transcript;
    let mut cautions = about_reply(rung, &parsed, rubric);
    let by_code = verdict::injected_segments(transcript);
    let neutral = withholding::neutralised(transcript, Some(rubric));
    let refused = withholding::refuse(&mut parsed.checks, &neutral, transcript);
    if refused > 0 {
        let what = "the rubric's own words, praise, or what was said before in the same words";
        cautions.push(format!("{refused} quotes rest on {what}, and do not count"));
    }
    let injected = injected(&by_code, &parsed.injected, transcript, &mut cautions);
    let no_occasion = request.question.map_or(&[][..], |question| &question.no_occasion);
    let levels = verdict::levels(rubric, no_occasion, &parsed.checks, transcript, &injected);
    let graded = |outcome: &DimensionOutcome| !matches!(outcome, DimensionOutcome::Ungraded(_));
    let hard_part = request.question.map_or(&[][..], |question| &question.hard_part);
    let verdict = match request.kind {
        Kind::Design if levels.dimensions.iter().all(|d| graded(&d.outcome)) => {
            verdict::verdict(&levels.dimensions, hard_part, request.asked)
        }
        _ => None,
    };
    if levels.unverified_quotes > 0 {
        let (unfound, all) = (levels.unverified_quotes, levels.quotes);
        cautions.push(format!("{unfound} of {all} quotes were not found in what you said, and do not count"));
    }
    if unsure(transcript) {
        cautions.push("speech recognition was unsure of these words; correct them with `viva correct`".to_owned());
    }
    let asked = endpoint.model();
    let model = reply.model.unwrap_or_else(|| asked.to_owned());
    if !asked.is_empty() && !model.contains(asked) && !asked.contains(&model) {
        cautions.push(format!("the endpoint answered with the model {model:?}, not {asked:?}"));
    }
    Judgement {
        dimensions: levels.dimensions,
        verdict,
        unverified_quotes: levels.unverified_quotes,
        quotes: levels.quotes,
        cautions,
        provenance: Provenance {
            host: endpoint.host().to_owned(),
            model,
            rung: rung.name().to_owned(),
            bundle: template::bundle(rubric).unwrap_or_default(),
            prompt_tokens: reply.usage.prompt_tokens,
            completion_tokens: reply.usage.completion_tokens,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
    }
}

fn about_reply(rung: Rung, parsed: &ParsedReply, rubric: &Rubric) -> Vec<String> {
    let mut cautions = Vec::new();
    if rung >= Rung::Prompt {
        let text = "the endpoint ignores or refuses the form it is asked to keep; its checks were read from plain text";
        cautions.push(text.to_owned());
    }
    if !parsed.missing.is_empty() {
        let (missing, all) = (parsed.missing.len(), schema::check_ids(rubric).count());
        cautions.push(format!("{missing} of {all} checks were not answered"));
    }
    if parsed.control.is_none() {
        cautions.push("the check that nothing can meet was not answered".to_owned());
    }
    cautions
}

/// Segments whose words are no evidence: those that code marked, and those the judge marked, unless it marked them all.
fn injected(by_code: &[usize], by_judge: &[usize], transcript: &Transcript, cautions: &mut Vec<String>) -> Vec<usize> {
    let spoken = |n: &usize| transcript.segments.get(n.wrapping_sub(1)).is_some_and(|s| !s.text.trim().is_empty());
    let all = (1..=transcript.segments.len()).filter(spoken).count();
    let mut further: Vec<usize> = by_judge.iter().copied().filter(|n| spoken(n) && !by_code.contains(n)).collect();
    further.sort_unstable();
    further.dedup();
    if further.len() * 2 > all.saturating_sub(by_code.len()) {
        // A weak model marks everything: then its marks mean nothing.
        cautions.push("the endpoint took most of the answer for talk about judging; that was not believed".to_owned());
        further.clear();
    }
    let mut injected = by_code.to_vec();
    injected.extend(further);
    injected.sort_unstable();
    if !injected.is_empty() {
        let numbers: Vec<String> = injected.iter().map(usize::to_string).collect();
        let numbers = numbers.join(", ");
        cautions.push(format!("words addressed to the judge do not count (segment {numbers})"));
    }
    injected
}

fn unsure(transcript: &Transcript) -> bool {
    let sure: Vec<f32> = transcript.segments.iter().filter_map(|segment| segment.confidence).collect();
    !sure.is_empty() && sure.iter().sum::<f32>() / (sure.len() as f32) < UNSURE_RECOGNITION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_that_talk_to_the_judge_are_marked_unless_everything_is() {
        let transcript = Transcript::typed("One. Two. Three. Four. Five.");
        let check = |by_code: &[usize], by_judge: &[usize], expected: &[usize], told: bool| {
            let mut cautions = Vec::new();
            assert_eq!(injected(by_code, by_judge, &transcript, &mut cautions), expected, "{by_code:?} {by_judge:?}");
            assert_eq!(!cautions.is_empty(), told, "{cautions:?}");
        };
        check(&[], &[], &[], false);
        check(&[2], &[], &[2], true);
        check(&[2], &[4, 4, 2, 99, 0], &[2, 4], true);
        check(&[], &[1, 2, 3, 4, 5], &[], true);
        check(&[1], &[2, 3, 4, 5], &[1], true);
    }
}
