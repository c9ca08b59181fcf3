//! Checks of single things, wherever they stand in a pack: an id, a spoken text, a text to read, a probe, a list of cues.

use std::collections::BTreeSet;

use super::{
    coverage::Cue, cue_syntax, problem::Problem, question::Probe, readability::hard_to_follow, toml_source::Document,
    wording,
};

/// A probe is asked in fewer words than this.
const PROBE_WORDS: usize = 30;
/// A text to read is shorter than this.
const READ_WORDS: usize = 60;

/// What holds for every probe, of a question or generic: its id, its words, its cues.
pub fn check_probe(doc: &Document, path: &str, probe: &Probe, terms: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    check_id(doc, &format!("{path}.id"), &probe.id, problems);
    check_spoken(doc, &format!("{path}.ask"), &probe.ask, PROBE_WORDS, problems);
    check_cues(doc, &format!("{path}.requires_said"), &probe.requires_said, terms, problems);
    let good = &probe.good;
    for (step, text) in [
        ("constraint", &good.constraint),
        ("failure_mode", &good.failure_mode),
        ("mitigation", &good.mitigation),
        ("new_cost", &good.new_cost),
    ] {
        check_read(doc, &format!("{path}.good.{step}"), text, problems);
    }
}

/// An id is lower-case letters, figures and hyphens.
pub fn check_id(doc: &Document, path: &str, id: &str, problems: &mut Vec<Problem>) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.chars().all(allowed) || id.starts_with('-') || id.ends_with('-') {
        let what = format!("`{id}` cannot be an id");
        problems.push(doc.problem(path, what, "Ids are lower-case letters, figures, and hyphens between them."));
    }
}

/// Something the interviewer says: short enough, sayable, and to be followed at one hearing.
pub fn check_spoken(doc: &Document, path: &str, text: &str, fewer_than: usize, problems: &mut Vec<Problem>) {
    let words = wording::count_words(text);
    if words >= fewer_than {
        let what = format!("`{path}` has {words} words");
        problems.push(doc.problem(path, what, format!("It is spoken in one breath: under {fewer_than} words.")));
    }
    if let Some((odd, remedy)) = wording::unspeakable(text) {
        problems.push(doc.problem(path, format!("`{path}` holds {odd}, which cannot be said"), remedy));
    }
    if words < fewer_than
        && let Some((what, remedy)) = hard_to_follow(text)
    {
        problems.push(doc.problem(path, format!("`{path}` has {what}"), remedy));
    }
}

/// Something the candidate reads: under [`READ_WORDS`].
pub fn check_read(doc: &Document, path: &str, text: &str, problems: &mut Vec<Problem>) {
    let words = wording::count_words(text);
    if words >= READ_WORDS {
        let what = format!("`{path}` has {words} words");
        problems.push(doc.problem(path, what, format!("It is one thought: under {READ_WORDS} words.")));
    }
}

/// Every cue is written in the cue language, and is there once. Whether it can be heard is looked at for all cues at once
/// ([`super::cue_reach`]).
pub fn check_cues(doc: &Document, path: &str, cues: &[String], terms: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    check_unique(doc, cues.iter().map(String::as_str), |i| format!("{path}[{i}]"), problems);
    for (i, cue) in cues.iter().enumerate().filter(|(_, cue)| !cue.is_empty()) {
        if let Err((what, remedy)) = check_cue(cue, terms) {
            problems.push(doc.problem(&format!("{path}[{i}]"), what, remedy));
        }
    }
}

fn check_cue(cue: &str, terms: &BTreeSet<String>) -> Result<(), (String, String)> {
    cue_syntax::check(cue, terms)?;
    // A cue of one token may still be too common for the listener. All else was looked at just now.
    if !cue.contains(' ')
        && let Err(error) = Cue::parse(cue)
    {
        return Err((error.to_string(), "Add the words around it.".to_owned()));
    }
    Ok(())
}

/// No two of `ids` are equal; `path` gives the place of the n-th.
pub fn check_unique<'a>(
    doc: &Document,
    ids: impl Iterator<Item = &'a str>,
    path: impl Fn(usize) -> String,
    problems: &mut Vec<Problem>,
) {
    let mut seen = BTreeSet::new();
    for (i, id) in ids.enumerate().filter(|(_, id)| !id.is_empty()) {
        if !seen.insert(id) {
            let what = format!("`{id}` is there twice");
            problems.push(doc.problem(&path(i), what, "Remove one, or give it an id of its own."));
        }
    }
}
