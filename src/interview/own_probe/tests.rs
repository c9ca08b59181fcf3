//! Questions of a model's own about the parking garage of the probe tests: the good one, and one for each guard.

use super::*;
use crate::interview::probe::tests::{pack, question};

const SAID: &str = "I count the cars in a central counter, and the camera at the gate reads the plate.";

fn check(text: &str, quote: &str) -> Result<String, Refusal> {
    let (pack, question) = (pack(), question());
    let said = Transcript::typed(SAID);
    let asked = vec![question.ask.clone(), "Who pays when the gate stays shut all night?".to_owned()];
    let against = Guarded { pack: &pack, question: Some(&question), said: &said, asked: &asked };
    guard(&OwnProbe { text: text.to_owned(), quote: quote.to_owned() }, &against).map(|about| about.text)
}

#[test]
fn a_question_about_what_was_said_is_asked() {
    let about = check(
        "Your camera reads the plate: what do you do at night in the rain?",
        "the camera at the gate reads the plate",
    );
    assert_eq!(about.as_deref(), Ok("the camera at the gate reads the plate"));
}

#[test]
fn each_guard_refuses() {
    let camera = "the camera at the gate reads the plate";
    let long = format!("What about the camera {}?", "and the gate ".repeat(10));
    for (text, quote, refusal) in [
        (long.as_str(), camera, Refusal::TooLong(34)),
        ("Tell me about the camera.", camera, Refusal::NotOneQuestion),
        ("The camera fails? Then what?", camera, Refusal::NotOneQuestion),
        ("Camera?", camera, Refusal::NotOneQuestion),
        ("What does the camera/gate do?", camera, Refusal::Unspeakable("`/`".into())),
        ("What level does the camera deserve?", camera, Refusal::SpeaksOfJudging),
        ("What does the camera do at night?", "a camera in every corner of the city", Refusal::NotAboutWhatWasSaid),
        ("What does the lift do at night?", camera, Refusal::NotAboutWhatWasSaid),
        ("What if the camera sees 40 cars?", camera, Refusal::Figure("40".into())),
        ("What does the camera do with a lost ticket?", camera, Refusal::Leaks("the point lost-ticket".into())),
        ("Does the barrier open when the camera is down?", camera, Refusal::Leaks("the point counter-down".into())),
        ("So who pays when the gate is shut at night?", camera, Refusal::AskedBefore),
    ] {
        assert_eq!(check(text, quote), Err(refusal), "{text}");
    }
}

#[test]
fn a_question_that_was_answered_is_not_asked() {
    let (pack, mut question) = (pack(), question());
    question.probes[0].ask = "Where exactly are the cars counted at night?".into();
    let asked = vec![question.ask.clone()];
    let ask = |said: &str| {
        let said = Transcript::typed(said);
        let against = Guarded { pack: &pack, question: Some(&question), said: &said, asked: &asked };
        let own = OwnProbe {
            text: "And where are your cars counted at night?".into(),
            quote: "the cars are counted by a loop".into(),
        };
        guard(&own, &against).map(|_| ())
    };
    assert_eq!(ask("Um, the cars are counted by a loop."), Ok(()));
    assert_eq!(ask("Um, the cars are counted by a loop, and that lies at the ramp."), Err(Refusal::Answered));
}

#[test]
fn what_was_said_or_told_is_no_secret() {
    let (pack, question) = (pack(), question());
    let said = Transcript::typed("A lost ticket is a problem.");
    let away = |text: &str, asked: &[String]| {
        given_away(text, &Guarded { pack: &pack, question: Some(&question), said: &said, asked }).is_some()
    };
    assert!(!away("What of the lost ticket?", &[]));
    assert!(away("Does the barrier fail open?", &[]));
    assert!(!away("Does the barrier fail open?", &["The barrier fails open when the counter is down.".to_owned()]));
}
