//! Hears commitments in one answer: stands by cues, figures by their units.

use std::ops::Range;

use super::{
    Claim, Commitment, Said,
    figures::{latency, quorums, rate, technologies},
    key,
    stand::stands,
};
use crate::interview::{
    arithmetic::quantity::quantities,
    coverage::break_after,
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

#[rustfmt::skip]
const UNIVERSAL: &[&str] = &[
    "all", "every", "always", "never", "everything", "whole", "entire", "everywhere", "everybody"
];

fn changes_premises(asked: &str) -> bool {
    #[rustfmt::skip]
    const PREMISES: &[&str] = &[
        "suppose", "imagine", "what if", "instead", "ten times", "hundred times", "ten x", "assume", "let's say", "had
        to",
    ];
    let asked = asked.to_lowercase();
    PREMISES.iter().any(|words| asked.contains(words))
}

/// The forms of the same sentence, up to so many before and behind.
pub fn near<'a>(
    spoken: &'a Spoken,
    forms: &Range<usize>,
    before: usize,
    behind: usize,
) -> impl Iterator<Item = &'a str> {
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
    #[rustfmt::skip]
    const BEFORE: &[&str] = &[
        "if", "unless", "suppose", "imagine", "alternative", "alternatively", "option", "options", "either", "versus",
        "vs", "reject", "rejected", "people", "some", "example", "could", "whether", "people", "else", "otherwise",
        "instead", "rather", "used", "compared", "unlike", "like", "systems", "means", "called", "says",
    ];
    #[rustfmt::skip]
    const BEHIND: &[&str] = &[
        "if", "unless", "where", "when", "until", "during", "or", "versus", "otherwise", "means", "would", "isn't"
    ];
    near(spoken, forms, 8, 0).any(|text| BEFORE.contains(&text))
        || near(spoken, forms, 0, 4).any(|text| BEHIND.contains(&text))
}

/// A change of mind, or a later stage of the design.
fn revises(spoken: &Spoken, forms: &Range<usize>) -> bool {
    #[rustfmt::skip]
    const REVISES: &[&str] = &[
        "actually", "instead", "change", "changed", "changing", "sorry", "revise", "correction", "correct", "wait",
        "rather", "earlier", "x", "grow", "grows", "growth", "later", "phase", "version", "mvp", "first", "initially",
        "start", "now", "switch", "migrate", "move", "moved", "said", "scratch", "wrong", "mistake", "reconsider",
        "back", "scale", "eventually", "relax", "drop", "give",
    ];
    near(spoken, forms, 14, 8).any(|text| REVISES.contains(&text))
}

/// What a commitment is about: the noun after "for", the one before "reads", places such as a region.
fn scope(spoken: &Spoken, forms: &Range<usize>) -> Vec<String> {
    #[rustfmt::skip]
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
    #[rustfmt::skip]
    const GENERIC: &[&str] = &[
        "system", "store", "data", "base", "service", "design", "client", "user", "replica", "leader", "follower",
        "primary", "node", "everything", "read", "write", "value", "request", "order", "ordering", "load", "always",
        "never", "every", "each", "strongly", "consistent", "replication", "message", "event", "consistency",
        "delivery", "write", "now", "again", "any", "async", "queue", "synchronous", "consumer", "job", "cluster",
        "whole", "first", "yes", "traffic", "speed", "latency", "throughput", "guarantee", "serve", "accept", "take",
        "send", "make", "handle", "spread", "return",
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
