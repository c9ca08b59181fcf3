//! What a pressure drill came to: how many rungs in a row were survived, where the ladder broke, and what to try again at once.

use serde::{Deserialize, Serialize};

use super::{
    ladder::{Break, Ladder, Rung, RungResult},
    question::FollowUpStep,
};

/// The end of a drill. Rungs are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderReport {
    /// Rungs that were answered.
    pub answered: usize,
    pub survived: usize,
    /// The longest row of rungs survived one after the other. "I don't know" ends a row and is no break.
    pub in_a_row: usize,
    /// The first rung that broke.
    pub broke: Option<Broken>,
    /// The rung to offer again at once: the one that broke, else the first that was given up.
    pub again: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    pub rung: usize,
    pub why: Break,
}

impl LadderReport {
    /// What the drill came to so far. A second attempt at a rung does not lengthen a row.
    pub fn of(ladder: &Ladder) -> Self {
        Self::of_results(ladder.rungs().iter().filter_map(result))
    }

    /// The same, from what the replies came to, in their order.
    pub fn of_results<'a>(results: impl Iterator<Item = &'a RungResult>) -> Self {
        let results: Vec<&RungResult> = results.collect();
        let rows = results.split(|result| **result != RungResult::Survived);
        let broke = results.iter().enumerate().find_map(|(rung, result)| match result {
            RungResult::Broke(why) => Some(Broken { rung, why: why.clone() }),
            _ => None,
        });
        let given_up = results.iter().position(|result| **result == RungResult::GaveUp);
        LadderReport {
            answered: results.len(),
            survived: results.iter().filter(|result| ***result == RungResult::Survived).count(),
            in_a_row: rows.map(<[_]>::len).max().unwrap_or(0),
            again: broke.as_ref().map(|broken| broken.rung).or(given_up),
            broke,
        }
    }

    /// The report in one or two sentences, to be said or read.
    pub fn sentence(&self) -> String {
        if self.answered == 0 {
            return "No rung was answered.".to_owned();
        }
        let rungs = |count: usize| if count == 1 { "1 rung".to_owned() } else { format!("{count} rungs") };
        let survived = match self.survived {
            0 => format!("You survived none of {}.", rungs(self.answered)),
            some => format!("You survived {some} of {}, {} in a row.", rungs(self.answered), self.in_a_row),
        };
        match &self.broke {
            None => survived,
            Some(Broken { rung, why }) => format!("{survived} Rung {} broke: {}.", rung + 1, why.words()),
        }
    }
}

/// What a second attempt at a rung came to, in a sentence to be said or read.
pub fn second_attempt(result: &RungResult) -> String {
    match result {
        RungResult::Survived => "This time you survived it.".to_owned(),
        RungResult::Broke(why) => format!("It broke again: {}.", why.words()),
        RungResult::GaveUp => "That is all right. Look at it again another day.".to_owned(),
    }
}

fn result(rung: &Rung) -> Option<&RungResult> {
    rung.outcome.as_ref().map(|outcome| &outcome.result)
}

impl Break {
    /// What was missing, as the end of a sentence. A mistake goes by its id, which reads as words.
    pub fn words(&self) -> String {
        match self {
            Break::Missing(FollowUpStep::Constraint) => "the constraint was not named".to_owned(),
            Break::Missing(FollowUpStep::FailureMode) => "what breaks was not named".to_owned(),
            Break::Missing(FollowUpStep::Mitigation) => "there was no first move".to_owned(),
            Break::Missing(FollowUpStep::NewCost) => "the new cost was not named".to_owned(),
            Break::OutOfOrder => "all was said, but not in the order".to_owned(),
            Break::Mistake(id) => format!("a mistake was heard, {}", id.replace('-', " ")),
        }
    }
}
