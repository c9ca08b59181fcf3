//! The claims ledger: what a candidate committed to over a session, and where two commitments cannot both hold.
//!
//! It hears commitments by cues and figures (`hearing`) and compares them (`contradiction`). It is silent when it is unsure: a
//! hypothetical is no commitment, an explicit change of mind ("actually, instead …", "at ten x") revises the ledger, and two operations may
//! well be promised different things. What it finds is the reason for a probe, never for a level.

mod contradiction;
mod figures;
mod hearing;
mod key;
mod stand;

use serde::{Deserialize, Serialize};

use super::{
    assessment::Evidence,
    transcript::{Transcript, TurnNo},
};

/// One answer of a session, with what the interviewer had said before it.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub turn: TurnNo,
    /// The interviewer's words. When they change the premises ("suppose", "ten times the load"), the answer commits to nothing.
    pub asked: &'a str,
    pub transcript: &'a Transcript,
}

/// One commitment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub turn: TurnNo,
    pub commitment: Commitment,
    /// What it was said of ("checkout", "region"); empty when nothing was named.
    pub scope: Vec<String>,
    /// Said of all, always or never.
    pub universal: bool,
    /// Said with a change of mind, or for a later stage: it replaces what was said before.
    pub revises: bool,
    /// At most nine words around the commitment, as they were said.
    pub quote: String,
    pub evidence: Evidence,
}

/// What is committed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Commitment {
    Stand {
        stand: Stand,
    },
    /// What is sharded, partitioned or deduplicated by; several for a composite key.
    Key {
        role: KeyRole,
        parts: Vec<String>,
    },
    /// Replicas in all (N), or read (R) or written (W) by one operation.
    Quorum {
        part: QuorumPart,
        replicas: u32,
    },
    /// So many things a second. `kind` holds "read", "write", "peak" and the like where they were said.
    Rate {
        per_second: f64,
        thing: Option<String>,
        kind: Vec<String>,
    },
    /// A target for a percentile ("p99").
    Latency {
        percentile: String,
        seconds: f64,
    },
    /// What plays a role ("database", "queue", "cache").
    Technology {
        role: String,
        name: String,
    },
}

/// Stands that come in opposing pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    LatestReads,
    StaleReads,
    ExactlyOnce,
    Duplicates,
    SyncReplication,
    AsyncReplication,
    NothingLost,
    SomeLost,
    TotalOrder,
    NoOrder,
    OneWriter,
    ManyWriters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyRole {
    Shard,
    Partition,
    Idempotency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuorumPart {
    N,
    R,
    W,
}

/// Two commitments that cannot both hold, in the order they were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    pub earlier: Claim,
    pub later: Claim,
    /// What to ask: under thirty words, sayable, both commitments in the candidate's own words.
    pub probe: String,
}

/// All commitments of the answers to one question, in the order made.
pub fn ledger(answers: &[Said]) -> Vec<Claim> {
    answers.iter().flat_map(hearing::claims).collect()
}

/// The contradictions in a ledger, in the order of their later halves; at most one for each pair of topics.
///
/// Pass the claims of one question at a time: another question is another system.
pub fn contradictions(claims: &[Claim]) -> Vec<Contradiction> {
    contradiction::find(claims)
}

#[cfg(test)]
mod tests;
