//! How often quotes are found in what a recogniser wrote, and how often quotes that nobody said: ours and the reference side by side,
//! on the same trials.

use std::collections::BTreeMap;

use viva::{
    content,
    interview::{
        assessment::Quote,
        calibration::random::Random,
        evidence,
        glossary::Glossary,
        transcript::Transcript,
        words::{Spoken, is_negation, is_stop_word},
    },
};

use super::{
    reference,
    said::{self, Heard, Said},
};

const TRIALS: usize = 400;
/// Quotes as the prompt asks for them, and with as many content words as may be found fuzzily.
const WORDS: (usize, usize) = (6, 14);
const CONTENT_WORDS: usize = 4;

/// What one recogniser run under one noise left of the answers.
struct Hearing {
    noise: String,
    /// By answer, terms repaired as the daemon does; its pieces are the segments.
    transcripts: Vec<Transcript>,
    /// Word errors of each piece, as a share of the words said.
    errors: Vec<Vec<f64>>,
}

impl Hearing {
    fn word_error_rate(&self, said: &[Said]) -> f64 {
        let words =
            |answer: &Said| answer.iter().map(|piece| reference::words(piece).len() as f64).collect::<Vec<f64>>();
        let pairs =
            said.iter().zip(&self.errors).flat_map(|(answer, errors)| words(answer).into_iter().zip(errors.clone()));
        let (wrong, all) = pairs.fold((0.0, 0.0), |(wrong, all), (words, rate)| (wrong + words * rate, all + words));
        100.0 * wrong / all
    }
}

/// A quote, and where it says it is from.
struct Trial {
    answer: usize,
    piece: usize,
    quote: String,
}

/// Share accepted, in percent, and of how many.
#[derive(Default, Clone, Copy)]
struct Share(usize, usize);

impl Share {
    fn add(&mut self, accepted: bool) {
        self.0 += usize::from(accepted);
        self.1 += 1;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        if self.1 == 0 {
            write!(f, "-")
        } else {
            write!(f, "{:.1} ({})", 100.0 * self.0 as f64 / self.1 as f64, self.1)
        }
    }
}

pub fn print() -> anyhow::Result<()> {
    let (said, heard) = said::fixture()?;
    let hearings = hearings(&said, heard)?;
    println!(
        "Honest quotes, found in percent (trials): words as they were said, and as they stand in the transcript.\n"
    );
    println!(
        "| noise | word errors | said: word for word | said: reference | **said: ours** | **copied: ours** | copied: reference |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut by_errors: BTreeMap<usize, [Share; 3]> = BTreeMap::new();
    for hearing in &hearings {
        let (mut exact, mut theirs, mut ours, mut copied, mut theirs_copied) =
            <(Share, Share, Share, Share, Share)>::default();
        for trial in trials(&said, hearing, said_words) {
            let (is_exact, reference, own) =
                (exactly(&trial, hearing), by_reference(&trial, hearing), by_us(&trial, hearing));
            exact.add(is_exact);
            theirs.add(reference);
            ours.add(own);
            let bucket = by_errors.entry(bucket(hearing.errors[trial.answer][trial.piece])).or_default();
            bucket.iter_mut().zip([is_exact, reference, own]).for_each(|(share, found)| share.add(found));
        }
        for trial in trials(&said, hearing, heard_words) {
            copied.add(by_us(&trial, hearing));
            theirs_copied.add(by_reference(&trial, hearing));
        }
        let rate = hearing.word_error_rate(&said);
        println!(
            "| {} | {rate:.1} % | {exact} | {theirs} | **{ours}** | **{copied}** | {theirs_copied} |",
            hearing.noise
        );
    }
    println!("\nThe same by the word errors of the piece that is quoted, all noises together:\n");
    println!(
        "| word errors of the piece | said: word for word | said: reference | **said: ours** |\n|---|---|---|---|"
    );
    for (bucket, [exact, theirs, ours]) in by_errors {
        println!("| {} | {exact} | {theirs} | **{ours}** |", BUCKETS[bucket].1);
    }
    println!("\nQuotes that must not be found, accepted in percent (ours / reference), {TRIALS} trials each:\n");
    println!(
        "| noise | of another answer | two halves | said, negation turned | said, figure changed | copied, negation turned | copied, figure changed |"
    );
    println!("|---|---|---|---|---|---|---|");
    for hearing in &hearings {
        let cells =
            [foreign as Make, spliced, negated_said, renumbered_said, negated_heard, renumbered_heard].map(|make| {
                let (mut ours, mut theirs) = (Share::default(), Share::default());
                for trial in trials(&said, hearing, make) {
                    ours.add(by_us(&trial, hearing));
                    theirs.add(by_reference(&trial, hearing));
                }
                let percent = |share: Share| 100.0 * share.0 as f64 / share.1.max(1) as f64;
                format!("{:.1} / {:.1} ({})", percent(ours), percent(theirs), ours.1)
            });
        println!("| {} | {} |", hearing.noise, cells.join(" | "));
    }
    println!();
    if std::env::var_os("VIVA_BENCH_MISSES").is_some() {
        misses(&said, &hearings);
    }
    Ok(())
}

/// Honest quotes that the reference finds and ours does not, and the other way round.
fn misses(said: &[Said], hearings: &[Hearing]) {
    for hearing in hearings {
        for trial in trials(said, hearing, said_words) {
            let (ours, theirs) = (by_us(&trial, hearing), by_reference(&trial, hearing));
            if ours != theirs {
                let heard = &hearing.transcripts[trial.answer].segments[trial.piece].text;
                println!("{} {}: {:?} in {heard:?}", hearing.noise, if ours { "ours" } else { "theirs" }, trial.quote);
            }
        }
        for trial in trials(said, hearing, heard_words).filter(|trial| !by_us(trial, hearing)) {
            let heard = &hearing.transcripts[trial.answer].segments[trial.piece].text;
            println!("{} copied, not found: {:?} in {heard:?}", hearing.noise, trial.quote);
        }
    }
}

const BUCKETS: [(f64, &str); 5] =
    [(0.0, "none"), (0.10, "to 10 %"), (0.20, "10 to 20 %"), (0.30, "20 to 30 %"), (f64::MAX, "more")];

fn bucket(rate: f64) -> usize {
    BUCKETS.iter().position(|(most, _)| rate <= *most).unwrap_or(BUCKETS.len() - 1)
}

fn hearings(said: &[Said], heard: Vec<Heard>) -> anyhow::Result<Vec<Hearing>> {
    let content = content::load(None)?;
    let terms = Glossary::new(&content.packs.values().next().expect("a pack is shipped").glossary);
    let mut hearings: Vec<Hearing> = Vec::new();
    for heard in heard {
        if hearings.iter().all(|hearing| hearing.noise != heard.noise) {
            let (transcripts, errors) = (vec![Transcript::default(); said.len()], vec![Vec::new(); said.len()]);
            hearings.push(Hearing { noise: heard.noise.clone(), transcripts, errors });
        }
        let hearing = hearings.iter_mut().find(|hearing| hearing.noise == heard.noise).expect("it was added");
        let segments = &mut hearing.transcripts[heard.answer].segments;
        anyhow::ensure!(segments.len() == heard.piece, "{} has its pieces out of order: make it again", said::FIXTURE);
        segments.push(heard.segment(terms.correct(&heard.text).text));
        let (truth, written) = (reference::words(&said[heard.answer][heard.piece]), reference::words(&heard.text));
        let wrong = strsim::generic_levenshtein(&truth, &written);
        hearing.errors[heard.answer].push(wrong as f64 / truth.len().max(1) as f64);
    }
    Ok(hearings)
}

type Make = fn(&[Said], &Hearing, usize, usize, &mut Random) -> Option<String>;

/// The same trials each time, for both verifiers.
fn trials<'a>(said: &'a [Said], hearing: &'a Hearing, make: Make) -> impl Iterator<Item = Trial> + 'a {
    let mut random = Random::for_text(&hearing.noise);
    let tries = (0..TRIALS * 50).filter_map(move |_| {
        let answer = random.below(said.len());
        let piece = random.below(said[answer].len());
        let quote = make(said, hearing, answer, piece, &mut random)?;
        Some(Trial { answer, piece, quote })
    });
    tries.take(TRIALS)
}

fn by_us(trial: &Trial, hearing: &Hearing) -> bool {
    let quote = Quote { text: trial.quote.clone(), segment: Some(trial.piece + 1) };
    evidence::find(&quote, "x", &hearing.transcripts[trial.answer]).is_some()
}

/// The cited piece and those beside it, then all of them.
fn by_reference(trial: &Trial, hearing: &Hearing) -> bool {
    let segments = &hearing.transcripts[trial.answer].segments;
    let near = trial.piece.saturating_sub(1)..segments.len().min(trial.piece + 2);
    let quote = reference::words(&trial.quote);
    [&segments[near], segments.as_slice()].iter().any(|part| {
        let text = part.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" ");
        reference::finds(&quote, &reference::words(&text), is_stop_word)
    })
}

fn exactly(trial: &Trial, hearing: &Hearing) -> bool {
    let text = reference::words(&hearing.transcripts[trial.answer].text());
    reference::finds_exactly(&reference::words(&trial.quote), &text)
}

/// A run of the text's words of a quote's length; `None` where there are too few, or too few that say something.
fn run_of(text: &str, random: &mut Random) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (least, most) = (WORDS.0, WORDS.1.min(words.len()));
    if words.len() < least {
        return None;
    }
    let length = least + random.below(most - least + 1);
    let from = random.below(words.len() - length + 1);
    let run = words[from..from + length].join(" ");
    let content = Spoken::of_text(&run).forms.iter().filter(|form| !is_stop_word(&form.text)).count();
    (content >= CONTENT_WORDS).then_some(run)
}

fn said_words(said: &[Said], _: &Hearing, answer: usize, piece: usize, random: &mut Random) -> Option<String> {
    run_of(&said[answer][piece], random)
}

fn heard_words(_: &[Said], hearing: &Hearing, answer: usize, piece: usize, random: &mut Random) -> Option<String> {
    run_of(&hearing.transcripts[answer].segments[piece].text, random)
}

fn foreign(said: &[Said], _: &Hearing, answer: usize, _: usize, random: &mut Random) -> Option<String> {
    let other = &said[(answer + 1 + random.below(said.len() - 1)) % said.len()];
    run_of(&other[random.below(other.len())], random)
}

fn spliced(said: &[Said], hearing: &Hearing, answer: usize, piece: usize, random: &mut Random) -> Option<String> {
    let other = random.below(said[answer].len());
    if other.abs_diff(piece) < 3 {
        return None;
    }
    let (first, second) = (said_words(said, hearing, answer, piece, random)?, run_of(&said[answer][other], random)?);
    let half = |text: &str, behind: bool| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let middle = words.len() / 2;
        if behind { words[middle..].join(" ") } else { words[..middle].join(" ") }
    };
    Some(format!("{} {}", half(&first, false), half(&second, true)))
}

/// A "not" comes in or goes.
fn negated(quote: &str, random: &mut Random) -> String {
    let mut words: Vec<&str> = quote.split_whitespace().collect();
    let is_not = |word: &&str| Spoken::of_text(word).forms.iter().any(|form| is_negation(&form.text));
    match words.iter().position(is_not) {
        Some(at) => drop(words.remove(at)),
        None => words.insert(1 + random.below(words.len() - 1), "not"),
    }
    words.join(" ")
}

/// A figure becomes another.
fn renumbered(quote: &str) -> Option<String> {
    let spoken = Spoken::of_text(quote);
    let figure = spoken.forms.iter().find(|form| form.number)?;
    Some(quote.replacen(&spoken.cut(figure.words.clone()), "seventy seven", 1))
}

fn negated_said(said: &[Said], hearing: &Hearing, answer: usize, piece: usize, random: &mut Random) -> Option<String> {
    said_words(said, hearing, answer, piece, random).map(|quote| negated(&quote, random))
}

fn negated_heard(said: &[Said], hearing: &Hearing, answer: usize, piece: usize, random: &mut Random) -> Option<String> {
    heard_words(said, hearing, answer, piece, random).map(|quote| negated(&quote, random))
}

fn renumbered_said(
    said: &[Said],
    hearing: &Hearing,
    answer: usize,
    piece: usize,
    random: &mut Random,
) -> Option<String> {
    renumbered(&said_words(said, hearing, answer, piece, random)?)
}

fn renumbered_heard(
    said: &[Said],
    hearing: &Hearing,
    answer: usize,
    piece: usize,
    random: &mut Random,
) -> Option<String> {
    renumbered(&heard_words(said, hearing, answer, piece, random)?)
}
