//! The policy on words as people say them. Every case also holds without punctuation and with a full stop forced onto it.

use super::*;

/// Thirty words that close nothing.
const BEFORE: &str = "I would put a load balancer in front of the stateless servers and keep the sessions in a shared \
                      cache with a short time to live. Reads go to the replicas, writes to the leader";

/// An answer of 30 words whose last segment is `last`.
fn check(class: TurnClass, cases: &[&str]) {
    for last in cases {
        check_after(BEFORE, last, class);
    }
}

fn check_after(before: &str, last: &str, class: TurnClass) {
    let bare = |text: &str| text.replace(['.', ',', '?', '!', ';', ':', '-'], " ");
    let stopped = |text: &str| format!("{}.", text.trim_end_matches(['.', '?', '!', ',']));
    let capital = |text: &str| text.get(..1).map_or(String::new(), |first| first.to_uppercase() + &text[1..]);
    for (before, last) in [
        (before.to_owned(), (*last).to_owned()),
        (bare(before), bare(last)),
        (stopped(before), stopped(last)),
        (before.to_uppercase(), capital(last)),
        (before.to_owned(), last.replace('\'', "’")),
        (before.to_owned(), format!("{last}...")),
    ] {
        let context = Context { before: &before, voiced: 0 };
        assert_eq!(classify(&last, &context), class, "{before:?} then {last:?}");
    }
}

#[test]
fn handing_over_is_done() {
    check(
        TurnClass::Done,
        &[
            "That's my answer.",
            "and that is my answer, thank you",
            "So yeah, I'm done.",
            "I think I am done",
            "over to you",
            "Okay, that's it.",
            "that's all, thanks",
            "I think that's it.",
            "that's all I have",
            "I have nothing to add",
            "done",
            "so the queue absorbs the burst and that would be my answer",
        ],
    );
}

#[test]
fn the_same_words_in_the_middle_of_a_thought_are_not() {
    check(
        TurnClass::Unsure,
        &[
            "the client waits until I'm done",
            "we delete the row when the worker is done",
            "that's my answer to the first part of your question",
            "the worker reports once it is done",
        ],
    );
    for text in
        ["the client retries once with the same key and that's it", "the job isn't done", "the migration was finished"]
    {
        assert_ne!(classify(text, &Context { before: BEFORE, voiced: 0 }), TurnClass::Done, "{text}");
    }
}

#[test]
fn a_closing_move_after_some_length_is_complete() {
    check(
        TurnClass::Complete,
        &[
            "So that's how I would shard it.",
            "and that covers the failure modes",
            "that's basically it for the write path",
            "To sum up, one leader takes the writes and the replicas serve stale reads.",
            "In summary we trade latency for durability with a synchronous replica",
            "those are the main trade-offs",
            "and that's how I'd pick the log",
        ],
    );
    for short in
        ["So that's how I would do it.", "In summary we trade latency for durability with a synchronous replica"]
    {
        check_after("", short, TurnClass::Unsure);
    }
    let long_voiced = Context { before: "", voiced: seconds(11.0) };
    assert_eq!(classify("so that's how I would do it", &long_voiced), TurnClass::Complete);
    check(
        TurnClass::Unsure,
        &["in summary", "that covers the writes and for the reads I would put a cache in front of the store"],
    );
}

#[test]
fn a_complete_clause_alone_is_unsure() {
    check(
        TurnClass::Unsure,
        &[
            "The leader accepts the writes.",
            "we handle ten thousand requests per second",
            "I think so",
            "the followers apply the log as well",
            "it rejects the old token",
            "Thank you.",
            "and nobody notices that",
            "",
        ],
    );
}

#[test]
fn words_that_call_for_more_are_open() {
    check(
        TurnClass::Open,
        &[
            "The leader accepts the writes and.",
            "we need it because",
            "I would store it in the",
            "and the tail latency is, um",
            "uh",
            "so",
            "first",
            "and the second",
            "the requests are sent to",
            "that is a kind of",
            "we could use a queue, for example",
            "and then I would",
            "it's basically",
            "depending",
            "if the key isn't",
        ],
    );
}

#[test]
fn an_announced_list_stays_open_until_its_items_are_given() {
    let check = |text: &str, class: TurnClass| check_after(BEFORE, text, class);
    check("There are three things I would look at.", TurnClass::Open);
    check("I see two options here: the first is a lease with a timeout", TurnClass::Open);
    check(
        "There are three reasons. First, the network fails. Second, clocks drift apart over the weeks",
        TurnClass::Open,
    );
    check("There are three reasons. First, the network fails. Second, clocks drift. Third, disks", TurnClass::Open);
    check(
        "There are three reasons. First, the network fails. Second, clocks drift. Third, disks lie about what they have \
         written when power fails",
        TurnClass::Complete,
    );
    check(
        "I see two options: one is a lease with a short time to live, the other is a consensus group that owns the lock for us",
        TurnClass::Complete,
    );
    check(
        "There are three things to measure, and they are latency and errors and saturation, which we want per endpoint \
         and per customer",
        TurnClass::Unsure,
    );
    check("These three things make it slow for everybody who reads", TurnClass::Unsure);
    check("we write to two zones before we acknowledge it", TurnClass::Unsure);
    check_after(
        "There are two parts. First the write path, which goes through the log.",
        "and it takes ten requests per second",
        TurnClass::Open,
    );
}

#[test]
fn asking_for_time_is_hold() {
    check(
        TurnClass::Hold,
        &[
            "Let me think.",
            "Hmm, let me think about that for a moment",
            "let me think about how the leader fails over",
            "give me a second",
            "Could you give me a minute, please?",
            "Hmm, good question.",
            "Okay, let's see.",
            "hold on",
            "just a moment",
            "bear with me",
        ],
    );
    check(
        TurnClass::Unsure,
        &[
            "let me think about the read path so there I put a cache with a short expiry",
            "that would give me a lock",
            "the lock is held and we hold on to the connection for the rest of the call",
        ],
    );
}

/// What happens over a silence when nudges are given as asked: the seconds of nudge and end.
fn course(class: TurnClass, pauses: &Pauses, patience: f64) -> (Option<(f64, Nudge)>, f64, EndReason) {
    course_with(class, pauses, &TurnSettings { patience, ..TurnSettings::default() })
}

fn course_with(class: TurnClass, pauses: &Pauses, settings: &TurnSettings) -> (Option<(f64, Nudge)>, f64, EndReason) {
    let mut nudged = None;
    let mut silence = Silence::default();
    loop {
        match decide(class, silence, pauses, settings) {
            Decision::KeepListening { ends_in } => assert!(ends_in > 0),
            Decision::Show(_) => {
                assert!(silence.shown_at.is_none() && settings.speaks, "shown once, and where it is said later");
                silence.shown_at = Some(silence.length);
            }
            Decision::Nudge(nudge) => {
                assert!(silence.nudged_at.is_none(), "one nudge is enough");
                silence.nudged_at = Some(silence.length);
                nudged = Some((silence.length as f64 / 16_000.0, nudge));
            }
            Decision::End { why } => return (nudged, silence.length as f64 / 16_000.0, why),
        }
        silence.length += 1_600;
    }
}

#[test]
fn each_class_has_its_silence() {
    let check = |class, nudge, end, why| {
        assert_eq!(course(class, &Pauses::default(), 1.0), (nudge, end, why), "{class:?}");
    };
    check(TurnClass::Done, None, 0.6, EndReason::SaidDone);
    check(TurnClass::Complete, None, 2.0, EndReason::Complete);
    check(TurnClass::Unsure, Some((4.0, Nudge::Soft)), 9.0, EndReason::NothingToAdd);
    check(TurnClass::Open, Some((8.0, Nudge::TakeYourTime)), 20.0, EndReason::LongSilence);
    check(TurnClass::Hold, Some((38.0, Nudge::TakeYourTime)), 50.0, EndReason::LongSilence);
}

#[test]
fn who_thinks_for_eight_seconds_is_not_spoken_to() {
    let speaks = TurnSettings { speaks: true, ..TurnSettings::default() };
    for (class, nudge, end) in [(TurnClass::Unsure, Nudge::Soft, 11.0), (TurnClass::Open, Nudge::TakeYourTime, 20.5)] {
        let (said, ended, _) = course_with(class, &Pauses::default(), &speaks);
        assert_eq!((said, ended), (Some((8.5, nudge)), end), "{class:?}");
    }
    let shown = Silence { length: seconds(4.0), ..Silence::default() };
    assert_eq!(decide(TurnClass::Unsure, shown, &Pauses::default(), &speaks), Decision::Show(Nudge::Soft));
}

#[test]
fn a_story_may_be_silent_longer_unless_it_is_closed() {
    let settings = |kind| TurnSettings { thinking: thinking_time(kind), ..TurnSettings::default() };
    let end = |class, kind| course_with(class, &Pauses::default(), &settings(kind)).1;
    for class in [TurnClass::Unsure, TurnClass::Open, TurnClass::Hold] {
        assert!(end(class, Kind::Behavioural) >= end(class, Kind::Concept) + 1.0, "{class:?}");
    }
    for class in [TurnClass::Done, TurnClass::Complete] {
        assert_eq!(end(class, Kind::Behavioural), end(class, Kind::Concept), "{class:?}");
    }
}

#[test]
fn patience_stretches_every_silence() {
    for class in [TurnClass::Done, TurnClass::Complete, TurnClass::Unsure, TurnClass::Open, TurnClass::Hold] {
        let (_, plain, _) = course(class, &Pauses::default(), 1.0);
        let (_, long, _) = course(class, &Pauses::default(), 2.0);
        let (_, short, _) = course(class, &Pauses::default(), 0.5);
        assert!((long - 2.0 * plain).abs() < 0.11 && (short - plain / 2.0).abs() < 0.11, "{class:?}");
    }
}

#[test]
fn the_speakers_own_pauses_lengthen_and_never_shorten() {
    let with = |seconds_of_pauses: &[f64]| {
        let mut pauses = Pauses::default();
        seconds_of_pauses.iter().for_each(|&s| pauses.add(seconds(s)));
        pauses
    };
    for class in [TurnClass::Complete, TurnClass::Unsure, TurnClass::Open, TurnClass::Hold] {
        let end = |pauses: &Pauses| course(class, pauses, 1.0).1;
        let usual = end(&Pauses::default());
        assert_eq!(end(&with(&[0.3; 20])), usual, "{class:?}: quick speakers are not rushed");
        assert!(end(&with(&[5.0; 20])) > usual, "{class:?}: slow speakers get more");
        assert!(end(&with(&[60.0; 20])) <= usual + 4.0, "{class:?}: within bounds");
    }
    let (_, end, _) = course(TurnClass::Complete, &with(&[2.0; 10]), 1.0);
    assert_eq!(end, 3.0);
}

#[test]
fn a_late_nudge_still_gets_its_whole_time() {
    let silence = Silence { length: seconds(12.0), ..Silence::default() };
    let decide = |silence| decide(TurnClass::Unsure, silence, &Pauses::default(), &TurnSettings::default());
    assert_eq!(decide(silence), Decision::Nudge(Nudge::Soft), "a nudge comes before the end, however late");
    let after = |length| Silence { length: seconds(length), shown_at: None, nudged_at: Some(seconds(12.0)) };
    assert_eq!(decide(after(14.0)), Decision::KeepListening { ends_in: seconds(3.0) });
    assert_eq!(decide(after(17.0)), Decision::End { why: EndReason::NothingToAdd });
}

/// Thinking pauses in the middle of answers: nobody who pauses up to 8 s may be cut off.
#[test]
fn a_pause_for_thought_never_ends_the_turn() {
    let places = [
        "I would put a cache in front of the database because",
        "The leader accepts the writes.",
        "and the tail latency is um",
        "That is the write path.",
        "and that's why I would pick the log",
        "That's how Kafka does it.",
        "There are three things I would measure",
        "It retries with the same key, and that's it for the happy path of the client",
        "Let me think about the failure modes.",
    ];
    let mut tried = 0;
    for (place, seconds_of_pause) in places.iter().flat_map(|place| [1.0, 2.0, 3.0, 5.0, 8.0].map(|s| (place, s))) {
        let class = classify(place, &Context { before: BEFORE, voiced: seconds(30.0) });
        let (_, end, _) = course(class, &Pauses::default(), 1.0);
        assert!(end > seconds_of_pause, "cut off after {end} s at {place:?}");
        tried += 1;
    }
    assert_eq!(tried, 45);
}
