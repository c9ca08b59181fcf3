//! Wordings that nearly repeat each other: questions, probes and pairs of all packs among their like, and the points of one question. What a
//! person hears twice in other words has been asked once.

use std::collections::{BTreeMap, HashMap};

use super::{pack_files::PackSource, problem::Problem, toml_source::Document, wording::WordSet};

/// Something that is said: where it stands, what to call it, and its words.
struct Wording<'a> {
    doc: &'a Document,
    path: String,
    /// "question `rate-limiter`"
    name: String,
    words: WordSet,
}

/// Reports each wording that nearly repeats an earlier one of its sort, in any pack.
///
/// Generic probes are compared within their kind: what fits any design may well fit any story.
pub fn check(sources: &BTreeMap<&str, PackSource>, problems: &mut Vec<Problem>) {
    let questions = || sources.values().flat_map(|source| &source.questions);
    let asks = questions().map(|(doc, stem, question)| Wording {
        doc,
        path: "ask".to_owned(),
        name: format!("question `{stem}`"),
        words: WordSet::new(&question.ask),
    });
    report(&asks.collect::<Vec<_>>(), problems);

    let probes = questions().flat_map(|(doc, stem, question)| {
        question.probes.iter().enumerate().map(move |(i, probe)| Wording {
            doc,
            path: format!("probes[{i}].ask"),
            name: format!("probe `{}` of `{stem}`", probe.id),
            words: WordSet::new(&probe.ask),
        })
    });
    report(&probes.collect::<Vec<_>>(), problems);

    for (doc, _, question) in questions() {
        let points = question.points.iter().enumerate().map(|(i, point)| Wording {
            doc,
            path: format!("points[{i}].says"),
            name: format!("point `{}`", point.id),
            words: WordSet::new(&point.says),
        });
        report(&points.collect::<Vec<_>>(), problems);
    }

    let generic = sources.values().filter_map(|source| source.probes.as_ref());
    for (doc, kind, probes) in generic.flat_map(|(doc, of)| of.iter().map(move |(kind, probes)| (doc, kind, probes))) {
        let probes = probes.iter().enumerate().map(|(i, probe)| Wording {
            doc,
            path: format!("{}.probes[{i}].ask", kind.name()),
            name: format!("generic probe `{}`", probe.id),
            words: WordSet::new(&probe.ask),
        });
        report(&probes.collect::<Vec<_>>(), problems);
    }

    let drills = || sources.values().filter_map(|source| source.drills.as_ref());
    let pairs = drills().flat_map(|(doc, drills)| {
        drills.pairs.iter().enumerate().map(move |(i, pair)| Wording {
            doc,
            path: format!("pairs[{i}].ask"),
            name: format!("pair `{}`", pair.id),
            words: WordSet::new(&pair.ask),
        })
    });
    report(&pairs.collect::<Vec<_>>(), problems);
}

fn report(wordings: &[Wording], problems: &mut Vec<Problem>) {
    let sets: Vec<&WordSet> = wordings.iter().map(|wording| &wording.words).collect();
    for (later, earlier) in near_copies(&sets) {
        let (later, earlier) = (&wordings[later], &wordings[earlier]);
        let what = format!("{} is worded nearly like {}", later.name, earlier.name);
        problems.push(later.doc.problem(&later.path, what, "Ask something else, or ask it otherwise."));
    }
}

/// Each set that nearly equals an earlier one, with the first such.
///
/// Not all pairs are compared. Two sets that share four fifths of their words differ in few: whichever few words a set could do without, one
/// of the others is shared. So each set is filed under its rarest words only, as many as it could lack and one more, and is compared
/// with those filed under one of the same.
fn near_copies(sets: &[&WordSet]) -> Vec<(usize, usize)> {
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for word in sets.iter().flat_map(|set| set.words()) {
        *frequency.entry(word).or_default() += 1;
    }
    let mut filed: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut copies = Vec::new();
    for (later, set) in sets.iter().enumerate() {
        let mut words: Vec<&str> = set.words().collect();
        words.sort_by_cached_key(|word| (frequency[word], *word));
        words.truncate(set.could_lack() + 1);
        let candidates = words.iter().filter_map(|word| filed.get(word)).flatten();
        let earlier = candidates.copied().filter(|earlier| sets[*earlier].nearly_equals(set)).min();
        copies.extend(earlier.map(|earlier| (later, earlier)));
        for word in words {
            filed.entry(word).or_default().push(later);
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs found are those that a comparison of each with each finds.
    #[test]
    fn no_near_copy_is_missed() {
        let words = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let mut state = 7u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let texts: Vec<String> = (0..300)
            .map(|_| {
                let picked = words.iter().filter(|_| random(3) > 0);
                picked.copied().collect::<Vec<_>>().join(" ")
            })
            .collect();
        let sets: Vec<WordSet> = texts.iter().map(|text| WordSet::new(text)).collect();
        let sets: Vec<&WordSet> = sets.iter().collect();
        let each_with_each: Vec<(usize, usize)> = (0..sets.len())
            .filter_map(|later| Some((later, (0..later).find(|earlier| sets[*earlier].nearly_equals(sets[later]))?)))
            .collect();
        assert!(each_with_each.len() > 50);
        assert_eq!(near_copies(&sets), each_with_each);
    }
}
