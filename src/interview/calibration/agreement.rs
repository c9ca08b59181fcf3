//! How two ratings of the same things agree: quadratic weighted kappa, exact, within one, bias, rank accuracy.

use crate::interview::assessment::Level;

/// How often which true level got which judged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Table([[u32; 5]; 5]);

impl Table {
    pub fn add(&mut self, truth: Level, judged: Level) {
        self.0[usize::from(truth.get())][usize::from(judged.get())] += 1;
    }

    pub fn join(&mut self, other: &Table) {
        for (row, others) in self.0.iter_mut().zip(&other.0) {
            for (cell, more) in row.iter_mut().zip(others) {
                *cell += more;
            }
        }
    }

    pub fn count(&self) -> u32 {
        self.0.iter().flatten().sum()
    }

    /// Every cell that is not empty: true level, judged level, how often.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let row = |(truth, row): (usize, &'_ [u32; 5])| {
            let row = *row;
            (0..5).filter(move |judged| row[*judged] > 0).map(move |judged| (truth, judged, f64::from(row[judged])))
        };
        self.0.iter().enumerate().flat_map(row)
    }

    fn mean(&self, value: impl Fn(usize, usize) -> f64) -> Option<f64> {
        let sum: f64 = self.cells().map(|(truth, judged, n)| n * value(truth, judged)).sum();
        (self.count() > 0).then(|| sum / f64::from(self.count()))
    }

    /// Cohen's kappa with quadratic weights (Cohen 1968): 1 for the same levels, 0 for what the two margins give by chance. `None`
    /// where one of them never varies and both agree, so that chance explains everything.
    pub fn kappa(&self) -> Option<f64> {
        let count = f64::from(self.count());
        let mut truths = [0.0; 5];
        let mut judgeds = [0.0; 5];
        let mut observed = 0.0;
        for (truth, judged, n) in self.cells() {
            truths[truth] += n;
            judgeds[judged] += n;
            observed += n * squared(truth, judged);
        }
        let mut expected = 0.0;
        for (truth, a) in truths.iter().enumerate() {
            for (judged, b) in judgeds.iter().enumerate() {
                expected += a * b * squared(truth, judged) / count;
            }
        }
        (expected > 0.0).then(|| 1.0 - observed / expected)
    }

    /// Share of equal levels.
    pub fn exact(&self) -> Option<f64> {
        self.mean(|truth, judged| f64::from(u8::from(truth == judged)))
    }

    /// Share of levels that are at most one apart.
    pub fn within_one(&self) -> Option<f64> {
        self.mean(|truth, judged| f64::from(u8::from(truth.abs_diff(judged) <= 1)))
    }

    /// Judged less true level, on average: above 0 is lenient.
    pub fn bias(&self) -> Option<f64> {
        self.mean(|truth, judged| judged as f64 - truth as f64)
    }

    /// Sum and number of the pairs whose true levels are `from` to `to` apart: 1 for a pair in the right order, a half for a tie.
    pub fn ranked(&self, from: usize, to: usize) -> (f64, f64) {
        let (mut right, mut pairs) = (0.0, 0.0);
        for (low, low_judged, n) in self.cells() {
            for (high, high_judged, m) in self.cells() {
                if high <= low || !(from..=to).contains(&(high - low)) {
                    continue;
                }
                pairs += n * m;
                right += n
                    * m
                    * match high_judged.cmp(&low_judged) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
            }
        }
        (right, pairs)
    }
}

fn squared(a: usize, b: usize) -> f64 {
    (a.abs_diff(b) * a.abs_diff(b)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(u8, u8)]) -> Table {
        let mut table = Table::default();
        for (truth, judged) in pairs {
            table.add(Level::new(*truth).unwrap(), Level::new(*judged).unwrap());
        }
        table
    }

    #[test]
    fn kappa_is_one_for_the_same_levels_and_known_values_come_out() {
        let same: Vec<(u8, u8)> = (0..5).map(|n| (n, n)).collect();
        assert_eq!(table(&same).kappa(), Some(1.0));
        // By hand: observed 1+1 of four, expected (over the margins 0,1,2,3 by 1,1,2,2) 1.5 on average.
        let near = table(&[(0, 1), (1, 1), (2, 2), (3, 2)]);
        let kappa = near.kappa().unwrap();
        assert!((kappa - (1.0 - 2.0 / 6.0)).abs() < 1e-12, "{kappa}");
        let reversed = table(&[(0, 4), (4, 0)]);
        assert_eq!(reversed.kappa(), Some(-1.0));
        assert_eq!(table(&[(2, 2), (2, 2)]).kappa(), None, "nothing varies");
        assert_eq!(table(&[(0, 2), (4, 2)]).kappa(), Some(0.0), "the same level for all");
        assert_eq!(Table::default().kappa(), None);
    }

    #[test]
    fn shares_and_bias() {
        let judged = table(&[(0, 1), (1, 1), (2, 4), (3, 2)]);
        assert_eq!((judged.exact(), judged.within_one(), judged.bias()), (Some(0.25), Some(0.75), Some(0.5)));
        assert_eq!(Table::default().exact(), None);
    }

    #[test]
    fn ties_are_half_right() {
        let judged = table(&[(0, 0), (2, 0), (4, 3)]);
        assert_eq!(judged.ranked(2, 4), (2.5, 3.0));
        assert_eq!(judged.ranked(1, 1), (0.0, 0.0));
        assert_eq!(table(&[(1, 3), (2, 1)]).ranked(1, 1), (0.0, 1.0));
    }
}
