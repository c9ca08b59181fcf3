//! The API and the page: routes, the guard before them, conversion of domain types to the wire.

pub mod convert;
mod events;
mod guard;
mod handlers;
mod links;
mod openapi;
mod page;
mod routes;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{Json, Router, http::StatusCode, response::IntoResponse};

pub use guard::{Guard, WITHOUT_TOKEN};
pub use links::Links;
pub use openapi::document;
pub use routes::{ROUTES, Route};

use crate::{
    api::ApiError,
    session::{Handle, Workers, calibrator::Calibrator},
};

/// What the handlers share.
pub struct App {
    pub workers: Workers,
    pub session: Handle,
    pub calibrator: Calibrator,
    pub guard: Guard,
    pub links: Links,
    pub port: u16,
    pub started: Instant,
    /// The program file as it was at the start.
    pub build: String,
    pub started_ms: i64,
    /// A command started the daemon, and it ends by itself.
    pub started_by_command: bool,
    /// Where uploads wait until they are heard.
    pub uploads: PathBuf,
    /// Asks the daemon to stop.
    pub stop: tokio_util::sync::CancellationToken,
    /// Milliseconds after `started` at which somebody last asked for something.
    last_use: AtomicU64,
}

impl App {
    pub fn new(
        workers: Workers,
        session: Handle,
        guard: Guard,
        port: u16,
        uploads: PathBuf,
        life: crate::daemon::Life,
        stop: tokio_util::sync::CancellationToken,
    ) -> Self {
        let calibrator = Calibrator::new(workers.clone(), session.clone(), stop.clone());
        Self {
            workers,
            session,
            calibrator,
            guard,
            links: Links::default(),
            port,
            started: Instant::now(),
            build: crate::daemon::build(),
            started_ms: crate::store::now_ms(),
            started_by_command: matches!(life, crate::daemon::Life::WhileUsed(_)),
            uploads,
            stop,
            last_use: AtomicU64::new(0),
        }
    }

    /// Notes that somebody asked for something.
    pub fn touch(&self) {
        self.last_use.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether answers are being judged, or a calibration runs.
    pub fn is_judging(&self) -> bool {
        self.workers.assessor.is_busy() || self.calibrator.is_running()
    }

    /// Time since anybody asked for anything; none while a session is live or answers are being judged.
    pub fn idle(&self) -> std::time::Duration {
        if self.session.view().session.is_some() || self.is_judging() {
            self.touch();
        }
        let last = std::time::Duration::from_millis(self.last_use.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(last)
    }
}

/// The whole service, guard outermost.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.handler)());
    }
    router
        .fallback(|| async { Failure::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
        })
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::layer))
        .with_state(app)
}

/// A refusal or failure as it goes over the wire: a status, a stable code, a sentence. Causes go to the log.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    body: ApiError,
}

impl Failure {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, body: ApiError { code: code.into(), message: message.into() } }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        match error {
            StoreError::NoSuchAnswer(_) => Self::not_found(error.to_string()),
            StoreError::Full(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", error.to_string()),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store", error.to_string()),
        }
    }
}

impl From<crate::session::StartError> for Failure {
    fn from(error: crate::session::StartError) -> Self {
        use crate::session::StartError;
        let message = error.to_string();
        match error {
            StartError::Busy { .. } => Self::new(StatusCode::CONFLICT, "busy", message),
            StartError::Missing(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "missing_part", message),
            StartError::Store(error) => error.into(),
            StartError::Stopping => Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message),
        }
    }
}

impl From<crate::session::CommandError> for Failure {
    fn from(error: crate::session::CommandError) -> Self {
        use crate::session::CommandError;
        let code = match error {
            CommandError::NoSession => "no_session",
            CommandError::Full => "try_again",
            CommandError::Late => "too_late",
        };
        Self::new(StatusCode::CONFLICT, code, error.to_string())
    }
}
