//! `viva plans`: what to practise on which day, and the drills that plans are made of. Reads what is on this machine; needs no daemon.

use std::fmt::Write;

use super::{
    Context, Failed, print_json,
    terminal::{ACCENT, BOLD, DIM, aside, line, styled, wrapped},
};
use crate::{
    content,
    interview::{
        drill::{Counts, Drill, Drills},
        pack::Content,
        plan::{Plan, PlanSession},
        problem::did_you_mean,
    },
};

/// Lists the plans and drills, or shows one: what to practise on which day, or what counts in a drill.
#[derive(Debug, clap::Args)]
pub struct Plans {
    /// Id of a plan or of a drill.
    id: Option<String>,
}

pub fn run(arguments: Plans, context: &Context) -> Result<(), Failed> {
    let loaded = content::load_with_own(&context.paths.config_dir).map_err(|error| Failed::new(error.to_string()))?;
    let content = loaded.content;
    let Some(id) = arguments.id else { return list(&content, context) };
    let found = content.packs.values().find_map(|pack| {
        let plan = pack.plans.iter().find(|plan| plan.id == id);
        let drill = pack.drills.drill(&id).map(|drill| (drill, &pack.drills));
        plan.map(Found::Plan).or(drill.map(|(drill, of)| Found::Drill(drill, of)))
    });
    match found {
        Some(Found::Plan(plan)) if context.json() => print_json(plan),
        Some(Found::Drill(drill, _)) if context.json() => print_json(drill),
        Some(Found::Plan(plan)) => {
            show_plan(plan, &content);
            Ok(())
        }
        Some(Found::Drill(drill, of)) => {
            show_drill(drill, of);
            Ok(())
        }
        None => {
            let packs = || content.packs.values();
            let plans = packs().flat_map(|pack| pack.plans.iter().map(|plan| plan.id.as_str()));
            let drills = packs().flat_map(|pack| pack.drills.drills.iter().map(|drill| drill.id.as_str()));
            Err(Failed::not_there(format!(
                "there is no plan or drill `{id}`. {}",
                did_you_mean(&id, plans.chain(drills))
            )))
        }
    }
}

enum Found<'a> {
    Plan(&'a Plan),
    Drill(&'a Drill, &'a Drills),
}

fn list(content: &Content, context: &Context) -> Result<(), Failed> {
    let plans: Vec<&Plan> = content.packs.values().flat_map(|pack| &pack.plans).collect();
    let mut drills: Vec<&Drill> = content.packs.values().flat_map(|pack| &pack.drills.drills).collect();
    let mut ids = std::collections::BTreeSet::new();
    drills.retain(|drill| ids.insert(&drill.id)); // a pack without drills has borrowed them
    if context.json() {
        return print_json(&serde_json::json!({ "plans": plans, "drills": drills }));
    }
    line(&styled(ACCENT, "Plans"));
    for plan in plans {
        let facts = format!("{} days, {} sittings", plan.days, plan.sessions.len());
        line(&format!("  {}  {}", styled(BOLD, &plan.id), styled(DIM, facts)));
        line(&wrapped(&plan.about, "    ", "    "));
    }
    line(&format!("\n{}", styled(ACCENT, "Drills")));
    for drill in drills {
        line(&format!("  {}  {}", styled(BOLD, &drill.id), styled(DIM, length(drill.seconds))));
        line(&wrapped(&drill.about, "    ", "    "));
    }
    aside("`viva plans ID` shows one of them.");
    Ok(())
}

fn show_plan(plan: &Plan, content: &Content) {
    line(&format!("{}  {}", styled(BOLD, &plan.title), styled(DIM, format!("{} days", plan.days))));
    line(&wrapped(&plan.about, "", ""));
    section("Every answer names", plan.must_name.iter().map(|named| named.says.clone()));
    let mut day = 0;
    for session in &plan.sessions {
        if session.day != day {
            day = session.day;
            line(&format!("\n{}", styled(ACCENT, format!("Day {day}"))));
        }
        show_session(session, content);
    }
}

fn show_session(session: &PlanSession, content: &Content) {
    let facts = format!("{}, {} min", session.form.name(), session.minutes);
    line(&format!("  {}  {}", styled(BOLD, &session.title), styled(DIM, facts)));
    line(&wrapped(&session.goal, "  ", "  "));
    if session.choose > 0 {
        line(&styled(DIM, format!("  {} of these:", session.choose)));
    }
    for id in &session.questions {
        let minutes = content.question(id).map_or(String::new(), |(_, question)| format!("{} min", question.minutes));
        line(&format!("    viva practice {id}  {}", styled(DIM, minutes)));
    }
    for id in &session.drills {
        line(&format!("    drill: {id}"));
    }
    for text in &session.focus {
        line(&wrapped(text, "  - ", "    "));
    }
    for text in &session.write_down {
        line(&wrapped(text, "  write down: ", "    "));
    }
}

fn show_drill(drill: &Drill, of: &Drills) {
    line(&format!("{}  {}", styled(BOLD, &drill.title), styled(DIM, length(drill.seconds))));
    line(&wrapped(&drill.about, "", ""));
    section("How it begins", drill.opening.iter().take(1).cloned());
    match &drill.counts {
        Counts::Constraints { least } => {
            section("What counts", [format!("{least} of the question's constraints, asked for.")])
        }
        Counts::Parts { least, parts } => {
            section(&format!("What counts ({least} of these)"), parts.iter().map(|part| part.says.clone()));
        }
        Counts::Choice { parts } => {
            section("What counts", parts.iter().map(|part| part.says.clone()));
            section("The pairs", of.pairs.iter().map(|pair| pair.ask.clone()));
        }
        Counts::Failures { least } => {
            section(
                "What counts",
                [format!("{least} kinds of failure, each with how it is seen and what is done about it.")],
            );
            let kinds = of.failures.iter();
            section("The kinds", kinds.map(|kind| format!("{}: {} {}", kind.title, kind.detection, kind.mitigation)));
        }
        Counts::Steps { shape, least } => section("What counts", [format!("{least} steps of the shape \"{shape}\".")]),
        Counts::Survived { steps, .. } => {
            section(
                "What counts",
                [format!("Replies in a row that hold: {steps} of the four steps in order, and no mistake.")],
            );
        }
    }
}

fn section(title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    line(&format!("\n{}", styled(ACCENT, title)));
    lines.for_each(|text| line(&wrapped(&text, "  - ", "    ")));
}

/// "5 min", "1 min 15 s", "20 s".
fn length(seconds: u32) -> String {
    let mut told = String::new();
    if seconds >= 60 {
        let _ = write!(told, "{} min", seconds / 60);
    }
    if !seconds.is_multiple_of(60) {
        let gap = if told.is_empty() { "" } else { " " };
        let _ = write!(told, "{gap}{} s", seconds % 60);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_minutes_and_seconds() {
        assert_eq!([300, 75, 20].map(length), ["5 min", "1 min 15 s", "20 s"]);
    }
}
