//! The ladder: in which ways a reply of a given shape can be asked for, and which one works where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    endpoint::{Endpoint, EndpointError, Refusal, ReplyFormat},
    wire::Quirks,
};

/// A way to ask for a shape, strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The server is held to the schema.
    JsonSchema,
    /// The server is held to JSON; the prompt says which.
    JsonObject,
    /// The prompt alone.
    Prompt,
}

impl Rung {
    /// As it stands in the provenance of a judgement.
    pub fn name(self) -> &'static str {
        match self {
            Rung::JsonSchema => "json_schema",
            Rung::JsonObject => "json_object",
            Rung::Prompt => "prompt",
        }
    }

    /// The next plainer way.
    pub fn below(self) -> Option<Rung> {
        match self {
            Rung::JsonSchema => Some(Rung::JsonObject),
            Rung::JsonObject => Some(Rung::Prompt),
            Rung::Prompt => None,
        }
    }

    /// How it looks on the wire.
    pub(super) fn format(self, name: &str, schema: &Value) -> ReplyFormat {
        match self {
            Rung::JsonSchema => ReplyFormat::JsonSchema { name: name.to_owned(), schema: schema.clone() },
            Rung::JsonObject => ReplyFormat::JsonObject,
            Rung::Prompt => ReplyFormat::Text,
        }
    }
}

/// Whether an error says that this way of asking is not for this server. Errors that concern all ways do not.
pub(super) fn is_too_strict(rung: Rung, error: &EndpointError) -> bool {
    let EndpointError::Refused { about, .. } = error else { return false };
    rung != Rung::Prompt && matches!(about, Refusal::Format | Refusal::Opaque)
}

/// What was learnt of each host with each model: the rung that works, and what it does not take. A plain value: the store
/// keeps it, and forgets it after a week.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RungMemory(BTreeMap<String, Known>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Known {
    rung: Option<Rung>,
    #[serde(default)]
    quirks: Quirks,
}

impl RungMemory {
    /// Where to begin with an endpoint.
    pub fn first_for(&self, endpoint: &Endpoint) -> Rung {
        self.0.get(&Self::key(endpoint)).and_then(|known| known.rung).unwrap_or(Rung::JsonSchema)
    }

    /// Keeps the rung that worked.
    pub fn remember(&mut self, endpoint: &Endpoint, rung: Rung) {
        self.0.entry(Self::key(endpoint)).or_default().rung = Some(rung);
    }

    /// Takes over what another one knows.
    pub fn merge(&mut self, other: RungMemory) {
        self.0.extend(other.0);
    }

    /// Tells an endpoint what was learnt of it before.
    pub(super) fn remind(&self, endpoint: &Endpoint) {
        if let Some(known) = self.0.get(&Self::key(endpoint)) {
            endpoint.knows(known.quirks);
        }
    }

    /// Keeps what an endpoint has learnt.
    pub(super) fn learn_from(&mut self, endpoint: &Endpoint) {
        let quirks = endpoint.quirks();
        if quirks != Quirks::default() {
            self.0.entry(Self::key(endpoint)).or_default().quirks = quirks;
        }
    }

    fn key(endpoint: &Endpoint) -> String {
        format!("{} {}", endpoint.host(), endpoint.model())
    }
}
