//! A pack to begin with: `pack.toml` and one commented question, written into the person's config folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::embedded;

const MANIFEST: &str = include_str!("new_pack/pack.toml");
const QUESTION: &str = include_str!("new_pack/question.toml");
/// Stands in the two texts for the name of the pack.
const PLACEHOLDER: &str = "PACK-NAME";
const LONGEST_NAME: usize = 40;

/// Why no pack was written.
#[derive(Debug, thiserror::Error)]
pub enum NewPackError {
    #[error("`{0}` cannot be the name of a pack: use lower-case letters, figures, and hyphens between them, at most {LONGEST_NAME}.{hint}", hint = hint(.0))]
    Name(String),
    #[error(
        "`{name}` comes with the program: choose another name. To add questions to it, put them into {}; a file with the name of a shipped one replaces it.",
        questions.display()
    )]
    Shipped { name: String, questions: PathBuf },
    #[error("{} is there already: choose another name, or edit what is in it.", .0.display())]
    Exists(PathBuf),
    #[error("cannot write {}: {source}", path.display())]
    NotWritten { path: PathBuf, source: io::Error },
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct NewPack {
    pub folder: PathBuf,
    pub manifest: PathBuf,
    pub question: PathBuf,
    /// Id of the example question.
    pub id: String,
}

/// Writes the pack `name` into `config_dir/packs/`. Nothing that is there is changed.
pub fn write(config_dir: &Path, name: &str) -> Result<NewPack, NewPackError> {
    if !is_name(name) {
        return Err(NewPackError::Name(name.to_owned()));
    }
    let folder = config_dir.join("packs").join(name);
    let questions = folder.join("questions");
    if embedded(&format!("packs/{name}/pack.toml")).is_some() {
        return Err(NewPackError::Shipped { name: name.to_owned(), questions });
    }
    if folder.symlink_metadata().is_ok() {
        return Err(NewPackError::Exists(folder));
    }
    let id = format!("{name}-example");
    let (manifest, question) = (folder.join("pack.toml"), questions.join(format!("{id}.toml")));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| NewPackError::NotWritten { path, source }
    };
    fs::create_dir_all(&questions).map_err(failed(&questions))?;
    for (path, text) in [(&manifest, MANIFEST), (&question, QUESTION)] {
        fs::write(path, text.replace(PLACEHOLDER, name)).map_err(failed(path))?;
    }
    Ok(NewPack { folder, manifest, question, id })
}

/// Whether a pack can have this name: it is the folder's name and the beginning of ids.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let hyphens_between = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits) && hyphens_between
}

/// A name like the one that was meant.
fn hint(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let better: String = words.join("-").chars().take(LONGEST_NAME).collect();
    let better = better.trim_end_matches('-');
    if better.is_empty() { String::new() } else { format!(" For instance `{better}`.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{load, load_with_own};

    #[test]
    fn a_new_pack_is_in_order_and_its_question_can_be_asked() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["mine", "algorithms-2", "zebra"] {
            let new = write(dir.path(), name).unwrap();
            assert_eq!(new.id, format!("{name}-example"));
            let content = load(Some(dir.path())).unwrap_or_else(|error| panic!("{:#?}", error.0));
            let (pack, question) = content.question(&new.id).unwrap();
            assert_eq!(pack.manifest.name, name);
            assert!(question.probes.len() >= 5 && !pack.mistakes.is_empty(), "it borrows what it lacks");
            let text = fs::read_to_string(&new.question).unwrap();
            assert!(text.contains("# ") && !text.contains(PLACEHOLDER), "commented: {text}");
        }
        assert_eq!(load_with_own(dir.path()).unwrap().left_out, [""; 0]);
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let new = write(dir.path(), "mine").unwrap();
        fs::write(&new.question, "edited").unwrap();
        let error = write(dir.path(), "mine").unwrap_err().to_string();
        assert!(error.contains("is there already") && error.contains("mine"), "{error}");
        assert_eq!(fs::read_to_string(&new.question).unwrap(), "edited");
        let error = write(dir.path(), "distributed-systems").unwrap_err().to_string();
        assert!(error.contains("comes with the program") && error.contains("questions"), "{error}");
    }

    #[test]
    fn names_that_cannot_be_are_refused_with_one_that_can() {
        let dir = tempfile::tempdir().unwrap();
        for (name, hint) in [
            ("My Pack", "`my-pack`"),
            ("-x", "`x`"),
            ("a--b", "`a-b`"),
            ("../up", "`up`"),
            ("", "lower-case"),
            ("\u{fc}ber", "`ber`"),
            (&"x".repeat(41), "at most 40"),
        ] {
            let error = write(dir.path(), name).unwrap_err().to_string();
            assert!(error.contains(hint), "{name:?}: {error}");
        }
        assert!(!dir.path().join("packs").exists());
    }
}
