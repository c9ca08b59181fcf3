//! The daemon by itself: how soon it is ready, what it costs while nobody uses it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use super::{
    Bench,
    models::Weights,
    process::{cpu_s_of, resident_mb},
    speech::root,
    statistics::{percentile, percentile_bound_text},
    table::{BESIDE, Row, Verdict},
};

const STARTS: usize = 10;
const IDLE: Duration = Duration::from_secs(15);

pub fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let dir = bench.dir;
    let model = Weights::BaseSized.file(dir)?.path;
    let mut starts = Vec::new();
    for n in 0..STARTS {
        let mut daemon = Daemon::start(&dir.join(format!("home-{n}")), &model)?;
        starts.push(daemon.ready.as_secs_f64());
        daemon.stop()?;
    }
    let (p50, p95) = (percentile(&starts, 50.0), percentile(&starts, 95.0));
    bench.table.add(Row {
        number: BESIDE,
        measure: "daemon: start to the first answer over HTTP, no model loaded, new data folder".into(),
        target: "≤ 0.50 s".into(),
        ours: format!("p50 {p50:.3} s, p95 {p95:.3} s"),
        verdict: Verdict::from(p50 <= 0.5),
        n: format!("{STARTS} starts"),
        bound: percentile_bound_text(&starts, "s"),
    });
    if !cfg!(target_os = "linux") {
        println!("Idle CPU and memory of the daemon are read from /proc: skipped on this system.\n");
        return Ok(());
    }

    let mut daemon = Daemon::start(&dir.join("home"), &model)?;
    thread::sleep(Duration::from_secs(1)); // what it does once at the start is over
    idle(&daemon, "before a model is loaded", 40.0, bench);
    daemon.answer_by_voice()?;
    idle(&daemon, "after an answer with base.en-sized weights", 450.0, bench);
    daemon.stop()
}

fn idle(daemon: &Daemon, when: &str, most_mb: f64, bench: &mut Bench<'_>) {
    let pid = daemon.process.id().to_string();
    let before = cpu_s_of(&pid);
    thread::sleep(IDLE);
    let percent = 100.0 * (cpu_s_of(&pid) - before) / IDLE.as_secs_f64();
    let mb = resident_mb(&pid);
    bench.table.add(Row {
        number: BESIDE,
        measure: format!("daemon: idle CPU {when}"),
        target: "≤ 1 % of a core".into(),
        ours: format!("{percent:.2} %"),
        verdict: Verdict::from(percent <= 1.0),
        n: format!("{} s", IDLE.as_secs()),
        bound: String::new(),
    });
    bench.table.add(Row {
        number: 16,
        measure: format!("daemon: memory in RAM {when}"),
        target: format!("≤ {most_mb} MB"),
        ours: format!("{mb:.0} MB"),
        verdict: Verdict::from(mb <= most_mb),
        n: format!("{} s", IDLE.as_secs()),
        bound: String::new(),
    });
}

/// A daemon with a home of its own; ended when it is dropped.
struct Daemon {
    process: Child,
    home: PathBuf,
    model: PathBuf,
    /// From the start of the process to its first answer.
    ready: Duration,
}

impl Daemon {
    fn start(home: &Path, model: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(home)?;
        let begun = Instant::now();
        let process = viva(home, model).arg("serve").spawn().context("the daemon does not start")?;
        let mut daemon = Self { process, home: home.to_owned(), model: model.to_owned(), ready: Duration::ZERO };
        while !daemon.answers() {
            ensure!(begun.elapsed() < Duration::from_secs(20), "the daemon was not ready after 20 s");
            ensure!(daemon.process.try_wait()?.is_none(), "the daemon ended at once");
            thread::sleep(Duration::from_millis(1));
        }
        daemon.ready = begun.elapsed();
        Ok(daemon)
    }

    /// Whether it has written its port down and answers there.
    fn answers(&self) -> bool {
        let announced = std::fs::read_to_string(self.home.join("data/state/daemon.json")).unwrap_or_default();
        let announced: serde_json::Value = serde_json::from_str(&announced).unwrap_or_default();
        let Some(port) = announced["port"].as_u64() else { return false };
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port as u16)) else { return false };
        let asked = write!(stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        let mut head = [0; 8];
        asked.is_ok() && stream.read_exact(&mut head).is_ok() && head.starts_with(b"HTTP/1.1")
    }

    /// Makes it load the model.
    fn answer_by_voice(&self) -> anyhow::Result<()> {
        let recording = root().join("tests/fixtures/voice/sample-multi-1.wav");
        let mut command = viva(&self.home, &self.model);
        command.args(["answer", "--question", "rate-limiter", "--no-judge", "--json", "--wav"]).arg(recording);
        let status = command.status()?;
        ensure!(status.success(), "`viva answer` failed: {status}");
        Ok(())
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        viva(&self.home, &self.model).arg("stop").status()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill(); // an error means that it has ended
        let _ = self.process.wait();
    }
}

/// The program, kept away from the person's own folders.
fn viva(home: &Path, model: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("XDG_STATE_HOME");
    command.args(["--set", "daemon.port=0", "--set", "llm.endpoint=none", "--set", "voice.engine=none"]);
    command.arg("--set").arg(format!("store.data_dir={}", home.join("data").display()));
    command.arg("--set").arg(format!("speech.model={}", model.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
