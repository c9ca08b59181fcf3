//! `viva judge`

use std::path::PathBuf;

use super::{
    Context, Failed, live, print_json, render,
    terminal::{aside, clear_passing, line, passing},
};
use crate::{
    api::{self, AssessmentKind, EndpointStateKind, LevelOrNot},
    llm::batch,
};

/// Judges a kept answer (again), or a file of answers, with the LLM endpoint.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Judge {
    /// Number of a kept answer.
    #[arg(group = "what")]
    answer: Option<i64>,
    /// A file of answers, one JSON object a line: {"id","question","kind","asked_level"?,"transcript"}.
    #[arg(long, value_name = "FILE.jsonl", group = "what")]
    answers: Option<PathBuf>,
    /// Where the results go, one JSON object a line; lines that are there already are not judged again. Standard output
    /// when absent.
    #[arg(short, long, value_name = "FILE.jsonl", requires = "answers")]
    out: Option<PathBuf>,
}

pub async fn run(arguments: Judge, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    live::settle_endpoint(&client, context).await?;
    if let Some(file) = &arguments.answers {
        return batch(&client, file, arguments.out.as_deref(), context).await;
    }
    let id = arguments.answer.unwrap_or_default();
    let started: api::Answer = client.send(reqwest::Method::POST, &format!("/api/answers/{id}/judge"), &()).await?;
    let answer = match started.assessment.kind {
        AssessmentKind::Pending => live::wait_for_assessment(&client, id).await?,
        _ => started,
    };
    if context.json() {
        return print_json(&answer);
    }
    line(&render::answer(&answer));
    Ok(())
}
