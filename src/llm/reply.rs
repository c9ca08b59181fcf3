//! What the judge wrote, read into replies to checks: thoughts removed, the object found, every check accounted for.
//!
//! Nothing is repaired by guessing and nothing missing is filled in: what cannot be read is listed, so that it can be
//! asked for again, and what stays missing makes its dimension ungraded.

use serde_json::Value;

use super::schema::{CONTROL_CHECK, check_ids};
use crate::interview::{
    assessment::{CheckReply, Met, Quote},
    rubric::Rubric,
};

/// Quotes beyond this many per check are not read.
const MOST_QUOTES: usize = 4;

/// What could be read of a reply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParsedReply {
    /// In the rubric's order; only checks of the rubric.
    pub checks: Vec<CheckReply>,
    /// Ids of checks that were not answered, or not in a readable way.
    pub missing: Vec<String>,
    /// What the judge said of the check that nothing can meet; `None` when it did not say.
    pub control: Option<Met>,
    /// Numbers (from 1) of segments in which the judge heard talk about judging.
    pub injected: Vec<usize>,
    /// What was wrong, in sentences for the judge itself. Empty: the reply is complete.
    pub problems: Vec<String>,
}

impl ParsedReply {
    /// Adds what an earlier reply answered and this one did not.
    pub fn completed_by(mut self, earlier: ParsedReply, rubric: &Rubric) -> ParsedReply {
        let missing = std::mem::take(&mut self.missing);
        for id in missing {
            match earlier.checks.iter().find(|check| check.check == id) {
                Some(check) => self.checks.push(check.clone()),
                None => self.missing.push(id),
            }
        }
        let place = |id: &str| check_ids(rubric).position(|known| known == id);
        self.checks.sort_by_key(|check| place(&check.check));
        self.control = self.control.or(earlier.control);
        if self.injected.is_empty() {
            self.injected = earlier.injected;
        }
        self
    }
}

/// Reads a reply to the checks of a rubric.
pub fn parse(text: &str, rubric: &Rubric) -> ParsedReply {
    let all_missing = |problem: String| ParsedReply {
        missing: check_ids(rubric).map(str::to_owned).collect(),
        problems: vec![problem],
        ..ParsedReply::default()
    };
    let object = match json_object(text, "checks") {
        Ok(object) => object,
        Err(problem) => return all_missing(problem),
    };
    let answers = &object["checks"];
    let mut parsed = ParsedReply::default();
    for id in check_ids(rubric) {
        match answer_to(answers, id).ok_or(Unread::Absent).and_then(|answer| read_check(id, answer)) {
            Ok(check) => parsed.checks.push(check),
            Err(unread) => {
                parsed.problems.push(unread.sentence(id));
                parsed.missing.push(id.to_owned());
            }
        }
    }
    match answer_to(answers, CONTROL_CHECK).map(read_met) {
        Some(Some(met)) => parsed.control = Some(met),
        _ => parsed.problems.push(Unread::Absent.sentence(CONTROL_CHECK)),
    }
    let numbers = object.get("injection_segments").and_then(Value::as_array);
    parsed.injected = numbers.into_iter().flatten().filter_map(segment_number).collect();
    parsed
}

/// The JSON object in a reply that has `key` in it: without thoughts, without the prose or the fence around it.
///
/// The error is a sentence that says what was found instead.
pub fn json_object(text: &str, key: &str) -> Result<Value, String> {
    let text = without_thoughts(text);
    if text.trim().is_empty() {
        return Err("The reply was empty.".to_owned());
    }
    let mut problem = "There was no JSON object in the reply.".to_owned();
    let mut broken = false;
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let start = from + at;
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(object)) if object.get(key).is_some() => return Ok(object),
            Some(Ok(_)) => {
                if !broken {
                    problem = format!("The object has no {key:?}.");
                }
                from = start + values.byte_offset();
            }
            Some(Err(error)) => {
                if !broken {
                    problem = format!("The JSON is broken: {error}.");
                }
                broken = true;
                from = start + 1;
            }
            None => break,
        }
    }
    Err(problem)
}

/// Cuts out what a model thought aloud: closed, never closed, or closed without having been opened.
///
/// This comes before anything else: a number in a thought is not an answer.
pub fn without_thoughts(text: &str) -> &str {
    const TAGS: [(&str, &str); 4] = [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
    ];
    let is_json_throughout = serde_json::from_str::<serde::de::IgnoredAny>(text.trim()).is_ok();
    if is_json_throughout {
        // A tag in it was spoken, and is quoted.
        return text;
    }
    let mut rest = text;
    for (open, close) in TAGS {
        if let Some(at) = rest.rfind(close) {
            rest = &rest[at + close.len()..];
        }
        if let Some(at) = rest.find(open) {
            rest = &rest[..at];
        }
    }
    rest
}

/// Why a check could not be read.
enum Unread {
    Absent,
    BadMet,
}

impl Unread {
    fn sentence(&self, id: &str) -> String {
        match self {
            Unread::Absent => format!("The check {id:?} is missing."),
            Unread::BadMet => format!("The check {id:?} needs \"met\": \"no\", \"almost\" or \"yes\"."),
        }
    }
}

/// The answer to one check, whether checks came as an object by id or as a list with ids in it.
fn answer_to<'a>(answers: &'a Value, id: &str) -> Option<&'a Value> {
    match answers {
        Value::Array(list) => {
            list.iter().find(|one| ["id", "check", "check_id"].iter().any(|key| one.get(key).is_some_and(|v| v == id)))
        }
        _ => answers.get(id),
    }
}

fn read_check(id: &str, answer: &Value) -> Result<CheckReply, Unread> {
    let met = read_met(answer).ok_or(Unread::BadMet)?;
    let evidence = answer.get("evidence").and_then(Value::as_array);
    let quotes = evidence.into_iter().flatten().filter_map(read_quote).take(MOST_QUOTES).collect();
    Ok(CheckReply { check: id.to_owned(), met, quotes })
}

fn read_met(answer: &Value) -> Option<Met> {
    match answer.get("met")? {
        Value::Bool(true) => Some(Met::Yes),
        Value::Bool(false) => Some(Met::No),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "yes" => Some(Met::Yes),
            "almost" => Some(Met::Almost),
            "no" => Some(Met::No),
            _ => None,
        },
        _ => None,
    }
}

fn read_quote(value: &Value) -> Option<Quote> {
    let (text, segment) = match value {
        Value::String(text) => (text.as_str(), None),
        _ => (value.get("quote")?.as_str()?, value.get("segment").and_then(segment_number)),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| Quote { text: text.to_owned(), segment })
}

/// `3`, `"3"` or `"S3"`.
fn segment_number(value: &Value) -> Option<usize> {
    let number = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().trim_start_matches(['S', 's', '#']).parse().ok()?,
        _ => return None,
    };
    usize::try_from(number).ok().filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::fixture::rubric;

    fn complete() -> Value {
        let mut checks = serde_json::Map::new();
        for id in check_ids(&rubric()) {
            checks.insert(id.into(), json!({"evidence": [], "met": "no"}));
        }
        checks.insert(CONTROL_CHECK.into(), json!({"evidence": [], "met": "no"}));
        json!({"checks": checks, "injection_segments": []})
    }

    #[test]
    fn thoughts_are_removed_before_anything_is_read() {
        let cases = [
            (r#"<think>maybe {"score":4}? no</think>{"score":2}"#, r#"{"score":2}"#),
            (r#"maybe {"score":4}? no</think>{"score":2}"#, r#"{"score":2}"#),
            (r#"{"score":2}<think>or rather {"score":4}"#, r#"{"score":2}"#),
            (r#"<think>a</think><think>{"score":4}</think> {"score":2}"#, r#"{"score":2}"#),
            (r#"<thinking>{"score":4}</thinking>{"score":2}"#, r#"{"score":2}"#),
            (r#"{"quote":"then </think> he said"}"#, r#"{"quote":"then </think> he said"}"#),
        ];
        for (text, expected) in cases {
            let expected: Value = serde_json::from_str(expected).unwrap();
            let found = ["score", "quote"].iter().find_map(|key| json_object(text, key).ok());
            assert_eq!(found, Some(expected), "{text}");
        }
        assert!(
            json_object(r#"<think>{"score":4} and so on"#, "score").is_err(),
            "a thought that never ends is no answer"
        );
    }

    #[test]
    fn the_object_is_found_in_what_is_around_it() {
        for text in [
            "{\"a\":1}",
            "Here it is:\n```json\n{\"a\":1}\n```\nHope this helps {smile}",
            "In the form {} as {asked}: {\"b\":2} {\"a\":1}",
            "\u{feff}{\"a\":1}",
        ] {
            assert_eq!(json_object(text, "a"), Ok(json!({"a": 1})), "{text}");
        }
        for (text, problem) in [
            ("", "empty"),
            ("I think it is a strong answer.", "no JSON object"),
            ("{\"a\": {\"b\": 1", "broken"),
            ("{'a': 1}", "broken"),
            ("{\"b\": 1}", "has no \"a\""),
        ] {
            assert!(json_object(text, "a").unwrap_err().contains(problem), "{text}");
        }
    }

    #[test]
    fn a_complete_reply_is_read_whole() {
        let mut reply = complete();
        reply["checks"]["reliability_2"] = json!({"evidence": [{"quote": " we retry twice ", "segment": 3}, {"quote": "", "segment": 1}], "met": "yes"});
        reply["checks"]["reliability_9"] = json!({"evidence": [], "met": "yes"});
        reply["injection_segments"] = json!([2, "S4", 0, -1]);
        let parsed = parse(&reply.to_string(), &rubric());
        assert_eq!(parsed.problems, [""; 0]);
        assert_eq!((parsed.checks.len(), parsed.missing.len(), parsed.control), (8, 0, Some(Met::No)));
        assert_eq!(parsed.injected, [2, 4]);
        let check = &parsed.checks[1];
        assert_eq!((check.check.as_str(), check.met), ("reliability_2", Met::Yes));
        assert_eq!(check.quotes, [Quote { text: "we retry twice".into(), segment: Some(3) }]);
    }

    #[test]
    fn what_is_missing_is_listed_and_never_filled_in() {
        type Spoil = fn(&mut Value);
        let cases: [(Spoil, &[&str]); 5] = [
            (
                |r| {
                    r["checks"].as_object_mut().unwrap().remove("tradeoffs_3");
                },
                &["tradeoffs_3"],
            ),
            (|r| r["checks"]["tradeoffs_1"]["met"] = json!("perhaps"), &["tradeoffs_1"]),
            (|r| r["checks"]["tradeoffs_1"]["met"] = json!(4), &["tradeoffs_1"]),
            (|r| r["checks"]["tradeoffs_4"] = json!("yes"), &["tradeoffs_4"]),
            (|r| r["checks"]["reliability_1"]["met"] = Value::Null, &["reliability_1"]),
        ];
        for (spoil, missing) in cases {
            let mut reply = complete();
            spoil(&mut reply);
            let parsed = parse(&reply.to_string(), &rubric());
            assert_eq!(parsed.missing, missing);
            assert_eq!(parsed.problems.len(), missing.len());
            assert_eq!(parsed.checks.len() + missing.len(), 8);
        }
        let nothing = parse(r#"{"verdict": "pass", "score": 4}"#, &rubric());
        assert_eq!((nothing.checks.len(), nothing.missing.len()), (0, 8));
    }

    #[test]
    fn an_order_that_was_not_asked_for_is_read_all_the_same() {
        let list: Vec<Value> =
            check_ids(&rubric()).map(|id| json!({"id": id, "met": "No", "evidence": ["some words"]})).collect();
        let parsed = parse(&json!({"checks": list}).to_string(), &rubric());
        assert_eq!((parsed.checks.len(), parsed.missing.len()), (8, 0));
        assert_eq!(parsed.checks[0].quotes[0].segment, None);
        assert_eq!(parsed.control, None);
        assert_eq!(parsed.problems.len(), 1, "the control check is asked for again");
    }

    #[test]
    fn a_second_reply_is_completed_by_the_first() {
        let (mut first, mut second) = (complete(), complete());
        first["checks"].as_object_mut().unwrap().remove("reliability_1");
        first["checks"]["tradeoffs_2"]["met"] = json!("yes");
        second["checks"] = json!({"reliability_1": {"evidence": [], "met": "almost"}});
        let (first, second) = (parse(&first.to_string(), &rubric()), parse(&second.to_string(), &rubric()));
        let whole = second.completed_by(first, &rubric());
        assert_eq!(whole.missing, [""; 0]);
        assert!(whole.checks.iter().map(|c| c.check.as_str()).eq(check_ids(&rubric())), "in the rubric's order");
        assert_eq!((whole.checks[0].met, whole.checks[5].met), (Met::Almost, Met::Yes));
        assert_eq!(whole.control, Some(Met::No));
    }
}
