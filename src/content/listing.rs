//! Which packs there are: shipped and the person's own, where they lie, how many questions they have, and what is wrong with them.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{ContentError, embedded, load_with_own, own};
use crate::interview::problem::Problem;

/// One pack as `viva packs` lists it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackReport {
    pub name: String,
    pub title: String,
    pub about: String,
    /// It comes with the program.
    pub shipped: bool,
    /// How many questions it has, with those of the person's own that are in order.
    pub questions: usize,
    /// The person's own folder of that name, where there is one.
    pub folder: Option<String>,
    /// Own files that replace shipped ones, by path within the pack.
    pub replaces: Vec<String>,
    /// Own files beside the shipped ones; of a pack of one's own, all.
    pub adds: Vec<String>,
    /// Own files that are not used because something is wrong; "" is the whole pack.
    pub left_out: Vec<String>,
    pub problems: Vec<Problem>,
}

/// Every pack, by name. `config_dir` need not exist.
pub fn packs(config_dir: &Path) -> Result<Vec<PackReport>, ContentError> {
    let loaded = load_with_own(config_dir)?;
    let own = own::gather(config_dir);
    let mut reports: BTreeMap<String, PackReport> = BTreeMap::new();
    for (name, pack) in &loaded.content.packs {
        let report = reports.entry(name.clone()).or_insert_with(|| empty(name));
        report.title.clone_from(&pack.manifest.title);
        report.about.clone_from(&pack.manifest.about);
        report.questions = pack.questions.len();
    }
    for path in own.files.keys() {
        let Some((name, file)) = path.strip_prefix("packs/").and_then(|rest| rest.split_once('/')) else { continue };
        let report = reports.entry(name.to_owned()).or_insert_with(|| empty(name));
        report.folder = Some(config_dir.join("packs").join(name).display().to_string());
        let list = if embedded(path).is_some() { &mut report.replaces } else { &mut report.adds };
        list.push(file.to_owned());
    }
    for report in reports.values_mut() {
        let folder = format!("packs/{}", report.name);
        let of_pack = |path: &str| path.strip_prefix(&folder).map(|rest| rest.trim_start_matches('/').to_owned());
        report.left_out = loaded.left_out.iter().filter_map(|path| of_pack(path)).collect();
        let whole = config_dir.join(&folder);
        let in_pack =
            |problem: &&Problem| Path::new(&problem.file).starts_with(&whole) || of_pack(&problem.file).is_some();
        report.problems = loaded.problems.iter().filter(in_pack).cloned().collect();
    }
    Ok(reports.into_values().collect())
}

fn empty(name: &str) -> PackReport {
    PackReport {
        name: name.to_owned(),
        title: String::new(),
        about: String::new(),
        shipped: embedded(&format!("packs/{name}/pack.toml")).is_some(),
        questions: 0,
        folder: None,
        replaces: Vec::new(),
        adds: Vec::new(),
        left_out: Vec::new(),
        problems: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{content::tests::write, interview::pack::Files};

    #[test]
    fn own_files_are_listed_by_what_they_do_to_the_shipped_pack() {
        let dir = tempfile::tempdir().unwrap();
        let before = packs(dir.path()).unwrap();
        assert!(before.iter().all(|pack| pack.shipped && pack.questions > 0 && pack.folder.is_none()), "{before:?}");

        let shipped = embedded("packs/distributed-systems/questions/gossip.toml").unwrap();
        let files = [("gossip", shipped), ("mine", "id = ".to_owned())];
        let file = |(id, text): (&str, String)| (format!("packs/distributed-systems/questions/{id}.toml"), text);
        write(dir.path(), &files.into_iter().map(file).collect::<Files>());
        write(dir.path(), &Files::from([("packs/other/pack.toml".to_owned(), "name = 1".to_owned())]));
        let after = packs(dir.path()).unwrap();

        let pack = after.iter().find(|pack| pack.name == "distributed-systems").unwrap();
        assert_eq!(pack.replaces, ["questions/gossip.toml"]);
        assert_eq!((pack.adds.as_slice(), &pack.left_out), (&["questions/mine.toml".to_owned()][..], &pack.adds));
        assert_eq!(pack.questions, before.iter().find(|old| old.name == pack.name).unwrap().questions);
        assert!(pack.problems.iter().all(|problem| problem.file.ends_with("mine.toml")), "{:?}", pack.problems);
        let other = after.iter().find(|pack| pack.name == "other").unwrap();
        assert_eq!((other.shipped, other.questions, other.left_out.as_slice()), (false, 0, &[String::new()][..]));
        assert!(!other.problems.is_empty());
    }
}
