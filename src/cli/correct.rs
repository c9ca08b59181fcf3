//! `viva correct`

use super::{
    Context, Failed, live, print_json, render, report,
    terminal::{aside, ask, can_ask, line},
};
use crate::api::{self, AssessmentKind};

/// Mends mis-heard words of an answer. The raw text and the recording stay; the answer is judged again and marked.
#[derive(Debug, clap::Args)]
pub struct Correct {
    /// Number of the answer; the newest when absent.
    answer: Option<i64>,
    /// Replaces words everywhere in the answer: --replace "item potent" idempotent
    #[arg(long, num_args = 2, value_names = ["HEARD", "SAID"], action = clap::ArgAction::Append)]
    replace: Vec<String>,
}

pub async fn run(arguments: Correct, context: &Context) -> Result<(), Failed> {
    let client = context.client().await?;
    let id = match arguments.answer {
        Some(id) => id,
        None => report::newest(&client).await?,
    };
    let answer: api::Answer = client.get(&format!("/api/answers/{id}")).await?;
    let before: Vec<String> = answer.transcript.segments.iter().map(|segment| segment.text.clone()).collect();
    let segments = if arguments.replace.is_empty() {
        by_hand(&answer)?
    } else {
        before.iter().map(|text| replaced(text, &arguments.replace)).collect()
    };
    if segments == before {
        return Err(Failed::new("nothing was changed: the words to replace are not in the answer"));
    }
    let path = format!("/api/answers/{id}/transcript");
    let mut corrected: api::Answer = client.send(reqwest::Method::PUT, &path, &api::Correction { segments }).await?;
    if corrected.assessment.kind == AssessmentKind::Pending {
        if !context.json() {
            aside("The corrected answer is being judged …");
        }
        corrected = live::wait_for_assessment(&client, id).await?;
    }
    if context.json() {
        return print_json(&corrected);
    }
    line(&render::answer(&corrected));
    Ok(())
}

/// Shows each segment and takes its new words; Enter keeps it.
fn by_hand(answer: &api::Answer) -> Result<Vec<String>, Failed> {
    if !can_ask() {
        return Err(Failed::usage("nobody can be asked here: use --replace HEARD SAID"));
    }
    aside("Type the words as you said them; Enter alone keeps a line.");
    let segments = answer.transcript.segments.iter().map(|segment| {
        aside(&render::segment_line(segment));
        match ask("  >") {
            Some(text) if !text.is_empty() => text,
            _ => segment.text.clone(),
        }
    });
    Ok(segments.collect())
}

/// Replaces whole words, whatever their case.
fn replaced(text: &str, pairs: &[String]) -> String {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    for pair in pairs.chunks_exact(2) {
        let from: Vec<String> = pair[0].split_whitespace().map(bare).collect();
        if from.is_empty() {
            continue;
        }
        let mut at = 0;
        while at + from.len() <= words.len() {
            let here = &words[at..at + from.len()];
            if here.iter().map(|word| bare(word)).eq(from.iter().cloned()) {
                let last = &here[here.len() - 1];
                let tail: String = last.chars().rev().take_while(|c| !c.is_alphanumeric()).collect();
                let said = format!("{}{}", pair[1], tail.chars().rev().collect::<String>());
                words.splice(at..at + from.len(), [said]);
            }
            at += 1;
        }
    }
    words.join(" ")
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
#[test]
fn whole_words_are_replaced_with_their_punctuation_kept() {
    let pairs = ["item potent".to_owned(), "idempotent".to_owned()];
    let cases = [
        ("It is item potent.", "It is idempotent."),
        ("Item Potent, yes, item potent", "idempotent, yes, idempotent"),
        ("items potent", "items potent"),
        ("item", "item"),
    ];
    for (text, expected) in cases {
        assert_eq!(replaced(text, &pairs), expected);
    }
}
