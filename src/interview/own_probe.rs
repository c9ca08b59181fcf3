//! The guard on a follow-up that a model wrote: what it must be, and what it must not give away.
//!
//! A question of the model's own is asked only when it is one sayable question about words that were said, gives nothing away that the
//! candidate could still say, names no figure that nobody named, and asks nothing again. In every other case the bank's stands.

use std::fmt;

use super::{
    assessment::{Evidence, Quote},
    coverage::find_any,
    evidence,
    glossary::is_ordinary,
    pack::Pack,
    question::{ProbeTarget, Question},
    readability::hard_to_follow,
    transcript::Transcript,
    wording::{WordSet, count_words, unspeakable},
    words::{Spoken, is_stop_word, same_word},
};

/// Words that such a question may have.
pub const MOST_WORDS: usize = 30;
/// Ordinary words that one hidden sentence may share with it by chance.
const CHANCE_WORDS: usize = 2;
/// Content words that two questions share to be the same in other words, as a share of the shorter one.
const SAME_QUESTION: f64 = 0.75;

/// What a model proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnProbe {
    /// The words to say.
    pub text: String,
    /// The candidate's words that it is about.
    pub quote: String,
}

/// What it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Guarded<'a> {
    pub pack: &'a Pack,
    pub question: Option<&'a Question>,
    /// Everything the candidate said.
    pub said: &'a Transcript,
    /// Everything the interviewer said: the question, the follow-ups, what was told when asked.
    pub asked: &'a [String],
}

/// Why it is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    TooLong(usize),
    NotOneQuestion,
    Unspeakable(String),
    SpeaksOfJudging,
    /// The words it claims to be about were not said, or it is not about them.
    NotAboutWhatWasSaid,
    /// A figure that nobody said.
    Figure(String),
    /// It gives away something hidden: a point, a constraint, a mistake, the outline.
    Leaks(String),
    AskedBefore,
    /// It asks for a point that was made.
    Answered,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(words) => write!(f, "it has {words} words, and {MOST_WORDS} are the most"),
            Self::NotOneQuestion => write!(f, "it is not one question"),
            Self::Unspeakable(what) => write!(f, "it has {what}, which cannot be said or followed"),
            Self::SpeaksOfJudging => write!(f, "it speaks of judging"),
            Self::NotAboutWhatWasSaid => write!(f, "it is not about words that were said"),
            Self::Figure(figure) => write!(f, "it names the figure {figure}, which nobody said"),
            Self::Leaks(what) => write!(f, "it gives away {what}"),
            Self::AskedBefore => write!(f, "it was asked before"),
            Self::Answered => write!(f, "it was answered"),
        }
    }
}

/// The words of the transcript that a model's own question is about, where it may be asked.
pub fn guard(own: &OwnProbe, against: &Guarded) -> Result<Evidence, Refusal> {
    is_one_question(&own.text)?;
    let text = Spoken::of_text(&own.text);
    let quote = Quote { text: own.quote.clone(), segment: None };
    let said = Spoken::of(against.said);
    let about = evidence::find_in(&quote, "own-probe", &said).ok_or(Refusal::NotAboutWhatWasSaid)?;
    let quoted = said.content_forms(about.words.0..about.words.1);
    let mentioned = quoted.filter(|form| contains(&text, &form.text)).count();
    if mentioned == 0 {
        return Err(Refusal::NotAboutWhatWasSaid);
    }
    if let Some(what) = given_away(&own.text, against) {
        return Err(what);
    }
    if against.asked.iter().any(|asked| is_same_question(&own.text, asked)) {
        return Err(Refusal::AskedBefore);
    }
    let is_made = |target: &ProbeTarget| {
        let ProbeTarget::Point(id) = target else { return false };
        let point = against.question.and_then(|question| question.points.iter().find(|point| point.id == *id));
        point.is_some_and(|point| find_any(&point.cues, &said).is_some())
    };
    let bank = against.question.map_or(&[][..], |question| &question.probes);
    if bank.iter().any(|probe| is_made(&probe.target) && is_same_question(&own.text, &probe.ask)) {
        return Err(Refusal::Answered);
    }
    Ok(about)
}

fn is_one_question(text: &str) -> Result<(), Refusal> {
    const JUDGING: [&str; 9] =
        ["score", "rubric", "grade", "grading", "level", "correct answer", "prompt", "transcript", "expected"];
    let words = count_words(text);
    if words > MOST_WORDS {
        return Err(Refusal::TooLong(words));
    }
    if words < 3 || !text.trim_end().ends_with('?') || text.matches('?').count() != 1 {
        return Err(Refusal::NotOneQuestion);
    }
    if let Some((what, _)) = unspeakable(text).or_else(|| hard_to_follow(text)) {
        return Err(Refusal::Unspeakable(what));
    }
    let lower = text.to_lowercase();
    if JUDGING.iter().any(|word| lower.contains(word)) {
        return Err(Refusal::SpeaksOfJudging);
    }
    Ok(())
}

/// What a text to be shown or said would tell that has not been said by anybody: a figure, or something hidden.
pub fn given_away(text: &str, against: &Guarded) -> Option<Refusal> {
    let spoken = Spoken::of_text(text);
    let said = Spoken::of(against.said);
    let asked: Vec<Spoken> = against.asked.iter().map(|text| Spoken::of_text(text)).collect();
    let is_open = |word: &str| contains(&said, word) || asked.iter().any(|asked| contains(asked, word));
    if let Some(figure) = spoken.forms.iter().find(|form| form.number && !is_open(&form.text)) {
        return Some(Refusal::Figure(figure.text.clone()));
    }
    let news: Vec<&str> = spoken
        .forms
        .iter()
        .filter(|form| !form.number && !is_stop_word(&form.text) && !is_open(&form.text))
        .map(|form| form.text.as_str())
        .collect();
    for hidden in hidden(against) {
        let kept = Spoken::of_text(&hidden.text);
        let shared: Vec<&&str> = news.iter().filter(|word| contains(&kept, word)).collect();
        let telling = shared.iter().any(|word| is_telling(word, against.pack));
        if telling || shared.len() > CHANCE_WORDS {
            return Some(Refusal::Leaks(hidden.what));
        }
    }
    let points = against.question.map_or(&[][..], |question| &question.points);
    let unsaid = points.iter().filter(|point| find_any(&point.cues, &said).is_none());
    let told = unsaid.into_iter().find(|point| {
        find_any(&point.cues, &spoken).is_some() && asked.iter().all(|asked| find_any(&point.cues, asked).is_none())
    });
    told.map(|point| Refusal::Leaks(format!("the point {}", point.id)))
}

struct Hidden {
    what: String,
    text: String,
}

/// What the candidate is not to hear from the interviewer.
fn hidden(against: &Guarded) -> Vec<Hidden> {
    let Some(question) = against.question else { return Vec::new() };
    let item = |what: String, text: &str| Hidden { what, text: text.to_owned() };
    let points = question.points.iter().map(|point| item(format!("the point {}", point.id), &point.says));
    let constraints = question.constraints.iter().map(|c| item(format!("the constraint {}", c.id), &c.says));
    let mistakes = question.mistakes.iter().filter_map(|id| against.pack.mistakes.get(id));
    let mistakes = mistakes.map(|mistake| item(format!("the mistake {}", mistake.id), &mistake.title));
    let outline = question.outline.iter().map(|line| item("the outline".to_owned(), line));
    let moves = question.probes.iter().map(|probe| item("a good reply".to_owned(), &probe.good.mitigation));
    points.chain(constraints).chain(mistakes).chain(outline).chain(moves).collect()
}

/// A word that by itself says how it is done.
fn is_telling(word: &str, pack: &Pack) -> bool {
    let is_term = |term: &str| Spoken::of_text(term).forms.iter().any(|form| same_word(&form.text, word));
    !is_ordinary(word) || pack.glossary.iter().any(|term| is_term(&term.term))
}

fn contains(spoken: &Spoken, word: &str) -> bool {
    spoken.forms.iter().any(|form| same_word(&form.text, word))
}

/// The same question in other words.
fn is_same_question(a: &str, b: &str) -> bool {
    let content = |text: &str| -> Vec<String> {
        let forms = Spoken::of_text(text).forms.into_iter().filter(|form| !is_stop_word(&form.text));
        forms.map(|form| form.text).collect()
    };
    let (one, other) = (content(a), content(b));
    let shared = one.iter().filter(|word| other.iter().any(|known| same_word(known, word))).count();
    let shorter = one.len().min(other.len());
    WordSet::new(a).nearly_equals(&WordSet::new(b)) || (shorter >= 3 && shared as f64 >= SAME_QUESTION * shorter as f64)
}

#[cfg(test)]
mod tests;
