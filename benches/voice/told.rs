//! Row 14: is the delivery that is reported the one that was given? Speech with known words and known pauses, by three synthetic voices.
//!
//! The truth is the sound that was put together: a pause lies between the last and the first 10 ms that can be heard. None of the pauses
//! is near the half second from which they count, and sentences hold none themselves.

use viva::{
    interview::{
        delivery,
        transcript::{Segment, Transcript},
    },
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan},
};

use super::{
    Bench,
    hearing::{self, Screen},
    models::Weights,
    pace::Pace,
    sentences::{SENTENCES, Told},
    sound::{self, Dice, Speaker, in_a_room},
    statistics::{mean, percentile, percentile_bound_text, share_bound, share_text},
    table::{Row, Verdict},
};

const PAUSES_S: [f64; 8] = [0.25, 0.35, 0.7, 0.9, 1.2, 1.8, 2.5, 4.0];
const COUNTS_FROM_S: f64 = 0.5;

#[derive(Default)]
struct Sums {
    /// Errors in percent, one for each answer: of the words alone, and of the time alone.
    rates: Vec<f64>,
    times: Vec<f64>,
    found: usize,
    given: usize,
    right: usize,
    borders_ms: Vec<f64>,
    /// How much later than they are the ends and the beginnings of speech are put.
    late_ms: (Vec<f64>, Vec<f64>),
}

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let answers = bench.count(24, 3);
    let recognizer = Weights::Synthetic.start(bench.dir, 1).await?;
    let mut speaker = Speaker::new(bench.dir);
    let mut sums = Sums::default();
    for n in 0..answers {
        let mut dice = Dice(0x5EED_0014 ^ (n as u64) << 16);
        let mut told = Told::default();
        told.think(1.0, &mut dice);
        let (mut said, mut pauses) = (Vec::new(), Vec::new());
        for at in 0..10 {
            said.push(told.say(&mut speaker, SENTENCES[dice.below(SENTENCES.len())], n)?);
            if at < 9 {
                pauses.push(told.think(PAUSES_S[dice.below(PAUSES_S.len())], &mut dice));
            }
        }
        told.think(1.0, &mut dice);
        let path = bench.dir.join("told.wav");
        sound::write(&in_a_room(told.sound.clone(), &mut dice), &path)?;
        let (heard, turn) = hearing::hear_whole(&path, &recognizer, [].into(), Pace::Never, Screen::Off).await?;
        let transcript = transcript(&heard);
        let delivery = delivery::measure(&transcript, &turn.voiced, SampleIndex(0));
        let words = told.words.split_whitespace().count() as f64;
        let voiced: f64 = said.iter().map(|place| place.len() as f64 / f64::from(SAMPLE_RATE)).sum();
        let error = |ours: f64, truth: f64| 100.0 * (ours - truth).abs() / truth;
        sums.rates.push(error(delivery.articulation_wpm.unwrap_or(0.0), words / voiced * 60.0));
        sums.times.push(error(delivery.voiced_s, voiced));
        let kept: Vec<_> = pauses.into_iter().filter(|pause| seconds(pause.len()) >= COUNTS_FROM_S).collect();
        sums.compare(&kept, &gaps(&turn.voiced));
    }
    recognizer.stop();
    sums.show(bench, answers);
    Ok(())
}

/// The words as they were heard, with nothing repaired.
pub fn transcript(heard: &[hearing::HeardSegment]) -> Transcript {
    let segments = heard.iter().map(|segment| Segment {
        span: Some(segment.span),
        raw: segment.text.clone(),
        text: segment.text.clone(),
        confidence: None,
        not_decoded: None,
    });
    Transcript { segments: segments.collect() }
}

fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

/// As [`delivery::measure`] counts them.
fn gaps(voiced: &[SampleSpan]) -> Vec<SampleSpan> {
    let gaps = voiced.windows(2).map(|pair| SampleSpan { start: pair[0].end, end: pair[1].start });
    gaps.filter(|gap| gap.seconds() >= COUNTS_FROM_S).collect()
}

impl Sums {
    /// A pause is right when it is the only one that overlaps one that was made.
    fn compare(&mut self, made: &[std::ops::Range<usize>], found: &[SampleSpan]) {
        self.given += made.len();
        self.found += found.len();
        let mut taken = vec![false; found.len()];
        for pause in made {
            let overlaps = |gap: &SampleSpan| (gap.start.0 as usize) < pause.end && (gap.end.0 as usize) > pause.start;
            let Some(at) = (0..found.len()).find(|at| !taken[*at] && overlaps(&found[*at])) else { continue };
            taken[at] = true;
            self.right += 1;
            let error = |ours: SampleIndex, truth: usize| 1000.0 * seconds((ours.0 as usize).abs_diff(truth));
            self.borders_ms.push(error(found[at].start, pause.start));
            self.borders_ms.push(error(found[at].end, pause.end));
            let late =
                |ours: SampleIndex, truth: usize| 1000.0 * (ours.0 as f64 - truth as f64) / f64::from(SAMPLE_RATE);
            self.late_ms.0.push(late(found[at].start, pause.start));
            self.late_ms.1.push(late(found[at].end, pause.end));
        }
    }

    fn show(&self, bench: &mut Bench<'_>, answers: usize) {
        let rate = mean(&self.rates);
        bench.table.add(Row {
            number: 14,
            measure: "words per minute of voice: mean error (synthetic recognizer)".into(),
            target: "≤ 3 %".into(),
            ours: format!(
                "{rate:.1} % (p95 {:.1} %); of the time alone {:.1} %",
                percentile(&self.rates, 95.0),
                mean(&self.times)
            ),
            n: format!("{answers} answers of ten sentences"),
            bound: percentile_bound_text(&self.rates, "%"),
            verdict: Verdict::from(rate <= 3.0),
        });
        for (measure, hits, n) in
            [("pauses ≥ 0.5 s: precision", self.right, self.found), ("pauses ≥ 0.5 s: recall", self.right, self.given)]
        {
            bench.table.add(Row {
                number: 14,
                measure: measure.into(),
                target: "≥ 0.95".into(),
                ours: share_text(hits, n),
                n: format!("{n} pauses"),
                bound: format!("{:.1} % wrong", 100.0 * share_bound(n - hits, n)),
                verdict: Verdict::from(hits as f64 >= 0.95 * n as f64),
            });
        }
        let (p50, p95) = (percentile(&self.borders_ms, 50.0), percentile(&self.borders_ms, 95.0));
        bench.table.add(Row {
            number: 14,
            measure: "their borders: error".into(),
            target: "≤ 100 ms".into(),
            ours: format!("mean {:.0} ms, p50 {p50:.0}, p95 {p95:.0} ms", mean(&self.borders_ms)),
            n: format!("{} borders", self.borders_ms.len()),
            bound: percentile_bound_text(&self.borders_ms, "ms"),
            verdict: Verdict::from(p95 <= 100.0),
        });
        let (ends, starts) = (mean(&self.late_ms.0), mean(&self.late_ms.1));
        bench
            .note(format!("speech is taken to end {ends:.0} ms later than it does, and to begin {starts:.0} ms later"));
    }
}
