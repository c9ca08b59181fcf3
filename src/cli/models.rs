//! `viva models`

use super::{
    Context, Failed, print_json,
    terminal::{BOLD, DIM, FAIR, GOOD, line, styled, wrapped},
};
use crate::{
    speech::{
        download,
        models::{self, Installed},
    },
    store::Store,
};

/// Lists the speech models, or fetches one.
#[derive(Debug, clap::Args)]
pub struct Models {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Fetches a model; goes on where an earlier try ended.
    Fetch {
        /// Name from the list; the configured one when absent.
        name: Option<String>,
    },
}

pub async fn run(arguments: Models, context: &Context) -> Result<(), Failed> {
    let configured = context.settings.config.speech.model.clone();
    let folder = context.paths.models();
    if let Some(Action::Fetch { name }) = arguments.action {
        return fetch(&name.unwrap_or(configured), context).await;
    }
    let rows = models::installed(&folder);
    if context.json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(model, installed)| {
                serde_json::json!({
                    "name": model.name, "file": model.file, "bytes": model.bytes, "configured": model.name == configured,
                    "installed": matches!(installed, Installed::Yes | Installed::Bundled),
                })
            })
            .collect();
        return print_json(&rows);
    }
    for (model, installed) in rows {
        let state = match installed {
            Installed::Yes => styled(GOOD, "here"),
            Installed::No => styled(DIM, "not here"),
            Installed::WrongSize(_) => styled(FAIR, "damaged: fetch it again"),
            Installed::Bundled => styled(DIM, "bundled, for tests and the demonstration"),
        };
        let chosen = if model.name == configured { styled(GOOD, " (configured)") } else { String::new() };
        let megabytes = format!("{:>5} MB", model.bytes / 1_000_000);
        line(&format!("{} {} {state}{chosen}", styled(BOLD, format!("{:<18}", model.name)), styled(DIM, megabytes)));
    }
    let folder = format!("Folder: {}. Fetch one with `viva models fetch NAME`.", folder.display());
    line(&styled(DIM, wrapped(&folder, "", "")));
    Ok(())
}

/// Fetches a model with progress, unless it is there.
pub async fn fetch(name: &str, context: &Context) -> Result<(), Failed> {
    let folder = context.paths.models();
    let known = models::all().iter().find(|model| model.name == name);
    let Some(model) = known else {
        return models::ready(name, &folder).map(|_| ()).map_err(|error| Failed::not_there(error.to_string()));
    };
    if models::ready(name, &folder).is_ok() {
        line(&format!("The speech model {name} is here."));
        return Ok(());
    }
    let style = "  {spinner} {bytes} of {total_bytes} {wide_bar} {eta} left";
    let bar = indicatif::ProgressBar::new(model.bytes);
    if let Ok(style) = indicatif::ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    let fetched = download::download(model, &folder, |progress| bar.set_position(progress.done)).await;
    bar.finish_and_clear();
    let fetched = fetched.map_err(|error| Failed { code: 6, message: error.to_string() })?;
    if let Some(host) = fetched.host {
        let store = Store::open(&context.paths.data_dir).map_err(|error| Failed::new(error.to_string()))?;
        let noted = store.record_egress(host, "models", (0, fetched.received), "answered".into()).await;
        noted.map_err(|error| Failed::new(error.to_string()))?;
    }
    line(&format!("The speech model {name} is at {}.", fetched.path.display()));
    Ok(())
}
