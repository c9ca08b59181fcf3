//! A pack: a folder of content, parsed from texts into values or a list of problems.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    glossary::Term,
    mistake::Mistake,
    problem::Problem,
    question::{Kind, Probe, Question},
    rubric::Rubric,
};

/// The only format this version reads.
pub const FORMAT_VERSION: u32 = 1;

/// Everything in one folder of `prompts/packs/`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    pub manifest: Manifest,
    /// By id.
    pub questions: BTreeMap<String, Question>,
    /// By id.
    pub mistakes: BTreeMap<String, Mistake>,
    pub glossary: Vec<Term>,
    /// Probes that serve a question no pack knows, by kind of rubric.
    pub generic_probes: BTreeMap<Kind, Vec<Probe>>,
    pub phrases: Phrases,
}

/// `pack.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format_version: u32,
    /// Name of the folder.
    pub name: String,
    pub title: String,
    pub about: String,
    /// Id and title of each family of questions.
    pub families: BTreeMap<String, String>,
}

/// `phrases.toml`: the stock sentences of the interviewer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    /// "Hello. I will ask you one question; take your time."
    pub greeting: Vec<String>,
    /// "Okay."
    pub acknowledgement: Vec<String>,
    /// "Anything to add?"
    pub nudge: Vec<String>,
    /// "Take your time."
    pub patience: Vec<String>,
    /// "Your call: state an assumption and go on."
    pub your_call: Vec<String>,
    /// "That is all from me."
    pub closing: Vec<String>,
}

/// Texts of a content folder by path relative to `prompts/` ("rubrics/design.toml", "packs/x/pack.toml", …).
pub type Files = BTreeMap<String, String>;

/// All content: the rubrics and the packs.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// By name.
    pub packs: BTreeMap<String, Pack>,
    pub rubrics: BTreeMap<Kind, Rubric>,
}

impl Content {
    /// Parses and checks everything. With problems nothing is returned but all of them, sorted by file and line.
    pub fn parse(_files: &Files) -> Result<Content, Vec<Problem>> {
        unimplemented!("to come")
    }

    /// The question of that id in any pack.
    pub fn question(&self, id: &str) -> Option<(&Pack, &Question)> {
        self.packs.values().find_map(|pack| pack.questions.get(id).map(|question| (pack, question)))
    }

    /// The question whose spoken words equal `text`, ignoring case and punctuation.
    pub fn question_by_words(&self, _text: &str) -> Option<(&Pack, &Question)> {
        unimplemented!("to come")
    }

    /// The rubric for a kind; coaching has none.
    pub fn rubric(&self, kind: Kind) -> Option<&Rubric> {
        self.rubrics.get(&kind)
    }
}
