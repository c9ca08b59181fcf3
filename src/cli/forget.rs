//! `viva forget`

use super::{
    Context, Failed, print_json,
    terminal::{ask, line},
};
use crate::api;

/// Forgets answers: rows, recordings, event logs. There is no way back.
#[derive(Debug, clap::Args)]
pub struct Forget {
    /// Number of the answer, as `viva history` prints it.
    #[arg(required_unless_present = "all")]
    answer: Option<i64>,
    /// Everything.
    #[arg(long, conflicts_with = "answer")]
    all: bool,
    /// Only the recording; the words stay.
    #[arg(long, conflicts_with = "all")]
    audio: bool,
    /// Does not ask.
    #[arg(short, long)]
    yes: bool,
}

pub async fn run(arguments: Forget, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let (what, path) = match (arguments.answer, arguments.audio) {
        (Some(id), true) => (format!("the recording of answer {id}"), format!("/api/answers/{id}/audio")),
        (Some(id), false) => (format!("answer {id} with its follow-ups"), format!("/api/answers/{id}")),
        (None, _) => ("every answer and recording".to_owned(), "/api/answers".to_owned()),
    };
    if !arguments.yes {
        match ask(&format!("Forget {what} for good? [y/N]")) {
            Some(reply) if reply.eq_ignore_ascii_case("y") || reply.eq_ignore_ascii_case("yes") => {}
            Some(_) => return Err(Failed::new("nothing was forgotten")),
            None => return Err(Failed::usage("nobody can be asked here: add --yes")),
        }
    }
    let gone: api::Forgotten = client.delete(&path).await?;
    if context.json() {
        return print_json(&gone);
    }
    line(&format!("Forgotten: {} answers, {} recordings.", gone.answers, gone.recordings));
    Ok(())
}
