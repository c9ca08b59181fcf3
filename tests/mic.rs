//! A real microphone and a real loudspeaker, both virtual: `tests/virtual-mic.sh run cargo test --test mic`.
//!
//! Without the virtual microphone every test is skipped and says so. Tolerances are wide on purpose: sound servers on a
//! busy machine insert and drop moments; what is tested is that speech arrives, not each sample.
#![cfg(feature = "audio")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;
use viva::audio::capture::{CaptureError, Microphone, open_microphone};
use viva::audio::device::{self, Direction};
use viva::audio::playback::{Playback, PlaybackError};
use viva::audio::source::{AudioSource, Pulled};
use viva::speech::voice::{Voice, VoiceEngine, VoiceSettings};

const RATE: u32 = 48_000;
const WAIT: Duration = Duration::from_millis(50);

static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The virtual devices, for one test at a time; `None`, with a word why, where there are none.
fn devices() -> Option<MutexGuard<'static, ()>> {
    ready().then(|| plugged_in(ONE_AT_A_TIME.blocking_lock()))
}

/// The same for a test that awaits.
async fn devices_here() -> Option<MutexGuard<'static, ()>> {
    if ready() { Some(plugged_in(ONE_AT_A_TIME.lock().await)) } else { None }
}

fn ready() -> bool {
    let ready = std::env::var_os("VIVA_TEST_MIC").is_some();
    if !ready {
        println!("skipped: no virtual microphone (tests/virtual-mic.sh run cargo test --test mic)");
    }
    ready
}

fn plugged_in(guard: MutexGuard<'static, ()>) -> MutexGuard<'static, ()> {
    control("replug");
    guard
}

fn script(arguments: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/virtual-mic.sh"));
    command.args(arguments);
    command
}

fn control(word: &str) {
    assert!(script(&[word]).status().expect("the script runs").success(), "virtual-mic.sh {word}");
}

fn start(arguments: &[&str]) -> Child {
    script(arguments).spawn().expect("the script runs")
}

/// `seconds` of a tone that comes and goes four times a second, as a WAV file.
fn tone(folder: &Path, seconds: f32) -> PathBuf {
    let path = folder.join("tone.wav");
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = hound::WavWriter::create(&path, spec).expect("a file");
    for sample in wave(seconds, RATE) {
        file.write_sample((sample * 32_767.0) as i16).expect("written");
    }
    file.finalize().expect("finished");
    path
}

fn wave(seconds: f32, rate: u32) -> Vec<f32> {
    let sample = |n: u32| {
        let t = n as f32 / rate as f32;
        let loud = if (t * 4.0).fract() < 0.5 { 0.5 } else { 0.0 };
        (t * 440.0 * std::f32::consts::TAU).sin() * loud
    };
    (0..(seconds * rate as f32) as u32).map(sample).collect()
}

/// Energy of a signal in seconds of full-scale square wave: hardly changes when silence is added around it.
fn energy(samples: &[f32], rate: u32) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / f64::from(rate)
}

/// Seconds between the first and the last sample that is not quiet.
fn extent(samples: &[f32], rate: u32) -> f64 {
    let loud = |sample: &f32| sample.abs() > 0.05;
    let (first, last) = (samples.iter().position(loud), samples.iter().rposition(loud));
    first.zip(last).map_or(0.0, |(first, last)| (last - first) as f64 / f64::from(rate))
}

fn close_to(what: &str, measured: f64, expected: f64, tolerance: f64) {
    println!("{what}: {measured:.3}, expected {expected:.3}");
    assert!((measured - expected).abs() <= tolerance * expected, "{what}: {measured:.3} is far from {expected:.3}");
}

/// Pulls until `enough`, at most `limit`.
fn pull_until(
    microphone: &mut Microphone,
    samples: &mut Vec<f32>,
    limit: Duration,
    mut enough: impl FnMut(&Pulled) -> bool,
) -> Option<Duration> {
    let started = Instant::now();
    while started.elapsed() < limit {
        let pulling = Instant::now();
        let pulled = microphone.pull(samples, WAIT);
        assert!(pulling.elapsed() < WAIT + Duration::from_millis(200), "pull waits no longer than it was told");
        if enough(&pulled) {
            return Some(started.elapsed());
        }
    }
    None
}

fn listening(name: &str) -> Microphone {
    let started = Instant::now();
    let mut microphone = open_microphone(name).expect("the virtual microphone opens");
    let opened = started.elapsed();
    let first = pull_until(&mut microphone, &mut Vec::new(), Duration::from_secs(5), |pulled| {
        matches!(pulled, Pulled::Samples)
    });
    println!("microphone opened in {opened:?}, first samples {:?} after that", first.expect("samples come"));
    microphone
}

#[test]
fn what_is_spoken_into_the_microphone_arrives() {
    let Some(_devices) = devices() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = tone(folder.path(), 4.0);
    let spoken = energy(&wave(4.0, RATE), RATE);
    let mut microphone = listening("default");
    let (mut samples, mut ended) = (Vec::new(), None);
    let mut player = start(&["play", file.to_str().expect("a name")]);
    pull_until(&mut microphone, &mut samples, Duration::from_secs(15), |pulled| {
        assert!(matches!(pulled, Pulled::Samples | Pulled::Nothing), "{pulled:?}");
        if ended.is_none() && player.try_wait().expect("a child").is_some() {
            ended = Some(Instant::now());
        }
        ended.is_some_and(|ended| ended.elapsed() > Duration::from_millis(700))
    })
    .expect("the player ends");
    assert_eq!(microphone.dropped(), 0);
    close_to("energy heard", energy(&samples, microphone.rate()), spoken, 0.1);
    close_to("seconds heard", extent(&samples, microphone.rate()), 3.875, 0.1);
}

#[test]
fn a_microphone_that_is_unplugged_is_lost_and_comes_back() {
    let Some(_devices) = devices() else { return };
    for name in ["default", "VirtualMicrophone"] {
        let mut microphone = listening(name);
        let mut samples = Vec::new();
        control("unplug");
        let lost = pull_until(&mut microphone, &mut samples, Duration::from_secs(4), |pulled| {
            matches!(pulled, Pulled::Lost { .. })
        });
        println!("{name}: loss noticed after {:?}", lost.expect("the loss is noticed"));
        assert!(lost.expect("noticed") < Duration::from_secs(2));
        let quiet = pull_until(&mut microphone, &mut samples, Duration::from_millis(700), |pulled| {
            !matches!(pulled, Pulled::Nothing)
        });
        assert_eq!(quiet, None, "while it is gone there is nothing: no other source is taken");
        control("replug");
        let mut gap = Duration::ZERO;
        let back = pull_until(&mut microphone, &mut samples, Duration::from_secs(6), |pulled| match pulled {
            Pulled::Back { gap: away } => {
                gap = *away;
                true
            }
            _ => false,
        });
        println!("{name}: back {:?} after it was plugged in, gap {gap:?}", back.expect("it comes back"));
        assert!(gap > Duration::from_millis(1100), "{gap:?}");
        samples.clear();
        pull_until(&mut microphone, &mut samples, Duration::from_secs(1), |_| false);
        close_to("seconds of sound after that", samples.len() as f64 / f64::from(microphone.rate()), 1.0, 0.5);
    }
}

#[test]
fn a_stalled_listener_costs_samples_that_are_counted() {
    let Some(_devices) = devices() else { return };
    let mut microphone = listening("default");
    std::thread::sleep(Duration::from_millis(2600)); // longer than the ring
    let mut samples = Vec::new();
    microphone.pull(&mut samples, WAIT);
    close_to("seconds kept", samples.len() as f64 / f64::from(microphone.rate()), 2.0, 0.05);
    assert!(microphone.dropped() > 0);
}

#[test]
fn devices_are_listed_and_found_by_their_names() {
    let Some(_devices) = devices() else { return };
    let listed = device::list();
    for info in &listed {
        println!("{info:?}");
        assert_eq!(info.works, Ok(()), "{}", info.name);
    }
    let of = |direction| listed.iter().filter(move |info| info.direction == direction).collect::<Vec<_>>();
    let inputs = of(Direction::Input);
    assert_eq!(inputs.iter().map(|info| info.name.as_str()).collect::<Vec<_>>(), ["VirtualMicrophone"]);
    assert!(inputs[0].is_default && inputs[0].rate == RATE && inputs[0].channels == 1);
    assert!(of(Direction::Output)[0].is_default && of(Direction::Output)[0].name == "VirtualSpeaker");
    assert!(open_microphone("virtualmicrophone").is_ok(), "a name in another case");
    assert!(open_microphone("vmic").is_ok(), "the sound system's own name");
    let error = open_microphone("USB PnP").err().expect("there is none");
    assert!(matches!(&error, CaptureError::Unknown { known, .. } if known == &["VirtualMicrophone"]), "{error}");
}

#[test]
fn a_machine_without_a_microphone_says_so_instead_of_hearing_its_own_loudspeaker() {
    let Some(_devices) = devices() else { return };
    control("unplug");
    let error = open_microphone("default").err();
    control("replug");
    assert_eq!(error, Some(CaptureError::Missing { direction: Direction::Input }));
}

#[test]
fn the_meter_shows_a_level_ten_times_a_second() {
    let Some(_devices) = devices() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = tone(folder.path(), 3.0);
    let mut player = start(&["play", file.to_str().expect("a name")]);
    let levels: Vec<_> = device::meter("default", 3.0).expect("opens").map(|level| level.expect("there")).collect();
    player.wait().expect("ends");
    assert!((25..=30).contains(&levels.len()), "{} levels", levels.len());
    let loudest = levels.iter().fold(0.0_f32, |loudest, level| loudest.max(level.peak));
    assert!((0.4..0.6).contains(&loudest), "{loudest}");
}

/// Records what the virtual loudspeaker plays while `play` runs.
async fn recorded<T>(folder: &Path, seconds: &str, play: impl Future<Output = T>) -> (T, Vec<f32>) {
    let path = folder.join("heard.wav");
    let mut recorder = start(&["heard", path.to_str().expect("a name"), seconds]);
    // The recorder is ready when its file has a header.
    while !path.metadata().is_ok_and(|about| about.len() >= 44) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let result = play.await;
    let _ = tokio::task::spawn_blocking(move || recorder.wait()).await;
    let mut file = hound::WavReader::open(&path).expect("a recording");
    let samples = file.samples::<i16>().map(|sample| f32::from(sample.expect("whole")) / 32_768.0).collect();
    (result, samples)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_comes_out_of_the_loudspeaker() {
    let Some(_devices) = devices_here().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let started = Instant::now();
    let playback = Playback::open("default").expect("opens");
    println!("loudspeaker opened in {:?}", started.elapsed());
    let (played, heard) = recorded(folder.path(), "6", async {
        let started = Instant::now();
        let played = playback.play(wave(3.0, 24_000), 24_000).ended().await.expect("played");
        println!("3 s took {:?}", started.elapsed());
        played
    })
    .await;
    assert!((played.fraction() - 1.0).abs() < 1e-9, "{played:?}");
    close_to("energy played", energy(&heard, RATE), energy(&wave(3.0, RATE), RATE), 0.1);
    close_to("seconds played", extent(&heard, RATE), 2.875, 0.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_that_is_stopped_falls_silent_and_says_how_much_was_heard() {
    let Some(_devices) = devices_here().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let playback = Playback::open("VirtualSpeaker").expect("opens");
    let (played, heard) = recorded(folder.path(), "7", async {
        let mut piece = playback.play(vec![0.5; 6 * 24_000], 24_000);
        // A sound server without hardware rests up to 2 s before it plays.
        tokio::time::sleep(Duration::from_millis(3500)).await;
        let stopped = Instant::now();
        piece.stop();
        let played = piece.ended().await.expect("stopped");
        println!("silent {:?} after the stop, heard {:.2} s", stopped.elapsed(), played.heard);
        assert!(stopped.elapsed() < Duration::from_millis(500));
        played
    })
    .await;
    close_to("seconds heard", extent(&heard, RATE), played.heard, 0.1);
    assert!((1.0..4.0).contains(&played.heard), "{played:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_voice_is_heard_and_can_be_stopped() {
    let Some(_devices) = devices_here().await else { return };
    if Command::new("espeak-ng").arg("--version").output().is_err() {
        println!("skipped: espeak-ng is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let voice = Voice::start(VoiceSettings::default(), "default", folder.path().join("cache"));
    println!("{}", voice.probe().await.expect("ready"));
    let text = "How would you keep a cache and a database in agreement?";
    let (spoken, heard) = recorded(folder.path(), "7", voice.say(text)).await;
    let spoken = spoken.expect("said");
    assert!((spoken.heard_fraction - 1.0).abs() < 1e-6 && spoken.engine == VoiceEngine::Espeak, "{spoken:?}");
    close_to("seconds of speech", extent(&heard, RATE), spoken.seconds, 0.2);

    let asked = Instant::now();
    let saying = tokio::spawn({
        let voice = voice.clone();
        async move { voice.say("This is a rather long sentence that will not be heard to its end, I am afraid.").await }
    });
    tokio::time::sleep(Duration::from_millis(1200)).await;
    voice.stop().await;
    let spoken = saying.await.expect("not panicked").expect("stopped, not failed");
    println!("stopped after {:?}: {spoken:?}", asked.elapsed());
    assert!(spoken.heard_fraction < 0.6 && spoken.seconds < 1.5, "{spoken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_server_that_ends_is_noticed_on_both_sides_and_its_return_too() {
    let Some(_devices) = devices_here().await else { return };
    let mut microphone = listening("default");
    let playback = Playback::open("default").expect("opens");
    let mut piece = playback.play(wave(8.0, 24_000), 24_000);
    let gone = Instant::now();
    control("down");
    let error = piece.ended().await.expect_err("the device is gone");
    println!("loudspeaker: noticed {:?} after the server was told to end: {error}", gone.elapsed());
    assert!(matches!(error, PlaybackError::Lost { .. }) && gone.elapsed() < Duration::from_secs(4));
    let again = playback.play(wave(0.1, 24_000), 24_000).ended().await.expect_err("still gone");
    assert!(matches!(again, PlaybackError::NoOutput(_)), "{again}");
    let mut samples = Vec::new();
    let lost = pull_until(&mut microphone, &mut samples, Duration::from_secs(2), |pulled| {
        matches!(pulled, Pulled::Lost { .. })
    });
    lost.expect("the microphone's loss is noticed");
    control("up");
    let back = pull_until(&mut microphone, &mut samples, Duration::from_secs(8), |pulled| {
        matches!(pulled, Pulled::Back { .. })
    });
    println!("microphone: back {:?} after the server", back.expect("it comes back"));
    let played = playback.play(wave(0.5, 24_000), 24_000).ended().await.expect("the loudspeaker is back too");
    assert!((played.fraction() - 1.0).abs() < 1e-9, "{played:?}");
}
