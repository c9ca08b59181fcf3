//! How long an endpoint is waited for, and how often it is tried.

use std::time::Duration;

/// How long to wait for what, and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// From the request to the head of the reply.
    pub begin: Duration,
    /// From there to the first token: models that think in secret are silent for long.
    pub first_word: Duration,
    /// Between two pieces of a reply.
    pub idle: Duration,
    /// The whole reply; `None` for as long as words keep coming.
    pub whole: Option<Duration>,
    /// Further tries after a failure that may pass.
    pub retries: u32,
    /// Wait before the first retry; doubles, with a quarter of jitter.
    pub backoff: Duration,
    /// A longer wait that the server asks for is not waited: the caller hears of it instead.
    pub longest_wait: Duration,
}

impl Limits {
    /// For an endpoint on this machine: a model on laptop cores may read for minutes before its first word.
    pub fn local() -> Self {
        let patient = Duration::from_secs(300);
        Self { begin: patient, first_word: patient, whole: None, ..Self::remote(patient) }
    }

    /// For an endpoint elsewhere. `whole`: `llm.reply_timeout_s`.
    pub fn remote(whole: Duration) -> Self {
        Self {
            connect: Duration::from_secs(5),
            begin: Duration::from_secs(30),
            first_word: Duration::from_secs(90),
            idle: Duration::from_secs(30),
            whole: Some(whole),
            retries: 2,
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
        }
    }
}
