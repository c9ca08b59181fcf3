//! `viva models`

use super::{
    Context, Failed, print_json,
    terminal::{BOLD, DIM, FAIR, GOOD, line, styled},
};
use crate::speech::{
    download,
    models::{self, Installed},
};

/// Lists the speech models, or fetches one.
#[derive(Debug, clap::Args)]
pub struct Models {
    /// Fetches this model (the configured one without a name); goes on where an earlier try ended.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    fetch: Option<String>,
}

pub async fn run(arguments: Models, context: &Context) -> Result<(), Failed> {
    let configured = context.settings.config.speech.model.clone();
    let folder = context.paths.models();
    if let Some(name) = arguments.fetch {
        let name = if name.is_empty() { configured } else { name };
        return fetch(&name, context).await;
    }
    let rows = models::installed(&folder);
    if context.json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(model, installed)| {
                serde_json::json!({
                    "name": model.name, "file": model.file, "bytes": model.bytes, "configured": model.name == configured,
                    "installed": matches!(installed, Installed::Ready),
                })
            })
            .collect();
        return print_json(&rows);
    }
    for (model, installed) in rows {
        let state = match installed {
            Installed::Ready => styled(GOOD, "here"),
            Installed::Absent => styled(DIM, "not here"),
            _ => styled(FAIR, "unfinished"),
        };
        let chosen = if model.name == configured { styled(GOOD, " (configured)") } else { String::new() };
        let megabytes = format!("{:>5} MB", model.bytes / 1_000_000);
        line(&format!("{} {} {state}{chosen}", styled(BOLD, format!("{:<18}", model.name)), styled(DIM, megabytes)));
    }
    line(&styled(DIM, format!("Folder: {}. Fetch one with `viva models --fetch NAME`.", folder.display())));
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
    let path = fetched.map_err(|error| Failed { code: 6, message: error.to_string() })?;
    line(&format!("The speech model {name} is at {}.", path.display()));
    Ok(())
}
