//! Who may talk to the daemon: Host, Origin and token, checked before anything else on every route.
//!
//! Binding to loopback is no authentication: a web page can reach it through the browser. The Host list stops DNS
//! rebinding (a rebound GET carries no Origin), the Origin check stops foreign pages, the token stops other users.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;

use super::App;
use crate::api::ApiError;

/// Files that need no token: each a GET of a compiled-in file that carries no data.
pub const WITHOUT_TOKEN: &[&str] = &["/", "/viva.css", "/viva.js", "/result.js", "/calibrate.js", "/favicon.svg"];

/// The one route that takes a one-time code instead of the token.
pub const TOKEN_EXCHANGE: &str = "/api/token";

/// The WebSocket subprotocol that carries the token from a browser: `viva.token.<token>`.
pub const TOKEN_PROTOCOL: &str = "viva.token.";

/// What kind of refusal; the status follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No or an empty Host.
    NoHost,
    /// A Host that is not this daemon's: DNS rebinding, or a name that is not allowed.
    ForeignHost,
    ForeignOrigin,
    NoToken,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NoToken => StatusCode::UNAUTHORIZED,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::NoHost => "the request names no host",
            Self::ForeignHost => "this daemon answers only to localhost, 127.0.0.1 and [::1] at its own port",
            Self::ForeignOrigin => "pages of other origins may not talk to this daemon",
            Self::NoToken => "the token is missing or wrong. Open the page with `viva open`",
        }
    }
}

/// What the guard needs to know of the daemon.
#[derive(Debug, Clone)]
pub struct Guard {
    hosts: Vec<String>,
    token: String,
    /// What the page may load and call.
    policy: HeaderValue,
}

impl Guard {
    /// `allow_host` are further names that are accepted with and without the port.
    pub fn new(port: u16, token: String, allow_host: &[String]) -> Self {
        let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")).into();
        for name in allow_host {
            hosts.push(name.to_lowercase());
            hosts.push(format!("{}:{port}", name.to_lowercase()));
        }
        let policy = policy(&hosts);
        Self { hosts, token, policy }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Checks one request. `one_time` says whether a bearer is a valid one-time code (and uses it up).
    pub fn check(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        one_time: impl FnOnce(&str) -> bool,
    ) -> Result<(), Refusal> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_lowercase();
        if host.is_empty() || host.starts_with(':') {
            return Err(Refusal::NoHost);
        }
        if headers.get_all(header::HOST).iter().count() > 1 || !self.hosts.contains(&host) {
            return Err(Refusal::ForeignHost);
        }
        if let Some(origin) = headers.get(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default().to_lowercase();
            let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if !host.is_some_and(|host| self.hosts.iter().any(|known| known == host)) {
                return Err(Refusal::ForeignOrigin);
            }
        }
        if method == Method::GET && WITHOUT_TOKEN.contains(&path) {
            return Ok(());
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if let Some(bearer) = bearer {
            let known = same(bearer, &self.token) || (path == TOKEN_EXCHANGE && one_time(bearer));
            return if known { Ok(()) } else { Err(Refusal::NoToken) };
        }
        // A browser cannot set a header on a WebSocket: there the token comes as a subprotocol, and an Origin must be named.
        if headers.contains_key(header::ORIGIN)
            && let Some(token) = protocol_token(headers)
            && same(token, &self.token)
        {
            return Ok(());
        }
        Err(Refusal::NoToken)
    }
}

/// The content policy. It names the daemon's own sockets, because not every browser counts `ws:` as 'self'; an address in
/// brackets is no valid source.
fn policy(hosts: &[String]) -> HeaderValue {
    let plain = |host: &&String| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
    let sockets: String = hosts.iter().filter(plain).map(|host| format!(" ws://{host} wss://{host}")).collect();
    let policy = format!(
        "default-src 'self'; connect-src 'self'{sockets}; media-src 'self' blob:; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn protocol_token(headers: &HeaderMap) -> Option<&str> {
    let protocols = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    protocols.split(',').find_map(|protocol| protocol.trim().strip_prefix(TOKEN_PROTOCOL))
}

/// The outermost layer: refuses, or passes on and sets the headers that every reply carries.
pub async fn layer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let checked =
        app.guard.check(request.method(), request.uri().path(), request.headers(), |code| app.links.take(code));
    let mut response = match checked {
        Ok(()) => {
            app.touch();
            next.run(request).await
        }
        Err(refusal) => {
            let code = match refusal {
                Refusal::NoToken => "unauthorized",
                _ => "refused",
            };
            let body = ApiError { code: code.into(), message: refusal.message().into() };
            (refusal.status(), Json(body)).into_response()
        }
    };
    let headers = response.headers_mut();
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, app.guard.policy.clone());
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "t0ken";

    fn check(path: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let guard = Guard::new(7878, TOKEN.into(), &["desk.example".into()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(header::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        guard.check(&Method::GET, path, &map, |code| code == "once")
    }

    #[test]
    fn only_this_daemons_names_and_token_pass() {
        use Refusal::*;
        let bearer = ("authorization", "Bearer t0ken");
        let host = ("host", "127.0.0.1:7878");
        let ws = ("sec-websocket-protocol", "viva, viva.token.t0ken");
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<(), Refusal>);
        let cases: &[Case] = &[
            ("/api/status", &[host, bearer], Ok(())),
            ("/api/status", &[("host", "LOCALHOST:7878"), bearer], Ok(())),
            ("/api/status", &[("host", "[::1]:7878"), bearer], Ok(())),
            ("/api/status", &[("host", "desk.example"), bearer], Ok(())),
            ("/api/status", &[bearer], Err(NoHost)),
            ("/api/status", &[("host", ""), bearer], Err(NoHost)),
            ("/api/status", &[("host", ":7878"), bearer], Err(NoHost)),
            ("/api/status", &[("host", "127.0.0.1"), bearer], Err(ForeignHost)),
            ("/api/status", &[("host", "127.0.0.1:80"), bearer], Err(ForeignHost)),
            ("/api/status", &[("host", "0.0.0.0:7878"), bearer], Err(ForeignHost)),
            ("/", &[("host", "rebound.example:7878")], Err(ForeignHost)),
            ("/api/status", &[host, host, bearer], Err(ForeignHost)),
            ("/api/status", &[host, bearer, ("origin", "http://evil.example")], Err(ForeignOrigin)),
            ("/api/status", &[host, bearer, ("origin", "null")], Err(ForeignOrigin)),
            ("/api/status", &[host, bearer, ("origin", "http://localhost:7878")], Ok(())),
            ("/", &[host], Ok(())),
            ("/", &[host, ("origin", "http://evil.example")], Err(ForeignOrigin)),
            ("/api/status", &[host], Err(NoToken)),
            ("/api/status", &[host, ("authorization", "Bearer wrong")], Err(NoToken)),
            ("/api/status", &[host, ("authorization", "Bearer once")], Err(NoToken)),
            ("/api/token", &[host, ("authorization", "Bearer once")], Ok(())),
            ("/api/events", &[host, ws], Err(NoToken)), // a WebSocket with a subprotocol token must name its Origin
            ("/api/events", &[host, ws, ("origin", "http://127.0.0.1:7878")], Ok(())),
            ("/api/events", &[host, ws, ("origin", "http://evil.example")], Err(ForeignOrigin)),
            ("/api/events", &[host, bearer], Ok(())),
        ];
        for (path, headers, expected) in cases {
            assert_eq!(check(path, headers), *expected, "{path} {headers:?}");
        }
    }
}
