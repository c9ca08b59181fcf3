//! The compiler of content, case by case: one thing is broken in the sample pack, and the problem is named with file and line.

use super::{
    pack::{Content, Files},
    pack_shape as shape,
    problem::Problem,
    question::{AskedLevel, Kind},
    sample_pack, toml_source,
};

const DESIGN: &str = "packs/sample/questions/rate-limiter.toml";
const COACHING: &str = "packs/sample/questions/warm-up.toml";
const RUBRIC: &str = "rubrics/design.toml";

fn problems_of(files: &Files) -> Vec<Problem> {
    Content::parse(files).err().unwrap_or_default()
}

/// Replaces the first `find` in `file` by `put` and expects exactly one problem: in that file, on the line that holds `marker`
/// (the first after the change; "" for the whole file), saying `phrase`.
pub(super) fn check(file: &str, find: &str, put: &str, marker: &str, phrase: &str) {
    check_all(file, find, put, &[(marker, phrase)]);
}

pub(super) fn check_all(file: &str, find: &str, put: &str, expected: &[(&str, &str)]) {
    let mut files = sample_pack::files();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(find), "{file} has no {find:?}");
    *text = text.replacen(find, put, 1);
    let line_of = |marker: &str| {
        let at = text.find(marker).unwrap_or_else(|| panic!("no {marker:?} in {file}"));
        text[..at].matches('\n').count() + 1
    };
    let lines: Vec<usize> = expected.iter().map(|(marker, _)| line_of(marker)).collect();
    let problems = problems_of(&files);
    let shown: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(problems.len(), expected.len(), "{find:?} -> {put:?}: {shown:#?}");
    for (line, (_, phrase)) in lines.into_iter().zip(expected) {
        let found = problems
            .iter()
            .any(|problem| problem.file == file && problem.line == line && problem.to_string().contains(phrase));
        assert!(found, "{find:?} -> {put:?}: no {file}:{line} with {phrase:?} in {shown:#?}");
    }
}

#[test]
fn the_sample_is_valid() {
    let content = Content::parse(&sample_pack::files()).unwrap();
    let pack = &content.packs["sample"];
    assert_eq!(pack.questions.len(), 4);
    assert_eq!((pack.drills.drills.len(), pack.drills.pairs.len(), pack.drills.failures.len()), (4, 1, 1));
    assert_eq!(pack.plans[0].on_day(2).map(|session| session.id.as_str()).collect::<Vec<_>>(), ["two"]);
    assert_eq!(pack.interviewers.level(AskedLevel::Staff).unwrap().probes, 4);
    assert_eq!(pack.generic_probes[&Kind::Design].len(), 7);
    assert_eq!(content.rubric(Kind::Design).unwrap().dimensions.len(), 3);
    assert!(content.rubric(Kind::Coaching).is_none());
}

#[test]
fn a_question_file_is_checked_as_it_is_written() {
    let long = "word ".repeat(45);
    for (find, put, marker, phrase) in [
        ("minutes = 10", "minuts = 10\nminutes = 10", "minuts", "unknown key `minuts`. Did you mean `minutes`?"),
        ("tip = \"Begin with the caller.\"", "", "id = \"rate", "`tip` is missing"),
        ("difficulty = \"medium\"", "difficulty = \"mediun\"", "mediun", "Did you mean `medium`?"),
        ("kind = \"design\"", "kind = \"pressure\"", "pressure", "`kind` cannot be `pressure`"),
        ("levels = [\"senior\", \"staff\"]", "levels = []", "levels", "`levels` is an empty list"),
        ("minutes = 10", "minutes = 0", "minutes", "`minutes` is 0"),
        (
            "family = \"basics\"",
            "family = \"basic\"",
            "family",
            "no family `basic` in pack.toml. Did you mean `basics`?",
        ),
        ("mistake = \"no-figures\"", "mistake = \"tool-first\"", "mistakes =", "no probe for the mistake `no-figures`"),
        ("[\"p99\"]", "[\"p95\"]", "glossary", "no term `p95` in glossary.toml"),
        ("ask = \"Design", &format!("ask = \"{long}"), "ask = \"word", "It is spoken in one breath"),
        ("a public interface", "read/write", "ask =", "`/`, which cannot be said. Write \"or\" or \"per\""),
        ("Ten thousand", "10k", "says = \"10k", "`10k`, which cannot be said"),
        ("\"three\", \"four\"]", "\"three\"]", "outline", "the outline has 3 bullets"),
        ("dimension = \"tradeoffs\"", "dimension = \"tradeoff\"", "\"tradeoff\"", "no dimension `tradeoff`"),
        ("\"token bucket\"", "\"bucket\", \"cache\"", "cache\"]", "single word `cache`, which is too common"),
        ("\"how many ~ requests\"", "\"~ requests\"", "~ requests", "begins or ends with a gap"),
        ("point = \"first\" }", "point = \"first\", step = \"mitigation\" }", "point = ", "exactly one of"),
        ("source = \"A public paper\"", "source = \"\"", "source", "`facts[0].source` is empty"),
        ("new_cost = \"n\" }", "new_costs = \"n\", new_cost = \"n\" }", "new_costs", "Did you mean `new_cost`?"),
    ] {
        check(DESIGN, find, put, marker, phrase);
    }
}

#[test]
fn one_slip_may_show_in_two_places() {
    check_all(
        DESIGN,
        "id = \"rate-limiter\"",
        "id = \"Rate_Limiter\"",
        &[("Rate_", "not the name of its file"), ("Rate_", "cannot be an id")],
    );
    check_all(
        DESIGN,
        "hard_part = [\"reliability\"]",
        "hard_part = [\"reliabilty\"]",
        &[("hard_part", "Did you mean `reliability`?"), ("hard_part", "has 0 probes")],
    );
    check_all(
        DESIGN,
        "\"tool-first\"]",
        "\"tool-frist\"]",
        &[
            ("mistakes =", "no mistake `tool-frist` in mistakes.toml. Did you mean `tool-first`?"),
            ("mistakes =", "no probe for the mistake `tool-frist`"),
            ("{ mistake = \"tool-first", "the question does not list the mistake `tool-first`"),
        ],
    );
    check_all(
        DESIGN,
        "no_occasion = [\"communication\"]",
        "no_occasion = [\"reliability\"]",
        &[
            ("no_occasion", "also without occasion"),
            ("dimension = \"reliability\"\ncues", "`reliability` is without occasion in this question"),
            ("{ dimension = \"reliability", "`reliability` is without occasion in this question"),
        ],
    );
    check_all(
        DESIGN,
        "point = \"first\"",
        "point = \"fist\"",
        &[
            ("\"fist\"", "no point `fist` in this question. Did you mean `first`?"),
            ("hard_part", "the hard part `reliability` has 1 probes"),
        ],
    );
    check_all(DESIGN, "id = \"fourth\"", "id = \"third three\"", &[("third three", "cannot be an id")]);
    check_all(
        "packs/sample/probes.toml",
        "dimension = \"tradeoffs\"",
        "point = \"store\"",
        &[
            ("\"store\"", "not for a dimension or a step"),
            ("[[design.probes]]", "design has no generic probe for dimension = \"tradeoffs\""),
        ],
    );
    check_all(
        DESIGN,
        "mistake = \"tool-first\"",
        "mistake = \"tol\"",
        &[("\"tol\"", "no mistake `tol`"), ("mistakes =", "no probe for the mistake `tool-first`")],
    );
}

#[test]
fn a_gap_without_its_probe_is_found() {
    check(DESIGN, "step = \"new_cost\"", "step = \"mitigation\"", "[[probes]]", "no probe for the step `new_cost`");
    check(
        DESIGN,
        "[[facts]]\nsays = \"A bucket allows bursts.\"\nsource = \"A public paper\"",
        "",
        "id =",
        "has no facts",
    );
    check(COACHING, "point = \"first\"", "point = \"frist\"", "\"frist\"", "Did you mean `first`?");
    check(COACHING, "dimension = \"accuracy\"", "dimension = \"result\"", "\"result\"", "no dimension `result`");
}

#[test]
fn the_other_files_are_checked_too() {
    for (file, find, put, marker, phrase) in [
        (RUBRIC, "level = 2", "level = 3", "level = 3", "check 2 of `tradeoffs` has level 3"),
        (RUBRIC, "tradeoffs_3", "tradeoff_3", "tradeoff_3", "Write `tradeoffs_3`."),
        (RUBRIC, "id = \"design\"", "id = \"concept\"", "id =", "not the name of its file"),
        (RUBRIC, "format_version = 1", "format_version = 9", "format", "format version 9 is not known"),
        (RUBRIC, "near_miss = \"One might.\"", "", "[[dimensions.checks]]", "near_miss` is missing"),
        ("packs/sample/pack.toml", "name = \"sample\"", "name = \"other\"", "name", "is in the folder `sample`"),
        ("packs/sample/mistakes.toml", "words = 20", "words = 0", "words", "`words` is 0"),
        ("packs/sample/mistakes.toml", "\"we use redis\"", "\"redis\"", "any", "single word `redis`"),
        ("packs/sample/mistakes.toml", "kinds = [\"design\"]", "kinds = [\"desing\"]", "kinds", "Did you mean"),
        ("packs/sample/glossary.toml", "cough car", "P99", "P99", "into both `p99` and `Kafka`"),
        ("packs/sample/phrases.toml", "Okay.", "Okay & go on.", "Okay", "`&`, which cannot be said"),
    ] {
        check(file, find, put, marker, phrase);
    }
}

#[test]
fn a_repeated_wording_is_found() {
    let ask = "ask = \"How do you begin an interview?\"";
    check(COACHING, ask, "ask = \"What does \\\"linearizable\\\" mean\"", "ask =", "nearly like question `linear`");
}

/// What is changed in the set of files, and the one problem that follows, as shown.
#[test]
fn whole_files_are_missed_and_strays_are_named() {
    let check = |change: fn(&mut Files), phrase: &str| {
        let mut files = sample_pack::files();
        change(&mut files);
        let problems = problems_of(&files);
        let shown: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert!(shown.len() == 1 && shown[0].contains(phrase), "{phrase:?} in {shown:#?}");
    };
    check(|f| _ = f.remove("rubrics/pressure.toml"), "rubrics/pressure.toml: the rubric is missing");
    check(|f| _ = f.remove("packs/sample/pack.toml"), "packs/sample/pack.toml: the file is missing");
    check(|f| _ = f.remove("packs/sample/phrases.toml"), "packs/sample/phrases.toml: the file is missing");
    check(|f| _ = f.insert("rubrics/desing.toml".into(), String::new()), "Did you mean `design`?");
    check(|f| _ = f.insert("packs/sample/question/x.toml".into(), String::new()), "no content is read from here");
    check(|f| f.retain(|path, _| path.starts_with("rubrics/")), "there is no pack");
}

#[test]
fn a_pack_of_ones_own_borrows_what_it_lacks() {
    let mut files = sample_pack::files();
    let manifest = files["packs/sample/pack.toml"].replace("name = \"sample\"", "name = \"mine\"");
    let question = files[DESIGN].replace("rate-limiter", "my-limiter").replace("a rate limiter for", "my thing, not");
    let question = question.replace("ask = \"what", "ask = \"which");
    files.insert("packs/mine/pack.toml".into(), manifest);
    files.insert("packs/mine/questions/my-limiter.toml".into(), question);
    let content = Content::parse(&files).unwrap();
    let (pack, _) = content.question("my-limiter").unwrap();
    assert_eq!(pack.mistakes, content.packs["sample"].mistakes);
    assert_eq!(pack.phrases.greeting, ["Hello."]);
    assert!(pack.plans.is_empty(), "a plan is not borrowed");
    assert!(pack.drills.drill("ask-only").is_some() && pack.answer_shape("reply").is_some());
    assert!(pack.interviewers.temper("warm").is_some());

    let copy = files[COACHING].clone();
    files.insert("packs/mine/questions/warm-up.toml".into(), copy);
    let problems = problems_of(&files);
    assert!(problems[0].what.contains("the pack `mine` has a question `warm-up` too"), "{problems:?}");
}

#[test]
fn problems_come_all_at_once_and_in_order() {
    let mut files = sample_pack::files();
    let question = files[DESIGN].replace("minutes = 10", "minutes = 0").replace("[\"p99\"]", "[\"p95\"]");
    files.insert(DESIGN.into(), question);
    files.insert("packs/sample/phrases.toml".into(), "greeting = [".into());
    let places: Vec<(String, usize)> = problems_of(&files).into_iter().map(|p| (p.file, p.line)).collect();
    let line = |n| (DESIGN.to_owned(), n);
    assert_eq!(places, [("packs/sample/phrases.toml".to_owned(), 1), line(6), line(12)]);
}

/// Every example of `docs/pack-format.md` has the shape of the file it is an example of.
#[test]
fn the_examples_of_the_document_are_of_the_format() {
    let document = include_str!("../../docs/pack-format.md");
    let mut examples = 0;
    for section in document.split("\n## ").skip(1) {
        let Some((_, example)) = section.split_once("```toml\n") else { continue };
        let shape = match section.lines().next().unwrap() {
            "pack.toml" => &shape::MANIFEST,
            "questions/<id>.toml" => &shape::QUESTION,
            "mistakes.toml" => &shape::MISTAKES,
            "glossary.toml" => &shape::GLOSSARY,
            "probes.toml" => &shape::GENERIC_PROBES,
            "phrases.toml" => &shape::PHRASES,
            "drills.toml" => &shape::DRILLS,
            "plans.toml" => &shape::PLANS,
            "interviewers.toml" => &shape::INTERVIEWERS,
            "answer_shapes.toml" => &shape::ANSWER_SHAPES,
            "rubrics/<kind>.toml" => &shape::RUBRIC,
            other => panic!("an example of {other:?}"),
        };
        let mut problems = Vec::new();
        let text = example.split("```").next().unwrap();
        toml_source::read::<toml::Value>("docs/pack-format.md", text, shape, &mut problems);
        // The document shows the probes of one kind only.
        problems
            .retain(|problem| !matches!(problem.what.as_str(), "`concept` is missing" | "`behavioural` is missing"));
        assert_eq!(problems, [], "{text}");
        examples += 1;
    }
    assert_eq!(examples, 11);
}
