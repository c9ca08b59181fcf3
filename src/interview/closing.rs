//! What the last words of a stretch of speech announce: the end, a pause for thought, or more to come.
//!
//! Pure, and blind to punctuation. Used by [`super::turn_taking`]; what is doubtful here counts as "more may come", because
//! waiting costs a second and cutting in costs the answer.

/// Lower-case words without punctuation and apostrophes: "That's it." is `thats it`, and so is "that is it".
pub(super) fn plain_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')) {
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match (words.last_mut(), word.as_str()) {
            (_, "") => {}
            (Some(last), "is") if last == "that" => *last = "thats".to_owned(),
            (Some(last), "am") if last == "i" => *last = "im".to_owned(),
            (Some(last), "us") if last == "let" => *last = "lets".to_owned(),
            _ => words.push(word),
        }
    }
    words
}

/// Hands the floor over: "that's my answer", "I'm done", or a short "okay, that's it".
pub(super) fn hands_over(words: &[String]) -> bool {
    const CLEAR: &[&str] = &[
        "thats my answer",
        "thats my final answer",
        "that would be my answer",
        "that concludes my answer",
        "im done",
        "im finished",
        "i am finished",
        "over to you",
        "back to you",
        "end of answer",
        "thats all from me",
        "thats it from me",
        "thats all from my side",
        "thats it from my side",
        "thats all i have",
        "thats all i have to say",
        "thats everything from me",
        "i have nothing to add",
        "ive nothing to add",
        "nothing to add",
        "nothing else to add",
        "nothing more to add",
    ];
    // Clear only where hardly anything else is said: "it retries once and that's it" goes on.
    const SHORT: &[&str] = &["thats it", "thats all", "thats about it", "thats everything"];
    // Clear only where nothing else is said.
    const ALONE: &[&str] = &["done", "all done", "okay done", "ok done", "im done", "finished", "the end"];
    const CONDITIONS: &[&str] = &["when", "once", "until", "after", "before", "if", "not", "till"];

    let polite = ["thanks", "thank", "you", "i", "think", "guess", "really", "now", "here", "okay"];
    [words, without_tail(words, &polite)].into_iter().any(|words| {
        let says = |phrase: &&&str| {
            let before = words.len().saturating_sub(phrase.split(' ').count());
            let on_condition = before > 0 && CONDITIONS.contains(&words[before - 1].as_str());
            ends_with(words, phrase) && !on_condition
        };
        CLEAR.iter().any(|phrase| says(&phrase))
            || words.len() <= 6 && SHORT.iter().any(|phrase| says(&phrase))
            || ALONE.iter().any(|phrase| words.len() == phrase.split(' ').count() && says(&phrase))
    })
}

/// Asks for time: "let me think", "give me a minute", and nothing said behind it.
pub(super) fn asks_for_time(words: &[String]) -> bool {
    const PHRASES: &[(&str, usize)] = &[
        // with how many words may follow, for "… about how the leader fails over"
        ("let me think about", 7),
        ("lets think about", 7),
        ("let me think", 4),
        ("lets think", 4),
        ("i need to think", 5),
        ("i have to think", 5),
        ("im thinking", 3),
        ("thinking about it", 2),
        ("let me see", 3),
        ("lets see", 3),
        ("give me a", 5),
        ("give me one", 4),
        ("give me some time", 2),
        ("i need a moment", 3),
        ("i need a second", 3),
        ("i need a minute", 3),
        ("just a second", 2),
        ("just a moment", 2),
        ("just a minute", 2),
        ("one moment", 2),
        ("one second", 2),
        ("hang on", 2),
        ("hold on", 2),
        ("bear with me", 3),
        ("how do i put this", 2),
        ("how should i put this", 2),
        ("where was i", 2),
    ];
    const GRANTED: &[&str] = &["second", "seconds", "minute", "minutes", "moment", "sec", "bit"];
    let asked = PHRASES.iter().any(|&(phrase, follow)| {
        let Some(end) = last_end_of(words, phrase) else { return false };
        let begins_the_segment = end - phrase.split(' ').count() <= 6;
        let rest = &words[end..];
        // "give me a" wants its minute; "one second" and "hold on" are also technical words.
        let meant = match phrase {
            "give me a" | "give me one" => rest.iter().any(|word| GRANTED.contains(&word.as_str())),
            "one second" | "one moment" | "hold on" | "hang on" => begins_the_segment && words.len() <= 8,
            _ => true,
        };
        meant && rest.len() <= follow && !rest.iter().any(|word| matches!(word.as_str(), "so" | "then" | "okay"))
    });
    let muses = ["good question", "interesting question", "tricky question", "tough question", "hard question"]
        .iter()
        .any(|phrase| words.len() <= 7 && ends_with(words, phrase));
    asked || muses
}

/// Breaks off where the language calls for more: after a connective, an article, a preposition, a filler.
pub(super) fn calls_for_more(words: &[String]) -> bool {
    #[rustfmt::skip]
    const OPEN: &[&str] = &[
        // connectives and ordinals
        "and", "but", "or", "nor", "so", "because", "cause", "since", "although", "while", "whereas", "when", "whenever",
        "where", "if", "unless", "until", "which", "who", "whose", "then", "plus", "also", "however", "therefore", "whether",
        "first", "firstly", "second", "secondly", "third", "thirdly", "fourth", "next", "finally", "lastly", "except",
        // articles and the like
        "the", "a", "an", "my", "our", "your", "their", "every", "another",
        // prepositions that seldom end a clause in speech
        "of", "for", "with", "from", "to", "by", "at", "into", "onto", "between", "under", "without", "via", "per", "than",
        "as", "about", "on", "in", "during", "towards", "against", "toward",
        // subjects and auxiliaries
        "i", "we", "they", "he", "she", "im", "ill", "id", "ive", "were", "weve", "theyre", "its", "thats", "theres",
        "is", "are", "was", "be", "been", "will", "would", "could", "should", "can", "might", "may", "must", "have", "has",
        "had", "dont", "doesnt", "wont", "cant", "isnt", "arent", "wouldnt", "shouldnt", "not", "whats", "youre",
        // fillers
        "um", "uh", "uhm", "umm", "er", "erm", "hmm", "hm", "mm", "ah", "eh", "like", "basically", "actually", "well",
        "maybe", "say", "probably", "really",
    ];
    const OPEN_PHRASES: &[&str] = &[
        "for example",
        "for instance",
        "such as",
        "kind of",
        "sort of",
        "lets say",
        "i mean",
        "you know",
        "so that",
        "which means",
        "the thing",
        "the reason",
        "depending",
    ];
    /// Words of the list behind which they close a clause: "per second", "I think so", "as well".
    const CLOSED: &[(&str, &[&str])] = &[
        ("so", &["think", "hope", "guess", "say", "do", "or", "even", "believe", "doing"]),
        ("well", &["as", "very", "quite", "pretty", "scales", "works", "work", "scale"]),
        ("then", &["by", "until", "since", "back"]),
        ("second", &["per", "a", "every", "each", "one", "half", "this"]),
        ("first", &["comes", "come", "goes", "go", "log", "at", "cache", "write", "writes"]),
        ("next", &["happens", "do", "comes", "come", "did"]),
        ("not", &["or", "why", "does", "is", "am", "certainly", "probably", "do"]),
        ("is", &["it", "that", "what", "there"]),
        ("are", &["they", "we", "there"]),
        ("to", &["want", "need", "have", "going"]),
        ("really", &["not"]),
        ("actually", &["yes", "no"]),
    ];
    let Some(last) = words.last() else { return false };
    if OPEN_PHRASES.iter().any(|phrase| ends_with(words, phrase)) {
        return true;
    }
    let before = words.len().checked_sub(2).map_or("", |at| words[at].as_str());
    let closed = CLOSED.iter().any(|(word, befores)| word == last && befores.contains(&before));
    OPEN.contains(&last.as_str()) && !closed
}

/// Closes the answer in words: "so that's how I would do it", "to sum up, …".
pub(super) fn closes(words: &[String]) -> bool {
    const AT_THE_END: &[&str] = &[
        "so thats how",
        "and thats how",
        "thats how i",
        "thats how id",
        "thats what i would",
        "thats what id",
        "that covers",
        "that should cover",
        "thats the gist",
        "thats basically it",
        "thats pretty much it",
        "thats roughly it",
        "thats my approach",
        "thats my design",
        "those are the main",
        "those would be the main",
        "these are the main",
        "i would stop here",
        "ill stop here",
        "i will stop here",
        "id leave it",
    ];
    const SUMMARY: &[&str] = &[
        "to sum up",
        "to sum it up",
        "summing up",
        "in summary",
        "to summarize",
        "to summarise",
        "in conclusion",
        "to conclude",
        "to wrap up",
        "so overall",
        "all in all",
        "so in short",
    ];
    let said_within = |phrases: &[&str], least: usize, most: usize| {
        let rests = phrases.iter().filter_map(|phrase| last_end_of(words, phrase)).map(|end| words.len() - end);
        rests.into_iter().any(|rest| (least..=most).contains(&rest))
    };
    said_within(AT_THE_END, 0, 9) || said_within(SUMMARY, 6, usize::MAX)
}

/// Where an announced list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    ItemsMissing,
    Finished,
}

/// Follows the last announced list ("there are three things …") through its ordinals.
///
/// `None` where none was announced, or where its items cannot be counted.
pub(super) fn announced_list(words: &[String]) -> Option<List> {
    let (at, count) = (0..words.len()).rev().find_map(|at| announced_at(words, at).map(|count| (at, count)))?;
    let behind = &words[at + 1..];
    let mut given = 0;
    let mut since_last = 0;
    for (n, word) in behind.iter().enumerate() {
        let before = n.checked_sub(1).map_or("", |n| behind[n].as_str());
        let item = match word.as_str() {
            "second" if matches!(before, "per" | "a" | "every" | "each" | "one") => None,
            "finally" | "lastly" | "last" => Some(count),
            "other" if count == 2 && before == "the" => Some(2),
            word => ordinal(word).or_else(|| (before == "number").then(|| number(word)).flatten()),
        };
        since_last += 1;
        if let Some(item) = item.filter(|&item| item > given) {
            given = item;
            since_last = 0;
        }
    }
    if given >= count {
        // The last item was named; it takes some words to give it.
        return Some(if since_last >= 8 { List::Finished } else { List::ItemsMissing });
    }
    (given > 0 || behind.len() < 4 * count + 3).then_some(List::ItemsMissing)
}

/// The number, if a list is announced with the word at `at`: "three", with "things" at most three words behind.
fn announced_at(words: &[String], at: usize) -> Option<usize> {
    #[rustfmt::skip]
    const ITEMS: &[&str] = &[
        "things", "reasons", "parts", "options", "steps", "points", "ways", "approaches", "problems", "cases", "components",
        "layers", "goals", "issues", "concerns", "factors", "choices", "kinds", "types", "pieces", "questions", "tradeoffs",
        "offs", "requirements", "phases", "stages", "aspects", "ideas", "areas", "challenges", "risks", "strategies",
    ];
    let count = number(&words[at]).filter(|&count| count >= 2)?;
    let refers_back = at > 0 && matches!(words[at - 1].as_str(), "these" | "those" | "all" | "other" | "last" | "both");
    let behind = words[at + 1..].iter().take(3);
    (!refers_back && behind.into_iter().any(|word| ITEMS.contains(&word.as_str()))).then_some(count)
}

fn number(word: &str) -> Option<usize> {
    const NUMBERS: &[&str] = &["zero", "one", "two", "three", "four", "five", "six", "seven"];
    let spelled = NUMBERS.iter().position(|&number| number == word);
    spelled.or_else(|| word.parse().ok()).filter(|&number| number <= 7)
}

fn ordinal(word: &str) -> Option<usize> {
    const ORDINALS: &[(&str, usize)] = &[
        ("first", 1),
        ("firstly", 1),
        ("second", 2),
        ("secondly", 2),
        ("third", 3),
        ("thirdly", 3),
        ("fourth", 4),
        ("fourthly", 4),
        ("fifth", 5),
        ("sixth", 6),
        ("seventh", 7),
    ];
    ORDINALS.iter().find(|(ordinal, _)| *ordinal == word).map(|&(_, number)| number)
}

fn ends_with(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.len() >= phrase.len() && words[words.len() - phrase.len()..].iter().zip(&phrase).all(|(word, p)| word == p)
}

/// Index behind the last place where the phrase is said.
fn last_end_of(words: &[String], phrase: &str) -> Option<usize> {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    let mut windows = words.windows(phrase.len()).enumerate();
    let start = windows.rfind(|(_, window)| window.iter().zip(&phrase).all(|(word, p)| word == p)).map(|(at, _)| at);
    start.map(|at| at + phrase.len())
}

/// The words without polite ones at their end.
fn without_tail<'a>(mut words: &'a [String], tail: &[&str]) -> &'a [String] {
    while let Some((last, rest)) = words.split_last() {
        if rest.is_empty() || !tail.contains(&last.as_str()) || words.len() <= 2 {
            break;
        }
        words = rest;
    }
    words
}
