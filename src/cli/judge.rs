//! `viva judge`

use std::{
    collections::BTreeSet,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{
    Context, Failed, live, print_json, render,
    terminal::{aside, clear_passing, line, passing},
};
use crate::{
    api::{self, AssessmentKind},
    client::{Client, ClientError},
    content,
    interview::{assessment::Verdict, rubric::Rubric},
    llm::batch::{self, BatchEvidence, BatchLine, BatchProbe, BatchProgress, BatchResult},
};

/// Judges a kept answer (again), or a file of answers, with the LLM endpoint.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Judge {
    /// Number of a kept answer.
    #[arg(group = "what")]
    answer: Option<i64>,
    /// A file of answers, one JSON object a line: {"id","question","kind","asked_level"?,"transcript"}.
    #[arg(long, value_name = "FILE.jsonl", group = "what")]
    answers: Option<PathBuf>,
    /// Where the results go, one JSON object a line; lines that are there already are not judged again. Standard output
    /// when absent.
    #[arg(short, long, value_name = "FILE.jsonl", requires = "answers")]
    out: Option<PathBuf>,
}

pub async fn run(arguments: Judge, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    live::settle_endpoint(&client, context).await?;
    live::tell_cost(&client, context).await?;
    if let Some(file) = &arguments.answers {
        return batch(&client, file, arguments.out.as_deref(), context).await;
    }
    let id = arguments.answer.unwrap_or_default();
    let started: api::Answer = client.send(reqwest::Method::POST, &format!("/api/answers/{id}/judge"), &()).await?;
    let answer = match started.assessment.kind {
        AssessmentKind::Pending => live::wait_for_assessment(&client, id).await?,
        _ => started,
    };
    if context.json() {
        return print_json(&answer);
    }
    line(&render::answer(&answer));
    Ok(())
}

/// Judges a file of answers, one after the other, with progress; goes on where an earlier run ended.
async fn batch(client: &Client, file: &Path, out: Option<&Path>, context: &Context) -> Result<(), Failed> {
    let not_there = |error| Failed::not_there(format!("cannot read {}: {error}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(not_there)?);
    let total = std::fs::read(file)?.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    let loaded = content::load_with_own(&context.paths.config_dir).map_err(|error| Failed::new(error.to_string()))?;
    let content = loaded.content;
    let judge_one = async |line: &BatchLine| {
        let request = api::JudgeRequest {
            question: line.question.clone(),
            kind: word(line.kind),
            asked_level: line.asked_level.map(word),
            transcript: line.transcript.clone(),
        };
        let judged: Result<api::Answer, _> = client.send(reqwest::Method::POST, "/api/judge", &request).await;
        result(line, judged, content.rubric(line.kind))
    };
    let progress = |so_far: BatchProgress| passing(&format!("{} of {total} judged", so_far.done));
    let done = match out {
        Some(path) => {
            let failed = |error: std::io::Error| Failed::new(format!("cannot write {}: {error}", path.display()));
            let mut options = File::options();
            let mut writer = options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
            let known = batch::resume(&mut writer).map_err(failed)?;
            batch::run(lines, &mut writer, known, judge_one, progress).await.map_err(failed)?
        }
        None => batch::run(lines, &mut std::io::stdout(), BTreeSet::new(), judge_one, progress).await?,
    };
    clear_passing();
    aside(&format!("{} lines, {} of them there already, {} with an error.", done.done, done.skipped, done.errors));
    Ok(())
}

/// One output line. What could not be judged is "ungraded", with the reason.
fn result(line: &BatchLine, judged: Result<api::Answer, ClientError>, rubric: Option<&Rubric>) -> BatchResult {
    let dimensions = rubric.into_iter().flat_map(|rubric| &rubric.dimensions);
    let mut result = BatchResult {
        id: line.id.clone(),
        kind: line.kind,
        scores: dimensions.map(|dimension| (dimension.id.clone(), "ungraded".into())).collect(),
        evidence: Vec::new(),
        missing: Vec::new(),
        verdict: None,
        probe: None,
        why: None,
        cautions: Vec::new(),
    };
    let answer = match judged {
        Ok(answer) => answer,
        Err(error) => return BatchResult { why: Some(error.to_string()), ..result },
    };
    for dimension in &answer.assessment.dimensions {
        let score = serde_json::to_value(&dimension.level).unwrap_or_default();
        result.scores.insert(dimension.id.clone(), score);
        result.evidence.extend(dimension.evidence.iter().map(|evidence| BatchEvidence {
            dimension: dimension.id.clone(),
            check: evidence.check.clone(),
            text: evidence.text.clone(),
        }));
        let notes = dimension.notes.iter().map(|note| format!("{}: {note}", dimension.id));
        result.cautions.extend(notes);
    }
    result.missing = answer.assessment.missing;
    result.cautions.extend(answer.assessment.cautions);
    result.why = answer.assessment.why;
    result.verdict = answer.verdict.and_then(verdict);
    result.probe = answer.probe.map(|probe| BatchProbe { id: probe.id, text: probe.text, reason: probe.reason });
    result
}

/// The verdict of the wire as the domain has it.
fn verdict(verdict: api::Verdict) -> Option<Verdict> {
    let asked = serde_json::from_value(verdict.level.into()).ok()?;
    let result = serde_json::from_value(verdict.result.into()).ok()?;
    Some(Verdict { asked, result, why: verdict.why })
}

fn word(value: impl serde::Serialize) -> String {
    crate::http::convert::word(value)
}
