//! A report card as text for a terminal.

use super::{section, when};
use crate::{
    api,
    cli::terminal::{BAD, BOLD, DIM, FAIR, GOOD, styled, wrapped},
};

/// What is about to be done and what it takes.
pub fn before(estimate: &api::CalibrationEstimate, done: usize, again: bool) -> String {
    let api::CalibrationEstimate { host, model, answers, questions, judgements, .. } = estimate;
    let kind = if estimate.synthetic { "synthetic answers" } else { "answers of your own" };
    let mut text =
        format!("{model} at {host}, on {answers} {kind} to {questions} questions and changed copies of them.\n");
    if done > 0 && !again {
        text += &format!("{done} are judged already. ");
    }
    if again && done > 0 {
        text += "Everything is judged anew. ";
    } else {
        let (tokens_in, tokens_out) = (thousands(estimate.prompt_tokens), thousands(estimate.completion_tokens));
        text += &format!("{judgements} to judge: about {tokens_in} tokens out to the model and {tokens_out} back");
        text += &estimate.cost.map_or(" (no price is set: llm.price_in, llm.price_out).".into(), |cost| {
            format!(", {cost:.2} at your prices.")
        });
    }
    text
}

/// The whole card.
pub fn card(card: &api::ReportCard) -> String {
    let mut out = Vec::new();
    out.push(styled(BOLD, wrapped(&format!("Report card of {}", card.models.join(", ")), "", "")));
    let kind =
        if card.synthetic { "synthetic answers (no human candidate, no human rater)" } else { "answers of your own" };
    let extent = if card.quick { ", a quick look" } else { "" };
    let facts = format!(
        "{} · {} · {} {kind} to {} questions{extent}",
        card.hosts.join(", "),
        when(&card.made_at),
        card.answers,
        card.questions
    );
    out.push(styled(DIM, wrapped(&facts, "", "")));
    for group in card.groups.iter().filter(|group| !group.measures.is_empty()) {
        section(&mut out, &group.title);
        out.extend(group.measures.iter().map(measure));
    }
    section(&mut out, "What it took");
    let mut spent = format!("{} texts judged in {:.0} s", card.judged, card.took_s);
    if card.prompt_tokens > 0 {
        let (tokens_in, tokens_out) = (thousands(card.prompt_tokens), thousands(card.completion_tokens));
        spent += &format!(", {tokens_in} tokens out to the model and {tokens_out} back");
    }
    spent += &card.cost.map_or(String::new(), |cost| format!(", {cost:.2} at your prices"));
    out.push(format!("  {spent}"));
    out.push(String::new());
    out.push(trust(&card.trust, ""));
    for reason in &card.trust.because {
        out.push(wrapped(reason, "  - ", "    "));
    }
    out.join("\n")
}

/// The line of the grade.
pub fn trust(trust: &api::Trust, indent: &str) -> String {
    let style = match trust.grade {
        api::TrustGrade::Good => GOOD,
        api::TrustGrade::Fair | api::TrustGrade::NotCalibrated => FAIR,
        api::TrustGrade::Unfit => BAD,
    };
    styled(style, wrapped(&format!("{}.", trust.line), indent, indent))
}

fn measure(measure: &api::Measure) -> String {
    let title = wrapped(&measure.title, "  ", "  ");
    let value = measure.value.map_or("     -".to_owned(), |value| format!("{value:>6.2}"));
    let interval = match (measure.low, measure.high) {
        (Some(low), Some(high)) => format!("{low:>6.2} to {high:<5.2}"),
        _ => String::new(),
    };
    let style = match (measure.keeps_limit, measure.meets_bar) {
        (false, _) => BAD,
        (true, Some(false)) => FAIR,
        (true, Some(true)) => GOOD,
        (true, None) => DIM,
    };
    let bar = measure.bar.as_deref().unwrap_or_default();
    let count = format!("n={}", measure.count);
    format!(
        "{title:<62}{} {interval:<15} {} {}",
        styled(style, value),
        styled(DIM, format!("{count:<8}")),
        styled(DIM, bar)
    )
}

/// "1.4 million", "23,000".
fn thousands(tokens: u64) -> String {
    match tokens {
        1_000_000.. => format!("{:.1} million", tokens as f64 / 1e6),
        10_000.. => format!("{},000", tokens / 1000),
        _ => tokens.to_string(),
    }
}

#[cfg(test)]
#[test]
fn tokens_are_told_roughly() {
    for (tokens, text) in [(950, "950"), (23_456, "23,000"), (1_440_000, "1.4 million")] {
        assert_eq!(thousands(tokens), text);
    }
}
