//! Row 6, the other side: how often does the interviewer cut in on speech that gives no reason?

use viva::{
    interview::trigger::{Interjection, TriggerWatch, WordsSoFar},
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan, vad::FRAME},
    speech::recognizer::Recognizer,
};

use super::{
    Bench, drill_words,
    sentences::Told,
    sound::{Dice, Speaker, in_a_room},
    statistics::count_bound,
    table::{BESIDE, Row, Verdict},
    triggers::{Drill, Ear, Heard, hear},
};

/// Words a minute, where nobody speaks aloud.
const PACE: f64 = 150.0;

pub async fn measure(
    bench: &mut Bench<'_>,
    drill: &Drill,
    recognizer: &Recognizer,
    partials: &mut Heard,
) -> anyhow::Result<()> {
    // By an ear that never mishears: the words of ordinary sentences at the pace of speech.
    let mut sentences = drill_words::ordinary()?;
    sentences.truncate(bench.count(60, 6)); // two minutes each
    for (what, sentences) in
        [("ordinary sentences", sentences), ("answers that only look like a mistake", drill_words::lookalikes()?)]
    {
        let (mut seconds, mut false_alarms) = (0.0, Vec::new());
        let mut watch = drill.watch();
        for answer in &sentences {
            watch.begin_answer();
            let (length, fired) = read(drill, &mut watch, answer, seconds);
            seconds += length;
            false_alarms.extend(fired);
        }
        let causes: Vec<String> = false_alarms.iter().map(|alarm| format!("{:?}", alarm.cause)).collect();
        eprintln!("  false alarms on {what}: {causes:?}");
        let number = if what == "ordinary sentences" { 6 } else { BESIDE };
        let verdict =
            |per_half_hour: f64| if number == 6 { Verdict::from(per_half_hour <= 1.0) } else { Verdict::NoTarget };
        alarms(
            bench,
            number,
            &format!("{what}, an ear that never mishears, {PACE} words a minute"),
            seconds,
            false_alarms.len(),
            verdict,
        );
    }

    // By the real recognizer: speech without a trigger, as long as there is time for.
    let minutes = bench.count(90, 2);
    let mut speaker = Speaker::new(bench.dir);
    let mut dice = Dice(0x5EED_0016);
    let (mut seconds, mut fired) = (0.0, 0);
    let texts: Vec<String> = drill_words::spoken_plainly()?;
    while seconds < minutes as f64 * 60.0 {
        let voice = dice.below(3);
        let mut told = Told::default();
        while told.sound.len() < SAMPLE_RATE as usize * 60 {
            let text = match dice.below(2) {
                0 => drill_words::PLAIN[dice.below(drill_words::PLAIN.len())].to_owned(),
                _ => texts[dice.below(texts.len())].clone(),
            };
            told.say(&mut speaker, &text, voice)?;
            told.think(dice.between(0.3, 1.2), &mut dice);
        }
        let sound = in_a_room(told.sound, &mut dice);
        let heard = hear(drill, &sound, Ear::Real(recognizer)).await?;
        for alarm in &heard.interjections {
            eprintln!("  false alarm: {:?}", alarm.cause);
        }
        seconds += sound.len() as f64 / f64::from(SAMPLE_RATE);
        fired += heard.interjections.len();
        partials.partials += heard.partials;
        partials.retracted += heard.retracted;
    }
    alarms(bench, 6, "plain sentences, synthetic recognizer", seconds, fired, |rate| Verdict::from(rate <= 1.0));
    Ok(())
}

fn alarms(bench: &mut Bench<'_>, number: u8, what: &str, seconds: f64, fired: usize, verdict: impl Fn(f64) -> Verdict) {
    let half_hours = seconds / 1800.0;
    let rate = fired as f64 / half_hours;
    bench.table.add(Row {
        number,
        measure: format!("interjections without a trigger phrase: {what}"),
        target: "≤ 1 in 30 min".into(),
        ours: format!("{rate:.2} in 30 min ({fired})"),
        n: format!("{:.0} min", seconds / 60.0),
        bound: format!("{:.2} in 30 min", count_bound(fired) / half_hours),
        verdict: verdict(rate),
    });
}

/// Tells an answer word by word, with a breath behind every twelfth; returns its length in seconds.
fn read(drill: &Drill, watch: &mut TriggerWatch, answer: &str, from_s: f64) -> (f64, Vec<Interjection>) {
    let words: Vec<&str> = answer.split_whitespace().collect();
    let per_word = 60.0 / PACE;
    let length = words.len() as f64 * per_word + 15.0; // silence behind it: the last words get their time
    let at = |seconds: f64| ((from_s + seconds) * f64::from(SAMPLE_RATE)) as u64 / FRAME as u64;
    let mut fired = Vec::new();
    let mut known = 0;
    for frame in at(0.0)..at(length) {
        let seconds = frame as f64 * FRAME as f64 / f64::from(SAMPLE_RATE) - from_s;
        let word = seconds / per_word;
        let said = ((word - 1.0).max(0.0) as usize).min(words.len());
        if said >= known + 10 || said > known && said == words.len() {
            known = said;
            let text = drill.glossary.correct(&words[..said].join(" ")).text;
            watch.heard_until(SampleIndex((frame + 1) * FRAME as u64 - (per_word * f64::from(SAMPLE_RATE)) as u64));
            watch.hear_words(WordsSoFar { closed: &text, committed: "", tentative: "" });
        }
        let breathes = word % 12.0 > 11.2;
        let voiced =
            word < words.len() as f64 + 2.0 && !breathes || word >= words.len() as f64 && seconds < length - 3.0;
        let span =
            SampleSpan { start: SampleIndex(frame * FRAME as u64), end: SampleIndex((frame + 1) * FRAME as u64) };
        fired.extend(watch.hear_frame(span, voiced));
    }
    (length, fired)
}
