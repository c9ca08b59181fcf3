//! What holds of triggers whatever is said.

use proptest::prelude::*;

use super::*;

/// What of a script was heard when: words and their times, and the interjections.
fn random_script() -> impl Strategy<Value = Vec<&'static str>> {
    let token = prop_oneof![
        60 => prop::sample::select(vec!["the", "gateway", "calls", "then", "row"]),
        4 => Just("exactly once"),
        4 => Just("use a queue"),
        2 => Just("kafka"),
        3 => Just("idempotent"),
        2 => Just("backlog"),
        12 => Just("/"),
        4 => Just("_"),
        1 => Just("|"),
    ];
    prop::collection::vec(token, 50..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn limits_and_redemption_hold_whatever_is_said(script in random_script()) {
        let settings = TriggerSettings::default();
        let mut player = Player::new(settings);
        let mut answer_from = 0;
        let mut in_answer = 0;
        for token in script.iter().flat_map(|token| token.split(' ')) {
            let before = player.interjections.len();
            match token {
                "/" => player.pass(400, false),
                "_" => player.pass(1000, false),
                "|" => {
                    player.watch.begin_answer();
                    (player.said, player.known) = (Vec::new(), 0);
                    (answer_from, in_answer) = (player.now, 0);
                }
                word => {
                    player.pass(250, true);
                    player.said.push((player.now, word.to_owned()));
                }
            }
            for (interjection, &known) in player.interjections.iter().zip(&player.known_then).skip(before) {
                in_answer += 1;
                prop_assert!(in_answer <= settings.per_answer);
                prop_assert!(interjection.at.0 >= interjection.due_at.0 && interjection.heard_at.0 >= answer_from);
                prop_assert!(interjection.at.0 - interjection.due_at.0 <= settings.latest + FRAME);
                let known: Vec<&str> = player.said[..known].iter().map(|(_, word)| word.as_str()).collect();
                if let Cause::Said { rule, words } = &interjection.cause {
                    prop_assert!(known.join(" ").contains(words.as_str()));
                    let redeeming = match rule.as_str() { "once" => "idempotent", "queue" => "backlog", _ => "promise" };
                    prop_assert!(!known.contains(&redeeming), "{rule} was redeemed");
                    prop_assert!(interjection.due_at.0 - interjection.heard_at.0 >= 8 * 16_000 - FRAME);
                }
            }
        }
        for pair in player.interjections.windows(2) {
            prop_assert!(pair[1].at.0 - pair[0].at.0 >= settings.spacing);
        }
    }
}

/// The words of a phrase said at 6.5 s: first in a text that may still change, a second later in one that stays. Until where texts go is told.
#[test]
fn the_grace_runs_from_when_the_words_were_said_and_not_from_when_they_stayed() {
    const SECOND: u64 = SAMPLE_RATE as u64;
    let mut watch = TriggerWatch::new(rules(), &[], TriggerSettings::default());
    watch.begin_answer();
    let (before, phrase) = (talk(22), format!("{} exactly once", talk(22)));
    let mut fired = None;
    for frame in 0..20 * SECOND / FRAME {
        let (start, end) = (frame * FRAME, (frame + 1) * FRAME);
        let passes = |second: u64| (start..end).contains(&(second * SECOND));
        for (at, committed, tentative) in [(6, &before, ""), (7, &before, "exactly once"), (8, &phrase, "")] {
            if passes(at) {
                watch.heard_until(SampleIndex(at * SECOND));
                watch.hear_words(WordsSoFar { closed: "", committed, tentative });
            }
        }
        let span = SampleSpan { start: SampleIndex(start), end: SampleIndex(end) };
        fired = fired.or(watch.hear_frame(span, true));
    }
    let due_s = fired.expect("it cuts in").due_at.seconds();
    assert!((14.4..14.6).contains(&due_s), "eight seconds after 6.5 s: {due_s}");
}
