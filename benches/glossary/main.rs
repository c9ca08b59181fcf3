//! How well mis-heard terms are repaired, as a table; `-- hear` first listens to every term again and rewrites the fixture.

#[cfg(feature = "whisper")]
mod hearing;

use std::path::Path;

use viva::content;

const ABOUT_HEARD: &str = "\
# What the synthetic recogniser wrote of each term, in two carrier sentences by three synthetic voices: the term, a tab, the text.
# Made by `cargo bench --bench glossary -- hear`; the model knows espeak-ng's voices only. These texts never enter `misheard`.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let content = content::load(None)?;
    let terms = &content.packs.values().next().expect("a pack is shipped").glossary;
    #[cfg(feature = "whisper")]
    if std::env::args().any(|argument| argument == "hear") {
        let lines = hearing::lines(root, terms).await?;
        let path = root.join("tests/fixtures/glossary/heard.tsv");
        std::fs::write(path, format!("{ABOUT_HEARD}\n{}\n", lines.join("\n")))?;
    }
    Ok(())
}
