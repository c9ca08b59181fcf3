//! What is asked and what is told, on questions of the shipped pack. Every case also holds without punctuation and with a full stop.

use proptest::prelude::*;

use super::*;
use crate::interview::{sample_pack::shipped, transcript::Transcript};

fn question(id: &str) -> &'static Question {
    shipped().question(id).unwrap().1
}

/// What is told: ids of constraints, "your call" for the rest, and "(after an answer)" where one came before; "" when nothing was asked.
fn told(question: &Question, turn: &str) -> String {
    let transcript = Transcript::typed(turn);
    let Some(heard) = clarify(&Spoken::of(&transcript), Some(question), "Your call.") else { return String::new() };
    let mut told = heard.told();
    if heard.asks.iter().any(|ask| ask.constraints.is_empty()) {
        told.push(YOUR_CALL);
    }
    if !heard.only {
        told.push("(after an answer)");
    }
    told.join(" ")
}

#[track_caller]
fn check(id: &str, cases: &[(&str, &str)]) {
    let question = question(id);
    let mut wrong = Vec::new();
    for (turn, expected) in cases {
        let bare = turn.replace(['.', ',', '?', '!', ';', ':'], " ");
        let stopped = format!("{}.", turn.replace('?', ".").trim_end_matches(['.', '!', ',']));
        for turn in [(*turn).to_owned(), bare, stopped, turn.to_uppercase()] {
            let told = told(question, &turn);
            if told != *expected {
                wrong.push(format!("{turn:?} gets {told:?} and not {expected:?}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{id}: {} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_rate_limiter() {
    check(
        "rate-limiter",
        &[
            ("How many requests per second do we get?", "load"),
            ("Okay, before I start, how much traffic do we expect at peak?", "load"),
            ("Is the limit per user or per API key?", "unit"),
            ("Can I assume a single region?", "regions"),
            ("Is it okay if we're a few percent over the limit?", "accuracy"),
            ("How strict does the limit have to be?", "accuracy"),
            ("What's the latency budget for the check?", "latency"),
            ("Should it be global or per region?", "regions"),
            ("Are we protecting our own backend or is it about paid plans?", "purpose"),
            ("Can I assume that we run in the cloud?", "your call"),
            ("What about the programming language?", "your call"),
            ("How many regions do we have, and how many requests per second?", "regions load"),
            ("Hello. A few clarifying questions. Who is the caller, and is the limit per customer?", "unit"),
            ("I'd like to know what this limiter is for.", "purpose"),
            ("We are in three regions, right?", "regions"),
            ("Do we bill customers from these counters?", "purpose"),
        ],
    );
}

#[test]
fn thinking_aloud_about_a_rate_limiter_asks_nothing() {
    check(
        "rate-limiter",
        &[
            ("So what happens when the store is down? Well, we fail open with a local limit.", ""),
            ("How do we count? With a token bucket per key.", ""),
            ("How do we shard that? By user id.", ""),
            ("So how do I keep the counters close to the gateway?", ""),
            ("Why would I do that? Because the fixed window lets twice the limit through.", ""),
            ("What if the clock jumps? Then the bucket is full too early, and we cap it.", ""),
            ("The question is whether we refuse or allow, and I would allow.", ""),
            ("It depends on how many requests a customer sends.", ""),
            ("I would put a token bucket in each gateway and sync the counters every second with the store.", ""),
            ("We store how many tokens are left, and when the bucket was filled.", ""),
            ("Does that make sense?", ""),
            ("What do we do when two gateways race? We use an atomic script.", ""),
            ("Can you repeat the question?", ""),
            ("Give me a minute.", ""),
            ("How many requests do we have? Let's say ten thousand a second.", ""),
            ("First I would ask what the limit is for, then who the caller is.", ""),
        ],
    );
}

#[test]
fn a_chat_system() {
    check(
        "chat-system",
        &[
            ("How many users do we have?", "load"),
            ("How big can groups get?", "groups"),
            ("Do we need read receipts?", "presence"),
            ("Do we need to show who is online?", "presence"),
            ("Is end to end encryption required?", "encryption"),
            ("Can I assume that the server may read the messages?", "encryption"),
            ("What about photos and videos?", "encryption"),
            ("Does the order of messages matter?", "order"),
            ("May we lose a message?", "loss"),
            ("How long do we keep the history?", "devices-and-history"),
            ("Can one person use several devices?", "devices-and-history"),
            ("Can I assume Android only?", "your call"),
            ("How do we deliver to a phone that is offline? We keep an inbox per device.", ""),
            ("What does the tick mean, exactly?", "loss"),
        ],
    );
}

#[test]
fn event_booking() {
    check(
        "event-booking",
        &[
            ("Do people pick numbered seats?", "kinds-of-event"),
            ("How many orders per second do we expect?", "load"),
            ("How long is a seat held before it has to be paid?", "holding"),
            ("Is it ever acceptable to oversell?", "correctness"),
            ("Are payments in scope, or is there a provider?", "payment"),
            ("Is there a limit of tickets per person?", "fairness"),
            ("Should I worry about bots?", "fairness"),
            ("Can I assume first come, first served?", "fairness"),
            ("What about refunds?", "payment"),
            ("Do we need to support several languages?", "your call"),
            ("How do we stop two people from taking the same seat? With a conditional update on the seat's row.", ""),
            ("What happens when the payment times out? We keep the hold until the provider has answered.", ""),
        ],
    );
}

#[test]
fn a_url_shortener() {
    check(
        "url-shortener",
        &[
            ("How many new links a month?", "load"),
            ("How long does a link live?", "lifetime"),
            ("Do links expire?", "lifetime"),
            ("Can the owner change the target later?", "changing-targets"),
            ("Do we need analytics on the clicks?", "statistics"),
            ("Can users choose their own alias?", "custom-names"),
            ("How short must the code be?", "custom-names"),
            ("Is it a problem if somebody guesses a code?", "guessing"),
            ("Can I assume that links are public?", "guessing"),
            ("Is it okay to use Go?", "your call"),
            ("So the key question is how do we make the code. I would count and encode in base sixty two.", ""),
            ("What's the read to write ratio?", "load"),
        ],
    );
}

#[test]
fn a_notification_service() {
    check(
        "notification-service",
        &[
            ("Which channels do we support?", "kinds"),
            ("How late may a notification be?", "lateness"),
            ("Are duplicates okay?", "duplicates"),
            ("Do users have preferences, like quiet hours?", "preferences"),
            ("Do we use third party providers or build our own delivery?", "providers"),
            ("How many notifications per day are we talking about?", "load"),
            ("Do you want me to include marketing as well as transactional messages?", "kinds"),
            ("Can I assume at least once delivery?", "duplicates"),
            ("I want to understand the scale first. What volume are we looking at?", "load"),
            ("Is there a budget for this?", "your call"),
            ("We retry the provider. How often? Five times with backoff, and then it goes to a dead letter queue.", ""),
        ],
    );
}

#[test]
fn metrics_and_jobs() {
    check(
        "metrics-ingestion",
        &[
            ("How many machines send metrics?", "load"),
            ("How fresh must the data be for alerts?", "freshness"),
            ("Who reads the data?", "readers"),
            ("Is it fine to lose some points?", "loss"),
            ("How long do we keep raw data?", "retention"),
            ("Can data arrive late?", "late"),
            ("Is cardinality bounded, or can teams add labels freely?", "labels"),
            ("Let's assume a hundred thousand machines, is that fair?", "load"),
        ],
    );
    check(
        "job-queue",
        &[
            ("Is it acceptable to run a job twice?", "loss-and-duplicates"),
            ("Do we need ordering?", "ordering"),
            ("How long do jobs take?", "duration"),
            ("Should we support recurring jobs?", "features"),
            ("How soon must a job start?", "lateness"),
            ("Can I assume that a job is idempotent?", "your call"),
            ("What do you mean by background work?", "your call"),
        ],
    );
}

#[test]
fn a_payment_ledger() {
    check(
        "payment-ledger",
        &[
            ("Are refunds in scope?", "boundary"),
            ("How many charges per day?", "load"),
            ("Do the providers support idempotency keys?", "providers"),
            ("How many currencies?", "currencies-and-audit"),
            ("What if the region goes down, can we stop charging for a while?", "loss"),
            ("Can we assume one currency?", "currencies-and-audit"),
            ("How fast must a charge be answered?", "latency"),
        ],
    );
}

#[test]
fn a_question_behind_an_answer_is_told_from_one_alone() {
    let answer = "I would keep a token bucket for each key in the gateway's memory, lease shares of the limit from a store in the region, \
                  and refuse with a retry header when the lease runs out. ";
    check(
        "rate-limiter",
        &[
            (&format!("{answer}How many regions do we have?"), "regions (after an answer)"),
            (&format!("{answer}What about the colour of the button?"), ""),
            (&format!("{answer}So what happens when the store is down?"), ""),
            (&format!("{answer}Does that make sense?"), ""),
        ],
    );
}

#[test]
fn a_short_sentence_of_an_answer_before_a_question_stays_an_answer() {
    for (turn, only) in [
        ("I would keep a token bucket for each API key. How many regions do we have?", false),
        ("Okay, let me ask about the scale first. How many regions do we have?", true),
    ] {
        let said = Transcript::typed(turn);
        let asked = clarify(&Spoken::of(&said), Some(question("rate-limiter")), "Your call.").expect(turn);
        assert_eq!((asked.only, asked.told()), (only, vec!["regions"]), "{turn}");
    }
}

#[test]
fn the_asked_words_are_evidence_and_the_reply_is_what_the_question_holds_back() {
    let question = question("rate-limiter");
    let transcript = Transcript::typed("Okay. How many regions do we have? And can I assume that it rains?");
    let spoken = Spoken::of(&transcript);
    let heard = clarify(&spoken, Some(question), "Your call.").unwrap();
    let asked: Vec<(&str, &str)> =
        heard.asks.iter().map(|ask| (ask.asked.supports.as_str(), ask.asked.text.as_str())).collect();
    assert_eq!(asked, [("regions", "How many regions do we have"), (YOUR_CALL, "can I assume that it rains")]);
    let says = &question.constraints.iter().find(|constraint| constraint.id == "regions").unwrap().says;
    assert_eq!(heard.reply, format!("{says} Your call."));
}

#[test]
fn a_question_that_no_pack_knows_is_all_the_candidates_call() {
    let transcript = Transcript::typed("How many users do we have?");
    let heard = clarify(&Spoken::of(&transcript), None, "Your call.").unwrap();
    assert_eq!((heard.reply.as_str(), heard.told().len()), ("Your call.", 0));
}

proptest! {
    #[test]
    fn nothing_is_told_that_the_question_does_not_hold(
        words in prop::collection::vec(prop::sample::select(vec![
            "how", "many", "users", "do", "we", "have", "can", "I", "assume", "the", "region", "is", "it", "okay", "if", "what", "about", "limit",
            "store", "down", "well", "and", "latency", "per", "key", "fail", "open",
        ]), 0..25),
    ) {
        let transcript = Transcript::typed(&words.join(" "));
        let question = question("rate-limiter");
        if let Some(heard) = clarify(&Spoken::of(&transcript), Some(question), "Your call.") {
            prop_assert!(!heard.asks.is_empty() && !heard.reply.is_empty());
            for id in heard.told() {
                prop_assert!(question.constraints.iter().any(|constraint| constraint.id == id));
            }
            for ask in &heard.asks {
                prop_assert!(transcript.text().contains(&ask.asked.text));
            }
        }
    }
}

/// Answers that were really given, sentence by sentence: what they ask is answered, and nothing else is taken for a question or a command.
#[test]
fn answers_are_not_taken_for_questions() {
    // These began with questions, and are told what they asked until they go on.
    let really_ask = ["s02", "s05", "s12", "s16", "s27"];
    let mut asking = Vec::new();
    for line in include_str!("../../tests/fixtures/gold/answers.jsonl").lines() {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        let question = shipped().question_by_words(answer["question"].as_str().unwrap()).map(|(_, question)| question);
        let mut said = Transcript::default();
        for segment in Transcript::typed(answer["transcript"].as_str().unwrap()).segments {
            let before = said.text();
            let is_command = spoken_command::command_in(&segment.text, &before).is_some();
            said.segments.push(segment);
            let asks = said.segments.len() <= 5 && clarify(&Spoken::of(&said), question, "Your call.").is_some();
            if asks || is_command {
                asking.push(format!("{} {:?}", answer["id"].as_str().unwrap(), said.segments.last().unwrap().text));
            }
        }
    }
    let commands = ["s11 \"no, I don't", "s11 \"Can we, can we skip", "s22 \"And that's basically it"];
    let expected = |text: &&String| {
        really_ask.iter().any(|id| text.starts_with(id)) || commands.iter().any(|start| text.starts_with(start))
    };
    let surprises: Vec<&String> = asking.iter().filter(|text| !expected(text)).collect();
    assert!(surprises.is_empty(), "{surprises:#?}");
    assert_eq!(asking.len(), really_ask.len() + commands.len(), "{asking:#?}");
}
