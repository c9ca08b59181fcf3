//! Text that a recognizer invents out of silence and noise, or when it is stuck: found after decoding, never believed.
//!
//! Pure. What is refused here is recorded with its reason, not deleted silently. The figures are from the ways others met
//! these failures with Whisper; they are chosen so that a real "thank you" survives.

use std::collections::HashSet;

/// One decoding of one segment, before anything is believed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    pub text: String,
    /// Mean log probability of the tokens.
    pub avg_logprob: f32,
    /// The recognizer's own estimate that there is no speech, 0 to 1.
    pub no_speech: f32,
    /// Mean token probability, 0 to 1; `None` when there was no token.
    pub confidence: Option<f32>,
}

/// The words that may be kept, or why there are none.
///
/// `seconds`: length of the segment. `prompt`: words the recognizer was steered with.
pub fn screen(decoded: &Decoded, seconds: f64, prompt: &str) -> Result<String, String> {
    let text = without_tags(&decoded.text);
    let words = plain_words(&text);
    if words.is_empty() {
        return Err(match decoded.text.trim() {
            "" => "no words in it".to_owned(),
            tag => format!("only noise: {tag}"),
        });
    }
    if decoded.no_speech > 0.6 && decoded.avg_logprob < -1.0 {
        return Err("more likely noise than speech".to_owned());
    }
    let unsure = decoded.avg_logprob < -0.5;
    let said = words.join(" ");
    if unsure && seconds < 2.0 && SHORT_PHRASES.contains(&said.as_str()) {
        return Err("a stock phrase of the recognizer on silence".to_owned());
    }
    if unsure && CREDITS.iter().any(|credit| said.starts_with(credit)) {
        return Err("a subtitle credit that the recognizer invents on silence".to_owned());
    }
    if unsure && echoes(&words, prompt) {
        return Err("only the terms that the recognizer was given".to_owned());
    }
    Ok(text)
}

/// True when the text goes round in circles: a word 5 times in a row, a pair 4 times, three to eight words 3 times.
///
/// People say "very, very, very"; nobody says a clause three times without a word in between.
pub fn is_loop(text: &str) -> bool {
    let words = plain_words(text);
    (1..=8).any(|n| {
        let times = match n {
            1 => 5,
            2 => 4,
            _ => 3,
        };
        let run = n * times;
        words.windows(run).any(|window| window.chunks(n).all(|part| part == &window[..n]))
    })
}

/// Whole texts Whisper is known to write for silence.
const SHORT_PHRASES: &[&str] = &[
    "you",
    "you you",
    "thank you",
    "thank you very much",
    "thank you so much",
    "thanks",
    "thanks for watching",
    "thank you for watching",
    "bye",
    "bye bye",
    "the end",
    "so",
    "oh",
    "okay",
    "yeah",
    "i m sorry",
    "see you next time",
];

/// Beginnings that come from subtitles in the training data and from nobody's answer.
const CREDITS: &[&str] = &[
    "subtitles by",
    "subtitled by",
    "captions by",
    "captioning by",
    "transcription by",
    "transcribed by",
    "translated by",
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "like and subscribe",
    "don t forget to subscribe",
    "www ",
];

/// Words by which a bracketed remark is known as a sound, not as speech.
const SOUNDS: &[&str] = &[
    "blank",
    "audio",
    "music",
    "noise",
    "silence",
    "silent",
    "inaudible",
    "indistinct",
    "applause",
    "laugh",
    "cough",
    "sigh",
    "breath",
    "wind",
    "beep",
    "click",
    "typing",
    "keyboard",
    "static",
    "buzz",
    "background",
    "foreign",
    "speaking",
    "sound",
    "chatter",
    "knock",
    "footsteps",
    "pause",
    "mouse",
    "hum",
    "ringing",
    "door",
    "sniff",
    "clear",
    "gasp",
    "crosstalk",
];

/// Takes out remarks on sounds: `[BLANK_AUDIO]`, `(wind blowing)`, `*cough*`, notes of music.
///
/// A bracket in the middle of speech stays unless it names a sound, so "O(n)" and "the cache (Redis)" survive; a text that
/// is nothing but one bracket has no words.
fn without_tags(text: &str) -> String {
    let text = text.replace(['♪', '♫', '♩', '♬'], " ");
    let mut kept = String::new();
    let mut rest = text.as_str();
    while let Some(open) = rest.find(['[', '(', '*']) {
        let bracket = rest.as_bytes()[open];
        let close = match bracket {
            b'[' => ']',
            b'(' => ')',
            _ => '*',
        };
        let Some(length) = rest[open + 1..].find(close) else { break };
        let end = open + 1 + length + 1;
        let inside = rest[open + 1..end - 1].to_lowercase();
        let at_boundary = open == 0 || rest.as_bytes()[open - 1].is_ascii_whitespace();
        let alone = kept.trim().is_empty() && rest[..open].trim().is_empty() && plain_words(&rest[end..]).is_empty();
        let names_sound = SOUNDS.iter().any(|sound| inside.contains(sound));
        kept.push_str(&rest[..open]);
        if !(at_boundary && (names_sound || alone)) {
            kept.push_str(&rest[open..end]);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every word (two at least) was in the prompt.
fn echoes(words: &[String], prompt: &str) -> bool {
    let given: HashSet<String> = plain_words(prompt).into_iter().collect();
    words.len() >= 2 && words.iter().all(|word| given.contains(word))
}

/// Lower-case runs of letters and digits.
fn plain_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, avg_logprob: f32, no_speech: f32) -> Decoded {
        Decoded { text: text.to_owned(), avg_logprob, no_speech, confidence: Some(avg_logprob.exp()) }
    }

    #[test]
    fn what_is_not_speech_is_refused_with_its_reason() {
        let check = |text: &str, logprob: f32, no_speech: f32, seconds: f64, why: &str| {
            let refused = screen(&decoded(text, logprob, no_speech), seconds, "We discuss Kafka, Raft, quorum reads.");
            assert!(refused.as_ref().is_err_and(|said| said.contains(why)), "{text:?}: {refused:?}");
        };
        check("", -0.1, 0.1, 3.0, "no words");
        check(" [BLANK_AUDIO]", -0.1, 0.1, 3.0, "only noise: [BLANK_AUDIO]");
        check("(wind blowing)", -0.1, 0.1, 3.0, "only noise");
        check("[ Silence ] *cough*", -0.1, 0.1, 3.0, "only noise");
        check("♪♪", -0.1, 0.1, 3.0, "only noise");
        check("...", -0.1, 0.1, 3.0, "only noise");
        check("The cache is warm.", -1.2, 0.7, 3.0, "more likely noise");
        check("Thank you.", -0.8, 0.2, 1.4, "stock phrase");
        check("you", -0.6, 0.2, 1.0, "stock phrase");
        check("Subtitles by the Amara.org community", -0.8, 0.2, 6.0, "subtitle credit");
        check("Kafka, Raft, quorum reads.", -0.9, 0.2, 3.0, "terms");
    }

    #[test]
    fn what_a_person_says_is_kept() {
        let check = |text: &str, logprob: f32, no_speech: f32, seconds: f64, kept: &str| {
            assert_eq!(
                screen(&decoded(text, logprob, no_speech), seconds, "We discuss Kafka, Raft.").as_deref(),
                Ok(kept)
            );
        };
        check(" Thank you.", -0.2, 0.1, 1.4, "Thank you.");
        check("Thank you.", -0.8, 0.1, 2.6, "Thank you.");
        check("The cache is warm.", -1.2, 0.3, 3.0, "The cache is warm.");
        check("The cache is warm.", -0.4, 0.9, 3.0, "The cache is warm.");
        check("Kafka and Raft", -0.9, 0.1, 3.0, "Kafka and Raft");
        check("Kafka, Raft.", -0.3, 0.1, 3.0, "Kafka, Raft.");
        check("Lookup is O(log n) in the cache (Redis).", -0.3, 0.1, 3.0, "Lookup is O(log n) in the cache (Redis).");
        check("So [coughing] the leader accepts it", -0.3, 0.1, 3.0, "So the leader accepts it");
        check("about 5 * 10 (roughly", -0.3, 0.1, 3.0, "about 5 * 10 (roughly");
    }

    #[test]
    fn a_loop_is_told_from_emphasis() {
        let check = |text: &str, expected: bool| assert_eq!(is_loop(text), expected, "{text}");
        check("that is very, very, very, very slow", false);
        check("no no no no no", true);
        check("we read and write and read and write and then stop", false);
        check("so we so we so we so we", true);
        check("the leader is down. the leader is down. and then", false);
        check("the leader is down. the leader is down. The leader is down.", true);
        check("I'm sorry. I'm sorry. I'm sorry.", true);
        check("", false);
    }
}
