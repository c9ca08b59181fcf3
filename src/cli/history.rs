//! `viva history`

use super::{
    Context, Failed, print_json,
    render::when,
    terminal::{BOLD, DIM, FAIR, line, styled, wrapped},
};
use crate::api::{self, AssessmentKind};

/// Lists the kept answers, the newest first.
#[derive(Debug, clap::Args)]
pub struct History {
    /// How many of the newest.
    #[arg(short = 'n', long, default_value_t = 20)]
    limit: usize,
}

pub async fn run(arguments: History, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let rows: Vec<api::AnswerSummary> = client.get(&format!("/api/answers?limit={}", arguments.limit)).await?;
    if context.json() {
        return print_json(&rows);
    }
    if rows.is_empty() {
        line("No answer is kept yet. Start with `viva practice`.");
    }
    for row in rows {
        let result = match (row.assessment, row.mean_level) {
            (AssessmentKind::Judged, Some(mean)) => format!("mean level {mean:.1}"),
            (AssessmentKind::Ungraded, _) => "ungraded".to_owned(),
            _ if row.points > 0 => format!("{} of {} points heard", row.points_heard, row.points),
            _ => "kept".to_owned(),
        };
        let verdict = row.verdict.map_or_else(String::new, |v| match v.result.as_str() {
            "below" => format!(", below {} level", v.level),
            result => format!(", {result} at {} level", v.level),
        });
        let mark = if row.state == "interrupted" { styled(FAIR, " interrupted") } else { String::new() };
        let title = wrapped(&row.asked, "     ", "     ");
        line(&format!("{} {}{mark}", styled(BOLD, format!("{:>4}", row.id)), title.trim_start()));
        let counted = if row.words == 1 { "1 word".to_owned() } else { format!("{} words", row.words) };
        let kind = if row.is_probe { "follow-up · " } else { "" };
        let facts = format!("{kind}{} · {} · {counted} · {result}{verdict}", when(&row.started_at), row.source);
        line(&styled(DIM, wrapped(&facts, "     ", "     ")));
    }
    Ok(())
}
