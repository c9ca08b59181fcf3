//! Keys that were committed to: what is sharded, partitioned or deduplicated by.

use std::ops::Range;

use super::{Commitment, KeyRole, hearing::start_of};
use crate::interview::{
    coverage::break_after,
    words::{Break, Spoken, is_stop_word, same_word},
};

/// Nouns that keys are made of; another word after "by" is no key ("sharded by hand").
#[rustfmt::skip]
const NOUNS: &[&str] = &[
    "user", "tenant", "account", "order", "payment", "transfer", "customer", "merchant", "device", "session", "job", "message", "event",
    "seat", "product", "region", "author", "follower", "followee", "conversation", "chat", "room", "team", "topic", "metric", "series",
    "driver", "city", "cell", "geohash", "url", "ip", "api", "document", "file", "bucket", "item", "sku", "video", "flag", "request",
    "transaction", "card", "client", "host", "organization", "org", "country", "name", "time", "day", "month", "date", "hour", "timestamp",
];

/// Keys in time go beside any other key.
pub fn is_time(part: &str) -> bool {
    ["time", "day", "month", "date", "hour", "timestamp"].iter().any(|known| same_word(known, part))
}

/// All keys, with the forms that name them.
pub fn keys(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    let text = |at: usize| spoken.forms.get(at).map_or("", |form| form.text.as_str());
    let mut found = Vec::new();
    for at in 0..spoken.forms.len() {
        let (role, from) = match (text(at), text(at + 1), text(at + 2)) {
            ("shard" | "sharded" | "sharding", "by" | "on", _) => (KeyRole::Shard, at + 2),
            ("shard" | "sharded", "it" | "them" | "everything", "by" | "on") => (KeyRole::Shard, at + 3),
            ("partition" | "partitioned" | "partitioning", "by" | "on", _) => (KeyRole::Partition, at + 2),
            ("partition", "it" | "them" | "everything", "by" | "on") => (KeyRole::Partition, at + 3),
            ("shard", "key", "is") => (KeyRole::Shard, at + 3),
            ("partition", "key", "is") => (KeyRole::Partition, at + 3),
            ("idempotency", "key", "is") => (KeyRole::Idempotency, at + 3),
            _ => continue,
        };
        if let Some((parts, end)) = parts(spoken, from) {
            found.push((at..end, Commitment::Key { role, parts }));
        }
    }
    found
}

/// "user ID", "hash of the tenant and the day": the nouns, and the form after them.
fn parts(spoken: &Spoken, from: usize) -> Option<(Vec<String>, usize)> {
    let mut parts: Vec<String> = Vec::new();
    let mut end = from;
    for at in from..spoken.forms.len().min(from + 7) {
        let text = spoken.forms[at].text.as_str();
        if let Some(noun) = NOUNS.iter().find(|noun| same_word(noun, text)) {
            if !parts.iter().any(|part| part == noun) {
                parts.push((*noun).to_owned());
            }
            end = at + 1;
        } else if matches!(text, "id" | "ids" | "key") && !parts.is_empty() {
            end = at + 1;
        } else if !matches!(text, "the" | "a" | "hash" | "of" | "our" | "and" | "plus") {
            break;
        }
        if break_after(spoken, at) != Break::None {
            break;
        }
    }
    (!parts.is_empty()).then_some((parts, end))
}

/// What is sharded: the nouns before it ("the orders table is sharded by …").
pub fn object(spoken: &Spoken, at: usize) -> Vec<String> {
    let light = |text: &str| {
        is_stop_word(text)
            || matches!(text, "table" | "data" | "base" | "everything" | "also" | "always" | "shard" | "key")
    };
    let start = start_of(spoken, at, 5);
    spoken.forms[start..at]
        .iter()
        .map(|form| form.text.clone())
        .filter(|text| !light(text) && text.parse::<f64>().is_err())
        .collect()
}
