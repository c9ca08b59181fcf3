//! Where the set of rated answers comes from: `calibration/` of the shipped content, or a person's own in the config folder.
//!
//! Files named `answers*.jsonl` hold the answers, files named `second-labels*.jsonl` the second rater's levels. Reading and checking
//! them is [`CalibrationSet`]'s.

use std::{fs, path::Path};

use super::{Prompts, embedded};
use crate::interview::calibration::set::CalibrationSet;

const FOLDER: &str = "calibration/";

/// The person's own set where there is one, else the shipped one; an empty set where neither is there.
pub fn calibration_set(user_dir: &Path) -> Result<CalibrationSet, Vec<String>> {
    let own = own_files(&user_dir.join("calibration")).map_err(|error| vec![error])?;
    let synthetic = own.is_empty();
    let files = if synthetic { shipped_files() } else { own };
    let text = |prefix: &str| {
        let parts = files.iter().filter(|(name, _)| name.starts_with(prefix));
        parts.map(|(_, text)| format!("{}\n", text.trim_end())).collect::<String>()
    };
    let set = CalibrationSet::parse(&text("answers"), &text("second-labels"))?;
    Ok(CalibrationSet { synthetic, ..set })
}

/// Name and text, by name.
fn shipped_files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Prompts::iter()
        .filter(|path| path.starts_with(FOLDER) && path.ends_with(".jsonl"))
        .filter_map(|path| Some((path.strip_prefix(FOLDER)?.to_owned(), embedded(&path)?)))
        .collect();
    files.sort();
    files
}

fn own_files(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".jsonl")) else {
            continue;
        };
        let text = fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        files.push((name.to_owned(), text));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::calibration::sample;

    #[test]
    fn a_set_of_ones_own_takes_the_place_of_the_shipped_one() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = calibration_set(dir.path()).unwrap();
        assert!(shipped.synthetic);
        let folder = dir.path().join("calibration");
        fs::create_dir_all(&folder).unwrap();
        let (first, rest) = sample::ANSWERS.split_once('\n').unwrap();
        fs::write(folder.join("answers-a.jsonl"), first).unwrap();
        fs::write(folder.join("answers-b.jsonl"), rest).unwrap();
        fs::write(folder.join("notes.txt"), "nothing").unwrap();
        let own = calibration_set(dir.path()).unwrap();
        assert_eq!((own.synthetic, own.answers.len()), (false, 3));
        fs::write(folder.join("answers-c.jsonl"), "{").unwrap();
        assert!(calibration_set(dir.path()).unwrap_err()[0].contains("line 4"));
    }
}
