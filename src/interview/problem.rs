//! What is wrong with a piece of content: as data, with file and line and how to mend it.

use serde::Serialize;

/// One thing wrong with a pack or rubric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Path within the content folder.
    pub file: String,
    /// 1-based line, 0 when it concerns the whole file.
    pub line: usize,
    /// What is wrong, naming the thing.
    pub what: String,
    /// How to mend it.
    pub remedy: String,
}
