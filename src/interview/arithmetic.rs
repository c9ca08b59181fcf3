//! The referee of spoken capacity arithmetic: finds what a candidate says follows from figures said before, computes it again, and
//! shows the working. Slips of about tenfold are reported; estimates within a factor of three are confirmed.
//!
//! It is silent when it is unsure: where a unit is missing, where the operands might not belong together, where the figure
//! is a bound, a range or a peak, and where any other reading of the words comes out right. Nothing here becomes a level.

mod derivation;
mod each;
mod known;
mod link;
pub(super) mod quantity;
pub(super) mod unit;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::{
    derivation::{Derivation, Way, derivations, expression},
    link::{Link, is_extreme, is_modified, is_operand, is_taken_back, link, operators, window},
    quantity::{Quantity, quantities},
    unit::Measure,
};
use super::{assessment::Evidence, transcript::Transcript, words::Spoken};

/// From this factor on a claim is a slip: about one order of magnitude, bits for bytes included.
pub const SLIP: f64 = 7.0;
/// Up to this factor a claim is a fair estimate.
pub const FAIR: f64 = 3.0;
/// The same where the operands only seem to belong together.
const FAIR_LOOSELY: f64 = 1.6;
/// What the referee found in one answer, each in the order said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Arithmetic {
    pub slips: Vec<Slip>,
    pub worked: Vec<Worked>,
}

/// A figure that does not follow from the figures it is said to follow from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slip {
    /// The candidate's words: "a thousand a second".
    pub claimed: String,
    /// What comes out: "92.6 a second".
    pub computed: String,
    /// How many times too large (above 1) or too small (below 1) the claim is; `None` where it cannot be at all.
    pub times_off: Option<f64>,
    /// One sentence with the operands in the candidate's words.
    pub working: String,
    /// From the first operand to the claim.
    pub evidence: Evidence,
}

/// A figure that does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    pub working: String,
    pub evidence: Evidence,
}

/// Checks the arithmetic spoken in one answer.
pub fn referee(transcript: &Transcript) -> Arithmetic {
    let spoken = Spoken::of(transcript);
    let all = quantities(&spoken);
    let mut found = known::check(&spoken, &all);
    for at in 0..all.len() {
        let taken =
            |evidence: &Evidence| evidence.words.0 < all[at].words.end && all[at].words.start < evidence.words.1;
        if !found.slips.iter().any(|slip| taken(&slip.evidence)) {
            check_claim(&spoken, &all, at, &mut found);
        }
    }
    found.slips.sort_by_key(|slip| slip.evidence.words);
    found.worked.sort_by_key(|worked| worked.evidence.words);
    found
}

fn check_claim(spoken: &Spoken, all: &[Quantity], at: usize, found: &mut Arithmetic) {
    let claim = &all[at];
    let start = window(spoken, all, at);
    let Some(link) = at.checked_sub(1).and_then(|before| link(spoken, &all[before], claim)) else { return };
    if start == at || claim.vague || is_operand(spoken, claim) || is_extreme(spoken, all, at) {
        return;
    }
    let operands: Vec<&Quantity> = all[start..at].iter().collect();
    let operators = operators(spoken, &operands);
    let mut ways = derivations(&operands, claim);
    let mut spoken_out = 0;
    if !operators.is_empty() {
        ways.iter_mut().for_each(|way| way.certain = false);
        let first = operands.len() - operators.len() - 1;
        let mut said = expression(&operands[first..], &operators, claim);
        said.iter_mut().flat_map(|way| way.operands.iter_mut()).for_each(|operand| *operand += first);
        spoken_out = said.len();
        said.append(&mut ways);
        ways = said;
    }
    let off = |way: &Derivation| claim.value / way.value;
    let within = |way: &Derivation, factor: f64| (1.0 / factor..=factor).contains(&off(way));
    let closest = |ways: &[Derivation]| {
        let right = ways.iter().filter(|way| within(way, if way.certain { FAIR } else { FAIR_LOOSELY }));
        right.min_by(|a, b| rank(a, off(a)).total_cmp(&rank(b, off(b)))).cloned()
    };
    // Operators leave no other reading.
    let readings = if spoken_out > 0 { &ways[..spoken_out] } else { &ways };
    let closest = closest(readings);
    let one_measure = claim.unit.measure != Measure::Count && claim.per_time.is_none();
    // Two durations or two sizes side by side are the same only where the words say so.
    let unsaid = |way: &Derivation| one_measure && way.way == Way::Conversion && link != Link::Equates;
    if let Some(way) = closest.filter(|way| !unsaid(way)) {
        let (working, words) = working(spoken, &operands, claim, &way);
        found.worked.push(Worked { working: format!("{working}."), evidence: spoken.evidence("arithmetic", words) });
        return;
    }
    // Any other reading that comes near will do; long ones must come out right.
    let explained = readings.iter().any(|way| within(way, if way.operands.len() < 3 { SLIP } else { FAIR_LOOSELY }));
    let certain: Vec<&Derivation> = ways.iter().filter(|way| way.certain).collect();
    let Some(way) = certain.first().filter(|_| !explained && link != Link::Beside) else { return };
    if claim.bound || operands.iter().any(|q| q.bound) || unsaid(way) {
        return;
    }
    let (working, words) = working(spoken, &operands, claim, way);
    if is_taken_back(spoken, claim) || is_modified(spoken, &words) {
        return;
    }
    let claimed = spoken.cut(claim.words.clone());
    let working = format!("{working}, not {claimed}.");
    let evidence = spoken.evidence("arithmetic", words);
    found.slips.push(Slip {
        claimed,
        computed: computed(way.value, claim),
        times_off: Some(off(way)),
        working,
        evidence,
    });
}

/// Prefers what was certainly meant, then what needs fewer operands, then what is nearest.
fn rank(way: &Derivation, off: f64) -> f64 {
    let doubt = if way.certain { 0.0 } else { 100.0 };
    doubt + 10.0 * way.operands.len() as f64 + off.ln().abs()
}

fn working(spoken: &Spoken, operands: &[&Quantity], claim: &Quantity, way: &Derivation) -> (String, Range<usize>) {
    let said: Vec<String> = way.operands.iter().map(|i| spoken.cut(operands[*i].words.clone())).collect();
    let computed = computed(way.value, claim);
    let text = match way.way {
        Way::Conversion => format!("{} is about {computed}", said.join(" ")),
        Way::Product => format!("{} is about {computed}", said.join(" times ")),
        Way::Quotient => format!("{} is about {computed}", said.join(" divided by ")),
    };
    let start = way.operands.iter().map(|i| operands[*i].words.start).min().unwrap_or(claim.words.start);
    (text, start..claim.words.end)
}

/// A value in base units, said in the claim's period.
fn computed(value: f64, claim: &Quantity) -> String {
    let value = value * claim.per_time.map_or(1.0, |period| period.scale);
    let near = (1.0 / FAIR..=FAIR).contains(&(claim.in_period() / value)) && !claim.unit.name.is_empty();
    let text = match near {
        true => format!("{} {}s", unit::figure(value / claim.unit.scale), claim.unit.name),
        false => unit::said(value, claim.unit.measure, claim.unit.name.ends_with("bit")),
    };
    let thing = claim.thing.as_ref().map_or(String::new(), |thing| format!(" {thing}"));
    match claim.per_time {
        Some(period) => format!("{text}{thing} {} {}", if period.name == "hour" { "an" } else { "a" }, period.name),
        None => format!("{text}{thing}"),
    }
}

#[cfg(test)]
mod tests;
