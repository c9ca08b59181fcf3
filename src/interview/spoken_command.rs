//! What is said to the interviewer about the conversation itself: "say that again", "skip", "I don't know", "that's my answer".
//!
//! Heard only where hardly anything else is said in the segment, so that "we skip the queue" and "I don't know whether the replica is
//! fresh, so …" stay content. Blind to punctuation. What a command leads to is the session's affair; its words are never judged
//! ([`without_commands`]).

use std::ops::Range;

use super::{
    closing,
    transcript::{Segment, Transcript},
    word_row::{Named, PlainWord, Rows, plain_words},
};

/// What the candidate wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpokenCommand {
    /// To hear the question again. The turn goes on.
    Repeat,
    /// Another question.
    Skip,
    /// To say that nothing will come: "I don't know". The words may be followed by an attempt, so it ends a turn no sooner than
    /// [`super::turn_taking::TurnClass::Done`] does.
    GiveUp,
    /// To think.
    NeedTime,
    /// To hand over.
    Done,
}

/// A command with the words that make it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardCommand {
    pub command: SpokenCommand,
    /// Words of the segment, as [`super::words::Spoken::of_text`] counts them; not to be judged.
    pub words: Range<usize>,
    /// Nothing else was said in the segment, nor in the turn before it.
    pub alone: bool,
}

/// The command in a segment. `before` is the text of the earlier segments of this turn.
///
/// Of several the last counts ("I don't know. Give me a minute."), but "I don't know, that's it" gives up.
pub fn command_in(segment: &str, before: &str) -> Option<HeardCommand> {
    let words = plain_words(segment);
    let said_before = closing::plain_words(before);
    let goes_on = closing::calls_for_more(&said_before) || said_before.last().is_some_and(|last| last == "to");
    let nothing_before = before.trim().is_empty() || is_all_command(before);
    let settled = |found: &Found| match found.manner {
        Manner::Clear => true,
        Manner::Short => !goes_on,
        Manner::OnlyAlone => nothing_before,
    };
    if let Some(commands) = whole(&words) {
        if !commands.iter().any(settled) {
            return None;
        }
        return Some(HeardCommand {
            command: decisive(&commands)?,
            words: words.first()?.words.start..words.last()?.words.end,
            alone: nothing_before,
        });
    }
    let (command, from) = at_the_end(segment, &words)?;
    // Fillers before the command go with it.
    Some(HeardCommand { command, words: words[from - 1].words.end..words.last()?.words.end, alone: false })
}

/// The transcript as it is judged: the words of commands are gone from `text`, `raw` keeps them.
///
/// Numbers of words ([`super::words::spoken_words`]) are those of the transcript returned: use it for everything that is judged.
pub fn without_commands(transcript: &Transcript) -> Transcript {
    let mut before = String::new();
    let strip = |segment: &Segment| {
        let text = without_command(&segment.text, &before);
        before.push(' ');
        before.push_str(&text);
        Segment { text, ..segment.clone() }
    };
    Transcript { segments: transcript.segments.iter().map(strip).collect() }
}

fn without_command(text: &str, before: &str) -> String {
    let Some(heard) = command_in(text, before) else { return text.to_owned() };
    let spoken = super::words::Spoken::of_text(text);
    let kept = match heard.words.start.checked_sub(1) {
        None => "",
        Some(last) => &text[..spoken.words[last].bytes.end],
    };
    kept.trim().to_owned()
}

fn is_all_command(text: &str) -> bool {
    whole(&plain_words(text)).is_some()
}

/// A command found among the words.
struct Found {
    command: SpokenCommand,
    manner: Manner,
}

/// In which company a phrase is a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Whatever was said before.
    Clear,
    /// Not as the end of an unfinished sentence: "and those we" – "skip".
    Short,
    /// Only where the turn holds nothing else: "let's move on" is also said by who moves on to the next part of an answer.
    OnlyAlone,
}

/// The commands, if the words are commands and polite noise, and nothing else.
fn whole(words: &[PlainWord]) -> Option<Vec<Found>> {
    let rows = Rows { named: NAMED, words };
    let mut commands = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let found = COMMANDS.iter().filter_map(|(command, manner, phrases)| {
            let end = rows.longest(phrases, at)?;
            Some((end, Found { command: *command, manner: *manner }))
        });
        // Of equally long ones the first of the list: a clear phrase before a short one.
        let longest = found.reduce(|best, next| if next.0 > best.0 { next } else { best });
        if let Some((end, found)) = longest {
            commands.push(found);
            at = end;
            continue;
        }
        at = rows.longest(if commands.is_empty() { LEAD } else { BETWEEN }, at)?;
    }
    // "I don't know, but": more will come.
    let trails_off = words.last().is_some_and(|last| TRAILING_OFF.contains(&last.text.as_str()));
    (!commands.is_empty() && !trails_off).then_some(commands)
}

fn decisive(commands: &[Found]) -> Option<SpokenCommand> {
    let last = commands.last()?.command;
    let gave_up = commands.iter().any(|found| found.command == SpokenCommand::GiveUp);
    Some(if last == SpokenCommand::Done && gave_up { SpokenCommand::GiveUp } else { last })
}

/// A hand-over or a plea for time behind other words, and the word with which it begins.
fn at_the_end(segment: &str, words: &[PlainWord]) -> Option<(SpokenCommand, usize)> {
    let said = closing::plain_words(segment);
    let wanted = if closing::asks_for_time(&said) {
        SpokenCommand::NeedTime
    } else if closing::hands_over(&said) {
        SpokenCommand::Done
    } else {
        return None;
    };
    (1..words.len()).find_map(|from| {
        let commands = whole(&words[from..])?;
        commands.iter().all(|found| found.command == wanted).then_some((wanted, from))
    })
}

const NAMED: &Named = &[
    (
        "question",
        &[
            "it",
            "that|this ?last ?one|question|part|topic|bit",
            "the|your ?last|first|whole ?question|one|prompt|problem|part",
        ],
    ),
    (
        "may",
        &[
            "can|could|may|shall|should i|we|you ?please ?just ?maybe",
            "would you ?please",
            "would you mind|be-able-to|be-so-kind-to",
            "do|would you mind if i|we",
            "is it okay|fine|possible|alright ?if ?i|we|to",
            "id like|prefer|love|rather|want ?to ?just",
            "i want|need|like|have ?to",
            "im|i-was wondering if you|we could",
            "please ?just",
        ],
    ),
    (
        "while",
        &["a|one|another|some ?little|quick|few ?more second|seconds|sec|minute|minutes|moment|moments|bit|time|while"],
    ),
    ("next", &["?the next ?one|question|topic", "another|a-different one|question"]),
];

type Phrases = (SpokenCommand, Manner, &'static [&'static str]);

#[rustfmt::skip]
const COMMANDS: &[Phrases] = &[
    (SpokenCommand::Repeat, Manner::Clear, &[
        "<may> repeat|rephrase|repeating|rephrasing|reread|restate ?<question> ?again ?once ?more ?for ?me",
        "repeat|rephrase|restate <question> ?again ?once ?more ?for ?me",
        "<may> say|saying|read|reading|ask|asking <question> ?again|once-more|one-more-time ?for ?me",
        "<may> say|ask that differently|in-other-words",
        "say|read <question> again|once-more|one-more-time",
        "come again",
        "?i didnt|dont|couldnt|havent ?quite catch|hear|get|understand|understood|caught|heard <question>",
        "<may> hear <question> ?again|once-more|one-more-time",
        "i missed <question>",
        "whats|what-was the|your question ?again",
        "what was <question> again",
        "what did you say|ask",
        "?the question again|once-more ?please",
    ]),
    (SpokenCommand::Repeat, Manner::OnlyAlone, &[
        "repeat", "again please", "once more ?please", "one more time ?please", "pardon ?me", "i beg your pardon", "sorry what", "what was that",
        "say again",
    ]),
    (SpokenCommand::Skip, Manner::Clear, &[
        "<may> skip|skipping ?<question> ?for-now",
        "<may> pass ?on ?<question>",
        "<may> move|go|jump on ?from ?<question>",
        "<may> move|go|jump ?on ?to <next>",
        "<may> have|get|take|try|do|hear <next>",
        "skip <question> question|one", "skip this|that ?one ?please", "skip the|this|that|your ?last question",
        "lets|ill ?just skip the|this|that ?last question",
        "lets|ill ?just move|go|jump ?on ?to the|another next|different ?one|question",
        "next question", "the next question",
    ]),
    (SpokenCommand::Skip, Manner::Short, &["skip ?it ?please", "next one ?please", "next please"]),
    (SpokenCommand::Skip, Manner::OnlyAlone, &[
        "lets|ill|id ?just ?rather skip|leave ?<question> ?here|there|out", "lets|ill|id ?just ?rather pass ?on ?<question>",
        "lets|ill ?just move|go on", "move on ?please", "next", "pass", "lets come back to <question> ?later", "lets leave it at that",
    ]),
    (SpokenCommand::GiveUp, Manner::Clear, &[
        "i ?really|honestly|just|actually|simply|truly dont|didnt know ?the|an ?answer ?to ?that|this|it ?one|question|yet",
        "i ?really|honestly|just dont know about <question>",
        "i ?really|honestly|just dont know how to answer|do|solve|approach|tackle|explain|say <question>",
        "i ?really|honestly|just dont know what to say|answer|do|tell-you ?here|there|to|about ?that|this",
        "i ?really|honestly dont know anything|much|enough about *3",
        "i dunno", "dunno",
        "i have|ive|ive-got|got|have ?absolutely|really|honestly no|zero idea|clue ?about ?that|this|it ?one|how-to-do-that|what-to-say",
        "?absolutely|really|honestly no idea|clue ?about ?that|this|it",
        "not a clue",
        "i dont|havent ?really have|got a|any|the ?slightest|foggiest clue|idea",
        "i dont ?really have an|a|any ?good answer ?to|for ?that|this|it|you ?one|question",
        "i cant ?really answer|tell|say ?you ?<question>",
        "i cant ?really think of anything|one|any|it ?else|more|now|right-now",
        "nothing comes to ?my mind",
        "i give up", "beats me", "you got me ?there", "you have me there",
        "i|ive ?have never|not|actually-never heard|learned|used|worked of|about|with ?*3",
        "my mind is|went|just-went|goes|has-gone ?completely blank",
        "im ?completely|totally ?drawing|a blank|blanking|stuck|lost ?here|now", "im drawing a blank",
        "i couldnt|wouldnt tell|say|know ?you",
    ]),
    (SpokenCommand::NeedTime, Manner::Clear, &[
        "?can|could|would ?you ?please ?just give|gimme ?me <while> ?to ?think|collect|gather ?about ?my ?thoughts|<question>",
        "?just give me <while> ?please ?to ?think ?about ?it|that|this",
        "let me ?just|quickly|first think ?it|this|that ?through|about|for ?about ?<question> ?for ?<while>",
        "let me ?just|quickly|first think about *7",
        "lets ?just think ?about <question> ?for ?<while>", "lets think",
        "let me ?just collect|gather|organize|organise|sort|order my thoughts",
        "let me ?just see",
        "can|could|may i ?please ?just have|get|take <while> ?to ?think ?about ?<question>",
        "i ?just|will need|want|have|take|like <while> ?to ?think ?about ?<question>",
        "id ?just need|want|like|take <while> ?to ?think ?about ?<question>",
        "ill need|take <while> ?to ?think ?about ?<question>",
        "i ?just need|have|want to think ?about ?<question> ?for ?<while>",
        "bear with me ?for ?<while>", "im ?just|still thinking ?about ?<question>", "thinking",
        "how do|should|shall i put this|it", "where was i",
    ]),
    (SpokenCommand::NeedTime, Manner::Short, &[
        "hold|hang on ?for ?<while>", "wait ?for ?<while>", "?just <while> ?please", "just a second|minute|moment",
    ]),
    (SpokenCommand::Done, Manner::Clear, &[
        "thats|this-is|that-would-be ?basically|pretty-much|about|really my ?final|whole|full answer ?for-now",
        "that concludes my answer",
        "im ?all|now done|finished ?now|here ?with ?<question>",
        "over|back to you", "end of answer",
        "thats ?about|basically|really all|it|everything ?from|for ?me|my-side|now", "thats all i have|got|know ?to-say|for-now|on-that",
        "thats all i can|could say ?about ?that|this|it",
        "i have|ive|have nothing ?else|more|further to add|say", "ive got nothing ?else|more to add", "nothing ?else|more to add",
        "i think|guess thats ?about it|all|everything",
    ]),
    (SpokenCommand::Done, Manner::Short, &["?all done", "finished", "the end"]),
];

/// What may stand before a command.
#[rustfmt::skip]
const LEAD: &[&str] = &[
    "okay", "alright", "all right", "right", "yeah", "yes", "yep", "no", "nope", "well", "so", "and", "but", "now", "oh", "ooh", "sorry",
    "im sorry", "im ?so sorry", "excuse me", "please", "actually", "honestly", "to be honest", "frankly", "hey", "hi", "maybe", "like", "you know",
    "i think", "i guess", "im afraid", "i mean", "good|great|interesting|tricky|tough|hard|nice question", "thats a good|great|tough|tricky|hard|interesting question|one",
    "wow", "gosh", "can|could i|we|you", "man", "basically", "also", "just", "okay so", "thank you", "thanks", "wait", "at the moment", "for now", "unfortunately", "look",
];

/// What may stand between commands and behind them.
#[rustfmt::skip]
const BETWEEN: &[&str] = &[
    "okay", "alright", "all right", "right", "yeah", "yes", "no", "well", "so", "and", "but", "then", "now", "oh", "sorry", "im sorry", "please",
    "actually", "honestly", "to be honest", "frankly", "maybe", "like", "you know", "i think", "i guess", "im afraid", "i mean", "thank you",
    "thanks", "thank you very much", "if you like", "if thats okay|fine|alright|possible", "if you dont mind", "if i may", "if possible", "for me",
    "for now", "here", "really", "at all", "at the moment", "right now", "just", "either", "there", "cheers", "unfortunately", "off the top of my head",
    "about that", "on that ?one", "again",
];

/// Behind these something will follow.
const TRAILING_OFF: &[&str] = &["so", "and", "but", "maybe", "like", "well", "then", "just", "because", "or"];

#[cfg(test)]
#[path = "spoken_command_tests.rs"]
mod tests;
