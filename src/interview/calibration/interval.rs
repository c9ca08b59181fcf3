//! 95 % intervals by bootstrap: the answers are drawn again and again, with all of their levels, since these hang together.

use super::random::Random;

const DRAWS: usize = 1000;
const SEED: u64 = 0x5EED_CA1B;

/// The 2.5th and the 97.5th percentile of `statistic` over draws of `count` items with replacement; `None` where there are fewer than
/// two items, or where the statistic mostly has no value. The seed is fixed: the same outcomes give the same interval.
pub fn bootstrap(count: usize, statistic: impl Fn(&[usize]) -> Option<f64>) -> Option<(f64, f64)> {
    if count < 2 {
        return None;
    }
    let mut random = Random::new(SEED);
    let mut drawn = vec![0; count];
    let mut values: Vec<f64> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        drawn.iter_mut().for_each(|item| *item = random.below(count));
        values.extend(statistic(&drawn));
    }
    if values.len() < DRAWS / 2 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Some((at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_about_two_standard_errors_wide() {
        let items: Vec<f64> = (0..100).map(|n| f64::from(n % 10)).collect();
        let mean = |drawn: &[usize]| Some(drawn.iter().map(|n| items[*n]).sum::<f64>() / drawn.len() as f64);
        let (low, high) = bootstrap(items.len(), mean).unwrap();
        assert!((high - low - 2.0 * 1.96 * 0.287).abs() < 0.12, "{low} to {high}");
        assert!(low < 4.5 && 4.5 < high);
        assert_eq!(bootstrap(items.len(), mean), Some((low, high)));
        assert_eq!(bootstrap(1, mean), None);
        assert_eq!(bootstrap(9, |_| None), None);
    }
}
