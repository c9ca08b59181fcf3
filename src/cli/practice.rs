//! `viva practice` and `viva demo`: a session in the terminal.

use std::io::IsTerminal;

use tokio::sync::mpsc;

use super::{
    Context, Failed, live, outline,
    pressure::Ladder,
    print_json, render,
    terminal::{self, ACCENT, BOLD, DIM, FAIR, aside, line, passing, styled, wrapped},
};
use crate::{
    api::{self, AssessmentKind, Command, Ear, Event, Floor, Phase},
    client::Client,
};

/// Asks a question aloud, hears your answer, shows what was missing and asks the follow-ups.
///
/// Enter ends an answer; with `turn.end = "pause"` it ends by itself when you have finished. While it listens: r Enter repeats the
/// question, s Enter skips it, q Enter ends the session.
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
    let hands_free = ear == Ear::Microphone && client.get::<api::Status>("/api/status").await?.practice.hands_free;
    let mut screen = Screen { json: context.json(), ear, hands_free, ..Screen::default() };
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

/// What the terminal shows of a session.
#[derive(Default)]
struct Screen {
    json: bool,
    ear: Ear,
    /// Silence ends an answer.
    hands_free: bool,
    kept: Vec<api::Answer>,
    /// The candidate has the floor.
    listening: bool,
    /// It is shown how much time is left.
    thinking: bool,
    /// Id of the follow-up asked last.
    asked: Option<String>,
    /// Only in a pressure drill.
    ladder: Ladder,
}

impl Screen {
    fn show(&mut self, event: Event) {
        match event {
            Event::Kept { answer } => self.kept(*answer),
            Event::Assessed { answer } => self.assessed(*answer),
            Event::Drill { drill } => self.ladder.show(drill, self.json),
            Event::OfferedAgain { text, .. } => self.ladder.offer(&text, self.json),
            _ if self.json => {}
            Event::Asked { text, probe, demonstration } => {
                terminal::clear_passing();
                let label = match (&probe, demonstration) {
                    (Some(_), _) => self.ladder.label().unwrap_or_else(|| "Follow-up".to_owned()),
                    (None, true) => "Question (demonstration)".to_owned(),
                    (None, false) => "Question".to_owned(),
                };
                line(&format!("\n{}", styled(ACCENT, label)));
                line(&styled(BOLD, wrapped(&text, "  ", "  ")));
                if let Some(probe) = probe {
                    line(&styled(DIM, wrapped(&probe.reason, "  ", "  ")));
                    self.asked = Some(probe.id);
                }
            }
            Event::Phase { phase } => self.phase(phase),
            Event::Segment { segment } => {
                terminal::clear_passing();
                line(&render::segment_line(&segment));
            }
            Event::Partial { text, .. } => passing(&format!("  … {text}")),
            Event::Level { rms, voiced } => {
                if self.listening && !self.thinking && !voiced && std::io::stderr().is_terminal() {
                    passing(&format!("  listening {}", meter(rms)));
                }
            }
            Event::Floor { floor } => self.floor(floor),
            Event::Clarified { clarification: api::Clarification { told: text, .. } } | Event::Remark { text } => {
                terminal::clear_passing();
                line(&render::told(&text));
            }
            Event::Unended => {
                terminal::clear_passing();
                line(&styled(DIM, "  Go on, I am listening."));
            }
            Event::Interjected { interjection } => {
                terminal::clear_passing();
                line(&render::drill::interjection(&interjection));
            }
            Event::Notice { text } => {
                terminal::clear_passing();
                line(&styled(FAIR, wrapped(&text, "  ! ", "    ")));
            }
            Event::Judging { tokens, .. } => passing(&format!("  the endpoint is judging: {tokens} tokens")),
            Event::View { .. } | Event::Finished { .. } => {}
        }
    }

    /// Who has the floor, in one passing line.
    fn floor(&mut self, floor: Floor) {
        if self.ear != Ear::Microphone {
            return;
        }
        match floor {
            Floor::Speaking if self.listening => passing("  the interviewer speaks"),
            Floor::Speaking | Floor::Nobody => {} // the phase says more
            Floor::Listening => passing("  listening"),
            Floor::Thinking { ends_in_s: Some(left), granted } => {
                let drained = "▮".repeat((left.round() as usize).min(40));
                let why = if granted { "your time to think" } else { "it waits while you think" };
                passing(&format!("  {why}, {left:.0} s left {drained}"));
            }
            Floor::Thinking { ends_in_s: None, granted: true } => passing("  your time to think, as long as you like"),
            Floor::Thinking { ends_in_s: None, granted: false } => passing("  time to think; Enter ends the answer"),
        }
        self.thinking = matches!(floor, Floor::Thinking { .. });
    }

    fn phase(&mut self, phase: Phase) {
        terminal::clear_passing();
        self.listening = phase == Phase::Listening;
        match phase {
            Phase::Listening if self.ladder.offers_again() => {}
            Phase::Listening if self.hands_free => aside(
                "  You have the floor. You need not press anything: it waits while you think, and goes on when you have \
                 finished. Enter ends the answer at once (r repeat, s skip, q end).",
            ),
            Phase::Listening if self.ear == Ear::Microphone => {
                aside("  You have the floor. Take your time; Enter when you have finished (r repeat, s skip, q end).");
            }
            Phase::Asking if self.ear == Ear::Microphone => {
                passing("  the interviewer speaks; Enter when you have heard enough")
            }
            Phase::Suspended => passing("  waiting for the microphone …"),
            Phase::Transcribing => passing("  writing down the last words …"),
            Phase::Deciding => passing("  choosing the follow-up …"),
            _ => {}
        }
    }

    /// The first time with the practice signal, again with the chosen follow-up.
    fn kept(&mut self, answer: api::Answer) {
        let known =
            self.kept.iter().position(|kept| kept.id == answer.id && kept.answers_probe == answer.answers_probe);
        match known {
            Some(at) => self.kept[at] = answer,
            None => {
                if !self.json && !self.ladder.is_drill() {
                    terminal::clear_passing();
                    let mut out = Vec::new();
                    render::result(&mut out, &answer);
                    line(&out.join("\n"));
                }
                self.kept.push(answer);
            }
        }
    }

    fn assessed(&mut self, answer: api::Answer) {
        let Some(at) = self.kept.iter().position(|kept| kept.id == answer.id) else { return };
        if !self.json && !self.ladder.is_drill() {
            terminal::clear_passing();
            line(&styled(ACCENT, format!("\nThe judgement of answer {} is there", answer.id.unwrap_or_default())));
            let mut out = Vec::new();
            render::result(&mut out, &answer);
            line(&out.join("\n"));
        }
        self.kept[at] = answer;
    }

    /// The last follow-up, the judgement that is still on its way, where to look again. Returns the answer whose outline may be shown.
    async fn finish(mut self, client: &Client, context: &Context) -> Result<Option<i64>, Failed> {
        terminal::clear_passing();
        let pending = |answer: &api::Answer| answer.id.filter(|_| answer.assessment.kind == AssessmentKind::Pending);
        let ids: Vec<i64> = self.kept.iter().filter_map(pending).collect();
        for id in ids {
            if !self.json {
                aside("The endpoint is judging …");
            }
            let answer = live::wait_for_assessment(client, id).await?;
            self.assessed(answer);
        }
        if self.ladder.is_drill() {
            return self.ladder.finish(client, context, &self.kept).await.map(|()| None);
        }
        if context.json() {
            return print_json(&self.kept).map(|()| None);
        }
        if let Some(last) = self.kept.last() {
            let mut out = Vec::new();
            let not_asked = |probe: &&api::Probe| self.asked.as_ref() != Some(&probe.id);
            render::probe(&mut out, last.probe.as_ref().filter(not_asked));
            line(&out.join("\n"));
            match last.id {
                Some(id) => {
                    aside(&format!("\nKept as answer {id}: `viva report {id}`, `viva outline {id}`, `viva history`."))
                }
                None => aside("\nNothing of this was kept. Your turn: `viva questions`, then `viva practice`."),
            }
        }
        let of_a_pack = |answer: &&api::Answer| answer.question.id.is_some();
        Ok(self.kept.iter().find(of_a_pack).and_then(|answer| answer.id))
    }
}

fn meter(rms: f32) -> String {
    let steps = ((20.0 * rms.max(1e-4).log10() + 60.0) / 3.0).clamp(0.0, 20.0) as usize;
    format!("{}{}", "▮".repeat(steps), "▯".repeat(20 - steps))
}
