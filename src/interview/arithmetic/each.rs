//! Whether a quantity is said of each of some things: "two kilobytes each", "half a kilobyte a row", "each user sends ten".

use super::{
    quantity::{Each, Quantity, is_hedge, word},
    unit::{self, Measure},
};
use crate::interview::{
    coverage::break_after,
    words::{Break, Spoken, is_stop_word},
};

/// "a row", "per user" behind a quantity.
pub fn is_per_thing(first: &str, second: &str, quantity: &Quantity) -> bool {
    let article = matches!(first, "a" | "an") && quantity.unit.measure == Measure::Bytes;
    let noun =
        !second.is_empty() && !is_stop_word(second) && !matches!(second, "lot" | "bit" | "few" | "little" | "half");
    (first == "per" || article) && noun && second.parse::<f64>().is_err()
}

/// "each" that closes a quantity ("two kilobytes each, so"), not one that opens the next ("users each make").
pub fn is_each(spoken: &Spoken, at: usize) -> bool {
    #[rustfmt::skip]
    const AFTER: &[&str] = &[
        "so", "and", "that", "which", "is", "it", "we", "at", "per", "every", "a", "times", "gives", "makes", "then",
        "in", "for", "i", "this", "on", "or", "but", "to", "equals",
    ];
    match word(spoken, Some(at)) {
        "apiece" => true,
        "each" => {
            let next = word(spoken, Some(at + 1));
            next.is_empty() || break_after(spoken, at) != Break::None || AFTER.contains(&next)
        }
        _ => false,
    }
}

/// Words before a figure that make it one of each: "each user sends ten", "a row is half a kilobyte", "of two kilobytes".
pub fn each_before(spoken: &Spoken, start: usize, floor: usize, quantity: &Quantity) -> Each {
    let size = quantity.unit.measure == Measure::Bytes;
    let mut copula = None;
    for back in 1..=7.min(start - floor) {
        let at = start - back;
        let form = &spoken.forms[at];
        if break_after(spoken, at) == Break::Sentence || form.number || form.text == "so" {
            break;
        }
        let text = form.text.as_str();
        if matches!(text, "each" | "every") {
            let next = word(spoken, Some(at + 1));
            if unit::named(next).is_some() {
                return Each::No;
            }
            let before = at.checked_sub(1).filter(|before| break_after(spoken, *before) == Break::None);
            let noun_before = word(spoken, before);
            let thing = if noun_before.ends_with('s') && !is_stop_word(noun_before) { noun_before } else { next };
            return Each::Of(Some(thing.to_owned()).filter(|thing| !is_stop_word(thing)));
        }
        if text == "per" && unit::named(word(spoken, Some(at + 1))).is_none() {
            return Each::Of(Some(word(spoken, Some(at + 1)).to_owned()));
        }
        if back == 1 && text == "with" && quantity.unit.measure == Measure::Count {
            return Each::Likely;
        }
        let at_or_of = matches!(text, "at" | "of" | "with") && (at + 1..start).all(|i| is_hedge(word(spoken, Some(i))));
        if at_or_of && size && quantity.per_time.is_none() {
            return Each::Likely;
        }
        let says = matches!(
            text,
            "is" | "takes" | "does" | "handles" | "holds" | "serves" | "needs" | "weighs" | "do" | "handle"
        );
        if says && copula.is_none() {
            copula = Some(at);
        }
        let counted = size || copula.is_some_and(|at| word(spoken, Some(at)) != "is");
        if let Some(copula) = copula
            && counted
            && matches!(text, "a" | "an" | "one")
            && copula > at + 1
            && copula - at <= 4
        {
            let noun = word(spoken, Some(copula - 1));
            let noun = if matches!(noun, "can" | "will") { word(spoken, Some(copula - 2)) } else { noun };
            return Each::Of(Some(noun.to_owned()).filter(|noun| !is_stop_word(noun)));
        }
    }
    if size && measures_size(spoken, start, floor) { Each::Of(None) } else { Each::No }
}

/// The words before speak of the size of one thing.
pub fn measures_size(spoken: &Spoken, start: usize, floor: usize) -> bool {
    #[rustfmt::skip]
    const SIZED: &[&str] = &[
        "payload", "row", "record", "message", "object", "document", "event", "entry", "image", "photo"
    ];
    (1..=4.min(start - floor)).map(|back| start - back).any(|at| {
        let text = word(spoken, Some(at));
        let same_sentence =
            (at..start).all(|i| break_after(spoken, i) != Break::Sentence && word(spoken, Some(i)) != "so");
        same_sentence && (matches!(text, "average" | "typical" | "size") || SIZED.contains(&text))
    })
}
