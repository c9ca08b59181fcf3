//! What the content is worth as far as it can be measured here: does the practice signal rank answers as raters do, and do two
//! readers decide the rubrics' checks alike? The answers and ratings are synthetic (`tests/fixtures/gold/README.md`).

use std::collections::BTreeMap;

use serde::Deserialize;
use viva::{
    content,
    interview::{pack::Content, practice_signal, transcript::Transcript},
};

#[derive(Deserialize)]
struct Answer {
    id: String,
    question: String,
    kind: String,
    transcript: String,
}

#[derive(Deserialize)]
struct Rating {
    id: String,
    scores: BTreeMap<String, Option<f64>>,
}

/// One answer: its share of points heard, and the mean of its ratings.
struct Pair {
    kind: String,
    id: String,
    coverage: f64,
    rating: f64,
}

fn main() {
    let content = content::load(None).expect("`viva check` passes");
    let pairs = pairs(&content);
    let all: Vec<&Pair> = pairs.iter().collect();
    println!("\nCoverage against the mean of three synthetic ratings, over the questions that the pack knows:\n");
    println!("| answers | n | Spearman | 95 % (bootstrap) | aim |\n|---|---|---|---|---|");
    for kind in ["all", "design", "concept", "behavioural"] {
        let of_kind: Vec<&Pair> = all.iter().copied().filter(|pair| kind == "all" || pair.kind == kind).collect();
        let (low, high) = bootstrap(&of_kind);
        let aim = if kind == "all" { "0.75" } else { "" };
        println!("| {kind} | {} | {:.2} | {low:.2} to {high:.2} | {aim} |", of_kind.len(), spearman(&of_kind));
    }
    println!("\nThe furthest from their rank: {}", furthest(&all).join(", "));
    print_unseen(&content);
}

/// An answer written to be strong, middling or weak, by someone who had not seen the question's points and cues.
#[derive(Deserialize)]
struct Written {
    question: String,
    quality: String,
    answer: String,
}

/// How often the better of two answers to the same question has the higher coverage, and how often it is the longer one.
fn print_unseen(content: &Content) {
    let written: Vec<Written> = lines(include_str!("../tests/fixtures/answers/three-qualities.jsonl"));
    let coverage = |of: &Written| {
        let (pack, question) = content.question(&of.question).expect("a question of the pack");
        let signal = practice_signal::listen(pack, Some(question), &Transcript::typed(&of.answer));
        signal.heard.len() as f64 / question.points.len() as f64
    };
    let words = |of: &Written| of.answer.split_whitespace().count();
    let of_quality = |quality: &'static str| written.iter().filter(move |answer| answer.quality == quality);
    println!("\nAnswers written to a quality, without sight of points and cues, {} in all:\n", written.len());
    println!("| quality | mean coverage | mean words |\n|---|---|---|");
    for quality in ["strong", "middling", "weak"] {
        let mean = |of: &dyn Fn(&Written) -> f64| {
            of_quality(quality).map(of).sum::<f64>() / of_quality(quality).count() as f64
        };
        println!("| {quality} | {:.2} | {:.0} |", mean(&coverage), mean(&|answer| words(answer) as f64));
    }
    println!(
        "\n| pair of the same question | better one has more coverage | equal | longer one is the better |\n|---|---|---|---|"
    );
    for (better, worse) in [("strong", "weak"), ("strong", "middling"), ("middling", "weak")] {
        let pairs: Vec<(&Written, &Written)> = of_quality(better)
            .filter_map(|a| Some((a, of_quality(worse).find(|b| b.question == a.question)?)))
            .collect();
        let right = pairs.iter().filter(|(a, b)| coverage(a) > coverage(b)).count();
        let equal = pairs.iter().filter(|(a, b)| coverage(a) == coverage(b)).count();
        let longer = pairs.iter().filter(|(a, b)| words(a) > words(b)).count();
        println!("| {better}, {worse} | {right} of {} | {equal} | {longer} |", pairs.len());
    }
    for answer in &written {
        eprintln!("{} {} {:.2}", answer.question, answer.quality, coverage(answer));
    }
}

fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of the fixture")).collect()
}

fn pairs(content: &Content) -> Vec<Pair> {
    let answers: Vec<Answer> = lines(include_str!("../tests/fixtures/gold/answers.jsonl"));
    let ratings: Vec<Rating> = lines(include_str!("../tests/fixtures/gold/ratings.jsonl"));
    let rating_of = |id: &str| {
        let scores = &ratings.iter().find(|rating| rating.id == id).expect("each answer is rated").scores;
        let given: Vec<f64> = scores.values().flatten().copied().collect();
        given.iter().sum::<f64>() / given.len() as f64
    };
    let pair = |answer: Answer| {
        let (pack, question) = content.question_by_words(&answer.question)?;
        let signal = practice_signal::listen(pack, Some(question), &Transcript::typed(&answer.transcript));
        let coverage = signal.heard.len() as f64 / question.points.len() as f64;
        Some(Pair { rating: rating_of(&answer.id), kind: answer.kind, id: answer.id, coverage })
    };
    answers.into_iter().filter_map(pair).collect()
}

/// Rank correlation; ties share their mean rank.
fn spearman(pairs: &[&Pair]) -> f64 {
    let x = ranks(pairs.iter().map(|pair| pair.coverage).collect());
    let y = ranks(pairs.iter().map(|pair| pair.rating).collect());
    let mean = (pairs.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    product(&x, &y) / (product(&x, &x) * product(&y, &y)).sqrt()
}

fn ranks(values: Vec<f64>) -> Vec<f64> {
    let below = |value: f64| values.iter().filter(|other| **other < value).count() as f64;
    let equal = |value: f64| values.iter().filter(|other| **other == value).count() as f64;
    values.iter().map(|value| below(*value) + (equal(*value) + 1.0) / 2.0).collect()
}

/// The middle 95 of 100 of the correlation over resampled answers, with a fixed seed.
fn bootstrap(pairs: &[&Pair]) -> (f64, f64) {
    let mut state = 7u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut resampled: Vec<f64> = (0..2000)
        .map(|_| spearman(&(0..pairs.len()).map(|_| pairs[below(pairs.len())]).collect::<Vec<_>>()))
        .filter(|value| value.is_finite())
        .collect();
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| resampled[(share * (resampled.len() - 1) as f64) as usize];
    (at(0.025), at(0.975))
}

/// The five answers whose rank by coverage is furthest from their rank by rating.
fn furthest(pairs: &[&Pair]) -> Vec<String> {
    let x = ranks(pairs.iter().map(|pair| pair.coverage).collect());
    let y = ranks(pairs.iter().map(|pair| pair.rating).collect());
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|a, b| (x[*b] - y[*b]).abs().total_cmp(&(x[*a] - y[*a]).abs()));
    let told = |i: &usize| {
        let pair = pairs[*i];
        format!("{} (coverage {:.2}, rating {:.2})", pair.id, pair.coverage, pair.rating)
    };
    order.iter().take(5).map(told).collect()
}
