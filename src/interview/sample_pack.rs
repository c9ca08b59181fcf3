//! The smallest content that is valid, as texts, for tests.

use std::{path::PathBuf, sync::LazyLock};

use practice::{DRILLS, INTERVIEWERS, PLANS, SHAPES};

use super::pack::{Content, Files};

mod practice;

/// Four rubrics of two or three dimensions, and the pack `sample` with one question of each kind.
pub fn files() -> Files {
    let mut files = Files::new();
    let mut add = |path: &str, text: String| _ = files.insert(path.to_owned(), text);
    add("rubrics/design.toml", rubric("design", &["tradeoffs", "reliability", "communication"]));
    add("rubrics/concept.toml", rubric("concept", &["accuracy", "communication"]));
    add("rubrics/behavioural.toml", rubric("behavioural", &["result", "communication"]));
    add("rubrics/pressure.toml", rubric("pressure", &["mitigation", "communication"]));
    add("packs/sample/pack.toml", PACK.to_owned());
    add("packs/sample/mistakes.toml", MISTAKES.to_owned());
    add("packs/sample/glossary.toml", GLOSSARY.to_owned());
    add("packs/sample/phrases.toml", PHRASES.to_owned());
    let generic = [
        generic_probes("design", &["tradeoffs", "reliability", "communication"]),
        generic_probes("concept", &["accuracy", "communication"]),
        generic_probes("behavioural", &["result", "communication"]),
    ];
    add("packs/sample/probes.toml", generic.concat());
    let figures = probe("probes", "figures", "mistake = \"no-figures\"", "four");
    add("packs/sample/questions/rate-limiter.toml", format!("{DESIGN}{}{figures}", probes("reliability")));
    add("packs/sample/questions/linear.toml", format!("{CONCEPT}{}", probes("accuracy")));
    add("packs/sample/questions/teammate.toml", format!("{BEHAVIOURAL}{}", probes("result")));
    add("packs/sample/drills.toml", DRILLS.to_owned());
    add("packs/sample/plans.toml", PLANS.to_owned());
    add("packs/sample/interviewers.toml", INTERVIEWERS.to_owned());
    add("packs/sample/answer_shapes.toml", SHAPES.to_owned());
    add("packs/sample/questions/warm-up.toml", COACHING.to_owned());
    files
}

fn rubric(kind: &str, dimensions: &[&str]) -> String {
    let mut text = format!("format_version = 1\nid = \"{kind}\"\ntitle = \"Title\"\n");
    for id in dimensions {
        text += &format!(
            "\n[[dimensions]]\nid = \"{id}\"\ntitle = \"Title\"\nabout = \"About.\"\n\
             anchors = {{ weak = \"a\", adequate = \"b\", strong = \"c\", excellent = \"d\" }}\n"
        );
        for level in 1..=4 {
            text += &format!(
                "[[dimensions.checks]]\nid = \"{id}_{level}\"\nlevel = {level}\nsays = \"It says so.\"\n\
                 yes = \"We would.\"\nnear_miss = \"One might.\"\n"
            );
        }
    }
    text
}

/// A probe whose words are like no other's: `salt` is part of every word.
fn probe(table: &str, id: &str, target: &str, salt: &str) -> String {
    let ask = ["what", "breaks", "then"].map(|word| format!("{word}{salt}")).join(" ");
    format!(
        "\n[[{table}]]\nid = \"{id}\"\nask = \"{ask}?\"\nfor = {{ {target} }}\n\
         good = {{ constraint = \"c\", failure_mode = \"f\", mitigation = \"m\", new_cost = \"n\" }}\n"
    )
}

fn steps(table: &str, salt: &str) -> String {
    let step = |(name, id): &(&str, &str)| {
        probe(table, &format!("{salt}-{id}"), &format!("step = \"{name}\""), &format!("{salt}{id}"))
    };
    [("constraint", "constraint"), ("failure_mode", "failure"), ("mitigation", "mitigation"), ("new_cost", "cost")]
        .iter()
        .map(step)
        .collect()
}

fn generic_probes(kind: &str, dimensions: &[&str]) -> String {
    let table = format!("{kind}.probes");
    let of = |id: &&str| probe(&table, &format!("generic-{id}"), &format!("dimension = \"{id}\""), id);
    dimensions.iter().map(of).chain([steps(&table, kind)]).collect()
}

fn probes(hard: &str) -> String {
    let own = probe("probes", "hard", &format!("dimension = \"{hard}\""), &format!("{hard}one"))
        + &probe("probes", "point", "point = \"first\"", &format!("{hard}two"))
        + &probe("probes", "tool", "mistake = \"tool-first\"", &format!("{hard}three"));
    own + &steps("probes", hard)
}

const PACK: &str = r#"format_version = 1
name = "sample"
title = "A sample"
about = "The smallest pack that is valid."

[families]
basics = "Basics"
"#;

const MISTAKES: &str = r#"[[mistakes]]
id = "tool-first"
title = "Names a tool in the first sentence"
advice = "Begin with what the user wants."
[mistakes.heard]
when = "said_early"
any = ["kafka", "we use redis"]
words = 20

[[mistakes]]
id = "no-figures"
title = "No figures"
advice = "Say how many."
kinds = ["design"]
[mistakes.heard]
when = "missing"
none = ["about # ~ requests|users"]
min_words = 80
"#;

const GLOSSARY: &str = r#"[[terms]]
term = "Kafka"
misheard = ["cough car"]

[[terms]]
term = "p99"
spoken = ["p ninety nine"]
misheard = ["pea ninety nine"]
"#;

const PHRASES: &str = r#"greeting = ["Hello."]
acknowledgement = ["Okay."]
nudge = ["Anything to add?"]
patience = ["Take your time."]
your_call = ["Your call."]
never_mind = ["That is all right."]
closing = ["That is all."]
"#;

const DESIGN: &str = r#"id = "rate-limiter"
kind = "design"
family = "basics"
difficulty = "medium"
levels = ["senior", "staff"]
minutes = 10
ask = "Design a rate limiter for a public interface."
tests = "Counting under load."
hard_part = ["reliability"]
no_occasion = ["communication"]
mistakes = ["no-figures", "tool-first"]
glossary = ["p99"]
outline = ["one", "two", "three", "four"]
weak_opening = "I would use a cache."
strong_opening = "Whom do we protect?"
tip = "Begin with the caller."

[[points]]
id = "first"
says = "It says what happens when the store is down."
dimension = "reliability"
cues = ["fail* ~ open|closed", "store is down"]
[[points]]
id = "second"
says = "Second."
dimension = "tradeoffs"
cues = ["token bucket"]
[[points]]
id = "third"
says = "Third."
dimension = "tradeoffs"
cues = ["sliding window"]
[[points]]
id = "fourth"
says = "Fourth."
dimension = "tradeoffs"
cues = ["to sum up"]

[[constraints]]
id = "load"
asked = ["how many ~ requests"]
says = "Ten thousand requests a second."

[[facts]]
says = "A bucket allows bursts."
source = "A public paper"
"#;

const CONCEPT: &str = r#"id = "linear"
kind = "concept"
family = "basics"
difficulty = "hard"
levels = ["mid"]
minutes = 3
ask = "What does linearizable mean?"
tests = "Precision."
hard_part = ["accuracy"]
mistakes = ["tool-first"]
outline = ["one", "two", "three", "four"]
weak_opening = "It is consistent."
strong_opening = "Every read sees the last write."
tip = "Give a case."
points = [
  { id = "first", says = "First.", dimension = "accuracy", cues = ["real time order"] },
  { id = "second", says = "Second.", dimension = "accuracy", cues = ["single copy"] },
  { id = "third", says = "Third.", dimension = "communication", cues = ["in short"] },
  { id = "fourth", says = "Fourth.", dimension = "communication", cues = ["for example"] },
]

[[facts]]
says = "It is a recency guarantee."
source = "A public paper"
"#;

const BEHAVIOURAL: &str = r#"id = "teammate"
kind = "behavioural"
family = "basics"
difficulty = "easy"
levels = ["mid", "senior", "staff"]
minutes = 4
ask = "Tell me about someone you helped."
tests = "A story with a result."
hard_part = ["result"]
mistakes = ["tool-first"]
outline = ["one", "two", "three", "four"]
weak_opening = "We always help."
strong_opening = "Last year a colleague was stuck."
tip = "Say what you did."
points = [
  { id = "first", says = "First.", dimension = "result", cues = ["went down by"] },
  { id = "second", says = "Second.", dimension = "result", cues = ["percent less"] },
  { id = "third", says = "Third.", dimension = "communication", cues = ["in short"] },
  { id = "fourth", says = "Fourth.", dimension = "communication", cues = ["the lesson"] },
]
"#;

const COACHING: &str = r#"id = "warm-up"
kind = "coaching"
family = "basics"
difficulty = "easy"
levels = ["mid"]
minutes = 2
ask = "How do you begin an interview?"
tests = "A plan."
outline = ["one", "two", "three", "four"]
weak_opening = "I just talk."
strong_opening = "With a question."
tip = "Keep it short."
points = [
  { id = "first", says = "First.", dimension = "communication", cues = ["ask first"] },
  { id = "second", says = "Second.", dimension = "accuracy", cues = ["repeat the question"] },
  { id = "third", says = "Third.", dimension = "communication", cues = ["in short"] },
  { id = "fourth", says = "Fourth.", dimension = "communication", cues = ["a plan"] },
]

[[probes]]
id = "first-minute"
ask = "And the first minute?"
for = { point = "first" }
good = { constraint = "c", failure_mode = "f", mitigation = "m", new_cost = "n" }
"#;

/// The shipped content, read from the disk once.
pub fn shipped() -> &'static Content {
    static SHIPPED: LazyLock<Content> = LazyLock::new(|| {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/prompts"));
        let mut files = Files::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "toml") {
                    let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                    files.insert(name, std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        Content::parse(&files).unwrap()
    });
    &SHIPPED
}
