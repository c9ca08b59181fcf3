//! Domain types to the types of the wire, by hand.

mod calibration;
mod delivery;
mod drills;
mod endpoint;
pub mod findings;
mod questions;
mod signal;
mod summary;

use std::collections::BTreeMap;

use serde::Serialize;

pub use calibration::{calibration, trust};
pub use drills::drill;
pub use endpoint::{endpoint, spent};
pub use questions::{outline, question_page, question_summary};
pub use summary::summary;

use crate::{
    api::{self, AssessmentKind, LevelOrNot},
    interview::{
        assessment::{Assessment, DimensionOutcome, DimensionResult, Evidence, Judgement, Level},
        evidence_span::{Clip, heard_at},
        pack::{Content, Pack},
        practice_signal::PracticeSignal,
        question::{FollowUpStep, GoodReply, Kind, Question},
        readings,
        transcript::{Segment, Transcript},
    },
    session::{Asked, Event, Floor, Phase, View, workers::Part},
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
        Event::Remark(text) => api::Event::Remark { text: text.clone() },
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
    let mut answer = unnumbered(record, content, demonstration, pending);
    let question = record.question.as_deref().and_then(|id| content.question(id)).map(|(_, question)| question);
    answer.delivery = delivery::delivery(record, question);
    answer.clarifications = record.clarifications.iter().map(|heard| asked_at(heard, &record.transcript)).collect();
    findings::number(&mut answer, &record.objections);
    answer
}

/// The same without what is looked for in its words: how it was told, where it was said, which number it has.
fn unnumbered(record: &AnswerRecord, content: &Content, demonstration: bool, pending: bool) -> api::Answer {
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
        delivery: None,
        probe: record.probe.as_ref().map(probe),
        timings_ms: record.timings.clone(),
        clarifications: Vec::new(),
        notices: record.notices.clone(),
        findings: Vec::new(),
        objections: Vec::new(),
        drill: None, // looked up by whoever sends it, where the whole answer is asked for
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
    api::Clarification {
        asked: heard.asked.clone(),
        told: heard.told.clone(),
        constraints: heard.constraints.clone(),
        n: None,
        from_s: None,
        to_s: None,
    }
}

/// A clarification with where it was asked.
fn asked_at(heard: &StoredClarification, transcript: &Transcript) -> api::Clarification {
    let clip = heard_at(&transcript.segments, &heard.asked).map(Clip::around);
    api::Clarification {
        from_s: clip.map(|clip| clip.from_s),
        to_s: clip.map(|clip| clip.to_s),
        ..clarification(heard)
    }
}

fn evidence(evidence: &Evidence) -> api::Evidence {
    let clip = evidence.span.map(Clip::around);
    api::Evidence {
        check: evidence.supports.clone(),
        n: None,
        from_s: clip.map(|clip| clip.from_s),
        to_s: clip.map(|clip| clip.to_s),
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
        missing: signal.missing.iter().map(|id| api::Point { id: id.clone(), says: says(id), n: None }).collect(),
        steps: signal.steps.iter().map(|(step, said)| api::Evidence { check: word(step), ..evidence(said) }).collect(),
        missing_steps: signal
            .missing_steps
            .iter()
            .map(|step| api::Point { id: word(step), says: shows(*step), n: None })
            .collect(),
        arithmetic: self::signal::arithmetic(&signal.arithmetic),
        commitments: signal.claims.iter().map(self::signal::commitment).collect(),
        contradictions: signal.contradictions.iter().map(self::signal::contradiction).collect(),
        outcomes: signal.outcomes.iter().map(self::signal::outcome).collect(),
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
            n: None,
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
        dimensions: results.iter().map(|d| dimension(d, judged, record.kind, content)).collect(),
        evidence: said,
        missing,
        cautions: judged.map(|j| j.cautions.clone()).unwrap_or_default(),
        judged_by: judged.map(|j| api::JudgedBy {
            host: j.provenance.host.clone(),
            model: j.provenance.model.clone(),
            rung: j.provenance.rung.clone(),
            mode: j.provenance.mode.clone(),
            bundle: j.provenance.bundle.clone(),
            prompt_tokens: j.provenance.prompt_tokens,
            completion_tokens: j.provenance.completion_tokens,
        }),
        readings: judged.map(|j| api::Readings {
            count: j.readings.count.max(1),
            why: j.readings.why.iter().map(|why| why.because().to_owned()).collect(),
        }),
        spent: judged.filter(|j| j.spent.calls > 0).map(|j| spent(&j.spent)),
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

fn dimension(result: &DimensionResult, judged: Option<&Judgement>, kind: Kind, content: &Content) -> api::Dimension {
    let read = judged.and_then(|judgement| judgement.readings.levels.get(&result.dimension));
    let read = read.filter(|levels| levels.len() > 1);
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
        n: None,
        readings: read.map(|levels| levels.iter().map(|level| level.map(Level::get)).collect()).unwrap_or_default(),
        agreement: read.map(|levels| readings::agreement(levels)),
    }
}

pub fn part(part: Part) -> api::Readiness {
    api::Readiness { part: part.name.to_owned(), ready: part.ready, detail: part.detail }
}
