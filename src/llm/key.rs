//! The key of an endpoint: from an environment variable, a file that only its owner reads, or a program that prints it.
//!
//! A key never stands in the configuration itself, and no text of this module ever contains one.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

/// How long a key command may take, e.g. to ask for a passphrase.
pub const COMMAND_LIMIT: Duration = Duration::from_secs(10);

/// A key. It shows itself to nobody: print it, debug it, log it, and you get a row of dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key itself, for the one header that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Secret(•••)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("•••")
    }
}

/// Where the key is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySource {
    place: KeyPlace,
    /// The section of the settings that says so: "llm" or "voice".
    section: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyPlace {
    /// The endpoint wants none, as most on this machine.
    #[default]
    NotNeeded,
    /// Name of an environment variable.
    Env(String),
    File(PathBuf),
    /// Program and arguments.
    Command(Vec<String>),
}

impl KeySource {
    /// From the three settings `api_key_*` of a section, of which at most one may be set.
    pub fn from_settings(section: &'static str, env: &str, file: &str, command: &[String]) -> Result<Self, KeyError> {
        let place = match (env.is_empty(), file.is_empty(), command.is_empty()) {
            (true, true, true) => KeyPlace::NotNeeded,
            (false, true, true) => KeyPlace::Env(env.to_owned()),
            (true, false, true) => KeyPlace::File(file.into()),
            (true, true, false) => KeyPlace::Command(command.to_vec()),
            _ => return Err(KeyFault::Several.of(section)),
        };
        Ok(Self { place, section })
    }

    /// Whether reading it runs a program, which may ask a person for something.
    pub fn is_command(&self) -> bool {
        matches!(self.place, KeyPlace::Command(_))
    }
}

/// Why there is no key. The text names the settings that were meant.
#[derive(Debug)]
pub struct KeyError {
    pub fault: KeyFault,
    section: &'static str,
}

impl std::error::Error for KeyError {}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { fault, section } = self;
        match fault {
            KeyFault::Several => write!(
                f,
                "more than one of {section}.api_key_env, {section}.api_key_file and {section}.api_key_command is set: keep one"
            ),
            KeyFault::EnvUnset(_) => {
                write!(f, "{fault}, named by {section}.api_key_env, is not set: export it before viva starts")
            }
            KeyFault::File { .. } => write!(f, "{fault}. {section}.api_key_file names it"),
            KeyFault::Command { .. } => write!(f, "{fault}. {section}.api_key_command names it"),
            _ => write!(f, "{fault}"),
        }
    }
}

/// What was wrong.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error("more than one source of a key is set")]
    Several,
    #[error("the environment variable {0}")]
    EnvUnset(String),
    #[error("the key file {} cannot be read: {why}", path.display())]
    File { path: PathBuf, why: io::Error },
    #[error(
        "the key file {} can be read by others (mode {mode:04o}): run `chmod 600 {}`",
        path.display(), path.display()
    )]
    TooOpen { path: PathBuf, mode: u32 },
    #[error("the key command {program:?} cannot be run: {why}")]
    Command { program: String, why: io::Error },
    #[error("the key command {program:?} failed ({status}): run it by hand to see why")]
    CommandFailed { program: String, status: ExitStatus },
    #[error("the key command {program:?} printed nothing within {} s", limit.as_secs())]
    CommandSlow { program: String, limit: Duration },
    #[error("{from} holds no usable key: it must be one line of printable characters without spaces")]
    Unusable { from: String },
}

impl KeyFault {
    fn of(self, section: &'static str) -> KeyError {
        KeyError { fault: self, section }
    }
}

/// Reads the key; `None` where none is needed. `env` looks up an environment variable.
pub async fn read(source: &KeySource, env: impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, KeyError> {
    read_place(&source.place, env).await.map_err(|fault| fault.of(source.section))
}

async fn read_place(place: &KeyPlace, env: impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, KeyFault> {
    let (text, from) = match place {
        KeyPlace::NotNeeded => return Ok(None),
        KeyPlace::Env(name) => {
            let text = env(name).ok_or_else(|| KeyFault::EnvUnset(name.clone()))?;
            (text, format!("the environment variable {name}"))
        }
        KeyPlace::File(path) => (read_file(path).await?, format!("the key file {}", path.display())),
        KeyPlace::Command(command) => {
            let text = run(command, COMMAND_LIMIT).await?;
            (text, format!("the output of the key command {:?}", command.first().map_or("", String::as_str)))
        }
    };
    let key = text.trim();
    let usable = !key.is_empty() && key.chars().all(|c| c.is_ascii_graphic());
    if usable { Ok(Some(Secret::new(key))) } else { Err(KeyFault::Unusable { from }) }
}

async fn read_file(path: &Path) -> Result<String, KeyFault> {
    let unreadable = |why| KeyFault::File { path: path.to_owned(), why };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = tokio::fs::metadata(path).await.map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyFault::TooOpen { path: path.to_owned(), mode });
        }
    }
    tokio::fs::read_to_string(path).await.map_err(unreadable)
}

async fn run(command: &[String], limit: Duration) -> Result<String, KeyFault> {
    let (program, arguments) = command.split_first().ok_or(KeyFault::Several)?;
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(limit, child)
        .await
        .map_err(|_| KeyFault::CommandSlow { program: program.clone(), limit })?
        .map_err(|why| KeyFault::Command { program: program.clone(), why })?;
    if !output.status.success() {
        return Err(KeyFault::CommandFailed { program: program.clone(), status: output.status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-test-0123456789";

    fn source(place: KeyPlace) -> KeySource {
        KeySource { place, section: "llm" }
    }

    fn no_env(_: &str) -> Option<String> {
        None
    }

    #[tokio::test]
    async fn a_key_comes_from_the_environment_and_loses_its_line_end() {
        let from = source(KeyPlace::Env("LLM_KEY".into()));
        let key = read(&from, |name| (name == "LLM_KEY").then(|| format!("{KEY}\n"))).await.unwrap();
        assert_eq!(key, Some(Secret::new(KEY)));
        let error = read(&from, no_env).await.unwrap_err().to_string();
        assert!(error.contains("LLM_KEY") && error.contains("not set"), "{error}");
    }

    #[tokio::test]
    async fn what_is_not_a_key_is_refused_without_being_shown() {
        for text in ["", "  \n", "two words", "two\nlines", "ключ"] {
            let error = read(&source(KeyPlace::Env("K".into())), |_| Some(text.into())).await.unwrap_err();
            assert!(matches!(error.fault, KeyFault::Unusable { .. }), "{text:?}: {error}");
            assert!(text.trim().is_empty() || !error.to_string().contains(text.trim()), "{error}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("{KEY}\n")).unwrap();
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o644, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match read(&source(KeyPlace::File(path.clone())), no_env).await {
                Ok(key) => assert!(fine && key == Some(Secret::new(KEY)), "{mode:o}"),
                Err(error) => {
                    let text = error.to_string();
                    assert!(!fine && text.contains("chmod 600") && !text.contains(KEY), "{mode:o}: {text}");
                }
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_key_comes_from_a_command() {
        let command = |words: &[&str]| source(KeyPlace::Command(words.iter().map(|w| w.to_string()).collect()));
        let key = read(&command(&["printf", "%s\n", KEY]), no_env).await.unwrap();
        assert_eq!(key, Some(Secret::new(KEY)));
        assert!(matches!(
            read(&command(&["false"]), no_env).await,
            Err(KeyError { fault: KeyFault::CommandFailed { .. }, .. })
        ));
        assert!(matches!(
            read(&command(&["/no/such/program"]), no_env).await,
            Err(KeyError { fault: KeyFault::Command { .. }, .. })
        ));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_key_command_that_hangs_is_ended() {
        let slow = run(&["sleep".into(), "60".into()], Duration::from_millis(20)).await;
        assert!(matches!(slow, Err(KeyFault::CommandSlow { .. })));
    }

    #[test]
    fn a_secret_shows_itself_to_nobody() {
        let secret = Secret::new(KEY);
        assert!(!format!("{secret} {secret:?} {:#?}", Some(&secret)).contains("sk-"));
    }

    #[test]
    fn two_sources_are_one_too_many() {
        assert!(KeySource::from_settings("llm", "A", "b", &[]).is_err());
        assert_eq!(KeySource::from_settings("llm", "", "", &[]).unwrap(), source(KeyPlace::NotNeeded));
        assert_eq!(KeySource::from_settings("llm", "A", "", &[]).unwrap(), source(KeyPlace::Env("A".into())));
    }

    #[tokio::test]
    async fn an_error_names_the_settings_that_were_meant() {
        for section in ["llm", "voice"] {
            let several = KeySource::from_settings(section, "A", "b", &[]).unwrap_err().to_string();
            let mut texts = vec![several];
            for (env, file, command) in [("NO_SUCH", "", ""), ("", "no/such/file", ""), ("", "", "no/such/program")] {
                let command: Vec<String> = Some(command.to_owned()).filter(|c| !c.is_empty()).into_iter().collect();
                let from = KeySource::from_settings(section, env, file, &command).unwrap();
                texts.push(read(&from, no_env).await.unwrap_err().to_string());
            }
            for text in texts {
                assert!(text.contains(&format!("{section}.api_key_")), "{text}");
            }
        }
    }
}
