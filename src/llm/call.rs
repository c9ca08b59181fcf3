//! One HTTP call to an endpoint: the request out, the reply in piece by piece, every byte counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use reqwest::{
    RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER},
};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    address::innermost,
    dialect::Framing,
    endpoint::Endpoint,
    endpoint_error::{self, Asked, EndpointError, Waiting},
    frames::{self, Frame, ReadFault},
    wire::{ChatRequest, Gathered, Reply},
};

/// No reply is read further than this many bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What one HTTP call moved; counted also when it is cancelled half-way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// host:port
    pub host: String,
    pub calls: u64,
    /// Bytes of request bodies.
    pub bytes_out: u64,
    /// Bytes of reply bodies.
    pub bytes_in: u64,
}

/// Hears of every HTTP call once it is over, for the egress record.
pub type TrafficObserver = Arc<dyn Fn(Traffic) + Send + Sync>;

impl Endpoint {
    /// Asks once. `spoke` tells whether a word had come when it failed.
    pub(super) async fn chat_once(
        &self,
        request: &ChatRequest,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        let body = self.body(request).to_string();
        let sent: Vec<&str> = request.messages.iter().map(|m| m.content.as_str()).collect();
        let path = self.path(&self.dialect.chat_path(self.base.path()));
        let asked = Asked { path: path.path(), ..self.asked(&sent) };
        let call = Call::new(self);
        call.bytes_out.store(body.len() as u64, Ordering::Relaxed);
        let post = self.client.post(path.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let response = self.send(post).await.inspect_err(|error| {
            if matches!(error, EndpointError::Unreachable { .. }) {
                call.bytes_out.store(0, Ordering::Relaxed);
            }
        })?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        if status != StatusCode::OK {
            let text = self.read_text(response, &call).await?;
            return Err(endpoint_error::from_status(&asked, status.as_u16(), retry_after, &text));
        }
        let streamed = framing_of(response.headers());
        if let Some(framing) = streamed {
            let bytes = call.counted(response.bytes_stream());
            return self.read_framed(framing, bytes, &asked, on_token, spoke).await;
        }
        let text = self.read_text(response, &call).await?;
        let value: Value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => {
                // A stream that does not call itself one.
                let framing = match text.trim_start() {
                    start if ["data:", "event:", "id:", ":"].iter().any(|mark| start.starts_with(mark)) => {
                        Framing::Events
                    }
                    start if start.starts_with('{') => self.dialect.framing(),
                    "" => return Err(self.bad_reply("its body is empty")),
                    _ => return Err(self.bad_reply("its body is no JSON")),
                };
                if framing == Framing::Events && text.trim_start().starts_with('{') {
                    return Err(self.unreadable(&error, "its body is no JSON"));
                }
                let bytes = futures_util::stream::iter([Ok::<_, ReadFault>(text.into_bytes())]);
                return self.read_framed(framing, bytes, &asked, on_token, spoke).await;
            }
        };
        if let Some(error) = endpoint_error::from_success(&asked, &value) {
            return Err(error);
        }
        let mut gathered = Gathered::default();
        let whole = self.dialect.take(&mut gathered, &value) && (gathered.pieces > 0 || gathered.finished());
        if !whole {
            return Err(self.bad_reply("no words of a model in it"));
        }
        on_token(gathered.pieces);
        self.done(gathered)
    }

    async fn read_framed<B: AsRef<[u8]>>(
        &self,
        framing: Framing,
        bytes: impl Stream<Item = Result<B, ReadFault>>,
        asked: &Asked<'_>,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        match framing {
            Framing::Events => self.read_frames(frames::events(bytes), asked, on_token, spoke).await,
            Framing::Lines => self.read_frames(frames::lines(bytes), asked, on_token, spoke).await,
        }
    }

    async fn read_frames(
        &self,
        frames: impl Stream<Item = Result<Frame, ReadFault>>,
        asked: &Asked<'_>,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        let mut frames = std::pin::pin!(frames);
        let mut gathered = Gathered::default();
        loop {
            let (limit, what) = match gathered.pieces {
                0 => (self.limits.first_word, Waiting::FirstWord),
                _ => (self.limits.idle, Waiting::GoOn),
            };
            let data = match timeout(limit, frames.next()).await {
                // It has said why it stopped: what still comes is the bill at most.
                Err(_) | Ok(None | Some(Err(ReadFault::Broken))) if gathered.finished() => return self.done(gathered),
                Err(_) => return Err(self.timed_out(what, limit)),
                Ok(None) => return Err(EndpointError::Cut { host: self.host.clone() }),
                Ok(Some(Err(fault))) => return Err(self.read_fault(fault)),
                Ok(Some(Ok(Frame::Error(body)))) => return Err(endpoint_error::from_event(asked, &body)),
                Ok(Some(Ok(Frame::Data(data)))) => data,
            };
            let data = data.trim();
            if data == "[DONE]" {
                // Some servers never say why they stopped.
                return match gathered.pieces > 0 || gathered.finished() {
                    true => self.done(gathered),
                    false => Err(self.bad_reply("an empty stream")),
                };
            }
            if data.is_empty() {
                continue;
            }
            let value: Value = serde_json::from_str(data)
                .map_err(|error| self.unreadable(&error, "a piece of its stream is no JSON"))?;
            if let Some(error) = endpoint_error::from_success(asked, &value) {
                return Err(error);
            }
            let before = gathered.pieces;
            self.dialect.take(&mut gathered, &value);
            if gathered.pieces > before {
                *spoke = true;
                on_token(gathered.pieces);
            }
            if gathered.over {
                return self.done(gathered);
            }
        }
    }

    fn done(&self, gathered: Gathered) -> Result<Reply, EndpointError> {
        if gathered.context_full {
            return Err(EndpointError::ContextTooLong { host: self.host.clone(), model: self.model().to_owned() });
        }
        Ok(gathered.into_reply())
    }

    /// JSON that ends too early was cut off; anything else was never JSON.
    fn unreadable(&self, error: &serde_json::Error, why: &str) -> EndpointError {
        match error.is_eof() {
            true => EndpointError::Cut { host: self.host.clone() },
            false => self.bad_reply(why),
        }
    }

    /// Sends a request and waits for the head of the reply.
    async fn send(&self, request: RequestBuilder) -> Result<Response, EndpointError> {
        let headers = self.dialect.headers(&self.base, self.key.as_ref());
        let headers = headers.map_err(|_| EndpointError::Unauthorized { host: self.host.clone(), status: 0 })?;
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        match timeout(self.limits.begin, request.send()).await {
            Err(_) => Err(self.timed_out(Waiting::Begin, self.limits.begin)),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                Err(EndpointError::Unreachable { host: self.host.clone(), why: innermost(&error.without_url()) })
            }
        }
    }

    async fn read_text(&self, response: Response, call: &Call<'_>) -> Result<String, EndpointError> {
        let mut bytes = std::pin::pin!(call.counted(response.bytes_stream()));
        let mut text = Vec::new();
        // Not yet a word of it: a server that does not stream thinks between head and body.
        let mut limit = self.limits.first_word;
        loop {
            match timeout(limit, bytes.next()).await {
                Err(_) => return Err(self.timed_out(Waiting::GoOn, limit)),
                Ok(None) => return Ok(String::from_utf8_lossy(&text).into_owned()),
                Ok(Some(Ok(more))) => text.extend_from_slice(more.as_ref()),
                Ok(Some(Err(fault))) => return Err(self.read_fault(fault)),
            }
            limit = self.limits.idle;
        }
    }

    fn read_fault(&self, fault: ReadFault) -> EndpointError {
        match fault {
            ReadFault::Broken => EndpointError::Cut { host: self.host.clone() },
            ReadFault::TooLong => self.bad_reply("more than 4 MB"),
            ReadFault::NotText => self.bad_reply("its stream is not readable text"),
        }
    }

    /// Fetches a JSON value.
    pub(super) async fn get(&self, url: &Url) -> Result<Value, EndpointError> {
        let call = Call::new(self);
        let asked = Asked { path: url.path(), ..self.asked(&[]) };
        let response = self.send(self.client.get(url.clone())).await?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let text = self.read_text(response, &call).await?;
        if status != StatusCode::OK {
            return Err(endpoint_error::from_status(&asked, status.as_u16(), retry_after, &text));
        }
        serde_json::from_str(&text).map_err(|_| self.bad_reply("its body is no JSON"))
    }
}

/// Counts one HTTP call and tells the observers when it ends, however it ends.
struct Call<'a> {
    endpoint: &'a Endpoint,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
}

impl<'a> Call<'a> {
    fn new(endpoint: &'a Endpoint) -> Self {
        Self { endpoint, bytes_out: AtomicU64::new(0), bytes_in: AtomicU64::new(0) }
    }

    fn counted<B: AsRef<[u8]>>(
        &self,
        bytes: impl Stream<Item = reqwest::Result<B>>,
    ) -> impl Stream<Item = Result<B, ReadFault>> {
        bytes.map(|chunk| {
            let chunk = chunk.map_err(|_| ReadFault::Broken)?;
            let length = chunk.as_ref().len() as u64;
            let so_far = self.bytes_in.fetch_add(length, Ordering::Relaxed) + length;
            if so_far > MOST_BYTES { Err(ReadFault::TooLong) } else { Ok(chunk) }
        })
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        for observer in &self.endpoint.observers {
            observer(Traffic {
                host: self.endpoint.host.clone(),
                calls: 1,
                bytes_out: self.bytes_out.load(Ordering::Relaxed),
                bytes_in: self.bytes_in.load(Ordering::Relaxed),
            });
        }
    }
}

/// How a reply is streamed, where its head says so.
fn framing_of(headers: &HeaderMap) -> Option<Framing> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if kind.starts_with("text/event-stream") {
        return Some(Framing::Events);
    }
    ["application/x-ndjson", "application/jsonl"].iter().any(|lines| kind.starts_with(lines)).then_some(Framing::Lines)
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date. A date is held against the server's own clock, if it shows it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| text(name)?.parse::<f64>().ok();
    let until = || {
        let date = |name: &str| jiff::fmt::rfc2822::parse(text(name)?).ok().map(|date| date.timestamp());
        let now = date(DATE.as_str()).unwrap_or_else(jiff::Timestamp::now);
        Some(date(RETRY_AFTER.as_str())?.duration_since(now).as_secs_f64().max(0.0))
    };
    let seconds =
        number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str())).or_else(until)?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_wait_that_a_server_asks_for_is_read() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Headers, Option<u128>); 8] = [
            (&[("retry-after", "3")], Some(3000)),
            (&[("retry-after-ms", "250"), ("retry-after", "9")], Some(250)),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), date], Some(30_000)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), date], Some(0)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")], Some(0)),
            (&[], None),
        ];
        for (headers, expected) in cases {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
                .collect();
            assert_eq!(retry_after(&map).map(|wait| wait.as_millis()), expected, "{headers:?}");
        }
    }
}
