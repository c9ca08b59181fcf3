//! `viva wrong`

use super::{
    Context, Failed, print_json,
    terminal::{aside, line},
};
use crate::api;

/// Says that a finding is wrong. It is kept with the answer and shown in the report; it changes no level.
#[derive(Debug, clap::Args)]
pub struct Wrong {
    /// Number of the answer.
    answer: i64,
    /// Number of the finding, as `viva report` prints it in brackets.
    finding: usize,
    /// Why it is wrong, in your words.
    #[arg(long, value_name = "TEXT", conflicts_with = "undo")]
    why: Option<String>,
    /// Takes it back.
    #[arg(long)]
    undo: bool,
}

pub async fn run(arguments: Wrong, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let Wrong { answer: id, finding: n, why, undo } = arguments;
    let path = format!("/api/answers/{id}/objections");
    let answer: api::Answer = match undo {
        true => client.delete(&format!("{path}?finding={n}")).await?,
        false => client.send(reqwest::Method::POST, &path, &api::NewObjection { finding: n, why }).await?,
    };
    if context.json() {
        return print_json(&answer.objections);
    }
    let says = answer.findings.iter().find(|finding| finding.n == n).map_or("", |finding| finding.says.as_str());
    line(&format!("{}: [{n}] {says}", if undo { "No longer marked as wrong" } else { "Marked as wrong" }));
    aside(&format!("No level changes; `viva report {id}` shows it."));
    Ok(())
}
