//! Numbers of findings, and what the person called wrong.

use super::section;
use crate::{
    api,
    cli::terminal::{DIM, FAIR, styled, wrapped},
};

/// `[3] `, or nothing for what has no number.
pub fn tag(n: Option<usize>) -> String {
    n.map_or_else(String::new, |n| format!("[{n}] "))
}

/// A text behind its number.
pub fn numbered(n: Option<usize>, text: &str) -> String {
    format!("{}{text}", tag(n))
}

/// A line beneath a finding that was called wrong.
pub fn objected(out: &mut Vec<String>, answer: &api::Answer, n: Option<usize>) {
    let finding = answer.findings.iter().find(|finding| Some(finding.n) == n);
    let Some(objection) = finding.and_then(|finding| finding.objection.as_ref()) else { return };
    out.push(styled(FAIR, wrapped(&format!("{}{}", tag(n), reason(objection)), "      ", "      ")));
}

/// Every objection in a line, those to judgements that are gone included.
pub fn objections(answer: &api::Answer) -> Vec<String> {
    let line = |objection: &api::Objection| {
        let finding = answer.findings.iter().find(|finding| Some(finding.n) == objection.finding);
        let what = match (finding, &objection.quote) {
            (Some(finding), _) => numbered(Some(finding.n), &finding.says),
            (None, Some(quote)) => format!("\u{201c}{quote}\u{201d} (an earlier finding)"),
            (None, None) => format!("{} (an earlier finding)", objection.about.replace('_', " ")),
        };
        format!("{what}: {}", reason(objection))
    };
    answer.objections.iter().map(line).collect()
}

fn reason(objection: &api::Objection) -> String {
    match &objection.why {
        Some(why) => format!("you marked this as wrong: {why}"),
        None => "you marked this as wrong".to_owned(),
    }
}

/// Objections that stand beside no finding any more, and what can be done with the numbers.
pub fn afterwards(out: &mut Vec<String>, answer: &api::Answer) {
    if answer.objections.iter().any(|objection| objection.finding.is_none()) {
        section(out, "You marked as wrong earlier");
        let earlier = api::Answer {
            objections: answer.objections.iter().filter(|objection| objection.finding.is_none()).cloned().collect(),
            ..answer.clone()
        };
        out.extend(objections(&earlier).iter().map(|text| wrapped(text, "  - ", "    ")));
    }
    let Some(id) = answer.id.filter(|_| !answer.findings.is_empty()) else { return };
    let hear = answer.has_audio && answer.findings.iter().any(|finding| finding.from_s.is_some());
    let hear = if hear {
        format!("`viva play {id} --evidence N` plays the words of [N] (times are about right); ")
    } else {
        String::new()
    };
    let text = format!("{hear}`viva wrong {id} N` marks [N] as wrong.");
    out.push(format!("\n{}", styled(DIM, wrapped(&text, "  ", "  "))));
}
