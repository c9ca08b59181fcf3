//! The list of routes. The router is built from it, and tests enumerate it.

use std::sync::Arc;

use axum::{
    extract::DefaultBodyLimit,
    routing::{MethodRouter, get, post, put},
};

use super::{App, events, handlers as h, openapi, page};
use crate::api::{MAX_BODY, MAX_UPLOAD};

/// One address of the service.
pub struct Route {
    pub path: &'static str,
    /// Methods in upper case.
    pub methods: &'static [&'static str],
    pub handler: fn() -> MethodRouter<Arc<App>>,
}

/// Every address there is.
pub const ROUTES: &[Route] = &[
    Route { path: "/", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/viva.css", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/viva.js", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/result.js", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/calibrate.js", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/favicon.svg", methods: &["GET"], handler: || get(page::file) },
    Route { path: "/api/token", methods: &["POST"], handler: || limited(post(h::token)) },
    Route { path: "/api/links", methods: &["POST"], handler: || limited(post(h::link)) },
    Route { path: "/api/status", methods: &["GET"], handler: || get(h::status) },
    Route { path: "/api/stop", methods: &["POST"], handler: || limited(post(h::stop)) },
    Route { path: "/api/openapi.json", methods: &["GET"], handler: || get(openapi::serve) },
    Route { path: "/api/questions", methods: &["GET"], handler: || get(h::questions) },
    Route { path: "/api/questions/{id}", methods: &["GET"], handler: || get(h::question) },
    Route { path: "/api/sessions", methods: &["POST"], handler: || limited(post(h::start_session)) },
    Route { path: "/api/sessions/current/commands", methods: &["POST"], handler: || limited(post(h::command)) },
    Route { path: "/api/events", methods: &["GET"], handler: || get(events::watch) },
    Route {
        path: "/api/answers",
        methods: &["GET", "POST", "DELETE"],
        handler: || get(h::history).post(h::new_answer).delete(h::forget_all).layer(DefaultBodyLimit::max(MAX_UPLOAD)),
    },
    Route { path: "/api/answers/{id}", methods: &["GET", "DELETE"], handler: || get(h::answer).delete(h::forget) },
    Route { path: "/api/answers/{id}/outline", methods: &["GET"], handler: || get(h::outline) },
    Route { path: "/api/answers/{id}/transcript", methods: &["PUT"], handler: || limited(put(h::correct)) },
    Route { path: "/api/answers/{id}/judge", methods: &["POST"], handler: || limited(post(h::judge_again)) },
    Route {
        path: "/api/answers/{id}/audio",
        methods: &["GET", "DELETE"],
        handler: || get(h::audio).delete(h::forget_audio),
    },
    Route {
        path: "/api/answers/{id}/objections",
        methods: &["POST", "DELETE"],
        handler: || limited(post(h::object).delete(h::take_back)),
    },
    Route { path: "/api/judge", methods: &["POST"], handler: || limited(post(h::judge_text)) },
    Route {
        path: "/api/endpoint",
        methods: &["GET", "PUT"],
        handler: || limited(get(h::endpoint).put(h::choose_endpoint)),
    },
    Route {
        path: "/api/calibration",
        methods: &["GET", "POST", "DELETE"],
        handler: || limited(get(h::calibration).post(h::calibrate).delete(h::stop_calibration)),
    },
    Route { path: "/api/egress", methods: &["GET"], handler: || get(h::egress) },
];

fn limited(handler: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    handler.layer(DefaultBodyLimit::max(MAX_BODY))
}
