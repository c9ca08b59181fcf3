//! The edge to sound: devices, WAV files, recordings. Samples come in at a source's own rate and leave as 16 kHz.

pub mod clip;
pub mod recording;
pub mod sleep;
pub mod source;
pub mod wav;

#[cfg(feature = "audio")]
pub mod capture;
#[cfg(feature = "audio")]
pub mod device;
pub mod playback;
