//! From the texts of a content folder to packs and rubrics: which file is what, reading each, and calling the checks in the right order.
//!
//! A pack without a `mistakes.toml`, `glossary.toml`, `probes.toml` or `phrases.toml` borrows that of the first pack that has one, so a
//! person's own pack can be a `pack.toml` and one question.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    glossary::Term,
    mistake::Mistake,
    pack::{Content, Files, Manifest, Pack, Phrases},
    pack_check::{self, Wording, check_repetition, lone_terms},
    pack_shape as shape,
    problem::{Problem, did_you_mean},
    question::{Kind, Probe, Question},
    question_check::{self, Known},
    rubric::Rubric,
    toml_source::{self, Document},
    wording::WordSet,
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
    };
    check_ids_across_packs(&sources, problems);
    let packs = sources
        .into_iter()
        .filter_map(|(name, source)| Some((name.to_owned(), source.finish(name, &rubrics, &shared, problems)?)))
        .collect();
    Content { packs, rubrics }
}

fn stray(path: &str) -> Problem {
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

#[derive(Deserialize)]
struct MistakesFile {
    mistakes: Vec<Mistake>,
}

#[derive(Deserialize)]
struct GlossaryFile {
    terms: Vec<Term>,
}

#[derive(Deserialize)]
struct ProbesOfAKind {
    probes: Vec<Probe>,
}

type GenericProbes = BTreeMap<Kind, Vec<Probe>>;

/// What a pack has when it lacks a file of its own. `None`: no pack has a readable one.
struct Shared {
    mistakes: Option<BTreeMap<String, Mistake>>,
    terms: Option<Vec<Term>>,
    probes: Option<GenericProbes>,
    phrases: Option<Phrases>,
}

/// The files of one pack as far as they could be read.
#[derive(Default)]
struct PackSource {
    /// Paths within the pack, read or not.
    files: BTreeSet<String>,
    manifest: Option<(Document, Manifest)>,
    questions: Vec<(Document, String, Question)>,
    mistakes_doc: Option<(Document, Vec<Mistake>)>,
    mistakes: Option<BTreeMap<String, Mistake>>,
    glossary_doc: Option<Document>,
    glossary: Option<Vec<Term>>,
    probes: Option<(Document, GenericProbes)>,
    phrases: Option<Phrases>,
}

impl PackSource {
    fn read(&mut self, path: &str, file: &str, text: &str, problems: &mut Vec<Problem>) {
        self.files.insert(file.to_owned());
        match file {
            "pack.toml" => self.manifest = toml_source::read(path, text, &shape::MANIFEST, problems),
            "mistakes.toml" => {
                let read = toml_source::read::<MistakesFile>(path, text, &shape::MISTAKES, problems);
                if let Some((doc, MistakesFile { mistakes })) = read {
                    self.mistakes =
                        Some(mistakes.iter().map(|mistake| (mistake.id.clone(), mistake.clone())).collect());
                    self.mistakes_doc = Some((doc, mistakes));
                }
            }
            "glossary.toml" => {
                let read = toml_source::read::<GlossaryFile>(path, text, &shape::GLOSSARY, problems);
                if let Some((doc, GlossaryFile { terms })) = read {
                    pack_check::check_glossary(&doc, &terms, problems);
                    self.glossary = Some(terms);
                    self.glossary_doc = Some(doc);
                }
            }
            "probes.toml" => {
                let read =
                    toml_source::read::<BTreeMap<Kind, ProbesOfAKind>>(path, text, &shape::GENERIC_PROBES, problems);
                self.probes =
                    read.map(|(doc, probes)| (doc, probes.into_iter().map(|(kind, of)| (kind, of.probes)).collect()));
            }
            "phrases.toml" => {
                if let Some((doc, phrases)) = toml_source::read(path, text, &shape::PHRASES, problems) {
                    pack_check::check_phrases(&doc, &phrases, problems);
                    self.phrases = Some(phrases);
                }
            }
            _ => match file.strip_prefix("questions/").and_then(|name| name.strip_suffix(".toml")) {
                Some(stem) if !stem.contains('/') => {
                    if let Some((doc, question)) = toml_source::read(path, text, &shape::QUESTION, problems) {
                        self.questions.push((doc, stem.to_owned(), question));
                    }
                }
                _ if file.ends_with(".toml") => problems.push(stray(path)),
                _ => {}
            },
        }
    }

    /// Checks what the files say of each other and makes the pack. `None` when a file without which there is no pack is amiss.
    fn finish(
        self,
        name: &str,
        rubrics: &BTreeMap<Kind, Rubric>,
        shared: &Shared,
        problems: &mut Vec<Problem>,
    ) -> Option<Pack> {
        // A file of its own that cannot be read is not stood in for: references into it would be reported wrongly.
        let lacks = |file: &str| !self.files.contains(file);
        let mistakes = self.mistakes.or_else(|| shared.mistakes.clone().filter(|_| lacks("mistakes.toml")));
        let glossary = self.glossary.or_else(|| shared.terms.clone().filter(|_| lacks("glossary.toml")));
        for (file, absent) in [
            ("pack.toml", true),
            ("mistakes.toml", shared.mistakes.is_none()),
            ("glossary.toml", shared.terms.is_none()),
            ("probes.toml", shared.probes.is_none()),
            ("phrases.toml", shared.phrases.is_none()),
        ] {
            if absent && lacks(file) {
                let file = format!("packs/{name}/{file}");
                let remedy = "Write it; docs/pack-format.md has the format.".to_owned();
                problems.push(Problem { file, line: 0, what: "the file is missing".to_owned(), remedy });
            }
        }

        let lone_terms = lone_terms(glossary.as_deref().unwrap_or_default());
        let terms: Option<BTreeSet<String>> =
            glossary.as_ref().map(|terms| terms.iter().map(|term| term.term.clone()).collect());
        if let Some((doc, manifest)) = &self.manifest {
            pack_check::check_manifest(doc, name, manifest, problems);
        }
        if let Some((doc, mistakes)) = &self.mistakes_doc {
            pack_check::check_mistakes(doc, mistakes, &lone_terms, problems);
        }
        if let Some((doc, probes)) = &self.probes {
            pack_check::check_generic_probes(doc, probes, rubrics, &lone_terms, problems);
        }
        let known = Known {
            families: self.manifest.as_ref().map(|(_, manifest)| &manifest.families),
            mistakes: mistakes.as_ref(),
            terms: terms.as_ref(),
            lone_terms: &lone_terms,
            rubrics,
        };
        for (doc, stem, question) in &self.questions {
            question_check::check(doc, stem, question, &known, problems);
        }
        check_pack_repetition(&self.questions, self.probes.as_ref(), problems);

        Some(Pack {
            manifest: self.manifest?.1,
            questions: self.questions.into_iter().map(|(_, _, question)| (question.id.clone(), question)).collect(),
            mistakes: mistakes?,
            glossary: glossary?,
            generic_probes: self.probes.map(|(_, probes)| probes).or_else(|| shared.probes.clone())?,
            phrases: self.phrases.or_else(|| shared.phrases.clone())?,
        })
    }
}

/// Questions among questions, probes among probes; generic probes only among those of their kind.
fn check_pack_repetition(
    questions: &[(Document, String, Question)],
    generic: Option<&(Document, GenericProbes)>,
    problems: &mut Vec<Problem>,
) {
    let asks: Vec<Wording> = questions
        .iter()
        .map(|(doc, stem, question)| Wording {
            doc,
            path: "ask".to_owned(),
            name: format!("question `{stem}`"),
            words: WordSet::new(&question.ask),
        })
        .collect();
    check_repetition(&asks, problems);

    let probes: Vec<Wording> = questions
        .iter()
        .flat_map(|(doc, stem, question)| {
            question.probes.iter().enumerate().map(move |(i, probe)| Wording {
                doc,
                path: format!("probes[{i}].ask"),
                name: format!("probe `{}` of `{stem}`", probe.id),
                words: WordSet::new(&probe.ask),
            })
        })
        .collect();
    check_repetition(&probes, problems);

    for (doc, kind, probes) in generic.iter().flat_map(|(doc, of)| of.iter().map(move |(kind, p)| (doc, kind, p))) {
        let wordings = probes.iter().enumerate().map(|(i, probe)| Wording {
            doc,
            path: format!("{}.probes[{i}].ask", kind.name()),
            name: format!("generic probe `{}`", probe.id),
            words: WordSet::new(&probe.ask),
        });
        check_repetition(&wordings.collect::<Vec<_>>(), problems);
    }
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
