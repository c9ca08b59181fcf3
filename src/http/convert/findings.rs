//! Numbers the findings of an answer, and puts what the person called wrong beside them.
//!
//! What was heard is numbered before what was judged: a judgement that comes later, or a second one, moves no number.

use super::word;
use crate::{
    api::{self, FindingKind, LevelOrNot},
    store::{FindingKey, Objection, time_text},
};

/// Numbers every finding of `answer` and lists them in it.
pub fn number(answer: &mut api::Answer, objections: &[Objection]) {
    let mut list = List { findings: Vec::new(), objections };
    let signal = &mut answer.practice_signal;
    for point in &mut signal.heard {
        list.quoted(FindingKind::Point, &format!("Heard: {}", point.says), &mut point.evidence);
    }
    for point in &mut signal.missing {
        point.n = list.bare(FindingKind::MissingPoint, &point.id, &format!("Not heard: {}", point.says));
    }
    for mistake in &mut answer.mistakes {
        mistake.n = match &mut mistake.evidence {
            Some(evidence) => list.quoted(FindingKind::Mistake, &mistake.title, evidence),
            None => list.bare(FindingKind::Mistake, &mistake.id, &mistake.title),
        };
    }
    for step in &mut signal.steps {
        let says = step.check.replace('_', " ");
        list.quoted(FindingKind::Step, &says, step);
    }
    for step in &mut signal.missing_steps {
        step.n = list.bare(FindingKind::MissingStep, &step.id, &format!("Not heard: {}", step.says));
    }
    for asked in &mut answer.clarifications {
        let clip = asked.from_s.zip(asked.to_s);
        asked.n = list.add(FindingKind::Clarification, &asked.constraints.join(" "), &asked.told, &asked.asked, clip);
    }
    for check in &mut signal.arithmetic {
        list.quoted(FindingKind::Arithmetic, &check.working, &mut check.evidence);
    }
    for pair in &mut signal.contradictions {
        let says = format!("Contradicts: {}", pair.earlier.evidence.text);
        if pair.earlier.turn == pair.later.turn {
            list.quoted(FindingKind::Contradiction, "Contradicted later", &mut pair.earlier.evidence);
        } else {
            // Its seconds are those of another recording.
            (pair.earlier.evidence.from_s, pair.earlier.evidence.to_s) = (None, None);
        }
        list.quoted(FindingKind::Contradiction, &says, &mut pair.later.evidence);
    }
    for outcome in &mut signal.outcomes {
        if outcome.evidence.is_empty() {
            outcome.n = list.bare(FindingKind::Outcome, &outcome.what, &outcome.says);
        }
        for evidence in &mut outcome.evidence {
            list.quoted(FindingKind::Outcome, &outcome.says, evidence);
        }
    }
    for moment in answer.delivery.iter_mut().flat_map(|delivery| &mut delivery.moments) {
        let says = match moment.kind {
            FindingKind::Pause => format!("A pause of {:.1} s", moment.seconds),
            kind => format!("A {}", word(kind)),
        };
        let clip = Some((moment.from_s, moment.to_s));
        moment.n = list.add(moment.kind, &format!("{:.1}", moment.at_s), &says, &moment.words, clip);
    }
    for dimension in &mut answer.assessment.dimensions {
        let level = match &dimension.level {
            LevelOrNot::Level(level) => format!("level {level}"),
            LevelOrNot::Word(word) => word.clone(),
            LevelOrNot::NoOccasion => "no occasion".to_owned(),
        };
        dimension.n = list.bare(FindingKind::Level, &dimension.id, &format!("{}: {level}", dimension.title));
        for evidence in &mut dimension.evidence {
            list.quoted(FindingKind::Evidence, &dimension.title, evidence);
        }
    }
    number_flat_list(answer);
    answer.findings = list.findings;
    answer.objections = objections.iter().map(|objection| wire(objection, &answer.findings)).collect();
}

/// The list of all evidence holds copies of what is numbered elsewhere.
fn number_flat_list(answer: &mut api::Answer) {
    let numbered: Vec<&api::Evidence> = match answer.assessment.dimensions.as_slice() {
        [] => answer.practice_signal.heard.iter().map(|point| &point.evidence).collect(),
        dimensions => dimensions.iter().flat_map(|dimension| &dimension.evidence).collect(),
    };
    for (copy, original) in answer.assessment.evidence.iter_mut().zip(numbered) {
        copy.n = original.n;
    }
}

struct List<'a> {
    findings: Vec<api::Finding>,
    objections: &'a [Objection],
}

impl List<'_> {
    fn quoted(&mut self, kind: FindingKind, says: &str, evidence: &mut api::Evidence) -> Option<usize> {
        let clip = evidence.from_s.zip(evidence.to_s);
        evidence.n = self.add(kind, &evidence.check, says, &evidence.text, clip);
        evidence.n
    }

    /// A finding that rests on no words.
    fn bare(&mut self, kind: FindingKind, id: &str, says: &str) -> Option<usize> {
        self.add(kind, id, says, "", None)
    }

    fn add(&mut self, kind: FindingKind, id: &str, says: &str, quote: &str, clip: Option<(f64, f64)>) -> Option<usize> {
        let n = self.findings.len() + 1;
        let mut finding = api::Finding {
            n,
            kind,
            id: id.to_owned(),
            says: says.to_owned(),
            quote: (!quote.is_empty()).then(|| quote.to_owned()),
            from_s: clip.map(|(from, _)| from),
            to_s: clip.map(|(_, to)| to),
            objection: None,
        };
        let objection = self.objections.iter().find(|objection| objection.finding == key(&finding));
        finding.objection = objection.map(|objection| wire(objection, std::slice::from_ref(&finding)));
        self.findings.push(finding);
        Some(n)
    }
}

/// What still means this finding after the answer was judged again.
pub fn key(finding: &api::Finding) -> FindingKey {
    FindingKey {
        kind: word(finding.kind),
        target: finding.id.clone(),
        quote: finding.quote.clone().unwrap_or_default(),
    }
}

fn wire(objection: &Objection, findings: &[api::Finding]) -> api::Objection {
    let FindingKey { kind, target, quote } = objection.finding.clone();
    api::Objection {
        finding: findings.iter().find(|finding| key(finding) == objection.finding).map(|finding| finding.n),
        kind,
        about: target,
        quote: (!quote.is_empty()).then_some(quote),
        why: objection.why.clone(),
        made_at: time_text(objection.made_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer as the API gives it, with a finding of every kind.
    fn answer(later_turn: u32, judged: bool) -> api::Answer {
        let evidence = |check: &str, text: &str| serde_json::json!({"check": check, "start_s": 1.0, "end_s": 2.0, "from_s": 0.5, "to_s": 2.5, "text": text});
        let dimension = serde_json::json!({"id": "data_model", "title": "Data model", "level": 2, "missing": "an index", "notes": [],
            "evidence": [evidence("data_model_1", "a table of keys")]});
        let json = serde_json::json!({
            "id": 1, "session": 1, "question": {"id": "q", "kind": "design", "text": "Design it."}, "answers_probe": null,
            "asked_level": "senior", "source": "microphone", "state": "complete", "started_at": "", "corrected": false,
            "has_audio": true, "transcript": {"text": "", "segments": []},
            "practice_signal": {
                "knows_question": true,
                "heard": [{"id": "a", "says": "A.", "evidence": evidence("a", "we say a")}],
                "missing": [{"id": "b", "says": "B."}],
                "steps": [evidence("failure_mode", "it breaks")],
                "missing_steps": [{"id": "new_cost", "says": "The price."}],
                "arithmetic": [{"slip": true, "working": "ten is not a hundred", "claimed": "a hundred", "computed": "ten",
                    "times_off": 10.0, "evidence": evidence("arithmetic", "a hundred")}],
                "contradictions": [{"earlier": {"turn": 1, "evidence": evidence("c", "strong")},
                    "later": {"turn": later_turn, "evidence": evidence("c", "eventual")}, "probe": "Which?"}],
                "outcomes": [{"what": "off-topic", "says": "not about it", "withholds": true, "evidence": []}],
            },
            "mistakes": [{"id": "m", "title": "M.", "advice": "Do not.", "evidence": null}],
            "assessment": {"kind": "judged", "why": null, "levels": {}, "dimensions": if judged { vec![dimension] } else { vec![] },
                "evidence": if judged { vec![evidence("data_model_1", "a table of keys")] } else { vec![evidence("a", "we say a")] },
                "missing": [], "cautions": [], "judged_by": null},
            "verdict": null, "delivery": null, "probe": null, "timings_ms": {}, "notices": [],
            "clarifications": [{"asked": "How many?", "told": "Many.", "constraints": ["load"], "from_s": 3.0, "to_s": 5.0}],
        });
        serde_json::from_value(json).unwrap()
    }

    fn kinds(answer: &api::Answer) -> Vec<(usize, String)> {
        answer.findings.iter().map(|finding| (finding.n, word(finding.kind))).collect()
    }

    #[test]
    fn a_judgement_moves_no_number_of_what_was_heard() {
        let (mut before, mut after) = (answer(1, false), answer(1, true));
        number(&mut before, &[]);
        number(&mut after, &[]);
        let heard = kinds(&before);
        assert_eq!(kinds(&after)[..heard.len()], heard);
        let expected = [
            "point",
            "missing_point",
            "mistake",
            "step",
            "missing_step",
            "clarification",
            "arithmetic",
            "contradiction",
            "contradiction",
            "outcome",
            "level",
            "evidence",
        ];
        assert_eq!(kinds(&after), (1..).zip(expected.map(str::to_owned)).collect::<Vec<_>>());
        assert_eq!(after.assessment.evidence[0].n, Some(12), "the copy has the number of the original");
        assert_eq!(before.assessment.evidence[0].n, Some(1));
    }

    #[test]
    fn what_was_said_in_an_earlier_answer_is_not_played_from_this_one() {
        let mut answer = answer(2, false);
        number(&mut answer, &[]);
        let pair = &answer.practice_signal.contradictions[0];
        assert_eq!((pair.earlier.evidence.n, pair.earlier.evidence.from_s), (None, None));
        assert!(pair.later.evidence.n.is_some() && pair.later.evidence.from_s.is_some());
    }

    #[test]
    fn an_objection_stays_with_what_it_was_said_of() {
        let key = |kind: &str, target: &str, quote: &str| FindingKey {
            kind: kind.into(),
            target: target.into(),
            quote: quote.into(),
        };
        let objection = |finding, why: &str| Objection { finding, why: Some(why.into()), made_ms: 0 };
        let objections = [
            objection(key("level", "data_model", ""), "too low"),
            objection(key("evidence", "data_model_1", "words that are gone"), "not mine"),
        ];
        let mut answer = answer(1, true);
        number(&mut answer, &objections);
        let level = answer.findings.iter().find(|finding| finding.objection.is_some()).unwrap();
        assert_eq!((level.n, level.objection.as_ref().unwrap().why.as_deref()), (11, Some("too low")));
        let numbers: Vec<_> = answer.objections.iter().map(|objection| objection.finding).collect();
        assert_eq!(numbers, [Some(11), None]);
    }
}
