//! The files of one pack: reading each into its type, lending and borrowing, and the checks of what they say of each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    answer_shape::AnswerShape,
    drill::Drills,
    glossary::Term,
    interviewer::Interviewers,
    mistake::Mistake,
    pack::{Manifest, Pack, Phrases},
    pack_check::{self, lone_terms},
    pack_shape as shape,
    pack_source::{question_stem, stray},
    plan::Plan,
    practice_check,
    problem::Problem,
    question::{Kind, Probe, Question},
    question_check::{self, Known},
    rubric::Rubric,
    toml_source::{self, Document},
};

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

#[derive(Deserialize)]
pub struct PlansFile {
    pub plans: Vec<Plan>,
}

#[derive(Deserialize)]
pub struct ShapesFile {
    pub shapes: Vec<AnswerShape>,
}

pub type GenericProbes = BTreeMap<Kind, Vec<Probe>>;

/// What a pack has when it lacks a file of its own. `None`: no pack has a readable one.
pub struct Shared<'a> {
    pub mistakes: Option<BTreeMap<String, Mistake>>,
    pub terms: Option<Vec<Term>>,
    pub probes: Option<GenericProbes>,
    pub phrases: Option<Phrases>,
    pub drills: Option<Drills>,
    pub interviewers: Option<Interviewers>,
    pub shapes: Option<Vec<AnswerShape>>,
    /// Ids of the questions of all packs.
    pub questions: BTreeSet<&'a str>,
}

static NO_DRILLS: Drills = Drills { drills: Vec::new(), pairs: Vec::new(), failures: Vec::new() };

/// The files of one pack as far as they could be read.
#[derive(Default)]
pub struct PackSource {
    /// Paths within the pack, read or not.
    files: BTreeSet<String>,
    pub manifest: Option<(Document, Manifest)>,
    pub questions: Vec<(Document, String, Question)>,
    pub mistakes_doc: Option<(Document, Vec<Mistake>)>,
    pub mistakes: Option<BTreeMap<String, Mistake>>,
    pub glossary_doc: Option<Document>,
    pub glossary: Option<Vec<Term>>,
    pub probes: Option<(Document, GenericProbes)>,
    pub phrases: Option<Phrases>,
    pub plans: Option<(Document, PlansFile)>,
    pub drills: Option<(Document, Drills)>,
    pub interviewers: Option<(Document, Interviewers)>,
    pub shapes: Option<(Document, ShapesFile)>,
}

impl PackSource {
    pub fn read(&mut self, path: &str, file: &str, text: &str, problems: &mut Vec<Problem>) {
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
            "plans.toml" => self.plans = toml_source::read(path, text, &shape::PLANS, problems),
            "drills.toml" => self.drills = toml_source::read(path, text, &shape::DRILLS, problems),
            "interviewers.toml" => self.interviewers = toml_source::read(path, text, &shape::INTERVIEWERS, problems),
            "answer_shapes.toml" => self.shapes = toml_source::read(path, text, &shape::ANSWER_SHAPES, problems),
            _ => match question_stem(file) {
                Some(stem) => {
                    if let Some((doc, question)) = toml_source::read(path, text, &shape::QUESTION, problems) {
                        self.questions.push((doc, stem.to_owned(), question));
                    }
                }
                _ if file.ends_with(".toml") => problems.push(stray(path)),
                _ => {}
            },
        }
    }

    /// Whether a file of a question could not be read.
    pub fn has_broken_question(&self) -> bool {
        self.files.iter().filter(|file| question_stem(file).is_some()).count() > self.questions.len()
    }

    /// Checks what the files say of each other and makes the pack. `None` when a file without which there is no pack is amiss.
    pub fn finish(
        self,
        name: &str,
        rubrics: &BTreeMap<Kind, Rubric>,
        shared: &Shared<'_>,
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

        let drills = self.drills.as_ref().map(|(_, drills)| drills);
        let drills = drills.or(shared.drills.as_ref().filter(|_| lacks("drills.toml")));
        let shapes = self.shapes.as_ref().map(|(_, file)| &file.shapes);
        let shapes = shapes.or(shared.shapes.as_ref().filter(|_| lacks("answer_shapes.toml")));
        let known = practice_check::Known {
            questions: &shared.questions,
            mistakes: mistakes.as_ref(),
            drills: drills.or(lacks("drills.toml").then_some(&NO_DRILLS)),
            shapes: shapes.map(Vec::as_slice).or(lacks("answer_shapes.toml").then_some(&[])),
            rubrics,
            lone_terms: &lone_terms,
        };
        if let Some((doc, PlansFile { plans })) = &self.plans {
            practice_check::check_plans(doc, plans, &known, problems);
        }
        if let Some((doc, drills)) = &self.drills {
            practice_check::check_drills(doc, drills, &known, problems);
        }
        if let Some((doc, interviewers)) = &self.interviewers {
            practice_check::check_interviewers(doc, interviewers, &known, problems);
        }
        if let Some((doc, ShapesFile { shapes })) = &self.shapes {
            practice_check::check_shapes(doc, shapes, &known, problems);
        }

        let (drills, answer_shapes) = (drills.cloned(), shapes.cloned());
        Some(Pack {
            manifest: self.manifest?.1,
            questions: self.questions.into_iter().map(|(_, _, question)| (question.id.clone(), question)).collect(),
            mistakes: mistakes?,
            glossary: glossary?,
            generic_probes: self.probes.map(|(_, probes)| probes).or_else(|| shared.probes.clone())?,
            phrases: self.phrases.or_else(|| shared.phrases.clone())?,
            plans: self.plans.map(|(_, file)| file.plans).unwrap_or_default(),
            drills: drills.unwrap_or_default(),
            interviewers: self
                .interviewers
                .map(|(_, of)| of)
                .or_else(|| shared.interviewers.clone())
                .unwrap_or_default(),
            answer_shapes: answer_shapes.unwrap_or_default(),
        })
    }
}
