//! Row 4: does anybody cut in on who thinks? Pauses are spliced into synthetic speech, and each is heard in a session of its own.
//!
//! A session each, because pauses that a speaker has survived make the policy more patient: the first one is the hardest. Pauses hold
//! room noise, every other one a breath.

use super::{
    Bench,
    sentences::{SENTENCES, Told},
    sitting::{self, Sittings, What},
    sound::{Dice, Speaker, in_a_room},
    statistics::{share_bound, share_bound_text, share_text},
    table::{Row, Verdict},
};

const PAUSES_S: [f64; 5] = [1.0, 2.0, 3.0, 5.0, 8.0];
/// Samples for which the end of a pause is not yet noticed: a tenth of a second, and what an onset takes.
const NOTICED_AFTER: u64 = 3_200;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    MidClause,
    AfterClause,
    AfterUm,
}

impl Place {
    const ALL: [Self; 3] = [Self::MidClause, Self::AfterClause, Self::AfterUm];

    fn name(self) -> &'static str {
        match self {
            Self::MidClause => "mid-clause",
            Self::AfterClause => "after a complete clause",
            Self::AfterUm => "after \"um\"",
        }
    }
}

struct Case {
    place: Place,
    seconds: f64,
    sound: Vec<f32>,
    pause: std::ops::Range<u64>,
}

/// What happened in a pause.
#[derive(Debug, Clone, Default)]
struct Outcome {
    /// Seconds into the pause at which the turn was ended.
    ended_s: Option<f64>,
    /// At which the interviewer said or showed something, and what.
    said: Option<(f64, String)>,
    /// The words heard last before that.
    heard: String,
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let each = bench.count(100, 8);
    let mut speaker = Speaker::new(bench.dir);
    let mut cases = Vec::new();
    for place in Place::ALL {
        for seconds in PAUSES_S {
            for n in 0..each {
                let mut dice = Dice((n as u64) << 16 | (seconds as u64) << 8 | place as u64);
                cases.push(case(place, seconds, &mut speaker, &mut dice)?);
            }
        }
    }
    let keys: Vec<(Place, f64)> = cases.iter().map(|case| (case.place, case.seconds)).collect();
    let outcomes = sitting::each(&bench.synthetic(), cases, "pauses", hear).await?;
    let of = |wanted: &dyn Fn(Place, f64) -> bool| -> Vec<&Outcome> {
        keys.iter().zip(&outcomes).filter(|((place, seconds), _)| wanted(*place, *seconds)).map(|(_, o)| o).collect()
    };
    for place in Place::ALL {
        for seconds in PAUSES_S {
            let outcomes = of(&|at, pause| at == place && pause == seconds);
            let (ended, said) = counts(&outcomes);
            let first = outcomes.iter().filter_map(|o| o.ended_s.or(o.said.as_ref().map(|(at, _)| *at)));
            let first = first.fold(f64::INFINITY, f64::min);
            let when = if first.is_finite() { format!(", the first after {first:.1} s") } else { String::new() };
            bench.note(format!(
                "{}, {seconds} s: {ended} ended, {said} with a nudge, of {}{when}",
                place.name(),
                outcomes.len()
            ));
        }
    }
    for (what, target, wanted) in [
        ("1 to 5 s", "0", (&|_: Place, pause: f64| pause <= 5.0) as &dyn Fn(Place, f64) -> bool),
        ("8 s", "≤ 2 %", &|_, pause| pause > 5.0),
    ] {
        let outcomes = of(wanted);
        let (ended, said) = counts(&outcomes);
        let n = outcomes.len();
        let met = |hits: usize| if target == "0" { hits == 0 } else { hits as f64 <= 0.02 * n as f64 };
        for (hits, measure) in [
            (ended, format!("false cut-ins, pauses of {what}: the turn is ended")),
            (ended.max(said), format!("the same, counting nudges (\"anything to add?\") as well, pauses of {what}")),
        ] {
            bench.table.add(Row {
                number: 4,
                measure,
                target: target.into(),
                ours: share_text(hits, n),
                n: format!("{n} pauses, {each} of each length at each of 3 places"),
                bound: share_bound_text(hits, n),
                verdict: Verdict::from(met(hits)),
            });
        }
    }
    let worst = Place::ALL.into_iter().flat_map(|place| PAUSES_S.map(|seconds| (place, seconds)));
    let worst =
        worst.map(|(place, seconds)| (counts(&of(&|at, pause| at == place && pause == seconds)).0, place, seconds));
    if let Some((hits, place, seconds)) = worst.max_by_key(|(hits, ..)| *hits) {
        let bound = 100.0 * share_bound(hits, each);
        let at = if hits > 0 { format!(" ({}, {seconds} s)", place.name()) } else { String::new() };
        bench.note(format!("worst of the fifteen: {hits} of {each} turns ended{at}, upper bound {bound:.1} %"));
    }
    Ok(())
}

/// Turns ended, and pauses in which something was said or shown or the turn ended.
fn counts(outcomes: &[&Outcome]) -> (usize, usize) {
    let ended = outcomes.iter().filter(|outcome| outcome.ended_s.is_some()).count();
    let said = outcomes.iter().filter(|outcome| outcome.said.is_some() || outcome.ended_s.is_some()).count();
    (ended, said)
}

/// Two sentences, then the one with the pause: at least 25 words before it, so that the answer could be taken as complete.
fn case(place: Place, seconds: f64, speaker: &mut Speaker, dice: &mut Dice) -> anyhow::Result<Case> {
    let voice = dice.below(3);
    let mut told = Told::default();
    told.think(0.5, dice);
    let mut words = 0;
    while words < 20 {
        let sentence = SENTENCES[dice.below(SENTENCES.len())];
        words += sentence.split(' ').count();
        told.say(speaker, sentence, voice)?;
        told.think(dice.between(0.3, 0.6), dice);
    }
    let sentence = SENTENCES[dice.below(SENTENCES.len())];
    let broken: Vec<&str> = sentence.split(' ').collect();
    let at = 3 + dice.below(broken.len() - 5);
    let (before, after) = match place {
        Place::AfterClause => (sentence.to_owned(), SENTENCES[dice.below(SENTENCES.len())].to_owned()),
        Place::MidClause | Place::AfterUm => (broken[..at].join(" "), broken[at..].join(" ")),
    };
    told.say(speaker, &before, voice)?;
    if place == Place::AfterUm {
        told.think(0.25, dice);
        told.say(speaker, "um", voice)?;
    }
    let pause = told.think(seconds, dice);
    told.say(speaker, &after, voice)?;
    told.think(0.6, dice);
    let pause = pause.start as u64..pause.end as u64;
    Ok(Case { place, seconds, sound: in_a_room(told.sound, dice), pause })
}

async fn hear(sittings: &Sittings, case: &Case) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for happened in sittings.hold(case.sound.clone()).await? {
        let in_the_pause = (case.pause.start..case.pause.end + NOTICED_AFTER).contains(&happened.at);
        let seconds = (happened.at.saturating_sub(case.pause.start)) as f64 / 16_000.0;
        match happened.what {
            What::Segment(segment) if happened.at < case.pause.end => outcome.heard = segment.text,
            What::Ended if in_the_pause => outcome.ended_s = outcome.ended_s.or(Some(seconds)),
            What::Said(text) if in_the_pause && outcome.said.is_none() => outcome.said = Some((seconds, text)),
            _ => {}
        }
    }
    if let Some(seconds) = outcome.ended_s {
        eprintln!(
            "  ended {seconds:.1} s into a pause of {} s {}, after {:?}",
            case.seconds,
            case.place.name(),
            outcome.heard
        );
    }
    Ok(outcome)
}
