//! Speech rendered before it is needed, one WAV file each, in a folder that stays below a size.
//!
//! Only what is rendered ahead is kept here, never what is said once: a probe may repeat the candidate's words.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::clip::Clip;

/// Size of the folder in bytes beyond which the files that were not used for longest are deleted.
const MOST_BYTES: u64 = 200_000_000;
/// The folder is looked through when a part of its size as large as this was written, not at every file.
const LOOKS: u64 = 20;

/// A folder of rendered speech.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
    most_bytes: u64,
    /// Bytes that may be written before it is looked through again.
    left: Arc<AtomicU64>,
}

/// Names a rendering: SHA-256 over all that decides how it sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes()); // so that "ab","c" is not "a","bc"
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Cache {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, most_bytes: MOST_BYTES, left: Arc::default() }
    }

    /// The kept rendering. An unreadable file counts as none.
    pub fn get(&self, key: &Key) -> Option<Clip> {
        Clip::from_wav(&fs::read(self.path(key)).ok()?).ok()
    }

    /// So that others go before it. Writes to the disk, which may take its time.
    pub fn mark_used(&self, key: &Key) {
        if let Ok(file) = fs::File::options().write(true).open(self.path(key)) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// Keeps a rendering, whole or not at all, and makes room.
    pub fn put(&self, key: &Key, clip: &Clip) -> io::Result<()> {
        make_private(&self.folder)?;
        let wav = clip.to_wav().map_err(io::Error::other)?;
        let unfinished = self.folder.join(format!("{}.{}.part", key.0, std::process::id()));
        let size = wav.len() as u64;
        let written = fs::write(&unfinished, wav).and_then(|()| fs::rename(&unfinished, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        if self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(size)).is_ok() {
            return Ok(());
        }
        self.left.store(self.most_bytes / LOOKS, Relaxed);
        self.make_room()
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.wav", key.0))
    }

    fn make_room(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|kind| kind == "wav") {
                let about = entry.metadata()?;
                files.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len(), entry.path()));
            }
        }
        let mut size: u64 = files.iter().map(|(_, len, _)| len).sum();
        files.sort();
        for (_, len, path) in files {
            if size <= self.most_bytes {
                break;
            }
            fs::remove_file(path)?;
            size -= len;
        }
        Ok(())
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn clip(level: f32) -> Clip {
        Clip { samples: vec![level; 1000], rate: 22_050 }
    }

    #[test]
    fn a_kept_rendering_is_found_again() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(home.path().join("voice"));
        let key = Key::of(["espeak", "en-us", "hello"]);
        assert!(cache.get(&key).is_none());
        cache.put(&key, &clip(0.5)).expect("kept");
        assert_eq!(cache.get(&key).expect("there").samples.len(), 1000);
        let left: Vec<_> = fs::read_dir(home.path().join("voice")).expect("listed").collect();
        assert_eq!(left.len(), 1, "nothing unfinished stays behind");
    }

    #[test]
    fn whatever_changes_the_sound_changes_the_key() {
        let key = |parts: [&str; 3]| Key::of(parts);
        assert_eq!(key(["a", "b", "c"]), key(["a", "b", "c"]));
        for other in [["a", "b", "d"], ["a", "bc", ""], ["ab", "", "c"], ["x", "b", "c"]] {
            assert_ne!(key(["a", "b", "c"]), key(other), "{other:?}");
        }
    }

    #[test]
    fn the_longest_unused_makes_room() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache { folder: home.path().to_owned(), most_bytes: 5000, left: Arc::default() };
        let keys = ["one", "two", "three"].map(|text| Key::of([text]));
        for (age, key) in [(300, &keys[0]), (200, &keys[1])] {
            cache.put(key, &clip(0.1)).expect("kept");
            let file = fs::File::options().write(true).open(cache.path(key)).expect("there");
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("aged");
        }
        cache.mark_used(&keys[0]);
        cache.put(&keys[2], &clip(0.1)).expect("kept");
        assert_eq!(keys.map(|key| cache.get(&key).is_some()), [true, false, true]);
    }

    #[test]
    fn a_broken_file_counts_as_none() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(home.path().to_owned());
        let key = Key::of(["x"]);
        fs::write(cache.path(&key), b"RIFF").expect("written");
        assert!(cache.get(&key).is_none());
    }
}
