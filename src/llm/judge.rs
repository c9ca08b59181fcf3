//! Asks an endpoint to judge one answer, and makes an assessment of what it says.
//!
//! The endpoint decides checks and copies quotes; levels and verdict are computed by [`crate::interview::verdict`]. Whatever
//! goes wrong becomes an assessment that says so: a judgement never fails, it is at worst absent.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use serde::{Deserialize, Serialize};

pub use super::template::Clarification;
use super::{
    endpoint::{ChatRequest, Endpoint, EndpointError, Message, Refusal, Reply, Role, Traffic},
    judgement,
    judgement::Answered,
    lines, prompt_size, reply,
    reply::ParsedReply,
    rung::{Rung, RungMemory, is_too_strict},
    schema, template,
    template::JudgePrompt,
};
use crate::interview::{
    assessment::{Assessment, Met},
    question::{AskedLevel, Kind, Probe, Question},
    rubric::Rubric,
    transcript::Transcript,
};

/// Tokens a reply may have; four times as many where thoughts used them up.
const REPLY_TOKENS: u32 = 4096;
/// Less than this is no room for the checks of any rubric.
const LEAST_REPLY_TOKENS: u64 = 1024;
/// Characters of an unusable reply that are sent back with what was wrong in it.
const SENT_BACK: usize = 12_000;

/// One answer to be judged.
#[derive(Debug, Clone, Copy)]
pub struct JudgeRequest<'a> {
    /// The words that were asked, in a follow-up those of the probe.
    pub question_text: &'a str,
    pub kind: Kind,
    /// `None` for kinds that get no levels.
    pub rubric: Option<&'a Rubric>,
    /// The question of the pack, if one knows it.
    pub question: Option<&'a Question>,
    /// The probe, where the answer is to one.
    pub probe: Option<&'a Probe>,
    pub asked: AskedLevel,
    pub transcript: &'a Transcript,
    pub clarifications: &'a [Clarification],
}

/// How far a judgement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Asks, in this way.
    Asking(Rung),
    /// So many pieces of the reply have come.
    Pieces(usize),
    /// The reply could not be used; it was sent back.
    SentBack,
}

/// What became of a judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Judged, ungraded with the reason, or the practice signal where there is nothing to ask or nobody answers.
    pub assessment: Assessment,
    /// All calls together.
    pub traffic: Traffic,
    /// What was answered, call by call, for the event log. Holds words of the candidate.
    pub log: Vec<LoggedCall>,
}

/// One call as the event log keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedCall {
    pub rung: Rung,
    pub took_ms: u64,
    /// The reply as it came, without thoughts; or why there was none.
    pub reply: Result<String, String>,
}

/// Judges one answer. Takes as long as the endpoint's limits allow; drop the future to stop.
pub async fn judge(
    endpoint: &Endpoint,
    request: &JudgeRequest<'_>,
    memory: &mut RungMemory,
    progress: impl FnMut(Progress) + Send,
) -> Outcome {
    let Some(rubric) = request.rubric.filter(|_| request.kind != Kind::Coaching) else {
        return unasked(endpoint, "questions about the interview itself get no levels");
    };
    if request.transcript.is_empty() {
        return unasked(endpoint, "there are no words to judge");
    }
    let traffic = Arc::new(Mutex::new(Traffic { host: endpoint.host().to_owned(), ..Traffic::default() }));
    let sum = Arc::clone(&traffic);
    let counted = endpoint.observed_by(Arc::new(move |call: Traffic| {
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.calls += call.calls;
        sum.bytes_out += call.bytes_out;
        sum.bytes_in += call.bytes_in;
    }));
    let mut asking = Asking {
        endpoint: &counted,
        rubric,
        most_tokens: u32::MAX,
        progress,
        log: Vec::new(),
        started: Instant::now(),
    };
    memory.remind(endpoint);
    let answered = asking.ask(request, memory).await;
    memory.learn_from(endpoint);
    let assessment = match answered {
        Ok(answered) => {
            let took = asking.started.elapsed();
            Assessment::Judged(judgement::make(endpoint, request, rubric, answered, took))
        }
        Err(assessment) => assessment,
    };
    let traffic = traffic.lock().unwrap_or_else(PoisonError::into_inner).clone();
    tracing::info!(
        host = traffic.host,
        calls = traffic.calls,
        bytes_out = traffic.bytes_out,
        judge_ms = asking.started.elapsed().as_millis() as u64,
        judged = matches!(assessment, Assessment::Judged(_)),
        "judged"
    );
    Outcome { assessment, traffic, log: asking.log }
}

fn unasked(endpoint: &Endpoint, why: &str) -> Outcome {
    let traffic = Traffic { host: endpoint.host().to_owned(), ..Traffic::default() };
    Outcome { assessment: Assessment::PracticeSignal { why: why.to_owned() }, traffic, log: Vec::new() }
}

fn ungraded(why: impl Into<String>) -> Assessment {
    Assessment::Ungraded { why: why.into() }
}

/// What one rung brought.
enum Climb {
    /// A reply with every check in it.
    Complete(Answered),
    /// The rung does not work here. Perhaps some checks were answered.
    Down(Option<Answered>),
    /// Nothing further down will be better.
    Over(Assessment),
}

struct Asking<'a, P> {
    endpoint: &'a Endpoint,
    rubric: &'a Rubric,
    /// Room for a reply in the model's context, where that is known.
    most_tokens: u32,
    progress: P,
    log: Vec<LoggedCall>,
    started: Instant,
}

impl<P: FnMut(Progress) + Send> Asking<'_, P> {
    /// Down the ladder until a rung brings a complete reply; the best of the incomplete ones if none does.
    async fn ask(&mut self, request: &JudgeRequest<'_>, memory: &mut RungMemory) -> Result<Answered, Assessment> {
        let prompt = JudgePrompt {
            question_text: request.question_text,
            rubric: self.rubric,
            question: request.question,
            probe: request.probe,
            transcript: request.transcript,
            clarifications: request.clarifications,
        };
        let prompt =
            template::judge(&prompt).map_err(|error| ungraded(format!("the prompt cannot be made: {error}")))?;
        let estimate = prompt_size::estimate(&prompt);
        if let Some(context) = self.endpoint.context_tokens() {
            let room = context.saturating_sub(estimate);
            if room < LEAST_REPLY_TOKENS {
                let needed = estimate + LEAST_REPLY_TOKENS;
                return Err(ungraded(format!(
                    "the model's context is too small: llm.context_tokens says {context}, and this answer needs about \
                     {needed}. Load the model with a larger one, and say so there"
                )));
            }
            self.most_tokens = u32::try_from(room).unwrap_or(u32::MAX);
        }
        let mut partial: Option<Answered> = None;
        let mut rung = memory.first_for(self.endpoint);
        loop {
            (self.progress)(Progress::Asking(rung));
            match self.climb(rung, &prompt).await {
                Climb::Complete(answered) => {
                    memory.remember(self.endpoint, rung, answered.reply.model.as_deref());
                    return Ok(answered);
                }
                Climb::Over(assessment) => return partial.ok_or(assessment),
                Climb::Down(found) => {
                    memory.forget(self.endpoint);
                    let count = |answered: &Option<Answered>| answered.as_ref().map_or(0, |a| a.parsed.checks.len());
                    if count(&found) > count(&partial) {
                        partial = found;
                    }
                }
            }
            match rung.below(self.endpoint.dialect()) {
                Some(below) => rung = below,
                None => break,
            }
        }
        partial.ok_or_else(|| {
            let model = self.endpoint.model();
            ungraded(format!("{model:?} did not answer the checks in a form that can be read: try a larger model"))
        })
    }

    /// One rung: ask; where the reply cannot be used, send it back once with the reasons.
    async fn climb(&mut self, rung: Rung, prompt: &[Message]) -> Climb {
        let in_lines = || template::in_lines(prompt.to_vec(), self.rubric);
        let Ok(prompt) = (if rung == Rung::Lines { in_lines() } else { Ok(prompt.to_vec()) }) else {
            return Climb::Down(None);
        };
        let mut messages = prompt.clone();
        let mut max_tokens = REPLY_TOKENS;
        let mut sent_back = false;
        let mut disbelieved = false;
        let mut earlier: Option<ParsedReply> = None;
        loop {
            let reply = match self.call(rung, &messages, max_tokens).await {
                Ok(reply) => reply,
                Err(error) if is_too_strict(rung, &error) => return Climb::Down(None),
                Err(error @ EndpointError::Unreachable { .. }) => {
                    return Climb::Over(Assessment::PracticeSignal { why: error.to_string() });
                }
                Err(error) => {
                    if matches!(error, EndpointError::Refused { about: Refusal::Schema, .. }) {
                        tracing::error!(%error, "our schema is refused: a bug in llm/schema.rs");
                    }
                    return Climb::Over(ungraded(error.to_string()));
                }
            };
            if let Some(reported) = reply.usage.prompt_tokens.filter(|n| prompt_size::was_cut(&messages, *n)) {
                let estimate = prompt_size::estimate(&messages);
                return Climb::Over(ungraded(context_too_small(self.endpoint.model(), estimate, reported)));
            }
            if reply.refused {
                return Climb::Over(ungraded(format!("{:?} declined to judge this answer", self.endpoint.model())));
            }
            let mut parsed = match rung {
                Rung::Lines => lines::parse(&reply.content, self.rubric),
                _ => reply::parse(&reply.content, self.rubric),
            };
            let ran_out = reply.finish_reason.as_deref() == Some("length");
            if ran_out && !parsed.missing.is_empty() && max_tokens == REPLY_TOKENS {
                // Thoughts used up the budget: more of it mends that, sending back does not.
                max_tokens *= 4;
                continue;
            }
            if parsed.control == Some(Met::Yes) {
                if disbelieved {
                    return Climb::Over(ungraded(format!(
                        "{:?} said yes to a check that nothing can meet, so its other answers are not believed",
                        self.endpoint.model()
                    )));
                }
                disbelieved = true;
                messages = prompt.clone();
                continue;
            }
            let problems = std::mem::take(&mut parsed.problems);
            if let Some(earlier) = earlier.take() {
                parsed = parsed.completed_by(earlier, self.rubric);
            }
            let complete = parsed.missing.is_empty();
            if !sent_back && !problems.is_empty() {
                sent_back = true;
                (self.progress)(Progress::SentBack);
                earlier = Some(parsed);
                let Ok(repair) = template::repair(&problems) else { return Climb::Down(None) };
                let content: String = reply::without_thoughts(&reply.content).chars().take(SENT_BACK).collect();
                messages = prompt.clone();
                if !content.trim().is_empty() {
                    messages.push(Message { role: Role::Assistant, content });
                    messages.push(repair);
                }
                continue;
            }
            let answered = Answered { parsed, reply, rung };
            return match complete {
                true => Climb::Complete(answered),
                false => Climb::Down(Some(answered)),
            };
        }
    }

    async fn call(&mut self, rung: Rung, messages: &[Message], max_tokens: u32) -> Result<Reply, EndpointError> {
        let format = rung.format("viva_checks", &schema::checks(self.rubric));
        let max_tokens = max_tokens.min(self.most_tokens);
        let request = ChatRequest { messages: messages.to_vec(), format, max_tokens };
        let started = Instant::now();
        let progress = &mut self.progress;
        let result = self.endpoint.chat(&request, |pieces| progress(Progress::Pieces(pieces))).await;
        let took_ms = started.elapsed().as_millis() as u64;
        tracing::debug!(rung = rung.name(), took_ms, ok = result.is_ok(), "asked the endpoint");
        let reply = match &result {
            Ok(reply) => Ok(reply::without_thoughts(&reply.content).to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.log.push(LoggedCall { rung, took_ms, reply });
        result
    }
}

fn context_too_small(model: &str, needed: u64, got: u64) -> String {
    format!(
        "the model's context is too small: {model:?} took in {got} tokens of about {needed}. \
         Load it with a larger context, or set llm.context_tokens to one that it bears (for Ollama)"
    )
}
