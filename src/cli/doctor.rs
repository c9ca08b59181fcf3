//! `viva doctor`

use super::{
    Context, Failed, print_json,
    status::readiness,
    terminal::{BOLD, DIM, line, styled},
};
use crate::api::{self, EndpointStateKind};

/// Looks at every part anew and says what would mend what is missing.
#[derive(Debug, clap::Args)]
pub struct Doctor {}

pub async fn run(_arguments: Doctor, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let endpoint: api::EndpointState = client.get("/api/endpoint").await?; // looks again
    let status: api::Status = client.get("/api/status").await?;
    if context.json() {
        return print_json(&serde_json::json!({"readiness": status.readiness, "endpoint": endpoint}));
    }
    line(&styled(BOLD, "What is ready"));
    readiness(&status.readiness);
    if endpoint.state != EndpointStateKind::None {
        for found in &endpoint.found {
            line(&styled(DIM, format!("  {} at {}: {}", found.server, found.url, found.models.join(", "))));
        }
    }
    line(&styled(DIM, format!("\n  settings: {}", context.paths.config_file().display())));
    line(&styled(DIM, format!("  history:  {}", context.paths.data_dir.display())));
    line(&styled(DIM, format!("  log:      {}", context.paths.log_file().display())));
    let missing: Vec<_> = status.readiness.iter().filter(|part| !part.ready).map(|part| part.part.as_str()).collect();
    match missing.as_slice() {
        [] => Ok(()),
        parts => Err(Failed { code: 6, message: format!("not ready: {}; the rest works", parts.join(", ")) }),
    }
}
