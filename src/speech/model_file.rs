//! Reads the structure of a Whisper model file without loading it: magic, sizes, vocabulary, every weight to the last byte.
//!
//! ggml ends the whole process when it meets a corrupt file. A file that passes here can be loaded; whether its weights
//! are the right ones is a matter of the hash, see [`super::models`].

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// First four bytes, little-endian: "ggml" as a number.
const MAGIC: u32 = 0x6767_6d6c;

/// Walks the file; says what is wrong with it.
pub fn check(path: &Path) -> Result<(), String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let length = file.metadata().map_err(|e| e.to_string())?.len();
    walk(&mut BufReader::new(file), length).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => e.to_string(),
    })
}

fn walk(file: &mut (impl Read + Seek), length: u64) -> io::Result<()> {
    if u32_of(file)? != MAGIC {
        return Err(bad("it does not begin with the mark of a ggml file"));
    }
    let mut sizes = [0; 11];
    for size in &mut sizes {
        *size = u32_of(file)?;
    }
    let [vocabulary, audio_ctx, audio_width, .., mels, _kind] = sizes;
    let plausible = (1000..200_000).contains(&vocabulary)
        && audio_ctx == 1500
        && (64..=4096).contains(&audio_width)
        && (mels == 80 || mels == 128);
    if !plausible {
        return Err(bad("its sizes are not those of a Whisper model"));
    }

    let (filters, bins) = (u32_of(file)?, u32_of(file)?);
    skip(file, u64::from(filters) * u64::from(bins) * 4, length)?;
    let words = u32_of(file)?;
    if words > vocabulary {
        return Err(bad("its vocabulary is longer than it says"));
    }
    for _ in 0..words {
        let bytes = u32_of(file)?;
        skip(file, u64::from(bytes), length)?;
    }

    let mut weights = 0;
    while file.stream_position()? < length {
        skip_weight(file, length)?;
        weights += 1;
    }
    if weights == 0 {
        return Err(bad("it holds no weights"));
    }
    Ok(())
}

/// One tensor: dimensions, length of the name, type, sizes, name, data.
fn skip_weight(file: &mut (impl Read + Seek), length: u64) -> io::Result<()> {
    let (dimensions, name, kind) = (u32_of(file)?, u32_of(file)?, u32_of(file)?);
    if !(1..=4).contains(&dimensions) || name > 256 {
        return Err(bad("a weight has no sensible shape"));
    }
    let mut elements = 1u64;
    for _ in 0..dimensions {
        elements = elements.saturating_mul(u64::from(u32_of(file)?));
    }
    let (block, bytes) = block_of(kind).ok_or_else(|| bad("a weight is of an unknown type"))?;
    skip(file, u64::from(name), length)?;
    skip(file, (elements / block).saturating_mul(bytes), length)
}

/// Elements and bytes of one block of a ggml type.
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

fn skip(file: &mut impl Seek, bytes: u64, length: u64) -> io::Result<()> {
    let at = file.stream_position()?;
    if bytes > length.saturating_sub(at) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.seek_relative(bytes as i64)
}

fn u32_of(file: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn weights() -> Vec<u8> {
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/synthetic/ggml-synthetic.en-q8_0.bin")).unwrap()
    }

    fn walk_bytes(bytes: Vec<u8>) -> io::Result<()> {
        let length = bytes.len() as u64;
        walk(&mut Cursor::new(bytes), length)
    }

    #[test]
    fn a_whole_model_passes() {
        walk_bytes(weights()).unwrap();
    }

    #[test]
    fn a_model_cut_anywhere_is_refused() {
        let whole = weights();
        for cut in [0, 3, 4, 30, 48, 60, 10_000, 70_000, 500_000, 5_000_000, whole.len() - 1] {
            assert!(walk_bytes(whole[..cut].to_vec()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn junk_after_the_weights_or_in_the_sizes_is_refused() {
        let mut longer = weights();
        longer.extend([1; 40]);
        assert!(walk_bytes(longer).is_err());
        for at in [0, 4, 8, 12, 40] {
            let mut bent = weights();
            bent[at + 3] = 0x7f;
            assert!(walk_bytes(bent).is_err(), "bent at {at}");
        }
    }
}
