//! Hears commitments in one answer: stands by cues, figures by their units.

use std::ops::Range;

use super::{Claim, Commitment, QuorumPart, Said, Stand, key};
use crate::interview::{
    arithmetic::{
        quantity::{Each, Quantity, quantities},
        unit::Measure,
    },
    coverage::{Cue, break_after, find_all},
    words::{Break, Spoken, is_stop_word, same_word},
};

/// All commitments of one answer, in the order made; none where the interviewer's words made it a hypothetical.
pub fn claims(said: &Said) -> Vec<Claim> {
    if changes_premises(said.asked) {
        return Vec::new();
    }
    let spoken = Spoken::of(said.transcript);
    let mut found: Vec<(Range<usize>, Commitment)> = stands(&spoken);
    found.extend(key::keys(&spoken));
    found.extend(quorums(&spoken));
    let all = quantities(&spoken);
    found.extend(all.iter().filter_map(|q| Some((q.forms.clone(), rate(&spoken, q)?))));
    found.extend(all.iter().filter_map(|q| latency(&spoken, q)));
    found.extend(technologies(&spoken));
    found.retain(|(forms, _)| !is_hypothetical(&spoken, forms));
    found.sort_by_key(|(forms, _)| (forms.start, forms.end));
    // Two cues may hear the same words.
    found.dedup_by(|b, a| a.1 == b.1 && b.0.start < a.0.end);
    found.into_iter().map(|(forms, commitment)| claim(said, &spoken, forms, commitment)).collect()
}

fn claim(said: &Said, spoken: &Spoken, forms: Range<usize>, commitment: Commitment) -> Claim {
    let words = spoken.forms[forms.start].words.start..spoken.forms[forms.end - 1].words.end;
    let scope = match &commitment {
        Commitment::Quorum { .. } | Commitment::Rate { .. } => Vec::new(),
        Commitment::Key { .. } => key::object(spoken, forms.start),
        _ => scope(spoken, &forms),
    };
    let quoted = around(spoken, words.clone());
    let inside = spoken.forms[forms.clone()].iter().map(|form| form.text.as_str());
    Claim {
        turn: said.turn,
        scope,
        universal: near(spoken, &forms, 6, 6).chain(inside).any(|text| UNIVERSAL.contains(&text)),
        revises: revises(spoken, &forms),
        quote: spoken.cut(quoted.clone()),
        evidence: spoken.evidence("claim", quoted.start.min(words.start)..quoted.end.max(words.end)),
        commitment,
    }
}

const UNIVERSAL: &[&str] =
    &["all", "every", "always", "never", "everything", "whole", "entire", "everywhere", "everybody"];

fn changes_premises(asked: &str) -> bool {
    const PREMISES: &[&str] = &[
        "suppose",
        "imagine",
        "what if",
        "instead",
        "ten times",
        "hundred times",
        "ten x",
        "assume",
        "let's say",
        "had to",
    ];
    let asked = asked.to_lowercase();
    PREMISES.iter().any(|words| asked.contains(words))
}

/// Each stand with the cues that show it. A cue is a relation between words, so that a topic alone is no commitment.
const STANDS: &[(Stand, &[&str])] = &[
    (
        Stand::LatestReads,
        &[
            "strongly-consistent",
            "strong consistency",
            "linearizable",
            "always read|reads|see|sees|get|return|returns the latest|newest|last",
            "never read|reads|see|sees|serve|return ~ stale|old",
            "reads ~ never ~ stale|old",
            "all|every read|reads go|goes|come|comes ~ leader|primary",
            "reads always go|come ~ leader|primary",
            "read your own latest",
        ],
    ),
    (
        Stand::StaleReads,
        &[
            "eventually-consistent",
            "read|reads from|to|on|off any ~ replica|follower|secondary",
            "reads go|goes|come|hit ~ async|any|nearest|closest|local replica|replicas|follower|followers",
            "reads can go ~ replica|replicas|follower|followers",
            "reads may|might be stale|old|behind",
            "serve|serves reads from ~ replica|replicas|follower|followers",
        ],
    ),
    (
        Stand::ExactlyOnce,
        &[
            "exactly once",
            "one-time and only one-time",
            "never delivered|processed|run|runs twice",
            "no duplicates at all",
        ],
    ),
    (
        Stand::Duplicates,
        &[
            "at least once",
            "may|might|can|could|will|sometimes see|sees|get|gets|receive|receives ~ duplicate|duplicates",
            "may|might|can|could|will run|runs|happen|arrive|fire twice",
            "duplicates are|is fine|okay|ok|acceptable|allowed|possible",
            "tolerate|accept|allow duplicates",
        ],
    ),
    (
        Stand::SyncReplication,
        &[
            "synchronous replication",
            "synchronous replica|replicas|standby|follower|followers",
            "replicat* synchronously",
            "replication is synchronous",
            "replicas are synchronous",
        ],
    ),
    (
        Stand::AsyncReplication,
        &[
            "async replication",
            "async replica|replicas|standby|follower|followers",
            "replicat* async",
            "replication is async",
            "replicas are async",
        ],
    ),
    (
        Stand::NothingLost,
        &[
            "never lose|loses|lost",
            "rpo zero",
            "rpo is|of zero",
            "zero data loss",
            "no data loss",
            "no write|writes|order|orders|message|messages|event|events is|are|gets|get|ever lost",
            "can't lose|afford to lose",
        ],
    ),
    (
        Stand::SomeLost,
        &[
            "lose|loses|lost ~ last # ~ second|seconds|minute|minutes",
            "lose|loses up to #",
            "may|might|can|could lose some|a-few|the-last",
            "losing a-few|some|a-couple ~ is fine|okay|ok|acceptable",
            "some ~ can|may|might be lost",
        ],
    ),
    (
        Stand::TotalOrder,
        &[
            "total order|ordering",
            "global order|ordering",
            "globally ordered",
            "strict order|ordering ~ all|everything|whole",
            "everything in order",
        ],
    ),
    (
        Stand::NoOrder,
        &[
            "no order|ordering guarantee|guarantees|needed|required",
            "don't need|require|guarantee order|ordering|any-order",
            "order|ordering doesn't matter",
            "out of order ~ fine|okay|ok|allowed",
            "can|may|might arrive|come|run out of order",
        ],
    ),
    (
        Stand::OneWriter,
        &[
            "single leader|primary|master|writer",
            "all|every write|writes go|goes ~ leader|primary|master",
            "only the leader|primary|master accepts|takes writes|write",
        ],
    ),
    (
        Stand::ManyWriters,
        &[
            "multi leader|master|primary",
            "active active",
            "any|every|each node|replica|region accepts|takes|accept|take ~ write|writes",
            "any|every|each node|replica|region can accept|take ~ write|writes",
            "writes go to any|every|either|the-nearest|the-closest|the-local node|replica|region",
            "write to any|either|the-nearest|the-closest node|replica|region",
        ],
    ),
];

fn stands(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    let mut found = Vec::new();
    for (stand, cues) in STANDS {
        for cue in cues.iter().filter_map(|cue| Cue::parse(cue).ok()) {
            for words in find_all(&cue, spoken) {
                let forms = forms_of(spoken, &words);
                if is_committed(spoken, *stand, &forms) {
                    found.push((forms, Commitment::Stand { stand: *stand }));
                }
            }
        }
    }
    found
}

fn forms_of(spoken: &Spoken, words: &Range<usize>) -> Range<usize> {
    let start = spoken.forms.partition_point(|form| form.words.end <= words.start);
    let end = spoken.forms.partition_point(|form| form.words.start < words.end);
    start..end.max(start + 1)
}

/// Somebody speaks for a system ("we", "is", "must") rather than of an idea, and nothing near softens the stand.
fn is_committed(spoken: &Spoken, stand: Stand, forms: &Range<usize>) -> bool {
    const COMMITS: &[&str] = &[
        "we",
        "i",
        "our",
        "is",
        "are",
        "be",
        "must",
        "will",
        "all",
        "every",
        "always",
        "go",
        "goes",
        "never",
        "reads",
        "writes",
        "gives",
        "give",
        "keep",
        "need",
        "have",
        "has",
        "want",
        "use",
        "guarantee",
        "with",
    ];
    let soft: &[&str] = match stand {
        Stand::ExactlyOnce | Stand::Duplicates => &[
            "effectively",
            "practically",
            "idempotent",
            "idempotency",
            "idempotently",
            "dedupe",
            "dedupes",
            "deduplicate",
            "deduplicates",
            "deduped",
            "deduplication",
            "effect",
            "myth",
            "impossible",
            "key",
            "semantics",
        ],
        Stand::NothingLost | Stand::SomeLost => &[
            "recover",
            "recovers",
            "resubmit",
            "replay",
            "replays",
            "reconcile",
            "retry",
            "rebuild",
            "cache",
            "money",
            "lock",
        ],
        Stand::SyncReplication | Stand::AsyncReplication => &["semi", "quorum", "majority"],
        _ => &["semi", "except", "apart"],
    };
    let committed = forms.len() > 2
        || near(spoken, forms, 6, 0).any(|text| COMMITS.contains(&text))
        || spoken.forms[forms.clone()].iter().any(|form| COMMITS.contains(&form.text.as_str()));
    committed && !near(spoken, forms, 12, 14).any(|text| soft.contains(&text))
}

/// The forms of the same sentence, up to so many before and behind.
fn near<'a>(spoken: &'a Spoken, forms: &Range<usize>, before: usize, behind: usize) -> impl Iterator<Item = &'a str> {
    let start = start_of(spoken, forms.start, before);
    let mut end = forms.end;
    while end < spoken.forms.len() && end - forms.end < behind && break_after(spoken, end - 1) != Break::Sentence {
        end += 1;
    }
    (start..forms.start).chain(forms.end..end).map(|at| spoken.forms[at].text.as_str())
}

/// The first form of the sentence, at most so many before `at`.
pub fn start_of(spoken: &Spoken, at: usize, most: usize) -> usize {
    let mut start = at;
    while start > 0 && at - start < most && break_after(spoken, start - 1) != Break::Sentence {
        start -= 1;
    }
    start
}

/// It is weighed, quoted or made conditional, not promised.
fn is_hypothetical(spoken: &Spoken, forms: &Range<usize>) -> bool {
    const BEFORE: &[&str] = &[
        "if",
        "unless",
        "suppose",
        "imagine",
        "alternative",
        "alternatively",
        "option",
        "options",
        "either",
        "versus",
        "vs",
        "reject",
        "rejected",
        "people",
        "some",
        "example",
        "could",
        "whether",
        "people",
        "else",
        "otherwise",
        "instead",
        "rather",
        "used",
        "compared",
        "unlike",
        "like",
        "systems",
        "means",
        "called",
        "says",
    ];
    const BEHIND: &[&str] =
        &["if", "unless", "where", "when", "until", "during", "or", "versus", "otherwise", "means", "would", "isn't"];
    near(spoken, forms, 8, 0).any(|text| BEFORE.contains(&text))
        || near(spoken, forms, 0, 4).any(|text| BEHIND.contains(&text))
}

/// A change of mind, or a later stage of the design.
fn revises(spoken: &Spoken, forms: &Range<usize>) -> bool {
    const REVISES: &[&str] = &[
        "actually",
        "instead",
        "change",
        "changed",
        "changing",
        "sorry",
        "revise",
        "correction",
        "correct",
        "wait",
        "rather",
        "earlier",
        "x",
        "grow",
        "grows",
        "growth",
        "later",
        "phase",
        "version",
        "mvp",
        "first",
        "initially",
        "start",
        "now",
        "switch",
        "migrate",
        "move",
        "moved",
        "said",
        "scratch",
        "wrong",
        "mistake",
        "reconsider",
        "back",
        "scale",
        "eventually",
        "relax",
        "drop",
        "give",
    ];
    near(spoken, forms, 14, 8).any(|text| REVISES.contains(&text))
}

/// What a commitment is about: the noun after "for", the one before "reads", places such as a region.
fn scope(spoken: &Spoken, forms: &Range<usize>) -> Vec<String> {
    const PLACES: &[&str] = &[
        "region", "regions", "zone", "zones", "cross", "remote", "second", "nearby", "local", "other", "another",
        "same", "own",
    ];
    let start = start_of(spoken, forms.start, 7);
    let mut end = forms.end;
    while end < spoken.forms.len() && end - forms.end < 6 && break_after(spoken, end - 1) == Break::None {
        end += 1;
    }
    let text = |at: usize| spoken.forms.get(at).map_or("", |form| form.text.as_str());
    let mut scope: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        let counts = !word.is_empty() && !is_stop_word(word) && !is_generic(word) && word.parse::<f64>().is_err();
        if counts && !scope.iter().any(|known| same_word(known, word)) {
            scope.push(word.to_owned());
        }
    };
    for at in start..end {
        let outside = at < forms.start || at >= forms.end;
        match text(at) {
            "for" | "of" | "on" | "in" => {
                let skip = usize::from(matches!(text(at + 1), "the" | "a" | "an" | "our" | "each" | "every" | "that"));
                let noun = at + 1 + skip;
                let two = noun + 1 < end && !is_stop_word(text(noun + 1)) && !is_generic(text(noun + 1));
                add(text(if two && outside { noun + 1 } else { noun }));
                add(text(noun));
            }
            "read" | "reads" | "write" | "writes" | "path" | "page" | "table" if at > start => add(text(at - 1)),
            place if outside && PLACES.contains(&place) => add(place),
            "is" | "are" | "go" | "goes" | "must" | "has" if at > start && at < forms.start => add(text(at - 1)),
            _ => {}
        }
    }
    scope
}

/// Words that name no operation in particular.
fn is_generic(word: &str) -> bool {
    const GENERIC: &[&str] = &[
        "system",
        "store",
        "data",
        "base",
        "service",
        "design",
        "client",
        "user",
        "replica",
        "leader",
        "follower",
        "primary",
        "node",
        "everything",
        "read",
        "write",
        "value",
        "request",
        "order",
        "ordering",
        "load",
        "always",
        "never",
        "every",
        "each",
        "strongly",
        "consistent",
        "replication",
        "message",
        "event",
        "consistency",
        "delivery",
        "write",
        "now",
        "again",
        "any",
        "async",
        "queue",
        "synchronous",
        "consumer",
        "job",
        "cluster",
        "whole",
        "first",
        "yes",
        "traffic",
        "speed",
        "latency",
        "throughput",
        "guarantee",
        "serve",
        "accept",
        "take",
        "send",
        "make",
        "handle",
        "spread",
        "return",
    ];
    GENERIC.iter().any(|known| same_word(known, word))
}

/// Up to nine words around the commitment, within its clause.
fn around(spoken: &Spoken, words: Range<usize>) -> Range<usize> {
    const MOST: usize = 9;
    let joins = |at: usize| {
        matches!(
            spoken.words[at].norm.as_str(),
            "so" | "and" | "but" | "because" | "then" | "which" | "okay" | "um" | "uh"
        )
    };
    let (mut start, mut end) = (words.start, words.end.min(words.start + MOST));
    while start > 0
        && end - start < MOST
        && words.start - start < 3
        && spoken.words[start - 1].break_after == Break::None
        && !joins(start - 1)
    {
        start -= 1;
    }
    while end < spoken.words.len()
        && end - start < MOST
        && end < words.end + 2
        && spoken.words[end - 1].break_after == Break::None
        && !joins(end)
    {
        end += 1;
    }
    start..end
}

/// "R equals one", "a write quorum of two", "a replication factor of three".
fn quorums(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
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
fn rate(spoken: &Spoken, q: &Quantity) -> Option<Commitment> {
    const ASSUMED: &[&str] = &[
        "say", "assume", "assuming", "expect", "load", "traffic", "get", "gets", "total", "overall", "have", "see",
        "hitting",
    ];
    const CAPACITY: &[&str] = &[
        "does",
        "do",
        "handle",
        "handles",
        "can",
        "capacity",
        "limit",
        "limits",
        "node",
        "shard",
        "partition",
        "machine",
        "box",
        "instance",
        "server",
        "redis",
        "postgres",
        "kafka",
        "key",
        "tenant",
        "customer",
        "per",
        "each",
        "about",
        "most",
        "up",
        "threshold",
        "burst",
        "down",
        "instead",
        "drops",
        "goes",
        "not",
        "one",
        "single",
        "cache",
        "hit",
        "miss",
    ];
    let plain = q.unit.measure == Measure::Count && q.each == Each::No && !q.vague && !q.bound && q.per_time.is_some();
    let close = |most_before, most_behind| near(spoken, &q.forms, most_before, most_behind);
    let capacity = |text: &&str| CAPACITY.contains(text) && !matches!(*text, "about");
    if !plain || !close(8, 4).any(|text| ASSUMED.contains(&text)) || close(6, 4).any(|text| capacity(&text)) {
        return None;
    }
    const KINDS: &[&str] =
        &["read", "write", "peak", "average", "normally", "region", "new", "active", "cached", "failed"];
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
fn latency(spoken: &Spoken, q: &Quantity) -> Option<(Range<usize>, Commitment)> {
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
fn technologies(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    const KNOWN: &[(&str, &[&str])] = &[
        (
            "database",
            &["postgres", "mysql", "cassandra", "dynamodb", "dynamo", "mongo", "mongodb", "spanner", "oracle", "hbase"],
        ),
        ("queue", &["kafka", "rabbitmq", "rabbit", "sqs", "kinesis", "pulsar", "nats"]),
        ("cache", &["redis", "memcached", "memcache"]),
    ];
    let mut found = Vec::new();
    for (role, names) in KNOWN {
        let said = if *role == "database" { "data-base" } else { role };
        for name in *names {
            let cues = [
                format!("for the {said} i|we ~ use|pick|take|choose|have {name}"),
                format!("for the {said} i|we use|pick|take|choose {name}"),
                format!("the {said} is|be {name}"),
                format!("the {said} will|would be {name}"),
                format!("use|pick|take|choose {name} as|for the|our {said}"),
            ];
            for words in cues.iter().filter_map(|cue| Cue::parse(cue).ok()).flat_map(|cue| find_all(&cue, spoken)) {
                let commitment = Commitment::Technology { role: (*role).to_owned(), name: (*name).to_owned() };
                found.push((forms_of(spoken, &words), commitment));
            }
        }
    }
    found
}
