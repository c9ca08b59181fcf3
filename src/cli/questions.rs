//! `viva questions`

use std::io::IsTerminal;

use super::{
    Context, Failed, print_json,
    terminal::{ACCENT, BOLD, DIM, GOOD, aside, clipped, line, styled, wrapped},
};
use crate::api;

/// So many or fewer are shown with all their words; longer lists have one line for each question.
const IN_FULL: usize = 12;
/// Room for ids in a long list; a longer one takes from the words beside it.
const LONGEST_ID: usize = 26;

/// Lists the questions that can be asked, by kind and family; filters combine.
///
/// Twelve or fewer are shown with all their words, more with one line each. `viva show ID` shows one, `viva practice ID` asks it.
#[derive(Debug, clap::Args)]
pub struct Questions {
    /// Only of this kind: design, concept, behavioural, coaching.
    #[arg(long)]
    kind: Option<String>,
    /// Only of this family, by id or title.
    #[arg(long)]
    family: Option<String>,
    /// Only so difficult: easy, medium, hard.
    #[arg(long)]
    difficulty: Option<String>,
    /// Only those that suit this level: mid, senior, staff.
    #[arg(long)]
    level: Option<String>,
    /// Only those whose answer takes at most so many minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<u32>,
    /// Only those whose deep dive tests this dimension, e.g. reliability or "data model".
    #[arg(long, value_name = "DIMENSION")]
    hard_part: Option<String>,
    /// Only of this pack (`viva packs` lists them).
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
    /// Only those with all these words in their id, their words, the title of their family or what they test.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

pub async fn list(arguments: Questions, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let filter = api::QuestionFilter {
        kind: arguments.kind,
        pack: arguments.pack,
        family: arguments.family,
        difficulty: arguments.difficulty,
        level: arguments.level,
        minutes: arguments.minutes,
        hard_part: arguments.hard_part,
        search: arguments.search,
    };
    let found: Vec<api::QuestionSummary> = client.get_with("/api/questions", &filter).await?;
    if context.json() {
        return print_json(&found);
    }
    if found.is_empty() {
        line(&wrapped(&format!("No question is all of this: {}.", words_of(&filter).join(", ")), "", ""));
        aside("`viva questions` lists them all.");
        return Ok(());
    }
    let is_short = found.len() <= IN_FULL;
    let longest = found.iter().map(|question| question.id.chars().count()).max().unwrap_or_default();
    let room = longest.min(LONGEST_ID);
    for (kind, of_kind) in groups(&found, |question| &question.kind) {
        line(&format!("\n{}  {}", styled(ACCENT, capital(kind)), styled(DIM, of_kind.len())));
        for (family, of_family) in groups(of_kind, |question| &question.family_title) {
            line(&format!("  {}", styled(DIM, family)));
            of_family.iter().for_each(|question| if is_short { in_full(question) } else { in_a_line(question, room) });
        }
    }
    line(&format!("\n{}", count(&found, &filter)));
    aside("`viva show ID` shows one, `viva practice ID` asks it. Filters: `--help`.");
    Ok(())
}

/// Neighbours with the same key.
fn groups<'a, K: PartialEq + ?Sized>(
    questions: &'a [api::QuestionSummary],
    key: impl Fn(&'a api::QuestionSummary) -> &'a K,
) -> Vec<(&'a K, &'a [api::QuestionSummary])> {
    let same = |a: &&'a api::QuestionSummary, b: &&'a api::QuestionSummary| key(a) == key(b);
    let mut groups = Vec::new();
    let mut start = 0;
    while start < questions.len() {
        let first = &questions[start];
        let length = questions[start..].iter().take_while(|question| same(&first, question)).count();
        groups.push((key(first), &questions[start..start + length]));
        start += length;
    }
    groups
}

fn in_a_line(question: &api::QuestionSummary, room: usize) {
    let facts = format!("{:<6} {:>2} min", question.difficulty, question.minutes);
    let before = format!("  {} {:<room$}  {facts}  ", mark(question), question.id);
    let text = match std::io::stdout().is_terminal() {
        true => clipped(&question.text, before.chars().count()),
        false => question.text.clone(), // for whoever greps it
    };
    let id = format!("{:<room$}", question.id);
    let mark = styled(GOOD, mark(question));
    line(&format!("  {mark} {}  {}  {text}", styled(BOLD, id), styled(DIM, facts)));
}

fn in_full(question: &api::QuestionSummary) {
    let hard: Vec<String> = question.hard_part.iter().map(|part| part.title.to_lowercase()).collect();
    let mut facts = vec![question.difficulty.clone(), format!("{} min", question.minutes), question.levels.join(", ")];
    facts.extend((!hard.is_empty()).then(|| format!("hard part: {}", hard.join(", "))));
    let id = styled(BOLD, &question.id);
    line(&format!("  {} {id}  {}", styled(GOOD, mark(question)), styled(DIM, facts.join(" · "))));
    line(&wrapped(&question.text, "      ", "      "));
}

fn mark(question: &api::QuestionSummary) -> &'static str {
    if question.answered { "✓" } else { " " }
}

/// "14 questions of kind concept, at most 3 minutes; 2 answered (✓)."
fn count(found: &[api::QuestionSummary], filter: &api::QuestionFilter) -> String {
    let answered = found.iter().filter(|question| question.answered).count();
    let questions = if found.len() == 1 { "question" } else { "questions" };
    let narrowed = words_of(filter);
    let narrowed = if narrowed.is_empty() { String::new() } else { format!(" ({})", narrowed.join(", ")) };
    let done = match answered {
        0 => "none answered yet".to_owned(),
        n => format!("{n} answered ✓"),
    };
    format!("{} {questions}{narrowed}, {done}.", found.len())
}

/// The filter in words.
fn words_of(filter: &api::QuestionFilter) -> Vec<String> {
    let minutes = filter.minutes.map(|minutes| match minutes {
        1 => "at most 1 minute".to_owned(),
        n => format!("at most {n} minutes"),
    });
    let named = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what} {value}"));
    let words = [
        named("kind", &filter.kind),
        named("pack", &filter.pack),
        named("family", &filter.family),
        named("difficulty", &filter.difficulty),
        named("level", &filter.level),
        minutes,
        named("hard part", &filter.hard_part),
        filter.search.as_ref().map(|text| format!("with \u{201c}{text}\u{201d}")),
    ];
    words.into_iter().flatten().collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An id as a part of a path.
pub fn encoded(id: &str) -> String {
    id.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}
