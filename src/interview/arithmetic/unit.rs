//! Units of capacity arithmetic, and figures printed for the ear.

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Count,
    Bytes,
    Time,
    Percent,
}

/// A unit: how many base units it holds (bytes, seconds), and its name in the singular ("" for a count).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    pub measure: Measure,
    pub scale: f64,
    pub name: &'static str,
}

pub const COUNT: Unit = Unit { measure: Measure::Count, scale: 1.0, name: "" };
pub const BYTE: Unit = Unit { measure: Measure::Bytes, scale: 1.0, name: "byte" };
pub const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;
/// Rates that are one word are per second.
const SECOND: Unit = Unit { measure: Measure::Time, scale: 1.0, name: "second" };

/// Decimal, as spoken: the two percent between a kilobyte and a kibibyte are no slip.
const BYTES: &[(&str, f64)] = &[
    ("byte", 1.0),
    ("kilobyte", 1e3),
    ("megabyte", 1e6),
    ("gigabyte", 1e9),
    ("terabyte", 1e12),
    ("petabyte", 1e15),
    ("bit", 0.125),
    ("kilobit", 125.0),
    ("megabit", 125e3),
    ("gigabit", 125e6),
    ("terabit", 125e9),
];

/// A month is thirty days here, as it is in such estimates.
const TIMES: &[(&str, f64)] = &[
    ("nanosecond", 1e-9),
    ("microsecond", 1e-6),
    ("millisecond", 1e-3),
    ("second", 1.0),
    ("minute", 60.0),
    ("hour", 3600.0),
    ("day", DAY),
    ("week", 7.0 * DAY),
    ("month", 30.0 * DAY),
    ("year", YEAR),
];

/// The unit of that name, with the period where the word holds one ("qps").
pub fn named(text: &str) -> Option<(Unit, Option<Unit>)> {
    let one = text.strip_suffix('s').filter(|one| one.len() > 2).unwrap_or(text);
    let one = match one {
        "kib" => "kilobyte",
        "mib" => "megabyte",
        "gib" => "gigabyte",
        "tib" => "terabyte",
        "s" => "second",
        "us" => "microsecond",
        "h" => "hour",
        "min" => "minute",
        _ => one,
    };
    match one {
        "percent" => return Some((Unit { measure: Measure::Percent, scale: 1.0, name: "percent" }, None)),
        "qp" | "rp" | "tp" | "qps" | "rps" | "tps" => return Some((COUNT, Some(SECOND))),
        "mbp" | "mbps" => return Some((Unit { measure: Measure::Bytes, scale: 125e3, name: "megabit" }, Some(SECOND))),
        "gbp" | "gbps" => return Some((Unit { measure: Measure::Bytes, scale: 125e6, name: "gigabit" }, Some(SECOND))),
        _ => {}
    }
    let of = |list: &[(&'static str, f64)], measure| {
        let known = list.iter().find(|(name, _)| *name == one);
        known.map(|&(name, scale)| (Unit { measure, scale, name }, None))
    };
    of(BYTES, Measure::Bytes).or_else(|| of(TIMES, Measure::Time))
}

/// A value in base units, in the unit in which it is easiest said: "40 gigabytes", "2.8 hours", "1,000".
pub fn said(value: f64, measure: Measure, bits: bool) -> String {
    let list: Vec<(&str, f64)> = match measure {
        Measure::Count => return figure(value),
        Measure::Percent => return format!("{} percent", figure(value)),
        Measure::Bytes => BYTES.iter().copied().filter(|(name, _)| name.ends_with("bit") == bits).collect(),
        Measure::Time => TIMES.iter().copied().filter(|(name, _)| !matches!(*name, "week" | "month")).collect(),
    };
    let fits = list.iter().rev().find(|(_, scale)| value >= 0.995 * scale).or(list.first());
    let (name, scale) = fits.copied().unwrap_or(("", 1.0));
    let number = figure(value / scale);
    if number == "1" { format!("1 {name}") } else { format!("{number} {name}s") }
}

/// Two or three significant digits, millions and billions as words.
pub fn figure(value: f64) -> String {
    for (scale, name) in [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")] {
        if value >= 0.9995 * scale {
            return format!("{} {name}", figure(value / scale));
        }
    }
    if value >= 1000.0 {
        let whole = (value / 10.0).round() as u64 * 10;
        return format!("{},{:03}", whole / 1000, whole % 1000);
    }
    let places = if value >= 99.5 {
        0
    } else if value >= 9.95 {
        1
    } else if value >= 0.1 {
        2
    } else {
        6
    };
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}
