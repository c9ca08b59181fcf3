//! `viva stop`

use super::{Context, Failed, terminal::line};
use crate::{api, client::Client};

/// Stops the daemon; a live session is ended and what was said is kept.
#[derive(Debug, clap::Args)]
pub struct Stop {
    /// Ends only the live session; the daemon goes on.
    #[arg(long)]
    session: bool,
}

pub async fn run(arguments: Stop, context: &Context) -> Result<(), Failed> {
    let (client, _) = Client::find(&context.paths).await?;
    if arguments.session {
        client.command(&api::Command::Stop).await?;
        line("The session is ending; what was said is kept.");
    } else {
        client.stop(&context.paths).await?;
        line("The daemon has stopped.");
    }
    Ok(())
}
