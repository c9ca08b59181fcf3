//! What the referee reports, what it confirms, and above all where it keeps silent.

use super::*;

fn heard(answer: &str) -> Arithmetic {
    referee(&Transcript::typed(answer))
}

/// The slips, each as "claimed -> computed".
fn slips(answer: &str) -> Vec<String> {
    heard(answer).slips.iter().map(|slip| format!("{} -> {}", slip.claimed, slip.computed)).collect()
}

/// One slip: the words claimed and what comes out.
fn check_slip(answer: &str, claimed: &str, computed: &str) {
    assert_eq!(slips(answer), [format!("{claimed} -> {computed}")], "{answer}");
}

#[test]
fn rates_in_the_wrong_period_are_slips() {
    for (answer, claimed, computed) in [
        ("Eight million jobs a day, so that's about a thousand a second.", "a thousand a second", "92.6 a second"),
        ("ten million jobs a day is ten thousand a second", "ten thousand a second", "116 a second"),
        (
            "We get 500 writes per second, which is about five million a day.",
            "five million a day",
            "43.2 million a day",
        ),
        ("a thousand requests a second so around ten million a day", "ten million a day", "86.4 million a day"),
        ("It's 2.5 million orders a day. That is roughly 300 per second.", "300 per second", "28.9 a second"),
        (
            "three hundred million reads per month, so that's ten thousand per second",
            "ten thousand per second",
            "116 a second",
        ),
        ("ten thousand rps, which makes about eighty million a day", "eighty million a day", "864 million a day"),
        ("six hundred requests a minute is a hundred a second", "a hundred a second", "10 a second"),
    ] {
        check_slip(answer, claimed, computed);
    }
}

#[test]
fn wrong_units_of_data_are_slips() {
    for (answer, claimed, computed) in [
        (
            "a hundred megabytes per second, that's a hundred megabits per second",
            "a hundred megabits per second",
            "800 megabits a second",
        ),
        ("twenty million jobs a day at two kilobytes each so four gigs a day", "four gigs a day", "40 gigabytes a day"),
        ("two million users with a row of 500 bytes each is ten gigabytes", "ten gigabytes", "1 gigabyte"),
        (
            "Five gigs a day, so about two hundred terabytes a year.",
            "two hundred terabytes a year",
            "1.82 terabytes a year",
        ),
        (
            "Ten thousand requests a second at one kilobyte each, so ten gigabytes a second.",
            "ten gigabytes a second",
            "10 megabytes a second",
        ),
        (
            "a million sessions, each session is two kilobytes so that's two hundred gigabytes",
            "two hundred gigabytes",
            "2 gigabytes",
        ),
        ("we store fifty million photos at 200 KB each, so that comes to one terabyte", "one terabyte", "10 terabytes"),
        ("a terabyte at a hundred megabytes a second takes about ten minutes", "ten minutes", "2.78 hours"),
    ] {
        check_slip(answer, claimed, computed);
    }
}

#[test]
fn wrong_products_and_quotients_are_slips() {
    for (answer, claimed, computed) in [
        ("a million users times ten requests is a billion requests", "a billion requests", "10 million requests"),
        ("one billion users each follows two hundred so two billion edges", "two billion edges", "200 billion edges"),
        (
            "a hundred thousand requests a second, a box does five thousand a second, so two hundred boxes",
            "two hundred boxes",
            "20 boxes",
        ),
        (
            "ten thousand machines with a hundred metrics each, so that's ten million metrics",
            "ten million metrics",
            "1 million metrics",
        ),
        ("a million users times ten requests a day is a thousand a second", "a thousand a second", "116 a second"),
        ("ten billion divided by one hundred thousand is a million", "a million", "100,000"),
        ("thirty gateways times fifty milliseconds is fifteen seconds", "fifteen seconds", "1.5 seconds"),
    ] {
        check_slip(answer, claimed, computed);
    }
}

#[test]
fn wrong_constants_are_slips() {
    for (answer, claimed, computed) in [
        ("there are about ten thousand seconds in a day", "ten thousand seconds", "1 day"),
        ("A day has a million seconds.", "a million seconds", "1 day"),
        ("four nines is five minutes of downtime a year", "five minutes", "52.6 minutes"),
        (
            "ninety nine point nine percent means about fifty minutes of downtime per year",
            "fifty minutes",
            "8.76 hours",
        ),
        ("and we cut incidents by three hundred percent", "three hundred percent", "100 percent at most"),
        ("After that we had two hundred percent fewer pages.", "two hundred percent", "100 percent at most"),
    ] {
        check_slip(answer, claimed, computed);
    }
}

#[test]
fn fair_estimates_are_confirmed() {
    for (answer, working) in [
        ("Eight million a day, call it a hundred a second.", "Eight million a day is about 92.6 a second."),
        (
            "twenty million jobs a day, that's two hundred thirty a second",
            "twenty million jobs a day is about 231 a second.",
        ),
        ("a million a day is ten or so, so like twelve a second", "a million a day is about 11.6 a second."),
        ("a hundred thousand seconds in a day", "A day has 86,400 seconds."),
        ("a day is eighty six thousand four hundred seconds", ""),
        ("there are eighty six thousand four hundred seconds in a day", "A day has 86,400 seconds."),
        (
            "a million users times ten requests is ten million a day",
            "a million users times ten requests is about 10 million a day.",
        ),
        (
            "ten thousand a second times eighty six thousand four hundred is nearly a billion a day",
            "ten thousand a second times eighty six thousand four hundred is about 864 million a day.",
        ),
        (
            "1.5 k requests a second, so about a hundred and thirty million a day",
            "1.5 k requests a second is about 130 million a day.",
        ),
        ("half a million uploads a day so six a second", "half a million uploads a day is about 5.79 a second."),
        (
            "ten million rows a day, half a kilobyte a row, so five gigs a day",
            "ten million rows a day times half a kilobyte a row is about 5 gigabytes a day.",
        ),
        ("four nines is fifty two minutes a year", "four nines allows 52.6 minutes of downtime a year."),
        (
            "a hundred thousand requests a second, a box does five thousand a second, so twenty boxes",
            "a hundred thousand requests a second divided by five thousand a second is about 20 boxes.",
        ),
        (
            "a hundred megabytes a second is about a gigabit a second",
            "a hundred megabytes a second is about 0.8 gigabits a second.",
        ),
    ] {
        let found = heard(answer);
        assert_eq!(found.slips, [], "{answer}");
        let all: Vec<&str> = found.worked.iter().map(|worked| worked.working.as_str()).collect();
        let expected: Vec<&str> = Some(working).into_iter().filter(|working| !working.is_empty()).collect();
        assert_eq!(all, expected, "{answer}");
    }
}

#[test]
fn silent_when_operands_may_not_belong_together() {
    for answer in [
        "Twenty million reads a day and five hundred writes a second.",
        "ten million orders a day, so ten thousand page views a second",
        "We have a million users. The cache holds ten gigabytes.",
        "a million users, and each region has fifty nodes, so five hundred connections",
        "fifty gateway nodes, a million API keys, so two milliseconds at most",
        "Four shards, sixty thousand requests a second, and a replica takes a hundred thousand.",
        "we retry three times, two seconds each, and page after an hour",
        "a timeout of fifty milliseconds so two seconds in total is fine",
        "each event is one kilobyte, and we keep two hundred gigabytes of indexes",
        "ten million users, a hundred servers, so a thousand deploys",
        "a thousand orders a second is fine for one primary but payments are five a day",
        "we had forty mismatches in the first week, so two per day was the goal",
        "P ninety nine is two hundred milliseconds so the timeout is two seconds",
        "it went from eight thousand calls a second to twenty a day",
        "Two hundred users a day, the other system has ten thousand a second.",
    ] {
        assert_eq!(slips(answer), Vec::<String>::new(), "{answer}");
    }
}

#[test]
fn silent_about_peaks_bounds_ranges_and_vague_figures() {
    for answer in [
        "ten million a day, so five thousand a second at peak",
        "Eight million a day, that's a hundred a second, but plan for three thousand.",
        "ten million a day, so the peak is ten thousand a second",
        "maybe a million users, so some thousands of requests per second",
        "a few million a day, so a thousand a second",
        "ten million a day, so under ten thousand a second",
        "ten million a day so that is between a hundred and ten thousand a second",
        "one or two million a day so that's a thousand a second",
        "a million a day, so a thousand a second, no wait, ten a second",
        "twenty million jobs a day at two kilobytes each, compressed and with three copies that's four hundred gigs a day",
        "twenty million jobs a day at two kilobytes each so four gigs",
        "twenty million jobs a day, that's not ten thousand a second",
        "we cut latency by fifty percent and grew traffic by three hundred percent",
        "throughput went up by two hundred percent",
        "load is three hundred percent of what it was",
        "five minutes a day we run a thousand checks",
        "if it were ten million a day the burst would still be ten thousand a second",
    ] {
        assert_eq!(slips(answer), Vec::<String>::new(), "{answer}");
    }
}

#[test]
fn silent_without_figures_and_about_other_numbers() {
    for answer in [
        "",
        "so that's it, a million thanks",
        "we return a four twenty nine so the client waits ten seconds",
        "it is ten times the compute so that is a thousand tasks",
        "at ten x we shard by tenant, so that's four thousand logical shards",
        "H two sixty four versus AV one, so a second codec",
        "five nodes survive two dead, so three of five is the majority",
        "two, zero and one, one: neither wins",
        "version 3 of the API is 24 7 so 365 days",
        "the year two thousand was ten million seconds ago or so",
    ] {
        assert_eq!(slips(answer), Vec::<String>::new(), "{answer}");
    }
}

#[test]
fn a_slip_shows_its_working_and_its_words() {
    let answer = "Let me see. Eight million jobs a day, so that's about a thousand a second. Fine.";
    let found = heard(answer);
    let [slip] = found.slips.as_slice() else { panic!("{found:?}") };
    assert_eq!(slip.working, "Eight million jobs a day is about 92.6 a second, not a thousand a second.");
    assert_eq!(slip.evidence.text, "Eight million jobs a day, so that's about a thousand a second");
    assert!((10.0..11.0).contains(&slip.times_off.unwrap()));
}

/// Slips and confirmed chains of a file of answers, each as "line: working".
fn of_file(text: &str, key: &str) -> (Vec<String>, Vec<String>) {
    let (mut slips, mut worked) = (Vec::new(), Vec::new());
    for (line, number) in text.lines().zip(1..) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let found = heard(value[key].as_str().unwrap());
        slips.extend(found.slips.iter().map(|slip| format!("{number}: {}", slip.claimed)));
        worked.extend(found.worked.iter().map(|worked| format!("{number}: {}", worked.working)));
    }
    (slips, worked)
}

#[test]
fn among_the_gold_answers_only_the_impossible_percentage_is_a_slip() {
    let (slips, worked) = of_file(include_str!("../../../tests/fixtures/gold/answers.jsonl"), "transcript");
    assert_eq!(slips, ["20: three hundred percent"]);
    assert_eq!(worked.len(), 11, "{worked:#?}");
}

#[test]
fn the_answers_in_three_qualities_hold_no_slip() {
    let (slips, worked) = of_file(include_str!("../../../tests/fixtures/answers/three-qualities.jsonl"), "answer");
    assert_eq!(slips, Vec::<String>::new());
    assert_eq!(worked.len(), 8, "{worked:#?}");
}

/// A tenfold error put into a sentence of a whole answer: found where the operands stand side by side, else silent.
#[test]
fn errors_put_into_whole_answers_are_found_where_the_operands_are_sure() {
    let all = [
        include_str!("../../../tests/fixtures/gold/answers.jsonl"),
        include_str!("../../../tests/fixtures/answers/three-qualities.jsonl"),
    ]
    .concat();
    for (said, wrong, slip) in [
        (
            "Eight million a day, a hundred a second",
            "Eight million a day, so a thousand a second",
            "a thousand a second",
        ),
        ("about twenty five a second", "so about three hundred a second", "three hundred a second"),
        ("is a second and a half of tokens", "is fifteen seconds of tokens", "fifteen seconds"),
        ("is thirty five a second", "is three hundred fifty a second", "three hundred fifty a second"),
        ("so about a hundred and fifty tasks", "so about fifteen hundred tasks", "fifteen hundred tasks"),
        ("so two hundred billion edges", "so twenty billion edges", "twenty billion edges"),
        ("is one point six K", "is sixteen K", "sixteen K"),
        ("is fifty two minutes of downtime", "is five minutes of downtime", "five minutes"),
        // Other figures stand between, or a word that changes the sum.
        ("So ten million rows a day", "So a hundred million rows a day", ""),
        ("so call it three hundred gigs", "so call it three terabytes", ""),
        ("so six a second maybe", "so sixty a second maybe", ""),
        ("this is one hundred thousand per second", "this is a million per second", ""),
    ] {
        let line = all.lines().find(|line| line.contains(said)).unwrap_or_else(|| panic!("{said}"));
        let value: serde_json::Value = serde_json::from_str(&line.replace(said, wrong)).unwrap();
        let text = value["transcript"].as_str().or(value["answer"].as_str()).unwrap();
        let found: Vec<String> = heard(text).slips.into_iter().map(|slip| slip.claimed).collect();
        let expected: Vec<&str> = Some(slip).into_iter().filter(|slip| !slip.is_empty()).collect();
        assert_eq!(found, expected, "{wrong}");
    }
}
