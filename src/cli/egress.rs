//! `viva egress`

use super::{
    Context, Failed, print_json,
    render::when,
    terminal::{DIM, line, styled},
};
use crate::api;

/// Shows what left this program: to which host, for what, how many bytes.
#[derive(Debug, clap::Args)]
pub struct Egress {
    /// How many of the newest.
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: usize,
    /// Takes back the agreement that text is sent to this host (host:port, as listed).
    #[arg(long, value_name = "HOST")]
    withdraw: Option<String>,
}

pub async fn run(arguments: Egress, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    if let Some(host) = arguments.withdraw {
        let choice = api::EndpointChoice { withdraw_host: Some(host.clone()), ..Default::default() };
        client.send::<api::EndpointState>(reqwest::Method::PUT, "/api/endpoint", &choice).await?;
        line(&format!("Nothing more is sent to {host} until you agree again."));
        return Ok(());
    }
    let entries: Vec<api::EgressEntry> = client.get(&format!("/api/egress?limit={}", arguments.limit)).await?;
    if context.json() {
        return print_json(&entries);
    }
    if entries.is_empty() {
        line("No call off this program is on record.");
    }
    let widest = entries.iter().map(|entry| entry.host.chars().count()).max().unwrap_or_default();
    for entry in entries {
        let bytes = format!("{} out, {} in", size(entry.bytes_out), size(entry.bytes_in));
        let (at, outcome) = (styled(DIM, when(&entry.at)), styled(DIM, &entry.outcome));
        line(&format!("{at}  {:<widest$}  {:<8} {bytes:<22} {outcome}", entry.host, entry.purpose));
    }
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
