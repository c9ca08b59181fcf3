//! A speech model of the size of base.en whose weights mean nothing: the same arithmetic as the real one, for measuring.
//!
//! Header, mel filters and vocabulary are those of the synthetic model, the sizes those of base.en, every weight is random. It
//! never ends a text by itself: cap it with `RecognizerOptions::tokens_per_s`. The file has the length of the real one to the byte.

use std::{
    fs::File,
    io::{self, BufWriter, Cursor, Read, Seek, Write},
    path::Path,
};

/// Width, layers and heads of base.en, in the encoder and the decoder alike.
const WIDTH: u32 = 512;
const HEADS: u32 = 8;
const LAYERS: u32 = 6;
const MELS: u32 = 80;
const AUDIO_FRAMES: u32 = 1500;
const TEXT_TOKENS: u32 = 448;
/// What the file of base.en in q8_0 measures: see models/models.toml.
pub const BASE_EN_BYTES: u64 = 81_781_811;

/// Writes the model to `path`; `synthetic` is the file to take vocabulary and mel filters from.
pub fn write(synthetic: &Path, path: &Path) -> io::Result<()> {
    let source = std::fs::read(synthetic)?;
    let words_end = end_of_vocabulary(&source)?;
    let vocabulary = u32_at(&source, 4);
    let mut model = Model { out: BufWriter::new(File::create(path)?), noise: Noise(0x9e37_79b9) };
    model.out.write_all(&source[..4])?;
    let kind = u32_at(&source, 44); // q8_0 of the second version
    for size in [vocabulary, AUDIO_FRAMES, WIDTH, HEADS, LAYERS, TEXT_TOKENS, WIDTH, HEADS, LAYERS, MELS, kind] {
        model.number(size)?;
    }
    model.out.write_all(&source[48..words_end])?;
    model.weights(vocabulary)?;
    model.out.flush()
}

/// Where the weights of a model file begin.
fn end_of_vocabulary(source: &[u8]) -> io::Result<usize> {
    let mut file = Cursor::new(source);
    file.set_position(48);
    let filters = u64::from(read_u32(&mut file)?) * u64::from(read_u32(&mut file)?) * 4;
    file.seek_relative(filters as i64)?;
    for _ in 0..read_u32(&mut file)? {
        let bytes = read_u32(&mut file)?;
        file.seek_relative(i64::from(bytes))?;
    }
    Ok(file.position() as usize)
}

fn read_u32(file: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes were cut"))
}

/// How the weights of one tensor are spread.
#[derive(Clone, Copy)]
enum Weights {
    /// All the same, as 32-bit floats.
    Constant(f32),
    /// 32-bit floats of this standard deviation.
    Floats(f32),
    /// 16-bit floats.
    Halves(f32),
    /// Blocks of 32 bytes with a 16-bit scale (q8_0).
    Blocks(f32),
}

struct Model<W: Write> {
    out: W,
    noise: Noise,
}

impl<W: Write> Model<W> {
    fn weights(&mut self, vocabulary: u32) -> io::Result<()> {
        const SMALL: f32 = 0.02;
        self.tensor("encoder.positional_embedding", &[WIDTH, AUDIO_FRAMES], Weights::Floats(SMALL))?;
        for (name, inputs) in [("encoder.conv1", MELS), ("encoder.conv2", WIDTH)] {
            self.tensor(&format!("{name}.weight"), &[3, inputs, WIDTH], Weights::Halves(SMALL))?;
            self.tensor(&format!("{name}.bias"), &[1, WIDTH], Weights::Constant(0.0))?;
        }
        self.norm("encoder.ln_post")?;
        // Large, so that each place has a word of its own: the same word again and again would be taken for a loop and decoded twice.
        self.tensor("decoder.positional_embedding", &[WIDTH, TEXT_TOKENS], Weights::Floats(1.0))?;
        self.tensor("decoder.token_embedding.weight", &[WIDTH, vocabulary], Weights::Blocks(SMALL))?;
        self.norm("decoder.ln")?;
        for layer in 0..LAYERS {
            self.layer(&format!("encoder.blocks.{layer}"), &["attn"])?;
            self.layer(&format!("decoder.blocks.{layer}"), &["attn", "cross_attn"])?;
        }
        Ok(())
    }

    fn layer(&mut self, name: &str, attentions: &[&str]) -> io::Result<()> {
        for attention in attentions {
            for part in ["query", "key", "value", "out"] {
                self.linear(&format!("{name}.{attention}.{part}"), WIDTH, WIDTH, part != "key")?;
            }
            self.norm(&format!("{name}.{attention}_ln"))?;
        }
        self.linear(&format!("{name}.mlp.0"), WIDTH, 4 * WIDTH, true)?;
        self.linear(&format!("{name}.mlp.2"), 4 * WIDTH, WIDTH, true)?;
        self.norm(&format!("{name}.mlp_ln"))
    }

    fn linear(&mut self, name: &str, inputs: u32, outputs: u32, bias: bool) -> io::Result<()> {
        self.tensor(&format!("{name}.weight"), &[inputs, outputs], Weights::Blocks(0.02))?;
        if bias {
            self.tensor(&format!("{name}.bias"), &[outputs], Weights::Constant(0.0))?;
        }
        Ok(())
    }

    fn norm(&mut self, name: &str) -> io::Result<()> {
        self.tensor(&format!("{name}.weight"), &[WIDTH], Weights::Constant(1.0))?;
        self.tensor(&format!("{name}.bias"), &[WIDTH], Weights::Constant(0.0))
    }

    fn tensor(&mut self, name: &str, sizes: &[u32], weights: Weights) -> io::Result<()> {
        let kind = match weights {
            Weights::Constant(_) | Weights::Floats(_) => 0,
            Weights::Halves(_) => 1,
            Weights::Blocks(_) => 8,
        };
        for number in [sizes.len() as u32, name.len() as u32, kind].iter().chain(sizes) {
            self.number(*number)?;
        }
        self.out.write_all(name.as_bytes())?;
        let count: usize = sizes.iter().map(|size| *size as usize).product();
        match weights {
            Weights::Constant(value) => (0..count).try_for_each(|_| self.out.write_all(&value.to_le_bytes())),
            Weights::Floats(deviation) => (0..count).try_for_each(|_| {
                let value = self.noise.uniform() * deviation;
                self.out.write_all(&value.to_le_bytes())
            }),
            Weights::Halves(deviation) => (0..count).try_for_each(|_| {
                let value = half(self.noise.uniform() * deviation);
                self.out.write_all(&value.to_le_bytes())
            }),
            Weights::Blocks(deviation) => (0..count / 32).try_for_each(|_| {
                let mut block = [0; 34];
                block[..2].copy_from_slice(&half(deviation / BYTE_DEVIATION).to_le_bytes());
                for eight in block[2..].chunks_exact_mut(8) {
                    eight.copy_from_slice(&self.noise.next().to_le_bytes());
                }
                self.out.write_all(&block)
            }),
        }
    }

    fn number(&mut self, number: u32) -> io::Result<()> {
        self.out.write_all(&number.to_le_bytes())
    }
}

/// Standard deviation of a random signed byte.
const BYTE_DEVIATION: f32 = 73.9;

/// The 16-bit float nearest below in size; nothing below 2^-14 is kept.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    let sign = (bits >> 16 & 0x8000) as u16;
    if exponent <= 0 { sign } else { sign | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16 }
}

/// splitmix64: the same weights on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly spread, with standard deviation 1.
    fn uniform(&mut self) -> f32 {
        ((self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0) * 3f32.sqrt()
    }
}
