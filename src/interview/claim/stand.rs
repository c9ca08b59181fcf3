//! Stands: commitments that are heard by cues, such as "exactly once" or "any node can accept writes".

use std::{ops::Range, sync::LazyLock};

use super::{Commitment, Stand, hearing::near};
use crate::interview::{
    coverage::{Cue, find_all},
    words::Spoken,
};

/// Each stand with the cues that show it. A cue is a relation between words, so that a topic alone is no commitment.
#[rustfmt::skip]
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
            "reads go|goes|come|hit ~ asynchronous|any|nearest|closest|local replica|replicas|follower|followers",
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
            "asynchronous replication",
            "asynchronous replica|replicas|standby|follower|followers",
            "replicat* asynchronous",
            "replication is asynchronous",
            "replicas are asynchronous",
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

/// Parsed once: a session reads every answer against all of them.
static PARSED: LazyLock<Vec<(Stand, Vec<Cue>)>> = LazyLock::new(|| {
    let parse = |cues: &[&str]| cues.iter().filter_map(|cue| Cue::parse(cue).ok()).collect();
    STANDS.iter().map(|(stand, cues)| (*stand, parse(cues))).collect()
});

/// All stands taken, with the forms that show them.
pub fn stands(spoken: &Spoken) -> Vec<(Range<usize>, Commitment)> {
    let mut found = Vec::new();
    for (stand, cues) in PARSED.iter() {
        for cue in cues {
            for words in find_all(cue, spoken) {
                let forms = forms_of(spoken, &words);
                if is_committed(spoken, *stand, &forms) {
                    found.push((forms, Commitment::Stand { stand: *stand }));
                }
            }
        }
    }
    found
}

/// The forms that hold these words.
pub fn forms_of(spoken: &Spoken, words: &Range<usize>) -> Range<usize> {
    let start = spoken.forms.partition_point(|form| form.words.end <= words.start);
    let end = spoken.forms.partition_point(|form| form.words.start < words.end);
    start..end.max(start + 1)
}

/// Somebody speaks for a system ("we", "is", "must") rather than of an idea, and nothing near softens the stand.
fn is_committed(spoken: &Spoken, stand: Stand, forms: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const COMMITS: &[&str] = &[
        "we", "i", "it", "our", "is", "are", "be", "must", "will", "all", "every", "always", "go", "goes", "never", "reads",
        "writes", "gives", "give", "keep", "need", "have", "has", "want", "use", "guarantee", "with",
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
