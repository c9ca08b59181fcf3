//! What the interviewer tells when asked: the question's held-back constraints, or "your call".
//!
//! Works on words alone and needs no model. Whether something is asked at all is told by `asking`; here it is matched with the
//! constraints, first by their `asked` cues, then by what they are about. Nothing is told that was not asked for.

use std::ops::Range;

use super::{
    asking::{self, Asked, Form, Rest},
    assessment::Evidence,
    coverage::{Cue, find_first},
    question::{Constraint, Question},
    spoken_command,
    words::{Spoken, is_stop_word, same_word},
};

/// What the candidate asked in a turn, and what the interviewer says to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clarification {
    /// In the order they were asked; never empty.
    pub asks: Vec<AskHeard>,
    /// The words to say: each constraint once, and the given "your call" where something is asked that none of them tells.
    pub reply: String,
    /// The turn holds hardly anything else, so it is no answer. False: an answer came before, and the question ends it.
    pub only: bool,
}

/// One thing that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct AskHeard {
    /// The words, cut out of the turn. `supports` is the first constraint's id, or [`YOUR_CALL`].
    pub asked: Evidence,
    /// Ids of the constraints that answer it; empty: the candidate's call.
    pub constraints: Vec<String>,
}

/// What an ask supports that no constraint answers. Ids hold hyphens, so it is none.
pub const YOUR_CALL: &str = "your call";

impl Clarification {
    /// Ids of the constraints told, each once, in the order asked.
    pub fn told(&self) -> Vec<&str> {
        let mut told: Vec<&str> = Vec::new();
        for id in self.asks.iter().flat_map(|ask| &ask.constraints) {
            if !told.contains(&id.as_str()) {
                told.push(id);
            }
        }
        told
    }
}

/// What a turn asks of the interviewer; `None` where it asks nothing, or answers its own question. `your_call` is one of the pack's phrases.
///
/// For a question that no pack knows everything is the candidate's call. With an answer before it, only a question that a constraint
/// answers counts.
pub fn clarify(turn: &Spoken, question: Option<&Question>, your_call: &str) -> Option<Clarification> {
    let all = 0..turn.words.len();
    if spoken_command::command_in(&turn.cut(all), "").is_some_and(|heard| heard.alone) {
        return None;
    }
    let constraints = question.map(|question| question.constraints.as_slice()).unwrap_or_default();
    let Asked { asks, rest } = asking::asked_in(turn, question.map_or("", |question| &question.ask))?;
    let mut heard = Vec::new();
    for ask in asks {
        let text = turn.cut(ask.words.clone());
        let found = answering(constraints, &text, ask.form);
        // "What happens if …" is said to oneself, unless it is the whole turn and a constraint answers just that.
        if ask.form == Form::Hypothetical && (rest != Rest::Nothing || !found.by_cue) {
            return None;
        }
        if rest == Rest::ContentBefore && !found.by_cue {
            return None;
        }
        let supports = found.ids.first().map_or(YOUR_CALL, String::as_str);
        heard.push(AskHeard { asked: turn.evidence(supports, ask.words), constraints: found.ids });
    }
    let mut clarification = Clarification {
        asks: heard,
        reply: String::new(),
        only: !matches!(rest, Rest::SentenceBefore | Rest::ContentBefore),
    };
    clarification.reply = reply(&clarification, constraints, your_call);
    Some(clarification)
}

fn reply(clarification: &Clarification, constraints: &[Constraint], your_call: &str) -> String {
    let told = clarification.told();
    let says = |id: &&str| constraints.iter().find(|constraint| constraint.id == *id).map(|found| found.says.as_str());
    let mut sentences: Vec<&str> = told.iter().filter_map(says).collect();
    if clarification.asks.iter().any(|ask| ask.constraints.is_empty()) {
        sentences.push(your_call);
    }
    sentences.join(" ")
}

#[derive(Default)]
struct Found {
    ids: Vec<String>,
    /// A cue was heard, not only a word of the subject.
    by_cue: bool,
}

/// The constraints that answer a question: the best one, and others whose cues are heard in other words of it.
///
/// Cues are worded as questions, so an assumption is matched by what it is about more readily.
fn answering(constraints: &[Constraint], asked: &str, form: Form) -> Found {
    let spoken = Spoken::of_text(asked);
    let subjects: Vec<Subject> = constraints.iter().map(Subject::of).collect();
    let mut by_cue: Vec<(f64, &Constraint, Range<usize>)> = Vec::new();
    let mut by_subject: Vec<(f64, &Constraint)> = Vec::new();
    for (constraint, subject) in constraints.iter().zip(&subjects) {
        let about = subject.in_common(&spoken, &subjects);
        match longest_cue(&constraint.asked, &spoken) {
            Some(words) => by_cue.push((about + 0.01 * words.len() as f64, constraint, words)),
            None => by_subject.push((about, constraint)),
        }
    }
    by_cue.sort_by(|a, b| b.0.total_cmp(&a.0));
    by_subject.sort_by(|a, b| b.0.total_cmp(&a.0));
    if by_cue.is_empty() {
        // One word that speaks of this constraint only, and of no other as much.
        let second = by_subject.get(1).map_or(0.0, |(score, _)| *score);
        let least = if form == Form::Assumption { 0.7 } else { 1.0 };
        let clear = by_subject.first().filter(|(score, _)| *score >= least && *score > second);
        return Found { ids: clear.map(|(_, constraint)| constraint.id.clone()).into_iter().collect(), by_cue: false };
    }
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut ids = Vec::new();
    for (score, constraint, words) in by_cue {
        let elsewhere = taken.iter().all(|other| other.end <= words.start || words.end <= other.start);
        if taken.is_empty() || elsewhere && score >= 1.0 {
            ids.push(constraint.id.clone());
            taken.push(words);
        }
    }
    Found { ids, by_cue: true }
}

fn longest_cue(cues: &[String], spoken: &Spoken) -> Option<Range<usize>> {
    let found = cues.iter().filter_map(|cue| find_first(&Cue::parse(cue).ok()?, spoken));
    found.max_by_key(ExactSizeIterator::len)
}

/// The words by which one knows what a constraint is about: those of its cues, its id and what it says.
struct Subject {
    words: Vec<SubjectWord>,
    /// It tells how many of something there are.
    counts: bool,
}

struct SubjectWord {
    text: String,
    prefix: bool,
    weight: f64,
}

impl Subject {
    fn of(constraint: &Constraint) -> Self {
        let mut words = Vec::new();
        let cues = constraint.asked.iter().flat_map(|cue| cue.split([' ', '|', '-']));
        for choice in cues.filter(|choice| choice.chars().any(char::is_alphabetic)) {
            let stem = choice.trim_end_matches('*');
            words.push(SubjectWord { text: stem.to_owned(), prefix: stem.len() < choice.len(), weight: 1.0 });
        }
        let mut add = |text: &str, weight: f64, least: usize| {
            for form in Spoken::of_text(text).forms.iter().filter(|form| !form.number && form.text.len() >= least) {
                words.push(SubjectWord { text: form.text.clone(), prefix: false, weight });
            }
        };
        add(&constraint.id.replace('-', " "), 1.0, 1);
        add(&constraint.says, 0.75, 5);
        words.retain(|word| !is_stop_word(&word.text) && !ANY_SUBJECT.contains(&word.text.as_str()));
        let counts = constraint.asked.iter().any(|cue| cue.starts_with("how many") || cue.starts_with("how much"));
        Self { words, counts }
    }

    fn weight_of(&self, form: &str) -> f64 {
        let same =
            |word: &&SubjectWord| if word.prefix { form.starts_with(&word.text) } else { same_stem(&word.text, form) };
        self.words.iter().filter(same).map(|word| word.weight).fold(0.0, f64::max)
    }

    /// What the words say of this subject, each shared among the subjects that it speaks of.
    fn in_common(&self, spoken: &Spoken, all: &[Subject]) -> f64 {
        let mut seen: Vec<&str> = Vec::new();
        let figure = spoken.forms.iter().any(|form| form.number && form.text != "1");
        let mut sum = if figure && self.counts { 0.25 } else { 0.0 };
        for form in spoken.forms.iter().filter(|form| !form.number) {
            let weight = self.weight_of(&form.text);
            if weight == 0.0 || seen.contains(&form.text.as_str()) {
                continue;
            }
            seen.push(&form.text);
            sum += weight * weight / all.iter().map(|subject| subject.weight_of(&form.text)).sum::<f64>();
        }
        sum
    }
}

/// "bill", "bills", "billed" and "billing".
fn same_stem(a: &str, b: &str) -> bool {
    let stem = |word: &str| {
        let endings = ["ing", "ed", "es", "s"];
        let stem = endings.iter().find_map(|ending| word.strip_suffix(ending)).filter(|stem| stem.len() >= 4);
        stem.unwrap_or(word).to_owned()
    };
    same_word(a, b) || stem(a) == stem(b)
}

/// Words of questions about anything.
#[rustfmt::skip]
const ANY_SUBJECT: &[&str] = &[
    "need", "require", "requirement", "requirements", "support", "ok", "allowed", "allow", "many", "much", "matter", "acceptable", "fine", "should",
    "long", "fast", "include", "any", "must", "may", "important", "possible", "expect", "enough", "does", "case", "use", "uses", "used", "example",
    "context", "mind", "want", "guarantee", "guaranteed", "still", "each", "per", "thing", "things", "time", "same", "other", "assume", "only",
    "happen", "happens", "ever", "tell", "first", "second", "can't", "don't", "not", "no", "never", "single", "several", "every",
    "part", "few", "never", "system", "kind", "sort", "own", "new", "big", "large", "small", "day", "year", "hour", "minute", "number", "think",
    "know", "say", "says", "mean", "means", "right", "correct", "safe", "tolerate", "rather", "question", "ask", "there", "call", "our", "us", "budget", "run",
    "runs", "running", "work",
];

#[cfg(test)]
#[path = "clarification_tests.rs"]
mod tests;
