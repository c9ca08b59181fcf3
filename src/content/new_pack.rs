//! A pack to begin with: `pack.toml` and one commented question, written into the person's config folder. Where the question would say
//! what another one says already, as that of an earlier new pack does, `pack.toml` alone is written: no pack begins with a problem.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{embedded, own};
use crate::interview::pack::Files;

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
    /// The example question with its id; `None` where there is one like it already.
    pub question: Option<(PathBuf, String)>,
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
    let texts = [("pack.toml".to_owned(), MANIFEST), (format!("questions/{id}.toml"), QUESTION)];
    let texts = texts.map(|(file, text)| (file, text.replace(PLACEHOLDER, name)));
    let files: Files = texts.iter().map(|(file, text)| (format!("packs/{name}/{file}"), text.clone())).collect();
    let wanted = if own::would_serve(config_dir, name, &files) { &texts[..] } else { &texts[..1] };

    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| NewPackError::NotWritten { path, source }
    };
    fs::create_dir_all(&questions).map_err(failed(&questions))?;
    let mut paths = Vec::new();
    for (file, text) in wanted {
        let path = folder.join(file);
        fs::write(&path, text).map_err(failed(&path))?;
        paths.push(path);
    }
    let question = paths.get(1).cloned().map(|path| (path, id));
    Ok(NewPack { manifest: folder.join("pack.toml"), folder, question })
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
    use crate::content::load;

    #[test]
    fn a_new_pack_is_in_order_and_its_question_can_be_asked() {
        let dir = tempfile::tempdir().unwrap();
        let new = write(dir.path(), "mine").unwrap();
        let (file, id) = new.question.unwrap();
        assert_eq!(id, "mine-example");
        let content = load(Some(dir.path())).unwrap_or_else(|error| panic!("{:#?}", error.0));
        let (pack, question) = content.question(&id).unwrap();
        assert_eq!(pack.manifest.name, "mine");
        assert!(question.probes.len() >= 5 && !pack.mistakes.is_empty(), "it borrows what it lacks");
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains("# ") && !text.contains(PLACEHOLDER), "commented: {text}");
    }

    #[test]
    fn many_new_packs_are_in_order_together() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["mine", "algorithms-2", "zebra"] {
            write(dir.path(), name).unwrap();
            let content = load(Some(dir.path())).unwrap_or_else(|error| panic!("{:#?}", error.0));
            assert!(content.packs.contains_key(name));
        }
    }

    #[test]
    fn a_pack_whose_example_would_be_a_problem_begins_without() {
        let dir = tempfile::tempdir().unwrap();
        let (file, _) = write(dir.path(), "first").unwrap().question.unwrap();
        let taken = file.with_file_name("second-example.toml");
        let text = fs::read_to_string(&file).unwrap().replace("id = \"first-example\"", "id = \"second-example\"");
        fs::remove_file(&file).unwrap();
        fs::write(taken, text).unwrap();
        let second = write(dir.path(), "second").unwrap();
        assert_eq!(second.question, None);
        assert!(load(Some(dir.path())).unwrap().packs.contains_key("second"));
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let (file, _) = write(dir.path(), "mine").unwrap().question.unwrap();
        fs::write(&file, "edited").unwrap();
        let error = write(dir.path(), "mine").unwrap_err().to_string();
        assert!(error.contains("is there already") && error.contains("mine"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "edited");
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
