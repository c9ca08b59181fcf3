//! Row 5: who speaks again within a second and a half after a wrong end is heard as if nothing had happened.
//!
//! The answer is closed in words, so that the turn ends after two seconds, and goes on up to 1.5 s later. The same with a pause of one
//! second, in which nothing ends, gives the words that have to be there.

use viva::signal::{SAMPLE_RATE, vad::FRAME};

use super::{
    Bench,
    sentences::{CLOSINGS, SENTENCES, Told, plain_words},
    sitting::{self, Sittings, What},
    sound::{Dice, Speaker, in_a_room},
    statistics::{share_bound_text, share_text},
    table::{Row, Verdict},
};

struct Case {
    paused: Vec<f32>,
    /// Where the speech resumes in it.
    resumes: u64,
    /// The same with a short pause.
    plain: Vec<f32>,
}

/// A turn that was ended, and how long before the speech resumed.
struct Outcome {
    /// Seconds between the end and the resuming speech; `None` where the turn was not ended in the pause.
    gap_s: Option<f64>,
    taken_back: bool,
    /// Words that are missing from the answer kept.
    lost: usize,
    /// Words that came out as others.
    changed: usize,
    words: usize,
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let wanted = bench.count(100, 8);
    let mut speaker = Speaker::new(bench.dir);
    let cases = (0..wanted * 2).map(|n| case(n as u64, &mut speaker)).collect::<anyhow::Result<Vec<Case>>>()?;
    let outcomes = sitting::each(&bench.synthetic(), cases, "wrong ends", hear).await?;
    let ended = outcomes.iter().filter(|outcome| outcome.gap_s.is_some()).count();
    let counted: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| outcome.gap_s.is_some_and(|gap| gap > 0.0 && gap <= 1.5))
        .take(wanted)
        .collect();
    let n = counted.len();
    let taken_back = counted.iter().filter(|outcome| outcome.taken_back).count();
    let whole = counted.iter().filter(|outcome| outcome.taken_back && outcome.lost == 0).count();
    let sum = |of: fn(&Outcome) -> usize| counted.iter().map(|outcome| of(outcome)).sum::<usize>();
    let (lost, changed, words) = (sum(|o| o.lost), sum(|o| o.changed), sum(|o| o.words));
    let longest = counted.iter().filter_map(|outcome| outcome.gap_s).fold(0.0, f64::max);
    bench.note(format!(
        "{ended} of {} closing words ended the turn; {n} with speech 0 to 1.5 s later (longest {longest:.1} s)",
        outcomes.len()
    ));
    bench.table.add(Row {
        number: 5,
        measure: "un-ended turns recovered when speech resumes within 1.5 s, without the loudspeaker in the microphone"
            .into(),
        target: "100 %, no word lost".into(),
        ours: format!(
            "{}; no word lost in {whole} of {n} ({lost} of {words} lost, {changed} heard as another word)",
            share_text(taken_back, n)
        ),
        n: format!("{n} wrong ends"),
        bound: format!("{} not recovered whole", share_bound_text(n - whole, n)),
        verdict: Verdict::from(n > 0 && whole == n),
    });
    bench.table.add(Row::without_figure(
        5,
        "the same with the loudspeaker looped into the microphone",
        "100 %, no word lost",
        Verdict::ByTest("tests/practice.rs an_end_by_silence_is_taken_back_beside_a_loudspeaker (one case)"),
    ));
    Ok(())
}

/// The same sound before and behind the pause, so that what differs is what the pause did.
fn case(n: u64, speaker: &mut Speaker) -> anyhow::Result<Case> {
    let mut dice = Dice(0x5EED_0005 ^ (n << 20));
    let voice = dice.below(3);
    let (mut before, mut after, mut pause) = (Told::default(), Told::default(), Told::default());
    before.think(0.5, &mut dice);
    for _ in 0..2 {
        before.say(speaker, SENTENCES[dice.below(SENTENCES.len())], voice)?;
        before.think(0.9, &mut dice);
    }
    let (last, closing) = (SENTENCES[dice.below(SENTENCES.len())], CLOSINGS[dice.below(CLOSINGS.len())]);
    before.say(speaker, &format!("{last} {closing}"), voice)?;
    before.think(0.5, &mut dice);
    after.think(0.5, &mut dice);
    after.say(speaker, SENTENCES[dice.below(SENTENCES.len())], voice)?;
    after.think(0.8, &mut dice);
    pause.think(1.15 + dice.between(0.1, 1.9), &mut dice);
    pause.sound.truncate(pause.sound.len() / FRAME * FRAME); // so that the frames behind it are the same, too
    let [before, pause, after] = [before, pause, after].map(|told| in_a_room(told.sound, &mut dice));
    let resumes = (before.len() + pause.len()) as u64 + SAMPLE_RATE as u64 / 2;
    Ok(Case { plain: [&before[..], &after].concat(), paused: [before, pause, after].concat(), resumes })
}

async fn hear(sittings: &Sittings, case: &Case) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome { gap_s: None, taken_back: false, lost: 0, changed: 0, words: 0 };
    let mut kept = Vec::new();
    for happened in sittings.hold(case.paused.clone()).await? {
        match happened.what {
            What::Ended if outcome.gap_s.is_none() && happened.at < case.resumes + 1_600 => {
                outcome.gap_s = Some((case.resumes as f64 - happened.at as f64) / 16_000.0);
            }
            What::WentOn => outcome.taken_back = outcome.gap_s.is_some(),
            What::Kept(answer) => kept = plain_words(&answer.transcript.text()), // told more than once, the last is whole
            _ => {}
        }
    }
    if outcome.gap_s.is_none() {
        return Ok(outcome);
    }
    let mut whole = Vec::new();
    for happened in sittings.hold(case.plain.clone()).await? {
        if let What::Kept(answer) = happened.what {
            whole = plain_words(&answer.transcript.text());
        }
    }
    outcome.words = whole.len();
    (outcome.lost, outcome.changed) = missing_and_changed(&whole, &kept);
    if outcome.lost + outcome.changed > 0 || !outcome.taken_back {
        eprintln!("  gap {:?}, taken back: {}\n    {whole:?}\n    {kept:?}", outcome.gap_s, outcome.taken_back);
    }
    Ok(outcome)
}

/// How many words of `whole` are not there, and how many stand as others or were added, in the alignment with the fewest differences; of those that
/// are equal the one with most missing words counts.
fn missing_and_changed(whole: &[String], kept: &[String]) -> (usize, usize) {
    // Differences, words missing, words changed; by words of `kept`.
    let mut row: Vec<(usize, usize, usize)> = (0..=kept.len()).map(|n| (n, 0, n)).collect();
    for wanted in whole {
        let mut diagonal = row[0];
        row[0] = (diagonal.0 + 1, diagonal.1 + 1, diagonal.2);
        for (at, got) in kept.iter().enumerate() {
            let above = row[at + 1];
            let same = usize::from(wanted != got);
            let steps = [
                (diagonal.0 + same, diagonal.1, diagonal.2 + same),
                (above.0 + 1, above.1 + 1, above.2),
                (row[at].0 + 1, row[at].1, row[at].2 + 1),
            ];
            diagonal = above;
            row[at + 1] =
                steps.into_iter().min_by_key(|(all, missing, _)| (*all, usize::MAX - missing)).unwrap_or(above);
        }
    }
    let (_, missing, changed) = row[kept.len()];
    (missing, changed)
}
