//! A person's own packs: begun, listed, laid over the shipped ones; and broken ones, which stop nothing.

use std::fs;

use serde_json::Value;

use crate::home::{Home, repository};

const SHIPPED: &str = "packs/distributed-systems";

/// Writes a file into the config folder.
fn write(home: &Home, path: &str, text: &str) {
    let path = home.config_folder().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn shipped_question(id: &str) -> String {
    fs::read_to_string(repository().join(format!("prompts/{SHIPPED}/questions/{id}.toml"))).unwrap()
}

fn named<'a>(packs: &'a Value, name: &str) -> &'a Value {
    packs.as_array().unwrap().iter().find(|pack| pack["name"] == name).unwrap_or_else(|| panic!("{name}: {packs}"))
}

fn packs_part(status: &Value) -> Value {
    status["readiness"].as_array().unwrap().iter().find(|part| part["part"] == "packs").unwrap().clone()
}

#[tokio::test]
async fn a_new_pack_is_checked_listed_and_asked_without_further_ado() {
    let home = Home::new();
    home.viva(&["questions", "--json"]).await.json(); // a daemon runs
    let told = home.viva(&["packs", "new", "mine"]).await.ok();
    for part in ["mine/pack.toml", "mine-example.toml", "viva practice mine-example", "viva check"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(home.viva(&["check"]).await.ok().contains("in order"));
    let packs = home.viva(&["packs", "--json"]).await.json();
    let mine = named(&packs, "mine");
    assert_eq!((&mine["shipped"], &mine["questions"]), (&false.into(), &1.into()));
    assert_eq!(named(&packs, "distributed-systems")["folder"], Value::Null);
    // The daemon reads it by itself.
    let ran = home.viva(&["show", "mine-example"]).await;
    assert!(ran.err.contains("your packs have changed"), "{}", ran.err);
    assert!(ran.ok().contains("send it again"));
    let ran = home.viva(&["questions", "--pack", "mine"]).await;
    assert!(!ran.err.contains("Restarting"), "once: {}", ran.err);
    assert!(ran.ok().contains("1 question (pack mine)"));

    home.viva(&["packs", "new", "mine"]).await.failed(2, &["is there already"]);
    home.viva(&["packs", "new", "My Pack"]).await.failed(2, &["lower-case letters", "`my-pack`"]);
    home.viva(&["packs", "new", "distributed-systems"]).await.failed(2, &["comes with the program"]);
}

#[tokio::test]
async fn single_questions_are_added_to_the_shipped_pack_and_replace_its_own() {
    let home = Home::new();
    let replaced = shipped_question("gossip").replacen("ask = \"", "ask = \"Well now: ", 1);
    write(&home, &format!("{SHIPPED}/questions/gossip.toml"), &replaced);
    let added = fs::read_to_string(repository().join("src/content/new_pack/question.toml")).unwrap();
    let added = added.replace("PACK-NAME-example", "again").replace("\"basics\"", "\"fundamentals\"");
    write(&home, &format!("{SHIPPED}/questions/again.toml"), &added);
    assert!(home.viva(&["check"]).await.ok().contains("in order"));
    let told = home.viva(&["packs"]).await.ok();
    assert!(told.contains("replaces the shipped questions/gossip.toml"), "{told}");
    assert!(told.contains("adds questions/again.toml"), "{told}");
    let home = home.started().await;
    let page = home.get("/api/questions/gossip").await.expect(200);
    assert!(page["text"].as_str().unwrap().starts_with("Well now: "), "{page}");
    assert_eq!(home.get("/api/questions/again").await.expect(200)["pack"], "distributed-systems");
    assert_eq!(packs_part(&home.get("/api/status").await.expect(200))["ready"], true);
}

#[tokio::test]
async fn a_broken_pack_of_ones_own_stops_nothing() {
    let home = Home::new();
    home.viva(&["packs", "new", "broken"]).await.ok();
    let question = home.config_folder().join("packs/broken/questions/broken-example.toml");
    let text = fs::read_to_string(&question).unwrap().replacen("difficulty", "dificulty", 1);
    fs::write(&question, text).unwrap();
    home.viva(&["packs", "new", "fine"]).await.ok();

    let ran = home.viva(&["questions"]).await;
    for part in ["Packs: some of your own are left out", "broken. ", question.to_str().unwrap(), "`viva check`"] {
        assert!(ran.err.contains(part), "{part:?} is not in: {}", ran.err);
    }
    let list = ran.ok();
    assert!(
        list.contains("fine-example") && list.contains("rate-limiter") && !list.contains("broken-example"),
        "{list}"
    );
    let ran = home.viva(&["questions"]).await;
    assert!(!ran.err.contains("left out"), "said once: {}", ran.err);
    home.viva_with_input(&["answer", "-q", "fine-example", "--text", "-"], "It may have happened already.").await.ok();

    let part = packs_part(&home.viva(&["status", "--json"]).await.json());
    assert_eq!(part["ready"], false);
    assert!(part["detail"].as_str().unwrap().contains("viva check"), "{part}");
    home.viva(&["doctor"]).await.failed(6, &["packs"]);
    assert!(home.viva(&["logs"]).await.ok().contains("left out"), "the log says so, too");
    let ran = home.viva(&["check"]).await;
    assert!(ran.out.contains(&format!("{}:", question.display())), "{}", ran.out);
    assert!(ran.out.contains("Did you mean `difficulty`?"), "{}", ran.out);
    ran.failed(1, &["problems in the content"]);
    let packs = home.viva(&["packs", "--json"]).await.json();
    assert_eq!(named(&packs, "broken")["left_out"], serde_json::json!([""]));
    assert_eq!(named(&packs, "fine")["problems"], serde_json::json!([]));

    // Mended, it is there at once.
    fs::remove_file(&question).unwrap();
    fs::remove_dir_all(home.config_folder().join("packs/broken")).unwrap();
    home.viva(&["questions"]).await.ok();
    let status = home.viva(&["status", "--json"]).await.json();
    assert_eq!(packs_part(&status)["ready"], true, "{status}");
}

/// The first pack by name has mistakes of its own; they are no other pack's.
#[tokio::test]
async fn a_question_is_listened_to_with_the_mistakes_of_its_own_pack() {
    let home = Home::new();
    home.viva(&["packs", "new", "aaa"]).await.ok();
    let own = "[[mistakes]]\nid = 'elephant'\ntitle = 'Speaks of elephants'\nadvice = 'Speak of requests.'\n\
               heard = { when = 'said', any = ['purple elephant'] }\n";
    write(&home, "packs/aaa/mistakes.toml", own);
    let home = home.started().await;
    let heard = |answer: Value| {
        let ids =
            answer["mistakes"].as_array().unwrap().iter().map(|mistake| mistake["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let said = "I would use Redis and a purple elephant.";
    assert_eq!(heard(home.answer("aaa-example", said).await), ["elephant"]);
    let of_shipped = heard(home.answer("rate-limiter", said).await);
    assert!(!of_shipped.is_empty() && !of_shipped.contains(&"elephant".to_owned()), "{of_shipped:?}");
    // Free words are served by the first pack.
    assert_eq!(heard(home.answer("How would you keep an elephant?", said).await), ["elephant"]);
}

#[tokio::test]
async fn plans_and_drills_are_read_without_a_daemon() {
    let home = Home::new();
    let list = home.viva(&["plans"]).await.ok();
    for id in ["seven-days", "clarification", "failure-modes", "pressure"] {
        assert!(list.contains(id), "{id} is not in:\n{list}");
    }
    let plan = home.viva(&["plans", "seven-days"]).await.ok();
    for part in ["Day 1", "Day 7", "viva practice rate-limiter", "drill: data-model"] {
        assert!(plan.contains(part), "{part:?} is not in:\n{plan}");
    }
    let drill = home.viva(&["plans", "trade-off"]).await.ok();
    assert!(drill.contains("The pairs"), "{drill}");
    let wrong = home.viva(&["plans", "seven-day"]).await;
    assert_eq!(wrong.code, 5);
    assert!(wrong.err.contains("seven-days"), "{}", wrong.err);
}
