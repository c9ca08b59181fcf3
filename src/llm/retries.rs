//! Asking an endpoint again: after a failure that may pass, without a parameter it refuses, or once more from the start.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    endpoint::{ChatRequest, Endpoint, EndpointError, Parameter, Refusal, Reply},
    error_body,
};

/// Parameters that are dropped or renamed within one call, at most.
const MOST_LESSONS: usize = 6;

impl Endpoint {
    /// Asks until there is a reply or no point in another try.
    pub(super) async fn chat_with_retries(
        &self,
        request: &ChatRequest,
        on_token: &mut (impl FnMut(usize) + Send),
    ) -> Result<Reply, EndpointError> {
        let (mut tries, mut lessons, mut restarted) = (0, 0, false);
        loop {
            let mut spoke = false;
            let error = match self.chat_once(request, on_token, &mut spoke).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if matches!(error, EndpointError::Unauthorized { .. }) {
                self.key_refused.store(true, Ordering::Relaxed);
            }
            if let EndpointError::Refused { about: Refusal::Parameter(parameter), message, .. } = &error
                && lessons < MOST_LESSONS
                && self.learns(*parameter, message, request)
            {
                lessons += 1;
                continue;
            }
            if spoke {
                if restarted || !may_pass(&error) {
                    return Err(error);
                }
                restarted = true;
                continue;
            }
            match self.wait_before_retry(&error, tries) {
                None => return Err(error),
                Some(wait) => tokio::time::sleep(wait).await,
            }
            tries += 1;
            tracing::debug!(host = self.host, tries, "asks the endpoint again");
        }
    }

    /// Takes in that a parameter is refused; false when that changes nothing of what is sent.
    fn learns(&self, refused: Parameter, message: &str, request: &ChatRequest) -> bool {
        let before = self.body(request);
        self.lock_quirks().learn(refused, error_body::allowed_tokens(message, request.max_tokens));
        self.body(request) != before
    }

    /// How long to wait before another try; `None` when there is no point in one.
    fn wait_before_retry(&self, error: &EndpointError, tries: u32) -> Option<Duration> {
        if tries >= self.limits.retries || !may_pass(error) {
            return None;
        }
        if let EndpointError::RateLimited { retry_after: Some(wait), .. }
        | EndpointError::Server { retry_after: Some(wait), .. } = error
        {
            return (*wait <= self.limits.longest_wait).then_some(*wait);
        }
        let spread = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
        Some(self.limits.backoff.mul_f64(f64::from(2u32.pow(tries)) * (0.75 + 0.5 * spread)))
    }
}

/// Whether the same request may succeed a little later.
fn may_pass(error: &EndpointError) -> bool {
    match error {
        EndpointError::Unreachable { .. } | EndpointError::RateLimited { .. } | EndpointError::Cut { .. } => true,
        EndpointError::Server { transient, .. } => *transient,
        _ => false,
    }
}
