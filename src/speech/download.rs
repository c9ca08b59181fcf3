//! Fetches a listed model: resumes what is there, checks size and SHA-256, and only then gives the file its name.
//!
//! Goes to the addresses of the list and nowhere else, and only when a person asked for it. Knows nothing of progress bars.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Once,
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{Client, Response, StatusCode, header};
use tokio::{
    fs,
    io::{AsyncSeekExt, AsyncWriteExt},
};
use tracing::{debug, info};

use super::models::{self, Model};

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes on disk, with those of an earlier try.
    pub done: u64,
    pub total: u64,
}

/// A file that is whole and in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    pub path: PathBuf,
    /// Host that sent the bytes, for the egress record: where the address redirected to, if it did. `None` when the file
    /// was there already.
    pub host: Option<String>,
    /// Bytes that came over the network this time.
    pub received: u64,
}

/// Why a model could not be fetched. Each message is one line with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("{name} is part of the program and has no address to fetch it from")]
    Bundled { name: String },
    #[error("no network: {host} could not be reached ({why}). Fetch {file} elsewhere and put it at {path}")]
    NoNetwork { host: String, why: String, file: String, path: PathBuf },
    #[error("{host} refused {file} ({status}). Fetch it elsewhere and put it at {path}")]
    Refused { host: String, status: u16, file: String, path: PathBuf },
    #[error(
        "the connection to {host} broke off after {done} of {total} bytes. Run the same command again: it goes on from there"
    )]
    CutOff { host: String, done: u64, total: u64 },
    #[error(
        "{host} sent another file than the listed {file} ({why}); it was thrown away. Fetch it elsewhere and put it at {path}"
    )]
    WrongFile { host: String, file: String, why: String, path: PathBuf },
    #[error("cannot write {path}: {source}. Free some space or mend its permissions, then run the same command again")]
    Disk { path: PathBuf, source: io::Error },
}

/// Time to connect, and longest silence in the middle.
#[derive(Debug, Clone, Copy)]
struct Limits {
    connect: Duration,
    idle: Duration,
}

const LIMITS: Limits = Limits { connect: Duration::from_secs(5), idle: Duration::from_secs(30) };

/// Puts the model's file into `dir`, or finds it there whole.
///
/// The bytes go to `<file>.part`, which a later call resumes; dropping the future leaves it for that. The addresses are
/// tried in order; the error is that of the last one tried.
pub async fn download(model: &Model, dir: &Path, progress: impl FnMut(Progress)) -> Result<Downloaded, DownloadError> {
    fetch(model, dir, LIMITS, progress).await
}

async fn fetch(
    model: &Model,
    dir: &Path,
    limits: Limits,
    mut progress: impl FnMut(Progress),
) -> Result<Downloaded, DownloadError> {
    let path = models::path(model, dir);
    if is_whole(model, &path).await {
        return Ok(Downloaded { path, host: None, received: 0 });
    }
    let disk = |source| DownloadError::Disk { path: path.clone(), source };
    fs::create_dir_all(dir).await.map_err(disk)?;
    let part = dir.join(format!("{}.part", model.file));
    let client = client(limits);

    let mut failure = DownloadError::Bundled { name: model.name.clone() };
    for address in &model.addresses {
        let mut transfer =
            Transfer { model, address, path: &path, part: &part, sender: None, resumed: false, received: 0 };
        match transfer.run(&client, limits, &mut progress).await {
            Ok(()) => {
                let (host, received) = (transfer.sender, transfer.received);
                info!(model = model.name, host, received, "model fetched");
                return Ok(Downloaded { path, host, received });
            }
            Err(error @ DownloadError::Disk { .. }) => return Err(error), // another address has the same disk
            Err(error) => {
                debug!(model = model.name, %error, "address failed");
                failure = error;
            }
        }
    }
    Err(failure)
}

/// One try with one address.
struct Transfer<'a> {
    model: &'a Model,
    address: &'a str,
    path: &'a Path,
    part: &'a Path,
    /// Host behind all redirects.
    sender: Option<String>,
    /// It went on from bytes of an earlier try.
    resumed: bool,
    received: u64,
}

impl Transfer<'_> {
    async fn run(
        &mut self,
        client: &Client,
        limits: Limits,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), DownloadError> {
        match self.try_once(client, limits, progress).await {
            // The earlier bytes may be to blame, and they are gone now.
            Err(DownloadError::WrongFile { .. }) if self.resumed => self.try_once(client, limits, progress).await,
            result => result,
        }
    }

    async fn try_once(
        &mut self,
        client: &Client,
        limits: Limits,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), DownloadError> {
        let mut from = self.part_length().await;
        if from > self.model.bytes {
            from = 0;
        }
        self.resumed = from > 0;
        if from < self.model.bytes {
            let response = self.ask(client, limits, from).await?;
            self.sender = response.url().host_str().map(str::to_owned);
            match response.status() {
                StatusCode::PARTIAL_CONTENT if begins_at(&response) == Some(from) => {}
                StatusCode::OK => from = 0, // it does not know Range: all from the start
                StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                    // It has no more than we have, so ours is not the beginning of its file.
                    self.remove_part().await?;
                    return Err(self.wrong_file("it has another length".to_owned()));
                }
                status => return Err(self.refused(status)),
            }
            self.receive(response, from, limits, progress).await?;
        }
        self.finish().await
    }

    async fn ask(&self, client: &Client, limits: Limits, from: u64) -> Result<Response, DownloadError> {
        let mut request = client.get(self.address).header(header::ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        match tokio::time::timeout(limits.connect + limits.idle, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.no_network(innermost(&error))),
            Err(_) => Err(self.no_network("no answer".to_owned())),
        }
    }

    /// Writes the body behind the first `from` bytes of the part file. Whatever goes wrong, what was received stays there.
    async fn receive(
        &mut self,
        response: Response,
        from: u64,
        limits: Limits,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), DownloadError> {
        let mut file = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.part)
            .await
            .map_err(|e| self.disk(e))?;
        file.set_len(from).await.map_err(|e| self.disk(e))?;
        file.seek(io::SeekFrom::Start(from)).await.map_err(|e| self.disk(e))?;

        let mut done = from;
        let mut body = response.bytes_stream();
        let total = self.model.bytes;
        progress(Progress { done, total });
        let cut = loop {
            let block = match tokio::time::timeout(limits.idle, body.next()).await {
                Ok(Some(Ok(block))) => block,
                Ok(None) => break done < total,
                Ok(Some(Err(_))) | Err(_) => break true,
            };
            if done + block.len() as u64 > total {
                drop(file);
                self.remove_part().await?;
                return Err(self.wrong_file("it is longer".to_owned()));
            }
            file.write_all(&block).await.map_err(|e| self.disk(e))?;
            done += block.len() as u64;
            self.received += block.len() as u64;
            progress(Progress { done, total });
        };
        file.flush().await.map_err(|e| self.disk(e))?;
        file.sync_all().await.map_err(|e| self.disk(e))?;
        if cut {
            return Err(DownloadError::CutOff { host: host_of(self.address), done, total });
        }
        Ok(())
    }

    /// Checks the part file and gives it its name.
    async fn finish(&self) -> Result<(), DownloadError> {
        let part = self.part.to_owned();
        let hash = tokio::task::spawn_blocking(move || models::sha256(&part)).await;
        let hash = hash.map_err(io::Error::other).flatten().map_err(|e| self.disk(e))?;
        if hash != self.model.sha256 {
            self.remove_part().await?;
            return Err(self.wrong_file("its SHA-256 differs".to_owned()));
        }
        fs::rename(self.part, self.path).await.map_err(|e| self.disk(e))?;
        is_whole(self.model, self.path).await; // leaves the mark, so that the next start need not hash
        Ok(())
    }

    async fn part_length(&self) -> u64 {
        fs::metadata(self.part).await.map_or(0, |found| found.len())
    }

    async fn remove_part(&self) -> Result<(), DownloadError> {
        fs::remove_file(self.part).await.map_err(|e| self.disk(e))
    }

    fn disk(&self, source: io::Error) -> DownloadError {
        DownloadError::Disk { path: self.part.to_owned(), source }
    }

    fn no_network(&self, why: String) -> DownloadError {
        let (host, file, path) = (host_of(self.address), self.model.file.clone(), self.path.to_owned());
        DownloadError::NoNetwork { host, why, file, path }
    }

    fn refused(&self, status: StatusCode) -> DownloadError {
        let (host, file, path) = (host_of(self.address), self.model.file.clone(), self.path.to_owned());
        DownloadError::Refused { host, status: status.as_u16(), file, path }
    }

    fn wrong_file(&self, why: String) -> DownloadError {
        let (host, file, path) = (host_of(self.address), self.model.file.clone(), self.path.to_owned());
        DownloadError::WrongFile { host, file, why, path }
    }
}

async fn is_whole(model: &Model, path: &Path) -> bool {
    let (model, path) = (model.clone(), path.to_owned());
    tokio::task::spawn_blocking(move || models::verify(&model, &path).is_ok()).await.unwrap_or(false)
}

/// The first byte of a partial reply: "bytes 100-199/200" begins at 100.
fn begins_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn host_of(address: &str) -> String {
    let parsed = reqwest::Url::parse(address).ok();
    parsed.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| address.to_owned())
}

/// The cause at the bottom, without the address in front of it: "Connection refused (os error 111)".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn client(limits: Limits) -> Client {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default(); // an error says that one is installed
    });
    let built = Client::builder().connect_timeout(limits.connect).read_timeout(limits.idle).build();
    built.expect("a client with two timeouts can be built once a crypto provider is installed")
}

#[cfg(test)]
#[path = "download_tests.rs"]
mod tests;
