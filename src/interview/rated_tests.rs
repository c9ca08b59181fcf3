//! What code says of the rated answers without a model: nothing is withheld, nothing earned is refused, hardly a false alarm, and the
//! bank's probes aim at gaps.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    calibration::set::CalibrationSet,
    claim::Said,
    own_words, practice_signal,
    probe::{self, ProbeContext},
    question::{Kind, ProbeTarget, Question},
    sample_pack::shipped,
    transcript::{Transcript, TurnNo},
    withholding::{self, Heard, Outcome, What, withholds},
};

/// An answer of the fixtures with what it answers.
pub struct Answer {
    pub name: String,
    pub question: Option<&'static Question>,
    pub asked: String,
    pub kind: Kind,
    pub text: String,
}

fn lines(text: &'static str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every rated and written answer that the tests know.
pub fn rated() -> Vec<Answer> {
    let mut all = Vec::new();
    let known = |id: &str| shipped().question(id).map(|(_, question)| question);
    let mut add = |name: String, question: Option<&'static Question>, asked: String, kind: Kind, text: String| {
        all.push(Answer { name, question, asked, kind, text });
    };
    for set in [
        include_str!("../../prompts/calibration/answers-a.jsonl"),
        include_str!("../../prompts/calibration/answers-b.jsonl"),
        include_str!("../../tests/fixtures/answers/three-qualities.jsonl"),
    ] {
        for line in lines(set) {
            let question = known(line["question"].as_str().unwrap()).unwrap();
            let name = format!("{}{} {}", string(&line, "id"), string(&line, "quality"), question.id);
            add(name, Some(question), question.ask.clone(), question.kind, string(&line, "answer"));
        }
    }
    for line in lines(include_str!("../../tests/fixtures/gold/answers.jsonl")) {
        let kind = Kind::from_name(line["kind"].as_str().unwrap()).unwrap();
        add(string(&line, "id"), None, string(&line, "question"), kind, string(&line, "transcript"));
    }
    for line in lines(include_str!("../../tests/fixtures/answers/mistakes.jsonl")) {
        let kind = Kind::from_name(line["kind"].as_str().unwrap()).unwrap();
        add(string(&line, "mistake"), None, String::new(), kind, string(&line, "answer"));
    }
    all
}

pub fn found_in(answer: &Answer, text: &str) -> Vec<Outcome> {
    let transcript = Transcript::typed(text);
    let heard = Heard {
        transcript: &transcript,
        asked: &answer.asked,
        kind: answer.kind,
        question: answer.question,
        is_reply: false,
        corrected: false,
    };
    withholding::outcomes(&heard, shipped())
}

#[test]
fn no_rated_answer_is_withheld() {
    let all = rated();
    assert!(all.len() > 270, "{}", all.len());
    let mut noted = Vec::new();
    for answer in &all {
        let found = found_in(answer, &answer.text);
        let withheld = withholds(&found).map(|outcome| outcome.what.clone());
        assert_eq!(withheld, None, "{}: {}", answer.name, answer.text);
        noted.extend(found.iter().map(|outcome| format!("{}: {:?}", answer.name, outcome)));
    }
    // Two begin with "great question".
    assert!(noted.len() <= 3, "{}", noted.join("\n"));
    assert!(noted.iter().all(|note| note.contains("Praise") && note.contains("reat question")), "{}", noted.join("\n"));
}

#[test]
fn no_words_that_earned_a_level_are_refused() {
    for (answers, labels) in [
        (
            include_str!("../../prompts/calibration/answers-a.jsonl"),
            include_str!("../../prompts/calibration/second-labels-a.jsonl"),
        ),
        (
            include_str!("../../prompts/calibration/answers-b.jsonl"),
            include_str!("../../prompts/calibration/second-labels-b.jsonl"),
        ),
    ] {
        for answer in CalibrationSet::parse(answers, labels).unwrap().answers {
            let rubric = shipped().rubric(answer.kind).unwrap();
            let transcript = answer.transcript();
            let mut replies = answer.replies(rubric);
            let neutral = withholding::neutralised(&transcript, Some(rubric));
            assert_eq!(withholding::refuse(&mut replies, &neutral, &transcript), 0, "{}: {neutral:?}", answer.id);
        }
    }
}

#[test]
fn answers_to_another_question_are_told_apart_in_part() {
    let all = rated();
    let told =
        |answer: &&Answer| matches!(answer.kind, Kind::Design | Kind::Concept) && answer.name.starts_with("strong");
    let strong: Vec<&Answer> = all.iter().filter(told).collect();
    let (mut tried, mut caught) = (0, 0);
    for (place, answer) in strong.iter().enumerate() {
        let others = (1..=3).map(|step| strong[(place + step) % strong.len()]);
        for other in others.filter(|other| other.kind == answer.kind) {
            tried += 1;
            let found = found_in(other, &answer.text);
            let what = withholds(&found).map(|outcome| outcome.what.clone());
            caught += usize::from(matches!(what, Some(What::AnotherQuestion { .. })));
            assert_ne!(what, Some(What::OffTopic), "{} under {}", answer.name, other.name);
        }
    }
    println!("{caught} of {tried} strong answers are known under another question");
    assert!(tried >= 15 && 4 * caught >= tried, "{caught} of {tried}");
}

#[test]
fn sums_and_commitments_raise_hardly_a_false_alarm() {
    let mut alarms = Vec::new();
    let all = rated();
    for answer in &all {
        let transcript = Transcript::typed(&answer.text);
        let said = Said { turn: TurnNo(1), asked: "", transcript: &transcript };
        alarms
            .extend(own_words::probes(said, &[]).into_iter().map(|found| format!("{}: {}", answer.name, found.reason)));
    }
    println!("{} alarms in {} answers:\n{}", alarms.len(), all.len(), alarms.join("\n"));
    assert!(alarms.len() * 100 <= all.len(), "{}", alarms.join("\n"));
}

#[test]
fn the_probe_of_the_bank_aims_at_a_gap() {
    let (mut weak, mut best, mut all) = (0, 0, 0);
    for set in [
        include_str!("../../prompts/calibration/answers-a.jsonl"),
        include_str!("../../prompts/calibration/answers-b.jsonl"),
    ] {
        for answer in CalibrationSet::parse(set, "").unwrap().answers {
            let (pack, question) = shipped().question(&answer.question).unwrap();
            let transcript = answer.transcript();
            let signal = practice_signal::listen(pack, Some(question), &transcript);
            let context = ProbeContext {
                pack,
                question: Some(question),
                kind: question.kind,
                transcript: &transcript,
                signal: &signal,
                dimensions: None,
                asked: &BTreeSet::new(),
            };
            let chosen = probe::choose(&context).unwrap();
            let dimension = match &chosen.target {
                ProbeTarget::Dimension(id) => Some(id.clone()),
                ProbeTarget::Point(id) => {
                    assert!(signal.missing.contains(id), "{}: asks for what was said: {}", answer.id, chosen.text);
                    question.points.iter().find(|point| point.id == *id).map(|point| point.dimension.clone())
                }
                ProbeTarget::Mistake(_) | ProbeTarget::Step(_) => None,
            };
            let Some(level) = dimension.and_then(|id| answer.level(&id)) else { continue };
            all += 1;
            weak += usize::from(level.get() >= 3);
            best += usize::from(level.get() == 4);
        }
    }
    println!("{weak} of {all} probes of the bank aim where the answer is at 3 or 4, {best} at 4");
    assert!(all >= 60 && weak * 6 <= all, "{weak} of {all}");
}
