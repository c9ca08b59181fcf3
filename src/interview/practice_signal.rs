//! What can honestly be said of an answer without a model: coverage, mistakes, follow-up order, delivery. Never a 0-4.

use serde::{Deserialize, Serialize};

use super::{
    arithmetic::{self, Arithmetic},
    assessment::Evidence,
    claim::{self, Claim, Contradiction, Said},
    coverage::find_any,
    follow_up,
    mistake::{self, Detector, Mistake},
    pack::{Content, Pack},
    question::{FollowUpStep, Question},
    transcript::Transcript,
    withholding::{self, Heard, Outcome},
    words::Spoken,
};

/// The practice signal of one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PracticeSignal {
    /// Points that were heard, with the words. `supports` is the point's id.
    pub heard: Vec<Evidence>,
    /// Ids of the points that were not, in the order of the question.
    pub missing: Vec<String>,
    /// Mistakes that were heard.
    pub mistakes: Vec<MistakeHeard>,
    /// Steps of the follow-up order that were heard, in the order they were said.
    pub steps: Vec<(FollowUpStep, Evidence)>,
    /// In a reply to a follow-up: steps that were not heard.
    #[serde(default)]
    pub missing_steps: Vec<FollowUpStep>,
    /// Spoken capacity arithmetic that could be checked.
    #[serde(default)]
    pub arithmetic: Arithmetic,
    /// What the answer commits to.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Commitments that cannot both hold. The later one is of this answer, the earlier one of this or of one before.
    #[serde(default)]
    pub contradictions: Vec<Contradiction>,
    /// What keeps the answer, or words of it, from being judged.
    #[serde(default)]
    pub outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MistakeHeard {
    /// Id of the mistake.
    pub mistake: String,
    /// The words that betray it; `None` where it is something that was not said.
    pub evidence: Option<Evidence>,
}

/// Listens to an answer for the points and mistakes of a question.
///
/// For a question that no pack knows pass `question` as `None`: then there is no coverage and all mistakes are listened for.
pub fn listen(pack: &Pack, question: Option<&Question>, transcript: &Transcript) -> PracticeSignal {
    let spoken = Spoken::of(transcript);
    let mut signal = PracticeSignal { steps: follow_up::steps_heard(&spoken), ..PracticeSignal::default() };
    for point in question.map(|question| question.points.as_slice()).unwrap_or_default() {
        match find_any(&point.cues, &spoken) {
            Some(words) => signal.heard.push(spoken.evidence(&point.id, words)),
            None => signal.missing.push(point.id.clone()),
        }
    }
    let of_question = |mistake: &Mistake| question.is_none_or(|question| is_listened_for(mistake, question));
    signal.mistakes = mistakes(pack, &spoken, of_question);
    signal
}

/// Listens to a reply to a follow-up: the steps of the order, the points it adds, and mistakes that words betray. What a
/// whole answer must hold is not missed in it.
pub fn listen_to_reply(pack: &Pack, question: Option<&Question>, transcript: &Transcript) -> PracticeSignal {
    let spoken = Spoken::of(transcript);
    let whole = listen(pack, question, transcript);
    let of_reply = |mistake: &Mistake| {
        let can_be_made = question.is_none_or(|question| is_listened_for(mistake, question));
        can_be_made && is_betrayed_by_words(&mistake.heard)
    };
    let heard = |step: &FollowUpStep| whole.steps.iter().any(|(heard, _)| heard == step);
    PracticeSignal {
        missing: Vec::new(),
        mistakes: mistakes(pack, &spoken, of_reply),
        missing_steps: follow_up::ORDER.into_iter().filter(|step| !heard(step)).collect(),
        ..whole
    }
}

/// Adds what does not hang on the question's points: arithmetic, commitments and where they contradict those of the answers `before` to
/// the same question, and what cannot be judged.
pub fn weigh(signal: &mut PracticeSignal, said: Said, before: &[Said], heard: &Heard, content: &Content) {
    let all: Vec<Said> = before.iter().copied().chain([said]).collect();
    let ledger = claim::ledger(&all);
    signal.arithmetic = arithmetic::referee(said.transcript);
    signal.contradictions = claim::contradictions(&ledger).into_iter().filter(|c| c.later.turn == said.turn).collect();
    signal.claims = ledger.into_iter().filter(|claim| claim.turn == said.turn).collect();
    signal.outcomes = withholding::outcomes(heard, content);
}

fn mistakes(pack: &Pack, spoken: &Spoken, listened_for: impl Fn(&Mistake) -> bool) -> Vec<MistakeHeard> {
    // Silence makes no mistakes.
    if spoken.words.is_empty() {
        return Vec::new();
    }
    let listened_for = pack.mistakes.values().filter(|mistake| listened_for(mistake));
    listened_for.filter_map(|mistake| mistake::detect(mistake, spoken)).collect()
}

/// The question's typical mistakes, and those of its kind that words alone betray, wherever they are said.
fn is_listened_for(mistake: &Mistake, question: &Question) -> bool {
    let of_kind = mistake.kinds.is_empty() || mistake.kinds.contains(&question.kind);
    of_kind && (question.mistakes.contains(&mistake.id) || matches!(mistake.heard, Detector::Said { .. }))
}

fn is_betrayed_by_words(detector: &Detector) -> bool {
    matches!(detector, Detector::Said { .. } | Detector::SaidBefore { .. })
}

/// What a missing point says, for the report: the words of the pack, to be shown only after the answer.
pub fn why_missing<'a>(question: &'a Question, point: &str) -> Option<&'a str> {
    question.points.iter().find(|known| known.id == point).map(|point| point.says.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::probe::tests::{pack, question};

    /// Points heard, points missing, mistakes and steps of an answer, each by id.
    fn check(answer: &str, heard: &[&str], missing: &[&str], mistakes: &[&str]) {
        let transcript = Transcript::typed(answer);
        let question = question();
        let signal = listen(&pack(), Some(&question), &transcript);
        let ids: Vec<&str> = signal.heard.iter().map(|evidence| evidence.supports.as_str()).collect();
        assert_eq!(ids, heard, "{answer}");
        assert_eq!(signal.missing, missing, "{answer}");
        let ids: Vec<&str> = signal.mistakes.iter().map(|heard| heard.mistake.as_str()).collect();
        assert_eq!(ids, mistakes, "{answer}");
        for evidence in &signal.heard {
            assert!(transcript.text().contains(&evidence.text));
        }
    }

    #[test]
    fn points_and_mistakes_are_heard_with_their_words() {
        check(
            "We count cars at the ramp. If the counter goes down the barrier fails open.",
            &["counter-down", "count-at-ramp"],
            &["lost-ticket"],
            &[],
        );
        check("It counts exactly once.", &[], &["counter-down", "lost-ticket", "count-at-ramp"], &["exactly-once"]);
    }

    #[test]
    fn silence_misses_everything_and_makes_no_mistake() {
        check("", &[], &["counter-down", "lost-ticket", "count-at-ramp"], &[]);
    }

    #[test]
    fn an_unknown_question_has_no_points_and_all_mistakes() {
        let signal = listen(&pack(), None, &Transcript::typed("It counts exactly once, sorry to say."));
        assert!(signal.heard.is_empty() && signal.missing.is_empty());
        let ids: Vec<&str> = signal.mistakes.iter().map(|heard| heard.mistake.as_str()).collect();
        assert_eq!(ids, ["exactly-once", "no-figures"]);
    }

    #[test]
    fn what_was_missing_can_be_told_afterwards() {
        assert_eq!(why_missing(&question(), "lost-ticket"), Some("A lost ticket still gets out."));
        assert_eq!(why_missing(&question(), "nothing"), None);
    }
}
