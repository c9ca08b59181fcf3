//! One line of the history.

use super::unnumbered;
use crate::{
    api::{self, LevelOrNot},
    interview::pack::Content,
    store::AnswerRecord,
};

/// A kept answer in a line; nothing is looked for in its words.
pub fn summary(record: &AnswerRecord, content: &Content) -> api::AnswerSummary {
    let full = unnumbered(record, content, false, false);
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
        is_probe: full.answers_probe.is_some(),
        asked: full.answers_probe.map_or_else(|| full.question.text.clone(), |probe| probe.text),
        question: full.question,
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
