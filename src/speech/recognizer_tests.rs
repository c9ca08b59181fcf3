//! The desk, the lanes and the thread, with engines that do as they are told.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
    mpsc,
};

use super::*;
use crate::speech::lanes::{Failure, Lane};

/// Says the number of samples of a job, in order; waits at a gate first.
struct Counting {
    gate: mpsc::Receiver<()>,
    begun: mpsc::Sender<(Lane, usize)>,
    panics: usize,
    resets: Arc<Mutex<usize>>,
}

impl Engine for Counting {
    fn hear(&mut self, job: &Job, lane: Lane, abort: &Arc<AtomicBool>) -> Result<Recognized, Failure> {
        let _ = self.begun.send((lane, job.samples.len()));
        loop {
            if abort.load(Ordering::Relaxed) {
                return Err(Failure::Aborted);
            }
            match self.gate.recv_timeout(Duration::from_millis(1)) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                _ => break,
            }
        }
        if self.panics > 0 {
            self.panics -= 1;
            panic!("the decoder of this test panics");
        }
        let outcome = RecognizedText::Words(job.samples.len().to_string());
        Ok(Recognized { outcome, confidence: None, decode_ms: 0 })
    }

    fn reset(&mut self) -> Result<(), String> {
        *self.resets.lock().unwrap() += 1;
        Ok(())
    }
}

struct Rig {
    recognizer: Recognizer,
    gate: mpsc::Sender<()>,
    begun: mpsc::Receiver<(Lane, usize)>,
    resets: Arc<Mutex<usize>>,
}

async fn rig(panics: usize) -> Rig {
    let (gate, at_gate) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let resets = Arc::new(Mutex::new(0));
    let engine = Counting { gate: at_gate, begun: begin, panics, resets: resets.clone() };
    let engine = Mutex::new(Some(engine));
    let load = move || match engine.lock().unwrap().take() {
        Some(engine) => Ok((engine, RecognizerInfo::default())),
        None => Err(RecognizerError::Decoding("it is loaded once".to_owned())),
    };
    let recognizer = Recognizer::spawn(load).await.unwrap();
    Rig { recognizer, gate, begun, resets }
}

fn job(samples: usize) -> Job {
    Job { samples: vec![0.1; samples].into(), peak_score: 1.0, glossary: [].into() }
}

fn words(recognized: &Recognized) -> &str {
    match &recognized.outcome {
        RecognizedText::Words(words) => words,
        RecognizedText::Nothing { why } => panic!("no words: {why}"),
    }
}

/// Leaves a final on the desk at once, as polling the future would.
fn leave(recognizer: &Recognizer, samples: usize) -> tokio::task::JoinHandle<Result<Recognized, RecognizerError>> {
    let recognizer = recognizer.clone();
    tokio::spawn(async move { recognizer.recognize(job(samples)).await })
}

#[tokio::test]
async fn finals_are_decoded_in_order_and_none_is_lost() {
    let rig = rig(0).await;
    let waiting: Vec<_> = (1..=5).map(|n| leave(&rig.recognizer, n)).collect();
    for _ in 0..5 {
        rig.gate.send(()).unwrap();
    }
    for (n, answer) in (1..).zip(waiting) {
        assert_eq!(words(&answer.await.unwrap().unwrap()), n.to_string());
    }
    assert_eq!(rig.begun.try_iter().map(|(_, n)| n).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_final_sends_the_partial_in_work_away() {
    let rig = rig(0).await;
    let partial = rig.recognizer.partial(job(7));
    assert_eq!(rig.begun.recv().unwrap(), (Lane::Partial, 7));
    let done = leave(&rig.recognizer, 1);
    assert!(partial.await.is_err(), "the partial was given up");
    rig.gate.send(()).unwrap();
    assert_eq!(words(&done.await.unwrap().unwrap()), "1");
}

#[tokio::test]
async fn of_two_waiting_partials_the_latest_wins_and_finals_go_first() {
    let rig = rig(0).await;
    let first = leave(&rig.recognizer, 1);
    tokio::task::yield_now().await;
    assert_eq!(rig.begun.recv().unwrap(), (Lane::Final, 1));
    let early = rig.recognizer.partial(job(20));
    let late = rig.recognizer.partial(job(30));
    let second = leave(&rig.recognizer, 2);
    tokio::task::yield_now().await;
    assert!(early.await.is_err());
    for _ in 0..3 {
        rig.gate.send(()).unwrap();
    }
    assert_eq!(words(&first.await.unwrap().unwrap()), "1");
    assert_eq!(words(&second.await.unwrap().unwrap()), "2");
    assert_eq!(words(&late.await.unwrap()), "30");
}

#[tokio::test]
async fn a_segment_nobody_waits_for_any_more_is_not_decoded() {
    let rig = rig(0).await;
    let first = leave(&rig.recognizer, 1);
    tokio::task::yield_now().await;
    assert_eq!(rig.begun.recv().unwrap().1, 1);
    let reopened = leave(&rig.recognizer, 2);
    tokio::task::yield_now().await;
    assert!(rig.recognizer.waiting_s() > 0.0);
    reopened.abort();
    assert!(reopened.await.unwrap_err().is_cancelled());
    let third = leave(&rig.recognizer, 3);
    for _ in 0..3 {
        rig.gate.send(()).unwrap();
    }
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(rig.begun.try_iter().map(|(_, n)| n).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn a_panic_in_the_decoder_costs_one_more_try_and_no_segment() {
    let rig = rig(1).await;
    for _ in 0..3 {
        rig.gate.send(()).unwrap();
    }
    assert_eq!(words(&rig.recognizer.recognize(job(1)).await.unwrap()), "1");
    assert_eq!(*rig.resets.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_segment_that_panics_twice_is_reported_and_the_next_is_decoded() {
    let rig = rig(2).await;
    for _ in 0..3 {
        rig.gate.send(()).unwrap();
    }
    let refused = rig.recognizer.recognize(job(1)).await.unwrap_err();
    assert!(matches!(refused, RecognizerError::Decoding(_)), "{refused}");
    assert_eq!(words(&rig.recognizer.recognize(job(2)).await.unwrap()), "2");
}

#[tokio::test]
async fn stopping_tells_everybody_who_waits() {
    let rig = rig(0).await;
    let waiting: Vec<_> = (1..=3).map(|n| leave(&rig.recognizer, n)).collect();
    tokio::task::yield_now().await;
    let partial = rig.recognizer.partial(job(9));
    rig.recognizer.stop();
    for answer in waiting {
        assert!(matches!(answer.await.unwrap(), Err(RecognizerError::Stopped(_))));
    }
    assert!(partial.await.is_err());
    assert!(rig.recognizer.join(Duration::from_secs(5)));
    assert!(matches!(rig.recognizer.recognize(job(1)).await, Err(RecognizerError::Stopped(_))));
}

#[tokio::test]
async fn the_thread_ends_when_the_last_handle_is_dropped() {
    let rig = rig(0).await;
    let desk = rig.recognizer.owner.desk.clone();
    let copy = rig.recognizer.clone();
    drop(rig.recognizer);
    assert!(!desk.wait_for_end(Duration::ZERO));
    drop(copy);
    assert!(desk.wait_for_end(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_scripted_recognizer_says_its_texts_in_order() {
    let scripted = Recognizer::scripted(vec!["so first".to_owned(), String::new(), "that is it".to_owned()]);
    assert_eq!(words(&scripted.partial(job(1)).await.unwrap()), "so first");
    assert_eq!(words(&scripted.recognize(job(1)).await.unwrap()), "so first");
    let nothing = scripted.recognize(job(1)).await.unwrap().outcome;
    assert_eq!(nothing, RecognizedText::Nothing { why: "only noise".to_owned() });
    assert_eq!(words(&scripted.recognize(job(1)).await.unwrap()), "that is it");
    let over = scripted.recognize(job(1)).await.unwrap().outcome;
    assert!(matches!(over, RecognizedText::Nothing { why } if why.contains("script")));
}

#[cfg(not(feature = "whisper"))]
#[tokio::test]
async fn a_build_without_recognition_says_so() {
    let model = ModelPath { path: "any.bin".into(), model: None };
    let error = Recognizer::start(model, RecognizerOptions::default()).await.err().unwrap();
    assert!(matches!(error, RecognizerError::NotBuilt));
}

#[test]
fn one_that_was_stopped_does_not_pass_for_a_running_one() {
    let recognizer = Recognizer::scripted(Vec::new());
    assert!(recognizer.is_running());
    recognizer.stop();
    assert!(!recognizer.is_running());
}

#[tokio::test]
async fn a_decoder_that_breaks_is_loaded_again_and_no_segment_is_lost() {
    let recognizer = Recognizer::faulty(vec![Some("first"), None, Some("second"), None, None, Some("fourth")], true);
    assert_eq!(words(&recognizer.recognize(job(1)).await.unwrap()), "first");
    assert_eq!(words(&recognizer.recognize(job(1)).await.unwrap()), "second", "at the second try");
    let refused = recognizer.recognize(job(1)).await.unwrap_err();
    assert!(matches!(refused, RecognizerError::Decoding(_)), "{refused}");
    assert_eq!(words(&recognizer.recognize(job(1)).await.unwrap()), "fourth");
    assert!(recognizer.is_running());
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_model_cannot_be_loaded_again() {
    let recognizer = Recognizer::faulty(vec![None, Some("never said")], false);
    let both = tokio::join!(recognizer.recognize(job(1)), recognizer.recognize(job(2)));
    for refused in [both.0.unwrap_err(), both.1.unwrap_err()] {
        assert!(matches!(&refused, RecognizerError::Broken(why) if why.contains("its model is gone")), "{refused}");
    }
    assert!(!recognizer.is_running());
}

/// Panics where nothing guards it.
struct Unguarded;

impl Engine for Unguarded {
    fn hear(&mut self, _: &Job, _: Lane, _: &Arc<AtomicBool>) -> Result<Recognized, Failure> {
        panic!("the decoder of this test panics")
    }

    fn reset(&mut self) -> Result<(), String> {
        panic!("and so does its repair")
    }
}

#[tokio::test]
async fn a_thread_that_unwinds_leaves_nobody_waiting() {
    let recognizer = Recognizer::spawn(|| Ok((Unguarded, RecognizerInfo::default()))).await.unwrap();
    let both = tokio::join!(recognizer.recognize(job(1)), recognizer.recognize(job(2)));
    assert!(matches!(both, (Err(RecognizerError::Broken(_)), Err(RecognizerError::Broken(_)))), "{both:?}");
    assert!(!recognizer.is_running());
}
