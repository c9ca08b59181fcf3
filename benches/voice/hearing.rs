//! Hears one recording as a session does: every closed segment is decoded once, in order, the open one for the screen.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use viva::{
    audio::wav::{self, WavSource},
    signal::SampleSpan,
    speech::{
        listener::{ClosedSegment, HeardTurn, HearingEvent, Listener, ListenerOptions},
        recognizer::{Job, Recognized, RecognizedText, Recognizer, RecognizerError},
    },
};

use super::pace::{Clock, Pace, Paced};

/// One segment that stands.
pub struct HeardSegment {
    pub span: SampleSpan,
    /// Cut in the middle of speech.
    pub forced: bool,
    pub text: String,
    pub decode_ms: u64,
    /// When it was cut, in samples.
    pub closed_at: u64,
    /// When its text was there, in samples.
    pub text_at: u64,
}

/// Whether the open segment is decoded for the screen, as in every session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Watched,
    Off,
}

/// A segment, when it was cut, and what became of it.
type Decoded = (ClosedSegment, u64, Result<Recognized, RecognizerError>);

/// Hears the recording to its end and waits for the last text.
pub async fn hear(
    recording: &Path,
    recognizer: &Recognizer,
    glossary: Arc<[String]>,
    pace: Pace,
    screen: Screen,
) -> anyhow::Result<Vec<HeardSegment>> {
    Ok(hear_whole(recording, recognizer, glossary, pace, screen).await?.0)
}

/// The same, with what the listener says of the whole.
pub async fn hear_whole(
    recording: &Path,
    recognizer: &Recognizer,
    glossary: Arc<[String]>,
    pace: Pace,
    screen: Screen,
) -> anyhow::Result<(Vec<HeardSegment>, HeardTurn)> {
    let clock = Clock::start();
    let source = Paced::new(WavSource::open(recording, wav::Pace::AsFastAsPossible)?, pace, clock.clone());
    let (_listener, mut events) = Listener::start(Box::new(source), ListenerOptions::default());
    let mut finals: FuturesOrdered<BoxFuture<'static, Decoded>> = FuturesOrdered::new();
    let mut partial: Option<BoxFuture<'static, ()>> = None;
    let mut heard = BTreeMap::new();
    let mut taken_back = std::collections::BTreeSet::new();
    let (mut ended, mut turn) = (false, HeardTurn::default());
    while !ended || !finals.is_empty() {
        tokio::select! {
            event = events.recv(), if !ended => match event {
                Some(HearingEvent::Closed(segment)) => {
                    partial = None;
                    let recognizer = recognizer.clone();
                    let closed_at = clock.now();
                    let samples = segment.samples.clone();
                    let job = Job { samples, peak_score: segment.peak_score, glossary: glossary.clone() };
                    finals.push_back(async move { (segment, closed_at, recognizer.recognize(job).await) }.boxed());
                }
                Some(HearingEvent::OpenSoFar { samples, .. }) if screen == Screen::Watched => {
                    let answer = recognizer.partial(Job { samples, peak_score: 1.0, glossary: glossary.clone() });
                    partial = Some(answer.map(|_| ()).boxed());
                }
                Some(HearingEvent::Reopened { number }) => {
                    heard.remove(&number);
                    taken_back.insert(number);
                }
                Some(HearingEvent::Level { at, .. }) => clock.seen.store(at.0, Relaxed),
                Some(HearingEvent::Ended(whole)) => (ended, turn) = (true, whole),
                None => ended = true,
                Some(_) => {}
            },
            Some((segment, closed_at, recognized)) = finals.next() => {
                let recognized = recognized?;
                let text = match recognized.outcome {
                    RecognizedText::Words(text) => text,
                    RecognizedText::Nothing { .. } => String::new(),
                };
                if !taken_back.contains(&segment.number) {
                    let (span, forced, decode_ms) = (segment.span, segment.forced, recognized.decode_ms);
                    let text_at = clock.now();
                    heard.insert(segment.number, HeardSegment { span, forced, text, decode_ms, closed_at, text_at });
                }
            },
            () = async { partial.as_mut().expect("guarded").await }, if partial.is_some() => partial = None,
        }
        clock.busy.store(finals.len() + usize::from(partial.is_some()), Relaxed);
    }
    Ok((heard.into_values().collect(), turn))
}

pub fn text(segments: &[HeardSegment]) -> String {
    segments.iter().map(|segment| segment.text.trim()).collect::<Vec<_>>().join(" ")
}
