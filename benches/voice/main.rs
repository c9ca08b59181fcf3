//! Whole runs, as one table in Markdown: what somebody waits for after the last word, what it costs, what an idle daemon costs.
//!
//! `cargo bench --bench voice`, or with one or more of `waiting`, `tax`, `daemon` behind `--`. docs/benchmarks.md says how to read it.

#[cfg(feature = "whisper")]
mod daemon;
#[cfg(feature = "whisper")]
mod hearing;
#[cfg(feature = "whisper")]
mod models;
#[cfg(feature = "whisper")]
mod pace;
#[cfg(feature = "whisper")]
mod process;
#[cfg(feature = "whisper")]
mod random_model;
#[cfg(feature = "whisper")]
mod speech;
#[cfg(feature = "whisper")]
mod table;
#[cfg(feature = "whisper")]
mod tax;
#[cfg(feature = "whisper")]
mod waiting;

#[cfg(feature = "whisper")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    let dir = tempfile::tempdir()?;
    let mut table = table::Table::default();
    println!("Measured {}.\n", process::machine());
    if wanted("waiting") {
        waiting::measure(dir.path(), &mut table).await?;
    }
    if wanted("tax") {
        tax::measure(dir.path(), &mut table).await?;
    }
    if wanted("daemon") {
        daemon::measure(dir.path(), &mut table)?;
    }
    table.print();
    Ok(())
}

#[cfg(not(feature = "whisper"))]
fn main() {
    println!("Built without speech recognition: the whole runs need the feature \"whisper\".");
}
