//! Phrases torn apart by a `|`: in `lookup|owner table|index` somebody meant "owner table", and wrote "lookup or owner" and then "table or
//! index".
//!
//! Two lists of choices side by side are right in `scan*|check* link*|page*`. They are taken for a torn phrase where the last word of the one
//! and the first of the other stand together in the prose of the same question, and no other two words across the lists do. Only the question
//! itself is read, so a change of one question never makes a problem in another.

use std::collections::BTreeMap;

use super::{problem::Problem, question::Question, toml_source::Document, wording::plain_words};

/// A place where two lists of choices meet.
struct Seam<'a> {
    path: String,
    cue: &'a str,
    left: Vec<&'a str>,
    right: Vec<&'a str>,
}

/// Reports the cues of a question in which a phrase of its prose is torn.
pub fn check(doc: &Document, question: &Question, problems: &mut Vec<Problem>) {
    let seams = seams(question);
    if seams.is_empty() {
        return;
    }
    // Which words of the right lists were found behind which of the left ones.
    let mut neighbours: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
    for (left, right) in seams.iter().flat_map(Seam::pairs) {
        neighbours.entry(left).or_default().insert(right, false);
    }
    for text in prose(question) {
        let mut before: Option<String> = None;
        for word in plain_words(text) {
            let rights = before.and_then(|before| neighbours.get_mut(before.as_str()));
            if let Some(found) = rights.and_then(|rights| rights.get_mut(word.as_str())) {
                *found = true;
            }
            before = Some(word);
        }
    }
    let together = |left: &str, right: &str| neighbours.get(left).and_then(|of| of.get(right)) == Some(&true);
    for seam in &seams {
        let mut found = seam.pairs().filter(|(left, right)| together(left, right));
        let torn = (seam.left[seam.left.len() - 1], seam.right[0]);
        if found.next() == Some(torn) && found.all(|pair| pair == torn) {
            let (left, right) = torn;
            let what = format!("cue \"{}\" tears \"{left} {right}\" apart", seam.cue);
            let remedy = format!(
                "A choice of several words has hyphens: `{left}-{right}`. If two lists are meant, begin the second with another word."
            );
            problems.push(doc.problem(&seam.path, what, remedy));
        }
    }
}

impl<'a> Seam<'a> {
    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.left.iter().flat_map(|left| self.right.iter().map(move |right| (*left, *right)))
    }
}

fn seams(question: &Question) -> Vec<Seam<'_>> {
    let points = question.points.iter().enumerate().map(|(i, point)| (format!("points[{i}].cues"), &point.cues));
    let asked =
        question.constraints.iter().enumerate().map(|(i, told)| (format!("constraints[{i}].asked"), &told.asked));
    let probes = question.probes.iter().enumerate();
    let required = probes.map(|(i, probe)| (format!("probes[{i}].requires_said"), &probe.requires_said));
    let mut seams = Vec::new();
    for (path, cues) in points.chain(asked).chain(required) {
        for (i, cue) in cues.iter().enumerate() {
            let tokens: Vec<&str> = cue.split_whitespace().collect();
            for pair in tokens.windows(2).filter(|pair| pair.iter().all(|token| token.contains('|'))) {
                let [left, right] = [pair[0], pair[1]].map(|token| token.split('|').map(stem).collect());
                seams.push(Seam { path: format!("{path}[{i}]"), cue, left, right });
            }
        }
    }
    seams
}

fn stem(choice: &str) -> &str {
    choice.trim_end_matches('*')
}

fn prose(question: &Question) -> impl Iterator<Item = &String> {
    let probes = question.probes.iter().flat_map(|probe| {
        let good = &probe.good;
        [&probe.ask, &good.constraint, &good.failure_mode, &good.mitigation, &good.new_cost]
    });
    let told = question.constraints.iter().map(|constraint| &constraint.says);
    let facts = question.facts.iter().map(|fact| &fact.says);
    let openings = [&question.ask, &question.weak_opening, &question.strong_opening, &question.tip];
    question
        .outline
        .iter()
        .chain(question.points.iter().map(|point| &point.says))
        .chain(probes)
        .chain(told)
        .chain(facts)
        .chain(openings)
}
