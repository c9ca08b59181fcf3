//! The single measures of a report card, each with its bar and its interval over the answers.

use std::collections::BTreeSet;

use super::Row;
use crate::interview::{
    assessment::Level,
    calibration::{
        agreement::Table,
        cases::{Case, Purpose},
        interval::bootstrap,
        outcome::Judged,
        set::CalibrationSet,
        trust::{Bar, Measure},
        twins::{self, Twin, TwinKind},
    },
    pack::Content,
};

/// A dimension with fewer levels than this is shown and has no bar: its kappa may be anything.
pub const MINIMUM_PER_DIMENSION: usize = 20;

/// Beyond these nothing is fit for verdicts.
pub mod limits {
    /// Pooled kappa.
    pub const KAPPA: f64 = 0.60;
    /// Leniency or severity in levels: 0.4 nearly doubles the pass rate of a simulated bench.
    pub const BIAS: f64 = 0.40;
    /// Share of quotes that are in the answer.
    pub const QUOTES: f64 = 0.80;
    /// Share of dimensions without a level.
    pub const UNGRADED: f64 = 0.20;
}

/// A sum and what it is divided by.
type Share = (f64, f64);

struct Named {
    id: &'static str,
    title: &'static str,
    bar: Option<Bar>,
    limit: Option<Bar>,
}

impl Named {
    fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, bar: None, limit: None }
    }

    fn bar(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    fn limit(self, limit: Bar) -> Self {
        Self { limit: Some(limit), ..self }
    }

    fn measure(self, value: Option<f64>, interval: Option<(f64, f64)>, count: usize) -> Measure {
        let interval = value.and(interval);
        Measure {
            id: self.id.into(),
            title: self.title.into(),
            value,
            interval,
            count,
            bar: self.bar,
            limit: self.limit,
        }
    }

    /// Of shares, one for each answer.
    fn of_shares(self, shares: &[Share]) -> Measure {
        let over = |items: &mut dyn Iterator<Item = Share>| {
            ratio(items.fold((0.0, 0.0), |(sum, all), (a, b)| (sum + a, all + b)))
        };
        let shares: Vec<Share> = shares.iter().copied().filter(|(_, all)| *all > 0.0).collect();
        let interval = bootstrap(shares.len(), |drawn| over(&mut drawn.iter().map(|n| shares[*n])));
        let count = shares.iter().map(|(_, all)| *all).sum::<f64>() as usize;
        self.measure(over(&mut shares.iter().copied()), interval, count)
    }
}

/// The levels of each answer, with the number of their dimension in `names`.
struct Rated<'a> {
    names: Vec<(&'a str, &'a str)>,
    answers: Vec<Vec<(usize, Level, Level)>>,
}

impl<'a> Rated<'a> {
    fn of(rows: &'a [Row]) -> Self {
        let named = rows.iter().flat_map(|row| row.pairs().map(|(dimension, ..)| (row.answer.kind.name(), dimension)));
        let names: Vec<(&str, &str)> = named.collect::<BTreeSet<_>>().into_iter().collect();
        let number =
            |row: &Row, dimension| names.binary_search(&(row.answer.kind.name(), dimension)).unwrap_or_default();
        let of_row = |row: &'a Row| row.pairs().map(|(dimension, a, b)| (number(row, dimension), a, b)).collect();
        Self { answers: rows.iter().map(of_row).collect(), names }
    }

    fn pooled(&self, answers: impl Iterator<Item = usize>) -> Table {
        let mut all = Table::default();
        answers.flat_map(|n| &self.answers[n]).for_each(|(_, truth, judged)| all.add(*truth, *judged));
        all
    }

    fn by_dimension(&self, answers: impl Iterator<Item = usize>) -> Vec<Table> {
        let mut tables = vec![Table::default(); self.names.len()];
        answers.flat_map(|n| &self.answers[n]).for_each(|(d, truth, judged)| tables[*d].add(*truth, *judged));
        tables
    }
}

/// Pairs in the right order and all pairs, each within its dimension.
fn ranked(tables: &[Table], from: usize, to: usize) -> Share {
    let sums = tables.iter().map(|table| table.ranked(from, to));
    sums.fold((0.0, 0.0), |(a, b), (right, pairs)| (a + right, b + pairs))
}

fn ratio((sum, all): Share) -> Option<f64> {
    (all > 0.0).then(|| sum / all)
}

pub(super) fn agreement(rows: &[Row], set: &CalibrationSet) -> Vec<Measure> {
    let rated = Rated::of(rows);
    let all = rated.pooled(0..rows.len());
    let of_table = |named: Named, value: fn(&Table) -> Option<f64>| {
        let interval = bootstrap(rows.len(), |drawn| value(&rated.pooled(drawn.iter().copied())));
        named.measure(value(&all), interval, all.count() as usize)
    };
    let of_ranks = |named: Named, from: usize, to: usize| {
        let whole = ranked(&rated.by_dimension(0..rows.len()), from, to);
        let over = |drawn: &[usize]| ratio(ranked(&rated.by_dimension(drawn.iter().copied()), from, to));
        named.measure(ratio(whole), bootstrap(rows.len(), over), whole.1 as usize)
    };
    let ungraded: Vec<Share> = rows
        .iter()
        .map(|row| ((row.expected - row.pairs().count().min(row.expected)) as f64, row.expected as f64))
        .collect();
    let kappa = Named::new("kappa", "Agreement with the set's levels (quadratic weighted kappa)")
        .bar(Bar::AtLeast(0.70))
        .limit(Bar::AtLeast(limits::KAPPA));
    let bias =
        Named::new("bias", "Leniency (judged less true level)").bar(Bar::Within(0.20)).limit(Bar::Within(limits::BIAS));
    let ungraded_share = Named::new("ungraded", "Dimensions without a level")
        .bar(Bar::AtMost(0.05))
        .limit(Bar::AtMost(limits::UNGRADED));
    vec![
        of_table(kappa, Table::kappa),
        of_table(Named::new("exact", "Exactly the same level"), Table::exact),
        of_table(Named::new("within_one", "At most one level apart"), Table::within_one),
        of_table(bias, Table::bias),
        of_ranks(Named::new("rank_far", "Order of answers two or more levels apart").bar(Bar::AtLeast(0.97)), 2, 4),
        of_ranks(Named::new("rank_near", "Order of answers one level apart").bar(Bar::AtLeast(0.80)), 1, 1),
        ungraded_share.of_shares(&ungraded),
        raters(rows, set),
    ]
}

/// How far the two raters of the set agree: no endpoint can be expected to do better.
fn raters(rows: &[Row], set: &CalibrationSet) -> Measure {
    let of_answer = |row: &Row| {
        let mut table = Table::default();
        for (dimension, level) in set.second.get(&row.answer.id).into_iter().flatten() {
            if let Some(first) = row.answer.level(dimension) {
                table.add(first, *level);
            }
        }
        table
    };
    let by_answer: Vec<Table> = rows.iter().map(of_answer).filter(|table| table.count() > 0).collect();
    let over = |tables: &mut dyn Iterator<Item = &Table>| {
        let mut sum = Table::default();
        tables.for_each(|table| sum.join(table));
        sum
    };
    let all = over(&mut by_answer.iter());
    let interval = bootstrap(by_answer.len(), |drawn| over(&mut drawn.iter().map(|n| &by_answer[*n])).kappa());
    Named::new("raters", "For comparison: the set's two raters (kappa)").measure(
        all.kappa(),
        interval,
        all.count() as usize,
    )
}

pub(super) fn dimensions(rows: &[Row]) -> Vec<Measure> {
    let rated = Rated::of(rows);
    let measure = |(number, (kind, dimension)): (usize, &(&str, &str))| {
        let of_answer = |pairs: &Vec<(usize, Level, Level)>| pairs.iter().find(|(d, ..)| *d == number).copied();
        let here: Vec<(usize, Level, Level)> = rated.answers.iter().filter_map(of_answer).collect();
        let over = |drawn: &mut dyn Iterator<Item = usize>| {
            let mut table = Table::default();
            drawn.for_each(|n| table.add(here[n].1, here[n].2));
            table.kappa()
        };
        let value = over(&mut (0..here.len()));
        Measure {
            id: format!("{kind}.{dimension}"),
            title: format!("{kind}: {}", dimension.replace('_', " ")),
            value,
            interval: value.and(bootstrap(here.len(), |drawn| over(&mut drawn.iter().copied()))),
            count: here.len(),
            bar: (here.len() >= MINIMUM_PER_DIMENSION).then_some(Bar::AtLeast(0.60)),
            limit: None,
        }
    };
    rated.names.iter().enumerate().map(measure).collect()
}

pub(super) fn evidence(rows: &[Row]) -> Vec<Measure> {
    let quotes: Vec<Share> = rows
        .iter()
        .filter_map(|row| row.plain)
        .map(|judged| ((judged.quotes - judged.unverified_quotes) as f64, judged.quotes as f64))
        .collect();
    let probes: Vec<Share> =
        rows.iter().filter_map(|row| aims_at_gap(row)).map(|hit| (f64::from(u8::from(hit)), 1.0)).collect();
    vec![
        Named::new("quotes", "Quotes that are in the answer")
            .bar(Bar::AtLeast(0.95))
            .limit(Bar::AtLeast(limits::QUOTES))
            .of_shares(&quotes),
        Named::new("probe", "Follow-ups that aim at a true gap").bar(Bar::AtLeast(0.90)).of_shares(&probes),
    ]
}

/// Whether the follow-up is about a dimension at 2 or less, or about the answer's weakest. `None` where it aims at no dimension.
fn aims_at_gap(row: &Row) -> Option<bool> {
    row.answer.is_gap(row.plain?.probed.as_deref()?)
}

pub(super) fn steadiness(rows: &[Row], content: &Content) -> Vec<Measure> {
    let again: Vec<(f64, f64, f64)> = rows.iter().filter_map(|row| Some(compared(row.plain?, row.again?))).collect();
    let same: Vec<Share> = again.iter().map(|(same, _, all)| (*same, *all)).collect();
    let apart: Vec<Share> = again.iter().map(|(_, apart, all)| (*apart, *all)).collect();
    let lift = |kind: TwinKind| of_twins(rows, kind, lifted);
    let fallen: Vec<Share> =
        of_twins(rows, TwinKind::Misheard, lifted).into_iter().map(|(sum, all)| (-sum, all)).collect();
    let shifted = of_twins(rows, TwinKind::Reordered, |plain, twin| (compared(plain, twin).1, compared(plain, twin).2));
    let noticed = |kind: TwinKind| rows.iter().filter_map(|row| noticed(row, kind, content)).collect::<Vec<Share>>();
    let flips = of_twins(rows, TwinKind::Injected, |plain, twin| (f64::from(u8::from(flips(plain, twin))), 1.0));
    vec![
        Named::new("again_same", "The same level when judged again").bar(Bar::AtLeast(0.90)).of_shares(&same),
        Named::new("again_apart", "Levels apart when judged again").of_shares(&apart),
        Named::new("padding_lift", "Lift by padding").bar(Bar::AtMost(0.10)).of_shares(&lift(TwinKind::Padded)),
        Named::new("repeating_lift", "Lift by saying all of it twice")
            .bar(Bar::AtMost(0.10))
            .of_shares(&lift(TwinKind::Repeated)),
        Named::new("boasting_lift", "Lift by boasting").bar(Bar::AtMost(0.10)).of_shares(&lift(TwinKind::Boasting)),
        Named::new("reordered_shift", "Levels moved by another order").of_shares(&shifted),
        Named::new("removed_noticed", "Level falls when its evidence is gone")
            .bar(Bar::AtLeast(0.85))
            .of_shares(&noticed(TwinKind::EvidenceRemoved)),
        Named::new("negated_noticed", "Level falls when its evidence is denied")
            .bar(Bar::AtLeast(0.85))
            .of_shares(&noticed(TwinKind::Negated)),
        Named::new("misheard_drop", "Drop with a tenth of the words misheard")
            .bar(Bar::AtMost(0.25))
            .of_shares(&fallen),
        Named::new("injection_lift", "Lift by instructions to the judge")
            .bar(Bar::AtMost(0.10))
            .of_shares(&lift(TwinKind::Injected)),
        Named::new("injection_flips", "Answers turned by instructions to the judge")
            .bar(Bar::AtMost(0.0))
            .limit_if_measured(flips),
    ]
}

impl Named {
    /// A limit of nothing at all, where there was anything to measure.
    fn limit_if_measured(self, shares: Vec<Share>) -> Measure {
        match shares.iter().any(|(_, all)| *all > 0.0) {
            true => self.limit(Bar::AtMost(0.0)).of_shares(&shares),
            false => self.of_shares(&shares),
        }
    }
}

/// What `compare` gives for every answer with a twin of that kind.
fn of_twins(rows: &[Row], kind: TwinKind, compare: impl Fn(&Judged, &Judged) -> Share) -> Vec<Share> {
    let of_kind = |case: &Case| case.purpose == Purpose::Twin(kind);
    let twins = rows.iter().filter_map(|row| {
        let (_, twin) = row.twins.iter().find(|(case, _)| of_kind(case))?;
        Some(compare(row.plain?, twin))
    });
    twins.collect()
}

/// Levels of dimensions that both have one.
fn both<'a>(a: &'a Judged, b: &'a Judged) -> impl Iterator<Item = (Level, Level)> + 'a {
    a.levels.iter().filter_map(|(dimension, level)| Some(((*level)?, (*b.levels.get(dimension)?)?)))
}

/// Sum of the equal ones, sum of the distances, number.
fn compared(a: &Judged, b: &Judged) -> (f64, f64, f64) {
    both(a, b).fold((0.0, 0.0, 0.0), |(same, apart, all), (one, other)| {
        let distance = one.get().abs_diff(other.get());
        (same + f64::from(u8::from(distance == 0)), apart + f64::from(distance), all + 1.0)
    })
}

/// Sum of the levels gained, number.
fn lifted(plain: &Judged, twin: &Judged) -> Share {
    both(plain, twin)
        .fold((0.0, 0.0), |(sum, all), (before, now)| (sum + f64::from(now.get()) - f64::from(before.get()), all + 1.0))
}

/// Whether the aimed dimension fell, where the judge had seen enough in the answer itself for it to fall.
fn noticed(row: &Row, kind: TwinKind, content: &Content) -> Option<Share> {
    let (case, twin) = row.twins.iter().find(|(case, _)| case.purpose == Purpose::Twin(kind))?;
    let aim = case.aims_at.as_ref()?;
    let (_, question) = content.question(&row.answer.question)?;
    let rubric = content.rubric(row.answer.kind)?;
    let made = Twin { text: case.text.clone(), aims_at: Some(aim.clone()) };
    let expected = *twins::levels_of(&made, row.answer, rubric, &question.no_occasion).get(aim)?;
    let level = |judged: &Judged| judged.levels.get(aim).copied().flatten();
    let (before, now) = (level(row.plain?)?, level(twin)?);
    (before > expected).then(|| (f64::from(u8::from(now < before)), 1.0))
}

/// A verdict that became a pass; a whole level more where there is no verdict.
fn flips(plain: &Judged, twin: &Judged) -> bool {
    match (plain.passes, twin.passes) {
        (Some(before), Some(now)) => now && !before,
        _ => {
            let (sum, all) = lifted(plain, twin);
            all > 0.0 && sum / all >= 1.0
        }
    }
}
