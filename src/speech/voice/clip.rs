//! A piece of rendered speech, and the sound formats that engines answer in.

use std::fmt;
use std::io::Cursor;

/// Longest clip that is taken from an engine, in seconds.
const LONGEST_SECONDS: usize = 180;

/// Rendered speech: mono samples, -1 to 1, with their rate in Hz.
#[derive(Clone, PartialEq)]
pub(super) struct Clip {
    pub samples: Vec<f32>,
    pub rate: u32,
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({} samples at {} Hz)", self.samples.len(), self.rate)
    }
}

impl Clip {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate.max(1))
    }

    /// Signed 16-bit little-endian mono without a header. An odd last byte is left out.
    pub fn from_pcm(bytes: &[u8], rate: u32) -> Result<Self, String> {
        let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
        Self::checked(bytes.chunks_exact(2).map(sample).collect(), rate)
    }

    /// A WAV file: PCM of 8 to 32 bits or 32-bit float, channels averaged.
    ///
    /// Lengths in the header are upper bounds only: programs that write to a pipe do not know them.
    pub fn from_wav(bytes: &[u8]) -> Result<Self, String> {
        let (format, data) = chunks(bytes)?;
        let width = usize::from(format.bits / 8);
        let sample: fn(&[u8]) -> f32 = match (format.tag, format.bits) {
            (1, 8) => |b| (f32::from(b[0]) - 128.0) / 128.0,
            (1, 16) => |b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
            (1, 24) => |b| i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0,
            (1, 32) => |b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
            (3, 32) => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            (tag, bits) => return Err(format!("WAV of format {tag} with {bits} bits; 16-bit PCM is understood")),
        };
        let channels = usize::from(format.channels);
        let frame = |frame: &[u8]| frame.chunks_exact(width).map(sample).sum::<f32>() / channels as f32;
        Self::checked(data.chunks_exact(width * channels).map(frame).collect(), format.rate)
    }

    fn checked(mut samples: Vec<f32>, rate: u32) -> Result<Self, String> {
        if !(4_000..=192_000).contains(&rate) {
            return Err(format!("a rate of {rate} Hz"));
        }
        if samples.len() > LONGEST_SECONDS * rate as usize {
            return Err(format!("more than {LONGEST_SECONDS} seconds"));
        }
        if samples.is_empty() {
            return Err("no sound at all".into());
        }
        for sample in &mut samples {
            *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        Ok(Self { samples, rate })
    }

    /// The clip as a 16-bit WAV file.
    pub fn to_wav(&self) -> Result<Vec<u8>, hound::Error> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec)?;
        for sample in &self.samples {
            writer.write_sample((sample * 32_767.0).round() as i16)?;
        }
        writer.finalize()?;
        Ok(file.into_inner())
    }
}

struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

/// The format and the sample bytes of a WAV file.
fn chunks(bytes: &[u8]) -> Result<(Format, &[u8]), String> {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
        return Err("something that is not a WAV file".into());
    }
    let mut rest = &bytes[12..];
    let mut format = None;
    while rest.len() >= 8 {
        let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let (name, body) = (&rest[..4], &rest[8..]);
        if name == b"data" {
            let format = format.ok_or("a WAV file without a format")?;
            // A streaming writer leaves 0 or a huge number here.
            let known = if size == 0 { body.len() } else { size.min(body.len()) };
            return Ok((format, &body[..known]));
        }
        if name == b"fmt " && body.len() >= 16 {
            format = Some(read_format(body)?);
        }
        rest = body.get(size + size % 2..).unwrap_or_default();
    }
    Err("a WAV file without sound".into())
}

fn read_format(body: &[u8]) -> Result<Format, String> {
    let word = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
    let rate = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
    // The extensible format keeps its real tag in the first bytes of a GUID.
    let tag = if word(0) == 0xFFFE && body.len() >= 26 { word(24) } else { word(0) };
    let format = Format { tag, channels: word(2), rate, bits: word(14) };
    if format.channels == 0 || format.bits == 0 {
        return Err("a WAV file without channels".into());
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(tag: u16, channels: u16, bits: u16, claimed: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(22_050_u32.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(claimed.to_le_bytes());
        bytes.extend(data);
        bytes
    }

    fn check(file: &[u8], expected: &[f32]) {
        let clip = Clip::from_wav(file).expect("readable");
        assert_eq!((clip.samples.as_slice(), clip.rate), (expected, 22_050));
    }

    #[test]
    fn usual_sample_formats_are_read() {
        check(&wav(1, 1, 8, 2, &[128, 192]), &[0.0, 0.5]);
        check(&wav(1, 1, 16, 4, &[0, 0, 0, 64]), &[0.0, 0.5]);
        check(&wav(1, 1, 24, 3, &[0, 0, 64]), &[0.5]);
        check(&wav(1, 1, 32, 4, &[0, 0, 0, 64]), &[0.5]);
        check(&wav(3, 1, 32, 4, &0.5_f32.to_le_bytes()), &[0.5]);
        check(&wav(1, 2, 16, 4, &[0, 64, 0, 0]), &[0.25]);
    }

    #[test]
    fn the_length_in_the_header_of_a_stream_is_not_believed() {
        for claimed in [0, 0x7fff_f000, u32::MAX] {
            check(&wav(1, 1, 16, claimed, &[0, 64, 0, 64, 1]), &[0.5, 0.5]);
        }
    }

    #[test]
    fn what_is_no_speech_is_refused() {
        let full = wav(1, 1, 16, 2, &[0, 64]);
        for bad in [b"".as_slice(), b"<html>", &full[..40], &full[..full.len() - 2], &wav(7, 1, 8, 1, &[1])] {
            assert!(Clip::from_wav(bad).is_err(), "{} bytes", bad.len());
        }
        assert!(Clip::from_pcm(&vec![0; 2 * 24_000 * 200], 24_000).is_err(), "too long");
    }

    #[test]
    fn a_clip_survives_its_file() {
        let clip = Clip { samples: vec![0.0, 0.5, -0.5], rate: 24_000 };
        let read = Clip::from_wav(&clip.to_wav().expect("written")).expect("read");
        assert_eq!(read.rate, clip.rate);
        assert!(read.samples.iter().zip(&clip.samples).all(|(a, b)| (a - b).abs() < 1e-4), "{read:?}");
        assert!((clip.seconds() - 3.0 / 24_000.0).abs() < 1e-12);
    }
}
