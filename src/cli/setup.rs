//! `viva setup`: what `make run` calls after the build.

use super::{
    Context, Failed, models,
    status::readiness,
    terminal::{BOLD, aside, line, styled},
};
use crate::api;

/// Fetches the configured speech model, starts the daemon, prints the readiness report and the address of the page.
#[derive(Debug, clap::Args)]
pub struct Setup {}

pub async fn run(_arguments: Setup, context: &Context) -> Result<(), Failed> {
    if let Err(failed) = models::fetch(&context.settings.config.speech.model, context).await {
        aside(&failed.message); // it starts anyway
    }
    let client = context.client().await?;
    let status: api::Status = client.get("/api/status").await?;
    line(&styled(BOLD, "\nViva is running."));
    readiness(&status.readiness);
    let link: api::PageLink = client.send(reqwest::Method::POST, "/api/links", &()).await?;
    line(&format!("\nThe page (this link works once; `viva open` makes another):\n  {}", styled(BOLD, &link.url)));
    line("Try `make demo`, or in another terminal `target/release/viva practice`.");
    Ok(())
}
