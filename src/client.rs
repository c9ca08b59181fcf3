//! Calls the daemon's API for the command line; starts the daemon where none runs.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::{
    api::{self, ApiError},
    config::Paths,
    content,
    daemon::{self, Announcement},
};

/// How long a daemon may take to start.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no daemon runs. Start one with `viva serve`")]
    NotRunning,
    #[error("the daemon did not start: {why}. Its log is {}", log.display())]
    NotStarted { why: String, log: PathBuf },
    #[error("the running daemon is version {theirs}, this is {ours}, and a session is live. End it, then `viva stop`")]
    OtherVersion { theirs: String, ours: String },
    #[error("{}", error.message)]
    Refused { status: u16, error: ApiError },
    #[error("the daemon does not answer: {0}. `viva logs` may say why")]
    Unreachable(String),
    #[error("{0}")]
    Other(String),
}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() || error.is_timeout() {
            return Self::Unreachable(error.without_url().to_string());
        }
        Self::Other(format!("unexpected reply of the daemon: {}", error.without_url()))
    }
}

/// A connection to a running daemon.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    port: u16,
    token: String,
}

/// The events of the live session.
pub struct Events {
    socket: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
}

impl Client {
    /// Finds the running daemon; none is started.
    pub async fn find(paths: &Paths) -> Result<(Self, api::Status), ClientError> {
        let Announcement { port, .. } = daemon::announced(paths).ok_or(ClientError::NotRunning)?;
        let token = std::fs::read_to_string(paths.token_file()).map_err(|_| ClientError::NotRunning)?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ClientError::Other(error.to_string()))?;
        let client = Self { http, port, token };
        match client.get::<api::Status>("/api/status").await {
            Ok(status) => Ok((client, status)),
            Err(ClientError::Unreachable(_)) => Err(ClientError::NotRunning), // a stale announcement
            Err(error) => Err(error),
        }
    }

    /// Finds the daemon or starts one that ends after the configured idle time. An idle one of another version is
    /// restarted. `say` is told what happens.
    pub async fn connect(paths: &Paths, overrides: &[String], say: impl Fn(&str)) -> Result<Self, ClientError> {
        let ours = env!("CARGO_PKG_VERSION");
        match Self::find(paths).await {
            Ok((client, status)) if status.version == ours && status.build == daemon::build() => {
                if status.replaceable && status.packs != content::stamp(&paths.config_dir) {
                    say("Restarting the daemon: your packs have changed.");
                    match client.stop(paths).await {
                        Ok(()) | Err(ClientError::Unreachable(_)) => {} // another command may have stopped it
                        Err(error) => return Err(error),
                    }
                    return start_and_find(paths, overrides, say).await;
                }
                if !overrides.is_empty() {
                    say("The daemon runs already with its own settings: --set counts after `viva stop`.");
                }
                return Ok(client);
            }
            Ok((_, status)) if status.live.is_some() => {
                return Err(ClientError::OtherVersion { theirs: status.version, ours: ours.into() });
            }
            Ok((client, status)) => {
                say(&format!(
                    "Restarting the daemon: it was another build (version {}, this is {ours}).",
                    status.version
                ));
                client.stop(paths).await?;
            }
            Err(ClientError::NotRunning) => say("Starting the daemon."),
            Err(error) => return Err(error),
        }
        start_and_find(paths, overrides, say).await
    }

    /// Asks the daemon to stop and waits until it has.
    pub async fn stop(&self, paths: &Paths) -> Result<(), ClientError> {
        check(self.request(Method::POST, "/api/stop").send().await?).await?;
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            if daemon::announced(paths).is_none() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(ClientError::Other("the daemon is still stopping; look with `viva status`".into()))
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        Ok(check(self.request(Method::GET, path).send().await?).await?.json().await?)
    }

    /// As [`Client::get`], with a query.
    pub async fn get_with<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, ClientError> {
        Ok(check(self.request(Method::GET, path).query(query).send().await?).await?.json().await?)
    }

    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        Ok(check(self.request(method, path).json(body).send().await?).await?.json().await?)
    }

    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        Ok(check(self.request(Method::DELETE, path).send().await?).await?.json().await?)
    }

    /// The bytes of something that is no JSON: a recording.
    pub async fn bytes(&self, path: &str, query: &impl Serialize) -> Result<Vec<u8>, ClientError> {
        Ok(check(self.request(Method::GET, path).query(query).send().await?).await?.bytes().await?.to_vec())
    }

    /// Tells the live session something.
    pub async fn command(&self, command: &api::Command) -> Result<(), ClientError> {
        let request = self.request(Method::POST, "/api/sessions/current/commands").json(command);
        check(request.send().await?).await?;
        Ok(())
    }

    /// Sends a recording as the answer to a question.
    pub async fn send_recording(
        &self,
        file: std::fs::File,
        about: &api::NewRecording,
    ) -> Result<api::Answer, ClientError> {
        let body = reqwest::Body::wrap_stream(tokio_stream(file));
        let request = self.request(Method::POST, "/api/answers").query(about).header("content-type", "audio/wav");
        Ok(check(request.body(body).send().await?).await?.json().await?)
    }

    /// The events of the live session; the first is the present view.
    pub async fn events(&self) -> Result<Events, ClientError> {
        let url = format!("ws://127.0.0.1:{}/api/events", self.port);
        let failed = |error: tungstenite::Error| ClientError::Unreachable(error.to_string());
        let mut request = url.into_client_request().map_err(failed)?;
        let bearer = format!("Bearer {}", self.token).parse();
        let bearer = bearer.map_err(|_| ClientError::Other("the token file is damaged".into()))?;
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = tokio_tungstenite::connect_async(request).await.map_err(failed)?;
        Ok(Events { socket })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://127.0.0.1:{}{path}", self.port)).bearer_auth(&self.token)
    }
}

impl Events {
    /// The next event; `None` when the daemon has gone.
    pub async fn next(&mut self) -> Option<api::Event> {
        loop {
            match self.socket.next().await? {
                Ok(tungstenite::Message::Text(text)) => {
                    if let Ok(event) = serde_json::from_str(&text) {
                        return Some(event);
                    } // an event of a later version
                }
                Ok(tungstenite::Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

async fn check(response: Response) -> Result<Response, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let error = response.json::<ApiError>().await.unwrap_or_else(|_| ApiError {
        code: "unknown".into(),
        message: match status {
            StatusCode::PAYLOAD_TOO_LARGE => "that is too large".to_owned(),
            status => format!("the daemon answered {status}"),
        },
    });
    Err(ClientError::Refused { status: status.as_u16(), error })
}

/// A file as a stream of blocks, read off the async threads.
fn tokio_stream(file: std::fs::File) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> {
    futures_util::stream::unfold(tokio::fs::File::from_std(file), |mut file| async {
        let mut block = vec![0; 64 * 1024];
        match tokio::io::AsyncReadExt::read(&mut file, &mut block).await {
            Ok(0) => None,
            Ok(n) => {
                block.truncate(n);
                Some((Ok(block), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    })
}

/// Starts a daemon and waits until it answers. What is wrong with the person's packs is said once, here.
async fn start_and_find(paths: &Paths, overrides: &[String], say: impl Fn(&str)) -> Result<Client, ClientError> {
    start(paths, overrides)?;
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        match Client::find(paths).await {
            Ok((client, status)) => {
                let packs = status.readiness.iter().find(|part| part.part == "packs" && !part.ready);
                if let Some(packs) = packs {
                    say(&format!("Packs: {}", packs.detail));
                }
                return Ok(client);
            }
            Err(ClientError::NotRunning) if Instant::now() < deadline => {
                if let Some(why) = last_error(paths) {
                    return Err(ClientError::NotStarted { why, log: paths.log_file() });
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(_) => {
                let why = last_error(paths).unwrap_or_else(|| "it took too long".into());
                return Err(ClientError::NotStarted { why, log: paths.log_file() });
            }
        }
    }
}

/// Starts the daemon as a process of its own that outlives this one.
fn start(paths: &Paths, overrides: &[String]) -> Result<(), ClientError> {
    let failed = |why: String| ClientError::NotStarted { why, log: paths.log_file() };
    std::fs::create_dir_all(&paths.state_dir).map_err(|error| failed(error.to_string()))?;
    let log = std::fs::File::create(paths.log_file()).map_err(|error| failed(error.to_string()))?;
    let copy = log.try_clone().map_err(|error| failed(error.to_string()))?;
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(program);
    command.args(["serve", "--while-used"]).stdin(Stdio::null()).stdout(copy).stderr(log);
    for pair in overrides {
        command.args(["--set", pair]);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0); // Ctrl-C here is not for it
    command.spawn().map_err(|error| failed(error.to_string()))?;
    Ok(())
}

/// The error a daemon ended with, if its log says one.
fn last_error(paths: &Paths) -> Option<String> {
    let log = std::fs::read_to_string(paths.log_file()).ok()?;
    log.lines().rev().find_map(|line| line.strip_prefix("viva: ").map(str::to_owned))
}
