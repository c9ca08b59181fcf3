//! Watching the live session from a terminal, and settling which endpoint judges.

use super::{
    Context, Failed, render,
    terminal::{self, aside, ask, can_ask},
};
use crate::{
    api::{self, AssessmentKind, EndpointStateKind, Event},
    client::Client,
};

/// Shows committed words in one passing line while a recording is heard.
pub async fn show_progress(client: &Client, context: &Context) -> Result<tokio::task::JoinHandle<()>, Failed> {
    let mut events = client.events().await?;
    let quiet = context.json();
    Ok(tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                _ if quiet => {}
                Event::Segment { segment } => {
                    let time = segment.end_s.map_or_else(String::new, render::clock);
                    terminal::passing(&format!("{time} {}", segment.text));
                }
                Event::Notice { text } | Event::Remark { text } => aside(&text),
                _ => {}
            }
        }
    }))
}

/// Waits until an answer's assessment is there, however long the endpoint takes while it is at it.
pub async fn wait_for_assessment(client: &Client, id: i64) -> Result<api::Answer, Failed> {
    let mut seconds = 0;
    loop {
        let answer: api::Answer = client.get(&format!("/api/answers/{id}?wait_s=5")).await?;
        if answer.assessment.kind != AssessmentKind::Pending {
            terminal::clear_passing();
            return Ok(answer);
        }
        seconds += 5;
        terminal::passing(&format!("judging for {seconds} s …"));
    }
}

/// Asks once for what an endpoint needs: agreement to a host, or the choice of a model. Where nobody can be asked, the
/// answer gets the practice signal and says why.
pub async fn settle_endpoint(client: &Client, context: &Context) -> Result<(), Failed> {
    if !can_ask() || context.json() {
        return Ok(());
    }
    let state: api::EndpointState = client.get("/api/endpoint").await?;
    if let Some(host) = &state.voice_needs_consent {
        let asked = ask(&format!("Send the questions as text to {host}, which speaks them? [y/N]"));
        if asked.is_some_and(|reply| agrees(&reply)) {
            let choice = api::EndpointChoice { consent_host: Some(host.clone()), ..Default::default() };
            client.send::<api::EndpointState>(reqwest::Method::PUT, "/api/endpoint", &choice).await?;
        }
    }
    let choice = match state.state {
        EndpointStateKind::NeedsConsent => {
            let Some(host) = state.host else { return Ok(()) };
            aside(&state.detail);
            match ask(&format!("Send your answers as text (never audio) to {host}? [y/N]")) {
                Some(reply) if agrees(&reply) => api::EndpointChoice { consent_host: Some(host), ..Default::default() },
                _ => return Ok(()),
            }
        }
        EndpointStateKind::ChooseModel => {
            let all: Vec<_> = state.found.iter().flat_map(|e| e.models.iter().map(move |model| (e, model))).collect();
            aside("Models found on this machine:");
            for (number, (endpoint, model)) in all.iter().enumerate() {
                aside(&format!("  {} {model} ({} at {})", number + 1, endpoint.server, endpoint.url));
            }
            let reply = ask("Which one shall judge? (number, or Enter for none)").unwrap_or_default();
            let Some((endpoint, model)) = reply.parse::<usize>().ok().and_then(|n| all.get(n.wrapping_sub(1))) else {
                return Ok(());
            };
            let (url, model) = (Some(endpoint.url.clone()), Some((*model).clone()));
            api::EndpointChoice { url, model, ..Default::default() }
        }
        _ => return Ok(()),
    };
    let settled: api::EndpointState = client.send(reqwest::Method::PUT, "/api/endpoint", &choice).await?;
    aside(&settled.detail);
    Ok(())
}

/// Says what judging an answer is expected to take, where tokens cost somebody something.
pub async fn tell_cost(client: &Client, context: &Context) -> Result<(), Failed> {
    if context.json() {
        return Ok(());
    }
    let state: api::EndpointState = client.get("/api/endpoint").await?;
    if let Some(line) = state.expected.as_ref().and_then(render::cost::expected) {
        aside(&line);
    }
    Ok(())
}

fn agrees(reply: &str) -> bool {
    reply.eq_ignore_ascii_case("y") || reply.eq_ignore_ascii_case("yes")
}
