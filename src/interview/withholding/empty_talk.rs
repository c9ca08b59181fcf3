//! Words without content: praise, sentences that only gain time, and what was said before in the same words.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use super::together;
use crate::interview::{
    coverage::{Cue, find_all_unguarded},
    glossary::is_ordinary,
    words::{Break, Form, Spoken, is_stop_word},
};

/// So many forms in a row that were said before, of which so many carry meaning, are a repetition.
const REPEATED: usize = 8;
const CONTENT_REPEATED: usize = 4;
/// A longer sentence is not taken for empty as a whole.
const LONG_SENTENCE: usize = 25;

/// Praise of the interviewer, the question, the answer or oneself, with the sentence around it where that says nothing else.
pub fn praise(spoken: &Spoken) -> Vec<Range<usize>> {
    static CUES: LazyLock<Vec<Cue>> = LazyLock::new(|| parsed(PRAISE));
    said(&CUES, spoken)
}

/// Sentences without content, and whatever is said again in the same words.
pub fn padding(spoken: &Spoken) -> Vec<Range<usize>> {
    static CUES: LazyLock<Vec<Cue>> = LazyLock::new(|| parsed(EMPTY));
    let mut places = said(&CUES, spoken);
    places.extend(repetitions(spoken));
    together(places)
}

fn parsed(cues: &[&str]) -> Vec<Cue> {
    cues.iter().filter_map(|cue| Cue::parse(cue).ok()).collect()
}

fn said(cues: &[Cue], spoken: &Spoken) -> Vec<Range<usize>> {
    let found = cues.iter().flat_map(|cue| find_all_unguarded(cue, spoken));
    let words = found.map(|forms| spoken.forms[forms.start].words.start..spoken.forms[forms.end - 1].words.end);
    together(words.map(|words| with_sentence(spoken, words)).collect())
}

/// The whole sentence where nothing else is in it: no figure, no word of any trade.
fn with_sentence(spoken: &Spoken, words: Range<usize>) -> Range<usize> {
    let ends = |at: usize| spoken.words[at].break_after == Break::Sentence;
    let start = (0..words.start).rev().find(|at| ends(*at)).map_or(0, |at| at + 1);
    let end = (words.end - 1..spoken.words.len()).find(|at| ends(*at)).map_or(spoken.words.len(), |at| at + 1);
    let is_plain = |form: &Form| !form.number && is_ordinary(&form.text);
    let empty = end - start <= LONG_SENTENCE && spoken.content_forms(start..end).all(is_plain);
    if empty { start..end } else { words }
}

/// Runs of forms that stand earlier in the same order.
fn repetitions(spoken: &Spoken) -> Vec<Range<usize>> {
    let mut first: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut places = Vec::new();
    for (at, run) in spoken.forms.windows(REPEATED).enumerate() {
        let content = run.iter().filter(|form| !is_stop_word(&form.text)).count();
        let texts = run.iter().map(|form| form.text.as_str()).collect();
        let earlier = *first.entry(texts).or_insert(at);
        if earlier + REPEATED <= at && content >= CONTENT_REPEATED {
            places.push(run[0].words.start..run[REPEATED - 1].words.end);
        }
    }
    places
}

const PRAISE: &[&str] = &[
    "great|good|excellent|fantastic|wonderful|brilliant|amazing|lovely|fascinating question",
    "you|you're ~ best|greatest|smartest|kindest|wisest|finest|brilliant|wonderful|amazing|excellent|fantastic interviewer|examiner|judge|listener",
    "such|what a|an great|good|excellent|wonderful|brilliant|amazing|thoughtful interviewer|question",
    "honour|honor|privilege|pleasure to be|talk|speak|meet|interview*",
    "i admire|love|respect|appreciate you|your|how-you",
    "thank you ~ excellent|wonderful|brilliant|thoughtful|insightful|great",
    "only|clearly someone|a-person|an-interviewer as|so|who|like wise|smart|brilliant|experienced|you",
    "your company|team is ~ best|greatest|amazing|world-class",
    "i ~ strongest|best|smartest|greatest|brightest people|person|engineer|engineers|candidate|candidates|architect|architects",
    "i ~ an expert|genius|authority",
    "one of the best|strongest|smartest people|engineers|candidates|architects",
    "better|best|finer answer ~ hear|heard|today|ever",
    "i have|ve mastered all|everything|this|it",
    "i think like a|an principal|staff|senior|distinguished engineer|architect",
    "i always answer perfectly|flawlessly|correctly",
    "every|everything single|i|that ~ right|correct|perfect",
    "my|this answer|design|solution is perfect|flawless|excellent|brilliant|world-class|outstanding|impeccable",
];

const EMPTY: &[&str] = &[
    "let me|us just|quickly|first think|breathe|pause|collect about|for|on|my|a",
    "let me think",
    "let me ~ breath|sip|moment",
    "is|that's|it's ~ interesting|important|big|broad|deep|complex area|topic|subject|thing|field|point",
    "there is|are ~ lot|lots|many ~ say|said|it|this|here",
    "comes|come up often|quite|very|all",
    "many|lots|so things|much|of one|you|could|can|to say|talk|discuss",
    "where was i",
    "people|everybody|everyone ~ different|own opinion|opinions|view|views",
    "could|can talk|go ~ for|on long|hours|days|ages|ever",
    "not|don't get lost",
    "you know how these|things|it",
    "at the end of the day it|everything|you|we",
    "i|that hope|hopefully ~ makes|make sense",
    "to|just give|some ~ context|background",
    "moving|move on",
    "as you can imagine",
    "the kind|sort of thing",
    "how i look|think at|about these|things|it",
    "it|this all|really depends on|many|so|a",
    "as|like i|we already|just|mentioned|said before|earlier|already",
    "needless to say",
    "and so on and so forth",
    "think|thinking ~ holistically",
];

#[cfg(test)]
#[test]
fn every_pattern_is_a_cue() {
    for pattern in PRAISE.iter().chain(EMPTY) {
        assert!(Cue::parse(pattern).is_ok(), "{pattern}");
    }
}
