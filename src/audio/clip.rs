//! Some seconds of a recording as a WAV file of its own.

use std::{io::Cursor, path::Path};

use hound::{SampleFormat, WavReader, WavWriter};

/// Why there is no such piece.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    #[error("the recording lasts {length_s:.1} s: there is nothing from {from_s:.1} s to {to_s:.1} s")]
    Outside { from_s: f64, to_s: f64, length_s: f64 },
    #[error("the recording is damaged: {0}")]
    Damaged(#[from] hound::Error),
}

/// The bytes of a WAV file (16 bit, as recordings are) with what `path` holds between these seconds. An end behind that of the
/// recording is its end. Reads and blocks.
pub fn clip(path: &Path, from_s: f64, to_s: f64) -> Result<Vec<u8>, ClipError> {
    let mut recording = WavReader::open(path)?;
    let spec = recording.spec();
    if spec.sample_format != SampleFormat::Int || spec.bits_per_sample != 16 {
        return Err(hound::Error::Unsupported.into());
    }
    let (rate, frames) = (f64::from(spec.sample_rate), recording.duration());
    let frame = |seconds: f64| (seconds.max(0.0) * rate).round().min(f64::from(frames)) as u32;
    let (from, to) = (frame(from_s), frame(to_s));
    if from >= to {
        return Err(ClipError::Outside { from_s, to_s, length_s: f64::from(frames) / rate });
    }
    recording.seek(from).map_err(hound::Error::from)?;
    let mut bytes = Vec::with_capacity((to - from) as usize * usize::from(spec.channels) * 2 + 44);
    let mut piece = WavWriter::new(Cursor::new(&mut bytes), spec)?;
    for sample in recording.samples::<i16>().take((to - from) as usize * usize::from(spec.channels)) {
        piece.write_sample(sample?)?;
    }
    piece.finalize()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten seconds at 100 Hz; each sample is its number.
    fn counting(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("a.wav");
        let spec =
            hound::WavSpec { channels: 1, sample_rate: 100, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        (0..1000i16).for_each(|n| writer.write_sample(n).unwrap());
        writer.finalize().unwrap();
        path
    }

    #[test]
    fn a_clip_holds_just_these_samples() {
        let folder = tempfile::tempdir().unwrap();
        let path = counting(folder.path());
        for (from_s, to_s, samples) in
            [(2.0, 3.5, 200..350), (0.0, 0.01, 0..1), (9.0, 99.0, 900..1000), (-3.0, 1.0, 0..100)]
        {
            let bytes = clip(&path, from_s, to_s).unwrap();
            let read: Vec<i16> =
                WavReader::new(Cursor::new(bytes)).unwrap().into_samples().map(Result::unwrap).collect();
            assert_eq!(read, samples.collect::<Vec<i16>>(), "{from_s} to {to_s}");
        }
    }

    #[test]
    fn seconds_that_are_not_there_are_refused_with_the_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = counting(folder.path());
        for (from_s, to_s) in [(10.0, 12.0), (5.0, 5.0), (6.0, 2.0), (f64::NAN, f64::NAN)] {
            let error = clip(&path, from_s, to_s).unwrap_err().to_string();
            assert!(error.contains("lasts 10.0 s"), "{error}");
        }
        std::fs::write(&path, b"RIFF no more").unwrap();
        assert!(matches!(clip(&path, 0.0, 1.0), Err(ClipError::Damaged(_))));
    }
}
