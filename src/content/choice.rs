//! Choosing questions by what they are: the filter of `viva questions`, of the API and of the page.
//!
//! A value that no question can have is an error that names what there is, so that nobody takes a slip of the finger for an empty pack.

use crate::interview::{
    pack::{Content, Pack},
    problem::did_you_mean,
    question::{AskedLevel, Difficulty, Kind, Question},
};

/// What a person asked for, as it was typed. An empty text counts as absent.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub kind: Option<String>,
    pub pack: Option<String>,
    /// Id or title.
    pub family: Option<String>,
    pub difficulty: Option<String>,
    pub level: Option<String>,
    /// At most so many.
    pub minutes: Option<u32>,
    /// Id or title of a dimension.
    pub hard_part: Option<String>,
    /// Words that all occur in id, words, title of the family or what is tested.
    pub search: Option<String>,
}

const KINDS: [(&str, Kind); 4] = [
    ("design", Kind::Design),
    ("concept", Kind::Concept),
    ("behavioural", Kind::Behavioural),
    ("coaching", Kind::Coaching),
];
const DIFFICULTIES: [(&str, Difficulty); 3] =
    [("easy", Difficulty::Easy), ("medium", Difficulty::Medium), ("hard", Difficulty::Hard)];
const LEVELS: [(&str, AskedLevel); 3] =
    [("mid", AskedLevel::Mid), ("senior", AskedLevel::Senior), ("staff", AskedLevel::Staff)];

/// The questions that fit everything wanted, by kind, family, difficulty and id. `Err` is a sentence that names what there is.
pub fn choose<'c>(content: &'c Content, wanted: &Wanted) -> Result<Vec<(&'c Pack, &'c Question)>, String> {
    let kind = one_of("kind", &wanted.kind, &KINDS)?;
    let difficulty = one_of("difficulty", &wanted.difficulty, &DIFFICULTIES)?;
    let level = one_of("level", &wanted.level, &LEVELS)?;
    let packs = content.packs.keys().map(|name| (name.as_str(), name.as_str())).collect();
    let pack = named("pack", &wanted.pack, packs)?;
    let families = content.packs.values().flat_map(|pack| &pack.manifest.families);
    let family = named("family", &wanted.family, families.map(|(id, title)| (id.as_str(), title.as_str())).collect())?;
    let hard_part = named("hard part", &wanted.hard_part, hard_parts(content))?;
    if wanted.minutes == Some(0) {
        return Err("no answer takes 0 minutes: use 1 or more".to_owned());
    }
    let words: Vec<String> = fold(wanted.search.as_deref().unwrap_or_default()).split(' ').map(str::to_owned).collect();

    let fits = |(of, question): &(&Pack, &Question)| {
        kind.is_none_or(|kind| question.kind == kind)
            && pack.as_ref().is_none_or(|names| names.contains(&of.manifest.name))
            && family.as_ref().is_none_or(|ids| ids.contains(&question.family))
            && difficulty.is_none_or(|difficulty| question.difficulty == difficulty)
            && level.is_none_or(|level| question.levels.contains(&level))
            && wanted.minutes.is_none_or(|minutes| question.minutes <= minutes)
            && hard_part.as_ref().is_none_or(|ids| question.hard_part.iter().any(|id| ids.contains(id)))
            && says_all(of, question, &words)
    };
    let mut found: Vec<_> = content.questions().filter(fits).collect();
    found.sort_by_key(|(pack, question)| {
        (question.kind, &pack.manifest.name, &question.family, question.difficulty, &question.id)
    });
    Ok(found)
}

/// The title of a family; its id where the pack has none.
pub fn family_title<'c>(pack: &'c Pack, question: &'c Question) -> &'c str {
    pack.manifest.families.get(&question.family).unwrap_or(&question.family)
}

/// The title of a dimension in the rubric of a kind; its id where there is none. Coaching borrows the rubric for concepts.
pub fn dimension_title<'c>(content: &'c Content, kind: Kind, id: &'c str) -> &'c str {
    let kind = if kind == Kind::Coaching { Kind::Concept } else { kind };
    let dimensions = content.rubric(kind).into_iter().flat_map(|rubric| &rubric.dimensions);
    dimensions.into_iter().find(|dimension| dimension.id == id).map_or(id, |dimension| &dimension.title)
}

/// Id and title of every dimension that some question's hard part tests.
fn hard_parts(content: &Content) -> Vec<(&str, &str)> {
    let tested = content.questions().flat_map(|(_, question)| {
        question.hard_part.iter().map(|id| (id.as_str(), dimension_title(content, question.kind, id)))
    });
    let mut all: Vec<_> = tested.collect();
    all.sort();
    all.dedup();
    all
}

fn one_of<T: Copy>(what: &str, typed: &Option<String>, all: &[(&str, T)]) -> Result<Option<T>, String> {
    let Some(typed) = given(typed) else { return Ok(None) };
    let found = all.iter().find(|(name, _)| *name == fold(typed)).map(|(_, value)| *value);
    let names = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| format!("there is no {what} `{typed}`: use one of {}", names()))
}

/// The ids that are meant by an id or a title; packs may share a title.
fn named(what: &str, typed: &Option<String>, all: Vec<(&str, &str)>) -> Result<Option<Vec<String>>, String> {
    let Some(typed) = given(typed) else { return Ok(None) };
    let wanted = fold(typed);
    let meant = all.iter().filter(|(id, title)| fold(id) == wanted || fold(title) == wanted);
    let ids: Vec<String> = meant.map(|(id, _)| (*id).to_owned()).collect();
    if ids.is_empty() {
        let mut known: Vec<&str> = all.iter().map(|(id, _)| *id).collect();
        known.dedup();
        return Err(format!("there is no {what} `{typed}`. {}", did_you_mean(typed, known)));
    }
    Ok(Some(ids))
}

fn given(typed: &Option<String>) -> Option<&str> {
    typed.as_deref().map(str::trim).filter(|typed| !typed.is_empty())
}

fn says_all(pack: &Pack, question: &Question, words: &[String]) -> bool {
    let text = [&question.id, &question.ask, family_title(pack, question), &question.tests].join(" ");
    let text = fold(&text);
    words.iter().all(|word| text.contains(word))
}

/// Lower case, with single spaces in place of hyphens and underscores.
fn fold(text: &str) -> String {
    let text = text.to_lowercase().replace(['-', '_'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::sample_pack;

    /// The ids that fit, or the refusal.
    fn check(wanted: Wanted, expected: Result<&[&str], &[&str]>) {
        let content = Content::parse(&sample_pack::files()).unwrap();
        let found = choose(&content, &wanted);
        match (found, expected) {
            (Ok(found), Ok(ids)) => {
                let found: Vec<&str> = found.iter().map(|(_, question)| question.id.as_str()).collect();
                assert_eq!(found, ids, "{wanted:?}");
            }
            (Err(message), Err(parts)) => {
                parts.iter().for_each(|part| assert!(message.contains(part), "{part:?} is not in: {message}"));
            }
            (found, _) => panic!("{wanted:?} gives {:?}", found.map(|found| found.len())),
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_filter_narrows_the_list_and_they_combine() {
        check(Wanted::default(), Ok(&["rate-limiter", "linear", "teammate", "warm-up"]));
        check(Wanted { kind: text("Concept"), ..Wanted::default() }, Ok(&["linear"]));
        check(Wanted { pack: text("sample"), kind: text("design"), ..Wanted::default() }, Ok(&["rate-limiter"]));
        check(Wanted { family: text("Basics"), minutes: Some(3), ..Wanted::default() }, Ok(&["linear", "warm-up"]));
        check(Wanted { difficulty: text("hard"), ..Wanted::default() }, Ok(&["linear"]));
        check(Wanted { level: text("staff"), ..Wanted::default() }, Ok(&["rate-limiter", "teammate"]));
        check(Wanted { hard_part: text("Reliability"), ..Wanted::default() }, Ok(&["rate-limiter"]));
        check(Wanted { kind: text(" "), search: text(""), ..Wanted::default() }, choose_all());
        check(Wanted { kind: text("coaching"), level: text("staff"), ..Wanted::default() }, Ok(&[]));
    }

    fn choose_all() -> Result<&'static [&'static str], &'static [&'static str]> {
        Ok(&["rate-limiter", "linear", "teammate", "warm-up"])
    }

    #[test]
    fn a_search_looks_at_id_words_family_and_what_is_tested() {
        for (words, found) in [
            ("rate-limiter", &["rate-limiter"][..]),
            ("PUBLIC limiter", &["rate-limiter"]),
            ("limiter linearizable", &[]),
            ("basics", &["rate-limiter", "linear", "teammate", "warm-up"]),
            ("under load", &["rate-limiter"]),
            ("  ", &["rate-limiter", "linear", "teammate", "warm-up"]),
        ] {
            check(Wanted { search: text(words), ..Wanted::default() }, Ok(found));
        }
    }

    #[test]
    fn a_value_that_there_is_not_names_what_there_is() {
        check(
            Wanted { kind: text("behavioral"), ..Wanted::default() },
            Err(&["no kind `behavioral`", "behavioural, "]),
        );
        check(Wanted { kind: text("quiz"), ..Wanted::default() }, Err(&["use one of design, concept"]));
        check(Wanted { family: text("basiks"), ..Wanted::default() }, Err(&["no family", "`basics`?"]));
        check(Wanted { difficulty: text("x"), ..Wanted::default() }, Err(&["easy, medium, hard"]));
        check(Wanted { level: text("principal"), ..Wanted::default() }, Err(&["mid, senior, staff"]));
        check(
            Wanted { hard_part: text("zzz"), ..Wanted::default() },
            Err(&["no hard part", "accuracy, reliability, result"]),
        );
        check(Wanted { pack: text("simple"), ..Wanted::default() }, Err(&["`sample`?"]));
        check(Wanted { minutes: Some(0), ..Wanted::default() }, Err(&["use 1 or more"]));
    }
}
