//! What a question of a pack must be beyond its shape: references that lead somewhere, words that can be said, enough points, and a
//! probe for every gap. It looks at one question; what concerns the whole pack is in [`super::pack_check`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cue_syntax,
    mistake::Mistake,
    problem::{Problem, did_you_mean},
    question::{FollowUpStep, Kind, Probe, ProbeTarget, Question},
    rubric::Rubric,
    toml_source::Document,
    wording,
};

/// A question is asked in fewer words than this.
const ASK_WORDS: usize = 45;
/// A probe is asked in fewer words than this.
const PROBE_WORDS: usize = 30;
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
            self.cues(&format!("points[{i}].cues"), &point.cues);
        }

        let ids = question.constraints.iter().map(|constraint| constraint.id.as_str());
        check_unique(self.doc, ids, |i| format!("constraints[{i}].id"), self.problems);
        for (i, constraint) in question.constraints.iter().enumerate() {
            check_id(self.doc, &format!("constraints[{i}].id"), &constraint.id, self.problems);
            self.cues(&format!("constraints[{i}].asked"), &constraint.asked);
            let path = format!("constraints[{i}].says");
            check_spoken(self.doc, &path, &constraint.says, ASK_WORDS, self.problems);
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
                ProbeTarget::Dimension(id) => self.dimension(&path, id),
                ProbeTarget::Mistake(id) => self.mistake(&path, id),
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
    }
}

fn targets_dimension(question: &Question, probe: &Probe, dimension: &str) -> bool {
    match &probe.target {
        ProbeTarget::Dimension(id) => id == dimension,
        ProbeTarget::Point(id) => question.points.iter().any(|point| point.id == *id && point.dimension == dimension),
        ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => false,
    }
}

/// What holds for every probe, of a question or generic: its id, its words, its cues.
pub fn check_probe(doc: &Document, path: &str, probe: &Probe, terms: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    check_id(doc, &format!("{path}.id"), &probe.id, problems);
    check_spoken(doc, &format!("{path}.ask"), &probe.ask, PROBE_WORDS, problems);
    check_cues(doc, &format!("{path}.requires_said"), &probe.requires_said, terms, problems);
}

/// An id is lower-case letters, figures and hyphens.
pub fn check_id(doc: &Document, path: &str, id: &str, problems: &mut Vec<Problem>) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.chars().all(allowed) || id.starts_with('-') || id.ends_with('-') {
        let what = format!("`{id}` cannot be an id");
        problems.push(doc.problem(path, what, "Ids are lower-case letters, figures, and hyphens between them."));
    }
}

/// Something the interviewer says: short enough, and sayable.
pub fn check_spoken(doc: &Document, path: &str, text: &str, fewer_than: usize, problems: &mut Vec<Problem>) {
    let words = wording::count_words(text);
    if words >= fewer_than {
        let what = format!("`{path}` has {words} words");
        problems.push(doc.problem(path, what, format!("It is spoken in one breath: under {fewer_than} words.")));
    }
    if let Some((odd, remedy)) = wording::unspeakable(text) {
        problems.push(doc.problem(path, format!("`{path}` holds {odd}, which cannot be said"), remedy));
    }
}

/// Every cue is written in the cue language.
pub fn check_cues(doc: &Document, path: &str, cues: &[String], terms: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    for (i, cue) in cues.iter().enumerate().filter(|(_, cue)| !cue.is_empty()) {
        if let Err((what, remedy)) = cue_syntax::check(cue, terms) {
            problems.push(doc.problem(&format!("{path}[{i}]"), what, remedy));
        }
    }
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
