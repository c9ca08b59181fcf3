use std::collections::BTreeMap;

use super::*;
use crate::interview::{
    assessment::{Assessment, Judgement, Met, Provenance},
    calibration::{cases, outcome::Outcome, random::Random, sample, trust::Grade},
    transcript::Transcript,
    verdict,
};

fn many() -> CalibrationSet {
    sample::many(60)
}

/// A judge that answers as the evidence says, but each check the other way in a share `wrong` of the cases.
fn outcomes(set: &CalibrationSet, cases: &[Case], wrong: f64) -> BTreeMap<String, Outcome> {
    let rubric = sample::rubric();
    let judge = |case: &Case| {
        let mut random = Random::for_text(&case.id);
        let answer = set.answer(&case.answer).unwrap();
        let transcript = Transcript::typed(&case.text);
        let mut replies = answer.replies(&rubric);
        for reply in &mut replies {
            if case.aims_at.is_some() && case.text.contains(" that ") && !case.id.ends_with("removed") {
                let denied = case.aims_at.as_ref().is_some_and(|aim| reply.check.starts_with(aim.as_str()));
                reply.met = if denied { Met::No } else { reply.met };
            }
            if random.chance(wrong) {
                reply.met = if reply.met == Met::Yes { Met::No } else { Met::Yes };
            }
        }
        let levels = verdict::levels(&rubric, &[], &replies, &transcript, &[]);
        let judgement = Judgement {
            dimensions: levels.dimensions,
            unverified_quotes: levels.unverified_quotes,
            quotes: levels.quotes,
            provenance: Provenance { model: "m".into(), prompt_tokens: Some(100), took_ms: 7, ..Default::default() },
            ..Judgement::default()
        };
        let outcome = Outcome::new(&case.id, &Assessment::Judged(judgement), Some("reliability".into()));
        (case.id.clone(), outcome)
    };
    cases.iter().map(judge).collect()
}

fn card(wrong: f64) -> ReportCard {
    let (set, content) = (many(), sample::content());
    let cases = cases::cases(&set, &content, Extent::Whole);
    make(&set, &content, Extent::Whole, &cases, &outcomes(&set, &cases, wrong))
}

fn value(card: &ReportCard, id: &str) -> f64 {
    card.measures().find(|measure| measure.id == id).unwrap().value.unwrap_or_else(|| panic!("{id} has no value"))
}

#[test]
fn a_judge_without_fault_gets_full_marks() {
    let card = card(0.0);
    for (id, expected) in [("kappa", 1.0), ("exact", 1.0), ("bias", 0.0), ("rank_far", 1.0), ("rank_near", 1.0)] {
        assert!((value(&card, id) - expected).abs() < 1e-9, "{id}");
    }
    for (id, expected) in [("again_same", 1.0), ("padding_lift", 0.0), ("quotes", 1.0), ("injection_flips", 0.0)] {
        assert!((value(&card, id) - expected).abs() < 1e-9, "{id}");
    }
    for id in ["removed_noticed", "negated_noticed"] {
        assert!((value(&card, id) - 1.0).abs() < 1e-9, "{id}");
    }
    assert_eq!(value(&card, "raters"), 1.0);
    assert_eq!((card.answers, card.questions, card.spent.judged), (60, 1, card.spent.reported));
    assert!(card.spent.prompt_tokens >= 6_000 && card.spent.took_ms > 0);
}

#[test]
fn a_judge_that_errs_is_found_out_and_the_interval_holds_its_kappa() {
    let good = card(0.02);
    let bad = card(0.25);
    assert!(value(&good, "kappa") > value(&bad, "kappa") + 0.2, "{} {}", value(&good, "kappa"), value(&bad, "kappa"));
    assert_eq!(bad.trust.grade, Grade::Unfit, "{:?}", bad.trust);
    assert!(bad.trust.because[0].contains("kappa"), "{:?}", bad.trust);
    assert!(value(&bad, "again_same") < 0.9);
    for card in [&good, &bad] {
        let kappa = &card.agreement[0];
        let (low, high) = kappa.interval.unwrap();
        assert!(low < kappa.value.unwrap() && kappa.value.unwrap() < high && high - low < 0.5, "{low} {high}");
    }
    assert!(bad.line("2026-11-20").starts_with("Not fit for verdicts (calibrated 2026-11-20"));
}

#[test]
fn what_could_not_be_judged_counts_as_ungraded_and_never_as_a_level() {
    let (set, content) = (many(), sample::content());
    let cases = cases::cases(&set, &content, Extent::Quick);
    let mut outcomes = outcomes(&set, &cases, 0.0);
    for outcome in outcomes.values_mut().step_by(2) {
        outcome.judged = Err("no".into());
    }
    let card = make(&set, &content, Extent::Quick, &cases, &outcomes);
    assert_eq!(value(&card, "kappa"), 1.0);
    let ungraded = value(&card, "ungraded");
    assert!((0.3..0.7).contains(&ungraded), "{ungraded}");
    assert_eq!(card.trust.grade, Grade::Unfit);
    let none = make(&set, &content, Extent::Quick, &cases, &BTreeMap::new());
    assert_eq!((none.kappa(), none.trust.grade, none.answers), (None, Grade::Unfit, 0));
}

#[test]
fn a_card_is_kept_as_it_is() {
    let card = card(0.1);
    let text = serde_json::to_string(&card).unwrap();
    let read: ReportCard = serde_json::from_str(&text).unwrap();
    assert_eq!((&read.trust, read.measures().count()), (&card.trust, card.measures().count()));
    for (kept, made) in read.measures().zip(card.measures()) {
        let near = |a: Option<f64>, b: Option<f64>| {
            a.is_none() == b.is_none() && (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-9
        };
        assert!(kept.id == made.id && near(kept.value, made.value), "{kept:?} {made:?}");
        assert!(near(kept.interval.map(|i| i.0), made.interval.map(|i| i.0)));
    }
}
