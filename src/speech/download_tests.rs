//! Downloads from a server in the same process that behaves as servers do: well, cut, without ranges, wrong, closed.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response as Reply},
    routing::get,
};

use super::*;

/// How the server answers, one entry per request; the last one for all further requests.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Knows ranges and sends all.
    Well,
    /// Knows ranges and breaks off after so many bytes.
    Cut(usize),
    /// Sends all from the start, whatever was asked.
    NoRange,
    Status(u16),
    /// Other bytes of the same length.
    Wrong,
    /// More bytes than the listed file has.
    Longer,
    /// Sends so many bytes and then nothing more.
    Stalls(usize),
}

struct Server {
    manners: Vec<Manner>,
    /// The Range header of each request.
    ranges: Vec<Option<String>>,
}

fn content() -> Vec<u8> {
    (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

async fn serve(manners: &[Manner]) -> (String, Arc<Mutex<Server>>) {
    let server = Arc::new(Mutex::new(Server { manners: manners.to_vec(), ranges: Vec::new() }));
    let app = Router::new().route("/m.bin", get(answer)).with_state(server.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/m.bin", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, server)
}

async fn answer(State(server): State<Arc<Mutex<Server>>>, headers: HeaderMap) -> Reply {
    let manner = {
        let mut server = server.lock().unwrap();
        let range = headers.get(header::RANGE).map(|value| value.to_str().unwrap().to_owned());
        server.ranges.push(range);
        if server.manners.len() > 1 { server.manners.remove(0) } else { server.manners[0] }
    };
    let whole = content();
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().unwrap()[6..].split('-').next());
    let from: usize = asked.map_or(0, |n| n.parse().unwrap());
    let ranged = |body: Body| match from {
        0 => body.into_response(),
        _ => {
            let range = format!("bytes {from}-{}/{}", whole.len() - 1, whole.len());
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, range)], body).into_response()
        }
    };
    let part = |n: usize| Ok::<_, io::Error>(Bytes::copy_from_slice(&whole[from..from + n]));
    match manner {
        Manner::Well if from >= whole.len() => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        Manner::Well => ranged(Body::from(whole[from..].to_vec())),
        Manner::Cut(n) => {
            let cut = futures_util::stream::once(async {
                for _ in 0..10 {
                    tokio::task::yield_now().await; // what was sent so far goes out while the body has nothing to give
                }
                Err(io::Error::other("cut"))
            });
            let broken = futures_util::stream::iter([part(n)]).chain(cut);
            ranged(Body::from_stream(broken))
        }
        Manner::Stalls(n) => {
            let stalled = futures_util::stream::iter([part(n)]).chain(futures_util::stream::pending());
            ranged(Body::from_stream(stalled))
        }
        Manner::NoRange => whole.into_response(),
        Manner::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Wrong => vec![7u8; whole.len()].into_response(),
        Manner::Longer => [whole, vec![1; 10]].concat().into_response(),
    }
}

fn model(addresses: &[&str]) -> Model {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x");
    std::fs::write(&file, content()).unwrap();
    Model {
        name: "test".to_owned(),
        file: "m.bin".to_owned(),
        bytes: content().len() as u64,
        sha256: models::sha256(&file).unwrap(),
        addresses: addresses.iter().map(|&a| a.to_owned()).collect(),
        licence: "none".to_owned(),
        about: String::new(),
        bundled: false,
    }
}

const QUICK: Limits = Limits { connect: Duration::from_secs(5), idle: Duration::from_millis(300) };

async fn get_it(model: &Model, dir: &Path) -> Result<Downloaded, DownloadError> {
    fetch(model, dir, QUICK, |_| {}).await
}

fn is_there(dir: &Path) -> bool {
    let whole = std::fs::read(dir.join("m.bin")).is_ok_and(|bytes| bytes == content());
    whole && !dir.join("m.bin.part").exists()
}

#[tokio::test]
async fn a_model_is_fetched_whole_and_not_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (address, server) = serve(&[Manner::Well]).await;
    let model = model(&[&address]);
    let mut seen = Vec::new();
    let folder = dir.path().join("new/folder");
    let done = download(&model, &folder, |progress| seen.push(progress)).await.unwrap();
    assert_eq!((done.host.as_deref(), done.received), (Some("127.0.0.1"), 200_000));
    assert!(is_there(&folder));
    assert_eq!(*seen.last().unwrap(), Progress { done: 200_000, total: 200_000 });
    assert!(seen.is_sorted_by_key(|progress| progress.done));

    let again = download(&model, &folder, |_| {}).await.unwrap();
    assert_eq!((again.host, again.received), (None, 0));
    assert_eq!(server.lock().unwrap().ranges, [None]);
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (address, server) = serve(&[Manner::Cut(70_000), Manner::Well]).await;
    let model = model(&[&address]);
    let message = get_it(&model, dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("70000 of 200000") && message.contains("same command again"), "{message}");
    assert!(!dir.path().join("m.bin").exists());

    let done = get_it(&model, dir.path()).await.unwrap();
    assert_eq!(done.received, 130_000);
    assert!(is_there(dir.path()));
    assert_eq!(server.lock().unwrap().ranges, [None, Some("bytes=70000-".to_owned())]);
}

#[tokio::test]
async fn a_stalled_download_is_given_up_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _server) = serve(&[Manner::Stalls(50_000), Manner::Well]).await;
    let model = model(&[&address]);
    assert!(matches!(get_it(&model, dir.path()).await, Err(DownloadError::CutOff { done: 50_000, .. })));
    assert_eq!(get_it(&model, dir.path()).await.unwrap().received, 150_000);
}

#[tokio::test]
async fn a_server_without_ranges_is_read_from_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _server) = serve(&[Manner::Cut(70_000), Manner::NoRange]).await;
    let model = model(&[&address]);
    get_it(&model, dir.path()).await.unwrap_err();
    assert_eq!(get_it(&model, dir.path()).await.unwrap().received, 200_000);
    assert!(is_there(dir.path()));
}

#[tokio::test]
async fn a_part_file_that_is_complete_is_only_checked() {
    let dir = tempfile::tempdir().unwrap();
    let (address, server) = serve(&[Manner::Well]).await;
    std::fs::write(dir.path().join("m.bin.part"), content()).unwrap();
    assert_eq!(get_it(&model(&[&address]), dir.path()).await.unwrap().received, 0);
    assert!(is_there(dir.path()) && server.lock().unwrap().ranges.is_empty());
}

#[tokio::test]
async fn another_file_than_the_listed_one_is_thrown_away() {
    for (manner, why) in [(Manner::Wrong, "SHA-256"), (Manner::Longer, "longer")] {
        let dir = tempfile::tempdir().unwrap();
        let (address, _server) = serve(&[manner]).await;
        let message = get_it(&model(&[&address]), dir.path()).await.unwrap_err().to_string();
        assert!(message.contains(why) && message.contains("thrown away"), "{message}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_part_that_is_not_the_beginning_of_the_file_is_replaced() {
    for length in [1000, 200_000, 300_000] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("m.bin.part"), vec![9; length]).unwrap();
        let (address, _server) = serve(&[Manner::Well]).await;
        get_it(&model(&[&address]), dir.path()).await.unwrap();
        assert!(is_there(dir.path()));
    }
}

#[tokio::test]
async fn the_addresses_are_tried_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (refusing, _first) = serve(&[Manner::Status(401)]).await;
    let (wrong, _second) = serve(&[Manner::Wrong]).await;
    let (good, third) = serve(&[Manner::Well]).await;
    let unused = model(&["http://127.0.0.1:1/m.bin", &refusing, &wrong, &good]);
    get_it(&unused, dir.path()).await.unwrap();
    assert!(is_there(dir.path()));
    assert_eq!(third.lock().unwrap().ranges, [None]);
}

#[tokio::test]
async fn every_failure_names_the_host_and_the_remedy() {
    let dir = tempfile::tempdir().unwrap();
    for status in [401, 404, 500] {
        let (address, _server) = serve(&[Manner::Status(status)]).await;
        let message = get_it(&model(&[&address]), dir.path()).await.unwrap_err().to_string();
        let put_at = format!("put it at {}", dir.path().join("m.bin").display());
        assert!(message.starts_with("127.0.0.1 refused m.bin") && message.contains(&status.to_string()), "{message}");
        assert!(message.contains(&put_at) && !message.contains('\n'), "{message}");
    }
    for address in ["http://127.0.0.1:1/m.bin", "http://viva.invalid/m.bin"] {
        let message = get_it(&model(&[address]), dir.path()).await.unwrap_err().to_string();
        assert!(message.starts_with("no network: ") && message.contains("put it at"), "{message}");
        assert!(message.contains(&host_of(address)) && !message.contains('\n'), "{message}");
    }
    let message = get_it(&model(&[]), dir.path()).await.unwrap_err().to_string();
    assert!(message.contains("part of the program"), "{message}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let (address, server) = serve(&[Manner::Well]).await;
    let message = get_it(&model(&[&address, &address]), &file.join("models")).await.unwrap_err().to_string();
    assert!(message.starts_with("cannot write ") && message.contains("permissions"), "{message}");
    assert!(server.lock().unwrap().ranges.is_empty());
}
