//! What nobody can meet, hear or follow is found: one thing is changed in the sample pack, and the problem is named with its line.

use super::pack_tests::{check, check_all};

const DESIGN: &str = "packs/sample/questions/rate-limiter.toml";
const MISTAKES: &str = "packs/sample/mistakes.toml";
const GLOSSARY: &str = "packs/sample/glossary.toml";
const GENERIC: &str = "packs/sample/probes.toml";
const DRILLS: &str = "packs/sample/drills.toml";

#[test]
fn what_is_never_met_is_found() {
    for (file, find, put, marker, phrase) in [
        (
            "packs/sample/pack.toml",
            "basics = \"Basics\"",
            "basics = \"Basics\"\nmore = \"More\"",
            "more",
            "no question belongs to the family `more`",
        ),
        (
            MISTAKES,
            "[[mistakes]]\nid = \"no-figures\"",
            "[[mistakes]]\nid = \"late\"\ntitle = \"Late\"\nadvice = \"Sooner.\"\nheard = { when = \"missing\", none = [\"so soon\"], min_words = 9 }\n[[mistakes]]\nid = \"no-figures\"",
            "\"late\"",
            "no question listens for the mistake `late`",
        ),
        (
            GENERIC,
            "id = \"design-failure\"",
            "id = \"point\"",
            "id = \"point\"",
            "the question `teammate` has a probe `point` too",
        ),
        (
            DRILLS,
            "what = \"failures\", least",
            "what = \"steps\", shape = \"reply\", least",
            "[[failures]]",
            "no drill draws on the failures",
        ),
    ] {
        check(file, find, put, marker, phrase);
    }
}

#[test]
fn what_is_never_heard_is_found() {
    for (file, find, put, marker, phrase) in [
        (DESIGN, "\"token bucket\"", "\"item potent*\"", "item potent", "never hears its `potent*`"),
        (DESIGN, "\"token bucket\"", "\"you know ~ buckets\"", "you know", "begins or ends with a gap"),
        (DESIGN, "\"how many ~ requests\"", "\"how many ~ million*\"", "million*", "never hears its `million*`"),
        (MISTAKES, "\"about # ~ requests|users\"", "\"# million ~ users\"", "none", "never hears its `million`"),
        ("packs/sample/plans.toml", "\"hot path\"", "\"cue* path\"", "must_name", "never hears its `cue*`"),
        (
            "packs/sample/answer_shapes.toml",
            "\"must hold\"",
            "\"must hold a thousand*\"",
            "must hold",
            "never hears its `thousand*`",
        ),
        (
            MISTAKES,
            "any = [\"kafka\", \"we use redis\"]",
            "any = [\"kafka\", \"we use redis\"]\nunless = [\"kafka\"]",
            "unless",
            "betrays the mistake and excuses it",
        ),
        (
            DESIGN,
            "\"token bucket\"",
            "\"token bucket\", \"token bucket\"",
            "token bucket\", ",
            "`token bucket` is there twice",
        ),
        (
            DESIGN,
            "\"sliding window\"",
            "\"token bucket\"",
            "cues = [\"token bucket\"]\n[[points]]\nid = \"fourth",
            "shows the point `second` too",
        ),
    ] {
        check(file, find, put, marker, phrase);
    }
}

#[test]
fn a_torn_phrase_is_found() {
    let check_cue = |cue: &str, phrase: Option<&str>| {
        let prose = "Begin with the owner table, and look a link up.";
        let put = format!("tip = \"{prose}\"\n# ");
        let mut files = super::sample_pack::files();
        let text = files.get_mut(DESIGN).unwrap();
        *text = text.replace("tip = ", &put).replace("\"token bucket\"", &format!("\"{cue}\""));
        let problems = super::pack::Content::parse(&files).err().unwrap_or_default();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), usize::from(phrase.is_some()), "{cue}: {shown:?}");
        assert!(shown.iter().all(|shown| shown.contains(phrase.unwrap_or_default())), "{cue}: {shown:?}");
    };
    check_cue(
        "lookup|owner table|index",
        Some("tears \"owner table\" apart. A choice of several words has hyphens: `owner-table`"),
    );
    check_cue("lookup|owner-table|service", None);
    check_cue("lookup|owner ~ table|index", None);
    check_cue("owner|lookup table|index", None);
    check_cue("scan|check link|page", None);
}

#[test]
fn what_is_hard_to_follow_or_too_long_is_found() {
    let long = format!("tip = \"{}.\"", "word ".repeat(60).trim());
    let sentence = format!("ask = \"{}\"", "design it ".repeat(13).trim());
    for (file, find, put, marker, phrase) in [
        (DESIGN, "tip = \"Begin with the caller.\"", long.as_str(), "tip", "`tip` has 60 words. It is one thought"),
        (
            DESIGN,
            "ask = \"Design a rate limiter for a public interface.\"",
            &sentence,
            "ask",
            "`ask` has a sentence of 26 words",
        ),
        (
            DESIGN,
            "Ten thousand requests a second.",
            "So many that when one fails the others that wait go down.",
            "So many",
            "3 clauses inside each other",
        ),
        (
            DESIGN,
            "says = \"Second.\"",
            "says = \"Second. And third.\"",
            "And third",
            "has 3 words in 2 sentences. It is one idea",
        ),
        (MISTAKES, "Say how many.", "Say how many. Say when. Say why.", "Say when", "the advice has 3 sentences"),
        (
            GLOSSARY,
            "term = \"Kafka\"",
            "term = \"K8s\"\nmisheard = [\"gates\"]\n[[terms]]\nterm = \"Kafka\"",
            "K8s",
            "the term `K8s` holds `K8s`, which cannot be said. Say in `spoken`",
        ),
        (
            DRILLS,
            "\"Only questions.\"",
            "\"Only questions that you who ask think that I know.\"",
            "Only",
            "3 clauses inside each other",
        ),
    ] {
        check(file, find, put, marker, phrase);
    }
}

#[test]
fn a_probe_for_what_is_not_listed_is_found() {
    check_all(
        DESIGN,
        "[\"no-figures\", \"tool-first\"]",
        "[\"no-figures\"]",
        &[("{ mistake = \"tool-first", "the question does not list the mistake `tool-first`")],
    );
}
