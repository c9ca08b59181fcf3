//! What drills, plans, interviewers and answer shapes must be beyond their shape: references that lead somewhere, times that add up, words
//! that can be said, cues that are cues.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answer_shape::AnswerShape,
    drill::{Counts, Drill, DrillOn, Drills, Pair},
    interviewer::{Interviewers, PressesOn},
    mistake::Mistake,
    pack_check,
    plan::{Plan, PlanSession},
    problem::{Problem, did_you_mean},
    question::{AskedLevel, Kind},
    rubric::Rubric,
    text_check::{check_cues, check_id, check_spoken, check_unique},
    toml_source::Document,
};

/// A stock sentence is said in fewer words than this, as in [`super::pack_check`].
const SAID_WORDS: usize = 45;
/// What the interviewer asks in a drill, as a probe.
const ASK_WORDS: usize = 30;
/// What goes before a probe; together they are still one breath.
const PREFACE_WORDS: usize = 12;
const LONGEST_SECONDS: u32 = 3_600;
const LONGEST_SITTING_MINUTES: u32 = 180;
const MOST_PROBES: u32 = 8;

/// What these files can refer to. `None`: that file is missing or broken, which is a problem of its own.
pub struct Known<'a> {
    /// Ids of questions in any pack.
    pub questions: &'a BTreeSet<&'a str>,
    pub mistakes: Option<&'a BTreeMap<String, Mistake>>,
    pub drills: Option<&'a Drills>,
    pub shapes: Option<&'a [AnswerShape]>,
    pub rubrics: &'a BTreeMap<Kind, Rubric>,
    /// Single words among the terms, in lower case: these may be cues by themselves.
    pub lone_terms: &'a BTreeSet<String>,
}

pub fn check_shapes(doc: &Document, shapes: &[AnswerShape], known: &Known, problems: &mut Vec<Problem>) {
    check_ids(doc, shapes.iter().map(|shape| shape.id.as_str()), "shapes", problems);
    for (i, shape) in shapes.iter().enumerate() {
        let path = format!("shapes[{i}]");
        check_ids(doc, shape.steps.iter().map(|step| step.id.as_str()), &format!("{path}.steps"), problems);
        for (j, step) in shape.steps.iter().enumerate() {
            check_cues(doc, &format!("{path}.steps[{j}].cues"), &step.cues, known.lone_terms, problems);
        }
        check_seconds(doc, &format!("{path}.seconds"), shape.seconds, problems);
        let shares: u32 = shape.steps.iter().map(|step| step.share).sum();
        if shares != 100 {
            let what = format!("the shares of `{}` make {shares} percent", shape.id);
            problems.push(doc.problem(&format!("{path}.steps"), what, "Together they are 100."));
        }
        if shape.clock.is_empty() {
            continue;
        }
        let minutes: u32 = shape.clock.iter().map(|phase| phase.minutes).sum();
        if minutes * 60 != shape.seconds {
            let what =
                format!("the clock of `{}` runs {minutes} minutes, the shape {} seconds", shape.id, shape.seconds);
            problems.push(doc.problem(&format!("{path}.clock"), what, "Make them the same."));
        }
        let on_clock = shape.clock.iter().flat_map(|phase| &phase.steps);
        if !on_clock.eq(shape.steps.iter().map(|step| &step.id)) {
            let what = format!("the clock of `{}` does not hold each step once, in order", shape.id);
            let steps: Vec<&str> = shape.steps.iter().map(|step| step.id.as_str()).collect();
            let remedy = format!("Divide these among its phases: {}.", steps.join(", "));
            problems.push(doc.problem(&format!("{path}.clock"), what, remedy));
        }
    }
}

pub fn check_drills(doc: &Document, drills: &Drills, known: &Known, problems: &mut Vec<Problem>) {
    check_ids(doc, drills.drills.iter().map(|drill| drill.id.as_str()), "drills", problems);
    check_ids(doc, drills.pairs.iter().map(|pair| pair.id.as_str()), "pairs", problems);
    check_ids(doc, drills.failures.iter().map(|failure| failure.id.as_str()), "failures", problems);
    for (i, drill) in drills.drills.iter().enumerate() {
        check_drill(doc, &format!("drills[{i}]"), drill, drills, known, problems);
    }
    for (i, pair) in drills.pairs.iter().enumerate() {
        check_pair(doc, &format!("pairs[{i}]"), pair, known, problems);
    }
    for (i, failure) in drills.failures.iter().enumerate() {
        let path = format!("failures[{i}]");
        check_spoken(doc, &format!("{path}.ask"), &failure.ask, ASK_WORDS, problems);
        for (key, cues) in [
            ("cues", &failure.cues),
            ("detection_cues", &failure.detection_cues),
            ("mitigation_cues", &failure.mitigation_cues),
        ] {
            check_cues(doc, &format!("{path}.{key}"), cues, known.lone_terms, problems);
        }
    }
}

fn check_drill(doc: &Document, path: &str, drill: &Drill, all: &Drills, known: &Known, problems: &mut Vec<Problem>) {
    check_seconds(doc, &format!("{path}.seconds"), drill.seconds, problems);
    if drill.least_seconds >= drill.seconds {
        let what = format!("`least_seconds` is {} of {}", drill.least_seconds, drill.seconds);
        problems.push(doc.problem(&format!("{path}.least_seconds"), what, "It is less than `seconds`."));
    }
    if drill.rounds.least == 0 || drill.rounds.least > drill.rounds.most {
        let what = format!("the rounds go from {} to {}", drill.rounds.least, drill.rounds.most);
        problems.push(doc.problem(&format!("{path}.rounds"), what, "Write 1 or more, and the smaller first."));
    }
    for (key, list) in [("opening", &drill.opening), ("time_left", &drill.time_left), ("closing", &drill.closing)] {
        check_all_spoken(doc, &format!("{path}.{key}"), list, SAID_WORDS, problems);
    }
    if let Some(out) = &drill.keeps_out {
        check_cues(doc, &format!("{path}.keeps_out.cues"), &out.cues, known.lone_terms, problems);
        check_spoken(doc, &format!("{path}.keeps_out.says"), &out.says, SAID_WORDS, problems);
    }
    check_counts(doc, path, drill, all, known, problems);
}

/// What is counted is there to be counted, and enough of it.
fn check_counts(doc: &Document, path: &str, drill: &Drill, all: &Drills, known: &Known, problems: &mut Vec<Problem>) {
    let at = format!("{path}.counts");
    let wanted_on = match &drill.counts {
        Counts::Constraints { .. } => Some((DrillOn::Question, "question")),
        Counts::Choice { .. } => Some((DrillOn::Pair, "pair")),
        Counts::Survived { .. } => Some((DrillOn::Probe, "probe")),
        Counts::Parts { .. } | Counts::Failures { .. } | Counts::Steps { .. } => None,
    };
    if let Some((_, name)) = wanted_on.filter(|(on, _)| *on != drill.on) {
        let what = format!("drill `{}` counts what only a {name} has", drill.id);
        let remedy = format!("Write `on = \"{name}\"`, or count something else.");
        problems.push(doc.problem(&format!("{path}.on"), what, remedy));
    }
    if drill.on == DrillOn::Pair && all.pairs.is_empty() {
        let what = format!("drill `{}` is on pairs, and there are none", drill.id);
        problems.push(doc.problem(&format!("{path}.on"), what, "Add `[[pairs]]`."));
    }
    let steps_of = |id: &str| known.shapes?.iter().find(|shape| shape.id == id).map(|shape| shape.steps.len());
    let (least, of) = match &drill.counts {
        Counts::Constraints { least } => (*least, None),
        Counts::Parts { least, parts } => (*least, Some(parts.len())),
        Counts::Failures { least } => (*least, Some(all.failures.len())),
        Counts::Steps { shape, least } | Counts::Survived { shape, steps: least } => (*least, steps_of(shape)),
        Counts::Choice { parts } => (parts.len(), None),
    };
    if least == 0 || of.is_some_and(|of| least > of) {
        let most = of.map_or("any number".to_owned(), |of| of.to_string());
        let what = format!("drill `{}` is done with {least} of {most}", drill.id);
        problems.push(doc.problem(&at, what, "Write 1 or more, and at most as many as there are."));
    }
    match &drill.counts {
        Counts::Parts { parts, .. } | Counts::Choice { parts } => {
            check_ids(doc, parts.iter().map(|part| part.id.as_str()), &format!("{at}.parts"), problems);
            for (i, part) in parts.iter().enumerate() {
                check_cues(doc, &format!("{at}.parts[{i}].cues"), &part.cues, known.lone_terms, problems);
            }
        }
        Counts::Steps { shape, .. } | Counts::Survived { shape, .. } => {
            let shapes = known.shapes.map(|shapes| shapes.iter().map(|shape| shape.id.as_str()));
            refer(doc, &format!("{at}.shape"), shape, "answer shape", "answer_shapes.toml", shapes, problems);
        }
        Counts::Constraints { .. } | Counts::Failures { .. } => {}
    }
}

fn check_pair(doc: &Document, path: &str, pair: &Pair, known: &Known, problems: &mut Vec<Problem>) {
    check_spoken(doc, &format!("{path}.ask"), &pair.ask, SAID_WORDS, problems);
    if pair.first.name.eq_ignore_ascii_case(&pair.second.name) {
        let what = format!("both sides of `{}` are called `{}`", pair.id, pair.first.name);
        problems.push(doc.problem(&format!("{path}.second"), what, "Name two different approaches."));
    }
    for (key, cues) in
        [("first.cues", &pair.first.cues), ("second.cues", &pair.second.cues), ("decides_cues", &pair.decides_cues)]
    {
        check_cues(doc, &format!("{path}.{key}"), cues, known.lone_terms, problems);
    }
}

pub fn check_plans(doc: &Document, plans: &[Plan], known: &Known, problems: &mut Vec<Problem>) {
    check_ids(doc, plans.iter().map(|plan| plan.id.as_str()), "plans", problems);
    for (i, plan) in plans.iter().enumerate() {
        let path = format!("plans[{i}]");
        if !(1..=plan.days).contains(&plan.may_begin_on) {
            let what = format!("the plan begins on day {} of {}", plan.may_begin_on, plan.days);
            problems.push(doc.problem(&format!("{path}.may_begin_on"), what, "Days count from 1 to `days`."));
        }
        check_ids(doc, plan.must_name.iter().map(|name| name.id.as_str()), &format!("{path}.must_name"), problems);
        for (j, name) in plan.must_name.iter().enumerate() {
            check_cues(doc, &format!("{path}.must_name[{j}].cues"), &name.cues, known.lone_terms, problems);
        }
        check_ids(doc, plan.sessions.iter().map(|session| session.id.as_str()), &format!("{path}.sessions"), problems);
        let mut day = 1;
        for (j, session) in plan.sessions.iter().enumerate() {
            let path = format!("{path}.sessions[{j}]");
            if session.day < day || session.day > plan.days {
                let what = format!("session `{}` is on day {}", session.id, session.day);
                let remedy = format!("Here it is on day {day} to {}: sessions stand in the order of days.", plan.days);
                problems.push(doc.problem(&format!("{path}.day"), what, remedy));
            }
            day = day.max(session.day);
            check_session(doc, &path, session, known, problems);
        }
    }
}

fn check_session(doc: &Document, path: &str, session: &PlanSession, known: &Known, problems: &mut Vec<Problem>) {
    if !(1..=LONGEST_SITTING_MINUTES).contains(&session.minutes) {
        let what = format!("`minutes` is {}", session.minutes);
        problems.push(doc.problem(&format!("{path}.minutes"), what, "A sitting takes 1 to 180 minutes."));
    }
    if session.questions.is_empty() && session.drills.is_empty() && session.write_down.is_empty() {
        let what = format!("there is nothing to do in session `{}`", session.id);
        problems.push(doc.problem(path, what, "Give it questions, drills, or something to write down."));
    }
    if session.choose > session.questions.len() {
        let what = format!("`choose` is {} of {} questions", session.choose, session.questions.len());
        problems.push(doc.problem(&format!("{path}.choose"), what, "It is at most all of them; leave it out for all."));
    }
    let mut all = |key: &str, ids: &[String], thing: &str, place: &str, known: Option<Vec<&str>>| {
        for (i, id) in ids.iter().enumerate() {
            let ids = known.as_ref().map(|ids| ids.iter().copied());
            refer(doc, &format!("{path}.{key}[{i}]"), id, thing, place, ids, problems);
        }
        check_unique(doc, ids.iter().map(String::as_str), |i| format!("{path}.{key}[{i}]"), problems);
    };
    let drills = known.drills.map(|all| all.drills.iter().map(|drill| drill.id.as_str()).collect());
    let mistakes = known.mistakes.map(|all| all.keys().map(String::as_str).collect());
    all("questions", &session.questions, "question", "any pack", Some(known.questions.iter().copied().collect()));
    all("drills", &session.drills, "drill", "drills.toml", drills);
    all("mistakes", &session.mistakes, "mistake", "mistakes.toml", mistakes);
    all("dimensions", &session.dimensions, "dimension", "any rubric", Some(dimensions(known.rubrics)));
}

pub fn check_interviewers(doc: &Document, of: &Interviewers, known: &Known, problems: &mut Vec<Problem>) {
    for (level, name) in [(AskedLevel::Mid, "mid"), (AskedLevel::Senior, "senior"), (AskedLevel::Staff, "staff")] {
        let count = of.levels.iter().filter(|asked| asked.id == level).count();
        if count != 1 {
            let what = format!("the level `{name}` is there {count} times");
            problems.push(doc.problem("levels", what, "Each of mid, senior and staff is there once."));
        }
    }
    for (i, level) in of.levels.iter().enumerate() {
        if !(1..=MOST_PROBES).contains(&level.probes) {
            let what = format!("`probes` is {}", level.probes);
            problems.push(doc.problem(&format!("levels[{i}].probes"), what, "One to eight follow an answer."));
        }
        check_presses_on(doc, &format!("levels[{i}].presses_on"), &level.presses_on, known, problems);
    }
    check_ids(doc, of.styles.iter().map(|style| style.id.as_str()), "styles", problems);
    for (i, style) in of.styles.iter().enumerate() {
        let path = format!("styles[{i}].presses_on");
        check_presses_on(doc, &path, &style.presses_on, known, problems);
        if style.presses_on == PressesOn::default() {
            let what = format!("the style `{}` presses on nothing", style.id);
            problems.push(doc.problem(&path, what, "Name dimensions, steps or mistakes."));
        }
    }
    check_ids(doc, of.tempers.iter().map(|temper| temper.id.as_str()), "tempers", problems);
    for (i, temper) in of.tempers.iter().enumerate() {
        let path = format!("tempers[{i}]");
        check_all_spoken(doc, &format!("{path}.probe_preface"), &temper.probe_preface, PREFACE_WORDS, problems);
        for (key, list) in [
            ("greeting", &temper.greeting),
            ("acknowledgement", &temper.acknowledgement),
            ("nudge", &temper.nudge),
            ("patience", &temper.patience),
            ("your_call", &temper.your_call),
            ("never_mind", &temper.never_mind),
            ("closing", &temper.closing),
        ] {
            check_all_spoken(doc, &format!("{path}.{key}"), list, SAID_WORDS, problems);
        }
        pack_check::check_all_interjections(doc, &format!("{path}.rambling"), &temper.rambling, problems);
    }
}

fn check_presses_on(doc: &Document, path: &str, on: &PressesOn, known: &Known, problems: &mut Vec<Problem>) {
    for (i, id) in on.dimensions.iter().enumerate() {
        let all = dimensions(known.rubrics).into_iter();
        refer(doc, &format!("{path}.dimensions[{i}]"), id, "dimension", "any rubric", Some(all), problems);
    }
    for (i, id) in on.mistakes.iter().enumerate() {
        let all = known.mistakes.map(|all| all.keys().map(String::as_str));
        refer(doc, &format!("{path}.mistakes[{i}]"), id, "mistake", "mistakes.toml", all, problems);
    }
    let steps = on.steps.iter().map(|step| step.name());
    for (key, ids) in [
        ("dimensions", on.dimensions.iter().map(String::as_str).collect::<Vec<_>>()),
        ("mistakes", on.mistakes.iter().map(String::as_str).collect()),
        ("steps", steps.collect()),
    ] {
        check_unique(doc, ids.into_iter(), |i| format!("{path}.{key}[{i}]"), problems);
    }
}

/// Every dimension of every rubric, each once.
fn dimensions(rubrics: &BTreeMap<Kind, Rubric>) -> Vec<&str> {
    let all = rubrics.values().flat_map(|rubric| &rubric.dimensions).map(|dimension| dimension.id.as_str());
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Reports an id that is not among the known ones; nothing where those could not be read.
fn refer<'a>(
    doc: &Document,
    path: &str,
    id: &str,
    thing: &str,
    place: &str,
    known: Option<impl Iterator<Item = &'a str>>,
    problems: &mut Vec<Problem>,
) {
    let Some(known) = known.map(Iterator::collect::<Vec<_>>) else { return };
    if !known.contains(&id) && !id.is_empty() {
        problems.push(doc.problem(path, format!("no {thing} `{id}` in {place}"), did_you_mean(id, known)));
    }
}

fn check_ids<'a>(doc: &Document, ids: impl Iterator<Item = &'a str> + Clone, path: &str, problems: &mut Vec<Problem>) {
    for (i, id) in ids.clone().enumerate() {
        check_id(doc, &format!("{path}[{i}].id"), id, problems);
    }
    check_unique(doc, ids, |i| format!("{path}[{i}].id"), problems);
}

fn check_all_spoken(doc: &Document, path: &str, list: &[String], fewer_than: usize, problems: &mut Vec<Problem>) {
    for (i, text) in list.iter().enumerate() {
        check_spoken(doc, &format!("{path}[{i}]"), text, fewer_than, problems);
    }
}

fn check_seconds(doc: &Document, path: &str, seconds: u32, problems: &mut Vec<Problem>) {
    if !(10..=LONGEST_SECONDS).contains(&seconds) {
        let what = format!("`seconds` is {seconds}");
        problems.push(doc.problem(path, what, "Something said takes 10 seconds to an hour."));
    }
}
