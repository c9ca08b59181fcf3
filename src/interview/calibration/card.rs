//! The report card of an endpoint: every measure with its interval, what it cost, and the grade of trust.

mod measures;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use measures::{MINIMUM_PER_DIMENSION, limits};

use super::{
    cases::{Case, Extent, Purpose},
    outcome::{Judged, Outcome},
    set::{CalibrationSet, RatedAnswer},
    trust::{self, Measure, Trust},
};
use crate::interview::{assessment::Level, pack::Content};

/// All that was measured of one model with one version of the rubrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportCard {
    /// Every host and model that a reply named: more than one is a reason for doubt.
    pub hosts: BTreeSet<String>,
    pub models: BTreeSet<String>,
    /// SHA-256 of rubric and prompt of each kind that was judged.
    pub bundles: BTreeSet<String>,
    pub extent: Extent,
    /// The shipped set; else the person's own.
    pub synthetic: bool,
    pub answers: usize,
    pub questions: usize,
    /// Agreement with the set's levels, all dimensions together.
    pub agreement: Vec<Measure>,
    /// Kappa by dimension ("design.reliability").
    pub dimensions: Vec<Measure>,
    /// Quotes and follow-ups.
    pub evidence: Vec<Measure>,
    /// Twins, and the same answer again.
    pub steadiness: Vec<Measure>,
    pub spent: Spent,
    pub trust: Trust,
}

/// What a run took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Texts that were judged.
    pub judged: usize,
    /// As the endpoint reports them, of the calls whose reply was used; 0 where it reports none.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Judged texts with tokens reported.
    pub reported: usize,
    /// All judgements together.
    pub took_ms: u64,
}

impl ReportCard {
    /// Every measure, in the order of the card.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> + Clone {
        self.agreement.iter().chain(&self.dimensions).chain(&self.evidence).chain(&self.steadiness)
    }

    pub fn kappa(&self) -> Option<f64> {
        self.agreement.iter().find(|measure| measure.id == "kappa")?.value
    }

    /// The short line for results of this model.
    pub fn line(&self, day: &str) -> String {
        let quickly = if self.extent == Extent::Quick { " quickly" } else { "" };
        let on = if self.synthetic { "synthetic answers" } else { "answers of your own" };
        trust::line(&self.trust, self.kappa(), &format!("calibrated{quickly} {day} on {on}"))
    }
}

/// One answer, what it was judged to be, and what became of its twins.
pub(super) struct Row<'a> {
    pub answer: &'a RatedAnswer,
    /// `None` when the whole answer is ungraded.
    pub plain: Option<&'a Judged>,
    pub again: Option<&'a Judged>,
    pub twins: Vec<(&'a Case, &'a Judged)>,
    /// Dimensions that should have a level.
    pub expected: usize,
}

impl Row<'_> {
    /// True and judged level of each graded dimension.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, Level, Level)> {
        let levels = self.plain.into_iter().flat_map(|judged| &judged.levels);
        levels.filter_map(|(dimension, judged)| Some((dimension.as_str(), self.answer.level(dimension)?, (*judged)?)))
    }
}

/// Makes the card of all outcomes that are there; cases without one are left out.
pub fn make(
    set: &CalibrationSet,
    content: &Content,
    extent: Extent,
    cases: &[Case],
    outcomes: &BTreeMap<String, Outcome>,
) -> ReportCard {
    let judged = |case: &Case| outcomes.get(&case.id).and_then(|outcome| outcome.judged.as_ref().ok());
    let mut rows: Vec<Row> = Vec::new();
    for case in cases.iter().filter(|case| case.purpose == Purpose::Plain && outcomes.contains_key(&case.id)) {
        let Some(answer) = set.answer(&case.answer) else { continue };
        let of_answer = |purpose: &dyn Fn(Purpose) -> bool| {
            let here = cases.iter().filter(|other| other.answer == answer.id && purpose(other.purpose));
            here.filter_map(|case| Some((case, judged(case)?))).collect::<Vec<_>>()
        };
        rows.push(Row {
            answer,
            plain: judged(case),
            again: of_answer(&|purpose| purpose == Purpose::Again).first().map(|(_, judged)| *judged),
            twins: of_answer(&|purpose| matches!(purpose, Purpose::Twin(_))),
            expected: answer.levels().len(),
        });
    }
    let agreement = measures::agreement(&rows, set);
    let dimensions = measures::dimensions(&rows);
    let evidence = measures::evidence(&rows);
    let steadiness = measures::steadiness(&rows, content);
    let trust = {
        let all = agreement.iter().chain(&dimensions).chain(&evidence).chain(&steadiness);
        trust::grade(all)
    };
    let all: Vec<&Judged> = cases.iter().filter_map(judged).collect();
    let named = |name: &dyn Fn(&Judged) -> &String| all.iter().map(|judged| name(judged).clone()).collect();
    ReportCard {
        hosts: named(&|judged| &judged.host),
        models: named(&|judged| &judged.model),
        bundles: named(&|judged| &judged.bundle),
        extent,
        synthetic: set.synthetic,
        answers: rows.len(),
        questions: rows.iter().map(|row| &row.answer.question).collect::<BTreeSet<_>>().len(),
        agreement,
        dimensions,
        evidence,
        steadiness,
        spent: spent(&all),
        trust,
    }
}

fn spent(all: &[&Judged]) -> Spent {
    Spent {
        judged: all.len(),
        prompt_tokens: all.iter().filter_map(|judged| judged.prompt_tokens).sum(),
        completion_tokens: all.iter().filter_map(|judged| judged.completion_tokens).sum(),
        reported: all.iter().filter(|judged| judged.prompt_tokens.is_some()).count(),
        took_ms: all.iter().map(|judged| judged.took_ms).sum(),
    }
}

#[cfg(test)]
mod tests;
