//! `viva status`

use super::{
    Context, Failed, print_json,
    terminal::{ACCENT, BAD, BOLD, DIM, GOOD, line, styled, wrapped},
};
use crate::{api, client::Client};

/// Shows whether the daemon runs, what is ready, and who holds the live session.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// Starts the daemon if none runs.
    #[arg(long)]
    start: bool,
}

pub async fn run(arguments: Status, context: &Context) -> Result<(), Failed> {
    if arguments.start {
        context.client().await?;
    }
    let (_, status) = Client::find(&context.paths).await?;
    if context.json() {
        return print_json(&status);
    }
    line(&format!("{} version {}, process {}", styled(BOLD, "Viva daemon"), status.version, status.pid));
    if let Some(live) = &status.live {
        line(&format!("{} {} is at \"{}\"", styled(ACCENT, "live:"), live.client, live.question));
    }
    readiness(&status.readiness);
    Ok(())
}

/// The readiness report: each part ready, or the one sentence that mends it.
pub fn readiness(parts: &[api::Readiness]) {
    for part in parts {
        let mark = if part.ready { styled(GOOD, "ready  ") } else { styled(BAD, "missing") };
        let name = format!("{:<12}", part.part);
        let indent = " ".repeat(25);
        let text = wrapped(&part.detail, &indent, &indent);
        line(&format!("  {mark}  {}  {}", styled(BOLD, name), styled(DIM, text.trim_start())));
    }
}
