//! Questions to the types of the wire: a line of the list, a page, the outline after an answer.

use super::{evidence, question_brief, word};
use crate::{
    api,
    content::choice::{dimension_title, family_title},
    interview::{
        pack::{Content, Pack},
        question::{Probe, ProbeTarget, Question},
    },
    store::AnswerRecord,
};

pub fn question_summary(content: &Content, pack: &Pack, question: &Question, answered: bool) -> api::QuestionSummary {
    let title = |id: &str| dimension_title(content, question.kind, id).to_owned();
    api::QuestionSummary {
        id: question.id.clone(),
        pack: pack.manifest.name.clone(),
        kind: word(question.kind),
        family: question.family.clone(),
        family_title: family_title(pack, question).to_owned(),
        difficulty: word(question.difficulty),
        levels: question.levels.iter().map(word).collect(),
        minutes: question.minutes,
        text: question.ask.clone(),
        tests: question.tests.clone(),
        hard_part: question.hard_part.iter().map(|id| api::HardPart { id: id.clone(), title: title(id) }).collect(),
        answered,
    }
}

/// What may be seen of a question; what is hidden only where it was answered, or is asked for. `told`: ids of constraints.
pub fn question_page(
    content: &Content,
    pack: &Pack,
    question: &Question,
    answered: bool,
    spoil: bool,
    told: &[String],
) -> api::QuestionPage {
    let mistakes = question.mistakes.iter().filter_map(|id| pack.mistakes.get(id));
    api::QuestionPage {
        summary: question_summary(content, pack, question, answered),
        tip: question.tip.clone(),
        mistakes: mistakes.map(|mistake| mistake.title.clone()).collect(),
        hidden: (answered || spoil).then(|| hidden_part(content, pack, question, told)),
    }
}

fn hidden_part(content: &Content, pack: &Pack, question: &Question, told: &[String]) -> api::HiddenPart {
    let points = question.points.iter().map(|point| api::PointView {
        says: point.says.clone(),
        dimension: dimension_title(content, question.kind, &point.dimension).to_owned(),
    });
    let probes = question.probes.iter();
    let mut follow_ups: Vec<_> = probes.map(|probe| follow_up(content, pack, question, probe)).collect();
    follow_ups.sort_by_key(|follow_up| follow_up.gap); // within a gap as in the file
    let mistakes = question.mistakes.iter().filter_map(|id| pack.mistakes.get(id));
    let facts = question.facts.iter();
    api::HiddenPart {
        points: points.collect(),
        constraints: question.constraints.iter().map(|constraint| constraint.says.clone()).collect(),
        told: question.constraints.iter().filter(|c| told.contains(&c.id)).map(|c| c.says.clone()).collect(),
        outline: question.outline.clone(),
        follow_ups,
        mistakes: mistakes.map(|m| api::MistakeView { title: m.title.clone(), advice: m.advice.clone() }).collect(),
        weak_opening: question.weak_opening.clone(),
        strong_opening: question.strong_opening.clone(),
        facts: facts.map(|fact| api::FactView { says: fact.says.clone(), source: fact.source.clone() }).collect(),
    }
}

fn follow_up(content: &Content, pack: &Pack, question: &Question, probe: &Probe) -> api::FollowUp {
    let (gap, about) = match &probe.target {
        ProbeTarget::Point(id) => {
            let point = question.points.iter().find(|point| point.id == *id);
            (api::Gap::Point, point.map_or(id, |point| &point.says).clone())
        }
        ProbeTarget::Dimension(id) => (api::Gap::Dimension, dimension_title(content, question.kind, id).to_owned()),
        ProbeTarget::Mistake(id) => {
            (api::Gap::Mistake, pack.mistakes.get(id).map_or(id, |mistake| &mistake.title).clone())
        }
        ProbeTarget::Step(step) => (api::Gap::Step, step.name().replace('_', " ")),
    };
    api::FollowUp { ask: probe.ask.clone(), gap, about }
}

/// An excellent answer in outline, with the points that were heard in the answer or in the replies to its follow-ups.
pub fn outline(
    content: &Content,
    question: &Question,
    opening: &AnswerRecord,
    replies: &[AnswerRecord],
) -> api::Outline {
    let shown = |id: &str| {
        [opening].into_iter().chain(replies).find_map(|record| {
            let heard = record.signal.as_ref()?.heard.iter().find(|heard| heard.supports == id)?;
            let in_follow_up = record.answers_probe.is_some();
            Some(api::PointShown { answer: record.id.0, in_follow_up, evidence: evidence(heard) })
        })
    };
    let points = question.points.iter().map(|point| api::OutlinePoint {
        id: point.id.clone(),
        says: point.says.clone(),
        dimension: dimension_title(content, question.kind, &point.dimension).to_owned(),
        shown: shown(&point.id),
    });
    api::Outline {
        answer: opening.id.0,
        question: question_brief(opening),
        points: points.collect(),
        outline: question.outline.clone(),
        strong_opening: question.strong_opening.clone(),
    }
}
