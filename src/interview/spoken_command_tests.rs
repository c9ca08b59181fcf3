//! Commands as people say them, and the same words as content. Every case also holds without punctuation and with a full stop.

use proptest::prelude::*;

use super::*;

const ANSWER: &str =
    "I would keep one counter for each key in a shared store and let every gateway lease a share of it";

#[track_caller]
fn check_after(before: &str, segment: &str, expected: Option<SpokenCommand>) {
    let bare = segment.replace(['.', ',', '?', '!', ';', ':'], " ");
    let stopped = format!("{}.", segment.trim_end_matches(['.', '?', '!', ',']));
    for segment in [segment.to_owned(), bare, stopped, segment.to_uppercase(), segment.replace('\'', "’")] {
        let heard = command_in(&segment, before).map(|heard| heard.command);
        assert_eq!(heard, expected, "{segment:?} after {before:?}");
    }
}

/// The same whether or not an answer stands before.
#[track_caller]
fn check(expected: Option<SpokenCommand>, segments: &[&str]) {
    for segment in segments {
        check_after("", segment, expected);
        check_after(ANSWER, segment, expected);
    }
}

#[test]
fn the_question_is_repeated_on_request() {
    check(
        Some(SpokenCommand::Repeat),
        &[
            "Repeat the question.",
            "Could you repeat the question, please?",
            "Sorry, can you say that again?",
            "say that again please",
            "Um, could you please rephrase that?",
            "What was the question again?",
            "I didn't catch that.",
            "Sorry, I didn't quite get the question.",
            "Would you mind repeating the question?",
            "Can I hear the question once more?",
            "The question again, please.",
        ],
    );
}

#[test]
fn a_question_is_skipped_on_request() {
    check(
        Some(SpokenCommand::Skip),
        &[
            "Can we skip this one?",
            "I'd like to skip this question.",
            "I'd like to move on.",
            "I would like to move on, please.",
            "Next question, please.",
            "Okay, next question.",
            "Could we go to the next one?",
            "Let's skip this question.",
            "Honestly, could we move on?",
            "I don't know. Can we skip it?",
            "Sorry, I'd rather skip this one if that's okay.",
        ],
    );
}

#[test]
fn giving_up_is_understood() {
    check(
        Some(SpokenCommand::GiveUp),
        &[
            "I don't know.",
            "I do not know.",
            "Um, I really don't know.",
            "Sorry, I have no idea.",
            "No idea, honestly.",
            "To be honest, I don't know the answer to that.",
            "I don't know how to answer that.",
            "I'm afraid I can't answer that one.",
            "Hmm. Nothing comes to mind.",
            "I give up.",
            "I don't know much about vector clocks.",
            "I've never heard of that.",
            "I don't know. That's it.",
            "My mind went blank, sorry.",
        ],
    );
}

#[test]
fn time_to_think_is_granted() {
    check(
        Some(SpokenCommand::NeedTime),
        &[
            "Give me a minute.",
            "Give me a second to think about it.",
            "Let me think.",
            "Okay, let me think about that for a moment.",
            "Let me think about how the leader fails over.",
            "Good question, let me think.",
            "Can I have a moment?",
            "I need a minute to think.",
            "Just a second.",
            "Hang on.",
            "I don't know. Let me think.",
            "Bear with me.",
            "Let me just collect my thoughts.",
        ],
    );
}

#[test]
fn handing_over_is_understood() {
    check(
        Some(SpokenCommand::Done),
        &[
            "That's my answer.",
            "That is my answer, thank you.",
            "I'm done.",
            "Okay, I think I'm done.",
            "That's it.",
            "Yeah, that's all I have.",
            "Over to you.",
            "I have nothing to add.",
            "Done.",
        ],
    );
}

#[test]
fn the_same_words_in_an_answer_are_content() {
    check(
        None,
        &[
            "We skip the queue.",
            "Skip the cache and go to the database.",
            "The worker skips it.",
            "We can skip this check when the token is fresh.",
            "If the key was seen, I skip it.",
            "We pass the token on.",
            "Pass the request to the next replica.",
            "I'd like to move on to the data model.",
            "Let's move on to storage.",
            "The next question is how we shard.",
            "The next question is what happens when the store is down.",
            "I don't know whether the replica is fresh, so I ask the leader.",
            "I don't know if the write went through.",
            "The client doesn't know.",
            "The client has no idea whether it was charged.",
            "We don't know the order of the two writes.",
            "I don't know, maybe a token bucket.",
            "I don't know the exact number but say ten thousand.",
            "I don't know, so",
            "No idea is bad but this one costs too much.",
            "Repeat the request with the same key.",
            "We repeat the question to the replica.",
            "Say that again the leader dies.",
            "The client can repeat it.",
            "Retry it once more.",
            "Give me a minute of downtime and I can migrate.",
            "A minute of staleness is fine.",
            "Let me think of the leader as a lease holder.",
            "The leader will think it still holds the lease.",
            "Wait for the quorum.",
            "We wait for a second before we retry.",
            "Hold on to the lock until the write is done.",
            "The job isn't done.",
            "When the worker is done, it acknowledges.",
            "That's my answer to the first part.",
            "That's all the state there is.",
            "It retries until I'm done.",
            "",
            "Um.",
            "Okay.",
            "So yeah, right.",
        ],
    );
}

#[test]
fn a_bare_word_belongs_to_the_sentence_it_ends() {
    for (before, word) in [
        ("The duplicates are the ones we", "skip"),
        ("it blocks for about", "one second"),
        ("and then we have to", "wait"),
    ] {
        check_after(before, word, None);
    }
    check_after("", "Skip.", Some(SpokenCommand::Skip));
    check_after("", "Pass.", Some(SpokenCommand::Skip));
}

#[test]
fn going_on_to_the_next_part_of_an_answer_skips_nothing() {
    for text in [
        "Okay, let's move on.",
        "Let's skip that.",
        "Next.",
        "I'll leave it there.",
        "Again, please.",
        "Repeat.",
        "Pass.",
    ] {
        check_after(ANSWER, text, None);
        assert!(command_in(text, "").is_some(), "{text}");
        assert!(command_in(text, "Um, let me think.").is_some(), "{text}");
    }
}

#[test]
fn an_answer_may_end_on_a_command() {
    for (segment, command, left) in [
        (
            "So the queue absorbs the burst, and that's my answer.",
            SpokenCommand::Done,
            "So the queue absorbs the burst",
        ),
        ("The price is one more hop. I'm done, thanks.", SpokenCommand::Done, "The price is one more hop"),
        ("The leader would then, um, let me think.", SpokenCommand::NeedTime, "The leader would then"),
    ] {
        let heard = command_in(segment, "").unwrap();
        assert_eq!((heard.command, heard.alone), (command, false), "{segment}");
        assert_eq!(without_command(segment, ""), left, "{segment}");
    }
}

#[test]
fn it_is_known_whether_anything_else_was_said() {
    let alone = |segment, before| command_in(segment, before).unwrap().alone;
    assert!(alone("I don't know.", ""));
    assert!(alone("I don't know.", "Hmm, let me think."));
    assert!(!alone("I don't know.", ANSWER));
}

#[test]
fn commands_are_not_judged_and_nothing_is_lost() {
    let said =
        Transcript::typed("Let me think. We fence the old leader. I don't know the lease's length. That's my answer.");
    let judged = without_commands(&said);
    assert_eq!(judged.text(), "We fence the old leader. I don't know the lease's length.");
    assert_eq!(judged.segments.len(), said.segments.len());
    let raw =
        |transcript: &Transcript| transcript.segments.iter().map(|segment| segment.raw.clone()).collect::<Vec<_>>();
    assert_eq!(raw(&judged), raw(&said));
}

proptest! {
    #[test]
    fn the_words_lie_within_the_segment(
        words in prop::collection::vec(prop::sample::select(vec![
            "skip", "the", "question", "I", "don't", "know", "um", "please", "that's", "it", "let", "me", "think", "queue", "done",
        ]), 0..12),
        before in prop::sample::select(vec!["", "we", ANSWER]),
    ) {
        let segment = words.join(" ");
        let count = super::super::words::Spoken::of_text(&segment).words.len();
        if let Some(heard) = command_in(&segment, before) {
            prop_assert!(heard.words.start < heard.words.end && heard.words.end <= count);
        }
        let left = without_command(&segment, before);
        prop_assert!(segment.contains(&left));
    }
}
