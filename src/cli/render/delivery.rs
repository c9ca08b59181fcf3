//! How an answer was told, in a few sentences, with where to listen.

use super::{clock, findings::tag};
use crate::api::{self, FindingKind};

/// Delivery in a sentence or two, then where to listen, then the time on each part; each as one paragraph.
pub fn lines(delivery: &api::Delivery) -> Vec<String> {
    let mut lines = vec![figures(delivery)];
    for (kind, title) in
        [(FindingKind::Pause, "Longest pauses"), (FindingKind::Filler, "Fillers"), (FindingKind::Hedge, "Hedges")]
    {
        let moments: Vec<_> = delivery.moments.iter().filter(|moment| moment.kind == kind).map(moment).collect();
        if !moments.is_empty() {
            lines.push(format!("{title}: {}.", moments.join(", ")));
        }
    }
    if !delivery.phases.is_empty() {
        let parts: Vec<_> =
            delivery.phases.iter().map(|part| format!("{} {:.0} %", part.title, part.share * 100.0)).collect();
        lines.push(format!("Your time, as far as your words show it: {}.", parts.join(", ")));
    }
    lines
}

fn figures(delivery: &api::Delivery) -> String {
    let mut parts = vec![format!("{} words in {}", delivery.words, clock(delivery.turn_s))];
    match (delivery.articulation_wpm, delivery.speech_wpm) {
        (Some(voiced), Some(turn)) => {
            parts.push(format!("{voiced:.0} words a minute while speaking ({turn:.0} with the pauses)"));
        }
        (Some(rate), None) | (None, Some(rate)) => parts.push(format!("{rate:.0} words a minute")),
        (None, None) => {}
    }
    parts.push(format!("first word after {:.1} s", delivery.first_word_s));
    match delivery.pauses {
        0 => parts.push("no pause".into()),
        1 => parts.push(format!("one pause of {:.1} s", delivery.longest_pause_s)),
        n => parts.push(format!("{n} pauses, the longest {:.1} s", delivery.longest_pause_s)),
    }
    parts.push(at_least(delivery.fillers_at_least, "filler"));
    parts.push(at_least(delivery.hedges, "hedge"));
    parts.join(", ") + "."
}

fn at_least(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s noticed"),
        1 => format!("at least 1 {what}"),
        n => format!("at least {n} {what}s"),
    }
}

fn moment(moment: &api::Moment) -> String {
    let what = match moment.kind {
        FindingKind::Pause => format!("{:.1} s", moment.seconds),
        _ => format!("\u{201c}{}\u{201d}", moment.words),
    };
    format!("{}{what} at {}", tag(moment.n), clock(moment.at_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_says_at_least_and_where_to_listen() {
        let moment = |n, kind, words: &str, at_s| api::Moment {
            n: Some(n),
            kind,
            words: words.into(),
            at_s,
            seconds: 3.25,
            from_s: at_s - 0.5,
            to_s: at_s + 3.75,
        };
        let part =
            |title: &str, share| api::PhaseTime { phase: None, title: title.into(), seconds: 1.0, share, from_s: None };
        let mut delivery = api::Delivery {
            words: 120,
            voiced_s: 40.0,
            turn_s: 62.0,
            articulation_wpm: Some(180.0),
            speech_wpm: Some(116.1),
            first_word_s: 1.25,
            pauses: 2,
            long_pauses: 1,
            longest_pause_s: 3.25,
            fillers_at_least: 1,
            hedges: 0,
            moments: vec![moment(7, FindingKind::Pause, "", 42.0), moment(8, FindingKind::Filler, "um", 61.0)],
            phases: vec![part("design", 0.7), part("not told by the words", 0.3)],
        };
        assert_eq!(
            lines(&delivery),
            [
                "120 words in 1:02, 180 words a minute while speaking (116 with the pauses), first word after 1.2 s, 2 pauses, \
                 the longest 3.2 s, at least 1 filler, no hedges noticed.",
                "Longest pauses: [7] 3.2 s at 0:42.",
                "Fillers: [8] \u{201c}um\u{201d} at 1:01.",
                "Your time, as far as your words show it: design 70 %, not told by the words 30 %.",
            ]
        );
        (delivery.moments, delivery.phases, delivery.pauses) = (Vec::new(), Vec::new(), 1);
        (delivery.articulation_wpm, delivery.speech_wpm) = (None, None);
        assert_eq!(
            lines(&delivery),
            ["120 words in 1:02, first word after 1.2 s, one pause of 3.2 s, at least 1 filler, no hedges noticed."]
        );
    }
}
