//! The endpoint and what its judgements take, on the wire.

use crate::{
    api,
    interview::assessment::Spent,
    session::endpoints::{EndpointReport, EndpointStanding},
};

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
        expected: report.expected.map(|expected| api::ExpectedCost {
            words: expected.words,
            mode: expected.mode.name().to_owned(),
            spent: spent(&expected.spent),
            readings: expected.readings,
            tokens_cost: expected.tokens_cost,
        }),
        found: found.collect(),
    }
}

pub fn spent(spent: &Spent) -> api::Spent {
    api::Spent {
        calls: spent.calls,
        prompt_tokens: spent.prompt_tokens,
        completion_tokens: spent.completion_tokens,
        estimated: spent.estimated,
        cost: spent.money,
    }
}
