//! The state of a turn while it is heard: segments being decoded, texts that may still be taken back, the partial.

mod partials;
mod said;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Instant,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};

use super::{
    event::{Event, Phase},
    event_log::Entry,
    patience::Moment,
    workers::Workers,
};
use crate::{
    interview::{glossary::Glossary, transcript::Segment},
    signal::{SAMPLE_RATE, SampleIndex, SampleSpan, agreement::Agreement, segmenter::SegmenterSettings},
    speech::{
        listener::{ClosedSegment, HeardTurn, HearingEvent},
        recognizer::{Job, Recognized, RecognizedText, Recognizer, RecognizerError},
    },
};

use said::{ECHO, in_words};
pub(super) use said::{Said, heard_of, says_something};

/// What became of a segment.
pub(super) struct Decoded {
    number: u32,
    span: SampleSpan,
    outcome: Outcome,
}

enum Outcome {
    Recognized(Result<Recognized, RecognizerError>),
    /// Not worth decoding, and why.
    Skipped(&'static str),
}

pub(super) struct Turn<'a> {
    workers: &'a Workers,
    pub recognizer: Recognizer,
    /// The pack's terms, which are repaired in every text.
    terms: Glossary,
    /// Terms that steer the recognizer.
    pub glossary: Arc<[String]>,
    pub decoding: FuturesOrdered<BoxFuture<'static, Decoded>>,
    /// When the words of each of them are to be there, where a script says so.
    due: VecDeque<SampleIndex>,
    /// The decoding of the open segment for the screen.
    pub partial: Option<BoxFuture<'static, Option<String>>>,
    /// Nobody can read the words of a recording that is heard faster than it was spoken.
    pub shows_partials: bool,
    /// The source waits for texts: nothing depends on how long they took.
    pub patient: bool,
    partial_begun: Instant,
    partial_after: Instant,
    /// Where the sound ends of which it is the text.
    partial_until: SampleIndex,
    /// Where the sound ends whose words are known.
    pub words_until: SampleIndex,
    agreement: Agreement,
    /// A segment is open, and the agreement is about it.
    is_open: bool,
    /// Numbers of segments that came back to life: their text is not believed.
    reopened: BTreeSet<u32>,
    /// Texts that may still be taken back because their segment can reopen.
    waiting: VecDeque<(u32, Segment)>,
    /// Samples after its end for which a segment can reopen; until then its text is not shown.
    final_after: u64,
    pub segments: Vec<Segment>,
    /// Position of the newest event.
    pub now: SampleIndex,
    /// End of the last voice.
    pub voiced_until: SampleIndex,
    pub is_voiced: bool,
    /// When the floor was given to the candidate.
    pub floor_from: SampleIndex,
    /// Samples of the present silence in which the interviewer spoke, or nobody could be heard.
    pub excused: u64,
    /// Samples of the recording that stand for what nobody could hear.
    away: u64,
    /// Samples of voice in the open segment.
    pub voice: u64,
    /// What the interviewer said in this turn, and when.
    pub said: Vec<Said>,
    /// The microphone hears the interviewer's words.
    pub echoes: bool,
    /// The words of some voice are not known, because recognizing them failed.
    pub is_deaf: bool,
    /// The ears are closed: nothing that was heard can change any more.
    pub sealed: bool,
    /// Loudness while the interviewer speaks, to tell whether the microphone hears it.
    pub while_speaking: Option<Vec<f32>>,
    /// Set by the last event.
    pub whole: Option<HeardTurn>,
    pub decode_ms: u64,
    pub notices: Vec<String>,
    /// Lost samples that were told of last.
    dropped: u64,
}

impl<'a> Turn<'a> {
    pub fn new(workers: &'a Workers, recognizer: Recognizer, question: Option<&str>) -> Self {
        Self {
            workers,
            recognizer,
            terms: Glossary::new(&workers.pack_of(question).glossary),
            glossary: workers.glossary(question),
            decoding: FuturesOrdered::new(),
            due: VecDeque::new(),
            partial: None,
            shows_partials: true,
            patient: false,
            partial_begun: Instant::now(),
            partial_after: Instant::now(),
            partial_until: SampleIndex::default(),
            words_until: SampleIndex::default(),
            agreement: Agreement::default(),
            is_open: false,
            reopened: BTreeSet::new(),
            waiting: VecDeque::new(),
            final_after: SegmenterSettings::default().final_after(),
            segments: Vec::new(),
            now: SampleIndex::default(),
            voiced_until: SampleIndex::default(),
            is_voiced: false,
            floor_from: SampleIndex::default(),
            excused: 0,
            away: 0,
            voice: 0,
            said: Vec::new(),
            echoes: false,
            is_deaf: false,
            sealed: false,
            while_speaking: None,
            whole: None,
            decode_ms: 0,
            notices: Vec::new(),
            dropped: 0,
        }
    }

    pub fn take(&mut self, event: HearingEvent) {
        let outlet = &self.workers.outlet;
        match event {
            HearingEvent::Started { source } => tracing::debug!(source, "hearing"),
            HearingEvent::Level { at, rms, voiced, voice, .. } => {
                self.now = at;
                self.is_voiced = voiced;
                self.voice = voice;
                if voiced {
                    self.voiced_until = at;
                    self.excused = 0;
                }
                if let Some(levels) = &mut self.while_speaking {
                    levels.push(rms);
                }
                outlet.emit(Event::Level { rms, voiced }, Some(at));
                self.release(at);
                if let Some(script) = &self.workers.script {
                    script.reach(at);
                }
            }
            HearingEvent::Opened { start } => {
                self.agreement = Agreement::default();
                self.is_open = true;
                self.now = self.now.max(start);
                self.is_voiced = true;
            }
            HearingEvent::Reopened { number } => {
                self.reopened.insert(number);
                self.is_open = true;
                self.waiting.retain(|(waiting, _)| *waiting != number);
            }
            HearingEvent::Closed(segment) => self.decode(segment),
            HearingEvent::EarsOpened { at } => outlet.log(Entry::EarsOpened, Some(at)),
            HearingEvent::EarsClosed { at } => {
                outlet.log(Entry::EarsClosed, Some(at));
                self.sealed = true;
                self.is_voiced = false;
                self.release(self.now.max(at));
            }
            HearingEvent::OpenSoFar { start, samples } if self.may_begin_partial() => {
                self.partial_until = SampleIndex(start.0 + samples.len() as u64);
                let job = Job { samples, peak_score: 1.0, glossary: self.glossary.clone() };
                self.partial_begun = Instant::now();
                let answer = self.recognizer.partial(job);
                self.partial = Some(async move { answer.await.ok().and_then(words) }.boxed());
            }
            HearingEvent::NotDecoded { number, span, why } => {
                self.is_open = false;
                let skipped = Decoded { number, span, outcome: Outcome::Skipped(why) };
                self.await_words(number, std::future::ready(skipped));
            }
            HearingEvent::OpenSoFar { .. } => {}
            HearingEvent::Lost { at, why } => {
                outlet.log(Entry::Lost { why: why.clone() }, Some(at));
                outlet.phase(Phase::Suspended);
                self.note(format!(
                    "The microphone is gone ({why}). What you said is kept; it goes on when it is back."
                ));
            }
            HearingEvent::Back { at, gap, away } => {
                outlet.log(Entry::Back { gap, away_s: away.as_secs_f64() }, Some(at));
                // Nothing falls due because of a time in which nobody could be heard.
                self.away += gap;
                self.excused += gap;
                self.now = self.now.max(at);
                self.note(format!("The microphone is back after {:.1} s. Go on.", away.as_secs_f64()));
                self.workers.outlet.phase(Phase::Listening);
            }
            HearingEvent::Slept { at, away } => {
                outlet.log(Entry::Slept { away_s: away.as_secs_f64() }, Some(at));
                self.floor_from = self.floor_from.max(at);
                self.excused = 0;
                self.note(format!(
                    "The computer slept for {}, or this program was halted. What you said before is kept; go on when you are ready.",
                    in_words(away)
                ));
            }
            HearingEvent::AllZero { .. } => self.note(
                "The microphone gives only zeros: it is muted, or this program may not use it. Check the mute key and \
                 the system's microphone permission."
                    .into(),
            ),
            HearingEvent::Dropped { samples } if samples < 2 * self.dropped => {} // told often enough
            HearingEvent::Dropped { samples } => {
                self.dropped = samples;
                let seconds = samples as f64 / f64::from(SAMPLE_RATE);
                self.note(format!("The machine was too busy: {seconds:.2} s of sound were lost so far."));
            }
            HearingEvent::DiskTrouble { why } => {
                self.note(format!(
                    "The recording cannot be written ({why}). Free some disk space; your words are kept."
                ));
            }
            HearingEvent::Ended(whole) => {
                self.now = self.now.max(whole.length);
                self.whole = Some(whole);
                if let Some(script) = &self.workers.script {
                    script.end_turn();
                }
            }
        }
    }

    /// Samples that were really heard.
    pub fn clock(&self) -> u64 {
        self.now.0.saturating_sub(self.away)
    }

    /// Every closed segment has its text, and none can be taken back.
    pub fn is_settled(&self) -> bool {
        self.decoding.is_empty() && self.waiting.is_empty()
    }

    /// Samples of silence so far in which the candidate had the floor.
    pub fn silence(&self) -> u64 {
        let since = self.voiced_until.max(self.floor_from);
        self.now.0.saturating_sub(since.0).saturating_sub(self.excused)
    }

    /// What the turn-taking policy weighs; `segments` are those that count.
    pub fn moment<'s>(&self, segments: &'s [Segment]) -> Moment<'s> {
        Moment {
            is_voiced: self.is_voiced,
            silence: self.silence(),
            segments,
            settled: self.is_settled(),
            is_deaf: self.is_deaf,
        }
    }

    /// Tells the person, and keeps it with the answer. What was told last is not told again.
    pub fn note(&mut self, text: String) {
        if self.notices.last() == Some(&text) {
            return;
        }
        self.workers.outlet.notice(&text);
        self.notices.push(text);
    }

    /// Every closed segment is decoded once, while the person goes on talking.
    fn decode(&mut self, segment: ClosedSegment) {
        self.partial = None;
        self.is_voiced = false;
        self.voice = 0;
        self.is_open = false;
        let (workers, recognizer) = (self.workers.clone(), self.recognizer.clone());
        let job = Job { samples: segment.samples, peak_score: segment.peak_score, glossary: self.glossary.clone() };
        let (number, span) = (segment.number, segment.span);
        self.voiced_until = self.voiced_until.max(span.end);
        let recognized = async move { workers.recognize(&recognizer, job).await };
        self.await_words(
            number,
            async move { Decoded { number, span, outcome: Outcome::Recognized(recognized.await) } },
        );
    }

    /// The words of a segment come when they are found, or when the script says that they did.
    fn await_words(&mut self, number: u32, words: impl Future<Output = Decoded> + Send + 'static) {
        let Some(script) = self.workers.script.clone() else { return self.decoding.push_back(words.boxed()) };
        let at = script.decoded_at(number);
        self.due.push_back(at);
        self.decoding.push_back(async move { tokio::join!(words, script.until(at)).0 }.boxed());
    }

    /// Whether more may be heard: not while words are missing that were there when it was heard before.
    pub fn may_hear(&self, most_undecoded: usize) -> bool {
        self.decoding.len() < most_undecoded && self.due.front().is_none_or(|due| *due > self.now)
    }

    /// The words of the segment that was next.
    pub fn take_decoded(&mut self, done: Decoded) {
        self.workers.outlet.log(Entry::Decoded { number: done.number }, None);
        self.decoded(done);
    }

    fn decoded(&mut self, done: Decoded) {
        self.due.pop_front();
        self.words_until = self.words_until.max(done.span.end);
        if self.reopened.contains(&done.number) {
            return;
        }
        let segment = match done.outcome {
            Outcome::Skipped(why) => silent(done.span, why.to_owned()),
            Outcome::Recognized(Ok(recognized)) => {
                self.decode_ms += recognized.decode_ms;
                self.segment(done.span, recognized)
            }
            Outcome::Recognized(Err(error)) => {
                self.is_deaf = true;
                self.note(format!("{error}. The recording is kept; `viva correct` can fill in the words."));
                silent(done.span, error.to_string())
            }
        };
        self.waiting.push_back((done.number, segment));
        self.release(self.now);
    }

    /// A segment of what the recognizer made of a span, terms repaired. The interviewer's own words, heard back, stand in `raw` only.
    pub fn segment(&mut self, span: SampleSpan, recognized: Recognized) -> Segment {
        match recognized.outcome {
            RecognizedText::Words(raw) if self.said.iter().any(|said| said.comes_back(span, &raw)) => {
                self.echoes = true;
                Segment { raw, confidence: recognized.confidence, ..silent(span, ECHO.to_owned()) }
            }
            RecognizedText::Words(raw) => {
                let text = match self.said.iter().any(|said| said.covers(span)) {
                    true => String::new(), // "mm-hm"
                    false => self.terms.correct(&raw).text,
                };
                Segment { span: Some(span), raw, text, confidence: recognized.confidence, not_decoded: None }
            }
            RecognizedText::Nothing { why } => silent(span, why),
        }
    }

    /// Commits the texts whose segments can no longer reopen.
    fn release(&mut self, now: SampleIndex) {
        while let Some((_, segment)) = self.waiting.front() {
            let end = segment.span.map_or(0, |span| span.end.0);
            if now.0 < end + self.final_after && self.whole.is_none() && !self.sealed {
                return;
            }
            let Some((_, segment)) = self.waiting.pop_front() else { return };
            self.workers.outlet.emit(Event::Segment(segment.clone()), segment.span.map(|span| span.end));
            self.segments.push(segment);
        }
    }

    /// Waits for the segments that are still being decoded.
    pub async fn finish(&mut self) {
        self.partial = None;
        while let Some(done) = self.decoding.next().await {
            self.decoded(done);
        }
        self.now = SampleIndex(u64::MAX);
        self.release(self.now);
    }
}

/// The text of a partial, if it holds words.
fn words(recognized: Recognized) -> Option<String> {
    match recognized.outcome {
        RecognizedText::Words(text) => Some(text),
        RecognizedText::Nothing { .. } => None,
    }
}

fn silent(span: SampleSpan, why: String) -> Segment {
    Segment { span: Some(span), raw: String::new(), text: String::new(), confidence: None, not_decoded: Some(why) }
}
