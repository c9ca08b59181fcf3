//! What judging costs and how far its evidence can be believed, as tables in Markdown: throughput and memory of a thousand answers,
//! what we add before a follow-up is heard, how quotes are found in what a recogniser wrote, and the oracle over the whole set.
//!
//! `cargo bench --bench judging`, or with one or more of `throughput`, `waiting`, `alignment`, `calibration` behind `--`; with `hear`
//! the fixture of `alignment` is made again. docs/benchmarks.md says how to read it.

mod alignment;
mod calibration;
mod endpoint;
#[path = "../../tests/it/first_probe.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod first_probe;
#[cfg(feature = "whisper")]
mod hearing;
#[path = "../voice/process.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod process;
#[path = "../../tests/it/rated_answers.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod rated_answers;
mod reference;
#[cfg_attr(not(feature = "whisper"), allow(dead_code, reason = "only what makes the fixture anew uses the rest"))]
mod said;
mod server;
#[path = "../voice/statistics.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod statistics;
mod throughput;
mod waiting;

use std::path::PathBuf;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    let _ = rustls::crypto::ring::default_provider().install_default(); // an error means that it is installed
    println!("Measured {}.\n", process::machine());
    #[cfg(feature = "whisper")]
    if asked.iter().any(|asked| asked == "hear") {
        hearing::write().await?;
    }
    if wanted("alignment") {
        alignment::print()?;
    }
    if wanted("throughput") {
        throughput::print().await?;
    }
    if wanted("waiting") {
        waiting::print().await?;
    }
    if wanted("calibration") {
        calibration::print().await?;
    }
    Ok(())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
