//! Row 15: how many of the hesitations that were spoken are in the count that is shown, and how much of that count was spoken.
//!
//! Fillers are counted in the text, so what the recognizer leaves out is not in it: the count is shown as "at least". Each answer holds eight
//! hesitations by espeak-ng, between clauses and in the middle of them; one is found where a filler is put within a second of it.

use viva::{interview::delivery, signal::SAMPLE_RATE};

use super::{
    Bench,
    hearing::{self, Screen},
    models::Weights,
    pace::Pace,
    sentences::{SENTENCES, Told},
    sound::{self, Dice, Speaker, in_a_room},
    statistics::{share_bound, share_text},
    table::{Row, Verdict},
    told,
};

const SOUNDS: [&str; 4] = ["um", "uh", "um", "er"];
const EACH: usize = 8;
/// Samples by which a filler may be put beside the hesitation: words are spread over the voice of their segment.
const BESIDE: u64 = SAMPLE_RATE as u64;

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let answers = bench.count(24, 3);
    let recognizer = Weights::Synthetic.start(bench.dir, 1).await?;
    let mut speaker = Speaker::new(bench.dir);
    let (mut spoken, mut counted, mut right) = (0, 0, 0);
    for n in 0..answers {
        let mut dice = Dice(0x5EED_0015 ^ (n as u64) << 16);
        let mut told = Told::default();
        told.think(1.0, &mut dice);
        let mut hesitations = Vec::new();
        for at in 0..EACH {
            let sentence: Vec<&str> = SENTENCES[dice.below(SENTENCES.len())].split(' ').collect();
            let middle = if at % 2 == 0 { 0 } else { 3 + dice.below(sentence.len() - 5) };
            if middle > 0 {
                told.say(&mut speaker, &sentence[..middle].join(" "), n)?;
                told.think(dice.between(0.15, 0.5), &mut dice);
            }
            hesitations.push(told.say(&mut speaker, SOUNDS[dice.below(SOUNDS.len())], n)?);
            told.think(dice.between(0.15, 0.5), &mut dice);
            told.say(&mut speaker, &sentence[middle..].join(" "), n)?;
            told.think(dice.between(0.4, 0.8), &mut dice);
        }
        let path = bench.dir.join("hesitations.wav");
        sound::write(&in_a_room(told.sound.clone(), &mut dice), &path)?;
        let (heard, _) = hearing::hear_whole(&path, &recognizer, [].into(), Pace::Never, Screen::Off).await?;
        let fillers = delivery::fillers(&told::transcript(&heard));
        spoken += hesitations.len();
        counted += fillers.len();
        for filler in fillers.iter().filter_map(|filler| filler.span) {
            let near = |place: &std::ops::Range<usize>| {
                filler.start.0 < place.end as u64 + BESIDE && filler.end.0 + BESIDE > place.start as u64
            };
            if let Some(at) = hesitations.iter().position(near) {
                hesitations.remove(at);
                right += 1;
            }
        }
    }
    recognizer.stop();
    for (measure, hits, n, of) in [
        ("hesitations in the count that is shown: recall", right, spoken, "hesitations spoken"),
        ("the same: precision", right, counted, "fillers counted"),
    ] {
        bench.table.add(Row {
            number: 15,
            measure: format!("{measure} (synthetic recognizer, which was taught no hesitations)"),
            target: "measured and shown".into(),
            ours: share_text(hits, n),
            n: format!("{n} {of} in {answers} answers"),
            bound: format!("{:.1} % wrong", 100.0 * share_bound(n - hits, n)),
            verdict: Verdict::NoTarget,
        });
    }
    Ok(())
}
