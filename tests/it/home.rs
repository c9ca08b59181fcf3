//! A temporary home with a real daemon in it: the compiled program as a process, on a free port, with folders of its own.
//! Dropping it stops the daemon and removes the folders.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

/// The longest that anything of a test may take before it is given up: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The model for synthetic voices that comes with the program.
pub fn synthetic_model() -> PathBuf {
    repository().join("models/synthetic/ggml-synthetic.en-q8_0.bin")
}

/// Where the sources are.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that is somebody's home, and the daemon that was started in it, if one was.
pub struct Home {
    folder: tempfile::TempDir,
    settings: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    daemon: Option<Child>,
    connection: Option<(u16, String)>,
    http: reqwest::Client,
    /// How long a command may take, or an assessment be waited for.
    patience: Duration,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A reply of the API.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
}

impl Home {
    /// A home without a daemon. The settings are such that nothing is looked for outside of it.
    pub fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let model = synthetic_model().display().to_string();
        let settings = [
            ("daemon.port", "0"),
            ("llm.endpoint", "\"none\""),
            ("voice.engine", "\"none\""),
            ("speech.model", &format!("{model:?}")),
            ("speech.threads", "1"),
            ("speech.glossary", "false"),
        ];
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
            settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            environment: BTreeMap::new(),
            daemon: None,
            connection: None,
            http: client(PATIENCE),
            patience: PATIENCE,
        };
        std::fs::create_dir_all(home.path().join("tmp")).unwrap();
        home.write_settings();
        home
    }

    /// A home with a daemon that answers.
    pub async fn with_daemon() -> Self {
        Self::new().started().await
    }

    /// With another value of a setting, written as in the config file.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self.write_settings();
        self
    }

    /// For what takes its time with nothing wrong: a real model on one busy core. The API waits no longer than this.
    pub fn patient(mut self) -> Self {
        self.patience = Duration::from_secs(300);
        self.http = client(self.patience);
        self
    }

    /// With a variable in the environment of every command.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn write_settings(&self) {
        let lines = self.settings.iter().map(|(key, value)| format!("{key} = {value}\n"));
        std::fs::create_dir_all(self.config_folder()).unwrap();
        std::fs::write(self.config_folder().join("config.toml"), lines.collect::<String>()).unwrap();
    }

    /// Starts `viva serve` and waits until it answers.
    pub async fn started(mut self) -> Self {
        let log = std::fs::File::create(self.path().join("serve.log")).unwrap();
        let mut command = self.command(&["serve"]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.daemon = Some(command.spawn().unwrap());
        self.attach().await;
        self
    }

    /// Waits for a daemon, whoever started it, and talks to it from then on.
    pub async fn attach(&mut self) {
        let announced = poll("the daemon's announcement", || {
            if let Some(status) = self.daemon.as_mut().and_then(|daemon| daemon.try_wait().unwrap()) {
                panic!("the daemon ended with {status}:\n{}", self.log());
            }
            // One that crashed leaves its announcement behind.
            let ours = |pid: &Value| self.daemon.as_ref().is_none_or(|daemon| *pid == daemon.id());
            self.announcement().filter(|announcement| ours(&announcement["pid"]))
        });
        let port = announced.await["port"].as_u64().unwrap() as u16;
        let token = std::fs::read_to_string(self.state_folder().join("token")).unwrap();
        self.connection = Some((port, token));
        assert_eq!(self.get("/api/status").await.status, 200);
    }

    /// What the running daemon has written down of itself.
    pub fn announcement(&self) -> Option<Value> {
        serde_json::from_str(&std::fs::read_to_string(self.state_folder().join("daemon.json")).ok()?).ok()
    }

    /// What the daemon wrote to its log.
    pub fn log(&self) -> String {
        let files = [self.path().join("serve.log"), self.state_folder().join("daemon.log")];
        files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn config_folder(&self) -> PathBuf {
        self.path().join("config/viva")
    }

    pub fn data_folder(&self) -> PathBuf {
        self.path().join("data/viva")
    }

    pub fn state_folder(&self) -> PathBuf {
        self.path().join("state/viva")
    }

    pub fn port(&self) -> u16 {
        self.connection.as_ref().expect("a daemon runs").0
    }

    pub fn token(&self) -> &str {
        &self.connection.as_ref().expect("a daemon runs").1
    }

    /// The program with these arguments, in this home and nowhere else.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
        command.args(arguments).env_clear().current_dir(self.path());
        for kept in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        let folders = [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ];
        command.envs(folders.map(|(name, folder)| (name, self.path().join(folder))));
        command.envs(&self.environment);
        command
    }

    /// Runs a command to its end.
    pub async fn viva(&self, arguments: &[&str]) -> Ran {
        self.viva_with_input(arguments, "").await
    }

    /// Runs a command that reads `input`.
    pub async fn viva_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        use tokio::io::AsyncWriteExt;
        let mut command = tokio::process::Command::from(self.command(arguments));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(input.as_bytes()).await; // a command that reads nothing may have ended
        drop(stdin);
        let ended = tokio::time::timeout(self.patience, child.wait_with_output()).await;
        let output = ended.unwrap_or_else(|_| panic!("viva {arguments:?} hangs:\n{}", self.log())).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let (port, token) = self.connection.as_ref().expect("a daemon runs");
        self.http.request(method, format!("http://127.0.0.1:{port}{path}")).bearer_auth(token)
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path)).await
    }

    /// The body of a reply that is no text.
    pub async fn get_bytes(&self, path: &str) -> Vec<u8> {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap().to_vec()
    }

    pub async fn delete(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::PUT, path).json(body)).await
    }

    /// A POST of bytes of some type.
    pub async fn post_bytes(&self, path: &str, kind: &str, bytes: Vec<u8>) -> Reply {
        Reply::of(self.request(Method::POST, path).header("content-type", kind).body(bytes)).await
    }

    /// Answers a question by text and returns the answer as it was kept.
    pub async fn answer(&self, question: &str, text: &str) -> Value {
        let body = json!({"question": question, "text": text});
        self.post("/api/answers", &body).await.expect(201)
    }

    /// The answer when its assessment is there.
    pub async fn assessed(&self, id: &Value) -> Value {
        self.get(&format!("/api/answers/{id}?wait_s={}", self.patience.as_secs())).await.expect(200)
    }

    /// Uploads a recording as an answer.
    pub async fn recording(&self, question: &str, file: &Path) -> Reply {
        let name = file.file_name().unwrap().to_str().unwrap();
        let path = format!("/api/answers?question={question}&name={name}");
        self.post_bytes(&path, "audio/wav", std::fs::read(file).unwrap()).await
    }

    /// The events of the live session.
    pub async fn events(&self) -> Events {
        let mut request = format!("ws://127.0.0.1:{}/api/events", self.port()).into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token()).parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Events { socket }
    }

    /// Kills the daemon at once, as a crash would.
    pub fn kill(&mut self) {
        let mut daemon = self.daemon.take().expect("a daemon was started here");
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        self.connection = None;
    }

    /// Names of the files under this home that hold these bytes, upper and lower case alike.
    pub fn files_with(&self, words: &str) -> Vec<String> {
        let mut found = Vec::new();
        search(self.path(), words.to_lowercase().as_bytes(), &mut found);
        found
    }
}

fn search(folder: &Path, words: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, words, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default().to_ascii_lowercase(); // it may be gone by now
        if bytes.windows(words.len()).any(|window| window == words) {
            found.push(path.display().to_string());
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        // One that a command started.
        if self.announcement().is_some()
            && let Ok(mut stop) = self.command(&["stop"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        {
            let begun = Instant::now();
            while matches!(stop.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = stop.kill();
            let _ = stop.wait();
        }
    }
}

/// One that waits a little longer than whoever it calls.
fn client(patience: Duration) -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(patience + Duration::from_secs(10)).build().unwrap()
}

impl Reply {
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self { status: response.status().as_u16(), text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// The body of a reply of this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts a refusal: its status, its code, and that the message holds each of these parts.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str, parts: &[&str]) {
        let error = self.expect(status);
        assert_eq!(error["code"], code, "{error}");
        let message = error["message"].as_str().unwrap();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in: {message}");
        }
    }
}

impl Ran {
    /// What was printed by a command that went well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// The JSON that was printed by a command that went well.
    #[track_caller]
    pub fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Asserts a failure: its exit code, and that the message holds each of these parts.
    #[track_caller]
    pub fn failed(self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        }
    }
}

/// The events of the live session, as a watcher gets them.
pub struct Events {
    socket: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
}

impl Events {
    /// The next event; `None` when the daemon has gone.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("no event comes");
            match message {
                Some(Ok(tungstenite::Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next event of a type; what comes before it is passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("no {kind} came before the end"));
            if event["type"] == kind {
                return event;
            }
            assert_ne!(event["type"], "finished", "no {kind} came before {event}");
        }
    }

    /// All events until the session is over, that one included.
    pub async fn until_the_end(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            events.push(self.next().await.expect("the session ends before the daemon"));
            if events.last().is_some_and(|event| event["type"] == "finished") {
                return events;
            }
        }
    }
}

/// Looks until something is there, a short while apart; gives up when it takes too long.
pub async fn poll<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    poll_async(what, async || look()).await
}

/// Likewise, where looking takes a call.
pub async fn poll_async<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Word error rate of a text against what was said: edits per word, case and punctuation aside.
pub fn word_error_rate(said: &str, written: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let bare = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        text.replace('-', " ").split_whitespace().map(bare).filter(|word| !word.is_empty()).collect()
    };
    let (said, written) = (words(said), words(written));
    let mut row: Vec<usize> = (0..=written.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..written.len() {
            let changed = diagonal + usize::from(*word != written[j]);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[written.len()] as f64 / said.len() as f64
}

#[test]
fn the_word_error_rate_counts_edits() {
    let cases = [("a b c d", "A, b c d.", 0.0), ("a b c d", "a x c d", 0.25), ("a b", "a b c", 0.5), ("a b", "", 1.0)];
    for (said, written, expected) in cases {
        assert_eq!(word_error_rate(said, written), expected, "{written}");
    }
}
