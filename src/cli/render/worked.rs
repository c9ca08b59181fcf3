//! What was worked out from the words of an answer: arithmetic with its working, contradictions side by side, what cannot be judged.

use super::{
    findings::{numbered, objected, tag},
    marked, quoted, section,
};
use crate::{
    api,
    cli::terminal::{ACCENT, BAD, DIM, FAIR, GOOD, styled, wrapped},
};

/// All of it, as far as there is any.
pub fn worked_out(out: &mut Vec<String>, answer: &api::Answer) {
    let signal = &answer.practice_signal;
    if !signal.outcomes.is_empty() {
        section(out, "What does not count, and why");
    }
    for outcome in &signal.outcomes {
        out.push(marked(FAIR, "!", &numbered(outcome.n, &sentence(&outcome.says))));
        objected(out, answer, outcome.n);
        for evidence in &outcome.evidence {
            out.push(styled(DIM, quoted(evidence, "      ")));
            objected(out, answer, evidence.n);
        }
    }
    if !signal.arithmetic.is_empty() {
        section(out, "Your arithmetic, worked again");
    }
    for check in &signal.arithmetic {
        let (style, mark) = if check.slip { (BAD, "✗") } else { (GOOD, "✓") };
        out.push(marked(style, mark, &sentence(&check.working)));
        out.push(styled(DIM, quoted(&check.evidence, "      ")));
        objected(out, answer, check.evidence.n);
    }
    if !signal.contradictions.is_empty() {
        section(out, "These cannot both hold");
    }
    for pair in &signal.contradictions {
        out.push(wrapped(&side(&pair.earlier, &pair.later), "  - ", "    "));
        out.push(wrapped(&side(&pair.later, &pair.later), "    ", "    "));
        for evidence in [&pair.earlier.evidence, &pair.later.evidence] {
            objected(out, answer, evidence.n);
        }
        out.push(format!("    {}", styled(ACCENT, wrapped(&pair.probe, "", "    "))));
    }
}

/// The same as sections of Markdown.
pub fn markdown(out: &mut Vec<String>, answer: &api::Answer) {
    let signal = &answer.practice_signal;
    let quote = |evidence: &api::Evidence| format!("{}\u{201c}{}\u{201d}", tag(evidence.n), evidence.text);
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push(format!("## {title}\n\n{}", lines.join("\n")));
        }
    };
    let outcomes = signal.outcomes.iter().map(|outcome| {
        let quotes: Vec<_> = outcome.evidence.iter().map(|evidence| format!(" {}", quote(evidence))).collect();
        format!("- {}{}", numbered(outcome.n, &sentence(&outcome.says)), quotes.concat())
    });
    list("What does not count, and why", outcomes.collect());
    let checks = signal.arithmetic.iter().map(|check| {
        let mark = if check.slip { "✗" } else { "✓" };
        format!("- {mark} {} {}", sentence(&check.working), quote(&check.evidence))
    });
    list("Your arithmetic, worked again", checks.collect());
    let pairs = signal.contradictions.iter().map(|pair| {
        format!("- {}  \n  {}  \n  *{}*", side(&pair.earlier, &pair.later), side(&pair.later, &pair.later), pair.probe)
    });
    list("These cannot both hold", pairs.collect());
}

/// One side of a contradiction, and where it was said.
fn side(said: &api::Committed, later: &api::Committed) -> String {
    let place = match said.evidence.start_s {
        _ if said.turn != later.turn => " in an earlier answer".to_owned(),
        Some(start) => format!(" at {}", super::clock(start)),
        None => String::new(),
    };
    format!("{}\u{201c}{}\u{201d}{place}", tag(said.evidence.n), said.evidence.text)
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if capital.ends_with(['.', '!', '?']) { capital } else { format!("{capital}.") }
}
