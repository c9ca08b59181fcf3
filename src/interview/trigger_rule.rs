//! On what the interviewer cuts in during a pressure drill: rules over the words of an answer as it is told.
//!
//! The rules are the pack's mistakes that have interjections. Their detectors carry what sets a rule off and what redeems it, so an
//! interjection never accuses of what the report would excuse, and each cue is written once. When to speak is [`super::trigger`]'s affair.

use super::{
    coverage::find_any,
    mistake::{self, Detector, Mistake},
    pack::Pack,
    question::Question,
    words::Spoken,
};
use crate::signal::SAMPLE_RATE;

/// One thing to cut in on. Times are in samples.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerRule {
    /// Id of the mistake.
    pub id: String,
    /// Hears the words that set it off.
    pub mistake: Mistake,
    /// Cues that redeem, wherever in the answer they are heard.
    pub redeemed_by: Vec<String>,
    /// Sentences to cut in with, one at a time; never empty.
    pub say: Vec<String>,
    /// Speech that may still redeem the words.
    pub grace: u64,
    /// How long the rule rests after it fired.
    pub cooldown: u64,
    /// Voice in this answer before the rule may fire.
    pub min_voiced: u64,
}

/// The rules for a question: its own mistakes, and those of its kind that words alone betray, as far as they have interjections.
///
/// For a question that no pack knows every mistake with interjections counts.
pub fn rules_of(pack: &Pack, question: Option<&Question>) -> Vec<TriggerRule> {
    let can_be_made = |mistake: &&Mistake| {
        question.is_none_or(|question| {
            let of_kind = mistake.kinds.is_empty() || mistake.kinds.contains(&question.kind);
            of_kind && (question.mistakes.contains(&mistake.id) || matches!(mistake.heard, Detector::Said { .. }))
        })
    };
    pack.mistakes.values().filter(can_be_made).filter_map(rule_of).collect()
}

/// The rule of a mistake; `None` for one that has nothing to cut in with, or that no words betray.
pub fn rule_of(mistake: &Mistake) -> Option<TriggerRule> {
    let redeemed_by = match &mistake.heard {
        Detector::Said { unless, .. }
        | Detector::SaidEarly { unless, .. }
        | Detector::SaidBefore { unless, .. }
        | Detector::TooMany { unless, .. } => unless.clone(),
        Detector::Missing { .. } => return None,
    };
    let say = mistake.interjections.clone();
    let seconds = |seconds: u64| seconds * u64::from(SAMPLE_RATE);
    (!say.is_empty()).then(|| TriggerRule {
        id: mistake.id.clone(),
        mistake: mistake.clone(),
        redeemed_by,
        say,
        grace: seconds(8),
        cooldown: seconds(45),
        min_voiced: seconds(5),
    })
}

impl TriggerRule {
    /// The rule of a sceptical interviewer, who leaves less time to redeem the words.
    pub fn impatient(self) -> Self {
        Self { grace: 5 * u64::from(SAMPLE_RATE), ..self }
    }

    /// The words that set the rule off, if they are in `committed` and nothing in `all` redeems them.
    pub(super) fn unredeemed(&self, committed: &Spoken, all: &Spoken) -> Option<String> {
        let heard = mistake::detect(&self.mistake, committed)?.evidence?.text;
        find_any(&self.redeemed_by, all).is_none().then_some(heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::{pack::Content, sample_pack};

    #[test]
    fn the_shipped_rules_fit_the_question() {
        let content = sample_pack::shipped();
        let ids = |question: Option<&str>| {
            let (pack, _) = content.question("rate-limiter").unwrap();
            let question = question.map(|id| content.question(id).unwrap().1);
            rules_of(pack, question).into_iter().map(|rule| rule.id).collect::<Vec<_>>()
        };
        let of_design = ids(Some("rate-limiter"));
        assert!(of_design.iter().any(|id| id == "exactly-once-as-switch"), "{of_design:?}");
        assert!(!ids(Some("cap-theorem")).iter().any(|id| id == "forgets-idempotency"), "it is made in designs only");
        assert!(ids(None).len() >= of_design.len() && ids(None).len() >= 12);
        assert!(ids(Some("recover-after-weak-answer")).is_empty(), "nobody cuts in on coaching");
    }

    #[test]
    fn every_shipped_mistake_that_words_betray_by_themselves_has_a_rule() {
        let (pack, _) = sample_pack::shipped().question("rate-limiter").unwrap();
        for mistake in pack.mistakes.values().filter(|mistake| matches!(mistake.heard, Detector::Said { .. })) {
            // Whether steps are told shows only at the end of an answer.
            assert_eq!(rule_of(mistake).is_some(), mistake.id != "no-steps", "{}", mistake.id);
        }
    }

    #[test]
    fn interjections_are_checked() {
        let problems = |interjections: &str| {
            let mut files = sample_pack::files();
            let text = files.get_mut("packs/sample/mistakes.toml").unwrap();
            *text = text.replacen("[mistakes.heard]", &format!("interjections = {interjections}\n[mistakes.heard]"), 1);
            Content::parse(&files)
                .err()
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(problems("[\"And then?\"]"), "");
        assert!(problems(&format!("[\"{}\"]", "word ".repeat(30))).contains("30 words"));
        assert!(problems("[\"5% off\"]").contains("cannot be said"));
        assert!(problems("[]").contains("interjections"));
    }
}
