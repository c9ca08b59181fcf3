//! `viva pressure`: a pressure drill in the terminal.

use super::{
    Context, Failed, live, practice, print_json, render,
    terminal::{self, BOLD, aside, line, styled, wrapped},
};
use crate::{
    api::{self, Command, Ear},
    client::Client,
};

/// Presses on an answer: probe upon probe, harder while you answer well, and the interviewer may cut in.
///
/// Asks a question first, or takes an answer given before (--on). You have 60 to 90 seconds for each reply: the constraint, what breaks,
/// your first move, what it costs. Ends with how many rungs you survived and where it broke, and offers that rung again.
#[derive(Debug, clap::Args)]
pub struct Pressure {
    /// Id of a question, or a question in free words; one you have not answered yet when absent.
    #[arg(conflicts_with = "on")]
    question: Option<String>,
    /// How many probes, 1 to 6; 4 when absent.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=6))]
    probes: Option<u8>,
    /// warm, neutral or sceptical: the words, and when it cuts in. The probes are the same.
    #[arg(long)]
    temper: Option<String>,
    /// Number of an answer given before: the drill is on that one.
    #[arg(long, value_name = "ANSWER")]
    on: Option<i64>,
    /// mid, senior or staff.
    #[arg(long)]
    level: Option<String>,
    /// Types the answers instead of speaking them; a line with a single dot ends an answer. Nobody cuts in then.
    #[arg(long)]
    typed: bool,
    /// Shows what is asked without speaking it.
    #[arg(long)]
    quiet: bool,
}

pub async fn run(arguments: Pressure, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    live::settle_endpoint(&client, context).await?;
    live::tell_cost(&client, context).await?;
    let start = api::StartSession {
        question: arguments.question,
        ear: if arguments.typed { Ear::Typed } else { Ear::Microphone },
        probes: arguments.probes,
        level: arguments.level,
        speak: Some(!arguments.quiet),
        drill: Some(api::DrillWanted { temper: arguments.temper, on: arguments.on }),
        client: "viva pressure".into(),
    };
    practice::hold(&client, start, context).await
}

/// The drill of a session, as far as the terminal has seen it.
#[derive(Default)]
pub struct Ladder {
    drill: Option<api::Drill>,
    offers_again: bool,
}

impl Ladder {
    pub fn is_drill(&self) -> bool {
        self.drill.is_some()
    }

    /// Yes or no is waited for.
    pub fn offers_again(&self) -> bool {
        self.offers_again
    }

    /// What is new in the drill.
    pub fn show(&mut self, drill: api::Drill, json: bool) {
        self.offers_again = false;
        let before = self.drill.replace(drill);
        let Some(drill) = self.drill.as_ref().filter(|_| !json) else { return };
        terminal::clear_passing();
        for (place, rung) in drill.rungs.iter().enumerate() {
            let known = before.as_ref().and_then(|before| before.rungs.get(place));
            for (what, reply, known) in [
                ("", &rung.reply, known.and_then(|known| known.reply.as_ref())),
                (", again", &rung.again, known.and_then(|known| known.again.as_ref())),
            ] {
                if let Some(reply) = reply.as_ref().filter(|reply| Some(*reply) != known) {
                    line(&render::drill::result(&format!("\n  Rung {}{what}: ", place + 1), reply));
                }
            }
        }
    }

    pub fn offer(&mut self, text: &str, json: bool) {
        self.offers_again = true;
        if !json {
            terminal::clear_passing();
            line(&format!("\n{}", styled(BOLD, wrapped(text, "  ", "  "))));
            aside("  Say yes or no; or Enter takes it again, s leaves it.");
        }
    }

    /// What stands above a probe.
    pub fn label(&self) -> Option<String> {
        let drill = self.drill.as_ref()?;
        let again = drill.report.as_ref().and_then(|report| report.again);
        let number = again.unwrap_or(drill.rungs.len());
        let [from, to] = drill.reply_s;
        Some(format!("Rung {number} of {}, {from} to {to} seconds", drill.length))
    }

    /// Whether a line on the keyboard is the reply to the offer.
    pub fn is_reply(&self, text: &str) -> bool {
        self.offers_again
            && matches!(text.trim().to_lowercase().as_str(), "" | "." | "y" | "yes" | "s" | "n" | "no" | "/skip")
    }

    pub async fn reply(&mut self, client: &Client, text: &str) -> Result<(), Failed> {
        self.offers_again = false;
        let takes = matches!(text.trim().to_lowercase().as_str(), "" | "." | "y" | "yes");
        Ok(client.command(if takes { &Command::EndTurn } else { &Command::Skip }).await?)
    }

    /// The whole drill, with the judgements that came meanwhile, and where to look again.
    pub async fn finish(&self, client: &Client, context: &Context, kept: &[api::Answer]) -> Result<(), Failed> {
        let newest = kept.iter().rev().find_map(|answer| answer.id);
        let Some(id) = newest else { return Ok(()) };
        let answer: api::Answer = client.get(&format!("/api/answers/{id}")).await?;
        if context.json() {
            return print_json(&serde_json::json!({"drill": answer.drill, "answers": kept}));
        }
        let mut out = Vec::new();
        if let Some(drill) = &answer.drill {
            render::drill::drill(&mut out, drill);
        }
        line(&out.join("\n"));
        let ids: Vec<String> = kept.iter().filter_map(|answer| answer.id).map(|id| id.to_string()).collect();
        let first = ids.first().cloned().unwrap_or_default();
        let (kept, one) = if ids.len() == 1 { ("answer", "it") } else { ("answers", "one") };
        aside(&format!("\nKept as {kept} {}: `viva report {first}` shows {one} in full.", ids.join(", ")));
        Ok(())
    }
}
