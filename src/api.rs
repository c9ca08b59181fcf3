//! The types that cross HTTP, used by the daemon and by its clients. Nothing else knows the wire's shape.
//!
//! Times within a recording are seconds from its start; times of day are RFC 3339 in UTC. Domain types are converted by
//! hand (`http/convert.rs`), so that the inside may change without breaking a client.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    pub readiness: Vec<Readiness>,
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
    /// "microphone", "speech model", "llm endpoint", "voice", "store"
    pub part: String,
    pub ready: bool,
    /// What is there, or the one sentence that mends it.
    pub detail: String,
}

/// `GET /api/questions`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuestionSummary {
    pub id: String,
    pub pack: String,
    pub kind: String,
    pub family: String,
    pub difficulty: String,
    pub levels: Vec<String>,
    pub minutes: u32,
    pub text: String,
    /// True when at least one kept answer is there.
    pub answered: bool,
}

/// `GET /api/questions/{id}`: what may be seen before answering; the rest with `?spoil=true` or once it was answered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuestionPage {
    #[serde(flatten)]
    pub summary: QuestionSummary,
    pub tests: String,
    pub tip: String,
    pub hard_part: Vec<String>,
    /// `None` while it is hidden.
    pub hidden: Option<HiddenPart>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HiddenPart {
    pub points: Vec<String>,
    pub constraints: Vec<String>,
    pub outline: Vec<String>,
    pub probes: Vec<String>,
    pub weak_opening: String,
    pub strong_opening: String,
    pub facts: Vec<FactView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FactView {
    pub says: String,
    pub source: String,
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
    /// Shown to whoever finds the daemon busy.
    pub client: String,
}

/// Where the answers of a session come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ear {
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
}

/// `POST /api/sessions/current/commands`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// "I have finished": ends the turn.
    EndTurn,
    /// A typed answer to what was asked; ends the turn.
    Answer { text: String },
    /// Say the question again.
    Repeat,
    /// Drop this question or probe without an answer.
    Skip,
    /// End the session; what was said so far is kept.
    Stop,
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

/// One kept answer with all that is known of it. `GET /api/answers/{id}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// `None` for a demonstration, which is not kept.
    pub id: Option<i64>,
    pub session: Option<i64>,
    pub question: QuestionBrief,
    /// Set when this answers a follow-up.
    pub answers_probe: Option<Probe>,
    pub asked_level: String,
    /// "microphone", "wav", "text", "demonstration"
    pub source: String,
    /// "complete" or "interrupted"
    pub state: String,
    pub started_at: String,
    /// A person mended the transcript after recognition.
    pub corrected: bool,
    /// A recording is still kept.
    pub has_audio: bool,
    pub transcript: Transcript,
    pub practice_signal: PracticeSignal,
    pub mistakes: Vec<Mistake>,
    pub assessment: Assessment,
    pub verdict: Option<Verdict>,
    pub delivery: Option<Delivery>,
    /// The follow-up that fits best.
    pub probe: Option<Probe>,
    /// How long each stage took: "hearing", "last_text", "decode", "triage", "judge".
    pub timings_ms: BTreeMap<String, u64>,
    /// Things that went wrong and what to do ("the microphone was gone for 2.1 s").
    pub notices: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    pub text: String,
    pub segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// `None` for typed answers.
    pub start_s: Option<f64>,
    pub end_s: Option<f64>,
    pub text: String,
    /// The recognizer's own words, where `text` was repaired or corrected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub raw: Option<String>,
    /// Why there are no words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_decoded: Option<String>,
}

/// Words with where they were said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Id of the check, point, step or mistake that it supports.
    pub check: String,
    pub start_s: Option<f64>,
    pub end_s: Option<f64>,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PracticeSignal {
    /// False for a question that no pack knows: then there is no coverage.
    pub knows_question: bool,
    pub heard: Vec<PointHeard>,
    pub missing: Vec<Point>,
    /// Steps of the follow-up order that were heard, in the order said.
    pub steps: Vec<Evidence>,
    /// In a reply to a follow-up: steps that were not heard, with what a good reply shows there.
    pub missing_steps: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub id: String,
    pub says: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PointHeard {
    pub id: String,
    pub says: String,
    pub evidence: Evidence,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mistake {
    pub id: String,
    pub title: String,
    pub advice: String,
    pub evidence: Option<Evidence>,
}

/// What can be said of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    pub kind: AssessmentKind,
    /// Why there are no levels, where there are none.
    pub why: Option<String>,
    /// By dimension: 0 to 4, null (no occasion), or "ungraded". Empty unless judged.
    pub levels: BTreeMap<String, LevelOrNot>,
    /// The dimensions in the rubric's order, with titles and notes.
    pub dimensions: Vec<Dimension>,
    pub evidence: Vec<Evidence>,
    /// What was missing, the most useful first.
    pub missing: Vec<String>,
    pub cautions: Vec<String>,
    pub judged_by: Option<JudgedBy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentKind {
    Judged,
    PracticeSignal,
    Ungraded,
    /// The endpoint is still at it; ask again or watch the events.
    Pending,
}

/// A level, or why there is none. JSON: a number 0 to 4, `null`, or `"ungraded"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum LevelOrNot {
    Level(u8),
    Word(String),
    NoOccasion,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dimension {
    pub id: String,
    pub title: String,
    pub level: LevelOrNot,
    pub missing: Option<String>,
    pub notes: Vec<String>,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedBy {
    pub host: String,
    pub model: String,
    pub rung: String,
    pub bundle: String,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// "mid", "senior", "staff"
    pub level: String,
    /// "pass", "borderline", "below", "none"
    pub result: String,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    pub words: usize,
    pub voiced_s: f64,
    pub turn_s: f64,
    pub articulation_wpm: Option<f64>,
    pub speech_wpm: Option<f64>,
    pub first_word_s: f64,
    pub pauses: usize,
    pub long_pauses: usize,
    pub longest_pause_s: f64,
    /// A lower bound: recognizers drop many fillers.
    pub fillers_at_least: usize,
    pub hedges: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Probe {
    pub id: String,
    pub text: String,
    /// Why this one.
    pub reason: String,
}

/// One line of `GET /api/answers`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswerSummary {
    pub id: i64,
    pub started_at: String,
    pub question: QuestionBrief,
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
    /// What to do, or what is known.
    pub detail: String,
    /// A speech endpoint off this machine that must be agreed to before it speaks the questions.
    #[serde(default)]
    pub voice_needs_consent: Option<String>,
    /// Endpoints found on this machine with their models.
    pub found: Vec<FoundEndpoint>,
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

/// Who holds the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The interviewer speaks.
    Asking,
    /// The candidate has the floor.
    Listening,
    /// The last segment is being decoded.
    Transcribing,
    /// The next step is being chosen.
    Deciding,
    /// The microphone is gone; the turn waits.
    Suspended,
    Finished,
}

/// Events of a session over `GET /api/events` (WebSocket), one JSON object a message. The first is always `view`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The present, for whoever joins late.
    View {
        session: Option<i64>,
        phase: Phase,
        question: Option<QuestionBrief>,
        asked: Option<String>,
        segments: Vec<Segment>,
    },
    Phase {
        phase: Phase,
    },
    /// What is asked now: the question (probe is none) or a follow-up with its reason.
    Asked {
        text: String,
        probe: Option<Probe>,
        demonstration: bool,
    },
    /// Words that are committed.
    Segment {
        segment: Segment,
    },
    /// Disposable text of the open segment; the first `committed` words will not be taken back.
    Partial {
        text: String,
        committed: usize,
    },
    /// About ten times a second.
    Level {
        rms: f32,
        voiced: bool,
    },
    /// With the turn-taking policy: seconds of silence left before the turn ends.
    Patience {
        ends_in_s: f64,
    },
    /// Something the person should know, with the remedy.
    Notice {
        text: String,
    },
    /// An answer is kept, with the practice signal; its assessment may be pending.
    Kept {
        answer: Box<Answer>,
    },
    /// The endpoint is judging: tokens received so far.
    Judging {
        answer: Option<i64>,
        tokens: usize,
    },
    /// The assessment is there; the whole answer again.
    Assessed {
        answer: Box<Answer>,
    },
    /// The session is over.
    Finished {
        why: String,
    },
}
