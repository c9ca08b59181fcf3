//! Claims that need no operands: how long a day is, what some nines allow, and by how much a thing can shrink.

use std::ops::Range;

use super::{
    Arithmetic, FAIR, SLIP, Slip, Worked,
    quantity::Quantity,
    unit::{self, Measure},
};
use crate::interview::{
    coverage::break_after,
    words::{Break, Spoken, is_negation},
};

/// Checks every quantity by itself.
pub fn check(spoken: &Spoken, all: &[Quantity]) -> Arithmetic {
    let mut found = Arithmetic::default();
    for q in all.iter().filter(|q| !q.vague) {
        calendar(spoken, q, &mut found);
        downtime(spoken, all, q, &mut found);
        shrinking(spoken, q, &mut found);
    }
    found
}

fn text<'a>(spoken: &'a Spoken, at: usize) -> &'a str {
    spoken.forms.get(at).map_or("", |form| form.text.as_str())
}

/// Compares, and notes the slip or the confirmation.
fn note(spoken: &Spoken, words: Range<usize>, claim: &Quantity, right: (f64, String), found: &mut Arithmetic) {
    let off = claim.in_period() / right.0;
    let evidence = spoken.evidence("arithmetic", words);
    let (claimed, working) = (spoken.cut(claim.words.clone()), right.1);
    if (1.0 / FAIR..=FAIR).contains(&off) {
        found.worked.push(Worked { working: format!("{working}."), evidence });
    } else if !(1.0 / SLIP..SLIP).contains(&off) && !claim.bound {
        let computed = unit::said(right.0, claim.unit.measure, false);
        let working = format!("{working}, not {claimed}.");
        found.slips.push(Slip {
            claimed,
            computed,
            times_off: Some(off).filter(|off| off.is_finite()),
            working,
            evidence,
        });
    }
}

/// "a hundred thousand seconds in a day", "a day has 86,400 seconds".
fn calendar(spoken: &Spoken, q: &Quantity, found: &mut Arithmetic) {
    // Fewer are a duration that recurs: "five minutes in an hour".
    if q.unit.measure != Measure::Time || q.as_said() < 1000.0 {
        return;
    }
    let (start, end) = (q.forms.start, q.forms.end);
    let period =
        |at: usize| unit::named(text(spoken, at)).map(|(unit, _)| unit).filter(|unit| unit.measure == Measure::Time);
    let inside = matches!(text(spoken, end), "in" | "per") && matches!(text(spoken, end + 1), "a" | "one" | "1" | "an");
    let before = |back: usize| start.checked_sub(back).map_or("", |at| text(spoken, at));
    let has = (1..=4).find(|back| before(*back) == "has").and_then(|back| start.checked_sub(back + 1));
    let (period, words) = if inside && let Some(period) = period(end + 2) {
        (period, q.words.start..spoken.forms[end + 2].words.end)
    } else if let Some(period) = q.per_time {
        (period, q.words.clone())
    } else if let Some((at, period)) = has.and_then(|at| Some((at, period(at)?))) {
        (period, spoken.forms[at].words.start..q.words.end)
    } else {
        return;
    };
    if period.scale <= q.unit.scale || !matches!(period.name, "minute" | "hour" | "day" | "week" | "month" | "year") {
        return;
    }
    let right = period.scale / q.unit.scale;
    let working = format!("A {} has {} {}s", period.name, unit::figure(right), q.unit.name);
    note(spoken, words, q, (period.scale, working), found);
}

/// "four nines is fifty two minutes a year".
fn downtime(spoken: &Spoken, all: &[Quantity], q: &Quantity, found: &mut Arithmetic) {
    let Some(period) = q.per_time.filter(|_| q.unit.measure == Measure::Time).or_else(|| period_behind(spoken, q))
    else {
        return;
    };
    let Some(before) = all.iter().rfind(|other| other.forms.end <= q.forms.start) else { return };
    let nines = before.thing.as_deref() == Some("nines") && (2.0..=7.0).contains(&before.value);
    let share = before.unit.measure == Measure::Percent && (90.0..100.0).contains(&before.value);
    let gap = before.forms.end..q.forms.start;
    let near = gap.len() <= 8
        && gap.clone().all(|i| break_after(spoken, i) != Break::Sentence && !is_negation(text(spoken, i)));
    let ties = gap
        .clone()
        .any(|i| matches!(text(spoken, i), "is" | "that" | "means" | "so" | "gives" | "allows" | "or" | "of"));
    let about = gap.start.saturating_sub(6)..(q.forms.end + 6).min(spoken.forms.len());
    let of_downtime =
        about.clone().any(|i| text(spoken, i).starts_with("down") || text(spoken, i).starts_with("outage"));
    if !(nines || share && of_downtime) || !near || !ties || period.scale < unit::DAY {
        return;
    }
    let down = if nines { 10f64.powf(-before.value) } else { 1.0 - before.value / 100.0 };
    let allowed = down * period.scale;
    let said = spoken.cut(before.words.clone());
    let working = format!("{said} allows {} of downtime a {}", unit::said(allowed, Measure::Time, false), period.name);
    let mut claim = q.clone();
    claim.value = q.as_said() * q.unit.scale;
    claim.per_time = None;
    note(spoken, before.words.start..q.words.end, &claim, (allowed, working), found);
}

/// "fifty two minutes of downtime per year", "five minutes of downtime in a month".
fn period_behind(spoken: &Spoken, q: &Quantity) -> Option<unit::Unit> {
    if q.unit.measure != Measure::Time {
        return None;
    }
    let place =
        (q.forms.end..q.forms.end + 5).find(|at| matches!(text(spoken, *at), "per" | "a" | "every" | "each"))?;
    unit::named(text(spoken, place + 1)).map(|(unit, _)| unit).filter(|unit| unit.measure == Measure::Time)
}

/// Nothing can be cut by more than all of it.
fn shrinking(spoken: &Spoken, q: &Quantity, found: &mut Arithmetic) {
    if q.unit.measure != Measure::Percent || q.value <= 100.0 {
        return;
    }
    const CUTS: &[&str] =
        &["cut", "reduc", "decreas", "drop", "lower", "fell", "shrank", "shrunk", "went down", "came down"];
    let before: Vec<&str> = (q.forms.start.saturating_sub(6)..q.forms.start).map(|at| text(spoken, at)).collect();
    let same_sentence =
        (q.forms.start.saturating_sub(6)..q.forms.start).all(|at| break_after(spoken, at) != Break::Sentence);
    let by = before.iter().rev().take(3).any(|word| *word == "by");
    let cuts = CUTS.iter().any(|cut| match cut.split_once(' ') {
        Some((verb, down)) => before.windows(2).any(|pair| pair == [verb, down]),
        None => before.iter().any(|word| word.starts_with(cut)),
    });
    let less = matches!(text(spoken, q.forms.end), "less" | "fewer" | "lower" | "reduction" | "decrease" | "drop");
    if !(less || cuts && by && same_sentence) || before.iter().any(|word| is_negation(word)) {
        return;
    }
    let claimed = spoken.cut(q.words.clone());
    let start = spoken.forms[q.forms.start.saturating_sub(if less { 0 } else { 6 })].words.start;
    found.slips.push(Slip {
        working: format!("A cut is 100 percent at most, when nothing is left, so it cannot be {claimed}."),
        claimed,
        computed: "100 percent at most".to_owned(),
        times_off: Some(q.value / 100.0),
        evidence: spoken.evidence("arithmetic", start..q.words.end),
    });
}
