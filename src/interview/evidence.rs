//! Finds the words a judge quotes in the transcript, fuzzily but in order, and cuts the evidence out of it.
//!
//! Method and thresholds: order-preserving weighted alignment (stop words 0.3, near-equal words by edit distance, extra
//! words cost), accepted at 0.75 with a guard on negations and numbers; measured on synthetic recognition noise by the tests
//! below. A found quote proves that the words were spoken, not that they support what they are quoted for.

use std::ops::Range;

use super::{
    assessment::{Evidence, Quote},
    transcript::Transcript,
    words::{Break, Form, Spoken, is_negation, is_stop_word},
};

/// Score from which an alignment counts as the same words.
const ACCEPT: f64 = 0.75;
/// Quotes with fewer content words than this must be found word for word.
const FUZZY_FROM: usize = 4;
const STOP_WEIGHT: f64 = 0.3;
/// What a word costs that stands in the transcript and not in the quote.
const EXTRA: f64 = 0.25;
/// The same for words that fill.
const EXTRA_FILLER: f64 = 0.05;
/// Share of a word's weight that it costs to set it against a different one.
const DIFFERENT: f64 = 0.35;

/// The words of the transcript that a quote names, or `None` when they were not said.
pub fn find(quote: &Quote, supports: &str, transcript: &Transcript) -> Option<Evidence> {
    find_in(quote, supports, &Spoken::of(transcript))
}

/// As [`find`], for many quotes of one transcript.
///
/// Looks in the cited segment and its neighbours first, then everywhere; each time word for word before fuzzily.
pub fn find_in(quote: &Quote, supports: &str, spoken: &Spoken) -> Option<Evidence> {
    let quoted = Spoken::of_text(&quote.text);
    let content = quoted.forms.iter().filter(|form| !is_stop_word(&form.text)).count();
    if content == 0 {
        return None;
    }
    let everywhere = 0..spoken.forms.len();
    let cited = quote.segment.map(|segment| forms_around(spoken, segment)).unwrap_or(everywhere.clone());
    let places = if cited == everywhere { vec![everywhere] } else { vec![cited, everywhere] };
    let found = places.into_iter().find_map(|place| {
        exact(&quoted.forms, spoken, place.clone()).or_else(|| {
            let fuzzy = (content >= FUZZY_FROM).then(|| aligned(&quoted.forms, &spoken.forms[place.clone()]))??;
            let found = place.start + fuzzy.start..place.start + fuzzy.end;
            is_same_claim(&quoted.forms, spoken, &found).then_some(found)
        })
    })?;
    let words = spoken.forms[found.start].words.start..spoken.forms[found.end - 1].words.end;
    Some(spoken.evidence(supports, words))
}

/// The forms of a segment (from 1) and of those on both sides of it.
fn forms_around(spoken: &Spoken, segment: usize) -> Range<usize> {
    let (from, to) = (segment.saturating_sub(2), segment);
    let segment_of = |form: &Form| spoken.words[form.words.start].segment;
    let start = spoken.forms.partition_point(|form| segment_of(form) < from);
    let end = spoken.forms.partition_point(|form| segment_of(form) <= to);
    start..end.max(start)
}

fn exact(quote: &[Form], spoken: &Spoken, place: Range<usize>) -> Option<Range<usize>> {
    let here = &spoken.forms[place.clone()];
    here.windows(quote.len())
        .enumerate()
        .filter(|(_, window)| window.iter().zip(quote).all(|(a, b)| a.text == b.text))
        .map(|(at, _)| place.start + at..place.start + at + quote.len())
        .find(|found| is_same_claim(quote, spoken, found))
}

/// Negations agree in parity, figures agree one by one, and no "not" stands right before the words that were quoted.
fn is_same_claim(quote: &[Form], spoken: &Spoken, found: &Range<usize>) -> bool {
    let span = &spoken.forms[found.clone()];
    let odd = |forms: &[Form]| forms.iter().filter(|form| is_negation(&form.text)).count() % 2 == 1;
    let denied_before = found.start.checked_sub(1).is_some_and(|before| {
        let form = &spoken.forms[before];
        is_negation(&form.text) && spoken.words[form.words.end - 1].break_after == Break::None
    });
    odd(quote) == odd(span) && !denied_before && figures(quote) == figures(span)
}

fn figures(forms: &[Form]) -> Vec<&str> {
    let mut figures: Vec<&str> = forms.iter().filter(|form| form.number).map(|form| form.text.as_str()).collect();
    figures.sort_unstable();
    figures
}

#[derive(Clone, Copy, PartialEq)]
enum Move {
    Match,
    /// A word of the transcript that is not in the quote.
    Extra,
    /// A word of the quote that is not in the transcript.
    Skipped,
}

/// The best place for the quote, as a range of `text`, if it is good enough.
fn aligned(quote: &[Form], text: &[Form]) -> Option<Range<usize>> {
    let weight = |form: &Form| if is_stop_word(&form.text) { STOP_WEIGHT } else { 1.0 };
    let total: f64 = quote.iter().map(weight).sum();
    let width = text.len() + 1;
    let mut best = vec![0.0; (quote.len() + 1) * width];
    let mut moves = vec![Move::Skipped; best.len()];
    let mut same = vec![0.0; quote.len() * text.len()];
    let heard_letters: Vec<u32> = text.iter().map(|form| letters(&form.text)).collect();
    for (i, wanted) in quote.iter().enumerate() {
        let weight = weight(wanted);
        let wanted_letters = letters(&wanted.text);
        for (j, heard) in text.iter().enumerate() {
            // An edit changes at most two letters of the set, and a like word takes three edits in ten letters at most.
            let longer = wanted.text.len().max(heard.text.len());
            let too_different = (wanted_letters ^ heard_letters[j]).count_ones() as usize * 5 > longer * 3;
            let likeness = if too_different { 0.0 } else { likeness(wanted, heard) };
            same[i * text.len() + j] = likeness;
            let gain = if likeness > 0.0 { weight * likeness } else { -DIFFERENT * weight };
            let extra = if is_padding(&heard.text) { EXTRA_FILLER } else { EXTRA };
            let options = [
                (best[i * width + j] + gain, Move::Match),
                (best[(i + 1) * width + j] - extra, Move::Extra),
                (best[i * width + j + 1], Move::Skipped),
            ];
            let chosen = options.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a })?;
            best[(i + 1) * width + j + 1] = chosen.0;
            moves[(i + 1) * width + j + 1] = chosen.1;
        }
    }
    let last_row = &best[quote.len() * width..];
    let end = (0..width).reduce(|a, b| if last_row[b] > last_row[a] { b } else { a })?;
    if last_row[end] / total < ACCEPT {
        return None;
    }
    let (mut i, mut j) = (quote.len(), end);
    let mut matched: Option<Range<usize>> = None;
    while i > 0 && j > 0 {
        match moves[i * width + j] {
            Move::Match => {
                if same[(i - 1) * text.len() + j - 1] > 0.0 {
                    matched = Some(j - 1..matched.map_or(j, |range| range.end));
                }
                i -= 1;
                j -= 1;
            }
            Move::Extra => j -= 1,
            Move::Skipped => i -= 1,
        }
    }
    matched
}

/// 1 for the same word, the edit likeness of long words that are nearly the same, else 0. Figures are the same or not.
fn likeness(a: &Form, b: &Form) -> f64 {
    if a.text == b.text {
        return 1.0;
    }
    let (short, long) = (a.text.len().min(b.text.len()), a.text.len().max(b.text.len()));
    if a.number || b.number || long < 4 || (long - short) * 10 > long * 3 {
        return 0.0;
    }
    let likeness = strsim::normalized_levenshtein(&a.text, &b.text);
    if likeness >= 0.7 { likeness } else { 0.0 }
}

/// The set of letters of a word, one bit each, to tell quickly that two words have little in common.
fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte & 31))
}

/// Words that fill without being mere sounds.
fn is_padding(word: &str) -> bool {
    matches!(word, "like" | "so" | "well" | "yeah" | "okay" | "basically" | "actually" | "just" | "maybe" | "mean")
}

#[cfg(test)]
mod tests;
