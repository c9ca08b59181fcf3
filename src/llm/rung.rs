//! The ladder: in which ways a reply of a given shape can be asked for, and which one works where.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    dialect::Dialect,
    endpoint::{Endpoint, EndpointError, Parameter, Refusal, ReplyFormat, Shape},
    wire::Quirks,
};

/// What was learnt is believed for this long: servers are updated.
const BELIEVED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// That a model can be read in no way is believed for this long: whoever has it may load a better one under its name.
const HOPELESS_FOR: Duration = Duration::from_secs(24 * 3600);

/// A way to ask for a shape, strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The server is held to the schema, by the dialect's own means.
    JsonSchema,
    /// The reply is the arguments of a tool that must be called.
    Tool,
    /// The server is held to JSON; the prompt says which.
    JsonObject,
    /// The prompt alone.
    Prompt,
    /// The prompt alone, and lines instead of JSON: for small models.
    Lines,
}

impl Rung {
    /// As it stands in the provenance of a judgement.
    pub fn name(self) -> &'static str {
        match self {
            Rung::JsonSchema => "json_schema",
            Rung::Tool => "tool",
            Rung::JsonObject => "json_object",
            Rung::Prompt => "prompt",
            Rung::Lines => "lines",
        }
    }

    /// The ways of a dialect, strictest first. A tool is no safe way in the OpenAI one: llama.cpp answers in free text.
    pub fn ladder(dialect: Dialect) -> &'static [Rung] {
        match dialect {
            Dialect::OpenAi | Dialect::Ollama => &[Rung::JsonSchema, Rung::JsonObject, Rung::Prompt, Rung::Lines],
            Dialect::Anthropic => &[Rung::JsonSchema, Rung::Tool, Rung::Prompt, Rung::Lines],
        }
    }

    /// The next plainer way.
    pub fn below(self, dialect: Dialect) -> Option<Rung> {
        Self::ladder(dialect).iter().copied().find(|rung| *rung > self)
    }

    /// How it looks on the wire.
    pub(super) fn format(self, name: &str, schema: &Value) -> ReplyFormat {
        let shape = || Shape { name: name.to_owned(), schema: schema.clone() };
        match self {
            Rung::JsonSchema => ReplyFormat::JsonSchema(shape()),
            Rung::Tool => ReplyFormat::Tool(shape()),
            Rung::JsonObject => ReplyFormat::JsonObject,
            Rung::Prompt | Rung::Lines => ReplyFormat::Text,
        }
    }
}

/// Whether an error says that this way of asking is not for this server. Errors that concern all ways do not.
pub(super) fn is_too_strict(rung: Rung, error: &EndpointError) -> bool {
    let EndpointError::Refused { about, .. } = error else { return false };
    let about_form = matches!(about, Refusal::Format | Refusal::Opaque | Refusal::Parameter(Parameter::Strict));
    rung < Rung::Prompt && about_form
}

/// What was learnt of each host with each model: the rung that works, and what it does not take. A plain value: whoever
/// holds it keeps it from one run to the next. It believes nothing for longer than a week, and forgets what fails.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RungMemory(BTreeMap<String, Known>);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Known {
    rung: Option<Rung>,
    #[serde(default)]
    quirks: Quirks,
    /// The model as its replies named it.
    #[serde(default)]
    served: Option<String>,
    /// A reply to everything did not fit, or was not complete, and one for each dimension was.
    #[serde(default)]
    by_dimension: bool,
    /// Whether it works on several calls side by side, where that was seen.
    #[serde(default)]
    parallel: Option<bool>,
    /// Seconds since 1970 when no way of asking brought anything that can be read.
    #[serde(default)]
    unreadable_s: Option<u64>,
    /// Seconds since 1970 when the first of this was learnt.
    #[serde(default)]
    since_s: u64,
    /// Counts the changes, so that of two copies the later one is known.
    #[serde(default)]
    changes: u64,
}

impl RungMemory {
    /// Where to begin with an endpoint: at the rung that works; at the plainest where lately none did; else at the strictest.
    pub fn first_for(&self, endpoint: &Endpoint) -> Rung {
        let unreadable = self.fresh(endpoint).and_then(|known| known.unreadable_s);
        let hopeless = unreadable.is_some_and(|since| is_within(since, HOPELESS_FOR));
        self.known(endpoint).unwrap_or(if hopeless { Rung::Lines } else { Rung::JsonSchema })
    }

    /// The rung that is known to work there.
    pub fn known(&self, endpoint: &Endpoint) -> Option<Rung> {
        let rung = self.fresh(endpoint)?.rung?;
        Rung::ladder(endpoint.dialect()).contains(&rung).then_some(rung)
    }

    /// Keeps the rung that worked. `served`: the model as the reply names it; when another one answers under the same name on
    /// this machine, what was learnt of the last one is forgotten. (Elsewhere a name may stand for several at a time.)
    pub fn remember(&mut self, endpoint: &Endpoint, rung: Rung, served: Option<&str>) {
        let other = self.fresh(endpoint).is_some_and(|known| {
            known.rung == Some(rung) && known.served.is_some() && served.is_some() && known.served.as_deref() != served
        });
        let rung = (!other || rung == Rung::JsonSchema || !endpoint.is_local()).then_some(rung);
        let served = served.map(str::to_owned);
        self.change(endpoint, |known| {
            if other {
                // What is known of how much it bears was another model's, too.
                known.by_dimension = false;
            }
            (known.rung, known.served, known.unreadable_s) = (rung, served, None);
        });
    }

    /// Keeps that no rung brought anything that can be read.
    pub fn remember_unreadable(&mut self, endpoint: &Endpoint) {
        let now = now_s();
        self.change(endpoint, |known| (known.rung, known.unreadable_s) = (None, Some(now)));
    }

    /// Whether everything in one call was too much for it.
    pub fn needs_dimensions(&self, endpoint: &Endpoint) -> bool {
        self.fresh(endpoint).is_some_and(|known| known.by_dimension)
    }

    /// Keeps that everything in one call was too much, and each dimension alone was not.
    pub fn remember_dimensions(&mut self, endpoint: &Endpoint) {
        self.change(endpoint, |known| known.by_dimension = true);
    }

    /// Whether it works on several calls side by side; `None` where that was not seen yet.
    pub fn runs_in_parallel(&self, endpoint: &Endpoint) -> Option<bool> {
        self.fresh(endpoint)?.parallel
    }

    /// Keeps whether calls ran side by side.
    pub fn saw_parallel(&mut self, endpoint: &Endpoint, parallel: bool) {
        self.change(endpoint, |known| known.parallel = Some(parallel));
    }

    /// Forgets a rung that no longer works.
    pub fn forget(&mut self, endpoint: &Endpoint) {
        if self.known(endpoint).is_some() {
            self.change(endpoint, |known| known.rung = None);
        }
    }

    /// Takes over what another copy of it knows, where that is newer.
    pub fn merge(&mut self, other: RungMemory) {
        for (key, known) in other.0 {
            let newer = self.0.get(&key).is_none_or(|mine| mine.changes <= known.changes);
            if newer {
                self.0.insert(key, known);
            }
        }
    }

    /// Tells an endpoint what was learnt of it before.
    pub(super) fn remind(&self, endpoint: &Endpoint) {
        if let Some(known) = self.fresh(endpoint) {
            endpoint.knows(known.quirks);
        }
    }

    /// Keeps what an endpoint has learnt.
    pub(super) fn learn_from(&mut self, endpoint: &Endpoint) {
        let quirks = endpoint.quirks();
        if quirks != Quirks::default() {
            self.change(endpoint, |known| known.quirks = quirks);
        }
    }

    fn fresh(&self, endpoint: &Endpoint) -> Option<&Known> {
        self.0.get(&Self::key(endpoint)).filter(|known| known.is_fresh())
    }

    /// Changes an entry, which begins anew if the old one is no longer believed. No change leaves no trace.
    fn change(&mut self, endpoint: &Endpoint, change: impl FnOnce(&mut Known)) {
        let now = now_s();
        let known = self.0.entry(Self::key(endpoint)).or_default();
        let before = known.clone();
        if !known.is_fresh() {
            *known = Known { since_s: now, changes: known.changes, ..Known::default() };
        }
        change(known);
        if *known != before {
            known.changes += 1;
        }
    }

    fn key(endpoint: &Endpoint) -> String {
        let dialect = endpoint.dialect().title();
        format!("{} {dialect} {}", endpoint.host(), endpoint.model())
    }
}

impl Known {
    /// Also false for what was learnt in the future: the clock was wrong.
    fn is_fresh(&self) -> bool {
        is_within(self.since_s, BELIEVED_FOR)
    }
}

fn is_within(since_s: u64, limit: Duration) -> bool {
    now_s().checked_sub(since_s).is_some_and(|age| age < limit.as_secs())
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::endpoint::EndpointSettings;

    fn endpoint(model: &str) -> Endpoint {
        Endpoint::new(EndpointSettings::new("http://127.0.0.1:1/v1", model, None)).unwrap()
    }

    #[test]
    fn every_ladder_ends_in_lines() {
        for dialect in Dialect::ALL {
            let mut rung = Rung::JsonSchema;
            let mut steps = vec![rung];
            while let Some(below) = rung.below(dialect) {
                rung = below;
                steps.push(rung);
            }
            assert_eq!(steps, Rung::ladder(dialect));
            assert_eq!(rung, Rung::Lines);
        }
    }

    #[test]
    fn what_worked_is_kept_by_host_and_model_until_it_fails() {
        let (small, large) = (endpoint("small"), endpoint("large"));
        let mut memory = RungMemory::default();
        memory.remember(&small, Rung::Prompt, Some("small-1"));
        assert_eq!((memory.first_for(&small), memory.first_for(&large)), (Rung::Prompt, Rung::JsonSchema));
        memory.forget(&small);
        assert_eq!((memory.first_for(&small), memory.known(&small)), (Rung::JsonSchema, None));
    }

    #[test]
    fn a_model_that_cannot_be_read_is_asked_in_the_plainest_way_until_it_can_or_a_day_is_over() {
        let endpoint = endpoint("m");
        let mut memory = RungMemory::default();
        memory.remember(&endpoint, Rung::JsonObject, None);
        memory.remember_unreadable(&endpoint);
        assert_eq!((memory.known(&endpoint), memory.first_for(&endpoint)), (None, Rung::Lines));
        let mut kept = serde_json::to_value(&memory).unwrap();
        let known = kept.as_object_mut().unwrap().values_mut().next().unwrap();
        known["unreadable_s"] = (known["unreadable_s"].as_i64().unwrap() - 24 * 3600).into();
        let next_day: RungMemory = serde_json::from_value(kept).unwrap();
        assert_eq!(next_day.first_for(&endpoint), Rung::JsonSchema);
        memory.remember(&endpoint, Rung::Lines, None);
        assert_eq!(memory.known(&endpoint), Some(Rung::Lines));
        memory.forget(&endpoint);
        assert_eq!(memory.first_for(&endpoint), Rung::JsonSchema, "it could be read since");
    }

    #[test]
    fn what_is_too_much_for_a_model_is_forgotten_with_the_model() {
        let endpoint = endpoint("local");
        let mut memory = RungMemory::default();
        memory.remember(&endpoint, Rung::Prompt, Some("tiny"));
        memory.remember_dimensions(&endpoint);
        memory.saw_parallel(&endpoint, false);
        memory.remember(&endpoint, Rung::Prompt, Some("tiny"));
        assert!(memory.needs_dimensions(&endpoint) && memory.runs_in_parallel(&endpoint) == Some(false));
        memory.remember(&endpoint, Rung::Prompt, Some("huge"));
        assert!(!memory.needs_dimensions(&endpoint));
        assert_eq!(memory.runs_in_parallel(&endpoint), Some(false), "the server is the same");
    }

    #[test]
    fn a_week_later_it_is_learnt_anew() {
        let endpoint = endpoint("m");
        let mut memory = RungMemory::default();
        memory.remember(&endpoint, Rung::JsonObject, None);
        endpoint.knows(Quirks { no_seed: true, ..Quirks::default() });
        memory.learn_from(&endpoint);
        let aged = |seconds: i64| {
            let mut kept = serde_json::to_value(&memory).unwrap();
            let known = kept.as_object_mut().unwrap().values_mut().next().unwrap();
            known["since_s"] = (known["since_s"].as_i64().unwrap() + seconds).into();
            serde_json::from_value::<RungMemory>(kept).unwrap()
        };
        let week = 7 * 24 * 3600;
        for (seconds, expected) in
            [(0, Some(Rung::JsonObject)), (60 - week, Some(Rung::JsonObject)), (-week, None), (3600, None)]
        {
            let memory = aged(seconds);
            assert_eq!(memory.known(&endpoint), expected, "{seconds}");
            let other = endpoint.with_model("m");
            memory.remind(&other);
            assert_eq!(other.quirks().no_seed, expected.is_some(), "{seconds}");
        }
        let mut old = aged(-week);
        old.remember(&endpoint, Rung::Prompt, None);
        assert_eq!(old.known(&endpoint), Some(Rung::Prompt), "and is fresh again");
    }

    #[test]
    fn another_model_under_the_same_name_is_tried_from_the_top() {
        let endpoint = endpoint("local");
        let mut memory = RungMemory::default();
        memory.remember(&endpoint, Rung::Prompt, Some("tiny"));
        memory.remember(&endpoint, Rung::Prompt, Some("tiny"));
        assert_eq!(memory.known(&endpoint), Some(Rung::Prompt));
        memory.remember(&endpoint, Rung::Prompt, Some("huge"));
        assert_eq!(memory.known(&endpoint), None);
    }

    #[test]
    fn of_two_copies_the_later_one_counts() {
        let endpoint = endpoint("m");
        let mut memory = RungMemory::default();
        memory.remember(&endpoint, Rung::Prompt, None);
        let stale = memory.clone();
        memory.forget(&endpoint);
        memory.merge(stale.clone());
        assert_eq!(memory.known(&endpoint), None);
        let mut behind = stale;
        behind.merge(memory.clone());
        assert_eq!(behind, memory);
    }
}
