//! The interviewer's voice with the house rules: agreed to where it is on another machine, every call in the egress record.

use std::sync::Arc;

use tracing::warn;

use super::{egress, event::Outlet, event_log::Entry, script::Script};
use crate::{
    llm::{
        address,
        key::{self, KeySource},
    },
    speech::voice::{Caller, Keeps, Spoken, Voice, VoiceEngine, VoiceError, VoiceSettings},
    store::Store,
};

/// Speaks, unless a host must be agreed to first. Cheap to clone.
#[derive(Clone)]
pub struct Speaker {
    voice: Voice,
    store: Store,
    /// host:port of a speech endpoint off this machine.
    elsewhere: Option<Arc<str>>,
    /// It would carry text off this machine unencrypted.
    is_plain: bool,
    /// What is said is in its log.
    outlet: Outlet,
    /// Speaks instead of the voice.
    script: Option<Arc<Script>>,
    #[cfg(test)]
    pub(super) scripted: Option<super::fault_tests::ScriptedVoice>,
}

/// Why something was not said.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    #[error(
        "the voice is at {0}, not on this machine, and nobody has agreed to send the questions there: do so with `viva practice`"
    )]
    NotAgreed(String),
    #[error("[voice] url is not on this machine and not https: the questions could be read on the way. Use https")]
    Plain,
    #[error(transparent)]
    Voice(#[from] VoiceError),
}

impl Speaker {
    /// A voice by the settings. A key that cannot be read is told in the log; the endpoint will refuse.
    pub async fn new(
        settings: &VoiceSettings,
        output: &str,
        cache: std::path::PathBuf,
        store: Store,
        outlet: Outlet,
    ) -> Self {
        let url = reqwest::Url::parse(&settings.url).ok().filter(|_| settings.engine == VoiceEngine::Endpoint);
        let host = url.as_ref().map(address::host_and_port);
        let is_here = url.as_ref().is_none_or(address::is_loopback);
        let caller =
            Caller { key: read_key(settings).await, observer: host.clone().map(|host| observer(host, &store)) };
        Self {
            voice: Voice::start_as(settings.clone(), caller, output, cache),
            store,
            elsewhere: host.filter(|_| !is_here).map(Into::into),
            is_plain: !is_here && url.is_some_and(|url| url.scheme() != "https"),
            outlet,
            script: None,
            #[cfg(test)]
            scripted: None,
        }
    }

    /// Says `text` and returns when it has been heard or was stopped.
    pub async fn say(&self, text: &str) -> Result<Spoken, SpeakerError> {
        self.outlet.log(Entry::Speaks { text: text.to_owned() }, None);
        let said = match &self.script {
            Some(script) => Ok(script.say(text).await),
            None => self.say_aloud(text).await,
        };
        self.outlet.log(Entry::Spoke { heard: said.as_ref().map_or(1.0, |spoken| spoken.heard_fraction) }, None);
        said
    }

    /// Tells without a word that the answer was taken; returns when it was heard.
    pub async fn earcon(&self) -> Result<(), SpeakerError> {
        if self.script.is_some() {
            return Ok(());
        }
        #[cfg(test)]
        if let Some(scripted) = &self.scripted {
            scripted.earcon();
            return Ok(());
        }
        Ok(self.voice.earcon().await?)
    }

    /// The same, spoken by a script.
    pub(super) fn by_script(self, script: Arc<Script>) -> Self {
        Self { script: Some(script), ..self }
    }

    async fn say_aloud(&self, text: &str) -> Result<Spoken, SpeakerError> {
        #[cfg(test)]
        if let Some(scripted) = &self.scripted {
            return Ok(scripted.say(text).await);
        }
        self.may_speak().await?;
        Ok(self.voice.say(text).await?)
    }

    async fn may_speak(&self) -> Result<(), SpeakerError> {
        if self.is_plain {
            return Err(SpeakerError::Plain);
        }
        self.needs_consent().await.map_or(Ok(()), |host| Err(SpeakerError::NotAgreed(host)))
    }

    /// Renders what will soon be said, so that it starts at once. Nothing where it may not speak.
    pub async fn render_ahead(&self, texts: Vec<String>, keeps: Keeps) {
        #[cfg(test)]
        if let Some(scripted) = &self.scripted {
            return scripted.render_ahead(texts, keeps);
        }
        if self.script.is_none() && self.may_speak().await.is_ok() {
            self.voice.render_ahead(texts, keeps);
        }
    }

    /// Renders texts of the bank of which one will soon be said, the likeliest first. A speech server may bill what it renders, and what is
    /// sent there leaves this program: it gets the likeliest only.
    pub async fn render_candidates(&self, mut texts: Vec<String>) {
        if self.voice.engine() == VoiceEngine::Endpoint {
            texts.truncate(1);
        }
        self.render_ahead(texts, Keeps::OnDisk).await;
    }

    /// Cuts short what is being said; whoever waits for it learns how much was heard.
    pub fn cut_short(&self) {
        if let Some(script) = &self.script {
            return script.cut_short();
        }
        #[cfg(test)]
        if let Some(scripted) = &self.scripted {
            return scripted.cut_short();
        }
        self.voice.cut_short();
    }

    pub async fn stop(&self) {
        self.voice.stop().await;
    }

    /// The host that must be agreed to before anything is said.
    pub async fn needs_consent(&self) -> Option<String> {
        let host = self.elsewhere.as_deref()?;
        let agreed = self.store.has_consent(host.to_owned()).await.unwrap_or(false);
        (!agreed).then(|| host.to_owned())
    }

    /// Whether it could speak now: by what and on what, or what to do about it.
    pub async fn probe(&self) -> Result<String, String> {
        self.may_speak().await.map_err(|error| error.to_string())?;
        self.voice.probe().await
    }
}

async fn read_key(settings: &VoiceSettings) -> Option<String> {
    let (env, file, command) = (&settings.api_key_env, &settings.api_key_file, &settings.api_key_command);
    let source = KeySource::from_settings("voice", env, file, command);
    let key = match source {
        Ok(source) => key::read(&source, |name| std::env::var(name).ok()).await,
        Err(error) => Err(error),
    };
    let key = key.inspect_err(|error| warn!(%error, "the key of the speech endpoint"));
    key.ok().flatten().map(|key| key.expose().to_owned())
}

fn observer(host: String, store: &Store) -> Arc<dyn Fn(u64, u64) + Send + Sync> {
    let store = store.clone();
    Arc::new(move |bytes_out, bytes_in| {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(egress::note(store.clone(), host.clone(), "speech", (bytes_out, bytes_in)));
    })
}
