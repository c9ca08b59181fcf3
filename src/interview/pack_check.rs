//! What a pack and a rubric must be beyond their shape, except for the questions ([`super::question_check`]): the manifest, mistakes,
//! glossary, generic probes and phrases.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    glossary::Term,
    mistake::{Detector, Mistake},
    pack::{FORMAT_VERSION, Manifest, Phrases},
    problem::{Problem, did_you_mean},
    question::{FollowUpStep, Kind, Probe, ProbeTarget},
    readability::count_sentences,
    rubric::Rubric,
    text_check::{check_cues, check_id, check_probe, check_read, check_spoken, check_unique},
    toml_source::Document,
    wording::{plain_words, unspeakable},
};

/// A stock sentence is said in fewer words than this.
const PHRASE_WORDS: usize = 45;

pub fn check_manifest(doc: &Document, folder: &str, manifest: &Manifest, problems: &mut Vec<Problem>) {
    check_format_version(doc, manifest.format_version, problems);
    if manifest.name != folder && !manifest.name.is_empty() {
        let what = format!("the pack `{}` is in the folder `{folder}`", manifest.name);
        problems.push(doc.problem("name", what, "Give both the same name."));
    }
    check_id(doc, "name", &manifest.name, problems);
    for family in manifest.families.keys() {
        check_id(doc, &format!("families.{family}"), family, problems);
    }
}

fn check_format_version(doc: &Document, version: u32, problems: &mut Vec<Problem>) {
    if version != FORMAT_VERSION {
        let what = format!("format version {version} is not known");
        let remedy = format!("This version of Viva reads format {FORMAT_VERSION}; a newer one may read this file.");
        problems.push(doc.problem("format_version", what, remedy));
    }
}

/// Four checks per dimension, one for each level, with ids `<dimension>_<level>`.
pub fn check_rubric(doc: &Document, kind: Kind, rubric: &Rubric, problems: &mut Vec<Problem>) {
    check_format_version(doc, rubric.format_version, problems);
    if rubric.id != kind {
        problems.push(doc.problem("id", "the rubric's id is not the name of its file", "Give both the same name."));
    }
    let ids = rubric.dimensions.iter().map(|dimension| dimension.id.as_str());
    check_unique(doc, ids, |i| format!("dimensions[{i}].id"), problems);
    for (i, dimension) in rubric.dimensions.iter().enumerate() {
        let id = &dimension.id;
        if !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            let what = format!("`{id}` cannot be the id of a dimension");
            let remedy = "Such ids are lower-case letters, figures and underscores.";
            problems.push(doc.problem(&format!("dimensions[{i}].id"), what, remedy));
        }
        if dimension.checks.len() != 4 {
            let what = format!("dimension `{id}` has {} checks", dimension.checks.len());
            let remedy = "It takes exactly four, for the levels 1 to 4.";
            problems.push(doc.problem(&format!("dimensions[{i}].checks"), what, remedy));
            continue;
        }
        for (j, (check, level)) in dimension.checks.iter().zip(1u8..).enumerate() {
            let path = format!("dimensions[{i}].checks[{j}]");
            if check.level != level {
                let what = format!("check {level} of `{id}` has level {}", check.level);
                problems.push(doc.problem(&format!("{path}.level"), what, "Checks stand in the order 1, 2, 3, 4."));
            }
            let wanted = format!("{id}_{level}");
            if check.id != wanted && !check.id.is_empty() {
                let what = format!("the check `{}` has a wrong id", check.id);
                problems.push(doc.problem(&format!("{path}.id"), what, format!("Write `{wanted}`.")));
            }
        }
    }
}

/// An interjection has fewer words than this.
const INTERJECTION_WORDS: usize = 30;

pub fn check_mistakes(doc: &Document, mistakes: &[Mistake], terms: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    check_unique(doc, mistakes.iter().map(|mistake| mistake.id.as_str()), |i| format!("mistakes[{i}].id"), problems);
    for (i, mistake) in mistakes.iter().enumerate() {
        check_id(doc, &format!("mistakes[{i}].id"), &mistake.id, problems);
        let advice = format!("mistakes[{i}].advice");
        check_read(doc, &advice, &mistake.advice, problems);
        let sentences = count_sentences(&mistake.advice);
        if sentences > 2 {
            problems.push(doc.problem(
                &advice,
                format!("the advice has {sentences} sentences"),
                "It takes two at most.",
            ));
        }
        let path = format!("mistakes[{i}].heard");
        let mut cues = |key: &str, cues: &[String]| {
            check_cues(doc, &format!("{path}.{key}"), cues, terms, problems);
        };
        match &mistake.heard {
            Detector::Said { any, unless }
            | Detector::SaidEarly { any, unless, .. }
            | Detector::SaidBefore { any, unless }
            | Detector::TooMany { any, unless, .. } => {
                cues("any", any);
                cues("unless", unless);
                for (j, cue) in unless.iter().enumerate().filter(|(_, cue)| any.contains(cue)) {
                    let what = format!("cue \"{cue}\" betrays the mistake and excuses it");
                    problems.push(doc.problem(&format!("{path}.unless[{j}]"), what, "Remove it from one of the two."));
                }
            }
            Detector::Missing { none, .. } => cues("none", none),
        }
        match &mistake.heard {
            Detector::SaidEarly { words: 0, .. } => {
                problems.push(doc.problem(&format!("{path}.words"), "`words` is 0", "Say how many first words count."));
            }
            Detector::Missing { min_words: 0, .. } => {
                let remedy = "Say from how many words on an answer should have said it.";
                problems.push(doc.problem(&format!("{path}.min_words"), "`min_words` is 0", remedy));
            }
            Detector::TooMany { any, count, .. } if *count < 2 || *count > any.len() => {
                let what = format!("`count` is {count} of {} cues", any.len());
                problems.push(doc.problem(
                    &format!("{path}.count"),
                    what,
                    "It is 2 or more, and at most all of `any`.",
                ));
            }
            Detector::TooMany { within: 0, .. } => {
                let remedy = "Say within how many words so many are too many.";
                problems.push(doc.problem(&format!("{path}.within"), "`within` is 0", remedy));
            }
            _ => {}
        }
        for (j, words) in mistake.interjections.iter().enumerate() {
            check_spoken(doc, &format!("mistakes[{i}].interjections[{j}]"), words, INTERJECTION_WORDS, problems);
        }
        if matches!(mistake.heard, Detector::Missing { .. }) && !mistake.interjections.is_empty() {
            let what = format!("nothing can cut in on `{}`, which is heard by what was not said", mistake.id);
            problems.push(doc.problem(&format!("mistakes[{i}].interjections"), what, "Leave out its interjections."));
        }
    }
}

pub fn check_glossary(doc: &Document, terms: &[Term], problems: &mut Vec<Problem>) {
    let plain: Vec<String> = terms.iter().map(|term| term.term.to_lowercase()).collect();
    check_unique(doc, plain.iter().map(String::as_str), |i| format!("terms[{i}].term"), problems);

    let owners: BTreeMap<&str, usize> = plain.iter().enumerate().map(|(i, term)| (term.as_str(), i)).collect();
    let mut claimed: BTreeMap<String, usize> = BTreeMap::new();
    for (i, term) in terms.iter().enumerate() {
        if term.spoken.is_empty()
            && let Some((odd, _)) = unspeakable(&term.term)
        {
            let what = format!("the term `{}` holds {odd}, which cannot be said", term.term);
            problems.push(doc.problem(&format!("terms[{i}].term"), what, "Say in `spoken` how it is said."));
        }
        for (j, spoken) in term.spoken.iter().enumerate() {
            check_spoken(doc, &format!("terms[{i}].spoken[{j}]"), spoken, PHRASE_WORDS, problems);
        }
        for (j, misheard) in term.misheard.iter().enumerate() {
            let misheard = misheard.to_lowercase();
            let owner = owners.get(misheard.as_str()).copied().or_else(|| claimed.get(&misheard).copied());
            if let Some(owner) = owner {
                let what = if owner == i {
                    format!("`{misheard}` is there twice for `{}`", term.term)
                } else {
                    format!("`{misheard}` cannot be repaired into both `{}` and `{}`", terms[owner].term, term.term)
                };
                problems.push(doc.problem(&format!("terms[{i}].misheard[{j}]"), what, "Remove it from one of them."));
            }
            claimed.insert(misheard, i);
        }
    }
}

/// Generic probes aim at dimensions and steps only; those of design, concept and behavioural cover every one.
pub fn check_generic_probes(
    doc: &Document,
    probes: &BTreeMap<Kind, Vec<Probe>>,
    rubrics: &BTreeMap<Kind, Rubric>,
    terms: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    for (kind, probes) in probes {
        let section = kind.name();
        let ids = probes.iter().map(|probe| probe.id.as_str());
        check_unique(doc, ids, |i| format!("{section}.probes[{i}].id"), problems);
        let rubric_kind = if *kind == Kind::Coaching { Kind::Concept } else { *kind };
        let rubric = rubrics.get(&rubric_kind);
        let dimensions: Option<Vec<&str>> =
            rubric.map(|rubric| rubric.dimensions.iter().map(|d| d.id.as_str()).collect());
        for (i, probe) in probes.iter().enumerate() {
            let path = format!("{section}.probes[{i}]");
            check_probe(doc, &path, probe, terms, problems);
            match (&probe.target, &dimensions) {
                (ProbeTarget::Point(_) | ProbeTarget::Mistake(_), _) => {
                    let what = format!("the generic probe `{}` is not for a dimension or a step", probe.id);
                    problems.push(doc.problem(
                        &format!("{path}.for"),
                        what,
                        "It serves questions that have no points.",
                    ));
                }
                (ProbeTarget::Dimension(id), Some(ids)) if !ids.contains(&id.as_str()) => {
                    let what = format!("no dimension `{id}` in the rubric of {section}");
                    problems.push(doc.problem(&format!("{path}.for"), what, did_you_mean(id, ids.iter().copied())));
                }
                _ => {}
            }
        }
        if !matches!(kind, Kind::Design | Kind::Concept | Kind::Behavioural) {
            continue;
        }
        let uncovered_dimensions = dimensions
            .iter()
            .flatten()
            .filter(|id| !probes.iter().any(|p| matches!(&p.target, ProbeTarget::Dimension(of) if of == *id)))
            .map(|id| format!("dimension = \"{id}\""));
        let uncovered_steps = FollowUpStep::ALL
            .iter()
            .filter(|step| !probes.iter().any(|probe| probe.target == ProbeTarget::Step(**step)))
            .map(|step| format!("step = \"{}\"", step.name()));
        for gap in uncovered_dimensions.chain(uncovered_steps) {
            let what = format!("{section} has no generic probe for {gap}");
            problems.push(doc.problem(section, what, format!("Add one with `for = {{ {gap} }}`.")));
        }
    }
}

/// Sentences to cut in with.
pub fn check_all_interjections(doc: &Document, key: &str, texts: &[String], problems: &mut Vec<Problem>) {
    for (i, text) in texts.iter().enumerate() {
        check_spoken(doc, &format!("{key}[{i}]"), text, INTERJECTION_WORDS, problems);
    }
}

pub fn check_phrases(doc: &Document, phrases: &Phrases, problems: &mut Vec<Problem>) {
    for (key, list) in [
        ("greeting", &phrases.greeting),
        ("acknowledgement", &phrases.acknowledgement),
        ("nudge", &phrases.nudge),
        ("patience", &phrases.patience),
        ("your_call", &phrases.your_call),
        ("never_mind", &phrases.never_mind),
        ("closing", &phrases.closing),
    ] {
        for (i, phrase) in list.iter().enumerate() {
            check_spoken(doc, &format!("{key}[{i}]"), phrase, PHRASE_WORDS, problems);
        }
    }
    check_all_interjections(doc, "rambling", &phrases.rambling, problems);
}

/// The terms that are a single word, in lower case: they may be cues by themselves.
pub fn lone_terms(terms: &[Term]) -> BTreeSet<String> {
    terms
        .iter()
        .flat_map(|term| std::iter::once(&term.term).chain(&term.spoken))
        .filter_map(|term| {
            let mut words = plain_words(term);
            words.next().filter(|_| words.next().is_none())
        })
        .collect()
}
