//! Is something asked of the interviewer, or does the candidate ask and go on to answer?
//!
//! Told from the words alone: recognizers put a question mark where they like. Thinking aloud is full of questions ("so how do we shard
//! that? by user"), so what is doubtful here is an answer: to be left alone while thinking costs less than to be cut short.

mod forms;

use std::ops::Range;

use forms::*;

use super::{
    spoken_command::command_in,
    word_row::{PlainWord, Rows, plain_words_of},
    words::{Break, Spoken, is_stop_word},
};

/// One thing asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    /// Words of the turn.
    pub words: Range<usize>,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// "How many users do we have", "is there a latency budget", "what about deletes".
    Question,
    /// "Can I assume …", "… , is that okay".
    Assumption,
    /// "What happens if …": mostly said to oneself.
    Hypothetical,
}

/// What is asked in a turn, and whether the turn holds hardly anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub asks: Vec<Ask>,
    pub rest: Rest,
}

/// What stands beside the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// A lead-in, a reason for asking.
    Little,
    /// A short sentence of an answer before the questions.
    SentenceBefore,
    /// An answer before the questions.
    ContentBefore,
}

/// The questions of a turn to the interviewer; `None` where there are none, or where the candidate answers them. Words of `known` (the
/// question as it was asked) may be said again without being content.
pub(super) fn asked_in(spoken: &Spoken, known: &str) -> Option<Asked> {
    let words = plain_words_of(spoken);
    let turn = Turn { rows: Rows { named: NAMED, words: &words }, spoken, words: &words };
    let asks = turn.tagged().map_or_else(|| turn.asks(), |tagged| vec![tagged]);
    let (first, last) = (asks.first()?, asks.last()?);
    let known = Spoken::of_text(known);
    let content = |range: Range<usize>| {
        let fresh = |word: &&PlainWord| {
            let said = word.text.as_str();
            !is_stop_word(said) && !POLITE.contains(&said) && known.forms.iter().all(|form| form.text != said)
        };
        words[range].iter().filter(fresh).count()
    };
    let inside: Vec<usize> = asks.windows(2).map(|pair| content(pair[0].words.end..pair[1].words.start)).collect();
    let before = content(0..first.words.start);
    let after = content(last.words.end..words.len());
    let gives_a_reason = turn.rows.longest(REASON, last.words.end).is_some();
    if after > if gives_a_reason { 14 } else { 2 }
        || turn.answers(last.words.end)
        || inside.iter().any(|&count| count > 8)
    {
        return None;
    }
    let rest = match before + after + inside.iter().sum::<usize>() {
        0 => Rest::Nothing,
        _ if before > 10 => Rest::ContentBefore,
        _ if content(0..turn.sentence_of(first.words.start)) >= SENTENCE_OF_AN_ANSWER => Rest::SentenceBefore,
        _ => Rest::Little,
    };
    let in_words =
        |ask: Ask| Ask { words: words[ask.words.start].words.start..words[ask.words.end - 1].words.end, ..ask };
    Some(Asked { asks: asks.into_iter().map(in_words).collect(), rest })
}

/// Words with content that a lead-in in sentences of its own does not have.
const SENTENCE_OF_AN_ANSWER: usize = 4;

struct Turn<'a> {
    rows: Rows<'a>,
    spoken: &'a Spoken<'a>,
    words: &'a [PlainWord],
}

impl Turn<'_> {
    /// Everything that has the form of a question, in plain words.
    fn asks(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            if self.rows.longest(REPORTED, at).is_some() {
                break;
            }
            let Some((form, opened)) = self.opens(at) else {
                at += 1;
                continue;
            };
            let end = self.end_of(opened);
            asks.push(Ask { words: at..end, form });
            at = end;
        }
        asks
    }

    /// "It is all in one region, right": a short statement that wants a yes.
    fn tagged(&self) -> Option<Ask> {
        let tag = (1..self.words.len()).find(|&at| self.rows.longest(TAGS, at) == Some(self.words.len()))?;
        let start = (0..tag).find(|&at| self.rows.longest(LEAD_IN, at).is_none()).unwrap_or(0);
        (3..=25).contains(&(tag - start)).then_some(Ask { words: start..self.words.len(), form: Form::Assumption })
    }

    /// The form of the question that begins here, and where its opening words end.
    fn opens(&self, at: usize) -> Option<(Form, usize)> {
        if self.rows.longest(BACK_CHANNEL, at).is_some() || self.is_embedded(at) {
            return None;
        }
        let opens = |rows: &[&str]| self.rows.longest(rows, at);
        if opens(TO_ONESELF).is_some() || self.is_command(at) {
            return None;
        }
        if let Some(end) = opens(HYPOTHETICAL) {
            return Some((Form::Hypothetical, end));
        }
        if let Some(end) = opens(ASSUMING) {
            return Some((Form::Assumption, end));
        }
        let at_the_start = || opens(ASKING_AT_THE_START).filter(|_| self.begins_a_clause(at));
        let bare = || {
            let begins = self.break_before(at) == Break::Sentence || CONNECTIVES.contains(&self.before(at));
            opens(ASKING_BARE).filter(|_| begins && !matches!(self.before(at), "is" | "be" | "question" | "like"))
        };
        Some((Form::Question, opens(ASKING).or_else(at_the_start).or_else(bare)?))
    }

    /// "Can we skip this one."
    fn is_command(&self, at: usize) -> bool {
        let end =
            (at + 1..self.words.len()).find(|&at| self.break_before(at) == Break::Sentence).unwrap_or(self.words.len());
        let words = self.words[at].words.start..self.words[end - 1].words.end;
        end - at <= 15 && command_in(&self.spoken.cut(words), "").is_some_and(|heard| heard.words.start == 0)
    }

    /// Where the sentence begins that holds a word.
    fn sentence_of(&self, at: usize) -> usize {
        (1..=at).rev().find(|&at| self.break_before(at) == Break::Sentence).unwrap_or(0)
    }

    /// The word before.
    fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |at| self.words[at].text.as_str())
    }

    /// "It depends on how many users …".
    fn is_embedded(&self, at: usize) -> bool {
        let (before, earlier) = (self.before(at), self.before(at.saturating_sub(1)));
        let to_ask =
            matches!(before, "know" | "ask" | "understand" | "clarify" | "check") && matches!(earlier, "to" | "just");
        let found_out = before == "out" && matches!(earlier, "figure" | "find" | "work");
        (EMBEDDING.contains(&before) && !to_ask || found_out) && self.break_before(at) == Break::None
    }

    fn begins_a_clause(&self, at: usize) -> bool {
        let announced = match self.before(at) {
            // "My question is how many …", and not "the ledger is what …".
            "is" => self.before(at - 1).starts_with("question"),
            before => CONNECTIVES.contains(&before),
        };
        at == 0 || self.break_before(at) > Break::None || announced
    }

    fn break_before(&self, at: usize) -> Break {
        let Some(before) = at.checked_sub(1) else { return Break::Sentence };
        let between = self.words[before].words.end - 1..self.words[at].words.start;
        self.spoken.words[between].iter().map(|word| word.break_after).max().unwrap_or(Break::None)
    }

    /// Where a question whose opening words end at `opened` is over.
    fn end_of(&self, opened: usize) -> usize {
        let ends = |&at: &usize| {
            let next_question =
                at > opened && CONNECTIVES.contains(&self.words[at - 1].text.as_str()) && self.opens(at).is_some();
            self.break_before(at) == Break::Sentence
                || next_question
                || self.answers(at)
                || self.rows.longest(REASON, at).is_some()
        };
        let end = (opened..self.words.len()).find(ends).unwrap_or(self.words.len());
        // The connective belongs to the next question.
        let joins =
            |at: usize| at > opened && at < self.words.len() && CONNECTIVES.contains(&self.words[at - 1].text.as_str());
        if joins(end) { end - 1 } else { end }
    }

    /// Whether the candidate begins to answer here.
    fn answers(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        let before = self.before(at);
        let next = self.words.get(at + 1).map_or("", |word| word.text.as_str());
        let begins = self.break_before(at) > Break::None;
        match word.text.as_str() {
            "well" => before != "as" && before != "very",
            "id" | "ill" | "wed" => !EMBEDS_STATEMENT.contains(&before),
            "i" | "we" => {
                let inverted = AUXILIARIES.contains(&before) && !begins;
                let longest = if WANTING.contains(&next) { 7 } else { 3 * usize::from(ACTING.contains(&next)) };
                let relative = self.words.len() - at <= longest && !CONNECTIVES.contains(&before);
                let goes_on = inverted || EMBEDS_STATEMENT.contains(&before) || relative && !begins;
                !goes_on
            }
            _ => {
                self.rows.longest(ANSWERING, at).is_some() || begins && self.rows.longest(ANSWERING_ANEW, at).is_some()
            }
        }
    }
}
