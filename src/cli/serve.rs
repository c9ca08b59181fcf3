//! `viva serve`

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Context, Failed};
use crate::daemon::{self, Life};

/// Runs the daemon in the foreground until it is stopped.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Ends by itself when nobody has used it for [daemon] idle_minutes.
    #[arg(long)]
    while_used: bool,
}

pub async fn run(arguments: Serve, context: &Context) -> Result<(), Failed> {
    let config = context.settings.config.clone();
    let minutes = config.daemon.idle_minutes;
    let life = match arguments.while_used && minutes > 0 {
        true => Life::WhileUsed(Duration::from_secs(minutes * 60)),
        false => Life::UntilStopped,
    };
    let cancel = CancellationToken::new();
    let listener = daemon::bind(&config, life).await?;
    tokio::spawn(stop_on_signal(cancel.clone()));
    Ok(daemon::run(config, context.paths.clone(), listener, life, cancel).await?)
}

async fn stop_on_signal(cancel: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return cancel.cancel();
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    cancel.cancel();
}
