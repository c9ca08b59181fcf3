//! Row 4: does anybody cut in on who thinks? Pauses are spliced into synthetic speech and heard in whole sessions.
//!
//! An answer holds one pause of each length, the short ones first: the policy learns a speaker's pauses and grows more patient, a tenth at a
//! time, so that these few make no difference. Pauses hold room noise, and every other one a breath. When a pause ends the turn, what is
//! left of the answer is heard in another session.

use std::sync::Arc;

use viva::signal::SAMPLE_RATE;

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

type Piece = Arc<[f32]>;
/// The speech before a pause, and behind it.
type Around = (Piece, Piece);

struct Case {
    place: Place,
    seed: u64,
    pieces: Vec<Around>,
}

/// What happened in a pause.
#[derive(Debug, Clone, Default)]
struct Outcome {
    /// Length of the pause.
    seconds: f64,
    /// Seconds into the pause at which the turn was ended.
    ended_s: Option<f64>,
    /// At which the interviewer spoke.
    spoken_to_s: Option<f64>,
    /// At which something was shown, and what.
    shown: Option<(f64, String)>,
}

impl Outcome {
    /// The turn was ended, or the candidate spoken to.
    fn is_cut_in(&self) -> bool {
        self.ended_s.is_some() || self.spoken_to_s.is_some()
    }
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let each = bench.count(100, 8);
    let mut speaker = Speaker::new(bench.dir);
    let mut cases = Vec::new();
    for n in 0..each {
        for place in Place::ALL {
            cases.push(case(place, &mut speaker, (n as u64) << 8 | place as u64)?);
        }
    }
    let places: Vec<Place> = cases.iter().map(|case| case.place).collect();
    let heard = sitting::each(&bench.synthetic(), cases, "answers with five pauses", hear).await?;
    let outcomes: Vec<(Place, Outcome)> =
        places.iter().zip(heard).flat_map(|(place, heard)| heard.into_iter().map(|o| (*place, o))).collect();
    let of = |wanted: &dyn Fn(Place, f64) -> bool| -> Vec<&Outcome> {
        outcomes.iter().filter(|(place, outcome)| wanted(*place, outcome.seconds)).map(|(_, outcome)| outcome).collect()
    };
    for place in Place::ALL {
        let cells = PAUSES_S.map(|seconds| {
            let outcomes = of(&|at, pause| at == place && pause == seconds);
            let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
            let shown = outcomes.iter().filter_map(|outcome| outcome.shown.as_ref().map(|(at, _)| *at));
            let first = shown.fold(f64::INFINITY, f64::min);
            let when = if first.is_finite() { format!(" (first at {first:.1} s)") } else { String::new() };
            format!(
                "{seconds} s: {} ended, {} spoken to, {} shown a line{when}",
                count(|outcome| outcome.ended_s.is_some()),
                count(|outcome| outcome.spoken_to_s.is_some()),
                count(|outcome| outcome.shown.is_some())
            )
        });
        bench.note(format!("{}, {each} pauses of each length: {}", place.name(), cells.join("; ")));
    }
    for (what, target, wanted) in [
        ("1 to 5 s", "0", (&|_: Place, pause: f64| pause <= 5.0) as &dyn Fn(Place, f64) -> bool),
        ("8 s", "≤ 2 %", &|_, pause| pause > 5.0),
    ] {
        let outcomes = of(wanted);
        let hits = cut_ins(&outcomes);
        let ended = outcomes.iter().filter(|outcome| outcome.ended_s.is_some()).count();
        let shown = outcomes.iter().filter(|outcome| outcome.shown.is_some()).count();
        let n = outcomes.len();
        bench.table.add(Row {
            number: 4,
            measure: format!("false cut-ins, pauses of {what}: the turn is ended, or the candidate is spoken to"),
            target: target.into(),
            ours: format!("{} ({ended} ended); a line on the screen in {}", share_text(hits, n), share_text(shown, n)),
            n: format!("{n} pauses, {each} of each length at each of 3 places"),
            bound: share_bound_text(hits, n),
            verdict: Verdict::from(if target == "0" { hits == 0 } else { hits as f64 <= 0.02 * n as f64 }),
        });
    }
    let worst = Place::ALL.into_iter().flat_map(|place| PAUSES_S.map(|seconds| (place, seconds)));
    let worst =
        worst.map(|(place, seconds)| (cut_ins(&of(&|at, pause| at == place && pause == seconds)), place, seconds));
    if let Some((hits, place, seconds)) = worst.max_by_key(|(hits, ..)| *hits) {
        let bound = 100.0 * share_bound(hits, each);
        let at = if hits > 0 { format!(" ({}, {seconds} s)", place.name()) } else { String::new() };
        bench.note(format!("worst of the fifteen: {hits} of {each} cut in on{at}, upper bound {bound:.1} %"));
    }
    Ok(())
}

fn cut_ins(outcomes: &[&Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_cut_in()).count()
}

/// A sentence with a pause in it or behind it, for each length.
fn case(place: Place, speaker: &mut Speaker, seed: u64) -> anyhow::Result<Case> {
    let mut dice = Dice(0x5EED_0004 ^ seed << 20);
    let voice = dice.below(3);
    let mut pieces = Vec::new();
    for _ in PAUSES_S {
        let sentence = SENTENCES[dice.below(SENTENCES.len())];
        let broken: Vec<&str> = sentence.split(' ').collect();
        let at = 3 + dice.below(broken.len() - 5);
        let (before, after) = match place {
            Place::AfterClause => (sentence.to_owned(), SENTENCES[dice.below(SENTENCES.len())].to_owned()),
            Place::MidClause | Place::AfterUm => (broken[..at].join(" "), broken[at..].join(" ")),
        };
        let mut told = Told::default();
        told.say(speaker, &before, voice)?;
        if place == Place::AfterUm {
            told.think(0.25, &mut dice);
            told.say(speaker, "um", voice)?;
        }
        pieces.push((told.sound.into(), speaker.say(&after, voice)?));
    }
    Ok(Case { place, seed, pieces })
}

async fn hear(sittings: &Sittings, case: &Case) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    while outcomes.len() < PAUSES_S.len() {
        let heard = hear_from(sittings, case, outcomes.len()).await?;
        anyhow::ensure!(!heard.is_empty(), "no pause was heard");
        outcomes.extend(heard);
    }
    Ok(outcomes)
}

/// Hears an answer from that pause on, until one ends the turn for good. There are at least 25 words before the first, so that the answer
/// could be taken as complete.
async fn hear_from(sittings: &Sittings, case: &Case, from: usize) -> anyhow::Result<Vec<Outcome>> {
    let mut dice = Dice(case.seed << 8 | from as u64);
    let mut told = Told::default();
    told.think(0.5, &mut dice);
    for (before, after) in case.pieces.iter().cycle().skip(from + 1).take(3) {
        told.sound.extend(before.iter().chain(after.iter()));
        told.think(dice.between(0.3, 0.6), &mut dice);
    }
    let mut pauses = Vec::new();
    for (seconds, (before, after)) in PAUSES_S.into_iter().zip(&case.pieces).skip(from) {
        told.sound.extend(before.iter());
        let pause = told.think(seconds, &mut dice);
        pauses.push((Outcome { seconds, ..Outcome::default() }, pause.start as u64..pause.end as u64));
        told.sound.extend(after.iter());
        told.think(dice.between(0.3, 0.6), &mut dice);
    }
    let sound = in_a_room(told.sound, &mut dice);
    let mut last = String::new();
    let mut over = None;
    for happened in sittings.hold(sound).await? {
        let place =
            pauses.iter().position(|(_, pause)| (pause.start..pause.end + NOTICED_AFTER).contains(&happened.at));
        if let What::Segment(segment) = &happened.what {
            last.clone_from(&segment.text);
        }
        let Some(place) = place else { continue };
        let (outcome, pause) = &mut pauses[place];
        let seconds = happened.at.saturating_sub(pause.start) as f64 / f64::from(SAMPLE_RATE);
        match happened.what {
            What::Ended if outcome.ended_s.is_none() => {
                eprintln!("  ended {seconds:.1} s into {} s {}, after {last:?}", outcome.seconds, case.place.name());
                outcome.ended_s = Some(seconds);
                over = Some(place);
            }
            What::WentOn => over = None,
            What::Spoke if outcome.spoken_to_s.is_none() => {
                eprintln!(
                    "  spoken to {seconds:.1} s into {} s {}, after {last:?}",
                    outcome.seconds,
                    case.place.name()
                );
                outcome.spoken_to_s = Some(seconds);
            }
            What::Showed(text) if outcome.shown.is_none() => outcome.shown = Some((seconds, text)),
            _ => {}
        }
    }
    let heard = over.map_or(pauses.len(), |place| place + 1);
    Ok(pauses.into_iter().take(heard).map(|(outcome, _)| outcome).collect())
}
