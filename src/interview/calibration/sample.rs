//! Three rated answers to a question of the sample pack, for tests.

use super::set::CalibrationSet;
use crate::interview::{pack::Content, rubric::Rubric, sample_pack};

pub const ANSWERS: &str = concat!(
    r#"{"id":"s1","question":"rate-limiter","kind":"design","#,
    r#""levels":{"tradeoffs":1,"reliability":3,"communication":2},"#,
    r#""evidence":{"tradeoffs_1":"a queue costs us a second of delay","#,
    r#""reliability_1":"when the store is down","reliability_2":"the worker retries with the same key","#,
    r#""reliability_3":"so a second delivery changes nothing in the ledger table","#,
    r#""communication_1":"let me begin with the write path","communication_2":"then I come to what breaks"},"#,
    r#""answer":"So, let me begin with the write path and then I come to what breaks. A queue costs us a second of delay. "#,
    r#"Now when the store is down the worker retries with the same key. "#,
    r#"It is the same key, so a second delivery changes nothing in the ledger table. That is the idea, more or less."}"#,
    "\n",
    r#"{"id":"s2","question":"rate-limiter","kind":"design","#,
    r#""levels":{"tradeoffs":0,"reliability":0,"communication":1},"#,
    r#""evidence":{"communication_1":"it is about limits"},"#,
    r#""answer":"Well, it is about limits. I would take what everybody takes. Then we scale it. It should be fine."}"#,
    "\n",
    r#"{"id":"s3","question":"rate-limiter","kind":"design","#,
    r#""levels":{"tradeoffs":4,"reliability":1,"communication":3},"#,
    r#""evidence":{"tradeoffs_1":"counting in one place is exact and slow","#,
    r#""tradeoffs_2":"counting on each gateway is quick and lets some extra calls through","#,
    r#""tradeoffs_3":"next to a shared counter the local ones drift for up to a second","#,
    r#""tradeoffs_4":"because you said that latency matters more than a few extra calls I take the local counters","#,
    r#""reliability_1":"a gateway can restart and forget","communication_1":"two ways are open to us","#,
    r#""communication_2":"here is the first one","communication_3":"to sum up what I chose and why"},"#,
    r#""answer":"Two ways are open to us. Here is the first one: counting in one place is exact and slow. "#,
    r#"Counting on each gateway is quick and lets some extra calls through. "#,
    r#"Next to a shared counter the local ones drift for up to a second. A gateway can restart and forget. "#,
    r#"Because you said that latency matters more than a few extra calls I take the local counters. "#,
    r#"To sum up what I chose and why: local counters."}"#,
    "\n",
);

const SECOND: &str = r#"{"id":"s1","levels":{"tradeoffs":1,"reliability":2,"communication":2}}"#;

pub fn set() -> CalibrationSet {
    CalibrationSet::parse(ANSWERS, SECOND).expect("the sample can be read")
}

/// The sample pack, with occasion for every dimension.
pub fn content() -> Content {
    let mut files = sample_pack::files();
    files.values_mut().for_each(|text| *text = text.replace("no_occasion = [\"communication\"]", ""));
    Content::parse(&files).expect("the sample pack is in order")
}

pub fn rubric() -> Rubric {
    content().rubric(crate::interview::question::Kind::Design).cloned().expect("there is a design rubric")
}

/// The sample, many times over under other names: figures need numbers. Both raters of it agree.
pub fn many(count: usize) -> CalibrationSet {
    let mut set = set();
    let original = set.answers.clone();
    let named = |n: usize| {
        let mut answer = original[n % original.len()].clone();
        answer.id = format!("a{n:02}");
        answer
    };
    set.answers = (0..count).map(named).collect();
    set.second = set.answers.iter().map(|answer| (answer.id.clone(), answer.levels())).collect();
    set
}
