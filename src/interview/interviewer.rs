//! Who asks: the level asked for, a style (what is pressed on first) and a temper (the words). Data in `interviewers.toml`.
//!
//! A level and a style change which probes come first. A temper changes words, and in a pressure drill when it cuts in. None of them
//! touches a check, a level or a verdict.

use serde::{Deserialize, Serialize};

use super::{
    pack::Phrases,
    question::{AskedLevel, FollowUpStep},
};

/// `interviewers.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interviewers {
    /// One for each of mid, senior, staff.
    pub levels: Vec<LevelAsked>,
    pub styles: Vec<Style>,
    pub tempers: Vec<Temper>,
}

/// What an interviewer expects at a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelAsked {
    pub id: AskedLevel,
    pub title: String,
    /// What an answer at this level shows, for the candidate to read.
    pub expects: String,
    /// How many probes follow an answer, at most.
    pub probes: u32,
    pub presses_on: PressesOn,
}

/// A way of interviewing, named for what it presses on and never for a company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    pub id: String,
    pub title: String,
    /// What it is after, and where one meets it, for the candidate to read.
    pub about: String,
    pub presses_on: PressesOn,
}

/// What is pressed on first: among probes that fit an answer about equally well, those for something named here go before the others,
/// the earlier named before the later. The empty one prefers nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PressesOn {
    /// Dimensions of any rubric.
    #[serde(default)]
    pub dimensions: Vec<String>,
    #[serde(default)]
    pub steps: Vec<FollowUpStep>,
    /// Ids of mistakes.
    #[serde(default)]
    pub mistakes: Vec<String>,
}

/// A manner of speaking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temper {
    pub id: String,
    pub title: String,
    pub about: String,
    /// Said before a probe, as it goes into it: "Let me press on that." One is taken.
    pub probe_preface: Vec<String>,
    /// In place of the pack's; a list that is left out stays the pack's.
    #[serde(default)]
    pub greeting: Vec<String>,
    #[serde(default)]
    pub acknowledgement: Vec<String>,
    #[serde(default)]
    pub nudge: Vec<String>,
    #[serde(default)]
    pub patience: Vec<String>,
    #[serde(default)]
    pub your_call: Vec<String>,
    #[serde(default)]
    pub never_mind: Vec<String>,
    #[serde(default)]
    pub closing: Vec<String>,
    #[serde(default)]
    pub rambling: Vec<String>,
    /// When it cuts in, in a pressure drill.
    #[serde(default)]
    pub cuts_in: CutsIn,
}

/// On what, and how soon, an interviewer cuts in during a pressure drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutsIn {
    /// Only on who talks past the time.
    OnRambling,
    /// On words that betray a mistake as well.
    #[default]
    OnWords,
    /// Likewise, and leaves less time to mend them.
    Soon,
}

impl Temper {
    /// The stock sentences in this temper: its own, and the pack's where it has none.
    pub fn phrases(&self, pack: &Phrases) -> Phrases {
        let own_or = |own: &[String], of_pack: &[String]| if own.is_empty() { of_pack } else { own }.to_vec();
        Phrases {
            greeting: own_or(&self.greeting, &pack.greeting),
            acknowledgement: own_or(&self.acknowledgement, &pack.acknowledgement),
            nudge: own_or(&self.nudge, &pack.nudge),
            patience: own_or(&self.patience, &pack.patience),
            your_call: own_or(&self.your_call, &pack.your_call),
            never_mind: own_or(&self.never_mind, &pack.never_mind),
            closing: own_or(&self.closing, &pack.closing),
            rambling: own_or(&self.rambling, &pack.rambling),
        }
    }
}

impl Interviewers {
    pub fn level(&self, level: AskedLevel) -> Option<&LevelAsked> {
        self.levels.iter().find(|of| of.id == level)
    }

    pub fn style(&self, id: &str) -> Option<&Style> {
        self.styles.iter().find(|style| style.id == id)
    }

    pub fn temper(&self, id: &str) -> Option<&Temper> {
        self.tempers.iter().find(|temper| temper.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temper_speaks_in_the_packs_words_where_it_has_none() {
        let one = |word: &str| vec![word.to_owned()];
        let temper = Temper {
            id: "warm".to_owned(),
            title: String::new(),
            about: String::new(),
            probe_preface: one("May I ask on?"),
            greeting: one("Welcome!"),
            acknowledgement: Vec::new(),
            nudge: Vec::new(),
            patience: Vec::new(),
            your_call: Vec::new(),
            never_mind: Vec::new(),
            closing: Vec::new(),
            rambling: Vec::new(),
            cuts_in: CutsIn::default(),
        };
        let pack = Phrases { greeting: one("Hello."), closing: one("The end."), ..Phrases::default() };
        let phrases = temper.phrases(&pack);
        assert_eq!((phrases.greeting, phrases.closing), (one("Welcome!"), one("The end.")));
    }
}
