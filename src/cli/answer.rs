//! `viva answer`

use std::{
    io::{IsTerminal, Read},
    path::PathBuf,
};

use super::{
    Context, Failed, live, print_json, render,
    terminal::{aside, line},
};
use crate::api::{self, AssessmentKind};

/// Answers one question with a recording or a text, and shows what was missing.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub struct Answer {
    /// Id of a question (`viva questions`), or a question in free words.
    #[arg(short, long)]
    question: String,
    /// A WAV file of any rate, width and channel count.
    #[arg(long, value_name = "FILE", group = "input")]
    wav: Option<PathBuf>,
    /// A text file, or - for standard input.
    #[arg(long, value_name = "FILE", group = "input")]
    text: Option<PathBuf>,
    /// mid, senior or staff.
    #[arg(long)]
    level: Option<String>,
    /// For a question in free words: design, concept or behavioural.
    #[arg(long)]
    kind: Option<String>,
    /// Does not ask the LLM endpoint: practice signal only.
    #[arg(long)]
    no_judge: bool,
}

pub async fn run(arguments: Answer, context: &Context) -> Result<(), Failed> {
    let input = read_input(&arguments)?; // before a daemon is started for nothing
    let client = context.client().await?;
    if !arguments.no_judge {
        live::settle_endpoint(&client, context).await?;
        live::tell_cost(&client, context).await?;
    }
    let judge = Some(!arguments.no_judge);
    let asked = arguments.question.clone();
    let (level, kind) = (arguments.level.clone(), arguments.kind.clone());
    let sent = match input {
        Input::Text(text) => {
            let body = api::NewAnswer { question: asked, text, level, kind, judge, client: Some("viva answer".into()) };
            client.send(reqwest::Method::POST, "/api/answers", &body).await?
        }
        Input::Wav(file, name) => {
            let about = api::NewRecording {
                question: asked,
                level,
                kind,
                judge,
                client: Some("viva answer".into()),
                name: Some(name),
                real_time: None,
            };
            let showing = live::show_progress(&client, context).await?;
            let sent = client.send_recording(file, &about).await;
            showing.abort();
            super::terminal::clear_passing();
            sent?
        }
    };
    let answer: api::Answer = sent;
    let Some(id) = answer.id.filter(|_| answer.assessment.kind == AssessmentKind::Pending) else {
        return show(&answer, context);
    };
    if !context.json() && std::io::stdout().is_terminal() {
        line(&render::answer(&answer)); // the practice signal at once
        aside("The endpoint is judging …");
    }
    let judged = live::wait_for_assessment(&client, id).await?;
    show(&judged, context)
}

fn show(answer: &api::Answer, context: &Context) -> Result<(), Failed> {
    if context.json() {
        return print_json(answer);
    }
    line(&render::answer(answer));
    if let (Some(id), Some(_)) = (answer.id, &answer.question.id) {
        aside(&format!("\nKept as answer {id}: `viva outline {id}` ticks what you said in an excellent answer."));
    }
    Ok(())
}

enum Input {
    Text(String),
    Wav(std::fs::File, String),
}

fn read_input(arguments: &Answer) -> Result<Input, Failed> {
    if let Some(path) = &arguments.wav {
        let failed = |error| Failed::not_there(format!("cannot read {}: {error}", path.display()));
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        return Ok(Input::Wav(std::fs::File::open(path).map_err(failed)?, name));
    }
    let path = arguments.text.clone().unwrap_or_else(|| "-".into());
    let mut text = String::new();
    if path.as_os_str() == "-" {
        if std::io::stdin().is_terminal() {
            aside("Type the answer, then Ctrl-D.");
        }
        let mut input = std::io::stdin().take(api::MAX_TEXT as u64 + 1);
        input.read_to_string(&mut text).map_err(|_| Failed::usage("the text on standard input is not UTF-8"))?;
    } else {
        let failed = |error| Failed::not_there(format!("cannot read {}: {error}", path.display()));
        text = std::fs::read_to_string(&path).map_err(failed)?;
    }
    if text.trim().is_empty() {
        return Err(Failed::usage("the answer is empty"));
    }
    Ok(Input::Text(text))
}
