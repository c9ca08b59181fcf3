//! Row 10: how many words come out of ten minutes in which nobody answers: a room, keys, breaths, the interviewer's own voice.
//!
//! Every noise lies over the same quiet room. The interviewer's voice comes as loud as the candidate's, with the ears closed as the session
//! closes them: until a quarter of a second after the last word.

use std::sync::Arc;

use viva::{
    content,
    signal::SAMPLE_RATE,
    speech::{
        listener::{HearingEvent, Listener, ListenerOptions},
        recognizer::{Job, RecognizedText, Recognizer},
    },
};

use super::{
    Bench,
    models::Weights,
    sitting::{Floor, Sound},
    sound::{self, Dice, Speaker, breath, key, mix, room, samples},
    statistics::count_bound,
    table::{Row, Verdict},
};

/// Half a level: the ears are closed so much before a word that the order is there in time.
const ORDERED_AHEAD: usize = SAMPLE_RATE as usize / 5;
/// `[audio] tail_ms` as shipped.
const TAIL: usize = SAMPLE_RATE as usize / 4;

pub async fn measure(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let seconds = bench.count(150, 20) as f64;
    let recognizer = Weights::Synthetic.start(bench.dir, 1).await?;
    let mut dice = Dice(0x5EED_0010);
    let mut all = (0, 0.0, 0);
    let (own, speaking) = own_voice(bench, seconds, &mut dice)?;
    let sounds = [
        ("a quiet room, then louder (-66 to -40 dBFS)", rooms(seconds, &mut dice), Vec::new()),
        ("keyboard", keyboard(seconds, &mut dice), Vec::new()),
        ("breathing", breathing(seconds, &mut dice), Vec::new()),
        ("the interviewer's own voice", own, speaking),
    ];
    for (what, sound, speaking) in sounds {
        let length = sound.len() as f64 / f64::from(SAMPLE_RATE);
        let (words, segments) = words_in(sound, &speaking, &recognizer).await?;
        bench.note(format!("{what}: {words} words in {length:.0} s, {segments} segments decoded"));
        all = (all.0 + words, all.1 + length, all.2 + segments);
    }
    recognizer.stop();
    let (words, length, _) = all;
    bench.table.add(Row {
        number: 10,
        measure: "words out of room noise, keyboard, breathing, the interviewer's own voice (ears closed)".into(),
        target: "0 in 10 min".into(),
        ours: format!("{words}"),
        n: format!("{:.1} min", length / 60.0),
        bound: format!("{:.1} in 10 min", count_bound(words) * 600.0 / length),
        verdict: Verdict::from(words == 0),
    });
    Ok(())
}

fn rooms(seconds: f64, dice: &mut Dice) -> Vec<f32> {
    [0.0005, 0.001, 0.003, 0.01].iter().flat_map(|rms| room(samples(seconds / 4.0), *rms, dice)).collect()
}

/// Bursts of typing at five keys a second.
fn keyboard(seconds: f64, dice: &mut Dice) -> Vec<f32> {
    let mut sound = room(samples(seconds), 0.0005, dice);
    let mut at = 0.5;
    while at < seconds {
        let burst_end = at + dice.between(1.0, 6.0);
        while at < burst_end {
            mix(&mut sound, samples(at), &key(dice));
            at += dice.between(0.08, 0.4);
        }
        at += dice.between(0.3, 3.0);
    }
    sound
}

/// In and out, some of it near the microphone.
fn breathing(seconds: f64, dice: &mut Dice) -> Vec<f32> {
    let mut sound = room(samples(seconds), 0.0005, dice);
    let mut at = 0.5;
    while at < seconds {
        mix(&mut sound, samples(at), &breath(dice));
        at += dice.between(0.9, 2.5);
    }
    sound
}

type Places = Vec<std::ops::Range<usize>>;

/// Questions of the pack, and where they lie.
fn own_voice(bench: &Bench<'_>, seconds: f64, dice: &mut Dice) -> anyhow::Result<(Vec<f32>, Places)> {
    let loaded = content::load(None)?;
    let mut speaker = Speaker::new(bench.dir);
    let (mut sound, mut places) = (vec![0.0; samples(1.0)], Vec::new());
    let questions: Vec<&str> =
        loaded.packs.values().flat_map(|pack| pack.questions.values()).map(|q| q.ask.as_str()).collect();
    for question in questions.iter().cycle() {
        if sound.len() >= samples(seconds) {
            break;
        }
        let said = speaker.say(question, 0)?;
        places.push(sound.len()..sound.len() + said.len());
        sound.extend(said.iter());
        sound.extend(vec![0.0; samples(dice.between(1.5, 4.0))]);
    }
    Ok((sound::in_a_room(sound, dice), places))
}

/// Words written, and segments decoded. Ears are closed in the places.
async fn words_in(sound: Vec<f32>, speaking: &Places, recognizer: &Recognizer) -> anyhow::Result<(usize, usize)> {
    let options = ListenerOptions { lock_step: true, ..ListenerOptions::default() };
    let (listener, mut events) = Listener::start(Box::new(Sound { sound, at: 0, floor: Floor::given() }), options);
    let (mut words, mut segments) = (0, 0);
    while let Some(event) = events.recv().await {
        match event {
            HearingEvent::Level { at, .. } => {
                let at = at.0 as usize;
                listener.ears_closed(
                    speaking
                        .iter()
                        .any(|place| (place.start.saturating_sub(ORDERED_AHEAD)..place.end + TAIL).contains(&at)),
                );
            }
            HearingEvent::Closed(segment) => {
                segments += 1;
                let job = Job { samples: segment.samples, peak_score: segment.peak_score, glossary: Arc::from([]) };
                if let RecognizedText::Words(text) = recognizer.recognize(job).await?.outcome {
                    eprintln!("  {:.1} s: {text:?}", segment.span.start.0 as f64 / f64::from(SAMPLE_RATE));
                    words += text.split_whitespace().count();
                }
            }
            _ => {}
        }
    }
    Ok((words, segments))
}
