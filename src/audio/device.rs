//! What there is to record with and to play on: finding a device by name, listing devices, the level of a microphone.
//!
//! Opens nothing for longer than a look; [`super::capture`] and [`super::playback`] own the streams. Everything that
//! asks the sound system may block while the system is hung, so callers who must not wait ask from a thread of their own.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, ErrorKind, StreamConfig, SupportedBufferSize, SupportedStreamConfig};

mod meter;

pub use meter::{Level, Meter, meter};

/// The name that stands for whatever the system's default is.
pub const DEFAULT: &str = "default";

/// How long a sound server may take to set up a stream.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

/// Which way sound goes through a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Input,
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "microphone",
            Self::Output => "loudspeaker",
        })
    }
}

/// One device as `viva devices` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What to write in the settings; unique within its direction.
    pub name: String,
    pub direction: Direction,
    pub is_default: bool,
    /// Its own rate in Hz; 0 when it would not say.
    pub rate: u32,
    /// 0 when it would not say.
    pub channels: u16,
    /// Whether it could be opened, or why not.
    pub works: Result<(), String>,
}

/// Why a device cannot be used; the text names the device and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no {direction} on this machine. Plug one in; `viva devices` lists what there is.")]
    Missing { direction: Direction },
    #[error("there is no {direction} \"{name}\"{}. Choose one with `viva devices`.", list_names(.known))]
    Unknown { direction: Direction, name: String, known: Vec<String> },
    #[error(
        "cannot open {direction} \"{name}\": in use by another program. Close that, or choose another with `viva devices`."
    )]
    Busy { direction: Direction, name: String },
    #[error(
        "cannot open {direction} \"{name}\": not permitted. Allow it in the system's privacy settings (on Linux: the group \"audio\"), or choose another with `viva devices`."
    )]
    Denied { direction: Direction, name: String },
    #[error("cannot open {direction} \"{name}\": {why}. Choose one with `viva devices`.")]
    Failed { direction: Direction, name: String, why: String },
}

fn list_names(known: &[String]) -> String {
    if known.is_empty() {
        return String::new();
    }
    format!(" (there is {})", known.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

impl DeviceError {
    pub(super) fn from_cpal(direction: Direction, name: &str, error: &cpal::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            ErrorKind::DeviceBusy => Self::Busy { direction, name },
            ErrorKind::PermissionDenied => Self::Denied { direction, name },
            _ => {
                let why = error.to_string();
                Self::Failed { direction, name, why: why.trim_end_matches('.').to_owned() }
            }
        }
    }
}

/// The first error that ended a stream; 0 is none. Written by the sound system, in a busy loop on some: no text, no
/// lock, no log.
#[derive(Debug, Default)]
pub(super) struct FirstError(AtomicU8);

impl FirstError {
    pub(super) fn keep(&self, kind: ErrorKind) {
        let code = match kind {
            ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => return, // a stream survives these
            ErrorKind::DeviceNotAvailable => 1,
            ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable => 2,
            ErrorKind::DeviceBusy => 3,
            ErrorKind::PermissionDenied => 4,
            _ => 5,
        };
        let _ = self.0.compare_exchange(0, code, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Why the stream is over, if it is.
    pub(super) fn why(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            1 => Some("it was unplugged"),
            2 => Some("the sound system closed it"),
            3 => Some("another program took it"),
            4 => Some("permission was withdrawn"),
            _ => Some("the sound system reported an error"),
        }
    }
}

/// A device with the configuration it would run at by itself.
pub(super) struct Found {
    pub device: cpal::Device,
    /// What a person calls it.
    pub name: String,
    /// What the sound system calls it; stays the same when it is plugged in again.
    pub id: String,
    pub host: cpal::HostId,
    pub config: SupportedStreamConfig,
}

/// Finds a device by a name that [`list`] prints, by the sound system's own name, or by [`DEFAULT`]; in `host`, or
/// in whichever part of the sound system answers.
pub(super) fn find(wanted: &str, direction: Direction, host: Option<cpal::HostId>) -> Result<Found, DeviceError> {
    let host = match host {
        Some(id) => cpal::host_from_id(id).map_err(|error| DeviceError::from_cpal(direction, wanted, &error))?,
        None => cpal::default_host(),
    };
    let device = if wanted == DEFAULT { default_device(&host, direction) } else { named(&host, wanted, direction) };
    let Some(device) = device else {
        if wanted == DEFAULT {
            return Err(DeviceError::Missing { direction });
        }
        let known = devices(&host, direction).iter().map(|(name, _)| name.clone()).collect();
        return Err(DeviceError::Unknown { direction, name: wanted.to_owned(), known });
    };
    let config = own_config(&device, direction);
    let (name, id) = (name_of(&device), id_of(&device));
    match config {
        Ok(config) => Ok(Found { device, name, id, host: host.id(), config }),
        // A machine without sound hardware hands out a default device that has no configuration.
        Err(error) if wanted == DEFAULT && error.kind() == ErrorKind::DeviceNotAvailable => {
            Err(DeviceError::Missing { direction })
        }
        Err(error) => Err(DeviceError::from_cpal(direction, &name, &error)),
    }
}

/// Looks again and again, over one connection, whether a microphone is still there.
pub(super) struct Presence {
    host: cpal::Host,
    id: String,
}

impl Presence {
    /// `None` where the sound system reports a loss by itself. PulseAudio does not: it moves the stream to another source,
    /// and when there is none to what the loudspeaker plays, and tells nobody that a program of cpal's would hear.
    pub(super) fn of(host: cpal::HostId, id: &str) -> Option<Self> {
        let moves_streams = host.to_string() == "pulseaudio";
        let host = moves_streams.then(|| cpal::host_from_id(host).ok())??;
        Some(Self { host, id: id.to_owned() })
    }

    /// A server that does not answer is no sign: its streams end by themselves.
    pub(super) fn is_over(&self) -> bool {
        let devices = all(&self.host, Direction::Input);
        !devices.is_empty() && devices.iter().all(|device| id_of(device) != self.id)
    }
}

/// The system's default. What a loudspeaker plays (a monitor) is never taken for a microphone: sound servers offer it
/// when the last microphone is gone, and the interviewer would listen to itself.
fn default_device(host: &cpal::Host, direction: Direction) -> Option<cpal::Device> {
    match direction {
        Direction::Output => host.default_output_device(),
        Direction::Input => host
            .default_input_device()
            .filter(|device| !is_monitor(device))
            .or_else(|| devices(host, direction).into_iter().map(|(_, device)| device).next()),
    }
}

fn named(host: &cpal::Host, wanted: &str, direction: Direction) -> Option<cpal::Device> {
    let by_name = devices(host, direction).into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    // By its own name even a monitor can be had: whoever writes that means it.
    by_name
        .map(|(_, device)| device)
        .or_else(|| all(host, direction).into_iter().find(|device| id_of(device) == wanted))
}

/// Devices worth offering, each with a name of its own.
fn devices(host: &cpal::Host, direction: Direction) -> Vec<(String, cpal::Device)> {
    let mut devices = all(host, direction);
    devices.retain(|device| !is_monitor(device) && !is_alsa_alias(device));
    let names: Vec<String> = devices.iter().map(name_of).collect();
    let unique = |name: &String| names.iter().filter(|other| other.eq_ignore_ascii_case(name)).count() == 1;
    names
        .iter()
        .zip(devices)
        .map(|(name, device)| (if unique(name) { name.clone() } else { id_of(&device) }, device))
        .collect()
}

fn all(host: &cpal::Host, direction: Direction) -> Vec<cpal::Device> {
    match direction {
        Direction::Input => host.input_devices().map(Iterator::collect).unwrap_or_default(),
        Direction::Output => host.output_devices().map(Iterator::collect).unwrap_or_default(),
    }
}

fn is_monitor(device: &cpal::Device) -> bool {
    id_of(device).ends_with(".monitor")
}

/// ALSA lists each card under a dozen aliases; the ones kept convert rates and formats by themselves.
fn is_alsa_alias(device: &cpal::Device) -> bool {
    let Ok(id) = device.id() else { return false };
    let kept = |id: &str| ["default", "pipewire"].contains(&id) || id.starts_with("plughw:");
    id.host().to_string() == "alsa" && !kept(id.id())
}

fn name_of(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| id_of(device), |description| description.name().to_owned())
}

fn id_of(device: &cpal::Device) -> String {
    device.id().map_or_else(|_| "unnamed".to_owned(), |id| id.id().to_owned())
}

/// The device's own rate, channels and format, or the best of what it supports when it names none.
fn own_config(device: &cpal::Device, direction: Direction) -> Result<SupportedStreamConfig, cpal::Error> {
    let (own, supported) = match direction {
        Direction::Input => (device.default_input_config(), device.supported_input_configs().map(Vec::from_iter)),
        Direction::Output => (device.default_output_config(), device.supported_output_configs().map(Vec::from_iter)),
    };
    let error = match own {
        Ok(config) => return Ok(config),
        Err(error) => error,
    };
    let best = supported.unwrap_or_default().into_iter().max_by(|a, b| a.cmp_default_heuristics(b));
    best.map(|range| range.try_with_standard_sample_rate().unwrap_or_else(|| range.with_max_sample_rate())).ok_or(error)
}

/// Stream settings with 20 ms callbacks where the device allows that. Without asking, a sound server hands over up to
/// 0.7 s at a time.
pub(super) fn stream_config(config: &SupportedStreamConfig) -> StreamConfig {
    let frames = (config.sample_rate() / 50).max(1);
    let buffer_size = match config.buffer_size() {
        SupportedBufferSize::Range { min, max } if *min <= *max => BufferSize::Fixed(frames.clamp(*min, *max)),
        _ => BufferSize::Fixed(frames),
    };
    StreamConfig { buffer_size, ..config.config() }
}

/// Everything to record with and to play on, defaults first. Opens each device for a moment to see whether it works.
pub fn list() -> Vec<DeviceInfo> {
    let host = cpal::default_host();
    let mut found = Vec::new();
    for direction in [Direction::Input, Direction::Output] {
        let default = default_device(&host, direction).map(|device| id_of(&device));
        let mut listed: Vec<DeviceInfo> = devices(&host, direction)
            .into_iter()
            .map(|(name, device)| describe(name, &device, direction, default.as_deref()))
            .collect();
        listed.sort_by_key(|info| !info.is_default);
        found.append(&mut listed);
    }
    found
}

fn describe(name: String, device: &cpal::Device, direction: Direction, default: Option<&str>) -> DeviceInfo {
    let is_default = default == Some(id_of(device).as_str());
    let config = own_config(device, direction);
    let (rate, channels) = config.as_ref().map_or((0, 0), |config| (config.sample_rate(), config.channels()));
    let works = config
        .and_then(|config| try_open(device, direction, &config))
        .map_err(|error| DeviceError::from_cpal(direction, &name, &error).to_string());
    DeviceInfo { name, direction, is_default, rate, channels, works }
}

fn try_open(device: &cpal::Device, direction: Direction, config: &SupportedStreamConfig) -> Result<(), cpal::Error> {
    let (settings, format) = (config.config(), config.sample_format());
    match direction {
        Direction::Input => {
            device.build_input_stream_raw(settings, format, |_, _| {}, |_| {}, Some(OPEN_TIMEOUT)).map(drop)
        }
        Direction::Output => {
            device.build_output_stream_raw(settings, format, |_, _| {}, |_| {}, Some(OPEN_TIMEOUT)).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_the_device_and_the_remedy() {
        let direction = Direction::Input;
        let failed = |kind| DeviceError::from_cpal(direction, "USB PnP", &cpal::Error::new(kind));
        let unknown = DeviceError::Unknown { direction, name: "USB PnP".into(), known: vec!["Built-in".into()] };
        for error in
            [unknown, failed(ErrorKind::DeviceBusy), failed(ErrorKind::PermissionDenied), failed(ErrorKind::Other)]
        {
            let text = error.to_string();
            assert!(text.contains("microphone \"USB PnP\""), "{text}");
            assert!(text.contains("`viva devices`"), "{text}");
            assert!(!text.contains(".."), "{text}");
        }
    }

    #[test]
    fn the_kinds_of_failure_are_told_apart() {
        let of = |kind| DeviceError::from_cpal(Direction::Output, "x", &cpal::Error::new(kind));
        assert!(matches!(of(ErrorKind::DeviceBusy), DeviceError::Busy { .. }));
        assert!(matches!(of(ErrorKind::PermissionDenied), DeviceError::Denied { .. }));
        assert!(matches!(of(ErrorKind::DeviceNotAvailable), DeviceError::Failed { .. }));
    }

    #[test]
    fn the_first_error_that_ends_a_stream_is_kept() {
        let error = FirstError::default();
        error.keep(ErrorKind::Xrun);
        error.keep(ErrorKind::DeviceChanged);
        assert_eq!(error.why(), None, "a stream survives these");
        error.keep(ErrorKind::DeviceNotAvailable);
        error.keep(ErrorKind::BackendError);
        assert_eq!(error.why(), Some("it was unplugged"));
    }
}
