//! Terms of the field: how they are spoken, how speech recognition mangles them, and their repair.

use serde::{Deserialize, Serialize};

/// One entry of `glossary.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// As it is written: "idempotency key".
    pub term: String,
    /// As it is said, where that differs: "p ninety nine".
    #[serde(default)]
    pub spoken: Vec<String>,
    /// What recognizers write instead; each is replaced by `term`. Never an ordinary word on its own.
    #[serde(default)]
    pub misheard: Vec<String>,
}
