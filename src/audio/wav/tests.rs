use std::io::SeekFrom;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::*;

fn spec(channels: u16, rate: u32, bits: u16, format: SampleFormat) -> WavSpec {
    WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format }
}

fn tone(rate: u32, seconds: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * 440.0 / f64::from(rate);
    (0..(f64::from(rate) * seconds) as usize).map(|n| ((n as f64 * step).sin() * 0.5) as f32).collect()
}

/// A WAV with the tone on every channel.
fn wav(spec: WavSpec, seconds: f64) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for sample in tone(spec.sample_rate, seconds) {
        for _ in 0..spec.channels {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let full = 2f64.powi(i32::from(spec.bits_per_sample) - 1) - 1.0;
                    writer.write_sample((f64::from(sample) * full).round() as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn message(bytes: &[u8], name: &str) -> String {
    samples_of(bytes, name).unwrap_err().to_string()
}

#[test]
fn every_width_rate_and_channel_count_sounds_the_same() {
    let ideal = tone(16_000, 0.5);
    for (bits, format) in [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ] {
        for rate in [8_000, 16_000, 22_050, 44_100, 48_000] {
            for channels in [1, 2, 6] {
                let spec = spec(channels, rate, bits, format);
                let samples = samples_of(&wav(spec, 0.5), "a.wav").unwrap();
                assert_eq!(samples.len(), ideal.len(), "{spec:?}");
                let middle = 800..7_200;
                let worst = samples[middle.clone()].iter().zip(&ideal[middle]).map(|(a, b)| (a - b).abs());
                let worst = worst.fold(0.0, f32::max);
                assert!(worst < if bits == 8 { 0.012 } else { 0.002 }, "{spec:?}: off by {worst}");
            }
        }
    }
}

#[test]
fn a_microphone_on_one_side_only_keeps_its_loudness() {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec(2, 16_000, 16, SampleFormat::Int)).unwrap();
    for sample in tone(16_000, 0.2) {
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
        writer.write_sample(0i16).unwrap();
    }
    writer.finalize().unwrap();
    let peak = samples_of(&bytes.into_inner(), "a.wav").unwrap().into_iter().fold(0.0, f32::max);
    assert!((peak - 0.5).abs() < 0.01, "{peak}");
}

/// The bytes with another length in the header of the data.
fn with_data_size(mut bytes: Vec<u8>, size: u32) -> Vec<u8> {
    bytes[40..44].copy_from_slice(&size.to_le_bytes());
    bytes
}

#[test]
fn a_wrong_length_in_the_header_is_not_believed() {
    let bytes = wav(spec(1, 16_000, 16, SampleFormat::Int), 0.1);
    for size in [0, 0x7FFF_F000, 0xFFFF_FFFF, 3_201, 999_999] {
        assert_eq!(samples_of(&with_data_size(bytes.clone(), size), "a.wav").unwrap().len(), 1_600, "said {size}");
    }
    // A length that is shorter than the file is true: other chunks follow.
    assert_eq!(samples_of(&with_data_size(bytes.clone(), 1_000), "a.wav").unwrap().len(), 500);
    // Cut off in the middle of a sample.
    assert_eq!(samples_of(&bytes[..44 + 2_001], "a.wav").unwrap().len(), 1_000);
}

#[test]
fn chunks_before_the_samples_are_skipped_even_of_odd_size() {
    let plain = wav(spec(1, 16_000, 16, SampleFormat::Int), 0.1);
    let mut bytes = plain[..36].to_vec();
    bytes.extend_from_slice(b"LIST\x03\x00\x00\x00abc\x00");
    bytes.extend_from_slice(&plain[36..]);
    assert_eq!(samples_of(&bytes, "a.wav").unwrap(), samples_of(&plain, "a.wav").unwrap());
}

#[test]
fn other_formats_are_named_with_the_command_that_converts() {
    let convert = "not WAV. Convert it with: ffmpeg -i answer.x -ar 16000 -ac 1 answer.wav";
    for (head, format) in [
        (&b"ID3\x04\x00\x00\x00\x00\x00\x00"[..], "MP3"),
        (b"\xFF\xFB\x90\x64\x00\x00", "MP3"),
        (b"\xFF\xF1\x50\x80\x00\x00", "AAC"),
        (b"fLaC\x00\x00\x00\x22", "FLAC"),
        (b"OggS\x00\x02\x00\x00\x00\x00", "Ogg (Opus or Vorbis)"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00", "M4A"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00", "MP4"),
        (b"\x1A\x45\xDF\xA3\x9F\x42", "WebM or Matroska"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM", "AIFF"),
        (b"RF64\xFF\xFF\xFF\xFFWAVEds64", "WAV of the 64-bit kind"),
    ] {
        assert_eq!(message(head, "answer.x"), format!("answer.x is {format}, {convert}"));
    }
    let mp3_named_wav = message(b"ID3\x04\x00\x00\x00\x00\x00\x00", "answer.wav");
    assert!(mp3_named_wav.ends_with("ffmpeg -i answer.wav -ar 16000 -ac 1 answer-16k.wav"), "{mp3_named_wav}");
    let raw = message(&[1, 0, 2, 0, 3, 0], "answer.raw");
    assert!(raw.contains("ffmpeg -f s16le -ar 16000 -ac 1 -i answer.raw answer.wav"), "{raw}");
}

#[test]
fn broken_files_are_refused_with_their_reason() {
    let good = wav(spec(1, 16_000, 16, SampleFormat::Int), 0.1);
    for (bytes, says) in [
        (&b""[..], "holds no sound"),
        (&good[..20], "ends before the first sample"),
        (&good[..44], "holds no sound"),
        (&[&good[..20], &[6, 0], &good[22..]].concat(), "tag 6, 16 bits"),
        (&[&good[..22], &[0, 0], &good[24..]].concat(), "contradicts itself"),
        (&[&good[..24], &4_000u32.to_le_bytes(), &good[28..]].concat(), "sample rate of 4000 Hz"),
    ] {
        let message = message(bytes, "a.wav");
        assert!(message.contains(says), "{message:?} should say {says:?}");
    }
    // Whatever is cut off or flipped: an answer, never a panic.
    for at in 0..good.len().min(60) {
        let mut flipped = good.clone();
        flipped[at] ^= 0xFF;
        let _ = (samples_of(&good[..at], "a.wav"), samples_of(&flipped, "a.wav"));
    }
}

/// Looks like hours of silence without holding them.
struct Endless {
    head: Vec<u8>,
    at: u64,
    length: u64,
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let len = buf.len().min(self.length.saturating_sub(self.at) as usize);
        for (n, byte) in buf[..len].iter_mut().enumerate() {
            *byte = self.head.get(self.at as usize + n).copied().unwrap_or(0);
        }
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Endless {
    fn seek(&mut self, pos: SeekFrom) -> std::io::Result<u64> {
        self.at = match pos {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.length.saturating_add_signed(by),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn three_hours_are_taken_and_more_refused() {
    let head = with_data_size(wav(spec(1, 16_000, 16, SampleFormat::Int), 0.1), 0)[..44].to_vec();
    let hours = |hours: u64| {
        let reader = Endless { head: head.clone(), at: 0, length: 44 + hours * 3_600 * 32_000 };
        WavSource::from_reader(reader, "long.wav", Pace::AsFastAsPossible).map(|s| s.seconds())
    };
    assert_eq!(hours(3).unwrap(), 10_800.0);
    assert_eq!(hours(4).unwrap_err().to_string(), "long.wav lasts 240 minutes; at most 180 are taken. Cut it first.");
}

#[test]
fn real_time_takes_as_long_as_the_sound() {
    let bytes = wav(spec(1, 48_000, 16, SampleFormat::Int), 0.2);
    let mut source = WavSource::from_reader(Cursor::new(bytes), "a.wav", Pace::RealTime).unwrap();
    let (started, mut samples) = (Instant::now(), Vec::new());
    while source.pull(&mut samples, Duration::from_millis(50)) != Pulled::Ended {
        assert!(samples.len() as f64 / 48_000.0 <= started.elapsed().as_secs_f64() + 0.001, "ahead of the clock");
    }
    assert_eq!(samples.len(), 9_600);
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[test]
fn real_time_does_not_wait_longer_than_it_may() {
    let bytes = wav(spec(1, 48_000, 16, SampleFormat::Int), 1.0);
    let mut source = WavSource::from_reader(Cursor::new(bytes), "a.wav", Pace::RealTime).unwrap();
    assert_eq!(source.pull(&mut Vec::new(), Duration::ZERO), Pulled::Nothing);
}

#[test]
fn a_missing_file_is_named() {
    let e = WavSource::open(Path::new("no/such.wav"), Pace::AsFastAsPossible).err().unwrap().to_string();
    assert!(e.starts_with("cannot read no/such.wav: "), "{e}");
}
