//! Row 9: terms that are right after the repair, and ordinary sentences that it changes, from the fixtures of the glossary.
//!
//! `cargo bench --bench glossary` has the whole of it.

#[path = "../glossary/measure.rs"]
#[allow(dead_code, reason = "used whole by the other bench")]
mod measure;

use measure::{Outcome, cases, changed, outcome};
use viva::{content, interview::glossary::Glossary};

use super::{
    Bench,
    speech::root,
    statistics::{share_bound, share_bound_text, share_text},
    table::{Row, Verdict},
};

pub fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let loaded = content::load(None)?;
    let pack = loaded.packs.values().next().ok_or_else(|| anyhow::anyhow!("no pack is shipped"))?;
    let read = |name: &str| std::fs::read_to_string(root().join("tests/fixtures/glossary").join(name));
    let glossary = Glossary::new(&pack.glossary);
    let heard = cases(&read("heard.tsv")?);
    let outcomes: Vec<Outcome> = heard.iter().map(|case| outcome(case, &glossary).0).collect();
    let n = outcomes.len();
    let right = outcomes.iter().filter(|o| !matches!(o, Outcome::Alone | Outcome::Wrong)).count();
    bench.table.add(Row {
        number: 9,
        measure:
            "glossary terms right after the repair (synthetic recognizer, which spells rare words by ear; no steering)"
                .into(),
        target: "≥ 95 %".into(),
        ours: share_text(right, n),
        n: format!("{n} clips, {} terms", pack.glossary.len()),
        bound: format!("{:.1} % wrong", 100.0 * share_bound(n - right, n)),
        verdict: Verdict::from(right * 100 >= n * 95),
    });
    let files = ["plain", "technical", "everyday", "traps"].map(|name| read(&format!("ordinary/{name}.txt")));
    let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    let sentences: Vec<&str> = files.iter().flat_map(|file| file.lines()).collect();
    let hits = changed(sentences.iter().copied(), &pack.glossary).len();
    let n = sentences.len();
    bench.table.add(Row {
        number: 9,
        measure: "ordinary sentences in which a word is wrongly \"corrected\"".into(),
        target: "≤ 0.5 %".into(),
        ours: share_text(hits, n),
        n: format!("{n} sentences"),
        bound: share_bound_text(hits, n),
        verdict: Verdict::from(hits as f64 <= 0.005 * n as f64),
    });
    Ok(())
}
