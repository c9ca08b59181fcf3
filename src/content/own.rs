//! A person's own packs: `packs/` in the config folder, laid over the shipped ones.
//!
//! A broken one must never stop the program: what is not in order is left out, and the rest serves. A pack of one's own stays in or out
//! as a whole; among files laid over a shipped pack each is for itself, since that pack is whole without it.

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use super::{ContentError, count, embedded_files, read_dir};
use crate::interview::{
    pack::{Content, Files},
    problem::Problem,
};

/// The person's own files by path within a content folder ("packs/mine/pack.toml").
#[derive(Debug, Default)]
pub struct OwnFiles {
    /// The config folder.
    pub folder: PathBuf,
    pub files: Files,
    pub unreadable: Vec<Problem>,
}

/// Content that can be worked with.
#[derive(Debug)]
pub struct Loaded {
    pub content: Content,
    /// What of the person's own packs is left out: a pack ("packs/mine") or a file laid over a shipped pack.
    pub left_out: Vec<String>,
    /// Why, with the files' whole paths. Empty exactly when nothing is left out.
    pub problems: Vec<Problem>,
    /// See [`stamp`].
    pub stamp: String,
}

impl Loaded {
    /// What is left out and the first reason, in a sentence or two; `None` when everything is in order.
    pub fn complaint(&self) -> Option<String> {
        let first = self.problems.first()?;
        let names: Vec<&str> = self.left_out.iter().map(|path| path.trim_start_matches("packs/")).collect();
        let list = match names.as_slice() {
            [first, second, _, rest @ ..] if !rest.is_empty() => {
                format!("{first}, {second} and {} more", rest.len() + 1)
            }
            names => names.join(", "),
        };
        let problems = count(&self.problems);
        Some(format!(
            "some of your own are left out ({problems}): {list}. The first: {first} `viva check` lists them all."
        ))
    }
}

impl OwnFiles {
    /// The problems with the whole path in place of the path within the content folder, where the file is not a shipped one.
    pub fn with_whole_paths(&self, problems: Vec<Problem>, shipped: &Files) -> Vec<Problem> {
        let is_own = |file: &str| {
            let folder = pack_folder(file);
            let in_own_pack = !shipped.contains_key(file) && self.files.keys().any(|own| own.starts_with(&folder));
            self.files.contains_key(file) || in_own_pack
        };
        let whole = |problem: Problem| match is_own(&problem.file) {
            true => Problem { file: self.folder.join(&problem.file).display().to_string(), ..problem },
            false => problem,
        };
        problems.into_iter().map(whole).collect()
    }
}

/// "packs/mine/" of "packs/mine/questions/x.toml"; the path itself where it lies in no pack.
fn pack_folder(path: &str) -> String {
    let name = path.strip_prefix("packs/").and_then(|rest| rest.split_once('/'));
    name.map_or_else(|| path.to_owned(), |(name, _)| format!("packs/{name}/"))
}

/// Reads the person's own files. None where there is no `packs/` in the config folder.
pub fn gather(config_dir: &Path) -> OwnFiles {
    let mut own = OwnFiles { folder: config_dir.to_owned(), ..OwnFiles::default() };
    let packs = config_dir.join("packs");
    if packs.is_dir() {
        read_dir(&packs, "packs", &mut own.files, &mut own.unreadable);
    }
    own
}

/// The shipped content with those of the person's own packs that are in order. Only broken shipped content is an error.
pub fn load_with_own(config_dir: &Path) -> Result<Loaded, ContentError> {
    load_over(&embedded_files(), config_dir)
}

/// Whether the pack `name` would be in order with these files and beside everything that is there.
pub fn would_serve(config_dir: &Path, name: &str, files: &Files) -> bool {
    let shipped = embedded_files();
    let mut own = gather(config_dir).files;
    let before = keep_what_is_in_order(&shipped, &own);
    own.extend(files.clone());
    let after = keep_what_is_in_order(&shipped, &own);
    // Of two packs with nearly the same question one is left out, and that must not be the older.
    before.is_ok_and(|(_, out_before, _)| {
        after.is_ok_and(|(content, out, _)| content.packs.contains_key(name) && out.is_subset(&out_before))
    })
}

fn load_over(shipped: &Files, config_dir: &Path) -> Result<Loaded, ContentError> {
    let stamp = stamp(config_dir); // before reading, so that a change meanwhile is noticed later
    let own = gather(config_dir);
    let (content, left_out, problems) = keep_what_is_in_order(shipped, &own.files).map_err(ContentError)?;
    let mut left_out: Vec<String> = left_out.into_iter().collect();
    left_out.extend(own.unreadable.iter().map(|problem| within(&problem.file, config_dir)));
    let mut all = own.unreadable.clone();
    all.extend(own.with_whole_paths(problems, shipped));
    Ok(Loaded { content, left_out, problems: all, stamp })
}

fn within(file: &str, folder: &Path) -> String {
    Path::new(file).strip_prefix(folder).map_or_else(|_| file.to_owned(), |path| path.display().to_string())
}

type InOrder = (Content, BTreeSet<String>, Vec<Problem>);

/// The content, what had to stay out, and the problems of everything together. `Err`: the shipped content itself is wrong.
fn keep_what_is_in_order(shipped: &Files, own: &Files) -> Result<InOrder, Vec<Problem>> {
    let together = |keep: &dyn Fn(&str) -> bool| {
        let kept = own.iter().filter(|(path, _)| keep(&unit(path, shipped)));
        let mut files = shipped.clone();
        files.extend(kept.map(|(path, text)| (path.clone(), text.clone())));
        Content::parse(&files)
    };
    let problems = match together(&|_| true) {
        Ok(content) => return Ok((content, BTreeSet::new(), Vec::new())),
        Err(problems) => problems,
    };
    let mut content = Content::parse(shipped)?;

    // Out with what the problems are in, until nothing is wrong any more.
    let units: BTreeSet<String> = own.keys().map(|path| unit(path, shipped)).collect();
    let mut left_out: BTreeSet<String> = BTreeSet::new();
    let mut wrong = problems.clone();
    loop {
        let blamed = wrong.iter().map(|problem| unit(&problem.file, shipped));
        let blamed: Vec<String> = blamed.filter(|unit| units.contains(unit) && !left_out.contains(unit)).collect();
        if blamed.is_empty() {
            break;
        }
        left_out.extend(blamed);
        match together(&|unit| !left_out.contains(unit)) {
            Ok(content) => return Ok((content, left_out, problems)),
            Err(still) => wrong = still,
        }
    }

    // What is left does harm elsewhere (a list that no longer has what others name, an id that is taken): one at a time, each stays
    // that does none.
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for unit in units.iter().filter(|unit| !left_out.contains(*unit)).cloned().collect::<Vec<_>>() {
        match together(&|other| other == unit || kept.contains(other)) {
            Ok(with_it) => {
                content = with_it;
                kept.insert(unit);
            }
            Err(_) => _ = left_out.insert(unit),
        }
    }
    Ok((content, left_out, problems))
}

/// What stays in or out together with this file: the pack, or the file alone where it is laid over a shipped pack.
fn unit(path: &str, shipped: &Files) -> String {
    let folder = pack_folder(path);
    let is_laid_over = shipped.keys().any(|file| file.starts_with(&folder));
    if is_laid_over { path.to_owned() } else { folder.trim_end_matches('/').to_owned() }
}

/// Changes whenever a file of the person's own packs does: names, sizes and times, nothing of the content. Empty where there are none.
pub fn stamp(config_dir: &Path) -> String {
    let mut facts = Vec::new();
    collect_facts(&config_dir.join("packs"), &mut facts);
    if facts.is_empty() {
        return String::new();
    }
    facts.sort();
    let mut hasher = DefaultHasher::new();
    facts.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

type FileFacts = (PathBuf, u64, Option<std::time::SystemTime>);

fn collect_facts(dir: &Path, facts: &mut Vec<FileFacts>) {
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect_facts(&path, facts);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let about = fs::metadata(&path).ok();
            let changed = about.as_ref().and_then(|about| about.modified().ok());
            facts.push((path, about.map_or(0, |about| about.len()), changed));
        }
    }
}

#[cfg(test)]
mod tests;
