use tempfile::tempdir;

use super::*;
use crate::audio::wav::read_samples;

fn ramp(samples: usize) -> Vec<f32> {
    (0..samples).map(|n| (n % 2_000) as f32 / 4_000.0).collect()
}

#[track_caller]
fn assert_same(heard: &[f32], written: &[f32]) {
    assert_eq!(heard.len(), written.len());
    let worst = heard.iter().zip(written).fold(0.0f32, |w, (a, b)| w.max((a - b).abs()));
    assert!(worst < 0.0001, "{worst}");
}

#[test]
fn what_is_heard_is_what_is_kept() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let mut recording = Recording::create(&path).unwrap();
    let samples = ramp(40_000);
    samples.chunks(320).for_each(|c| recording.append(c));
    recording.append_silence(1_000);
    recording.append(&samples[..500]);
    assert_eq!(recording.trouble(), None);
    assert_eq!(recording.finish(), (None, Some(Recorded { path: path.clone(), length: SampleIndex(41_500) })));
    let wanted = [&samples[..], &[0.0; 1_000], &samples[..500]].concat();
    assert_same(&read_samples(&path).unwrap(), &wanted);
    assert!(!part_of(&path).exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let mut recording = Recording::create(&path).unwrap();
    recording.append(&[0.1]);
    recording.finish().1.unwrap();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Waits until the part file is a WAV of at least `samples`.
fn wait_for_part(path: &Path, samples: u64) {
    for _ in 0..2_000 {
        if hound::WavReader::open(part_of(path)).is_ok_and(|r| u64::from(r.duration()) >= samples) {
            return;
        }
        thread::yield_now();
        thread::sleep(Duration::from_millis(5));
    }
    panic!("the part file never held {samples} samples");
}

#[test]
fn a_kill_costs_at_most_a_second() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let mut recording = Recording::create(&path).unwrap();
    let samples = ramp(3 * 16_000 + 9_000);
    samples.chunks(320).for_each(|c| recording.append(c));
    // The file as a kill would leave it: a copy while the recorder is still at work.
    wait_for_part(&path, 3 * 16_000);
    let left = dir.path().join("left.wav.part");
    fs::copy(part_of(&path), &left).unwrap();
    assert_same(&samples[..48_000], &read_samples(&left).unwrap()); // readable even before the repair

    let repaired = repair(&left).unwrap();
    assert_eq!(repaired.path, dir.path().join("left.wav"));
    assert!(repaired.length.0 >= samples.len() as u64 - 16_000, "{repaired:?}");
    let kept = read_samples(&repaired.path).unwrap();
    assert_same(&samples[..kept.len()], &kept);
}

#[test]
fn a_stale_header_and_half_a_sample_are_repaired() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let mut recording = Recording::create(&path).unwrap();
    let samples = ramp(20_000);
    recording.append(&samples);
    recording.finish().1.unwrap();
    for (cut, kept) in [(0, 20_000), (1, 19_999), (2, 19_999), (39_998, 1)] {
        let mut bytes = fs::read(&path).unwrap();
        bytes[40..44].copy_from_slice(&16_000u32.to_le_bytes()); // what the last checkpoint wrote
        bytes.truncate(bytes.len() - cut);
        let part = dir.path().join("b.wav.part");
        fs::write(&part, bytes).unwrap();
        let repaired = repair(&part).unwrap();
        assert_eq!(repaired.length, SampleIndex(kept), "cut by {cut}");
        assert_same(&samples[..kept as usize], &read_samples(&repaired.path).unwrap());
        assert_eq!(hound::WavReader::open(&repaired.path).unwrap().duration(), kept as u32);
    }
}

#[test]
fn what_is_no_recording_is_left_alone() {
    let dir = tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (write("a.wav.part", b""), "holds no sound"),
        (write("b.wav.part", &[7; 100]), "another header"),
        (write("c.wav", &[7; 100]), "does not end in .part"),
        (dir.path().join("d.wav.part"), "cannot repair"),
    ];
    for (path, says) in cases {
        let before = fs::read(&path).ok();
        let e = repair(&path).unwrap_err().to_string();
        assert!(e.contains(says), "{e:?} should say {says:?}");
        assert_eq!(fs::read(&path).ok(), before);
    }
}

#[test]
fn an_unrepaired_recording_is_never_overwritten() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    fs::write(part_of(&path), b"precious").unwrap();
    assert!(Recording::create(&path).is_err());
    assert_eq!(fs::read(part_of(&path)).unwrap(), b"precious");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let e = Recording::create(Path::new("no/such/answer.wav")).err().unwrap().to_string();
    assert!(e.contains("no/such/answer.wav.part"), "{e}");
}

/// The half that `a_full_disk_is_told_once_and_what_was_written_is_kept` starts in a process of its own, where files may
/// not grow beyond 51,200 bytes. Started by itself it has nothing to do.
#[cfg(unix)]
#[test]
fn inside_a_full_disk() {
    let Some(dir) = std::env::var_os("VIVA_TEST_SMALL_DISK") else { return };
    let path = Path::new(&dir).join("answer.wav");
    let samples = ramp(5 * 16_000);
    let mut recording = Recording::create(&path).unwrap();
    samples.chunks(320).for_each(|c| recording.append(c));
    let mut told = Vec::new();
    while told.is_empty() {
        told.extend(recording.trouble());
        thread::yield_now();
    }
    recording.append(&samples);
    let (more, recorded) = recording.finish();
    told.extend(more);
    let kept = read_samples(&path).unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("cannot write the recording "), "{told:?}");
    assert_eq!(recorded, Some(Recorded { path, length: SampleIndex(kept.len() as u64) }));
    assert!((16_000..25_600).contains(&kept.len()), "{}", kept.len());
    assert_same(&samples[..kept.len()], &kept);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_once_and_what_was_written_is_kept() {
    let dir = tempdir().unwrap();
    let script = r#"trap '' XFSZ; ulimit -f 100; exec "$0" --exact audio::recording::tests::inside_a_full_disk"#;
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("VIVA_TEST_SMALL_DISK", dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
