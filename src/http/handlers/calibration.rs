//! How far the endpoint in use can be trusted: the cost of finding out, the run, the report card.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State, rejection::JsonRejection},
    http::StatusCode,
};
use serde::Deserialize;

use super::sessions::bad_json;
use crate::{
    api,
    http::{App, Failure, convert},
    interview::calibration::cases::Extent,
    session::calibrator::CalibrationError,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    quick: bool,
    /// Seconds to wait for the next step of a run, at most 60.
    #[serde(default)]
    wait_s: u64,
}

/// The run, what going on would take, and the newest report card. With `wait_s` the reply waits for the next step of a run.
#[utoipa::path(get, path = "/api/calibration", params(("quick" = Option<bool>, Query), ("wait_s" = Option<u64>, Query)),
    responses((status = 200, body = api::Calibration)))]
pub async fn calibration(State(app): State<Arc<App>>, Query(wanted): Query<Wanted>) -> Json<api::Calibration> {
    if wanted.wait_s > 0 && app.calibrator.is_running() {
        app.calibrator.wait(Duration::from_secs(wanted.wait_s.min(60))).await;
    }
    Json(state(&app, extent(wanted.quick)).await)
}

/// Begins to judge the set of rated answers in the background, or goes on where a run was stopped.
#[utoipa::path(post, path = "/api/calibration", request_body = api::StartCalibration,
    responses((status = 202, body = api::Calibration), (status = 409, body = api::ApiError), (status = 503, body = api::ApiError)))]
pub async fn calibrate(
    State(app): State<Arc<App>>,
    body: Result<Json<api::StartCalibration>, JsonRejection>,
) -> Result<(StatusCode, Json<api::Calibration>), Failure> {
    let Json(wanted) = body.map_err(bad_json)?;
    app.calibrator.start(extent(wanted.quick), wanted.afresh).await?;
    Ok((StatusCode::ACCEPTED, Json(state(&app, extent(wanted.quick)).await)))
}

/// Stops the run; what was judged is kept.
#[utoipa::path(delete, path = "/api/calibration", responses((status = 200, body = api::Calibration)))]
pub async fn stop_calibration(State(app): State<Arc<App>>) -> Json<api::Calibration> {
    app.calibrator.stop_run().await;
    Json(convert::calibration(&app.calibrator.view(), None, None, &app.workers.config.llm))
}

fn extent(quick: bool) -> Extent {
    if quick { Extent::Quick } else { Extent::Whole }
}

async fn state(app: &App, extent: Extent) -> api::Calibration {
    let prices = &app.workers.config.llm;
    if app.calibrator.is_running() {
        return convert::calibration(&app.calibrator.view(), None, None, prices);
    }
    let plan = app.calibrator.plan(extent).await;
    let card = match &plan {
        Ok(plan) => app.calibrator.card_for(plan).await,
        Err(_) => None,
    };
    convert::calibration(&app.calibrator.view(), Some(&plan), card.as_ref(), prices)
}

impl App {
    /// The answer with the grade of trust of the model that judged it.
    pub async fn with_trust(&self, mut answer: api::Answer) -> api::Answer {
        if let Some(by) = &answer.assessment.judged_by {
            let card = self.calibrator.card_of(&by.model, &by.bundle).await;
            answer.assessment.trust = Some(convert::trust(card.as_ref()));
        }
        answer
    }
}

impl From<CalibrationError> for Failure {
    fn from(error: CalibrationError) -> Self {
        let message = error.to_string();
        match error {
            CalibrationError::NoEndpoint(_) | CalibrationError::BadSet(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "missing_part", message)
            }
            CalibrationError::Running => Self::new(StatusCode::CONFLICT, "busy", message),
            CalibrationError::Store(error) => error.into(),
        }
    }
}
