//! Which follow-up to ask: chosen by gap from the question's bank, with the reason.
//!
//! The reason names the gap and never the answer to the probe: it may be shown before the candidate replies.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    assessment::{DimensionOutcome, DimensionResult},
    coverage::find_any,
    pack::Pack,
    practice_signal::PracticeSignal,
    question::{FollowUpStep, Kind, Probe, ProbeTarget, Question},
    signs::{self, FULL},
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
/// A probe whose `requires_said` was not said is left out, and one that asks for what was said. A dimension that the question's
/// own probes leave out is asked after by a generic one of the kind. Where nothing of that is left, the other generic ones serve, and
/// only then a point that was made is taken further. Of equals the first in the file is taken.
pub fn choose(context: &ProbeContext) -> Option<ChosenProbe> {
    Bench::new(context).choose(context.asked, &BTreeSet::new())
}

/// Up to `most` probes, best first: each is what [`choose`] would take if those before it had been asked.
pub fn choose_several(context: &ProbeContext, most: usize) -> Vec<ChosenProbe> {
    several(context, most, false)
}

/// Up to `most` probes for whoever knows the answer better than its words tell: first the best one, then the best for each other
/// dimension, and only then more of a dimension that is among them.
pub fn choose_apart(context: &ProbeContext, most: usize) -> Vec<ChosenProbe> {
    several(context, most, true)
}

fn several(context: &ProbeContext, most: usize, apart: bool) -> Vec<ChosenProbe> {
    let bench = Bench::new(context);
    let (mut asked, mut offered) = (context.asked.clone(), BTreeSet::new());
    let mut chosen = Vec::new();
    while chosen.len() < most {
        let Some(probe) = bench.choose(&asked, &offered) else { break };
        asked.insert(probe.id.clone());
        if let Some(dimension) = dimension_of(&probe.target, context).filter(|_| apart) {
            offered.insert(dimension.to_owned());
        }
        chosen.push(probe);
    }
    chosen
}

fn generic<'a>(context: &ProbeContext<'a>) -> &'a [Probe] {
    context.pack.generic_probes.get(&context.kind).map(Vec::as_slice).unwrap_or_default()
}

/// What can be asked, and what the answer shows: found once for all that is chosen from it.
struct Bench<'a> {
    context: &'a ProbeContext<'a>,
    /// The question's own probes, or the generic ones where there is no question.
    own: &'a [Probe],
    spoken: Spoken<'a>,
    /// In half levels, by dimension.
    shown: BTreeMap<String, i32>,
}

impl<'a> Bench<'a> {
    fn new(context: &'a ProbeContext<'a>) -> Self {
        let spoken = Spoken::of(context.transcript);
        let shown = signs::shown(context.kind, context.question, context.signal, &spoken);
        let own = context.question.map_or_else(|| generic(context), |question| question.probes.as_slice());
        Self { context, own, spoken, shown }
    }

    fn choose(&self, asked: &BTreeSet<String>, offered: &BTreeSet<String>) -> Option<ChosenProbe> {
        if !self.own.iter().any(|probe| !asked.contains(&probe.id)) {
            return None;
        }
        let generic = || generic(self.context).iter();
        let bank = || self.own.iter().chain(generic().filter(|probe| self.fills_in(probe)));
        let best = |probes: Vec<&'a Probe>| self.best_of(probes, asked);
        let is_open = |probe: &&Probe| !is_answered(probe, self.context);
        let is_new = |probe: &&Probe| {
            let dimension = dimension_of(&probe.target, self.context);
            dimension.is_none_or(|dimension| !offered.contains(dimension))
        };
        best(bank().filter(is_open).filter(is_new).collect())
            .or_else(|| best(bank().filter(is_open).collect()))
            .or_else(|| best(generic().collect()))
            .or_else(|| best(self.own.iter().collect()))
    }

    /// Whether a generic probe is for a dimension that matters here and that the question's own leave out.
    fn fills_in(&self, probe: &Probe) -> bool {
        let ProbeTarget::Dimension(id) = &probe.target else { return false };
        let Some(question) = self.context.question else { return false };
        let is_covered = self.own.iter().any(|own| dimension_of(&own.target, self.context) == Some(id));
        !is_covered && !question.no_occasion.contains(id)
    }

    fn best_of(&self, probes: Vec<&'a Probe>, asked: &BTreeSet<String>) -> Option<ChosenProbe> {
        let context = self.context;
        let makes_sense =
            |probe: &Probe| probe.requires_said.is_empty() || find_any(&probe.requires_said, &self.spoken).is_some();
        let fits = |probe: &&Probe| !asked.contains(&probe.id) && makes_sense(probe);
        let candidates: Vec<&Probe> = probes.into_iter().filter(fits).collect();
        let worn = self.worn_dimension(asked);
        let is_fresh = |probe: &&&Probe| worn.is_none() || dimension_of(&probe.target, context) != worn;
        let fresh: Vec<&Probe> = candidates.iter().filter(is_fresh).copied().collect();
        let candidates = if fresh.is_empty() { candidates } else { fresh };
        let place_and_probe = candidates.into_iter().enumerate();
        let (_, probe) = place_and_probe.max_by_key(|(place, probe)| (self.score(probe, asked), Reverse(*place)))?;
        Some(ChosenProbe {
            id: probe.id.clone(),
            text: probe.ask.clone(),
            reason: reason(&probe.target, self),
            target: probe.target.clone(),
        })
    }

    /// The probes asked so far that are known here.
    fn asked<'b>(&'b self, asked: &'b BTreeSet<String>) -> impl Iterator<Item = &'a Probe> + 'b {
        let generic = self.context.question.map_or(&[][..], |_| generic(self.context));
        self.own.iter().chain(generic).filter(|probe| asked.contains(&probe.id))
    }

    /// The dimension that all probes so far were about, if there were two or more: a third one running would wear it out.
    fn worn_dimension(&self, asked: &BTreeSet<String>) -> Option<&'a str> {
        let known: Vec<&Probe> = self.asked(asked).collect();
        let dimension = dimension_of(&known.first()?.target, self.context)?;
        let only = known.iter().all(|probe| dimension_of(&probe.target, self.context) == Some(dimension));
        (known.len() >= 2 && known.len() == asked.len() && only).then_some(dimension)
    }

    /// In half levels: the size of the gap, a little more for a point that is missing, and in the hard part; as much as a gap of two and a
    /// half levels for a mistake that was heard, and a level for a step of the follow-up order that was not taken; less what was probed
    /// already or needs no probing.
    fn score(&self, probe: &Probe, asked: &BTreeSet<String>) -> i32 {
        let context = self.context;
        let dimension = dimension_of(&probe.target, context);
        let gap = dimension.map_or(0, |id| self.gap(id));
        let of_target = match &probe.target {
            ProbeTarget::Mistake(id) if is_heard(id, context) => 5,
            // To ask after a mistake that was not made would be odd.
            ProbeTarget::Mistake(_) => -6,
            ProbeTarget::Step(step) if is_missing_step(*step, context) => 2,
            ProbeTarget::Step(_) => 0,
            ProbeTarget::Point(id) if is_missing_point(id, context) => 1 + gap,
            ProbeTarget::Point(_) => -2,
            ProbeTarget::Dimension(_) => gap,
        };
        let is_hard = |id| context.question.is_some_and(|question| question.hard_part.iter().any(|hard| hard == id));
        let in_hard_part = gap > 0 && dimension.is_some_and(is_hard);
        let same_dimension = |other: &&Probe| dimension.is_some() && dimension_of(&other.target, context) == dimension;
        // What is said since is heard in an estimate, and not in a level.
        let unheard = if dimension.is_some_and(|id| judged(id, context).is_some()) { 2 } else { 0 };
        let probed = unheard * self.asked(asked).filter(same_dimension).count() as i32;
        let same_target = self.asked(asked).any(|other| other.target == probe.target);
        of_target + i32::from(in_hard_part) - probed - 6 * i32::from(same_target)
    }

    /// How much is missing in a dimension, in half levels: from the level where there is one, else from what the words show.
    fn gap(&self, dimension: &str) -> i32 {
        match judged(dimension, self.context).map(|judged| &judged.outcome) {
            Some(DimensionOutcome::Level(level)) => return FULL - 2 * i32::from(level.get()),
            Some(DimensionOutcome::NoOccasion) => return -FULL,
            Some(DimensionOutcome::Ungraded(_)) | None => {}
        }
        let no_occasion = |question: &Question| question.no_occasion.iter().any(|id| id == dimension);
        if self.context.question.is_some_and(no_occasion) {
            return -FULL;
        }
        self.shown.get(dimension).map_or(UNKNOWN, |shown| (FULL - shown).min(CLEAR))
    }
}

/// Whether it asks for a point that was made, or for a dimension of which all points were and that no level says more of.
fn is_answered(probe: &Probe, context: &ProbeContext) -> bool {
    let was_made = |id: &str| context.signal.heard.iter().any(|heard| heard.supports == id);
    match &probe.target {
        ProbeTarget::Point(id) => was_made(id),
        ProbeTarget::Dimension(id) if judged(id, context).is_none() => {
            let points = context.question.map(|question| question.points.as_slice()).unwrap_or_default();
            let mut expected = points.iter().filter(|point| point.dimension == *id).peekable();
            expected.peek().is_some() && expected.all(|point| was_made(&point.id))
        }
        ProbeTarget::Dimension(_) | ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => false,
    }
}

/// The gap of a dimension of which words tell nothing.
const UNKNOWN: i32 = 2;
/// From here on little was said.
const WIDE: i32 = FULL / 2;
/// The most that words can tell of a gap: beyond it, which of several is the widest is chance, and what is asked may decide.
const CLEAR: i32 = 6;

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

fn reason(target: &ProbeTarget, bench: &Bench) -> String {
    let context = bench.context;
    match target {
        ProbeTarget::Point(id) if is_missing_point(id, context) => {
            let part =
                dimension_of(target, context).map_or(String::new(), |id| format!(", a part of {}", readable(id)));
            format!("Because you have not spoken about \"{}\" yet{part}.", readable(id))
        }
        ProbeTarget::Point(id) => format!("Because you touched on \"{}\", and it can be taken further.", readable(id)),
        ProbeTarget::Dimension(id) => dimension_reason(id, bench),
        ProbeTarget::Mistake(id) => mistake_reason(id, context),
        ProbeTarget::Step(step) => step_reason(*step, context),
    }
}

fn dimension_reason(id: &str, bench: &Bench) -> String {
    let name = readable(id);
    let level = judged(id, bench.context).and_then(|judged| match judged.outcome {
        DimensionOutcome::Level(level) => Some(level.get()),
        _ => None,
    });
    match level {
        Some(4) => format!("Because {name} went well, and this takes it further."),
        Some(_) => format!("Because {name} is where your answer has room to grow."),
        None if bench.gap(id) >= WIDE => format!("Because your answer has said little about {name} so far."),
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
