//! How well mis-heard terms are repaired and plain sentences are left alone, as a table in Markdown.
//!
//! `cargo bench --bench glossary`; with `hear` behind `--` it first listens to every term again and rewrites the fixture. What the
//! figures mean is in docs/benchmarks.md.

#[cfg(feature = "whisper")]
mod hearing;
mod measure;

use std::path::Path;

use measure::{Case, Tally, cases, changed, is_held_out};
use viva::{
    content,
    interview::{
        glossary::{Glossary, Term},
        pack::Pack,
    },
};

const FIXTURES: &str = "tests/fixtures/glossary";
#[cfg(feature = "whisper")]
const ABOUT_HEARD: &str = "\
# What the synthetic recogniser wrote of each term, in two carrier sentences by three synthetic voices: the term, a tab, the text.
# Made by `cargo bench --bench glossary -- hear`; the model knows espeak-ng's voices only. These texts never enter `misheard`.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let content = content::load(None)?;
    let pack = content.packs.values().next().expect("a pack is shipped");
    #[cfg(feature = "whisper")]
    if std::env::args().any(|argument| argument == "hear") {
        let lines = hearing::lines(root, &pack.glossary).await?;
        let path = root.join(FIXTURES).join("heard.tsv");
        std::fs::write(path, format!("{ABOUT_HEARD}\n{}\n", lines.join("\n")))?;
    }
    let read = |name: &str| std::fs::read_to_string(root.join(FIXTURES).join(name));
    mis_hearings(&Glossary::new(&pack.glossary), &cases(&read("handmade.tsv")?), &cases(&read("heard.tsv")?));
    println!();
    let files = ["plain", "technical", "everyday", "traps"];
    let files = files.map(|name| (name, read(&format!("ordinary/{name}.txt")).unwrap_or_default()));
    ordinary(pack, &files);
    Ok(())
}

fn mis_hearings(glossary: &Glossary, handmade: &[Case], heard: &[Case]) {
    println!("| mis-hearings that are in no list | n | to the right term | left alone | to another term (≤ 0.5 %) |");
    println!("|---|---|---|---|---|");
    let held: Vec<&Case> = handmade.iter().filter(|case| is_held_out(&case.heard)).collect();
    let (unseen, seen): (Vec<&Case>, Vec<&Case>) = heard.iter().partition(|case| is_held_out(&case.term));
    for (source, cases) in [
        ("by hand, held out", held),
        ("synthetic recogniser, terms not looked at", unseen),
        ("synthetic recogniser, terms looked at", seen),
        ("synthetic recogniser, all", heard.iter().collect()),
    ] {
        let tally = Tally::of(cases, glossary);
        let share = |hits| share(hits, tally.n());
        let (right, alone, wrong) = (share(tally.right), share(tally.alone), share(tally.wrong));
        println!("| {source} | {} | {right} | {alone} | {wrong} |", tally.n());
    }
    let count = |wanted| heard.iter().filter(|case| measure::outcome(case, glossary).0 == wanted).count();
    let (right, listed) = (count(measure::Outcome::HeardRight), count(measure::Outcome::Listed));
    println!("\nOf {} clips {right} were heard right and {listed} as a listed form.", heard.len());
}

fn ordinary(pack: &Pack, files: &[(&str, String)]) {
    println!("| ordinary sentences | n | changed with all {} terms (≤ 0.5 %) |", pack.glossary.len());
    println!("|---|---|---|");
    let all: Vec<&str> = files.iter().flat_map(|(_, text)| text.lines()).collect();
    let each = files.iter().map(|(name, text)| (*name, text.lines().collect::<Vec<_>>()));
    for (name, sentences) in each.chain([("all", all.clone())]) {
        let n = sentences.len();
        println!("| {name} | {n} | {} |", share(changed(sentences, &pack.glossary).len(), n));
    }
    let of = |names: &[String]| -> Vec<Term> {
        pack.glossary.iter().filter(|term| names.contains(&term.term)).cloned().collect()
    };
    let questions = pack.questions.values().map(|question| changed(all.iter().copied(), &of(&question.glossary)).len());
    let most = questions.max().unwrap_or_default();
    println!("| all, under the terms of the question that changes most | {} | {} |", all.len(), share(most, all.len()));
}

/// Wilson's 95 % interval of a share, in percent.
fn wilson(hits: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 100.0);
    }
    let (n, z) = (n as f64, 1.959_964);
    let share = hits as f64 / n;
    let middle = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let bound = |side: f64| 100.0 * (middle + side * spread) / (1.0 + z * z / n);
    (bound(-1.0).max(0.0), bound(1.0))
}

fn share(hits: usize, n: usize) -> String {
    let (low, high) = wilson(hits, n);
    format!("{:.1} % ({low:.1}-{high:.1}; {hits})", 100.0 * hits as f64 / n.max(1) as f64)
}
