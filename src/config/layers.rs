//! Overlaying the layers: which value of a setting stands, and where it came from.

use std::{collections::BTreeMap, path::Path};

use super::{Config, ConfigError, Layer, Loaded, SHIPPED, Setting};

/// The values by key, each with its layer, as they are overlaid.
pub(super) struct Layers {
    values: BTreeMap<String, (toml::Value, Layer)>,
}

impl Layers {
    pub fn shipped() -> Self {
        let table: toml::Table = SHIPPED.parse().expect("the shipped config.toml parses: a test loads it");
        let values = flatten(table).into_iter().map(|(key, value)| (key, (value, Layer::Shipped))).collect();
        Self { values }
    }

    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
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
    pub fn add_variable(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        let Some(rest) = name.strip_prefix("VIVA_") else { return Ok(()) };
        let Some((section, key)) = rest.split_once('_') else { return Ok(()) };
        let section = section.to_lowercase();
        if !self.values.keys().any(|known| known.starts_with(&format!("{section}."))) {
            return Ok(());
        }
        self.set_text(&format!("{section}.{}", key.to_lowercase()), text, Layer::Environment(name.to_owned()))
    }

    /// Sets from text: the known value's type decides how it is read.
    pub fn set_text(&mut self, key: &str, text: &str, layer: Layer) -> Result<(), ConfigError> {
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

    pub fn finish(self) -> Result<Loaded, ConfigError> {
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
