//! The command line as a process: what it prints for people and for programs, its exit codes, the daemon's life.

use std::path::Path;

use serde_json::{Value, json};

use crate::home::{Home, PATIENCE, poll, repository};

const ANSWER: &str = "I would use a token bucket, because a fixed window lets twice the limit through.";

async fn answer_json(home: &Home) -> Value {
    home.viva_with_input(&["answer", "--question", "rate-limiter", "--text", "-", "--json"], ANSWER).await.json()
}

/// Every path in the value, with its type.
fn check_shape(value: &Value, shape: &Value, at: &str) {
    match shape {
        Value::Object(members) => {
            for (name, shape) in members {
                let found = value.get(name).unwrap_or_else(|| panic!("{at}.{name} is not there: {value}"));
                check_shape(found, shape, &format!("{at}.{name}"));
            }
        }
        Value::Array(items) => {
            let found = value.as_array().unwrap_or_else(|| panic!("{at} is no list: {value}"));
            found.iter().for_each(|item| check_shape(item, &items[0], &format!("{at}[]")));
        }
        Value::String(kind) => {
            let found = match value {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "text",
                Value::Array(_) => "list",
                Value::Object(_) => "object",
            };
            assert!(kind.split('|').any(|kind| kind == found), "{at} is {found}, not {kind}: {value}");
        }
        other => panic!("{other} is no shape"),
    }
}

/// What programs may rely on in `viva answer --json`.
#[tokio::test]
async fn the_json_of_an_answer_has_its_promised_shape() {
    let shape = json!({
        "question": {"id": "text|null", "kind": "text", "text": "text"},
        "transcript": {"text": "text", "segments": [{"start_s": "number|null", "end_s": "number|null", "text": "text"}]},
        "assessment": {
            "kind": "text",
            "levels": "object",
            "evidence": [{"check": "text", "start_s": "number|null", "end_s": "number|null", "text": "text"}],
            "missing": ["text"],
        },
        "mistakes": [{"id": "text", "title": "text", "advice": "text"}],
        "verdict": "object|null",
        "delivery": "object|null",
        "probe": {"id": "text", "text": "text", "reason": "text"},
        "timings_ms": "object",
    });
    let home = Home::new();
    let typed = answer_json(&home).await;
    check_shape(&typed, &shape, "answer");
    assert_eq!(typed["assessment"]["kind"], "practice_signal");
    assert!(!typed["assessment"]["missing"].as_array().unwrap().is_empty());
    assert_eq!(typed["timings_ms"]["triage"].as_u64().map(|_| ()), Some(()), "{}", typed["timings_ms"]);
    let id = typed["id"].to_string();
    let report = home.viva(&["report", &id, "--json"]).await.json();
    check_shape(&report, &shape, "report");
    assert_eq!(report["transcript"], typed["transcript"]);

    if cfg!(feature = "whisper") {
        let wav = repository().join("tests/fixtures/voice/sample-answer-2.wav");
        let heard = home.viva(&["answer", "-q", "rate-limiter", "--wav", wav.to_str().unwrap(), "--json"]).await.json();
        check_shape(&heard, &shape, "answer");
        assert!(heard["transcript"]["segments"][0]["start_s"].is_number(), "{}", heard["transcript"]);
        assert!(heard["delivery"]["voiced_s"].as_f64().unwrap() > 1.0, "{}", heard["delivery"]);
    }
}

#[tokio::test]
async fn every_command_has_a_help_that_teaches() {
    let home = Home::new();
    let help = home.viva(&["--help"]).await.ok();
    assert!(help.contains("Exit codes:") && help.contains("viva demo"), "{help}");
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let named = |line: &&str| line.starts_with("  ") && !line.starts_with("   "); // others are wrapped
    let commands: Vec<&str> =
        commands.lines().filter(named).filter_map(|line| line.split_whitespace().next()).collect();
    let promised = [
        "serve",
        "status",
        "stop",
        "open",
        "logs",
        "practice",
        "answer",
        "demo",
        "questions",
        "show",
        "judge",
        "history",
        "report",
        "play",
        "wrong",
        "correct",
        "forget",
        "doctor",
        "devices",
        "models",
        "config",
        "check",
        "packs",
        "plans",
        "outline",
        "egress",
    ];
    for command in promised {
        assert!(commands.contains(&command), "{command} is not in {commands:?}");
    }
    for command in commands.iter().filter(|command| **command != "help").chain(&["setup"]) {
        let help = home.viva(&[command, "--help"]).await.ok();
        let first = help.lines().next().unwrap_or_default();
        assert!(first.len() > 15, "viva {command}: {first:?}");
        assert!(help.contains("Usage: viva"), "viva {command}:\n{help}");
        let options = help.lines().filter(|line| line.trim_start().starts_with("--"));
        for option in options.filter(|line| line.split("  ").filter(|part| !part.trim().is_empty()).count() == 1) {
            let next = help.lines().skip_while(|line| *line != option).nth(1).unwrap_or_default();
            assert!(!next.trim().is_empty(), "viva {command}: {option} is not explained");
        }
    }
    assert!(home.announcement().is_none(), "help starts no daemon");
}

#[tokio::test]
async fn exit_codes_are_as_the_help_says() {
    let home = Home::new();
    let cases: [(&[&str], i32, &str); 11] = [
        (&["status"], 3, "viva serve"),
        (&["stop"], 3, "no daemon runs"),
        (&["dance"], 2, "dance"),
        (&["answer", "-q", "x"], 2, "--wav"),
        (&["answer", "-q", "rate-limiter", "--text", "nowhere.txt"], 5, "nowhere.txt"),
        (&["answer", "-q", "rate-limiter", "--wav", "nowhere.wav"], 5, "nowhere.wav"),
        (&["--set", "practice.level", "config"], 2, "KEY=VALUE"),
        (&["--set", "practice.levle=mid", "config"], 2, "Did you mean `practice.level`?"),
        (&["--set", "practice.level=boss", "config"], 2, "practice.level"),
        (&["--set", "practice.probes=9", "questions"], 2, "use 0 to 6"),
        (&["logs"], 5, "there is no log yet"),
    ];
    for (arguments, code, part) in cases {
        home.viva(arguments).await.failed(code, &[part]);
    }
    assert!(home.announcement().is_none(), "none of these starts a daemon");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["answer", "-q", "rate-limter", "--text", "-"], 5, "Did you mean `rate-limiter`?"),
        (&["show", "rate-limter"], 5, "Did you mean `rate-limiter`?"),
        (&["report"], 5, "no answer is kept yet"),
        (&["report", "77"], 5, "no answer 77"),
        (&["judge", "77"], 5, "no answer 77"),
        (&["forget", "77", "--yes"], 5, "no answer 77"),
    ];
    for (arguments, code, part) in cases {
        home.viva_with_input(arguments, ANSWER).await.failed(code, &[part]);
    }
    let wav = repository().join("tests/fixtures/voice/sample-answer-1.wav");
    home.viva(&["stop"]).await.ok();
    let home = home.set("speech.model", "\"base.en\"");
    let ran = home.viva(&["answer", "-q", "rate-limiter", "--wav", wav.to_str().unwrap()]).await;
    ran.failed(6, &["viva models fetch"]);
}

#[tokio::test]
async fn a_wrong_setting_in_the_file_names_the_file_and_the_nearest_key() {
    let home = Home::new().set("practice.prboes", "3");
    let file = home.config_folder().join("config.toml");
    home.viva(&["config"]).await.failed(2, &[file.to_str().unwrap(), "practice.prboes", "`practice.probes`"]);
    assert_eq!(Home::new().viva(&["config", "--path"]).await.ok().lines().count(), 1);
}

#[tokio::test]
async fn settings_are_shown_with_the_layer_they_came_from() {
    let home = Home::new().environment("VIVA_PRACTICE_LEVEL", "staff");
    let rows = home.viva(&["config", "--json", "--set", "practice.probes=3"]).await.json();
    let layer = |key: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        (row["value"].clone(), row["layer"].as_str().unwrap().to_owned())
    };
    assert_eq!(layer("practice.level"), (json!("staff"), "environment VIVA_PRACTICE_LEVEL".into()));
    assert_eq!(layer("practice.probes"), (json!(3), "flag --set practice.probes".into()));
    assert_eq!(layer("turn.end").1, "default");
    assert!(layer("speech.threads").1.ends_with("config.toml"));
}

#[tokio::test]
async fn the_content_is_in_order_and_a_broken_pack_is_named_by_file_and_line() {
    let home = Home::new();
    assert!(home.viva(&["check"]).await.ok().contains("in order"));
    let prompts = repository().join("prompts");
    home.viva(&["check", prompts.to_str().unwrap()]).await.ok();

    let folder = home.path().join("prompts");
    copy(&prompts, &folder);
    let question = folder.join("packs/distributed-systems/questions/rate-limiter.toml");
    let text = std::fs::read_to_string(&question).unwrap();
    std::fs::write(&question, text.replacen("difficulty = \"medium\"", "dificulty = \"medium\"", 1)).unwrap();
    let ran = home.viva(&["check", folder.to_str().unwrap()]).await;
    assert!(ran.out.contains("questions/rate-limiter.toml:4: "), "{}", ran.out);
    assert!(ran.out.contains("difficulty"), "{}", ran.out);
    ran.failed(1, &["problems in the content"]);
    let ran = home.viva(&["check", folder.to_str().unwrap(), "--json"]).await;
    let problems: Value = serde_json::from_str(&ran.out).unwrap();
    let at_line = problems.as_array().unwrap().iter().find(|problem| problem["line"] == 4);
    assert!(at_line.unwrap()["remedy"].as_str().unwrap().contains("Did you mean `difficulty`?"), "{problems}");
    assert_eq!(ran.code, 1);
    home.viva(&["check", "nowhere"]).await.failed(1, &[]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn piped_output_is_plain_and_a_report_is_markdown() {
    let home = Home::new();
    let id = answer_json(&home).await["id"].to_string();
    let commands: [&[&str]; 9] = [
        &["questions"],
        &["show", "rate-limiter"],
        &["history"],
        &["report"],
        &["config"],
        &["models"],
        &["status"],
        &["egress"],
        &["check"],
    ];
    for arguments in commands {
        let ran = home.viva(arguments).await;
        assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "viva {arguments:?}: {}{}", ran.out, ran.err);
        assert!(!ran.out.trim().is_empty(), "viva {arguments:?} prints nothing");
        assert_eq!(ran.code, 0, "viva {arguments:?}: {}", ran.err);
    }
    let ran = home.viva_with_input(&["answer", "-q", "rate-limiter", "--text", "-"], ANSWER).await;
    assert!(!ran.err.contains('\x1b'), "{:?}", ran.err);
    let text = ran.ok();
    assert!(!text.contains('\x1b') && text.contains("token bucket"), "{text}");
    let report = home.viva(&["report", &id]).await.ok();
    assert!(report.starts_with("# Design a rate limiter"), "{report}");
    let parts = [
        "**Fix this first:**",
        "*Practice signal, not a rubric grade:",
        "## Points heard: ",
        "- [x] ",
        "- [ ] ",
        "## The follow-up that fits",
        "## What you said",
        ANSWER,
    ];
    for part in parts {
        assert!(report.contains(part), "{part:?} is not in:\n{report}");
    }
    assert!(!report.contains("## Levels"), "no levels without a judge");
    for command in ["questions", "history", "status", "egress", "models"] {
        home.viva(&[command, "--json"]).await.json();
    }
    if cfg!(feature = "audio") {
        home.viva(&["devices", "--json"]).await.json();
    }
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn the_demonstration_runs_to_its_end_and_leaves_nothing() {
    let home = Home::new();
    let answers = home.viva(&["demo", "--fast", "--json"]).await.json();
    assert_eq!(answers.as_array().unwrap().len(), 1, "{answers}");
    let answer = &answers[0];
    assert_eq!(
        (&answer["source"], &answer["id"], &answer["session"]),
        (&json!("demonstration"), &json!(null), &json!(null))
    );
    assert_eq!(answer["question"]["id"], "rate-limiter");
    let said = std::fs::read_to_string(repository().join("models/synthetic/demonstration.txt")).unwrap();
    let written = answer["transcript"]["text"].as_str().unwrap();
    let rate = crate::home::word_error_rate(&said, written);
    assert!(rate <= 0.2, "word error rate {rate:.2}: {written}");
    assert!(!answer["practice_signal"]["heard"].as_array().unwrap().is_empty());
    assert!(answer["probe"]["text"].is_string());
    assert_eq!(home.viva(&["history", "--json"]).await.json(), json!([]));
    home.viva(&["stop"]).await.ok();
    for (folder, what) in [(home.path().join("tmp"), "temporary folder"), (home.data_folder().join("audio"), "audio")] {
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "{what}");
    }
    assert_eq!(std::fs::read_dir(home.data_folder().join("events")).unwrap().count(), 0);
    assert_eq!(home.files_with("partitioned key value"), [""; 0], "not a word of it is kept");
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn the_demonstration_says_what_it_is() {
    let home = Home::new();
    let ran = home.viva(&["demo", "--fast"]).await;
    assert!(ran.err.contains("Nothing of this was kept"), "{}", ran.err);
    let text = ran.ok();
    for part in ["Demonstration with a synthetic voice", "Question (demonstration)", "partitioned", "follow-up"] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_typed_practice_runs_from_question_to_follow_up_and_back() {
    let home = Home::new();
    let input = format!("{ANSWER}\n.\nIf one gateway is down, the others take over.\n.\n");
    let arguments = ["practice", "rate-limiter", "--typed", "--quiet", "--probes", "1"];
    let text = home.viva_with_input(&arguments, &input).await.ok();
    for part in ["Question", "Design a rate limiter", "Follow-up"] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    let history = home.viva(&["history", "--json"]).await.json();
    assert_eq!(history.as_array().unwrap().len(), 2, "{history}");
    assert_eq!((&history[0]["is_probe"], &history[1]["is_probe"]), (&json!(true), &json!(false)));
    assert_eq!(history[1]["asked"], history[1]["question"]["text"]);
    assert_ne!(history[0]["asked"], history[0]["question"]["text"], "which follow-up it was");
}

#[tokio::test]
async fn a_command_starts_the_daemon_and_says_so() {
    let mut home = Home::new();
    let ran = home.viva(&["questions"]).await;
    assert!(ran.err.contains("Starting the daemon"), "{}", ran.err);
    let first = home.announcement().expect("a daemon runs");
    let ran = home.viva(&["questions"]).await;
    assert!(!ran.err.contains("Starting"), "it runs already: {}", ran.err);
    assert_eq!(home.announcement().unwrap(), first);
    home.attach().await;
    let status = home.viva(&["status", "--json"]).await.json();
    assert_eq!(status["pid"], first["pid"]);
    let parts: Vec<&str> =
        status["readiness"].as_array().unwrap().iter().map(|part| part["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["microphone", "speech model", "llm endpoint", "voice", "store", "packs"]);
    assert!(home.viva(&["logs"]).await.ok().contains("ready"));
    home.viva(&["stop"]).await.ok();
    assert_eq!(home.announcement(), None);
    home.viva(&["status"]).await.failed(3, &["no daemon runs"]);
    // Quiet for programs.
    let ran = home.viva(&["questions", "--json"]).await;
    assert_eq!(ran.err, "");
    ran.json();
}

#[tokio::test]
async fn a_daemon_that_a_command_started_ends_when_nobody_uses_it() {
    use viva::{config, daemon};
    let home = Home::new();
    let file = home.config_folder().join("config.toml");
    let config = config::load(Some(&file), [], &[]).unwrap().config;
    let paths = config::Paths {
        config_dir: home.config_folder(),
        data_dir: home.data_folder(),
        state_dir: home.state_folder(),
    };
    let life = daemon::Life::WhileUsed(std::time::Duration::from_millis(50));
    let listener = daemon::bind(&config, life).await.unwrap();
    let run = daemon::run(config, paths, listener, life, tokio_util::sync::CancellationToken::new());
    tokio::time::timeout(PATIENCE, run).await.expect("it ends by itself").unwrap();
    assert_eq!(home.announcement(), None);
}

#[tokio::test]
async fn what_a_dead_daemon_wrote_down_hinders_nobody() {
    let mut home = Home::with_daemon().await;
    home.answer("rate-limiter", ANSWER).await;
    home.kill();
    assert!(home.announcement().is_some(), "a crash removes nothing");
    home.viva(&["status"]).await.failed(3, &["no daemon runs"]);
    home.viva(&["stop"]).await.failed(3, &["no daemon runs"]);
    let ran = home.viva(&["history"]).await;
    assert!(ran.err.contains("Starting the daemon"), "{}", ran.err);
    assert!(ran.ok().contains("rate limiter"), "the answer is there");
    home.viva(&["stop"]).await.ok();
    std::fs::write(home.state_folder().join("daemon.json"), "{ damaged").unwrap();
    home.viva(&["status"]).await.failed(3, &["no daemon runs"]);
    home.viva(&["history"]).await.ok();
}

/// The port of a dead daemon may be another program's by now.
#[tokio::test]
async fn another_program_at_the_old_port_is_not_taken_for_the_daemon() {
    let stranger = crate::scripted_endpoint::ScriptedEndpoint::start([]).await;
    let mut home = Home::with_daemon().await;
    home.kill();
    let mut written = home.announcement().unwrap();
    written["port"] = json!(stranger.port);
    std::fs::write(home.state_folder().join("daemon.json"), written.to_string()).unwrap();
    home.viva(&["status"]).await.failed(3, &["no daemon runs"]);
    home.viva(&["questions", "--json"]).await.json();
    assert!(stranger.seen().is_empty(), "the token goes to nobody else");
}

#[tokio::test]
async fn one_data_folder_has_one_daemon_and_one_port_one_program() {
    let home = Home::with_daemon().await;
    let pid = home.announcement().unwrap()["pid"].to_string();
    home.viva(&["serve"]).await.failed(1, &["a daemon runs already on this data folder", &pid, "viva stop"]);
    home.get("/api/status").await.expect(200);
    assert_eq!(home.announcement().unwrap()["pid"].to_string(), pid, "the first is still the one that is announced");

    let other = Home::new();
    let taken = format!("daemon.port={}", home.port());
    other.viva(&["serve", "--set", &taken]).await.failed(1, &[&home.port().to_string(), "daemon.port=0"]);
    // One that a command starts takes a free port instead.
    other.viva(&["questions", "--set", &taken]).await.ok();
    assert_ne!(other.announcement().unwrap()["port"], home.port());

    // Two data folders have two daemons.
    let folder = home.path().join("second");
    let second = format!("store.data_dir={}", folder.display());
    home.viva(&["questions", "--set", &second]).await.ok();
    home.viva(&["stop", "--set", &second]).await.ok();
    home.get("/api/status").await.expect(200);
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_stops_the_daemon_in_order() {
    let home = Home::with_daemon().await;
    home.answer("rate-limiter", ANSWER).await;
    let pid = home.announcement().unwrap()["pid"].to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    poll("the end of the daemon", || home.announcement().is_none().then_some(())).await;
    poll("the last line of the log", || home.log().contains("stopped").then_some(())).await;
}

#[tokio::test]
async fn the_page_is_opened_with_a_link_that_works_once() {
    let home = Home::with_daemon().await;
    let link = home.viva(&["open", "--print"]).await.ok();
    assert!(link.trim().starts_with(&format!("http://127.0.0.1:{}/#once=", home.port())), "{link}");
    assert!(!link.contains(home.token()));
}
