//! Content that nobody can ever meet: a mistake that no question listens for, a family without a question, a probe that is never chosen.
//! It looks at whole packs; what is out of reach inside one question is found in [`super::question_check`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    drill::{Counts, DrillOn},
    mistake::Detector,
    pack_files::PackSource,
    problem::Problem,
};

pub fn check(sources: &BTreeMap<&str, PackSource>, problems: &mut Vec<Problem>) {
    for source in sources.values() {
        drills(source, problems);
        // What a broken question would have used is not known.
        if source.has_broken_question() {
            continue;
        }
        families(source, problems);
        probe_ids(source, problems);
    }
    if !sources.values().any(PackSource::has_broken_question) {
        mistakes(sources, problems);
    }
}

/// A pack without any question has only been begun.
fn families(source: &PackSource, problems: &mut Vec<Problem>) {
    let Some((doc, manifest)) = source.manifest.as_ref().filter(|_| !source.questions.is_empty()) else { return };
    let used: BTreeSet<&String> = source.questions.iter().map(|(_, _, question)| &question.family).collect();
    for family in manifest.families.keys().filter(|family| !used.contains(family)) {
        let what = format!("no question belongs to the family `{family}`");
        problems.push(doc.problem(&format!("families.{family}"), what, "Write one, or remove the family."));
    }
}

/// A probe is remembered by its id once it was asked: a generic one with the id of a question's own would be taken for asked.
fn probe_ids(source: &PackSource, problems: &mut Vec<Problem>) {
    let Some((doc, generic)) = &source.probes else { return };
    let questions = source.questions.iter().map(|(_, stem, question)| (stem, question));
    let own: BTreeMap<&str, &String> = questions
        .flat_map(|(stem, question)| question.probes.iter().map(move |probe| (probe.id.as_str(), stem)))
        .collect();
    for (kind, probes) in generic {
        for (i, probe) in probes.iter().enumerate() {
            if let Some(owner) = own.get(probe.id.as_str()) {
                let what = format!("the question `{owner}` has a probe `{}` too", probe.id);
                problems.push(doc.problem(
                    &format!("{}.probes[{i}].id", kind.name()),
                    what,
                    "Give this one another id.",
                ));
            }
        }
    }
}

/// A mistake that words alone betray is listened for in every question of its kinds, another only where a question lists it.
fn mistakes(sources: &BTreeMap<&str, PackSource>, problems: &mut Vec<Problem>) {
    let lender = sources.values().position(|source| source.mistakes_doc.is_some());
    for (at, source) in sources.values().enumerate() {
        let Some((doc, mistakes)) = &source.mistakes_doc else { continue };
        let borrows = |other: &PackSource| Some(at) == lender && other.mistakes_doc.is_none();
        let users = sources.values().enumerate().filter(|(other, user)| *other == at || borrows(user));
        let questions: Vec<_> = users.flat_map(|(_, user)| &user.questions).map(|(_, _, question)| question).collect();
        for (i, mistake) in mistakes.iter().enumerate() {
            let of_kind = || questions.iter().filter(|q| mistake.kinds.is_empty() || mistake.kinds.contains(&q.kind));
            let general = matches!(mistake.heard, Detector::Said { .. });
            if !of_kind().any(|question| general || question.mistakes.contains(&mistake.id)) {
                let what = format!("no question listens for the mistake `{}`", mistake.id);
                let remedy = "List it in the `mistakes` of a question, with its probe; only `when = \"said\"` is heard everywhere.";
                problems.push(doc.problem(&format!("mistakes[{i}].id"), what, remedy));
            }
        }
    }
}

/// Pairs and failures that no drill draws on.
fn drills(source: &PackSource, problems: &mut Vec<Problem>) {
    let Some((doc, drills)) = &source.drills else { return };
    let on_pairs = drills.drills.iter().any(|drill| drill.on == DrillOn::Pair);
    let counts_failures = drills.drills.iter().any(|drill| matches!(drill.counts, Counts::Failures { .. }));
    for (key, there, used) in
        [("pairs", !drills.pairs.is_empty(), on_pairs), ("failures", !drills.failures.is_empty(), counts_failures)]
    {
        if there && !used {
            let what = format!("no drill draws on the {key}");
            problems.push(doc.problem(key, what, "Write a drill that does, or remove them."));
        }
    }
}
