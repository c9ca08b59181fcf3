//! From the texts of a content folder to packs and rubrics: which pack a file belongs to, reading each, and calling the checks in the right
//! order.
//!
//! A pack without a `mistakes.toml`, `glossary.toml`, `probes.toml`, `phrases.toml`, `drills.toml`, `interviewers.toml` or
//! `answer_shapes.toml` borrows that of the first pack that has one, so a person's own pack can be a `pack.toml` and one question. The
//! last three, and `plans.toml`, which is not borrowed, may be missing altogether.

use std::collections::BTreeMap;

use super::{
    cue_places::{CueList, cue_lists},
    cue_reach,
    pack::{Content, Files},
    pack_check,
    pack_files::{PackSource, Shared},
    pack_shape as shape,
    problem::{Problem, did_you_mean},
    question::Kind,
    reach, repetition,
    rubric::Rubric,
    toml_source,
};

const KINDS_WITH_RUBRIC: [Kind; 4] = [Kind::Design, Kind::Concept, Kind::Behavioural, Kind::Pressure];

/// Reads everything, adding to `problems` all that is wrong. The result is whole only when nothing was added.
pub fn read_all(files: &Files, problems: &mut Vec<Problem>) -> Content {
    let rubrics = read_rubrics(files, problems);
    let mut sources: BTreeMap<&str, PackSource> = BTreeMap::new();
    for (path, text) in files {
        let Some(rest) = path.strip_prefix("packs/") else {
            let known = path.starts_with("rubrics/") || path.starts_with("templates/");
            if !known && path.ends_with(".toml") {
                problems.push(stray(path));
            }
            continue;
        };
        let Some((name, file)) = rest.split_once('/') else {
            if path.ends_with(".toml") {
                problems.push(stray(path));
            }
            continue;
        };
        sources.entry(name).or_default().read(path, file, text, problems);
    }
    if sources.is_empty() {
        let what = "there is no pack".to_owned();
        let remedy = "Make a folder `packs/<name>` with a pack.toml; see docs/pack-format.md.".to_owned();
        problems.push(Problem { file: "packs".to_owned(), line: 0, what, remedy });
    }

    let shared = Shared {
        mistakes: sources.values().find_map(|source| source.mistakes.as_ref()).cloned(),
        terms: sources.values().find_map(|source| source.glossary.as_ref()).cloned(),
        probes: sources.values().find_map(|source| source.probes.as_ref().map(|(_, probes)| probes)).cloned(),
        phrases: sources.values().find_map(|source| source.phrases.as_ref()).cloned(),
        drills: sources.values().find_map(|source| source.drills.as_ref().map(|(_, drills)| drills)).cloned(),
        interviewers: sources.values().find_map(|source| source.interviewers.as_ref().map(|(_, of)| of)).cloned(),
        shapes: sources.values().find_map(|source| source.shapes.as_ref().map(|(_, file)| &file.shapes)).cloned(),
        // By their files: a question that cannot be read is a problem of its own, not a missing one.
        questions: files
            .keys()
            .filter_map(|path| question_stem(path.strip_prefix("packs/")?.split_once('/')?.1))
            .collect(),
    };
    check_ids_across_packs(&sources, problems);
    repetition::check(&sources, problems);
    reach::check(&sources, problems);
    let cues: Vec<CueList> = sources.values().flat_map(cue_lists).collect();
    cue_reach::check(&cues, problems);
    let packs = sources
        .into_iter()
        .filter_map(|(name, source)| Some((name.to_owned(), source.finish(name, &rubrics, &shared, problems)?)))
        .collect();
    Content { packs, rubrics }
}

/// The id in `questions/<id>.toml`, a path within a pack.
pub fn question_stem(file: &str) -> Option<&str> {
    file.strip_prefix("questions/")?.strip_suffix(".toml").filter(|stem| !stem.contains('/'))
}

pub fn stray(path: &str) -> Problem {
    let what = "no content is read from here".to_owned();
    let remedy = "Move it to its place or remove it; docs/pack-format.md has the places.".to_owned();
    Problem { file: path.to_owned(), line: 0, what, remedy }
}

fn read_rubrics(files: &Files, problems: &mut Vec<Problem>) -> BTreeMap<Kind, Rubric> {
    let mut rubrics = BTreeMap::new();
    let toml_files = files.iter().filter_map(|(path, text)| Some((path, rubric_stem(path)?, text)));
    for (path, stem, text) in toml_files {
        let Some(kind) = Kind::from_name(stem).filter(|kind| KINDS_WITH_RUBRIC.contains(kind)) else {
            let what = format!("there is no kind `{stem}` with a rubric");
            let remedy = did_you_mean(stem, KINDS_WITH_RUBRIC.map(Kind::name));
            problems.push(Problem { file: path.clone(), line: 0, what, remedy });
            continue;
        };
        if let Some((doc, rubric)) = toml_source::read::<Rubric>(path, text, &shape::RUBRIC, problems) {
            pack_check::check_rubric(&doc, kind, &rubric, problems);
            rubrics.insert(kind, rubric);
        }
    }
    for kind in KINDS_WITH_RUBRIC {
        let file = format!("rubrics/{}.toml", kind.name());
        if !files.contains_key(&file) {
            let remedy = "Write it; docs/pack-format.md has the format.".to_owned();
            problems.push(Problem { file, line: 0, what: "the rubric is missing".to_owned(), remedy });
        }
    }
    rubrics
}

fn rubric_stem(path: &str) -> Option<&str> {
    path.strip_prefix("rubrics/")?.strip_suffix(".toml")
}

fn check_ids_across_packs(sources: &BTreeMap<&str, PackSource>, problems: &mut Vec<Problem>) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, source) in sources {
        for (doc, _, question) in &source.questions {
            match owners.insert(&question.id, name) {
                Some(owner) if owner != *name => {
                    let what = format!("the pack `{owner}` has a question `{}` too", question.id);
                    problems.push(doc.problem("id", what, "Ids are unique across packs: give this one another."));
                }
                _ => {}
            }
        }
    }
}
