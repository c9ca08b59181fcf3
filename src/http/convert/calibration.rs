//! Calibrations to the types of the wire.

use crate::{
    api,
    config::LlmSettings,
    interview::calibration::{
        cases::Extent,
        trust::{Bar, Grade, Measure, NOT_CALIBRATED},
    },
    session::calibrator::{CalibrationError, Plan, Run, RunState},
    store::{KeptCard, time_text},
};

/// The run, and what a further one would take (`None` while one runs).
pub fn calibration(
    run: &Run,
    plan: Option<&Result<Plan, CalibrationError>>,
    card: Option<&KeptCard>,
    prices: &LlmSettings,
) -> api::Calibration {
    let (mut state, mut why) = match &run.state {
        RunState::Idle => (api::CalibrationState::Idle, None),
        RunState::Running => (api::CalibrationState::Running, None),
        RunState::Stopped => (api::CalibrationState::Stopped, None),
        RunState::Failed(why) => (api::CalibrationState::Failed, Some(why.clone())),
        RunState::Done => (api::CalibrationState::Done, None),
    };
    let (mut done, mut total) = (run.done, run.total);
    match plan {
        Some(Ok(plan)) => (done, total) = (plan.done.len(), plan.cases.len()),
        Some(Err(error)) => (state, why) = (api::CalibrationState::Unavailable, Some(error.to_string())),
        None => {}
    }
    let plan = plan.and_then(|plan| plan.as_ref().ok());
    let card = run.card.as_ref().or(card);
    api::Calibration {
        state,
        why,
        done,
        total,
        estimate: plan.map(|plan| estimate(plan, prices)),
        card: card.map(|kept| report_card(kept, prices)),
    }
}

fn estimate(plan: &Plan, prices: &LlmSettings) -> api::CalibrationEstimate {
    let estimate = plan.estimate;
    api::CalibrationEstimate {
        host: plan.host.clone(),
        model: plan.model.clone(),
        answers: plan.set.answers.len(),
        questions: plan.set.questions(),
        synthetic: plan.set.synthetic,
        judgements: estimate.judgements,
        prompt_tokens: estimate.prompt_tokens,
        completion_tokens: estimate.completion_tokens,
        cost: cost(estimate.prompt_tokens, estimate.completion_tokens, prices),
    }
}

/// `None` where no price is configured.
fn cost(prompt_tokens: u64, completion_tokens: u64, prices: &LlmSettings) -> Option<f64> {
    let known = prices.price_in > 0.0 || prices.price_out > 0.0;
    known.then(|| (prompt_tokens as f64 * prices.price_in + completion_tokens as f64 * prices.price_out) / 1e6)
}

fn report_card(kept: &KeptCard, prices: &LlmSettings) -> api::ReportCard {
    let card = &kept.card;
    let group = |title: &str, measures: &[Measure]| api::MeasureGroup {
        title: title.to_owned(),
        measures: measures.iter().map(measure).collect(),
    };
    let spent = card.spent;
    api::ReportCard {
        made_at: time_text(kept.made_ms),
        hosts: card.hosts.iter().cloned().collect(),
        models: card.models.iter().cloned().collect(),
        bundles: card.bundles.iter().cloned().collect(),
        quick: card.extent == Extent::Quick,
        synthetic: card.synthetic,
        answers: card.answers,
        questions: card.questions,
        groups: vec![
            group("Levels, all dimensions together", &card.agreement),
            group("Kappa by dimension", &card.dimensions),
            group("Quotes and follow-ups", &card.evidence),
            group("Twins, and the same answer again", &card.steadiness),
        ],
        judged: spent.judged,
        prompt_tokens: spent.prompt_tokens,
        completion_tokens: spent.completion_tokens,
        took_s: spent.took_ms as f64 / 1e3,
        cost: (spent.reported > 0).then(|| cost(spent.prompt_tokens, spent.completion_tokens, prices)).flatten(),
        trust: trust(Some(kept)),
    }
}

fn measure(measure: &Measure) -> api::Measure {
    let bar = |bar: Bar| match bar {
        Bar::AtLeast(bar) => format!("at least {bar:.2}"),
        Bar::AtMost(bar) => format!("at most {bar:.2}"),
        Bar::Within(bar) => format!("within {bar:.2}"),
    };
    api::Measure {
        id: measure.id.clone(),
        title: measure.title.clone(),
        value: measure.value,
        low: measure.interval.map(|(low, _)| low),
        high: measure.interval.map(|(_, high)| high),
        count: measure.count,
        bar: measure.bar.map(bar),
        meets_bar: measure.meets_bar(),
        keeps_limit: measure.keeps_limit(),
    }
}

/// The grade of a card, or that there is none.
pub fn trust(kept: Option<&KeptCard>) -> api::Trust {
    let Some(KeptCard { made_ms, card }) = kept else {
        let line = NOT_CALIBRATED.to_owned();
        return api::Trust { grade: api::TrustGrade::NotCalibrated, line, because: Vec::new() };
    };
    api::Trust {
        grade: match card.trust.grade {
            Grade::Good => api::TrustGrade::Good,
            Grade::Fair => api::TrustGrade::Fair,
            Grade::Unfit => api::TrustGrade::Unfit,
        },
        line: card.line(time_text(*made_ms).split('T').next().unwrap_or_default()),
        because: card.trust.because.clone(),
    }
}
