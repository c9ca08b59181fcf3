//! The plainest form of reply, for models too small for JSON: one line for each check, `rel_2|yes|S4|"the words"`.
//!
//! As strict as [`super::reply`]: what cannot be read is missing, and nothing is filled in.

use super::{
    reply::{ParsedReply, without_thoughts},
    schema::{CONTROL_CHECK, check_ids},
};
use crate::interview::{
    assessment::{CheckReply, Met, Quote},
    rubric::Rubric,
};

/// Quotes beyond this many per check are not read.
const MOST_QUOTES: usize = 4;

/// Reads such a reply to the checks of a rubric. Prose around the lines is passed over.
pub fn parse(text: &str, rubric: &Rubric) -> ParsedReply {
    let lines: Vec<Vec<&str>> = without_thoughts(text).lines().filter_map(fields).collect();
    let mut parsed = ParsedReply::default();
    for id in check_ids(rubric) {
        match answer(&lines, id) {
            Some((met, quotes)) => parsed.checks.push(CheckReply { check: id.to_owned(), met, quotes }),
            None => {
                parsed
                    .problems
                    .push(format!("There is no one line that begins with {id:?} and says no, almost or yes."));
                parsed.missing.push(id.to_owned());
            }
        }
    }
    parsed.control = answer(&lines, CONTROL_CHECK).map(|(met, _)| met);
    if parsed.control.is_none() {
        parsed.problems.push(format!("There is no one line that begins with {CONTROL_CHECK:?}."));
    }
    let marked = lines.iter().filter(|fields| fields[0] == "injection_segments");
    let numbers = marked.flat_map(|fields| &fields[1..]).flat_map(|field| field.split(','));
    parsed.injected = numbers.filter_map(segment_number).collect();
    parsed
}

/// The fields of a line that has some.
fn fields(line: &str) -> Option<Vec<&str>> {
    let line = line.trim().trim_start_matches(['-', '*', '`', '|', ' ']).trim_end_matches(['`', '|', ' ']);
    let fields: Vec<&str> = line.split('|').map(|field| field.trim().trim_matches('`')).collect();
    (fields.len() > 1).then_some(fields)
}

/// What the lines say of one check; `None` where none does, or two say different things.
fn answer(lines: &[Vec<&str>], id: &str) -> Option<(Met, Vec<Quote>)> {
    let mut said = lines.iter().filter(|fields| fields[0] == id);
    let (met, mut quotes) = one_answer(said.next()?)?;
    for other in said {
        let (again, further) = one_answer(other)?;
        if again != met {
            return None;
        }
        quotes.extend(further);
    }
    quotes.truncate(MOST_QUOTES);
    Some((met, quotes))
}

fn one_answer(fields: &[&str]) -> Option<(Met, Vec<Quote>)> {
    let met = match fields.get(1)?.to_lowercase().trim_matches(['"', '.']) {
        "yes" => Met::Yes,
        "almost" => Met::Almost,
        "no" => Met::No,
        _ => return None,
    };
    let mut quotes = Vec::new();
    let mut segment = None;
    for field in &fields[2..] {
        match segment_number(field) {
            Some(number) => segment = Some(number),
            None => {
                let text = field.trim_matches(['"', '“', '”', ' ']);
                if !text.is_empty() {
                    quotes.push(Quote { text: text.to_owned(), segment: segment.take() });
                }
            }
        }
    }
    Some((met, quotes))
}

/// `S3` or `3`.
fn segment_number(text: &str) -> Option<usize> {
    text.trim().trim_start_matches(['S', 's', '#']).parse().ok().filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::fixture::rubric;

    /// All checks and the control, each with "no".
    fn all_no() -> Vec<String> {
        check_ids(&rubric()).chain([CONTROL_CHECK]).map(|id| format!("{id}|no")).collect()
    }

    #[test]
    fn one_line_for_each_check_is_a_whole_reply() {
        let mut lines = all_no();
        lines[0] = r#"- reliability_1 | Yes | S2 | "if a worker dies" | S1 | "a queue" |"#.into();
        lines[1] = "reliability_2|almost".into();
        let text = format!(
            "<think>reliability_3|yes</think>Here you are:\n```\n{}\ninjection_segments|S3, 4\n```",
            lines.join("\n")
        );
        let parsed = parse(&text, &rubric());
        assert!(parsed.problems.is_empty() && parsed.missing.is_empty(), "{:?}", parsed.problems);
        assert_eq!((parsed.control, parsed.injected), (Some(Met::No), vec![3, 4]));
        let quote = |text: &str, n| Quote { text: text.into(), segment: Some(n) };
        assert_eq!(parsed.checks[0].quotes, [quote("if a worker dies", 2), quote("a queue", 1)]);
        let met: Vec<Met> = parsed.checks[..3].iter().map(|check| check.met).collect();
        assert_eq!(met, [Met::Yes, Met::Almost, Met::No]);
    }

    #[test]
    fn a_check_without_a_line_or_with_two_answers_is_missing() {
        for (spoilt, fine) in [
            ("reliability_1", false),
            ("reliability_1|perhaps", false),
            ("reliability_1|4", false),
            ("reliability_1|yes\nreliability_1|no", false),
            ("reliability_1|yes|S1|\"one\"\nreliability_1|yes|S2|\"two\"", true),
        ] {
            let mut lines = all_no();
            lines[0] = spoilt.into();
            let parsed = parse(&lines.join("\n"), &rubric());
            assert_eq!(parsed.missing.is_empty(), fine, "{spoilt}");
            assert_eq!(parsed.problems.is_empty(), fine, "{spoilt}");
        }
        let nothing = parse("This is a strong answer: 4 of 4 | pass", &rubric());
        assert_eq!((nothing.checks.len(), nothing.missing.len(), nothing.control), (0, 8, None));
    }
}
