//! A daemon as a process of its own, in a home of its own, and what tests want of one: to talk to it, to kill it, to start
//! another on what it left behind.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod room;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use viva::{
    api::{self, Event},
    client::{Client, Events},
    config::Paths,
};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What makes recognition repeatable and keeps a test off the network: one thread, the synthetic model, no endpoint.
const SETTINGS: &[&str] =
    &["daemon.port=0", "llm.endpoint=none", "speech.threads=1", "speech.glossary=false", "voice.engine=espeak"];

/// A home folder without a past.
pub struct Home {
    folder: TempDir,
    settings: Vec<String>,
}

/// A running daemon; dropping it kills it.
pub struct Daemon {
    process: Child,
    pub client: Client,
    pub status: api::Status,
}

impl Home {
    /// With the synthetic model.
    pub fn new() -> Self {
        let mut home = Self { folder: tempfile::tempdir().expect("a folder"), settings: Vec::new() };
        for setting in SETTINGS {
            home.set(setting);
        }
        home.set(&format!("speech.model={}", repository("models/synthetic/ggml-synthetic.en-q8_0.bin").display()));
        home
    }

    /// For everything that is started from now on; the last word on a key counts.
    pub fn set(&mut self, setting: &str) {
        let key = setting.split('=').next().expect("a key");
        self.settings.retain(|known| known.split('=').next() != Some(key));
        self.settings.push(setting.to_owned());
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn paths(&self) -> Paths {
        let folder = |name: &str| self.path().join(name).join("viva");
        Paths { config_dir: folder("config"), data_dir: folder("data"), state_dir: folder("state") }
    }

    /// The program with this home and these settings.
    pub fn viva(&self, arguments: &[&str]) -> Command {
        self.at_home(Command::new(env!("CARGO_BIN_EXE_viva")), arguments)
    }

    fn at_home(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state"), ("CACHE", "cache")] {
            command.env(format!("XDG_{name}_HOME"), self.path().join(folder));
        }
        command.env("HOME", self.path()).stdin(Stdio::null());
        command
    }

    /// Starts a daemon and waits until it answers.
    pub async fn daemon(&self) -> Daemon {
        self.start(self.viva(&["serve"])).await.unwrap_or_else(|(status, log)| panic!("{status}: {log}"))
    }

    /// The same in a shell that has run `before` first, e.g. to set limits.
    pub async fn daemon_after(&self, before: &str) -> Daemon {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_viva")]);
        self.start(self.at_home(shell, &["serve"])).await.unwrap_or_else(|(status, log)| panic!("{status}: {log}"))
    }

    /// Starts a daemon; what it said when it ends instead of answering.
    pub async fn start(&self, mut serve: Command) -> Result<Daemon, (ExitStatus, String)> {
        let log = self.path().join("daemon.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log");
        let mut process = serve.stderr(file).stdout(Stdio::null()).spawn().expect("the program starts");
        let started = Instant::now();
        loop {
            // An announcement of another process is one that was left behind.
            if viva::daemon::announced(&self.paths()).is_some_and(|announced| announced.pid == process.id())
                && let Ok((client, status)) = Client::find(&self.paths()).await
            {
                return Ok(Daemon { process, client, status });
            }
            if let Some(status) = process.try_wait().expect("a child") {
                return Err((status, std::fs::read_to_string(&log).unwrap_or_default()));
            }
            assert!(started.elapsed() < PATIENCE, "the daemon does not answer: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the daemons of this home have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("daemon.log")).unwrap_or_default()
    }
}

impl Daemon {
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("reaped");
    }

    /// Waits until the process is gone by itself.
    pub async fn has_ended(&mut self) {
        let started = Instant::now();
        while self.process.try_wait().expect("a child").is_none() {
            assert!(started.elapsed() < PATIENCE, "the daemon does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether the process is still there and answers.
    pub async fn lives(&mut self) -> bool {
        let is_there = self.process.try_wait().expect("a child").is_none();
        is_there && self.client.get::<api::Status>("/api/status").await.is_ok()
    }

    /// What the readiness report says of a part.
    pub async fn part(&self, name: &str) -> api::Readiness {
        let status: api::Status = self.client.get("/api/status").await.expect("a status");
        status.readiness.into_iter().find(|part| part.part == name).expect("a part of that name")
    }

    pub async fn history(&self) -> Vec<api::AnswerSummary> {
        self.client.get("/api/answers").await.expect("a history")
    }

    pub async fn answer(&self, id: i64) -> api::Answer {
        self.client.get(&format!("/api/answers/{id}")).await.expect("an answer")
    }

    /// Answers the question with a recording, as fast as it can be heard or at its own pace.
    pub async fn hear(&self, wav: &Path, real_time: bool) -> Result<api::Answer, viva::client::ClientError> {
        let about = api::NewRecording {
            question: "rate-limiter".into(),
            real_time: Some(real_time),
            ..api::NewRecording::default()
        };
        self.client.send_recording(std::fs::File::open(wav).expect("a recording"), &about).await
    }

    /// Answers the question by typing.
    pub async fn read(&self, text: &str) -> Result<api::Answer, viva::client::ClientError> {
        let typed = api::NewAnswer { question: "rate-limiter".into(), text: text.into(), ..api::NewAnswer::default() };
        self.client.send(reqwest::Method::POST, "/api/answers", &typed).await
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for the event that `wanted` makes something of; the others are shown to it, too.
pub async fn until<T>(events: &mut Events, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = events.next().await.unwrap_or_else(|| panic!("the daemon has gone; expected: {what}"));
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("it never came: {what}"))
}

/// A file of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A recording with known words: the file and the words.
pub fn sample(name: &str) -> (PathBuf, String) {
    let path = repository("tests/fixtures/voice").join(name);
    let text = std::fs::read_to_string(path.with_extension("txt")).expect("its words");
    (path.with_extension("wav"), text)
}

/// The samples one after the other, with a second of silence before each.
pub fn joined(names: &[&str], into: &Path) -> String {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(into, spec).expect("a file");
    let mut words = Vec::new();
    for (path, text) in names.iter().map(|name| sample(name)) {
        let mut sample = hound::WavReader::open(path).expect("a sample");
        assert_eq!(sample.spec(), spec);
        (0..spec.sample_rate).for_each(|_| file.write_sample(0_i16).expect("written"));
        sample.samples::<i16>().for_each(|sample| file.write_sample(sample.expect("whole")).expect("written"));
        words.push(text);
    }
    file.finalize().expect("finished");
    words.join(" ")
}

/// Lower case, no punctuation.
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    plain.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

/// Words to insert, delete and replace to get from what was spoken to what was heard, as a share of the words spoken.
pub fn word_error_rate(spoken: &str, heard: &str) -> f64 {
    let (spoken, heard) = (words(spoken), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in spoken.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, got) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(wanted != got);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()] as f64 / spoken.len() as f64
}
