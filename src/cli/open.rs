//! `viva open`

use super::{
    Context, Failed, print_json,
    terminal::{aside, line},
};
use crate::api;

/// Opens the page in the browser with a link that works once, within five minutes.
#[derive(Debug, clap::Args)]
pub struct Open {
    /// Only prints the link.
    #[arg(long)]
    print: bool,
}

pub async fn run(arguments: Open, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let link: api::PageLink = client.send(reqwest::Method::POST, "/api/links", &()).await?;
    if context.json() {
        return print_json(&link);
    }
    line(&link.url);
    if arguments.print {
        return Ok(());
    }
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = std::process::Command::new(opener)
        .arg(&link.url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if started.is_err() {
        aside("No browser could be started: copy the link into one on this machine.");
    }
    Ok(())
}
