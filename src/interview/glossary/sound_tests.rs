use super::*;

fn said(words: &str) -> Vec<u8> {
    words.split(' ').flat_map(sounds).collect()
}

#[test]
fn words_that_sound_the_same_have_the_same_sounds() {
    for (a, b) in
        [("cash", "cache"), ("write", "right"), ("cue", "queue"), ("phase", "fase"), ("knot", "not"), ("quack", "kwak")]
    {
        assert_eq!(said(a), said(b), "{a} and {b}");
    }
}

/// Share of the sounds that differ, at most and at least, in percent.
#[test]
fn what_sounds_alike_is_near() {
    for (a, b, least, most) in [
        ("quorum", "core um", 0, 25),
        ("idempotency", "item potency", 0, 15),
        ("linearizability", "linear is ability", 0, 12),
        ("paxos", "packs us", 0, 10),
        ("c r d t", "see our dee tee", 0, 20),
        ("cassandra", "cassette", 30, 100),
        ("quorum", "cork", 30, 100),
        ("kafka", "shard", 60, 100),
        ("token", "bucket", 50, 100),
    ] {
        let (a, b) = (said(a), said(b));
        let share = 100.0 * distance(&a, &b, 99.0) / weight(&a).max(weight(&b));
        assert!((least as f32..=most as f32).contains(&share), "{share} between {a:?} and {b:?}");
    }
}

#[test]
fn the_distance_is_the_same_both_ways_and_no_more_than_all_sounds() {
    let words = ["idempotent", "raft", "a", "zookeeper", "queue", "", "xylophone", "tombstone"];
    for a in words.map(said) {
        for b in words.map(said) {
            let there = distance(&a, &b, 99.0);
            assert_eq!(there, distance(&b, &a, 99.0));
            assert!(there <= weight(&a) + weight(&b) + 0.001);
            assert!(there + 0.001 >= (weight(&a) - weight(&b)).abs(), "the weights bound it from below");
            assert_eq!(there == 0.0, a == b);
        }
    }
}

#[test]
fn a_limit_gives_the_same_distance_or_none() {
    let words = ["consistency", "consensus", "constancy", "quorum", "core um", "corum", "decorum"];
    for a in words.map(said) {
        for b in words.map(said) {
            let whole = distance(&a, &b, 99.0);
            for most in [0.0, 0.3, 0.8, 1.5, 3.0] {
                let limited = distance(&a, &b, most);
                assert_eq!(limited, if whole <= most + 0.001 { whole } else { f32::INFINITY }, "{whole} under {most}");
            }
        }
    }
}

#[test]
fn letters_are_spelled_out_and_the_rest_is_left_out() {
    assert_eq!(said("s l o"), b"eselo");
    assert_eq!(said("99"), b"");
    assert_eq!(said("naïve"), said("nave"));
}
