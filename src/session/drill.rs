//! A pressure drill: an opening answer, then probe upon probe, each reply judged at once; at the end what it came to, and the rung that broke
//! is offered again.
//!
//! Which probe is next and what a reply came to is decided by [`crate::interview::ladder`]; this holds the exchanges, keeps the drill with its
//! session after every rung, and says what there is to say. What is kept are the answers: what they came to is told anew whenever it is read
//! ([`as_it_stands`]), so that a judgement that came later, or a word that was mended, counts.

mod offer;
mod state;

use std::time::Duration;

use tracing::info;

use super::{
    event::Event,
    event_log::Entry,
    exchange::{Held, MOST_REPEATS, Pressed, Sitting, Step},
    interjector::Interjector,
    plan::DrillPlan,
};
use crate::{
    interview::{
        assessment::{Assessment, DimensionResult},
        ladder::{self, Outcome, Reply, RungResult},
        ladder_report::{self, LadderReport},
        transcript::TurnNo,
    },
    speech::voice::Keeps,
    store::{AnswerId, AnswerRecord, SessionId, Store, StoreError, StoredDrill, StoredReply},
};
use state::Drill;

/// How long the report waits for judgements that are on their way.
const JUDGEMENTS: Duration = Duration::from_secs(4);

/// What became of one thing that was asked.
enum Asked {
    Answered {
        record: Box<AnswerRecord>,
        gave_up: bool,
    },
    /// Passed over, or nothing was heard.
    Passed,
    Stopped,
}

/// Holds the whole drill.
pub(super) async fn hold(sitting: &mut Sitting, plan: &DrillPlan) -> anyhow::Result<()> {
    let mut drill = Drill::new(sitting, plan);
    let question = sitting.plan.question.id.clone();
    let interjector = Interjector::new(&sitting.workers, question.as_deref(), drill.temper.as_ref());
    if sitting.plan.speak {
        sitting.workers.voice.render_ahead(interjector.sentences().to_vec(), Keeps::OnDisk).await;
    }
    sitting.pressed = Some(Pressed { interjector, next_words: drill.next_words(), on: plan.on });
    tell(sitting, &drill);
    let mut turn = TurnNo(0);
    let stopped = climb(sitting, &mut drill, &mut turn, plan.on).await?;
    if drill.kept.rungs.is_empty() {
        return Ok(());
    }
    if !stopped {
        drill.wait_for_judgements(sitting).await;
    }
    let report = drill.finish();
    info!(session = sitting.id.0, survived = report.survived, of = report.answered, "drill over");
    tell(sitting, &drill);
    if stopped {
        return Ok(());
    }
    let Some(rung) = report.again else {
        let closing = sitting.workers.phrases(question.as_deref()).closing.first().cloned().unwrap_or_default();
        offer::say(sitting, &format!("{} {closing}", report.sentence())).await;
        return Ok(());
    };
    if offer::is_taken(sitting, rung, &report.sentence(), &mut turn).await? {
        try_again(sitting, &mut drill, rung, &mut turn).await?;
    }
    Ok(())
}

/// The opening answer and the rungs; true when the session was stopped.
async fn climb(
    sitting: &mut Sitting,
    drill: &mut Drill,
    turn: &mut TurnNo,
    on: Option<AnswerId>,
) -> anyhow::Result<bool> {
    match on {
        Some(id) => drill.begin_with(&sitting.workers.store.answer(id).await?.transcript),
        None => match ask(sitting, &Step::Question, turn).await? {
            Asked::Stopped => return Ok(true),
            Asked::Answered { record, gave_up: false } => {
                drill.begin_with(&record.transcript);
                keep_what_was_said(sitting, drill);
                sitting.kept.push(*record);
            }
            Asked::Answered { record, .. } => {
                sitting.kept.push(*record);
                sitting.workers.outlet.notice("There is no answer to press on, so the drill ends here.");
                return Ok(false);
            }
            Asked::Passed => return Ok(false),
        },
    }
    while let Some((probe, words)) = drill.next() {
        if let Some(before) = sitting.kept.last_mut() {
            before.probe = Some(probe.clone());
            let write = sitting.workers.store.set_probe(before.id, before.probe.clone());
            sitting.underway.add(&sitting.workers, "the follow-up", write);
        }
        tell(sitting, drill);
        let asked = ask(sitting, &Step::Rung { probe, words }, turn).await?;
        keep_what_was_said(sitting, drill);
        match asked {
            Asked::Stopped => {
                drill.pass();
                return Ok(true);
            }
            Asked::Passed => drill.pass(),
            Asked::Answered { record, gave_up } => {
                drill.answer(&record, gave_up);
                sitting.kept.push(*record);
            }
        }
        drill.hear_judgements(&sitting.workers.store).await;
        if let Some(pressed) = &mut sitting.pressed {
            pressed.next_words = drill.next_words();
        }
    }
    Ok(false)
}

/// The rung that broke, once more.
async fn try_again(sitting: &mut Sitting, drill: &mut Drill, rung: usize, turn: &mut TurnNo) -> anyhow::Result<()> {
    let Some(probe) = drill.kept.rungs.get(rung).map(|rung| rung.probe.clone()) else { return Ok(()) };
    let words = probe.text.clone();
    let asked = ask(sitting, &Step::Rung { probe, words }, turn).await?;
    keep_what_was_said(sitting, drill);
    if let Asked::Answered { record, gave_up } = asked {
        let result = drill.answer_again(rung, &record, gave_up);
        sitting.kept.push(*record);
        tell(sitting, drill);
        if let Some(result) = result.filter(|result| *result != RungResult::GaveUp) {
            offer::say(sitting, &ladder_report::second_attempt(&result)).await;
        }
    }
    Ok(())
}

/// Asks one thing, and again where the turn was ended without a word.
async fn ask(sitting: &mut Sitting, step: &Step, turn: &mut TurnNo) -> anyhow::Result<Asked> {
    for _ in 0..=MOST_REPEATS {
        turn.0 += 1;
        let held = sitting.hold_exchange(*turn, step).await?;
        sitting.workers.outlet.log(Entry::Held { outcome: held.outcome() }, None);
        match held {
            Held::Kept { record, gave_up } => return Ok(Asked::Answered { record, gave_up }),
            Held::Nothing => return Ok(Asked::Passed),
            // What was said until then is kept, and is no reply to judge.
            Held::Stopped => return Ok(Asked::Stopped),
            Held::Silence => {}
        }
    }
    Ok(Asked::Passed)
}

/// Moves what the interviewer cut in with to the drill that is kept.
fn keep_what_was_said(sitting: &mut Sitting, drill: &mut Drill) {
    if let Some(pressed) = &mut sitting.pressed {
        drill.kept.interjections.append(&mut pressed.interjector.said);
    }
}

/// Keeps the drill as it stands, and tells everybody. The next rung does not wait for the disk.
fn tell(sitting: &mut Sitting, drill: &Drill) {
    let write = sitting.workers.store.keep_drill(sitting.id, drill.kept.clone());
    sitting.underway.add(&sitting.workers, "the drill", write);
    sitting.workers.outlet.emit(Event::Drilled(Box::new(drill.kept.clone())), None);
}

/// The drill of a session with what its replies come to by now; `None` where the session was none.
pub async fn as_it_stands(store: &Store, session: SessionId) -> Result<Option<StoredDrill>, StoreError> {
    let Some(mut drill) = store.drill(session).await?.filter(|drill| !drill.rungs.is_empty()) else { return Ok(None) };
    for rung in &mut drill.rungs {
        for reply in [&mut rung.reply, &mut rung.again].into_iter().flatten() {
            if AnswerId(reply.answer).is_stored() {
                judge_anew(reply, &store.answer(AnswerId(reply.answer)).await?);
            }
        }
    }
    if drill.report.is_some() {
        drill.report = Some(report_of(&drill));
    }
    Ok(Some(drill))
}

fn judge_anew(reply: &mut StoredReply, record: &AnswerRecord) {
    reply.outcome = judged(record, reply.outcome.result == RungResult::GaveUp);
}

/// What a kept reply comes to.
fn judged(record: &AnswerRecord, gave_up: bool) -> Outcome {
    let signal = record.signal.clone().unwrap_or_default();
    ladder::judge(Reply { signal: &signal, dimensions: dimensions(record), gave_up })
}

fn dimensions(record: &AnswerRecord) -> Option<&[DimensionResult]> {
    match &record.assessment {
        Some(Assessment::Judged(judgement)) => Some(&judgement.dimensions),
        _ => None,
    }
}

fn report_of(drill: &StoredDrill) -> LadderReport {
    LadderReport::of_results(drill.rungs.iter().filter_map(|rung| Some(&rung.reply.as_ref()?.outcome.result)))
}
