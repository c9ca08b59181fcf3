//! Every list of cues in a pack with its place, for the checks that look at cues and not at what they stand for.

use super::{drill::Counts, mistake::Detector, pack_files::PackSource, toml_source::Document};

/// The cues of one point, constraint, probe, mistake, drill, failure, pair, plan or step.
pub struct CueList<'a> {
    pub doc: &'a Document,
    /// Of the list; cue `i` is at `path[i]`.
    pub path: String,
    pub cues: &'a [String],
}

/// All lists of cues in the files of a pack as far as they could be read.
pub fn cue_lists(source: &PackSource) -> Vec<CueList<'_>> {
    let mut lists = Vec::new();
    of_questions(source, &mut lists);
    of_mistakes(source, &mut lists);
    of_drills(source, &mut lists);
    if let Some((doc, file)) = &source.plans {
        for (i, plan) in file.plans.iter().enumerate() {
            let names = plan.must_name.iter().enumerate();
            lists.extend(names.map(|(j, name)| list(doc, format!("plans[{i}].must_name[{j}].cues"), &name.cues)));
        }
    }
    if let Some((doc, file)) = &source.shapes {
        for (i, shape) in file.shapes.iter().enumerate() {
            let steps = shape.steps.iter().enumerate();
            lists.extend(steps.map(|(j, step)| list(doc, format!("shapes[{i}].steps[{j}].cues"), &step.cues)));
        }
    }
    lists
}

fn list<'a>(doc: &'a Document, path: String, cues: &'a [String]) -> CueList<'a> {
    CueList { doc, path, cues }
}

fn of_questions<'a>(source: &'a PackSource, lists: &mut Vec<CueList<'a>>) {
    for (doc, _, question) in &source.questions {
        for (i, point) in question.points.iter().enumerate() {
            lists.push(list(doc, format!("points[{i}].cues"), &point.cues));
        }
        for (i, constraint) in question.constraints.iter().enumerate() {
            lists.push(list(doc, format!("constraints[{i}].asked"), &constraint.asked));
        }
        for (i, probe) in question.probes.iter().enumerate() {
            lists.push(list(doc, format!("probes[{i}].requires_said"), &probe.requires_said));
        }
    }
    if let Some((doc, generic)) = &source.probes {
        for (kind, probes) in generic {
            for (i, probe) in probes.iter().enumerate() {
                lists.push(list(doc, format!("{}.probes[{i}].requires_said", kind.name()), &probe.requires_said));
            }
        }
    }
}

fn of_mistakes<'a>(source: &'a PackSource, lists: &mut Vec<CueList<'a>>) {
    if let Some((doc, mistakes)) = &source.mistakes_doc {
        for (i, mistake) in mistakes.iter().enumerate() {
            let mut add =
                |key: &str, cues: &'a [String]| lists.push(list(doc, format!("mistakes[{i}].heard.{key}"), cues));
            match &mistake.heard {
                Detector::Said { any, unless }
                | Detector::SaidEarly { any, unless, .. }
                | Detector::SaidBefore { any, unless }
                | Detector::TooMany { any, unless, .. } => {
                    add("any", any);
                    add("unless", unless);
                }
                Detector::Missing { none, .. } => add("none", none),
            }
        }
    }
}

fn of_drills<'a>(source: &'a PackSource, lists: &mut Vec<CueList<'a>>) {
    let Some((doc, drills)) = &source.drills else { return };
    let mut add = |path: String, cues: &'a [String]| lists.push(list(doc, path, cues));
    for (i, drill) in drills.drills.iter().enumerate() {
        if let Some(out) = &drill.keeps_out {
            add(format!("drills[{i}].keeps_out.cues"), &out.cues);
        }
        if let Counts::Parts { parts, .. } | Counts::Choice { parts } = &drill.counts {
            for (j, part) in parts.iter().enumerate() {
                add(format!("drills[{i}].counts.parts[{j}].cues"), &part.cues);
            }
        }
    }
    for (i, pair) in drills.pairs.iter().enumerate() {
        add(format!("pairs[{i}].first.cues"), &pair.first.cues);
        add(format!("pairs[{i}].second.cues"), &pair.second.cues);
        add(format!("pairs[{i}].decides_cues"), &pair.decides_cues);
    }
    for (i, failure) in drills.failures.iter().enumerate() {
        add(format!("failures[{i}].cues"), &failure.cues);
        add(format!("failures[{i}].detection_cues"), &failure.detection_cues);
        add(format!("failures[{i}].mitigation_cues"), &failure.mitigation_cues);
    }
}
