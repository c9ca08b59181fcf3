//! Which answers and twins are judged, in which order: the whole set, or a quick look.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    set::{CalibrationSet, RatedAnswer},
    twins::{self, TwinKind},
};
use crate::interview::{glossary, pack::Content};

/// How much is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Every answer, a third of them twice, a dozen twins of each kind and two dozen attacks.
    Whole,
    /// Two dozen answers and a few twins of each kind.
    Quick,
}

struct Numbers {
    answers: usize,
    again: usize,
    twins: usize,
    attacks: usize,
}

impl Extent {
    fn numbers(self) -> Numbers {
        match self {
            Extent::Whole => Numbers { answers: usize::MAX, again: 24, twins: 12, attacks: 24 },
            Extent::Quick => Numbers { answers: 24, again: 8, twins: 3, attacks: 6 },
        }
    }
}

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The answer as it is.
    Plain,
    /// The same once more.
    Again,
    Twin(TwinKind),
}

/// One text to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// "c01", "c01 again", "c01 padded".
    pub id: String,
    /// Id of the rated answer.
    pub answer: String,
    pub purpose: Purpose,
    pub text: String,
    /// The dimension whose level must fall, for twins that take something away.
    pub aims_at: Option<String>,
}

/// All cases, the plain ones first. Answers whose question or rubric is not known are left out.
pub fn cases(set: &CalibrationSet, content: &Content, extent: Extent) -> Vec<Case> {
    let numbers = extent.numbers();
    let mut usable: Vec<&RatedAnswer> =
        set.answers.iter().filter(|answer| content.question(&answer.question).is_some()).collect();
    // By level, so that every part of the scale is there however few are taken.
    usable.sort_by(|a, b| a.mean_level().total_cmp(&b.mean_level()).then_with(|| a.id.cmp(&b.id)));
    let chosen = spread(&usable, numbers.answers);
    let plain = chosen.iter().map(|answer| plain_case(answer));
    let again = spread(&chosen, numbers.again).into_iter().map(|answer| Case {
        id: format!("{} again", answer.id),
        purpose: Purpose::Again,
        ..plain_case(answer)
    });
    let twins = TwinKind::ALL.iter().flat_map(|kind| {
        let most = if *kind == TwinKind::Injected { numbers.attacks } else { numbers.twins };
        twins_of(*kind, &chosen, content, most)
    });
    plain.chain(again).chain(twins).collect()
}

fn plain_case(answer: &RatedAnswer) -> Case {
    Case {
        id: answer.id.clone(),
        answer: answer.id.clone(),
        purpose: Purpose::Plain,
        text: answer.answer.clone(),
        aims_at: None,
    }
}

/// Answers below this have next to nothing in them that padding could hide or another order could hurt.
const SOMETHING: f64 = 0.5;

/// What can be lifted is taken from the lower part, what can fall from the upper one; the rest from everywhere. Only attacks are tried
/// on answers without content, too.
fn twins_of(kind: TwinKind, chosen: &[&RatedAnswer], content: &Content, most: usize) -> Vec<Case> {
    let some = &chosen[chosen.partition_point(|answer| answer.mean_level() < SOMETHING)..];
    let quarter = |part: &[&RatedAnswer]| part.len() / 4;
    let from = match kind {
        TwinKind::Padded | TwinKind::Repeated | TwinKind::Boasting => &some[..some.len() - quarter(some)],
        TwinKind::Injected => &chosen[..chosen.len() - quarter(chosen)],
        TwinKind::EvidenceRemoved | TwinKind::Negated => &some[quarter(some)..],
        TwinKind::Reordered | TwinKind::Misheard => some,
    };
    let made = spread(from, most).into_iter().enumerate().filter_map(|(number, answer)| {
        let twin = twins::make(kind, answer, content.rubric(answer.kind)?, number)?;
        let text = match kind {
            // As every spoken answer, it is repaired before it is judged.
            TwinKind::Misheard => glossary::correct(&twin.text, &content.question(&answer.question)?.0.glossary).text,
            _ => twin.text,
        };
        Some(Case {
            id: format!("{} {}", answer.id, kind.name()),
            answer: answer.id.clone(),
            purpose: Purpose::Twin(kind),
            text,
            aims_at: twin.aims_at,
        })
    });
    made.collect()
}

/// At most `most` items, evenly from the first to the last.
fn spread<T: Copy>(items: &[T], most: usize) -> Vec<T> {
    let count = items.len().min(most);
    (0..count).map(|n| items[n * items.len() / count]).collect()
}

/// Number of cases by purpose, for the words before a run.
pub fn count(cases: &[Case]) -> BTreeMap<Purpose, usize> {
    let mut counted = BTreeMap::new();
    for case in cases {
        *counted.entry(case.purpose).or_insert(0) += 1;
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::calibration::sample;

    #[test]
    fn every_answer_once_then_again_then_the_twins() {
        let cases = cases(&sample::set(), &sample::content(), Extent::Whole);
        let counted = count(&cases);
        assert_eq!((counted[&Purpose::Plain], counted[&Purpose::Again]), (3, 3));
        assert_eq!(cases[..3].iter().map(|case| case.purpose).collect::<Vec<_>>(), [Purpose::Plain; 3]);
        for kind in TwinKind::ALL {
            assert!(counted[&Purpose::Twin(kind)] > 0, "{kind:?}");
        }
        let ids: std::collections::BTreeSet<&String> = cases.iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases.len(), "each has an id of its own");
    }

    #[test]
    fn a_quick_look_is_a_part_of_the_whole_run() {
        let set = sample::many(90);
        let content = sample::content();
        let (whole, quick) = (cases(&set, &content, Extent::Whole), cases(&set, &content, Extent::Quick));
        let counted = count(&quick);
        assert_eq!((counted[&Purpose::Plain], counted[&Purpose::Again]), (24, 8));
        assert_eq!(counted[&Purpose::Twin(TwinKind::Injected)], 6);
        assert!(quick.len() < 70 && whole.len() > 200, "{} of {}", quick.len(), whole.len());
        let plain = |case: &&Case| case.purpose == Purpose::Plain;
        assert!(
            quick.iter().filter(plain).all(|case| whole.contains(case)),
            "what was judged need not be judged again"
        );
    }

    #[test]
    fn items_are_taken_evenly() {
        assert_eq!(spread(&[0, 1, 2, 3, 4, 5, 6, 7], 4), [0, 2, 4, 6]);
        assert_eq!(spread(&[0, 1], 4), [0, 1]);
        assert!(spread::<u8>(&[], 4).is_empty());
    }
}
