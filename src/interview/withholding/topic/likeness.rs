//! How like an answer is to the questions of its kind, by the words that few of these questions use.
//!
//! The cosine of term weights: a word weighs by how often it comes (its logarithm) and by how few of the questions it is in. A question
//! speaks in what it asks, its points, its outline and its openings; cues are left out, they name what is wrong as well.

use std::collections::HashMap;

use super::content_words;
use crate::interview::{
    pack::Content,
    question::{Kind, Question},
    words::Spoken,
};

/// Words of the shortest that count; "id" and "do" tell nothing.
const LEAST_LETTERS: usize = 3;

type Counts = HashMap<String, u32>;

/// The questions of a kind, each with how like the words are to it: 0, nothing in common, to 1.
pub(super) fn to_each<'a>(spoken: &Spoken, kind: Kind, content: &'a Content) -> Vec<(&'a Question, f64)> {
    let questions: Vec<&Question> =
        content.questions().map(|(_, question)| question).filter(|question| question.kind == kind).collect();
    let texts: Vec<Counts> =
        questions.iter().map(|question| counted(texts(question).flat_map(content_words))).collect();
    let mut used_by: HashMap<&str, u32> = HashMap::new();
    for word in texts.iter().flat_map(Counts::keys) {
        *used_by.entry(word).or_default() += 1;
    }
    let rarity = |word: &str| used_by.get(word).map_or(0.0, |used| (questions.len() as f64 / f64::from(*used)).ln());
    let weight = |word: &str, count: u32| (1.0 + f64::from(count).ln()) * rarity(word);
    let length = |counts: &Counts| counts.iter().map(|(word, n)| weight(word, *n).powi(2)).sum::<f64>().sqrt();
    let said = counted(said(spoken));
    let said_length = length(&said);
    let likeness = |text: &Counts| {
        let shared = said.iter().filter_map(|(word, n)| Some(weight(word, *n) * weight(word, *text.get(word)?)));
        let lengths = said_length * length(text);
        if lengths > 0.0 { shared.sum::<f64>() / lengths } else { 0.0 }
    };
    questions.iter().zip(&texts).map(|(question, text)| (*question, likeness(text))).collect()
}

/// Different words of content.
pub(super) fn different_words(spoken: &Spoken) -> usize {
    counted(said(spoken)).len()
}

fn said(spoken: &Spoken) -> impl Iterator<Item = String> {
    let forms = spoken.content_forms(0..spoken.words.len()).filter(|form| !form.number);
    forms.map(|form| form.text.clone())
}

fn texts(question: &Question) -> impl Iterator<Item = &str> {
    let points = question.points.iter().map(|point| point.says.as_str());
    let asks = [&question.ask, &question.tests, &question.strong_opening, &question.tip];
    asks.into_iter().chain(&question.outline).map(String::as_str).chain(points)
}

fn counted(words: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::new();
    for word in words.filter(|word| word.len() >= LEAST_LETTERS) {
        *counts.entry(singular(word)).or_default() += 1;
    }
    counts
}

/// One key for a word and its plural: "cache" and "caches", "batch" and "batches". It is no word, and never shown.
fn singular(word: String) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let one = word.strip_suffix('s').filter(|one| !one.ends_with('s')).unwrap_or(&word);
    one.strip_suffix('e').unwrap_or(one).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::sample_pack::shipped;

    #[test]
    fn a_word_and_its_plural_are_one() {
        let pairs =
            [("lease", "leases"), ("retry", "retries"), ("batch", "batches"), ("cache", "caches"), ("key", "keys")];
        for (one, many) in pairs.into_iter().chain([("process", "processes")]) {
            assert_eq!(singular(one.to_owned()), singular(many.to_owned()));
        }
    }

    #[test]
    fn a_question_is_most_like_itself() {
        for (_, question) in shipped().questions().filter(|(_, question)| question.kind == Kind::Concept).step_by(5) {
            let outline = question.outline.join(" ");
            let all = to_each(&Spoken::of_text(&outline), question.kind, shipped());
            let best = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert!(best.0.id == question.id && (0.5..=1.0).contains(&best.1), "{} is like {}", question.id, best.0.id);
        }
    }

    #[test]
    fn words_that_no_question_knows_are_like_none() {
        let all = to_each(&Spoken::of_text("My dog loves squirrels."), Kind::Design, shipped());
        assert!(all.iter().all(|(_, likeness)| *likeness < 0.05), "{all:?}");
        assert!(to_each(&Spoken::of_text(""), Kind::Design, shipped()).iter().all(|(_, likeness)| *likeness == 0.0));
    }
}
