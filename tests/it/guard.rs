//! Who is turned away: every route, with every way to come from the wrong place, before anything else is done.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::json;
use viva::http::{ROUTES, WITHOUT_TOKEN};

use crate::home::{Home, PATIENCE, repository};

/// Reply to a request that was written by hand.
#[derive(Debug)]
struct Raw {
    status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request line and headers as they are, and reads one reply.
fn send(port: u16, method: &str, target: &str, headers: &[(&str, String)]) -> Raw {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all((text + "\r\n").as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "{method} {target}: the connection ended at {head:?}");
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
    let headers = head[1..].iter().filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let mut reply = Raw { status, headers, body: String::new() };
    let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
    if method != "HEAD" {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        reply.body = String::from_utf8_lossy(&body).into_owned();
    }
    reply
}

/// A way to come, and the status it is turned away with.
struct Visit {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    status: u16,
    /// Whether the page's files may be had this way.
    fit_for_page: bool,
}

/// Every wrong way. `right` is the Host of the daemon.
fn visits(port: u16, token: &str) -> Vec<Visit> {
    let right = || ("host", format!("127.0.0.1:{port}"));
    let host = |name: &str| ("host", name.replace("PORT", &port.to_string()));
    let bearer = || ("authorization", format!("Bearer {token}"));
    let origin = |origin: &str| ("origin", origin.replace("PORT", &port.to_string()));
    let visit = |name, status, headers| Visit { name, headers, status, fit_for_page: false };
    let mut visits = vec![
        visit("no host", 400, vec![bearer()]),
        visit("empty host", 400, vec![host(""), bearer()]),
        visit("only a port", 400, vec![host(":PORT"), bearer()]),
        visit("rebound host", 421, vec![host("rebound.example:PORT"), bearer()]),
        visit("rebound host that looks like ours", 421, vec![host("127.0.0.1.rebound.example:PORT"), bearer()]),
        visit("local host of another port", 421, vec![host("localhost:1"), bearer()]),
        visit("local host without a port", 421, vec![host("127.0.0.1"), bearer()]),
        visit("every address", 421, vec![host("0.0.0.0:PORT"), bearer()]),
        visit("foreign origin", 403, vec![right(), bearer(), origin("http://evil.example")]),
        visit("foreign origin at our port", 403, vec![right(), bearer(), origin("http://evil.example:PORT")]),
        visit("no origin in words", 403, vec![right(), bearer(), origin("null")]),
        visit("empty origin", 403, vec![right(), bearer(), origin("")]),
        visit("origin of another port", 403, vec![right(), bearer(), origin("http://127.0.0.1:1")]),
    ];
    let wrong_tokens: [(&str, Vec<(&str, String)>); 5] = [
        ("no token", vec![]),
        ("no token, right origin", vec![origin("http://127.0.0.1:PORT")]),
        ("wrong token", vec![("authorization", format!("Bearer {}", "0".repeat(64)))]),
        ("part of the token", vec![("authorization", format!("Bearer {}", &token[..63]))]),
        ("token of another scheme", vec![("authorization", format!("Basic {token}"))]),
    ];
    for (name, headers) in wrong_tokens {
        let headers = [right()].into_iter().chain(headers).collect();
        visits.push(Visit { name, headers, status: 401, fit_for_page: true });
    }
    visits
}

/// What every reply carries, refused or not.
fn check_headers(name: &str, reply: &Raw) {
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{name}");
    let policy = reply.header("content-security-policy").unwrap_or_else(|| panic!("{name}: no policy"));
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{name}: {policy}");
    assert!(!policy.contains("unsafe-") && !policy.contains('*'), "{name}: {policy}");
    let cors = reply.headers.iter().find(|(header, _)| header.starts_with("access-control-"));
    assert_eq!(cors, None, "{name}");
}

#[tokio::test]
async fn every_route_turns_strangers_away() {
    let home = Home::with_daemon().await;
    home.answer("rate-limiter", "I would ask what the limit is for.").await;
    let mut let_in = Vec::new();
    for route in ROUTES {
        let path = route.path.replace("{id}", "1");
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            for Visit { name, headers, status, fit_for_page } in visits(home.port(), home.token()) {
                let name = format!("{method} {path}, {name}");
                let reply = send(home.port(), method, &path, &headers);
                check_headers(&name, &reply);
                if fit_for_page && method == "GET" && WITHOUT_TOKEN.contains(&route.path) {
                    assert_eq!(reply.status, 200, "{name}: {}", reply.body);
                    let_in.push(route.path);
                    continue;
                }
                assert_eq!(reply.status, status, "{name}: {}", reply.body);
                assert!(!reply.body.contains(home.token()), "{name}: shows the token");
            }
        }
    }
    let_in.dedup();
    assert_eq!(let_in, WITHOUT_TOKEN, "the written exceptions are all that is let in without a token");
    let kept = home.get("/api/answers").await.expect(200);
    assert_eq!(kept.as_array().unwrap().len(), 1, "nothing was done for a stranger");
}

#[test]
fn the_exceptions_are_files_of_the_page_that_can_only_be_read() {
    for path in WITHOUT_TOKEN {
        let route = ROUTES.iter().find(|route| route.path == *path).unwrap_or_else(|| panic!("{path} is no route"));
        assert_eq!(route.methods, ["GET"], "{path}");
        assert!(!path.starts_with("/api") && !path.contains('{'), "{path}");
        let name = if *path == "/" { "index.html" } else { path.trim_start_matches('/') };
        assert!(repository().join("web").join(name).is_file(), "{path} is no file of the page");
    }
}

#[tokio::test]
async fn an_unknown_address_tells_nothing_without_a_token() {
    let home = Home::with_daemon().await;
    let host = || ("host", format!("localhost:{}", home.port()));
    let paths = ["/nowhere", "/api", "/api/", "/api/status/", "//api/status", "/viva.css/../api/status", "/..%2ftoken"];
    for path in paths {
        let stranger = send(home.port(), "GET", path, &[host()]);
        assert_eq!(stranger.status, 401, "{path}");
        let known = send(home.port(), "GET", path, &[host(), ("authorization", format!("Bearer {}", home.token()))]);
        assert_eq!(known.status, 404, "{path}");
        check_headers(path, &known);
    }
    let query = send(home.port(), "GET", &format!("/api/status?token={}", home.token()), &[host()]);
    assert_eq!(query.status, 401, "a token in the address would stand in histories and logs");
    let absolute = format!("http://rebound.example:{}/api/status", home.port());
    let rebound = ("host", format!("rebound.example:{}", home.port()));
    assert_eq!(send(home.port(), "GET", &absolute, &[rebound]).status, 421);
    let twice = send(home.port(), "GET", "/", &[host(), ("host", "rebound.example".into())]);
    assert!([400, 421].contains(&twice.status), "two hosts: {}", twice.status);
    home.get("/api/nowhere").await.refused(404, "not_found", &["nothing at this address"]);
    home.post("/api/status", &json!({})).await.refused(405, "method_not_allowed", &["method"]);
}

#[tokio::test]
async fn a_websocket_needs_the_token_and_a_page_needs_its_own_origin() {
    let home = Home::with_daemon().await;
    let (port, token) = (home.port(), home.token());
    let shake = |headers: &[(&'static str, String)]| {
        let mut all = vec![
            ("connection", "upgrade".to_owned()),
            ("upgrade", "websocket".to_owned()),
            ("sec-websocket-version", "13".to_owned()),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ];
        all.extend_from_slice(headers);
        send(port, "GET", "/api/events", &all)
    };
    for Visit { name, headers, status, .. } in visits(port, token) {
        let reply = shake(&headers);
        assert_eq!(reply.status, status, "{name}");
        check_headers(name, &reply);
    }
    let host = || ("host", format!("127.0.0.1:{port}"));
    let origin = || ("origin", format!("http://127.0.0.1:{port}"));
    let protocol = |token: &str| ("sec-websocket-protocol", format!("viva, viva.token.{token}"));
    let cases = [
        ("from a program", vec![host(), ("authorization", format!("Bearer {token}"))], 101),
        ("from the page", vec![host(), origin(), protocol(token)], 101),
        ("from the page with a wrong token", vec![host(), origin(), protocol("wrong")], 401),
        ("from nowhere with the token of a page", vec![host(), protocol(token)], 401),
        (
            "from another page with the token",
            vec![host(), ("origin", "http://evil.example".into()), protocol(token)],
            403,
        ),
    ];
    for (name, headers, status) in cases {
        let reply = shake(&headers);
        assert_eq!(reply.status, status, "{name}: {}", reply.body);
        let chosen = reply.header("sec-websocket-protocol").unwrap_or_default();
        assert!(!chosen.contains(token), "{name}: the token is not sent back");
    }
}

#[tokio::test]
async fn a_watcher_that_sends_too_much_is_dropped() {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
    let home = Home::with_daemon().await;
    let mut request = format!("ws://127.0.0.1:{}/api/events", home.port()).into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {}", home.token()).parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let first = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(first.contains("\"view\""), "{first}");
    let _ = socket.send(Message::text("x".repeat(64 * 1024))).await;
    let ends = async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ends).await.expect("it is dropped");
    home.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn a_link_brings_the_token_once() {
    let home = Home::with_daemon().await;
    let link = home.post("/api/links", &json!(null)).await.expect(200);
    let code = link["url"].as_str().unwrap().split("#once=").nth(1).unwrap().to_owned();
    let exchange = |path: &'static str, code: String| {
        let headers = [("host", format!("127.0.0.1:{}", home.port())), ("authorization", format!("Bearer {code}"))];
        send(home.port(), "POST", path, &headers)
    };
    assert_eq!(exchange("/api/links", code.clone()).status, 401, "a code is good for the token only");
    let reply = exchange("/api/token", code.clone());
    assert_eq!((reply.status, reply.body.contains(home.token())), (200, true), "{}", reply.body);
    assert_eq!(exchange("/api/token", code).status, 401, "it worked once");
}

#[tokio::test]
async fn a_further_host_name_is_let_in_when_the_settings_say_so() {
    let home = Home::new().set("daemon.allow_host", "[\"desk.example\"]").started().await;
    for host in ["desk.example".to_owned(), format!("desk.example:{}", home.port())] {
        let headers = [("host", host.clone()), ("authorization", format!("Bearer {}", home.token()))];
        assert_eq!(send(home.port(), "GET", "/api/status", &headers).status, 200, "{host}");
    }
    assert_eq!(send(home.port(), "GET", "/", &[("host", "other.example".into())]).status, 421);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_private_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with_daemon().await;
    home.answer("rate-limiter", "I would ask what the limit is for.").await;
    let mode = |path: std::path::PathBuf| std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    for file in ["token", "daemon.json"] {
        assert_eq!(mode(home.state_folder().join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(home.data_folder().join("viva.db")), 0o600);
    for folder in ["", "audio", "events"] {
        assert_eq!(mode(home.data_folder().join(folder)), 0o700, "data folder {folder}");
    }
    assert_eq!(home.token().len(), 64);
    assert!(!home.log().contains(home.token()), "the token is not in the log");
}
