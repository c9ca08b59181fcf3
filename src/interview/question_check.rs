//! What a question of a pack must be beyond its shape: references that lead somewhere, words that can be said, enough points, and a
//! probe for every gap. It looks at one question; what concerns the whole pack is in [`super::pack_check`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cue_phrases,
    mistake::Mistake,
    problem::{Problem, did_you_mean},
    question::{FollowUpStep, Kind, Probe, ProbeTarget, Question},
    readability::count_sentences,
    rubric::Rubric,
    text_check::{check_cues, check_id, check_probe, check_read, check_spoken, check_unique},
    toml_source::Document,
    wording::count_words,
};

/// A question is asked in fewer words than this.
const ASK_WORDS: usize = 45;
/// What a point says is shorter than this.
const POINT_WORDS: usize = 40;
const POINTS: std::ops::RangeInclusive<usize> = 4..=8;
const LEAST_PROBES: usize = 5;
const PROBES_PER_HARD_DIMENSION: usize = 2;
const LEAST_OUTLINE: usize = 4;
const LONGEST_MINUTES: u32 = 60;

/// What a question can refer to. `None`: that file is missing or broken, which is a problem of its own.
pub struct Known<'a> {
    pub families: Option<&'a BTreeMap<String, String>>,
    pub mistakes: Option<&'a BTreeMap<String, Mistake>>,
    /// As they are written.
    pub terms: Option<&'a BTreeSet<String>>,
    /// Single words among the terms, in lower case: these may be cues by themselves.
    pub lone_terms: &'a BTreeSet<String>,
    pub rubrics: &'a BTreeMap<Kind, Rubric>,
}

/// The ids of the dimensions that the points of a question of that kind may name.
///
/// Coaching has no rubric; its points name dimensions of the concept rubric, usually "communication".
pub fn dimensions(rubrics: &BTreeMap<Kind, Rubric>, kind: Kind) -> Option<Vec<&str>> {
    let kind = if kind == Kind::Coaching { Kind::Concept } else { kind };
    Some(rubrics.get(&kind)?.dimensions.iter().map(|dimension| dimension.id.as_str()).collect())
}

/// Checks one question; `stem` is the name of its file without `.toml`.
pub fn check(doc: &Document, stem: &str, question: &Question, known: &Known, problems: &mut Vec<Problem>) {
    let mut on = QuestionCheck { doc, question, known, problems };
    on.head(stem);
    on.references();
    on.points_and_constraints();
    on.probes();
    on.facts();
    cue_phrases::check(doc, question, problems);
}

struct QuestionCheck<'a> {
    doc: &'a Document,
    question: &'a Question,
    known: &'a Known<'a>,
    problems: &'a mut Vec<Problem>,
}

impl QuestionCheck<'_> {
    fn report(&mut self, path: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(self.doc.problem(path, what, remedy));
    }

    fn is_coaching(&self) -> bool {
        self.question.kind == Kind::Coaching
    }

    fn head(&mut self, stem: &str) {
        let question = self.question;
        check_id(self.doc, "id", &question.id, self.problems);
        if question.id != stem && !question.id.is_empty() {
            self.report("id", format!("id `{}` is not the name of its file", question.id), format!("Write `{stem}`."));
        }
        if !(1..=LONGEST_MINUTES).contains(&question.minutes) {
            self.report("minutes", format!("`minutes` is {}", question.minutes), "An answer takes 1 to 60 minutes.");
        }
        check_spoken(self.doc, "ask", &question.ask, ASK_WORDS, self.problems);
        if question.outline.len() < LEAST_OUTLINE {
            let what = format!("the outline has {} bullets", question.outline.len());
            self.report("outline", what, "An excellent answer takes four or more.");
        }
        for (key, text) in [
            ("tests", &question.tests),
            ("weak_opening", &question.weak_opening),
            ("strong_opening", &question.strong_opening),
            ("tip", &question.tip),
        ] {
            check_read(self.doc, key, text, self.problems);
        }
        for (i, bullet) in question.outline.iter().enumerate() {
            check_read(self.doc, &format!("outline[{i}]"), bullet, self.problems);
        }
    }

    fn references(&mut self) {
        let question = self.question;
        if let Some(families) = self.known.families
            && !families.contains_key(&question.family)
            && !question.family.is_empty()
        {
            let remedy = did_you_mean(&question.family, families.keys().map(String::as_str));
            self.report("family", format!("no family `{}` in pack.toml", question.family), remedy);
        }
        self.dimension_list("hard_part", &question.hard_part);
        self.dimension_list("no_occasion", &question.no_occasion);
        if question.hard_part.is_empty() && !self.is_coaching() {
            self.report("hard_part", "the question has no hard part", "Name the dimensions that its deep dive tests.");
        }
        if let Some(both) = question.hard_part.iter().find(|id| question.no_occasion.contains(id)) {
            let what = format!("`{both}` is in the hard part and also without occasion");
            self.report("no_occasion", what, "Remove it from one of the two.");
        }
        for (i, id) in question.mistakes.iter().enumerate() {
            self.mistake(&format!("mistakes[{i}]"), id);
        }
        if let Some(terms) = self.known.terms {
            for (i, term) in question.glossary.iter().enumerate().filter(|(_, term)| !terms.contains(*term)) {
                let remedy = format!("Add it there. {}", did_you_mean(term, terms.iter().map(String::as_str)));
                self.report(&format!("glossary[{i}]"), format!("no term `{term}` in glossary.toml"), remedy);
            }
        }
        for (path, list) in [
            ("hard_part", &question.hard_part),
            ("no_occasion", &question.no_occasion),
            ("mistakes", &question.mistakes),
            ("glossary", &question.glossary),
        ] {
            check_unique(self.doc, list.iter().map(String::as_str), |i| format!("{path}[{i}]"), self.problems);
        }
    }

    fn dimension_list(&mut self, path: &str, ids: &[String]) {
        for (i, id) in ids.iter().enumerate() {
            self.dimension(&format!("{path}[{i}]"), id);
        }
    }

    fn dimension(&mut self, path: &str, id: &str) {
        let Some(ids) = dimensions(self.known.rubrics, self.question.kind) else { return };
        if !ids.contains(&id) && !id.is_empty() {
            self.report(path, format!("no dimension `{id}` in the rubric of this kind"), did_you_mean(id, ids));
        }
    }

    fn mistake(&mut self, path: &str, id: &str) {
        let Some(mistakes) = self.known.mistakes else { return };
        match mistakes.get(id) {
            _ if id.is_empty() => {}
            None => {
                let remedy = did_you_mean(id, mistakes.keys().map(String::as_str));
                self.report(path, format!("no mistake `{id}` in mistakes.toml"), remedy);
            }
            Some(mistake) if !mistake.kinds.is_empty() && !mistake.kinds.contains(&self.question.kind) => {
                let what = format!("mistake `{id}` is not made in questions of this kind");
                self.report(path, what, "Widen its `kinds` in mistakes.toml, or choose another.");
            }
            Some(_) => {}
        }
    }

    fn points_and_constraints(&mut self) {
        let question = self.question;
        if !POINTS.contains(&question.points.len()) && !question.points.is_empty() {
            let what = format!("the question has {} points", question.points.len());
            self.report("points", what, "It takes 4 to 8: merge the small, split the broad.");
        }
        let ids = question.points.iter().map(|point| point.id.as_str());
        check_unique(self.doc, ids, |i| format!("points[{i}].id"), self.problems);
        for (i, point) in question.points.iter().enumerate() {
            check_id(self.doc, &format!("points[{i}].id"), &point.id, self.problems);
            self.dimension(&format!("points[{i}].dimension"), &point.dimension);
            self.occasion(&format!("points[{i}].dimension"), &point.dimension);
            self.cues(&format!("points[{i}].cues"), &point.cues);
            let (words, sentences) = (count_words(&point.says), count_sentences(&point.says));
            if words >= POINT_WORDS || sentences > 1 {
                let what = format!("point `{}` has {words} words in {sentences} sentences", point.id);
                let remedy = format!("It is one idea: one sentence, under {POINT_WORDS} words.");
                self.report(&format!("points[{i}].says"), what, remedy);
            }
        }
        self.cues_of_two_points();

        let ids = question.constraints.iter().map(|constraint| constraint.id.as_str());
        check_unique(self.doc, ids, |i| format!("constraints[{i}].id"), self.problems);
        for (i, constraint) in question.constraints.iter().enumerate() {
            check_id(self.doc, &format!("constraints[{i}].id"), &constraint.id, self.problems);
            self.cues(&format!("constraints[{i}].asked"), &constraint.asked);
            let path = format!("constraints[{i}].says");
            check_spoken(self.doc, &path, &constraint.says, ASK_WORDS, self.problems);
        }
    }

    /// A cue that shows two points shows neither: whoever says it has both ticked.
    fn cues_of_two_points(&mut self) {
        let question = self.question;
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (i, point) in question.points.iter().enumerate() {
            for (j, cue) in point.cues.iter().enumerate() {
                let owner = owners.insert(cue, &point.id);
                if let Some(owner) = owner.filter(|owner| *owner != point.id) {
                    let what = format!("cue \"{cue}\" shows the point `{owner}` too");
                    self.report(&format!("points[{i}].cues[{j}]"), what, "Leave it to the one it fits better.");
                }
            }
        }
    }

    /// What belongs to a dimension without occasion counts for nothing and is not asked after.
    fn occasion(&mut self, path: &str, dimension: &str) {
        if self.question.no_occasion.iter().any(|id| id == dimension) {
            let what = format!("`{dimension}` is without occasion in this question");
            self.report(path, what, "Choose another dimension, or remove it from `no_occasion`.");
        }
    }

    fn cues(&mut self, path: &str, cues: &[String]) {
        check_cues(self.doc, path, cues, self.known.lone_terms, self.problems);
    }

    fn probes(&mut self) {
        let question = self.question;
        let ids = question.probes.iter().map(|probe| probe.id.as_str());
        check_unique(self.doc, ids, |i| format!("probes[{i}].id"), self.problems);
        for (i, probe) in question.probes.iter().enumerate() {
            check_probe(self.doc, &format!("probes[{i}]"), probe, self.known.lone_terms, self.problems);
            let path = format!("probes[{i}].for");
            match &probe.target {
                ProbeTarget::Point(id) => {
                    let points = question.points.iter().map(|point| point.id.as_str());
                    if !points.clone().any(|point| point == id) {
                        self.report(&path, format!("no point `{id}` in this question"), did_you_mean(id, points));
                    }
                }
                ProbeTarget::Dimension(id) => {
                    self.dimension(&path, id);
                    self.occasion(&path, id);
                }
                ProbeTarget::Mistake(id) => {
                    self.mistake(&path, id);
                    let exists = self.known.mistakes.is_some_and(|mistakes| mistakes.contains_key(id));
                    if exists && !question.mistakes.contains(id) {
                        let what = format!("the question does not list the mistake `{id}`");
                        self.report(&path, what, "Add it to `mistakes`: it is hardly ever asked otherwise.");
                    }
                }
                ProbeTarget::Step(_) => {}
            }
        }
        if !self.is_coaching() {
            self.enough_probes();
        }
    }

    /// At least five; two per dimension of the hard part, one per typical mistake, one per step of the follow-up order.
    fn enough_probes(&mut self) {
        let question = self.question;
        let probes = &question.probes;
        if probes.len() < LEAST_PROBES && !probes.is_empty() {
            let what = format!("the question has {} probes", probes.len());
            self.report("probes", what, "It takes five or more.");
        }
        for (i, hard) in question.hard_part.iter().enumerate() {
            let count = probes.iter().filter(|probe| targets_dimension(question, probe, hard)).count();
            if count < PROBES_PER_HARD_DIMENSION {
                let what = format!("the hard part `{hard}` has {count} probes");
                let remedy = "It takes two or more for this dimension, or for points that belong to it.";
                self.report(&format!("hard_part[{i}]"), what, remedy);
            }
        }
        for (i, mistake) in question.mistakes.iter().enumerate() {
            if !probes.iter().any(|probe| matches!(&probe.target, ProbeTarget::Mistake(id) if id == mistake)) {
                let remedy = format!("Add one with `for = {{ mistake = \"{mistake}\" }}`.");
                self.report(&format!("mistakes[{i}]"), format!("no probe for the mistake `{mistake}`"), remedy);
            }
        }
        for step in FollowUpStep::ALL {
            let name = step.name();
            if !probes.iter().any(|probe| probe.target == ProbeTarget::Step(step)) {
                let remedy = format!("Add one with `for = {{ step = \"{name}\" }}`.");
                self.report("probes", format!("no probe for the step `{name}`"), remedy);
            }
        }
    }

    fn facts(&mut self) {
        let wants_facts = matches!(self.question.kind, Kind::Design | Kind::Concept);
        if wants_facts && self.question.facts.is_empty() {
            let what = "the question has no facts";
            self.report("facts", what, "Name its contestable statements, each with a public source.");
        }
        for (i, fact) in self.question.facts.iter().enumerate() {
            check_read(self.doc, &format!("facts[{i}].says"), &fact.says, self.problems);
        }
    }
}

fn targets_dimension(question: &Question, probe: &Probe, dimension: &str) -> bool {
    match &probe.target {
        ProbeTarget::Dimension(id) => id == dimension,
        ProbeTarget::Point(id) => question.points.iter().any(|point| point.id == *id && point.dimension == dimension),
        ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => false,
    }
}
