//! One reading of an answer: all checks in one call, or each dimension in a call of its own; dimensions that one call left open
//! are asked for alone.
//!
//! A dimension that fails is named with its reason, and the others stand. A server that asks to slow down is asked for one at a
//! time, and next time for everything at once.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::{
    asking::{Answered, Ask, Bench, LEAST_ALONE_TOKENS, MOST_CALLS, Stop},
    cost,
    endpoint::{Endpoint, Message},
    judge::{JudgeRequest, Progress},
    prompt_size,
    protocol::Mode,
    reply::ParsedReply,
    rung::{Rung, RungMemory},
    side_by_side::SideBySide,
    template::{self, JudgePrompt},
};
use crate::interview::{assessment::Met, rubric::Rubric};

/// Of a whole prompt, the part that one for a dimension may have at most to be worth a try where the whole did not fit.
const SMALLER: f64 = 0.75;
/// Dimensions that are asked for one after the other until one is answered.
const MOST_FIRST: usize = 2;

/// How to read.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub mode: Mode,
    /// The rung to begin with.
    pub from: Rung,
    /// Whether it is known to work: then no other is tried.
    pub is_known: bool,
    /// Calls at a time.
    pub parallel: usize,
}

/// A reading with at least one dimension in it.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub parsed: ParsedReply,
    /// Why a dimension was not read, by its id.
    pub failed: BTreeMap<String, String>,
    pub rung: Rung,
    pub mode: Mode,
    /// The model as the reply names it.
    pub model: Option<String>,
    /// Dimensions that were asked for alone after one call left them open.
    pub mended: usize,
}

/// What a reading taught about the endpoint.
#[derive(Debug, Clone, Default)]
pub(super) struct Lessons {
    /// The rung that works, and the model that answered there.
    works: Option<(Rung, Option<String>)>,
    /// Nothing on any rung could be read.
    unreadable: bool,
    /// Everything in one call was too much, and one dimension was not.
    by_dimension: bool,
    parallel: Option<bool>,
    /// It asked to slow down when several calls came at a time.
    throttled: bool,
}

impl Lessons {
    /// Whether a plainer rung than this one had to do.
    pub fn went_down(&self, from: Rung) -> bool {
        self.works.as_ref().is_some_and(|(rung, _)| *rung != from)
    }

    /// Whether calls ran side by side, where that was seen.
    pub fn parallel(&self) -> Option<bool> {
        self.parallel
    }

    pub fn keep(self, endpoint: &Endpoint, memory: &mut RungMemory) {
        if let Some((rung, model)) = &self.works {
            memory.remember(endpoint, *rung, model.as_deref());
        }
        if self.unreadable {
            memory.remember_unreadable(endpoint);
        }
        if self.by_dimension {
            memory.remember_dimensions(endpoint);
        }
        if self.throttled {
            memory.saw_parallel(endpoint, false);
        } else if let Some(parallel) = self.parallel {
            saw(endpoint, memory, parallel);
        }
    }
}

/// Elsewhere calls may follow each other by chance; what counts there is what is learnt of a server here.
pub(super) fn saw(endpoint: &Endpoint, memory: &mut RungMemory, parallel: bool) {
    if parallel || endpoint.is_local() {
        memory.saw_parallel(endpoint, parallel);
    }
}

/// What each call is asked about.
pub(super) struct Subject<'a> {
    pub request: &'a JudgeRequest<'a>,
    /// In the order in which its checks are asked.
    pub rubric: &'a Rubric,
}

impl<'a> Subject<'a> {
    fn prompt(&self) -> JudgePrompt<'a> {
        JudgePrompt::of(self.request, self.rubric)
    }

    fn messages_for(&self, part: &Rubric) -> Result<Vec<Message>, Stop> {
        template::judge_one(&self.prompt(), part).map_err(unmakeable)
    }
}

fn unmakeable(error: minijinja::Error) -> Stop {
    Stop::Endpoint(format!("the prompt cannot be made: {error}"))
}

/// Reads an answer.
pub(super) async fn read<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    subject: &Subject<'_>,
    how: How,
    side_by_side: Option<&SideBySide>,
) -> (Result<Reading, Stop>, Lessons) {
    let mut lessons = Lessons::default();
    let read = match how.mode {
        Mode::OneCall => in_one_call(bench, subject, how, side_by_side, &mut lessons).await,
        Mode::PerDimension => {
            let parts = cost::occasions(subject.rubric, subject.request).map(|part| (part, None)).collect();
            by_dimension(bench, subject, parts, how, &mut lessons).await
        }
    };
    lessons.unreadable = matches!(read, Err(Stop::Unreadable(_)));
    (read, lessons)
}

async fn in_one_call<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    subject: &Subject<'_>,
    how: How,
    side_by_side: Option<&SideBySide>,
    lessons: &mut Lessons,
) -> Result<Reading, Stop> {
    let messages = template::judge(&subject.prompt()).map_err(unmakeable)?;
    let size = prompt_size::estimate(&messages);
    let ask =
        Ask { messages, rubric: subject.rubric, from: how.from, ladder: !how.is_known, earlier: None, side_by_side };
    let answered = match bench.ask(&ask).await {
        Ok(answered) => answered,
        Err(Stop::TooLong { why, fits }) => {
            let parts: Vec<_> = cost::occasions(subject.rubric, subject.request).map(|part| (part, None)).collect();
            let largest = largest(subject, parts.iter().map(|(part, _)| part))?;
            let may_fit = match fits {
                Some(fits) => largest + LEAST_ALONE_TOKENS <= fits,
                None => largest as f64 <= SMALLER * size as f64,
            };
            if !may_fit {
                return Err(Stop::TooLong { why, fits });
            }
            bench.allow_more(parts.len());
            let read = by_dimension(bench, subject, parts, How { mode: Mode::PerDimension, ..how }, lessons).await;
            lessons.by_dimension = read.as_ref().is_ok_and(|reading| reading.failed.is_empty());
            // What one dimension says of the size is less than what all say.
            return read
                .map_err(|stop| if matches!(stop, Stop::TooLong { .. }) { Stop::TooLong { why, fits } } else { stop });
        }
        Err(stop) => return Err(stop),
    };
    lessons.works = Some((answered.rung, answered.model.clone()));
    let open: Vec<_> = cost::occasions(subject.rubric, subject.request)
        .filter(|part| part.dimensions[0].checks.iter().any(|check| answered.parsed.missing.contains(&check.id)))
        .collect();
    let whole = Reading {
        parsed: answered.parsed,
        failed: BTreeMap::new(),
        rung: answered.rung,
        mode: Mode::OneCall,
        model: answered.model,
        mended: 0,
    };
    if open.is_empty() {
        return Ok(whole);
    }
    mend(bench, subject, whole, open, how, lessons).await
}

/// Asks for the dimensions that one call left open, each alone.
async fn mend<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    subject: &Subject<'_>,
    mut whole: Reading,
    open: Vec<Rubric>,
    how: How,
    lessons: &mut Lessons,
) -> Result<Reading, Stop> {
    let asked = open.len();
    tracing::debug!(asked, "one call left dimensions open: each is asked for alone");
    bench.allow_more(asked);
    let parts = open.into_iter().map(|part| (part, Some(whole.parsed.clone()))).collect();
    let known = How { from: whole.rung, is_known: true, ..how };
    // Where none of them can be read, what one call brought still stands.
    if let Ok(alone) = by_dimension(bench, subject, parts, known, &mut Lessons::default()).await {
        lessons.by_dimension = alone.parsed.missing.is_empty() && alone.failed.is_empty();
        whole.mended = asked - alone.failed.len();
        whole.parsed = merged(alone.parsed, whole.parsed, subject.rubric);
        whole.failed = alone.failed;
    }
    Ok(whole)
}

/// What was answered later counts before what was answered earlier.
fn merged(later: ParsedReply, earlier: ParsedReply, rubric: &Rubric) -> ParsedReply {
    let mut injected = [later.injected.as_slice(), earlier.injected.as_slice()].concat();
    injected.sort_unstable();
    injected.dedup();
    let control = earlier.control.or(later.control);
    let missing = super::schema::check_ids(rubric);
    let missing = missing.filter(|id| later.checks.iter().all(|check| check.check != *id)).map(str::to_owned);
    let later = ParsedReply { missing: missing.collect(), ..later };
    ParsedReply { injected, control, ..later.completed_by(earlier, rubric) }
}

/// Asks for each part in a call of its own: the first alone, so that what does not work is learnt once and the beginning of the
/// prompts is in the server's cache; then the others, several at a time.
async fn by_dimension<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    subject: &Subject<'_>,
    parts: Vec<(Rubric, Option<ParsedReply>)>,
    how: How,
    lessons: &mut Lessons,
) -> Result<Reading, Stop> {
    let ids: Vec<String> = parts.iter().map(|(part, _)| part.dimensions[0].id.clone()).collect();
    let side_by_side = SideBySide::default();
    let mut answers: Vec<Result<Answered, Stop>> = Vec::with_capacity(parts.len());
    let mut rest = parts.as_slice();
    let mut from = how.from;
    let mut works = how.is_known;
    while !works && let Some((first, others)) = rest.split_first() {
        let answered = ask_for(bench, subject, first, from, None).await;
        match &answered {
            Ok(answered) => {
                (from, works) = (answered.rung, true);
                lessons.works = Some((answered.rung, answered.model.clone()));
            }
            Err(Stop::Here(_)) if answers.len() + 1 < MOST_FIRST => {}
            Err(stop) => return Err(stop.clone()),
        }
        answers.push(answered);
        rest = others;
    }
    // A slow one must not hold the places of those behind it.
    let others: Vec<_> = rest
        .iter()
        .enumerate()
        .map(async |(n, part)| (n, ask_for(bench, subject, part, from, Some(&side_by_side)).await))
        .collect();
    let mut others: Vec<_> = stream::iter(others).buffer_unordered(how.parallel).collect().await;
    others.sort_by_key(|(n, _)| *n);
    for (n, answer) in &mut others {
        if matches!(answer, Err(Stop::TooFast(_))) {
            lessons.throttled = true;
            *answer = ask_for(bench, subject, &rest[*n], from, Some(&SideBySide::default())).await;
        }
    }
    answers.extend(others.into_iter().map(|(_, answer)| answer));
    lessons.parallel = side_by_side.seen();
    together(ids, answers)
}

/// Asks for one part; down the ladder where no others are asked beside it.
async fn ask_for<P: FnMut(Progress) + Send>(
    bench: &Bench<'_, P>,
    subject: &Subject<'_>,
    (part, earlier): &(Rubric, Option<ParsedReply>),
    from: Rung,
    side_by_side: Option<&SideBySide>,
) -> Result<Answered, Stop> {
    let messages = subject.messages_for(part)?;
    let earlier = earlier.clone().map(|earlier| of_part(earlier, part));
    let ladder = side_by_side.is_none();
    bench.ask(&Ask { messages, rubric: part, from, ladder, earlier, side_by_side }).await
}

/// The replies for all dimensions as one; an error when there is none for any.
fn together(ids: Vec<String>, answers: Vec<Result<Answered, Stop>>) -> Result<Reading, Stop> {
    let mut reading: Option<Reading> = None;
    let mut failed = BTreeMap::new();
    let mut first_stop = None;
    let mut controls = Vec::new();
    for (id, answer) in ids.into_iter().zip(answers) {
        let answered = match answer {
            Ok(answered) => answered,
            Err(stop) => {
                first_stop.get_or_insert(stop.clone());
                failed.insert(id, stop.why());
                continue;
            }
        };
        controls.push(answered.parsed.control);
        let Some(reading) = &mut reading else {
            let Answered { parsed, rung, model } = answered;
            reading =
                Some(Reading { parsed, failed: BTreeMap::new(), rung, mode: Mode::PerDimension, model, mended: 0 });
            continue;
        };
        reading.parsed.checks.extend(answered.parsed.checks);
        reading.parsed.missing.extend(answered.parsed.missing);
        reading.parsed.injected.extend(answered.parsed.injected);
        reading.rung = reading.rung.max(answered.rung);
    }
    let Some(mut reading) = reading else {
        return Err(first_stop.unwrap_or_else(|| Stop::Here("there was no dimension to judge".to_owned())));
    };
    reading.parsed.control = controls.iter().all(|control| *control == Some(Met::No)).then_some(Met::No);
    reading.parsed.injected.sort_unstable();
    reading.parsed.injected.dedup();
    reading.failed = failed;
    Ok(reading)
}

/// What an earlier reply says of one dimension.
fn of_part(earlier: ParsedReply, part: &Rubric) -> ParsedReply {
    let is_of_it = |id: &str| super::schema::check_ids(part).any(|known| known == id);
    ParsedReply {
        checks: earlier.checks.into_iter().filter(|check| is_of_it(&check.check)).collect(),
        missing: earlier.missing.into_iter().filter(|id| is_of_it(id)).collect(),
        control: None,
        injected: Vec::new(),
        problems: Vec::new(),
    }
}

fn largest<'a>(subject: &Subject<'_>, parts: impl Iterator<Item = &'a Rubric>) -> Result<u64, Stop> {
    let mut largest = 0;
    for part in parts {
        largest = largest.max(prompt_size::estimate(&subject.messages_for(part)?));
    }
    Ok(largest)
}

/// Calls that a first reading may take.
pub(super) fn calls_for(mode: Mode, dimensions: usize, is_first: bool) -> usize {
    let spare = if is_first { MOST_CALLS } else { 2 };
    match mode {
        Mode::OneCall => spare,
        Mode::PerDimension => dimensions + spare,
    }
}
