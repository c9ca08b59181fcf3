//! The LLM endpoint in use: what is known of it, agreeing to it, choosing a model.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};

use super::sessions::bad_json;
use crate::{
    api,
    http::{App, Failure, convert},
    session::endpoints::EndpointChoice,
};

/// Looks (again) which endpoint can be used.
#[utoipa::path(get, path = "/api/endpoint", responses((status = 200, body = api::EndpointState)))]
pub async fn endpoint(State(app): State<Arc<App>>) -> Json<api::EndpointState> {
    Json(state(&app).await)
}

/// Agrees to a host, or chooses an endpoint found on this machine and its model.
#[utoipa::path(put, path = "/api/endpoint", request_body = api::EndpointChoice,
    responses((status = 200, body = api::EndpointState), (status = 400, body = api::ApiError)))]
pub async fn choose_endpoint(
    State(app): State<Arc<App>>,
    body: Result<Json<api::EndpointChoice>, JsonRejection>,
) -> Result<Json<api::EndpointState>, Failure> {
    let Json(choice) = body.map_err(bad_json)?;
    let api::EndpointChoice { consent_host, withdraw_host, url, model } = choice;
    app.workers.assessor.choose(EndpointChoice { consent_host, withdraw_host, url, model }).await?;
    Ok(Json(state(&app).await))
}

async fn state(app: &App) -> api::EndpointState {
    let (report, voice) = tokio::join!(app.workers.assessor.look(), app.workers.voice.needs_consent());
    convert::endpoint(report, voice)
}
