//! Real decoding with the synthetic model, one thread.

use std::{path::Path, sync::mpsc};

use super::*;
use crate::speech::{hallucination::screen, recognizer::Recognizer};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn model() -> ModelPath {
    models::find(&format!("{ROOT}/models/synthetic/ggml-synthetic.en-q8_0.bin"), Path::new("")).unwrap()
}

fn options() -> RecognizerOptions {
    RecognizerOptions { threads: 1, ..RecognizerOptions::default() }
}

/// Samples and spoken words of a recording of `tests/fixtures/voice`.
fn spoken(name: &str) -> (Arc<[f32]>, String) {
    let folder = Path::new(ROOT).join("tests/fixtures/voice");
    let mut wav = hound::WavReader::open(folder.join(format!("{name}.wav"))).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.spec().channels), (16_000, 1));
    let samples = wav.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32768.0).collect();
    (samples, std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap())
}

fn job(samples: Arc<[f32]>, peak_score: f32) -> Job {
    Job { samples, peak_score, glossary: ["fencing token".to_owned()].into() }
}

/// Share of the spoken words that were added, lost or changed.
fn word_error_rate(spoken: &str, heard: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
    };
    let (spoken, heard) = (words(spoken), words(heard));
    strsim::generic_levenshtein(&spoken, &heard) as f64 / spoken.len() as f64
}

fn words(recognized: &Recognized) -> &str {
    match &recognized.outcome {
        RecognizedText::Words(words) => words,
        RecognizedText::Nothing { why } => panic!("no words: {why}"),
    }
}

#[tokio::test]
async fn recorded_answers_become_the_words_that_were_spoken() {
    let recognizer = Recognizer::start(model(), options()).await.unwrap();
    let info = recognizer.info();
    assert!(info.synthetic && info.threads == 1 && info.model == "synthetic.en", "{info:?}");
    for n in 1..=5 {
        let (samples, text) = spoken(&format!("sample-answer-{n}"));
        let seconds = samples.len() as f64 / 16_000.0;
        let heard = recognizer.recognize(job(samples, 1.0)).await.unwrap();
        let rate = word_error_rate(&text, words(&heard));
        println!(
            "{n}: {seconds:.1} s in {} ms, {:.0} % wrong, confidence {:?}: {}",
            heard.decode_ms,
            rate * 100.0,
            heard.confidence,
            words(&heard)
        );
        assert!(rate <= 0.2, "heard {:?} for {text:?}", heard.outcome);
        assert!(heard.confidence.is_some_and(|p| p > 0.5 && p <= 1.0));
    }
}

#[tokio::test]
async fn the_partial_text_of_an_open_segment_is_the_beginning_of_it() {
    for partial in [None, Some(model())] {
        let own = partial.as_ref().map(|_| "synthetic.en");
        let recognizer = Recognizer::start(model(), RecognizerOptions { partial, ..options() }).await.unwrap();
        assert_eq!(recognizer.info().partial_model.as_deref(), own);
        let (samples, text) = spoken("sample-answer-5");
        let open: Arc<[f32]> = samples[..samples.len() * 2 / 3].into();
        let partial = recognizer.partial(job(open, 1.0)).await.unwrap();
        let heard = words(&partial);
        let first: String = text.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        let begins: String = heard.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        assert!(word_error_rate(&first, &begins) <= 0.25, "{heard}");
    }
}

/// Noise as a microphone makes it, with a fixed seed.
fn noise(seconds: usize, loudness: f32) -> Arc<[f32]> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..seconds * 16_000).map(|_| next() * loudness).collect()
}

fn peak_score(samples: &[f32]) -> f32 {
    let mut detector = earshot::Detector::default();
    samples.chunks_exact(256).map(|frame| detector.predict_f32(frame)).fold(0.0, f32::max)
}

#[tokio::test]
async fn silence_and_noise_give_no_words() {
    let recognizer = Recognizer::start(model(), options()).await.unwrap();
    let silence: Arc<[f32]> = vec![0.0; 48_000].into();
    let hum: Arc<[f32]> = (0..48_000).map(|i| (i as f32 * 0.0196).sin() * 0.05).collect();
    for (what, samples) in
        [("silence", silence), ("faint noise", noise(3, 0.002)), ("noise", noise(3, 0.05)), ("hum", hum)]
    {
        let peak = peak_score(&samples);
        let heard = recognizer.recognize(job(samples, peak)).await.unwrap();
        assert!(matches!(heard.outcome, RecognizedText::Nothing { .. }), "{what}, score {peak}: {heard:?}");
    }
}

#[test]
fn what_the_model_writes_for_silence_is_not_believed() {
    let (mut whisper, _) = Whisper::load(&model(), &options()).unwrap();
    let abort = Abort { asked: Arc::default(), deadline: None };
    for seconds in [1, 3, 8] {
        let attempt = Attempt { temperature: 0.0, full_context: false };
        let decoded = whisper.decode(&noise(seconds, 0.0005), Lane::Final, attempt, &[], &abort).unwrap();
        assert!(screen(&decoded, seconds as f64, "").is_err(), "{decoded:?}");
    }
}

/// The safe setter of whisper-rs 0.16.0 aborts at once although nobody asked, and the state must serve again afterwards.
#[test]
fn an_aborted_decode_ends_early_and_the_next_one_is_right() {
    let (mut whisper, _) = Whisper::load(&model(), &options()).unwrap();
    let (samples, text) = spoken("sample-answer-3");
    let fresh = || Arc::new(AtomicBool::new(false));
    for round in 0..3 {
        let asked = Arc::new(AtomicBool::new(true));
        assert_eq!(whisper.hear(&job(samples.clone(), 1.0), Lane::Final, &asked).unwrap_err(), Failure::Aborted);
        let heard = whisper.hear(&job(samples.clone(), 1.0), Lane::Final, &fresh()).unwrap();
        assert!(word_error_rate(&text, words(&heard)) <= 0.2, "round {round}: {heard:?}");
    }
    whisper.reset().unwrap();
    let heard = whisper.hear(&job(samples, 1.0), Lane::Final, &fresh()).unwrap();
    assert!(word_error_rate(&text, words(&heard)) <= 0.2, "after a reset: {heard:?}");
}

#[test]
fn a_decode_can_be_aborted_while_it_runs() {
    let (mut whisper, _) = Whisper::load(&model(), &options()).unwrap();
    let (sample, _) = spoken("sample-answer-1");
    let long: Arc<[f32]> = sample.iter().copied().cycle().take(16_000 * 240).collect();
    let asked = Arc::new(AtomicBool::new(false));
    let (told, tell) = mpsc::channel();
    let flag = asked.clone();
    let helper = std::thread::spawn(move || {
        tell.recv().unwrap();
        flag.store(true, Ordering::Relaxed);
    });
    told.send(()).unwrap();
    let attempt = Attempt { temperature: 0.0, full_context: true };
    let abort = Abort { asked, deadline: None };
    let result = whisper.decode(&long, Lane::Final, attempt, &[], &abort);
    helper.join().unwrap();
    assert_eq!(result.unwrap_err(), Failure::Aborted);
}

#[test]
fn threads_that_are_slower_than_one_are_given_up() {
    let (mut whisper, _) = Whisper::load(&model(), &options()).unwrap();
    let (samples, text) = spoken("sample-answer-2");
    (whisper.threads, whisper.one_thread) = (2, Some(1e-9)); // as if one thread took no time
    let heard = whisper.hear(&job(samples, 1.0), Lane::Final, &Arc::default()).unwrap();
    assert!(word_error_rate(&text, words(&heard)) <= 0.2, "{heard:?}");
    assert_eq!(whisper.threads, 1);
}

#[tokio::test]
async fn a_final_overtakes_a_partial_that_is_being_decoded() {
    let recognizer = Recognizer::start(model(), options()).await.unwrap();
    let (samples, text) = spoken("sample-answer-4");
    for _ in 0..3 {
        let partial = recognizer.partial(job(samples.clone(), 1.0));
        let heard = recognizer.recognize(job(samples.clone(), 1.0)).await.unwrap();
        assert!(word_error_rate(&text, words(&heard)) <= 0.2, "{heard:?}");
        drop(partial);
    }
}

#[tokio::test]
async fn a_corrupt_model_is_an_error_with_a_remedy_and_does_not_end_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(model().path).unwrap();
    let check = |bytes: &[u8], says: &'static str| {
        let path = dir.path().join("own.bin");
        std::fs::write(&path, bytes).unwrap();
        async move {
            let start = Recognizer::start(ModelPath { path, model: None }, options());
            let message = start.await.err().expect("a corrupt model was loaded").to_string();
            assert!(message.contains(says) && message.contains("viva models"), "{message}");
        }
    };
    check(&whole[..whole.len() / 2], "ends too early").await;
    check(b"<html>not found</html>", "mark of a ggml file").await;
    let missing = ModelPath { path: dir.path().join("none.bin"), model: None };
    assert!(Recognizer::start(missing, options()).await.err().unwrap().to_string().contains("no file"));
}

#[test]
fn sizes_follow_the_length_of_the_sound() {
    let check = |seconds: f64, frames: c_int, tokens: c_int| {
        let samples = (seconds * 16_000.0) as usize;
        assert_eq!((audio_ctx(samples), max_tokens(samples, Lane::Final)), (frames, tokens), "{seconds} s");
    };
    check(1.0, 256, 24);
    check(5.0, 384, 56);
    check(10.0, 640, 96);
    check(12.0, 736, 112);
    check(40.0, 1500, 336);
}

#[test]
fn the_glossary_prompt_stays_short_and_is_never_given_to_the_synthetic_model() {
    let (mut whisper, _) = Whisper::load(&model(), &options()).unwrap();
    let terms: Vec<String> = (0..60).map(|n| format!("idempotency key {n}")).collect();
    assert_eq!(whisper.prompt(&terms, Lane::Final), (String::new(), Vec::new()));
    whisper.glossary = true;
    let (text, tokens) = whisper.prompt(&terms, Lane::Final);
    assert!(text.starts_with("We discuss idempotency key 0, ") && tokens.len() <= PROMPT_TOKENS && tokens.len() > 50);
    let (text, tokens) = whisper.prompt(&[], Lane::Partial);
    assert!(text.is_empty() && tokens.is_empty());
}
