//! The one table: the numbered targets, our figure beside each, how often it was measured and how bad it could be.

/// One line. A numbered target may have several.
pub struct Row {
    /// Of the table of targets; [`BESIDE`] for figures that stand beside it.
    pub number: u8,
    pub measure: String,
    pub target: String,
    pub ours: String,
    /// Of what, and how many.
    pub n: String,
    /// One-sided upper 95 % bound of the figure; empty where it has none.
    pub bound: String,
    pub verdict: Verdict,
}

/// For figures without a number in the table of targets.
pub const BESIDE: u8 = 99;

pub enum Verdict {
    Met,
    Missed,
    NoTarget,
    /// Shown by a test of that name, which `make test` runs.
    ByTest(&'static str),
    /// Why not.
    NotMeasured(String),
}

impl From<bool> for Verdict {
    fn from(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }
}

impl Row {
    /// A target that nothing was measured for.
    pub fn without_figure(number: u8, measure: &str, target: &str, verdict: Verdict) -> Self {
        let (measure, target) = (measure.to_owned(), target.to_owned());
        Self { number, measure, target, ours: "-".into(), n: "-".into(), bound: String::new(), verdict }
    }
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row, and says so at once on standard error: the whole takes minutes.
    pub fn add(&mut self, row: Row) {
        eprintln!("  {}: {}", row.measure, row.ours);
        self.rows.push(row);
    }

    /// Markdown on standard output, in the order of the targets.
    pub fn print(&mut self) {
        self.rows.sort_by_key(|row| row.number);
        println!("| # | measure | target | ours | n | upper 95 % bound | |\n|---|---|---|---|---|---|---|");
        for Row { number, measure, target, ours, n, bound, verdict } in &self.rows {
            let number = if *number == BESIDE { "-".to_owned() } else { number.to_string() };
            let bound = if bound.is_empty() { "-" } else { bound };
            let verdict = match verdict {
                Verdict::Met => "met".to_owned(),
                Verdict::Missed => "**not met**".to_owned(),
                Verdict::NoTarget => "no target".to_owned(),
                Verdict::ByTest(name) => format!("by test: {name}"),
                Verdict::NotMeasured(why) => format!("not measured here: {why}"),
            };
            println!("| {number} | {measure} | {target} | {ours} | {n} | {bound} | {verdict} |");
        }
    }
}
