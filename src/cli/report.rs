//! `viva report`

use super::{Context, Failed, print_json, render, terminal::line};
use crate::api;

/// Shows one answer in full: transcript, what was missing, evidence, the follow-up. Markdown when piped.
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
    if arguments.markdown || !std::io::stdout().is_terminal() {
        line(&render::markdown::report(&answer));
    } else {
        line(&render::answer(&answer));
    }
    Ok(())
}

/// Number of the newest kept answer.
pub async fn newest(client: &crate::client::Client) -> Result<i64, Failed> {
    let rows: Vec<api::AnswerSummary> = client.get("/api/answers?limit=1").await?;
    let newest = rows.first().ok_or_else(|| Failed::not_there("no answer is kept yet: start with `viva practice`"))?;
    Ok(newest.id)
}
