//! The little statistics that the table needs. Bounds are one-sided, at 95 %, and exact.

/// Nearest rank.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Upper bound of a percentile by order statistics: the smallest value measured that lies above it with 95 % confidence. `None` where
/// there are too few values to say (59 are needed for the 95th).
pub fn percentile_bound(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = percent / 100.0;
    let rank = (0..sorted.len()).find(|rank| at_most(*rank, sorted.len(), share) >= 0.95)?;
    Some(sorted[rank])
}

/// The same, as it is shown.
pub fn percentile_bound_text(values: &[f64], unit: &str) -> String {
    let shown = |percent| match percentile_bound(values, percent) {
        Some(bound) => format!("{bound:.2} {unit}"),
        None => "n too small".to_owned(),
    };
    format!("p50 {}, p95 {}", shown(50.0), shown(95.0))
}

/// Upper bound of a share by Clopper and Pearson; of nothing in `n` it is the rule of three, exactly.
pub fn share_bound(hits: usize, n: usize) -> f64 {
    if n == 0 || hits >= n {
        return 1.0;
    }
    let too_small = |share: f64| at_most(hits, n, share) > 0.05;
    bisect(0.0, 1.0, too_small)
}

/// Upper bound of the mean of a Poisson count.
pub fn count_bound(events: usize) -> f64 {
    let at_most = |mean: f64| {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=events {
            term *= mean / k as f64;
            sum += term;
        }
        sum
    };
    bisect(0.0, 20.0 + 3.0 * events as f64, |mean| at_most(mean) > 0.05)
}

/// "3 of 300 (1.0 %)" in the figures of a share.
pub fn share_text(hits: usize, n: usize) -> String {
    format!("{hits} of {n} ({:.1} %)", 100.0 * hits as f64 / n.max(1) as f64)
}

/// The bound of a share as it is shown.
pub fn share_bound_text(hits: usize, n: usize) -> String {
    format!("{:.1} %", 100.0 * share_bound(hits, n))
}

/// Chance of at most `hits` in `n` when each has the chance `share`.
fn at_most(hits: usize, n: usize, share: f64) -> f64 {
    if share <= 0.0 {
        return 1.0;
    }
    if share >= 1.0 {
        return if hits >= n { 1.0 } else { 0.0 };
    }
    // In logarithms, so that large n do not vanish.
    let odds = (share / (1.0 - share)).ln();
    let mut term = n as f64 * (1.0 - share).ln();
    let mut sum = term.exp();
    for k in 1..=hits.min(n) {
        term += ((n - k + 1) as f64 / k as f64).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

/// Where `low_enough` turns from true to false.
fn bisect(mut low: f64, mut high: f64, low_enough: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if low_enough(middle) { low = middle } else { high = middle }
    }
    high
}

/// Least squares through (x, y): the slope and its standard error.
pub fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let rest: f64 = points.iter().map(|p| (p.1 - y - slope * (p.0 - x)).powi(2)).sum();
    (slope, (rest / (n - 2.0) / spread).sqrt())
}
