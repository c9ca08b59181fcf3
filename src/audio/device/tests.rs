use super::*;

#[test]
fn every_error_names_the_device_and_the_remedy() {
    let direction = Direction::Input;
    let failed = |kind| DeviceError::from_cpal(direction, "USB PnP", &cpal::Error::new(kind));
    let unknown = DeviceError::Unknown { direction, name: "USB PnP".into(), known: vec!["Built-in".into()] };
    for error in [unknown, failed(ErrorKind::DeviceBusy), failed(ErrorKind::PermissionDenied), failed(ErrorKind::Other)]
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

#[test]
fn a_level_is_peak_and_root_mean_square() {
    let level = Level::of(&[0.5, -0.5, 0.5, -0.5]);
    assert!((level.peak - 0.5).abs() < 1e-6 && (level.rms - 0.5).abs() < 1e-6, "{level:?}");
    assert_eq!(Level::of(&[]), Level { peak: 0.0, rms: 0.0 });
}
