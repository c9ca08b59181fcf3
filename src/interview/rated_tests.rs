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
#[derive(Clone)]
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

/// Questions under which each strong answer is put, besides its own.
const ELSEWHERE: usize = 6;

/// Strong answers to design and concept questions: those of the fixtures, and apart from them those of the calibration.
fn strong() -> (Vec<Answer>, Vec<Answer>) {
    let strong_ones: BTreeSet<String> = [
        include_str!("../../prompts/calibration/answers-a.jsonl"),
        include_str!("../../prompts/calibration/answers-b.jsonl"),
    ]
    .into_iter()
    .flat_map(lines)
    .filter(|line| {
        let levels: Vec<f64> = line["levels"].as_object().unwrap().values().filter_map(Value::as_f64).collect();
        levels.iter().sum::<f64>() >= 2.75 * levels.len() as f64
    })
    .map(|line| format!("{} {}", string(&line, "id"), string(&line, "question")))
    .collect();
    let told = rated().into_iter().filter(|answer| matches!(answer.kind, Kind::Design | Kind::Concept));
    let (calibration, fixtures): (Vec<_>, Vec<_>) = told
        .filter(|answer| answer.name.starts_with("strong") || strong_ones.contains(&answer.name))
        .partition(|answer| strong_ones.contains(&answer.name));
    (fixtures, calibration)
}

/// Questions of the same kind that share the fewest glossary terms with it.
fn unrelated(question: &Question) -> Vec<&'static Question> {
    let mut others: Vec<_> = shipped()
        .questions()
        .map(|(_, other)| other)
        .filter(|other| other.kind == question.kind && other.id != question.id)
        .map(|other| (other.glossary.iter().filter(|term| question.glossary.contains(term)).count(), other))
        .collect();
    others.sort_by_key(|(shared, other)| (*shared, &other.id));
    others.into_iter().map(|(_, other)| other).take(ELSEWHERE).collect()
}

#[test]
fn strong_answers_are_known_under_another_question() {
    let (fixtures, calibration) = strong();
    for (name, answers) in [("fixtures", fixtures), ("calibration", calibration)] {
        let (mut tried, mut caught, mut right, mut missed) = (0, 0, 0, Vec::new());
        for answer in &answers {
            let own = answer.question.unwrap();
            for other in unrelated(own) {
                tried += 1;
                let elsewhere = Answer { question: Some(other), asked: other.ask.clone(), ..answer.clone() };
                let found = found_in(&elsewhere, &answer.text);
                let what = withholds(&found).map(|outcome| outcome.what.clone());
                assert_ne!(what, Some(What::OffTopic), "{} under {}", answer.name, other.id);
                match what {
                    Some(What::AnotherQuestion { ask }) => {
                        caught += 1;
                        right += usize::from(ask == own.ask);
                    }
                    _ => missed.push(format!("{} under {}", answer.name, other.id)),
                }
            }
        }
        println!("{name}: {caught} of {tried} known under another question, {right} with the right one named");
        assert!(tried >= 8 * ELSEWHERE && 6 * tried <= 7 * caught, "{caught} of {tried}: {}", missed.join(", "));
        assert!(10 * right >= 8 * caught, "{right} of {caught}");
    }
}

/// As they come in the list: among them related ones.
#[test]
fn a_strong_answer_is_known_under_the_question_beside_it() {
    let (strong, _) = strong();
    let (mut tried, mut caught) = (0, 0);
    for (place, answer) in strong.iter().enumerate() {
        let others = (1..=3).map(|step| &strong[(place + step) % strong.len()]);
        for other in others.filter(|other| other.kind == answer.kind) {
            tried += 1;
            let found = found_in(other, &answer.text);
            let what = withholds(&found).map(|outcome| outcome.what.clone());
            caught += usize::from(matches!(what, Some(What::AnotherQuestion { .. })));
        }
    }
    println!("{caught} of {tried} known under the question of another strong answer");
    assert!(tried >= 15 && 6 * tried <= 7 * caught, "{caught} of {tried}");
}

/// Whoever stops half-way, or begins in the middle, is still at the question.
#[test]
fn no_part_of_a_rated_answer_is_taken_for_one_to_another_question() {
    let mut parts = 0;
    for answer in rated().iter().filter(|answer| answer.question.is_some()) {
        let words: Vec<&str> = answer.text.split_whitespace().collect();
        for part in words.chunks(words.len().div_ceil(2)) {
            parts += 1;
            let found = found_in(answer, &part.join(" "));
            let elsewhere = found.iter().find(|outcome| matches!(outcome.what, What::AnotherQuestion { .. }));
            assert_eq!(elsewhere, None, "{}: {}", answer.name, part.join(" "));
        }
    }
    assert!(parts > 230, "{parts}");
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
