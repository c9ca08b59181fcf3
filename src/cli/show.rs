//! `viva show`

use super::{
    Context, Failed, print_json,
    questions::encoded,
    render,
    terminal::{ACCENT, BOLD, DIM, GOOD, aside, line, styled, wrapped},
};
use crate::api::{self, Gap};

/// Shows one question; what a good answer says stays hidden until you have answered it.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Id of the question (`viva questions` lists them).
    id: String,
    /// Shows everything before you have answered.
    #[arg(long)]
    spoil: bool,
}

pub async fn run(arguments: Show, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let path = format!("/api/questions/{}?spoil={}", encoded(&arguments.id), arguments.spoil);
    let page: api::QuestionPage = client.get(&path).await?;
    if context.json() {
        return print_json(&page);
    }
    head(&page);
    let id = &page.summary.id;
    match &page.hidden {
        Some(hidden) => self::hidden(hidden),
        None => {
            let text = "Hidden until you have answered: what a good answer says, what is told when you ask, follow-ups, the outline, facts.";
            line(&format!("\n{}", styled(DIM, wrapped(text, "", ""))));
        }
    }
    let again = if page.summary.answered { " again" } else { "" };
    let spoil = if page.hidden.is_none() { "; `--spoil` shows everything now" } else { "" };
    aside(&format!("\n`viva practice {id}` asks it{again}{spoil}."));
    Ok(())
}

fn head(page: &api::QuestionPage) {
    let summary = &page.summary;
    line(&styled(BOLD, wrapped(&summary.text, "", "")));
    let facts = [
        summary.id.clone(),
        format!("{}, {}", summary.kind, summary.difficulty),
        format!("about {} min", summary.minutes),
        format!("for {}", summary.levels.join(", ")),
        summary.family_title.clone(),
    ];
    line(&styled(DIM, wrapped(&facts.join(" · "), "", "")));
    if summary.answered {
        line(&styled(GOOD, "✓ answered"));
    }
    section("What it tests");
    paragraph(&summary.tests);
    if !summary.hard_part.is_empty() {
        let titles: Vec<_> = summary.hard_part.iter().map(|part| part.title.as_str()).collect();
        section("The hard part");
        paragraph(&titles.join(", "));
    }
    section("How to tell it");
    paragraph(&page.tip);
    if page.hidden.is_none() && !page.mistakes.is_empty() {
        section("Typical mistakes");
        page.mistakes.iter().for_each(|title| bullet(title));
    }
}

/// What shows after an answer.
fn hidden(hidden: &api::HiddenPart) {
    section("How an answer may begin");
    line(&labelled("weak    ", &hidden.weak_opening));
    line(&labelled("strong  ", &hidden.strong_opening));
    section("What a good answer says");
    for point in &hidden.points {
        bullet(&point.says);
        beneath(&point.dimension);
    }
    if !hidden.constraints.is_empty() {
        section("Told only when you ask");
        for says in &hidden.constraints {
            match hidden.told.contains(says) {
                true => line(&render::marked(GOOD, "✓", &format!("{says} (you asked, and were told)"))),
                false => bullet(says),
            }
        }
    }
    section("An excellent answer, in outline");
    hidden.outline.iter().for_each(|says| bullet(says));
    if !hidden.mistakes.is_empty() {
        section("Typical mistakes");
        for mistake in &hidden.mistakes {
            bullet(&mistake.title);
            beneath(&mistake.advice);
        }
    }
    follow_ups(&hidden.follow_ups);
    if !hidden.facts.is_empty() {
        section("Facts, and where to read on");
        for fact in &hidden.facts {
            bullet(&fact.says);
            beneath(&fact.source);
        }
    }
}

/// By the gap they are for; what exactly it is stands beneath each.
fn follow_ups(all: &[api::FollowUp]) {
    section("Follow-ups, by the gap they are for");
    for (gap, title) in [
        (Gap::Point, "a point that was not heard"),
        (Gap::Dimension, "a dimension that fell short"),
        (Gap::Mistake, "a mistake that was heard"),
        (Gap::Step, "a step of a good follow-up answer"),
    ] {
        let of_gap: Vec<_> = all.iter().filter(|follow_up| follow_up.gap == gap).collect();
        if of_gap.is_empty() {
            continue;
        }
        line(&format!("  {}", styled(BOLD, title)));
        for follow_up in of_gap {
            bullet(&follow_up.ask);
            beneath(&follow_up.about);
        }
    }
}

fn section(title: &str) {
    line(&format!("\n{}", styled(ACCENT, title)));
}

fn paragraph(text: &str) {
    line(&wrapped(text, "  ", "  "));
}

fn bullet(text: &str) {
    line(&wrapped(text, "  - ", "    "));
}

/// What a bullet is about, in a softer voice.
fn beneath(text: &str) {
    line(&styled(DIM, wrapped(text, "    ", "    ")));
}

fn labelled(label: &str, text: &str) -> String {
    let rest = " ".repeat(2 + label.len());
    format!("  {}{}", styled(DIM, label), wrapped(text, &rest, &rest).trim_start())
}
