//! The API: its document, answers by text and by recording, limits, reading, mending, forgetting.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use viva::http::{ROUTES, WITHOUT_TOKEN};

#[cfg(feature = "whisper")]
use crate::home::word_error_rate;
use crate::home::{Home, repository};

/// The document names exactly the addresses and methods that the router has.
#[tokio::test]
async fn the_document_and_the_router_agree() {
    let home = Home::with_daemon().await;
    let document = home.get("/api/openapi.json").await.expect(200);
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
        })
        .collect();
    let routed: BTreeSet<(String, String)> = ROUTES
        .iter()
        .filter(|route| !WITHOUT_TOKEN.contains(&route.path))
        .flat_map(|route| route.methods.iter().map(|method| (route.path.to_owned(), method.to_string())))
        .collect();
    assert_eq!(described, routed);
    for (path, method) in &described {
        let operation = &document["paths"][path][method.to_lowercase()];
        let says = operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or_default();
        assert!(says.len() > 10, "{method} {path} is not described");
    }
    check_references(&document, &document);
}

/// Every `$ref` leads somewhere.
fn check_references(document: &Value, at: &Value) {
    match at {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let place = reference.trim_start_matches('#');
                assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
            }
            members.values().for_each(|member| check_references(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| check_references(document, item)),
        _ => {}
    }
}

/// The methods in the list of routes are the ones that the router takes.
#[tokio::test]
async fn the_list_of_routes_names_the_methods_that_are_taken() {
    let home = Home::with_daemon().await;
    for route in ROUTES.iter().filter(|route| route.path != "/api/stop") {
        let path = route.path.replace("{id}", "999");
        let taken = [
            ("GET", home.get(&path).await.status),
            ("POST", home.post(&path, &json!({})).await.status),
            ("PUT", home.put(&path, &json!({})).await.status),
            ("DELETE", home.delete(&path).await.status),
        ];
        let taken: Vec<&str> = taken.iter().filter(|(_, status)| *status != 405).map(|(method, _)| *method).collect();
        assert_eq!(taken, route.methods, "{path}");
    }
}

#[tokio::test]
async fn a_typed_answer_gets_the_practice_signal_and_a_follow_up() {
    let home = Home::with_daemon().await;
    let text = "I would use a token bucket, because a fixed window lets nearly twice the limit through. \
                If the store is down we fail open for reads and fail closed for logins.";
    let answer = home.answer("rate-limiter", text).await;
    assert_eq!(answer["question"]["id"], "rate-limiter");
    assert_eq!((&answer["source"], &answer["state"]), (&json!("text"), &json!("complete")));
    assert_eq!(answer["transcript"]["text"].as_str().unwrap(), text);
    assert_eq!(answer["transcript"]["segments"].as_array().unwrap().len(), 2);
    assert_eq!(answer["transcript"]["segments"][0]["start_s"], Value::Null, "typing has no times");
    let signal = &answer["practice_signal"];
    assert_eq!(signal["knows_question"], true);
    assert!(!signal["heard"].as_array().unwrap().is_empty() && !signal["missing"].as_array().unwrap().is_empty());
    for heard in signal["heard"].as_array().unwrap() {
        let words = heard["evidence"]["text"].as_str().unwrap();
        assert!(!words.is_empty() && text.contains(words), "evidence is cut out of the transcript: {words}");
    }
    assert_eq!(answer["assessment"]["kind"], "practice_signal");
    assert_eq!(answer["assessment"]["levels"], json!({}), "no level without a judge");
    assert_eq!(answer["verdict"], Value::Null);
    assert_eq!(answer["delivery"], Value::Null);
    assert!(answer["probe"]["text"].as_str().unwrap().ends_with('?') && !answer["probe"]["reason"].is_null());

    let again = home.get(&format!("/api/answers/{}", answer["id"])).await.expect(200);
    assert_eq!(again["transcript"], answer["transcript"]);
    assert_eq!(again["practice_signal"], answer["practice_signal"]);
    assert_eq!(again["probe"], answer["probe"]);
}

#[tokio::test]
async fn a_question_in_free_words_gets_no_coverage() {
    let home = Home::with_daemon().await;
    let body = json!({"question": "How would you store ten billion photographs?", "text": "In an object store.",
        "kind": "design", "level": "staff"});
    let answer = home.post("/api/answers", &body).await.expect(201);
    assert_eq!((&answer["question"]["id"], &answer["asked_level"]), (&Value::Null, &json!("staff")));
    assert_eq!(answer["practice_signal"]["knows_question"], false);
    assert!(!answer["probe"]["text"].as_str().unwrap().is_empty(), "a generic follow-up");
    // The words of a known question find it.
    let known = home.answer("Design a rate limiter for a public HTTP API.", "A token bucket.").await;
    assert_eq!(known["question"]["id"], "rate-limiter");
}

#[tokio::test]
async fn what_a_good_answer_says_is_hidden_until_it_was_answered() {
    let home = Home::with_daemon().await;
    let path = "/api/questions/job-queue";
    assert_eq!(home.get(path).await.expect(200)["hidden"], Value::Null);
    let spoilt = home.get(&format!("{path}?spoil=true")).await.expect(200);
    assert!(!spoilt["hidden"]["points"].as_array().unwrap().is_empty());
    home.answer("job-queue", "Workers take jobs under a lease.").await;
    assert_eq!(home.get(path).await.expect(200)["hidden"], spoilt["hidden"]);
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn a_recording_becomes_a_transcript_with_times() {
    let home = Home::with_daemon().await;
    for name in ["sample-answer-1", "sample-multi-1"] {
        let folder = repository().join("tests/fixtures/voice");
        let said = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
        let file = folder.join(format!("{name}.wav"));
        let answer = home.recording("rate-limiter", &file).await.expect(201);
        let written = answer["transcript"]["text"].as_str().unwrap();
        let rate = word_error_rate(&said, written);
        assert!(rate <= 0.2, "{name}: word error rate {rate:.2}: {written}");
        assert_eq!((&answer["source"], &answer["has_audio"]), (&json!("wav"), &json!(true)));
        let sound = hound::WavReader::open(&file).unwrap();
        let length = f64::from(sound.duration()) / f64::from(sound.spec().sample_rate);
        let mut last = 0.0;
        for segment in answer["transcript"]["segments"].as_array().unwrap() {
            let (start, end) = (segment["start_s"].as_f64().unwrap(), segment["end_s"].as_f64().unwrap());
            assert!(last <= start && start < end && end <= length + 0.05, "{name}: {segment} of {length}");
            last = end;
        }
        let delivery = &answer["delivery"];
        assert_eq!(delivery["words"], written.split_whitespace().count(), "{delivery}");
        let turn = delivery["turn_s"].as_f64().unwrap();
        assert!(turn <= length && turn > length - 2.0, "from the first voice to the last: {delivery}, {length}");
        for stage in ["hearing", "decode", "last_text"] {
            assert!(answer["timings_ms"][stage].is_u64(), "{stage}: {}", answer["timings_ms"]);
        }
        let kept = home.get(&format!("/api/answers/{}/audio", answer["id"])).await;
        assert_eq!(kept.status, 200);
    }
    assert!(std::fs::read_dir(home.data_folder().join("uploads")).unwrap().next().is_none(), "uploads are not kept");
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn silence_is_no_answer_and_another_format_is_named_with_the_command() {
    let home = Home::with_daemon().await;
    let post = async |name: &str, bytes: Vec<u8>| {
        home.post_bytes(&format!("/api/answers?question=rate-limiter&name={name}"), "audio/wav", bytes).await
    };
    let mp3 = [b"ID3\x04\0\0\0\0\0\x23".as_slice(), &[0; 2000]].concat();
    post("talk.mp3", mp3).await.refused(400, "bad_request", &["ffmpeg -i talk.mp3 -ar 16000 -ac 1 talk"]);
    post("talk.wav", b"RIFF\x04\0\0\0WAVE".to_vec()).await.refused(400, "bad_request", &["talk.wav"]);
    post("talk.wav", Vec::new()).await.refused(400, "bad_request", &["talk.wav"]);
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    (0..2 * 44_100).for_each(|_| writer.write_sample(0i16).unwrap());
    writer.finalize().unwrap();
    post("quiet.wav", bytes.into_inner()).await.refused(422, "no_speech", &["no speech"]);
    assert_eq!(home.get("/api/answers").await.expect(200), json!([]), "none of it is kept");
    let kept: Vec<_> = std::fs::read_dir(home.data_folder().join("audio")).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn without_a_speech_model_a_recording_is_refused_with_the_remedy() {
    let home = Home::new().set("speech.model", "\"base.en\"").started().await;
    let file = repository().join("tests/fixtures/voice/sample-answer-1.wav");
    home.recording("rate-limiter", &file).await.refused(503, "missing_part", &["viva models fetch"]);
    home.answer("rate-limiter", "Typing works all the same.").await;
}

#[tokio::test]
async fn wrong_requests_are_refused_with_the_remedy() {
    let home = Home::with_daemon().await;
    let json_type = "application/json";
    let post = async |path: &str, body: &str| home.post_bytes(path, json_type, body.as_bytes().to_vec()).await;
    let paths = ["/api/answers", "/api/sessions", "/api/sessions/current/commands", "/api/judge"];
    for path in paths {
        post(path, "{\"question\": ").await.refused(400, "bad_request", &["JSON"]);
        post(path, "{\"nonsense\": 1}").await.refused(422, "bad_request", &[]);
        let untyped = home.post_bytes(path, "text/plain", b"{}".to_vec()).await;
        untyped.refused(415, "bad_request", &["application/json"]);
        let large = home.post_bytes(path, json_type, vec![b' '; viva::api::MAX_BODY + 1]).await;
        assert_eq!(large.status, 413, "{path}: {}", large.text);
    }
    let answer = |question: &str, text: &str| json!({"question": question, "text": text});
    let cases = [
        (answer("rate-limter", "A bucket."), 404, "not_found", "Did you mean `rate-limiter`?"),
        (answer("rate-limiter", "  \n"), 400, "bad_request", "empty"),
        (answer("rate-limiter", &"x".repeat(viva::api::MAX_TEXT + 1)), 400, "bad_request", "64 kilobytes"),
        (answer(&"why ".repeat(600), "Because."), 400, "bad_request", "2000"),
        (json!({"question": "rate-limiter", "text": "x", "level": "boss"}), 400, "bad_request", "mid, senior or staff"),
        (json!({"question": "Why is it so?", "text": "x", "kind": "cooking"}), 400, "bad_request", "design, concept"),
    ];
    for (body, status, code, part) in cases {
        home.post("/api/answers", &body).await.refused(status, code, &[part]);
    }
    home.get("/api/questions/rate-limter").await.refused(404, "not_found", &["`rate-limiter`", "viva questions"]);
    for path in ["/api/answers/7", "/api/answers/7/audio"] {
        home.get(path).await.refused(404, "not_found", &["7"]);
        home.delete(path).await.refused(404, "not_found", &["7"]);
    }
    home.post("/api/answers/7/judge", &json!(null)).await.refused(404, "not_found", &["viva history"]);
    assert_eq!(home.get("/api/answers").await.expect(200), json!([]));
}

/// Said before a byte of the recording is read.
#[tokio::test]
async fn a_recording_that_is_too_large_is_refused_at_once() {
    use std::io::{Read, Write};
    let home = Home::with_daemon().await;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", home.port())).unwrap();
    stream.set_read_timeout(Some(crate::home::PATIENCE)).unwrap();
    let length = viva::api::MAX_UPLOAD + 1;
    write!(
        stream,
        "POST /api/answers?question=rate-limiter HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {}\r\n\
         content-type: audio/wav\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        home.port(),
        home.token()
    )
    .unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 413");
}

/// A refusal that comes before the recording was read would end the connection under who still sends, who would be told
/// that the daemon is gone and not why.
#[tokio::test]
async fn a_recording_that_is_refused_is_read_to_its_end_and_the_connection_is_good_for_more() {
    use std::io::{BufRead, BufReader, Read, Write};
    let home = Home::with_daemon().await;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", home.port())).unwrap();
    stream.set_read_timeout(Some(crate::home::PATIENCE)).unwrap();
    let about = format!("host: 127.0.0.1:{}\r\nauthorization: Bearer {}\r\n", home.port(), home.token());
    let recording = vec![0; 3 * 1024 * 1024];
    write!(
        stream,
        "POST /api/answers?question=no-such-question HTTP/1.1\r\n{about}content-type: audio/wav\r\n\
         content-length: {}\r\n\r\n",
        recording.len()
    )
    .unwrap();
    stream.write_all(&recording).unwrap();
    write!(stream, "GET /api/status HTTP/1.1\r\n{about}\r\n").unwrap();
    let mut replies = BufReader::new(stream);
    for expected in ["HTTP/1.1 404", "HTTP/1.1 200"] {
        let mut head = Vec::new();
        while head.last().is_none_or(|line| line != "\r\n") {
            let mut line = String::new();
            assert!(replies.read_line(&mut line).unwrap() > 0, "the connection ended, expected: {expected}");
            head.push(line);
        }
        assert!(head[0].starts_with(expected), "{head:?}");
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap()];
        replies.read_exact(&mut body).unwrap();
    }
}

#[tokio::test]
async fn a_corrected_answer_keeps_the_raw_words_and_is_marked() {
    let home = Home::with_daemon().await;
    let heard = "We make it item potent with a token bouquet. It is cheap.";
    let answer = home.answer("rate-limiter", heard).await;
    let path = format!("/api/answers/{}/transcript", answer["id"]);
    let points = |answer: &Value| answer["practice_signal"]["heard"].as_array().unwrap().len();
    let short = json!({"segments": ["only one"]});
    home.put(&path, &short).await.refused(400, "bad_request", &["2 segments and the correction 1"]);
    let mended = json!({"segments": [
        "We use a token bucket,  because a fixed window lets twice the limit through.", "It is cheap."]});
    let corrected = home.put(&path, &mended).await.expect(200);
    assert_eq!(corrected["corrected"], true);
    let segments = &corrected["transcript"]["segments"];
    assert_eq!(segments[0]["text"], "We use a token bucket, because a fixed window lets twice the limit through.");
    assert_eq!(segments[0]["raw"], "We make it item potent with a token bouquet.");
    assert_eq!(segments[1].get("raw"), None, "unchanged");
    assert!(points(&corrected) > points(&answer), "the signal follows the words");
    let read = home.get(&format!("/api/answers/{}", answer["id"])).await.expect(200);
    assert_eq!(read["transcript"], corrected["transcript"]);
}

#[tokio::test]
async fn history_shows_the_newest_first() {
    let home = Home::with_daemon().await;
    let mut ids = Vec::new();
    for question in ["rate-limiter", "job-queue", "raft-agreement"] {
        ids.insert(0, home.answer(question, "Three short words.").await["id"].clone());
    }
    let rows = home.get("/api/answers?limit=2").await.expect(200);
    let shown: Vec<Value> = rows.as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(shown, ids[..2]);
    assert_eq!((&rows[0]["words"], &rows[0]["assessment"]), (&json!(3), &json!("practice_signal")));
    assert_eq!(rows[0]["question"]["id"], "raft-agreement");
    assert_eq!(home.get("/api/answers?limt=2").await.status, 400);
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn what_is_forgotten_is_in_no_file() {
    let home = Home::with_daemon().await;
    let first = home.answer("rate-limiter", "The zanzibar counter is quixotic.").await;
    let second = home.answer("job-queue", "A marzipan queue.").await;
    let folder = repository().join("tests/fixtures/voice");
    let spoken = home.recording("rate-limiter", &folder.join("sample-answer-1.wav")).await.expect(201);
    let events = home.data_folder().join("events");
    // A part file and a log line, as a crash may leave them.
    let part = home.data_folder().join(format!("audio/{}-1.wav.part", spoken["session"]));
    std::fs::write(&part, "fencing tokens").unwrap();
    for words in ["zanzibar", "marzipan", "fencing"] {
        assert!(!home.files_with(words).is_empty(), "{words} is kept");
        assert!(!home.log().to_lowercase().contains(words), "{words} is in no log");
    }

    let gone = home.delete(&format!("/api/answers/{}", spoken["id"])).await.expect(200);
    assert_eq!(gone, json!({"answers": 1, "recordings": 1}));
    assert_eq!(home.files_with("fencing"), [""; 0]);
    assert!(!part.exists() && !events.join(format!("{}.jsonl", spoken["session"])).exists());
    home.get(&format!("/api/answers/{}", spoken["id"])).await.refused(404, "not_found", &[]);

    let ran = home.viva(&["forget", &first["id"].to_string()]).await;
    ran.failed(2, &["--yes"]);
    home.viva(&["forget", &first["id"].to_string(), "--yes"]).await.ok();
    assert_eq!(home.files_with("zanzibar"), [""; 0]);
    assert!(!home.files_with("marzipan").is_empty(), "the other answer stays");

    let gone = home.viva(&["forget", "--all", "--yes", "--json"]).await.json();
    assert_eq!(gone["answers"], 1);
    assert_eq!(home.files_with("marzipan"), [""; 0]);
    home.get(&format!("/api/answers/{}", second["id"])).await.refused(404, "not_found", &[]);
    for folder in ["audio", "events", "uploads"] {
        let left = std::fs::read_dir(home.data_folder().join(folder)).into_iter().flatten().count();
        assert_eq!(left, 0, "{folder}");
    }
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn a_recording_can_go_and_its_words_stay() {
    let home = Home::with_daemon().await;
    let folder = repository().join("tests/fixtures/voice");
    let answer = home.recording("rate-limiter", &folder.join("sample-answer-4.wav")).await.expect(201);
    let path = format!("/api/answers/{}", answer["id"]);
    assert_eq!(home.delete(&format!("{path}/audio")).await.expect(200)["recordings"], 1);
    home.get(&format!("{path}/audio")).await.refused(404, "not_found", &["no recording"]);
    let read = home.get(&path).await.expect(200);
    assert_eq!((&read["has_audio"], &read["transcript"]), (&json!(false), &answer["transcript"]));
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn no_recording_is_kept_where_the_settings_say_so() {
    let home = Home::new().set("store.keep_audio_days", "0").started().await;
    let folder = repository().join("tests/fixtures/voice");
    let answer = home.recording("rate-limiter", &folder.join("sample-answer-1.wav")).await.expect(201);
    assert_eq!(answer["has_audio"], false);
    assert_eq!(std::fs::read_dir(home.data_folder().join("audio")).unwrap().count(), 0);
}
