//! The daemon as a process of its own, in a home that nobody lives in, and what the bench asks of it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::Value;

/// Ended when it is dropped.
pub struct Daemon {
    process: Child,
    base: String,
    token: String,
    http: reqwest::Client,
}

/// The program with a home and settings.
pub fn viva(home: &Path, settings: &[(&str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("XDG_STATE_HOME");
    command.args(["--set", "daemon.port=0", "--set"]).arg(format!("store.data_dir={}", data(home).display()));
    for (key, value) in settings {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    command.stdin(Stdio::null());
    command
}

pub fn data(home: &Path) -> PathBuf {
    home.join("data")
}

impl Daemon {
    /// Starts it and waits until it answers. What it logs goes to `log` in the home.
    pub async fn start(home: &Path, settings: &[(&str, String)]) -> anyhow::Result<Self> {
        let log = std::fs::File::create(home.join("log"))?;
        let process = viva(home, settings).arg("serve").stdout(Stdio::null()).stderr(log).spawn()?;
        let state = data(home).join("state");
        let started = Instant::now();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(120)).build()?;
        let mut daemon = Self { process, base: String::new(), token: String::new(), http };
        loop {
            let announced = std::fs::read_to_string(state.join("daemon.json")).unwrap_or_default();
            let announced: Value = serde_json::from_str(&announced).unwrap_or_default();
            if let Some(port) = announced["port"].as_u64() {
                daemon.base = format!("http://127.0.0.1:{port}");
                daemon.token = std::fs::read_to_string(state.join("token")).context("the token")?;
                if daemon.get("/api/status").await.is_ok() {
                    return Ok(daemon);
                }
            }
            ensure!(started.elapsed() < Duration::from_secs(30), "the daemon was not ready after 30 s");
            ensure!(daemon.process.try_wait()?.is_none(), "the daemon ended at once");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn pid(&self) -> String {
        self.process.id().to_string()
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let text = request.send().await?.error_for_status()?.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill(); // an error means that it has ended
        let _ = self.process.wait();
    }
}
