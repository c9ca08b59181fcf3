//! The page in a real browser: in by the one-time link, a typed answer with its follow-up, the result, the history.
//!
//! Needs chromedriver and chromium; without them the test says so and passes, unless `VIVA_REQUIRE` names `browser`.

use std::{
    io::{BufRead, BufReader},
    panic::AssertUnwindSafe,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use viva::api;

use self::real_daemon::Home;

#[path = "../real_daemon/mod.rs"]
mod real_daemon;

/// How long anything on the page may take.
const PATIENCE: Duration = Duration::from_secs(30);

const ANSWER: &str = "I would keep a token bucket for each API key, so that a short burst goes through and the average \
                      holds. <b>Over the limit</b> a client gets a 429 with Retry-After.";

#[tokio::test]
async fn an_answer_is_typed_in_a_browser() {
    let Some(driver) = Driver::start() else { return };
    let mut home = Home::new();
    home.set("voice.engine=none");
    let daemon = home.daemon().await;
    let link: api::PageLink =
        daemon.client.send(reqwest::Method::POST, "/api/links", &json!({})).await.expect("a one-time link");
    answer_by_typing(&link.url, driver.port).await;

    let history = daemon.history().await;
    assert_eq!(history.len(), 2, "{history:?}");
    let opening = history.iter().find(|answer| !answer.is_probe).expect("the opening answer");
    assert_eq!(daemon.answer(opening.id).await.transcript.text, ANSWER);
}

#[tokio::test]
async fn a_finding_is_heard_and_called_wrong_in_a_browser() {
    if !cfg!(feature = "whisper") {
        return;
    }
    let Some(driver) = Driver::start() else { return };
    let mut home = Home::new();
    home.set("voice.engine=none");
    let daemon = home.daemon().await;
    let wav =
        std::fs::File::open(real_daemon::repository("tests/fixtures/voice/sample-multi-2.wav")).expect("a recording");
    let about = api::NewRecording { question: "rate-limiter".into(), ..Default::default() };
    let id = daemon.client.send_recording(wav, &about).await.expect("an answer").id.expect("it is kept");
    let link: api::PageLink =
        daemon.client.send(reqwest::Method::POST, "/api/links", &json!({})).await.expect("a one-time link");
    on_the_page(driver.port, async |page| {
        page.goto(&link.url).await.expect("the page opens");
        seen(page, "#questions input").await;
        let go = format!("location.hash = '#/answers/{id}'");
        page.execute(&go, Vec::new()).await.expect("the answer");
        click(page, "#kept-body button.play").await;
        is_so(page, "document.querySelector('#kept-body audio')?.currentTime > 0").await;
        is_so(page, "document.querySelector('#kept-body audio').paused").await; // at the end of the words, not of the recording
        is_so(page, "!document.querySelector('#kept-body audio').ended").await;

        click(page, "#kept-body button.wrong").await;
        keys(page, "#kept-body .why input", "I said more <b>than that</b>").await;
        click(page, "#kept-body .why button[type=submit]").await;
        reads(page, "#kept-body .objection", "You marked this as wrong: I said more <b>than that</b>").await;
        let n = "document.activeElement.closest('.doubt')?.dataset.n > 0";
        is_so(page, n).await; // the keyboard stays where it was
    })
    .await;
    assert_eq!(daemon.answer(id).await.objections.len(), 1);
}

#[tokio::test]
async fn a_pressure_drill_is_held_in_a_browser() {
    let Some(driver) = Driver::start() else { return };
    let mut home = Home::new();
    for setting in ["voice.engine=none", "turn.end=pause", "practice.level=staff"] {
        home.set(setting);
    }
    let daemon = home.daemon().await;
    let link: api::PageLink =
        daemon.client.send(reqwest::Method::POST, "/api/links", &json!({})).await.expect("a one-time link");
    on_the_page(driver.port, async |page| {
        page.goto(&link.url).await.expect("the page opens");
        keys(page, "#search", "public HTTP API").await;
        keys(page, "#questions input[value='rate-limiter']", " ").await;
        click(page, "#ways summary").await;
        reads(page, "#ends", "You need not press anything").await;
        is_so(page, "document.querySelector('#level').selectedOptions[0].textContent === 'as configured: staff'").await;
        click(page, "#by-drill").await; // no microphone: it is typed
        reads(page, "#phase", "You have the floor").await;
        send(page, ANSWER).await;

        // Each rung stands in the list, those ahead by their number alone.
        for rung in 1..=4 {
            reads(page, "#eyebrow", &format!("Rung {rung} of 4")).await;
            let list = format!(
                "document.querySelectorAll('#rungs li').length === 4 && \
                 document.querySelectorAll('#rungs .broke').length === {} && \
                 document.querySelectorAll('#rungs .now').length === 1",
                rung - 1
            );
            is_so(page, &list).await;
            let asked = "document.querySelector('#rungs .now p').textContent";
            is_so(page, &format!("document.querySelector('#asked').textContent.endsWith({asked})")).await;
            reads(page, "#phase", "You have the floor").await;
            send(page, "It would scale.").await;
        }
        reads(page, "#eyebrow", "Once more?").await;
        reads(page, "#asked", "You survived none of 4 rungs").await;
        reads(page, "#phase", "Once more? Yes or no").await;
        click(page, "#end-turn").await;
        reads(page, "#eyebrow", "Rung 1 of 4").await;
        reads(page, "#phase", "You have the floor").await;
        send(page, "It would scale.").await;

        reads(page, "#eyebrow", "Result").await;
        reads(page, "#rungs", "Again: Broke:").await;
        reads(page, "#rungs .verdict", "You survived none of 4 rungs").await;
        reads(page, "#again", "Take the drill again").await;
        let twice = "const all = [...document.querySelectorAll('#notices .note')].map(note => note.textContent); \
                     return new Set(all).size === all.length";
        assert_eq!(page.execute(twice, Vec::new()).await.expect("the notices"), json!(true));

        click(page, "#over a").await;
        reads(page, "#history li:first-child .facts", "follow-up").await;
        reads(page, "#history li:last-child .ask", "rate limiter").await;
    })
    .await;
}

/// Opens the one-time link `page_url`, types an answer and one to its follow-up, and looks at what the page makes of it.
pub async fn answer_by_typing(page_url: &str, webdriver_port: u16) {
    on_the_page(webdriver_port, async |page| practise(page, page_url).await).await;
}

/// Does something in a browser of its own, which is closed in any case, and holds what its console complains of against it.
async fn on_the_page(webdriver_port: u16, does: impl AsyncFnOnce(&Client)) {
    let page = open_browser(webdriver_port).await;
    let told = AssertUnwindSafe(does(&page)).catch_unwind().await;
    let complaints = complaints(&page, webdriver_port).await;
    let _ = page.close().await; // else the browser outlives the test
    if let Err(panic) = told {
        eprintln!("the console of the page: {complaints:#?}");
        std::panic::resume_unwind(panic);
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

async fn practise(page: &Client, page_url: &str) {
    page.goto(page_url).await.expect("the page opens");
    seen(page, "#questions input[value='rate-limiter']").await;
    let address = page.current_url().await.expect("an address");
    assert_eq!(address.fragment(), None, "the code is still in the address");

    filter(page).await;
    keys(page, "#search", "public HTTP API").await;
    reads(page, "#count", "(1 of ").await;
    click(page, "#questions label:has(input[value='rate-limiter'])").await;
    seen(page, "#probes").await.select_by_label("1").await.expect("one follow-up");
    click(page, "#by-typing").await;
    reads(page, "#phase", "You have the floor").await;
    reads(page, "#asked", "rate limit").await;
    send(page, ANSWER).await;

    reads(page, "#eyebrow", "Follow-up 1").await;
    reads(page, "#reason", "Asked because").await;
    reads(page, "#phase", "You have the floor").await;
    let probe = text(page, "#asked").await;
    send(page, "They answer from a local estimate for that half minute, and correct it when the store is back.").await;

    reads(page, "#eyebrow", "Result").await;
    let result = text(page, "#exchanges").await;
    for part in ["Practice signal, not a rubric grade", "One thing to fix first", "Points heard", probe.as_str()] {
        assert!(result.contains(part), "{part:?} is not in: {result}");
    }
    seen(page, "#exchanges .list.heard q").await;
    let script = "return [...document.querySelector('.spoken').children].map(line => line.textContent).join(' ')";
    let words = page.execute(script, Vec::new()).await.expect("the words");
    assert_eq!(words, json!(ANSWER), "shown as it was typed");

    click(page, "#exchanges .excellent summary").await;
    reads(page, "#exchanges .excellent", "of the question heard").await;
    seen(page, "#exchanges .excellent .heard q").await;
    seen(page, "#exchanges .excellent .missing").await;

    page.set_window_size(360, 780).await.expect("a narrow window");
    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(page.execute(script, Vec::new()).await.expect("a width"), json!(0), "the page is wider than the window");

    click(page, "#over a").await;
    seen(page, "#history a").await;
    page.refresh().await.expect("the page again");
    click(page, "#history li:last-child a").await; // the token is kept for this tab
    reads(page, "#kept-body", "Practice signal").await;
}

/// Narrows the list by keyboard and widens it again.
async fn filter(page: &Client) {
    let all = text(page, "#count").await;
    keys(page, "#narrow summary", &char::from(Key::Enter).to_string()).await;
    keys(page, "#by-difficulty", "hard").await;
    reads(page, "#count", " of ").await;
    let script = "return [...document.querySelectorAll('#questions label .facts')].every(facts => facts.textContent.startsWith('hard'))";
    assert_eq!(page.execute(script, Vec::new()).await.expect("the list"), json!(true));
    reads(page, "#narrowed", "(in use)").await;
    click(page, "#widen").await;
    reads(page, "#count", &all).await;
    page.set_window_size(360, 780).await.expect("a narrow window");
    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(
        page.execute(script, Vec::new()).await.expect("a width"),
        json!(0),
        "the filters are wider than the window"
    );
    page.set_window_size(1200, 900).await.expect("a wide window");
    click(page, "#narrow summary").await;
}

/// Types into the answer's field and sends it by keyboard.
async fn send(page: &Client, text: &str) {
    keys(page, "#text", text).await;
    keys(page, "#text", &format!("{}{}", char::from(Key::Control), char::from(Key::Enter))).await;
}

/// The element, once it is there to be seen.
async fn seen(page: &Client, css: &str) -> Element {
    let look = async {
        loop {
            if let Ok(element) = page.find(Locator::Css(css)).await
                && element.is_displayed().await.unwrap_or(false)
            {
                return element;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{css} is not to be seen"))
}

/// Clicks it. What was found may be drawn anew before it is clicked: then it is looked for again.
async fn click(page: &Client, css: &str) {
    let begun = Instant::now();
    while let Err(error) = seen(page, css).await.click().await {
        assert!(begun.elapsed() < PATIENCE, "{css} cannot be clicked: {error}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Its text, likewise.
async fn text(page: &Client, css: &str) -> String {
    let begun = Instant::now();
    loop {
        match seen(page, css).await.text().await {
            Ok(text) => return text,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{css} cannot be read: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Types into it, likewise. A field that was drawn anew is empty again.
async fn keys(page: &Client, css: &str, keys: &str) {
    let begun = Instant::now();
    while let Err(error) = seen(page, css).await.send_keys(keys).await {
        assert!(begun.elapsed() < PATIENCE, "{css} cannot be typed into: {error}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Waits until the element reads so.
async fn reads(page: &Client, css: &str, part: &str) {
    let mut last = String::new();
    let look = async {
        loop {
            if let Ok(element) = page.find(Locator::Css(css)).await {
                last = element.text().await.unwrap_or_default();
            }
            if last.contains(part) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, look).await;
    assert!(found.is_ok(), "{css} reads {last:?}, not {part:?}");
}

/// Waits until this is true on the page.
async fn is_so(page: &Client, condition: &str) {
    let begun = Instant::now();
    let script = format!("return Boolean({condition})");
    while page.execute(&script, Vec::new()).await.ok() != Some(json!(true)) {
        assert!(begun.elapsed() < PATIENCE, "never so: {condition}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn open_browser(webdriver_port: u16) -> Client {
    let options = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--window-size=1200,900",
        ]},
    });
    let Value::Object(capabilities) = options else { unreachable!("written above") };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(&format!("http://127.0.0.1:{webdriver_port}")).await.expect("chromedriver starts chromium")
}

/// Errors and warnings on the page's console, by the log that chromedriver keeps.
async fn complaints(page: &Client, webdriver_port: u16) -> Vec<String> {
    let Ok(Some(session)) = page.session_id().await else { return vec!["the browser has gone".into()] };
    let _ = rustls::crypto::ring::default_provider().install_default(); // the client wants one even where nothing is encrypted
    let log = reqwest::Client::builder().no_proxy().build().expect("a client");
    let address = format!("http://127.0.0.1:{webdriver_port}/session/{session}/se/log");
    let reply = log.post(address).json(&json!({"type": "browser"})).send().await.expect("the console's log");
    let reply: Value = reply.json().await.expect("JSON");
    let entries = reply["value"].as_array().cloned().unwrap_or_else(|| panic!("no log: {reply}"));
    let is_complaint = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
    entries.iter().filter(is_complaint).map(|entry| entry["message"].to_string()).collect()
}

/// A chromedriver of one's own on a free port; dropping it ends it.
pub struct Driver {
    process: Child,
    pub port: u16,
}

impl Driver {
    /// `None` where there is no chromedriver: the reason is printed, and kept for the count at the end of `make test`.
    pub fn start() -> Option<Self> {
        let spawned = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = match spawned {
            Ok(process) => process,
            Err(error) => {
                skip(&format!(
                    "the page in a browser: chromedriver cannot be started ({error}); Debian: chromium-driver"
                ));
                return None;
            }
        };
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port =
            lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line)).expect("chromedriver names its port");
        std::thread::spawn(move || lines.for_each(drop)); // a full pipe would stop it
        Some(Self { process, port })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in "ChromeDriver was started successfully on port 40123."
fn port_in(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

fn skip(why: &str) {
    let required = std::env::var("VIVA_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|part| part == "browser"), "{why}");
    eprintln!("skipped: {why}");
    if let Some(list) = std::env::var_os("VIVA_SKIPPED") {
        use std::io::Write;
        let mut list =
            std::fs::OpenOptions::new().create(true).append(true).open(list).expect("the list of what was skipped");
        writeln!(list, "{why}").expect("written");
    }
}
