//! An answer as Markdown, to keep or to send to a friend.

use super::{
    clock, cost, delivery,
    findings::{numbered, objections, tag},
    fix_first, when, worked,
};
use crate::api::{self, AssessmentKind, LevelOrNot};

/// The whole report; the outline where there is one for its question.
pub fn report(answer: &api::Answer, outline: Option<&api::Outline>) -> String {
    let mut out = vec![format!("# {}", answer.question.text)];
    if let Some(probe) = &answer.answers_probe {
        out.push(format!("Follow-up: {} ({})", probe.text, probe.reason));
    }
    let number = answer.id.map_or_else(|| "demonstration, not kept".to_owned(), |id| format!("answer {id}"));
    let mut facts =
        vec![number, when(&answer.started_at), answer.source.clone(), format!("asked at {} level", answer.asked_level)];
    facts.extend(answer.corrected.then(|| "corrected by hand".to_owned()));
    facts.extend((answer.state == "interrupted").then(|| "interrupted".to_owned()));
    out.push(format!("*{}*", facts.join(" · ")));
    if let Some(first) = fix_first(answer) {
        out.push(format!("**Fix this first:** {first}"));
    }
    if let Some(verdict) = &answer.verdict {
        out.push(format!("**Verdict:** {}", verdict.why));
    }
    levels(&mut out, answer);
    points(&mut out, answer);
    if !answer.mistakes.is_empty() {
        out.push("## Mistakes heard".into());
        let lines = answer.mistakes.iter().map(|mistake| {
            let unnumbered = |e: &api::Evidence| quoted(&api::Evidence { n: None, ..e.clone() }); // it stands before the title
            let quote = mistake.evidence.as_ref().map_or_else(String::new, |e| format!(" {}", unnumbered(e)));
            format!("- **{}**{quote}  \n  {}", numbered(mistake.n, &mistake.title), mistake.advice)
        });
        out.push(lines.collect::<Vec<_>>().join("\n"));
    }
    worked::markdown(&mut out, answer);
    if let Some(probe) = &answer.probe {
        out.push(format!("## The follow-up that fits\n\n> {}\n\n{}", probe.text, probe.reason));
    }
    if let Some(drill) = &answer.drill {
        out.push(super::drill::markdown(drill));
    }
    if let Some(outline) = outline {
        let bullets: Vec<_> = outline.outline.iter().map(|says| format!("- {says}")).collect();
        let begins = format!("It may begin: \u{201c}{}\u{201d}", outline.strong_opening);
        out.push(format!("## An excellent answer, in outline\n\n{}\n\n{begins}", bullets.join("\n")));
    }
    out.push("## What you said".into());
    let lines = answer.transcript.segments.iter().map(|segment| {
        let time = segment.start_s.map_or_else(String::new, |start| format!("`{}` ", clock(start)));
        match &segment.not_decoded {
            Some(why) => format!("{time}*(nothing written: {why})*"),
            None if segment.aside => {
                format!("{time}*(to the interviewer)* {}", segment.raw.as_deref().unwrap_or_default())
            }
            None => format!("{time}{}", segment.text),
        }
    });
    out.push(lines.collect::<Vec<_>>().join("\n\n"));
    if !answer.clarifications.is_empty() {
        let lines = answer.clarifications.iter().map(|heard| {
            let time = heard.from_s.map_or_else(String::new, |from| format!(" at {}", clock(from)));
            format!("- {}{}{time}  \n  *{}*", tag(heard.n), heard.asked, heard.told)
        });
        out.push(format!("## What you asked, and were told\n\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    if let Some(told) = &answer.delivery {
        let lines = delivery::lines(told).join("  \n");
        out.push(format!("## Delivery\n\n{lines}  \nDelivery is never part of the levels."));
    }
    let wrong = objections(answer);
    if !wrong.is_empty() {
        let lines = wrong.iter().map(|text| format!("- {text}"));
        out.push(format!("## You marked as wrong\n\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    if !answer.notices.is_empty() {
        let lines = answer.notices.iter().map(|notice| format!("- {notice}"));
        out.push(format!("## Notices\n\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    out.join("\n\n")
}

fn levels(out: &mut Vec<String>, answer: &api::Answer) {
    let assessment = &answer.assessment;
    let why = assessment.why.as_deref().unwrap_or_default();
    match assessment.kind {
        AssessmentKind::Judged => {}
        AssessmentKind::Ungraded => return out.push(format!("**Ungraded:** {why}")),
        AssessmentKind::Pending => return out.push("*The endpoint is still judging.*".into()),
        AssessmentKind::PracticeSignal => return out.push(format!("*Practice signal, not a rubric grade: {why}*")),
    }
    let mut lines = vec![
        "## Levels".to_owned(),
        String::new(),
        "| dimension | level | rests on | missing |".into(),
        "|---|---|---|---|".into(),
    ];
    for dimension in &assessment.dimensions {
        let level = match &dimension.level {
            LevelOrNot::Level(level) => level.to_string(),
            LevelOrNot::Word(word) => word.clone(),
            LevelOrNot::NoOccasion => "no occasion".into(),
        };
        let beside = dimension.agreement.iter().chain(&dimension.notes).cloned();
        let quotes: Vec<_> = dimension.evidence.iter().map(quoted).chain(beside).collect();
        let missing = dimension.missing.as_deref().unwrap_or("");
        let quotes: Vec<_> = quotes.iter().map(|quote| in_cell(quote)).collect();
        lines.push(format!(
            "| {}{} | {level} | {} | {} |",
            tag(dimension.n),
            dimension.title,
            quotes.join("<br>"),
            in_cell(missing)
        ));
    }
    out.push(lines.join("\n"));
    out.extend(assessment.cautions.iter().map(|caution| format!("Take with care: {caution}")));
    out.extend(assessment.trust.as_ref().map(|trust| format!("**{}.**", trust.line)));
    if let Some(by) = &assessment.judged_by {
        out.push(format!("*Judged by {} at {} ({}), rubric and prompts {}.*", by.model, by.host, by.rung, by.bundle));
    }
    out.extend(assessment.spent.as_ref().map(|spent| format!("*It took {}.*", cost::spent(spent))));
}

fn points(out: &mut Vec<String>, answer: &api::Answer) {
    let signal = &answer.practice_signal;
    let all = signal.heard.len() + signal.missing.len();
    if !signal.knows_question || all == 0 {
        return;
    }
    out.push(match answer.answers_probe {
        Some(_) => "## Points heard in this reply".to_owned(),
        None => format!("## Points heard: {} of {all}", signal.heard.len()),
    });
    let heard = signal.heard.iter().map(|point| format!("- [x] {} {}", point.says, quoted(&point.evidence)));
    let missing = signal.missing.iter().map(|point| format!("- [ ] {}", numbered(point.n, &point.says)));
    out.push(heard.chain(missing).collect::<Vec<_>>().join("\n"));
}

/// Text that cannot break out of its table cell.
fn in_cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")
}

fn quoted(evidence: &api::Evidence) -> String {
    let time = evidence.start_s.map_or_else(String::new, |start| format!(" at {}", clock(start)));
    format!("{}\u{201c}{}\u{201d}{time}", tag(evidence.n), evidence.text)
}

#[cfg(test)]
#[test]
fn text_stays_in_its_table_cell() {
    let cases = [("a | b", "a \\| b"), ("a\nb", "a b"), ("<b>", "&lt;b>"), ("a \\| b", "a \\\\\\| b")];
    for (text, cell) in cases {
        assert_eq!(in_cell(text), cell);
    }
}
