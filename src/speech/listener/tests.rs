use std::{collections::VecDeque, path::Path};

use tempfile::tempdir;

use super::*;
use crate::{
    audio::wav::{Pace, WavSource, read_samples},
    signal::{SAMPLE_RATE, noise},
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/voice").join(name)
}

fn voice(name: &str) -> Vec<f32> {
    read_samples(&fixture(name)).unwrap()
}

fn silence(seconds: f64) -> Vec<f32> {
    // Not quite zero, as a room.
    noise::white((seconds * 16_000.0) as usize, 0.0005)
}

/// A live device that does what it is told, and then is silent for ever or ends.
struct Scripted {
    rate: u32,
    steps: VecDeque<(Pulled, Vec<f32>)>,
    then: Pulled,
    dropped: u64,
    /// Told when every step is done.
    done: Arc<AtomicBool>,
}

impl Scripted {
    fn new(then: Pulled) -> Self {
        Self { rate: 16_000, steps: VecDeque::new(), then, dropped: 0, done: Arc::default() }
    }

    fn samples(mut self, samples: &[f32]) -> Self {
        self.steps.extend(samples.chunks(self.rate as usize / 50).map(|c| (Pulled::Samples, c.to_vec())));
        self
    }

    fn says(mut self, pulled: Pulled) -> Self {
        self.steps.push_back((pulled, Vec::new()));
        self
    }
}

impl AudioSource for Scripted {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn name(&self) -> String {
        "scripted".to_owned()
    }

    fn pull(&mut self, out: &mut Vec<f32>, _wait: Duration) -> Pulled {
        let Some((pulled, samples)) = self.steps.pop_front() else {
            self.done.store(true, Relaxed);
            thread::yield_now();
            return self.then.clone();
        };
        out.extend(samples);
        pulled
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// All events of a source that ends.
fn hear(source: impl AudioSource + 'static, options: ListenerOptions) -> Vec<HearingEvent> {
    let (_listener, mut receiver) = Listener::start(Box::new(source), options);
    std::iter::from_fn(|| receiver.blocking_recv()).collect()
}

/// The same for samples at 16 kHz from a patient source, so that no event is left out.
fn hear_samples(samples: &[f32]) -> Vec<HearingEvent> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|s| writer.write_sample(*s).unwrap());
    writer.finalize().unwrap();
    hear(WavSource::from_reader(bytes, "made.wav", Pace::AsFastAsPossible).unwrap(), ListenerOptions::default())
}

fn hear_file(name: &str) -> Vec<HearingEvent> {
    hear(WavSource::open(&fixture(name), Pace::AsFastAsPossible).unwrap(), ListenerOptions::default())
}

/// The segments that stand in the end.
fn segments(events: &[HearingEvent]) -> Vec<ClosedSegment> {
    let mut segments: Vec<ClosedSegment> = Vec::new();
    for event in events {
        match event {
            HearingEvent::Closed(segment) => segments.push(segment.clone()),
            HearingEvent::Reopened { number } => segments.retain(|s| s.number != *number),
            _ => {}
        }
    }
    segments
}

fn ended(events: &[HearingEvent]) -> &HeardTurn {
    match events.last() {
        Some(HearingEvent::Ended(turn)) => turn,
        other => panic!("the last event is {other:?}"),
    }
}

fn borders(segments: &[ClosedSegment]) -> Vec<(f64, f64)> {
    segments.iter().map(|s| (s.span.start.seconds(), s.span.end.seconds())).collect()
}

#[track_caller]
fn check_borders(name: &str, wanted: &[(f64, f64)]) {
    let found = borders(&segments(&hear_file(name)));
    assert_eq!(found.len(), wanted.len(), "{name}: {found:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        let off = (found.0 - wanted.0).abs().max((found.1 - wanted.1).abs());
        assert!(off < 0.15, "{name}: {found:?} should be {wanted:?}");
    }
}

#[test]
fn sentences_are_cut_at_the_pauses_between_them() {
    // Pauses by loudness: 3.65-4.38 and 7.88-8.62 s in the first, 3.97-4.70 and 8.66-9.40 s in the second.
    check_borders("sample-multi-1.wav", &[(0.0, 3.9), (4.08, 8.1), (8.35, 12.3)]);
    check_borders("sample-multi-2.wav", &[(0.0, 4.2), (4.4, 8.9), (9.1, 13.1)]);
}

#[test]
fn one_sentence_is_one_segment() {
    for n in 1..=5 {
        assert_eq!(segments(&hear_file(&format!("sample-answer-{n}.wav"))).len(), 1, "sample-answer-{n}");
    }
}

#[test]
fn segments_hold_every_loud_moment_and_exactly_the_samples_of_their_span() {
    for name in ["sample-multi-1.wav", "sample-multi-2.wav", "sample-answer-1.wav", "sample-answer-4.wav"] {
        let (voice, segments) = (voice(name), segments(&hear_file(name)));
        for (n, window) in voice.chunks(160).enumerate() {
            let loud = window.iter().map(|s| s * s).sum::<f32>() / 160.0 > 0.004f32.powi(2);
            let (start, end) = (n as u64 * 160, (n as u64 + 1) * 160);
            let held = segments.iter().any(|s| s.span.start.0 <= start && end <= s.span.end.0);
            assert!(!loud || held, "{name}: {} s is in no segment", start as f64 / 16_000.0);
        }
        for s in &segments {
            assert_eq!(s.samples[..], voice[s.span.start.0 as usize..s.span.end.0 as usize], "{name} {:?}", s.span);
        }
    }
}

#[test]
fn voiced_stretches_fit_what_can_be_heard() {
    let events = hear_file("sample-multi-1.wav");
    let turn = ended(&events);
    let voiced: Vec<_> = turn.voiced.iter().map(|v| (v.start.seconds(), v.end.seconds())).collect();
    let wanted = [(0.0, 3.65), (4.38, 7.88), (8.62, 12.05)];
    assert_eq!(voiced.len(), wanted.len(), "{voiced:?}");
    for (v, w) in voiced.iter().zip(wanted) {
        assert!((v.0 - w.0).abs() < 0.15 && (v.1 - w.1).abs() < 0.15, "{voiced:?} should be {wanted:?}");
    }
    assert_eq!(turn.length, SampleIndex(voice("sample-multi-1.wav").len() as u64));
}

#[test]
fn noise_and_silence_are_not_decoded() {
    for (what, sound) in [
        ("silence", vec![0.0; 160_000]),
        ("a quiet room", noise::pink(160_000, 0.005)),
        ("a loud room", noise::pink(160_000, 0.3)),
        ("a fan", noise::white(160_000, 0.05)),
        ("a loud fan", noise::white(160_000, 0.2)),
    ] {
        let events = hear_samples(&sound);
        assert!(segments(&events).is_empty(), "{what}: {:?}", borders(&segments(&events)));
        assert!(ended(&events).voiced.is_empty(), "{what}");
        for event in &events {
            if let HearingEvent::NotDecoded { span, why, .. } = event {
                assert!(span.seconds() < 1.6 && !why.is_empty(), "{what}: {event:?}");
            }
        }
    }
}

#[test]
fn hiss_as_loud_as_a_voice_is_handed_on_but_with_a_low_score() {
    // Scores of white noise rise with its level: from -15 dBFS it counts as voice, but never as surely as a voice does. Who
    // decodes gets the score and has the means to doubt.
    for peak in [0.3, 0.5] {
        let found = segments(&hear_samples(&noise::white(160_000, peak)));
        assert!(found.iter().all(|s| s.peak_score < 0.8), "{found:?}");
    }
    assert!(segments(&hear_file("sample-answer-2.wav"))[0].peak_score > 0.95);
}

#[test]
fn a_voice_in_noise_is_found() {
    let mut sound = [silence(1.0), voice("sample-answer-2.wav"), silence(1.0)].concat();
    sound.iter_mut().zip(noise::pink(200_000, 0.03)).for_each(|(s, n)| *s = (*s + n).clamp(-1.0, 1.0));
    let found = borders(&segments(&hear_samples(&sound)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 < 1.1 && found[0].1 > 3.7, "{found:?}");
}

#[test]
fn a_single_short_word_is_decoded() {
    // The first 0.4 s of a sentence, alone.
    let word = &voice("sample-answer-1.wav")[..6_400];
    let found = segments(&hear_samples(&[&silence(1.0)[..], word, &silence(1.0)].concat()));
    assert_eq!(found.len(), 1, "{:?}", borders(&found));
}

#[test]
fn speech_without_a_pause_is_cut_before_it_gets_too_long() {
    // Three sentences without their silent ends.
    let trim = |name: &str| {
        let voice = voice(name);
        let loud = |s: &f32| s.abs() > 0.02;
        let end = voice.iter().rposition(loud).unwrap();
        voice[voice.iter().position(loud).unwrap()..end].to_vec()
    };
    let speech =
        ["sample-answer-1.wav", "sample-answer-5.wav", "sample-answer-3.wav", "sample-answer-2.wav"].map(trim).concat();
    let found = segments(&hear_samples(&speech));
    assert!(found.len() >= 2 && found[0].forced && !found[found.len() - 1].forced, "{:?}", borders(&found));
    for pair in found.windows(2) {
        assert!(pair[0].span.seconds() <= 12.0);
        let shared = pair[0].span.end.0 - pair[1].span.start.0;
        assert_eq!((shared, pair[1].overlap), if pair[0].forced { (8_000, 8_000) } else { (0, 0) });
    }
}

#[test]
fn any_rate_gives_the_same_segments() {
    let wanted = borders(&segments(&hear_file("sample-multi-1.wav")));
    let dir = tempdir().unwrap();
    for rate in [8_000, 22_050, 44_100, 48_000] {
        let path = dir.path().join("a.wav");
        write_at_rate(&path, &voice("sample-multi-1.wav"), rate);
        let events = hear(WavSource::open(&path, Pace::AsFastAsPossible).unwrap(), ListenerOptions::default());
        let found = borders(&segments(&events));
        assert_eq!(found.len(), wanted.len(), "{rate} Hz: {found:?}");
        for (f, w) in found.iter().zip(&wanted) {
            assert!((f.0 - w.0).abs() < 0.12 && (f.1 - w.1).abs() < 0.12, "{rate} Hz: {found:?} should be {wanted:?}");
        }
    }
}

/// Writes 16 kHz samples at another rate, by straight lines between them.
fn write_at_rate(path: &Path, samples: &[f32], rate: u32) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..samples.len() as u64 * u64::from(rate) / 16_000 {
        let at = n as f64 * 16_000.0 / f64::from(rate);
        let (left, part) = (at as usize, at.fract() as f32);
        let right = samples.get(left + 1).unwrap_or(&0.0);
        writer.write_sample(((samples[left] * (1.0 - part) + right * part) * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

#[test]
fn events_tell_the_whole_story_in_order() {
    let events = hear_file("sample-multi-1.wav");
    assert!(matches!(&events[0], HearingEvent::Started { source } if source == "sample-multi-1.wav"));
    let levels: Vec<_> =
        events.iter().filter_map(|e| if let HearingEvent::Level { at, .. } = e { Some(at.0) } else { None }).collect();
    assert_eq!(levels, (1..=127).map(|n| n * 1_600).collect::<Vec<_>>());
    let (mut open, mut so_far) = (None, 0);
    for event in &events {
        match event {
            HearingEvent::Opened { start } => open = Some(*start),
            HearingEvent::OpenSoFar { start, samples } => {
                assert_eq!(Some(*start), open);
                assert!(samples.len() >= 16_000);
                so_far += 1;
            }
            HearingEvent::Closed(s) => assert_eq!((open.take(), s.turn), (Some(s.span.start), TurnNo(0))),
            HearingEvent::Level { voiced, .. } => assert_eq!(*voiced, open.is_some()),
            HearingEvent::Started { .. } | HearingEvent::Ended(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((9..=11).contains(&so_far), "{so_far}");
}

#[test]
fn a_file_is_heard_the_same_at_full_speed_and_by_the_clock() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("short.wav");
    write_at_rate(&path, &[&voice("sample-answer-2.wav")[32_000..], &silence(0.3)].concat(), 16_000);
    let heard = [Pace::AsFastAsPossible, Pace::RealTime]
        .map(|pace| format!("{:?}", hear(WavSource::open(&path, pace).unwrap(), ListenerOptions::default())));
    assert_eq!(heard[0], heard[1]);
}

#[test]
fn the_recording_is_what_was_heard() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let options = ListenerOptions { turn: TurnNo(3), recording: Some(path.clone()), ..Default::default() };
    let source = WavSource::open(&fixture("sample-multi-1.wav"), Pace::AsFastAsPossible).unwrap();
    let events = hear(source, options);
    assert_eq!(ended(&events).recording.as_deref(), Some(&*path));
    assert!(segments(&events).iter().all(|s| s.turn == TurnNo(3)));
    let (kept, voice) = (read_samples(&path).unwrap(), voice("sample-multi-1.wav"));
    assert_eq!(kept.len(), voice.len());
    assert!(kept.iter().zip(&voice).all(|(a, b)| (a - b).abs() < 0.0001));
}

#[test]
fn a_recording_that_cannot_be_made_does_not_stop_the_hearing() {
    let options = ListenerOptions { recording: Some("no/such/folder/a.wav".into()), ..Default::default() };
    let events = hear(WavSource::open(&fixture("sample-answer-2.wav"), Pace::AsFastAsPossible).unwrap(), options);
    assert!(
        matches!(&events[0], HearingEvent::DiskTrouble { why } if why.contains("no/such/folder/a.wav")),
        "{:?}",
        events[0]
    );
    assert_eq!((segments(&events).len(), &ended(&events).recording), (1, &None));
}

/// Starts a live source that never ends, and takes events until `until`.
fn listen_until(
    source: Scripted,
    until: impl Fn(&HearingEvent) -> bool,
) -> (Listener, mpsc::Receiver<HearingEvent>, Vec<HearingEvent>) {
    let (listener, mut receiver) = Listener::start(Box::new(source), ListenerOptions::default());
    let mut events = Vec::new();
    while events.last().is_none_or(|e| !until(e)) {
        events.push(receiver.blocking_recv().unwrap());
    }
    (listener, receiver, events)
}

#[test]
fn a_stop_closes_the_open_segment_so_that_the_last_words_are_decoded() {
    let source = Scripted::new(Pulled::Nothing).samples(&voice("sample-answer-1.wav")[..32_000]);
    let done = source.done.clone();
    let (listener, mut receiver) = Listener::start(Box::new(source), ListenerOptions::default());
    while !done.load(Relaxed) {
        thread::yield_now();
    }
    listener.stop();
    let events: Vec<_> = std::iter::from_fn(|| receiver.blocking_recv()).collect();
    let found = segments(&events);
    assert_eq!((found.len(), found[0].span.end), (1, SampleIndex(32_000)));
    assert!(matches!(events[events.len() - 2], HearingEvent::Closed(_)));
    assert_eq!(ended(&events).length, SampleIndex(32_000));
}

#[test]
fn closed_ears_open_no_segment_but_the_recording_goes_on() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let mut events = Vec::new();
    let options = ListenerOptions { recording: Some(path.clone()), ..Default::default() };
    let mut hearing = Hearing::new("test", false, options, &mut events);
    let voice = voice("sample-answer-1.wav");
    hearing.hear(&voice[..24_000], SAMPLE_RATE, &mut events);
    hearing.set_ears_closed(true, true, &mut events);
    assert_eq!(segments(&events).len(), 1, "what was open is cut at once");
    hearing.hear(&voice[24_000..56_000], SAMPLE_RATE, &mut events);
    assert_eq!(segments(&events).len(), 1);
    hearing.set_ears_closed(false, false, &mut events);
    hearing.hear(&voice[56_000..], SAMPLE_RATE, &mut events);
    let turn = hearing.finish(&mut events);

    let found = segments(&events);
    assert_eq!(found.len(), 2, "{:?}", borders(&found));
    assert!(found[0].span.end.0 <= 24_000 && found[1].span.start.0 >= 56_000 - 256, "{:?}", borders(&found));
    assert!(turn.voiced.iter().all(|v| v.end.0 <= 24_000 || v.start.0 >= 56_000 - 256));
    assert_eq!(read_samples(&path).unwrap().len(), voice.len());
}

/// Whoever opens them and closes them again before anybody looked would wait for ever to be told.
#[test]
fn every_order_to_close_the_ears_is_answered() {
    let mut events = Vec::new();
    let mut hearing = Hearing::new("test", false, ListenerOptions::default(), &mut events);
    let closed = |events: &[HearingEvent]| {
        events.iter().filter(|event| matches!(event, HearingEvent::EarsClosed { .. })).count()
    };
    hearing.set_ears_closed(true, true, &mut events);
    hearing.set_ears_closed(true, false, &mut events);
    assert_eq!(closed(&events), 1);
    hearing.set_ears_closed(true, true, &mut events);
    assert_eq!(closed(&events), 2);

    let source = Scripted::new(Pulled::Nothing);
    let (listener, mut receiver) = Listener::start(Box::new(source), ListenerOptions::default());
    for _ in 0..3 {
        listener.ears_closed(true);
        listener.ears_closed(false);
        listener.ears_closed(true);
        while !matches!(receiver.blocking_recv(), Some(HearingEvent::EarsClosed { .. })) {}
    }
}

#[test]
fn a_lost_device_becomes_a_gap_of_its_length() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let voice = voice("sample-answer-2.wav");
    let lost = || Pulled::Lost { why: "unplugged".into() };
    let source = Scripted::new(Pulled::Ended)
        .samples(&voice[..24_000])
        .says(lost())
        .says(lost())
        .says(Pulled::Nothing)
        .says(Pulled::Back { gap: Duration::from_millis(2_500) })
        .samples(&voice[24_000..]);
    let events = hear(source, ListenerOptions { recording: Some(path.clone()), ..Default::default() });

    let told: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            HearingEvent::Closed(s) => Some(format!("closed {}", s.span.end.0)),
            HearingEvent::Lost { at, why } => Some(format!("lost {} {why}", at.0)),
            HearingEvent::Back { at, gap, .. } => Some(format!("back {} {gap}", at.0)),
            _ => None,
        })
        .collect();
    assert_eq!(told[..3], ["closed 24000", "lost 24000 unplugged", "back 64000 40000"]);
    let found = segments(&events);
    assert!(found[1].span.start.0 >= 64_000, "{:?}", borders(&found));
    let kept = read_samples(&path).unwrap();
    assert_eq!(kept.len(), voice.len() + 40_000);
    assert!(kept[24_000..64_000].iter().all(|s| *s == 0.0));
    let start = found[1].span.start.0 as usize;
    assert!((kept[start + 9] - found[1].samples[9]).abs() < 0.0001, "segments and recording tell the same time");
}

#[test]
fn a_device_may_come_back_with_another_rate() {
    let mut events = Vec::new();
    let mut hearing = Hearing::new("test", false, ListenerOptions::default(), &mut events);
    hearing.hear(&vec![0.1; 48_000], 48_000, &mut events);
    hearing.come_back(Duration::from_secs(1), &mut events);
    hearing.hear(&vec![0.1; 44_100], 44_100, &mut events);
    assert_eq!(hearing.finish(&mut events).length, SampleIndex(48_000));
}

#[test]
fn a_rate_that_nobody_can_use_is_told_once() {
    let mut source = Scripted::new(Pulled::Ended).samples(&silence(0.2));
    source.rate = 4_000;
    let events = hear(source, ListenerOptions::default());
    let lost = events.iter().filter(|e| matches!(e, HearingEvent::Lost { why, .. } if why.contains("4000 Hz"))).count();
    assert_eq!(lost, 1, "{events:?}");
}

#[test]
fn only_zeros_from_a_device_are_told_once_and_a_quiet_room_never() {
    let zeros = |sound: Vec<f32>| {
        let events = hear(Scripted::new(Pulled::Ended).samples(&sound), ListenerOptions::default());
        let told =
            events.iter().filter_map(|e| if let HearingEvent::AllZero { at } = e { Some(at.seconds()) } else { None });
        told.collect::<Vec<_>>()
    };
    let told = zeros([silence(0.5), vec![0.0; 64_000]].concat());
    assert!(told.len() == 1 && (1.9..=2.1).contains(&told[0]), "{told:?}");
    assert!(zeros(vec![0.0; 20_000]).is_empty());
    assert!(zeros(silence(4.0)).is_empty());
    assert!(
        !hear_samples(&[0.0; 64_000]).iter().any(|e| matches!(e, HearingEvent::AllZero { .. })),
        "a file may be silent"
    );
}

#[test]
fn dropped_samples_are_told() {
    let mut source = Scripted::new(Pulled::Ended).samples(&silence(0.5));
    source.dropped = 480;
    let events = hear(source, ListenerOptions::default());
    let told: Vec<_> = events.iter().filter(|e| matches!(e, HearingEvent::Dropped { .. })).collect();
    assert!(matches!(told[..], [HearingEvent::Dropped { samples: 480 }]), "{told:?}");
}

#[test]
fn nothing_that_matters_is_lost_when_nobody_takes_events_for_a_while() {
    // Far more levels than the channel holds, and a segment at the end of them.
    let sound = [silence(40.0), voice("sample-answer-2.wav"), silence(1.0)].concat();
    let (_listener, mut receiver) =
        Listener::start(Box::new(Scripted::new(Pulled::Ended).samples(&sound)), ListenerOptions::default());
    while receiver.len() < EVENTS {
        thread::yield_now();
    }
    let events: Vec<_> = std::iter::from_fn(|| receiver.blocking_recv()).collect();
    assert_eq!(segments(&events).len(), 1);
    assert_eq!(ended(&events).length, SampleIndex(sound.len() as u64));
}

#[test]
fn when_the_receiver_is_gone_the_recording_is_finished() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("answer.wav");
    let options = ListenerOptions { recording: Some(path.clone()), ..Default::default() };
    let source = Scripted::new(Pulled::Ended).samples(&voice("sample-multi-1.wav"));
    let (mut listener, receiver) = Listener::start(Box::new(source), options);
    drop(receiver);
    listener.thread.take().unwrap().join().unwrap();
    assert!(path.exists());
}

#[test]
fn dropping_a_listener_never_hangs_on_events_that_nobody_takes() {
    let source = WavSource::open(&fixture("sample-multi-2.wav"), Pace::AsFastAsPossible).unwrap();
    let long = Scripted::new(Pulled::Nothing).samples(&voice("sample-multi-1.wav").repeat(5));
    for source in [Box::new(source) as Box<dyn AudioSource>, Box::new(long)] {
        let (listener, receiver) = Listener::start(source, ListenerOptions::default());
        drop(listener);
        drop(receiver);
    }
    let (listener, mut receiver, events) = listen_until(Scripted::new(Pulled::Nothing).samples(&silence(0.3)), |e| {
        matches!(e, HearingEvent::Level { .. })
    });
    assert!(!events.is_empty());
    drop(listener);
    assert!(std::iter::from_fn(|| receiver.blocking_recv()).any(|e| matches!(e, HearingEvent::Ended(_))));
}
