//! Notices that the computer slept, from the two clocks: the one that runs on while it sleeps and how often somebody looked.
//!
//! Time in a turn is that of its samples, of which a sleeping computer brings none, so nothing falls due by a sleep. This is only to
//! tell the person, and not to hear what was said before and after as one.

use std::time::{Duration, SystemTime};

/// A machine that is merely busy is not taken for one that slept.
const LEAST: Duration = Duration::from_secs(10);

/// Looks at the wall clock often.
#[derive(Debug, Default)]
pub struct SleepWatch {
    last: Option<SystemTime>,
}

impl SleepWatch {
    /// How long nobody looked, where it was so long that the computer must have slept (or this program was halted, or the clock
    /// was set). A clock that is set back is nothing.
    pub fn look(&mut self, now: SystemTime) -> Option<Duration> {
        let away = now.duration_since(self.last.replace(now)?).ok()?;
        (away >= LEAST).then_some(away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_without_a_look_is_a_sleep_and_a_busy_second_is_none() {
        let mut watch = SleepWatch::default();
        let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(watch.look(now), None, "the first look has nothing to compare with");
        for (step, slept) in
            [(50, false), (3_000, false), (3_600_000, true), (50, false), (9_999, false), (10_000, true)]
        {
            now += Duration::from_millis(step);
            assert_eq!(watch.look(now), slept.then_some(Duration::from_millis(step)), "after {step} ms");
        }
        assert_eq!(watch.look(now - Duration::from_secs(3600)), None, "the clock was set back");
        assert_eq!(watch.look(now), Some(Duration::from_secs(3600)));
    }
}
