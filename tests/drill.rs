//! A whole pressure drill, hands-free: nobody presses a key between hello and goodbye. The candidate is a synthetic voice in a
//! virtual microphone that goes by what the interviewer does. It takes three minutes by the clock, so it has a command of its own, `make
//! drill`, and is skipped elsewhere. With VIVA_TRANSCRIPT=FILE it writes down what happened, and when: docs/drill.md is made of that.
#![cfg(all(feature = "audio", feature = "whisper"))]

mod real_daemon;

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use real_daemon::{
    Home, PATIENCE,
    room::{Loudspeaker, Practice, control, devices, seconds_of_sound},
    until, words,
};
use tokio::sync::mpsc;
use viva::{
    api::{Answer, Event, Floor, Phase},
    client::Events,
};

/// What the candidate says in a turn, and how many seconds pass before each.
type Turn = &'static [(f64, &'static str)];

const OPENING: Turn = &[
    (1.0, "We write the charge to a partitioned log before we call the provider."),
    (0.6, "I have a log and"),
    (5.0, "a worker for each partition."), // thinks in the middle of a sentence
    (0.6, "The broker gives us exactly once delivery."),
    (0.6, "A worker reads the log and calls the provider."),
    (0.6, "Each partition has one leader and two replicas."),
    (0.6, "A user may read a stale balance for one second."),
    (0.6, "We write the charge to a partitioned log before we call the provider."),
];
const MENDS: Turn =
    &[(0.8, "The key is the same so the provider rejects the second charge."), (0.6, "And that is it.")];
const WHOLE: Turn = &[
    (1.5, "The constraint is one charge for each key."),
    (0.6, "If a node fails before the write the key is lost."),
    (0.6, "The first fix is to write the key in the same transaction."),
    (0.6, "It costs one more write for each charge."),
    (0.6, "And that is it."),
];
const GIVES_UP: Turn = &[(2.0, "I don't know.")];
const WEAK: Turn =
    &[(1.5, "I would put a queue in front of the provider."), (0.6, "When the provider is down the queue grows.")];
const YES: Turn = &[(0.8, "Yes please.")];
const SECOND_TRY: Turn = &[
    (1.5, "The constraint is that the provider may be slow."),
    (0.6, "When the provider is down the queue grows and charges wait."),
    (0.6, "First we stop new work when the queue is full."),
    (0.6, "The cost is that some users get an error."),
    (0.6, "And that is it."),
];

/// What happened, with the time since the start.
#[derive(Clone)]
struct Minutes {
    begun: Instant,
    lines: Arc<Mutex<Vec<(Duration, String, String)>>>,
}

impl Minutes {
    fn note(&self, who: &str, what: impl Into<String>) {
        self.note_at(Instant::now(), who, what);
    }

    fn note_at(&self, at: Instant, who: &str, what: impl Into<String>) {
        let (at, what) = (at - self.begun, what.into());
        println!("{:7.2} {who:<11} {what}", at.as_secs_f64());
        self.lines.lock().expect("no panic").push((at, who.to_owned(), what));
    }

    /// As a table of a document.
    fn table(&self) -> String {
        let mut lines = self.lines.lock().expect("no panic").clone();
        lines.sort_by_key(|(at, ..)| *at);
        let row = |(at, who, what): &(Duration, String, String)| {
            let s = at.as_secs_f64();
            format!("| {}:{:05.2} | {who} | {} |\n", (s / 60.0) as u32, s % 60.0, what.replace('|', "/"))
        };
        format!("| time | who | what |\n|---|---|---|\n{}", lines.iter().map(row).collect::<String>())
    }
}

/// The candidate's mouth: it speaks when told, and stops between two sentences when told otherwise.
struct Mouth {
    turns: mpsc::UnboundedSender<Turn>,
}

impl Mouth {
    fn new(folder: &Path, minutes: Minutes) -> Self {
        let (turns, mut told) = mpsc::unbounded_channel::<Turn>();
        let folder = folder.to_owned();
        std::thread::spawn(move || {
            let mut next = told.blocking_recv();
            while let Some(turn) = next.take() {
                for (place, (pause, sentence)) in turn.iter().enumerate() {
                    let path = folder.join(format!("{place}.wav"));
                    say_into(&path, sentence);
                    std::thread::sleep(Duration::from_secs_f64(*pause));
                    next = told.try_recv().ok();
                    if next.is_some() {
                        break; // the interviewer has cut in
                    }
                    let begun = Instant::now();
                    control(&["play", path.to_str().expect("a name")]);
                    minutes.note_at(begun, "candidate", format!("\"{sentence}\""));
                }
                if next.is_none() {
                    next = told.blocking_recv();
                }
            }
        });
        Self { turns }
    }

    fn says(&self, turn: Turn) {
        self.turns.send(turn).expect("it lives");
    }
}

/// The synthetic voice that the synthetic model understands.
fn say_into(path: &Path, sentence: &str) {
    let mut espeak = Command::new("espeak-ng");
    espeak.args(["-v", "en-us", "-s", "165", "-p", "50", "-z", "-w"]).arg(path).arg(sentence);
    assert!(espeak.status().expect("espeak-ng runs").success());
}

/// Notes every event until the floor is the candidate's; what was asked or offered before.
async fn until_listening(events: &mut Events, minutes: &Minutes) -> Option<String> {
    let mut asked = None;
    until(events, "the floor is ours", |event| {
        note(minutes, &event);
        match event {
            Event::Asked { text, .. } | Event::OfferedAgain { text, .. } => asked = Some(text),
            Event::Phase { phase: Phase::Listening } => return Some(()),
            _ => {}
        }
        None
    })
    .await;
    asked
}

async fn until_kept(events: &mut Events, minutes: &Minutes) -> Answer {
    until(events, "the answer is kept", |event| {
        note(minutes, &event);
        match event {
            Event::Kept { answer } => Some(*answer),
            _ => None,
        }
    })
    .await
}

fn note(minutes: &Minutes, event: &Event) {
    match event {
        Event::Asked { text, probe, .. } => {
            minutes.note("interviewer", format!("\"{text}\""));
            if let Some(probe) = probe {
                minutes.note("(why)", probe.reason.clone());
            }
        }
        Event::Clarified { clarification } => minutes.note("interviewer", format!("\"{}\"", clarification.told)),
        Event::Interjected { interjection } => minutes.note(
            "cuts in",
            format!(
                "\"{}\" (words known at {:.1} s of the recording, time to mend them over at {:.1} s, spoken at {:.1} s)",
                interjection.text, interjection.heard_at_s, interjection.due_at_s, interjection.at_s
            ),
        ),
        Event::OfferedAgain { text, .. } => minutes.note("interviewer", format!("\"{text}\"")),
        Event::Segment { segment } => minutes.note("(heard)", segment.text.clone()),
        Event::Unended => minutes.note("(floor)", "the end is taken back: the candidate goes on"),
        Event::Notice { text } | Event::Remark { text } => minutes.note("(told)", text.clone()),
        Event::Phase { phase: Phase::Listening } => minutes.note("(floor)", "the candidate's"),
        Event::Phase { phase: Phase::Deciding } => minutes.note("(floor)", "the turn is over"),
        Event::Finished { .. } => minutes.note("(floor)", "nobody's: the drill is over"),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_drill_is_held_without_a_key() {
    let Some(_room) = devices().await else { return };
    let mut home = Home::new();
    home.set("turn.end=pause");
    let daemon = home.daemon().await;
    let mut events = daemon.client.events().await.expect("events");
    let loudspeaker = Loudspeaker::listen();
    let minutes = Minutes { begun: Instant::now(), lines: Arc::default() };
    let mouth = Mouth::new(home.path(), minutes.clone());
    let drill = Practice::of(&home, &["pressure", "payment-ledger", "--probes", "3", "--temper", "sceptical"]);

    until_listening(&mut events, &minutes).await;
    let floor = Instant::now();
    mouth.says(OPENING);
    let cut_in = until(&mut events, "the interviewer cuts in", |event| {
        note(&minutes, &event);
        match event {
            Event::Interjected { interjection } => Some(interjection),
            Event::Kept { .. } => panic!("the turn is over before anybody cut in"),
            _ => None,
        }
    })
    .await;
    let cut = Instant::now();
    assert!(cut_in.words.as_deref().is_some_and(|words| words.contains("exactly once")), "{cut_in:?}");
    assert!(cut_in.at_s >= cut_in.due_at_s && cut_in.due_at_s > cut_in.heard_at_s, "{cut_in:?}");
    mouth.says(&[]); // listens
    until(&mut events, "the interviewer has said it", |event| {
        note(&minutes, &event);
        matches!(event, Event::Floor { floor: Floor::Listening }).then_some(())
    })
    .await;
    mouth.says(MENDS);
    let opening = until_kept(&mut events, &minutes).await;

    let mut replies = Vec::new();
    let mut asked = Vec::new();
    for turn in [WHOLE, GIVES_UP, WEAK] {
        asked.extend(until_listening(&mut events, &minutes).await);
        mouth.says(turn);
        replies.push(until_kept(&mut events, &minutes).await);
    }
    until(&mut events, "the rung is offered again", |event| {
        note(&minutes, &event);
        matches!(event, Event::OfferedAgain { .. }).then_some(())
    })
    .await;
    until_listening(&mut events, &minutes).await;
    mouth.says(YES);
    asked.extend(until_listening(&mut events, &minutes).await);
    mouth.says(SECOND_TRY);
    replies.push(until_kept(&mut events, &minutes).await);
    until(&mut events, "the end", |event| {
        note(&minutes, &event);
        matches!(event, Event::Finished { .. }).then_some(())
    })
    .await;
    let (shown, said) = tokio::task::spawn_blocking(|| drill.finish()).await.expect("it ends well");
    println!("{shown}\n{said}");
    if let Some(path) = std::env::var_os("VIVA_TRANSCRIPT") {
        std::fs::write(path, format!("{}\n```text\n{}```\n", minutes.table(), shown)).expect("written");
    }

    let silence = loudspeaker.between(floor + Duration::from_millis(300), cut - Duration::from_millis(500));
    assert!(seconds_of_sound(&silence) < 0.1, "something was said while the candidate had the floor");
    let heard = words(&opening.transcript.text).join(" ");
    for part in ["exactly once", "a worker for each partition", "provider rejects the second"] {
        assert!(heard.contains(part), "{part:?} is not in {heard:?}");
    }
    let said: Vec<String> = OPENING.iter().chain(MENDS).flat_map(|(_, sentence)| words(sentence)).collect();
    for word in words(&cut_in.text).iter().filter(|word| word.len() > 5 && !said.contains(word)) {
        assert!(!heard.contains(word.as_str()), "{word:?} is the interviewer's: {heard:?}");
    }
    // Without what the interviewer says before a probe.
    let mut different: Vec<String> = asked.iter().map(|text| text.chars().rev().take(40).collect()).collect();
    different.sort();
    different.dedup();
    assert_eq!((asked.len(), different.len()), (4, 3), "three rungs, one of them twice: {asked:?}");

    let drill = daemon.answer(replies[0].id.expect("kept")).await.drill.expect("it belongs to a drill");
    let results: Vec<_> =
        drill.rungs.iter().map(|rung| rung.reply.as_ref().expect("answered").result.as_str()).collect();
    assert_eq!(results[1], "gave_up", "{results:?}");
    let report = drill.report.expect("it is over");
    assert_eq!((report.answered, drill.rungs.len()), (3, 3));
    assert!(drill.rungs[report.again.expect("offered") - 1].again.is_some(), "taken again");
    let sentence = words(&report.sentence).join(" ");
    assert!(words(&shown).join(" ").contains(&sentence), "{sentence:?} is not shown: {shown}");
    assert!(minutes.begun.elapsed() < 5 * PATIENCE);
}
