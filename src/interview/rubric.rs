//! A rubric: dimensions with their anchors and four checks each. Data in `prompts/rubrics/<kind>.toml`.

use serde::{Deserialize, Serialize};

use super::question::Kind;

/// The published scale for one kind of answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    pub format_version: u32,
    pub id: Kind,
    pub title: String,
    pub dimensions: Vec<Dimension>,
}

/// One quality of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    pub id: String,
    /// As shown to a person: "Scale estimates".
    pub title: String,
    /// What it is about, one sentence.
    pub about: String,
    /// What 0-1, 2, 3 and 4 sound like.
    pub anchors: Anchors,
    /// Exactly four, for levels 1 (relevant), 2 (adequate), 3 (strong), 4 (excellent), in this order.
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchors {
    pub weak: String,
    pub adequate: String,
    pub strong: String,
    pub excellent: String,
}

/// A statement that two careful people would decide alike from the words alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `<dimension>_<level>`.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    pub says: String,
    /// Words that would meet it, about a system that is in no pack.
    pub yes: String,
    /// Words that look like it and do not meet it.
    pub near_miss: String,
    /// At least one verified span must contain a number.
    #[serde(default)]
    pub needs_number: bool,
}
