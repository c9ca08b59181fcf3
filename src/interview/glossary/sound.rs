//! How English letters sound, roughly, and how far two rows of sounds are apart.
//!
//! Not phonetics: enough to see that "core um" sounds like "quorum" and "cork" does not. Vowels weigh little, because recognizers
//! and accents exchange them freely; consonants made at the same place in the mouth are near each other.

/// The sounds of one word of small ASCII letters, one byte each; a single letter is spelled out, anything else is left out.
///
/// Vowels: `a e i o u`. Consonants: the letters, with `S` for sh, `C` for ch, `J` for j and `T` for th; no c, q, x.
pub fn sounds(word: &str) -> Vec<u8> {
    if let [letter] = word.as_bytes() {
        return letter_name(*letter).bytes().collect();
    }
    if let Some((_, said)) = IRREGULAR.iter().find(|(written, _)| *written == word) {
        return said.bytes().collect();
    }
    let bytes = word.as_bytes();
    let mut said: Vec<u8> = Vec::with_capacity(bytes.len() + 2);
    let mut at = 0;
    while at < bytes.len() {
        let (sound, letters) = spelled(&bytes[at..], at == 0);
        for sound in sound.bytes() {
            let doubled = said.last().is_some_and(|last| *last == sound || is_vowel(*last) && is_vowel(sound));
            if !doubled {
                said.push(sound);
            }
        }
        at += letters;
    }
    said
}

/// Weight of all sounds together: what it costs to lose them.
pub fn weight(sounds: &[u8]) -> f32 {
    sounds.iter().map(|sound| f32::from(loss(*sound))).sum::<f32>() / 100.0
}

/// What it costs to hear one row for the other: 0 where they are the same, infinite where it is more than `most`.
pub fn distance(a: &[u8], b: &[u8], most: f32) -> f32 {
    if a.len() > MOST_SOUNDS || b.len() > MOST_SOUNDS || most < 0.0 {
        return f32::INFINITY;
    }
    const FAR: u16 = u16::MAX / 2;
    let most = (most * 100.0) as u16;
    let band = usize::from(most / LEAST_LOSS) + 1; // so far from the diagonal, all is lost
    let mut above = [FAR; MOST_SOUNDS + 1];
    above[0] = 0;
    for (j, sound) in b.iter().enumerate().take(band) {
        above[j + 1] = above[j] + loss(*sound);
    }
    for (i, sound) in a.iter().enumerate() {
        let (from, to) = (i.saturating_sub(band), (i + band + 1).min(b.len()));
        if from > to {
            return f32::INFINITY;
        }
        let mut diagonal = above[from];
        above[from] = if from == 0 { above[0] + loss(*sound) } else { FAR };
        let mut least = above[from];
        for j in from..to {
            let (lost, added) = (above[j + 1] + loss(*sound), above[j] + loss(b[j]));
            let cost = (diagonal + exchange(*sound, b[j])).min(lost).min(added);
            diagonal = above[j + 1];
            above[j + 1] = cost;
            least = least.min(cost);
        }
        if least > most {
            return f32::INFINITY;
        }
    }
    if above[b.len()] > most { f32::INFINITY } else { f32::from(above[b.len()]) / 100.0 }
}

/// Whether the first sounds could be taken for each other; rows that differ there are seldom the same word.
pub fn may_begin(a: &[u8], b: &[u8]) -> bool {
    let (Some(a), Some(b)) = (a.first(), b.first()) else { return false };
    exchange(*a, *b) < 100 || matches!(a, b'h' | b'w' | b'y') || matches!(b, b'h' | b'w' | b'y')
}

/// Longer rows are not compared.
pub const MOST_SOUNDS: usize = 40;

const fn is_vowel(sound: u8) -> bool {
    matches!(sound, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// In hundredths of a consonant, as all costs here.
const fn loss(sound: u8) -> u16 {
    match sound {
        b'a' | b'e' | b'i' | b'o' | b'u' => LEAST_LOSS,
        b'h' | b'w' | b'y' => 45,
        b'r' => 60,
        _ => 100,
    }
}

const LEAST_LOSS: u16 = 40;

/// What it costs to hear `b` for `a`; both are ASCII letters.
fn exchange(a: u8, b: u8) -> u16 {
    const fn all() -> [[u8; 64]; 64] {
        let mut all = [[0; 64]; 64];
        let mut at = 0;
        while at < 64 * 64 {
            all[at / 64][at % 64] = exchange_of((at / 64) as u8 + 64, (at % 64) as u8 + 64);
            at += 1;
        }
        all
    }
    static ALL: [[u8; 64]; 64] = all();
    u16::from(ALL[usize::from(a & 63)][usize::from(b & 63)])
}

const fn exchange_of(a: u8, b: u8) -> u8 {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    if a == b {
        return 0;
    }
    match (is_vowel(a), is_vowel(b)) {
        (true, true) => match (a, b) {
            (b'a', b'e' | b'o' | b'u') | (b'e', b'i') | (b'o', b'u') => 15,
            _ => 25,
        },
        (false, false) => match (a, b) {
            (b's', b'z') => 10,
            (b'b', b'p') | (b'd', b't') | (b'g', b'k') | (b'f', b'v') | (b'm', b'n') | (b'C', b'J') => 35,
            (b'S', b's' | b'z') | (b'C', b'S') | (b'T', b'f' | b't' | b'd' | b's') => 40,
            (b'J', b'g' | b'd' | b'z') | (b'J', b'S') | (b'C', b't') | (b'l', b'r') | (b'b', b'v') => 60,
            (b'C', b'k') | (b'l' | b'r', b'w') => 70,
            _ => 100,
        },
        _ => 100,
    }
}

/// The sound at the start of `rest` and how many letters it takes.
fn spelled(rest: &[u8], first: bool) -> (&'static str, usize) {
    if first
        && let Some((letters, sound)) = AT_THE_START.iter().find(|(letters, _)| rest.starts_with(letters.as_bytes()))
    {
        return (sound, letters.len());
    }
    if !first && let Some((letters, sound)) = AT_THE_END.iter().find(|(letters, _)| rest == letters.as_bytes()) {
        return (sound, letters.len());
    }
    if let Some((letters, sound)) = ANYWHERE.iter().find(|(letters, _)| rest.starts_with(letters.as_bytes())) {
        return (sound, letters.len());
    }
    let sound = match rest[0] {
        b'a' => "a",
        b'b' => "b",
        b'c' | b'k' | b'q' => "k",
        b'd' => "d",
        b'e' => "e",
        b'f' => "f",
        b'g' => "g",
        b'h' => "h",
        b'i' => "i",
        b'j' => "J",
        b'l' => "l",
        b'm' => "m",
        b'n' => "n",
        b'o' => "o",
        b'p' => "p",
        b'r' => "r",
        b's' => "s",
        b't' => "t",
        b'u' => "u",
        b'v' => "v",
        b'w' => "w",
        b'x' => "ks",
        b'y' if first => "y",
        b'y' => "i",
        b'z' => "z",
        _ => "",
    };
    (sound, 1)
}

const fn letter_name(letter: u8) -> &'static str {
    match letter {
        b'a' => "e",
        b'b' => "bi",
        b'c' => "si",
        b'd' => "di",
        b'e' => "i",
        b'f' => "ef",
        b'g' => "Ji",
        b'h' => "eC",
        b'i' => "i",
        b'j' => "Je",
        b'k' => "ke",
        b'l' => "el",
        b'm' => "em",
        b'n' => "en",
        b'o' => "o",
        b'p' => "pi",
        b'q' => "kyu",
        b'r' => "ar",
        b's' => "es",
        b't' => "ti",
        b'u' => "yu",
        b'v' => "vi",
        b'w' => "dublyu",
        b'x' => "eks",
        b'y' => "wi",
        b'z' => "zi",
        _ => "",
    }
}

/// Words of the trade whose letters mislead.
const IRREGULAR: &[(&str, &str)] = &[
    ("queue", "kyu"),
    ("queues", "kyus"),
    ("cue", "kyu"),
    ("one", "wun"),
    ("once", "wuns"),
    ("ones", "wuns"),
    ("two", "tu"),
    ("cough", "kof"),
    ("cache", "kaS"),
    ("caching", "kaSin"),
    ("cached", "kaSt"),
    ("through", "Tru"),
    ("right", "rit"),
    ("write", "rit"),
    ("you", "yu"),
    ("are", "ar"),
    ("eye", "i"),
    ("i'd", "id"),
    ("sugar", "Sugar"),
    ("sure", "Sur"),
    ("chaos", "keos"),
    ("schema", "skima"),
    ("quay", "ki"),
    ("tech", "tek"),
    ("debt", "det"),
    ("doubt", "dut"),
    ("suite", "swit"),
    ("cafe", "kafe"),
];

/// Longer spellings first.
const AT_THE_START: &[(&str, &str)] = &[
    ("wr", "r"),
    ("kn", "n"),
    ("gn", "n"),
    ("ps", "s"),
    ("pn", "n"),
    ("x", "z"),
    ("who", "hu"),
    ("get", "get"),
    ("giv", "giv"),
    ("sch", "sk"),
    ("ewe", "yu"),
    ("uni", "yuni"),
];

const AT_THE_END: &[(&str, &str)] = &[
    ("ough", "o"),
    ("igh", "i"),
    ("que", "k"),
    ("gue", "g"),
    ("ces", "ses"),
    ("ges", "Jes"),
    ("ches", "Ces"),
    ("ces", "ses"),
    ("ble", "bel"),
    ("tle", "tel"),
    ("dle", "del"),
    ("ple", "pel"),
    ("cle", "kel"),
    ("gle", "gel"),
    ("ced", "st"),
    ("ged", "Jd"),
    ("ted", "ted"),
    ("ded", "ded"),
    ("ed", "d"),
    ("ing", "in"),
    ("mb", "m"),
    ("ce", "s"),
    ("ge", "J"),
    ("che", "S"),
    ("es", "es"),
    ("ee", "i"),
    ("ie", "i"),
    ("oe", "o"),
    ("ue", "u"),
    ("e", ""),
    ("ey", "i"),
    ("y", "i"),
];

const ANYWHERE: &[(&str, &str)] = &[
    ("ssion", "Sun"),
    ("tious", "Sus"),
    ("cious", "Sus"),
    ("tion", "Sun"),
    ("sion", "Sun"),
    ("shun", "Sun"),
    ("tial", "Sal"),
    ("cial", "Sal"),
    ("ture", "Cur"),
    ("ight", "it"),
    ("eigh", "e"),
    ("augh", "o"),
    ("ough", "o"),
    ("tch", "C"),
    ("sch", "sk"),
    ("chr", "kr"),
    ("chl", "kl"),
    ("dge", "J"),
    ("dgi", "Ji"),
    ("sce", "se"),
    ("sci", "si"),
    ("igh", "i"),
    ("eau", "o"),
    ("ch", "C"),
    ("sh", "S"),
    ("th", "T"),
    ("ph", "f"),
    ("gh", ""),
    ("wh", "w"),
    ("ck", "k"),
    ("qu", "kw"),
    ("ce", "se"),
    ("ci", "si"),
    ("cy", "si"),
    ("ge", "Je"),
    ("gi", "Ji"),
    ("gy", "Ji"),
    ("ng", "n"),
    ("ee", "i"),
    ("ea", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("ew", "u"),
    ("ue", "u"),
    ("ai", "e"),
    ("ay", "e"),
    ("ei", "e"),
    ("ey", "e"),
    ("ie", "i"),
    ("oa", "o"),
    ("ow", "o"),
    ("au", "o"),
    ("aw", "o"),
    ("oi", "oi"),
    ("oy", "oi"),
    ("eu", "u"),
];

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
