//! What the candidates of the measurements say: plain sentences of an interview, in words that the synthetic model knows.

use std::sync::Arc;

use super::sound::{Dice, Speaker, pause};

/// None of them closes an answer.
#[rustfmt::skip]
pub const SENTENCES: [&str; 32] = [
    "I would put a load balancer in front of the stateless web servers",
    "The leader accepts the writes and sends them to the followers",
    "We replicate each shard to three nodes in different availability zones",
    "I would shard the data by user because most queries are for one user",
    "A hot key can still overload a single machine",
    "Then the application has to merge the two versions",
    "For very popular users I would merge their posts at read time",
    "Each node keeps a log of all the writes it has accepted",
    "The cache holds the most popular items for a few minutes",
    "A client sends the request to the nearest data center",
    "If the leader fails the followers elect a new one",
    "The queue keeps the messages until a worker has processed them",
    "I would store the files in an object store and keep the metadata in a database",
    "Every service writes its events to a log and the other services read them",
    "The read path goes through the cache and then to the replicas",
    "We need a timeout for every call to another service",
    "The clients retry a failed request with a random delay",
    "Most of the traffic comes from mobile clients in one region",
    "The index is built in the background and copied to all the servers",
    "A write is stored when two of the three replicas have it",
    "There are about ten thousand requests per second at peak",
    "The worker reads a message and sends the email to the user",
    "We can split the table when it does not fit on one machine",
    "The token bucket is refilled at a constant rate for each user",
    "A slow replica should not slow down the whole cluster",
    "The service checks the limit before it accepts the request",
    "I would measure the latency of each step in the path",
    "Old data is moved to a cheaper store after one month",
    "The scheduler assigns each job to one of the workers",
    "When a node joins the cluster it takes over some of the keys",
    "The database has one table for the users and one for the orders",
    "An update goes to the primary first and then to the replicas",
];

/// Words with which an answer is closed.
pub const CLOSINGS: [&str; 4] = [
    "so that is how I would do it",
    "that covers the main parts of the system",
    "and that is how I would build it",
    "so that is my design",
];

/// An answer that grows piece by piece, and where its pieces lie.
#[derive(Default)]
pub struct Told {
    pub sound: Vec<f32>,
    pub words: String,
}

impl Told {
    /// Returns where the words lie.
    pub fn say(&mut self, speaker: &mut Speaker, text: &str, voice: usize) -> anyhow::Result<std::ops::Range<usize>> {
        let said: Arc<[f32]> = speaker.say(text, voice)?;
        let start = self.sound.len();
        self.sound.extend(said.iter());
        self.words += text;
        self.words.push(' ');
        Ok(start..self.sound.len())
    }

    /// Returns where the silence lies.
    pub fn think(&mut self, seconds: f64, dice: &mut Dice) -> std::ops::Range<usize> {
        let start = self.sound.len();
        self.sound.extend(pause(seconds, dice));
        start..self.sound.len()
    }
}

/// Lower-case words without marks.
pub fn plain_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
