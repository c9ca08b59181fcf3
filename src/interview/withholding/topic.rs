//! Whether an answer is about its question, about another one, or about nothing of the kind.
//!
//! Counted in points whose cues are heard and in words shared with what is asked. A weak answer that tries is about its question.

use std::collections::HashSet;

use super::{Heard, What};
use crate::interview::{
    coverage::find_any,
    glossary::is_ordinary,
    pack::Content,
    question::{Kind, Question},
    words::{Spoken, is_stop_word, same_word},
};

/// Points of another question from which on, and the share of its points, an answer is taken for one to that.
const POINTS_ELSEWHERE: usize = 4;
const SHARE_ELSEWHERE: f64 = 0.4;
/// Points of its own question that may be heard by chance.
const CHANCE_POINTS: usize = 1;
/// Different words of content from which on it can be told that none of them belongs to the field.
const ENOUGH_WORDS: usize = 8;
/// Words of the trade that may be met by chance ("penalty").
const CHANCE_TERMS: usize = 0;
/// Share of words that belong to the field by chance ("day", "people").
const CHANCE_SHARE: f64 = 0.30;

/// The outcome that withholds an answer because of what it is about; `None` where that cannot be told.
///
/// Stories may be about anything, and a reply to a follow-up may go anywhere: nothing is said of either.
pub fn elsewhere(heard: &Heard, content: &Content, spoken: &Spoken) -> Option<What> {
    if heard.is_reply || matches!(heard.kind, Kind::Behavioural | Kind::Coaching | Kind::Pressure) {
        return None;
    }
    let points = heard.question.map_or(0, |question| points_heard(question, spoken));
    if points > CHANCE_POINTS || names_its_subject(heard.asked, spoken) {
        return None;
    }
    if let Some(question) = heard.question
        && let Some(other) = best_other(question, content, spoken)
    {
        return Some(What::AnotherQuestion { ask: other.ask.clone() });
    }
    (points == 0 && is_foreign(heard, content, spoken)).then_some(What::OffTopic)
}

fn points_heard(question: &Question, spoken: &Spoken) -> usize {
    question.points.iter().filter(|point| find_any(&point.cues, spoken).is_some()).count()
}

/// Half the telling words of what was asked are said.
fn names_its_subject(asked: &str, spoken: &Spoken) -> bool {
    let subject = subject(asked);
    let said = subject.iter().filter(|word| is_said(word, spoken)).count();
    !subject.is_empty() && 2 * said >= subject.len()
}

/// Words of a question that tell what it is about: neither common to questions nor function words.
fn subject(ask: &str) -> Vec<String> {
    #[rustfmt::skip]
    const ASKING: &[&str] = &[
        "design", "explain", "describe", "tell", "walk", "talk", "give", "show", "build", "system", "service", "how",
        "why", "what", "when", "would", "does", "work", "use", "make", "take", "time", "difference", "mean", "between",
        "choose", "pick", "compare", "question", "example", "people", "user", "each", "let", "want", "need", "must",
    ];
    let asked = Spoken::of_text(ask);
    let mut words: Vec<String> = asked
        .content_forms(0..asked.words.len())
        .filter(|form| !form.number && form.text.len() > 2 && !ASKING.iter().any(|known| same_word(known, &form.text)))
        .map(|form| form.text.clone())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn is_said(word: &str, spoken: &Spoken) -> bool {
    spoken.forms.iter().any(|form| same_word(word, &form.text))
}

/// The question of the same kind that the words fit best, where they fit it well and name its subject.
fn best_other<'a>(own: &Question, content: &'a Content, spoken: &Spoken) -> Option<&'a Question> {
    let others = content.questions().map(|(_, question)| question);
    let of_kind = others.filter(|other| other.id != own.id && other.kind == own.kind);
    let named = of_kind.filter(|other| names_its_subject(&other.ask, spoken));
    let scored = named.map(|other| (points_heard(other, spoken), other));
    let fits = |(heard, other): &(usize, &Question)| {
        *heard >= POINTS_ELSEWHERE && *heard as f64 >= SHARE_ELSEWHERE * other.points.len() as f64
    };
    scored.filter(fits).max_by_key(|(heard, _)| *heard).map(|(_, other)| other)
}

/// Hardly a word of any trade that the packs know, and none of the question.
fn is_foreign(heard: &Heard, content: &Content, spoken: &Spoken) -> bool {
    if subject(heard.asked).iter().any(|word| is_said(word, spoken)) {
        return false;
    }
    let familiar = familiar(spoken, &field(content, heard.kind));
    let known = familiar.known as f64 / familiar.all.max(1) as f64;
    familiar.all >= ENOUGH_WORDS && familiar.of_a_trade <= CHANCE_TERMS && known < CHANCE_SHARE
}

/// Different words of content.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    pub all: usize,
    /// Those in which the packs speak of such questions.
    pub known: usize,
    /// Those of them that are no ordinary English.
    pub of_a_trade: usize,
}

pub(super) fn familiar(spoken: &Spoken, field: &HashSet<String>) -> Familiar {
    let forms = spoken.content_forms(0..spoken.words.len()).filter(|form| !form.number);
    let words: HashSet<&str> = forms.map(|form| form.text.as_str()).collect();
    let is_known = |word: &&&str| field.contains(**word) || field.iter().any(|known| same_word(known, word));
    let known: Vec<&&str> = words.iter().filter(is_known).collect();
    let of_a_trade = known.iter().filter(|word| !is_ordinary(word)).count();
    Familiar { all: words.len(), known: known.len(), of_a_trade }
}

/// The words in which the packs speak of questions of a kind.
pub(super) fn field(content: &Content, kind: Kind) -> HashSet<String> {
    let questions = content.questions().map(|(_, question)| question).filter(|question| question.kind == kind);
    let texts = questions.flat_map(|question| {
        let points = question.points.iter().map(|point| point.says.as_str());
        points.chain(question.outline.iter().map(String::as_str))
    });
    let mut words = HashSet::new();
    for text in texts {
        let spoken = Spoken::of_text(text);
        words.extend(spoken.forms.into_iter().filter(|form| !form.number && !is_stop_word(&form.text)).map(|f| f.text));
    }
    words
}
