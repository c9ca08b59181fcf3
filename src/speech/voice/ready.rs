//! Renderings held in memory, so that what will be said in a moment waits for no disk.

use std::collections::VecDeque;

use super::{cache::Key, clip::Clip};

/// Samples that are held at most: 8 MB, a minute and a half of espeak.
const MOST_SAMPLES: usize = 2_000_000;

/// The newest renderings.
#[derive(Default)]
pub(super) struct Ready {
    /// The one that was wanted last is the last.
    clips: VecDeque<(Key, Clip)>,
}

impl Ready {
    pub fn get(&mut self, key: &Key) -> Option<Clip> {
        let place = self.clips.iter().position(|(known, _)| known == key)?;
        let found = self.clips.remove(place)?;
        let clip = found.1.clone();
        self.clips.push_back(found);
        Some(clip)
    }

    pub fn put(&mut self, key: Key, clip: Clip) {
        self.clips.retain(|(known, _)| *known != key);
        self.clips.push_back((key, clip));
        let mut samples: usize = self.clips.iter().map(|(_, clip)| clip.samples.len()).sum();
        while samples > MOST_SAMPLES
            && let Some((_, oldest)) = self.clips.pop_front()
        {
            samples -= oldest.samples.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unwanted_goes_first() {
        let key = |name: &str| Key::of([name]);
        let clip = || Clip { samples: vec![0.0; MOST_SAMPLES / 3], rate: 22_050 };
        let mut ready = Ready::default();
        for name in ["one", "two", "three"] {
            ready.put(key(name), clip());
        }
        assert!(ready.get(&key("one")).is_some());
        ready.put(key("four"), clip());
        let there = ["one", "two", "three", "four"].map(|name| ready.get(&key(name)).is_some());
        assert_eq!(there, [true, false, true, true]);
        ready.put(key("huge"), Clip { samples: vec![0.0; MOST_SAMPLES + 1], rate: 22_050 });
        assert!(ready.clips.is_empty(), "more than there is room for");
    }
}
