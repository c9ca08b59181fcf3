//! Asks for the checks of a rubric, or of one dimension of it: down the ladder, with a reply that cannot be used sent back once,
//! and never more than so many calls.
//!
//! What several askings of one judgement share is in [`Bench`]; what becomes of a reply is in [`super::reading`].

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    cost::Tally,
    endpoint::{ChatRequest, Endpoint, EndpointError, Message, Refusal, Reply, Role},
    judge::{LoggedCall, Progress},
    lines, prompt_size, reply,
    reply::ParsedReply,
    rung::{Rung, is_too_strict},
    schema,
    side_by_side::{Call, SideBySide},
    template,
};
use crate::interview::{
    assessment::{Assessment, Met},
    rubric::Rubric,
};

/// Tokens a reply may have; four times as many where thoughts used them up.
const REPLY_TOKENS: u32 = 4096;
/// Less than this is no room for the checks of any rubric, or of a dimension.
pub(super) const LEAST_REPLY_TOKENS: u64 = 1024;
pub(super) const LEAST_ALONE_TOKENS: u64 = 512;
/// Calls for one answer on all rungs together; each dimension that is asked for alone may have one more.
pub(super) const MOST_CALLS: usize = 6;
/// Characters of an unusable reply that are sent back with what was wrong in it.
const SENT_BACK: usize = 12_000;

/// What all calls of one judgement share.
pub(super) struct Bench<'a, P> {
    pub endpoint: &'a Endpoint,
    progress: Mutex<P>,
    log: Mutex<Vec<LoggedCall>>,
    tally: Mutex<Tally>,
    pieces: AtomicUsize,
    calls_left: AtomicUsize,
    pub started: Instant,
    /// When the judgement must be there, and how long that was from its beginning.
    deadline: Option<(tokio::time::Instant, Duration)>,
}

/// What to ask for.
pub(super) struct Ask<'a> {
    pub messages: Vec<Message>,
    pub rubric: &'a Rubric,
    pub from: Rung,
    /// Whether plainer rungs may be tried.
    pub ladder: bool,
    /// What an earlier reply has answered already.
    pub earlier: Option<ParsedReply>,
    pub side_by_side: Option<&'a SideBySide>,
}

/// A usable reply and how it was got.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub parsed: ParsedReply,
    pub rung: Rung,
    /// The model as the reply names it.
    pub model: Option<String>,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stop {
    /// Nobody answers.
    Nobody(String),
    /// Every other call would end like this: no key, no credit, no such model.
    Endpoint(String),
    /// Too many calls for it at a time.
    TooFast(String),
    /// No rung brought anything that can be read.
    Unreadable(String),
    /// The prompt, or the reply to it, does not fit. `fits`: tokens that do, where they are known.
    TooLong { why: String, fits: Option<u64> },
    /// This call; another one may fare better.
    Here(String),
}

impl Stop {
    pub fn assessment(self) -> Assessment {
        match self {
            Stop::Nobody(why) => Assessment::PracticeSignal { why },
            other => Assessment::Ungraded { why: other.why() },
        }
    }

    pub fn why(self) -> String {
        match self {
            Stop::Nobody(why) | Stop::Endpoint(why) | Stop::TooFast(why) => why,
            Stop::Unreadable(why) | Stop::Here(why) | Stop::TooLong { why, .. } => why,
        }
    }
}

/// What one rung brought.
enum Climb {
    /// A reply with every check in it.
    Complete(Answered),
    /// A reply with some.
    Partial(Answered),
    /// The rung does not work here.
    Down,
    Over(Stop),
}

impl<'a, P: FnMut(Progress) + Send> Bench<'a, P> {
    pub fn new(endpoint: &'a Endpoint, progress: P) -> Self {
        let limit = endpoint.limits().whole;
        Self {
            endpoint,
            progress: Mutex::new(progress),
            log: Mutex::default(),
            tally: Mutex::default(),
            pieces: AtomicUsize::new(0),
            calls_left: AtomicUsize::new(0),
            started: Instant::now(),
            deadline: limit.map(|limit| (tokio::time::Instant::now() + limit, limit)),
        }
    }

    /// Sets how many calls may follow.
    pub fn allow(&self, calls: usize) {
        self.calls_left.store(calls, Ordering::Relaxed);
    }

    /// Allows so many more.
    pub fn allow_more(&self, calls: usize) {
        self.calls_left.fetch_add(calls, Ordering::Relaxed);
    }

    pub fn tally(&self) -> Tally {
        *lock(&self.tally)
    }

    pub fn log(&self) -> Vec<LoggedCall> {
        lock(&self.log).clone()
    }

    /// Asks until there is a reply with every check, or no hope of one; a reply with some of them is better than none.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answered, Stop> {
        let asking = self.down_the_ladder(ask);
        match self.deadline {
            None => asking.await,
            Some((deadline, limit)) => tokio::time::timeout_at(deadline, asking).await.unwrap_or_else(|_| {
                let limit = limit.as_secs_f32();
                Err(Stop::Here(format!(
                    "no reply came within the {limit} s that a judgement may take (llm.reply_timeout_s)"
                )))
            }),
        }
    }

    async fn down_the_ladder(&self, ask: &Ask<'_>) -> Result<Answered, Stop> {
        let dialect = self.endpoint.dialect();
        let mut rung = ask.from;
        loop {
            let below = rung.below(dialect).filter(|_| ask.ladder);
            self.tell(Progress::Asking(rung));
            match self.climb(ask, rung, below.is_none()).await {
                Climb::Complete(answered) | Climb::Partial(answered) => return Ok(answered),
                Climb::Over(stop) => return Err(stop),
                Climb::Down => {}
            }
            match below {
                Some(below) if self.calls_left.load(Ordering::Relaxed) > 0 => rung = below,
                _ => break,
            }
        }
        let model = self.endpoint.model();
        let why = format!("{model:?} did not answer the checks in a form that can be read: try a larger model");
        Err(Stop::Unreadable(why))
    }

    /// One rung: ask; where the reply cannot be used, send it back once with the reasons.
    ///
    /// Plainer rungs send back only what has something in it: prose turns into prose.
    async fn climb(&self, ask: &Ask<'_>, rung: Rung, is_last: bool) -> Climb {
        let in_lines = || template::in_lines(ask.messages.clone(), ask.rubric);
        let Ok(prompt) = (if rung == Rung::Lines { in_lines() } else { Ok(ask.messages.clone()) }) else {
            return Climb::Down;
        };
        let is_alone = ask.rubric.dimensions.len() == 1;
        let most_tokens = match self.room_for_a_reply(&prompt, is_alone) {
            Ok(room) => room,
            Err(stop) => return Climb::Over(stop),
        };
        let mut messages = prompt.clone();
        let mut max_tokens = REPLY_TOKENS;
        let (mut sent_back, mut disbelieved) = (false, false);
        let mut earlier = ask.earlier.clone();
        let mut model = None;
        loop {
            if !self.may_call() {
                return found(earlier, rung, model, ask.rubric);
            }
            let reply = match self.call(rung, ask, &messages, max_tokens.min(most_tokens)).await {
                Ok(reply) => reply,
                Err(error) if is_too_strict(rung, &error) => return Climb::Down,
                Err(error) => return Climb::Over(stopped_by(&error)),
            };
            if let Some(reported) = reply.usage.prompt_tokens.filter(|n| prompt_size::was_cut(&messages, *n)) {
                let needed = prompt_size::estimate(&messages);
                let why = context_too_small(self.endpoint.model(), needed, reported);
                return Climb::Over(Stop::TooLong { why, fits: Some(reported) });
            }
            if reply.refused {
                return Climb::Over(Stop::Here(format!("{:?} declined to judge this answer", self.endpoint.model())));
            }
            let mut parsed = match rung {
                Rung::Lines => lines::parse(&reply.content, ask.rubric),
                _ => reply::parse(&reply.content, ask.rubric),
            };
            let ran_out = reply.finish_reason.as_deref() == Some("length") && !parsed.missing.is_empty();
            if ran_out && max_tokens == REPLY_TOKENS && most_tokens > REPLY_TOKENS {
                // Thoughts used up the budget: more of it mends that, sending back does not.
                max_tokens *= 4;
                continue;
            }
            if ran_out && !is_alone {
                let why = format!("the reply of {:?} was cut off before its end", self.endpoint.model());
                return Climb::Over(Stop::TooLong { why, fits: None });
            }
            if parsed.control == Some(Met::Yes) {
                if disbelieved {
                    return Climb::Over(Stop::Here(format!(
                        "{:?} said yes to a check that nothing can meet, so its other answers are not believed",
                        self.endpoint.model()
                    )));
                }
                disbelieved = true;
                messages = prompt.clone();
                continue;
            }
            let problems = std::mem::take(&mut parsed.problems);
            let has_something = !parsed.checks.is_empty();
            if let Some(earlier) = earlier.take() {
                parsed = parsed.completed_by(earlier, ask.rubric);
            }
            model = reply.model.clone();
            let may_send_back = rung == ask.from || is_last || has_something;
            if !sent_back && !problems.is_empty() && may_send_back {
                sent_back = true;
                self.tell(Progress::SentBack);
                earlier = Some(parsed);
                let Ok(repair) = template::repair(&problems) else { return Climb::Down };
                let content: String = reply::without_thoughts(&reply.content).chars().take(SENT_BACK).collect();
                messages = prompt.clone();
                if !content.trim().is_empty() {
                    messages.push(Message { role: Role::Assistant, content });
                    messages.push(repair);
                }
                continue;
            }
            return found(Some(parsed), rung, model, ask.rubric);
        }
    }

    /// Most tokens that a reply may have beside the prompt, where the size of the context is known.
    fn room_for_a_reply(&self, prompt: &[Message], is_alone: bool) -> Result<u32, Stop> {
        let Some(context) = self.endpoint.context_tokens() else { return Ok(u32::MAX) };
        let least = if is_alone { LEAST_ALONE_TOKENS } else { LEAST_REPLY_TOKENS };
        let estimate = prompt_size::estimate(prompt);
        let room = context.saturating_sub(estimate);
        if room < least {
            let needed = estimate + least;
            let why = format!(
                "the model's context is too small: llm.context_tokens says {context}, and this answer needs about \
                 {needed}. Load the model with a larger one, and say so there"
            );
            return Err(Stop::TooLong { why, fits: Some(context) });
        }
        Ok(u32::try_from(room).unwrap_or(u32::MAX))
    }

    fn may_call(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    async fn call(
        &self,
        rung: Rung,
        ask: &Ask<'_>,
        messages: &[Message],
        max_tokens: u32,
    ) -> Result<Reply, EndpointError> {
        let format = rung.format("viva_checks", &schema::checks(ask.rubric));
        let request = ChatRequest { messages: messages.to_vec(), format, max_tokens };
        let started = Instant::now();
        let mut heard = ask.side_by_side.map(SideBySide::call);
        let mut before = 0;
        let mut counted = Counted { tally: &self.tally, messages, spoke: false, done: false };
        let spoke = &mut counted.spoke;
        let on_token = |pieces: usize| {
            *spoke = true;
            heard.iter_mut().for_each(Call::heard);
            let more = pieces.saturating_sub(before);
            before = pieces;
            self.tell(Progress::Pieces(self.pieces.fetch_add(more, Ordering::Relaxed) + more));
        };
        let result = self.endpoint.chat(&request, on_token).await;
        let took_ms = started.elapsed().as_millis() as u64;
        tracing::debug!(rung = rung.name(), took_ms, ok = result.is_ok(), "asked the endpoint");
        let reply = match &result {
            Ok(reply) => {
                counted.done = true;
                lock(&self.tally).add(messages, &reply.content, reply.usage);
                Ok(reply::without_thoughts(&reply.content).to_owned())
            }
            Err(error) => Err(error.to_string()),
        };
        lock(&self.log).push(LoggedCall { rung, took_ms, reply });
        result
    }

    fn tell(&self, progress: Progress) {
        let mut tell = lock(&self.progress);
        (*tell)(progress);
    }
}

/// Counts a call that had begun to answer and never ended.
struct Counted<'a> {
    tally: &'a Mutex<Tally>,
    messages: &'a [Message],
    spoke: bool,
    done: bool,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if self.spoke && !self.done {
            lock(self.tally).add_broken(self.messages);
        }
    }
}

fn found(parsed: Option<ParsedReply>, rung: Rung, model: Option<String>, rubric: &Rubric) -> Climb {
    match parsed {
        Some(parsed) if parsed.missing.is_empty() && parsed.checks.len() == schema::check_ids(rubric).count() => {
            Climb::Complete(Answered { parsed, rung, model })
        }
        Some(parsed) if !parsed.checks.is_empty() => Climb::Partial(Answered { parsed, rung, model }),
        _ => Climb::Down,
    }
}

fn stopped_by(error: &EndpointError) -> Stop {
    let why = error.to_string();
    match error {
        EndpointError::Unreachable { .. } => Stop::Nobody(why),
        EndpointError::RateLimited { .. } => Stop::TooFast(why),
        EndpointError::ContextTooLong { .. } => Stop::TooLong { why, fits: None },
        EndpointError::TimedOut { .. } | EndpointError::Cut { .. } | EndpointError::BadReply { .. } => Stop::Here(why),
        EndpointError::Refused { about, .. } => {
            if *about == Refusal::Schema {
                tracing::error!(%error, "our schema is refused: a bug in llm/schema.rs");
            }
            Stop::Endpoint(why)
        }
        _ => Stop::Endpoint(why),
    }
}

fn context_too_small(model: &str, needed: u64, got: u64) -> String {
    format!(
        "the model's context is too small: {model:?} took in {got} tokens of about {needed}. \
         Load it with a larger context, or set llm.context_tokens to one that it bears (for Ollama)"
    )
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
