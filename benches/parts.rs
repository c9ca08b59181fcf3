//! The parts, one by one: what a second of sound, a quote, a question costs.

use std::sync::LazyLock;

use divan::{Bencher, black_box, counter::ItemsCount};
use viva::{
    audio::wav,
    content,
    interview::{
        assessment::Quote,
        coverage::{self, Cue},
        evidence,
        glossary::Glossary,
        pack::Content,
        transcript::Transcript,
        words::Spoken,
    },
    llm::template::{self, JudgePrompt},
    signal::{resample::Resampler, segmenter::Segmenter, vad::VoiceActivity},
};

fn main() {
    divan::main();
}

static CONTENT: LazyLock<Content> = LazyLock::new(|| content::load(None).expect("`viva check` passes"));

/// A good answer of some 300 words, and where it comes from.
static ANSWER: LazyLock<Transcript> = LazyLock::new(|| {
    let gold = include_str!("../tests/fixtures/gold/answers.jsonl");
    let answers = gold.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let answers = answers.filter_map(|answer| answer["transcript"].as_str().map(str::to_owned));
    Transcript::typed(&answers.max_by_key(String::len).expect("the file holds answers"))
});

/// One second of a voice at the rate of the file.
fn second() -> Vec<f32> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/voice/sample-answer-1.wav");
    wav::read_samples(path.as_ref()).expect("a recording of the tests")[16_000..32_000].to_vec()
}

/// A second at 48 kHz to 16 kHz, its voice activity, and where to cut.
#[divan::bench]
fn resample_and_voice_activity_of_a_second(bencher: Bencher) {
    let at_48_khz: Vec<f32> = second().iter().flat_map(|sample| [*sample; 3]).collect();
    let mut resampler = Resampler::new(48_000).expect("a usual rate");
    let (mut activity, mut segmenter) = (VoiceActivity::default(), Segmenter::new(Default::default()));
    let (mut samples, mut scores, mut found) = (Vec::new(), Vec::new(), Vec::new());
    bencher.bench_local(|| {
        samples.clear();
        scores.clear();
        found.clear();
        for piece in at_48_khz.chunks(960) {
            resampler.push(black_box(piece), &mut samples);
        }
        activity.push(&samples, &mut scores);
        scores.iter().for_each(|score| segmenter.push(*score, &mut found));
        found.len()
    });
}

/// Quotes as judges copy them, word for word and nearly, found in one answer: per quote.
#[divan::bench]
fn evidence_of_a_quote(bencher: Bencher) {
    let sentences: Vec<&str> = ANSWER.segments.iter().map(|segment| segment.text.as_str()).collect();
    let quotes: Vec<Quote> = sentences
        .iter()
        .enumerate()
        .map(|(n, sentence)| {
            let mut words: Vec<&str> = sentence.split_whitespace().collect();
            if n % 2 == 0 && words.len() > 6 {
                words.remove(3); // a judge leaves a word out
            }
            Quote { text: words.join(" "), segment: None }
        })
        .collect();
    let spoken = Spoken::of(&ANSWER);
    bencher.counter(ItemsCount::new(quotes.len())).bench(|| {
        quotes.iter().filter(|quote| evidence::find_in(black_box(quote), "check", &spoken).is_some()).count()
    });
}

/// Every cue of every question, read and looked for in one answer.
#[divan::bench]
fn all_cues_in_an_answer(bencher: Bencher) {
    let points = CONTENT.questions().flat_map(|(_, question)| &question.points);
    let cues: Vec<&String> = points.flat_map(|point| &point.cues).collect();
    bencher.counter(ItemsCount::new(cues.len())).bench(|| {
        let spoken = Spoken::of(black_box(&ANSWER));
        let parsed = cues.iter().filter_map(|cue| Cue::parse(cue).ok());
        parsed.filter(|cue| coverage::find_first(cue, &spoken).is_some()).count()
    });
}

/// A two-minute answer with all terms of the pack, some of them mis-heard.
#[divan::bench]
fn terms_repaired_in_an_answer(bencher: Bencher) {
    let glossary = Glossary::new(&CONTENT.packs.values().next().expect("a pack is shipped").glossary);
    let words: Vec<&str> = ANSWER.segments.iter().flat_map(|segment| segment.text.split_whitespace()).collect();
    let mut answer: Vec<&str> = words.iter().copied().cycle().take(300).collect();
    for (n, misheard) in
        ["item potency key", "quoram", "cassander", "hash lot", "fensing token", "core um"].iter().enumerate()
    {
        answer[n * 50 + 25] = misheard;
    }
    let answer = answer.join(" ");
    bencher.bench(|| glossary.correct(black_box(&answer)).changes.len());
}

/// The terms of the pack made ready for repair: once per answer.
#[divan::bench]
fn glossary_made_ready(bencher: Bencher) {
    let terms = &CONTENT.packs.values().next().expect("a pack is shipped").glossary;
    bencher.bench(|| Glossary::new(black_box(terms)));
}

/// All packs and rubrics, from text, with every rule of `viva check`: at every start, and before a commit. At most 200 ms.
#[divan::bench]
fn content_read_and_checked(bencher: Bencher) {
    let files = content::embedded_files();
    bencher.bench(|| Content::parse(black_box(&files)).is_ok());
}

/// The messages that ask for a judgement.
#[divan::bench]
fn judge_prompt(bencher: Bencher) {
    let (_, question) = CONTENT.question("rate-limiter").expect("shipped");
    let prompt = JudgePrompt {
        question_text: &question.ask,
        rubric: CONTENT.rubric(question.kind).expect("shipped"),
        question: Some(question),
        probe: None,
        transcript: &ANSWER,
        clarifications: &[],
    };
    bencher.bench(|| template::judge(black_box(&prompt)).map(|messages| messages.len()));
}
