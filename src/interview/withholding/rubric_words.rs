//! The published scale, read aloud: words that are the rubric's and not the candidate's.

use std::{collections::HashSet, ops::Range};

use super::together;
use crate::interview::{
    assessment::Quote,
    evidence,
    rubric::{Dimension, Rubric},
    words::{Form, Spoken, is_stop_word},
};

/// As many forms in a row, of which as many carry meaning, are nobody's chance.
const RUN: usize = 6;
const CONTENT_OF_RUN: usize = 4;
/// Content words from which on a statement of the rubric is also looked for with mis-heard words in it.
const LONG_STATEMENT: usize = 6;

/// Where the rubric's statements and anchors are said, in order, none overlapping another.
pub fn recited(spoken: &Spoken, rubric: &Rubric) -> Vec<Range<usize>> {
    let said: HashSet<&str> = spoken.forms.iter().map(|form| form.text.as_str()).collect();
    let mut known: HashSet<Vec<String>> = HashSet::new();
    let mut places = Vec::new();
    for text in rubric.dimensions.iter().flat_map(statements) {
        let statement = Spoken::of_text(text);
        for run in statement.forms.windows(RUN).filter(|run| says_enough(run)) {
            known.insert(run.iter().map(|form| form.text.clone()).collect());
        }
        let content: Vec<&str> =
            statement.content_forms(0..statement.words.len()).map(|form| form.text.as_str()).collect();
        let heard = content.iter().filter(|word| said.contains(*word)).count();
        if content.len() >= LONG_STATEMENT && 2 * heard >= content.len() {
            let quote = Quote { text: text.to_owned(), segment: None };
            places.extend(evidence::find_in(&quote, "rubric", spoken).map(|found| found.words.0..found.words.1));
        }
    }
    for run in spoken.forms.windows(RUN) {
        let texts: Vec<String> = run.iter().map(|form| form.text.clone()).collect();
        if known.contains(&texts) {
            places.push(run[0].words.start..run[RUN - 1].words.end);
        }
    }
    together(places)
}

fn says_enough(run: &[Form]) -> bool {
    run.iter().filter(|form| !is_stop_word(&form.text)).count() >= CONTENT_OF_RUN
}

/// What is published: what the dimension is about, its anchors, its statements.
fn statements(dimension: &Dimension) -> Vec<&str> {
    let anchors = &dimension.anchors;
    let mut texts = vec![
        dimension.about.as_str(),
        anchors.weak.as_str(),
        anchors.adequate.as_str(),
        anchors.strong.as_str(),
        anchors.excellent.as_str(),
    ];
    texts.extend(dimension.checks.iter().map(|check| check.says.as_str()));
    texts
}
