//! Judging many answers from a file of JSON lines: what goes in, what comes out, and going on where a run was cut.
//!
//! It reads and writes lines; the judging itself is handed in. A line that cannot be read becomes a line that says so.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, Read, Seek, SeekFrom, Write},
};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::interview::{
    assessment::{Assessment, DimensionOutcome, DimensionResult, Evidence, Verdict},
    probe::ChosenProbe,
    question::{AskedLevel, Kind},
    rubric::Rubric,
};

/// One answer to judge, a line of the input.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BatchLine {
    /// Text or a number; names the line of the output.
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    /// An id of a pack, its words, or free text that no pack knows.
    pub question: String,
    pub kind: Kind,
    pub asked_level: Option<AskedLevel>,
    pub transcript: String,
}

/// What became of it, a line of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchResult {
    pub id: String,
    pub kind: Kind,
    /// By dimension: 0 to 4, null where the question gives no occasion, "ungraded" where it could not be judged.
    pub scores: Map<String, Value>,
    pub evidence: Vec<BatchEvidence>,
    /// What each dimension below 4 lacks first, as "dimension: what".
    pub missing: Vec<String>,
    pub verdict: Option<Verdict>,
    pub probe: Option<BatchProbe>,
    /// Why nothing was judged, where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Reasons to take it with care, and notes on single dimensions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
}

/// Words of the transcript that support a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchEvidence {
    pub dimension: String,
    pub check: String,
    pub text: String,
}

/// The follow-up that would be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchProbe {
    pub id: String,
    pub text: String,
    pub reason: String,
}

/// An input line that could not be judged at all; it has an output line of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchError {
    /// The id, or "line 7" where none could be read.
    pub id: String,
    pub error: String,
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchProgress {
    /// Lines with an output now, those of earlier runs included.
    pub done: usize,
    /// Of these, lines that were there already.
    pub skipped: usize,
    /// Of these, lines with an error.
    pub errors: usize,
}

/// Makes an output line of an assessment. `rubric` names the dimensions where none were graded.
pub fn result(
    line: &BatchLine,
    assessment: &Assessment,
    rubric: Option<&Rubric>,
    probe: Option<&ChosenProbe>,
) -> BatchResult {
    let probe =
        probe.map(|probe| BatchProbe { id: probe.id.clone(), text: probe.text.clone(), reason: probe.reason.clone() });
    let empty = BatchResult {
        id: line.id.clone(),
        kind: line.kind,
        scores: Map::new(),
        evidence: Vec::new(),
        missing: Vec::new(),
        verdict: None,
        probe,
        why: None,
        cautions: Vec::new(),
    };
    match assessment {
        Assessment::Judged(judgement) => BatchResult {
            scores: judgement.dimensions.iter().map(|d| (d.dimension.clone(), score(&d.outcome))).collect(),
            evidence: judgement.dimensions.iter().flat_map(evidence).collect(),
            missing: judgement.dimensions.iter().filter_map(missing).collect(),
            verdict: judgement.verdict.clone(),
            cautions: cautions(&judgement.cautions, &judgement.dimensions),
            ..empty
        },
        Assessment::Ungraded { why } | Assessment::PracticeSignal { why } => {
            let ids = rubric.into_iter().flat_map(|rubric| &rubric.dimensions).map(|d| d.id.clone());
            BatchResult { scores: ids.map(|id| (id, json!("ungraded"))).collect(), why: Some(why.clone()), ..empty }
        }
    }
}

fn score(outcome: &DimensionOutcome) -> Value {
    match outcome {
        DimensionOutcome::Level(level) => json!(level.get()),
        DimensionOutcome::NoOccasion => Value::Null,
        DimensionOutcome::Ungraded(_) => json!("ungraded"),
    }
}

fn evidence(dimension: &DimensionResult) -> impl Iterator<Item = BatchEvidence> {
    dimension.evidence.iter().map(|Evidence { supports, text, .. }| BatchEvidence {
        dimension: dimension.dimension.clone(),
        check: supports.clone(),
        text: text.clone(),
    })
}

fn missing(dimension: &DimensionResult) -> Option<String> {
    dimension.missing.as_ref().map(|what| format!("{}: {what}", dimension.dimension))
}

fn cautions(whole: &[String], dimensions: &[DimensionResult]) -> Vec<String> {
    let of_one = |dimension: &DimensionResult| {
        let ungraded = match &dimension.outcome {
            DimensionOutcome::Ungraded(why) => Some(why.clone()),
            _ => None,
        };
        let id = dimension.dimension.clone();
        dimension.notes.iter().cloned().chain(ungraded).map(move |note| format!("{id}: {note}")).collect::<Vec<_>>()
    };
    whole.iter().cloned().chain(dimensions.iter().flat_map(of_one)).collect()
}

/// Makes an output file ready to be gone on with: cuts a last line that was not finished, and tells which ids are in it.
///
/// The writer stands at the end afterwards. To have an answer judged again, delete its line.
pub fn resume(output: &mut (impl Read + Write + Seek + Truncate)) -> io::Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    let mut bytes = Vec::new();
    output.seek(SeekFrom::Start(0))?;
    output.read_to_end(&mut bytes)?;
    let mut done = BTreeSet::new();
    let mut whole = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let named = serde_json::from_slice::<Named>(line);
        if !line.ends_with(b"\n") && named.is_err() {
            break;
        }
        whole += line.len() as u64;
        done.extend(named.map(|named| named.id));
    }
    output.truncate_to(whole)?;
    output.seek(SeekFrom::End(0))?;
    let unfinished = whole > 0 && bytes.get(whole as usize - 1) != Some(&b'\n');
    if unfinished {
        output.write_all(b"\n")?;
    }
    Ok(done)
}

/// Something whose end can be cut off: a file, or the bytes that stand for one in a test.
pub trait Truncate {
    fn truncate_to(&mut self, length: u64) -> io::Result<()>;
}

impl Truncate for std::fs::File {
    fn truncate_to(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

impl Truncate for io::Cursor<Vec<u8>> {
    fn truncate_to(&mut self, length: u64) -> io::Result<()> {
        self.get_mut().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// Judges every line of `reader` whose id is not in `done`, and writes each result as soon as it is there.
///
/// Fails only when reading or writing does; dropping it loses the line it is at, and nothing before.
pub async fn run(
    reader: impl BufRead,
    writer: &mut impl Write,
    mut done: BTreeSet<String>,
    judge_one: impl AsyncFn(&BatchLine) -> BatchResult,
    mut progress: impl FnMut(BatchProgress),
) -> io::Result<BatchProgress> {
    let mut so_far = BatchProgress::default();
    let mut seen = BTreeSet::new();
    for (number, text) in (1..).zip(reader.split(b'\n')) {
        let text = text?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let line = read_line(number, &text, &mut seen);
        let id = line.as_ref().map_or_else(|error| error.id.clone(), |line| line.id.clone());
        if !done.insert(id) {
            so_far.skipped += 1;
            so_far.done += 1;
            progress(so_far);
            continue;
        }
        let mut out = match line {
            Ok(line) => serde_json::to_vec(&judge_one(&line).await)?,
            Err(error) => {
                so_far.errors += 1;
                serde_json::to_vec(&error)?
            }
        };
        out.push(b'\n');
        writer.write_all(&out)?;
        writer.flush()?;
        so_far.done += 1;
        progress(so_far);
    }
    Ok(so_far)
}

fn read_line(number: usize, text: &[u8], seen: &mut BTreeSet<String>) -> Result<BatchLine, BatchError> {
    let at = || format!("line {number}");
    let wrong = |why: String| BatchError { id: at(), error: format!("line {number}: {why}") };
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let line: BatchLine = serde_json::from_slice(text).map_err(|error| {
        wrong(format!("{error}. It must be {{\"id\", \"question\", \"kind\", \"transcript\"}} with texts in it"))
    })?;
    if !seen.insert(line.id.clone()) {
        return Err(wrong(format!("the id {:?} stands in an earlier line too", line.id)));
    }
    Ok(line)
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(serde::de::Error::custom(format!("id must be a text or a number, not {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::{
        interview::assessment::{Judgement, Level},
        llm::fixture,
    };

    const THREE: &str = r#"{"id":"a","question":"Q","kind":"design","asked_level":"staff","transcript":"We shard."}
{"id":2,"question":"Q","kind":"concept","transcript":"It is a log."}

{"id":"c","question":"Q","kind":"behavioural","transcript":"I did."}
"#;

    fn ungraded(line: &BatchLine) -> BatchResult {
        result(line, &Assessment::Ungraded { why: "scripted".into() }, None, None)
    }

    /// Runs a batch on top of an earlier output; returns the output, the ids that were judged, and the progress.
    async fn run_on(input: &str, earlier: &str) -> (String, Vec<String>, BatchProgress) {
        let mut output = io::Cursor::new(earlier.as_bytes().to_vec());
        let done = resume(&mut output).unwrap();
        let judged = RefCell::new(Vec::new());
        let judge_one = async |line: &BatchLine| {
            judged.borrow_mut().push(line.id.clone());
            ungraded(line)
        };
        let progress = run(input.as_bytes(), &mut output, done, judge_one, |_| {}).await.unwrap();
        (String::from_utf8(output.into_inner()).unwrap(), judged.into_inner(), progress)
    }

    #[tokio::test]
    async fn every_line_is_judged_once() {
        let (output, judged, progress) = run_on(THREE, "").await;
        assert_eq!(judged, ["a", "2", "c"]);
        assert_eq!(progress, BatchProgress { done: 3, skipped: 0, errors: 0 });
        let ids: Vec<String> =
            output.lines().map(|line| serde_json::from_str::<BatchResult>(line).unwrap().id).collect();
        assert_eq!(ids, judged);
    }

    #[tokio::test]
    async fn a_run_that_was_cut_goes_on_where_it_was() {
        let (whole, _, _) = run_on(THREE, "").await;
        for cut in 0..=whole.len() {
            let (output, judged, progress) = run_on(THREE, &whole[..cut]).await;
            assert_eq!(output, whole, "cut at {cut}");
            assert_eq!(judged.len() + progress.skipped, 3);
        }
    }

    #[tokio::test]
    async fn a_line_that_cannot_be_read_says_so_and_stops_nothing() {
        let input = format!(
            "{}\n{}\n{}\n{THREE}",
            "not json",
            r#"{"id":"x","question":"Q","kind":"cooking","transcript":"t"}"#,
            r#"{"id":"a","question":"Q","kind":"design","transcript":"first of two"}"#
        );
        let (output, judged, progress) = run_on(&input, "").await;
        assert_eq!(judged, ["a", "2", "c"]);
        assert_eq!(progress, BatchProgress { done: 6, skipped: 0, errors: 3 });
        let errors: Vec<BatchError> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let ids: Vec<&str> = errors.iter().map(|error| error.id.as_str()).collect();
        assert_eq!(ids, ["line 1", "line 2", "line 4"]);
        assert!(errors[1].error.contains("cooking"), "{}", errors[1].error);
        assert!(errors[2].error.contains("\"a\""), "{}", errors[2].error);
        let (again, judged, _) = run_on(&input, &output).await;
        assert_eq!((again, judged.len()), (output, 0));
    }

    #[test]
    fn levels_become_numbers_and_their_absence_does_not() {
        let line: BatchLine = serde_json::from_str(THREE.lines().next().unwrap()).unwrap();
        assert_eq!(line.asked_level, Some(AskedLevel::Staff));
        let dimension = |id: &str, outcome| DimensionResult {
            dimension: id.into(),
            outcome,
            evidence: vec![Evidence {
                supports: format!("{id}_2"),
                text: "we shard".into(),
                words: (0, 2),
                span: None,
            }],
            missing: Some("an alternative".into()),
            notes: vec!["capped".into()],
        };
        let judgement = Judgement {
            dimensions: vec![
                dimension("a", DimensionOutcome::Level(Level::new(3).unwrap())),
                dimension("b", DimensionOutcome::NoOccasion),
                dimension("c", DimensionOutcome::Ungraded("no reply".into())),
            ],
            quotes: 3,
            cautions: vec!["one".into()],
            ..Judgement::default()
        };
        let out = result(&line, &Assessment::Judged(judgement), None, None);
        assert_eq!(Value::Object(out.scores.clone()), json!({"a": 3, "b": null, "c": "ungraded"}));
        assert_eq!(out.missing[0], "a: an alternative");
        assert_eq!(out.cautions, ["one", "a: capped", "b: capped", "c: capped", "c: no reply"]);
        assert_eq!((out.evidence[0].check.as_str(), out.evidence.len()), ("a_2", 3));
        let none = result(&line, &Assessment::Ungraded { why: "cut".into() }, Some(&fixture::rubric()), None);
        assert_eq!(Value::Object(none.scores), json!({"reliability": "ungraded", "tradeoffs": "ungraded"}));
        assert_eq!(none.why.as_deref(), Some("cut"));
    }
}
