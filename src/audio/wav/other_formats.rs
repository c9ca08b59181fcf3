//! Names sound files that are not WAV by their first bytes, so that a person is told what to do with them.

/// Bytes that are enough to tell.
pub(super) const ENOUGH: usize = 16;

/// What a file that begins with `head` is; `None` for WAV, or when it is not known as sound.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, magic: &[u8]| head.get(from..from + magic.len()) == Some(magic);
    let mpeg_frame = matches!(head, [0xFF, second, ..] if second & 0xE0 == 0xE0);
    Some(match () {
        () if at(0, b"RIFF") && at(8, b"WAVE") => return None,
        () if at(0, b"ID3") => "MP3",
        () if matches!(head, [0xFF, 0xF0 | 0xF1 | 0xF8 | 0xF9, ..]) => "AAC",
        () if mpeg_frame => "MP3",
        () if at(0, b"fLaC") => "FLAC",
        () if at(0, b"OggS") => "Ogg (Opus or Vorbis)",
        () if at(4, b"ftypM4A") => "M4A",
        () if at(4, b"ftypqt") => "QuickTime",
        () if at(4, b"ftyp") => "MP4",
        () if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) => "WebM or Matroska",
        () if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => "AIFF",
        () if at(0, b"RF64") || at(0, b"BW64") || at(0, b"riff") => "WAV of the 64-bit kind",
        () if at(0, b"RIFX") => "big-endian WAV",
        () if at(0, b".snd") => "AU",
        () if at(0, b"caff") => "CAF",
        () if at(0, b"#!AMR") => "AMR",
        () if at(0, &[0x30, 0x26, 0xB2, 0x75]) => "WMA",
        () => return None,
    })
}
