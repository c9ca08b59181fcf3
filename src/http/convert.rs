//! Domain types to the types of the wire, by hand.

mod calibration;
mod drills;
mod questions;

use std::collections::BTreeMap;

use serde::Serialize;

pub use calibration::{calibration, trust};
pub use drills::drill;
pub use questions::{outline, question_page, question_summary};

use crate::{
    api::{self, AssessmentKind, LevelOrNot},
    interview::{
        assessment::{Assessment, DimensionOutcome, DimensionResult, Evidence, Judgement, Level},
        delivery::Delivery,
        pack::{Content, Pack},
        practice_signal::PracticeSignal,
        question::{FollowUpStep, GoodReply, Kind, Question},
        transcript::{Segment, Transcript},
    },
    session::{
        Asked, Event, Floor, Phase, View,
        endpoints::{EndpointReport, EndpointStanding},
        workers::Part,
    },
    store::{AnswerRecord, StoredClarification, StoredProbe, time_text},
};

/// A unit variant as its word ("design", "senior").
pub fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

pub fn view(view: &View) -> api::Event {
    api::Event::View {
        session: view.session.map(|id| id.0),
        phase: phase(view.phase),
        floor: floor(view.floor),
        question: view.question.as_ref().map(asked),
        asked: view.asked.clone(),
        segments: view.segments.iter().map(segment).collect(),
        clarifications: view.clarifications.iter().map(clarification).collect(),
        drill: view.drill.as_ref().map(drill),
        offers_again: view.offers_again,
    }
}

pub fn event(event: &Event, content: &Content) -> api::Event {
    match event {
        Event::Phase(p) => api::Event::Phase { phase: phase(*p) },
        Event::Asked { text, probe: asked, demonstration } => {
            api::Event::Asked { text: text.clone(), probe: asked.as_ref().map(probe), demonstration: *demonstration }
        }
        Event::Segment(s) => api::Event::Segment { segment: segment(s) },
        Event::Partial { text, committed } => api::Event::Partial { text: text.clone(), committed: *committed },
        Event::Level { rms, voiced } => api::Event::Level { rms: *rms, voiced: *voiced },
        Event::Floor(floor) => api::Event::Floor { floor: self::floor(*floor) },
        Event::Unended => api::Event::Unended,
        Event::Interjected(said) => api::Event::Interjected { interjection: drills::interjection(said) },
        Event::Drilled(stored) => api::Event::Drill { drill: drill(stored) },
        Event::OfferedAgain { rung, text } => api::Event::OfferedAgain { rung: rung + 1, text: text.clone() },
        Event::Clarified(heard) => api::Event::Clarified { clarification: clarification(heard) },
        Event::Notice(text) => api::Event::Notice { text: text.clone() },
        Event::Kept { answer: record, demonstration, pending } => {
            api::Event::Kept { answer: Box::new(answer(record, content, *demonstration, *pending)) }
        }
        Event::Judging { answer, tokens } => {
            api::Event::Judging { answer: (answer.0 > 0).then_some(answer.0), tokens: *tokens }
        }
        Event::Assessed { answer: record, demonstration } => {
            api::Event::Assessed { answer: Box::new(answer(record, content, *demonstration, false)) }
        }
        Event::Finished { why } => api::Event::Finished { why: why.clone() },
    }
}

fn phase(phase: Phase) -> api::Phase {
    match phase {
        Phase::Asking => api::Phase::Asking,
        Phase::Listening => api::Phase::Listening,
        Phase::Transcribing => api::Phase::Transcribing,
        Phase::Deciding => api::Phase::Deciding,
        Phase::Suspended => api::Phase::Suspended,
        Phase::Finished => api::Phase::Finished,
    }
}

fn floor(floor: Floor) -> api::Floor {
    match floor {
        Floor::Speaking => api::Floor::Speaking,
        Floor::Listening => api::Floor::Listening,
        Floor::Thinking { ends_in_s, granted } => api::Floor::Thinking { ends_in_s, granted },
        Floor::Nobody => api::Floor::Nobody,
    }
}

pub fn asked(asked: &Asked) -> api::QuestionBrief {
    api::QuestionBrief { id: asked.id.clone(), kind: word(asked.kind), text: asked.text.clone() }
}

pub fn probe(probe: &StoredProbe) -> api::Probe {
    api::Probe { id: probe.id.clone(), text: probe.text.clone(), reason: probe.reason.clone() }
}

/// A kept answer with all that is known of it. `pending`: an assessment is on its way.
pub fn answer(record: &AnswerRecord, content: &Content, demonstration: bool, pending: bool) -> api::Answer {
    let known = record.question.as_deref().and_then(|id| content.question(id));
    let stored = !demonstration && record.id.0 > 0;
    let signal = record.signal.clone().unwrap_or_default();
    api::Answer {
        id: stored.then_some(record.id.0),
        session: stored.then_some(record.session.0),
        question: question_brief(record),
        answers_probe: record.answers_probe.as_ref().map(probe),
        asked_level: word(record.asked_level),
        source: if demonstration { "demonstration".into() } else { record.source.clone() },
        state: record.state.name().into(),
        started_at: time_text(record.started_ms),
        corrected: record.corrected,
        has_audio: record.recording.is_some(),
        transcript: transcript(&record.transcript),
        practice_signal: practice_signal(&signal, known.map(|(_, question)| question), good_reply(record, content)),
        mistakes: mistakes(&signal, packs_for(record, content)),
        assessment: assessment(record, content, pending),
        verdict: judgement(record).and_then(|j| j.verdict.as_ref()).map(|v| api::Verdict {
            level: word(v.asked),
            result: word(v.result),
            why: v.why.clone(),
        }),
        delivery: record.delivery.as_ref().map(delivery),
        probe: record.probe.as_ref().map(probe),
        timings_ms: record.timings.clone(),
        clarifications: record.clarifications.iter().map(clarification).collect(),
        notices: record.notices.clone(),
        drill: None, // looked up by whoever sends it, where the whole answer is asked for
    }
}

pub fn summary(record: &AnswerRecord, content: &Content) -> api::AnswerSummary {
    let full = answer(record, content, false, false);
    let levels: Vec<f64> = full
        .assessment
        .levels
        .values()
        .filter_map(|level| match level {
            LevelOrNot::Level(level) => Some(f64::from(*level)),
            _ => None,
        })
        .collect();
    api::AnswerSummary {
        id: record.id.0,
        started_at: full.started_at,
        question: full.question,
        is_probe: full.answers_probe.is_some(),
        source: full.source,
        state: full.state,
        words: full.transcript.text.split_whitespace().count(),
        points_heard: full.practice_signal.heard.len(),
        points: full.practice_signal.heard.len() + full.practice_signal.missing.len(),
        assessment: full.assessment.kind,
        mean_level: (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / levels.len() as f64),
        verdict: full.verdict,
        has_audio: full.has_audio,
    }
}

fn question_brief(record: &AnswerRecord) -> api::QuestionBrief {
    api::QuestionBrief { id: record.question.clone(), kind: word(record.kind), text: record.question_text.clone() }
}

fn transcript(transcript: &Transcript) -> api::Transcript {
    api::Transcript { text: transcript.text(), segments: transcript.segments.iter().map(segment).collect() }
}

pub fn segment(segment: &Segment) -> api::Segment {
    api::Segment {
        start_s: segment.span.map(|span| span.start.seconds()),
        end_s: segment.span.map(|span| span.end.seconds()),
        text: segment.text.clone(),
        raw: (segment.raw != segment.text).then(|| segment.raw.clone()),
        aside: segment.is_aside(),
        not_decoded: segment.not_decoded.clone(),
    }
}

fn clarification(heard: &StoredClarification) -> api::Clarification {
    api::Clarification { asked: heard.asked.clone(), told: heard.told.clone(), constraints: heard.constraints.clone() }
}

fn evidence(evidence: &Evidence) -> api::Evidence {
    api::Evidence {
        check: evidence.supports.clone(),
        start_s: evidence.span.map(|span| span.start.seconds()),
        end_s: evidence.span.map(|span| span.end.seconds()),
        text: evidence.text.clone(),
    }
}

/// What a good reply to the follow-up of an answer shows, if it answers one that a pack knows.
fn good_reply<'a>(record: &AnswerRecord, content: &'a Content) -> Option<&'a GoodReply> {
    let id = &record.answers_probe.as_ref()?.id;
    let mut probes = packs_for(record, content).flat_map(Pack::probes);
    probes.find(|probe| probe.id == *id).map(|probe| &probe.good)
}

/// The packs in which what an answer refers to is looked up: that of its question first, since two may use the same ids.
fn packs_for<'a>(record: &AnswerRecord, content: &'a Content) -> impl Iterator<Item = &'a Pack> + Clone {
    let own = record.question.as_deref().and_then(|id| content.question(id)).map(|(pack, _)| pack);
    own.into_iter().chain(content.packs.values())
}

fn practice_signal(
    signal: &PracticeSignal,
    question: Option<&Question>,
    good: Option<&GoodReply>,
) -> api::PracticeSignal {
    let shows = |step: FollowUpStep| {
        good.map_or_else(
            || step.name().replace('_', " "),
            |good| match step {
                FollowUpStep::Constraint => good.constraint.clone(),
                FollowUpStep::FailureMode => good.failure_mode.clone(),
                FollowUpStep::Mitigation => good.mitigation.clone(),
                FollowUpStep::NewCost => good.new_cost.clone(),
            },
        )
    };
    let says = |id: &str| {
        let point = question.and_then(|q| q.points.iter().find(|point| point.id == id));
        point.map_or_else(|| id.to_owned(), |point| point.says.clone())
    };
    let heard = signal.heard.iter().map(|heard| api::PointHeard {
        id: heard.supports.clone(),
        says: says(&heard.supports),
        evidence: evidence(heard),
    });
    api::PracticeSignal {
        knows_question: question.is_some(),
        heard: heard.collect(),
        missing: signal.missing.iter().map(|id| api::Point { id: id.clone(), says: says(id) }).collect(),
        steps: signal.steps.iter().map(|(step, said)| api::Evidence { check: word(step), ..evidence(said) }).collect(),
        missing_steps: signal.missing_steps.iter().map(|s| api::Point { id: word(s), says: shows(*s) }).collect(),
    }
}

fn mistakes<'a>(signal: &PracticeSignal, packs: impl Iterator<Item = &'a Pack> + Clone) -> Vec<api::Mistake> {
    let find = |id: &str| packs.clone().find_map(|pack| pack.mistakes.get(id));
    let heard = signal.mistakes.iter().filter_map(|heard| {
        let mistake = find(&heard.mistake)?;
        Some(api::Mistake {
            id: mistake.id.clone(),
            title: mistake.title.clone(),
            advice: mistake.advice.clone(),
            evidence: heard.evidence.as_ref().map(evidence),
        })
    });
    heard.collect()
}

fn judgement(record: &AnswerRecord) -> Option<&Judgement> {
    match &record.assessment {
        Some(Assessment::Judged(judgement)) => Some(judgement),
        _ => None,
    }
}

fn assessment(record: &AnswerRecord, content: &Content, pending: bool) -> api::Assessment {
    let (kind, why) = match &record.assessment {
        _ if pending => (AssessmentKind::Pending, None),
        Some(Assessment::Judged(_)) => (AssessmentKind::Judged, None),
        Some(Assessment::Ungraded { why }) => (AssessmentKind::Ungraded, Some(why.clone())),
        Some(Assessment::PracticeSignal { why }) => (AssessmentKind::PracticeSignal, Some(why.clone())),
        None => (AssessmentKind::PracticeSignal, Some("it was not judged yet: `viva judge` does it".into())),
    };
    let judged = judgement(record).filter(|_| !pending);
    let results = judged.map_or(&[][..], |j| &j.dimensions);
    let signal = record.signal.clone().unwrap_or_default();
    let question = record.question.as_deref().and_then(|id| content.question(id)).map(|(_, question)| question);
    let practice = practice_signal(&signal, question, good_reply(record, content));
    let (said, missing): (Vec<_>, Vec<_>) = match judged {
        Some(_) => (
            results.iter().flat_map(|d| &d.evidence).map(evidence).collect(),
            weakest_first(results).into_iter().filter_map(|d| d.missing.clone()).collect(),
        ),
        None => (
            practice.heard.iter().map(|point| point.evidence.clone()).collect(),
            practice.missing.iter().chain(&practice.missing_steps).map(|point| point.says.clone()).collect(),
        ),
    };
    api::Assessment {
        kind,
        why,
        levels: results.iter().map(|d| (d.dimension.clone(), level(&d.outcome))).collect::<BTreeMap<_, _>>(),
        dimensions: results.iter().map(|d| dimension(d, record.kind, content)).collect(),
        evidence: said,
        missing,
        cautions: judged.map(|j| j.cautions.clone()).unwrap_or_default(),
        judged_by: judged.map(|j| api::JudgedBy {
            host: j.provenance.host.clone(),
            model: j.provenance.model.clone(),
            rung: j.provenance.rung.clone(),
            bundle: j.provenance.bundle.clone(),
            prompt_tokens: j.provenance.prompt_tokens,
            completion_tokens: j.provenance.completion_tokens,
        }),
        trust: None, // looked up by whoever sends it
    }
}

/// Dimensions by level, lowest first; the rubric's order among equals.
pub fn weakest_first(results: &[DimensionResult]) -> Vec<&DimensionResult> {
    let mut sorted: Vec<_> = results.iter().collect();
    sorted.sort_by_key(|d| match d.outcome {
        DimensionOutcome::Level(level) => level.get(),
        _ => Level::MAX.get(),
    });
    sorted
}

pub fn level(outcome: &DimensionOutcome) -> LevelOrNot {
    match outcome {
        DimensionOutcome::Level(level) => LevelOrNot::Level(level.get()),
        DimensionOutcome::NoOccasion => LevelOrNot::NoOccasion,
        DimensionOutcome::Ungraded(_) => LevelOrNot::Word("ungraded".into()),
    }
}

fn dimension(result: &DimensionResult, kind: Kind, content: &Content) -> api::Dimension {
    let known = content.rubric(kind).and_then(|r| r.dimensions.iter().find(|d| d.id == result.dimension));
    let mut notes = result.notes.clone();
    if let DimensionOutcome::Ungraded(why) = &result.outcome {
        notes.insert(0, format!("ungraded: {why}"));
    }
    api::Dimension {
        id: result.dimension.clone(),
        title: known.map_or_else(|| result.dimension.clone(), |dimension| dimension.title.clone()),
        level: level(&result.outcome),
        missing: result.missing.clone(),
        notes,
        evidence: result.evidence.iter().map(evidence).collect(),
    }
}

fn delivery(delivery: &Delivery) -> api::Delivery {
    api::Delivery {
        words: delivery.words,
        voiced_s: delivery.voiced_s,
        turn_s: delivery.turn_s,
        articulation_wpm: delivery.articulation_wpm,
        speech_wpm: delivery.speech_wpm,
        first_word_s: delivery.first_word_s,
        pauses: delivery.pauses,
        long_pauses: delivery.long_pauses,
        longest_pause_s: delivery.longest_pause_s,
        fillers_at_least: delivery.fillers_at_least,
        hedges: delivery.hedges,
    }
}

pub fn part(part: Part) -> api::Readiness {
    api::Readiness { part: part.name.to_owned(), ready: part.ready, detail: part.detail }
}

pub fn endpoint(report: EndpointReport, voice_needs_consent: Option<String>) -> api::EndpointState {
    let found = report.found.into_iter().map(|found| api::FoundEndpoint {
        server: found.server.to_owned(),
        url: found.url,
        models: found.models,
    });
    api::EndpointState {
        state: match report.state {
            EndpointStanding::Ready => api::EndpointStateKind::Ready,
            EndpointStanding::None => api::EndpointStateKind::None,
            EndpointStanding::ChooseModel => api::EndpointStateKind::ChooseModel,
            EndpointStanding::NeedsConsent => api::EndpointStateKind::NeedsConsent,
            EndpointStanding::Failing => api::EndpointStateKind::Failing,
        },
        host: report.host,
        model: report.model,
        dialect: report.dialect.map(|dialect| dialect.name().to_owned()),
        rung: report.rung.map(|rung| rung.name().to_owned()),
        detail: report.detail,
        voice_needs_consent,
        found: found.collect(),
    }
}
