//! Phrases torn apart by a `|`: in `lookup|owner table|index` somebody meant "owner table", and wrote "lookup or owner" and then "table or
//! index".
//!
//! Two lists of choices side by side are right in `scan*|check* link*|page*`. They are taken for a torn phrase where the last word of the one
//! and the first of the other stand together in the prose of the questions, and no other two words across the lists do.

use std::collections::{BTreeMap, BTreeSet};

use super::{cue_places::CueList, problem::Problem, question::Question, toml_source::Document, wording::plain_words};

/// A place where two lists of choices meet.
struct Seam<'a> {
    doc: &'a Document,
    path: String,
    cue: &'a str,
    left: Vec<&'a str>,
    right: Vec<&'a str>,
}

/// Reports the cues in which a phrase of the prose is torn.
pub fn check<'a>(lists: &[CueList<'a>], questions: impl Iterator<Item = &'a Question>, problems: &mut Vec<Problem>) {
    let seams: Vec<Seam> = lists.iter().flat_map(seams_of).collect();
    let mut neighbours: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
    for (left, right) in seams.iter().flat_map(Seam::pairs) {
        neighbours.entry(left).or_default().insert(right, false);
    }
    for text in questions.flat_map(prose) {
        let mut before: Option<&mut BTreeMap<&str, bool>> = None;
        for word in plain_words(text) {
            if let Some(found) = before.and_then(|rights| rights.get_mut(word.as_str())) {
                *found = true;
            }
            before = neighbours.get_mut(word.as_str());
        }
    }
    let stand_together = |left: &str, right: &str| neighbours.get(left).and_then(|of| of.get(right)) == Some(&true);
    for seam in &seams {
        let together: BTreeSet<(&str, &str)> =
            seam.pairs().filter(|(left, right)| stand_together(left, right)).collect();
        let torn = (seam.left[seam.left.len() - 1], seam.right[0]);
        if together.len() == 1 && together.contains(&torn) {
            let (left, right) = torn;
            let what = format!("cue \"{}\" tears \"{left} {right}\" apart", seam.cue);
            let remedy = format!(
                "A choice of several words has a hyphen: `{left}-{right}`. If two lists are meant, begin the second with another word."
            );
            problems.push(seam.doc.problem(&seam.path, what, remedy));
        }
    }
}

impl<'a> Seam<'a> {
    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.left.iter().flat_map(|left| self.right.iter().map(move |right| (*left, *right)))
    }
}

fn seams_of<'a>(list: &CueList<'a>) -> Vec<Seam<'a>> {
    let mut seams = Vec::new();
    for (i, cue) in list.cues.iter().enumerate() {
        let tokens: Vec<&str> = cue.split_whitespace().collect();
        for pair in tokens.windows(2).filter(|pair| pair.iter().all(|token| token.contains('|'))) {
            let [left, right] = [pair[0], pair[1]].map(|token| token.split('|').map(stem).collect());
            seams.push(Seam { doc: list.doc, path: format!("{}[{i}]", list.path), cue, left, right });
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
