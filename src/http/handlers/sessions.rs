//! Interactive sessions, and what they are about.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::Deserialize;

use crate::{
    api,
    audio::wav::Pace,
    http::{App, Failure, convert},
    interview::question::{AskedLevel, Kind},
    session::{Asked, Command, DrillPlan, Ear, Plan},
    store::AnswerId,
};

/// Rungs of a drill where nothing else is wanted.
const USUAL_RUNGS: u8 = 4;

/// Starts a session with the microphone or with typing.
#[utoipa::path(post, path = "/api/sessions", request_body = api::StartSession,
    responses((status = 201, body = api::Started), (status = 409, body = api::ApiError), (status = 503, body = api::ApiError)))]
pub async fn start_session(
    State(app): State<Arc<App>>,
    body: Result<Json<api::StartSession>, JsonRejection>,
) -> Result<(StatusCode, Json<api::Started>), Failure> {
    let Json(wanted) = body.map_err(bad_json)?;
    let demonstration = is_demonstration(wanted.ear);
    let question = question_of(&app, &wanted).await?;
    let drill = match &wanted.drill {
        Some(_) if demonstration => return Err(Failure::bad_request("nobody can be drilled in a demonstration")),
        Some(drill) => Some(drill_plan(&app, &question, drill)?),
        None => None,
    };
    let settings = &app.workers.config.practice;
    let plan = Plan {
        question,
        level: level(wanted.level.as_deref())?.unwrap_or(settings.level),
        probes: match drill {
            Some(_) => wanted.probes.unwrap_or(USUAL_RUNGS).clamp(1, 6),
            None => wanted.probes.unwrap_or(settings.probes).min(6),
        },
        speak: wanted.speak.unwrap_or(true),
        judge: !demonstration,
        ear: match wanted.ear {
            api::Ear::Microphone => Ear::Microphone,
            api::Ear::Typed => Ear::Typed,
            api::Ear::Demonstration => Ear::Demonstration { pace: Pace::RealTime },
            api::Ear::DemonstrationFast => Ear::Demonstration { pace: Pace::AsFastAsPossible },
        },
        drill,
        client: clipped(&wanted.client),
    };
    let question = convert::asked(&plan.question);
    let hands_free = app.workers.is_hands_free(&plan);
    let started = app.session.start(plan).await?;
    Ok((StatusCode::CREATED, Json(api::Started { session: started.session.0, question, hands_free })))
}

fn is_demonstration(ear: api::Ear) -> bool {
    matches!(ear, api::Ear::Demonstration | api::Ear::DemonstrationFast)
}

/// What is asked: what was wanted, what an answer to drill on was about, or whatever comes next.
async fn question_of(app: &App, wanted: &api::StartSession) -> Result<Asked, Failure> {
    match (&wanted.question, wanted.drill.as_ref().and_then(|drill| drill.on)) {
        (Some(_), Some(_)) => {
            Err(Failure::bad_request("a drill on an answer is about its question: name one of the two only"))
        }
        (None, Some(answer)) => question_answered(app, AnswerId(answer)).await,
        (Some(question), None) => asked(app, question, None),
        (None, None) if is_demonstration(wanted.ear) => asked(app, crate::session::demonstration::QUESTION, None),
        (None, None) => next_question(app).await,
    }
}

/// The question of an answer that can be drilled on.
async fn question_answered(app: &App, id: AnswerId) -> Result<Asked, Failure> {
    let record = app.workers.store.answer(id).await?;
    let refused = |why: String| Err(Failure::bad_request(why));
    match record.opening {
        Some(opening) => {
            return refused(format!(
                "answer {} is a reply to a follow-up: drill on answer {} instead",
                id.0, opening.0
            ));
        }
        None if record.answers_probe.is_some() => {
            return refused(format!("answer {} is a reply to a follow-up: drill on another", id.0));
        }
        None if record.transcript.is_empty() => {
            return refused(format!("answer {} holds no words to press on: drill on another", id.0));
        }
        None => {}
    }
    Ok(Asked { id: record.question, text: record.question_text, kind: record.kind })
}

fn drill_plan(app: &App, question: &Asked, wanted: &api::DrillWanted) -> Result<DrillPlan, Failure> {
    let tempers = &app.workers.pack_of(question.id.as_deref()).interviewers.tempers;
    let temper = wanted.temper.as_deref().unwrap_or("neutral").trim().to_lowercase();
    if wanted.temper.is_some() && !tempers.iter().any(|known| known.id == temper) {
        let known: Vec<&str> = tempers.iter().map(|temper| temper.id.as_str()).collect();
        return Err(Failure::bad_request(format!("there is no temper `{temper}`: use {}", known.join(", "))));
    }
    Ok(DrillPlan { temper, on: wanted.on.map(AnswerId) })
}

/// Tells the live session something.
#[utoipa::path(post, path = "/api/sessions/current/commands", request_body = api::Command,
    responses((status = 202), (status = 409, body = api::ApiError)))]
pub async fn command(
    State(app): State<Arc<App>>,
    body: Result<Json<api::Command>, JsonRejection>,
) -> Result<StatusCode, Failure> {
    let Json(command) = body.map_err(bad_json)?;
    let command = match command {
        api::Command::EndTurn => Command::EndTurn,
        api::Command::Answer { text } => Command::Answer(fine_text(&text)?.to_owned()),
        api::Command::Repeat => Command::Repeat,
        api::Command::Skip => Command::Skip,
        api::Command::Stop => Command::Stop,
        api::Command::Hold => Command::Hold,
    };
    app.session.command(command).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The question of an id, or free words as a question of their own.
pub(super) fn asked(app: &App, question: &str, kind: Option<&str>) -> Result<Asked, Failure> {
    let content = app.workers.content();
    let question = question.trim();
    if let Some((_, known)) = content.question(question).or_else(|| content.question_by_words(question)) {
        return Ok(Asked::known(known));
    }
    if !question.contains(' ') {
        return Err(no_such_question(app, question));
    }
    if question.len() > 2_000 {
        return Err(Failure::bad_request("the question is longer than 2000 characters"));
    }
    Ok(Asked { id: None, text: question.to_owned(), kind: self::kind(kind)?.unwrap_or(Kind::Design) })
}

/// A question that was never answered, else the one answered longest ago.
async fn next_question(app: &App) -> Result<Asked, Failure> {
    let answered = app.workers.store.answered_questions().await?;
    let content = app.workers.content();
    let mut all = content.packs.values().flat_map(|pack| pack.questions.values());
    let fresh = all.find(|question| question.kind != Kind::Coaching && !answered.contains(&question.id));
    let oldest = || answered.iter().find_map(|id| content.question(id)).map(|(_, question)| question);
    let question = fresh.or_else(oldest);
    question.map(Asked::known).ok_or_else(|| Failure::not_found("there is no question in any pack"))
}

pub(super) fn no_such_question(app: &App, id: &str) -> Failure {
    let nearest = app.workers.content().nearest_question_id(id);
    let hint = nearest.map_or_else(String::new, |nearest| format!(" Did you mean `{nearest}`?"));
    Failure::not_found(format!("there is no question `{id}`.{hint} `viva questions` lists them all"))
}

pub(super) fn level(text: Option<&str>) -> Result<Option<AskedLevel>, Failure> {
    parsed(text, "level", "mid, senior or staff")
}

pub(super) fn kind(text: Option<&str>) -> Result<Option<Kind>, Failure> {
    parsed(text, "kind", "design, concept, behavioural or pressure")
}

fn parsed<T: for<'a> Deserialize<'a>>(text: Option<&str>, what: &str, words: &str) -> Result<Option<T>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let value = serde_json::from_value(text.to_lowercase().into());
    value.map(Some).map_err(|_| Failure::bad_request(format!("there is no {what} `{text}`: use {words}")))
}

pub(super) fn fine_text(text: &str) -> Result<&str, Failure> {
    match text.trim() {
        "" => Err(Failure::bad_request("the answer is empty")),
        text if text.len() > api::MAX_TEXT => {
            Err(Failure::bad_request(format!("the answer is longer than {} kilobytes", api::MAX_TEXT / 1024)))
        }
        text => Ok(text),
    }
}

pub(super) fn bad_json(error: JsonRejection) -> Failure {
    Failure::new(error.status(), "bad_request", error.body_text())
}

pub(super) fn clipped(client: &str) -> String {
    client.chars().filter(|c| !c.is_control()).take(80).collect()
}
