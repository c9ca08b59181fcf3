//! Pressure drills, from what is kept to the wire.

use super::{probe, word};
use crate::{
    api,
    interview::{
        ladder::{REPLY_SECONDS, RungResult},
        ladder_report::LadderReport,
        trigger::Cause,
    },
    store::{StoredDrill, StoredInterjection, StoredReply, StoredRung},
};

pub fn drill(drill: &StoredDrill) -> api::Drill {
    api::Drill {
        temper: drill.temper.clone(),
        length: drill.length,
        reply_s: [*REPLY_SECONDS.start(), *REPLY_SECONDS.end()],
        rungs: drill.rungs.iter().map(rung).collect(),
        interjections: drill.interjections.iter().map(interjection).collect(),
        report: drill.report.as_ref().map(report),
    }
}

fn rung(rung: &StoredRung) -> api::Rung {
    api::Rung {
        probe: probe(&rung.probe),
        difficulty: word(rung.difficulty),
        reply: rung.reply.as_ref().map(reply),
        again: rung.again.as_ref().map(reply),
    }
}

fn reply(reply: &StoredReply) -> api::RungReply {
    let (result, why) = match &reply.outcome.result {
        RungResult::Survived => ("survived", None),
        RungResult::Broke(why) => ("broke", Some(why.words())),
        RungResult::GaveUp => ("gave_up", None),
    };
    api::RungReply {
        answer: (reply.answer > 0).then_some(reply.answer),
        result: result.to_owned(),
        why,
        steps: reply.outcome.steps.iter().map(word).collect(),
        by_levels: reply.outcome.by_levels,
    }
}

fn report(report: &LadderReport) -> api::DrillReport {
    api::DrillReport {
        answered: report.answered,
        survived: report.survived,
        in_a_row: report.in_a_row,
        broke: report.broke.as_ref().map(|broken| broken.rung + 1),
        again: report.again.map(|rung| rung + 1),
        sentence: report.sentence(),
    }
}

pub fn interjection(said: &StoredInterjection) -> api::Interjection {
    let interjection = &said.interjection;
    let (rule, words) = match &interjection.cause {
        Cause::Said { rule, words } => (Some(rule.clone()), Some(words.clone())),
        Cause::Rambling { .. } => (None, None),
    };
    api::Interjection {
        turn: said.turn,
        rule,
        words,
        text: interjection.text.clone(),
        heard_at_s: interjection.heard_at.seconds(),
        due_at_s: interjection.due_at.seconds(),
        at_s: interjection.at.seconds(),
        until_s: said.until.map(|until| until.seconds()),
        over_speech: interjection.over_speech,
    }
}
