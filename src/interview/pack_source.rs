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

#[cfg(test)]
mod tests {
    use super::{super::sample_pack, *};

    const DESIGN: &str = "packs/sample/questions/rate-limiter.toml";
    const COACHING: &str = "packs/sample/questions/warm-up.toml";
    const RUBRIC: &str = "rubrics/design.toml";

    fn problems_of(files: &Files) -> Vec<Problem> {
        Content::parse(files).err().unwrap_or_default()
    }

    /// Replaces the first `find` in `file` by `put` and expects exactly one problem: in that file, on the line that holds `marker`
    /// (the first after the change; "" for the whole file), saying `phrase`.
    fn check(file: &str, find: &str, put: &str, marker: &str, phrase: &str) {
        check_all(file, find, put, &[(marker, phrase)]);
    }

    fn check_all(file: &str, find: &str, put: &str, expected: &[(&str, &str)]) {
        let mut files = sample_pack::files();
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(find), "{file} has no {find:?}");
        *text = text.replacen(find, put, 1);
        let line_of = |marker: &str| text.lines().position(|line| line.contains(marker)).map(|at| at + 1).unwrap();
        let lines: Vec<usize> = expected.iter().map(|(marker, _)| line_of(marker)).collect();
        let problems = problems_of(&files);
        let shown: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(problems.len(), expected.len(), "{find:?} -> {put:?}: {shown:#?}");
        for (line, (_, phrase)) in lines.into_iter().zip(expected) {
            let found = problems
                .iter()
                .any(|problem| problem.file == file && problem.line == line && problem.to_string().contains(phrase));
            assert!(found, "{find:?} -> {put:?}: no {file}:{line} with {phrase:?} in {shown:#?}");
        }
    }

    #[test]
    fn the_sample_is_valid() {
        let content = Content::parse(&sample_pack::files()).unwrap();
        let pack = &content.packs["sample"];
        assert_eq!(pack.questions.len(), 4);
        assert_eq!(pack.generic_probes[&Kind::Design].len(), 7);
        assert_eq!(content.rubric(Kind::Design).unwrap().dimensions.len(), 3);
        assert!(content.rubric(Kind::Coaching).is_none());
    }

    #[test]
    fn a_question_file_is_checked_as_it_is_written() {
        let long = "word ".repeat(45);
        for (find, put, marker, phrase) in [
            ("minutes = 10", "minuts = 10\nminutes = 10", "minuts", "unknown key `minuts`. Did you mean `minutes`?"),
            ("tip = \"Begin with the caller.\"", "", "id = \"rate", "`tip` is missing"),
            ("difficulty = \"medium\"", "difficulty = \"mediun\"", "mediun", "Did you mean `medium`?"),
            ("kind = \"design\"", "kind = \"pressure\"", "pressure", "`kind` cannot be `pressure`"),
            ("levels = [\"senior\", \"staff\"]", "levels = []", "levels", "`levels` is an empty list"),
            ("minutes = 10", "minutes = 0", "minutes", "`minutes` is 0"),
            (
                "family = \"basics\"",
                "family = \"basic\"",
                "family",
                "no family `basic` in pack.toml. Did you mean `basics`?",
            ),
            (
                "[\"tool-first\"]",
                "[\"no-figures\", \"tool-first\"]",
                "mistakes =",
                "no probe for the mistake `no-figures`",
            ),
            ("[\"p99\"]", "[\"p95\"]", "glossary", "no term `p95` in glossary.toml"),
            (
                "no_occasion = [\"communication\"]",
                "no_occasion = [\"reliability\"]",
                "no_occasion",
                "also without occasion",
            ),
            ("ask = \"Design", &format!("ask = \"{long}"), "ask = \"word", "It is spoken in one breath"),
            ("a public interface", "read/write", "ask =", "`/`, which cannot be said. Write \"or\" or \"per\""),
            ("Ten thousand", "10k", "says = \"10k", "`10k`, which cannot be said"),
            ("\"three\", \"four\"]", "\"three\"]", "outline", "the outline has 3 bullets"),
            ("dimension = \"tradeoffs\"", "dimension = \"tradeoff\"", "\"tradeoff\"", "no dimension `tradeoff`"),
            ("\"token bucket\"", "\"bucket\", \"cache\"", "cache\"]", "single word `cache`, which is too common"),
            ("\"how many ~ requests\"", "\"~ requests\"", "~ requests", "begins or ends with a gap"),
            ("point = \"first\" }", "point = \"first\", step = \"mitigation\" }", "point = ", "exactly one of"),
            ("source = \"A public paper\"", "source = \"\"", "source", "`facts[0].source` is empty"),
            ("new_cost = \"n\" }", "new_costs = \"n\", new_cost = \"n\" }", "new_costs", "Did you mean `new_cost`?"),
        ] {
            check(DESIGN, find, put, marker, phrase);
        }
    }

    #[test]
    fn one_slip_may_show_in_two_places() {
        check_all(
            DESIGN,
            "id = \"rate-limiter\"",
            "id = \"Rate_Limiter\"",
            &[("Rate_", "not the name of its file"), ("Rate_", "cannot be an id")],
        );
        check_all(
            DESIGN,
            "hard_part = [\"reliability\"]",
            "hard_part = [\"reliabilty\"]",
            &[("hard_part", "Did you mean `reliability`?"), ("hard_part", "has 0 probes")],
        );
        check_all(
            DESIGN,
            "[\"tool-first\"]",
            "[\"tool-frist\"]",
            &[
                ("mistakes =", "no mistake `tool-frist` in mistakes.toml. Did you mean `tool-first`?"),
                ("mistakes =", "no probe for the mistake `tool-frist`"),
            ],
        );
        check_all(
            DESIGN,
            "point = \"first\"",
            "point = \"fist\"",
            &[
                ("\"fist\"", "no point `fist` in this question. Did you mean `first`?"),
                ("hard_part", "the hard part `reliability` has 1 probes"),
            ],
        );
        check_all(DESIGN, "id = \"fourth\"", "id = \"third three\"", &[("third three", "cannot be an id")]);
        check_all(
            "packs/sample/probes.toml",
            "dimension = \"tradeoffs\"",
            "point = \"store\"",
            &[
                ("\"store\"", "not for a dimension or a step"),
                ("[[design.probes]]", "design has no generic probe for dimension = \"tradeoffs\""),
            ],
        );
        check_all(
            DESIGN,
            "mistake = \"tool-first\"",
            "mistake = \"tol\"",
            &[("\"tol\"", "no mistake `tol`"), ("mistakes =", "no probe for the mistake `tool-first`")],
        );
    }

    #[test]
    fn a_gap_without_its_probe_is_found() {
        check(DESIGN, "step = \"new_cost\"", "step = \"mitigation\"", "[[probes]]", "no probe for the step `new_cost`");
        check(
            DESIGN,
            "[[facts]]\nsays = \"A bucket allows bursts.\"\nsource = \"A public paper\"",
            "",
            "id =",
            "has no facts",
        );
        check(COACHING, "point = \"first\"", "point = \"frist\"", "\"frist\"", "Did you mean `first`?");
        check(COACHING, "dimension = \"accuracy\"", "dimension = \"result\"", "\"result\"", "no dimension `result`");
    }

    #[test]
    fn the_other_files_are_checked_too() {
        for (file, find, put, marker, phrase) in [
            (RUBRIC, "level = 2", "level = 3", "level = 3", "check 2 of `tradeoffs` has level 3"),
            (RUBRIC, "tradeoffs_3", "tradeoff_3", "tradeoff_3", "Write `tradeoffs_3`."),
            (RUBRIC, "id = \"design\"", "id = \"concept\"", "id =", "not the name of its file"),
            (RUBRIC, "format_version = 1", "format_version = 9", "format", "format version 9 is not known"),
            (RUBRIC, "near_miss = \"One might.\"", "", "[[dimensions.checks]]", "near_miss` is missing"),
            ("packs/sample/pack.toml", "name = \"sample\"", "name = \"other\"", "name", "is in the folder `sample`"),
            ("packs/sample/mistakes.toml", "words = 20", "words = 0", "words", "`words` is 0"),
            ("packs/sample/mistakes.toml", "\"we use redis\"", "\"redis\"", "any", "single word `redis`"),
            ("packs/sample/mistakes.toml", "kinds = [\"design\"]", "kinds = [\"desing\"]", "kinds", "Did you mean"),
            ("packs/sample/glossary.toml", "cough car", "P99", "P99", "into both `p99` and `Kafka`"),
            ("packs/sample/phrases.toml", "Okay.", "Okay & go on.", "Okay", "`&`, which cannot be said"),
        ] {
            check(file, find, put, marker, phrase);
        }
    }

    #[test]
    fn a_repeated_wording_is_found() {
        let ask = "ask = \"How do you begin an interview?\"";
        check(COACHING, ask, "ask = \"What does \\\"linearizable\\\" mean\"", "ask =", "nearly like question `linear`");
    }

    /// What is changed in the set of files, and the one problem that follows, as shown.
    #[test]
    fn whole_files_are_missed_and_strays_are_named() {
        let check = |change: fn(&mut Files), phrase: &str| {
            let mut files = sample_pack::files();
            change(&mut files);
            let problems = problems_of(&files);
            let shown: Vec<String> = problems.iter().map(Problem::to_string).collect();
            assert!(shown.len() == 1 && shown[0].contains(phrase), "{phrase:?} in {shown:#?}");
        };
        check(|f| _ = f.remove("rubrics/pressure.toml"), "rubrics/pressure.toml: the rubric is missing");
        check(|f| _ = f.remove("packs/sample/pack.toml"), "packs/sample/pack.toml: the file is missing");
        check(|f| _ = f.remove("packs/sample/phrases.toml"), "packs/sample/phrases.toml: the file is missing");
        check(|f| _ = f.insert("rubrics/desing.toml".into(), String::new()), "Did you mean `design`?");
        check(|f| _ = f.insert("packs/sample/question/x.toml".into(), String::new()), "no content is read from here");
        check(|f| f.retain(|path, _| path.starts_with("rubrics/")), "there is no pack");
    }

    #[test]
    fn a_pack_of_ones_own_borrows_what_it_lacks() {
        let mut files = sample_pack::files();
        let manifest = files["packs/sample/pack.toml"].replace("name = \"sample\"", "name = \"mine\"");
        let question =
            files[DESIGN].replace("rate-limiter", "my-limiter").replace("a rate limiter for", "my thing, not");
        files.insert("packs/mine/pack.toml".into(), manifest);
        files.insert("packs/mine/questions/my-limiter.toml".into(), question);
        let content = Content::parse(&files).unwrap();
        let (pack, _) = content.question("my-limiter").unwrap();
        assert_eq!(pack.mistakes, content.packs["sample"].mistakes);
        assert_eq!(pack.phrases.greeting, ["Hello."]);

        let copy = files[COACHING].clone();
        files.insert("packs/mine/questions/warm-up.toml".into(), copy);
        let problems = problems_of(&files);
        assert!(problems[0].what.contains("the pack `mine` has a question `warm-up` too"), "{problems:?}");
    }

    #[test]
    fn problems_come_all_at_once_and_in_order() {
        let mut files = sample_pack::files();
        let question = files[DESIGN].replace("minutes = 10", "minutes = 0").replace("[\"p99\"]", "[\"p95\"]");
        files.insert(DESIGN.into(), question);
        files.insert("packs/sample/phrases.toml".into(), "greeting = [".into());
        let places: Vec<(String, usize)> = problems_of(&files).into_iter().map(|p| (p.file, p.line)).collect();
        let line = |n| (DESIGN.to_owned(), n);
        assert_eq!(places, [("packs/sample/phrases.toml".to_owned(), 1), line(6), line(12)]);
    }
}
