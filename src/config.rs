//! Settings: the shipped `config.toml`, then the person's file, then the environment, then flags.
//!
//! Every key is known from the shipped file; an unknown key is an error that names the nearest known one. Each value
//! remembers the layer it came from, for `viva config`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{interview::question::AskedLevel, speech::voice::VoiceSettings};

mod paths;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechSettings {
    pub model: String,
    pub threads: usize,
    pub glossary: bool,
    pub silero: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmSettings {
    pub endpoint: String,
    pub model: String,
    pub api_key_env: String,
    pub api_key_file: String,
    pub api_key_command: Vec<String>,
    pub context_tokens: u64,
    pub reply_timeout_s: u64,
    pub triage_timeout_s: u64,
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

/// The values by key, each with its layer, as they are overlaid.
struct Layers {
    values: BTreeMap<String, (toml::Value, Layer)>,
}

impl Layers {
    fn shipped() -> Self {
        let table: toml::Table = SHIPPED.parse().expect("the shipped config.toml parses: a test loads it");
        let values = flatten(table).into_iter().map(|(key, value)| (key, (value, Layer::Shipped))).collect();
        Self { values }
    }

    fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
            ConfigError::Syntax { place: format!("{}:{line}", path.display()), why: error.message().to_owned() }
        })?;
        for (key, value) in flatten(table) {
            self.set(&key, value, Layer::File(path.to_owned()))?;
        }
        Ok(())
    }

    /// `VIVA_PRACTICE_LEVEL=staff` sets `practice.level`. Variables that name no section are not settings.
    fn add_variable(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        let Some(rest) = name.strip_prefix("VIVA_") else { return Ok(()) };
        let Some((section, key)) = rest.split_once('_') else { return Ok(()) };
        let section = section.to_lowercase();
        if !self.values.keys().any(|known| known.starts_with(&format!("{section}."))) {
            return Ok(());
        }
        self.set_text(&format!("{section}.{}", key.to_lowercase()), text, Layer::Environment(name.to_owned()))
    }

    /// Sets from text: the known value's type decides how it is read.
    fn set_text(&mut self, key: &str, text: &str, layer: Layer) -> Result<(), ConfigError> {
        let known = self.known(key, &layer)?;
        let value = if known.is_str() {
            toml::Value::String(text.to_owned())
        } else {
            let parsed = format!("value = {text}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("value"));
            parsed.ok_or_else(|| wrong_type(key, known, &format!("`{text}`"), &layer))?
        };
        self.set(key, value, layer)
    }

    fn set(&mut self, key: &str, value: toml::Value, layer: Layer) -> Result<(), ConfigError> {
        let known = self.known(key, &layer)?;
        let value = match (known, value) {
            (toml::Value::Float(_), toml::Value::Integer(whole)) => toml::Value::Float(whole as f64),
            (known, value) if known.same_type(&value) => value,
            (known, value) => return Err(wrong_type(key, known, value.type_str(), &layer)),
        };
        self.values.insert(key.to_owned(), (value, layer));
        Ok(())
    }

    fn known(&self, key: &str, layer: &Layer) -> Result<&toml::Value, ConfigError> {
        if let Some((value, _)) = self.values.get(key) {
            return Ok(value);
        }
        let nearest = self.values.keys().max_by(|a, b| {
            strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)).then_with(|| b.cmp(a))
        });
        let hint = nearest.map_or_else(String::new, |nearest| format!(" Did you mean `{nearest}`?"));
        Err(ConfigError::UnknownKey { place: layer.to_string(), key: key.to_owned(), hint })
    }

    fn finish(self) -> Result<Loaded, ConfigError> {
        let mut table = toml::Table::new();
        for (key, (value, _)) in &self.values {
            let (section, name) = key.split_once('.').unwrap_or(("", key));
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(name.to_owned(), value.clone());
            }
        }
        let config: Config = toml::Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Syntax { place: self.culprit(), why: error.to_string() })?;
        self.validate(&config)?;
        let settings = shipped_order()
            .into_iter()
            .filter_map(|(key, about)| {
                let (value, layer) = self.values.get(&key)?.clone();
                Some(Setting { key, value, layer, about })
            })
            .collect();
        Ok(Loaded { config, settings })
    }

    /// The places that could hold a value of the right type that is none of the words allowed.
    fn culprit(&self) -> String {
        let places: Vec<_> = self
            .values
            .iter()
            .filter(|(_, (_, layer))| *layer != Layer::Shipped)
            .map(|(key, (_, layer))| format!("`{key}` ({layer})"))
            .collect();
        if places.is_empty() { "settings".to_owned() } else { places.join(", ") }
    }

    fn validate(&self, config: &Config) -> Result<(), ConfigError> {
        let rules: [(&str, bool, &str); 9] = [
            ("practice.probes", config.practice.probes <= 6, "use 0 to 6"),
            ("practice.max_answer_minutes", (1..=60).contains(&config.practice.max_answer_minutes), "use 1 to 60"),
            ("turn.patience", (0.5..=3.0).contains(&config.turn.patience), "use 0.5 to 3"),
            ("audio.tail_ms", config.audio.tail_ms <= 5_000, "use 0 to 5000"),
            ("speech.threads", config.speech.threads <= 64, "use 0 (measured) to 64"),
            ("voice.speed", (80..=450).contains(&config.voice.speed), "use 80 to 450 words per minute"),
            ("llm.reply_timeout_s", (1..=3_600).contains(&config.llm.reply_timeout_s), "use 1 to 3600"),
            ("llm.triage_timeout_s", (1..=60).contains(&config.llm.triage_timeout_s), "use 1 to 60"),
            ("store.keep_audio_days", config.store.keep_audio_days >= -1, "use -1 (all), 0 (none) or a number of days"),
        ];
        for (key, fine, remedy) in rules {
            if !fine && let Some((value, layer)) = self.values.get(key) {
                return Err(ConfigError::OutOfRange {
                    key: key.to_owned(),
                    value: value.to_string(),
                    place: layer.to_string(),
                    remedy: remedy.to_owned(),
                });
            }
        }
        Ok(())
    }
}

fn wrong_type(key: &str, known: &toml::Value, found: &str, layer: &Layer) -> ConfigError {
    ConfigError::WrongType {
        place: layer.to_string(),
        key: key.to_owned(),
        wanted: match known {
            toml::Value::String(_) => "text in quotes".to_owned(),
            toml::Value::Integer(_) => "a whole number".to_owned(),
            toml::Value::Float(_) => "a number".to_owned(),
            toml::Value::Boolean(_) => "true or false".to_owned(),
            toml::Value::Array(_) => "a list such as [\"a\", \"b\"]".to_owned(),
            other => other.type_str().to_owned(),
        },
        found: found.to_owned(),
    }
}

/// `[section] key = value` as `section.key`.
fn flatten(table: toml::Table) -> Vec<(String, toml::Value)> {
    let mut flat = Vec::new();
    for (section, value) in table {
        match value {
            toml::Value::Table(inner) => flat.extend(inner.into_iter().map(|(k, v)| (format!("{section}.{k}"), v))),
            other => flat.push((section, other)),
        }
    }
    flat
}

/// Keys in the order of the shipped file, each with its sentence.
fn shipped_order() -> Vec<(String, String)> {
    let mut section = "";
    let mut order = Vec::new();
    for line in SHIPPED.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, rest)) = line.split_once('=')
            && !line.starts_with('#')
        {
            let about = rest.rsplit_once("# ").map_or("", |(_, about)| about);
            order.push((format!("{section}.{}", key.trim()), about.to_owned()));
        }
    }
    order
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
            ("[practice\nlevel = 1", "config.toml:1"),
            ("nonsense = 1", "no setting `nonsense`"),
        ];
        for (text, expected) in cases {
            let message = with_file(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?} gave {message:?}, wanted {expected:?}");
        }
    }
}
