//! Questions: the list with its filter, one page, and the outline after an answer.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;

use super::sessions::no_such_question;
use crate::{
    api,
    content::choice::{self, Wanted},
    http::{App, Failure, convert},
    store::{AnswerId, AnswerRecord, AnswerState},
};

/// The questions that fit, by kind, family, difficulty and id; all where nothing is asked for.
#[utoipa::path(get, path = "/api/questions", params(api::QuestionFilter),
    responses((status = 200, body = Vec<api::QuestionSummary>), (status = 400, body = api::ApiError)))]
pub async fn questions(
    State(app): State<Arc<App>>,
    filter: Result<Query<api::QuestionFilter>, QueryRejection>,
) -> Result<Json<Vec<api::QuestionSummary>>, Failure> {
    let Query(filter) = filter.map_err(|error| Failure::bad_request(error.body_text()))?;
    let wanted = Wanted {
        kind: filter.kind,
        pack: filter.pack,
        family: filter.family,
        difficulty: filter.difficulty,
        level: filter.level,
        minutes: filter.minutes,
        hard_part: filter.hard_part,
        search: filter.search,
    };
    let content = app.workers.content();
    let found = choice::choose(content, &wanted).map_err(Failure::bad_request)?;
    let answered = app.workers.store.answered_questions().await?;
    let found = found.into_iter();
    Ok(Json(found.map(|(pack, q)| convert::question_summary(content, pack, q, answered.contains(&q.id))).collect()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoil {
    #[serde(default)]
    spoil: bool,
}

/// One question; what a good answer says stays hidden until it was answered, or `spoil=true`.
#[utoipa::path(get, path = "/api/questions/{id}", params(("id" = String, Path), ("spoil" = Option<bool>, Query)),
    responses((status = 200, body = api::QuestionPage), (status = 404, body = api::ApiError)))]
pub async fn question(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<Spoil>,
) -> Result<Json<api::QuestionPage>, Failure> {
    let content = app.workers.content();
    let (pack, question) = content.question(&id).ok_or_else(|| no_such_question(&app, &id))?;
    let answered = app.workers.store.answered_questions().await?.contains(&id);
    let told = app.workers.store.told_constraints(id).await?;
    Ok(Json(convert::question_page(content, pack, question, answered, query.spoil, &told)))
}

/// An excellent answer in outline, with the points that were heard in this answer and the replies to its follow-ups, each with the
/// words that showed it. Only for an answer that is kept; for a reply it is the outline of the answer that it belongs to.
#[utoipa::path(get, path = "/api/answers/{id}/outline", params(("id" = i64, Path)),
    responses((status = 200, body = api::Outline), (status = 404, body = api::ApiError), (status = 409, body = api::ApiError)))]
pub async fn outline(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<Json<api::Outline>, Failure> {
    let store = &app.workers.store;
    let asked_for = store.answer(AnswerId(id)).await?;
    let opening = match asked_for.opening {
        Some(opening) => store.answer(opening).await?,
        None => asked_for,
    };
    if opening.state == AnswerState::Hearing {
        let message = format!("answer {id} is still being given: its outline is there once it is kept");
        return Err(Failure::new(StatusCode::CONFLICT, "not_kept", message));
    }
    let content = app.workers.content();
    let known = opening.question.as_deref().and_then(|id| content.question(id));
    let Some((_, question)) = known else {
        return Err(Failure::not_found(format!(
            "answer {id} is to a question that no pack knows: there is no outline of it"
        )));
    };
    let mut replies: Vec<AnswerRecord> = Vec::new();
    for reply in store.with_follow_ups(opening.id).await?.into_iter().filter(|reply| *reply != opening.id) {
        replies.push(store.answer(reply).await?);
    }
    Ok(Json(convert::outline(content, question, &opening, &replies)))
}
