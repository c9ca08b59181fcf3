//! Finds two commitments that cannot both hold, and words the probe.

use super::{Claim, Commitment, Contradiction, KeyRole, QuorumPart, Stand, key};
use crate::interview::{
    arithmetic::quantity::may_be_same,
    wording::{count_words, unspeakable},
    words::same_word,
};

/// Figures for the same thing that differ by this factor are two commitments, not two estimates.
const FAR_APART: f64 = 10.0;

/// The contradictions of a ledger; each claim takes part in one at most.
pub fn find(claims: &[Claim]) -> Vec<Contradiction> {
    let mut found: Vec<Contradiction> = Vec::new();
    for (at, later) in claims.iter().enumerate() {
        // What was said last before it counts: it may have been revised.
        let standing = claims[..at].iter().rev().filter(|earlier| clashes(claims, earlier, later, at));
        let Some(earlier) = standing.into_iter().next() else { continue };
        let known = |claim: &Claim| found.iter().any(|c| c.earlier == *claim || c.later == *claim);
        if known(earlier) || known(later) || later.revises || is_revised(claims, earlier, at) {
            continue;
        }
        let probe = probe(earlier, later);
        found.push(Contradiction { earlier: earlier.clone(), later: later.clone(), probe });
    }
    found
}

/// Something said between the two took the earlier one back, or it was a first stage only.
fn is_revised(claims: &[Claim], earlier: &Claim, until: usize) -> bool {
    let since = claims[..until].iter().skip_while(|claim| *claim != earlier).skip(1);
    earlier.revises
        || since.into_iter().any(|claim| claim.revises && same_topic(&claim.commitment, &earlier.commitment))
}

fn same_topic(a: &Commitment, b: &Commitment) -> bool {
    match (a, b) {
        (Commitment::Stand { stand: a }, Commitment::Stand { stand: b }) => a == b || are_opposed(*a, *b),
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn clashes(claims: &[Claim], earlier: &Claim, later: &Claim, at: usize) -> bool {
    if earlier.evidence.words == later.evidence.words && earlier.turn == later.turn {
        return false;
    }
    let apart = |a: f64, b: f64| a > 0.0 && b > 0.0 && (a / b >= FAR_APART || b / a >= FAR_APART);
    match (&earlier.commitment, &later.commitment) {
        (Commitment::Stand { stand: a }, Commitment::Stand { stand: b }) => {
            are_opposed(*a, *b) && same_scope(earlier, later)
        }
        (Commitment::Key { role: a, parts: first }, Commitment::Key { role: b, parts: second }) => {
            let shared = first.iter().any(|part| second.contains(part));
            let in_time = first.iter().chain(second).any(|part| key::is_time(part));
            a == b && !shared && !in_time && same_scope(earlier, later)
        }
        (
            Commitment::Rate { per_second: a, thing: one, kind: x },
            Commitment::Rate { per_second: b, thing: two, kind: y },
        ) => {
            let asked = may_be_same(one.as_deref().or(Some("requests")), two.as_deref().or(Some("requests")));
            x == y && asked && apart(*a, *b)
        }
        (Commitment::Latency { percentile: x, seconds: a }, Commitment::Latency { percentile: y, seconds: b }) => {
            x == y && apart(*a, *b) && same_scope(earlier, later)
        }
        (Commitment::Technology { role: x, name: a }, Commitment::Technology { role: y, name: b }) => {
            let relatives = a.starts_with(b.as_str()) || b.starts_with(a.as_str());
            // Within one answer two stores are mostly two stores.
            x == y && !relatives && earlier.turn != later.turn && same_scope(earlier, later)
        }
        (Commitment::Stand { stand: Stand::LatestReads }, Commitment::Quorum { .. }) => too_small(claims, at).is_some(),
        (Commitment::Quorum { .. }, Commitment::Stand { stand: Stand::LatestReads }) => {
            too_small(claims, at).is_some_and(|quorum| quorum == earlier)
        }
        _ => false,
    }
}

/// The last word on the quorums up to and including claim `at`, where reads and writes need not meet.
fn too_small(claims: &[Claim], at: usize) -> Option<&Claim> {
    let last = |wanted: QuorumPart| {
        claims[..=at].iter().rev().find_map(|claim| match claim.commitment {
            Commitment::Quorum { part, replicas } if part == wanted => Some((claim, replicas)),
            _ => None,
        })
    };
    let (n, r, w) = (last(QuorumPart::N)?, last(QuorumPart::R)?, last(QuorumPart::W)?);
    // Where one is said behind the other, the second shows it.
    let shown = if after(w.0, r.0) { w.0 } else { r.0 };
    let complete =
        matches!(claims[at].commitment, Commitment::Stand { .. }) || after(&claims[at], shown) || claims[at] == *shown;
    (r.1 + w.1 <= n.1 && complete).then_some(shown)
}

fn after(a: &Claim, b: &Claim) -> bool {
    (a.turn, a.evidence.words) > (b.turn, b.evidence.words)
}

fn are_opposed(a: Stand, b: Stand) -> bool {
    use Stand::*;
    const PAIRS: &[(Stand, Stand)] = &[
        (LatestReads, StaleReads),
        (ExactlyOnce, Duplicates),
        (SyncReplication, AsyncReplication),
        (NothingLost, SomeLost),
        (TotalOrder, NoOrder),
        (OneWriter, ManyWriters),
    ];
    PAIRS.iter().any(|pair| *pair == (a, b) || *pair == (b, a))
}

/// Both are said of the same thing, or of everything. One general and one particular are a rule with its exception, unless the
/// rule said "all".
fn same_scope(a: &Claim, b: &Claim) -> bool {
    const ELSEWHERE: &[&str] = &["other", "another", "second", "remote", "cross", "nearby", "local", "zone", "zones"];
    let elsewhere = |claim: &Claim| claim.scope.iter().any(|word| ELSEWHERE.contains(&word.as_str()));
    if elsewhere(a) != elsewhere(b) {
        return false;
    }
    match (a.scope.is_empty(), b.scope.is_empty()) {
        (true, true) => true,
        (true, false) => a.universal,
        (false, true) => b.universal,
        (false, false) => a.scope.iter().any(|x| b.scope.iter().any(|y| same_word(x, y))),
    }
}

fn probe(earlier: &Claim, later: &Claim) -> String {
    let (a, b) = (quoted(earlier), quoted(later));
    let text = match earlier.turn == later.turn {
        true => format!("You said \"{a}\", and then \"{b}\". How can both hold?"),
        false => format!("Earlier you said \"{a}\", and now \"{b}\". Which of the two holds?"),
    };
    debug_assert!(count_words(&text) < 30, "{text}");
    text
}

/// The candidate's words, or the plain name of the commitment where they cannot be said as they were written.
fn quoted(claim: &Claim) -> String {
    let sayable = !claim.quote.contains('"') && unspeakable(&claim.quote).is_none();
    if sayable && !claim.quote.contains(['.', '?', '!']) { claim.quote.clone() } else { claim.commitment.plain() }
}

impl Commitment {
    /// In plain words: "sharded by user".
    pub fn plain(&self) -> String {
        match self {
            Commitment::Stand { stand } => match stand {
                Stand::LatestReads => "reads see the latest",
                Stand::StaleReads => "reads may be stale",
                Stand::ExactlyOnce => "exactly once",
                Stand::Duplicates => "duplicates may happen",
                Stand::SyncReplication => "replication is synchronous",
                Stand::AsyncReplication => "replication is asynchronous",
                Stand::NothingLost => "nothing is lost",
                Stand::SomeLost => "some may be lost",
                Stand::TotalOrder => "one order for everything",
                Stand::NoOrder => "no ordering",
                Stand::OneWriter => "one leader takes the writes",
                Stand::ManyWriters => "several places take writes",
            }
            .to_owned(),
            Commitment::Key { role, parts } => {
                let role = match role {
                    KeyRole::Shard => "sharded",
                    KeyRole::Partition => "partitioned",
                    KeyRole::Idempotency => "deduplicated",
                };
                format!("{role} by {}", parts.join(" and "))
            }
            Commitment::Quorum { part, replicas } => match part {
                QuorumPart::N => format!("{replicas} replicas"),
                QuorumPart::R => format!("reads from {replicas}"),
                QuorumPart::W => format!("writes to {replicas}"),
            },
            Commitment::Rate { per_second, thing, .. } => {
                format!("about {} {} a second", figure(*per_second), thing.as_deref().unwrap_or("requests"))
            }
            Commitment::Latency { percentile, seconds } => {
                format!("{percentile} of {} milliseconds", figure(seconds * 1000.0))
            }
            Commitment::Technology { role, name } => format!("{name} as the {role}"),
        }
    }
}

fn figure(value: f64) -> String {
    crate::interview::arithmetic::unit::figure(value)
}
