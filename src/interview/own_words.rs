//! Follow-ups about the candidate's own words: a sum that does not come out, two commitments that cannot both hold.
//!
//! They come before the bank's, since nothing fits an answer better than itself. Neither words nor reason tell what is right.

use super::{
    arithmetic::{self, Slip},
    claim::{self, Contradiction, Said},
    wording::{count_words, unspeakable},
};

/// Words of the candidate that can be said back in one breath.
const MOST_QUOTED: usize = 14;

/// A follow-up about words that were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutWords {
    /// [`SUM`] or [`CONTRADICTION`] and the number of the turn.
    pub id: String,
    pub text: String,
    pub reason: String,
}

/// Beginnings of the ids.
pub const SUM: &str = "own-sum-";
pub const CONTRADICTION: &str = "own-words-";

/// Follow-ups to the newest answer, given those `before` to the same question.
pub fn probes(newest: Said, before: &[Said]) -> Vec<AboutWords> {
    let all: Vec<Said> = before.iter().copied().chain([newest]).collect();
    let contradictions = claim::contradictions(&claim::ledger(&all));
    let fresh = contradictions.into_iter().find(|found| found.later.turn == newest.turn);
    let slip = arithmetic::referee(newest.transcript).slips.into_iter().next();
    let contradiction = fresh.map(|found| about_contradiction(&found));
    contradiction.into_iter().chain(slip.map(|slip| about_sum(&slip, newest.turn.0))).collect()
}

fn about_contradiction(found: &Contradiction) -> AboutWords {
    AboutWords {
        id: format!("{CONTRADICTION}{}", found.later.turn.0),
        text: found.probe.clone(),
        reason: format!(
            "From your own words: you said \"{}\" and \"{}\", and the two do not go together.",
            found.earlier.quote, found.later.quote
        ),
    }
}

fn about_sum(slip: &Slip, turn: u32) -> AboutWords {
    let sayable = |words: &&str| {
        count_words(words) <= MOST_QUOTED && unspeakable(words).is_none() && !words.contains(['"', '?', '!', ';'])
    };
    let text = match [slip.evidence.text.as_str(), slip.claimed.as_str()].into_iter().find(sayable) {
        Some(words) => format!("You said \"{words}\". Can you work that out once more, step by step?"),
        None => "One of your figures does not follow from the others. Can you work it out once more?".to_owned(),
    };
    AboutWords {
        id: format!("{SUM}{turn}"),
        text,
        reason: format!("From your own figures: you said \"{}\", and they do not fit together.", slip.evidence.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::transcript::{Transcript, TurnNo};

    fn check(answers: &[&str], expected: &[(&str, &str)]) {
        let transcripts: Vec<Transcript> = answers.iter().map(|text| Transcript::typed(text)).collect();
        let said: Vec<Said> =
            transcripts.iter().zip(1..).map(|(t, n)| Said { turn: TurnNo(n), asked: "", transcript: t }).collect();
        let (newest, before) = said.split_last().unwrap();
        let found = probes(*newest, before);
        let asked: Vec<(&str, &str)> = found.iter().map(|probe| (probe.id.as_str(), probe.text.as_str())).collect();
        assert_eq!(asked, expected, "{answers:?}");
        for probe in &found {
            assert!(count_words(&probe.text) < 30 && unspeakable(&probe.text).is_none(), "{}", probe.text);
        }
    }

    #[test]
    fn a_sum_that_is_tenfold_off_is_asked_for_once_more() {
        let asks = "You said \"A million requests a day is about a hundred and twenty a second\". Can you work that out once more, step by step?";
        check(&["A million requests a day is about a hundred and twenty a second."], &[("own-sum-1", asks)]);
        check(&["A million requests a day is about twelve a second."], &[]);
    }

    #[test]
    fn what_contradicts_an_earlier_answer_is_asked_about_once() {
        let (first, second) = ("Replication is synchronous.", "We have async replication.");
        let asks = "Earlier you said \"Replication is synchronous\", and now \"We have async replication\". Which of the two holds?";
        check(&[first, second], &[("own-words-2", asks)]);
        check(&[first, second, "And that is it for the cache."], &[]);
    }
}
