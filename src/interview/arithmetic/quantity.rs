//! Quantities as they are said: a figure with its unit, what it counts, and per what ("two kilobytes each", "8 million jobs a day").
//!
//! It reads; whether one quantity follows from others is in [`super::derivation`].

use std::ops::Range;

use super::{
    each::{each_before, is_each, is_per_thing, measures_size},
    unit::{self, Measure, Unit},
};
use crate::interview::{
    coverage::break_after,
    words::{Break, Form, Spoken, is_stop_word, same_word},
};

/// One quantity of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// In base units: things, bytes, seconds or percent; per second where `per_time` is set.
    pub value: f64,
    pub unit: Unit,
    /// What it counts ("jobs"); `None` when it was not said or the unit says it.
    pub thing: Option<String>,
    /// The period of a rate.
    pub per_time: Option<Unit>,
    pub each: Each,
    /// The figure was "two K" and nothing more.
    pub bare_k: bool,
    /// No figure to hold anybody to: "a few hundred", "ten to twenty", "from 8 to 4".
    pub vague: bool,
    /// Only a bound: "under", "at most".
    pub bound: bool,
    pub forms: Range<usize>,
    pub words: Range<usize>,
}

/// Whether a quantity is said of each of some things.
#[derive(Debug, Clone, PartialEq)]
pub enum Each {
    No,
    /// "each", with the thing where it was said ("per user", "a row").
    Of(Option<String>),
    /// "at two kilobytes", "with a hundred metrics": of each, most likely.
    Likely,
}

impl Quantity {
    /// The figure in its own unit and period, as said: 8 million for "8 million a day".
    pub fn as_said(&self) -> f64 {
        self.in_period() / self.unit.scale
    }

    /// The value in base units but in its own period.
    pub fn in_period(&self) -> f64 {
        self.value * self.per_time.map_or(1.0, |period| period.scale)
    }

    /// Powers of bytes and of seconds; `None` for percent.
    pub fn dimension(&self) -> Option<(i32, i32)> {
        let (bytes, time) = match self.unit.measure {
            Measure::Count => (0, 0),
            Measure::Bytes => (1, 0),
            Measure::Time => (0, 1),
            Measure::Percent => return None,
        };
        Some((bytes, time - i32::from(self.per_time.is_some())))
    }
}

/// All quantities of an answer, in order, none overlapping another.
pub fn quantities(spoken: &Spoken) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = 0;
    while at < spoken.forms.len() {
        let floor = found.last().map_or(0, |before| before.forms.end);
        match quantity_at(spoken, at, floor) {
            Some(quantity) => {
                at = quantity.forms.end;
                found.push(quantity);
            }
            None => at += 1,
        }
    }
    mark_ranges(spoken, &mut found);
    found
}

/// "ten to twenty", "one or two": neither end is a figure of its own.
fn mark_ranges(spoken: &Spoken, found: &mut [Quantity]) {
    for i in 1..found.len() {
        let between = &spoken.forms[found[i - 1].forms.end..found[i].forms.start];
        let adjacent = matches!(between, [one] if matches!(one.text.as_str(), "to" | "or" | "through" | "minus"));
        let changed = word(spoken, found[i - 1].forms.start.checked_sub(1)) == "from"
            && between.iter().take(4).any(|form| form.text == "to");
        if adjacent || changed {
            found[i - 1].vague = true;
            found[i].vague = true;
        }
    }
}

/// The text of a form; "" where there is none.
pub fn word<'a>(spoken: &'a Spoken, at: Option<usize>) -> &'a str {
    at.and_then(|at| spoken.forms.get(at)).map_or("", |form| form.text.as_str())
}

/// Punctuation stands before the form at `at`. A unit stuck to its figure ("5ms") is never cut off.
fn is_cut(spoken: &Spoken, at: usize) -> bool {
    let same_word = spoken.forms.get(at).is_some_and(|form| form.words == spoken.forms[at - 1].words);
    !same_word && break_after(spoken, at - 1) != Break::None
}

/// A figure as it was read: its value, the unit that is part of it, and the form after it.
struct Figure {
    value: f64,
    unit: Option<Unit>,
    end: usize,
}

/// The quantity that begins at form `start`; those before `floor` belong to another.
fn quantity_at(spoken: &Spoken, start: usize, floor: usize) -> Option<Quantity> {
    let figure = figure_at(spoken, start)?;
    let last_word = spoken.forms[figure.end - 1].words.end - 1;
    let said_k = spoken.words[last_word].norm.ends_with('k');
    let (mut unit, mut end) = (figure.unit, figure.end);
    let mut per_time = None;
    if unit.is_none()
        && !is_cut(spoken, end)
        && let Some((known, period)) = unit::named(word(spoken, Some(end)))
    {
        unit = Some(known);
        per_time = period;
        end += 1;
    }
    let mut thing = None;
    if unit.is_none() {
        (thing, end) = noun_after(spoken, end);
    }
    let bare_k = said_k && unit.is_none() && thing.is_none();
    let mut quantity = Quantity {
        value: figure.value,
        unit: unit.unwrap_or(unit::COUNT),
        thing,
        per_time,
        each: Each::No,
        bare_k,
        vague: is_vague(spoken, start),
        bound: is_bound(spoken, start),
        forms: start..end,
        words: 0..0,
    };
    if bare_k && measures_size(spoken, start, floor) {
        quantity.unit = unit::BYTE;
        quantity.each = Each::Of(None);
    }
    read_per(spoken, &mut quantity);
    if quantity.each == Each::No {
        quantity.each = each_before(spoken, start, floor, &quantity);
    }
    quantity.value *= quantity.unit.scale / quantity.per_time.map_or(1.0, |period| period.scale);
    quantity.words = spoken.forms[start].words.start..spoken.forms[quantity.forms.end - 1].words.end;
    Some(quantity)
}

fn figure_at(spoken: &Spoken, at: usize) -> Option<Figure> {
    let text = |i: usize| word(spoken, Some(at + i));
    let unit_at = |i: usize| unit::named(text(i)).map(|(unit, _)| unit).filter(|unit| unit.measure != Measure::Percent);
    match text(0) {
        "half" if is_number(spoken.forms.get(at + 1)) => {
            let value: f64 = text(1).parse().ok()?;
            return (value >= 100.0).then_some(Figure { value: value / 2.0, unit: None, end: at + 2 });
        }
        "half" => {
            let unit_place = 1 + usize::from(matches!(text(1), "a" | "an"));
            let unit = unit_at(unit_place)?;
            return Some(Figure { value: 0.5, unit: Some(unit), end: at + unit_place + 1 });
        }
        "a" | "an" => {
            let unit = unit_at(1)?;
            if [text(2), text(3), text(4)] == ["and", "a", "half"] {
                return Some(Figure { value: 1.5, unit: Some(unit), end: at + 5 });
            }
            let whole = unit.measure == Measure::Bytes && unit.scale > 1.0;
            return whole.then_some(Figure { value: 1.0, unit: Some(unit), end: at + 2 });
        }
        _ => {}
    }
    let value: f64 = text(0).parse().ok().filter(|value: &f64| value.is_finite())?;
    let and_a_half = [text(1), text(2), text(3)] == ["and", "a", "half"];
    if !is_number(spoken.forms.get(at)) && !and_a_half {
        return None;
    }
    if and_a_half {
        let scale: f64 = text(4).parse().ok().filter(|scale| *scale >= 1000.0).unwrap_or(1.0);
        let value = if value >= 100.0 { value * 1.5 } else { (value + 0.5) * scale };
        return Some(Figure { value, unit: None, end: at + if scale > 1.0 { 5 } else { 4 } });
    }
    // "10M" is ten million; "10m" may be minutes.
    let written = spoken.cut(spoken.forms[at].words.clone());
    if text(1) == "m" && spoken.forms[at + 1].words == spoken.forms[at].words {
        return written.ends_with('M').then_some(Figure { value: value * 1e6, unit: None, end: at + 2 });
    }
    Some(Figure { value, unit: None, end: at + 1 })
}

fn is_number(form: Option<&Form>) -> bool {
    form.is_some_and(|form| form.number && form.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// What is counted: the last plural of the words after the figure, or the last of them.
fn noun_after(spoken: &Spoken, from: usize) -> (Option<String>, usize) {
    let mut end = from;
    while end < spoken.forms.len().min(from + 4) && (end == 0 || break_after(spoken, end - 1) == Break::None) {
        let form = &spoken.forms[end];
        let ends =
            form.number || is_stop_word(&form.text) || is_linking(&form.text) || unit::named(&form.text).is_some();
        if ends {
            break;
        }
        end += 1;
    }
    let phrase = &spoken.forms[from..end];
    let plural = phrase.iter().rposition(|form| form.text.ends_with('s') && !form.text.ends_with("ss"));
    match plural.or(phrase.len().checked_sub(1)) {
        Some(head) => (Some(phrase[head].text.clone()), from + head + 1),
        None => (None, from),
    }
}

fn is_linking(text: &str) -> bool {
    #[rustfmt::skip]
    const LINKING: &[&str] = &[
        "each", "every", "per", "times", "divided", "multiplied", "apiece", "roughly", "equals", "gives", "makes",
        "call", "say", "daily", "hourly", "half", "no", "not", "x", "plus", "minus", "peak", "worth", "means",
        "hence", "around",
    ];
    LINKING.contains(&text)
}

/// "a second", "per user", "each", "every ten seconds": as many as follow.
fn read_per(spoken: &Spoken, quantity: &mut Quantity) {
    for _ in 0..3 {
        let at = quantity.forms.end;
        if at >= spoken.forms.len() || break_after(spoken, at - 1) != Break::None {
            return;
        }
        let (first, second) = (word(spoken, Some(at)), word(spoken, Some(at + 1)));
        let period = |text: &str| unit::named(text).map(|(unit, _)| unit).filter(|unit| unit.measure == Measure::Time);
        let article = matches!(first, "a" | "an" | "per" | "every" | "each");
        let rate = quantity.per_time.is_none() && quantity.unit.measure != Measure::Percent;
        if rate
            && article
            && let Some(period) = period(second)
        {
            quantity.per_time = Some(period);
            quantity.forms.end += 2;
        } else if rate
            && first == "every"
            && let (Ok(count), Some(one)) = (second.parse::<f64>(), period(word(spoken, Some(at + 2))))
        {
            quantity.per_time = Some(Unit { scale: one.scale * count, ..one });
            quantity.forms.end += 3;
        } else if rate && matches!(first, "daily" | "hourly") {
            quantity.per_time = period(if first == "daily" { "day" } else { "hour" });
            quantity.forms.end += 1;
        } else if quantity.each == Each::No && is_each(spoken, at) {
            quantity.each = Each::Of(None);
            quantity.forms.end += 1;
        } else if quantity.each == Each::No && is_per_thing(first, second, quantity) {
            quantity.each = Each::Of(Some(second.to_owned()));
            quantity.forms.end += 2;
        } else {
            return;
        }
    }
}

/// Words that only soften a figure.
pub fn is_hedge(text: &str) -> bool {
    #[rustfmt::skip]
    const HEDGES: &[&str] = &[
        "about", "around", "roughly", "like", "maybe", "approximately", "say", "nearly", "almost", "just", "some",
        "something", "perhaps", "probably", "only", "the", "a", "bit", "basically", "yeah", "okay", "well", "kind",
        "let",
    ];
    HEDGES.contains(&text)
}

fn is_vague(spoken: &Spoken, start: usize) -> bool {
    let before = |back: usize| word(spoken, start.checked_sub(back));
    let few = |text: &str| matches!(text, "few" | "several" | "couple" | "many" | "dozens" | "tens" | "hundreds");
    let range = before(1) == "or" && before(2).parse::<f64>().is_ok();
    range || few(before(1)) || (before(1) == "of" && few(before(2))) || before(1) == "some" || before(1) == "point"
}

fn is_bound(spoken: &Spoken, start: usize) -> bool {
    let bound = |text: &str| {
        matches!(
            text,
            "under" | "below" | "less" | "most" | "within" | "over" | "above" | "more" | "least" | "up" | "fewer"
        )
    };
    (1..=3.min(start))
        .map(|back| word(spoken, start.checked_sub(back)))
        .take_while(|text| bound(text) || is_hedge(text) || matches!(*text, "than" | "at" | "to"))
        .any(bound)
}

/// The same thing, or nothing speaks against it.
pub fn may_be_same(a: Option<&str>, b: Option<&str>) -> bool {
    const ASKED: &[&str] = &["request", "query", "queries", "call", "hit", "rps", "qps", "tps", "operation", "ops"];
    let (Some(a), Some(b)) = (a, b) else { return true };
    let asked = |thing: &str| ASKED.iter().any(|known| same_word(known, thing));
    same_word(a, b) || (asked(a) && asked(b))
}
