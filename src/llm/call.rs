//! One HTTP call to an endpoint: the request out, the reply in piece by piece, every byte counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt};
use reqwest::{
    RequestBuilder, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    address::innermost,
    endpoint::Endpoint,
    endpoint_error::{self, Asked, EndpointError, Waiting},
    wire::{ChatRequest, Collector, Reply},
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
        let path = self.path("chat/completions");
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
        if is_event_stream(response.headers()) {
            return self.read_events(call.counted(response.bytes_stream()), &asked, on_token, spoke).await;
        }
        let text = self.read_text(response, &call).await?;
        if text.trim_start().starts_with("data:") || text.trim_start().starts_with(':') {
            // A stream that does not call itself one.
            let bytes = futures_util::stream::iter([Ok::<_, ReadFault>(text.into_bytes())]);
            return self.read_events(bytes, &asked, on_token, spoke).await;
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| self.bad_reply("its body is no JSON"))?;
        if let Some(error) = endpoint_error::from_success(&asked, &value) {
            return Err(error);
        }
        let mut collector = Collector::default();
        let has_choice = value.get("choices").and_then(Value::as_array).is_some_and(|choices| !choices.is_empty());
        if !has_choice || !collector.take(&value) {
            return Err(self.bad_reply("no choices in it"));
        }
        on_token(collector.pieces);
        Ok(collector.into_reply())
    }

    async fn read_events<B: AsRef<[u8]>>(
        &self,
        bytes: impl Stream<Item = Result<B, ReadFault>>,
        asked: &Asked<'_>,
        on_token: &mut (impl FnMut(usize) + Send),
        spoke: &mut bool,
    ) -> Result<Reply, EndpointError> {
        let mut events = std::pin::pin!(bytes.eventsource());
        let mut collector = Collector::default();
        loop {
            let (limit, what) = match collector.pieces {
                0 => (self.limits.first_word, Waiting::FirstWord),
                _ => (self.limits.idle, Waiting::GoOn),
            };
            let event = match timeout(limit, events.next()).await {
                Err(_) => return Err(self.timed_out(what, limit)),
                Ok(None) if collector.finished() => return Ok(collector.into_reply()),
                Ok(None) => return Err(EndpointError::Cut { host: self.host.clone() }),
                Ok(Some(Err(EventStreamError::Transport(_)))) if collector.finished() => {
                    return Ok(collector.into_reply());
                }
                Ok(Some(Err(EventStreamError::Transport(fault)))) => return Err(self.read_fault(fault)),
                Ok(Some(Err(_))) => return Err(self.bad_reply("its stream is not readable text")),
                Ok(Some(Ok(event))) => event,
            };
            if event.data.trim() == "[DONE]" {
                // Some servers never say why they stopped.
                return if collector.pieces > 0 || collector.finished() {
                    Ok(collector.into_reply())
                } else {
                    Err(self.bad_reply("an empty stream"))
                };
            }
            if event.data.trim().is_empty() {
                continue;
            }
            let value: Value =
                serde_json::from_str(&event.data).map_err(|_| self.bad_reply("an event of its stream is no JSON"))?;
            if let Some(error) = endpoint_error::from_success(asked, &value) {
                return Err(error);
            }
            let before = collector.pieces;
            collector.take(&value);
            if collector.pieces > before {
                *spoke = true;
                on_token(collector.pieces);
            }
        }
    }

    /// Sends a request and waits for the head of the reply.
    async fn send(&self, request: RequestBuilder) -> Result<Response, EndpointError> {
        let request = match &self.key {
            None => request,
            Some(key) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                    .map_err(|_| EndpointError::Unauthorized { host: self.host.clone(), status: 0 })?;
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
        };
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

/// Why a body could not be read to its end.
enum ReadFault {
    Broken,
    TooLong,
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

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.starts_with("text/event-stream"))
}

/// `retry-after-ms`, or `retry-after` in seconds; dates are not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_that_a_server_asks_for_is_read() {
        let cases =
            [("retry-after", "3", Some(3000)), ("retry-after-ms", "250", Some(250)), ("retry-after", "-1", None)];
        for (name, value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(retry_after(&headers).map(|wait| wait.as_millis()), expected, "{name}: {value}");
        }
    }
}
