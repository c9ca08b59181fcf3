//! A pack: a folder of content, parsed from texts into values or a list of problems.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    answer_shape::AnswerShape,
    drill::Drills,
    glossary::Term,
    interviewer::Interviewers,
    mistake::Mistake,
    plan::Plan,
    problem::{Problem, nearest},
    question::{Kind, Probe, Question},
    rubric::Rubric,
    wording::plain_words,
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
    /// What to practise on which day. A pack has only plans of its own: they name questions, and a plan shown in two packs would be one too many.
    pub plans: Vec<Plan>,
    /// Empty where no pack has any, as are the interviewers and the shapes.
    pub drills: Drills,
    pub interviewers: Interviewers,
    pub answer_shapes: Vec<AnswerShape>,
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
    /// "That is all right. Let us leave it there." To whoever does not know.
    pub never_mind: Vec<String>,
    /// "That is all from me."
    pub closing: Vec<String>,
    /// Said in a pressure drill to who talks past the time: "Let me stop you there." Empty: nobody is stopped.
    #[serde(default)]
    pub rambling: Vec<String>,
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

impl Pack {
    /// Every probe, of questions and generic.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        let own = self.questions.values().flat_map(|question| &question.probes);
        own.chain(self.generic_probes.values().flatten())
    }

    /// The answer shape of that id.
    pub fn answer_shape(&self, id: &str) -> Option<&AnswerShape> {
        self.answer_shapes.iter().find(|shape| shape.id == id)
    }
}

impl Content {
    /// Parses and checks everything. With problems nothing is returned but all of them, sorted by file and line.
    pub fn parse(files: &Files) -> Result<Content, Vec<Problem>> {
        let mut problems = Vec::new();
        let content = super::pack_source::read_all(files, &mut problems);
        if problems.is_empty() {
            return Ok(content);
        }
        problems.sort();
        problems.dedup();
        Err(problems)
    }

    /// The question of that id in any pack.
    pub fn question(&self, id: &str) -> Option<(&Pack, &Question)> {
        self.packs.values().find_map(|pack| pack.questions.get(id).map(|question| (pack, question)))
    }

    /// The question whose spoken words equal `text`, ignoring case and punctuation.
    pub fn question_by_words(&self, text: &str) -> Option<(&Pack, &Question)> {
        let wanted: Vec<String> = plain_words(text).collect();
        if wanted.is_empty() {
            return None;
        }
        self.questions().find(|(_, question)| plain_words(&question.ask).eq(wanted.iter().cloned()))
    }

    /// The id that was probably meant by a mistyped one: the nearest in spelling, or the one that contains it.
    pub fn nearest_question_id(&self, typed: &str) -> Option<&str> {
        let typed = typed.trim().to_lowercase().replace([' ', '_'], "-");
        if typed.is_empty() {
            return None;
        }
        let ids = || self.questions().map(|(_, question)| question.id.as_str());
        ids()
            .find(|id| *id == typed)
            .or_else(|| ids().filter(|id| typed.len() >= 3 && id.contains(&typed)).min_by_key(|id| id.len()))
            .or_else(|| nearest(&typed, ids()))
    }

    /// Every question with its pack, by name of pack and id.
    pub fn questions(&self) -> impl Iterator<Item = (&Pack, &Question)> {
        self.packs.values().flat_map(|pack| pack.questions.values().map(move |question| (pack, question)))
    }

    /// The rubric for a kind; coaching has none.
    pub fn rubric(&self, kind: Kind) -> Option<&Rubric> {
        self.rubrics.get(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sample_pack, *};

    #[test]
    fn a_question_is_found_by_its_words() {
        let content = Content::parse(&sample_pack::files()).unwrap();
        for text in ["Design a rate limiter for a public interface.", "design a RATE limiter, for a public interface"] {
            let (pack, question) = content.question_by_words(text).unwrap();
            assert_eq!((pack.manifest.name.as_str(), question.id.as_str()), ("sample", "rate-limiter"), "{text}");
        }
        assert!(content.question_by_words("design a rate limiter").is_none());
        assert!(content.question_by_words(" ?! ").is_none());
    }

    #[test]
    fn a_mistyped_id_names_the_one_meant() {
        let content = Content::parse(&sample_pack::files()).unwrap();
        for (typed, meant) in [
            ("rate-limiter", Some("rate-limiter")),
            ("Rate Limiter", Some("rate-limiter")),
            ("rate-limter", Some("rate-limiter")),
            ("limiter", Some("rate-limiter")),
            ("warm", Some("warm-up")),
            ("zzzzzz", None),
            ("", None),
        ] {
            assert_eq!(content.nearest_question_id(typed), meant, "{typed}");
        }
    }
}
