//! A session on the terminal: what was asked, the floor, the words, the results.

use std::io::IsTerminal;

use crate::{
    api::{self, AssessmentKind, Ear, Event, Floor, Phase},
    cli::{
        Context, Failed, live,
        pressure::Ladder,
        print_json, render,
        terminal::{self, ACCENT, BOLD, DIM, FAIR, aside, line, passing, styled, wrapped},
    },
    client::Client,
};

/// What the terminal shows of a session.
#[derive(Default)]
pub(super) struct Screen {
    json: bool,
    ear: Ear,
    /// Silence ends an answer, too.
    hands_free: bool,
    /// How a turn ends was said.
    told_how: bool,
    kept: Vec<api::Answer>,
    /// The candidate has the floor.
    listening: bool,
    /// It is shown how much time is left.
    thinking: bool,
    /// Id of the follow-up asked last.
    asked: Option<String>,
    /// Only in a pressure drill.
    pub ladder: Ladder,
}

impl Screen {
    pub fn new(json: bool, ear: Ear, hands_free: bool) -> Self {
        Self { json, ear, hands_free, ..Self::default() }
    }

    pub fn show(&mut self, event: Event) {
        match event {
            Event::Kept { answer } => self.kept(*answer),
            Event::Assessed { answer } => self.assessed(*answer),
            Event::Drill { drill } => self.ladder.show(drill, self.json),
            Event::OfferedAgain { text, .. } => self.ladder.offer(&text, self.json),
            _ if self.json => {}
            Event::Asked { text, probe, demonstration } => {
                terminal::clear_passing();
                let label = match (&probe, demonstration) {
                    (Some(_), _) => self.ladder.label().unwrap_or_else(|| "Follow-up".to_owned()),
                    (None, true) => "Question (demonstration)".to_owned(),
                    (None, false) => "Question".to_owned(),
                };
                line(&format!("\n{}", styled(ACCENT, label)));
                line(&styled(BOLD, wrapped(&text, "  ", "  ")));
                if let Some(probe) = probe {
                    line(&styled(DIM, wrapped(&probe.reason, "  ", "  ")));
                    self.asked = Some(probe.id);
                }
            }
            Event::Phase { phase } => self.phase(phase),
            Event::Segment { segment } => {
                terminal::clear_passing();
                line(&render::segment_line(&segment));
            }
            Event::Partial { text, .. } => passing(&format!("  … {text}")),
            Event::Level { rms, voiced } => {
                if self.listening && !self.thinking && !voiced && std::io::stderr().is_terminal() {
                    passing(&format!("  listening {}", meter(rms)));
                }
            }
            Event::Floor { floor } => self.floor(floor),
            Event::Clarified { clarification: api::Clarification { told: text, .. } } | Event::Remark { text } => {
                terminal::clear_passing();
                line(&render::told(&text));
            }
            Event::Unended => {
                terminal::clear_passing();
                line(&styled(DIM, "  Go on, I am listening."));
            }
            Event::Interjected { interjection } => {
                terminal::clear_passing();
                line(&render::drill::interjection(&interjection));
            }
            Event::Notice { text } => {
                terminal::clear_passing();
                line(&styled(FAIR, wrapped(&text, "  ! ", "    ")));
            }
            Event::Judging { tokens, .. } => passing(&format!("  the endpoint is judging: {tokens} tokens")),
            Event::View { .. } | Event::Finished { .. } => {}
        }
    }

    /// Who has the floor, in one passing line.
    fn floor(&mut self, floor: Floor) {
        if self.ear != Ear::Microphone {
            return;
        }
        match floor {
            Floor::Speaking if self.listening => passing("  the interviewer speaks"),
            Floor::Speaking | Floor::Nobody => {} // the phase says more
            Floor::Listening => passing("  listening"),
            Floor::Thinking { ends_in_s: Some(left), granted } => {
                let drained = "▮".repeat((left.round() as usize).min(40));
                let why = if granted { "your time to think" } else { "it waits while you think" };
                passing(&format!("  {why}, {left:.0} s left {drained}"));
            }
            Floor::Thinking { ends_in_s: None, granted: true } => passing("  your time to think, as long as you like"),
            Floor::Thinking { ends_in_s: None, granted: false } => passing("  time to think; Enter ends the answer"),
        }
        self.thinking = matches!(floor, Floor::Thinking { .. });
    }

    fn phase(&mut self, phase: Phase) {
        terminal::clear_passing();
        self.listening = phase == Phase::Listening;
        match phase {
            Phase::Listening if self.ladder.offers_again() => {}
            Phase::Listening if self.ear == Ear::Microphone => {
                aside(match (self.hands_free, std::mem::replace(&mut self.told_how, true)) {
                    (true, false) => {
                        "  You have the floor. You need not press anything: it waits while you think, and goes on when you have \
                         finished. \"That's my answer\" or Enter ends the answer at once (r repeat, s skip, q end)."
                    }
                    (true, true) => "  You have the floor.",
                    (false, _) => {
                        "  You have the floor. Take your time; Enter when you have finished (r repeat, s skip, q end)."
                    }
                });
            }
            Phase::Asking if self.ear == Ear::Microphone => {
                passing("  the interviewer speaks; Enter when you have heard enough")
            }
            Phase::Suspended => passing("  waiting for the microphone …"),
            Phase::Transcribing => passing("  writing down the last words …"),
            Phase::Deciding => passing("  choosing the follow-up …"),
            _ => {}
        }
    }

    /// The first time with the practice signal, again with the chosen follow-up.
    fn kept(&mut self, answer: api::Answer) {
        let known =
            self.kept.iter().position(|kept| kept.id == answer.id && kept.answers_probe == answer.answers_probe);
        match known {
            Some(at) => self.kept[at] = answer,
            None => {
                if !self.json && !self.ladder.is_drill() {
                    terminal::clear_passing();
                    let mut out = Vec::new();
                    render::result(&mut out, &answer);
                    line(&out.join("\n"));
                }
                self.kept.push(answer);
            }
        }
    }

    fn assessed(&mut self, answer: api::Answer) {
        let Some(at) = self.kept.iter().position(|kept| kept.id == answer.id) else { return };
        if !self.json && !self.ladder.is_drill() {
            terminal::clear_passing();
            line(&styled(ACCENT, format!("\nThe judgement of answer {} is there", answer.id.unwrap_or_default())));
            let mut out = Vec::new();
            render::result(&mut out, &answer);
            line(&out.join("\n"));
        }
        self.kept[at] = answer;
    }

    /// The last follow-up, the judgement that is still on its way, where to look again. Returns the answer whose outline may be shown.
    pub async fn finish(mut self, client: &Client, context: &Context) -> Result<Option<i64>, Failed> {
        terminal::clear_passing();
        let pending = |answer: &api::Answer| answer.id.filter(|_| answer.assessment.kind == AssessmentKind::Pending);
        let ids: Vec<i64> = self.kept.iter().filter_map(pending).collect();
        for id in ids {
            if !self.json {
                aside("The endpoint is judging …");
            }
            let answer = live::wait_for_assessment(client, id).await?;
            self.assessed(answer);
        }
        if self.ladder.is_drill() {
            return self.ladder.finish(client, context, &self.kept).await.map(|()| None);
        }
        if context.json() {
            return print_json(&self.kept).map(|()| None);
        }
        if let Some(last) = self.kept.last() {
            let mut out = Vec::new();
            let not_asked = |probe: &&api::Probe| self.asked.as_ref() != Some(&probe.id);
            render::probe(&mut out, last.probe.as_ref().filter(not_asked));
            line(&out.join("\n"));
            match last.id {
                Some(id) => {
                    aside(&format!("\nKept as answer {id}: `viva report {id}`, `viva outline {id}`, `viva history`."))
                }
                None => aside("\nNothing of this was kept. Your turn: `viva questions`, then `viva practice`."),
            }
        }
        let of_a_pack = |answer: &&api::Answer| answer.question.id.is_some();
        Ok(self.kept.iter().find(of_a_pack).and_then(|answer| answer.id))
    }
}

fn meter(rms: f32) -> String {
    let steps = ((20.0 * rms.max(1e-4).log10() + 60.0) / 3.0).clamp(0.0, 20.0) as usize;
    format!("{}{}", "▮".repeat(steps), "▯".repeat(20 - steps))
}
