//! `viva practice` and `viva demo`: a session in the terminal.

mod screen;

use tokio::sync::mpsc;

use super::{
    Context, Failed, live, outline,
    terminal::{self, DIM, FAIR, aside, line, styled, wrapped},
};
use crate::{
    api::{self, Command, Ear, Event},
    client::Client,
};
use screen::Screen;

/// Asks a question aloud, hears your answer, shows what was missing and asks the follow-ups.
///
/// No key is needed: it waits while you think, and goes on when you have finished ("that's my answer" says so at once). Spoken or by key:
/// "repeat the question" or r Enter, "skip" or s Enter; Enter ends an answer at once, q Enter the session.
#[derive(Debug, clap::Args)]
pub struct Practice {
    /// Id of a question, or a question in free words; one you have not answered yet when absent.
    question: Option<String>,
    /// How many follow-ups, 0 to 6.
    #[arg(long)]
    probes: Option<u8>,
    /// mid, senior or staff.
    #[arg(long)]
    level: Option<String>,
    /// Types the answers instead of speaking them; a line with a single dot ends an answer.
    #[arg(long)]
    typed: bool,
    /// Shows the questions without speaking them.
    #[arg(long)]
    quiet: bool,
}

/// One complete round on a bundled recording with a synthetic voice: no microphone, key or download.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Does not wait for the clock.
    #[arg(long)]
    fast: bool,
    /// Shows the question without speaking it.
    #[arg(long)]
    quiet: bool,
}

pub async fn run(arguments: Practice, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    live::settle_endpoint(&client, context).await?;
    live::tell_cost(&client, context).await?;
    let ear = if arguments.typed { Ear::Typed } else { Ear::Microphone };
    let start = api::StartSession {
        question: arguments.question,
        ear,
        probes: arguments.probes,
        level: arguments.level,
        speak: Some(!arguments.quiet),
        drill: None,
        client: "viva practice".into(),
    };
    hold(&client, start, context).await
}

pub async fn demo(arguments: Demo, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let start = api::StartSession {
        question: None,
        ear: if arguments.fast { Ear::DemonstrationFast } else { Ear::Demonstration },
        probes: Some(0),
        level: None,
        speak: Some(!arguments.quiet && !arguments.fast),
        drill: None,
        client: "viva demo".into(),
    };
    if !context.json() {
        let what = "Demonstration with a synthetic voice and a small model that understands only such voices.";
        line(&styled(FAIR, wrapped(what, "", "")));
        let why = "It shows the way from sound to follow-up, not how well your voice will be understood.";
        line(&styled(DIM, wrapped(why, "", "")));
    }
    hold(&client, start, context).await
}

/// Runs a session to its end in the terminal.
pub async fn hold(client: &Client, start: api::StartSession, context: &Context) -> Result<(), Failed> {
    let mut events = client.events().await?; // before it starts, so that nothing is missed
    events.next().await; // how it was before
    let ear = start.ear;
    let started: api::Started = client.send(reqwest::Method::POST, "/api/sessions", &start).await?;
    let mut screen = Screen::new(context.json(), ear, started.hands_free);
    let interactive = matches!(ear, Ear::Microphone | Ear::Typed);
    let mut keys = interactive.then(|| read_lines(ear));
    let mut typed = String::new();
    loop {
        tokio::select! {
            event = events.next() => match event {
                None => return Err(Failed::new("the daemon has gone; what was said is kept. `viva logs` may say why")),
                Some(Event::Finished { why }) => {
                    if !matches!(why.as_str(), "finished") {
                        terminal::clear_passing();
                        return Err(Failed::new(why));
                    }
                    break;
                }
                // So much was missed that the end is past, too.
                Some(Event::View { session, .. }) if session != Some(started.session) => break,
                Some(event) => screen.show(event),
            },
            key = next_line(&mut keys) => match key {
                Some(text) if screen.ladder.is_reply(&text) => screen.ladder.reply(client, &text).await?,
                Some(text) => act(client, ear, &text, &mut typed).await?,
                None => {
                    keys = None; // the input has ended: what was spoken goes on by itself, what was typed is sent
                    if ear == Ear::Typed {
                        if !typed.trim().is_empty() {
                            act(client, ear, ".", &mut typed).await?;
                        }
                        act(client, ear, "/quit", &mut typed).await?;
                    }
                }
            },
            _ = tokio::signal::ctrl_c() => {
                aside("\nEnding; what you said is kept.");
                client.command(&Command::Stop).await?;
            }
        }
    }
    let offered = screen.finish(client, context).await?;
    match (offered, keys) {
        (Some(id), Some(keys)) if terminal::can_ask() => offer_outline(id, keys, client).await,
        _ => Ok(()),
    }
}

/// Shows the outline of an excellent answer to whoever asks for it; everything is kept by now.
async fn offer_outline(id: i64, mut keys: mpsc::Receiver<String>, client: &Client) -> Result<(), Failed> {
    aside("Enter ends. o Enter shows an excellent answer in outline, ticked by yours.");
    let reply = tokio::select! {
        reply = keys.recv() => reply,
        _ = tokio::signal::ctrl_c() => None,
    };
    if !reply.is_some_and(|reply| reply.trim().eq_ignore_ascii_case("o")) {
        return Ok(());
    }
    if let Some(outline) = outline::of(client, id).await? {
        let mut out = Vec::new();
        outline::write(&mut out, &outline);
        line(&out.join("\n"));
    }
    Ok(())
}

/// Lines of standard input from a thread of their own.
fn read_lines(ear: Ear) -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel(8);
    let told = if ear == Ear::Typed { "Type your answer; a line with a single dot ends it." } else { "" };
    if !told.is_empty() {
        aside(told);
    }
    std::thread::spawn(move || {
        for text in std::io::stdin().lines() {
            let Ok(text) = text else { return };
            if send.blocking_send(text).is_err() {
                return;
            }
        }
    });
    lines
}

async fn next_line(keys: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match keys {
        Some(keys) => keys.recv().await,
        None => std::future::pending().await,
    }
}

/// What a line on the keyboard means.
async fn act(client: &Client, ear: Ear, text: &str, typed: &mut String) -> Result<(), Failed> {
    if ear == Ear::Microphone {
        terminal::clear_entered();
    }
    let command = match (ear, text.trim()) {
        (Ear::Typed, ".") => Command::Answer { text: std::mem::take(typed) },
        (Ear::Typed, "/skip") => Command::Skip,
        (Ear::Typed, "/quit") => Command::Stop,
        (Ear::Typed, _) => {
            typed.push_str(text);
            typed.push('\n');
            return Ok(());
        }
        (_, "") => Command::EndTurn,
        (_, "r") => Command::Repeat,
        (_, "s") => Command::Skip,
        (_, "q") => Command::Stop,
        (_, _) => {
            aside("Enter ends the answer, r repeats the question, s skips it, q ends the session.");
            return Ok(());
        }
    };
    match client.command(&command).await {
        Err(crate::client::ClientError::Refused { error, .. }) => {
            aside(&error.message);
            Ok(())
        }
        other => Ok(other?),
    }
}
