//! The verifier that ours is measured against: order-preserving weighted alignment with a guard on negations and numbers, as it was
//! measured on synthetic noise when this was planned. Words are compared as they are written; ours folds them first.

const FILLERS: [&str; 6] = ["um", "uh", "er", "like", "so", "basically"];
const NEGATIONS: [&str; 12] =
    ["not", "no", "never", "don't", "doesn't", "isn't", "can't", "won't", "without", "none", "cannot", "nothing"];

#[derive(Clone, Copy, PartialEq)]
enum Move {
    Match,
    Insert,
    Delete,
}

/// What it compares: lower case, no punctuation.
pub fn words(text: &str) -> Vec<String> {
    let plain =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>().to_lowercase();
    text.split(|c: char| c.is_whitespace() || c == '-').map(plain).filter(|word| !word.is_empty()).collect()
}

/// Every word of the quote, in order and without a gap.
pub fn finds_exactly(quote: &[String], text: &[String]) -> bool {
    text.windows(quote.len()).any(|window| window == quote)
}

/// Accepts from 0.75 on; with the guard.
pub fn finds(quote: &[String], text: &[String], is_stop: impl Fn(&str) -> bool) -> bool {
    let weights: Vec<f64> = quote.iter().map(|word| if is_stop(word) { 0.3 } else { 1.0 }).collect();
    let (rows, width) = (quote.len(), text.len() + 1);
    let mut best = vec![0.0; (rows + 1) * width];
    let mut moves = vec![Move::Delete; best.len()];
    for i in 1..=rows {
        for j in 1..width {
            let like = likeness(&quote[i - 1], &text[j - 1]);
            let gain = if like > 0.0 { weights[i - 1] * like } else { -0.35 * weights[i - 1] };
            let extra = if FILLERS.contains(&text[j - 1].as_str()) { 0.05 } else { 0.25 };
            let options = [
                (best[(i - 1) * width + j - 1] + gain, Move::Match),
                (best[i * width + j - 1] - extra, Move::Insert),
                (best[(i - 1) * width + j], Move::Delete),
            ];
            let chosen = options.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a }).expect("three");
            (best[i * width + j], moves[i * width + j]) = chosen;
        }
    }
    let last = &best[rows * width..];
    let end = (0..width).reduce(|a, b| if last[b] > last[a] { b } else { a }).expect("one at least");
    if last[end] / weights.iter().sum::<f64>() < 0.75 {
        return false;
    }
    let (mut i, mut j, mut span) = (rows, end, None);
    while i > 0 && j > 0 {
        match moves[i * width + j] {
            Move::Match => {
                if likeness(&quote[i - 1], &text[j - 1]) > 0.0 {
                    span = Some((j - 1, span.map_or(j, |(_, to)| to)));
                }
                (i, j) = (i - 1, j - 1);
            }
            Move::Insert => j -= 1,
            Move::Delete => i -= 1,
        }
    }
    span.is_some_and(|(from, to)| guard(quote) == guard(&text[from..to]))
}

/// Parity of the negations and the numbers.
fn guard(words: &[String]) -> (bool, Vec<&str>) {
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) || NUMBERS.contains(word);
    let mut numbers: Vec<&str> = words.iter().map(String::as_str).filter(is_number).collect();
    numbers.sort_unstable();
    (words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count() % 2 == 1, numbers)
}

#[rustfmt::skip]
const NUMBERS: [&str; 31] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
    "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    "hundred", "thousand", "million", "billion", "zero",
];

fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let like = strsim::normalized_levenshtein(a, b);
    if a.len().max(b.len()) < 4 || like < 0.7 { 0.0 } else { like }
}
