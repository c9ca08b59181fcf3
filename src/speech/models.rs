//! The models that can be fetched and checked: which there are, where their files lie, whether a file is what it claims.
//!
//! Fetching is in [`super::download`], loading in [`super::recognizer`]. The list is `models/models.toml`, compiled in.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::LazyLock,
    time::UNIX_EPOCH,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::model_file;

/// One row of `models/models.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What `speech.model` calls it: "base.en".
    pub name: String,
    /// File name, without folder.
    pub file: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Where to fetch it, tried in order; empty for a bundled model.
    pub addresses: Vec<String>,
    pub licence: String,
    /// One sentence for `viva models`.
    pub about: String,
    /// Part of the program: see [`synthetic`].
    #[serde(default)]
    pub bundled: bool,
}

/// A model that was chosen and where its file is (or will be).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPath {
    pub path: PathBuf,
    /// The row of the list; `None` for a file of one's own.
    pub model: Option<&'static Model>,
}

/// What lies in the folder for one row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// The file has the right size; its hash is checked when it is loaded.
    Yes,
    /// Nothing there, or not all of it yet.
    No,
    /// A file of another size: damaged, or another model under this name.
    WrongSize(u64),
    /// Comes with the program.
    Bundled,
}

/// Why a model cannot be used, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("no speech model is called \"{name}\"; did you mean \"{nearest}\"? `viva models` lists them")]
    Unknown { name: String, nearest: String },
    #[error("speech model {name} is not at {path}. Fetch it with `viva models fetch {name}`")]
    Missing { name: String, path: PathBuf },
    #[error("there is no file {0}. Set speech.model to a name that `viva models` lists, or to a ggml file")]
    NoFile(PathBuf),
    #[error("{path} is damaged ({why}). Delete it and fetch it again with `viva models fetch {name}`")]
    Damaged { name: String, path: PathBuf, why: String },
    #[error("{path} is not a Whisper model in ggml form ({why}). Choose one with `viva models`")]
    NotAModel { path: PathBuf, why: String },
    #[error("cannot use {path}: {source}. Check that the folder exists and can be read and written")]
    Io { path: PathBuf, source: io::Error },
}

/// Every model of the list, in its order.
pub fn all() -> &'static [Model] {
    static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct List {
            model: Vec<Model>,
        }
        let list: List = toml::from_str(include_str!("../../models/models.toml")).expect("a test parses models.toml");
        list.model
    });
    &MODELS
}

/// The model meant by a name of the list, or by a path (which holds a separator, ends in `.bin`, or exists).
///
/// Says nothing about whether the file is there or sound; see [`ready`].
pub fn find(name_or_path: &str, dir: &Path) -> Result<ModelPath, ModelError> {
    if let Some(model) = all().iter().find(|model| model.name == name_or_path) {
        return Ok(ModelPath { path: path(model, dir), model: Some(model) });
    }
    let file = PathBuf::from(name_or_path);
    if name_or_path.contains(std::path::MAIN_SEPARATOR) || name_or_path.ends_with(".bin") || file.exists() {
        let named = file.file_name().and_then(|name| name.to_str());
        let model = all().iter().find(|model| Some(model.file.as_str()) == named);
        return Ok(ModelPath { path: file, model });
    }
    let distance = |model: &&Model| strsim::damerau_levenshtein(&model.name, name_or_path);
    let nearest = all().iter().min_by_key(distance).map_or_else(String::new, |model| model.name.clone());
    Err(ModelError::Unknown { name: name_or_path.to_owned(), nearest })
}

/// Where the file of a listed model belongs in the folder of models.
pub fn path(model: &Model, dir: &Path) -> PathBuf {
    dir.join(&model.file)
}

/// What is in the folder, for every row of the list. Looks at sizes only, so it is quick.
pub fn installed(dir: &Path) -> Vec<(&'static Model, Installed)> {
    let state = |model: &Model| match fs::metadata(path(model, dir)) {
        _ if model.bundled => Installed::Bundled,
        Ok(found) if found.len() == model.bytes => Installed::Yes,
        Ok(found) => Installed::WrongSize(found.len()),
        Err(_) => Installed::No,
    };
    all().iter().map(|model| (model, state(model))).collect()
}

/// Finds the model and makes sure that loading it is safe: it exists and is whole.
///
/// A listed model must have the listed size and hash (hashed once, see [`verify`]); a bundled one is written to `dir`
/// first; any other file must have the structure of a ggml model from its first byte to its last. ggml itself ends the
/// process when it meets a corrupt file, so nothing may be loaded that has not been through here. Blocks on the disk.
pub fn ready(name_or_path: &str, dir: &Path) -> Result<ModelPath, ModelError> {
    let found = find(name_or_path, dir)?;
    if found.model.is_some_and(|model| model.bundled) && found.path.starts_with(dir) {
        synthetic(dir)?;
    }
    check(&found)?;
    Ok(found)
}

/// The checks of [`ready`] for a model that was already found.
pub fn check(found: &ModelPath) -> Result<(), ModelError> {
    match found.model {
        Some(model) => {
            if !found.path.is_file() {
                return Err(ModelError::Missing { name: model.name.clone(), path: found.path.clone() });
            }
            verify(model, &found.path)?;
        }
        None if !found.path.is_file() => return Err(ModelError::NoFile(found.path.clone())),
        None => {}
    }
    model_file::check(&found.path).map_err(|why| ModelError::NotAModel { path: found.path.clone(), why })?;
    Ok(())
}

/// Checks size and SHA-256 of a listed model's file.
///
/// A file beside it (`<file>.verified`) keeps the hash with the size and the time of change it was computed for, so that the
/// next start does not read the whole file again; when either differs it is hashed anew. Without leave to write there, it
/// is hashed each time.
pub fn verify(model: &Model, file: &Path) -> Result<(), ModelError> {
    let damaged = |why: String| ModelError::Damaged { name: model.name.clone(), path: file.to_owned(), why };
    let io = |source| ModelError::Io { path: file.to_owned(), source };

    let found = fs::metadata(file).map_err(io)?;
    if found.len() != model.bytes {
        return Err(damaged(format!("{} bytes instead of {}", found.len(), model.bytes)));
    }
    let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let seal = changed.map(|at| format!("{} {} {}\n", model.sha256, found.len(), at.as_nanos()));
    let mark = mark_path(file);
    if seal.is_some() && fs::read_to_string(&mark).ok() == seal {
        return Ok(());
    }
    if sha256(file).map_err(io)? != model.sha256 {
        let _ = fs::remove_file(&mark);
        return Err(damaged("its SHA-256 is not the listed one".to_owned()));
    }
    if let Some(seal) = seal {
        let _ = fs::write(&mark, seal); // only saves time
    }
    Ok(())
}

/// The bundled synthetic model, written to `dir` if it is not there yet.
///
/// It lets `viva demo` run anywhere. It understands synthetic voices only; label it so.
pub fn synthetic(dir: &Path) -> Result<PathBuf, ModelError> {
    static WEIGHTS: &[u8] = include_bytes!("../../models/synthetic/ggml-synthetic.en-q8_0.bin");
    let model = all().iter().find(|model| model.bundled).expect("a test finds the bundled model in models.toml");
    let file = path(model, dir);
    if verify(model, &file).is_ok() {
        return Ok(file);
    }
    let io = |source| ModelError::Io { path: file.clone(), source };
    fs::create_dir_all(dir).map_err(io)?;
    let part = dir.join(format!("{}.{}.part", model.file, std::process::id()));
    let written = write_whole(&part, WEIGHTS).and_then(|()| fs::rename(&part, &file));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(io)?;
    verify(model, &file)?;
    Ok(file)
}

/// SHA-256 of a file in lower-case hexadecimal.
pub fn sha256(file: &Path) -> io::Result<String> {
    let mut file = fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => break,
            n => hash.update(&block[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn mark_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".verified");
    PathBuf::from(name)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sound() {
        for model in all() {
            assert!(model.sha256.len() == 64 && model.sha256.bytes().all(|c| c.is_ascii_hexdigit()), "{}", model.name);
            assert!(model.bundled == model.addresses.is_empty(), "{}", model.name);
            assert!(model.addresses.iter().all(|a| a.ends_with(&model.file)), "{}", model.name);
            assert!(model.bytes > 1_000_000 && !model.licence.is_empty() && !model.about.is_empty(), "{}", model.name);
        }
        let mut names: Vec<_> = all().iter().map(|model| &model.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().len(), "two models share a name");
        for name in ["tiny.en", "base.en", "small.en"] {
            let model = find(name, Path::new("m")).unwrap().model.unwrap();
            assert!(model.file.ends_with("-q8_0.bin"), "{name} is the fast quantisation");
        }
    }

    #[test]
    fn a_model_is_found_by_name_or_path_and_a_typo_names_the_nearest() {
        let dir = Path::new("folder");
        let found = find("base.en", dir).unwrap();
        assert_eq!(found.path, dir.join("ggml-base.en-q8_0.bin"));
        assert_eq!(find("./mine.bin", dir).unwrap(), ModelPath { path: "./mine.bin".into(), model: None });
        assert_eq!(find("/x/ggml-base.en-q8_0.bin", dir).unwrap().model.unwrap().name, "base.en");
        let message = find("bsae.en", dir).unwrap_err().to_string();
        assert!(message.contains("\"base.en\"") && message.contains("viva models"), "{message}");
    }

    #[test]
    fn the_synthetic_model_is_written_once_and_mended_when_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let file = synthetic(dir.path()).unwrap();
        let first = fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(synthetic(dir.path()).unwrap(), file);
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), first, "written twice");
        assert!(mark_path(&file).exists());

        fs::write(&file, b"half").unwrap();
        assert_eq!(ready("synthetic.en", dir.path()).unwrap().path, file);
        assert_eq!(fs::metadata(&file).unwrap().len(), 10_528_775);
        let rest: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(rest.len(), 2, "model and mark, no part file: {rest:?}");
    }

    #[test]
    fn a_changed_byte_is_noticed_although_the_file_was_verified_before() {
        let dir = tempfile::tempdir().unwrap();
        let file = synthetic(dir.path()).unwrap();
        let model = find("synthetic.en", dir.path()).unwrap().model.unwrap();
        let mut bytes = fs::read(&file).unwrap();
        bytes[5_000_000] ^= 1;
        fs::write(&file, bytes).unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        let message = verify(model, &file).unwrap_err().to_string();
        assert!(message.contains("damaged") && message.contains("viva models fetch synthetic.en"), "{message}");
    }

    #[test]
    fn what_is_missing_or_no_model_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let check = |name: &str, says: &[&str]| {
            let message = ready(name, dir.path()).unwrap_err().to_string();
            assert!(says.iter().all(|part| message.contains(part)), "{message}");
        };
        check("base.en", &["not at", "viva models fetch base.en"]);
        check("/nowhere/own.bin", &["no file", "viva models"]);
        let text = dir.path().join("notes.bin");
        fs::write(&text, "not a model at all, just some text that is long enough").unwrap();
        check(text.to_str().unwrap(), &["not a Whisper model", "viva models"]);
        fs::write(dir.path().join("ggml-base.en-q8_0.bin"), "cut").unwrap();
        check("base.en", &["damaged", "3 bytes instead of 81781811"]);
        let states = installed(dir.path());
        let of = |name: &str| states.iter().find(|(m, _)| m.name == name).unwrap().1;
        assert_eq!(
            (of("base.en"), of("tiny.en"), of("synthetic.en")),
            (Installed::WrongSize(3), Installed::No, Installed::Bundled)
        );
    }
}
