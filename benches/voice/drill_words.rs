//! What is said in the drills of row 6: phrases to cut in on, and speech to leave alone.

use super::speech::root;

/// A sentence that ends with words to cut in on, and the rules that may do so.
#[derive(Clone, Copy)]
pub struct Phrase {
    pub says: &'static str,
    pub rules: &'static [&'static str],
}

const fn phrase(says: &'static str, rules: &'static [&'static str]) -> Phrase {
    Phrase { says, rules }
}

const EXACTLY_ONCE: &[&str] = &["exactly-once-as-switch"];
const EVENTUAL: &[&str] = &["bare-eventual-consistency"];
const QUEUE: &[&str] = &["queue-as-free-reliability"];
const LOCK: &[&str] = &["coordinates-everything"];
const NETWORK: &[&str] = &["assumes-reliable-network"];
const ALL_THREE: &[&str] = &["claims-ca-under-partition"];
const CAP: &[&str] = &["recites-cap"];
const AVAILABLE: &[&str] = &["availability-for-resilience"];
const AGAIN: &[&str] = &["forgets-idempotency"];
const PERFECT: &[&str] = &["perfect-consistency-nobody-needs"];

pub const PHRASES: [Phrase; 25] = [
    phrase("this way every message is delivered exactly once", EXACTLY_ONCE),
    phrase("the replicas are eventually consistent", EVENTUAL),
    phrase("I would put the requests on a queue", QUEUE),
    phrase("every worker takes a distributed lock", LOCK),
    phrase("in the data center the network is reliable", NETWORK),
    phrase("our database gets all three", ALL_THREE),
    phrase("we have to choose because of the cap theorem", CAP),
    phrase("so the service is highly available", AVAILABLE),
    phrase("after a failure the job runs again", AGAIN),
    phrase("the data is strongly consistent everywhere", PERFECT),
    phrase("the messages are processed exactly once", EXACTLY_ONCE),
    phrase("for the posts I would use eventual consistency", EVENTUAL),
    phrase("between the two services we need a queue", QUEUE),
    phrase("before each update we need a global lock", LOCK),
    phrase("I think the network is fast", NETWORK),
    phrase("with this design we get all three", ALL_THREE),
    phrase("that gives us high availability", AVAILABLE),
    phrase("the worker picks the job up again", AGAIN),
    phrase("the leader has to wait for all the replicas", PERFECT),
    phrase("the write is applied exactly once", EXACTLY_ONCE),
    phrase("the two copies will converge eventually", EVENTUAL),
    phrase("all the events go through a queue", QUEUE),
    phrase("every write goes through consensus", LOCK),
    phrase("the servers are connected by a reliable network", NETWORK),
    phrase("each order is sent exactly once", EXACTLY_ONCE),
];

/// Sets nothing off, and redeems nothing.
pub const PLAIN: [&str; 20] = [
    "the page shows the name and the picture of the product",
    "there is a form for the address of the company",
    "the search box is at the top of the page",
    "a small team works on the mobile application",
    "the code of the service is easy to test",
    "the documents are in a folder of the project",
    "the image is made smaller before it is stored",
    "the title of a post has a few words",
    "the application has a menu with five items",
    "the color of the button can be changed",
    "a new version of the page is tested first",
    "the users can choose a language for the text",
    "the list is sorted by the name of the item",
    "the picture has a title and a description",
    "a simple table has a name and a value",
    "the team reads the report in the morning",
    "the text is split into words and sentences",
    "the map shows the streets of the city",
    "the profile has a name and a photo",
    "the application is written in a modern language",
];

fn read(path: &str) -> anyhow::Result<String> {
    Ok(std::fs::read_to_string(root().join("tests/fixtures").join(path))?)
}

/// Ordinary sentences, put together to answers of two minutes.
pub fn ordinary() -> anyhow::Result<Vec<String>> {
    let mut answers = vec![String::new()];
    for name in ["plain", "technical", "everyday"] {
        for sentence in read(&format!("glossary/ordinary/{name}.txt"))?.lines() {
            let newest = answers.last_mut().expect("never empty");
            newest.push_str(sentence);
            newest.push(' ');
            if newest.split(' ').count() > 300 {
                answers.push(String::new());
            }
        }
    }
    Ok(answers)
}

/// Answers that only look as if they made a mistake, written to deceive the detectors.
pub fn lookalikes() -> anyhow::Result<Vec<String>> {
    let mut answers = Vec::new();
    for line in read("answers/mistakes.jsonl")?.lines() {
        let answer: serde_json::Value = serde_json::from_str(line)?;
        if answer["makes"] == false {
            answers.push(answer["answer"].as_str().unwrap_or_default().to_owned());
        }
    }
    Ok(answers)
}

/// Sentences of work and everyday life, to be spoken.
pub fn spoken_plainly() -> anyhow::Result<Vec<String>> {
    let all = read("glossary/ordinary/everyday.txt")?;
    Ok(all.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}
