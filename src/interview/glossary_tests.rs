use super::*;

fn terms() -> Vec<Term> {
    let term = |term: &str, spoken: &[&str], misheard: &[&str]| Term {
        term: term.to_owned(),
        spoken: spoken.iter().map(|&s| s.to_owned()).collect(),
        misheard: misheard.iter().map(|&s| s.to_owned()).collect(),
    };
    vec![
        term("idempotency key", &[], &["item potency key", "identity key"]),
        term("idempotency", &[], &["item potency", "eden potency"]),
        term("exactly once", &[], &["ex actly once", "exactly ones"]),
        term("Kafka", &[], &["cough car", "calf car", "kavka"]),
        term("Raft", &[], &[]),
        term("quorum", &[], &["core um", "corum"]),
        term("p99", &["p ninety nine", "p 99"], &["pee ninety nine"]),
        term("two-phase commit", &["2pc"], &["to face commit"]),
        term("fencing token", &[], &[]),
        term("linearizability", &[], &["linear is ability"]),
        term("Cassandra", &[], &[]),
        term("backpressure", &[], &[]),
        term("causal consistency", &[], &[]),
        term("cache", &[], &["cash hit rate"]),
        term("partition", &[], &[]),
        term("replica", &[], &[]),
    ]
}

fn check(cases: &[(&str, &str)]) {
    for (raw, expected) in cases {
        let corrected = correct(raw, &terms());
        assert_eq!(corrected.text, *expected, "from {raw:?}: {:?}", corrected.changes);
        assert_eq!(corrected.changes.is_empty(), raw == expected, "{raw:?}: {:?}", corrected.changes);
    }
}

#[test]
fn listed_forms_are_replaced_and_the_longest_wins() {
    check(&[
        ("we send an item potency key.", "we send an idempotency key."),
        ("Item potency is what we need", "Idempotency is what we need"),
        ("it goes through cough car, then on", "it goes through Kafka, then on"),
        ("exactly ones delivery", "exactly once delivery"),
        ("the p ninety nine is 20 ms", "the p99 is 20 ms"),
        ("the P-99 is 20 ms", "the p99 is 20 ms"),
        ("a core um of three", "a quorum of three"),
        ("with 2PC", "with two-phase commit"),
    ]);
}

#[test]
fn words_that_look_and_sound_like_a_term_are_repaired() {
    check(&[
        ("we need a quoram of nodes", "we need a quorum of nodes"),
        ("the idempotancy key is kept", "the idempotency key is kept"),
        ("all idempotencykeys are kept", "all idempotency keys are kept"),
        ("Casandra stores it", "Cassandra stores it"),
        ("a fensing token rejects it", "a fencing token rejects it"),
        ("linearizabilty costs latency", "linearizability costs latency"),
        ("a backpresure signal", "a backpressure signal"),
    ]);
}

#[test]
fn ordinary_words_and_other_forms_are_left_alone() {
    check(&[
        ("the casual manner and the consistency of friends", "the casual manner and the consistency of friends"),
        ("I would draft a petition and a draft", "I would draft a petition and a draft"),
        ("the operation is idempotent", "the operation is idempotent"),
        ("two quorums and many replicas", "two quorums and many replicas"),
        ("it is replicated and partitioned", "it is replicated and partitioned"),
        ("pay in cash", "pay in cash"),
        ("a token for fencing", "a token for fencing"),
        ("partitioning by user", "partitioning by user"),
        ("linearizable reads", "linearizable reads"),
        ("the cough of a car", "the cough of a car"),
        ("", ""),
    ]);
}

#[test]
fn nothing_is_matched_across_punctuation() {
    check(&[
        ("this item, potency aside", "this item, potency aside"),
        ("I heard a cough. Car noise", "I heard a cough. Car noise"),
        ("exactly. Ones and zeros", "exactly. Ones and zeros"),
    ]);
}

#[test]
fn right_terms_and_the_rest_of_the_text_stay_as_they_are() {
    check(&[
        ("  Kafka  and raft, p99!  ", "  Kafka  and raft, p99!  "),
        ("idempotency keys — naïve café", "idempotency keys — naïve café"),
        ("two phase commit or two-phase commit", "two phase commit or two-phase commit"),
    ]);
}

#[test]
fn a_second_pass_changes_nothing_more() {
    for raw in ["we send an item potency key to cough car", "a quoram with p ninety nine and fensing token"] {
        let once = correct(raw, &terms()).text;
        assert_eq!(correct(&once, &terms()).text, once);
    }
}

#[test]
fn every_change_says_what_it_was_and_why() {
    let changes = correct("cough car keeps a quoram under p ninety nine", &terms()).changes;
    let change = |from: &str, to: &str, rule| Change { from: from.to_owned(), to: to.to_owned(), rule };
    assert_eq!(
        changes,
        [
            change("cough car", "Kafka", Rule::Misheard),
            change("quoram", "quorum", Rule::Similar),
            change("p ninety nine", "p99", Rule::Spoken)
        ]
    );
}

/// Running text without a mis-heard word: nothing may be "corrected".
#[test]
fn plain_talk_is_not_corrected() {
    let talk = "So before I draw anything I would like to know how many people use this at the same time, and whether they \
                mostly read or mostly write. Let me assume a million users, a tenth of them active each day. A craft shop \
                with a quorate board might decide otherwise. Causality matters less than the customer's perception, and \
                I'd rather participate in a rehearsal than partake in an outage. My cashier refused the repetition of the \
                exact ones he had sold. Cassette tapes, casinos and capable Kansas lawyers are beside the point; likewise \
                the potency of pressure at the back, the lineage of abilities, the replication of a rafter, and fences \
                taken apart. Finally I would roll it out slowly, watch the errors, and page somebody before customers call.";
    assert_eq!(correct(talk, &terms()).changes, []);
}

#[test]
fn ordinary_words_are_repaired_beside_a_word_of_the_term() {
    check(&[
        ("casual consistency is enough", "causal consistency is enough"),
        ("a fencing trading stops it", "a fencing trading stops it"),
        ("a fencing tokin stops it", "a fencing token stops it"),
        ("linear is a bility costs latency", "linearizability costs latency"),
        ("we read the fencing rules", "we read the fencing rules"),
    ]);
}

#[test]
fn neighbours_are_not_swallowed() {
    check(&[
        ("so we use casandra in this part", "so we use Cassandra in this part"),
        ("we need fensing token when a node fails", "we need fencing token when a node fails"),
        ("with the quoram in place", "with the quorum in place"),
        ("in our backpresure and on it", "in our backpressure and on it"),
        ("back pressure is signalled", "back pressure is signalled"),
    ]);
}

#[test]
fn what_could_be_either_of_two_terms_is_left_alone() {
    let term = |term: &str| Term { term: term.to_owned(), spoken: vec![], misheard: vec![] };
    let twins = [term("proposer"), term("propocer")];
    assert_eq!(correct("the propozer asks", &twins).changes, []);
    assert_eq!(correct("the propozer asks", &twins[..1]).text, "the proposer asks");
}

#[test]
fn plurals_stay_plurals() {
    check(&[
        ("item potency keys are kept", "idempotency keys are kept"),
        ("two core ums", "two quorums"),
        ("fensing tokens grow", "fencing tokens grow"),
        ("two quoroms and the corums", "two quorums and the quorums"),
        ("idempotency keys", "idempotency keys"),
    ]);
}

#[test]
fn no_terms_change_nothing() {
    assert_eq!(correct("a quoram of three", &[]).text, "a quoram of three");
}
