//! `viva history`

use super::{
    Context, Failed, print_json,
    render::when,
    terminal::{BOLD, DIM, FAIR, line, styled},
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
        let verdict = row.verdict.map_or_else(String::new, |v| format!(", {} for {}", v.result, v.level));
        let mark = if row.state == "interrupted" { styled(FAIR, " interrupted") } else { String::new() };
        let title = if row.is_probe { format!("follow-up to: {}", row.question.text) } else { row.question.text };
        line(&format!("{} {}{mark}", styled(BOLD, format!("{:>4}", row.id)), title));
        let facts = format!("{} · {} · {} words · {result}{verdict}", when(&row.started_at), row.source, row.words);
        line(&styled(DIM, format!("     {facts}")));
    }
    Ok(())
}
