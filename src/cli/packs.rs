//! `viva packs`: which packs there are, and a new one to begin with. Reads and writes files only; needs no daemon.

use super::{
    Context, Failed, print_json,
    terminal::{BAD, BOLD, DIM, FAIR, GOOD, aside, line, styled, wrapped},
};
use crate::content::{
    listing::{self, PackReport},
    new_pack::{self, NewPackError},
};

/// More added files than this are only counted.
const MOST_NAMED: usize = 8;

/// Lists the packs of questions: shipped ones and your own, and what is wrong with them.
#[derive(Debug, clap::Args)]
pub struct Packs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Writes a pack of your own to begin with: a pack.toml and one commented question.
    New {
        /// Its name: lower-case letters, figures, and hyphens between them.
        name: String,
    },
}

pub fn run(arguments: Packs, context: &Context) -> Result<(), Failed> {
    match arguments.action {
        None => list(context),
        Some(Action::New { name }) => new(&name, context),
    }
}

fn list(context: &Context) -> Result<(), Failed> {
    let packs = listing::packs(&context.paths.config_dir).map_err(|error| Failed::new(error.to_string()))?;
    if context.json() {
        return print_json(&packs);
    }
    packs.iter().for_each(show);
    let own = context.paths.config_dir.join("packs");
    line(&styled(DIM, wrapped(&format!("\nYour own packs lie in {}.", own.display()), "", "")));
    let problems: usize = packs.iter().map(|pack| pack.problems.len()).sum();
    if problems > 0 {
        aside("`viva check` lists every problem with its remedy.");
    } else if packs.iter().all(|pack| pack.folder.is_none()) {
        aside("`viva packs new NAME` writes one to begin with.");
    }
    Ok(())
}

fn show(pack: &PackReport) {
    let whose = if pack.shipped { "shipped" } else { "yours" };
    let questions = if pack.questions == 1 { "question" } else { "questions" };
    let facts = format!("{} {questions}, {whose}", pack.questions);
    let state = match pack.left_out.is_empty() {
        true => String::new(),
        false if pack.left_out.iter().any(String::is_empty) => styled(BAD, "  left out"),
        false => styled(FAIR, "  in part"),
    };
    line(&format!("{}  {}{state}", styled(BOLD, &pack.name), styled(DIM, facts)));
    if !pack.title.is_empty() {
        line(&wrapped(&pack.title, "  ", "  "));
    }
    if let Some(folder) = &pack.folder {
        line(&styled(DIM, format!("  {folder}")));
    }
    if pack.shipped {
        named(&pack.replaces, "replaces the shipped", pack);
        let (wrong, used): (Vec<_>, Vec<_>) = pack.adds.iter().cloned().partition(|file| pack.left_out.contains(file));
        named(&wrong, "adds", pack);
        match used.len() {
            n if n > MOST_NAMED => line(&format!("  {} adds {n} files", styled(GOOD, "✓"))),
            _ => named(&used, "adds", pack),
        }
    }
    if let Some(first) = pack.problems.first() {
        let more = match pack.problems.len() {
            1 => String::new(),
            n => format!(" And {} more.", n - 1),
        };
        line(&styled(FAIR, wrapped(&format!("{first}{more}"), "  ! ", "    ")));
    }
}

/// One line for each file of one's own beside a shipped pack.
fn named(files: &[String], does: &str, pack: &PackReport) {
    for file in files {
        let text = match pack.left_out.contains(file) {
            true => format!("{} {does} {file}: not used", styled(BAD, "✗")),
            false => format!("{} {does} {file}", styled(GOOD, "✓")),
        };
        line(&format!("  {text}"));
    }
}

fn new(name: &str, context: &Context) -> Result<(), Failed> {
    let written = new_pack::write(&context.paths.config_dir, name).map_err(|error| match error {
        NewPackError::NotWritten { .. } => Failed::new(error.to_string()),
        _ => Failed::usage(error.to_string()),
    })?;
    let example = written.question.as_ref();
    if context.json() {
        return print_json(&serde_json::json!({
            "folder": written.folder, "manifest": written.manifest,
            "question": example.map(|(path, _)| path), "id": example.map(|(_, id)| id),
        }));
    }
    line(&format!("{}  {}", styled(GOOD, "Written:"), written.manifest.display()));
    match example {
        Some((path, _)) => line(&format!("          {}", path.display())),
        None => line("No example question: another pack has the like. Copy one of its questions."),
    }
    line("\nNext:");
    let first = match example {
        Some((_, id)) => {
            next(&format!("viva practice {id} --typed"), "tries the example");
            "edit the question, or copy it"
        }
        None => "put a question into questions/",
    };
    next(first, "a file and its id have the same name");
    next("viva check", "names what is wrong, where, and how to mend it");
    next(&format!("viva questions --pack {name}"), "lists them; what you change is read by itself");
    Ok(())
}

fn next(command: &str, why: &str) {
    line(&format!("  {}", styled(BOLD, command)));
    line(&format!("      {}", styled(DIM, why)));
}
