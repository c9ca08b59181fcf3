//! The command line: one file per command, with its arguments (the doc comment is the help text) and one function.
//!
//! Almost every command is a client of the daemon and starts it if none runs. `serve` is the daemon itself; `config`,
//! `check`, `packs`, `plans`, `models`, `devices`, `logs` and `replay` read what is on this machine and need none.

mod answer;
mod calibrate;
mod check;
mod config;
mod correct;
mod devices;
mod doctor;
mod egress;
mod forget;
mod history;
mod judge;
mod live;
mod logs;
mod models;
mod open;
mod outline;
mod packs;
mod plans;
mod play;
mod practice;
mod pressure;
mod questions;
mod render;
mod replay;
mod report;
mod serve;
mod setup;
mod show;
mod status;
mod stop;
mod terminal;
mod wrong;

use std::{io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    client::{Client, ClientError},
    config::{Loaded, Paths},
};

/// A mock interviewer that listens: practise out loud, see what was missing, get the follow-up that fits.
///
/// Your voice stays on this machine. Start with `viva demo`, then `viva questions` and `viva practice`.
#[derive(Debug, Parser)]
#[command(name = "viva", version, propagate_version = true, after_help = AFTER_HELP)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Sets one setting for this run, e.g. --set practice.level=staff (a daemon it starts takes it along).
    #[arg(long = "set", value_name = "KEY=VALUE", global = true, help_heading = "Everywhere")]
    set: Vec<String>,
    /// Prints JSON for programs instead of text for people.
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
}

/// The end of the help is what a small terminal shows of it.
const AFTER_HELP: &str = "Exit codes:
  0  done
  1  failed, the message says why
  2  wrong arguments or settings
  3  no daemon, or it does not answer
  4  a session is live elsewhere
  5  something is not there (question, answer, model)
  6  a part is missing (microphone, speech model, endpoint)

First steps:
  viva doctor      what is ready, and what mends what is not
  viva demo        a whole round in half a minute, without microphone, key or download
  viva practice    a question aloud, answered aloud (--typed: in writing)
  viva open        the same in the browser";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(practice::Demo),
    Practice(practice::Practice),
    Pressure(pressure::Pressure),
    Answer(answer::Answer),
    Questions(questions::Questions),
    Show(show::Show),
    History(history::History),
    Report(report::Report),
    Play(play::Play),
    Wrong(wrong::Wrong),
    Outline(outline::OutlineOf),
    Judge(judge::Judge),
    Calibrate(calibrate::Calibrate),
    Correct(correct::Correct),
    Replay(replay::Replay),
    Forget(forget::Forget),
    Open(open::Open),
    Status(status::Status),
    Serve(serve::Serve),
    Stop(stop::Stop),
    Logs(logs::Logs),
    Doctor(doctor::Doctor),
    Devices(devices::Devices),
    Models(models::Models),
    Config(config::Config),
    Check(check::Check),
    Packs(packs::Packs),
    Plans(plans::Plans),
    Egress(egress::Egress),
    #[command(hide = true)]
    Setup(setup::Setup),
}

/// What every command gets.
pub struct Context {
    pub global: Global,
    pub settings: Loaded,
    pub paths: Paths,
}

impl Context {
    fn load(global: Global) -> Result<Self, Failed> {
        let usual = Paths::usual().ok_or_else(|| Failed::usage("no home folder is known: set HOME"))?;
        let mut flags = Vec::new();
        for pair in &global.set {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Failed::usage(format!("--set {pair}: write it as KEY=VALUE, e.g. practice.level=staff"))
            })?;
            flags.push((key.trim().to_owned(), value.trim().to_owned()));
        }
        let settings = crate::config::load(Some(&usual.config_file()), std::env::vars(), &flags)
            .map_err(|error| Failed::usage(error.to_string()))?;
        let paths = usual.with_data_dir(&settings.config.store.data_dir);
        Ok(Self { global, settings, paths })
    }

    /// The daemon, started if none runs.
    pub async fn client(&self) -> Result<Client, Failed> {
        let quiet = self.global.json;
        let say = |line: &str| {
            if !quiet {
                terminal::aside(line);
            }
        };
        Ok(Client::connect(&self.paths, &self.global.set, say).await?)
    }

    pub fn json(&self) -> bool {
        self.global.json
    }
}

/// A failure with its exit code; the message names the thing and the remedy.
#[derive(Debug)]
pub struct Failed {
    code: u8,
    message: String,
}

impl Failed {
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// The same failure, because a part is missing.
    pub fn missing_part(self) -> Self {
        Self { code: 6, ..self }
    }

    pub fn not_there(message: impl Into<String>) -> Self {
        Self { code: 5, message: message.into() }
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::new(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        let code = match &error {
            ClientError::NotRunning | ClientError::NotStarted { .. } | ClientError::Unreachable(_) => 3,
            ClientError::OtherVersion { .. } => 3,
            ClientError::Refused { error, .. } => match error.code.as_str() {
                "busy" => 4,
                "not_found" => 5,
                "missing_part" => 6,
                "bad_request" => 2,
                _ => 1,
            },
            ClientError::Other(_) => 1,
        };
        Self { code, message: error.to_string() }
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_daemon = matches!(arguments.command, Command::Serve(_));
    start_logging(is_daemon);
    let run = Context::load(arguments.global).and_then(|context| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let result = runtime.block_on(run(arguments.command, &context));
        runtime.shutdown_timeout(std::time::Duration::from_secs(2)); // a sound system that hangs holds up no exit
        result
    });
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            terminal::error(&failed.message);
            ExitCode::from(failed.code)
        }
    }
}

async fn run(command: Command, context: &Context) -> Result<(), Failed> {
    match command {
        Command::Demo(arguments) => practice::demo(arguments, context).await,
        Command::Practice(arguments) => practice::run(arguments, context).await,
        Command::Pressure(arguments) => pressure::run(arguments, context).await,
        Command::Answer(arguments) => answer::run(arguments, context).await,
        Command::Questions(arguments) => questions::list(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::History(arguments) => history::run(arguments, context).await,
        Command::Report(arguments) => report::run(arguments, context).await,
        Command::Play(arguments) => play::run(arguments, context).await,
        Command::Wrong(arguments) => wrong::run(arguments, context).await,
        Command::Outline(arguments) => outline::run(arguments, context).await,
        Command::Judge(arguments) => judge::run(arguments, context).await,
        Command::Calibrate(arguments) => calibrate::run(arguments, context).await,
        Command::Correct(arguments) => correct::run(arguments, context).await,
        Command::Replay(arguments) => replay::run(arguments, context).await,
        Command::Forget(arguments) => forget::run(arguments, context).await,
        Command::Open(arguments) => open::run(arguments, context).await,
        Command::Status(arguments) => status::run(arguments, context).await,
        Command::Serve(arguments) => serve::run(arguments, context).await,
        Command::Stop(arguments) => stop::run(arguments, context).await,
        Command::Logs(arguments) => logs::run(arguments, context).await,
        Command::Doctor(arguments) => doctor::run(arguments, context).await,
        Command::Devices(arguments) => devices::run(arguments, context).await,
        Command::Models(arguments) => models::run(arguments, context).await,
        Command::Config(arguments) => config::run(arguments, context),
        Command::Check(arguments) => check::run(arguments, context),
        Command::Packs(arguments) => packs::run(arguments, context),
        Command::Plans(arguments) => plans::run(arguments, context),
        Command::Egress(arguments) => egress::run(arguments, context).await,
        Command::Setup(arguments) => setup::run(arguments, context).await,
    }
}

/// Logs go to stderr: facts of the daemon, only warnings of the other commands. `VIVA_LOG` overrides.
fn start_logging(is_daemon: bool) {
    // The sound server's client calls every connection that is closed an error.
    let usual = if is_daemon { "warn,viva=info,pulseaudio=off" } else { "error,viva=warn,pulseaudio=off" };
    let filter = std::env::var("VIVA_LOG").unwrap_or_else(|_| usual.to_owned());
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    // A log that cannot be written (full disk, closed pipe) is not told on stderr: that write would fail, too, and panic.
    subscriber
        .with_target(false)
        .with_ansi(!is_daemon && std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    #[cfg(feature = "whisper")]
    whisper_rs::install_logging_hooks();
}

/// Prints a value as indented JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failed::new(error.to_string()))?;
    terminal::line(&text);
    Ok(())
}
