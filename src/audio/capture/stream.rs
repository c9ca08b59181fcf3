//! One open microphone stream: a thread that owns it, a ring its callback fills, and what the callback has to tell.
//!
//! The thread exists because streams of some systems cannot change threads, and because opening, starting and closing
//! one may block for as long as a sound server hangs. Whoever pulls only ever looks at the ring and the atomics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, Error, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::audio::device::{self, DeviceError, Direction, FirstError, Found, OPEN_TIMEOUT, Presence};

/// Seconds of sound that fit between the callback and whoever pulls.
const RING_SECONDS: usize = 2;
/// How often a device is looked for whose loss nobody would tell.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the callbacks write and the puller reads.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Frames that found no room in the ring.
    pub dropped: AtomicU64,
    pub error: FirstError,
}

/// The puller's end of an open stream. Dropping it closes the stream, without waiting for that.
pub(super) struct Link {
    pub name: String,
    pub id: String,
    pub host: cpal::HostId,
    pub rate: u32,
    pub channels: u16,
    /// Interleaved frames, never a part of one.
    pub ring: Consumer<f32>,
    pub counters: Arc<Counters>,
}

/// A stream being opened, then held, by its thread.
pub(super) struct StreamThread {
    pub opened: Receiver<Result<Link, DeviceError>>,
    /// Dropping this tells the thread to close the stream.
    _close: Sender<()>,
    pub thread: JoinHandle<()>,
}

/// Starts opening microphone `wanted`, of `host` where that is known. The reply comes on `opened`; the stream lives until the value is dropped.
///
/// # Errors
/// When no thread can be started.
pub(super) fn start(wanted: &str, host: Option<cpal::HostId>) -> std::io::Result<StreamThread> {
    let (reply, opened) = mpsc::sync_channel(1);
    let (_close, closed) = mpsc::channel::<()>();
    let wanted = wanted.to_owned();
    let thread = std::thread::Builder::new().name("microphone".into()).spawn(move || {
        let (stream, link) = match open(&wanted, host) {
            Ok(open) => open,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        let (counters, presence) = (Arc::clone(&link.counters), Presence::of(link.host, &link.id));
        if reply.send(Ok(link)).is_ok() {
            hold(&closed, &counters, presence);
        }
        drop(stream);
    })?;
    Ok(StreamThread { opened, _close, thread })
}

/// Waits for the order to close: the other end is dropped.
fn hold(closed: &Receiver<()>, counters: &Counters, presence: Option<Presence>) {
    let Some(presence) = presence else {
        let _ = closed.recv();
        return;
    };
    while closed.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        if presence.is_over() {
            counters.error.keep(ErrorKind::DeviceNotAvailable);
        }
    }
}

fn open(wanted: &str, host: Option<cpal::HostId>) -> Result<(cpal::Stream, Link), DeviceError> {
    let found = device::find(wanted, Direction::Input, host)?;
    let settings = device::stream_config(&found.config);
    let opened = match build(&found, settings) {
        Err(error) if matches!(error.kind(), ErrorKind::UnsupportedConfig | ErrorKind::InvalidInput) => {
            build(&found, StreamConfig { buffer_size: BufferSize::Default, ..settings })
        }
        opened => opened,
    };
    opened.map_err(|error| DeviceError::from_cpal(Direction::Input, &found.name, &error))
}

fn build(found: &Found, settings: StreamConfig) -> Result<(cpal::Stream, Link), Error> {
    let (rate, channels) = (settings.sample_rate, settings.channels);
    let (producer, ring) = RingBuffer::new(RING_SECONDS * rate as usize * usize::from(channels));
    let counters = Arc::new(Counters::default());
    let shared = Arc::clone(&counters);
    let stream = match found.config.sample_format() {
        SampleFormat::F32 => input::<f32>(found, settings, producer, shared),
        SampleFormat::F64 => input::<f64>(found, settings, producer, shared),
        SampleFormat::I8 => input::<i8>(found, settings, producer, shared),
        SampleFormat::I16 => input::<i16>(found, settings, producer, shared),
        SampleFormat::I24 => input::<I24>(found, settings, producer, shared),
        SampleFormat::I32 => input::<i32>(found, settings, producer, shared),
        SampleFormat::I64 => input::<i64>(found, settings, producer, shared),
        SampleFormat::U8 => input::<u8>(found, settings, producer, shared),
        SampleFormat::U16 => input::<u16>(found, settings, producer, shared),
        SampleFormat::U24 => input::<U24>(found, settings, producer, shared),
        SampleFormat::U32 => input::<u32>(found, settings, producer, shared),
        SampleFormat::U64 => input::<u64>(found, settings, producer, shared),
        other => {
            let text = format!("it speaks {other}, which is no plain sample format");
            Err(Error::with_message(ErrorKind::UnsupportedOperation, text))
        }
    }?;
    stream.play()?;
    let (name, id, host) = (found.name.clone(), found.id.clone(), found.host);
    Ok((stream, Link { name, id, host, rate, channels, ring, counters }))
}

fn input<T>(
    found: &Found,
    settings: StreamConfig,
    mut producer: Producer<f32>,
    counters: Arc<Counters>,
) -> Result<cpal::Stream, Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(settings.channels);
    let errors = Arc::clone(&counters);
    found.device.build_input_stream::<T, _, _>(
        settings,
        move |data, _| push_frames(&mut producer, data, channels, &counters),
        move |error| errors.error.keep(error.kind()),
        Some(OPEN_TIMEOUT),
    )
}

/// The callback's work: converts into the ring as many whole frames as fit, counts the rest.
fn push_frames<T>(producer: &mut Producer<f32>, data: &[T], channels: usize, counters: &Counters)
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let frames = data.len() / channels;
    let fitting = frames.min(producer.slots() / channels);
    if let Ok(chunk) = producer.write_chunk_uninit(fitting * channels) {
        chunk.fill_from_iter(data.iter().map(|sample| <f32 as FromSample<T>>::from_sample_(*sample)));
    }
    if fitting < frames {
        counters.dropped.fetch_add((frames - fitting) as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T>(data: &[T], expected: &[f32])
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let (mut producer, mut ring) = RingBuffer::new(16);
        push_frames(&mut producer, data, 1, &Counters::default());
        let read: Vec<f32> = ring.read_chunk(ring.slots()).expect("what is there").into_iter().collect();
        assert_eq!(read.len(), expected.len());
        for (read, expected) in read.iter().zip(expected) {
            assert!((read - expected).abs() < 1e-2, "{read} is not {expected}");
        }
    }

    #[test]
    fn every_sample_format_becomes_minus_one_to_one() {
        let expected = [0.0, 0.5, -1.0];
        check::<f32>(&[0.0, 0.5, -1.0], &expected);
        check::<f64>(&[0.0, 0.5, -1.0], &expected);
        check::<i8>(&[0, 64, -128], &expected);
        check::<i16>(&[0, 1 << 14, i16::MIN], &expected);
        check::<i32>(&[0, 1 << 30, i32::MIN], &expected);
        check::<i64>(&[0, 1 << 62, i64::MIN], &expected);
        check::<u8>(&[128, 192, 0], &expected);
        check::<u16>(&[1 << 15, 3 << 14, 0], &expected);
        check::<u32>(&[1 << 31, 3 << 30, 0], &expected);
        check::<u64>(&[1 << 63, 3 << 62, 0], &expected);
        let i24 = |value| I24::new(value).expect("in range");
        check::<I24>(&[i24(0), i24(1 << 22), i24(-(1 << 23))], &expected);
        let u24 = |value| U24::new(value).expect("in range");
        check::<U24>(&[u24(1 << 23), u24(3 << 22), u24(0)], &expected);
    }

    #[test]
    fn a_full_ring_drops_whole_frames_and_counts_them() {
        let (mut producer, mut ring) = RingBuffer::new(5);
        let counters = Counters::default();
        push_frames(&mut producer, &[0.1_f32, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], 2, &counters);
        assert_eq!(counters.dropped.load(Ordering::Relaxed), 2);
        let kept: Vec<f32> = ring.read_chunk(ring.slots()).expect("what is there").into_iter().collect();
        assert_eq!(kept, [0.1, 0.2, 0.3, 0.4]);
    }
}
