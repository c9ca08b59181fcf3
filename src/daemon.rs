//! The daemon's start-up and shutdown as a list to read; the only place that spawns long-lived work.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    config::{Config, Paths},
    content,
    http::{self, App, Guard, Links},
    session::{self, Workers, recovery},
    store::Store,
};

/// What a running daemon writes down so that clients find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub port: u16,
    pub pid: u32,
    pub version: String,
}

/// How long the lock of a running daemon is tried, in case it is only looked at.
const LOOKING: Duration = Duration::from_millis(300);
/// How long a daemon that is ending is waited for.
const ENDING: Duration = Duration::from_secs(10);

/// How long a daemon lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Until it is stopped.
    UntilStopped,
    /// Until nobody has asked for anything for this long.
    WhileUsed(Duration),
}

/// Binds the configured port on loopback. A daemon that a command starts takes any free port where that one is in use.
pub async fn bind(config: &Config, life: Life) -> anyhow::Result<TcpListener> {
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let bound = match (TcpListener::bind(address(config.daemon.port)).await, life) {
        (Err(error), Life::WhileUsed(_)) if error.kind() == std::io::ErrorKind::AddrInUse => {
            warn!(port = config.daemon.port, "another program uses the port: taking a free one");
            TcpListener::bind(address(0)).await
        }
        (bound, _) => bound,
    };
    bound.with_context(|| {
        let port = config.daemon.port;
        format!(
            "cannot listen on 127.0.0.1:{port}: another program uses the port. Choose another with \
             `viva serve --set daemon.port=0` or in the config file"
        )
    })
}

/// Tells one build of the program from another: size and time of its file.
pub fn build() -> String {
    let facts = std::env::current_exe().and_then(std::fs::metadata);
    let changed = |facts: &std::fs::Metadata| facts.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok();
    facts.map_or_else(
        |_| "unknown".to_owned(),
        |facts| format!("{:x}-{:x}", facts.len(), changed(&facts).map_or(0, |time| time.as_secs())),
    )
}

/// Runs the daemon on a socket until `cancel` fires (or it has been idle for long). It is given its socket and its stop
/// condition, so that a test runs the real thing on port 0.
pub async fn run(
    config: Config,
    paths: Paths,
    listener: TcpListener,
    life: Life,
    cancel: CancellationToken,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let _ = rustls::crypto::ring::default_provider().install_default(); // an error means that it is installed
    std::fs::create_dir_all(&paths.state_dir)
        .with_context(|| format!("cannot create {}", paths.state_dir.display()))?;
    let _lock = only_one(&paths).await?;
    let port = listener.local_addr()?.port();

    let content = content::load_with_own(&paths.config_dir)?;
    if let Some(complaint) = content.complaint() {
        warn!("packs: {complaint}");
    }
    let store = Store::open(&paths.data_dir)?;
    // Before a session of this process has rows of its own.
    let orphans = store.orphans().await.unwrap_or_else(|error| {
        warn!(%error, "it is not known whether answers were interrupted");
        Vec::new()
    });
    let config = Arc::new(config);
    let workers = Workers::new(config.clone(), paths.clone(), content, store.clone(), cancel.clone()).await;
    let (session, owner) = session::owner::spawn(workers.clone(), cancel.clone());
    let guard = Guard::new(port, token(&paths)?, &config.daemon.allow_host);
    let uploads = paths.data_dir.join("uploads");
    let _ = std::fs::remove_dir_all(&uploads); // leftovers of a crash
    let app = Arc::new(App::new(workers.clone(), session, guard, port, uploads, life, cancel.clone()));

    announce(&paths, &Announcement { port, pid: std::process::id(), version: env!("CARGO_PKG_VERSION").into() })?;
    info!(port, start_ms = started.elapsed().as_millis() as u64, "ready");
    let recovery = tokio::spawn(recovery::recover(workers.clone(), orphans));
    let keeper = tokio::spawn(expire_recordings(store, config.store.keep_audio_days, cancel.clone()));
    let idler = tokio::spawn(end_when_idle(app.clone(), life, cancel.clone()));

    let stop = cancel.clone();
    let served =
        axum::serve(listener, http::router(app.clone())).with_graceful_shutdown(async move { stop.cancelled().await });
    let served = tokio::select! {
        served = served.into_future() => served,
        () = overdue(&cancel) => {
            warn!("a caller overstayed the stop");
            Ok(())
        }
    };
    cancel.cancel();
    let _ = std::fs::remove_file(paths.daemon_file());
    recovery.abort();
    for (name, task) in [("session", owner), ("keeper", keeper), ("idler", idler)] {
        if tokio::time::timeout(Duration::from_secs(6), task).await.is_err() {
            warn!(name, "a task overstayed the stop");
        }
    }
    app.calibrator.stop().await;
    workers.stop().await;
    info!("stopped");
    served.context("the server broke off")
}

/// Returns a while after the stop, when whoever still waits for a reply has waited long enough.
async fn overdue(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(Duration::from_secs(6)).await;
}

/// One daemon per data folder: holds the lock file for as long as the returned file lives.
async fn only_one(paths: &Paths) -> anyhow::Result<File> {
    let path = lock_file(paths);
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let started = Instant::now();
    while file.try_lock().is_err() {
        // A client that looks holds it for a moment; a daemon that ends took its announcement back already.
        let patience = if paths.daemon_file().exists() { LOOKING } else { ENDING };
        if started.elapsed() > patience {
            let running =
                announced(paths).map_or_else(String::new, |a| format!(" (process {}, port {})", a.pid, a.port));
            bail!("a daemon runs already on this data folder{running}. `viva status` shows it, `viva stop` ends it");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let _ = std::fs::remove_file(paths.daemon_file()); // what a crash left behind
    Ok(file)
}

fn lock_file(paths: &Paths) -> PathBuf {
    paths.state_dir.join("daemon.lock")
}

fn announce(paths: &Paths, announcement: &Announcement) -> anyhow::Result<()> {
    let text = serde_json::to_string(announcement)?;
    write_private(&paths.daemon_file(), &text)
}

/// The running daemon's announcement, if there is one. What a crash left behind is not believed: the port may be another
/// program's by now, which must not get the token.
pub fn announced(paths: &Paths) -> Option<Announcement> {
    let announcement = serde_json::from_str(&std::fs::read_to_string(paths.daemon_file()).ok()?).ok()?;
    let lock = File::open(lock_file(paths)).ok()?;
    lock.try_lock_shared().is_err().then_some(announcement)
}

/// The token of this installation, made on the first start.
fn token(paths: &Paths) -> anyhow::Result<String> {
    let path = paths.token_file();
    if let Ok(token) = std::fs::read_to_string(&path)
        && token.len() == 64
    {
        return Ok(token);
    }
    let token = Links::random_token().context("no random numbers for the token")?;
    write_private(&path, &token)?;
    Ok(token)
}

/// Writes a file that only the person may read, at once or not at all.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&fresh).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&fresh, path)).with_context(|| format!("cannot write {}", path.display()))
}

/// Deletes recordings past their time, at start and every hour.
async fn expire_recordings(store: Store, days: i64, cancel: CancellationToken) {
    loop {
        let expired = match store.expire_audio(days).await {
            Ok(expired) => store.expire_strays(days).await.map(|strays| expired + strays),
            error => error,
        };
        match expired {
            Ok(0) => {}
            Ok(recordings) => info!(recordings, days, "old recordings deleted"),
            Err(error) => warn!(%error, "old recordings could not be deleted"),
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
        }
    }
}

async fn end_when_idle(app: Arc<App>, life: Life, cancel: CancellationToken) {
    let Life::WhileUsed(limit) = life else { return };
    loop {
        let left = limit.saturating_sub(app.idle());
        if left.is_zero() {
            info!(idle_s = limit.as_secs(), "nobody has asked for anything: ending");
            cancel.cancel();
            return;
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(left) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_killed_daemons_announcement_misleads_nobody() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().to_owned();
        let paths = Paths { config_dir: dir.clone(), data_dir: dir.clone(), state_dir: dir };
        announce(&paths, &Announcement { port: 1, pid: 1, version: "0".into() }).unwrap();
        assert!(announced(&paths).is_none(), "nobody holds the lock");
        let lock = only_one(&paths).await.unwrap();
        assert!(!paths.daemon_file().exists());
        announce(&paths, &Announcement { port: 2, pid: 2, version: "0".into() }).unwrap();
        let second = only_one(&paths).await.unwrap_err().to_string();
        assert!(second.contains("process 2, port 2") && second.contains("viva stop"), "{second}");
        std::fs::remove_file(paths.daemon_file()).unwrap(); // it is stopping
        let (next, ()) = tokio::join!(only_one(&paths), async { drop(lock) });
        assert!(next.is_ok());
    }
}
