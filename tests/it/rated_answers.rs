//! Rated answers made by rule for tests, and an LLM server that judges them: without fault, with a known share of faults, or at random.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::State};
use serde_json::{Map, Value, json};
use viva::{
    content,
    interview::{
        assessment::{CheckReply, DimensionOutcome, Met, Quote},
        calibration::{
            agreement::Table,
            outcome::dimension_of,
            random::Random,
            set::{CalibrationSet, Levels},
        },
        pack::Content,
        rubric::Check,
        transcript::Transcript,
        verdict,
    },
    llm::schema::CONTROL_CHECK,
};

const WORDS: [&str; 64] = [
    "harbour", "pigeon", "ledger", "kettle", "meadow", "anchor", "basket", "candle", "dragon", "engine", "feather",
    "garden", "hammer", "island", "jacket", "kitten", "lantern", "magnet", "needle", "orchard", "pepper", "quarry",
    "ribbon", "saddle", "tunnel", "umbrella", "velvet", "walnut", "yellow", "zipper", "bottle", "carpet", "donkey",
    "emerald", "forest", "goblet", "helmet", "iceberg", "jungle", "kingdom", "ladder", "marble", "napkin", "oyster",
    "parrot", "quiver", "rocket", "spider", "turtle", "violin", "window", "acorn", "beaver", "cactus", "dolphin",
    "elbow", "falcon", "glacier", "hazel", "ivory", "jasmine", "koala", "lemon", "mustard",
];
const NOISE: [&str; 4] =
    ["Um, let me see.", "That is roughly how I see this.", "Yeah, so, next.", "I think that was the last of it."];

/// A set of `count` answers to these questions as JSON lines, and second labels for all of them. The words are nonsense: what
/// counts is that each check has words of its own.
pub fn made_up(count: usize, questions: &[&str]) -> (String, String) {
    let content = content::load(None).unwrap();
    let (mut answers, mut labels) = (String::new(), String::new());
    for n in 0..count {
        let mut random = Random::new(1000 + n as u64);
        let (_, question) = content.question(questions[n % questions.len()]).unwrap();
        let rubric = content.rubric(question.kind).unwrap();
        let (mut levels, mut evidence, mut sentences) = (Map::new(), Map::new(), Vec::new());
        for dimension in rubric.dimensions.iter().filter(|d| !question.no_occasion.contains(&d.id)) {
            let level = random.below(5);
            levels.insert(dimension.id.clone(), json!(level));
            for check in &dimension.checks[..level] {
                let words = sentence(check, &mut random);
                sentences.push(format!("The {words}."));
                evidence.insert(check.id.clone(), json!(words));
            }
        }
        random.shuffle(&mut sentences);
        sentences.extend(NOISE.map(str::to_owned));
        // Nonsense that names no subject would not be judged at all.
        sentences.push(format!("So much for this: {}", question.ask));
        let id = format!("m{n:02}");
        labels += &format!("{}\n", json!({"id": id, "levels": levels}));
        let kind = question.kind.name();
        let answer = json!({"id": id, "question": question.id, "kind": kind, "levels": levels, "evidence": evidence,
            "answer": sentences.join(" ")});
        answers += &format!("{answer}\n");
    }
    (answers, labels)
}

/// Words for one check that no other check has.
fn sentence(check: &Check, random: &mut Random) -> String {
    let mut words = WORDS.to_vec();
    random.shuffle(&mut words);
    // Of two words each, so that hardly one comes twice in a set.
    let noun = |n: usize| format!("{}{}", words[2 * n], words[2 * n + 1]);
    let figure = if check.needs_number { "40 " } else { "" };
    format!(
        "{} {} sends {figure}its {} to the {} before the {} paints the {} of the {} {}",
        noun(0),
        noun(1),
        noun(2),
        noun(3),
        noun(4),
        noun(5),
        noun(6),
        noun(7)
    )
}

/// How the server judges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Judging {
    /// By the evidence of the set, with quotes as they stand in the transcript.
    Oracle,
    /// Likewise, but each check the other way in this share of the cases, with words of the answer as the quote.
    Degraded(f64),
    /// Each check yes or no by the toss of a coin.
    Random,
}

/// An answer as the oracle knows it.
struct Known {
    levels: Levels,
    /// Its runs of three words.
    runs: BTreeSet<String>,
    /// By check: the passages that show it.
    evidence: BTreeMap<String, Vec<String>>,
}

/// An LLM server on a free port; it stops when dropped.
pub struct JudgeServer {
    pub base_url: String,
    calls: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for JudgeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Bench {
    judging: Judging,
    known: Arc<Vec<Known>>,
    /// By id of a probe: its dimension.
    aims: Arc<BTreeMap<String, String>>,
    calls: Arc<AtomicUsize>,
}

impl JudgeServer {
    pub async fn start(judging: Judging, set: &CalibrationSet) -> Self {
        let known = set.answers.iter().map(|answer| Known {
            levels: answer.levels(),
            runs: runs(&answer.answer),
            evidence: answer
                .evidence
                .keys()
                .map(|id| (id.clone(), answer.passages(id).map(str::to_owned).collect()))
                .collect(),
        });
        let calls = Arc::new(AtomicUsize::new(0));
        let content = content::load(None).unwrap();
        let aims = set.answers.iter().flat_map(|answer| aims(&content, &answer.question)).collect();
        let bench = Bench { judging, known: Arc::new(known.collect()), aims: Arc::new(aims), calls: calls.clone() };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port());
        let app = Router::new().fallback(reply).with_state(bench);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base_url, calls, task }
    }

    /// Judgements asked for so far.
    pub fn judgements(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

async fn reply(State(bench): State<Bench>, Json(asked): Json<Value>) -> Json<Value> {
    let properties = asked.pointer("/response_format/json_schema/schema/properties").cloned().unwrap_or_default();
    let content = match properties.pointer("/checks/properties") {
        Some(checks) => {
            let number = bench.calls.fetch_add(1, Ordering::Relaxed);
            let ids: Vec<&str> = checks.as_object().unwrap().keys().map(String::as_str).collect();
            let segments = segments(asked["messages"][1]["content"].as_str().unwrap());
            judgement(&bench, &ids, &segments, number)
        }
        None => {
            let offered = properties.pointer("/probe_id/enum").and_then(Value::as_array).cloned().unwrap_or_default();
            let offered: Vec<&str> = offered.iter().filter_map(Value::as_str).collect();
            let segments = segments(asked["messages"][1]["content"].as_str().unwrap());
            json!({"evidence": "", "gap": "", "held": "no", "probe_id": pick(&bench, &offered, &segments)})
        }
    };
    let words = asked.to_string().split_whitespace().count() as u64;
    Json(json!({
        "model": "bench-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content.to_string()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3 * words, "completion_tokens": 1000}
    }))
}

/// The transcript as the prompt has it.
fn segments(prompt: &str) -> Vec<String> {
    let lines = prompt.lines().filter(|line| line.starts_with("{\"n\":"));
    lines.filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["t"].as_str()?.to_owned())).collect()
}

/// The dimension of each probe of a question and of its kind.
fn aims(content: &Content, question: &str) -> Vec<(String, String)> {
    let (pack, question) = content.question(question).unwrap();
    let generic = pack.generic_probes.get(&question.kind).into_iter().flatten();
    let all = question.probes.iter().chain(generic);
    all.filter_map(|probe| Some((probe.id.clone(), dimension_of(&probe.target, question)?))).collect()
}

/// Of the follow-ups offered the one that the judge takes: without fault the first of those for the weakest dimension.
fn pick<'a>(bench: &Bench, offered: &[&'a str], segments: &[String]) -> &'a str {
    let mut random = Random::for_text(&format!("pick {}", segments.concat()));
    let levels = &known(bench, segments).levels;
    let level =
        |id: &&&str| bench.aims.get(**id).and_then(|dimension| levels.get(dimension)).map_or(u8::MAX, |l| l.get());
    let anyhow = offered[random.below(offered.len())];
    match bench.judging {
        Judging::Random => anyhow,
        Judging::Degraded(share) if random.chance(share) => anyhow,
        Judging::Oracle | Judging::Degraded(_) => offered.iter().min_by_key(level).unwrap(),
    }
}

/// The answer of the set that a transcript comes nearest to.
fn known<'a>(bench: &'a Bench, segments: &[String]) -> &'a Known {
    let all = runs(&segments.join(" "));
    let share = |known: &&Known| all.intersection(&known.runs).count() as f64 / known.runs.len() as f64;
    bench.known.iter().max_by(|a, b| share(a).total_cmp(&share(b))).unwrap()
}

fn judgement(bench: &Bench, ids: &[&str], segments: &[String], number: usize) -> Value {
    let mut random = Random::for_text(&format!("{number} {}", segments.concat()));
    let answer = known(bench, segments);
    let mut checks = Map::new();
    for id in ids {
        let seen = shown(answer, id, segments);
        let said = random.below(segments.len());
        let words = segments[said].split_whitespace().take(14).collect::<Vec<_>>().join(" ");
        let somewhere = vec![(words, said)];
        let found = match bench.judging {
            _ if *id == CONTROL_CHECK => None,
            Judging::Oracle => seen,
            Judging::Degraded(share) if random.chance(share) => match seen {
                Some(_) => None,
                None => Some(somewhere),
            },
            Judging::Degraded(_) => seen,
            Judging::Random => random.chance(0.5).then_some(somewhere),
        };
        let met = if found.is_some() { "yes" } else { "no" };
        let quotes: Vec<Value> =
            found.into_iter().flatten().map(|(words, n)| json!({"quote": words, "segment": n + 1})).collect();
        checks.insert((*id).to_owned(), json!({"evidence": quotes, "met": met}));
    }
    json!({"checks": checks, "injection_segments": []})
}

/// Share of a passage's words by which a listener knows it again, in their order: a tenth of them may be lost or misheard.
const KNOWN_AGAIN: f64 = 0.6;

/// The words that show a check as they stand in the transcript, with their segments; `None` where one passage is missing or taken back.
fn shown(answer: &Known, check: &str, segments: &[String]) -> Option<Vec<(String, usize)>> {
    let denied = |segment: &str| {
        ["It is not the case that", "I would not say that", "It would be wrong to claim that"]
            .iter()
            .any(|denial| segment.contains(denial))
    };
    let place = |passage: &String| {
        let mut wanted = plain(passage);
        wanted.retain(|word| word.len() > 3); // small words are in every sentence
        // A passage may run over the end of a sentence. Of equals the last: the words then begin in it.
        let windows =
            (0..segments.len()).map(|n| (in_order(&wanted, &segments[n..segments.len().min(n + 2)].join(" ")), n));
        let ((same, words), n) = windows.max_by_key(|((same, _), _)| *same)?;
        (same as f64 >= KNOWN_AGAIN * wanted.len() as f64 && !denied(&segments[n])).then_some((words, n))
    };
    answer.evidence.get(check)?.iter().map(place).collect()
}

/// How many of the wanted words stand in a text in this order, and the text from the first to the last of them.
fn in_order(wanted: &[String], text: &str) -> (usize, String) {
    let written: Vec<&str> = text.split_whitespace().collect();
    let heard: Vec<String> = written.iter().map(|word| plain(word).concat()).collect();
    let same = |a: &str, b: &str| a == b || (a.len().min(b.len()) > 3 && (a.starts_with(b) || b.starts_with(a)));
    let width = heard.len() + 1;
    let mut best = vec![0; (wanted.len() + 1) * width];
    for (i, j) in (0..wanted.len()).rev().flat_map(|i| (0..heard.len()).rev().map(move |j| (i, j))) {
        best[i * width + j] = match same(&wanted[i], &heard[j]) {
            true => best[(i + 1) * width + j + 1] + 1,
            false => best[(i + 1) * width + j].max(best[i * width + j + 1]),
        };
    }
    let (mut i, mut j, mut places) = (0, 0, Vec::new());
    while i < wanted.len() && j < heard.len() {
        if same(&wanted[i], &heard[j]) {
            places.push(j);
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    let words = places.first().map_or(String::new(), |first| written[*first..=places[places.len() - 1]].join(" "));
    (best[0], words)
}

fn runs(text: &str) -> BTreeSet<String> {
    text.split_whitespace().collect::<Vec<_>>().windows(3).map(|run| run.join(" ")).collect()
}

/// The words of a text in small letters without marks.
fn plain(text: &str) -> Vec<String> {
    let bare = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect()
}

/// Mean and standard deviation of the pooled kappa of a judge that gives each check the other way in a share `wrong` of the cases:
/// simulated on the set itself with the program's own arithmetic, no server in between.
pub fn expected_kappa(set: &CalibrationSet, content: &Content, wrong: f64, runs: u64) -> (f64, f64) {
    let one = |run: u64| {
        let mut random = Random::new(77 + run);
        let mut table = Table::default();
        for answer in &set.answers {
            let (_, question) = content.question(&answer.question).unwrap();
            let rubric = content.rubric(question.kind).unwrap();
            let transcript = Transcript::typed(&answer.answer);
            let flip = |reply: CheckReply| {
                let yes = (reply.met == Met::Yes) != random.chance(wrong);
                let said = random.below(transcript.segments.len());
                let words = transcript.segments[said].text.split_whitespace().take(14).collect::<Vec<_>>().join(" ");
                let quotes = match (yes, reply.quotes.is_empty()) {
                    (true, true) => vec![Quote { text: words, segment: Some(said + 1) }],
                    (true, false) => reply.quotes,
                    (false, _) => vec![],
                };
                CheckReply { met: if yes { Met::Yes } else { Met::No }, quotes, ..reply }
            };
            let replies: Vec<CheckReply> = answer.replies(rubric).into_iter().map(flip).collect();
            let levels = verdict::levels(rubric, &question.no_occasion, &replies, &transcript, &[]);
            for result in levels.dimensions {
                if let (DimensionOutcome::Level(judged), Some(truth)) =
                    (result.outcome, answer.level(&result.dimension))
                {
                    table.add(truth, judged);
                }
            }
        }
        table.kappa().unwrap()
    };
    let kappas: Vec<f64> = (0..runs).map(one).collect();
    let mean = kappas.iter().sum::<f64>() / runs as f64;
    let variance = kappas.iter().map(|kappa| (kappa - mean) * (kappa - mean)).sum::<f64>() / (runs - 1) as f64;
    (mean, variance.sqrt())
}
