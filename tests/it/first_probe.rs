//! Does the first follow-up aim at a true gap of the answer? Measured over the rated answers, without an endpoint.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use viva::{
    content::calibration::calibration_set,
    interview::{
        calibration::{
            outcome::dimension_of,
            set::{CalibrationSet, RatedAnswer},
        },
        pack::Content,
        practice_signal,
        probe::{self, ProbeContext},
    },
};

/// Probes that an endpoint chooses from.
const OFFERED: usize = 5;

/// What the bank asks first after one answer.
pub struct First {
    pub answer: String,
    pub probe: String,
    /// With its true level; `None` where the probe aims at a mistake or a step.
    pub dimension: Option<(String, u8)>,
    /// `None` as above.
    pub is_gap: Option<bool>,
    /// Gaps, and all dimensions with a level.
    pub gaps: (usize, usize),
    /// Whether one of those that an endpoint is offered aims at a gap.
    pub offers_gap: bool,
}

/// The half on which the signs of `interview::signs` were tuned, and the half that was kept for the report.
pub fn halves() -> [(&'static str, Vec<RatedAnswer>); 2] {
    let nowhere = tempfile::tempdir().unwrap();
    let shipped = calibration_set(nowhere.path()).unwrap_or_else(|problems| panic!("{}", problems.join("\n"))).answers;
    let (a, b): (Vec<RatedAnswer>, Vec<RatedAnswer>) =
        shipped.into_iter().partition(|answer| answer.id.starts_with('a'));
    let number = |answer: &RatedAnswer| answer.id[1..].parse::<u32>().unwrap();
    let (even, odd): (Vec<RatedAnswer>, Vec<RatedAnswer>) =
        gold().into_iter().partition(|answer| number(answer) % 2 == 0);
    [("tuned on", [a, even].concat()), ("held out", [b, odd].concat())]
}

/// The rated gold answers to questions that the pack knows.
fn gold() -> Vec<RatedAnswer> {
    let content = viva::content::load(None).unwrap();
    let lines = |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let ratings = lines(include_str!("../fixtures/gold/ratings.jsonl"));
    let answers = lines(include_str!("../fixtures/gold/answers.jsonl"));
    let rated = answers.iter().filter_map(|answer| {
        let (_, question) = content.question_by_words(answer["question"].as_str().unwrap())?;
        let scores = &ratings.iter().find(|rating| rating["id"] == answer["id"])?["scores"];
        let is_of_kind = answer["kind"] == question.kind.name();
        let line = json!({"id": answer["id"], "question": question.id, "kind": answer["kind"], "levels": scores,
            "evidence": {}, "answer": answer["transcript"]});
        is_of_kind.then(|| line.to_string())
    });
    let text = rated.collect::<Vec<String>>().join("\n");
    CalibrationSet::parse(&text, "").unwrap_or_else(|problems| panic!("{}", problems.join("\n"))).answers
}

pub fn first(answer: &RatedAnswer, content: &Content) -> First {
    let (pack, question) = content.question(&answer.question).unwrap();
    let transcript = answer.transcript();
    let signal = practice_signal::listen(pack, Some(question), &transcript);
    let context = ProbeContext {
        pack,
        question: Some(question),
        kind: question.kind,
        transcript: &transcript,
        signal: &signal,
        dimensions: None,
        asked: &BTreeSet::new(),
    };
    let chosen = probe::choose(&context).unwrap();
    let offered = probe::choose_apart(&context, OFFERED);
    assert_eq!(offered[0], chosen, "{}", answer.id);
    let is_gap = |dimension: Option<String>| answer.is_gap(&dimension?);
    let dimension = dimension_of(&chosen.target, question);
    let levels = answer.levels();
    First {
        answer: answer.id.clone(),
        probe: chosen.id,
        is_gap: is_gap(dimension.clone()),
        dimension: dimension.and_then(|id| Some((id.clone(), answer.level(&id)?.get()))),
        gaps: (levels.keys().filter(|id| answer.is_gap(id) == Some(true)).count(), levels.len()),
        offers_gap: offered.iter().any(|probe| is_gap(dimension_of(&probe.target, question)) == Some(true)),
    }
}

/// Sums over some answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Aim {
    pub hits: usize,
    /// First probes that aim at a dimension.
    pub aimed: usize,
    pub answers: usize,
    /// Share of dimensions that are gaps: what a probe for any of them would get.
    pub base: f64,
    /// Answers after which one of those offered aims at a gap.
    pub offers: usize,
}

impl Aim {
    pub fn over(firsts: &[First]) -> Self {
        let count = |is: &dyn Fn(&First) -> bool| firsts.iter().filter(|first| is(first)).count();
        let shares = firsts.iter().map(|first| first.gaps.0 as f64 / first.gaps.1 as f64);
        Self {
            hits: count(&|first| first.is_gap == Some(true)),
            aimed: count(&|first| first.is_gap.is_some()),
            answers: firsts.len(),
            base: shares.sum::<f64>() / firsts.len() as f64,
            offers: count(&|first| first.offers_gap),
        }
    }

    pub fn share(&self) -> f64 {
        self.hits as f64 / self.aimed as f64
    }
}

#[test]
fn the_first_probe_of_the_bank_aims_at_a_true_gap() {
    let content = viva::content::load(None).unwrap();
    for (half, answers) in halves() {
        let firsts: Vec<First> = answers.iter().map(|answer| first(answer, &content)).collect();
        for miss in firsts.iter().filter(|first| first.is_gap != Some(true)) {
            println!("{half}: {} is asked {}: {:?}", miss.answer, miss.probe, miss.dimension);
        }
        let aim = Aim::over(&firsts);
        println!("{half}: {:.2} of {}, any dimension {:.2}: {aim:?}", aim.share(), aim.aimed, aim.base);
        assert!(aim.answers >= 40 && aim.aimed * 10 >= aim.answers * 9, "{half}: {aim:?}");
        assert!(aim.share() >= 0.85 && aim.share() > aim.base + 0.15, "{half}: {aim:?}");
        assert!(aim.offers * 100 >= aim.answers * 95, "{half}: a good judge cannot choose well: {aim:?}");
    }
}
