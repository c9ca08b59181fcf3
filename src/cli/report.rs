//! `viva report`

use super::{Context, Failed, outline, print_json, render, terminal::line};
use crate::api;

/// Shows one answer in full: transcript, what was missing, evidence, the follow-up, an excellent answer in outline. Markdown when piped.
#[derive(Debug, clap::Args)]
pub struct Report {
    /// Number of the answer; the newest when absent.
    answer: Option<i64>,
    /// Markdown also in a terminal.
    #[arg(long)]
    markdown: bool,
}

pub async fn run(arguments: Report, context: &Context) -> Result<(), Failed> {
    use std::io::IsTerminal;
    let client = context.client().await?;
    let id = match arguments.answer {
        Some(id) => id,
        None => newest(&client).await?,
    };
    let answer: api::Answer = client.get(&format!("/api/answers/{id}")).await?;
    if context.json() {
        return print_json(&answer);
    }
    // The points are ticked in the report itself; that of a follow-up leaves the outline to the answer that it belongs to.
    let outline = match answer.answers_probe {
        None => outline::of(&client, id).await?,
        Some(_) => None,
    };
    if arguments.markdown || !std::io::stdout().is_terminal() {
        line(&render::markdown::report(&answer, outline.as_ref()));
    } else {
        let mut out = vec![render::answer(&answer)];
        if let Some(outline) = &outline {
            outline::bullets(&mut out, outline);
        }
        line(&out.join("\n"));
    }
    Ok(())
}

/// Number of the newest kept answer.
pub async fn newest(client: &crate::client::Client) -> Result<i64, Failed> {
    let rows: Vec<api::AnswerSummary> = client.get("/api/answers?limit=1").await?;
    let newest = rows.first().ok_or_else(|| Failed::not_there("no answer is kept yet: start with `viva practice`"))?;
    Ok(newest.id)
}
