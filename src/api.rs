//! The types that cross HTTP, used by the daemon and by its clients. Nothing else knows the wire's shape.
//!
//! Times within a recording are seconds from its start; times of day are RFC 3339 in UTC. Domain types are converted by
//! hand (`http/convert.rs`), so that the inside may change without breaking a client.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod answer;
mod calibration;
mod drill;
mod event;
mod finding;
mod question;
mod signal;

pub use answer::*;
pub use calibration::*;
pub use drill::*;
pub use event::*;
pub use finding::*;
pub use question::*;
pub use signal::*;

/// Raised with every incompatible change of these types.
pub const API_VERSION: u32 = 1;

/// Largest body that any route accepts, in bytes; recordings have [`MAX_UPLOAD`].
pub const MAX_BODY: usize = 256 * 1024;
/// Largest recording that may be uploaded, in bytes (20 minutes of 48 kHz stereo, 16 bit).
pub const MAX_UPLOAD: usize = 256 * 1024 * 1024;
/// Longest typed answer, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// An error, as every route returns it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// Stable, for programs: "busy", "not_found", "bad_request", "unauthorized", …
    pub code: String,
    /// One sentence for a person, with the remedy.
    pub message: String,
}

/// `GET /api/status`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Status {
    pub version: String,
    /// Which build of that version: tells a daemon from before the last build.
    pub build: String,
    pub api_version: u32,
    pub pid: u32,
    pub started_at: String,
    /// Who holds the live session, if there is one.
    pub live: Option<LiveSession>,
    /// Whether it may be stopped and started again without harm: a command started it, nothing is live and nothing is being judged.
    #[serde(default)]
    pub replaceable: bool,
    /// State of the person's own packs when the daemon read them: differs once a file of them has changed.
    #[serde(default)]
    pub packs: String,
    pub readiness: Vec<Readiness>,
    /// What a session is held by where nothing else is asked for.
    #[serde(default)]
    pub practice: PracticeSettings,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PracticeSettings {
    pub level: String,
    pub probes: u8,
    /// An answer ends by the silence after it; Enter ends it as well.
    pub hands_free: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LiveSession {
    pub session: i64,
    /// "viva practice", "the page", …
    pub client: String,
    pub question: String,
}

/// One line of the readiness report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// "microphone", "speech model", "llm endpoint", "voice", "store", "packs"
    pub part: String,
    pub ready: bool,
    /// What is there, or the one sentence that mends it.
    pub detail: String,
}

/// `POST /api/sessions`: starts an interactive session (microphone or typing).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartSession {
    /// Id of a question, or a question in free words. Without one the daemon picks one that was not answered lately.
    #[serde(default)]
    pub question: Option<String>,
    pub ear: Ear,
    /// Follow-ups after the answer, 0 to 6; the configured number when absent.
    #[serde(default)]
    pub probes: Option<u8>,
    /// "mid", "senior" or "staff"; the configured one when absent.
    #[serde(default)]
    pub level: Option<String>,
    /// Whether questions are spoken; true when absent.
    #[serde(default)]
    pub speak: Option<bool>,
    /// Makes the follow-ups a pressure drill; `probes` is then the number of rungs, 1 to 6, and 4 when absent.
    #[serde(default)]
    pub drill: Option<DrillWanted>,
    /// Shown to whoever finds the daemon busy.
    pub client: String,
}

/// Where the answers of a session come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ear {
    #[default]
    Microphone,
    Typed,
    /// The bundled recording with the bundled synthetic model, at its own pace. Never enters history.
    Demonstration,
    /// Likewise, as fast as possible.
    DemonstrationFast,
}

/// `POST /api/sessions`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Started {
    pub session: i64,
    pub question: QuestionBrief,
    /// A silence that means "I have finished" ends a spoken answer; else only a command does.
    #[serde(default)]
    pub hands_free: bool,
}

/// `POST /api/sessions/current/commands`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// "I have finished": ends the turn. Where a rung is offered again: yes.
    EndTurn,
    /// A typed answer to what was asked; ends the turn.
    Answer { text: String },
    /// Say the question again.
    Repeat,
    /// Drop this question or probe without an answer. Where a rung is offered again: no.
    Skip,
    /// End the session; what was said so far is kept.
    Stop,
    /// "Wait for me", while an answer is typed after all, say: no silence ends this turn any more.
    Hold,
}

/// `POST /api/answers` (JSON): one typed answer to one question. A recording goes to the same route as `audio/wav` with
/// the other fields as query parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// Id of a question, or a question in free words.
    pub question: String,
    pub text: String,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub client: Option<String>,
    /// The kind, for a question in free words: "design", "concept", "behavioural".
    #[serde(default)]
    pub kind: Option<String>,
    /// False: do not ask the LLM endpoint, practice signal only.
    #[serde(default)]
    pub judge: Option<bool>,
}

/// Query of `POST /api/answers` with a WAV body.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecording {
    pub question: String,
    #[serde(default)]
    pub level: Option<String>,
    #[serde(default)]
    pub client: Option<String>,
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub judge: Option<bool>,
    /// File name, for messages.
    #[serde(default)]
    pub name: Option<String>,
    /// Feed the file at its own pace instead of as fast as possible.
    #[serde(default)]
    pub real_time: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionBrief {
    /// `None` for a question that no pack knows.
    pub id: Option<String>,
    pub kind: String,
    /// The words of the question.
    pub text: String,
}

/// One line of `GET /api/answers`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswerSummary {
    pub id: i64,
    pub started_at: String,
    pub question: QuestionBrief,
    /// What was answered: the follow-up, or the question.
    pub asked: String,
    pub is_probe: bool,
    pub source: String,
    pub state: String,
    pub words: usize,
    pub points_heard: usize,
    pub points: usize,
    pub assessment: AssessmentKind,
    /// Mean of the scored dimensions, where it was judged.
    pub mean_level: Option<f64>,
    pub verdict: Option<Verdict>,
    pub has_audio: bool,
}

/// `PUT /api/answers/{id}/transcript`: mends a mis-heard word. Raw text and audio stay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// One text per segment, in order.
    pub segments: Vec<String>,
}

/// `POST /api/judge`: judges a transcript that is not kept, as the batch command does.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeRequest {
    pub question: String,
    pub kind: String,
    #[serde(default)]
    pub asked_level: Option<String>,
    pub transcript: String,
}

/// What was forgotten. `DELETE /api/answers/{id}` and `DELETE /api/answers`
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Forgotten {
    pub answers: usize,
    pub recordings: usize,
}

/// One call off this program: to which host, how much. `GET /api/egress`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EgressEntry {
    pub at: String,
    pub host: String,
    /// "judge", "triage", "speech", "models"
    pub purpose: String,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub outcome: String,
}

/// `GET /api/endpoint` and `PUT /api/endpoint`: the LLM endpoint in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EndpointState {
    pub state: EndpointStateKind,
    /// host:port, where one is known.
    pub host: Option<String>,
    pub model: Option<String>,
    /// "openai", "anthropic" or "ollama", where one is in use.
    #[serde(default)]
    pub dialect: Option<String>,
    /// The form of reply that is known to work with this model: "json_schema", "tool", "json_object", "prompt".
    #[serde(default)]
    pub rung: Option<String>,
    /// What to do, or what is known.
    pub detail: String,
    /// A speech endpoint off this machine that must be agreed to before it speaks the questions.
    #[serde(default)]
    pub voice_needs_consent: Option<String>,
    /// What judging one answer there is expected to take; null without a usable endpoint.
    #[serde(default)]
    pub expected: Option<ExpectedCost>,
    /// Endpoints found on this machine with their models.
    pub found: Vec<FoundEndpoint>,
}

/// What judging one answer to a design question is expected to take.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExpectedCost {
    /// Words of the answer that it is made for.
    pub words: usize,
    /// "one-call" or "per-dimension"
    pub mode: String,
    /// With one reading.
    pub spent: Spent,
    /// Readings where the result is close.
    pub readings: usize,
    /// Each token costs somebody something: a price is set, or the endpoint is elsewhere.
    pub tokens_cost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointStateKind {
    Ready,
    /// None is configured and none was found on this machine.
    None,
    /// Several models: choose one.
    ChooseModel,
    /// Off this machine: the person must agree first.
    NeedsConsent,
    /// Configured, and it does not answer or refuses.
    Failing,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FoundEndpoint {
    /// "Ollama", "llama.cpp", "LM Studio", "vLLM"
    pub server: String,
    pub url: String,
    pub models: Vec<String>,
}

/// `PUT /api/endpoint`
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointChoice {
    /// Agrees that text (never audio) is sent to this host.
    #[serde(default)]
    pub consent_host: Option<String>,
    /// Takes that agreement back.
    #[serde(default)]
    pub withdraw_host: Option<String>,
    /// Chooses a found endpoint and its model.
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub model: Option<String>,
}

/// `POST /api/links`: a one-time link to the page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PageLink {
    pub url: String,
}

/// `POST /api/token`, with the one-time code as bearer: the token of this daemon.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenReply {
    pub token: String,
}
