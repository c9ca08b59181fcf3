//! The description of the API, served at `/api/openapi.json` and held against the list of routes by a test.

use axum::Json;
use utoipa::OpenApi;

use super::handlers::{access, answers, calibration, endpoint, findings, history, questions, sessions};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Viva",
        description = "The API of the Viva daemon, for its own command line and page. Loopback only; \
        every call under /api needs `Authorization: Bearer <token>`."
    ),
    paths(
        access::token,
        access::link,
        access::status,
        access::stop,
        serve,
        questions::questions,
        questions::question,
        sessions::start_session,
        sessions::command,
        watch,
        history::history,
        answers::new_answer,
        history::forget_all,
        history::answer,
        history::forget,
        questions::outline,
        history::correct,
        history::judge_again,
        findings::audio,
        history::forget_audio,
        findings::object,
        findings::take_back,
        answers::judge_text,
        endpoint::endpoint,
        endpoint::choose_endpoint,
        calibration::calibration,
        calibration::calibrate,
        calibration::stop_calibration,
        history::egress,
    ),
    components(schemas(crate::api::Event, crate::api::NewRecording))
)]
struct Document;

/// The document as JSON.
pub fn document() -> serde_json::Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn serve() -> Json<serde_json::Value> {
    Json(document())
}

/// Live events over a WebSocket; each message is an `Event`, the first is the present view.
#[utoipa::path(get, path = "/api/events", responses((status = 101, description = "WebSocket of `Event`s")))]
#[expect(dead_code, reason = "carries the description of super::events::watch")]
async fn watch() {}
