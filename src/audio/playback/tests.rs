use super::*;

/// A device whose clock is how often it was looked at: each look plays ten samples.
struct Fake {
    queued: u64,
    played: u64,
    faded: bool,
    lost_after: u64,
}

impl Fake {
    fn open(lost_after: u64) -> Self {
        Self { queued: 0, played: 0, faded: false, lost_after }
    }
}

impl Output for Fake {
    fn rate(&self) -> u32 {
        1000
    }
    fn push(&mut self, samples: &[f32]) -> usize {
        let room = samples.len().min(50);
        self.queued += room as u64;
        self.played = self.queued.min(self.played + 10);
        room
    }
    fn played(&self) -> u64 {
        self.played
    }
    fn latency(&self) -> Duration {
        Duration::ZERO
    }
    fn fade(&mut self, on: bool) {
        self.faded = on;
    }
    fn is_silent(&self) -> bool {
        self.faded
    }
    fn loss(&mut self) -> Option<&'static str> {
        (self.played >= self.lost_after).then_some("it was unplugged")
    }
}

/// A loudspeaker for tests of whoever speaks.
pub(crate) fn fake() -> Playback {
    playback(u64::MAX)
}

fn playback(lost_after: u64) -> Playback {
    Playback::start("fake", move |_| Ok(Fake::open(lost_after))).expect("a fake opens")
}

#[tokio::test]
async fn pieces_are_played_to_their_end_one_after_the_other() {
    let playback = playback(u64::MAX);
    let (mut first, mut second) = (playback.play(vec![0.1; 100], 1000), playback.play(vec![0.1; 50], 1000));
    let (first, second) = (first.ended().await.expect("played"), second.ended().await.expect("played"));
    assert!((first.heard - 0.1).abs() < 1e-9 && (first.fraction() - 1.0).abs() < 1e-9, "{first:?}");
    assert!((second.length - 0.05).abs() < 1e-9 && second.ended_at >= first.ended_at, "{second:?}");
}

#[tokio::test]
async fn a_piece_that_is_stopped_says_how_much_was_heard() {
    let playback = playback(u64::MAX);
    let mut piece = playback.play(vec![0.1; 100_000], 1000);
    piece.stop();
    let played = piece.ended().await.expect("stopped");
    assert!(played.fraction() < 0.1 && (played.length - 100.0).abs() < 1e-9, "{played:?}");
    playback.play(vec![0.1; 10], 1000).ended().await.expect("the next piece plays");
}

#[tokio::test]
async fn a_lost_device_is_an_error_and_opened_again_for_the_next_piece() {
    let playback = playback(60);
    let error = playback.play(vec![0.1; 100], 1000).ended().await.expect_err("lost");
    assert!(matches!(&error, PlaybackError::Lost { name, .. } if name == "fake"), "{error}");
    playback.play(vec![0.1; 30], 1000).ended().await.expect("a new device plays");
}

#[tokio::test]
async fn a_device_that_does_not_open_is_an_error_at_once() {
    let failed = Playback::start("fake", |_| Err::<Fake, _>(PlaybackError::NoOutput("no".into())));
    assert_eq!(failed.err(), Some(PlaybackError::NoOutput("no".into())));
}

#[cfg(not(feature = "audio"))]
#[test]
fn without_sound_opening_says_so() {
    assert_eq!(Playback::open("default").err(), Some(PlaybackError::NotBuilt));
}

#[test]
fn a_piece_keeps_its_length_and_pitch_at_another_rate() {
    for (from, to) in [(22_050, 48_000), (24_000, 48_000), (24_000, 44_100), (16_000, 48_000), (48_000, 48_000)] {
        let tone = |rate: u32| -> Vec<f32> {
            (0..rate).map(|n| (n as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin() * 0.5).collect()
        };
        let out = resample(&tone(from), from, to).expect("usual rates");
        let expected = tone(to);
        assert!(out.len().abs_diff(expected.len()) <= 1, "{from} to {to}: {} samples", out.len());
        let middle = to as usize / 4..to as usize * 3 / 4;
        let error = middle.clone().map(|n| (out[n] - expected[n]).abs()).fold(0.0_f32, f32::max);
        assert!(error < 0.01, "{from} to {to}: off by {error}");
    }
    assert_eq!(resample(&[0.1], 0, 48_000), None);
}
