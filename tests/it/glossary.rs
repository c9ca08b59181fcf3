//! The glossary's repair, measured: mis-hearings that are in no list, and thousands of sentences that must stay as they are.
//!
//! `cargo bench --bench glossary` prints the same figures as a table; docs/benchmarks.md says what they mean.

#[path = "../../benches/glossary/measure.rs"]
mod measure;

use std::collections::HashSet;

use measure::{Case, Tally, cases, is_held_out};
use viva::{
    content,
    interview::{
        glossary::{Glossary, Term},
        pack::Pack,
    },
};

const HANDMADE: &str = include_str!("../fixtures/glossary/handmade.tsv");
const HEARD: &str = include_str!("../fixtures/glossary/heard.tsv");

fn shipped<T>(of: impl FnOnce(&Pack) -> T) -> T {
    of(&content::load(None).unwrap().packs["distributed-systems"])
}

fn terms() -> Vec<Term> {
    shipped(|pack| pack.glossary.clone())
}

#[test]
fn the_glossary_is_large_and_its_fixtures_speak_of_it() {
    let terms = terms();
    assert!(terms.len() >= 250, "{} terms", terms.len());
    for case in cases(HANDMADE).iter().chain(&cases(HEARD)) {
        assert!(terms.iter().any(|term| term.term == case.term), "{} is not in the glossary", case.term);
    }
    let measured = cases(HANDMADE).iter().filter(|case| is_held_out(&case.heard)).count();
    assert!(measured >= 100, "{measured} mis-hearings by hand");
}

/// Otherwise the measure would measure the lists.
#[test]
fn no_list_holds_what_is_held_out() {
    let held: Vec<Case> = cases(HANDMADE).into_iter().filter(|case| is_held_out(&case.heard)).collect();
    for term in terms() {
        for misheard in &term.misheard {
            let claimed = held.iter().any(|case| case.heard.eq_ignore_ascii_case(misheard));
            assert!(!claimed, "`{misheard}` measures the repair: take it out of the list of {}", term.term);
        }
    }
}

/// A word that could be meant is never replaced wherever it is heard.
#[test]
fn no_listed_form_is_an_english_word() {
    let words = include_str!("../../src/interview/common_words.txt").split_whitespace();
    let ordinary: HashSet<&str> = words.collect();
    for term in terms() {
        for form in term.misheard.iter().chain(&term.spoken) {
            let word = form.to_lowercase();
            assert!(
                !ordinary.contains(word.as_str()) || word == term.term.to_lowercase(),
                "`{form}` of {} is an English word",
                term.term
            );
        }
    }
}

#[test]
fn mis_hearings_in_no_list_are_repaired_by_their_sound_and_hardly_ever_wrongly() {
    let glossary = Glossary::new(&terms());
    let (handmade, heard) = (cases(HANDMADE), cases(HEARD));
    let by_hand = Tally::of(handmade.iter().filter(|case| is_held_out(&case.heard)), &glossary);
    let by_model = Tally::of(&heard, &glossary);
    for (source, tally, least) in [("by hand", by_hand, 45), ("synthetic recogniser", by_model, 35)] {
        assert!(tally.n() >= 100, "{source}: only {} are in no list", tally.n());
        assert!(100 * tally.right >= least * tally.n(), "{source}: {tally:?}");
        assert!(200 * tally.wrong <= tally.n(), "{source}: more than 0.5 % became another term: {tally:?}");
    }
}

#[test]
fn what_was_repaired_is_left_alone() {
    let glossary = Glossary::new(&terms());
    for case in cases(HEARD).iter().step_by(7) {
        let once = glossary.correct(&case.heard).text;
        let twice = glossary.correct(&once);
        assert_eq!(twice.text, once, "from {:?}: {:?}", case.heard, twice.changes);
    }
}

fn sentences() -> Vec<&'static str> {
    let files = [
        include_str!("../fixtures/glossary/ordinary/plain.txt"),
        include_str!("../fixtures/glossary/ordinary/technical.txt"),
        include_str!("../fixtures/glossary/ordinary/everyday.txt"),
        include_str!("../fixtures/glossary/ordinary/traps.txt"),
    ];
    files.iter().flat_map(|file| file.lines()).collect()
}

#[test]
fn ordinary_sentences_stay_as_they_are() {
    let sentences = sentences();
    assert!(sentences.len() >= 3000, "{} sentences", sentences.len());
    let n = sentences.len();
    let changed = measure::changed(sentences, &terms());
    assert!(200 * changed.len() <= n, "{} of {n} are changed: {changed:#?}", changed.len());
}

/// Every question's terms by themselves, each on another part of the sentences; the bench takes all of them.
#[test]
fn ordinary_sentences_stay_as_they_are_under_the_terms_of_any_question() {
    const PART: usize = 40;
    let questions: Vec<Vec<Term>> = shipped(|pack| {
        let of =
            |question: &Vec<String>| pack.glossary.iter().filter(|t| question.contains(&t.term)).cloned().collect();
        pack.questions.values().map(|question| of(&question.glossary)).collect()
    });
    let (mut n, mut changed) = (0, Vec::new());
    for (at, terms) in questions.iter().enumerate() {
        let part: Vec<&str> = sentences().into_iter().skip(at % PART).step_by(PART).collect();
        n += part.len();
        changed.extend(measure::changed(part, terms));
    }
    assert!(200 * changed.len() <= n, "{} of {n} are changed: {changed:#?}", changed.len());
}
