//! Findings: the recording that they are heard in, and what the person calls wrong.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{history::current, sessions::bad_json};
use crate::{
    api,
    audio::clip::{ClipError, clip},
    http::{App, Failure, convert::findings},
    store::{AnswerId, FindingKey},
};

/// Longest reason, in bytes.
const LONGEST_WHY: usize = 2_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    from_s: Option<f64>,
    to_s: Option<f64>,
}

/// The recording of an answer, or the seconds of it that are asked for.
#[utoipa::path(get, path = "/api/answers/{id}/audio",
    params(("id" = i64, Path), ("from_s" = Option<f64>, Query), ("to_s" = Option<f64>, Query)),
    responses((status = 200, content_type = "audio/wav"), (status = 400, body = api::ApiError), (status = 404, body = api::ApiError)))]
pub async fn audio(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    seconds: Result<Query<Seconds>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(Seconds { from_s, to_s }) = seconds.map_err(|error| Failure::bad_request(error.body_text()))?;
    let record = app.workers.store.answer(AnswerId(id)).await?;
    let gone = || {
        let days = app.workers.config.store.keep_audio_days;
        let kept = match days {
            0.. => format!(": recordings are kept for {days} days ([store] keep_audio_days)"),
            _ => String::new(),
        };
        Failure::not_found(format!("no recording of answer {id} is kept{kept}"))
    };
    if record.source == "text" {
        return Err(Failure::not_found(format!("answer {id} was typed: there is nothing to hear")));
    }
    let path = app.workers.store.audio_folder().join(record.recording.ok_or_else(gone)?);
    if !path.is_file() {
        return Err(gone());
    }
    let bytes = match (from_s, to_s) {
        (None, None) => tokio::fs::read(path).await.map_err(|_| gone())?,
        (from_s, to_s) => {
            let cut = move || clip(&path, from_s.unwrap_or(0.0), to_s.unwrap_or(f64::INFINITY));
            tokio::task::spawn_blocking(cut).await.map_err(|_| gone())?.map_err(|error| match error {
                ClipError::Outside { .. } => Failure::bad_request(error.to_string()),
                ClipError::Damaged(_) => {
                    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", format!("answer {id}: {error}"))
                }
            })?
        }
    };
    Ok(([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response())
}

/// "This is wrong": keeps what the person says to a finding, and changes no level. Said again it replaces the reason.
#[utoipa::path(post, path = "/api/answers/{id}/objections", params(("id" = i64, Path)), request_body = api::NewObjection,
    responses((status = 201, body = api::Answer), (status = 400, body = api::ApiError), (status = 404, body = api::ApiError)))]
pub async fn object(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    body: Result<Json<api::NewObjection>, JsonRejection>,
) -> Result<(StatusCode, Json<api::Answer>), Failure> {
    let Json(objection) = body.map_err(bad_json)?;
    let why = objection.why.as_deref().map(str::trim).filter(|why| !why.is_empty());
    if why.is_some_and(|why| why.len() > LONGEST_WHY) {
        return Err(Failure::bad_request("the reason is too long: say it in a few sentences"));
    }
    let key = named(&app, AnswerId(id), objection.finding).await?;
    app.workers.store.object(AnswerId(id), key, why.map(str::to_owned)).await?;
    Ok((StatusCode::CREATED, Json(current(&app, AnswerId(id)).await?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    finding: usize,
}

/// Takes "this is wrong" back.
#[utoipa::path(delete, path = "/api/answers/{id}/objections", params(("id" = i64, Path), ("finding" = usize, Query)),
    responses((status = 200, body = api::Answer), (status = 400, body = api::ApiError), (status = 404, body = api::ApiError)))]
pub async fn take_back(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    query: Result<Query<Named>, QueryRejection>,
) -> Result<Json<api::Answer>, Failure> {
    let Query(Named { finding }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let key = named(&app, AnswerId(id), finding).await?;
    if !app.workers.store.take_back(AnswerId(id), key).await? {
        return Err(Failure::not_found(format!("finding {finding} of answer {id} is not marked as wrong")));
    }
    Ok(Json(current(&app, AnswerId(id)).await?))
}

async fn named(app: &App, id: AnswerId, n: usize) -> Result<FindingKey, Failure> {
    let answer = current(app, id).await?;
    let found = answer.findings.iter().find(|finding| finding.n == n);
    found.map(findings::key).ok_or_else(|| no_such_finding(&answer, n))
}

fn no_such_finding(answer: &api::Answer, n: usize) -> Failure {
    let id = answer.id.unwrap_or_default();
    Failure::not_found(match answer.findings.len() {
        0 => format!("answer {id} has no findings"),
        all => format!("answer {id} has no finding {n}: they are numbered 1 to {all}, as `viva report {id}` shows"),
    })
}
