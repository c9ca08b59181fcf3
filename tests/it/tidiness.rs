//! What is kept in the sources by reading them: purity, no unwrap, no unsafe, short files, no machine's paths.

use std::path::{Path, PathBuf};

use crate::home::repository;

/// A file of the sources, with its path inside the repository.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Whether the whole file is a test.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let in_tests = self.path.starts_with("tests/") || name == "tests.rs" || name.ends_with("_tests.rs");
        in_tests || ["src/interview/sample_pack.rs", "src/llm/fixture.rs"].contains(&self.path.as_str())
    }

    /// Its lines of code with their numbers: no comments, nothing that is compiled for tests only.
    fn code(&self) -> Vec<(usize, &str)> {
        let mut lines = Vec::new();
        let mut skip_until: Option<String> = None;
        let mut numbered = (1..).zip(self.text.lines()).peekable();
        while let Some((number, line)) = numbered.next() {
            if let Some(end) = &skip_until {
                if line == end {
                    skip_until = None;
                }
                continue;
            }
            if line.trim_start().starts_with("#[cfg(test)]") || line.trim_start().starts_with("#[cfg(all(test") {
                let indent = &line[..line.len() - line.trim_start().len()];
                while numbered.peek().is_some_and(|(_, next)| next.trim_start().starts_with("#[")) {
                    numbered.next();
                }
                let (_, item) = numbered.next().expect("an item follows the attribute");
                if !item.trim_end().ends_with([';', ',']) && !item.trim_end().ends_with("{}") {
                    skip_until = Some(format!("{indent}}}"));
                }
                continue;
            }
            let code = line.split("//").next().unwrap_or_default();
            if !code.trim().is_empty() {
                lines.push((number, code));
            }
        }
        lines
    }
}

/// All files under a folder whose names end so.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = repository();
    let mut found = Vec::new();
    walk(&root.join(folder), &mut found);
    found.sort();
    let fits = |path: &PathBuf| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
    let read = |path: PathBuf| Source {
        path: path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
        text: std::fs::read_to_string(&path).unwrap(),
    };
    let sources: Vec<Source> = found.into_iter().filter(fits).map(read).collect();
    assert!(!sources.is_empty(), "{folder} holds nothing that ends with {endings:?}");
    sources
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Fails with every line of code in `sources` that holds one of `words`, tests aside.
fn check_absent<'a>(rule: &str, sources: impl IntoIterator<Item = &'a Source>, words: &[&str]) {
    let mut found = Vec::new();
    for source in sources.into_iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn the_pure_middle_only_computes() {
    let mut pure = sources("src/interview", &[".rs"]);
    pure.extend(sources("src/signal", &[".rs"]));
    let rim = [
        "tokio",
        "async ",
        ".await",
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::process",
        "std::thread",
        "Instant",
        "SystemTime",
        "jiff",
        "tracing",
        "reqwest",
        "rusqlite",
        "cpal",
        "println!",
        "eprintln!",
        "dbg!",
        "getrandom",
        "rand::",
        "static mut",
        "thread_local!",
    ];
    check_absent("src/interview and src/signal take values and return values", &pure, &rim);
    let left =
        ["api", "audio", "cli", "client", "config", "content", "daemon", "http", "llm", "session", "speech", "store"];
    for source in &pure {
        for (number, line) in source.code() {
            for module in left {
                let uses = [format!("crate::{module}::"), format!("crate::{module};"), format!("crate::{{{module}")];
                assert!(!uses.iter().any(|text| line.contains(text)), "{}:{number} uses {module}", source.path);
            }
        }
    }
}

#[test]
fn what_is_left_may_use_what_is_right() {
    let rules: [(&str, &[&str]); 5] = [
        ("src/audio", &["session", "http", "cli", "client", "daemon", "llm", "store", "api"]),
        ("src/llm", &["session", "http", "cli", "client", "daemon", "store", "api"]),
        ("src/store", &["session", "http", "cli", "client", "daemon", "llm", "speech", "api"]),
        ("src/speech", &["session", "http", "cli", "client", "daemon", "llm", "store", "api"]),
        ("src/session", &["http", "cli", "client", "daemon", "api"]),
    ];
    for (folder, forbidden) in rules {
        let words: Vec<String> = forbidden.iter().map(|module| format!("crate::{module}::")).collect();
        let grouped: Vec<String> = forbidden.iter().map(|module| format!("    {module}::")).collect();
        let words: Vec<&str> = words.iter().chain(&grouped).map(String::as_str).collect();
        check_absent(&format!("{folder} must not use {forbidden:?}"), &sources(folder, &[".rs"]), &words);
    }
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let words = [".unwrap()", ".unwrap_err()", "todo!(", "unimplemented!(", "dbg!("];
    check_absent("handle it, or say what broke", &sources("src", &[".rs"]), &words);
}

#[test]
fn unsafe_code_is_only_where_whisper_is_called() {
    let all = sources("src", &[".rs"]);
    let others = all.iter().filter(|source| !source.path.starts_with("src/speech/whisper"));
    check_absent("`unsafe` belongs in src/speech/whisper*.rs", others, &["unsafe "]);
}

#[test]
fn nothing_is_printed_but_by_the_command_line() {
    let all = sources("src", &[".rs"]);
    let others = all.iter().filter(|source| !source.path.starts_with("src/cli/"));
    check_absent("log it, or return it", others, &["println!(", "print!("]);
}

/// Longest file, in lines.
const LONGEST: usize = 400;

/// Longer files, each with the reason why it is one idea.
const LONGER: &[(&str, &str)] = &[("src/speech/listener/tests.rs", "tests")];

#[test]
fn files_are_short() {
    let all = sources("src", &[".rs"]);
    let long: Vec<String> = all
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(source, lines)| *lines > LONGEST && !LONGER.iter().any(|(path, _)| source.path == *path))
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();
    assert!(long.is_empty(), "look for the second idea in it and split:\n{}", long.join("\n"));
    for (path, _) in LONGER {
        let source = all.iter().find(|source| source.path == *path);
        let lines = source.unwrap_or_else(|| panic!("{path} is gone: take it off the list")).text.lines().count();
        assert!(lines > LONGEST, "{path} has {lines} lines: take it off the list");
    }
}

#[test]
fn modules_say_what_they_are_for() {
    let undocumented: Vec<String> = sources("src", &[".rs"])
        .into_iter()
        .filter(|source| !source.is_test() && !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert!(undocumented.is_empty(), "no module comment: {undocumented:?}");
    for vague in ["utils", "util", "helpers", "helper", "common", "manager", "misc"] {
        for source in sources("src", &[".rs"]) {
            let named = source.path.trim_end_matches(".rs").split('/').any(|part| part == vague);
            assert!(!named, "{}: name the thing", source.path);
        }
    }
}

/// Every text that somebody wrote.
fn everything() -> Vec<Source> {
    let mut all = Vec::new();
    for folder in ["src", "tests", "prompts", "models", "docs", "scripts", "web", "benches"] {
        if repository().join(folder).is_dir() {
            all.extend(sources(folder, &[".rs", ".toml", ".md", ".sh", ".js", ".html", ".css", ".txt"]));
        }
    }
    let files =
        ["Cargo.toml", "config.toml", "Makefile", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    for file in files.map(|file| repository().join(file)).into_iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        all.push(Source { path: name, text: std::fs::read_to_string(file).unwrap() });
    }
    all
}

#[test]
fn no_merge_was_left_unfinished() {
    let marks = ["<", ">"].map(|mark| mark.repeat(7) + " ");
    for source in everything() {
        let left = source.text.lines().any(|line| marks.iter().any(|mark| line.starts_with(mark.as_str())));
        assert!(!left, "{} holds both sides of a merge", source.path);
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let all = everything();
    // Put together here, so that this file does not hold them.
    let paths = ["home", "root", "work", "Users", "workspace"].map(|folder| format!("/{folder}/"));
    let mut found = Vec::new();
    for source in &all {
        for (number, line) in (1..).zip(source.text.lines()) {
            let mut rest = line;
            while let Some(at) = paths.iter().filter_map(|path| rest.find(path.as_str())).min() {
                let before = rest[..at].chars().last();
                if before.is_none_or(|c| c.is_whitespace() || "\"'`=(:<".contains(c)) {
                    found.push(format!("{}:{number}: {}", source.path, line.trim()));
                }
                rest = &rest[at + 1..];
            }
        }
    }
    assert!(found.is_empty(), "paths of a machine:\n{}", found.join("\n"));
}
