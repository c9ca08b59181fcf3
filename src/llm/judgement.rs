//! Makes a judgement of a usable reply: levels and verdict are computed, cautions collected, the provenance filled in.

use std::{collections::BTreeMap, time::Duration};

use super::{
    endpoint::Endpoint,
    judge::{Further, JudgeRequest, Read},
    protocol::Mode,
    reading::Reading,
    rung::Rung,
    schema, template,
};
use crate::interview::{
    assessment::{CheckReply, DimensionOutcome, Judgement, Provenance, ReadAgain, Readings, Spent},
    question::Kind,
    readings,
    rubric::Rubric,
    transcript::Transcript,
    verdict::{self, Levels},
    withholding,
};

/// Below this mean probability of the recognizer's tokens a judgement is to be taken with care.
const UNSURE_RECOGNITION: f32 = 0.6;

/// What all calls took.
pub(super) struct Took {
    /// From the first call to the last word.
    pub took: Duration,
    pub spent: Spent,
    /// Tokens of prompts and replies, where the endpoint reports any.
    pub reported: Option<(u64, u64)>,
}

/// The levels of one reading.
pub(super) fn weigh(request: &JudgeRequest, rubric: &Rubric, reading: &Reading) -> Levels {
    let by_code = verdict::injected_segments(request.transcript);
    let injected = injected(&by_code, &reading.parsed.injected, request.transcript, &mut Vec::new());
    let mut checks = reading.parsed.checks.clone();
    refuse(&mut checks, request.transcript, rubric);
    levels(request, rubric, &checks, &reading.failed, &injected)
}

/// Takes out the quotes that rest on words which earn nothing; returns how many.
fn refuse(checks: &mut [CheckReply], transcript: &Transcript, rubric: &Rubric) -> usize {
    withholding::refuse(checks, &withholding::neutralised(transcript, Some(rubric)), transcript)
}

/// Why one reading is not enough; empty where it is.
pub(super) fn why_again(request: &JudgeRequest, reading: &Reading, levels: &Levels) -> Vec<ReadAgain> {
    let asked = (request.kind == Kind::Design).then_some(request.asked);
    readings::why_again(levels, asked, reading.mode == Mode::OneCall)
}

/// Everything that is computed from the readings of an answer.
pub(super) fn make(endpoint: &Endpoint, request: &JudgeRequest, rubric: &Rubric, read: Read, took: Took) -> Judgement {
    let Read { readings: all, mut levels, why, further } = read;
    let first = &all[0];
    let transcript = request.transcript;
    let replies: Vec<&[CheckReply]> = all.iter().map(|reading| reading.parsed.checks.as_slice()).collect();
    let mut checks = readings::majority(rubric, &replies);
    let failed = failed_in_all(&all);
    let mut cautions = about_replies(&all, &checks, rubric);
    let by_code = verdict::injected_segments(transcript);
    let refused = refuse(&mut checks, transcript, rubric);
    if refused > 0 {
        let what = "the rubric's own words, praise, or what was said before in the same words";
        cautions.push(format!("{refused} quotes rest on {what}, and do not count"));
    }
    let injected = injected(&by_code, &marked(&all), transcript, &mut cautions);
    let mut by_dimension: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for dimension in levels.iter().flat_map(|levels| &levels.dimensions) {
        if dimension.outcome != DimensionOutcome::NoOccasion {
            by_dimension.entry(dimension.dimension.clone()).or_default().push(readings::level(dimension));
        }
    }
    // Of one reading the levels are known.
    let levels = match levels.pop() {
        Some(only) if all.len() == 1 => only,
        _ => self::levels(request, rubric, &checks, &failed, &injected),
    };
    let graded = |outcome: &DimensionOutcome| !matches!(outcome, DimensionOutcome::Ungraded(_));
    let hard_part = request.question.map_or(&[][..], |question| &question.hard_part);
    let verdict = match request.kind {
        Kind::Design if levels.dimensions.iter().all(|d| graded(&d.outcome)) => {
            verdict::verdict(&levels.dimensions, hard_part, request.asked)
        }
        _ => None,
    };
    cautions.extend(about_further(&why, &further, all.len()));
    if first.mode == Mode::OneCall
        && let Some(level) = readings::halo(&levels.dimensions)
    {
        let level = level.get();
        let often = if all.len() > 1 { ", also after further readings" } else { "" };
        cautions.push(format!(
            "every dimension came out at {level}{often}: one impression may have coloured them all; look at the evidence of each"
        ));
    }
    if levels.unverified_quotes > 0 {
        let (unfound, all) = (levels.unverified_quotes, levels.quotes);
        cautions.push(format!("{unfound} of {all} quotes were not found in what you said, and do not count"));
    }
    if unsure(transcript) {
        cautions.push("speech recognition was unsure of these words; correct them with `viva correct`".to_owned());
    }
    let asked = endpoint.model();
    let model = first.model.clone().unwrap_or_else(|| asked.to_owned());
    if !asked.is_empty() && !model.contains(asked) && !asked.contains(&model) {
        cautions.push(format!("the endpoint answered with the model {model:?}, not {asked:?}"));
    }
    Judgement {
        dimensions: levels.dimensions,
        verdict,
        unverified_quotes: levels.unverified_quotes,
        quotes: levels.quotes,
        cautions,
        readings: Readings { count: all.len(), why, levels: by_dimension },
        spent: took.spent,
        provenance: Provenance {
            host: endpoint.host().to_owned(),
            model,
            rung: first.rung.name().to_owned(),
            mode: first.mode.name().to_owned(),
            bundle: template::bundle(rubric).unwrap_or_default(),
            prompt_tokens: took.reported.map(|(prompt, _)| prompt),
            completion_tokens: took.reported.map(|(_, completion)| completion),
            took_ms: u64::try_from(took.took.as_millis()).unwrap_or(u64::MAX),
        },
    }
}

/// The levels that some replies come to. `failed`: dimensions without a reply, with the reason.
fn levels(
    request: &JudgeRequest,
    rubric: &Rubric,
    checks: &[CheckReply],
    failed: &BTreeMap<String, String>,
    injected: &[usize],
) -> Levels {
    let no_occasion = request.question.map_or(&[][..], |question| &question.no_occasion);
    let mut levels = verdict::levels(rubric, no_occasion, checks, request.transcript, injected);
    for dimension in &mut levels.dimensions {
        if let (DimensionOutcome::Ungraded(why), Some(reason)) =
            (&mut dimension.outcome, failed.get(&dimension.dimension))
        {
            why.clone_from(reason);
        }
    }
    levels
}

/// Dimensions that no reading has, with the first reason.
fn failed_in_all(all: &[Reading]) -> BTreeMap<String, String> {
    let failed = all[0].failed.iter();
    let failed = failed.filter(|(id, _)| all.iter().all(|reading| reading.failed.contains_key(*id)));
    failed.map(|(id, why)| (id.clone(), why.clone())).collect()
}

/// Segments that most readings take for talk about judging.
fn marked(all: &[Reading]) -> Vec<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for segment in all.iter().flat_map(|reading| &reading.parsed.injected) {
        *counts.entry(*segment).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| count * 2 > all.len()).map(|(segment, _)| segment).collect()
}

/// What is to be said of the readings that were wanted beside the first.
fn about_further(why: &[ReadAgain], further: &Further, count: usize) -> Option<String> {
    let because: Vec<&str> = why.iter().map(|why| why.because()).collect();
    let because = because.join("; ");
    match further {
        Further::NotNeeded => None,
        Further::NotAllowed => {
            Some(format!("read once, although {because}: [llm] samples allows no more readings here"))
        }
        Further::Made => Some(format!("read {count} times, because {because}: each check is what most readings say")),
        Further::Failed(reason) if count == 1 => {
            Some(format!("read once, although {because}: the further readings failed ({reason})"))
        }
        Further::Failed(reason) => Some(format!(
            "read {count} times, because {because}; another reading failed ({reason}). Where two differ the stricter counts"
        )),
    }
}

fn about_replies(all: &[Reading], checks: &[CheckReply], rubric: &Rubric) -> Vec<String> {
    let mut cautions = Vec::new();
    let first = &all[0];
    if first.rung >= Rung::Prompt {
        let text = "the endpoint ignores or refuses the form it is asked to keep; its checks were read from plain text";
        cautions.push(text.to_owned());
    }
    let failed = failed_in_all(all);
    if first.mended > 0 {
        let (mended, all) = (first.mended, rubric.dimensions.len());
        cautions.push(format!("{mended} of {all} dimensions were asked for alone, because one reply left them open"));
    }
    let asked = rubric.dimensions.iter().filter(|dimension| !failed.contains_key(&dimension.id));
    let open = asked
        .flat_map(|dimension| &dimension.checks)
        .filter(|check| first.parsed.missing.contains(&check.id) && checks.iter().all(|reply| reply.check != check.id));
    let open = open.count();
    if open > 0 {
        cautions.push(format!("{open} of {} checks were not answered", schema::check_ids(rubric).count()));
    }
    if !failed.is_empty() {
        cautions.push(format!("{} of {} dimensions could not be judged", failed.len(), rubric.dimensions.len()));
    }
    if all.iter().any(|reading| reading.parsed.control.is_none()) {
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
