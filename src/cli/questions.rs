//! `viva questions` and `viva show`

use super::{
    Context, Failed, print_json,
    terminal::{ACCENT, BOLD, DIM, GOOD, line, styled, wrapped},
};
use crate::api;

/// Lists the questions that can be asked, by kind.
#[derive(Debug, clap::Args)]
pub struct Questions {
    /// Only of this kind: design, concept, behavioural, coaching.
    #[arg(long)]
    kind: Option<String>,
    /// Only those whose words or id contain this.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

pub async fn list(arguments: Questions, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let mut all: Vec<api::QuestionSummary> = client.get("/api/questions").await?;
    if let Some(kind) = &arguments.kind {
        all.retain(|question| question.kind.eq_ignore_ascii_case(kind));
    }
    if let Some(text) = arguments.search.map(|text| text.to_lowercase()) {
        all.retain(|question| question.text.to_lowercase().contains(&text) || question.id.contains(&text));
    }
    if context.json() {
        return print_json(&all);
    }
    all.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
    let mut kind = String::new();
    for question in all {
        if question.kind != kind {
            line(&format!("\n{}", styled(ACCENT, &question.kind)));
            kind.clone_from(&question.kind);
        }
        let done = if question.answered { styled(GOOD, " answered") } else { String::new() };
        let facts = format!("{}, {} min", question.difficulty, question.minutes);
        line(&format!("  {}  {}{done}", styled(BOLD, format!("{:<26}", question.id)), styled(DIM, facts)));
        line(&wrapped(&question.text, "    ", "    "));
    }
    Ok(())
}

/// Shows one question; what a good answer says stays hidden until you have answered it.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Id of the question.
    id: String,
    /// Shows everything before you have answered.
    #[arg(long)]
    spoil: bool,
}

pub async fn show(arguments: Show, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let path = format!("/api/questions/{}?spoil={}", encoded(&arguments.id), arguments.spoil);
    let page: api::QuestionPage = client.get(&path).await?;
    if context.json() {
        return print_json(&page);
    }
    let summary = &page.summary;
    line(&styled(BOLD, wrapped(&summary.text, "", "")));
    let levels = summary.levels.join(", ");
    let facts =
        format!("{} · {} · {} · {} min · {levels}", summary.id, summary.kind, summary.difficulty, summary.minutes);
    line(&styled(DIM, facts));
    section("What it tests", &[page.tests]);
    if !page.hard_part.is_empty() {
        section("The hard part", &[page.hard_part.join(", ").replace('_', " ")]);
    }
    section("How to tell it", &[page.tip]);
    let Some(hidden) = page.hidden else {
        line(&format!("\n{}", styled(DIM, "The rest shows after you have answered, or with --spoil.")));
        return Ok(());
    };
    section("A weak opening", &[hidden.weak_opening]);
    section("A strong opening", &[hidden.strong_opening]);
    section("What a good answer says", &hidden.points);
    section("Told when asked", &hidden.constraints);
    section("Outline of an excellent answer", &hidden.outline);
    section("Follow-ups", &hidden.probes);
    let facts: Vec<_> = hidden.facts.iter().map(|fact| format!("{} ({})", fact.says, fact.source)).collect();
    section("Where to read on", &facts);
    Ok(())
}

fn section(title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    line(&format!("\n{}", styled(ACCENT, title)));
    let mark = if lines.len() > 1 { "  - " } else { "  " };
    let rest = " ".repeat(mark.len());
    lines.iter().for_each(|text| line(&wrapped(text, mark, &rest)));
}

/// An id as a part of a path.
fn encoded(id: &str) -> String {
    id.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}
