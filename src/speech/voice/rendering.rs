//! From text to sound that is ready: in memory, in the cache, or rendered now. What is wanted now goes before what is rendered ahead.

use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::cache::Key;
use super::clip::Clip;
use super::ready::Ready;
use super::{Inner, Keeps, VoiceEngine, VoiceError, engine, unless};

/// Changes when the same settings come to sound different, so that old renderings are not found.
const RENDERING: &str = "1";

/// A rendering ahead that goes on.
#[derive(Clone)]
pub(super) struct Making {
    key: Key,
    /// Somebody wants to say something else now.
    gives_way: CancellationToken,
    /// It is ready, or failed.
    done: CancellationToken,
}

impl Inner {
    pub(super) fn lock_ready(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_making(&self) -> MutexGuard<'_, Option<Making>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rendering of one piece that is to be said now: ready, kept or new.
    pub(super) async fn clip(&self, piece: &str) -> Result<Clip, VoiceError> {
        let key = self.cache_key(piece);
        let making = self.lock_making().clone();
        if let Some(making) = making.filter(|making| making.key == key) {
            making.done.cancelled().await;
        }
        let ready = self.lock_ready().get(&key);
        if let Some(clip) = ready {
            return Ok(clip);
        }
        if let Some(clip) = self.kept(&key).await {
            return Ok(clip);
        }
        let mut turn = std::pin::pin!(self.rendering.lock());
        let _turn = match (&mut turn).now_or_never() {
            Some(turn) => turn,
            // Now in the queue, before what gives way. A server bills what is broken off: there it is waited for.
            None => {
                let making = self.lock_making().clone();
                making.filter(|_| self.settings.engine != VoiceEngine::Endpoint).inspect(|it| it.gives_way.cancel());
                turn.await
            }
        };
        let clip = self.render(piece).await?;
        if self.settings.engine == VoiceEngine::Endpoint {
            self.lock_ready().put(key, clip.clone()); // for whoever is about to have the same rendered ahead, and billed again
        }
        Ok(clip)
    }

    /// For whoever has the turn.
    async fn render(&self, piece: &str) -> Result<Clip, VoiceError> {
        let started = Instant::now();
        let clip = engine::render(&self.settings, &self.caller, piece).await?;
        let (render_ms, seconds) = (started.elapsed().as_millis() as u64, clip.seconds());
        tracing::debug!(engine = ?self.settings.engine, render_ms, seconds, "speech rendered");
        Ok(clip)
    }

    /// The rendering in the cache. That it was used is written behind the caller's back: nobody waits for that.
    async fn kept(&self, key: &Key) -> Option<Clip> {
        let (cache, wanted) = (self.cache.clone(), key.clone());
        let clip = tokio::task::spawn_blocking(move || cache.get(&wanted)).await.ok().flatten()?;
        let (cache, key) = (self.cache.clone(), key.clone());
        tokio::task::spawn_blocking(move || cache.mark_used(&key));
        Some(clip)
    }

    /// Whether a rendering is in memory; what is in the cache comes there.
    async fn is_ready(&self, key: &Key) -> bool {
        if self.lock_ready().get(key).is_some() {
            return true;
        }
        let Some(clip) = self.kept(key).await else { return false };
        self.lock_ready().put(key.clone(), clip);
        true
    }

    /// Renders a piece for later, unless it is there. The disk is written to behind the caller's back.
    pub(super) async fn make_ready(&self, piece: &str, keeps: Keeps) -> Result<(), VoiceError> {
        let key = self.cache_key(piece);
        if self.is_ready(&key).await {
            return Ok(()); // also while something else is rendered
        }
        let _one = self.ahead.lock().await;
        if self.is_ready(&key).await {
            return Ok(());
        }
        let clip = self.render_unless_wanted(&key, piece).await?;
        if keeps == Keeps::OnDisk {
            let cache = self.cache.clone();
            tokio::task::spawn_blocking(move || {
                if let Err(error) = cache.put(&key, &clip) {
                    tracing::warn!(%error, "rendered speech cannot be kept");
                }
            });
        }
        Ok(())
    }

    /// Renders a piece into memory; begins again whenever somebody wants to say something else first.
    async fn render_unless_wanted(&self, key: &Key, piece: &str) -> Result<Clip, VoiceError> {
        loop {
            let turn = self.rendering.lock().await;
            let (gives_way, done) = (CancellationToken::new(), CancellationToken::new());
            let _done = done.clone().drop_guard();
            *self.lock_making() = Some(Making { key: key.clone(), gives_way: gives_way.clone(), done });
            let rendered = unless(&gives_way, self.render(piece)).await;
            if let Some(Ok(clip)) = &rendered {
                self.lock_ready().put(key.clone(), clip.clone());
            }
            *self.lock_making() = None;
            drop(turn);
            if let Some(rendered) = rendered {
                return rendered;
            }
        }
    }

    pub(super) fn cache_key(&self, piece: &str) -> Key {
        let settings = &self.settings;
        let speed = settings.speed.to_string();
        let engine = format!("{:?}", settings.engine);
        let fixed = [RENDERING, &engine, &settings.name, &speed, &settings.url, &settings.model];
        Key::of(fixed.into_iter().chain(settings.command.iter().map(String::as_str)).chain([piece]))
    }
}
