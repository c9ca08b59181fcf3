//! The pressure ladder: probe upon probe, each a rung, each reply judged at once by the order in which its steps were said.
//!
//! A good reply makes the next rung harder; a weak one is followed where its gap is; "I don't know" closes the branch, without a word of
//! blame, and another is opened. No probe comes twice, except the one that is offered again at the end. What a drill came to is told by
//! [`super::ladder_report`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    assessment::{DimensionOutcome, DimensionResult},
    follow_up::{self, first_missing, in_order},
    practice_signal::PracticeSignal,
    probe::{self, ChosenProbe, ProbeContext},
    question::{FollowUpStep, ProbeTarget, Question},
};

/// How long a reply to a rung is, in seconds: less is hurried, more is rambling.
pub const REPLY_SECONDS: std::ops::RangeInclusive<u32> = 60..=90;

/// One drill as it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// How many rungs it has at most.
    length: usize,
    rungs: Vec<Rung>,
    closed: BTreeSet<Branch>,
    /// Ids of probes that were passed over.
    passed: BTreeSet<String>,
    /// How hard the next rung is; see [`Difficulty`].
    difficulty: Difficulty,
}

/// A probe and what its reply came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    pub probe: ChosenProbe,
    pub difficulty: Difficulty,
    /// `None` until it was answered.
    pub outcome: Option<Outcome>,
    /// What came of it when it was tried again.
    pub again: Option<Outcome>,
}

/// How deep a rung goes. Each good reply leads one further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Where the answer has its largest gap.
    Gap,
    /// Into the hard part of the question.
    HardPart,
    /// To the price of what was chosen, and the other steps of the follow-up order.
    NewCost,
    /// A whole dimension at once, the hard part's first.
    Dimension,
}

/// What a reply came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub result: RungResult,
    /// The steps heard, in the order in which they were said.
    pub steps: Vec<FollowUpStep>,
    /// How many of them were in order.
    pub in_order: usize,
    /// The levels of an assessment decided, not the steps alone.
    pub by_levels: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungResult {
    Survived,
    Broke(Break),
    /// "I don't know."
    GaveUp,
}

/// Why a rung broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Break {
    /// The first step of the order that was not heard, or was below level 2.
    Missing(FollowUpStep),
    /// All was said, but not in the order.
    OutOfOrder,
    /// Id of the mistake that was heard.
    Mistake(String),
}

/// A reply to a rung.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// From [`super::practice_signal::listen_to_reply`], over this reply alone.
    pub signal: &'a PracticeSignal,
    /// Levels of the pressure rubric, where an assessment is there.
    pub dimensions: Option<&'a [DimensionResult]>,
    /// The reply was [`super::spoken_command::SpokenCommand::GiveUp`] and hardly anything else.
    pub gave_up: bool,
}

/// What probes are about, so that "I don't know" is respected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Branch {
    Dimension(String),
    Mistake(String),
    Step(FollowUpStep),
}

impl Ladder {
    pub fn new(rungs: usize) -> Self {
        Self {
            length: rungs,
            rungs: Vec::new(),
            closed: BTreeSet::new(),
            passed: BTreeSet::new(),
            difficulty: Difficulty::Gap,
        }
    }

    /// The rungs so far, in the order they were asked.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// Opens the next rung: the probe to ask. `None` when all rungs were asked, one is unanswered, or no probe is left.
    ///
    /// `context` holds everything said so far, the opening answer and the replies; `context.asked` the probes asked before the ladder. Those
    /// of the ladder are added here.
    pub fn next(&mut self, context: &ProbeContext) -> Option<ChosenProbe> {
        let waits = self.rungs.last().is_some_and(|rung| rung.outcome.is_none());
        if waits || self.rungs.len() >= self.length {
            return None;
        }
        let open: Vec<ChosenProbe> =
            self.candidates(context).into_iter().filter(|probe| self.is_open(probe, context)).collect();
        let rank = |probe: &&ChosenProbe| rank(self.difficulty, &probe.target, context.question);
        // Of equals the one that fits the answer best, which comes first.
        let probe = open.iter().min_by_key(rank)?.clone();
        self.rungs.push(Rung { probe: probe.clone(), difficulty: self.difficulty, outcome: None, again: None });
        Some(probe)
    }

    /// Takes the reply to the open rung, and sets how hard the next one is. `None` when no rung is open.
    pub fn answer(&mut self, reply: Reply, question: Option<&Question>) -> Option<&Outcome> {
        let rung = self.rungs.last_mut().filter(|rung| rung.outcome.is_none())?;
        let outcome = judge(reply);
        self.difficulty = match outcome.result {
            RungResult::Survived => rung.difficulty.harder(),
            RungResult::Broke(_) => rung.difficulty,
            RungResult::GaveUp => {
                self.closed.extend(branch_of(&rung.probe.target, question));
                Difficulty::Gap
            }
        };
        Some(rung.outcome.insert(outcome))
    }

    /// The open rung was passed over: it counts for nothing, and its probe does not come again.
    pub fn pass(&mut self) {
        if let Some(rung) = self.rungs.pop_if(|rung| rung.outcome.is_none()) {
            self.passed.insert(rung.probe.id);
        }
    }

    /// Judges a rung anew, by levels that came later. What was asked since stays as it is.
    pub fn assess(&mut self, rung: usize, reply: Reply) -> Option<&Outcome> {
        let rung = self.rungs.get_mut(rung).filter(|rung| rung.outcome.is_some())?;
        Some(rung.outcome.insert(judge(reply)))
    }

    /// Takes a second reply to a rung that was offered again. The first one stays.
    pub fn answer_again(&mut self, rung: usize, reply: Reply) -> Option<&Outcome> {
        let rung = self.rungs.get_mut(rung).filter(|rung| rung.outcome.is_some())?;
        Some(rung.again.insert(judge(reply)))
    }

    /// Every probe that was not asked yet, best first.
    fn candidates(&self, context: &ProbeContext) -> Vec<ChosenProbe> {
        let mut asked = context.asked.clone();
        asked.extend(self.rungs.iter().map(|rung| rung.probe.id.clone()).chain(self.passed.iter().cloned()));
        probe::choose_several(&ProbeContext { asked: &asked, ..*context }, usize::MAX)
    }

    fn is_open(&self, probe: &ChosenProbe, context: &ProbeContext) -> bool {
        branch_of(&probe.target, context.question).is_none_or(|branch| !self.closed.contains(&branch))
    }
}

impl Difficulty {
    fn harder(self) -> Self {
        match self {
            Difficulty::Gap => Difficulty::HardPart,
            Difficulty::HardPart => Difficulty::NewCost,
            Difficulty::NewCost | Difficulty::Dimension => Difficulty::Dimension,
        }
    }
}

/// What the reply came to: by its levels where they say enough, else by the steps that were heard.
pub fn judge(reply: Reply) -> Outcome {
    let steps: Vec<FollowUpStep> = reply.signal.steps.iter().map(|(step, _)| *step).collect();
    let judged = reply.dimensions.and_then(by_levels).filter(|_| !reply.gave_up);
    let by_levels = judged.is_some();
    let result = match judged {
        _ if reply.gave_up => RungResult::GaveUp,
        Some(result) => result,
        None => by_steps(reply.signal),
    };
    Outcome { result, steps, in_order: in_order(&reply.signal.steps), by_levels }
}

/// Constraint or failure mode, and mitigation, at level 2 or more. `None` where a level that decides is missing.
fn by_levels(dimensions: &[DimensionResult]) -> Option<RungResult> {
    let level = |step: FollowUpStep| {
        let result = dimensions.iter().find(|result| result.dimension == follow_up::step_id(step))?;
        match result.outcome {
            DimensionOutcome::Level(level) => Some(level.get()),
            DimensionOutcome::NoOccasion | DimensionOutcome::Ungraded(_) => None,
        }
    };
    let holds = |step| level(step).map(|level| level >= 2);
    let aim = match (holds(FollowUpStep::Constraint), holds(FollowUpStep::FailureMode)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let survived = match (aim, holds(FollowUpStep::Mitigation)) {
        (Some(true), Some(true)) => true,
        (Some(false), _) | (_, Some(false)) => false,
        _ => return None,
    };
    if survived {
        return Some(RungResult::Survived);
    }
    let missing = follow_up::ORDER.into_iter().find(|step| holds(*step) == Some(false))?;
    Some(RungResult::Broke(Break::Missing(missing)))
}

fn by_steps(signal: &PracticeSignal) -> RungResult {
    if follow_up::survived_without_model(signal) {
        return RungResult::Survived;
    }
    let because = match (in_order(&signal.steps) >= 3, signal.mistakes.first(), first_missing(&signal.steps)) {
        (true, Some(heard), _) => Break::Mistake(heard.mistake.clone()),
        (_, _, Some(step)) => Break::Missing(step),
        (_, Some(heard), None) => Break::Mistake(heard.mistake.clone()),
        (_, None, None) => Break::OutOfOrder,
    };
    RungResult::Broke(because)
}

/// How well a probe suits the difficulty; 0 is best.
fn rank(difficulty: Difficulty, target: &ProbeTarget, question: Option<&Question>) -> usize {
    #[derive(PartialEq)]
    enum Sort {
        WholeHardDimension,
        HardPart,
        NewCost,
        OtherStep,
        WholeDimension,
        Rest,
    }
    use Sort::*;
    let hard = |id: &str| question.is_some_and(|question| question.hard_part.iter().any(|hard| hard == id));
    let sort = match (target, branch_of(target, question)) {
        (ProbeTarget::Dimension(id), _) if hard(id) => WholeHardDimension,
        (_, Some(Branch::Dimension(id))) if hard(&id) => HardPart,
        (ProbeTarget::Step(FollowUpStep::NewCost), _) => NewCost,
        (ProbeTarget::Step(_), _) => OtherStep,
        (ProbeTarget::Dimension(_), _) => WholeDimension,
        _ => Rest,
    };
    let order: &[&[Sort]] = match difficulty {
        Difficulty::Gap => &[],
        Difficulty::HardPart => &[&[HardPart, WholeHardDimension], &[NewCost], &[OtherStep], &[WholeDimension]],
        Difficulty::NewCost => &[&[NewCost], &[OtherStep], &[HardPart, WholeHardDimension], &[WholeDimension]],
        Difficulty::Dimension => &[&[WholeHardDimension], &[HardPart], &[WholeDimension], &[NewCost], &[OtherStep]],
    };
    order.iter().position(|sorts| sorts.contains(&sort)).unwrap_or(order.len())
}

fn branch_of(target: &ProbeTarget, question: Option<&Question>) -> Option<Branch> {
    match target {
        ProbeTarget::Dimension(id) => Some(Branch::Dimension(id.clone())),
        ProbeTarget::Point(id) => {
            let point = question?.points.iter().find(|point| point.id == *id)?;
            Some(Branch::Dimension(point.dimension.clone()))
        }
        ProbeTarget::Mistake(id) => Some(Branch::Mistake(id.clone())),
        ProbeTarget::Step(step) => Some(Branch::Step(*step)),
    }
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
