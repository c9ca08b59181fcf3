//! Whether an answer is about its question, about another one, or about nothing of the kind.
//!
//! Counted in points whose cues are heard, in words shared with what is asked, and in words that few questions use. A weak answer that
//! tries is about its question.

mod likeness;

use std::collections::{HashMap, HashSet};

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
/// How many times the points of its own question these are.
const TIMES_ELSEWHERE: usize = 3;
/// By how much more of the other question's subject is named than of its own.
const SUBJECT_ELSEWHERE: f64 = 0.25;
/// Share of the subject that is named when it is spoken about.
const NAMED: f64 = 0.5;
/// How like another question ([`likeness`]) an answer to it is, and how many times as like as its own, at least. Set in the middle of the room
/// between strong answers under another question and rated ones under their own; `rated_tests` has the rates.
const LIKE_ANOTHER: f64 = 0.20;
const TIMES_AS_LIKE: f64 = 2.0;
/// Different words of content from which on that is told: pieces of 15 to 20 words may be like another question by chance.
const ENOUGH_TO_LIKEN: usize = 40;
/// Questions of a kind among which a word is rare or is not.
const ENOUGH_QUESTIONS: usize = 8;

/// Different words of content from which on it can be told that none of them belongs to the field.
const ENOUGH_WORDS: usize = 8;
/// Questions of which a word has to be part to belong to the field: in one of them anything may be met.
const SEVERAL: usize = 3;
/// Share of words that belong to the field by chance ("day", "people").
const CHANCE_SHARE: f64 = 0.40;

/// The outcome that withholds an answer because of what it is about; `None` where that cannot be told.
///
/// Stories may be about anything, and a reply to a follow-up may go anywhere: nothing is said of either.
pub fn elsewhere(heard: &Heard, content: &Content, spoken: &Spoken) -> Option<What> {
    if heard.is_reply || matches!(heard.kind, Kind::Behavioural | Kind::Coaching | Kind::Pressure) {
        return None;
    }
    let named = named(heard.asked, spoken)?;
    let points = heard.question.map_or(0, |question| points_heard(question, spoken));
    if let Some(question) = heard.question
        && let Some(other) =
            best_other(question, points, named, content, spoken).or_else(|| most_like(question, named, content, spoken))
    {
        return Some(What::AnotherQuestion { ask: other.ask.clone() });
    }
    (points == 0 && named == 0.0 && is_foreign(heard.kind, content, spoken)).then_some(What::OffTopic)
}

fn points_heard(question: &Question, spoken: &Spoken) -> usize {
    question.points.iter().filter(|point| find_any(&point.cues, spoken).is_some()).count()
}

/// Share of a question's subject that is named; `None` where nothing is known of what was asked.
fn named(asked: &str, spoken: &Spoken) -> Option<f64> {
    let subject = subject(asked);
    let said = subject.iter().filter(|word| spoken.forms.iter().any(|form| same_word(word, &form.text))).count();
    (!subject.is_empty()).then(|| said as f64 / subject.len() as f64)
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

/// The question of the same kind that the words fit best, where they fit it far better than their own: more of its subject is named, and
/// several times as many of its points are made.
fn best_other<'a>(
    own: &Question,
    own_points: usize,
    own_named: f64,
    content: &'a Content,
    spoken: &Spoken,
) -> Option<&'a Question> {
    let least = POINTS_ELSEWHERE.max(TIMES_ELSEWHERE * own_points);
    let others = content.questions().map(|(_, question)| question);
    let of_kind = others.filter(|other| other.id != own.id && other.kind == own.kind && other.points.len() >= least);
    let scored = of_kind.filter_map(|other| {
        let named = named(&other.ask, spoken).filter(|named| *named >= NAMED.max(own_named + SUBJECT_ELSEWHERE))?;
        let points = points_heard(other, spoken);
        let share = points as f64 / other.points.len() as f64;
        (points >= least && share >= SHARE_ELSEWHERE).then_some((named + share, other))
    });
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

/// The question of the same kind whose rare words these are, far more than those of their own. Silent where the subject of their own is named.
fn most_like<'a>(own: &Question, own_named: f64, content: &'a Content, spoken: &Spoken) -> Option<&'a Question> {
    if own_named >= NAMED || likeness::different_words(spoken) < ENOUGH_TO_LIKEN {
        return None;
    }
    let all = likeness::to_each(spoken, own.kind, content);
    if all.len() < ENOUGH_QUESTIONS {
        return None;
    }
    let (_, own_likeness) = all.iter().find(|(question, _)| question.id == own.id)?;
    let (other, most) = all.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (*most >= LIKE_ANOTHER.max(TIMES_AS_LIKE * own_likeness)).then_some(*other)
}

/// No word of any trade that the packs know, and few words in which they speak of such questions.
fn is_foreign(kind: Kind, content: &Content, spoken: &Spoken) -> bool {
    let forms = spoken.content_forms(0..spoken.words.len()).filter(|form| !form.number && !form.text.contains('\''));
    let words: HashSet<&str> = forms.map(|form| form.text.as_str()).collect();
    if words.len() < ENOUGH_WORDS {
        return false;
    }
    let vocabulary = vocabulary(content, kind);
    let questions_with = |word: &str| {
        let alike = vocabulary.iter().filter(|(known, _)| same_word(known, word));
        alike.map(|(_, questions)| *questions).max().unwrap_or(0)
    };
    let known: Vec<(&str, usize)> = words.iter().map(|word| (*word, questions_with(word))).collect();
    let of_a_trade = known.iter().any(|(word, questions)| *questions > 0 && !is_ordinary(word));
    let of_the_field = known.iter().filter(|(_, questions)| *questions >= SEVERAL).count();
    !of_a_trade && (of_the_field as f64) < CHANCE_SHARE * words.len() as f64
}

/// The words in which the packs speak of questions of a kind, each with the number of questions; their glossaries count as well.
fn vocabulary(content: &Content, kind: Kind) -> HashMap<String, usize> {
    let mut questions_with: HashMap<String, usize> = HashMap::new();
    for (_, question) in content.questions().filter(|(_, question)| question.kind == kind) {
        let points = question.points.iter().map(|point| point.says.as_str());
        let texts = points.chain(question.outline.iter().map(String::as_str));
        let words: HashSet<String> = texts.flat_map(content_words).collect();
        for word in words {
            *questions_with.entry(word).or_default() += 1;
        }
    }
    let terms = content.packs.values().flat_map(|pack| &pack.glossary);
    for word in terms.flat_map(|term| content_words(&term.term)) {
        questions_with.entry(word).or_insert(1);
    }
    questions_with
}

fn content_words(text: &str) -> Vec<String> {
    let forms = Spoken::of_text(text).forms.into_iter();
    forms.filter(|form| !form.number && !is_stop_word(&form.text)).map(|form| form.text).collect()
}
