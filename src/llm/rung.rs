//! The ladder: in which ways a reply of a given shape can be asked for, and which one works where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::endpoint::{Endpoint, EndpointError, Refusal, ReplyFormat};

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

/// Which rung works at which host with which model. A plain value: the store keeps it, and forgets it after a week.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RungMemory(BTreeMap<String, Rung>);

impl RungMemory {
    /// Where to begin with an endpoint.
    pub fn first_for(&self, endpoint: &Endpoint) -> Rung {
        self.0.get(&Self::key(endpoint)).copied().unwrap_or(Rung::JsonSchema)
    }

    pub fn remember(&mut self, endpoint: &Endpoint, rung: Rung) {
        self.0.insert(Self::key(endpoint), rung);
    }

    /// Takes over what another one knows.
    pub fn merge(&mut self, other: RungMemory) {
        self.0.extend(other.0);
    }

    fn key(endpoint: &Endpoint) -> String {
        format!("{} {}", endpoint.host(), endpoint.model())
    }
}
