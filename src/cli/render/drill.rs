//! A pressure drill as text: its rungs, where it broke, what the interviewer cut in with.

use super::{clock, section};
use crate::{
    api,
    cli::terminal::{BAD, BOLD, DIM, FAIR, GOOD, styled, wrapped},
};

/// The whole drill.
pub fn drill(out: &mut Vec<String>, drill: &api::Drill) {
    section(out, &format!("Pressure drill ({})", drill.temper));
    if let Some(report) = &drill.report {
        out.push(styled(BOLD, wrapped(&report.sentence, "  ", "  ")));
    }
    for (number, rung) in (1..).zip(&drill.rungs) {
        out.push(styled(DIM, wrapped(&format!("{number}. {}", rung.probe.text), "  ", "     ")));
        for (attempt, reply) in [("", &rung.reply), ("again: ", &rung.again)] {
            out.extend(reply.as_ref().map(|reply| result(&format!("     {attempt}"), reply)));
        }
    }
    for said in &drill.interjections {
        out.push(interjection(said));
    }
}

/// What a reply came to, on one line.
pub fn result(indent: &str, reply: &api::RungReply) -> String {
    let style = match reply.result.as_str() {
        "survived" => GOOD,
        "broke" => BAD,
        _ => FAIR,
    };
    format!("{indent}{}", styled(style, words(reply)))
}

/// "broke: there was no first move (heard: constraint, failure mode)"
fn words(reply: &api::RungReply) -> String {
    let result = match (reply.result.as_str(), &reply.why) {
        ("survived", _) => "survived".to_owned(),
        ("broke", Some(why)) => format!("broke: {why}"),
        ("gave_up", _) => "left open, that is all right".to_owned(),
        (other, _) => other.to_owned(),
    };
    let steps: Vec<String> = reply.steps.iter().map(|step| step.replace('_', " ")).collect();
    match (steps.is_empty(), reply.by_levels) {
        (_, true) => format!("{result} (by its levels)"),
        (false, _) => format!("{result} (heard: {})", steps.join(", ")),
        (true, _) => result,
    }
}

/// What the interviewer cut in with, when and why.
pub fn interjection(said: &api::Interjection) -> String {
    let why = match &said.words {
        Some(words) => format!("you said \u{201c}{words}\u{201d}"),
        None => "the time was over".to_owned(),
    };
    styled(FAIR, wrapped(&format!("{} {} ({why})", clock(said.at_s), said.text), "  ⚡ ", "    "))
}

/// The drill as Markdown.
pub fn markdown(drill: &api::Drill) -> String {
    let mut lines = vec![format!("## Pressure drill ({})\n", drill.temper)];
    if let Some(report) = &drill.report {
        lines.push(format!("{}\n", report.sentence));
    }
    for rung in &drill.rungs {
        let again = rung.again.as_ref().map_or_else(String::new, |reply| format!("; again: {}", words(reply)));
        let reply = rung.reply.as_ref().map_or_else(|| "not answered".to_owned(), words);
        lines.push(format!("1. {}  \n   *{reply}{again}*", rung.probe.text));
    }
    for said in &drill.interjections {
        let why = said.words.as_ref().map_or_else(String::new, |words| format!(" after \u{201c}{words}\u{201d}"));
        lines.push(format!("\nThe interviewer cut in at {}{why}: {}", clock(said.at_s), said.text));
    }
    lines.join("\n")
}
