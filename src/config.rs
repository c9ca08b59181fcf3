//! Settings: the shipped `config.toml`, then the person's file, then the environment, then flags.
//!
//! Every key is known from the shipped file; an unknown key is an error that names the nearest known one. Each value
//! remembers the layer it came from, for `viva config`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    interview::question::AskedLevel,
    llm::{
        dialect::DialectSetting,
        protocol::{ModeSetting, Samples},
    },
    speech::voice::VoiceSettings,
};

mod layers;
mod paths;

use layers::Layers;
pub use paths::Paths;

/// The lowest layer, with a sentence for each setting.
pub const SHIPPED: &str = include_str!("../config.toml");

/// All settings. Each part belongs to the module that is named in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub daemon: DaemonSettings,
    pub practice: PracticeSettings,
    pub turn: TurnSettings,
    pub audio: AudioSettings,
    pub speech: SpeechSettings,
    pub voice: VoiceSettings,
    pub llm: LlmSettings,
    pub store: StoreSettings,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonSettings {
    pub port: u16,
    pub idle_minutes: u64,
    pub allow_host: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticeSettings {
    pub level: AskedLevel,
    pub probes: u8,
    pub max_answer_minutes: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnSettings {
    pub end: TurnEnd,
    pub patience: f64,
}

/// What ends an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnEnd {
    Enter,
    Pause,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioSettings {
    pub input: String,
    pub output: String,
    pub tail_ms: u64,
    pub headphones: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechSettings {
    pub model: String,
    pub partial_model: String,
    pub threads: usize,
    pub glossary: bool,
    pub silero: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmSettings {
    pub endpoint: String,
    pub dialect: DialectSetting,
    pub mode: ModeSetting,
    pub samples: Samples,
    pub model: String,
    pub api_key_env: String,
    pub api_key_file: String,
    pub api_key_command: Vec<String>,
    pub context_tokens: u64,
    pub reply_timeout_s: u64,
    pub triage_timeout_s: u64,
    pub own_probes: bool,
    /// Of a million tokens.
    pub price_in: f64,
    pub price_out: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    pub data_dir: String,
    pub keep_audio_days: i64,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    Shipped,
    File(PathBuf),
    Environment(String),
    Flag(String),
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Layer::Shipped => write!(f, "default"),
            Layer::File(path) => write!(f, "{}", path.display()),
            Layer::Environment(name) => write!(f, "environment {name}"),
            Layer::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One setting for `viva config`.
#[derive(Debug, Clone)]
pub struct Setting {
    /// "practice.level"
    pub key: String,
    pub value: toml::Value,
    pub layer: Layer,
    /// The sentence of the shipped file.
    pub about: String,
}

/// The loaded settings with their origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    pub settings: Vec<Setting>,
}

/// Why the settings cannot be used. Each names the key, the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error("{place}: {why}")]
    Syntax { place: String, why: String },
    #[error("{place}: there is no setting `{key}`.{hint} `viva config` lists them all.")]
    UnknownKey { place: String, key: String, hint: String },
    #[error("{place}: `{key}` must be {wanted}, not {found}")]
    WrongType { place: String, key: String, wanted: String, found: String },
    #[error("`{key}` = {value} ({place}): {remedy}")]
    OutOfRange { key: String, value: String, place: String, remedy: String },
}

/// Loads all layers. `environment` are the process's variables, `flags` pairs of key and value text.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Loaded, ConfigError> {
    let mut layers = Layers::shipped();
    if let Some(path) = file.filter(|path| path.exists()) {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
        layers.add_file(path, &text)?;
    }
    for (name, text) in environment {
        layers.add_variable(&name, &text)?;
    }
    for (key, text) in flags {
        layers.set_text(key, text, Layer::Flag(format!("--set {key}")))?;
    }
    layers.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<Loaded, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        load(Some(&path), [], &[])
    }

    #[test]
    fn the_shipped_file_loads_and_every_setting_has_its_sentence() {
        let loaded = load(None, [], &[]).unwrap();
        assert_eq!(loaded.config.daemon.port, 7878);
        assert!(loaded.settings.len() >= 30);
        for setting in loaded.settings {
            assert!(setting.about.len() > 10, "{} has no sentence", setting.key);
        }
    }

    #[test]
    fn later_layers_win_and_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, "[practice]\nlevel = \"mid\"\nprobes = 1\n[turn]\npatience = 2\n").unwrap();
        let environment = [("VIVA_PRACTICE_PROBES".to_owned(), "3".to_owned()), ("VIVA_REQUIRE".into(), "mic".into())];
        let flags = [("daemon.port".to_owned(), "0".to_owned())];
        let loaded = load(Some(&path), environment, &flags).unwrap();
        assert_eq!(loaded.config.practice.level, AskedLevel::Mid);
        assert_eq!(loaded.config.practice.probes, 3);
        assert_eq!(loaded.config.turn.patience, 2.0);
        assert_eq!(loaded.config.daemon.port, 0);
        let layer = |key: &str| loaded.settings.iter().find(|s| s.key == key).unwrap().layer.to_string();
        assert_eq!(layer("practice.probes"), "environment VIVA_PRACTICE_PROBES");
        assert_eq!(layer("daemon.port"), "flag --set daemon.port");
        assert_eq!(layer("turn.patience"), path.display().to_string());
        assert_eq!(layer("turn.end"), "default");
    }

    #[test]
    fn bad_settings_name_the_key_the_place_and_the_remedy() {
        let cases = [
            ("[practice]\nlevle = \"mid\"", "no setting `practice.levle`. Did you mean `practice.level`?"),
            ("[practice]\nlevel = \"boss\"", "practice.level"),
            ("[practice]\nprobes = \"two\"", "`practice.probes` must be a whole number, not string"),
            ("[practice]\nprobes = 9", "use 0 to 6"),
            ("[turn]\npatience = 9", "use 0.5 to 3"),
            ("[llm]\ndialect = \"gemini\"", "llm.dialect"),
            ("[llm]\nmode = \"both\"", "llm.mode"),
            ("[llm]\nsamples = \"five\"", "llm.samples"),
            ("[practice\nlevel = 1", "config.toml:1"),
            ("nonsense = 1", "no setting `nonsense`"),
        ];
        for (text, expected) in cases {
            let message = with_file(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?} gave {message:?}, wanted {expected:?}");
        }
    }
}
