//! Kept answers: reading, correcting, judging again, forgetting.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::Deserialize;

use super::sessions::bad_json;
use crate::{
    api,
    http::{App, Failure, convert},
    interview::transcript::Transcript,
    session::{drill, listening},
    store::{AnswerId, AnswerRecord},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    limit: Option<usize>,
}

/// Kept answers, the newest first.
#[utoipa::path(get, path = "/api/answers", params(("limit" = Option<usize>, Query)),
    responses((status = 200, body = Vec<api::AnswerSummary>)))]
pub async fn history(
    State(app): State<Arc<App>>,
    Query(query): Query<Limit>,
) -> Result<Json<Vec<api::AnswerSummary>>, Failure> {
    let records = app.workers.store.answers(query.limit.unwrap_or(100).min(10_000)).await?;
    Ok(Json(records.iter().map(|record| convert::summary(record, app.workers.content())).collect()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Seconds to wait for a pending assessment, at most 300.
    #[serde(default)]
    wait_s: u64,
}

/// One answer. With `wait_s` the reply waits for an assessment that is on its way.
#[utoipa::path(get, path = "/api/answers/{id}", params(("id" = i64, Path), ("wait_s" = Option<u64>, Query)),
    responses((status = 200, body = api::Answer), (status = 404, body = api::ApiError)))]
pub async fn answer(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Query(query): Query<Wait>,
) -> Result<Json<api::Answer>, Failure> {
    let limit = Duration::from_secs(query.wait_s.min(300));
    app.workers.assessor.wait_for(AnswerId(id), limit).await;
    Ok(Json(current(&app, AnswerId(id)).await?))
}

pub(super) async fn current(app: &App, id: AnswerId) -> Result<api::Answer, Failure> {
    let record = app.workers.store.answer(id).await?;
    let pending = app.workers.assessor.is_pending(id);
    let mut answer = app.with_trust(convert::answer(&record, app.workers.content(), false, pending)).await;
    answer.drill = drill::as_it_stands(&app.workers.store, record.session).await?.as_ref().map(convert::drill);
    Ok(answer)
}

/// Mends mis-heard words: one text per segment. Raw text and audio stay; the answer is judged again.
#[utoipa::path(put, path = "/api/answers/{id}/transcript", params(("id" = i64, Path)), request_body = api::Correction,
    responses((status = 200, body = api::Answer), (status = 400, body = api::ApiError), (status = 404, body = api::ApiError)))]
pub async fn correct(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    body: Result<Json<api::Correction>, JsonRejection>,
) -> Result<Json<api::Answer>, Failure> {
    let Json(correction) = body.map_err(bad_json)?;
    let id = AnswerId(id);
    let record = app.workers.store.answer(id).await?;
    let (wanted, given) = (record.transcript.segments.len(), correction.segments.len());
    if wanted != given {
        let message = format!("the answer has {wanted} segments and the correction {given}: send one text per segment");
        return Err(Failure::bad_request(message));
    }
    if correction.segments.iter().map(String::len).sum::<usize>() > api::MAX_TEXT {
        return Err(Failure::bad_request("the corrected answer is too long"));
    }
    let mut transcript: Transcript = record.transcript.clone();
    for (segment, text) in transcript.segments.iter_mut().zip(correction.segments) {
        segment.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !segment.text.is_empty() {
            segment.not_decoded = None; // the person has written what the recognizer could not
        }
    }
    app.workers.assessor.abandon(Some(id)).await; // it judges words that were not said
    let mended = AnswerRecord { transcript: transcript.clone(), corrected: true, ..record };
    let signal = listening::listen_again(&app.workers, &mended).await;
    app.workers.store.correct_answer(id, transcript, signal).await?;
    app.workers.assessor.judge_again(&app.workers, id).await?;
    Ok(Json(current(&app, id).await?))
}

/// Judges a kept answer (again).
#[utoipa::path(post, path = "/api/answers/{id}/judge", params(("id" = i64, Path)),
    responses((status = 202, body = api::Answer), (status = 404, body = api::ApiError)))]
pub async fn judge_again(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
) -> Result<(StatusCode, Json<api::Answer>), Failure> {
    let id = AnswerId(id);
    app.workers.assessor.judge_again(&app.workers, id).await?;
    Ok((StatusCode::ACCEPTED, Json(current(&app, id).await?)))
}

/// Deletes the recording of an answer and keeps its words.
#[utoipa::path(delete, path = "/api/answers/{id}/audio", params(("id" = i64, Path)),
    responses((status = 200, body = api::Forgotten), (status = 404, body = api::ApiError)))]
pub async fn forget_audio(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<Json<api::Forgotten>, Failure> {
    app.workers.store.answer(AnswerId(id)).await?;
    let removed = app.workers.store.forget_audio(AnswerId(id)).await?;
    Ok(Json(api::Forgotten { answers: 0, recordings: usize::from(removed) }))
}

/// Forgets an answer with its follow-ups, recordings and event log.
#[utoipa::path(delete, path = "/api/answers/{id}", params(("id" = i64, Path)),
    responses((status = 200, body = api::Forgotten), (status = 404, body = api::ApiError), (status = 409, body = api::ApiError)))]
pub async fn forget(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<Json<api::Forgotten>, Failure> {
    not_live(&app)?;
    for doomed in app.workers.store.with_follow_ups(AnswerId(id)).await? {
        app.workers.assessor.abandon(Some(doomed)).await;
    }
    let gone = app.workers.store.forget(AnswerId(id)).await?;
    Ok(Json(api::Forgotten { answers: gone.answers, recordings: gone.recordings }))
}

/// Forgets every answer, recording and event log.
#[utoipa::path(delete, path = "/api/answers",
    responses((status = 200, body = api::Forgotten), (status = 409, body = api::ApiError)))]
pub async fn forget_all(State(app): State<Arc<App>>) -> Result<Json<api::Forgotten>, Failure> {
    not_live(&app)?;
    app.workers.assessor.abandon(None).await;
    let gone = app.workers.store.forget_all().await?;
    Ok(Json(api::Forgotten { answers: gone.answers, recordings: gone.recordings }))
}

/// What is being said cannot be forgotten meanwhile.
fn not_live(app: &App) -> Result<(), Failure> {
    match app.session.view().session {
        None => Ok(()),
        Some(_) => {
            Err(Failure::new(StatusCode::CONFLICT, "busy", "a session is live: end it before you forget answers"))
        }
    }
}

/// What left this machine, the newest first.
#[utoipa::path(get, path = "/api/egress", params(("limit" = Option<usize>, Query)),
    responses((status = 200, body = Vec<api::EgressEntry>)))]
pub async fn egress(
    State(app): State<Arc<App>>,
    Query(query): Query<Limit>,
) -> Result<Json<Vec<api::EgressEntry>>, Failure> {
    let rows = app.workers.store.egress(query.limit.unwrap_or(100).min(10_000)).await?;
    let entries = rows.into_iter().map(|row| api::EgressEntry {
        at: crate::store::time_text(row.at_ms),
        host: row.host,
        purpose: row.purpose,
        bytes_out: row.bytes_out,
        bytes_in: row.bytes_in,
        outcome: row.outcome,
    });
    Ok(Json(entries.collect()))
}
