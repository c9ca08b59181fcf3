//! `viva play`

use std::path::{Path, PathBuf};

use super::{Context, Failed, print_json, render::clock, report::newest, terminal::aside};
use crate::{
    api,
    audio::{playback::Playback, wav},
    client::Client,
    signal::SAMPLE_RATE,
};

/// Plays what you said: the whole recording, some seconds of it, or the words that a finding rests on.
#[derive(Debug, clap::Args)]
pub struct Play {
    /// Number of the answer; the newest when absent.
    answer: Option<i64>,
    /// Number of the finding, as `viva report` prints it in brackets.
    #[arg(short, long, value_name = "N", conflicts_with_all = ["from", "to"])]
    evidence: Option<usize>,
    /// Begins here: seconds, or minutes and seconds ("1:05").
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    from: Option<f64>,
    /// Ends here.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    to: Option<f64>,
    /// Writes a WAV file instead of playing.
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
}

/// Seconds, or minutes and seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text}: write seconds (65) or minutes and seconds (1:05)");
    let (minutes, rest) = match text.split_once(':') {
        Some((minutes, rest)) => (minutes.parse::<u32>().map_err(|_| wrong())?, rest),
        None => (0, text),
    };
    let rest: f64 = rest.parse().map_err(|_| wrong())?;
    (rest >= 0.0 && rest.is_finite()).then_some(f64::from(minutes) * 60.0 + rest).ok_or_else(wrong)
}

pub async fn run(arguments: Play, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let id = match arguments.answer {
        Some(id) => id,
        None => newest(&client).await?,
    };
    let (from_s, to_s, what) = match arguments.evidence {
        Some(n) => of_finding(&client, id, n).await?,
        None => (arguments.from, arguments.to, format!("Answer {id}")),
    };
    if arguments.wav.is_none() {
        refuse_beside_a_session(&client).await?;
    }
    let stretch: Vec<_> =
        [("from_s", from_s), ("to_s", to_s)].into_iter().filter(|(_, seconds)| seconds.is_some()).collect();
    let bytes = client.bytes(&format!("/api/answers/{id}/audio"), &stretch).await?;
    let samples = wav::samples_of(&bytes, "the recording").map_err(|error| Failed::new(error.to_string()))?;
    let length_s = samples.len() as f64 / f64::from(SAMPLE_RATE);
    let Some(file) = &arguments.wav else {
        if !context.json() {
            aside(&format!("{what} ({})", clock(length_s)));
        }
        return aloud(samples, context).await;
    };
    write_new(file, &bytes)?;
    if context.json() {
        let written =
            serde_json::json!({"answer": id, "from_s": from_s, "to_s": to_s, "seconds": length_s, "wav": file});
        return print_json(&written);
    }
    aside(&format!("{what}: {length_s:.1} s written to {}", file.display()));
    Ok(())
}

/// The seconds of a finding, and what it is.
async fn of_finding(client: &Client, id: i64, n: usize) -> Result<(Option<f64>, Option<f64>, String), Failed> {
    let answer: api::Answer = client.get(&format!("/api/answers/{id}")).await?;
    let Some(finding) = answer.findings.iter().find(|finding| finding.n == n) else {
        let all = answer.findings.len();
        return Err(Failed::not_there(match all {
            0 => format!("answer {id} has no findings: `viva play {id}` plays all of it"),
            _ => format!("answer {id} has no finding {n}: they are numbered 1 to {all}, as `viva report {id}` shows"),
        }));
    };
    let Some((from, to)) = finding.from_s.zip(finding.to_s) else {
        let why = match (&finding.quote, answer.source.as_str()) {
            (Some(_), "text") => "the answer was typed".to_owned(),
            (Some(_), _) => "nothing tells when these words were said".to_owned(),
            (None, _) => format!("it rests on no words of yours ({})", finding.says),
        };
        return Err(Failed::not_there(format!("there is nothing to hear of finding {n}: {why}")));
    };
    let says = finding.quote.as_ref().map_or_else(|| finding.says.clone(), |quote| format!("\u{201c}{quote}\u{201d}"));
    Ok((Some(from), Some(to), format!("[{n}] {says}, at about {}", clock(from))))
}

/// Whoever is being heard would be heard together with the recording.
async fn refuse_beside_a_session(client: &Client) -> Result<(), Failed> {
    let status: api::Status = client.get("/api/status").await?;
    match status.live {
        None => Ok(()),
        Some(live) => {
            let message = format!(
                "a session is live ({}), and its microphone would hear this: end it first, or write a file with --wav",
                live.client
            );
            Err(Failed { code: 4, message })
        }
    }
}

async fn aloud(samples: Vec<f32>, context: &Context) -> Result<(), Failed> {
    let silent = |why: String| Failed::new(format!("{why}\n`--wav FILE` writes the sound to a file.")).missing_part();
    let name = context.settings.config.audio.output.clone();
    let opened = tokio::task::spawn_blocking(move || Playback::open(&name)).await;
    let playback =
        opened.map_err(|error| Failed::new(error.to_string()))?.map_err(|error| silent(error.to_string()))?;
    let mut playing = playback.play(samples, SAMPLE_RATE);
    let stopper = playing.stopper();
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
        stopper.stop();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        played = playing.ended() => played.map(|_| ()).map_err(|error| silent(error.to_string())),
        () = interrupted => Ok(()),
    }
}

/// Writes a file that must not be there yet.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failed::new(format!("{} is there already: choose another name", file.display()))
        }
        _ => Failed::new(format!("cannot write {}: {error}", file.display())),
    };
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    std::io::Write::write_all(&mut new, bytes).map_err(failed)
}

#[cfg(test)]
#[test]
fn times_are_seconds_or_minutes_and_seconds() {
    for (text, expected) in [
        ("65", Some(65.0)),
        ("1:05", Some(65.0)),
        ("0:02.5", Some(2.5)),
        ("-1", None),
        ("1:", None),
        ("inf", None),
        ("x", None),
    ] {
        assert_eq!(seconds(text).ok(), expected, "{text}");
    }
}
