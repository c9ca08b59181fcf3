//! What was said: sentences of the rated answers of the tests, cut as pauses would cut them, and the fixture of what a recogniser
//! wrote of them.

use serde::Deserialize;
use viva::interview::transcript::{Segment, Transcript};

/// Where a piece is cut at a comma, from this many words on, and at most.
const CUT_AT_COMMA: usize = 8;
const MOST_WORDS: usize = 16;
/// Every seventh answer is spoken, from the third on: design, two concepts, behavioural.
const SPOKEN: (usize, usize) = (7, 2);
pub const FIXTURE: &str = "tests/fixtures/evidence/heard.tsv";

#[derive(Deserialize)]
struct Answer {
    transcript: String,
}

/// One answer: its pieces in order, each as it was said.
pub type Said = Vec<String>;

/// What stands in the place of a noise where the words are those that were said.
pub const AS_SAID: &str = "said";

/// The answers that are spoken.
pub fn answers() -> Vec<Said> {
    let lines = include_str!("../../tests/fixtures/gold/answers.jsonl").lines().enumerate();
    let spoken = lines.filter(|(n, _)| n % SPOKEN.0 == SPOKEN.1);
    let text = |line: &str| serde_json::from_str::<Answer>(line).expect("a line of the fixture").transcript;
    spoken.map(|(_, line)| pieces(&text(line))).collect()
}

fn pieces(text: &str) -> Said {
    let mut pieces = Vec::new();
    for sentence in Transcript::typed(text).segments {
        let mut piece: Vec<&str> = Vec::new();
        for word in sentence.text.split_whitespace() {
            piece.push(word);
            let at_comma = word.ends_with([',', ';', ':']) && piece.len() >= CUT_AT_COMMA;
            if at_comma || piece.len() == MOST_WORDS {
                pieces.push(piece.join(" "));
                piece.clear();
            }
        }
        if !piece.is_empty() {
            pieces.push(piece.join(" "));
        }
    }
    pieces
}

/// One piece as it was written down under one noise.
#[derive(Debug, Clone)]
pub struct Heard {
    pub noise: String,
    pub answer: usize,
    pub piece: usize,
    pub confidence: Option<f32>,
    pub text: String,
}

impl Heard {
    #[cfg(feature = "whisper")]
    pub fn line(&self) -> String {
        let confidence = self.confidence.map_or_else(String::new, |value| format!("{value:.2}"));
        format!("{}\t{}\t{}\t{confidence}\t{}", self.noise, self.answer, self.piece, self.text)
    }

    fn read(line: &str) -> Option<Self> {
        let mut columns = line.split('\t');
        Some(Self {
            noise: columns.next()?.to_owned(),
            answer: columns.next()?.parse().ok()?,
            piece: columns.next()?.parse().ok()?,
            confidence: columns.next()?.parse().ok(),
            text: columns.next()?.to_owned(),
        })
    }

    pub fn segment(&self, text: String) -> Segment {
        Segment { span: None, raw: self.text.clone(), text, confidence: self.confidence, not_decoded: None }
    }
}

/// What was said, and what was heard of it, in the order of the fixture.
pub fn fixture() -> anyhow::Result<(Vec<Said>, Vec<Heard>)> {
    let text = std::fs::read_to_string(super::root().join(FIXTURE))?;
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(Heard::read);
    let (said, heard): (Vec<Heard>, Vec<Heard>) = lines.partition(|line| line.noise == AS_SAID);
    let mut answers: Vec<Said> = Vec::new();
    for piece in said {
        answers.resize(answers.len().max(piece.answer + 1), Said::new());
        answers[piece.answer].push(piece.text);
    }
    Ok((answers, heard))
}
