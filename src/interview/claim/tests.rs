//! Which commitments are heard, which pairs contradict each other, and above all which do not.

use super::*;
use crate::interview::wording::{count_words, unspeakable};

/// The answers of one session, one turn each, with nothing asked that changes the premises.
fn found(answers: &[&str]) -> Vec<Contradiction> {
    found_asked(&answers.iter().map(|answer| ("", *answer)).collect::<Vec<_>>())
}

fn found_asked(exchanges: &[(&str, &str)]) -> Vec<Contradiction> {
    let transcripts: Vec<Transcript> = exchanges.iter().map(|(_, answer)| Transcript::typed(answer)).collect();
    let said: Vec<Said> = exchanges
        .iter()
        .zip(&transcripts)
        .zip(1..)
        .map(|(((asked, _), transcript), turn)| Said { turn: TurnNo(turn), asked, transcript })
        .collect();
    contradictions(&ledger(&said))
}

/// One contradiction between an earlier and a later answer, with the words quoted from each.
fn check(earlier: &str, later: &str, quotes: (&str, &str)) {
    let all = found(&[earlier, later]);
    let [one] = all.as_slice() else { panic!("{earlier} / {later}: {all:#?}") };
    assert_eq!((one.earlier.quote.as_str(), one.later.quote.as_str()), quotes, "{earlier} / {later}");
    assert!(one.probe.contains(quotes.0) && one.probe.contains(quotes.1), "{}", one.probe);
    check_sayable(&one.probe);
}

fn check_sayable(probe: &str) {
    assert!(count_words(probe) < 30, "{probe}");
    assert_eq!(unspeakable(probe), None, "{probe}");
}

fn check_silent(cases: &[(&str, &str)]) {
    for (earlier, later) in cases {
        let all = found(&[earlier, later]);
        assert!(all.is_empty(), "{earlier} / {later}: {}", all[0].probe);
    }
}

#[test]
fn opposing_stands_are_found() {
    for (earlier, later, quotes) in [
        (
            "We need strongly consistent reads.",
            "To spread the load, reads go to any async replica.",
            ("We need strongly consistent reads", "reads go to any async replica"),
        ),
        (
            "Reads must always return the latest value.",
            "We serve reads from the followers.",
            ("Reads must always return the latest value", "We serve reads from the followers"),
        ),
        (
            "So the store is linearizable.",
            "The store is eventually consistent.",
            ("the store is linearizable", "The store is eventually consistent"),
        ),
        (
            "Every message is processed exactly once.",
            "And the consumer may see duplicates and we don't care.",
            ("message is processed exactly once", "the consumer may see duplicates"),
        ),
        (
            "Kafka gives us exactly once.",
            "Yeah, a job might run twice after a crash.",
            ("Kafka gives us exactly once", "a job might run twice after a"),
        ),
        (
            "Replication is synchronous.",
            "We have async replication.",
            ("Replication is synchronous", "We have async replication"),
        ),
        (
            "We never lose a write.",
            "In a crash we lose up to five seconds of writes.",
            ("We never lose a write", "a crash we lose up to five seconds of"),
        ),
        (
            "There is a global order for everything.",
            "There's no ordering guarantee.",
            ("There is a global order for everything", "There's no ordering guarantee"),
        ),
        (
            "All writes go to the leader.",
            "Any node can accept writes.",
            ("All writes go to the leader", "Any node can accept writes"),
        ),
        (
            "It's a single leader design.",
            "So we're active active.",
            ("It's a single leader design", "we're active active"),
        ),
    ] {
        check(earlier, later, quotes);
    }
}

#[test]
fn figures_and_keys_that_do_not_agree_are_found() {
    for (earlier, later, quotes) in [
        (
            "Say we get a thousand requests a second.",
            "The load is a million requests per second.",
            ("Say we get a thousand requests a second", "The load is a million requests per second"),
        ),
        (
            "I assume ten thousand writes per second.",
            "We have two hundred writes a second.",
            ("I assume ten thousand writes per second", "We have two hundred writes a second"),
        ),
        (
            "The orders are sharded by user ID.",
            "The orders are sharded by tenant.",
            ("The orders are sharded by user ID", "The orders are sharded by tenant"),
        ),
        ("We shard by user ID.", "We shard by tenant.", ("We shard by user ID", "We shard by tenant")),
        (
            "The idempotency key is the order ID.",
            "The idempotency key is the user.",
            ("The idempotency key is the order ID", "The idempotency key is the user"),
        ),
        (
            "P 99 is under five milliseconds.",
            "P 99 is about two hundred milliseconds.",
            ("P 99 is under five milliseconds", "P 99 is about two hundred milliseconds"),
        ),
        (
            "For the database I'd use Postgres.",
            "The database is Cassandra.",
            ("For the database I'd use Postgres", "The database is Cassandra"),
        ),
        (
            "N is three, R is one and W is one.",
            "We always read the latest value.",
            ("W is one", "We always read the latest value"),
        ),
        (
            "We always read the latest write.",
            "A replication factor of three, a read quorum of one and a write quorum of two.",
            ("We always read the latest write", "a write quorum of two"),
        ),
    ] {
        check(earlier, later, quotes);
    }
}

#[test]
fn what_was_revised_is_no_contradiction() {
    check_silent(&[
        ("We need strongly consistent reads.", "Actually, let me change that: reads go to any async replica."),
        ("Every message is processed exactly once.", "Sorry, that was wrong, consumers may see duplicates."),
        ("We shard by user ID.", "At ten x we shard by tenant."),
        ("All writes go to the leader.", "Later, when we grow, any region can accept writes."),
        ("For the MVP it's a single leader.", "So we're active active."),
        ("Say we get a thousand requests a second.", "Instead say the load is a million requests per second."),
        ("For the database I'd use Postgres.", "I'd rather switch, so the database is Cassandra."),
        ("Replication is synchronous.", "I said synchronous earlier, I take it back, we have async replication."),
    ]);
}

#[test]
fn different_operations_are_no_contradiction() {
    check_silent(&[
        ("Checkout reads are strongly consistent.", "The dashboard reads are eventually consistent."),
        ("Payments are linearizable.", "For the feed we are eventually consistent."),
        ("We have synchronous replication in the region.", "We have async replication to the other region."),
        ("The orders are sharded by user ID.", "The events are sharded by tenant."),
        ("Orders are partitioned by month.", "Orders are partitioned by user."),
        ("We shard by user ID.", "We partition by tenant."),
        ("We shard by user and region.", "We shard by region."),
        ("I assume ten thousand writes per second.", "We have a million reads a second."),
        ("Say we get a thousand requests a second.", "The load is thirty thousand requests a second at peak."),
        ("Say we get a thousand requests a second.", "One box does a hundred thousand requests a second."),
        ("Say we get a thousand requests a second.", "The limit is ten requests a second per key."),
        ("P 99 is under five milliseconds.", "P 95 is about two hundred milliseconds."),
        ("For the database I'd use Postgres.", "The cache is Redis."),
    ]);
}

#[test]
fn hypotheticals_and_alternatives_are_no_commitments() {
    check_silent(&[
        ("We need strongly consistent reads.", "If reads go to any async replica we would break it."),
        ("We need strongly consistent reads.", "The alternative is that we are eventually consistent."),
        ("Every message is processed exactly once.", "Some systems may deliver a message twice."),
        ("We shard by user ID.", "One option is we shard by tenant."),
        ("All writes go to the leader.", "I rejected active active."),
        ("We never lose a write.", "You could lose up to five seconds otherwise."),
        ("There's no exactly once.", "A job may run twice."),
        ("It's effectively exactly once.", "The consumer may see duplicates."),
        ("Every message is processed exactly once.", "The consumer may see duplicates, so it dedupes by message ID."),
        ("We don't need strong consistency.", "Reads go to any async replica."),
        ("N is three, R is two and W is two.", "We always read the latest value."),
        ("R is one and W is one.", "We always read the latest value."),
        ("", ""),
        ("We shard by hand.", "We shard by feature."),
    ]);
}

#[test]
fn a_premise_that_the_interviewer_changes_commits_to_nothing() {
    let plain = ("What about reads?", "Reads go to any async replica.");
    let first = ("", "We need strongly consistent reads.");
    assert_eq!(found_asked(&[first, plain]).len(), 1);
    for asked in ["Suppose the leader is gone. What now?", "Now ten times the load?", "What if it is far away?"] {
        assert_eq!(found_asked(&[first, (asked, plain.1)]), [], "{asked}");
    }
}

#[test]
fn a_revision_replaces_what_was_said_before() {
    let answers =
        ["We shard by user ID.", "Actually we change it, we shard by tenant.", "So we shard by tenant, as agreed."];
    assert_eq!(found(&answers), []);
}

#[test]
fn two_sentences_of_one_answer_are_compared_too() {
    let all = found(&["All writes go to the leader. It is simple. And any node can accept writes."]);
    let [one] = all.as_slice() else { panic!("{all:#?}") };
    assert_eq!(
        one.probe,
        "You said \"All writes go to the leader\", and then \"any node can accept writes\". How can both hold?"
    );
}

#[test]
fn a_quote_that_cannot_be_said_gives_way_to_plain_words() {
    let all = found(&["We get 10k requests/s, load is 1000 requests/sec.", "P99 is 5ms."]);
    assert_eq!(all, []);
    let all = found(&["P99 is 5ms.", "P99 is 200ms."]);
    let [one] = all.as_slice() else { panic!("{all:#?}") };
    assert_eq!(
        one.probe,
        "Earlier you said \"p99 of 5 milliseconds\", and now \"p99 of 200 milliseconds\". Which of the two holds?"
    );
    check_sayable(&one.probe);
}

#[test]
fn evidence_points_at_the_words_and_the_turn() {
    let transcript = Transcript::typed("Hello. We shard by user ID.");
    let claims = ledger(&[Said { turn: TurnNo(3), asked: "", transcript: &transcript }]);
    let [claim] = claims.as_slice() else { panic!("{claims:#?}") };
    assert_eq!((claim.turn, claim.evidence.text.as_str()), (TurnNo(3), "We shard by user ID"));
    assert_eq!(claim.commitment, Commitment::Key { role: KeyRole::Shard, parts: vec!["user".into()] });
}

/// Every answer of the two files, alone: none contradicts itself by the ledger's narrow notion.
#[test]
fn no_single_answer_of_the_fixtures_is_said_to_contradict_itself() {
    for (text, key) in [
        (include_str!("../../../tests/fixtures/gold/answers.jsonl"), "transcript"),
        (include_str!("../../../tests/fixtures/answers/three-qualities.jsonl"), "answer"),
    ] {
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let all = found(&[value[key].as_str().unwrap()]);
            assert!(all.is_empty(), "{line}: {}", all[0].probe);
        }
    }
}
