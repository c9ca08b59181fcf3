//! Each outcome where it belongs, and nowhere among the answers that were rated.

use serde_json::Value;

use super::*;
use crate::{
    interview::{assessment::Met, sample_pack::shipped, transcript::Segment},
    signal::{SampleIndex, SampleSpan},
};

/// An answer of the fixtures with what it answers.
struct Answer {
    name: String,
    question: Option<&'static Question>,
    asked: String,
    kind: Kind,
    text: String,
}

fn lines(text: &'static str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every rated and written answer that the tests know.
fn rated() -> Vec<Answer> {
    let mut all = Vec::new();
    let known = |id: &str| shipped().question(id).map(|(_, question)| question);
    let mut add = |name: String, question: Option<&'static Question>, asked: String, kind: Kind, text: String| {
        all.push(Answer { name, question, asked, kind, text });
    };
    for set in [
        include_str!("../../../prompts/calibration/answers-a.jsonl"),
        include_str!("../../../prompts/calibration/answers-b.jsonl"),
        include_str!("../../../tests/fixtures/answers/three-qualities.jsonl"),
    ] {
        for line in lines(set) {
            let question = known(line["question"].as_str().unwrap()).unwrap();
            let name = format!("{}{} {}", string(&line, "id"), string(&line, "quality"), question.id);
            add(name, Some(question), question.ask.clone(), question.kind, string(&line, "answer"));
        }
    }
    for line in lines(include_str!("../../../tests/fixtures/gold/answers.jsonl")) {
        let kind = Kind::from_name(line["kind"].as_str().unwrap()).unwrap();
        add(string(&line, "id"), None, string(&line, "question"), kind, string(&line, "transcript"));
    }
    for line in lines(include_str!("../../../tests/fixtures/answers/mistakes.jsonl")) {
        let kind = Kind::from_name(line["kind"].as_str().unwrap()).unwrap();
        add(string(&line, "mistake"), None, String::new(), kind, string(&line, "answer"));
    }
    all
}

fn found_in(answer: &Answer, text: &str) -> Vec<Outcome> {
    let transcript = Transcript::typed(text);
    let heard = Heard {
        transcript: &transcript,
        asked: &answer.asked,
        kind: answer.kind,
        question: answer.question,
        is_reply: false,
        corrected: false,
    };
    outcomes(&heard, shipped())
}

#[test]
fn print_everything() {
    for kind in [Kind::Design, Kind::Concept] {
        let field = topic::field(shipped(), kind);
        let mut rows: Vec<(f64, String)> = Vec::new();
        for answer in rated().iter().filter(|a| a.kind == kind) {
            let t = Transcript::typed(&answer.text);
            let f = topic::familiar(&Spoken::of(&t), &field);
            rows.push((f.known as f64 / f.all as f64, format!("{} {f:?}", answer.name)));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        for row in rows.iter().take(15) {
            println!("{row:?}");
        }
        rows.sort_by_key(|r| {
            r.1.split("of_a_trade: ").nth(1).unwrap().trim_end_matches(" }").parse::<usize>().unwrap()
        });
        for row in rows.iter().take(15) {
            println!("{row:?}");
        }
        for text in OFF {
            let t = Transcript::typed(text);
            let s = Spoken::of(&t);
            let f = topic::familiar(&s, &field);
            let trade: Vec<&str> = s
                .content_forms(0..s.words.len())
                .map(|f| f.text.as_str())
                .filter(|w| !crate::interview::glossary::is_ordinary(w) && field.contains(*w))
                .collect();
            println!("off {:.2} {f:?} {trade:?} {}", f.known as f64 / f.all as f64, &text[..30]);
        }
    }
}

const OFF: &[&str] = &[
    "Last summer we went to Italy with the children and it was lovely, we ate pasta by the sea every evening and the weather was warm, and my daughter learned to swim.",
    "To make a good soup you chop two onions and fry them slowly in butter, then you add carrots and a bit of celery, and you let it simmer with salt and pepper for an hour.",
    "The match on Sunday was awful, our goalkeeper slipped twice and the referee gave a penalty for nothing, and after the break nobody wanted to run any more.",
    "My dog is called Bruno, he is nine years old and he loves to chase squirrels in the park behind our house, and he sleeps on the sofa although he is not allowed to.",
    "I grew up in a small village in the mountains, my grandmother had a bakery there and I helped her on Saturdays, and I still remember the smell of the bread.",
    "The film is about a sailor who comes home after the war and nobody recognises him, and in the end he leaves again on a ship, and the music is really beautiful.",
    "I think the government should lower taxes for families, because rents went up so much, and my brother cannot find a flat in the city although he has a good job.",
    "Roses need a lot of sun and you should cut them back in March, and water them in the morning and not in the evening, otherwise the leaves turn yellow.",
];
