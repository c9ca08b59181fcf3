//! The interviewer's voice: renders what is to be said, plays it, and knows how much of it was heard.
//!
//! Closing the ears while it speaks is the session's: speech lasts from the call of [`Voice::say`] to its completion,
//! and [`Spoken::ended_at`] is when the last sound left the loudspeaker. If anything fails the caller shows the text.

mod cache;
mod clip;
mod earcon;
mod engine;
mod ready;
mod rendering;
mod settings;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::audio::playback::{PlayHandle, Playback, PlaybackError, Played, Stopper};
pub use settings::{VoiceEngine, VoiceSettings};

use cache::Cache;
use clip::Clip;
use ready::Ready;
use rendering::Making;

/// Pieces shorter than this are spoken together with the next sentence; a lone "So." sounds odd.
const SHORTEST_PIECE: usize = 20;

/// What became of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub text: String,
    /// Seconds of speech that left the loudspeaker; 0 when nobody speaks.
    pub seconds: f64,
    /// Share of the text that was heard, 0 to 1. 1 when nobody speaks: it was not cut short.
    pub heard_fraction: f64,
    pub engine: VoiceEngine,
    /// When the last sound left the loudspeaker.
    pub ended_at: Instant,
}

impl Spoken {
    pub fn is_cut_short(&self) -> bool {
        self.heard_fraction < 0.995
    }
}

/// Why something was not said; the text names the thing and the remedy. Show the words instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VoiceError {
    #[error("{what} is not there: {remedy}.")]
    Missing { what: String, remedy: String },
    #[error("{what} cannot speak: {why}. Remedy: {remedy}.")]
    Failed { what: String, why: String, remedy: String },
    #[error("[voice] engine is \"none\"")]
    Silent,
    #[error(transparent)]
    Playback(#[from] PlaybackError),
}

/// Hears of every call to a speech endpoint: bytes of the request's body, bytes of the reply's.
pub type CallObserver = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How a speech endpoint is called.
#[derive(Clone, Default)]
pub struct Caller {
    /// Sent as bearer.
    pub key: Option<String>,
    pub observer: Option<CallObserver>,
}

/// Handle to the interviewer's voice. Texts are said one after the other. Needs a tokio runtime.
#[derive(Clone)]
pub struct Voice {
    inner: Arc<Inner>,
}

struct Inner {
    settings: VoiceSettings,
    caller: Caller,
    output_device: String,
    cache: Cache,
    /// Opened when first needed; a loss while playing is the playback's to mend.
    playback: tokio::sync::Mutex<Option<Arc<Playback>>>,
    /// Held by whoever is speaking.
    floor: tokio::sync::Mutex<()>,
    /// Held while rendering, so that rendering ahead does not compete with what is wanted now.
    rendering: tokio::sync::Mutex<()>,
    /// Held while something is made ready ahead: two who do so do not render the same.
    ahead: tokio::sync::Mutex<()>,
    /// What that is, while it is being rendered.
    making: Mutex<Option<Making>>,
    ready: Mutex<Ready>,
    now: Mutex<Now>,
}

/// What becomes of a rendering ahead when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// It is in the cache, and outlives the session: nothing with words of the candidate in it.
    OnDisk,
    /// It is held in memory for a while.
    InMemory,
}

#[derive(Default)]
struct Now {
    /// Cancelled by `stop`, which puts a new one here for what is said later.
    cancel: CancellationToken,
    /// Cuts short what is playing.
    playing: Option<Stopper>,
}

impl Voice {
    /// A voice for `output_device` ("default" or a name from `viva devices`) that keeps what it renders ahead in
    /// `cache_dir`. Opens nothing yet.
    pub fn start(settings: VoiceSettings, output_device: impl Into<String>, cache_dir: impl Into<PathBuf>) -> Self {
        Self::start_as(settings, Caller::default(), output_device, cache_dir)
    }

    /// The same, for a speech endpoint that wants a key or whose calls are counted.
    pub fn start_as(
        settings: VoiceSettings,
        caller: Caller,
        output_device: impl Into<String>,
        cache_dir: impl Into<PathBuf>,
    ) -> Self {
        let inner = Inner {
            settings,
            caller,
            output_device: output_device.into(),
            cache: Cache::new(cache_dir.into()),
            playback: tokio::sync::Mutex::default(),
            floor: tokio::sync::Mutex::default(),
            rendering: tokio::sync::Mutex::default(),
            ahead: tokio::sync::Mutex::default(),
            making: Mutex::default(),
            ready: Mutex::default(),
            now: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Who speaks.
    pub fn engine(&self) -> VoiceEngine {
        self.inner.settings.engine
    }

    /// Says `text` and returns when it has been heard or was stopped. Dropping the future cuts it short.
    ///
    /// # Errors
    /// When it cannot be rendered or played; part of it may have been heard. Show the text then.
    pub async fn say(&self, text: &str) -> Result<Spoken, VoiceError> {
        let cancel = self.inner.lock_now().cancel.clone();
        let _floor = self.inner.floor.lock().await;
        let mut spoken = Spoken {
            text: text.to_owned(),
            seconds: 0.0,
            heard_fraction: 1.0,
            engine: self.engine(),
            ended_at: Instant::now(),
        };
        let pieces = pieces(text, self.engine());
        if self.engine() == VoiceEngine::None || pieces.is_empty() {
            return Ok(spoken);
        }
        spoken.heard_fraction = 0.0;
        let whole: usize = pieces.iter().map(|piece| piece.len()).sum();
        let playback = self.inner.playback().await?;
        let Some(mut clip) = unless(&cancel, self.inner.clip(pieces[0])).await.transpose()? else {
            return Ok(spoken);
        };
        for (index, piece) in pieces.iter().enumerate() {
            // While one sentence plays, the next is rendered.
            let (played, next) = tokio::join!(self.inner.play(&playback, clip, &cancel), async {
                let next = pieces.get(index + 1)?;
                unless(&cancel, self.inner.clip(next)).await
            });
            let played = played?;
            spoken.seconds += played.heard;
            spoken.heard_fraction += played.fraction() * piece.len() as f64 / whole as f64;
            spoken.ended_at = played.ended_at;
            if cancel.is_cancelled() {
                break;
            }
            match next.transpose()? {
                Some(next) => clip = next,
                None => break,
            }
        }
        spoken.heard_fraction = spoken.heard_fraction.min(1.0);
        Ok(spoken)
    }

    /// A short sound that is no speech and that voice activity does not take for it. Nothing where nobody speaks.
    ///
    /// # Errors
    /// When it cannot be played.
    pub async fn earcon(&self) -> Result<(), VoiceError> {
        let cancel = self.inner.lock_now().cancel.clone();
        let _floor = self.inner.floor.lock().await;
        if self.engine() == VoiceEngine::None {
            return Ok(());
        }
        let playback = self.inner.playback().await?;
        self.inner.play(&playback, earcon::clip(), &cancel).await?;
        Ok(())
    }

    /// Cuts short what is being said (30 ms fade) and what waits to be said, and waits for the silence.
    pub async fn stop(&self) {
        self.cut_short();
        // Whoever speaks gives the floor back. Bounded, because the caller may be the one who should be polling it.
        let _ = tokio::time::timeout(Duration::from_millis(700), self.inner.floor.lock()).await;
    }

    /// The same, without waiting: for whoever goes on waiting for [`Voice::say`], which tells how much was heard.
    pub fn cut_short(&self) {
        let mut now = self.inner.lock_now();
        std::mem::take(&mut now.cancel).cancel();
        if let Some(playing) = now.playing.take() {
            playing.stop();
        }
    }

    /// Renders `texts` in the background, one after the other, so that saying them starts at once. Whoever wants to say something else
    /// meanwhile goes first. Ends early at a failure or when all handles are gone.
    pub fn render_ahead(&self, texts: impl IntoIterator<Item = String>, keeps: Keeps) {
        let texts: Vec<String> = texts.into_iter().collect();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.engine() == VoiceEngine::None || texts.is_empty() {
            return;
        }
        let voice = Arc::downgrade(&self.inner);
        runtime.spawn(async move {
            for text in &texts {
                let Some(inner) = voice.upgrade() else { return };
                for piece in pieces(text, inner.settings.engine) {
                    if let Err(error) = inner.make_ready(piece, keeps).await {
                        tracing::warn!(%error, "not rendered ahead");
                        return;
                    }
                }
            }
        });
    }

    /// Whether it could speak now: what would speak and on what, or what to do about it.
    ///
    /// # Errors
    /// The sentence to show.
    pub async fn probe(&self) -> Result<String, String> {
        let engine = engine::probe(&self.inner.settings, &self.inner.caller);
        let engine = engine.await.map_err(|error| error.to_string())?;
        if self.engine() == VoiceEngine::None {
            return Ok(engine);
        }
        self.inner.playback().await.map_err(|error| error.to_string())?;
        Ok(format!("{engine}, on loudspeaker \"{}\"", self.inner.output_device))
    }
}

impl Inner {
    fn lock_now(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn playback(&self) -> Result<Arc<Playback>, VoiceError> {
        let mut playback = self.playback.lock().await;
        if let Some(open) = &*playback {
            return Ok(Arc::clone(open));
        }
        let device = self.output_device.clone();
        let opened = tokio::task::spawn_blocking(move || Playback::open(&device)).await;
        let opened = opened.map_err(|_| PlaybackError::NoOutput("opening the loudspeaker was cancelled".into()))??;
        Ok(Arc::clone(playback.insert(Arc::new(opened))))
    }

    async fn play(&self, playback: &Playback, clip: Clip, cancel: &CancellationToken) -> Result<Played, PlaybackError> {
        let mut handle: PlayHandle = playback.play(clip.samples, clip.rate);
        {
            let mut now = self.lock_now();
            now.playing = Some(handle.stopper());
            if cancel.is_cancelled() {
                handle.stop();
            }
        }
        let played = handle.ended().await;
        // A stop that came meanwhile has taken it already.
        self.lock_now().playing = None;
        played
    }
}

/// The future's value, or `None` when cancelled first.
async fn unless<T>(cancel: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    cancel.run_until_cancelled(work).await
}

/// What is rendered at a time: whole texts for espeak, which is fast; sentences for the others, so that the first can
/// be heard while the second is rendered.
fn pieces(text: &str, engine: VoiceEngine) -> Vec<&str> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if engine == VoiceEngine::Espeak {
        return vec![text];
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let gap = letters.peek().is_some_and(|(_, next)| next.is_whitespace());
        let end = at + letter.len_utf8();
        if gap && matches!(letter, '.' | '?' | '!') && end - start >= SHORTEST_PIECE {
            pieces.push(text[start..end].trim());
            start = end;
        }
    }
    if !text[start..].trim().is_empty() {
        pieces.push(text[start..].trim());
    }
    pieces
}

#[cfg(test)]
mod tests;
