//! Whisper, through whisper.cpp: one model, one state per lane, parameters by lane.
//!
//! The only `unsafe` of the program is here: the setters of the abort callback. The safe one of whisper-rs 0.16.0 pairs
//! its closure with the wrong trampoline and aborts decodes that nobody asked to abort. whisper.cpp looks at the callback
//! between graphs, so a decode ends at the latest one encoder pass after it was asked.

use std::{
    ffi::{c_int, c_void},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::info;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperState,
    WhisperVadContext, WhisperVadContextParams,
};

use super::{
    decoding::{Attempt, hear},
    hallucination::Decoded,
    lanes::{Engine, Failure, Lane},
    models::{self, ModelPath},
    recognizer::{Job, Recognized, RecognizedText, RecognizerError, RecognizerInfo, RecognizerOptions},
};
use crate::signal::SAMPLE_RATE;

/// The engine of [`super::recognizer::Recognizer::start`].
pub(super) struct Whisper {
    context: WhisperContext,
    /// Made once and reused: each costs some 100 MB of buffers.
    final_state: WhisperState,
    /// Of a smaller model for partials, where there is one.
    partial_context: Option<WhisperContext>,
    /// Made when the first partial is wanted.
    partial_state: Option<WhisperState>,
    silero: Option<WhisperVadContext>,
    threads: usize,
    /// Time of one thread for a second of sound, where the number of threads was measured and not set by the person.
    one_thread: Option<f64>,
    glossary: bool,
    tokens_per_s: Option<f64>,
}

impl Whisper {
    /// Checks the file, loads it, decodes once for warmth and chooses the number of threads. Blocks.
    pub(super) fn load(
        model: &ModelPath,
        options: &RecognizerOptions,
    ) -> Result<(Self, RecognizerInfo), RecognizerError> {
        whisper_rs::install_logging_hooks();
        let begun = Instant::now();
        let context = open(model)?;
        let partial_context = options.partial.as_ref().map(open).transpose()?;
        let final_state = context.create_state().map_err(|e| failed(&model.path, e.to_string()))?;

        let mut silero = None;
        if let Some(path) = &options.silero {
            if !path.is_file() {
                return Err(failed(path, "there is no such file; mend speech.silero in the config".to_owned()));
            }
            let mut parameters = WhisperVadContextParams::new();
            parameters.set_n_threads(1); // more spin against each other: 100 s instead of 0.2 s
            let detector = WhisperVadContext::new(&path.to_string_lossy(), parameters);
            silero = Some(detector.map_err(|_| failed(path, "not a Silero model in ggml form".to_owned()))?);
        }

        let synthetic = context.model_n_audio_state() == SYNTHETIC_WIDTH;
        let load_ms = begun.elapsed().as_millis() as u64;
        let glossary = options.glossary && !synthetic;
        let mut whisper = Self {
            context,
            final_state,
            partial_context,
            partial_state: None,
            silero,
            threads: 1,
            one_thread: None,
            glossary,
            tokens_per_s: options.tokens_per_s,
        };
        let realtime_factor = whisper.choose_threads(options.threads);
        let name = |model: &ModelPath| model.model.map_or(model.path.display().to_string(), |model| model.name.clone());
        let (model, partial_model) = (name(model), options.partial.as_ref().map(name));
        let threads = whisper.threads;
        let info = RecognizerInfo { model, partial_model, synthetic, threads, load_ms, realtime_factor };
        Ok((whisper, info))
    }

    /// Decodes a hum once to warm up, then measures. Returns the time for a second of sound.
    ///
    /// ggml's threads spin while they wait for each other: where a core is busy, two are slower than one by far. So the
    /// second measurement has the first one's time as its deadline.
    fn choose_threads(&mut self, wanted: usize) -> Option<f64> {
        const SECONDS: usize = 2;
        let hum: Vec<f32> = (0..SECONDS * SAMPLE_RATE as usize).map(|i| (i as f32 * 0.06).sin() * 0.1).collect();
        let attempt = Attempt { temperature: 0.0, full_context: false };
        let time = |whisper: &mut Self, samples: &[f32], deadline: Option<Duration>| {
            let begun = Instant::now();
            let abort = Abort { asked: Arc::default(), deadline: deadline.map(|limit| begun + limit) };
            let done = whisper.decode(samples, Lane::Final, attempt, &[], &abort); // what it writes does not matter
            done.ok().map(|_| begun.elapsed())
        };
        self.threads = wanted.max(1);
        time(self, &hum[..SAMPLE_RATE as usize], None);
        let one = time(self, &hum, None)?;
        let cores = physical_cores().min(MOST_THREADS);
        if wanted > 0 || cores == 1 {
            return Some(one.as_secs_f64() / SECONDS as f64);
        }
        self.one_thread = Some(one.as_secs_f64() / SECONDS as f64);
        self.threads = cores;
        let many = time(self, &hum, Some(one));
        if many.is_none() {
            self.threads = 1;
        }
        info!(
            one_ms = one.as_millis() as u64,
            many_ms = many.map(|t| t.as_millis() as u64),
            cores,
            threads = self.threads,
            "measured the threads of the recognizer"
        );
        Some(many.unwrap_or(one).as_secs_f64() / SECONDS as f64)
    }

    /// Decodes, and goes back to one thread for good where several take much longer than one would.
    ///
    /// They do as soon as something else needs one of their cores: 3 s instead of 70 ms was seen. The run that notices is
    /// given up and done again.
    fn decode_steadily(
        &mut self,
        samples: &[f32],
        lane: Lane,
        attempt: Attempt,
        prompt: &[c_int],
        asked: &Arc<AtomicBool>,
    ) -> Result<Decoded, Failure> {
        const MARGIN: f64 = 2.0;
        let in_view = if attempt.full_context { 30.0 } else { samples.len() as f64 / f64::from(SAMPLE_RATE) };
        let limit = self.one_thread.filter(|_| self.threads > 1).map(|factor| MARGIN * factor * in_view.max(2.0));
        let deadline = limit.map(|limit| Instant::now() + Duration::from_secs_f64(limit));
        let result = self.decode(samples, lane, attempt, prompt, &Abort { asked: asked.clone(), deadline });
        if deadline.is_none() || asked.load(Ordering::Relaxed) || result != Err(Failure::Aborted) {
            return result;
        }
        info!(threads = self.threads, "slower than one thread on this busy machine: one from now on");
        self.threads = 1;
        self.decode(samples, lane, attempt, prompt, &Abort { asked: asked.clone(), deadline: None })
    }

    /// One run of the decoder over one segment.
    fn decode(
        &mut self,
        samples: &[f32],
        lane: Lane,
        attempt: Attempt,
        prompt: &[c_int],
        abort: &Abort,
    ) -> Result<Decoded, Failure> {
        let samples = padded(samples);
        let mut params = params(samples.len(), lane, attempt, self.threads);
        if attempt.full_context {
            params.set_audio_ctx(0);
        }
        if let Some(tokens) = self.tokens_per_s {
            params.set_max_tokens((tokens * samples.len() as f64 / f64::from(SAMPLE_RATE)).ceil() as c_int);
        }
        if !prompt.is_empty() {
            params.set_tokens(prompt);
        }
        abort.watch(&mut params);

        let eot = self.context.token_eot();
        let state = match lane {
            Lane::Final => &mut self.final_state,
            Lane::Partial => {
                if self.partial_state.is_none() {
                    let context = self.partial_context.as_ref().unwrap_or(&self.context);
                    self.partial_state = Some(context.create_state().map_err(|e| Failure::Failed(e.to_string()))?);
                }
                self.partial_state.as_mut().expect("made just above")
            }
        };
        match state.full(params, &samples) {
            Ok(()) => Ok(read(state, eot)),
            Err(_) if abort.is_asked() => Err(Failure::Aborted),
            Err(error) => Err(Failure::Failed(error.to_string())),
        }
    }

    /// The terms as a sentence, and its tokens: at most [`PROMPT_TOKENS`], later terms left out.
    fn prompt(&self, terms: &[String], lane: Lane) -> (String, Vec<c_int>) {
        if !self.glossary {
            return (String::new(), Vec::new());
        }
        let cue = match lane {
            Lane::Final => "Um, uh, hmm, er, ah.", // longer ones cost whole sentences
            Lane::Partial => "",
        };
        for kept in (0..=terms.len().min(30)).rev() {
            let text = match kept {
                0 => cue.to_owned(),
                _ => format!("We discuss {}. {cue}", terms[..kept].join(", ")),
            };
            let tokens = tokenize(&self.context, text.trim());
            if tokens.len() <= PROMPT_TOKENS {
                return (text, tokens);
            }
        }
        (String::new(), Vec::new())
    }

    /// The second detector's opinion: true when it hears no speech at all.
    fn silero_hears_nothing(&mut self, samples: &[f32]) -> bool {
        let Some(silero) = &mut self.silero else { return false };
        silero.detect_speech(samples).is_ok() && silero.probabilities().iter().all(|&p| p < SILERO_FLOOR)
    }
}

impl Engine for Whisper {
    fn hear(&mut self, job: &Job, lane: Lane, abort: &Arc<AtomicBool>) -> Result<Recognized, Failure> {
        if lane == Lane::Final && self.silero_hears_nothing(&job.samples) {
            let why = "noise, not speech, by the second detector".to_owned();
            return Ok(Recognized { outcome: RecognizedText::Nothing { why }, confidence: None, decode_ms: 0 });
        }
        let (prompt, tokens) = self.prompt(&job.glossary, lane);
        hear(job, lane, &prompt, |attempt| self.decode_steadily(&job.samples, lane, attempt, &tokens, abort))
    }

    fn reset(&mut self) -> Result<(), String> {
        self.partial_state = None;
        self.final_state = self.context.create_state().map_err(|e: WhisperError| e.to_string())?;
        Ok(())
    }
}

/// Checks a model's file and loads it.
fn open(model: &ModelPath) -> Result<WhisperContext, RecognizerError> {
    models::check(model)?;
    let mut parameters = WhisperContextParameters::default();
    parameters.flash_attn(false); // slower than without on a CPU
    WhisperContext::new_with_params(&model.path, parameters)
        .map_err(|e| failed(&model.path, format!("{e}. Fetch it again, or choose another with `viva models`")))
}

fn failed(path: &std::path::Path, why: String) -> RecognizerError {
    RecognizerError::Model { path: path.display().to_string(), why }
}

/// Width of the synthetic model of the tests; tiny, the smallest real one, has 384.
const SYNTHETIC_WIDTH: c_int = 128;
/// A prompt is spelling, not vocabulary; long ones are echoed on silence.
const PROMPT_TOKENS: usize = 100;
/// Microphone noise stays below 0.001, Whisper begins to write words at about 0.01.
const SILERO_FLOOR: f32 = 0.005;
/// More bring nothing for models of this size.
const MOST_THREADS: usize = 8;

/// The parameters of both lanes. `samples`: length after padding.
fn params(samples: usize, lane: Lane, attempt: Attempt, threads: usize) -> FullParams<'static, 'static> {
    // The language stays at the default, "en": setting it leaks a string per call.
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(threads as c_int);
    params.set_translate(false);
    params.set_no_context(true); // text of the segment before makes it loop
    params.set_single_segment(true);
    params.set_no_timestamps(true); // times come from the cuts, never from Whisper
    params.set_audio_ctx(audio_ctx(samples));
    params.set_max_tokens(max_tokens(samples, lane));
    params.set_temperature(attempt.temperature);
    params.set_temperature_inc(0.0); // its own ladder climbs to 1.0 and drops the prompt; the one retry is ours
    params.set_entropy_thold(2.4);
    params.set_logprob_thold(-1.0);
    params.set_no_speech_thold(0.6);
    params.set_suppress_blank(true);
    params.set_suppress_nst(true);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    params
}

/// How much of the 30 s window the encoder looks at, in frames of 20 ms: the sound and 128 more, in steps of 16.
///
/// Cuts the encoder's work by 3 to 6; smaller than this, Whisper loops. Never below 256.
fn audio_ctx(samples: usize) -> c_int {
    let frames = (samples * 50).div_ceil(SAMPLE_RATE as usize) + 128;
    frames.next_multiple_of(16).clamp(256, 1500) as c_int
}

/// A cap against endless decodes: nobody speaks faster.
fn max_tokens(samples: usize, lane: Lane) -> c_int {
    let seconds = samples.div_ceil(SAMPLE_RATE as usize);
    (match lane {
        Lane::Final => 8 * seconds + 16,
        Lane::Partial => 6 * seconds + 12,
    }) as c_int
}

/// At least a second, with silence behind: Whisper returns nothing for less.
fn padded(samples: &[f32]) -> std::borrow::Cow<'_, [f32]> {
    let least = SAMPLE_RATE as usize;
    if samples.len() >= least {
        return samples.into();
    }
    let mut longer = samples.to_vec();
    longer.resize(least, 0.0);
    longer.into()
}

/// Text and probabilities of the run that just ended.
fn read(state: &WhisperState, eot: c_int) -> Decoded {
    let mut decoded = Decoded::default();
    let (mut tokens, mut words, mut probability, mut logprob) = (0u32, 0u32, 0.0, 0.0);
    for segment in state.as_iter() {
        decoded.text.push_str(&segment.to_str_lossy().unwrap_or_default());
        decoded.no_speech = decoded.no_speech.max(segment.no_speech_probability());
        for token in (0..segment.n_tokens()).filter_map(|at| segment.get_token(at)) {
            tokens += 1;
            logprob += token.token_data().plog;
            if token.token_id() < eot {
                words += 1;
                probability += token.token_probability();
            }
        }
    }
    decoded.avg_logprob = if tokens > 0 { logprob / tokens as f32 } else { 0.0 };
    decoded.confidence = (words > 0).then(|| probability / words as f32);
    decoded
}

/// Tokens of a text; none where it holds a zero byte.
///
/// No token is shorter than a byte. A smaller buffer must not be offered: whisper-rs 0.16.0 takes the negative length that
/// reports it for a length.
fn tokenize(context: &WhisperContext, text: &str) -> Vec<c_int> {
    context.tokenize(text, text.len() + 16).unwrap_or_default()
}

/// Cores without their second threads, which bring nothing to arithmetic.
fn physical_cores() -> usize {
    let logical = std::thread::available_parallelism().map_or(1, usize::from);
    let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default(); // absent but on Linux
    let mut cores = std::collections::HashSet::new();
    let mut package = "";
    for line in listed.lines() {
        match line.split_once(':').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("physical id", id)) => package = id,
            Some(("core id", id)) => drop(cores.insert((package, id))),
            _ => {}
        }
    }
    if cores.is_empty() { logical } else { cores.len().min(logical) }
}

/// When a decode shall give up.
struct Abort {
    asked: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Abort {
    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.deadline.is_some_and(|at| Instant::now() >= at)
    }

    /// Lets whisper.cpp ask us. `self` must outlive the run that uses the parameters; it is borrowed for all of
    /// [`Whisper::decode`], which holds both.
    fn watch(&self, params: &mut FullParams) {
        // SAFETY: the trampoline only reads, through atomics and plain values that nobody writes meanwhile, from the
        // `Abort` behind the pointer, which the caller of `decode` owns until the run is over.
        unsafe {
            params.set_abort_callback(Some(abort_asked));
            params.set_abort_callback_user_data(std::ptr::from_ref(self).cast_mut().cast::<c_void>());
        }
    }
}

/// Called by whisper.cpp; `data` is the [`Abort`] of the run.
unsafe extern "C" fn abort_asked(data: *mut c_void) -> bool {
    // SAFETY: set together with this function in `Abort::watch`, see there.
    unsafe { &*data.cast::<Abort>() }.is_asked()
}

#[cfg(test)]
#[path = "whisper_tests.rs"]
mod tests;
