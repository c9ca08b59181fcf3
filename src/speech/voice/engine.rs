//! Text to sound, by a program or a speech server. Each rendering is bounded in time and size.
//!
//! Knows nothing of playing or keeping. Whether text may be sent to a server is the caller's to ask.

use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::clip::Clip;
use super::{CallObserver, Caller, VoiceEngine, VoiceError, VoiceSettings};

/// The most sound that one rendering may bring, in bytes.
const MOST_BYTES: usize = 20_000_000;
/// Longest renderings: espeak needs about 30 ms for 8 s of speech; others may load a model first.
const ESPEAK_WITHIN: Duration = Duration::from_secs(20);
const COMMAND_WITHIN: Duration = Duration::from_secs(60);
const REPLY_WITHIN: Duration = Duration::from_secs(60);
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Rate of the endpoint's headerless sound, by its documentation.
const PCM_RATE: u32 = 24_000;

const NO_VOICE: &str = "or set [voice] engine = \"none\" to read what is said";

/// Renders with the engine that the settings name.
pub(super) async fn render(settings: &VoiceSettings, caller: &Caller, text: &str) -> Result<Clip, VoiceError> {
    match settings.engine {
        VoiceEngine::Espeak => espeak(settings, text).await,
        VoiceEngine::Endpoint => endpoint(settings, caller, text).await,
        VoiceEngine::Command => command(settings, text).await,
        VoiceEngine::None => Err(VoiceError::Silent),
    }
}

/// What the engine calls itself and whether it is there, without sending text off this machine.
pub(super) async fn probe(settings: &VoiceSettings, caller: &Caller) -> Result<String, VoiceError> {
    match settings.engine {
        VoiceEngine::Espeak => {
            espeak(settings, "ready").await?;
            Ok(format!("espeak-ng, voice {}", settings.name))
        }
        VoiceEngine::Endpoint => {
            let base = base(settings)?;
            let request = with_key(client(base)?.get(format!("{base}/models")), caller);
            let mut counted = Counted { observer: caller.observer.as_ref(), sent: 0, received: 0 };
            let reply = request.timeout(CONNECT_WITHIN).send().await.map_err(|error| unreachable(base, &error))?;
            counted.received = reply.content_length().unwrap_or_default();
            Ok(format!("speech server {base}, voice {}", settings.name))
        }
        VoiceEngine::Command => {
            let program = settings.command.first().ok_or_else(no_command)?;
            if !on_path(program) {
                return Err(missing_command(program));
            }
            Ok(format!("the program {program}"))
        }
        VoiceEngine::None => Ok("no voice: what the interviewer says is shown".into()),
    }
}

async fn espeak(settings: &VoiceSettings, text: &str) -> Result<Clip, VoiceError> {
    let speed = settings.speed.clamp(80, 450).to_string();
    let mut program = Command::new("espeak-ng");
    program.args(["-b", "1", "-z", "--stdin", "--stdout", "-s", &speed, "-v", &settings.name]);
    // "[[" starts phoneme codes, which no question means.
    let wav = run(program, &text.replace("[[", "[ ["), ESPEAK_WITHIN).await.map_err(|failure| match failure {
        Failure::NotFound => VoiceError::Missing {
            what: "espeak-ng".into(),
            remedy: format!("install it (Debian: apt-get install espeak-ng), {NO_VOICE}"),
        },
        other => VoiceError::Failed {
            what: "espeak-ng".into(),
            why: other.to_string(),
            remedy: format!("`espeak-ng --voices` lists what [voice] name may be, {NO_VOICE}"),
        },
    })?;
    Clip::from_wav(&wav).map_err(|why| not_sound("espeak-ng", &why))
}

async fn command(settings: &VoiceSettings, text: &str) -> Result<Clip, VoiceError> {
    let (program, arguments) = settings.command.split_first().ok_or_else(no_command)?;
    let mut process = Command::new(program);
    process.args(arguments);
    let wav = run(process, text, COMMAND_WITHIN).await.map_err(|failure| match failure {
        Failure::NotFound => missing_command(program),
        other => VoiceError::Failed {
            what: program.clone(),
            why: other.to_string(),
            remedy: format!("correct [voice] command, {NO_VOICE}"),
        },
    })?;
    Clip::from_wav(&wav).map_err(|why| not_sound(program, &why))
}

fn no_command() -> VoiceError {
    VoiceError::Missing { what: "a program to speak".into(), remedy: format!("name it in [voice] command, {NO_VOICE}") }
}

fn missing_command(program: &str) -> VoiceError {
    VoiceError::Missing { what: program.to_owned(), remedy: format!("correct [voice] command, {NO_VOICE}") }
}

fn not_sound(what: &str, why: &str) -> VoiceError {
    VoiceError::Failed {
        what: what.to_owned(),
        why: format!("it answered with {why}"),
        remedy: format!("check [voice] in the settings, {NO_VOICE}"),
    }
}

/// Whether `program` is a file, by itself or in a folder of PATH.
fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::path::Path::new(program).is_file()
        || (!program.contains(std::path::MAIN_SEPARATOR)
            && std::env::split_paths(&path).any(|folder| {
                let file = folder.join(program);
                file.is_file() || file.with_extension(std::env::consts::EXE_EXTENSION).is_file()
            }))
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("it is not installed")]
    NotFound,
    #[error("it did not end within {0} s")]
    Late(u64),
    #[error("it wrote more than {} MB", MOST_BYTES / 1_000_000)]
    TooMuch,
    #[error("it failed: {0}")]
    Exit(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Runs a program with text on its standard input and returns its standard output. Killed when late or too talkative.
async fn run(mut program: Command, text: &str, limit: Duration) -> Result<Vec<u8>, Failure> {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = program.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::NotFound,
        _ => Failure::Io(error),
    })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read all of it says so by its exit code or its sound.
            let _ = stdin.write_all(text.as_bytes()).await;
            let _ = stdin.shutdown().await;
        }
    };
    let work = async {
        let ((), sound, complaint) = tokio::join!(feed, read(stdout, MOST_BYTES), read(stderr, 4096));
        let sound = sound?;
        if sound.len() > MOST_BYTES {
            return Err(Failure::TooMuch);
        }
        let status = child.wait().await?;
        if !status.success() {
            let complaint = String::from_utf8_lossy(&complaint.unwrap_or_default()).into_owned();
            let first = complaint.lines().map(str::trim).find(|line| !line.is_empty());
            return Err(Failure::Exit(first.map_or_else(|| status.to_string(), str::to_owned)));
        }
        Ok(sound)
    };
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Failure::Late(limit.as_secs())))
}

/// Reads to the end, or one byte beyond `most`.
async fn read(from: Option<impl AsyncRead + Unpin>, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(most as u64 + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

async fn endpoint(settings: &VoiceSettings, caller: &Caller, text: &str) -> Result<Clip, VoiceError> {
    let base = base(settings)?;
    let client = client(base)?;
    let (status, bytes) = ask(&client, base, settings, caller, text, "pcm").await?;
    // Some servers have no headerless format.
    let (status, bytes) = match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            ask(&client, base, settings, caller, text, "wav").await?
        }
        _ => (status, bytes),
    };
    if !status.is_success() {
        return Err(VoiceError::Failed {
            what: format!("speech server {base}"),
            why: format!("it answered {status}"),
            remedy: format!("check [voice] url, model, name and key, {NO_VOICE}"),
        });
    }
    let clip = if bytes.starts_with(b"RIFF") { Clip::from_wav(&bytes) } else { Clip::from_pcm(&bytes, PCM_RATE) };
    clip.map_err(|why| not_sound(&format!("speech server {base}"), &why))
}

async fn ask(
    client: &reqwest::Client,
    base: &str,
    settings: &VoiceSettings,
    caller: &Caller,
    text: &str,
    format: &str,
) -> Result<(StatusCode, Vec<u8>), VoiceError> {
    let body = serde_json::json!({
        "model": settings.model, "voice": settings.name, "input": text, "response_format": format,
    });
    let sent = body.to_string().len() as u64;
    let request = with_key(client.post(format!("{base}/audio/speech")).json(&body), caller);
    let mut counted = Counted { observer: caller.observer.as_ref(), sent, received: 0 };
    let reply = request.send().await.map_err(|error| unreachable(base, &error))?;
    let status = reply.status();
    let textual = reply
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/") || kind.as_bytes().starts_with(b"application/json"));
    if status.is_success() && textual {
        return Err(not_sound(&format!("speech server {base}"), "text"));
    }
    let mut bytes = Vec::new();
    let mut parts = reply.bytes_stream();
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(|error| unreachable(base, &error))?);
        counted.received = bytes.len() as u64;
        if bytes.len() > MOST_BYTES {
            return Err(not_sound(&format!("speech server {base}"), &Failure::TooMuch.to_string()));
        }
    }
    Ok((status, bytes))
}

/// Tells the observer when a call is over, however it ended.
struct Counted<'a> {
    observer: Option<&'a CallObserver>,
    sent: u64,
    received: u64,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if let Some(observer) = self.observer {
            observer(self.sent, self.received);
        }
    }
}

fn base(settings: &VoiceSettings) -> Result<&str, VoiceError> {
    match settings.url.trim_end_matches('/') {
        "" => Err(VoiceError::Missing {
            what: "the address of a speech server".into(),
            remedy: format!("set [voice] url, e.g. http://127.0.0.1:8880/v1, {NO_VOICE}"),
        }),
        base => Ok(base),
    }
}

fn with_key(request: reqwest::RequestBuilder, caller: &Caller) -> reqwest::RequestBuilder {
    match &caller.key {
        Some(key) => request.bearer_auth(key),
        None => request,
    }
}

/// Follows no redirect, so that text and key go to the address in the settings and nowhere else.
fn client(base: &str) -> Result<reqwest::Client, VoiceError> {
    let _ = rustls::crypto::ring::default_provider().install_default(); // an error: someone did already
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(REPLY_WITHIN);
    let host = reqwest::Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| unreachable(base, &error))
}

fn unreachable(base: &str, error: &reqwest::Error) -> VoiceError {
    let why = if error.is_timeout() {
        "it does not answer in time"
    } else if error.is_connect() {
        "nothing answers there"
    } else if error.is_builder() {
        "this is no address"
    } else {
        "the connection broke"
    };
    VoiceError::Failed {
        what: format!("speech server {base}"),
        why: why.into(),
        remedy: format!("start it, correct [voice] url, {NO_VOICE}"),
    }
}

#[cfg(test)]
mod tests;
