//! The shipped content: that it holds what it should, and that it hears what it should in answers written without sight of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::Deserialize;
use viva::{
    content,
    interview::{
        mistake,
        pack::{Content, Pack},
        practice_signal::{self, PracticeSignal},
        probe::{self, ChosenProbe, ProbeContext},
        question::{Difficulty, FollowUpStep, Kind, ProbeTarget, Question},
        transcript::Transcript,
        words::Spoken,
    },
};

const PACK: &str = "distributed-systems";

/// Read once for all tests.
fn content() -> &'static Content {
    static CONTENT: LazyLock<Content> = LazyLock::new(|| content::load(None).unwrap());
    &CONTENT
}

/// The lines of a fixture.
fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A short answer that makes a mistake, or that only looks like it.
#[derive(Deserialize)]
struct Suspect {
    mistake: String,
    makes: bool,
    kind: String,
    answer: String,
}

/// An answer written to a quality.
#[derive(Deserialize)]
struct Written {
    question: String,
    quality: String,
    answer: String,
}

#[test]
fn each_mistake_is_heard_where_it_is_made_and_not_where_it_only_looks_so() {
    let content = content();
    let pack = &content.packs[PACK];
    let unsighted = lines::<Suspect>(include_str!("../fixtures/answers/mistakes.jsonl"));
    let sighted = lines::<Suspect>(include_str!("../fixtures/answers/mistakes-sighted.jsonl"));
    let mut of_mistake: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for suspect in unsighted.iter().chain(&sighted) {
        let mistake = &pack.mistakes[&suspect.mistake];
        let transcript = Transcript::typed(&suspect.answer);
        let heard = mistake::detect(mistake, &Spoken::of(&transcript));
        let kind = Kind::from_name(&suspect.kind).unwrap();
        assert!(mistake.kinds.is_empty() || mistake.kinds.contains(&kind), "{} in {}", mistake.id, suspect.kind);
        if heard.is_some() != suspect.makes {
            let words = heard.and_then(|heard| heard.evidence).map(|evidence| evidence.text);
            wrong.push(format!("{}, made: {}, heard by {words:?}: {}", mistake.id, suspect.makes, suspect.answer));
        }
        of_mistake.entry(&mistake.id).or_default()[usize::from(suspect.makes)] += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for id in pack.mistakes.keys() {
        let [looks_so, makes] = of_mistake.get(id.as_str()).copied().unwrap_or_default();
        assert!(looks_so >= 3 && makes >= 3, "{id} is tried on {makes} that make it and {looks_so} that look so");
    }
}

#[test]
fn a_weak_and_a_strong_answer_differ_in_points_mistakes_and_the_probe_that_follows() {
    let content = content();
    let pairs = pairs(content);
    let problems: Vec<String> = pairs.iter().filter_map(|pair| pair.is_wrong()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    // Two answers may share a gap, and then the same probe is right for both.
    let apart: Vec<&Pair> = pairs.iter().filter(|pair| pair.are_probed_apart()).collect();
    assert!(apart.len() >= 12, "{} of {} are probed apart", apart.len(), pairs.len());
    let kinds: BTreeSet<Kind> = apart.iter().map(|pair| pair.question.kind).collect();
    assert_eq!(kinds, BTreeSet::from([Kind::Design, Kind::Concept, Kind::Behavioural, Kind::Coaching]));

    let mistakes = |of: fn(&Pair) -> usize| pairs.iter().map(of).sum::<usize>();
    let (strong, weak) = (mistakes(|pair| pair.strong.mistakes().len()), mistakes(|pair| pair.weak.mistakes().len()));
    assert!(strong * 3 < weak, "strong answers make {strong} mistakes, weak ones {weak}");
}

/// What the program makes of an answer.
struct Heard {
    signal: PracticeSignal,
    probe: ChosenProbe,
}

/// The strong and the weak answer to a question.
struct Pair<'a> {
    question: &'a Question,
    strong: Heard,
    weak: Heard,
}

fn pairs(content: &Content) -> Vec<Pair<'_>> {
    let written = lines::<Written>(include_str!("../fixtures/answers/three-qualities.jsonl"));
    let of_quality = |quality: &'static str| written.iter().filter(move |answer| answer.quality == quality);
    let pair = |strong: &Written| {
        let weak = of_quality("weak").find(|weak| weak.question == strong.question).unwrap();
        let (pack, question) = content.question(&strong.question).unwrap();
        Pair { question, strong: hear(pack, question, &strong.answer), weak: hear(pack, question, &weak.answer) }
    };
    of_quality("strong").map(pair).collect()
}

fn hear(pack: &Pack, question: &Question, answer: &str) -> Heard {
    let transcript = Transcript::typed(answer);
    let signal = practice_signal::listen(pack, Some(question), &transcript);
    let probe = probe::choose(&ProbeContext {
        pack,
        question: Some(question),
        kind: question.kind,
        transcript: &transcript,
        signal: &signal,
        dimensions: None,
        asked: &BTreeSet::new(),
    });
    Heard { probe: probe.unwrap(), signal }
}

impl Heard {
    fn mistakes(&self) -> Vec<&str> {
        self.signal.mistakes.iter().map(|heard| heard.mistake.as_str()).collect()
    }

    /// Whether that which a probe is for is missing here (a mistake: is made here).
    fn lacks(&self, target: &ProbeTarget, question: &Question) -> bool {
        let is_missing = |point: &str| self.signal.missing.iter().any(|missing| missing == point);
        match target {
            ProbeTarget::Point(point) => is_missing(point),
            // Where nothing is missing, a probe may take a dimension further.
            ProbeTarget::Dimension(_) if self.signal.missing.is_empty() => true,
            ProbeTarget::Dimension(id) => {
                question.points.iter().any(|point| point.dimension == *id && is_missing(&point.id))
            }
            ProbeTarget::Mistake(id) => self.mistakes().contains(&id.as_str()),
            ProbeTarget::Step(step) => self.signal.steps.iter().all(|(heard, _)| heard != step),
        }
    }
}

impl Pair<'_> {
    /// What does not differ as it should, or is asked though it was said, if anything.
    fn is_wrong(&self) -> Option<String> {
        let Pair { question, strong, weak } = self;
        let id = &question.id;
        let (of_strong, of_weak) = (strong.signal.heard.len(), weak.signal.heard.len());
        if of_strong < of_weak + 3 {
            return Some(format!("{id}: the strong answer covers {of_strong} points, the weak one {of_weak}"));
        }
        if strong.mistakes().len() > weak.mistakes().len() {
            return Some(format!("{id}: strong makes {:?}, weak {:?}", strong.mistakes(), weak.mistakes()));
        }
        let asked_in_vain = [strong, weak].into_iter().find(|heard| !heard.lacks(&heard.probe.target, question));
        asked_in_vain.map(|heard| format!("{id}: asked for what was said: {}", heard.probe.text))
    }

    /// Whether the weak answer is asked for something that the strong one has, and the strong one for something else.
    fn are_probed_apart(&self) -> bool {
        let Pair { question, strong, weak } = self;
        let target = &weak.probe.target;
        // What made every point can be taken further, and lacks no dimension.
        let has_all = matches!(target, ProbeTarget::Dimension(_)) && strong.signal.missing.is_empty();
        strong.probe.id != weak.probe.id && (has_all || !strong.lacks(target, question))
    }
}

#[test]
fn the_pack_holds_the_questions_it_should() {
    let content = content();
    let questions = || content.packs[PACK].questions.values();
    let count = |of: &dyn Fn(&Question) -> bool| questions().filter(|question| of(question)).count();
    let of_family = |family: &str| count(&|question| question.family == family);
    assert!(questions().count() >= 66);

    assert!(count(&|question| question.family == "design-prompts" && question.kind == Kind::Design) >= 18);
    let families = [
        "replication-and-consistency",
        "partitioning",
        "load-and-caching",
        "queues-and-async",
        "ordering-and-coordination",
        "failure-and-observability",
    ];
    for family in families {
        assert!(of_family(family) >= 2, "{family} has {} questions", of_family(family));
    }
    // Eighteen fundamentals and two questions for each family share the families.
    assert!(families.iter().map(|family| of_family(family)).sum::<usize>() + of_family("fundamentals") >= 18 + 12);
    assert!(count(&|question| question.kind == Kind::Concept) >= 18);
    for tier in [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard] {
        assert!(count(&|question| question.kind == Kind::Concept && question.difficulty == tier) >= 4, "{tier:?}");
    }
    for id in ["raft-log-replication", "global-rate-limiter", "distributed-cache"] {
        assert!(content.question(id).is_some(), "{id}");
    }

    for (difficulty, wanted) in [(Difficulty::Easy, 3), (Difficulty::Medium, 6), (Difficulty::Hard, 3)] {
        let coaching = |question: &Question| question.kind == Kind::Coaching && question.difficulty == difficulty;
        assert_eq!(count(&coaching), wanted, "coaching, {difficulty:?}");
    }
    assert!(count(&|question| question.kind == Kind::Behavioural) >= 6);
}

#[test]
fn every_question_is_reachable_and_complete() {
    let content = content();
    let pack = &content.packs[PACK];
    for (id, question) in &pack.questions {
        assert_eq!(content.question(id).map(|(_, found)| &found.id), Some(id));
        assert_eq!(content.question_by_words(&question.ask).map(|(_, found)| &found.id), Some(id));
        assert!(!question.levels.is_empty(), "{id} suits nobody");
        assert!(pack.manifest.families.contains_key(&question.family), "{id}");
        let minutes = match (question.kind, question.family.as_str()) {
            (Kind::Design, "design-prompts") => 8..=12,
            (Kind::Design, _) => 4..=8,
            _ => 2..=4,
        };
        assert!(minutes.contains(&question.minutes), "{id} takes {} minutes", question.minutes);
        assert!((4..=8).contains(&question.points.len()), "{id} has {} points", question.points.len());
        assert!(question.outline.len() >= 4 && question.probes.len() >= 5, "{id}");
        assert!(question.kind != Kind::Design || question.constraints.len() >= 3, "{id} holds back too little");
        let has_facts = !question.facts.is_empty();
        assert!(has_facts || !matches!(question.kind, Kind::Design | Kind::Concept), "{id} has no facts");
        probes_serve_every_gap(question);
    }
    assert_eq!(pack.mistakes.len(), 23);
    let typical: BTreeSet<&String> = pack.questions.values().flat_map(|question| &question.mistakes).collect();
    for id in pack.mistakes.keys() {
        assert!(typical.contains(id), "{id} is a mistake of no question");
    }
}

/// Two probes for each dimension of the hard part, one for each mistake, one for each step of the follow-up order.
fn probes_serve_every_gap(question: &Question) {
    if question.kind == Kind::Coaching {
        return;
    }
    let id = &question.id;
    let count = |of: &dyn Fn(&ProbeTarget) -> bool| question.probes.iter().filter(|probe| of(&probe.target)).count();
    assert!(!question.hard_part.is_empty(), "{id}");
    for hard in &question.hard_part {
        let belongs = |target: &ProbeTarget| match target {
            ProbeTarget::Dimension(dimension) => dimension == hard,
            ProbeTarget::Point(id) => question.points.iter().any(|point| point.id == *id && point.dimension == *hard),
            _ => false,
        };
        assert!(count(&belongs) >= 2, "{id}: {hard}");
    }
    for mistake in &question.mistakes {
        assert!(count(&|target| *target == ProbeTarget::Mistake(mistake.clone())) >= 1, "{id}: {mistake}");
    }
    for step in FollowUpStep::ALL {
        assert!(count(&|target| *target == ProbeTarget::Step(step)) >= 1, "{id}: {step:?}");
    }
}

#[test]
fn drills_plans_interviewers_and_shapes_are_those_of_the_field() {
    let pack = &content().packs[PACK];
    let ids = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let drills = ids(pack.drills.drills.iter().map(|drill| drill.id.as_str()).collect());
    let six = ids(vec!["clarification", "data-model", "failure-modes", "trade-off", "closing", "pressure"]);
    assert_eq!(drills, six);
    let minutes = |id: &str| pack.drills.drill(id).map(|drill| f64::from(drill.seconds) / 60.0);
    assert_eq!(
        [minutes("clarification"), minutes("data-model"), minutes("closing")],
        [Some(5.0), Some(10.0), Some(1.0)]
    );
    assert!(pack.drills.pairs.len() >= 12, "{} pairs", pack.drills.pairs.len());
    assert_eq!(pack.drills.failures.len(), 10);

    assert_eq!(pack.plans.len(), 3);
    let seven = pack.plans.iter().find(|plan| plan.days == 7 && plan.sessions.iter().any(|s| s.write_down.len() >= 3));
    assert!(seven.is_some(), "no plan of seven days ends with three lines to write down");
    let family = pack.plans.iter().find(|plan| plan.must_name.len() == 4); // hot path, bottleneck, idempotency, replay
    assert!(family.is_some(), "no plan says what each answer names");

    assert_eq!(
        (pack.interviewers.levels.len(), pack.interviewers.styles.len(), pack.interviewers.tempers.len()),
        (3, 4, 3)
    );

    let steps = |id: &str| pack.answer_shapes.iter().find(|shape| shape.id == id).map(|shape| shape.steps.len());
    assert_eq!(steps("full-design"), Some(9));
    assert_eq!(steps("short-design"), Some(6));
    assert_eq!([steps("follow-up"), steps("closing")], [Some(4), Some(4)]);
    assert!(steps("when-stuck").is_some());
}

#[test]
fn the_worked_example_of_the_guide_is_in_order() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/example-pack");
    assert_eq!(content::check_dir(&folder), []);
}

#[test]
fn the_glossary_holds_the_words_of_the_field() {
    let content = content();
    let terms: BTreeSet<&str> = content.packs[PACK].glossary.iter().map(|term| term.term.as_str()).collect();
    assert!(terms.len() >= 250, "{} terms", terms.len());
}
