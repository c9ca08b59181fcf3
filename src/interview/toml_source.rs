//! Reads a TOML text of a known shape and finds everything that is wrong with it, each with its line.
//!
//! `serde` stops at the first error and forgets lines. Here a [`Shape`] (data) is laid over the parsed text: unknown keys,
//! missing keys and wrong types all become problems at once, what is left is handed to `serde`, and the lines of all values stay at
//! hand for the checks that come after. It knows nothing about packs.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::problem::{Problem, did_you_mean};

/// What a value may look like.
pub enum Shape {
    /// A text that is not empty. White space is folded to single spaces.
    Text,
    /// A whole number of 0 or more.
    Whole,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list, which may be empty.
    Any(&'static Shape),
    /// A list of one or more.
    Many(&'static Shape),
    /// A table with keys of the writer's choosing.
    Map(&'static Shape),
    /// A table with these keys and no others.
    Keys(&'static [Key]),
    /// A table whose text under the first name says which further keys it has.
    Tagged(&'static str, &'static [(&'static str, &'static [Key])]),
    /// A table with exactly one of these keys.
    OneKey(&'static [Key]),
}

/// One key of a table.
pub struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

/// A key that must be there.
pub const fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: true }
}

/// A key that may be left out.
pub const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: false }
}

/// A parsed file: turns a path such as `probes[2].ask` into a problem with its line.
#[derive(Debug)]
pub struct Document {
    file: String,
    lines: HashMap<String, usize>,
}

impl Document {
    /// The line of the value at `path`, or of the nearest table or list around it that is there.
    pub fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return 1,
            }
        }
    }

    pub fn problem(&self, path: &str, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), line: self.line(path), what: what.into(), remedy: remedy.into() }
    }
}

/// Reads `text` as a `T` of that shape. `None` when too much is amiss to go on; then `problems` says what.
///
/// A missing or empty text alone does not stop it: it is reported and read as "", so that the rest of the file is still checked.
pub fn read<T: DeserializeOwned>(
    file: &str,
    text: &str,
    shape: &Shape,
    problems: &mut Vec<Problem>,
) -> Option<(Document, T)> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk::new(file, text);
    if !errors.is_empty() {
        for error in errors {
            let line = error.span().map_or(0, |span| walk.line_at(span.start));
            let what = format!("not valid TOML: {}", error.message().replace('\n', ", "));
            walk.problems.push(Problem { file: file.to_owned(), line, what, remedy: "Mend the syntax.".to_owned() });
        }
        problems.append(&mut walk.problems);
        return None;
    }

    let at = root.span().start;
    let value = walk.table("", at, root.get_ref(), shape);
    problems.append(&mut walk.problems);
    let document = Document { file: file.to_owned(), lines: walk.lines };
    if walk.broken {
        return None;
    }
    match value?.try_into() {
        Ok(value) => Some((document, value)),
        Err(error) => {
            problems.push(document.problem("", error.to_string().replace('\n', ", "), "See docs/pack-format.md."));
            None
        }
    }
}

struct Walk<'a> {
    file: &'a str,
    line_starts: Vec<usize>,
    lines: HashMap<String, usize>,
    problems: Vec<Problem>,
    /// Something is missing or of a wrong type that cannot be stood in for.
    broken: bool,
}

impl<'a> Walk<'a> {
    fn new(file: &'a str, text: &str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Walk { file, line_starts, lines: HashMap::new(), problems: Vec::new(), broken: false }
    }

    fn line_at(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    fn report(&mut self, byte: usize, what: String, remedy: String) {
        let line = self.line_at(byte);
        self.problems.push(Problem { file: self.file.to_owned(), line, what, remedy });
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue>, shape: &Shape) -> Option<Value> {
        let at = value.span().start;
        let line = self.line_at(at);
        self.lines.insert(path.to_owned(), line);
        match (shape, value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => {
                let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if folded.is_empty() {
                    self.report(at, format!("`{path}` is empty"), "Write it, or remove the key.".to_owned());
                }
                Some(Value::String(folded))
            }
            (Shape::OneOf(words), DeValue::String(text)) if words.contains(&text.as_ref()) => {
                Some(Value::String(text.to_string()))
            }
            (Shape::OneOf(words), DeValue::String(text)) => {
                self.report(at, format!("`{path}` cannot be `{text}`"), did_you_mean(text, words.iter().copied()));
                self.broken = true;
                None
            }
            (Shape::Whole, DeValue::Integer(number)) => {
                match i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| (0..=1_000_000).contains(n))
                {
                    Some(number) => Some(Value::Integer(number)),
                    None => self.wrong(path, at, shape, value.get_ref()),
                }
            }
            (Shape::Flag, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
            (Shape::Any(each) | Shape::Many(each), DeValue::Array(list)) => {
                if list.is_empty() && matches!(shape, Shape::Many(_)) {
                    self.report(at, format!("`{path}` is an empty list"), "Give it at least one entry.".to_owned());
                }
                let items = list.iter().enumerate();
                let items = items.filter_map(|(i, item)| self.value(&format!("{path}[{i}]"), item, each));
                Some(Value::Array(items.collect()))
            }
            (Shape::Map(_) | Shape::Keys(_) | Shape::Tagged(..) | Shape::OneKey(_), DeValue::Table(table)) => {
                self.table(path, at, table, shape)
            }
            (_, found) => self.wrong(path, at, shape, found),
        }
    }

    fn wrong(&mut self, path: &str, at: usize, shape: &Shape, found: &DeValue) -> Option<Value> {
        let wanted = match shape {
            Shape::Text => "a text in quotes",
            Shape::OneOf(_) => "a word in quotes",
            Shape::Whole => "a whole number of 0 or more",
            Shape::Flag => "true or false",
            Shape::Any(_) | Shape::Many(_) => "a list",
            Shape::Map(_) | Shape::Keys(_) | Shape::Tagged(..) | Shape::OneKey(_) => "a table",
        };
        let what = format!("`{path}` is not {wanted} but a TOML {}", found.type_str());
        self.report(at, what, format!("Write {wanted}; see docs/pack-format.md."));
        self.broken = true;
        None
    }

    fn table(&mut self, path: &str, at: usize, table: &DeTable, shape: &Shape) -> Option<Value> {
        match shape {
            Shape::Map(each) => {
                let mut read = Table::new();
                for (key, value) in table {
                    if let Some(value) = self.value(&join(path, key.get_ref()), value, each) {
                        read.insert(key.get_ref().to_string(), value);
                    }
                }
                Some(Value::Table(read))
            }
            Shape::Keys(keys) => Some(Value::Table(self.keys(path, at, table, keys, None))),
            Shape::Tagged(tag, variants) => {
                let names = variants.iter().map(|(name, _)| *name);
                let found = table.get(*tag).and_then(|value| Some((value.span().start, value.get_ref().as_str()?)));
                let Some((tag_at, name)) = found else {
                    let all = names.collect::<Vec<_>>().join(", ");
                    self.report(at, format!("`{}` is missing", join(path, tag)), format!("Write one of: {all}."));
                    self.broken = true;
                    return None;
                };
                let Some((_, keys)) = variants.iter().find(|(variant, _)| *variant == name) else {
                    let what = format!("`{}` cannot be `{name}`", join(path, tag));
                    self.report(tag_at, what, did_you_mean(name, names));
                    self.broken = true;
                    return None;
                };
                let mut read = self.keys(path, at, table, keys, Some(tag));
                read.insert((*tag).to_owned(), Value::String(name.to_owned()));
                Some(Value::Table(read))
            }
            Shape::OneKey(keys) => {
                let read = self.keys(path, at, table, keys, None);
                if read.len() != 1 && !self.broken {
                    let all = keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ");
                    let what = format!("`{path}` has {} keys", read.len());
                    self.report(at, what, format!("Write exactly one of: {all}."));
                    self.broken = true;
                }
                Some(Value::Table(read))
            }
            _ => None,
        }
    }

    fn keys(&mut self, path: &str, at: usize, table: &DeTable, keys: &[Key], tag: Option<&str>) -> Table {
        let mut read = Table::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if Some(name) == tag {
                continue;
            }
            let Some(known) = keys.iter().find(|known| known.name == name) else {
                let remedy = did_you_mean(name, keys.iter().map(|known| known.name));
                self.report(key.span().start, format!("unknown key `{}`", join(path, name)), remedy);
                continue;
            };
            if let Some(value) = self.value(&join(path, name), value, &known.shape) {
                read.insert(name.to_owned(), value);
            }
        }
        for key in keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            let path = join(path, key.name);
            self.report(at, format!("`{path}` is missing"), format!("Add `{}`; see docs/pack-format.md.", key.name));
            match key.shape {
                Shape::Text => _ = read.insert(key.name.to_owned(), Value::String(String::new())),
                _ => self.broken = true,
            }
        }
        read
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Keys(&[
        must("name", Shape::Text),
        may("size", Shape::Whole),
        may("loud", Shape::Flag),
        may("colour", Shape::OneOf(&["red", "green"])),
        may("tags", Shape::Many(&Shape::Text)),
        may("parts", Shape::Any(&Shape::Keys(&[must("id", Shape::Text)]))),
        may("for", Shape::OneKey(&[may("point", Shape::Text), may("step", Shape::Text)])),
        may("heard", Shape::Tagged("when", &[("said", &[must("any", Shape::Many(&Shape::Text))])])),
    ]);

    /// Each problem as `line: what. remedy`.
    fn check(text: &str, expected: &[&str]) {
        let mut problems = Vec::new();
        read::<Value>("f", text, &SHAPE, &mut problems);
        let found: Vec<String> = problems.iter().map(|p| format!("{}: {}. {}", p.line, p.what, p.remedy)).collect();
        assert_eq!(found, expected, "in {text:?}");
    }

    #[test]
    fn everything_wrong_is_found_at_once() {
        check("name = 'a'\nsize = 2\nloud = true\ncolour = 'red'\ntags = ['x']\nfor = { point = 'p' }", &[]);
        check(
            "name = 'a'\nnmae = 'b'\nsize = 'c'\n",
            &[
                "2: unknown key `nmae`. Did you mean `name`?",
                "3: `size` is not a whole number of 0 or more but a TOML string. Write a whole number of 0 or more; see docs/pack-format.md.",
            ],
        );
        check(
            "name = 'a'\n[[parts]]\nid = 'x'\n\n[[parts]]\n",
            &["5: `parts[1].id` is missing. Add `id`; see docs/pack-format.md."],
        );
        check(
            "name = ' '\ntags = []",
            &[
                "1: `name` is empty. Write it, or remove the key.",
                "2: `tags` is an empty list. Give it at least one entry.",
            ],
        );
        check("name = 'a'\ncolour = 'gren'", &["2: `colour` cannot be `gren`. Did you mean `green`?"]);
        check(
            "name = 'a'\nfor = { point = 'x', step = 'y' }",
            &["2: `for` has 2 keys. Write exactly one of: point, step."],
        );
        check("name = 'a'\n[heard]\nwhen = 'sad'", &["3: `heard.when` cannot be `sad`. Did you mean `said`?"]);
        check("name = 'a'\n[heard]\nany = ['x']", &["2: `heard.when` is missing. Write one of: said."]);
        check(
            "name = 'a'\n[heard]\nwhen = 'said'\nwords = 3",
            &[
                "4: unknown key `heard.words`. Choose from: any.",
                "2: `heard.any` is missing. Add `any`; see docs/pack-format.md.",
            ],
        );
    }

    #[test]
    fn broken_syntax_is_reported_with_its_line() {
        let mut problems = Vec::new();
        assert!(read::<Value>("f", "name = 'a'\nsize = \n", &SHAPE, &mut problems).is_none());
        assert_eq!(problems[0].line, 2);
        assert!(problems[0].what.starts_with("not valid TOML"), "{}", problems[0].what);
        problems.clear();
        assert!(read::<Value>("f", "name = 'a'\nname = 'b'\n", &SHAPE, &mut problems).is_none());
        assert_eq!(problems[0].line, 2);
    }

    #[test]
    fn lines_are_known_after_reading_and_white_space_is_folded() {
        let text = "name = \"\"\"\none\n  two\"\"\"\n[[parts]]\nid = 'x'";
        let (document, value) = read::<Value>("f", text, &SHAPE, &mut Vec::new()).unwrap();
        assert_eq!(value["name"].as_str(), Some("one two"));
        assert_eq!(document.line("parts[0].id"), 5);
        assert_eq!(document.line("parts[0].nothing"), 4);
        assert_eq!(document.line("nothing"), 1);
    }
}
