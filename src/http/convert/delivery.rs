//! How an answer was told, to the types of the wire: figures, where to listen, and the time on each part.

use super::word;
use crate::{
    api::{self, FindingKind},
    interview::{
        delivery::{self, Moment, Phase, PhaseShare},
        evidence_span::{Clip, heard_at},
        question::{Kind, Question},
    },
    signal::SampleSpan,
    store::AnswerRecord,
};

/// So many fillers and so many hedges are listed with their place.
const LISTED: usize = 6;

/// Delivery of a spoken answer. What depends on the words alone is found anew, so that it is there for old answers, too.
pub fn delivery(record: &AnswerRecord, question: Option<&Question>) -> Option<api::Delivery> {
    let measured = record.delivery.as_ref()?;
    let spoken = |kind: FindingKind, moments: Vec<Moment>| {
        let placed = moments.into_iter().filter_map(move |said| Some(moment(kind, said.words, said.span?)));
        placed.take(LISTED).collect::<Vec<_>>()
    };
    let mut moments: Vec<_> =
        measured.longest.iter().map(|pause| moment(FindingKind::Pause, String::new(), *pause)).collect();
    moments.extend(spoken(FindingKind::Filler, delivery::fillers(&record.transcript)));
    moments.extend(spoken(FindingKind::Hedge, delivery::hedges(&record.transcript)));
    Some(api::Delivery {
        words: measured.words,
        voiced_s: measured.voiced_s,
        turn_s: measured.turn_s,
        articulation_wpm: measured.articulation_wpm,
        speech_wpm: measured.speech_wpm,
        first_word_s: measured.first_word_s,
        pauses: measured.pauses,
        long_pauses: measured.long_pauses,
        longest_pause_s: measured.longest_pause_s,
        fillers_at_least: measured.fillers_at_least,
        hedges: measured.hedges,
        moments,
        phases: phases(record, question).iter().map(phase_time).collect(),
    })
}

fn moment(kind: FindingKind, words: String, span: SampleSpan) -> api::Moment {
    let clip = Clip::around(span);
    let (at_s, seconds) = (span.start.seconds(), span.seconds());
    api::Moment { n: None, kind, words, at_s, seconds, from_s: clip.from_s, to_s: clip.to_s }
}

/// Only the answer to a design question itself has parts.
fn phases(record: &AnswerRecord, question: Option<&Question>) -> Vec<PhaseShare> {
    if record.kind != Kind::Design || record.answers_probe.is_some() {
        return Vec::new();
    }
    let asked = record.clarifications.iter().filter_map(|heard| heard_at(&record.transcript.segments, &heard.asked));
    let mut signs: Vec<(Phase, SampleSpan)> = asked.map(|span| (Phase::Requirements, span)).collect();
    for heard in record.signal.iter().flat_map(|signal| &signal.heard) {
        let point = question.and_then(|question| question.points.iter().find(|point| point.id == heard.supports));
        signs.extend(point.and_then(|point| delivery::phase_of_dimension(&point.dimension)).zip(heard.span));
    }
    delivery::phases(&record.transcript, &signs)
}

fn phase_time(share: &PhaseShare) -> api::PhaseTime {
    api::PhaseTime {
        phase: share.phase.map(word),
        title: share.phase.map_or("not told by the words", Phase::title).to_owned(),
        seconds: share.seconds,
        share: share.share,
        from_s: share.first.map(|span| Clip::around(span).from_s),
    }
}
