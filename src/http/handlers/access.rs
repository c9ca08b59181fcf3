//! Status, stopping, and the way of the token into a browser.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};

use crate::{
    api::{self, API_VERSION},
    config::TurnEnd,
    http::{App, Failure, convert},
    store::time_text,
};

/// Exchanges a one-time code (checked by the guard) for the token.
#[utoipa::path(post, path = "/api/token", responses((status = 200, body = api::TokenReply)))]
pub async fn token(State(app): State<Arc<App>>) -> Json<api::TokenReply> {
    Json(api::TokenReply { token: app.guard.token().to_owned() })
}

/// A link to the page that works once, within five minutes.
#[utoipa::path(post, path = "/api/links", responses((status = 200, body = api::PageLink)))]
pub async fn link(State(app): State<Arc<App>>) -> Result<Json<api::PageLink>, Failure> {
    let code = app.links.make().map_err(|error| {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "random", format!("no random numbers: {error}"))
    })?;
    Ok(Json(api::PageLink { url: format!("http://127.0.0.1:{}/#once={code}", app.port) }))
}

/// What runs, what is ready, and who holds the live session.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = api::Status)))]
pub async fn status(State(app): State<Arc<App>>) -> Json<api::Status> {
    let view = app.session.view();
    let live = view.session.map(|session| api::LiveSession {
        session: session.0,
        client: view.client,
        question: view.question.map_or_else(String::new, |question| question.text),
    });
    let settings = &app.workers.config;
    Json(api::Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: app.build.clone(),
        api_version: API_VERSION,
        pid: std::process::id(),
        started_at: time_text(app.started_ms),
        replaceable: app.started_by_command && live.is_none() && !app.is_judging(),
        packs: app.workers.packs_stamp().to_owned(),
        live,
        readiness: app.workers.readiness().await.into_iter().map(convert::part).collect(),
        practice: api::PracticeSettings {
            level: convert::word(settings.practice.level),
            probes: settings.practice.probes,
            hands_free: settings.turn.end == TurnEnd::Pause,
        },
    })
}

/// Stops the daemon; a live session is ended and kept.
#[utoipa::path(post, path = "/api/stop", responses((status = 202)))]
pub async fn stop(State(app): State<Arc<App>>) -> StatusCode {
    app.stop.cancel();
    StatusCode::ACCEPTED
}
