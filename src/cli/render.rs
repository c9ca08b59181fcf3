//! An answer as text for a terminal: one thing to fix first, levels as bars, evidence quoted with its number and time.

pub mod calibration;
pub mod cost;
pub mod delivery;
pub mod drill;
pub mod findings;
pub mod markdown;
pub mod worked;

use self::findings::{numbered, objected, tag};
use super::terminal::{ACCENT, BAD, BOLD, DIM, FAIR, GOOD, styled, wrapped};
use crate::api::{self, AssessmentKind, LevelOrNot};

/// A whole answer.
pub fn answer(answer: &api::Answer) -> String {
    let mut out = Vec::new();
    heading(&mut out, answer);
    transcript(&mut out, &answer.transcript);
    clarifications(&mut out, answer);
    result(&mut out, answer);
    probe(&mut out, answer.probe.as_ref());
    if let Some(drill) = &answer.drill {
        drill::drill(&mut out, drill);
    }
    for notice in &answer.notices {
        out.push(styled(FAIR, wrapped(notice, "  ! ", "    ")));
    }
    findings::afterwards(&mut out, answer);
    out.join("\n")
}

/// Question, number, day.
fn heading(out: &mut Vec<String>, answer: &api::Answer) {
    let asked = answer.answers_probe.as_ref().map_or(&answer.question.text, |probe| &probe.text);
    out.push(styled(BOLD, wrapped(asked, "", "")));
    let number = answer.id.map_or_else(|| "demonstration, not kept".to_owned(), |id| format!("answer {id}"));
    let mut facts =
        vec![number, when(&answer.started_at), answer.source.clone(), format!("asked at {} level", answer.asked_level)];
    if answer.corrected {
        facts.push("corrected by hand".into());
    }
    if answer.state == "interrupted" {
        facts.push("interrupted".into());
    }
    out.push(styled(DIM, facts.join(" · ")));
}

fn transcript(out: &mut Vec<String>, transcript: &api::Transcript) {
    section(out, "What you said");
    for segment in &transcript.segments {
        out.push(segment_line(segment));
    }
}

/// What was asked of the interviewer, and told.
fn clarifications(out: &mut Vec<String>, answer: &api::Answer) {
    if answer.clarifications.is_empty() {
        return;
    }
    section(out, "What you asked, and were told");
    for heard in &answer.clarifications {
        let time = heard.from_s.map_or_else(String::new, |from| format!("{} ", clock(from)));
        out.push(wrapped(&format!("{}{time}{}", tag(heard.n), heard.asked), "  ", "  "));
        out.push(told(&heard.told));
        objected(out, answer, heard.n);
    }
}

/// What the interviewer told.
pub fn told(text: &str) -> String {
    styled(BOLD, wrapped(text, "  → ", "    "))
}

/// One segment with its time.
pub fn segment_line(segment: &api::Segment) -> String {
    let time = segment.start_s.map_or_else(String::new, |start| format!("{} ", clock(start)));
    match &segment.not_decoded {
        Some(why) => styled(DIM, format!("  {time}(nothing written: {why})")),
        None if segment.aside => {
            let said = segment.raw.as_deref().unwrap_or_default();
            styled(DIM, wrapped(&format!("{time}(to the interviewer) {said}"), "  ", "    "))
        }
        None => {
            let indent = " ".repeat(2 + time.len());
            let text = wrapped(&segment.text, &indent, &indent);
            format!("  {}{}", styled(DIM, &time), text.trim_start())
        }
    }
}

/// Practice signal, mistakes, levels, verdict, delivery.
pub fn result(out: &mut Vec<String>, answer: &api::Answer) {
    if let Some(first) = fix_first(answer) {
        section(out, "Fix this first");
        out.push(styled(BOLD, wrapped(&first, "  ", "  ")));
    }
    if answer.assessment.kind == AssessmentKind::Judged {
        levels(out, answer);
    }
    practice_signal(out, answer);
    worked::worked_out(out, answer);
    if let Some(delivery) = &answer.delivery {
        section(out, "Delivery (never part of the levels)");
        out.extend(delivery::lines(delivery).iter().map(|text| wrapped(text, "  ", "  ")));
        delivery.moments.iter().for_each(|moment| objected(out, answer, moment.n));
    }
    match (&answer.assessment.kind, &answer.assessment.why) {
        (AssessmentKind::Ungraded, Some(why)) => {
            out.push(format!("\n{}", styled(FAIR, wrapped(&format!("Ungraded: {why}."), "  ", "  "))));
        }
        (AssessmentKind::PracticeSignal, Some(why)) => {
            let text = format!("Practice signal, not a rubric grade: {why}.");
            out.push(format!("\n{}", styled(DIM, wrapped(&text, "  ", "  "))));
        }
        (AssessmentKind::Pending, _) => {
            out.push(styled(DIM, "\n  The endpoint is judging; `viva report` shows the levels."))
        }
        _ => {}
    }
}

/// The one thing that would help most.
pub fn fix_first(answer: &api::Answer) -> Option<String> {
    if let Some(mistake) = answer.mistakes.first() {
        return Some(format!("{}. {}", mistake.title.trim_end_matches('.'), mistake.advice));
    }
    let missing = answer.assessment.missing.first()?;
    Some(match answer.assessment.kind {
        AssessmentKind::Judged => format!("Not shown: {missing}"),
        _ => format!("Not heard: {missing}"),
    })
}

fn levels(out: &mut Vec<String>, answer: &api::Answer) {
    section(out, "Levels, with the words they rest on");
    for dimension in &answer.assessment.dimensions {
        let (bar, style) = bar(&dimension.level);
        out.push(format!("  {:<18} {}  {}", dimension.title, styled(style, bar), styled(DIM, tag(dimension.n))));
        objected(out, answer, dimension.n);
        for evidence in &dimension.evidence {
            out.push(styled(DIM, quoted(evidence, "      ")));
            objected(out, answer, evidence.n);
        }
        if let Some(agreement) = &dimension.agreement {
            out.push(styled(DIM, wrapped(agreement, "      ", "      ")));
        }
        for note in &dimension.notes {
            out.push(styled(DIM, wrapped(&plainly(note), "      ", "      ")));
        }
        if let Some(missing) = &dimension.missing {
            out.push(wrapped(missing, "      missing: ", "      "));
        }
    }
    if let Some(verdict) = &answer.verdict {
        let style = match verdict.result.as_str() {
            "pass" => GOOD,
            "borderline" => FAIR,
            _ => BAD,
        };
        out.push(format!("\n{}", styled(style, wrapped(&verdict.why, "  ", "  "))));
    }
    for caution in &answer.assessment.cautions {
        out.push(styled(FAIR, wrapped(caution, "  take with care: ", "    ")));
    }
    if let Some(by) = &answer.assessment.judged_by {
        out.push(styled(DIM, format!("  judged by {} at {} ({})", by.model, by.host, by.rung)));
    }
    if let Some(readings) = answer.assessment.readings.as_ref().filter(|readings| readings.count > 1) {
        let text = format!("read {} times, because {}", readings.count, readings.why.join(", and "));
        out.push(styled(DIM, wrapped(&text, "  ", "  ")));
    }
    if let Some(spent) = &answer.assessment.spent {
        out.push(styled(DIM, wrapped(&format!("took {}", cost::spent(spent)), "  ", "  ")));
    }
    out.extend(answer.assessment.trust.as_ref().map(|trust| calibration::trust(trust, "  ")));
}

fn bar(level: &LevelOrNot) -> (String, anstyle::Style) {
    match level {
        LevelOrNot::Level(level) => {
            let level = usize::from(*level).min(4);
            let style = [BAD, BAD, FAIR, GOOD, GOOD][level];
            (format!("{}{} {level}", "■".repeat(level), "□".repeat(4 - level)), style)
        }
        LevelOrNot::Word(word) => (word.clone(), FAIR),
        LevelOrNot::NoOccasion => ("no occasion".to_owned(), DIM),
    }
}

fn practice_signal(out: &mut Vec<String>, answer: &api::Answer) {
    let signal = &answer.practice_signal;
    let points = signal.heard.len() + signal.missing.len();
    if signal.knows_question && points > 0 {
        match answer.answers_probe {
            Some(_) => section(out, "Points heard in this reply"),
            None => section(out, &format!("Points heard: {} of {points}", signal.heard.len())),
        }
        for point in &signal.heard {
            out.push(marked(GOOD, "✓", &point.says));
            out.push(styled(DIM, quoted(&point.evidence, "      ")));
            objected(out, answer, point.evidence.n);
        }
        for point in &signal.missing {
            out.push(marked(BAD, "✗", &numbered(point.n, &point.says)));
            objected(out, answer, point.n);
        }
    }
    if !answer.mistakes.is_empty() {
        section(out, "Mistakes heard");
        for mistake in &answer.mistakes {
            out.push(wrapped(&numbered(mistake.n, &mistake.title), "  - ", "    "));
            if let Some(evidence) = &mistake.evidence {
                let unnumbered = api::Evidence { n: None, ..evidence.clone() }; // its number stands before the title
                out.push(styled(DIM, quoted(&unnumbered, "      ")));
            }
            objected(out, answer, mistake.n);
            out.push(wrapped(&mistake.advice, "    ", "    "));
        }
    }
    if answer.answers_probe.is_some() {
        let steps: Vec<_> = signal.steps.iter().map(|step| step.check.replace('_', " ")).collect();
        let text = if steps.is_empty() { "none of its steps was heard".to_owned() } else { steps.join(" → ") };
        out.push(format!("\n  {} {text}", styled(ACCENT, "Follow-up order heard:")));
        for step in &signal.steps {
            out.push(styled(DIM, quoted(step, "      ")));
            objected(out, answer, step.n);
        }
        for step in &signal.missing_steps {
            let text = format!("{}: {}", step.id.replace('_', " "), step.says);
            out.push(marked(BAD, "✗", &numbered(step.n, &text)));
            objected(out, answer, step.n);
        }
    }
}

/// The follow-up with its reason.
pub fn probe(out: &mut Vec<String>, probe: Option<&api::Probe>) {
    let Some(probe) = probe else { return };
    section(out, "The follow-up that fits");
    out.push(styled(BOLD, wrapped(&probe.text, "  ", "  ")));
    out.push(styled(DIM, wrapped(&probe.reason, "  ", "  ")));
}

/// A paragraph behind a coloured mark.
pub fn marked(style: anstyle::Style, mark: &str, text: &str) -> String {
    let text = wrapped(text, "    ", "    ");
    format!("  {} {}", styled(style, mark), text.trim_start())
}

/// The candidate's words with their number and time.
pub fn quoted(evidence: &api::Evidence, indent: &str) -> String {
    let time = evidence.start_s.map_or_else(String::new, |start| format!(" at {}", clock(start)));
    wrapped(&format!("{}\u{201c}{}\u{201d}{time}", tag(evidence.n), evidence.text), indent, indent)
}

pub fn section(out: &mut Vec<String>, title: &str) {
    out.push(format!("\n{}", styled(ACCENT, title)));
}

/// Seconds as minutes and seconds.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// A note with checks by their place in the dimension that it stands under, instead of their ids.
fn plainly(note: &str) -> String {
    let word = |word: &str| match word.rsplit_once('_') {
        Some((_, place)) if place.len() == 1 && place.chars().all(|c| c.is_ascii_digit()) => format!("check {place}"),
        _ => word.to_owned(),
    };
    note.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A time of day of the wire in this machine's time zone.
pub fn when(rfc3339: &str) -> String {
    let Ok(time) = rfc3339.parse::<jiff::Timestamp>() else { return rfc3339.to_owned() };
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
