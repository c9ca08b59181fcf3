//! How a figure is tied to those before it, and what takes it out of the reckoning: peaks, corrections, copies.

use std::ops::Range;

use super::{
    derivation::Operator,
    quantity::{Quantity, is_hedge},
};
use crate::interview::{
    coverage::break_after,
    words::{Break, Form, Spoken, is_negation},
};

/// How many quantities, and how many forms, before a claim may be its operands.
const OPERANDS: usize = 4;
const REACH: usize = 45;

/// How a figure is tied to what was said before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// "is", "that's", "which is".
    Equates,
    /// "so", "gives".
    Follows,
    /// Only a pause.
    Beside,
}

/// The first quantity that may be an operand of the claim at `at`.
pub fn window(spoken: &Spoken, all: &[Quantity], at: usize) -> usize {
    let mut start = at;
    while start > 0 && at - start < OPERANDS {
        let q = &all[start - 1];
        let near = all[at].forms.start - q.forms.start <= REACH;
        let sentences =
            (q.forms.end - 1..all[at].forms.start).filter(|i| break_after(spoken, *i) == Break::Sentence).count();
        if !near || sentences > 2 || q.vague || q.value <= 0.0 {
            break;
        }
        start -= 1;
    }
    start
}

/// The words between a quantity and the next that make the next follow from it.
pub fn link(spoken: &Spoken, before: &Quantity, claim: &Quantity) -> Option<Link> {
    let gap = before.forms.end..claim.forms.start;
    let text = |i: usize| spoken.forms[i].text.as_str();
    let mut follows = false;
    for i in gap.clone().rev() {
        match text(i) {
            "that" | "which" | "equals" | "equal" | "call" | "this" => return Some(Link::Equates),
            "is" | "are" | "takes" | "makes" | "gives" | "means"
                if gap.start == i || (gap.start..i).all(|i| is_light(text(i))) =>
            {
                return Some(if matches!(text(i), "makes" | "gives" | "means") {
                    Link::Follows
                } else {
                    Link::Equates
                });
            }
            "so" | "gives" | "makes" | "hence" | "therefore" | "meaning" => {
                follows = true;
                break;
            }
            other if is_light(other) => {}
            _ => return None,
        }
    }
    if follows {
        return Some(Link::Follows);
    }
    let apart = break_after(spoken, before.forms.end - 1);
    (apart == Break::Clause && gap.len() <= 5).then_some(Link::Beside)
}

/// Words that may stand between "so" and the figure.
fn is_light(text: &str) -> bool {
    #[rustfmt::skip]
    const LIGHT: &[&str] = &[
        "it", "we", "you", "need", "get", "have", "has", "store", "under", "over", "up", "to", "be", "would", "will",
        "of", "in", "total", "all", "us", "works", "out", "comes", "come", "i", "think", "guess", "memory", "storage",
        "bandwidth", "traffic", "at", "is", "are", "'s", "as", "or", "write", "nothing", "per", "environment",
        "there", "and", "then", "they", "on", "average", "means", "altogether", "generates", "produces", "that",
        "approx", "less", "than", "more", "least", "most", "must", "can", "d",
    ];
    is_hedge(text) || LIGHT.contains(&text)
}

/// The operators that tie the last operands to one another, the last before the claim.
pub fn operators(spoken: &Spoken, operands: &[&Quantity]) -> Vec<Operator> {
    let mut found = Vec::new();
    for pair in operands.windows(2).rev() {
        let gap: Vec<&str> = spoken.forms[pair[0].forms.end..pair[1].forms.start]
            .iter()
            .map(|form| form.text.as_str())
            .filter(|text| !is_hedge(text))
            .collect();
        match gap.as_slice() {
            ["times"] | ["multiplied", "by"] | ["x"] => found.push(Operator::Times),
            ["divided", "by"] | ["over"] => found.push(Operator::Over),
            _ => break,
        }
    }
    found.reverse();
    found
}

/// "ten times …", "a million keys is …": the figure goes on into another.
pub fn is_operand(spoken: &Spoken, q: &Quantity) -> bool {
    let next = |i: usize| spoken.forms.get(q.forms.end + i).map_or("", |form| form.text.as_str());
    matches!(next(0), "times" | "multiplied" | "divided" | "x" | "is" | "are")
        || (next(0) == "over" && next(1).parse::<f64>().is_ok())
}

/// A peak is not what follows from an average.
pub fn is_extreme(spoken: &Spoken, all: &[Quantity], at: usize) -> bool {
    let before = at.checked_sub(1).map_or(0, |before| all[before].forms.end);
    let after = all.get(at + 1).map_or(spoken.forms.len(), |next| next.forms.start).min(all[at].forms.end + 5);
    let extreme = |i: usize| {
        let text = spoken.forms[i].text.as_str();
        matches!(
            text,
            "peak"
                | "peaks"
                | "burst"
                | "bursts"
                | "spike"
                | "spikes"
                | "busy"
                | "busiest"
                | "worst"
                | "max"
                | "maximum"
        )
    };
    let cut = |i: usize| (all[at].forms.end - 1..i).map(|i| break_after(spoken, i)).max().unwrap_or(Break::None);
    // "…, peaks around two thousand": the peak is the next figure's.
    let of_next = |i: usize| cut(i) == Break::Clause && all.get(at + 1).is_some_and(|next| next.forms.start <= i + 4);
    let behind = |i: usize| extreme(i) && cut(i) != Break::Sentence && !of_next(i);
    (before..all[at].forms.start).any(extreme) || (all[at].forms.end..after).any(behind)
}

/// "no", "sorry", "wait" right behind a claim.
pub fn is_taken_back(spoken: &Spoken, claim: &Quantity) -> bool {
    let end = (claim.forms.end + 5).min(spoken.forms.len());
    spoken.forms[claim.forms.end..end].iter().any(|form| {
        matches!(form.text.as_str(), "no" | "sorry" | "wait" | "actually" | "correction" | "rather" | "mean")
    })
}

/// Something changes the figure on the way that was not said as a figure: copies, compression, caching, a share.
pub fn is_modified(spoken: &Spoken, words: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const MODIFIERS: &[&str] = &[
        "replica", "replicas", "replicated", "replication", "copies", "compressed", "compression", "compress", "both",
        "double", "doubles", "twice", "triple", "cached", "cache", "hit", "miss", "half", "quarter", "fraction",
        "index", "indexes", "peak", "burst", "sample", "sampled", "sampling", "batch", "batched", "batches",
        "batching", "overhead", "dedupe", "instead", "shard", "shards", "partition", "partitions", "most", "rest",
        "mostly", "if",
    ];
    // The claim's own unit and the operands may hold one of these; what stands right behind the claim may as well.
    let inside = |form: &&Form| form.words.start >= words.start && form.words.start < words.end + 4;
    spoken.forms.iter().filter(inside).any(|form| MODIFIERS.contains(&form.text.as_str()) || is_negation(&form.text))
}
