//! What keeps an answer, or words of it, from being judged: decided from the words alone, before an endpoint is asked.
//!
//! Two effects. *Withheld*: there is nothing that a level could honestly rest on (near-silence, words that were hardly
//! understood, an answer to another question, an answer to none). *Neutralised*: the answer is judged, and words that say nothing about the
//! question earn nothing (the rubric read aloud, praise, padding, instructions to the judge): quotes that rest on them are refused.
//!
//! Each outcome has one plain sentence for the person. All of it is silent when unsure: a poor answer is judged as poor.

mod empty_talk;
mod rubric_words;
mod topic;
mod understood;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    assessment::{CheckReply, Evidence, Quote},
    evidence,
    pack::Content,
    question::{Kind, Question},
    rubric::Rubric,
    transcript::Transcript,
    verdict,
    words::{Spoken, is_filler},
};

/// Different words of content without which there is nothing to judge: "fine" is one.
const LEAST_CONTENT: usize = 2;
/// The same besides words that earn nothing; a "so" and a "then" between them are left over easily.
const LEAST_BESIDES: usize = 3;
/// Padding is worth a sentence from this share of the words on.
const MUCH_PADDING: f64 = 0.25;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    #[serde(flatten)]
    pub what: What,
    /// The words it is about; none where it is about the whole answer.
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// Hardly a word of content.
    NearSilence,
    /// Hardly a word of content besides words that earn nothing.
    NothingElse,
    /// The recognizer was unsure of most words, or could not write most of what was spoken.
    Unreliable {
        /// Of the words, or of the voice, in percent.
        percent: u8,
    },
    /// The words fit another question of the packs.
    AnotherQuestion {
        /// What that one asks.
        ask: String,
    },
    /// No word of the question, and none of its field.
    OffTopic,
    /// The published scale, recited.
    ReadsRubric,
    /// Of the interviewer, the question, or oneself.
    Praise,
    /// What was said before in the same words, and sentences without content.
    Padding,
    /// Orders to whoever judges.
    Instructions,
}

/// What it means for the judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No endpoint is asked; the practice signal is shown with the reason.
    Withheld,
    /// The answer is judged, and these words are no evidence.
    Neutralised,
}

impl What {
    pub fn name(&self) -> &'static str {
        match self {
            Self::NearSilence => "near-silence",
            Self::NothingElse => "nothing-else",
            Self::Unreliable { .. } => "unreliable",
            Self::AnotherQuestion { .. } => "another-question",
            Self::OffTopic => "off-topic",
            Self::ReadsRubric => "reads-rubric",
            Self::Praise => "praise",
            Self::Padding => "padding",
            Self::Instructions => "instructions",
        }
    }

    pub fn effect(&self) -> Effect {
        match self {
            Self::NearSilence
            | Self::NothingElse
            | Self::Unreliable { .. }
            | Self::AnotherQuestion { .. }
            | Self::OffTopic => Effect::Withheld,
            Self::ReadsRubric | Self::Praise | Self::Padding | Self::Instructions => Effect::Neutralised,
        }
    }

    /// One sentence for the person, as the reason after a colon.
    pub fn says(&self) -> String {
        match self {
            Self::NearSilence => "too little was said to judge".to_owned(),
            Self::NothingElse => {
                "nothing was said about the question besides words that earn nothing, so there is nothing to judge"
                    .to_owned()
            }
            Self::Unreliable { percent } => format!(
                "{percent} percent of this answer was not heard well enough to judge it: correct the words with `viva \
                 correct`, and it is judged"
            ),
            Self::AnotherQuestion { ask } => {
                format!(
                    "this looks like an answer to another question, perhaps \"{ask}\", and is not judged against this one"
                )
            }
            Self::OffTopic => "nothing in this answer is about the question, so there is nothing to judge".to_owned(),
            Self::ReadsRubric => "words of the rubric itself are no evidence, and do not count".to_owned(),
            Self::Praise => "praise, of the interviewer or of oneself, counts neither for nor against you".to_owned(),
            Self::Padding => {
                "a good part of this says nothing or says it again: that counts neither for nor against you".to_owned()
            }
            Self::Instructions => "words addressed to the judge do not count".to_owned(),
        }
    }
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    pub transcript: &'a Transcript,
    /// The words that were asked last.
    pub asked: &'a str,
    pub kind: Kind,
    /// The question, where a pack knows it.
    pub question: Option<&'a Question>,
    /// The answer is to a follow-up.
    pub is_reply: bool,
    /// A person has mended the words: how sure the recognizer was of its own no longer matters.
    pub corrected: bool,
}

/// Everything that was found, what withholds the answer first.
pub fn outcomes(heard: &Heard, content: &Content) -> Vec<Outcome> {
    let neutral = neutralised(heard.transcript, content.rubric(heard.kind));
    let spoken = Spoken::of(heard.transcript);
    let mut found: Vec<Outcome> = withheld(heard, content, &spoken, &neutral).map(whole).into_iter().collect();
    found.extend(neutral);
    found
}

/// What withholds an answer, of what was found.
pub fn withholds(outcomes: &[Outcome]) -> Option<&Outcome> {
    outcomes.iter().find(|outcome| outcome.what.effect() == Effect::Withheld)
}

fn whole(what: What) -> Outcome {
    Outcome { what, evidence: Vec::new() }
}

fn withheld(heard: &Heard, content: &Content, spoken: &Spoken, neutral: &[Outcome]) -> Option<What> {
    if !heard.corrected
        && let Some(percent) = understood::unreliable(heard.transcript)
    {
        return Some(What::Unreliable { percent });
    }
    if spoken.words.is_empty() {
        return None; // said elsewhere, with what to do about it
    }
    // A reply may well be one word and a figure.
    let (least, besides) = if heard.is_reply { (1, 1) } else { (LEAST_CONTENT, LEAST_BESIDES) };
    if content_words(spoken, &[]) < least {
        return Some(What::NearSilence);
    }
    let ranges: Vec<Range<usize>> = ranges(neutral).collect();
    if !ranges.is_empty() && content_words(spoken, &ranges) < besides {
        return Some(What::NothingElse);
    }
    topic::elsewhere(heard, content, spoken)
}

/// Different words of content outside `but`.
fn content_words(spoken: &Spoken, but: &[Range<usize>]) -> usize {
    let all = spoken.content_forms(0..spoken.words.len());
    let counted = all.filter(|form| !but.iter().any(|range| range.contains(&form.words.start)));
    let mut words: Vec<&str> = counted.map(|form| form.text.as_str()).filter(|word| !is_filler(word)).collect();
    words.sort_unstable();
    words.dedup();
    words.len()
}

/// Words that earn nothing, by sort.
pub fn neutralised(transcript: &Transcript, rubric: Option<&Rubric>) -> Vec<Outcome> {
    let spoken = Spoken::of(transcript);
    let injected = verdict::injected_segments(transcript);
    let orders = injected.iter().filter_map(|segment| words_of_segment(&spoken, *segment)).collect();
    let read = rubric.map(|rubric| rubric_words::recited(&spoken, rubric)).unwrap_or_default();
    let padding = empty_talk::padding(&spoken);
    let share = padding.iter().map(Range::len).sum::<usize>() as f64 / spoken.words.len().max(1) as f64;
    let found = [
        (What::Instructions, orders),
        (What::ReadsRubric, read),
        (What::Praise, empty_talk::praise(&spoken)),
        (What::Padding, if share >= MUCH_PADDING { padding } else { Vec::new() }),
    ];
    found
        .into_iter()
        .filter(|(_, words): &(What, Vec<Range<usize>>)| !words.is_empty())
        .map(|(what, words)| {
            let evidence = words.into_iter().map(|range| spoken.evidence(what.name(), range)).collect();
            Outcome { what, evidence }
        })
        .collect()
}

fn words_of_segment(spoken: &Spoken, segment: usize) -> Option<Range<usize>> {
    let start = spoken.words.partition_point(|word| word.segment + 1 < segment);
    let end = spoken.words.partition_point(|word| word.segment < segment);
    (start < end).then_some(start..end)
}

fn ranges(outcomes: &[Outcome]) -> impl Iterator<Item = Range<usize>> {
    let neutral = outcomes.iter().filter(|outcome| outcome.what.effect() == Effect::Neutralised);
    neutral.flat_map(|outcome| &outcome.evidence).map(|evidence| evidence.words.0..evidence.words.1)
}

/// Ranges in order, those that touch made one.
fn together(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Takes the quotes out of the judge's replies that rest on neutralised words, for the most part. Returns how many.
///
/// Instructions are left alone: [`verdict::levels`] refuses them, and says so.
pub fn refuse(replies: &mut [CheckReply], outcomes: &[Outcome], transcript: &Transcript) -> usize {
    let others: Vec<Outcome> = outcomes.iter().filter(|outcome| outcome.what != What::Instructions).cloned().collect();
    let ranges: Vec<Range<usize>> = ranges(&others).collect();
    if ranges.is_empty() {
        return 0;
    }
    let spoken = Spoken::of(transcript);
    let rests = |quote: &Quote, check: &str| {
        evidence::find_in(quote, check, &spoken).is_some_and(|found| {
            let words = found.words.0..found.words.1;
            let neutral = words.clone().filter(|word| ranges.iter().any(|range| range.contains(word))).count();
            2 * neutral > words.len()
        })
    };
    let mut refused = 0;
    for reply in replies {
        let before = reply.quotes.len();
        let CheckReply { check, quotes, .. } = reply;
        quotes.retain_mut(|quote| {
            if !rests(quote, check) {
                return true;
            }
            // What was said twice was said once: the first time counts.
            quote.segment = None;
            !rests(quote, check)
        });
        refused += before - quotes.len();
    }
    refused
}

#[cfg(test)]
mod tests;
