//! Reads the head of a WAV file: how samples are stored, where they begin, how many there really are.
//!
//! Our own reading and not hound's, because hound believes the length in the header: programs that stream WAV
//! (`espeak-ng --stdout`, ffmpeg to a pipe) write 0 or a huge number there, and a crash leaves an old one.

use std::io::{self, Read, Seek, SeekFrom};

use super::WavError;

/// How samples are stored and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub rate: u32,
    pub channels: usize,
    pub encoding: Encoding,
    /// Bytes of one frame (a sample of every channel).
    pub frame_bytes: usize,
    /// Frames that are really there.
    pub frames: u64,
}

/// One stored sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
}

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;

impl Header {
    /// Reads up to the first sample and leaves `reader` there.
    pub fn read(reader: &mut (impl Read + Seek), name: &str) -> Result<Self, WavError> {
        let damaged = |why: &str| WavError::Damaged { name: name.to_owned(), why: why.to_owned() };
        let cut_off = |e: io::Error| match e.kind() {
            io::ErrorKind::UnexpectedEof => damaged("it ends before the first sample"),
            _ => WavError::Unreadable { name: name.to_owned(), why: e.to_string() },
        };
        let length = reader.seek(SeekFrom::End(0)).map_err(cut_off)?;
        reader.seek(SeekFrom::Start(12)).map_err(cut_off)?;

        let mut format = None;
        loop {
            let mut head = [0; 8];
            reader.read_exact(&mut head).map_err(cut_off)?;
            let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
            let body = reader.stream_position().map_err(cut_off)?;
            match &head[..4] {
                b"fmt " => {
                    let mut fmt = [0; 40];
                    let have = size.min(40) as usize;
                    reader.read_exact(&mut fmt[..have]).map_err(cut_off)?;
                    format = Some(Format::parse(&fmt[..have]).ok_or_else(|| damaged("its format chunk is malformed"))?);
                }
                b"data" => {
                    let format = format.ok_or_else(|| damaged("it has samples but no format chunk"))?;
                    return format.header(real_size(size, length - body), name);
                }
                _ => {}
            }
            // Chunks are padded to an even size.
            reader.seek(SeekFrom::Start(body + size + size % 2)).map_err(cut_off)?;
        }
    }
}

/// Bytes of samples: what the header says, unless it is a stand-in for "unknown" or more than there is.
fn real_size(said: u64, there: u64) -> u64 {
    if said == 0 { there } else { said.min(there) }
}

/// The fields of a format chunk.
#[derive(Debug, Clone, Copy)]
struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    frame_bytes: u16,
    bits: u16,
}

impl Format {
    fn parse(fmt: &[u8]) -> Option<Self> {
        let two = |at: usize| Some(u16::from_le_bytes(fmt.get(at..at + 2)?.try_into().ok()?));
        let rate = u32::from_le_bytes(fmt.get(4..8)?.try_into().ok()?);
        // The extensible form keeps the true tag in the first two bytes of a GUID.
        let tag = if two(0)? == EXTENSIBLE { two(24)? } else { two(0)? };
        Some(Self { tag, channels: two(2)?, rate, frame_bytes: two(12)?, bits: two(14)? })
    }

    fn header(self, bytes: u64, name: &str) -> Result<Header, WavError> {
        let damaged = |why: &str| WavError::Damaged { name: name.to_owned(), why: why.to_owned() };
        if self.channels == 0 || self.frame_bytes == 0 || !self.frame_bytes.is_multiple_of(self.channels) {
            return Err(damaged("its format chunk contradicts itself"));
        }
        // The container counts, not the valid bits: 24 bits may lie in 4 bytes, at the upper end.
        let encoding = match (self.tag, self.frame_bytes / self.channels) {
            (PCM, 1) => Encoding::Unsigned8,
            (PCM, 2) => Encoding::Signed16,
            (PCM, 3) => Encoding::Signed24,
            (PCM, 4) => Encoding::Signed32,
            (FLOAT, 4) => Encoding::Float32,
            (FLOAT, 8) => Encoding::Float64,
            _ => return Err(WavError::Encoding { name: name.to_owned(), tag: self.tag, bits: self.bits }),
        };
        Ok(Header {
            rate: self.rate,
            channels: usize::from(self.channels),
            encoding,
            frame_bytes: usize::from(self.frame_bytes),
            frames: bytes / u64::from(self.frame_bytes),
        })
    }
}

impl Encoding {
    /// Appends the samples of `bytes`, -1 to 1, channels interleaved.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::Unsigned8 => out.extend(bytes.iter().map(|b| (f32::from(*b) - 128.0) / 128.0)),
            Self::Signed16 => each(bytes, out, |b: [u8; 2]| f32::from(i16::from_le_bytes(b)) / 32_768.0),
            Self::Signed24 => {
                each(bytes, out, |[a, b, c]: [u8; 3]| i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0);
            }
            Self::Signed32 => each(bytes, out, |b: [u8; 4]| i32::from_le_bytes(b) as f32 / 2_147_483_648.0),
            Self::Float32 => each(bytes, out, |b: [u8; 4]| finite(f32::from_le_bytes(b))),
            Self::Float64 => each(bytes, out, |b: [u8; 8]| finite(f64::from_le_bytes(b) as f32)),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], out: &mut Vec<f32>, decode: impl Fn([u8; N]) -> f32) {
    out.extend(bytes.as_chunks::<N>().0.iter().map(|b| decode(*b)));
}

fn finite(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}
