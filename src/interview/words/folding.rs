//! From words to comparable forms: fillers dropped, numbers read, homophones folded, compounds split.
//!
//! Compounds are split rather than joined ("failover" becomes "fail over"), so that the cue `fail* over` hears both.

use super::{Break, Form, SpokenWord, numbers};

/// Folds words into forms. A form that takes several words never runs across punctuation.
pub fn fold(words: &[SpokenWord]) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::with_capacity(words.len());
    let mut i = 0;
    while i < words.len() {
        let skip = filler_at(words, i);
        if skip > 0 {
            i += skip;
            continue;
        }
        i = fold_one(words, i, &mut forms);
    }
    forms
}

/// Pushes the forms that begin at word `i`; returns the next word.
fn fold_one(words: &[SpokenWord], i: usize, forms: &mut Vec<Form>) -> usize {
    let mut push = |text: &str, number: bool, end: usize| {
        forms.push(Form { text: text.to_owned(), number, words: i..end });
    };
    let word = words[i].norm.as_str();
    if let Some((meant, used)) = misheard_at(words, i) {
        meant.split(' ').for_each(|part| push(part, false, i + used));
        return i + used;
    }
    if word == "p"
        && words[i].break_after == Break::None
        && i + 1 < words.len()
        && let Some(number) = numbers::number_at(words, i + 1)
    {
        let end = i + 1 + number.words;
        push(&format!("p{}", number.text), true, end);
        return end;
    }
    if let Some(number) = numbers::number_at(words, i) {
        push(&number.text, number.figure, i + number.words);
        return i + number.words;
    }
    if let Some((value, unit)) = numbers::split_unit(word) {
        push(&numbers::digits(value), true, i + 1);
        if let Some(unit) = unit {
            push(long_form(unit), false, i + 1);
        }
        return i + 1;
    }
    if word.strip_prefix('p').is_some_and(|rest| rest.parse::<f64>().is_ok()) {
        push(word, true, i + 1);
        return i + 1;
    }
    let word = long_form(word);
    match split_compound(word) {
        Some((first, second)) => {
            push(first, false, i + 1);
            push(second, false, i + 1);
        }
        None => push(&american(word), false, i + 1),
    }
    i + 1
}

/// Lower case, straight apostrophes, contractions cut to their first part; "don't" and its kind stay whole.
pub fn normalise(word: &str) -> String {
    let mut word = word.to_lowercase().replace('\u{2019}', "'");
    if let Some(at) = word.find('\'').filter(|_| !word.ends_with("n't")) {
        word.truncate(at);
    }
    match word.as_str() {
        "cannot" | "cant" => "can't".to_owned(),
        "dont" | "doesnt" | "isnt" | "wouldnt" | "wont" | "didnt" | "arent" | "wasnt" | "shouldnt" | "couldnt"
        | "hasnt" | "havent" => format!("{}n't", word.trim_end_matches("nt")),
        _ => word,
    }
}

/// Sounds without meaning.
pub fn is_filler(word: &str) -> bool {
    matches!(word, "um" | "umm" | "uh" | "uhm" | "er" | "erm" | "hmm" | "hm" | "mm" | "mhm" | "ah" | "eh")
}

/// Words that turn a statement round.
pub fn is_negation(form: &str) -> bool {
    matches!(form, "no" | "not" | "never" | "without" | "nor" | "neither" | "none" | "nothing" | "nobody")
        || form.ends_with("n't")
}

/// Short function words, which say little about what was said.
pub fn is_stop_word(form: &str) -> bool {
    STOP_WORDS.contains(&form)
}

/// The first part of a known compound and the rest of the prefix: "backpres" is "back" and "pres".
pub fn split_compound_prefix(prefix: &str) -> Option<(&'static str, &str)> {
    COMPOUNDS.iter().find_map(|(first, second)| {
        let rest = prefix.strip_prefix(first)?;
        (!rest.is_empty() && (second.starts_with(rest) || rest.starts_with(second))).then_some((*first, rest))
    })
}

fn split_compound(word: &str) -> Option<(&'static str, &str)> {
    COMPOUNDS.iter().find_map(|(first, second)| {
        let rest = word.strip_prefix(first)?;
        rest.starts_with(second).then_some((*first, rest))
    })
}

fn filler_at(words: &[SpokenWord], i: usize) -> usize {
    if is_filler(&words[i].norm) {
        return 1;
    }
    let you_know = words[i].norm == "you" && words.get(i + 1).is_some_and(|next| next.norm == "know");
    let asks = i > 0 && matches!(words[i - 1].norm.as_str(), "do" | "did" | "if" | "how" | "would" | "let" | "that");
    if you_know && !asks { 2 } else { 0 }
}

/// What was meant by the words at `i`, and how many there are.
fn misheard_at(words: &[SpokenWord], i: usize) -> Option<(&'static str, usize)> {
    let first = words[i].norm.as_str();
    let begins_so =
        |heard: &str| heard.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    MISHEARD.iter().filter(|(heard, _)| begins_so(heard)).find_map(|(heard, meant)| {
        let parts = heard.split(' ');
        let used = parts.clone().count();
        let range = words.get(i..i + used)?;
        let unbroken = range[..used - 1].iter().all(|word| word.break_after == Break::None);
        (unbroken && parts.zip(range).all(|(part, word)| part == word.norm)).then_some((*meant, used))
    })
}

/// Units in full: longer, so that a cue `gig*` or `milli*` hears them all.
fn long_form(word: &str) -> &str {
    match word {
        "ms" | "milli" | "millis" | "millisecs" => "millisecond",
        "sec" | "secs" => "second",
        "mins" => "minute",
        "hr" | "hrs" => "hour",
        "kb" => "kilobyte",
        "mb" | "meg" | "megs" => "megabyte",
        "gb" | "gig" | "gigs" => "gigabyte",
        "tb" => "terabyte",
        "pb" => "petabyte",
        _ => word,
    }
}

/// One spelling of the endings that have two.
fn american(word: &str) -> String {
    for (ending, one) in [("isation", "ization"), ("isations", "izations"), ("isable", "izable"), ("ysed", "yzed")] {
        // "disable" ends so too, and is no "d-izable"
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() > 2) {
            return format!("{stem}{one}");
        }
    }
    word.to_owned()
}

/// What recognizers write for terms of the field, and the term. Folded for matching only: a candidate who says "cash" and
/// means money is still shown as having said so. Longer entries come first.
const MISHEARD: &[(&str, &str)] = &[
    ("et cetera d", "etcd"),
    ("i am potent", "idempotent"),
    ("see our dt", "crdt"),
    ("hyper log log", "hyperloglog"),
    ("item potent", "idempotent"),
    ("item potency", "idempotency"),
    ("item potence", "idempotence"),
    ("item potently", "idempotently"),
    ("idem potent", "idempotent"),
    ("idem potency", "idempotency"),
    ("idem potence", "idempotence"),
    ("eye dempotent", "idempotent"),
    ("core um", "quorum"),
    ("core ums", "quorums"),
    ("packs us", "paxos"),
    ("packs os", "paxos"),
    ("pax os", "paxos"),
    ("cough ka", "kafka"),
    ("coffee ka", "kafka"),
    ("etc d", "etcd"),
    ("etcetera d", "etcd"),
    ("lamp port", "lamport"),
    ("dead ladder", "dead letter"),
    ("lower script", "lua script"),
    ("lure script", "lua script"),
    ("post gress", "postgres"),
    ("post gres", "postgres"),
    ("post grass", "postgres"),
    ("zoo keeper", "zookeeper"),
    ("mem cash", "memcache"),
    ("mem cached", "memcached"),
    ("my sequel", "mysql"),
    ("no sequel", "nosql"),
    ("dynamo db", "dynamodb"),
    ("mongo db", "mongodb"),
    ("rabbit mq", "rabbitmq"),
    ("merkel tree", "merkle tree"),
    ("linear izable", "linearizable"),
    ("can not", "can't"),
    ("per cent", "percent"),
    ("a sync", "async"),
    ("cash", "cache"),
    ("cashed", "cached"),
    ("cashes", "caches"),
    ("cashing", "caching"),
    ("cue", "queue"),
    ("cues", "queues"),
    ("queuing", "queueing"),
    ("rafted", "raft"),
    ("charred", "shard"),
    ("shart", "shard"),
    ("quorom", "quorum"),
    ("quoroms", "quorums"),
    ("corum", "quorum"),
    ("paxus", "paxos"),
    ("kafca", "kafka"),
    ("postgress", "postgres"),
    ("postgresql", "postgres"),
    ("reddis", "redis"),
    ("sequel", "sql"),
    ("cubernetes", "kubernetes"),
    ("asynchronous", "async"),
    ("asynchronously", "async"),
];

/// Words that are written as one, as two and with a hyphen.
#[rustfmt::skip]
const COMPOUNDS: &[(&str, &str)] = &[
    ("back", "pressure"), ("back", "off"), ("back", "log"), ("back", "end"), ("back", "fill"), ("back", "up"),
    ("band", "width"), ("bottle", "neck"), ("bulk", "head"), ("check", "point"), ("check", "sum"), ("cut", "over"),
    ("data", "base"), ("data", "center"), ("data", "centre"), ("data", "set"), ("dead", "line"), ("dead", "lock"),
    ("down", "stream"), ("down", "time"), ("fail", "back"), ("fail", "over"), ("fall", "back"), ("fan", "out"), ("feed", "back"),
    ("finger", "print"), ("front", "end"), ("hand", "off"), ("hand", "over"), ("head", "room"), ("heart", "beat"),
    ("hot", "spot"), ("in", "box"), ("key", "space"), ("life", "cycle"), ("life", "time"),
    ("micro", "service"), ("multi", "region"), ("name", "space"), ("off", "set"), ("out", "box"), ("over", "load"),
    ("over", "write"), ("over", "sell"), ("pay", "load"), ("pay", "out"), ("play", "back"),
    ("post", "mortem"), ("re", "balanc"), ("re", "play"), ("re", "shard"),
    ("road", "map"), ("roll", "back"), ("roll", "out"), ("run", "book"), ("single", "flight"), ("snap", "shot"), ("stake", "holder"),
    ("stand", "by"), ("through", "put"), ("time", "line"), ("time", "out"), ("time", "stamp"), ("trade", "off"),
    ("up", "stream"), ("up", "time"), ("water", "mark"), ("web", "hook"), ("web", "socket"), ("white", "board"),
    ("work", "flow"), ("work", "load"),
];

#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "being",
    "but", "by", "can", "could", "did", "do", "does", "for", "from", "get", "go", "got", "had", "has", "have", "he",
    "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "kind", "let", "like",
    "me", "might", "more", "my", "of", "on", "one", "or", "our", "out", "over", "so", "some", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "to", "too", "up", "us", "very", "was", "we", "were",
    "what", "when", "where", "which", "while", "who", "will", "with", "would", "yeah", "you", "your", "basically",
    "okay", "maybe", "well", "she",
];
