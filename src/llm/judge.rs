//! Asks an endpoint to judge one answer, and makes an assessment of what it says.
//!
//! The endpoint decides checks and copies quotes; levels and verdict are computed by [`crate::interview::verdict`]. Whatever
//! goes wrong becomes an assessment that says so: a judgement never fails, it is at worst absent.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

pub use super::template::Clarification;
use super::{
    asking::{Bench, Stop},
    endpoint::{Endpoint, Traffic},
    judgement,
    protocol::{self, Mode, Protocol, Samples},
    reading::{self, How, Reading, Subject},
    rung::{Rung, RungMemory},
    side_by_side::SideBySide,
};
use crate::interview::{
    assessment::{Assessment, ReadAgain, Spent},
    calibration::random::Random,
    question::{AskedLevel, Kind, Probe, Question},
    rubric::Rubric,
    transcript::Transcript,
    verdict::Levels,
};

/// One answer to be judged.
#[derive(Debug, Clone, Copy)]
pub struct JudgeRequest<'a> {
    /// The words that were asked, in a follow-up those of the probe.
    pub question_text: &'a str,
    pub kind: Kind,
    /// `None` for kinds that get no levels.
    pub rubric: Option<&'a Rubric>,
    /// The question of the pack, if one knows it.
    pub question: Option<&'a Question>,
    /// The probe, where the answer is to one.
    pub probe: Option<&'a Probe>,
    pub asked: AskedLevel,
    pub transcript: &'a Transcript,
    pub clarifications: &'a [Clarification],
}

/// How far a judgement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Asks, in this way.
    Asking(Rung),
    /// So many pieces of the reply have come.
    Pieces(usize),
    /// The reply could not be used; it was sent back.
    SentBack,
}

/// What became of a judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Judged, ungraded with the reason, or the practice signal where there is nothing to ask or nobody answers.
    pub assessment: Assessment,
    /// All calls together.
    pub traffic: Traffic,
    /// What they took; the same as in a judgement, and there also where none came of it.
    pub spent: Spent,
    /// What was answered, call by call, for the event log. Holds words of the candidate.
    pub log: Vec<LoggedCall>,
}

/// One call as the event log keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedCall {
    pub rung: Rung,
    pub took_ms: u64,
    /// The reply as it came, without thoughts; or why there was none.
    pub reply: Result<String, String>,
}

/// Judges one answer with one reading, in the way that the endpoint bears. Takes as long as the endpoint's limits allow; drop the
/// future to stop.
pub async fn judge(
    endpoint: &Endpoint,
    request: &JudgeRequest<'_>,
    memory: &mut RungMemory,
    progress: impl FnMut(Progress) + Send,
) -> Outcome {
    judge_by(&Protocol::read_once(), endpoint, request, memory, progress).await
}

/// Judges one answer, asked for as a protocol says.
///
/// What is learnt of the endpoint is in `memory` as soon as it is learnt, also when the future is dropped later.
pub async fn judge_by(
    protocol: &Protocol,
    endpoint: &Endpoint,
    request: &JudgeRequest<'_>,
    memory: &mut RungMemory,
    progress: impl FnMut(Progress) + Send,
) -> Outcome {
    let Some(rubric) = request.rubric.filter(|_| request.kind != Kind::Coaching) else {
        return unasked(endpoint, "questions about the interview itself get no levels");
    };
    if request.transcript.is_empty() {
        return unasked(endpoint, "there are no words to judge");
    }
    let traffic = Arc::new(Mutex::new(Traffic { host: endpoint.host().to_owned(), ..Traffic::default() }));
    let sum = Arc::clone(&traffic);
    let counted = endpoint.observed_by(Arc::new(move |call: Traffic| {
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.calls += call.calls;
        sum.bytes_out += call.bytes_out;
        sum.bytes_in += call.bytes_in;
    }));
    let bench = Bench::new(&counted, progress);
    memory.remind(endpoint);
    let read = read_as_often_as_needed(protocol, &bench, request, rubric, memory).await;
    memory.learn_from(endpoint);
    let traffic = traffic.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let tally = bench.tally();
    let spent = Spent {
        calls: traffic.calls,
        prompt_tokens: tally.prompt_tokens,
        completion_tokens: tally.completion_tokens,
        estimated: tally.estimated,
        money: protocol.prices.money(tally.prompt_tokens, tally.completion_tokens),
    };
    let took = bench.started.elapsed();
    let assessment = match read {
        Ok(read) => {
            let reported = tally.reported.then_some((tally.prompt_tokens, tally.completion_tokens));
            Assessment::Judged(judgement::make(
                endpoint,
                request,
                rubric,
                read,
                judgement::Took { took, spent, reported },
            ))
        }
        Err(stop) => stop.assessment(),
    };
    tracing::info!(
        host = traffic.host,
        calls = traffic.calls,
        bytes_out = traffic.bytes_out,
        prompt_tokens = spent.prompt_tokens,
        completion_tokens = spent.completion_tokens,
        judge_ms = took.as_millis() as u64,
        judged = matches!(assessment, Assessment::Judged(_)),
        "judged"
    );
    Outcome { assessment, traffic, spent, log: bench.log() }
}

fn unasked(endpoint: &Endpoint, why: &str) -> Outcome {
    let traffic = Traffic { host: endpoint.host().to_owned(), ..Traffic::default() };
    let assessment = Assessment::PracticeSignal { why: why.to_owned() };
    Outcome { assessment, traffic, spent: Spent::default(), log: Vec::new() }
}

/// All readings of one answer.
pub(super) struct Read {
    /// The first one, and those that followed it.
    pub readings: Vec<Reading>,
    /// What each of them comes to.
    pub levels: Vec<Levels>,
    /// Why one was not enough.
    pub why: Vec<ReadAgain>,
    /// What became of the two further readings.
    pub further: Further,
}

/// The two further readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Further {
    /// There was no reason for any.
    NotNeeded,
    /// The settings, or what tokens cost, forbid them.
    NotAllowed,
    Made,
    /// At least one did not come, for this reason.
    Failed(String),
}

async fn read_as_often_as_needed<P: FnMut(Progress) + Send>(
    protocol: &Protocol,
    bench: &Bench<'_, P>,
    request: &JudgeRequest<'_>,
    rubric: &Rubric,
    memory: &mut RungMemory,
) -> Result<Read, Stop> {
    let endpoint = bench.endpoint;
    let mode = protocol.mode_for(endpoint, memory);
    let how =
        How { mode, from: memory.first_for(endpoint), is_known: false, parallel: protocol::parallel(endpoint, memory) };
    bench.allow(reading::calls_for(mode, rubric.dimensions.len(), true));
    let (first, lessons) = reading::read(bench, &Subject { request, rubric }, how, None).await;
    if lessons.went_down(how.from) {
        memory.forget(endpoint);
    }
    lessons.keep(endpoint, memory);
    memory.learn_from(endpoint);
    let first = first?;
    let mut levels = vec![judgement::weigh(request, rubric, &first)];
    let mut why = judgement::why_again(request, &first, &levels[0]);
    if protocol.samples == Samples::Three {
        why.push(ReadAgain::Asked);
    }
    if !protocol.follows(endpoint, &why) {
        let further = if why.is_empty() { Further::NotNeeded } else { Further::NotAllowed };
        return Ok(Read { readings: vec![first], levels, why, further });
    }
    let how =
        How { mode: first.mode, from: first.rung, is_known: true, parallel: protocol::parallel(endpoint, memory) };
    let (second, third) = read_twice_more(bench, request, rubric, how, memory).await;
    let mut readings = vec![first];
    let mut further = Further::Made;
    for reading in [second, third] {
        match reading {
            Ok(reading) => {
                levels.push(judgement::weigh(request, rubric, &reading));
                readings.push(reading);
            }
            Err(stop) => further = Further::Failed(stop.why()),
        }
    }
    Ok(Read { readings, levels, why, further })
}

/// Two more readings, each with the checks in another order: side by side, unless the server is known to let calls queue.
async fn read_twice_more<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    request: &JudgeRequest<'_>,
    rubric: &Rubric,
    how: How,
    memory: &mut RungMemory,
) -> (Result<Reading, Stop>, Result<Reading, Stop>) {
    let orders = [1, 2].map(|number| shuffled(rubric, request, number));
    let [second, third] = orders.each_ref().map(|rubric| Subject { request, rubric });
    let side_by_side = SideBySide::default();
    let read = |subject| reading::read(bench, subject, how, Some(&side_by_side));
    bench.allow(2 * reading::calls_for(how.mode, rubric.dimensions.len(), false));
    let ((second, lessons), (third, _)) = if how.parallel > 1 && how.mode == Mode::OneCall {
        tokio::join!(read(&second), read(&third))
    } else {
        (read(&second).await, read(&third).await)
    };
    let parallel = lessons.parallel().or(side_by_side.seen().filter(|_| how.parallel > 1));
    if let Some(parallel) = parallel {
        reading::saw(bench.endpoint, memory, parallel);
    }
    (second, third)
}

/// The same checks in another order, the same one whenever the same answer is read.
fn shuffled(rubric: &Rubric, request: &JudgeRequest, number: usize) -> Rubric {
    let text = format!("{number} {} {}", request.question_text, request.transcript.text());
    let mut random = Random::for_text(&text);
    let mut rubric = rubric.clone();
    random.shuffle(&mut rubric.dimensions);
    for dimension in &mut rubric.dimensions {
        random.shuffle(&mut dimension.checks);
    }
    rubric
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::llm::{fixture, schema};

    #[test]
    fn each_further_reading_has_an_order_of_its_own_that_stays_the_same() {
        let rubric = fixture::rubric();
        let order = |words: &str, number| {
            let transcript = Transcript::typed(words);
            let request = JudgeRequest {
                question_text: "Q",
                kind: Kind::Design,
                rubric: Some(&rubric),
                question: None,
                probe: None,
                asked: AskedLevel::Senior,
                transcript: &transcript,
                clarifications: &[],
            };
            let shuffled = shuffled(&rubric, &request, number);
            schema::check_ids(&shuffled).map(str::to_owned).collect::<Vec<_>>()
        };
        let plain: Vec<String> = schema::check_ids(&rubric).map(str::to_owned).collect();
        let orders = [plain, order("a", 1), order("a", 2), order("b", 1)];
        assert_eq!(orders.iter().collect::<BTreeSet<_>>().len(), 4, "{orders:?}");
        assert_eq!(orders[1], order("a", 1));
        let all = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
        assert!(orders.iter().all(|order| all(order) == all(&orders[0])));
    }
}
