//! Which values follow from which quantities: conversions, products and quotients whose units come out right.
//!
//! It proposes; the referee in [`super`] decides which proposal, if any, the speaker meant.

use super::{
    quantity::{Each, Quantity, may_be_same},
    unit::Measure,
};

/// A value that follows from some of the operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivation {
    /// In the claim's base units; per second where the claim is a rate.
    pub value: f64,
    /// Indices into the operands, in the order of `way`.
    pub operands: Vec<usize>,
    pub way: Way,
    /// The words leave no doubt that these belong together. The others can confirm a claim, never refute it.
    pub certain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Conversion,
    Product,
    Quotient,
}

/// How two neighbouring quantities are joined by a spoken operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Times,
    Over,
}

/// All that may lead from the operands (in the order said, the last is nearest) to the claim.
pub fn derivations(operands: &[&Quantity], claim: &Quantity) -> Vec<Derivation> {
    let mut found = Vec::new();
    let last = operands.len().wrapping_sub(1);
    for (i, a) in operands.iter().enumerate() {
        conversion(a, claim, i, i == last, &mut found);
        for (j, b) in operands.iter().enumerate().skip(i + 1) {
            let adjacent = i + 1 == j && j == last;
            product(&[(i, *a), (j, *b)], claim, adjacent && is_each_of(a, b, claim), &mut found);
            quotient((i, *a), (j, *b), claim, adjacent, &mut found);
            quotient((j, *b), (i, *a), claim, false, &mut found);
            for (k, c) in operands.iter().enumerate().skip(j + 1) {
                let chained = is_total(a)
                    && is_of_each(b, a)
                    && matches!(&c.each, Each::Of(thing) if may_be_same(thing.as_deref(), b.thing.as_deref()));
                let certain = adjacent_three(i, j, k, last) && chained && b.unit.measure == Measure::Count;
                product(&[(i, *a), (j, *b), (k, *c)], claim, certain, &mut found);
            }
        }
    }
    found
}

fn adjacent_three(i: usize, j: usize, k: usize, last: usize) -> bool {
    i + 1 == j && j + 1 == k && k == last
}

/// The value of a spoken expression ("a million users times ten requests"), by its units and by its bare figures.
pub fn expression(operands: &[&Quantity], operators: &[Operator], claim: &Quantity) -> Vec<Derivation> {
    let joined = || operands.iter().skip(1).zip(operators);
    let way = if operators.contains(&Operator::Over) { Way::Quotient } else { Way::Product };
    let make = |value, certain| Derivation { value, operands: (0..operands.len()).collect(), way, certain };
    let Some(first) = operands.first() else { return Vec::new() };
    let by = |value_of: fn(&Quantity) -> f64| {
        joined().fold(value_of(first), |total, (next, operator)| match operator {
            Operator::Times => total * value_of(next),
            Operator::Over => total / value_of(next),
        })
    };
    let start = first.dimension();
    let dimension = joined().fold(start, |total, (next, operator)| {
        let (total, next) = (total?, next.dimension()?);
        let sign = if *operator == Operator::Times { 1 } else { -1 };
        Some((total.0 + sign * next.0, total.1 + sign * next.1))
    });
    let period = claim.per_time.map_or(1.0, |period| period.scale);
    let mut found = Vec::new();
    if dimension.is_some() && dimension == claim.dimension() {
        found.push(make(by(|q| q.value), true));
    }
    // By the bare figures: a unit was left out, or is known from the context. This confirms, and never refutes.
    found.push(make(by(Quantity::in_period) / period, false));
    found.push(make(by(|q| q.as_said()) * claim.unit.scale / period, false));
    found
}

fn conversion(from: &Quantity, claim: &Quantity, at: usize, nearest: bool, found: &mut Vec<Derivation>) {
    let same_unit = from.unit == claim.unit && from.per_time == claim.per_time;
    let same_kind = from.unit.measure == claim.unit.measure && from.dimension() == claim.dimension();
    let same_each = (from.each == Each::No) == (claim.each == Each::No);
    let dimension = from.dimension().unwrap_or_default();
    if same_unit || !same_kind || !same_each || dimension == (0, 0) {
        return;
    }
    if may_be_same(from.thing.as_deref(), claim.thing.as_deref()) {
        found.push(Derivation { value: from.value, operands: vec![at], way: Way::Conversion, certain: nearest });
    }
}

/// Whole things, or a rate of them: something that "each" can multiply.
fn is_total(q: &Quantity) -> bool {
    q.unit.measure == Measure::Count && q.each == Each::No
}

/// `b` is said of each of what `a` counts.
fn is_of_each(b: &Quantity, a: &Quantity) -> bool {
    let named = |thing: &Option<String>| thing.is_none() || a.thing.is_some();
    matches!(&b.each, Each::Of(thing) if named(thing) && may_be_same(thing.as_deref(), a.thing.as_deref()))
}

fn is_each_of(a: &Quantity, b: &Quantity, claim: &Quantity) -> bool {
    let said_before = |a: &Quantity, b: &Quantity| match (&a.each, &b.thing) {
        (Each::Of(Some(thing)), Some(counted)) => may_be_same(Some(thing), Some(counted)) && is_total(b),
        _ => false,
    };
    let total_is_of_b = b.unit.measure != Measure::Count
        || claim.thing.is_none()
        || may_be_same(b.thing.as_deref(), claim.thing.as_deref());
    (is_total(a) && is_of_each(b, a) && total_is_of_b)
        || (b.unit.measure == Measure::Count && said_before(a, b) && a.unit.measure == Measure::Bytes)
}

fn product(parts: &[(usize, &Quantity)], claim: &Quantity, certain: bool, found: &mut Vec<Derivation>) {
    let rates = parts.iter().filter(|(_, q)| q.per_time.is_some()).count();
    let counts_only = parts.iter().all(|(_, q)| q.unit.measure == Measure::Count);
    let any_each = parts.iter().skip(1).any(|(_, q)| q.each != Each::No) && parts.len() == 2
        || parts.iter().any(|(_, q)| matches!(q.each, Each::Of(_)));
    let shares = parts.iter().any(|(_, q)| q.unit.measure == Measure::Percent);
    // Two plain counts side by side are mostly two facts; of what a share is, is rarely sure.
    if shares || rates > 1 || claim.each != Each::No || (counts_only && !any_each) {
        return;
    }
    let dimension = parts.iter().filter_map(|(_, q)| q.dimension()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let Some(wanted) = claim.dimension() else { return };
    let operands: Vec<usize> = parts.iter().map(|(at, _)| *at).collect();
    let make = |value, certain| Derivation { value, operands: operands.clone(), way: Way::Product, certain };
    if dimension == wanted {
        let value = parts.iter().map(|(_, q)| q.value).product();
        found.push(make(value, certain));
    } else if dimension.0 == wanted.0 && (dimension.1 + 1 == wanted.1 || dimension.1 == wanted.1 + 1) {
        // One of them left the period out: the same period is meant, or nothing is known.
        let value: f64 = parts.iter().map(|(_, q)| q.in_period()).product();
        found.push(make(value / claim.per_time.map_or(1.0, |period| period.scale), false));
    }
}

fn quotient(
    a: (usize, &Quantity),
    b: (usize, &Quantity),
    claim: &Quantity,
    adjacent: bool,
    found: &mut Vec<Derivation>,
) {
    let (Some(over), Some(under), Some(wanted)) = (a.1.dimension(), b.1.dimension(), claim.dimension()) else { return };
    let counts_only = [a.1, b.1].iter().all(|q| q.dimension() == Some((0, 0)));
    if (over.0 - under.0, over.1 - under.1) != wanted || b.1.value <= 0.0 {
        return;
    }
    let how_many = match (&b.1.each, &claim.thing) {
        (Each::Of(Some(one)), Some(many)) => may_be_same(Some(one), Some(many)) && a.1.each == Each::No,
        _ => false,
    };
    let sent = a.1.dimension() == Some((1, 0)) && b.1.dimension() == Some((1, -1)) && a.1.each == Each::No;
    let certain = adjacent && (how_many || sent) && claim.each == Each::No;
    if counts_only && !certain {
        return;
    }
    found.push(Derivation { value: a.1.value / b.1.value, operands: vec![a.0, b.0], way: Way::Quotient, certain });
}
