//! Several readings of one answer: when they are wanted, what the majority says, how far they agree.
//!
//! Knows replies and levels, not who reads. A majority is taken check by check, before any level is computed.

use super::{
    assessment::{CheckReply, DimensionOutcome, DimensionResult, Level, Met, Quote, ReadAgain},
    question::AskedLevel,
    rubric::Rubric,
    verdict::{self, Levels},
};

/// Share of quotes that are not in the transcript beyond which a reply is odd.
const MOST_UNFOUND: f64 = 0.2;
/// Dimensions from which on it says something that all of them are equal.
const HALO_FROM: usize = 3;
/// Quotes for one check, from all readings together.
const MOST_QUOTES: usize = 4;

/// Why an answer should be read two more times; empty where one reading is enough.
///
/// `asked`: the level that was asked for, where there is a verdict to turn. `together`: all dimensions were read in one call, so
/// that one impression may have coloured them all.
pub fn why_again(levels: &Levels, asked: Option<AskedLevel>, together: bool) -> Vec<ReadAgain> {
    let unfound = levels.unverified_quotes as f64 > MOST_UNFOUND * levels.quotes as f64;
    let found = [
        (asked.is_some_and(|asked| verdict::is_close(&levels.dimensions, asked)), ReadAgain::Close),
        (levels.inconsistent, ReadAgain::Skipped),
        (together && halo(&levels.dimensions).is_some(), ReadAgain::Halo),
        (unfound, ReadAgain::Unfound),
    ];
    found.into_iter().filter_map(|(is_so, why)| is_so.then_some(why)).collect()
}

/// The level at which all dimensions came out, where it is at least 2 and there are three or more.
pub fn halo(dimensions: &[DimensionResult]) -> Option<Level> {
    let levels: Vec<Level> = dimensions.iter().filter_map(level).collect();
    let first = *levels.first()?;
    (levels.len() >= HALO_FROM && first.get() >= 2 && levels.iter().all(|level| *level == first)).then_some(first)
}

/// What most readings say of each check, in the rubric's order; of two that differ the stricter counts, and of three different
/// ones the middle. Quotes come from the readings that say so. A check that no reading answered is left out.
pub fn majority(rubric: &Rubric, readings: &[&[CheckReply]]) -> Vec<CheckReply> {
    let checks = rubric.dimensions.iter().flat_map(|dimension| &dimension.checks);
    let voted = checks.filter_map(|check| {
        let replies: Vec<&CheckReply> =
            readings.iter().filter_map(|reading| reading.iter().find(|reply| reply.check == check.id)).collect();
        vote(&replies)
    });
    voted.collect()
}

fn vote(replies: &[&CheckReply]) -> Option<CheckReply> {
    let mut met: Vec<Met> = replies.iter().map(|reply| reply.met).collect();
    met.sort_by_key(|met| match met {
        Met::No => 0,
        Met::Almost => 1,
        Met::Yes => 2,
    });
    // The middle of a row in order is what most say, if most say the same.
    let met = *met.get(met.len().checked_sub(1)? / 2)?;
    let mut quotes: Vec<Quote> = Vec::new();
    for quote in replies.iter().filter(|reply| reply.met == met).flat_map(|reply| &reply.quotes) {
        if quotes.len() < MOST_QUOTES && quotes.iter().all(|known| known.text != quote.text) {
            quotes.push(quote.clone());
        }
    }
    Some(CheckReply { check: replies.first()?.check.clone(), met, quotes })
}

/// How far readings of a dimension agree: "all 3 readings said 3", "2 of 3 readings said 3 (the other: 2)".
pub fn agreement(levels: &[Option<Level>]) -> String {
    let all = levels.len();
    let count = |wanted: &Option<Level>| levels.iter().filter(|level| *level == wanted).count();
    // Of equals the lower, as the majority has it.
    let Some(most) = levels.iter().max_by_key(|level| (count(level), std::cmp::Reverse(**level))) else {
        return String::new();
    };
    let word = |level: &Option<Level>| level.map_or("nothing".to_owned(), |level| level.get().to_string());
    let others: Vec<String> = levels.iter().filter(|level| *level != most).map(word).collect();
    match others.as_slice() {
        [] => format!("all {all} readings said {}", word(most)),
        [other] => format!("{} of {all} readings said {} (the other: {other})", count(most), word(most)),
        others => format!("{} of {all} readings said {} (the others: {})", count(most), word(most), others.join(", ")),
    }
}

/// The level of a dimension that has one.
pub fn level(dimension: &DimensionResult) -> Option<Level> {
    match dimension.outcome {
        DimensionOutcome::Level(level) => Some(level),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::{
        question::Kind,
        rubric::{Anchors, Check, Dimension},
    };

    fn dimensions(levels: &[Option<u8>]) -> Vec<DimensionResult> {
        let dimension = |(n, level): (usize, &Option<u8>)| DimensionResult {
            dimension: format!("d{n}"),
            outcome: match level {
                Some(level) => DimensionOutcome::Level(Level::new(*level).unwrap()),
                None => DimensionOutcome::NoOccasion,
            },
            evidence: vec![],
            missing: None,
            notes: vec![],
        };
        levels.iter().enumerate().map(dimension).collect()
    }

    #[test]
    fn a_reading_that_is_close_or_odd_is_not_the_last() {
        use ReadAgain::*;
        let all = |levels: &[u8]| levels.iter().map(|level| Some(*level)).collect::<Vec<_>>();
        // Levels, quotes, of these not found, a check skipped, expected of one call, expected dimension by dimension.
        #[rustfmt::skip]
        type Case<'a> = (Vec<Option<u8>>, usize, usize, bool, &'a [ReadAgain], &'a [ReadAgain]);
        let cases: &[Case] = &[
            (all(&[3, 3, 2, 2, 2, 2, 2]), 10, 0, false, &[], &[]),
            (all(&[4, 3, 3, 3, 3, 2, 2]), 10, 2, false, &[Close], &[Close]),
            (all(&[4, 4, 3, 3, 3, 3, 2]), 10, 0, false, &[Close], &[Close]),
            (all(&[4, 4, 4, 3, 3, 3, 2]), 10, 0, false, &[], &[]),
            (all(&[2, 2, 2, 2, 2, 2, 2]), 10, 0, false, &[Halo], &[]),
            (all(&[1, 1, 1, 1, 1, 1, 1]), 10, 0, false, &[], &[]),
            (vec![Some(2), None, Some(2), Some(2)], 10, 0, false, &[Halo], &[]),
            (vec![Some(2), None, Some(2)], 10, 0, false, &[], &[]),
            (all(&[2, 1, 0]), 10, 3, false, &[Unfound], &[Unfound]),
            (all(&[2, 1, 0]), 0, 0, true, &[Skipped], &[Skipped]),
            (all(&[3, 3, 3]), 9, 2, true, &[Close, Skipped, Halo, Unfound], &[Close, Skipped, Unfound]),
        ];
        for (given, quotes, unverified_quotes, inconsistent, together, apart) in cases {
            let levels = Levels {
                dimensions: dimensions(given),
                quotes: *quotes,
                unverified_quotes: *unverified_quotes,
                inconsistent: *inconsistent,
            };
            assert_eq!(why_again(&levels, Some(AskedLevel::Senior), true), *together, "{given:?}");
            assert_eq!(why_again(&levels, Some(AskedLevel::Senior), false), *apart, "{given:?}");
            let without_verdict = why_again(&levels, None, true);
            assert!(!without_verdict.contains(&Close), "{given:?}");
        }
    }

    #[test]
    fn close_is_measured_from_the_threshold_of_the_asked_level() {
        let close = |levels: &[u8], asked| {
            verdict::is_close(&dimensions(&levels.iter().map(|level| Some(*level)).collect::<Vec<_>>()), asked)
        };
        assert!(close(&[2, 2, 2, 2, 2, 2, 3], AskedLevel::Mid) && !close(&[2, 2, 2, 2, 2, 2, 3], AskedLevel::Staff));
        assert!(!close(&[3, 3, 3, 2, 2, 2, 1], AskedLevel::Mid));
        assert!(close(&[3, 3, 3, 3, 3, 3, 2], AskedLevel::Staff));
        let mut ungraded = dimensions(&[Some(3), Some(3)]);
        ungraded[0].outcome = DimensionOutcome::Ungraded("cut".into());
        assert!(!verdict::is_close(&ungraded, AskedLevel::Senior), "there is no verdict to turn");
    }

    fn rubric() -> Rubric {
        let check = |level| Check {
            id: format!("a_{level}"),
            level,
            says: String::new(),
            yes: String::new(),
            near_miss: String::new(),
            needs_number: false,
        };
        let word = String::new;
        let anchors = Anchors { weak: word(), adequate: word(), strong: word(), excellent: word() };
        let dimension =
            Dimension { id: "a".into(), title: word(), about: word(), anchors, checks: (1..=4).map(check).collect() };
        Rubric { format_version: 1, id: Kind::Design, title: word(), dimensions: vec![dimension] }
    }

    #[test]
    fn each_check_is_what_most_readings_say() {
        // One row for each reading: `+` yes, `~` almost, `-` no, `.` not answered.
        for (readings, expected) in [
            (&["++--"][..], "++--"),
            (&["++--", "+---", "++-+"], "++--"),
            (&["+~--", "++--", "+-+~"], "+~--"),
            (&["+-~+", "-+~~"], "--~~"),
            (&["+...", "++..", "-+-."], "++-."),
            (&[], "...."),
        ] {
            let replies: Vec<Vec<CheckReply>> = readings.iter().map(|row| replies(row)).collect();
            let replies: Vec<&[CheckReply]> = replies.iter().map(Vec::as_slice).collect();
            let said = majority(&rubric(), &replies);
            let mark = |level: usize| match said.iter().find(|reply| reply.check == format!("a_{level}")) {
                Some(CheckReply { met: Met::Yes, .. }) => '+',
                Some(CheckReply { met: Met::Almost, .. }) => '~',
                Some(CheckReply { met: Met::No, .. }) => '-',
                None => '.',
            };
            assert_eq!((1..=4).map(mark).collect::<String>(), expected, "{readings:?}");
        }
    }

    fn replies(row: &str) -> Vec<CheckReply> {
        let reply = |(level, mark): (usize, char)| {
            let met = match mark {
                '+' => Met::Yes,
                '~' => Met::Almost,
                '-' => Met::No,
                _ => return None,
            };
            let quote = |text: String| Quote { text, segment: None };
            let quotes = vec![quote(format!("{row} {level}")), quote("the same".into())];
            Some(CheckReply { check: format!("a_{level}"), met, quotes })
        };
        (1..).zip(row.chars()).filter_map(reply).collect()
    }

    #[test]
    fn the_words_come_from_the_readings_that_say_so_and_each_once() {
        let (first, second, third) = (replies("+---"), replies("++--"), replies("----"));
        let said = majority(&rubric(), &[&first, &second, &third]);
        let texts: Vec<&str> = said[0].quotes.iter().map(|quote| quote.text.as_str()).collect();
        assert_eq!(texts, ["+--- 1", "the same", "++-- 1"]);
    }

    #[test]
    fn the_spread_is_told_in_words() {
        let check = |levels: &[Option<u8>], expected: &str| {
            let levels: Vec<Option<Level>> = levels.iter().map(|level| level.and_then(Level::new)).collect();
            assert_eq!(agreement(&levels), expected);
        };
        check(&[Some(3), Some(3), Some(3)], "all 3 readings said 3");
        check(&[Some(3), Some(2), Some(3)], "2 of 3 readings said 3 (the other: 2)");
        check(&[Some(3), None, Some(3)], "2 of 3 readings said 3 (the other: nothing)");
        check(&[Some(3), Some(2), Some(4)], "1 of 3 readings said 2 (the others: 3, 4)");
        check(&[Some(3), Some(2)], "1 of 2 readings said 2 (the other: 3)");
    }
}
