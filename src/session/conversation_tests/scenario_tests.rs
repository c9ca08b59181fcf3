//! A scenario as data: its name, what the candidate does, what must happen and what must not. Many are held at once, and all that
//! went wrong is told.

use std::ops::Range;

use super::room::{Does, Held, Scene};

pub struct Scenario {
    name: String,
    scene: Scene,
    turns: Vec<Vec<Does>>,
    happens: Vec<&'static str>,
    never: Vec<&'static str>,
    judged: Option<Vec<String>>,
    silence: Option<Range<f64>>,
    notices: Vec<&'static str>,
}

/// Begins a scenario with what the candidate does in the first turn.
pub fn scenario(name: impl Into<String>, turn: impl Into<Vec<Does>>) -> Scenario {
    Scenario {
        name: name.into(),
        scene: Scene::default(),
        turns: vec![turn.into()],
        happens: Vec::new(),
        never: vec!["missed some"],
        judged: None,
        silence: None,
        notices: Vec::new(),
    }
}

impl Scenario {
    /// What the candidate does in the next turn: a follow-up, or the same again.
    pub fn then(mut self, turn: impl Into<Vec<Does>>) -> Self {
        self.turns.push(turn.into());
        self
    }

    pub fn scene(mut self, change: impl FnOnce(&mut Scene)) -> Self {
        change(&mut self.scene);
        self
    }

    /// These in this order; each is the beginning of a line.
    pub fn happens(mut self, lines: &[&'static str]) -> Self {
        self.happens.extend(lines);
        self
    }

    pub fn never(mut self, lines: &[&'static str]) -> Self {
        self.never.extend(lines);
        self
    }

    /// The judged words of each answer that is kept.
    pub fn judges(mut self, texts: &[&str]) -> Self {
        self.judged = Some(texts.iter().map(|text| (*text).to_owned()).collect());
        self
    }

    /// Seconds of silence that end the first turn.
    pub fn ends_after(mut self, seconds: Range<f64>) -> Self {
        self.silence = Some(seconds);
        self
    }

    /// Parts of what is noted with the last answer.
    pub fn keeps_note(mut self, note: &'static str) -> Self {
        self.notices.push(note);
        self
    }

    async fn check(self) -> Option<String> {
        let turns: Vec<&[Does]> = self.turns.iter().map(Vec::as_slice).collect();
        let held = self.scene.clone().hold(&turns).await;
        let mut wrong = Vec::new();
        let mut events = held.events.iter();
        for line in &self.happens {
            if !events.any(|event| event.starts_with(line)) {
                wrong.push(format!("no {line:?} in its place"));
                break;
            }
        }
        for line in &self.never {
            if held.events.iter().any(|event| event.starts_with(line)) {
                wrong.push(format!("{line:?} happened"));
            }
        }
        let judged: Vec<String> = held.answers.iter().map(|answer| answer.transcript.text()).collect();
        if self.judged.as_ref().is_some_and(|wanted| *wanted != judged) {
            wrong.push(format!("judged {judged:#?}, not {:#?}", self.judged.unwrap_or_default()));
        }
        if let Some(wanted) = self.silence {
            let silence = held.silence_before_the_end(1);
            if !silence.is_some_and(|seconds| wanted.contains(&seconds)) {
                wrong.push(format!("ended after {silence:?} s, not {wanted:?}"));
            }
        }
        for note in self.notices {
            if !last_notices(&held).iter().any(|text| text.contains(note)) {
                wrong.push(format!("no note {note:?}"));
            }
        }
        (!wrong.is_empty()).then(|| format!("## {}\n{}\n{}\n", self.name, wrong.join("\n"), held.events.join("\n")))
    }
}

fn last_notices(held: &Held) -> &[String] {
    held.answers.last().map_or(&[], |answer| answer.notices.as_slice())
}

/// Holds all of them, a few at a time, and fails with everything that went wrong.
#[track_caller]
pub fn check_all(scenarios: impl IntoIterator<Item = Scenario>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let wrong: Vec<String> = runtime.block_on(async {
        use futures_util::StreamExt;
        let running = scenarios.into_iter().map(|scenario| tokio::spawn(scenario.check()));
        let mut running = futures_util::stream::iter(running).buffered(4);
        let mut wrong = Vec::new();
        while let Some(checked) = running.next().await {
            wrong.extend(checked.unwrap());
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
