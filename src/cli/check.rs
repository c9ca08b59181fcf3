//! `viva check`

use std::{path::PathBuf, time::Instant};

use super::{
    Context, Failed, print_json,
    terminal::{BAD, DIM, GOOD, line, styled},
};
use crate::content;

/// Checks questions, rubrics and templates: every problem with its file, line and how to mend it.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// A folder laid out like `prompts/`; the content that is built in, with your own packs, when absent.
    folder: Option<PathBuf>,
}

pub fn run(arguments: Check, context: &Context) -> Result<(), Failed> {
    let started = Instant::now();
    let problems = match &arguments.folder {
        Some(folder) => content::check_dir(folder),
        None => match content::load(Some(&context.paths.config_dir)) {
            Ok(_) => Vec::new(),
            Err(content::ContentError(problems)) => problems,
        },
    };
    if context.json() {
        print_json(&problems)?;
    } else {
        for problem in &problems {
            let line_number = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
            let place = format!("{}{line_number}", problem.file);
            line(&format!("{}: {}. {}", styled(BAD, place), problem.what, styled(DIM, &problem.remedy)));
        }
    }
    match problems.len() {
        0 if context.json() => Ok(()),
        0 => {
            let took = started.elapsed().as_millis();
            line(&styled(GOOD, format!("The content is in order ({took} ms).")));
            Ok(())
        }
        _ => Err(Failed::new(format!("{} in the content", content::count(&problems)))),
    }
}
