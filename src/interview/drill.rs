//! Drills: one part of the craft at a time, against a short clock, over and over. Data in `drills.toml`, with the two lists drills draw
//! on: pairs of approaches to choose between, and kinds of failure. Nothing here runs a drill.

use serde::{Deserialize, Serialize};

use super::question::Kind;

/// `drills.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drills {
    pub drills: Vec<Drill>,
    /// What the trade-off drill gives to choose between.
    #[serde(default)]
    pub pairs: Vec<Pair>,
    /// What the failure drill counts.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    pub id: String,
    pub title: String,
    /// What it trains and why, for the candidate to read.
    pub about: String,
    /// What a round is about.
    pub on: DrillOn,
    /// Kinds of question it is done on; empty: all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// How many rounds make a drill, at least and at most.
    pub rounds: Rounds,
    /// How long one round lasts at most.
    pub seconds: u32,
    /// A round that ends sooner was too short to count.
    #[serde(default)]
    pub least_seconds: u32,
    /// Said before the first round; one is taken.
    pub opening: Vec<String>,
    /// Said when a fifth of the time is left; one is taken.
    #[serde(default)]
    pub time_left: Vec<String>,
    /// Said when it is done; one is taken.
    pub closing: Vec<String>,
    /// What counts, and from when on a round is done.
    pub counts: Counts,
    /// What does not belong in it.
    #[serde(default)]
    pub keeps_out: Option<KeepsOut>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DrillOn {
    /// A question of the pack, asked for this drill.
    Question,
    /// An answer that has just been given.
    Answer,
    /// One of the pairs.
    Pair,
    /// A probe of a question that was answered; each round takes the next.
    Probe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    pub least: u32,
    pub most: u32,
}

/// What is counted in a round, and how much of it makes the round done. In TOML: `counts = { what = "constraints", least = 2 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "what", rename_all = "snake_case")]
pub enum Counts {
    /// Constraints of the question that were asked for.
    Constraints { least: usize },
    /// Different ones of these parts.
    Parts { least: usize, parts: Vec<DrillPart> },
    /// Kinds of failure of the catalogue, each with how it is seen and what is done about it.
    Failures { least: usize },
    /// Steps of an answer shape, in any order.
    Steps { shape: String, least: usize },
    /// Both sides of the pair, what decides between them, and one of them chosen.
    Choice { parts: Vec<DrillPart> },
    /// Probes survived, one after the other: each with so many steps of the shape in order, and no mistake.
    Survived { shape: String, steps: usize },
}

/// One thing that counts in a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillPart {
    pub id: String,
    /// What is said, one sentence.
    pub says: String,
    /// Cues that show it; see [`super::coverage`].
    pub cues: Vec<String>,
}

/// What a drill keeps out, as architecture is kept out while only questions are asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepsOut {
    /// Cues that show it.
    pub cues: Vec<String>,
    /// Said when it is heard.
    pub says: String,
}

/// Two approaches to compare in a minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub id: String,
    /// The words the interviewer says: the two, and a case to choose for.
    pub ask: String,
    pub first: Side,
    pub second: Side,
    /// What decides between them, one or two sentences, read afterwards.
    pub decides: String,
    /// Cues that show that what decides was named.
    pub decides_cues: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    pub name: String,
    /// When it is the better one, and what it costs.
    pub wins: String,
    /// Cues that show that this side was spoken of.
    pub cues: Vec<String>,
}

/// A kind of failure, with how it is seen and what is done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub id: String,
    pub title: String,
    /// The words the interviewer says when it was not named.
    pub ask: String,
    /// Cues that show that it was named.
    pub cues: Vec<String>,
    /// How one sees it, one sentence.
    pub detection: String,
    pub detection_cues: Vec<String>,
    /// What is done about it, one sentence.
    pub mitigation: String,
    pub mitigation_cues: Vec<String>,
}

impl Drills {
    /// The drill of that id.
    pub fn drill(&self, id: &str) -> Option<&Drill> {
        self.drills.iter().find(|drill| drill.id == id)
    }
}
