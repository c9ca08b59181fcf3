//! The end of a drill, said aloud: what it came to, and the rung that broke once more for whoever wants it.

use tokio::select;

use crate::{
    interview::{question::Kind, transcript::TurnNo, yes_no::yes_or_no},
    session::{
        event::{Event, Phase},
        event_log::{Entry, Outcome},
        exchange::Sitting,
        hear::{self, Asking, Ears, EndedBy, Wants},
        plan::{Command, Ear},
    },
    signal::SAMPLE_RATE,
};

/// Samples in which a spoken yes or no is waited for; then it is no.
const REPLY_WITHIN: u64 = 12 * SAMPLE_RATE as u64;

/// Says something that needs no reply; a command cuts it short.
pub(super) async fn say(sitting: &mut Sitting, text: &str) {
    sitting.workers.outlet.remark(text);
    if !sitting.plan.speak {
        return;
    }
    sitting.workers.outlet.phase(Phase::Asking);
    select! {
        said = sitting.workers.voice.say(text) => {
            if let Err(error) = said {
                tracing::debug!(%error, "the end of a drill was not said aloud");
            }
        }
        _ = sitting.commands.recv() => sitting.workers.voice.stop().await,
    }
    sitting.workers.outlet.phase(Phase::Deciding);
}

/// Tells what the drill came to and offers a rung again. Enter and "yes" take it; to skip, "no" and silence leave it.
pub(super) async fn is_taken(
    sitting: &mut Sitting,
    rung: usize,
    report: &str,
    turn: &mut TurnNo,
) -> anyhow::Result<bool> {
    let text = format!("{report} Shall we take that rung again?");
    turn.0 += 1;
    sitting.workers.outlet.begin_turn(*turn);
    sitting.workers.outlet.emit(Event::OfferedAgain { rung, text: text.clone() }, None);
    let is_typed = sitting.plan.ear == Ear::Typed;
    let mut asking = Asking {
        workers: &sitting.workers,
        commands: &mut sitting.commands,
        text: &text,
        kind: Kind::Pressure,
        speak: sitting.plan.speak,
        ears: Ears { turn: *turn, question: sitting.plan.question.id.clone(), recording: None, row: None },
        afterwards: None,
        interjector: None,
        wants: Wants::YesOrNo { within: REPLY_WITHIN },
    };
    if is_typed {
        return Ok(typed_reply(&mut asking).await);
    }
    let heard = hear::microphone(asking).await?;
    let said: Vec<&str> = heard.transcript.segments.iter().map(|segment| segment.raw.as_str()).collect();
    let taken = match (heard.ended, said.join(" ")) {
        (EndedBy::Candidate, said) if said.trim().is_empty() => true, // by key
        (EndedBy::Candidate, said) => yes_or_no(&said) == Some(true),
        (EndedBy::Source | EndedBy::GaveUp | EndedBy::Skip | EndedBy::Stop, _) => false,
    };
    // Nothing of it is recorded: a replay goes by this.
    let outcome = if taken { Outcome::Silence } else { Outcome::Nothing };
    sitting.workers.outlet.log(Entry::Held { outcome }, None);
    Ok(taken)
}

async fn typed_reply(asking: &mut Asking<'_>) -> bool {
    let outlet = asking.workers.outlet.clone();
    let mut command = match asking.say(asking.text).await {
        hear::Spoken::ToTheEnd | hear::Spoken::CutShort(_) => None,
        hear::Spoken::Interrupted(command) => Some(command),
    };
    outlet.phase(Phase::Listening);
    loop {
        let next = match command.take() {
            Some(command) => Some(command),
            None => asking.commands.recv().await,
        };
        match next {
            Some(Command::EndTurn) => return true,
            Some(Command::Skip | Command::Stop) | None => return false,
            Some(Command::Answer(text)) => match yes_or_no(&text) {
                Some(wanted) => return wanted,
                None => outlet.remark("Yes or no?"),
            },
            Some(Command::Hold) => {}
            Some(Command::Repeat) => outlet.remark(asking.text),
        }
    }
}
