//! The room of a practice: a virtual microphone and loudspeaker, a keyboard, a screen. `scripts/device-tests.sh` sets the devices up.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::MutexGuard;

use super::{Home, PATIENCE, repository, sample};

pub const RATE: u32 = 16_000;

static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The virtual devices, for one test at a time. A microphone that gives only zeros is muted or forbidden, as Viva says then:
/// there is a faint noise in this room.
pub struct Devices {
    _one_at_a_time: MutexGuard<'static, ()>,
    noise: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Devices {
    fn drop(&mut self) {
        let _ = self.noise.kill();
        let _ = self.noise.wait();
    }
}

/// `None`, with a word why, where there are none.
pub async fn devices() -> Option<Devices> {
    if std::env::var_os("VIVA_TEST_MIC").is_none() {
        println!("skipped: no virtual microphone (scripts/device-tests.sh)");
        return None;
    }
    let one_at_a_time = ONE_AT_A_TIME.lock().await;
    control(&["replug"]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("noise.wav");
    let mut state = 1_u32;
    let noise = (0..RATE * 300).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 30) as i16 % 3 - 1 // the last bit
    });
    write_wav(&path, noise);
    let noise = Command::new("paplay").arg("--device=vmic_in").arg(&path).spawn().expect("paplay runs");
    Some(Devices { _one_at_a_time: one_at_a_time, noise, _folder: folder })
}

pub fn write_wav(path: &Path, samples: impl Iterator<Item = i16>) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = hound::WavWriter::create(path, spec).expect("a file");
    samples.for_each(|sample| file.write_sample(sample).expect("written"));
    file.finalize().expect("finished");
}

pub fn control(arguments: &[&str]) {
    let status = Command::new(repository("tests/virtual-mic.sh")).args(arguments).status().expect("the script runs");
    assert!(status.success(), "virtual-mic.sh {arguments:?}");
}

/// Speaks a recording into the microphone, to its end.
pub async fn speak(name: &str) -> String {
    let (path, text) = sample(name);
    let path = path.to_str().expect("a name").to_owned();
    tokio::task::spawn_blocking(move || control(&["play", &path])).await.expect("no panic");
    text
}

/// Sound, with the moment at which each block arrived.
pub type Blocks = Arc<Mutex<Vec<(Instant, Vec<i16>)>>>;

/// What the virtual loudspeaker plays, with the moments at which it came out.
pub struct Loudspeaker {
    recorder: Child,
    heard: Blocks,
    reader: Option<JoinHandle<()>>,
}

impl Loudspeaker {
    pub fn listen() -> Self {
        let arguments =
            ["--device=vspk.monitor", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=20"];
        let mut recorder = Command::new("parec").args(arguments).stdout(Stdio::piped()).spawn().expect("parec runs");
        let mut sound = recorder.stdout.take().expect("its output");
        let heard: Blocks = Arc::default();
        let into = heard.clone();
        let reader = std::thread::spawn(move || {
            let mut block = [0; 640];
            while sound.read_exact(&mut block).is_ok() {
                let samples = block.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
                into.lock().expect("no panic").push((Instant::now(), samples));
            }
        });
        Self { recorder, heard, reader: Some(reader) }
    }

    /// What came out between two moments.
    pub fn between(&self, from: Instant, to: Instant) -> Vec<i16> {
        let heard = self.heard.lock().expect("no panic");
        heard.iter().filter(|(at, _)| (from..to).contains(at)).flat_map(|(_, samples)| samples.clone()).collect()
    }

    /// When the first sound came out after a moment.
    pub fn first_sound(&self, after: Instant) -> Option<Instant> {
        let heard = self.heard.lock().expect("no panic");
        let loud = |samples: &[i16]| samples.iter().any(|sample| sample.unsigned_abs() > 300);
        heard.iter().find(|(at, samples)| *at > after && loud(samples)).map(|(at, _)| *at)
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Seconds with sound in them, in steps of 20 ms.
pub fn seconds_of_sound(samples: &[i16]) -> f64 {
    let loud = samples.chunks(320).filter(|block| block.iter().any(|sample| sample.unsigned_abs() > 300));
    loud.count() as f64 * 0.02
}

/// `viva practice` as a person runs it, with its keyboard in our hands.
pub struct Practice {
    process: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Practice {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::of(home, &[&["practice"], arguments].concat())
    }

    /// The same of another command.
    pub fn of(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.viva(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let keyboard = process.stdin.take().expect("its input");
        let screen: Arc<Mutex<String>> = Arc::default();
        let into = screen.clone();
        let mut output = process.stdout.take().expect("its output");
        let reader = std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut block) {
                into.lock().expect("no panic").push_str(&String::from_utf8_lossy(&block[..length]));
            }
        });
        Self { process, keyboard, screen, reader }
    }

    pub fn enter(&mut self) -> Instant {
        self.keyboard.write_all(b"\n").expect("it reads its input");
        Instant::now()
    }

    pub fn skip(&mut self) {
        self.keyboard.write_all(b"s\n").expect("it reads its input");
    }

    /// Waits for its end; what it has shown: the result, and what it said beside.
    pub fn finish(mut self) -> (String, String) {
        let started = Instant::now();
        while self.process.try_wait().expect("a child").is_none() {
            assert!(
                started.elapsed() < PATIENCE,
                "viva practice does not end: {}",
                self.screen.lock().expect("no panic")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = self.process.wait().expect("ended");
        self.reader.join().expect("no panic");
        let mut said = String::new();
        let _ = self.process.stderr.take().expect("its errors").read_to_string(&mut said);
        let shown = self.screen.lock().expect("no panic").clone();
        assert!(status.success(), "{status}: {said}\n{shown}");
        (shown, said)
    }
}

/// A module of the sound server for as long as this lives: the loudspeaker stands next to the microphone.
pub struct Echo(String);

impl Echo {
    pub fn new() -> Self {
        let arguments = ["load-module", "module-loopback", "source=vspk.monitor", "sink=vmic_in", "latency_msec=30"];
        let output = Command::new("pactl").args(arguments).output().expect("pactl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = Command::new("pactl").args(["unload-module", &self.0]).status();
    }
}
