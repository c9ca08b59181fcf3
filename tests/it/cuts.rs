//! A reply that is cut at every byte, head included: it ends in the judgement that the whole reply says, in "ungraded" with
//! the reason, or in the practice signal; never in another number, and the key is in no text and no log.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tracing_subscriber::fmt::MakeWriter;
use viva::{
    interview::assessment::Assessment,
    llm::{
        endpoint::{Dialect, Limits, Traffic},
        rung::RungMemory,
    },
};

use crate::{
    endpoint::{KEY, SPOKEN, answers, endpoint_in, judged_at, levels, limits},
    scripted_endpoint::Play,
};

/// Judgements at a time.
const AT_ONCE: usize = 8;

/// A server that sends the first bytes of `reply` and hangs up. How many, the name of the model says: "cut-123".
fn serve_cut(reply: Vec<u8>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let reply = Arc::new(reply);
    std::thread::spawn(move || {
        let hands: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (listener, reply) = (listener.try_clone().unwrap(), Arc::clone(&reply));
                std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &reply)))
            })
            .collect();
        hands.into_iter().for_each(|hand| hand.join().unwrap());
    });
    address
}

fn answer(mut stream: TcpStream, reply: &[u8]) {
    let mut request = Vec::new();
    let mut buffer = [0; 64 << 10];
    let whole = |request: &[u8]| {
        let text = String::from_utf8_lossy(request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        length.is_none_or(|length: usize| body.len() >= length)
    };
    while !whole(&request) {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&request);
    let cut = text.split("\"cut-").nth(1).and_then(|rest| rest.split('"').next()?.parse::<usize>().ok());
    let _ = stream.write_all(&reply[..cut.unwrap().min(reply.len())]);
    let _ = stream.shutdown(Shutdown::Write);
    // Until the other side has hung up, so that nothing is lost in a reset.
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
}

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Cuts at every `step`th byte.
async fn check_cuts(dialect: Dialect, play: Play, step: usize) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // This thread only, on which everything but the server runs.
    let _guard = tracing::subscriber::set_default(subscriber);
    let reply = play.bytes();
    let length = reply.len();
    let head = reply.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let base = serve_cut(reply);
    let quick = Limits { backoff: Duration::from_micros(1), retries: 1, ..limits() };
    let calls = Arc::new(Mutex::new(Vec::<Traffic>::new()));
    let heard = Arc::clone(&calls);
    let endpoint =
        endpoint_in(dialect, &base, quick).observed_by(Arc::new(move |traffic| heard.lock().unwrap().push(traffic)));
    let judged: Vec<(usize, Assessment)> = stream::iter((0..=length).rev().step_by(step))
        .map(|cut| {
            let endpoint = endpoint.with_model(format!("cut-{cut}"));
            async move {
                let outcome = judged_at(SPOKEN, &endpoint, &mut RungMemory::default()).await;
                assert!(!format!("{outcome:?}").contains(KEY), "shows the key, cut at {cut}");
                (cut, outcome.assessment)
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut judgements = 0;
    for (cut, assessment) in judged {
        match assessment {
            Assessment::Judged(judgement) => {
                judgements += 1;
                assert_eq!(levels(&judgement), [Some(2), Some(0)], "{dialect:?} cut at {cut} of {length}");
            }
            Assessment::Ungraded { why } => {
                assert!(cut < length && cut >= head, "{dialect:?} cut at {cut} of {length}: {why}");
                assert!(why.contains("broke off") || why.contains("body is empty"), "{dialect:?} cut at {cut}: {why}");
            }
            Assessment::PracticeSignal { why } => {
                assert!(cut < head && why.contains("nothing answers"), "{dialect:?} cut at {cut} (head {head}): {why}");
            }
        }
    }
    let cuts = length / step;
    assert!((1..cuts).contains(&judgements), "{dialect:?}: {judgements} judgements of {cuts} cuts");
    let calls = calls.lock().unwrap();
    assert!(calls.len() >= 2 * (cuts - judgements), "every cut was tried again: {} calls", calls.len());
    assert!(!format!("{calls:?}").contains(KEY), "what goes to the egress record");
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(log.contains("judged"), "something was logged");
    for secret in [KEY, "queue in front", "delivered again"] {
        assert!(!log.contains(secret), "{dialect:?}: {secret:?} is in the log");
    }
}

#[tokio::test]
async fn an_openai_stream_cut_at_every_byte() {
    check_cuts(Dialect::OpenAi, Play::says(Dialect::OpenAi, &answers().to_string()), 1).await;
}

#[tokio::test]
async fn an_anthropic_stream_cut_at_every_byte() {
    check_cuts(Dialect::Anthropic, Play::says(Dialect::Anthropic, &answers().to_string()), 1).await;
}

#[tokio::test]
async fn an_ollama_stream_cut_at_every_byte() {
    check_cuts(Dialect::Ollama, Play::says(Dialect::Ollama, &answers().to_string()), 1).await;
}

#[tokio::test]
async fn a_body_that_is_no_stream_cut_in_many_places() {
    for dialect in Dialect::ALL {
        check_cuts(dialect, Play::whole(dialect, &answers().to_string()), 7).await;
    }
}
