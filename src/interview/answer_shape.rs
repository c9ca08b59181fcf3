//! The shapes a good answer takes: an order of steps, what each holds, how it sounds when it begins, and its share of the time. Used to coach
//! and to time. Data in `answer_shapes.toml`; nothing here listens or judges.

use serde::{Deserialize, Serialize};

use super::question::Kind;

/// One shape, as `full-design` or `closing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerShape {
    pub id: String,
    pub title: String,
    /// When it is of use, one or two sentences.
    pub about: String,
    /// Kinds of question whose answers take this shape; empty: a part of other answers (a closing, a way out when stuck).
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// How long the whole takes.
    pub seconds: u32,
    /// In the order they are told.
    pub steps: Vec<ShapeStep>,
    /// Stretches of a clock to talk against, in order; together they hold every step once. Empty: the shares are the clock.
    #[serde(default)]
    pub clock: Vec<ClockPhase>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeStep {
    pub id: String,
    pub title: String,
    /// What is said in it, one sentence.
    pub says: String,
    /// Percent of the time; the steps of a shape make 100.
    pub share: u32,
    /// Cues that show that the step has begun; see [`super::coverage`].
    pub cues: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockPhase {
    pub title: String,
    pub minutes: u32,
    /// Ids of the steps it holds.
    pub steps: Vec<String>,
}

impl AnswerShape {
    /// Seconds meant for each step, in order.
    pub fn seconds_of_steps(&self) -> impl Iterator<Item = (&ShapeStep, f64)> {
        self.steps.iter().map(|step| (step, f64::from(self.seconds) * f64::from(step.share) / 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_divide_the_time() {
        let step = |id: &str, share| ShapeStep {
            id: id.to_owned(),
            title: String::new(),
            says: String::new(),
            share,
            cues: Vec::new(),
        };
        let shape = AnswerShape {
            id: "short".to_owned(),
            title: String::new(),
            about: String::new(),
            kinds: Vec::new(),
            seconds: 200,
            steps: vec![step("one", 25), step("two", 75)],
            clock: Vec::new(),
        };
        let seconds: Vec<(&str, f64)> = shape.seconds_of_steps().map(|(step, s)| (step.id.as_str(), s)).collect();
        assert_eq!(seconds, [("one", 50.0), ("two", 150.0)]);
    }
}
