//! The table of targets, with our figure beside each: waits, cut-ins, triggers, words out of noise, what it costs.
//!
//! `cargo bench --bench voice`; behind `--` rows (`row 4 5`) or parts (`cut-ins`), and `--quick` for fewer of everything.
//! docs/benchmarks.md says how to read it.

#[cfg(feature = "whisper")]
mod alarms;
#[cfg(feature = "whisper")]
mod cut_ins;
#[cfg(feature = "whisper")]
mod daemon;
#[cfg(feature = "whisper")]
mod devices;
#[cfg(feature = "whisper")]
mod drill_words;
#[cfg(feature = "whisper")]
mod hearing;
#[cfg(feature = "whisper")]
mod hesitations;
#[cfg(feature = "whisper")]
mod memory;
#[cfg(feature = "whisper")]
mod models;
#[cfg(feature = "whisper")]
mod noises;
#[cfg(feature = "whisper")]
mod pace;
#[cfg(feature = "whisper")]
mod process;
#[cfg(feature = "whisper")]
mod proofs;
#[cfg(feature = "whisper")]
mod random_model;
#[cfg(feature = "whisper")]
mod recovery;
#[cfg(feature = "whisper")]
mod repair;
#[cfg(feature = "whisper")]
mod replies;
#[cfg(feature = "whisper")]
mod sentences;
#[cfg(feature = "whisper")]
mod sitting;
#[cfg(feature = "whisper")]
mod sound;
#[cfg(feature = "whisper")]
mod speech;
#[cfg(feature = "whisper")]
mod statistics;
#[cfg(feature = "whisper")]
mod table;
#[cfg(feature = "whisper")]
mod tax;
#[cfg(feature = "whisper")]
mod told;
#[cfg(feature = "whisper")]
mod triggers;
#[cfg(feature = "whisper")]
mod waiting;

/// What is measured, and which rows of the table it fills.
#[cfg(feature = "whisper")]
const PARTS: [(&str, &[u8]); 15] = [
    ("waiting", &[1, 11]),
    ("replies", &[2, 3]),
    ("cut-ins", &[4]),
    ("recovery", &[5]),
    ("triggers", &[6, 7]),
    ("tax", &[8]),
    ("glossary", &[9]),
    ("noises", &[10]),
    ("drill", &[11]),
    ("unplug", &[13]),
    ("delivery", &[14]),
    ("hesitations", &[15]),
    ("daemon", &[16]),
    ("memory", &[16]),
    ("proofs", &[12, 17, 18]),
];
/// Parts that speak and hear through the sound server, which is a private one.
#[cfg(feature = "whisper")]
const NEED_DEVICES: [&str; 3] = ["replies", "drill", "unplug"];
/// Parts that splice sentences of espeak-ng.
#[cfg(feature = "whisper")]
const NEED_ESPEAK: [&str; 7] = ["cut-ins", "recovery", "triggers", "noises", "delivery", "hesitations", "replies"];

/// What every part is given.
#[cfg(feature = "whisper")]
pub struct Bench<'a> {
    /// For files.
    pub dir: &'a std::path::Path,
    pub quick: bool,
    pub table: table::Table,
    notes: Vec<String>,
}

#[cfg(feature = "whisper")]
impl Bench<'_> {
    /// How often something is measured.
    pub fn count(&self, fully: usize, quickly: usize) -> usize {
        if self.quick { quickly } else { fully }
    }

    pub fn synthetic(&self) -> std::path::PathBuf {
        speech::root().join("models/synthetic/ggml-synthetic.en-q8_0.bin")
    }

    /// Something that is printed below the table.
    pub fn note(&mut self, text: String) {
        eprintln!("  {text}");
        self.notes.push(text);
    }
}

#[cfg(feature = "whisper")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (options, asked): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let parts = parts_of(&asked)?;
    if parts.iter().any(|(part, _)| NEED_DEVICES.contains(part))
        && let Some(status) = devices::again_with_a_sound_server()?
    {
        std::process::exit(status);
    }
    let dir = tempfile::tempdir()?;
    let quick = options.iter().any(|option| option == "--quick");
    let mut bench = Bench { dir: dir.path(), quick, table: table::Table::default(), notes: Vec::new() };
    println!("Measured {}{}.\n", process::machine(), if quick { ", quickly" } else { "" });
    let begun = std::time::Instant::now();
    for (part, rows) in parts {
        eprintln!("{part} (after {:.0} s)", begun.elapsed().as_secs_f64());
        if NEED_ESPEAK.contains(&part) && !sound::Speaker::is_there() {
            for row in rows {
                let why = table::Verdict::NotMeasured("espeak-ng is not installed".into());
                bench.table.add(table::Row::without_figure(*row, part, "-", why));
            }
            continue;
        }
        match part {
            "waiting" => waiting::measure(&mut bench).await?,
            "replies" => replies::measure(&mut bench).await?,
            "cut-ins" => cut_ins::measure(&mut bench).await?,
            "recovery" => recovery::measure(&mut bench).await?,
            "triggers" => triggers::measure(&mut bench).await?,
            "tax" => tax::measure(&mut bench).await?,
            "glossary" => repair::measure(&mut bench)?,
            "noises" => noises::measure(&mut bench).await?,
            "drill" => devices::drill(&mut bench).await?,
            "unplug" => devices::unplug(&mut bench)?,
            "hesitations" => hesitations::measure(&mut bench).await?,
            "delivery" => told::measure(&mut bench).await?,
            "daemon" => daemon::measure(&mut bench)?,
            "memory" => memory::measure(&mut bench).await?,
            _ => proofs::name(&mut bench),
        }
    }
    bench.table.print();
    if !bench.notes.is_empty() {
        println!();
        bench.notes.iter().for_each(|note| println!("- {note}"));
    }
    println!("\n{:.0} s in all.", begun.elapsed().as_secs_f64());
    Ok(())
}

/// The parts asked for, by name or by row; all of them where none was.
#[cfg(feature = "whisper")]
fn parts_of(asked: &[String]) -> anyhow::Result<Vec<(&'static str, &'static [u8])>> {
    let asked: Vec<&str> = asked.iter().map(String::as_str).filter(|word| !matches!(*word, "row" | "rows")).collect();
    for word in &asked {
        let known =
            PARTS.iter().any(|(part, _)| part == word) || word.parse::<u8>().is_ok_and(|row| (1..=18).contains(&row));
        let names: Vec<&str> = PARTS.iter().map(|(part, _)| *part).collect();
        anyhow::ensure!(known, "{word:?} is neither a row (1 to 18) nor a part ({})", names.join(", "));
    }
    let wanted = |part: &str, rows: &[u8]| {
        asked.is_empty()
            || asked.iter().any(|word| *word == part || word.parse().is_ok_and(|row: u8| rows.contains(&row)))
    };
    Ok(PARTS.into_iter().filter(|(part, rows)| wanted(part, rows)).collect())
}

#[cfg(not(feature = "whisper"))]
fn main() {
    println!("Built without speech recognition: the whole runs need the feature \"whisper\".");
}
