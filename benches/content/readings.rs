//! How alike two readers without sight of each other decide the rubrics' checks, and what levels come of their decisions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Answer, Rating, lines};

/// What one reader decided of one answer: "yes", "almost" or "no" by check.
#[derive(Deserialize)]
struct Reading {
    id: String,
    checks: BTreeMap<String, String>,
}

/// Alike and all decisions.
#[derive(Default)]
struct Tally {
    alike: usize,
    of: usize,
}

impl Tally {
    fn share(&self) -> f64 {
        self.alike as f64 / self.of as f64
    }
}

pub fn print() {
    println!("\nChecks of the rubrics, decided by two readers of the thirty answers without sight of each other:\n");
    println!(
        "| wording | decisions | yes or not, alike | yes, almost, no, alike | checks under 0.8 | levels: kappa of the readers | levels: kappa with the ratings | exact | mean difference |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    print_pair(
        "first",
        lines(include_str!("../../tests/fixtures/gold/checks/reader-a.jsonl")),
        lines(include_str!("../../tests/fixtures/gold/checks/reader-b.jsonl")),
    );
    print_pair(
        "second",
        lines(include_str!("../../tests/fixtures/gold/checks/reader-c.jsonl")),
        lines(include_str!("../../tests/fixtures/gold/checks/reader-d.jsonl")),
    );
}

fn print_pair(wording: &str, one: Vec<Reading>, other: Vec<Reading>) {
    let answers: Vec<Answer> = lines(include_str!("../../tests/fixtures/gold/answers.jsonl"));
    let ratings: Vec<Rating> = lines(include_str!("../../tests/fixtures/gold/ratings.jsonl"));
    let (mut two_way, mut three_way) = (Tally::default(), Tally::default());
    let mut by_check: BTreeMap<(String, String), Tally> = BTreeMap::new();
    let mut levels: Vec<[usize; 3]> = Vec::new();
    for reading in &one {
        let answer = answers.iter().find(|answer| answer.id == reading.id).expect("a rated answer");
        let same = other.iter().find(|other| other.id == reading.id).expect("both read all");
        for (check, met) in &reading.checks {
            let met_too = &same.checks[check];
            two_way.of += 1;
            two_way.alike += usize::from((met == "yes") == (met_too == "yes"));
            let of_check = by_check.entry((answer.kind.clone(), check.clone())).or_default();
            for tally in [&mut three_way, of_check] {
                tally.of += 1;
                tally.alike += usize::from(met == met_too);
            }
        }
        let rating = ratings.iter().find(|rating| rating.id == reading.id).expect("each answer is rated");
        for (dimension, score) in &rating.scores {
            let Some(score) = score else { continue };
            levels.push([level(reading, dimension), level(same, dimension), *score as usize]);
        }
    }
    let under = by_check.values().filter(|tally| tally.share() < 0.8).count();
    let with_rating = (kappa(&levels, 0, 2), kappa(&levels, 1, 2));
    let exact =
        |reader: usize| levels.iter().filter(|levels| levels[reader] == levels[2]).count() as f64 / levels.len() as f64;
    let difference = |reader: usize| {
        levels.iter().map(|levels| levels[reader] as f64 - levels[2] as f64).sum::<f64>() / levels.len() as f64
    };
    println!(
        "| {wording} | {} | {:.3} | {:.3} | {under} of {} | {:.2} | {:.2}, {:.2} | {:.2}, {:.2} | {:+.2}, {:+.2} |",
        two_way.of,
        two_way.share(),
        three_way.share(),
        by_check.len(),
        kappa(&levels, 0, 1),
        with_rating.0,
        with_rating.1,
        exact(0),
        exact(1),
        difference(0),
        difference(1),
    );
}

/// The checks met in a row from the first.
fn level(reading: &Reading, dimension: &str) -> usize {
    (1..=4)
        .take_while(|level| reading.checks.get(&format!("{dimension}_{level}")).is_some_and(|met| met == "yes"))
        .count()
}

/// Quadratic weighted kappa of the levels 0 to 4 in two columns.
fn kappa(levels: &[[usize; 3]], a: usize, b: usize) -> f64 {
    let apart = |x: usize, y: usize| (x as f64 - y as f64).powi(2);
    let observed: f64 = levels.iter().map(|row| apart(row[a], row[b])).sum();
    let expected: f64 =
        levels.iter().flat_map(|x| levels.iter().map(|y| apart(x[a], y[b]))).sum::<f64>() / levels.len() as f64;
    1.0 - observed / expected
}
