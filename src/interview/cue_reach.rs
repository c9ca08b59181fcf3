//! Whether a cue can ever be heard: it is said to itself, each of its choices once, and has to hear that.
//!
//! A cue may be well written and still be deaf, because words are folded before they are compared ("you know" is dropped, numbers become
//! figures). [`super::cue_syntax`] looks at the spelling.

use std::collections::{BTreeSet, HashMap};

use super::{
    coverage::{Cue, find_first},
    cue_places::CueList,
    cue_syntax,
    problem::Problem,
    words::Spoken,
};

/// Reports each cue that cannot be heard as it is written. A cue that is not in the language at all is not looked at:
/// [`super::cue_syntax`] has reported it.
pub fn check<'a>(lists: &[CueList<'a>], problems: &mut Vec<Problem>) {
    let mut alone: HashMap<&'a str, bool> = HashMap::new();
    for list in lists {
        for (i, cue) in list.cues.iter().enumerate().filter(|(_, cue)| !is_sure_to_be_heard(cue, &mut alone)) {
            let what = match Cue::parse(cue) {
                Ok(parsed) => unheard(cue, &parsed).map(|choice| format!("cue \"{cue}\" never hears its `{choice}`")),
                // As "you know ~ quorum", of which a gap is left at the beginning.
                Err(error) => cue_syntax::check(cue, &BTreeSet::new()).is_ok().then(|| error.to_string()),
            };
            if let Some(what) = what {
                let remedy = "Words are folded before a cue hears them: write `#` for a number, and the term for what is misheard.";
                problems.push(list.doc.problem(&format!("{}[{i}]", list.path), what, remedy));
            }
        }
    }
}

/// Whether nothing can go wrong: each word that stands between gaps hears itself, and words next to each other are left alone by folding.
/// Saves nearly all the work: most words stand in many cues.
fn is_sure_to_be_heard<'a>(cue: &'a str, alone: &mut HashMap<&'a str, bool>) -> bool {
    let tokens: Vec<&str> = cue.split(' ').collect();
    tokens.split(|token| is_gap(token)).all(|run| match run {
        [token] => token.split('|').all(|choice| *alone.entry(choice).or_insert_with(|| hears_itself_alone(choice))),
        _ => is_left_alone(run),
    })
}

fn is_gap(token: &str) -> bool {
    matches!(token, "~" | "~~")
}

fn hears_itself_alone(choice: &str) -> bool {
    let cue = format!("then ~ {choice}");
    Cue::parse(&cue).is_ok_and(|parsed| unheard(&cue, &parsed).is_none())
}

/// Whether folding changes nothing in these neighbours, with the n-th choice of each at a time.
fn is_left_alone(run: &[&str]) -> bool {
    let tokens: Vec<Vec<&str>> = run.iter().map(|token| token.split('|').collect()).collect();
    let most = tokens.iter().map(Vec::len).max().unwrap_or(0);
    (0..most).all(|n| folds_to_itself(&said(&tokens, n)))
}

fn folds_to_itself(words: &str) -> bool {
    let forms = Spoken::of_text(words).forms;
    forms.iter().map(|form| form.text.as_str()).eq(words.split(' '))
}

/// The choice of the cue that it does not hear, if there is one.
fn unheard<'a>(text: &'a str, cue: &Cue) -> Option<&'a str> {
    let tokens: Vec<Vec<&str>> = text.split_whitespace().map(|token| token.split('|').collect()).collect();
    let most = tokens.iter().map(Vec::len).max().unwrap_or(0);
    let hears = |words: String| find_first(cue, &Spoken::of_text(&words)).is_some();
    // The n-th choice of every token at once: as many sentences as the longest token has choices.
    let deaf = (0..most).find(|n| !hears(said(&tokens, *n)))?;
    let choices = tokens.iter().filter_map(|choices| choices.get(deaf).copied());
    let is_changed =
        |choice: &&str| !is_gap(choice) && *choice != "#" && !folds_to_itself(choice.trim_end_matches('*'));
    choices.clone().find(is_changed).or_else(|| choices.clone().next_back())
}

/// The cue as somebody would say it, with the n-th choice of each token, or the first where there are fewer.
fn said(tokens: &[Vec<&str>], n: usize) -> String {
    let mut words = String::new();
    for (place, choices) in tokens.iter().enumerate() {
        if place > 0 {
            words.push(' ');
        }
        words.push_str(match *choices.get(n).unwrap_or(&choices[0]) {
            "~" | "~~" => "then",
            "#" => "7",
            word => word.trim_end_matches('*'),
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_hears_each_of_its_choices() {
        let check = |cue: &str, deaf: Option<&str>| assert_eq!(unheard(cue, &Cue::parse(cue).unwrap()), deaf, "{cue}");
        for good in [
            "token bucket",
            "fail* ~ open|closed",
            "# ~ requests|rps",
            "don't|not ~ lock*",
            "datacent*|overwrit*|repl* ~~ rack*",
            "two-phase|2pc commit",
            "p99|p95 # ms",
            "round|rough number|figure",
        ] {
            check(good, None);
        }
        check("item potent*", Some("potent*"));
        check("followers ~ many|million*", Some("million*"));
        check("# million ~ people", Some("million"));
        check("million* ~ people", Some("million*"));
        check("hint*|cue* ~ missed", Some("cue*"));
    }
}
