//! Which follow-up to ask: chosen by gap from the question's bank, with the reason.
//!
//! The reason names the gap and never the answer to the probe: it may be shown before the candidate replies.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    assessment::{DimensionOutcome, DimensionResult},
    coverage::find_any,
    pack::Pack,
    practice_signal::PracticeSignal,
    question::{FollowUpStep, Kind, Probe, ProbeTarget, Question},
    transcript::Transcript,
    words::Spoken,
};

/// A chosen probe and why.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenProbe {
    pub id: String,
    /// The words to say.
    pub text: String,
    /// One sentence for the candidate: "because you did not say what happens when the store is down".
    pub reason: String,
    pub target: ProbeTarget,
}

/// What the choice rests on.
pub struct ProbeContext<'a> {
    pub pack: &'a Pack,
    /// `None` for a question no pack knows: then the generic probes of `kind` serve.
    pub question: Option<&'a Question>,
    pub kind: Kind,
    /// Everything said so far in this exchange and its probes.
    pub transcript: &'a Transcript,
    pub signal: &'a PracticeSignal,
    /// Levels where a judgement is there already.
    pub dimensions: Option<&'a [DimensionResult]>,
    /// Ids of probes already asked.
    pub asked: &'a BTreeSet<String>,
}

/// The best probe, or `None` when the bank has no unasked one left.
///
/// A probe whose `requires_said` was not said is left out, and one that asks for a point that was made. Where that leaves none of the
/// question's own, a generic one of the kind serves, and only then a point that was made is taken further. Of equals the first in
/// the file is taken.
pub fn choose(context: &ProbeContext) -> Option<ChosenProbe> {
    let bank = context.question.map_or_else(|| generic(context), |question| question.probes.as_slice());
    if !bank.iter().any(|probe| !context.asked.contains(&probe.id)) {
        return None;
    }
    let open = |bank| best_of(bank, context, |probe| !is_answered(probe, context));
    open(bank).or_else(|| open(generic(context))).or_else(|| best_of(bank, context, |_| true))
}

/// Up to `most` probes, best first: each is what [`choose`] would take if those before it had been asked.
pub fn choose_several(context: &ProbeContext, most: usize) -> Vec<ChosenProbe> {
    let mut asked = context.asked.clone();
    let mut chosen = Vec::new();
    while chosen.len() < most {
        let Some(probe) = choose(&ProbeContext { asked: &asked, ..*context }) else { break };
        asked.insert(probe.id.clone());
        chosen.push(probe);
    }
    chosen
}

fn generic<'a>(context: &ProbeContext<'a>) -> &'a [Probe] {
    context.pack.generic_probes.get(&context.kind).map(Vec::as_slice).unwrap_or_default()
}

/// Whether it asks for a point that was made.
fn is_answered(probe: &Probe, context: &ProbeContext) -> bool {
    matches!(&probe.target, ProbeTarget::Point(id) if context.signal.heard.iter().any(|heard| heard.supports == *id))
}

fn best_of(bank: &[Probe], context: &ProbeContext, may: impl Fn(&Probe) -> bool) -> Option<ChosenProbe> {
    let spoken = Spoken::of(context.transcript);
    let fits = |probe: &&Probe| {
        let makes_sense = probe.requires_said.is_empty() || find_any(&probe.requires_said, &spoken).is_some();
        !context.asked.contains(&probe.id) && makes_sense && may(probe)
    };
    let candidates: Vec<&Probe> = bank.iter().filter(fits).collect();
    let worn = worn_dimension(bank, context);
    let is_fresh = |probe: &&&Probe| worn.is_none() || dimension_of(&probe.target, context) != worn;
    let fresh: Vec<&Probe> = candidates.iter().filter(is_fresh).copied().collect();
    let candidates = if fresh.is_empty() { candidates } else { fresh };
    let place_and_probe = candidates.into_iter().enumerate();
    let (_, probe) = place_and_probe.max_by_key(|(place, probe)| (score(probe, bank, context), Reverse(*place)))?;
    Some(ChosenProbe {
        id: probe.id.clone(),
        text: probe.ask.clone(),
        reason: reason(&probe.target, context),
        target: probe.target.clone(),
    })
}

/// The dimension that all probes so far were about, if there were two or more: a third one running would wear it out.
fn worn_dimension<'a>(bank: &'a [Probe], context: &ProbeContext<'a>) -> Option<&'a str> {
    let asked: Vec<&Probe> = bank.iter().filter(|probe| context.asked.contains(&probe.id)).collect();
    let dimension = dimension_of(&asked.first()?.target, context)?;
    let only = asked.iter().all(|probe| dimension_of(&probe.target, context) == Some(dimension));
    (asked.len() >= 2 && asked.len() == context.asked.len() && only).then_some(dimension)
}

/// 3 for a mistake that was heard, 2 for the hard part where it is not yet excellent, the size of the gap, 1 for a step of the
/// follow-up order that was not taken; less what was probed already or needs no probing.
fn score(probe: &Probe, bank: &[Probe], context: &ProbeContext) -> i32 {
    let dimension = dimension_of(&probe.target, context);
    let in_hard_part = dimension.is_some_and(|id| {
        let named = context.question.is_some_and(|question| question.hard_part.iter().any(|hard| hard == id));
        named && has_gap(id, context)
    });
    let of_target = match &probe.target {
        ProbeTarget::Mistake(id) if is_heard(id, context) => 3,
        // To ask after a mistake that was not made would be odd.
        ProbeTarget::Mistake(_) => -3,
        ProbeTarget::Step(step) if is_missing_step(*step, context) => 1,
        ProbeTarget::Step(_) => 0,
        ProbeTarget::Point(id) if is_missing_point(id, context) => 1 + dimension.map_or(0, |id| gap(id, context)),
        ProbeTarget::Point(_) => -1,
        ProbeTarget::Dimension(id) => gap(id, context),
    };
    let asked = || bank.iter().filter(|other| context.asked.contains(&other.id));
    let same_dimension = |other: &&Probe| dimension.is_some() && dimension_of(&other.target, context) == dimension;
    let probed = asked().filter(same_dimension).count() as i32;
    let same_target = asked().any(|other| other.target == probe.target);
    of_target + 2 * i32::from(in_hard_part) - probed - 3 * i32::from(same_target)
}

/// How much is missing in a dimension, 0 to 4: from the level where there is one, else from the points that were not heard.
fn gap(dimension: &str, context: &ProbeContext) -> i32 {
    if let Some(judged) = judged(dimension, context) {
        return match judged.outcome {
            DimensionOutcome::Level(level) => 4 - i32::from(level.get()),
            DimensionOutcome::NoOccasion => -4,
            DimensionOutcome::Ungraded(_) => 1,
        };
    }
    let Some(question) = context.question else { return 1 };
    if question.no_occasion.iter().any(|id| id == dimension) {
        return -4;
    }
    let points = || question.points.iter().filter(|point| point.dimension == dimension);
    let missing = points().filter(|point| is_missing_point(&point.id, context)).count() as i32;
    match points().count() as i32 {
        0 => 1,
        // Thirds: nothing missing 0, all missing 3.
        all => (3 * missing + all - 1) / all,
    }
}

fn has_gap(dimension: &str, context: &ProbeContext) -> bool {
    gap(dimension, context) > 0
}

fn judged<'a>(dimension: &str, context: &ProbeContext<'a>) -> Option<&'a DimensionResult> {
    context.dimensions?.iter().find(|result| result.dimension == dimension)
}

fn dimension_of<'a>(target: &'a ProbeTarget, context: &ProbeContext<'a>) -> Option<&'a str> {
    match target {
        ProbeTarget::Dimension(id) => Some(id),
        ProbeTarget::Point(id) => {
            context.question?.points.iter().find(|point| point.id == *id).map(|point| point.dimension.as_str())
        }
        ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => None,
    }
}

fn is_heard(mistake: &str, context: &ProbeContext) -> bool {
    context.signal.mistakes.iter().any(|heard| heard.mistake == mistake)
}

fn is_missing_point(point: &str, context: &ProbeContext) -> bool {
    context.signal.missing.iter().any(|missing| missing == point)
}

fn is_missing_step(step: FollowUpStep, context: &ProbeContext) -> bool {
    context.signal.steps.iter().all(|(heard, _)| *heard != step)
}

fn reason(target: &ProbeTarget, context: &ProbeContext) -> String {
    match target {
        ProbeTarget::Point(id) if is_missing_point(id, context) => {
            let part =
                dimension_of(target, context).map_or(String::new(), |id| format!(", a part of {}", readable(id)));
            format!("Because you have not spoken about \"{}\" yet{part}.", readable(id))
        }
        ProbeTarget::Point(id) => format!("Because you touched on \"{}\", and it can be taken further.", readable(id)),
        ProbeTarget::Dimension(id) => dimension_reason(id, context),
        ProbeTarget::Mistake(id) => mistake_reason(id, context),
        ProbeTarget::Step(step) => step_reason(*step, context),
    }
}

fn dimension_reason(id: &str, context: &ProbeContext) -> String {
    let name = readable(id);
    let level = judged(id, context).and_then(|judged| match judged.outcome {
        DimensionOutcome::Level(level) => Some(level.get()),
        _ => None,
    });
    match level {
        Some(4) => format!("Because {name} went well, and this takes it further."),
        Some(_) => format!("Because {name} is where your answer has room to grow."),
        None if has_gap(id, context) => format!("Because your answer has said little about {name} so far."),
        None => format!("Because this takes {name} further."),
    }
}

fn mistake_reason(id: &str, context: &ProbeContext) -> String {
    let heard = context.signal.mistakes.iter().find(|heard| heard.mistake == id);
    let words = heard.and_then(|heard| heard.evidence.as_ref()).map(|evidence| evidence.text.as_str());
    match (heard, words, context.pack.mistakes.get(id)) {
        (_, Some(words), _) => format!("Because you said \"{words}\" and left it there."),
        (Some(_), None, Some(mistake)) => {
            format!("Because of something that was not heard in your answer: {}.", mistake.title.trim_end_matches('.'))
        }
        _ => "Because this is where many answers slip.".to_owned(),
    }
}

fn step_reason(step: FollowUpStep, context: &ProbeContext) -> String {
    if !is_missing_step(step, context) {
        return "Because this follows on from what you said.".to_owned();
    }
    match step {
        FollowUpStep::Constraint => "Because you did not say which constraint decides here.",
        FollowUpStep::FailureMode => "Because you did not say what breaks, and who notices.",
        FollowUpStep::Mitigation => "Because you did not say what you would do first.",
        FollowUpStep::NewCost => "Because you did not say what your choice makes harder.",
    }
    .to_owned()
}

/// An id as words: "store-down" is "store down".
fn readable(id: &str) -> String {
    id.replace(['-', '_'], " ")
}

#[cfg(test)]
pub(super) mod tests;
