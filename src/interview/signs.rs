//! How much of a dimension an answer shows, as far as words alone can tell: an estimate that picks the next question, and never a level.
//!
//! Two things are heard: the question's expected points, and signs that follow the rubric's checks whatever the question is, such as
//! figures with a unit for scale estimates, or "instead of" for trade-offs. How well it picks is in `docs/benchmarks.md`, Judging.

mod cues;

use std::collections::BTreeMap;

use self::cues::Signs;
use super::{
    coverage::{Cue, find_first},
    practice_signal::PracticeSignal,
    question::{Kind, Question},
    words::Spoken,
};

/// The whole of a dimension, in half levels.
pub const FULL: i32 = 8;

/// Parts the cues of a row.
const BETWEEN_CUES: char = ';';

/// What was shown of each dimension that can be estimated, from 0 to [`FULL`] half levels.
pub fn shown(
    kind: Kind,
    question: Option<&Question>,
    signal: &PracticeSignal,
    spoken: &Spoken,
) -> BTreeMap<String, i32> {
    let signs = of_kind(kind);
    let with_signs = signs.iter().map(|signs| signs.dimension);
    let points = question.map(|question| question.points.as_slice()).unwrap_or_default();
    let dimensions = with_signs.chain(points.iter().map(|point| point.dimension.as_str()));
    let mut shown: BTreeMap<String, i32> = dimensions.map(|dimension| (dimension.to_owned(), 0)).collect();
    let was_made = |point: &str| signal.heard.iter().any(|heard| heard.supports == point);
    for (dimension, shown) in &mut shown {
        let expected = points.iter().filter(|point| point.dimension == *dimension);
        let (heard, missing): (Vec<_>, Vec<_>) = expected.partition(|point| was_made(&point.id));
        let signs = signs.iter().find(|signs| signs.dimension == dimension);
        *shown = match signs.map(|signs| levels_heard(signs, spoken)) {
            // All that was expected was said.
            _ if heard.len() >= 2 && missing.is_empty() => FULL,
            Some(levels) => (2 * levels + of_points(heard.len(), missing.len())).min(FULL),
            None => share(FULL, heard.len(), missing.len()),
        };
    }
    shown
}

/// For how many of the levels adequate, strong and excellent a sign was heard.
fn levels_heard(signs: &Signs, spoken: &Spoken) -> i32 {
    let is_heard = |row: &&&str| {
        let mut cues = row.split(BETWEEN_CUES).filter_map(|cue| Cue::parse(cue).ok());
        cues.any(|cue| find_first(&cue, spoken).is_some())
    };
    signs.levels.iter().filter(is_heard).count() as i32
}

/// A single point proves less than several.
fn of_points(heard: usize, missing: usize) -> i32 {
    share(3, heard, missing) + i32::from(heard >= 2)
}

/// That share of `whole` which was heard, to the nearest.
fn share(whole: i32, heard: usize, missing: usize) -> i32 {
    let all = (heard + missing).max(1) as i32;
    (2 * whole * heard as i32 + all) / (2 * all)
}

/// How an answer is told can hardly be heard by cues, so communication has no signs; neither has talk about the interview itself.
fn of_kind(kind: Kind) -> &'static [Signs] {
    match kind {
        Kind::Design => cues::DESIGN,
        Kind::Concept => cues::CONCEPT,
        Kind::Behavioural => cues::BEHAVIOURAL,
        Kind::Coaching | Kind::Pressure => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::{
        practice_signal::listen,
        probe::tests::{pack, question},
        transcript::Transcript,
    };

    fn check(kind: Kind, question: Option<&Question>, answer: &str, expected: &[(&str, i32)]) {
        let transcript = Transcript::typed(answer);
        let signal = listen(&pack(), question, &transcript);
        let shown = shown(kind, question, &signal, &Spoken::of(&transcript));
        for (dimension, expected) in expected {
            assert_eq!(shown.get(*dimension), Some(expected), "{dimension}: {answer}: {shown:?}");
        }
    }

    #[test]
    fn every_sign_is_a_cue_and_stands_in_one_level() {
        for signs in [Kind::Design, Kind::Concept, Kind::Behavioural].into_iter().flat_map(of_kind) {
            for row in signs.levels {
                for cue in row.split(BETWEEN_CUES) {
                    assert!(Cue::parse(cue).is_ok(), "{}: {:?}", signs.dimension, Cue::parse(cue));
                }
            }
        }
    }

    #[test]
    fn silence_shows_nothing() {
        let dimensions = ["clarification", "scale_estimates", "data_model", "architecture", "tradeoffs", "reliability"];
        check(Kind::Design, None, "", &dimensions.map(|dimension| (dimension, 0)));
        check(Kind::Design, Some(&question()), "", &[("reliability", 0), ("architecture", 0)]);
    }

    #[test]
    fn figures_show_scale_and_comparing_shows_trade_offs() {
        let answer = "Forty thousand cars a day, which makes eighty a minute, and that fits on one machine.";
        check(Kind::Design, None, answer, &[("scale_estimates", 6), ("tradeoffs", 0), ("reliability", 0)]);
        let answer =
            "I'd take paper instead of plates. The price is a queue, and we accept that because we said cheap.";
        check(Kind::Design, None, answer, &[("tradeoffs", 6), ("scale_estimates", 0)]);
    }

    #[test]
    fn a_story_shows_what_came_of_it() {
        let answer = "Complaints fell from sixty to nine. Since then I ask the night shift before I buy anything.";
        check(Kind::Behavioural, None, answer, &[("result", 6), ("ownership", 0)]);
    }

    #[test]
    fn points_count_and_all_of_several_are_the_whole() {
        let question = question();
        check(Kind::Design, Some(&question), "A lost ticket costs twenty.", &[("reliability", 2)]);
        check(
            Kind::Design,
            Some(&question),
            "A lost ticket is free. The barrier fails open.",
            &[("reliability", FULL)],
        );
    }

    #[test]
    fn talk_about_the_interview_has_no_signs() {
        check(
            Kind::Coaching,
            Some(&question()),
            "A lost ticket costs twenty.",
            &[("reliability", 4), ("architecture", 0)],
        );
    }
}
