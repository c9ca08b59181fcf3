//! Numbers as they are said and as they are written, brought to digits.

use super::{Break, SpokenWord};

/// A number read off a list of words.
#[derive(Debug, PartialEq)]
pub struct Number {
    /// Digits: "99", "0.4", "10000".
    pub text: String,
    /// How many words it takes.
    pub words: usize,
    /// False for a bare "one", which is mostly a pronoun.
    pub figure: bool,
}

/// The number that begins at word `at`, if one does. It never runs across punctuation.
pub fn number_at(words: &[SpokenWord], at: usize) -> Option<Number> {
    let mut reading = Reading::default();
    let mut i = at;
    if words[i].norm == "a" {
        let next = follower(words, i)?;
        // "a K" is a letter: "a K V store".
        if next != "hundred" && (next == "k" || scale(next).is_none()) {
            return None;
        }
        reading.group = Some(1.0);
        i += 1;
    }
    let mut end = at;
    while let Some(word) = words.get(i) {
        if !reading.take(&word.norm) {
            match joiner(words, i, &mut reading) {
                Some(used) => i += used - 1,
                None => break,
            }
        }
        i += 1;
        end = i;
        if words[i - 1].break_after != Break::None {
            break;
        }
    }
    if end == at {
        return None;
    }
    let value = reading.total + reading.group.unwrap_or(0.0);
    let bare_one = end == at + 1 && words[at].norm == "one";
    let measured = words.get(end).is_some_and(|next| is_unit(&next.norm));
    Some(Number { text: digits(value), words: end - at, figure: !bare_one || measured })
}

/// A written number with what is stuck to it: "10k" is 10000, "5ms" is 5 and "ms".
pub fn split_unit(word: &str) -> Option<(f64, Option<&str>)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(word.len());
    let (number, unit) = word.split_at(end);
    let value: f64 = number.replace(',', "").parse().ok()?;
    match unit {
        "" => Some((value, None)),
        "k" => Some((value * 1000.0, None)),
        "%" => Some((value, Some("percent"))),
        _ if is_unit(unit) || matches!(unit, "m" | "b" | "bn" | "x" | "d") => Some((value, Some(unit))),
        _ => None,
    }
}

pub fn digits(value: f64) -> String {
    // Whole numbers print without a point, others with as many places as they were given.
    format!("{value}")
}

#[derive(Default)]
struct Reading {
    /// Sum of what a scale has closed ("two thousand …").
    total: f64,
    /// What is being read ("… four hundred and twelve").
    group: Option<f64>,
    /// The group was written in digits or has decimals: only a scale may follow.
    closed: bool,
}

impl Reading {
    /// Takes the word in if the number goes on with it.
    fn take(&mut self, word: &str) -> bool {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let Some((value, None)) = split_unit(word) else { return false };
            if self.group.is_some() || self.total > 0.0 {
                return false;
            }
            self.group = Some(value);
            self.closed = true;
            return true;
        }
        if word == "hundred" {
            let factor = self.group.unwrap_or(1.0);
            if factor >= 100.0 {
                return false;
            }
            self.group = Some(factor * 100.0);
            self.closed = false;
            return true;
        }
        if let Some(scale) = scale(word) {
            if self.group.is_none() && (self.total > 0.0 || word == "k") {
                return false;
            }
            self.total += self.group.take().unwrap_or(1.0) * scale;
            self.closed = false;
            return true;
        }
        let Some(value) = small(word) else { return false };
        if self.closed {
            return false;
        }
        let group = match self.group {
            None => value,
            Some(group) if group >= 100.0 && group % 100.0 == 0.0 => group + value,
            Some(group) if group % 100.0 >= 20.0 && group % 10.0 == 0.0 && (1.0..10.0).contains(&value) => {
                group + value
            }
            // "four twenty nine", "twenty twenty four": said in pairs of digits.
            Some(group) if (1.0..100.0).contains(&group) && value >= 10.0 => group * 100.0 + value,
            Some(_) => return false,
        };
        self.group = Some(group);
        true
    }
}

/// "and" inside "two hundred and thirty", "point" inside "ninety nine point nine": how many words were used.
fn joiner(words: &[SpokenWord], i: usize, reading: &mut Reading) -> Option<usize> {
    let next = follower(words, i)?;
    match words[i].norm.as_str() {
        "and" if !reading.closed => {
            let after_hundred = reading.group.is_some_and(|group| group >= 100.0 && group % 100.0 == 0.0);
            let after_scale = reading.group.is_none() && reading.total > 0.0;
            let more = small(next).is_some_and(|value| value > 1.0);
            ((after_hundred || after_scale) && more && reading.take(next)).then_some(2)
        }
        "point" => {
            let group = reading.group?;
            let mut text = format!("{}.", digits(group));
            let mut used = 1;
            while let Some(next) = follower(words, i + used - 1) {
                let digit = small(next).filter(|value| *value < 10.0).map(digits);
                let written = next.bytes().all(|b| b.is_ascii_digit()).then(|| next.to_owned());
                let Some(more) = digit.or(written) else { break };
                text.push_str(&more);
                used += 1;
            }
            if used == 1 {
                return None;
            }
            reading.group = Some(text.parse().ok()?);
            reading.closed = true;
            Some(used)
        }
        _ => None,
    }
}

/// The next word, unless punctuation stands before it.
fn follower(words: &[SpokenWord], i: usize) -> Option<&str> {
    let joined = words.get(i)?.break_after == Break::None;
    words.get(i + 1).filter(|_| joined).map(|word| word.norm.as_str())
}

fn small(word: &str) -> Option<f64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let below_twenty = WORDS.iter().position(|&known| known == word);
    let tens = || TENS.iter().position(|&known| known == word).map(|n| 10 * (n + 2));
    below_twenty.or_else(tens).map(|value| value as f64)
}

fn scale(word: &str) -> Option<f64> {
    match word {
        "dozen" => Some(12.0),
        "thousand" | "k" => Some(1e3),
        "million" => Some(1e6),
        "billion" => Some(1e9),
        "trillion" => Some(1e12),
        _ => None,
    }
}

fn is_unit(word: &str) -> bool {
    const UNITS: &[&str] = &[
        "ms",
        "us",
        "ns",
        "s",
        "h",
        "milli",
        "millisecond",
        "microsecond",
        "nanosecond",
        "sec",
        "second",
        "min",
        "minute",
        "hr",
        "hour",
        "day",
        "week",
        "month",
        "year",
        "percent",
        "kb",
        "mb",
        "gb",
        "tb",
        "pb",
        "kilobyte",
        "megabyte",
        "gigabyte",
        "terabyte",
        "petabyte",
        "gig",
        "meg",
        "byte",
        "bit",
        "qps",
        "rps",
        "tps",
        "gbps",
        "mbps",
    ];
    UNITS.iter().any(|unit| super::same_word(unit, word))
}
