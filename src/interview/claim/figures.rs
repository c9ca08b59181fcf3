//! Commitments in figures and names: quorums, loads, latency targets, what plays which role.

use std::{ops::Range, sync::LazyLock};

use super::{
    Commitment, QuorumPart,
    hearing::{near, start_of},
    stand::forms_of,
};
use crate::interview::{
    arithmetic::{
        quantity::{Each, Quantity},
        unit::Measure,
    },
    coverage::{Cue, find_all},
    words::{Spoken, same_word},
};

/// "R equals one", "a write quorum of two", "a replication factor of three".
pub fn quorums(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    let text = |at: usize| spoken.forms.get(at).map_or("", |form| form.text.as_str());
    let mut found = Vec::new();
    for at in 0..spoken.forms.len() {
        let (part, named) = match (text(at), text(at + 1)) {
            ("n", _) => (QuorumPart::N, 1),
            ("r", _) => (QuorumPart::R, 1),
            ("w", _) => (QuorumPart::W, 1),
            ("replication", "factor") => (QuorumPart::N, 2),
            ("read", "quorum") => (QuorumPart::R, 2),
            ("write", "quorum") => (QuorumPart::W, 2),
            _ => continue,
        };
        let joined = matches!(text(at + named), "equals" | "is" | "of" | "equal" | "to");
        let figure = at + named + usize::from(joined);
        let replicas = text(figure).parse::<u32>().ok().filter(|replicas| (1..=99).contains(replicas));
        if let Some(replicas) = replicas.filter(|_| joined || named == 2) {
            found.push((at..figure + 1, Commitment::Quorum { part, replicas }));
        }
    }
    found
}

/// A load that was assumed, not what a machine can bear.
pub fn rate(spoken: &Spoken, q: &Quantity) -> Option<Commitment> {
    #[rustfmt::skip]
    const ASSUMED: &[&str] = &[
        "say", "assume", "assuming", "expect", "load", "traffic", "get", "gets", "total", "overall", "have", "see",
        "hitting",
    ];
    #[rustfmt::skip]
    const CAPACITY: &[&str] = &[
        "does", "do", "handle", "handles", "can", "capacity", "limit", "limits", "node", "shard", "partition",
        "machine", "box", "instance", "server", "redis", "postgres", "kafka", "key", "tenant", "customer", "per",
        "each", "about", "most", "up", "threshold", "burst", "down", "instead", "drops", "goes", "not", "one",
        "single", "cache", "hit", "miss",
    ];
    let plain = q.unit.measure == Measure::Count && q.each == Each::No && !q.vague && !q.bound && q.per_time.is_some();
    let close = |most_before, most_behind| near(spoken, &q.forms, most_before, most_behind);
    let capacity = |text: &&str| CAPACITY.contains(text) && !matches!(*text, "about");
    if !plain || !close(8, 4).any(|text| ASSUMED.contains(&text)) || close(6, 4).any(|text| capacity(&text)) {
        return None;
    }
    #[rustfmt::skip]
    const KINDS: &[&str] = &[
        "read", "write", "peak", "average", "normally", "region", "new", "active", "cached", "failed"
    ];
    let phrase = spoken.forms[q.forms.clone()].iter().map(|form| form.text.as_str());
    let mut kind: Vec<String> = Vec::new();
    for word in close(4, 4).chain(phrase) {
        if let Some(known) =
            KINDS.iter().find(|known| same_word(known, word)).filter(|known| !kind.iter().any(|k| k == *known))
        {
            kind.push((*known).to_owned());
        }
    }
    kind.sort();
    Some(Commitment::Rate { per_second: q.value, thing: q.thing.clone(), kind })
}

/// "p99 under fifty milliseconds".
pub fn latency(spoken: &Spoken, q: &Quantity) -> Option<(Range<usize>, Commitment)> {
    if q.unit.measure != Measure::Time || q.per_time.is_some() || q.vague {
        return None;
    }
    let start = start_of(spoken, q.forms.start, 6);
    let percentile = (start..q.forms.start).rev().find(|at| {
        let text = spoken.forms[*at].text.as_str();
        text.strip_prefix('p').is_some_and(|rest| rest.parse::<f64>().is_ok())
    })?;
    let between = &spoken.forms[percentile + 1..q.forms.start];
    let target = between.iter().all(|form| {
        matches!(
            form.text.as_str(),
            "is" | "under"
                | "of"
                | "below"
                | "at"
                | "target"
                | "stays"
                | "must"
                | "be"
                | "about"
                | "around"
                | "within"
                | "should"
                | "than"
                | "less"
        )
    });
    let commitment = Commitment::Latency { percentile: spoken.forms[percentile].text.clone(), seconds: q.value };
    target.then_some((percentile..q.forms.end, commitment))
}

/// "for the database I'd use Cassandra", "the queue is Kafka".
pub fn technologies(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    let mut found = Vec::new();
    for (role, name, cues) in TECHNOLOGIES.iter() {
        for words in cues.iter().flat_map(|cue| find_all(cue, spoken)) {
            let commitment = Commitment::Technology { role: (*role).to_owned(), name: (*name).to_owned() };
            found.push((forms_of(spoken, &words), commitment));
        }
    }
    found
}

#[rustfmt::skip]
const KNOWN: &[(&str, &[&str])] = &[
    ("database", &["postgres", "mysql", "cassandra", "dynamodb", "dynamo", "mongo", "mongodb", "spanner", "oracle", "hbase"]),
    ("queue", &["kafka", "rabbitmq", "rabbit", "sqs", "kinesis", "pulsar", "nats"]),
    ("cache", &["redis", "memcached", "memcache"]),
];

/// Role, name, and the cues that give it the role. Parsed once.
static TECHNOLOGIES: LazyLock<Vec<(&str, &str, Vec<Cue>)>> = LazyLock::new(|| {
    let all = KNOWN.iter().flat_map(|(role, names)| names.iter().map(|name| (*role, *name)));
    all.map(|(role, name)| {
        let said = if role == "database" { "data-base" } else { role };
        let cues = [
            format!("for the {said} i|we ~ use|pick|take|choose|have {name}"),
            format!("the {said} is|be {name}"),
            format!("the {said} will|would be {name}"),
            format!("use|pick|take|choose {name} as|for the|our {said}"),
        ];
        (role, name, cues.iter().filter_map(|cue| Cue::parse(cue).ok()).collect())
    })
    .collect()
});
