//! `viva logs`

use std::io::{Read, Seek, SeekFrom};

use super::{Context, Failed, terminal::line};

/// Shows the log of the daemon that a command started. It holds no word that anybody said.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// How many lines from the end.
    #[arg(short = 'n', long, default_value_t = 100)]
    lines: usize,
    /// Goes on showing what is added, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
}

pub async fn run(arguments: Logs, context: &Context) -> Result<(), Failed> {
    let path = context.paths.log_file();
    let text = std::fs::read_to_string(&path)
        .map_err(|_| Failed::not_there(format!("there is no log yet at {}", path.display())))?;
    let lines: Vec<&str> = text.lines().filter(is_ours).collect();
    for text in &lines[lines.len().saturating_sub(arguments.lines)..] {
        line(text);
    }
    if !arguments.follow {
        return Ok(());
    }
    let mut read = text.len() as u64;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            () = tokio::time::sleep(std::time::Duration::from_millis(300)) => {}
        }
        let mut file = std::fs::File::open(&path)?;
        if file.metadata()?.len() < read {
            read = 0; // a new daemon began a new log
        }
        file.seek(SeekFrom::Start(read))?;
        let mut more = String::new();
        read += file.read_to_string(&mut more)? as u64;
        more.lines().filter(is_ours).for_each(line);
    }
}

/// The system's sound library talks to stderr, too.
fn is_ours(line: &&str) -> bool {
    !line.starts_with("ALSA lib ")
}
