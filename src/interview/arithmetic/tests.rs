use super::*;

#[test]
fn dump() {
    for (name, text, key) in [
        ("gold", include_str!("../../../tests/fixtures/gold/answers.jsonl"), "transcript"),
        ("three", include_str!("../../../tests/fixtures/answers/three-qualities.jsonl"), "answer"),
    ] {
        for (n, line) in text.lines().enumerate() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let found = referee(&Transcript::typed(value[key].as_str().unwrap()));
            for slip in &found.slips {
                println!("SLIP {name} {} {:?}\n     {}", n + 1, slip.evidence.text, slip.working);
            }
            for worked in &found.worked {
                println!("ok   {name} {} {:?}\n     {}", n + 1, worked.evidence.text, worked.working);
            }
        }
    }
}
