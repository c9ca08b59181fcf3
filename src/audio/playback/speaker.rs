//! One open loudspeaker: the stream, the ring its callback empties, and what the callback tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, Error, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24};
use rtrb::{Producer, RingBuffer};

use super::render::{Render, Shared};
use super::{Output, PlaybackError};
use crate::audio::device::{self, DeviceError, Direction, FirstError, Found, OPEN_TIMEOUT};

/// Sound that may wait in the ring, in seconds.
const RING_SECONDS: usize = 2;
/// A device that takes no samples for this long is lost. Sound servers without hardware were seen to rest for 2 s.
const LOST_AFTER: Duration = Duration::from_millis(2500);
/// The same for one that has yet to ask for its first; a sleeping Bluetooth device takes its time.
const FIRST_CALLBACK: Duration = Duration::from_secs(3);

/// The loudspeaker's stream. Lives on the thread that opened it.
pub(super) struct Speaker {
    _stream: cpal::Stream,
    ring: Producer<f32>,
    shared: Arc<Shared>,
    beat: Arc<Beat>,
    rate: u32,
    seen: (u64, Instant),
}

/// Signs of life of the stream.
#[derive(Default)]
struct Beat {
    callbacks: AtomicU64,
    /// How long the device still holds a sample it was handed, in microseconds.
    latency_us: AtomicU64,
    error: FirstError,
}

impl Speaker {
    pub(super) fn open(name: &str) -> Result<Self, PlaybackError> {
        Self::try_open(name).map_err(|error| PlaybackError::NoOutput(error.to_string()))
    }

    fn try_open(name: &str) -> Result<Self, DeviceError> {
        let found = device::find(name, Direction::Output, None)?;
        let settings = device::stream_config(&found.config);
        let opened = match Self::build(&found, settings) {
            Err(error) if matches!(error.kind(), ErrorKind::UnsupportedConfig | ErrorKind::InvalidInput) => {
                Self::build(&found, StreamConfig { buffer_size: BufferSize::Default, ..settings })
            }
            opened => opened,
        };
        opened.map_err(|error| DeviceError::from_cpal(Direction::Output, &found.name, &error))
    }

    fn build(found: &Found, settings: StreamConfig) -> Result<Self, Error> {
        let rate = settings.sample_rate;
        let (ring, waiting) = RingBuffer::new(RING_SECONDS * rate as usize);
        let (shared, beat) = (Arc::new(Shared::default()), Arc::new(Beat::default()));
        let render = Render::new(waiting, Arc::clone(&shared), rate);
        let alive = Arc::clone(&beat);
        let stream = match found.config.sample_format() {
            SampleFormat::F32 => output::<f32>(found, settings, render, alive),
            SampleFormat::F64 => output::<f64>(found, settings, render, alive),
            SampleFormat::I8 => output::<i8>(found, settings, render, alive),
            SampleFormat::I16 => output::<i16>(found, settings, render, alive),
            SampleFormat::I24 => output::<I24>(found, settings, render, alive),
            SampleFormat::I32 => output::<i32>(found, settings, render, alive),
            SampleFormat::I64 => output::<i64>(found, settings, render, alive),
            SampleFormat::U8 => output::<u8>(found, settings, render, alive),
            SampleFormat::U16 => output::<u16>(found, settings, render, alive),
            SampleFormat::U24 => output::<U24>(found, settings, render, alive),
            SampleFormat::U32 => output::<u32>(found, settings, render, alive),
            SampleFormat::U64 => output::<u64>(found, settings, render, alive),
            other => {
                let text = format!("it speaks {other}, which is no plain sample format");
                Err(Error::with_message(ErrorKind::UnsupportedOperation, text))
            }
        }?;
        stream.play()?;
        Ok(Self { _stream: stream, ring, shared, beat, rate, seen: (0, Instant::now()) })
    }
}

fn output<T>(found: &Found, settings: StreamConfig, mut render: Render, beat: Arc<Beat>) -> Result<cpal::Stream, Error>
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(settings.channels.max(1));
    let errors = Arc::clone(&beat);
    found.device.build_output_stream::<T, _, _>(
        settings,
        move |out, info| {
            let times = info.timestamp();
            let latency = times.playback.duration_since(times.callback);
            beat.latency_us.store(latency.as_micros() as u64, Ordering::Relaxed);
            render.fill(out, channels, |sample| T::from_sample_(sample));
            beat.callbacks.fetch_add(1, Ordering::Relaxed);
        },
        move |error| errors.error.keep(error.kind()),
        Some(OPEN_TIMEOUT),
    )
}

impl Output for Speaker {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn push(&mut self, samples: &[f32]) -> usize {
        self.ring.push_partial_slice(samples).0.len()
    }

    fn played(&self) -> u64 {
        self.shared.played.load(Ordering::Acquire)
    }

    fn latency(&self) -> Duration {
        // A second is more than any device holds; some report nonsense.
        Duration::from_micros(self.beat.latency_us.load(Ordering::Relaxed)).min(Duration::from_secs(1))
    }

    fn fade(&mut self, on: bool) {
        self.shared.silent.store(false, Ordering::Release);
        self.shared.fade.store(on, Ordering::Release);
    }

    fn is_silent(&self) -> bool {
        self.shared.silent.load(Ordering::Acquire)
    }

    fn loss(&mut self) -> Option<&'static str> {
        if let Some(why) = self.beat.error.why() {
            return Some(why);
        }
        let callbacks = self.beat.callbacks.load(Ordering::Relaxed);
        if callbacks != self.seen.0 {
            self.seen = (callbacks, Instant::now());
            return None;
        }
        let limit = if callbacks == 0 { FIRST_CALLBACK } else { LOST_AFTER };
        (self.seen.1.elapsed() > limit).then_some("it stopped taking sound")
    }
}
