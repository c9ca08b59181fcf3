//! `viva calibrate`

use super::{
    Context, Failed, live, print_json,
    render::calibration,
    terminal::{aside, ask, can_ask, clear_passing, line, passing},
};
use crate::{
    api::{self, CalibrationState},
    client::Client,
};

/// Measures how far the levels of your endpoint can be trusted, on rated answers that come with the program.
///
/// It judges the answers and changed copies of them (padded, repeated, with evidence removed or denied, mis-heard, with
/// instructions to the judge in them) as it judges yours, and prints a report card. Every later result of that model shows
/// the grade. The answers are synthetic: written to their levels, by no candidate, rated by no panel.
#[derive(Debug, clap::Args)]
pub struct Calibrate {
    /// Judges two dozen answers instead of all: a first impression, with wide intervals.
    #[arg(long)]
    quick: bool,
    /// Begins without asking.
    #[arg(short, long)]
    yes: bool,
    /// Measures anew what is known already.
    #[arg(long)]
    again: bool,
    /// Stops the run that goes on in the background; what was judged is kept.
    #[arg(long, conflicts_with_all = ["quick", "again", "yes"])]
    stop: bool,
}

const PATH: &str = "/api/calibration";

pub async fn run(arguments: Calibrate, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    if arguments.stop {
        return stop(&client, context).await;
    }
    live::settle_endpoint(&client, context).await?;
    let known: api::Calibration = client.get(&format!("{PATH}?quick={}", arguments.quick)).await?;
    if known.state != CalibrationState::Running {
        let Some(estimate) = &known.estimate else {
            return Err(Failed::new(known.why.unwrap_or_else(|| "no endpoint can be measured".into())).missing_part());
        };
        let nothing_to_do = estimate.judgements == 0 && !arguments.again;
        if !context.json() && !nothing_to_do {
            aside(&calibration::before(estimate, known.done, arguments.again));
        }
        if !nothing_to_do && !agreed(&arguments)? {
            return Ok(());
        }
        let start = api::StartCalibration { quick: arguments.quick, afresh: arguments.again };
        client.send::<api::Calibration>(reqwest::Method::POST, PATH, &start).await?;
    }
    let ended = tokio::select! {
        ended = follow(&client, arguments.quick) => ended?,
        _ = tokio::signal::ctrl_c() => return stop(&client, context).await,
    };
    clear_passing();
    match (ended.state, &ended.card) {
        (CalibrationState::Done, Some(card)) if context.json() => print_json(card),
        (CalibrationState::Done, Some(card)) => {
            line(&calibration::card(card));
            Ok(())
        }
        (CalibrationState::Stopped, _) => {
            aside(&stopped(&ended));
            Ok(())
        }
        _ => {
            let why = ended.why.unwrap_or_else(|| "the run ended without a card".into());
            let (done, total) = (ended.done, ended.total);
            Err(Failed::new(format!(
                "{why}\n{done} of {total} are judged and kept; `viva calibrate` goes on from there"
            )))
        }
    }
}

fn agreed(arguments: &Calibrate) -> Result<bool, Failed> {
    if arguments.yes {
        return Ok(true);
    }
    if !can_ask() {
        return Err(Failed::usage("nobody can be asked here: `viva calibrate --yes` begins without asking"));
    }
    let reply = ask("Begin? [y/N]").unwrap_or_default();
    Ok(reply.eq_ignore_ascii_case("y") || reply.eq_ignore_ascii_case("yes"))
}

/// Shows progress until the run has ended.
async fn follow(client: &Client, quick: bool) -> Result<api::Calibration, Failed> {
    loop {
        let now: api::Calibration = client.get(&format!("{PATH}?quick={quick}&wait_s=5")).await?;
        if now.state != CalibrationState::Running {
            return Ok(now);
        }
        passing(&format!("{} of {} judged; Ctrl-C stops, and what was judged is kept", now.done, now.total));
    }
}

async fn stop(client: &Client, context: &Context) -> Result<(), Failed> {
    let stopped_at: api::Calibration = client.delete(PATH).await?;
    clear_passing();
    if context.json() {
        return print_json(&stopped_at);
    }
    aside(&stopped(&stopped_at));
    Ok(())
}

fn stopped(at: &api::Calibration) -> String {
    match at.state {
        CalibrationState::Stopped => {
            format!("Stopped after {} of {}. `viva calibrate` goes on from there.", at.done, at.total)
        }
        _ => "No calibration runs.".to_owned(),
    }
}
