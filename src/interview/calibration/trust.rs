//! The grade of trust: what the measures of a report card allow to say about the levels of an endpoint.
//!
//! The bars are those that machine scoring is held to (Williamson, Xi and Breyer 2012: agreement of 0.70, small standardised
//! difference) and those of a simulation of our own verdicts, in which 0.4 levels of leniency raise the pass rate from 29 % to 54 %.

use serde::{Deserialize, Serialize};

/// What a measure should reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// At most this far from 0, on either side.
    Within(f64),
}

impl Bar {
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Bar::AtLeast(bar) => value >= bar,
            Bar::AtMost(bar) => value <= bar,
            Bar::Within(bar) => value.abs() <= bar,
        }
    }
}

/// A figure of the report card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// "kappa", "bias", "concept.accuracy".
    pub id: String,
    /// As a person reads it.
    pub title: String,
    /// `None` where nothing was measured.
    pub value: Option<f64>,
    /// The 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Levels, pairs, quotes or twins that it rests on.
    pub count: usize,
    /// What a good endpoint reaches.
    pub bar: Option<Bar>,
    /// What an endpoint must reach for its verdicts to be worth showing.
    pub limit: Option<Bar>,
}

impl Measure {
    /// `None` where it has no bar or no value.
    pub fn meets_bar(&self) -> Option<bool> {
        Some(self.bar?.is_met(self.value?))
    }

    /// A limit that nothing was measured against is not kept.
    pub fn keeps_limit(&self) -> bool {
        self.limit.is_none_or(|limit| self.value.is_some_and(|value| limit.is_met(value)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Every bar is met.
    Good,
    /// Fit for verdicts, with a weakness that is named.
    Fair,
    /// Not fit for verdicts.
    Unfit,
}

/// The grade with what stands against a better one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    pub grade: Grade,
    /// Titles of the measures that keep no limit, or else of those that miss their bar.
    pub because: Vec<String>,
}

/// Unfit with one limit broken, good with every bar met.
pub fn grade<'a>(measures: impl Iterator<Item = &'a Measure> + Clone) -> Trust {
    let titles =
        |wanted: &dyn Fn(&&Measure) -> bool| measures.clone().filter(wanted).map(|m| m.title.clone()).collect();
    let broken: Vec<String> = titles(&|measure| !measure.keeps_limit());
    if !broken.is_empty() {
        return Trust { grade: Grade::Unfit, because: broken };
    }
    let missed: Vec<String> = titles(&|measure| measure.meets_bar() == Some(false));
    let grade = if missed.is_empty() { Grade::Good } else { Grade::Fair };
    Trust { grade, because: missed }
}

/// The short line beside every result. `how`: "calibrated 2026-11-20 on synthetic answers".
pub fn line(trust: &Trust, kappa: Option<f64>, how: &str) -> String {
    let kappa = kappa.map_or("no agreement could be measured".to_owned(), |kappa| format!("kappa {kappa:.2}"));
    let first = trust.because.first().map_or("", |title| title.split(" (").next().unwrap_or(title)).to_lowercase();
    match trust.grade {
        Grade::Good => format!("Trust: good ({how}, {kappa})"),
        Grade::Fair => format!("Trust: fair ({how}, {kappa}; weak in: {first})"),
        Grade::Unfit => format!("Not fit for verdicts ({how}, {kappa}; fails in: {first})"),
    }
}

/// The same for an endpoint that nobody measured.
pub const NOT_CALIBRATED: &str = "Not calibrated: `viva calibrate` measures how far these levels can be trusted";

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(id: &str, value: Option<f64>, bar: Bar, limit: Option<Bar>) -> Measure {
        let title = id.to_owned();
        Measure { id: title.clone(), title, value, interval: None, count: 9, bar: Some(bar), limit }
    }

    #[test]
    fn one_broken_limit_is_enough_and_every_bar_is_needed() {
        let with = |kappa: Option<f64>, bias: f64, lift: f64| {
            let measures = [
                measure("kappa", kappa, Bar::AtLeast(0.7), Some(Bar::AtLeast(0.6))),
                measure("bias", Some(bias), Bar::Within(0.2), Some(Bar::Within(0.4))),
                measure("lift", Some(lift), Bar::AtMost(0.1), None),
            ];
            let trust = grade(measures.iter());
            (trust.grade, trust.because.join(" "))
        };
        let cases = [
            (Some(0.8), 0.1, 0.0, Grade::Good, ""),
            (Some(0.65), 0.1, 0.0, Grade::Fair, "kappa"),
            (Some(0.8), -0.3, 0.2, Grade::Fair, "bias lift"),
            (Some(0.8), -0.41, 0.2, Grade::Unfit, "bias"),
            (Some(0.59), 0.0, 0.0, Grade::Unfit, "kappa"),
            (None, 0.0, 0.0, Grade::Unfit, "kappa"),
        ];
        for (kappa, bias, lift, expected, because) in cases {
            assert_eq!(with(kappa, bias, lift), (expected, because.to_owned()), "{kappa:?} {bias} {lift}");
        }
    }

    #[test]
    fn the_line_says_when_and_what_is_wrong() {
        let trust = Trust { grade: Grade::Unfit, because: vec!["Bias (of all)".into(), "Kappa".into()] };
        let text = line(&trust, Some(0.415), "calibrated 2026-11-20 on synthetic answers");
        assert_eq!(
            text,
            "Not fit for verdicts (calibrated 2026-11-20 on synthetic answers, kappa 0.41; fails in: bias)"
        );
        let good = line(&Trust { grade: Grade::Good, because: vec![] }, Some(0.8), "calibrated today");
        assert!(good.contains("(calibrated today, kappa 0.80") && good.starts_with("Trust: good"), "{good}");
    }
}
