//! The set of rated answers: read from JSON lines, and held against the rubrics and questions it is about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::DeserializeOwned};

use crate::interview::{
    assessment::{CheckReply, DimensionOutcome, Level, Met, Quote},
    pack::Content,
    question::Kind,
    rubric::Rubric,
    transcript::Transcript,
    verdict,
};

/// Levels by id of the dimension.
pub type Levels = BTreeMap<String, Level>;

/// An answer that was written to levels, with the words that earn them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RatedAnswer {
    pub id: String,
    /// Id of a question in a pack.
    pub question: String,
    pub kind: Kind,
    /// `None` where the question gives no occasion; such a dimension may as well be left out.
    #[serde(rename = "levels")]
    rated: BTreeMap<String, Option<Level>>,
    /// By id of a check that is met: words of the answer that show it; "…" parts passages.
    pub evidence: BTreeMap<String, String>,
    pub answer: String,
}

impl RatedAnswer {
    pub fn levels(&self) -> Levels {
        self.rated.iter().filter_map(|(id, level)| Some((id.clone(), (*level)?))).collect()
    }

    pub fn level(&self, dimension: &str) -> Option<Level> {
        self.rated.get(dimension).copied().flatten()
    }

    /// Whether more of this dimension is what the answer needs: it is at 2 or less, or none is lower. `None` where it has no level.
    pub fn is_gap(&self, dimension: &str) -> Option<bool> {
        let level = self.level(dimension)?;
        let weakest = self.rated.values().flatten().min()?;
        Some(level.get() <= 2 || level == *weakest)
    }

    /// Average of its levels; 0 where there are none.
    pub fn mean_level(&self) -> f64 {
        let levels: Vec<f64> = self.rated.values().flatten().map(|level| f64::from(level.get())).collect();
        levels.iter().sum::<f64>() / levels.len().max(1) as f64
    }

    pub fn words(&self) -> usize {
        self.answer.split_whitespace().count()
    }

    pub fn transcript(&self) -> Transcript {
        Transcript::typed(&self.answer)
    }

    /// The passages that show a check.
    pub fn passages(&self, check: &str) -> impl Iterator<Item = &str> {
        self.evidence
            .get(check)
            .into_iter()
            .flat_map(|text| text.split('…'))
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// What a judge without fault replies: yes to each check with evidence, no to the others. A first check that has no words of
    /// its own is met where its dimension has a level.
    pub fn replies(&self, rubric: &Rubric) -> Vec<CheckReply> {
        let reply = |dimension: &str, id: &str, level: u8| {
            let met = self.evidence.contains_key(id) || (level == 1 && self.level(dimension) > Some(Level::ZERO));
            CheckReply {
                check: id.to_owned(),
                met: if met { Met::Yes } else { Met::No },
                quotes: self.passages(id).map(|text| Quote { text: text.to_owned(), segment: None }).collect(),
            }
        };
        let dimensions = rubric.dimensions.iter();
        dimensions.flat_map(|d| d.checks.iter().map(|check| reply(&d.id, &check.id, check.level))).collect()
    }

    /// The levels that code computes when those replies are held against a text: the answer itself, or a twin of it.
    pub fn levels_in(&self, text: &str, rubric: &Rubric, no_occasion: &[String]) -> Levels {
        let transcript = Transcript::typed(text);
        let computed = verdict::levels(rubric, no_occasion, &self.replies(rubric), &transcript, &[]);
        let level = |outcome| match outcome {
            DimensionOutcome::Level(level) => Some(level),
            DimensionOutcome::NoOccasion | DimensionOutcome::Ungraded(_) => None,
        };
        computed.dimensions.into_iter().filter_map(|d| Some((d.dimension, level(d.outcome)?))).collect()
    }
}

#[derive(Deserialize)]
struct SecondLabel {
    id: String,
    levels: BTreeMap<String, Option<Level>>,
}

/// Rated answers, and what a second rater made of some of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CalibrationSet {
    /// Written to its levels, as the shipped set is; false for a person's own.
    pub synthetic: bool,
    /// By id.
    pub answers: Vec<RatedAnswer>,
    /// Independent labels by id of the answer.
    pub second: BTreeMap<String, Levels>,
}

impl CalibrationSet {
    /// Reads both files; each a JSON object a line. Everything that cannot be read is listed.
    pub fn parse(answers: &str, second_labels: &str) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut answers: Vec<RatedAnswer> = lines("answers.jsonl", answers, &mut problems);
        let labels: Vec<SecondLabel> = lines("second-labels.jsonl", second_labels, &mut problems);
        answers.sort_by(|a, b| a.id.cmp(&b.id));
        for pair in answers.windows(2).filter(|pair| pair[0].id == pair[1].id) {
            problems.push(format!("answers.jsonl: the id {:?} stands there twice", pair[0].id));
        }
        let known: BTreeSet<&str> = answers.iter().map(|answer| answer.id.as_str()).collect();
        for label in labels.iter().filter(|label| !known.contains(label.id.as_str())) {
            problems.push(format!("second-labels.jsonl: there is no answer {:?}", label.id));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let graded = |levels: BTreeMap<String, Option<Level>>| {
            levels.into_iter().filter_map(|(id, level)| Some((id, level?))).collect::<Levels>()
        };
        let second = labels.into_iter().map(|label| (label.id, graded(label.levels))).collect();
        Ok(Self { synthetic: true, answers, second })
    }

    pub fn answer(&self, id: &str) -> Option<&RatedAnswer> {
        self.answers.iter().find(|answer| answer.id == id)
    }

    /// Number of different questions.
    pub fn questions(&self) -> usize {
        self.answers.iter().map(|answer| &answer.question).collect::<BTreeSet<_>>().len()
    }

    /// Everything that does not fit the rubrics and questions, or in which levels and evidence disagree.
    pub fn problems(&self, content: &Content) -> Vec<String> {
        self.answers.iter().flat_map(|answer| problems_of(answer, content)).collect()
    }
}

fn lines<T: DeserializeOwned>(file: &str, text: &str, problems: &mut Vec<String>) -> Vec<T> {
    let mut read = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(value) => read.push(value),
            Err(error) => problems.push(format!("{file}, line {number}: {error}")),
        }
    }
    read
}

fn problems_of(answer: &RatedAnswer, content: &Content) -> Vec<String> {
    let id = &answer.id;
    let Some((_, question)) = content.question(&answer.question) else {
        return vec![format!("{id}: no pack has a question {:?}", answer.question)];
    };
    if question.kind != answer.kind {
        return vec![format!("{id}: {} is a {} question", question.id, question.kind.name())];
    }
    let Some(rubric) = content.rubric(answer.kind) else {
        return vec![format!("{id}: {} questions get no levels", answer.kind.name())];
    };
    let mut problems = Vec::new();
    let wanted: BTreeSet<&str> = rubric
        .dimensions
        .iter()
        .map(|d| d.id.as_str())
        .filter(|d| !question.no_occasion.iter().any(|n| n == d))
        .collect();
    let levels = answer.levels();
    let given: BTreeSet<&str> = levels.keys().map(String::as_str).collect();
    for dimension in wanted.symmetric_difference(&given) {
        problems.push(format!("{id}: {dimension} must have a level exactly where the question gives occasion for it"));
    }
    let checks: BTreeSet<&str> =
        rubric.dimensions.iter().flat_map(|d| &d.checks).map(|check| check.id.as_str()).collect();
    for check in answer.evidence.keys().filter(|check| !checks.contains(check.as_str())) {
        problems.push(format!("{id}: {check:?} is no check of the {} rubric", answer.kind.name()));
    }
    let transcript = answer.transcript();
    for (check, words) in
        answer.evidence.keys().flat_map(|check| answer.passages(check).map(move |words| (check, words)))
    {
        let quote = Quote { text: words.to_owned(), segment: None };
        if crate::interview::evidence::find(&quote, check, &transcript).is_none() {
            problems.push(format!("{id}: the evidence for {check} is not in the answer: {words:?}"));
        }
    }
    let computed = answer.levels_in(&answer.answer, rubric, &question.no_occasion);
    for (dimension, level) in levels.iter().filter(|(dimension, _)| wanted.contains(dimension.as_str())) {
        let computed = computed.get(dimension).map(|level| level.get());
        if computed != Some(level.get()) {
            let computed = computed.map_or("no level".to_owned(), |level| level.to_string());
            problems.push(format!("{id}: {dimension} is labelled {}, and its evidence gives {computed}", level.get()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::calibration::sample;

    #[test]
    fn a_set_that_is_in_order_has_no_problems() {
        let (set, content) = (sample::set(), sample::content());
        assert_eq!(set.problems(&content), [""; 0]);
        assert_eq!((set.answers.len(), set.questions()), (3, 1));
        assert_eq!(set.second["s1"]["reliability"], Level::new(2).unwrap());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("\"question\":\"rate-limiter\"", "\"question\":\"nowhere\"", "no pack has a question"),
            ("\"kind\":\"design\"", "\"kind\":\"concept\"", "is a design question"),
            ("\"reliability\":3", "\"reliability\":2", "labelled 2, and its evidence gives 3"),
            ("\"reliability\":3", "\"beauty\":3", "beauty must have a level exactly where"),
            ("the worker retries with the same key", "nobody said any of these words here", "is not in the answer"),
            ("\"reliability_2\":", "\"reliability_9\":", "is no check of the design rubric"),
        ];
        for (from, to, expected) in cases {
            let evidence = from.starts_with("the worker");
            let text = match evidence {
                // Only where it stands as evidence.
                true => sample::ANSWERS.replacen(from, to, 1),
                false => sample::ANSWERS.replace(from, to),
            };
            let set = CalibrationSet::parse(&text, "").unwrap();
            let problems = set.problems(&sample::content()).join("\n");
            assert!(problems.contains(expected), "{to}: {problems}");
        }
    }

    #[test]
    fn lines_that_cannot_be_read_are_listed_with_their_numbers() {
        let twice = format!("{0}\n{0}", sample::ANSWERS.lines().next().unwrap());
        let text = format!("{twice}\nnot json\n{{\"id\":\"x\"}}\n");
        let problems = CalibrationSet::parse(&text, "{\"id\":\"ghost\",\"levels\":{}}").unwrap_err().join("\n");
        for part in ["line 3", "line 4", "stands there twice", "no answer \"ghost\""] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
        let level = sample::ANSWERS.replace("\"reliability\":3", "\"reliability\":5");
        assert!(CalibrationSet::parse(&level, "").unwrap_err()[0].contains("levels go from 0 to 4"));
    }
}
