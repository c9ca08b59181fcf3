//! The one table, and the little statistics it needs.

pub struct Row {
    pub measure: String,
    pub target: String,
    pub ours: String,
    /// `None` where there is no target.
    pub met: Option<bool>,
    pub n: usize,
    pub command: &'static str,
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row, and says so at once on standard error: the whole takes minutes.
    pub fn add(&mut self, row: Row) {
        eprintln!("{}: {}", row.measure, row.ours);
        self.rows.push(row);
    }

    /// Markdown on standard output.
    pub fn print(&self) {
        println!("| measure | target | ours | n | command |\n|---|---|---|---|---|");
        for Row { measure, target, ours, met, n, command } in &self.rows {
            let mark = if *met == Some(false) { " **missed**" } else { "" };
            println!("| {measure} | {target} | {ours}{mark} | {n} | `{command}` |");
        }
    }
}

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
