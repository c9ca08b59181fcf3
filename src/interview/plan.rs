//! Plans: what to practise on which day. Data in `plans.toml`; nothing here knows the date or what was done.

use serde::{Deserialize, Serialize};

/// One plan, as seven days before a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub id: String,
    pub title: String,
    /// Whom it suits and what it does, two or three sentences.
    pub about: String,
    /// How many days it takes; sessions are on days 1 to this.
    pub days: u32,
    /// Where someone may begin who needs no fundamentals; day 1 if absent.
    #[serde(default = "first_day")]
    pub may_begin_on: u32,
    /// What each answer of the plan must name, beside what the question asks for.
    #[serde(default)]
    pub must_name: Vec<MustName>,
    pub sessions: Vec<PlanSession>,
}

fn first_day() -> u32 {
    1
}

/// Something every answer has to name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MustName {
    pub id: String,
    /// One sentence.
    pub says: String,
    /// Cues that show it; see [`super::coverage`].
    pub cues: Vec<String>,
}

/// One sitting of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSession {
    pub id: String,
    /// 1-based; several sessions may share a day. In the order of the file, never going back.
    pub day: u32,
    pub title: String,
    /// What it is for, one sentence.
    pub goal: String,
    pub form: SessionForm,
    /// How long it takes.
    pub minutes: u32,
    /// Ids of questions to answer, in this order.
    #[serde(default)]
    pub questions: Vec<String>,
    /// How many of the questions are enough; 0: all.
    #[serde(default)]
    pub choose: usize,
    /// Ids of drills, after the questions or on them.
    #[serde(default)]
    pub drills: Vec<String>,
    /// Dimensions to look at in the result.
    #[serde(default)]
    pub dimensions: Vec<String>,
    /// Ids of mistakes to listen for.
    #[serde(default)]
    pub mistakes: Vec<String>,
    /// What to attend to, short lines.
    #[serde(default)]
    pub focus: Vec<String>,
    /// What to write down afterwards, one line each.
    #[serde(default)]
    pub write_down: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionForm {
    /// As in the round: the full time, the interviewer's probes, a verdict.
    Mock,
    /// Question by question, with the outline afterwards.
    Practice,
    /// Drills only.
    Drill,
    /// Reading results and correcting what went wrong.
    Review,
}

impl SessionForm {
    /// As it is written in content files.
    pub fn name(self) -> &'static str {
        match self {
            SessionForm::Mock => "mock",
            SessionForm::Practice => "practice",
            SessionForm::Drill => "drill",
            SessionForm::Review => "review",
        }
    }
}

impl Plan {
    /// The sessions of one day, in order.
    pub fn on_day(&self, day: u32) -> impl Iterator<Item = &PlanSession> {
        self.sessions.iter().filter(move |session| session.day == day)
    }
}
