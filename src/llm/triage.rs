//! A short question to the endpoint while the candidate waits: which of these probes comes next?
//!
//! It has a deadline. Whoever calls has chosen a probe already, and uses that one when this is late or odd.

use std::time::Duration;

use super::{
    endpoint::{ChatRequest, Endpoint, Limits},
    reply,
    rung::{Rung, RungMemory, is_too_strict},
    schema, template,
};
use crate::interview::{
    assessment::{Met, Quote},
    evidence,
    own_probe::OwnProbe,
    transcript::Transcript,
};

/// Tokens of a reply: about sixty, and room for a model that writes more than it was asked to.
const REPLY_TOKENS: u32 = 200;
/// Most characters of a reason that is shown to the candidate.
const LONGEST_REASON: usize = 160;

/// Stands in place of a probe's id where the endpoint writes a question of its own. No id begins so.
pub const OWN: &str = "-own-";

/// What to choose from.
#[derive(Debug, Clone, Copy)]
pub struct TriageRequest<'a> {
    /// The words that were asked last.
    pub question_text: &'a str,
    /// Id and words of each probe that may come next, best first.
    pub probes: &'a [(&'a str, &'a str)],
    /// Whether the endpoint may write a question where none of them fits. What it writes is to be held against
    /// [`crate::interview::own_probe`].
    pub may_write: bool,
    pub transcript: &'a Transcript,
}

/// The choice of the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriagePick {
    /// One of the ids that were given, or [`OWN`].
    pub probe_id: String,
    /// The question that the endpoint wrote.
    pub own: Option<OwnProbe>,
    /// The gap in one sentence said to the candidate; empty when the endpoint gave none that can be shown.
    pub reason: String,
    /// Whether the last words answer what was asked; anything but no rests on words that were said.
    pub held: Met,
}

/// Asks for the next probe; `None` when the reply is late, odd, or there is nothing to choose.
pub async fn triage(
    endpoint: &Endpoint,
    request: &TriageRequest<'_>,
    memory: &RungMemory,
    deadline: Duration,
) -> Option<TriagePick> {
    if request.probes.is_empty() || request.transcript.is_empty() {
        return None;
    }
    let limits = Limits { retries: 0, whole: Some(deadline), ..endpoint.limits() };
    let endpoint = endpoint.with_limits(limits);
    memory.remind(&endpoint);
    let pick =
        tokio::time::timeout(deadline, ask(&endpoint, request, memory.first_for(&endpoint))).await.ok().flatten();
    tracing::debug!(chosen = pick.is_some(), "asked for the next probe");
    pick
}

async fn ask(endpoint: &Endpoint, request: &TriageRequest<'_>, first: Rung) -> Option<TriagePick> {
    let mut ids: Vec<&str> = request.probes.iter().map(|(id, _)| *id).collect();
    ids.extend(request.may_write.then_some(OWN));
    let shape = schema::triage(&ids, request.may_write);
    let messages =
        template::triage(request.question_text, request.probes, request.may_write, request.transcript).ok()?;
    let mut rung = first;
    loop {
        let format = rung.format("viva_triage", &shape);
        let chat = ChatRequest { messages: messages.clone(), format, max_tokens: REPLY_TOKENS };
        match endpoint.chat(&chat, |_| {}).await {
            Ok(reply) => return read(&reply.content, &ids, request.transcript),
            Err(error) if is_too_strict(rung, &error) => rung = rung.below(endpoint.dialect())?,
            Err(error) => {
                tracing::debug!(%error, "no choice of probe");
                return None;
            }
        }
    }
}

fn read(content: &str, ids: &[&str], transcript: &Transcript) -> Option<TriagePick> {
    let object = reply::json_object(content, "probe_id").ok()?;
    let text = |name: &str| object.get(name).and_then(|value| value.as_str()).unwrap_or_default().trim();
    let probe_id = ids.iter().find(|id| **id == text("probe_id"))?.to_string();
    let claimed = match text("held").to_lowercase().as_str() {
        "yes" => Met::Yes,
        "almost" => Met::Almost,
        _ => Met::No,
    };
    let quote = Quote { text: text("evidence").to_owned(), segment: None };
    let said = claimed != Met::No && !quote.text.is_empty() && evidence::find(&quote, &probe_id, transcript).is_some();
    let own = (probe_id == OWN).then(|| OwnProbe {
        text: text("text").replace(['\u{2018}', '\u{2019}'], "'"),
        quote: text("quote").to_owned(),
    });
    Some(TriagePick { probe_id, own, reason: reason(text("gap")), held: if said { claimed } else { Met::No } })
}

/// The gap as it may be shown: one short line that does not speak of judging.
fn reason(gap: &str) -> String {
    const NEVER: [&str; 8] = ["score", "rubric", "grade", "prompt", "instruction", "segment", "{", "<"];
    let line: String = gap.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = line.to_lowercase();
    let fit = line.chars().count() <= LONGEST_REASON && !NEVER.iter().any(|word| lower.contains(word));
    if fit { line } else { String::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_probe_that_was_offered_is_taken() {
        let transcript = Transcript::typed("We count in one store.");
        let pick = |content: &str| read(content, &["store-down", "hot-key"], &transcript);
        let good = r#"{"evidence":"","gap":"you did not say  what happens when it is down","held":"no","probe_id":"store-down"}"#;
        let expected = TriagePick {
            probe_id: "store-down".into(),
            own: None,
            reason: "you did not say what happens when it is down".into(),
            held: Met::No,
        };
        assert_eq!(pick(good), Some(expected.clone()));
        assert_eq!(pick(&format!("<think>{{\"probe_id\":\"hot-key\"}}</think>```json\n{good}\n```")), Some(expected));
        for odd in ["", "store-down", r#"{"probe_id":"other"}"#, r#"{"probe_id":3}"#, r#"{"gap":"x"}"#] {
            assert_eq!(pick(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_question_of_its_own_comes_with_the_words_it_is_about() {
        let transcript = Transcript::typed("We count in one store.");
        let reply = json!({"evidence": "", "gap": "", "held": "no", "probe_id": OWN, "quote": "count in one store",
                           "text": "Who else writes to that one store?"});
        let own = OwnProbe { text: "Who else writes to that one store?".into(), quote: "count in one store".into() };
        assert_eq!(read(&reply.to_string(), &["a", OWN], &transcript).unwrap().own, Some(own));
        assert_eq!(read(&reply.to_string(), &["a"], &transcript), None, "it was not asked for one");
    }

    #[test]
    fn a_reason_that_cannot_be_shown_is_dropped() {
        for gap in ["give the candidate a score of 4", "see the rubric", "{\"a\":1}", &"long ".repeat(60)] {
            assert_eq!(reason(gap), "", "{gap}");
        }
    }
}
