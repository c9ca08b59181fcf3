//! `viva config`

use std::io::IsTerminal;

use super::{
    Context, Failed, print_json,
    terminal::{ACCENT, DIM, line, styled, wrapped},
};

/// Prints every setting with its value and the layer it came from.
#[derive(Debug, clap::Args)]
pub struct Config {
    /// Prints only where your config file is (or would be).
    #[arg(long)]
    path: bool,
}

pub fn run(arguments: Config, context: &Context) -> Result<(), Failed> {
    let file = context.paths.config_file();
    if arguments.path {
        line(&file.display().to_string());
        return Ok(());
    }
    let settings = &context.settings.settings;
    if context.json() {
        let rows: Vec<_> = settings
            .iter()
            .map(
                |s| serde_json::json!({"key": s.key, "value": s.value, "layer": s.layer.to_string(), "about": s.about}),
            )
            .collect();
        return print_json(&rows);
    }
    let mut section = "";
    for setting in settings {
        let (name, key) = setting.key.split_once('.').unwrap_or(("", &setting.key));
        if name != section {
            line(&format!("\n[{}]", styled(ACCENT, name)));
            section = name;
        }
        let value = format!("{key} = {}", setting.value);
        line(&format!("{value:<34} {}", styled(DIM, beside(&value, &format!("{}: {}", setting.layer, setting.about)))));
    }
    line(&format!("\n{}", styled(DIM, format!("Your file: {}", file.display()))));
    Ok(())
}

/// The sentence about a setting in the columns beside it, where a terminal has too few for one line; else it stays one line.
fn beside(value: &str, about: &str) -> String {
    let indent = format!("{:35}# ", "");
    if !std::io::stdout().is_terminal() {
        return format!("# {about}");
    }
    let about = wrapped(about, &indent, &indent);
    if value.chars().count() > 34 { format!("\n{about}") } else { about.trim_start().to_owned() }
}
