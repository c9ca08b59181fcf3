//! `viva replay`

use serde_json::json;

use super::{
    Context, Failed, print_json,
    terminal::{BAD, DIM, GOOD, aside, line, styled, wrapped},
};
use crate::{
    audio::wav::Pace,
    content,
    session::replay::{self, HeldTurn, Means, Pair, ReplayError, Replayed, Which},
    store::{AnswerId, SessionId, StoreError},
};

/// Holds a session again from its recordings and its event log, and says whether it comes to the same turns and texts.
///
/// Changes nothing in the history and asks no endpoint. Exit code 1 when something differs.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Number of the session; the newest with a recording when absent.
    session: Option<i64>,
    /// The session in which this answer was given; `viva history` has the numbers of answers.
    #[arg(long, conflicts_with = "session")]
    answer: Option<i64>,
    /// How fast it is heard.
    #[arg(long, value_enum, default_value = "fast")]
    pace: HowFast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum HowFast {
    /// As fast as it goes.
    Fast,
    /// As it was spoken.
    Real,
}

pub async fn run(arguments: Replay, context: &Context) -> Result<(), Failed> {
    let content = content::load_with_own(&context.paths.config_dir).map_err(|error| Failed::new(error.to_string()))?;
    let means = Means {
        config: context.settings.config.clone(),
        paths: context.paths.clone(),
        content,
        recognizer: None,
        pace: match arguments.pace {
            HowFast::Fast => Pace::AsFastAsPossible,
            HowFast::Real => Pace::RealTime,
        },
    };
    if !context.json() {
        aside("Hearing it again …");
    }
    let which = match (arguments.session, arguments.answer) {
        (Some(session), _) => Which::Session(SessionId(session)),
        (None, Some(answer)) => Which::OfAnswer(AnswerId(answer)),
        (None, None) => Which::Newest,
    };
    let replayed = replay::replay(means, which).await.map_err(failed)?;
    match context.json() {
        true => print_json(&as_json(&replayed))?,
        false => show(&replayed),
    }
    match replayed.is_equal() {
        true => Ok(()),
        false => Err(Failed::new(format!("session {} came to something else", replayed.session.0))),
    }
}

fn failed(error: ReplayError) -> Failed {
    let message = error.to_string();
    match error {
        ReplayError::NoModel(_) => Failed::new(message).missing_part(),
        ReplayError::Store(StoreError::NoSuchAnswer(_)) => Failed::not_there(message),
        ReplayError::Store(_) | ReplayError::Other(_) => Failed::new(message),
        _ => Failed::not_there(message),
    }
}

fn show(replayed: &Replayed) {
    let start = &replayed.start;
    let model = start.model.as_ref().map_or("no speech model", |model| model.name.as_str());
    line(&format!("Session {}, held by viva {} with {model}.", replayed.session.0, start.version));
    for note in &replayed.notes {
        line(&styled(DIM, wrapped(note, "", "")));
    }
    for pair in &replayed.turns {
        turn(pair);
    }
    let verdict = match replayed.is_equal() {
        true => styled(GOOD, "\nThe same turns and texts."),
        false => styled(BAD, "\nNot the same."),
    };
    line(&verdict);
}

fn turn(pair: &Pair) {
    let Some(held) = pair.now.as_ref().or(pair.then.as_ref()) else { return };
    line(&format!("\n{}", wrapped(&held.asked, &format!("{}  ", pair.turn.0), "   ")));
    let how = styled(DIM, format!("   {:.1} s, {}", held.seconds, ending(held)));
    let differences = pair.differences();
    if differences.is_empty() {
        let text = held.words.as_ref().map_or("(nothing was kept)", |words| words.text.as_str());
        line(&wrapped(text, "   ", "   "));
        return line(&format!("{how}  {}", styled(GOOD, "the same")));
    }
    for (what, then, now) in differences {
        line(&format!("   {}", styled(BAD, what)));
        line(&wrapped(&then, "   - ", "     "));
        line(&wrapped(&now, "   + ", "     "));
    }
    line(&how);
}

fn ending(held: &HeldTurn) -> String {
    let ended = held.ended.map_or("never ended", |by| by.in_words());
    let taken_back = match held.unended {
        0 => String::new(),
        1 => ", after one end that was taken back".into(),
        n => format!(", after {n} ends that were taken back"),
    };
    format!("{ended}{taken_back}")
}

fn as_json(replayed: &Replayed) -> serde_json::Value {
    let start = &replayed.start;
    let held = |turn: &HeldTurn| {
        let words = turn.words.as_ref();
        json!({
            "asked": turn.asked,
            "ended_by": turn.ended,
            "outcome": turn.outcome,
            "text": words.map(|words| &words.text),
            "raw": words.map(|words| &words.raw),
            "ends_taken_back": turn.unended,
            "nudges": turn.nudges,
            "seconds": turn.seconds,
        })
    };
    let turns = replayed.turns.iter().map(|pair| {
        let differences = pair.differences();
        json!({
            "turn": pair.turn.0,
            "equal": differences.is_empty(),
            "then": pair.then.as_ref().map(held),
            "now": pair.now.as_ref().map(held),
            "differences": differences.iter().map(|(what, then, now)| json!({"what": what, "then": then, "now": now}))
                .collect::<Vec<_>>(),
        })
    });
    json!({
        "session": replayed.session.0,
        "equal": replayed.is_equal(),
        "version": start.version,
        "model": start.model,
        "notes": replayed.notes,
        "turns": turns.collect::<Vec<_>>(),
    })
}
