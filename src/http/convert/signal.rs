//! What was worked out from the words of an answer, to the types of the wire.

use super::evidence;
use crate::{
    api,
    interview::{
        arithmetic::Arithmetic,
        claim::{Claim, Contradiction},
        withholding::{Effect, Outcome},
    },
};

/// Slips and what came out right, in the order said.
pub fn arithmetic(found: &Arithmetic) -> Vec<api::ArithmeticCheck> {
    let slips = found.slips.iter().map(|slip| {
        let check = api::ArithmeticCheck {
            slip: true,
            working: slip.working.clone(),
            claimed: Some(slip.claimed.clone()),
            computed: Some(slip.computed.clone()),
            times_off: slip.times_off,
            evidence: evidence(&slip.evidence),
        };
        (slip.evidence.words, check)
    });
    let worked = found.worked.iter().map(|worked| {
        let check = api::ArithmeticCheck {
            slip: false,
            working: worked.working.clone(),
            claimed: None,
            computed: None,
            times_off: None,
            evidence: evidence(&worked.evidence),
        };
        (worked.evidence.words, check)
    });
    let mut all: Vec<_> = slips.chain(worked).collect();
    all.sort_by_key(|(words, _)| *words);
    all.into_iter().map(|(_, check)| check).collect()
}

pub fn commitment(claim: &Claim) -> api::Commitment {
    api::Commitment { says: claim.commitment.plain(), evidence: evidence(&claim.evidence) }
}

pub fn contradiction(found: &Contradiction) -> api::Contradiction {
    let side = |claim: &Claim| api::Committed { turn: claim.turn.0, evidence: evidence(&claim.evidence) };
    api::Contradiction { earlier: side(&found.earlier), later: side(&found.later), probe: found.probe.clone() }
}

pub fn outcome(outcome: &Outcome) -> api::WithheldOutcome {
    api::WithheldOutcome {
        what: outcome.what.name().to_owned(),
        says: outcome.what.says(),
        withholds: outcome.what.effect() == Effect::Withheld,
        evidence: outcome.evidence.iter().map(evidence).collect(),
        n: None,
    }
}
