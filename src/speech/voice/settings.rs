//! Who speaks, and how: the table `[voice]`.

use serde::{Deserialize, Serialize};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VoiceEngine {
    /// The program `espeak-ng`: robotic, at once, everywhere.
    #[default]
    Espeak,
    /// A server with the `/v1/audio/speech` interface.
    Endpoint,
    /// Any program that reads text and writes WAV.
    Command,
    /// Nobody: the candidate reads.
    None,
}

/// The table `[voice]` of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceSettings {
    pub engine: VoiceEngine,
    /// Voice name of the engine.
    pub name: String,
    /// Words per minute, for espeak; 80 to 450.
    pub speed: u32,
    /// Base address of the speech endpoint, with its version: `http://127.0.0.1:8880/v1`.
    pub url: String,
    /// Model name for the endpoint.
    pub model: String,
    /// Program and arguments that read text on stdin and write WAV to stdout.
    pub command: Vec<String>,
    /// Where the key of the speech endpoint is: name of an environment variable,
    pub api_key_env: String,
    /// or a file that only the person can read,
    pub api_key_file: String,
    /// or a program that prints it.
    pub api_key_command: Vec<String>,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self {
            engine: VoiceEngine::Espeak,
            name: "en-us".into(),
            speed: 165,
            url: String::new(),
            model: String::new(),
            command: Vec::new(),
            api_key_env: String::new(),
            api_key_file: String::new(),
            api_key_command: Vec::new(),
        }
    }
}
