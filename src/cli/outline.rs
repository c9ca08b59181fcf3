//! `viva outline`: an excellent answer in outline, with what was covered ticked. Only after an answer is kept.

use super::{
    Context, Failed, print_json,
    render::{marked, quoted, section},
    report::newest,
    terminal::{BAD, BOLD, DIM, GOOD, aside, line, styled, wrapped},
};
use crate::{
    api,
    client::{Client, ClientError},
};

/// Shows an excellent answer in outline, ticked where yours said it.
#[derive(Debug, clap::Args)]
pub struct OutlineOf {
    /// Number of the answer; the newest when absent.
    answer: Option<i64>,
}

pub async fn run(arguments: OutlineOf, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let id = match arguments.answer {
        Some(id) => id,
        None => newest(&client).await?,
    };
    let outline: api::Outline = client.get(&path(id)).await?;
    if context.json() {
        return print_json(&outline);
    }
    let mut out = vec![styled(BOLD, wrapped(&outline.question.text, "", ""))];
    write(&mut out, &outline);
    line(&out.join("\n"));
    aside(&format!("\nThe answer itself: `viva report {}`.", outline.answer));
    Ok(())
}

fn path(answer: i64) -> String {
    format!("/api/answers/{answer}/outline")
}

/// The outline of an answer; `None` where the question is in no pack.
pub async fn of(client: &Client, answer: i64) -> Result<Option<api::Outline>, Failed> {
    match client.get(&path(answer)).await {
        Ok(outline) => Ok(Some(outline)),
        Err(ClientError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Points with the words that showed them, then the outline.
pub fn write(out: &mut Vec<String>, outline: &api::Outline) {
    let shown = outline.points.iter().filter(|point| point.shown.is_some()).count();
    section(out, &format!("Points of the question: {shown} of {} heard", outline.points.len()));
    for point in &outline.points {
        let Some(shown) = &point.shown else {
            out.push(marked(BAD, "✗", &point.says));
            continue;
        };
        out.push(marked(GOOD, "✓", &point.says));
        let words = quoted(&shown.evidence, "      ");
        let place = if shown.in_follow_up { " (in a follow-up)" } else { "" };
        out.push(styled(DIM, format!("{words}{place}")));
    }
    bullets(out, outline);
}

/// What an excellent answer says, and how it may begin.
pub fn bullets(out: &mut Vec<String>, outline: &api::Outline) {
    section(out, "An excellent answer, in outline");
    out.extend(outline.outline.iter().map(|says| wrapped(says, "  - ", "    ")));
    section(out, "It may begin");
    out.push(wrapped(&format!("\u{201c}{}\u{201d}", outline.strong_opening), "  ", "  "));
}
