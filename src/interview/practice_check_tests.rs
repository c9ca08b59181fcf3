//! What is wrong with drills, plans, interviewers and answer shapes, case by case.

use super::pack_tests::{check, check_all};

#[test]
fn drills_are_checked() {
    const FILE: &str = "packs/sample/drills.toml";
    for (find, put, marker, phrase) in [
        ("id = \"choose\"", "id = \"ask-only\"", "ask-only\"\ntitle = \"Choose", "`ask-only` is there twice"),
        ("seconds = 300", "seconds = 5", "seconds = 5", "`seconds` is 5"),
        ("least_seconds = 20", "least_seconds = 60", "least_seconds", "`least_seconds` is 60 of 60"),
        ("least = 1, most = 2", "least = 3, most = 2", "least = 3", "the rounds go from 3 to 2"),
        ("\"Only questions.\"", "\"Questions & more.\"", "&", "`&`, which cannot be said"),
        ("on = \"question\"", "on = \"answer\"", "on = \"answer\"", "counts what only a question has"),
        ("on = \"probe\"", "on = \"prob\"", "prob\"", "Did you mean `probe`?"),
        (
            "what = \"constraints\", least = 1",
            "what = \"constraints\", least = 0",
            "least = 0",
            "done with 0 of any number",
        ),
        ("what = \"failures\", least = 1", "what = \"failures\", least = 2", "least = 2 }", "done with 2 of 1"),
        ("what = \"failures\", least", "what = \"failure\", least", "failure\"", "Did you mean `failures`?"),
        (
            "shape = \"reply\"",
            "shape = \"replies\"",
            "replies",
            "no answer shape `replies` in answer_shapes.toml. Did you mean `reply`?",
        ),
        ("steps = 1", "steps = 3", "steps = 3", "done with 3 of 2"),
        ("\"load balancer\"", "\"cache\"", "keeps_out", "single word `cache`"),
        ("That is a design.", "That is a design/plan.", "keeps_out", "`/`, which cannot be said"),
        ("because ~ case", "because ~", "because", "begins or ends with a gap"),
        ("name = \"pull\"", "name = \"Push\"", "\"Push\"", "both sides of `push-or-pull` are called `push`"),
        ("for a few readers?", "for 5k readers?", "5k", "`5k`, which cannot be said"),
        ("\"sets ~ pace\"", "\"pace\"", "decides_cues", "single word `pace`"),
        ("\"lights ~ out\"", "\"lights ~\"", "detection_cues", "begins or ends"),
        ("And when the power goes?", "And w/o power?", "w/o", "`/`"),
    ] {
        check(FILE, find, put, marker, phrase);
    }
}

#[test]
fn plans_are_checked() {
    const FILE: &str = "packs/sample/plans.toml";
    for (find, put, marker, phrase) in [
        (
            "\"rate-limiter\"",
            "\"rate-limter\"",
            "rate-limter",
            "no question `rate-limter` in any pack. Did you mean `rate-limiter`?",
        ),
        ("\"linear\"", "\"rate-limiter\"", "questions", "`rate-limiter` is there twice"),
        ("\"ask-only\"", "\"ask\"", "drills =", "no drill `ask` in drills.toml. Did you mean `ask-only`?"),
        ("\"no-figures\"", "\"figures\"", "mistakes", "no mistake `figures`"),
        ("\"reliability\"", "\"reliable\"", "dimensions", "no dimension `reliable` in any rubric"),
        ("day = 2", "day = 3", "day = 3", "session `two` is on day 3"),
        ("choose = 1", "choose = 3", "choose", "`choose` is 3 of 2 questions"),
        ("minutes = 30", "minutes = 300", "minutes = 300", "`minutes` is 300"),
        (
            "write_down = [\"What went well.\"]",
            "",
            "[[plans.sessions]]\nid = \"two\"",
            "there is nothing to do in session `two`",
        ),
        ("days = 2", "days = 2\nmay_begin_on = 3", "may_begin_on", "the plan begins on day 3 of 2"),
        ("\"hot path\"", "\"path\"", "must_name", "single word `path`"),
        ("form = \"mock\"", "form = \"mok\"", "form", "Did you mean `mock`?"),
        ("id = \"two\"", "id = \"one\"", "id = \"one\"\nday = 2", "`one` is there twice"),
    ] {
        check(FILE, find, put, marker, phrase);
    }
}

#[test]
fn interviewers_are_checked() {
    const FILE: &str = "packs/sample/interviewers.toml";
    for (find, put, marker, phrase) in [
        ("probes = 2", "probes = 9", "probes = 9", "`probes` is 9"),
        ("id = \"operations\"", "id = \"Operations\"", "Operations", "cannot be an id"),
        ("mistakes = [\"no-figures\"]", "mistakes = [\"no-figure\"]", "mistakes", "Did you mean `no-figures`?"),
        ("steps = [\"new_cost\"]", "steps = [\"new_costs\"]", "new_costs", "Did you mean `new_cost`?"),
        (
            "dimensions = [\"reliability\"] }",
            "dimensions = [\"reliabilty\"] }",
            "reliabilty",
            "Did you mean `reliability`?",
        ),
        (
            "dimensions = [\"reliability\"] }",
            "dimensions = [\"reliability\", \"reliability\"] }",
            "dimensions",
            "is there twice",
        ),
        (
            "presses_on = { dimensions = [\"reliability\"], steps = [\"failure_mode\"], mistakes = [\"no-figures\"] }",
            "presses_on = {}",
            "presses_on = {}\n\n[[tempers",
            "the style `operations` presses on nothing",
        ),
        (
            "I am curious.",
            "I am curious about this one thing that you have said just now.",
            "probe_preface",
            "has 13 words",
        ),
        ("\"Welcome.\"", "\"Welcome @ all.\"", "greeting", "`@`, which cannot be said"),
        ("greeting", "greetings", "greetings", "Did you mean `greeting`?"),
    ] {
        check(FILE, find, put, marker, phrase);
    }
    check_all(
        FILE,
        "id = \"staff\"",
        "id = \"mid\"",
        &[("[[levels]]", "the level `mid` is there 2 times"), ("[[levels]]", "the level `staff` is there 0 times")],
    );
}

#[test]
fn answer_shapes_are_checked() {
    const FILE: &str = "packs/sample/answer_shapes.toml";
    for (find, put, marker, phrase) in [
        ("share = 40", "share = 50", "steps = [", "the shares of `reply` make 110 percent"),
        ("minutes = 2", "minutes = 3", "clock", "runs 3 minutes, the shape 120 seconds"),
        (
            "steps = [\"need\", \"move\"]",
            "steps = [\"move\", \"need\"]",
            "clock",
            "Divide these among its phases: need, move.",
        ),
        ("\"must hold\"", "\"holds\"", "holds", "single word `holds`"),
    ] {
        check(FILE, find, put, marker, phrase);
    }
    check_all(
        FILE,
        "id = \"move\"",
        "id = \"need\"",
        &[("\"Move\"", "`need` is there twice"), ("clock", "does not hold each step once")],
    );
}
