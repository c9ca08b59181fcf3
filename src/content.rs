//! Where content comes from: the packs, rubrics and templates shipped in the program, and a person's own packs beside the config file.
//!
//! Only gathers texts; [`Content::parse`] reads and checks them. In debug builds the shipped files are read from `prompts/` on disk at
//! each call, in release builds they are part of the program. What is wrong with a person's own packs never stops the program:
//! [`load_with_own`] leaves out what is not in order and says so.

pub mod calibration;
pub mod choice;
pub mod listing;
pub mod new_pack;
pub mod own;

use std::{fs, path::Path};

use rust_embed::RustEmbed;

pub use own::{Loaded, load_with_own, stamp};

use crate::interview::{
    pack::{Content, Files},
    problem::Problem,
};

#[derive(RustEmbed)]
#[folder = "prompts/"]
struct Prompts;

/// Why there is no content: all that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{} in the packs; `viva check` lists them. The first: {}", count(.0), .0[0])]
pub struct ContentError(pub Vec<Problem>);

/// "one problem", "3 problems".
pub fn count(problems: &[Problem]) -> String {
    match problems.len() {
        1 => "one problem".to_owned(),
        n => format!("{n} problems"),
    }
}

/// The shipped content with the packs of `user_dir/packs/<name>/` laid over it, file by file: a file of the same path replaces the shipped
/// one, another is added. `user_dir` is the config folder; it need not exist. Anything wrong is an error.
pub fn load(user_dir: Option<&Path>) -> Result<Content, ContentError> {
    let shipped = embedded_files();
    let own = user_dir.map(own::gather).unwrap_or_default();
    if !own.unreadable.is_empty() {
        return Err(ContentError(own.unreadable));
    }
    let mut files = shipped.clone();
    files.extend(own.files.clone());
    Content::parse(&files).map_err(|problems| ContentError(own.with_whole_paths(problems, &shipped)))
}

/// The shipped content: every TOML file of `prompts/`, by path within it.
pub fn embedded_files() -> Files {
    Prompts::iter()
        .filter(|path| path.ends_with(".toml"))
        .filter_map(|path| Some((path.to_string(), embedded(&path)?)))
        .collect()
}

fn embedded(path: &str) -> Option<String> {
    let file = Prompts::get(path)?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// Everything wrong with the content in a folder: a content folder (with `rubrics/`), or, checked together with the shipped content, a
/// folder with `packs/`, a folder of packs, or one pack.
pub fn check_dir(path: &Path) -> Vec<Problem> {
    let alone = path.join("rubrics").is_dir();
    let root = if path.join("pack.toml").is_file() || path.join("questions").is_dir() {
        let name = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        format!("packs/{}", name.unwrap_or_else(|| "pack".to_owned()))
    } else if alone || path.join("packs").is_dir() {
        String::new()
    } else {
        "packs".to_owned()
    };
    let (mut own, mut unreadable) = (Files::new(), Vec::new());
    read_dir(path, &root, &mut own, &mut unreadable);
    if !unreadable.is_empty() {
        return unreadable;
    }
    if own.is_empty() {
        let what = "there is no content in this folder".to_owned();
        let remedy = "Name a pack, or a folder of packs; docs/pack-format.md has the format.".to_owned();
        return vec![Problem { file: path.display().to_string(), line: 0, what, remedy }];
    }
    let mut files = if alone { Files::new() } else { embedded_files() };
    files.extend(own);
    Content::parse(&files).err().unwrap_or_default()
}

/// Adds the TOML files under `dir` as `root/<path within dir>`, skipping hidden ones. What cannot be read is a problem.
fn read_dir(dir: &Path, root: &str, files: &mut Files, unreadable: &mut Vec<Problem>) {
    let entries = match fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return unreadable.push(not_read(dir, &error)),
    };
    for path in entries.into_iter().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let key = if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") };
        if path.is_dir() {
            read_dir(&path, &key, files, unreadable);
        } else if name.ends_with(".toml") {
            match fs::read_to_string(&path) {
                Ok(text) => _ = files.insert(key, text),
                Err(error) => unreadable.push(not_read(&path, &error)),
            }
        }
    }
}

fn not_read(path: &Path, error: &std::io::Error) -> Problem {
    let what = format!("cannot be read: {error}");
    let remedy = "Make it readable (text in UTF-8), or move it away.".to_owned();
    Problem { file: path.display().to_string(), line: 0, what, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::sample_pack;

    pub fn write(dir: &Path, files: &Files) {
        for (path, text) in files {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn a_content_folder_is_checked_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &sample_pack::files());
        assert_eq!(check_dir(dir.path()), []);
        fs::write(dir.path().join("packs/sample/phrases.toml"), "greting = []").unwrap();
        let problems = check_dir(dir.path());
        assert_eq!((problems[0].file.as_str(), problems[0].line), ("packs/sample/phrases.toml", 1));
    }

    #[test]
    fn an_empty_or_absent_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(check_dir(dir.path())[0].what.contains("no content"));
        assert!(check_dir(&dir.path().join("nowhere"))[0].what.contains("cannot be read"));
    }

    #[test]
    fn a_pack_folder_is_known_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = "format_version = 1\nname = 'other'\ntitle = 't'\nabout = 'a'\n[families]\nx = 'X'\n";
        write(dir.path(), &Files::from([("mine/pack.toml".to_owned(), manifest.to_owned())]));
        for path in [dir.path().to_owned(), dir.path().join("mine")] {
            let problems = check_dir(&path);
            let own = problems.iter().find(|problem| problem.file == "packs/mine/pack.toml" && problem.line == 2);
            assert!(own.is_some_and(|problem| problem.what.contains("in the folder `mine`")), "{problems:?}");
        }
    }

    #[test]
    fn the_error_names_the_first_problem_with_its_whole_path_and_the_command_for_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &Files::from([("packs/mine/pack.toml".to_owned(), "nmae = 1".to_owned())]));
        let error = load(Some(dir.path())).unwrap_err().to_string();
        let file = dir.path().join("packs/mine/");
        let expected = format!("`viva check` lists them. The first: {}", file.display());
        assert!(error.contains(&expected), "{error}");
    }
}
