//! What is wrong with a piece of content: as data, with file and line and how to mend it.

use std::fmt;

use serde::Serialize;

/// One thing wrong with a pack or rubric. Displayed as `file:line: what. remedy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Path within the content folder.
    pub file: String,
    /// 1-based line, 0 when it concerns the whole file.
    pub line: usize,
    /// What is wrong, naming the thing; no full stop at the end.
    pub what: String,
    /// How to mend it: a sentence.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}. {}", self.file, self.what, self.remedy),
            line => write!(f, "{}:{line}: {}. {}", self.file, self.what, self.remedy),
        }
    }
}

/// The candidate most like `word`, if one is like enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LIKE_ENOUGH: f64 = 0.75;
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// "Did you mean `x`?", or the list of what there is.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, candidates.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if candidates.is_empty() => "There is none yet.".to_owned(),
        None if candidates.len() > 24 => format!("Choose one of the {} there are.", candidates.len()),
        None => format!("Choose from: {}.", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_names_what_was_meant() {
        assert_eq!(nearest("dificulty", ["difficulty", "minutes"]), Some("difficulty"));
        assert_eq!(nearest("Ask", ["ask", "tests"]), Some("ask"));
        assert_eq!(nearest("zzz", ["ask", "tests"]), None);
        assert_eq!(did_you_mean("zzz", ["ask", "tests"]), "Choose from: ask, tests.");
    }

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        let mut problem =
            Problem { file: "a.toml".into(), line: 3, what: "`x` is missing".into(), remedy: "Add it.".into() };
        assert_eq!(problem.to_string(), "a.toml:3: `x` is missing. Add it.");
        problem.line = 0;
        assert_eq!(problem.to_string(), "a.toml: `x` is missing. Add it.");
    }
}
