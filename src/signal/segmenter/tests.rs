use proptest::prelude::*;

use super::*;

/// One mark per frame: `#` speech, `+` faint speech, `.` silence. pre-roll 1, onset 2, hangover 3.
fn small() -> SegmenterSettings {
    SegmenterSettings {
        frame: 1,
        onset_frames: 2,
        onset_window: 2,
        pre_roll: 1,
        post_pad: 3,
        hangover: 3,
        reopen_within: 0,
        reopen_shorter_than: 0,
        longest: 1_000,
        cut_window: 5,
        overlap: 0,
        short: 0,
        tick: 1_000,
        merge_voiced: 0,
        late: 0,
        ..SegmenterSettings::default()
    }
}

fn score(mark: char) -> f32 {
    match mark {
        '#' => 1.0,
        '+' => 0.6,
        ',' => 0.4,
        _ => 0.0,
    }
}

fn run(settings: SegmenterSettings, scores: impl IntoIterator<Item = f32>) -> (Vec<Found>, Vec<SampleSpan>) {
    let mut segmenter = Segmenter::new(settings);
    let mut found = Vec::new();
    scores.into_iter().for_each(|s| segmenter.push(s, &mut found));
    segmenter.finish(SampleIndex(segmenter.position), &mut found);
    (found, segmenter.voiced())
}

/// What stands in the end: the segments that were not taken back.
fn standing(found: &[Found]) -> Vec<(Cut, Option<NotDecoded>)> {
    let mut cuts: Vec<(Cut, Option<NotDecoded>)> = Vec::new();
    for f in found {
        match f {
            Found::Closed(cut) => cuts.push((cut.clone(), None)),
            Found::NotDecoded { cut, why } => cuts.push((cut.clone(), Some(*why))),
            Found::Reopened { number } => cuts.retain(|(cut, _)| cut.number != *number),
            Found::Opened { .. } | Found::SoFar { .. } => {}
        }
    }
    cuts
}

/// Draws segments as `[===]`, those that are not decoded as `(---)`.
fn draw(found: &[Found], len: usize) -> String {
    let mut drawing = vec![' '; len];
    for (cut, not_decoded) in standing(found) {
        let marks = if not_decoded.is_some() { ['(', '-', ')'] } else { ['[', '=', ']'] };
        let (start, end) = (cut.span.start.0 as usize, cut.span.end.0 as usize);
        drawing[start..end].fill(marks[1]);
        drawing[start] = marks[0];
        drawing[end - 1] = marks[2];
    }
    drawing.into_iter().collect()
}

#[track_caller]
fn check_with(settings: SegmenterSettings, heard: &str, segments: &str) {
    let (found, _) = run(settings, heard.chars().map(score));
    let drawn = draw(&found, heard.chars().count());
    assert_eq!(drawn, segments, "\n{heard}  heard\n{segments}  wanted\n{drawn}  found\n{found:?}");
}

#[track_caller]
fn check(heard: &str, segments: &str) {
    check_with(small(), heard, segments);
}

/// Kept from the formatter, which would tear the drawings apart.
#[rustfmt::skip]
mod drawings {
    use super::*;

    #[test]
    fn a_short_pause_does_not_close_the_segment() {
        check("...####..##....",
              "  [==========] ");
    }

    #[test]
    fn a_pause_as_long_as_the_hangover_does() {
        check("..###....###....",
              " [=====][=====] ");
    }

    #[test]
    fn a_single_frame_opens_nothing() {
        check("...#....#...#...",
              "                ");
    }

    #[test]
    fn an_open_segment_holds_on_to_weak_speech() {
        check("..##,,,,,,.....",
              " [==========]  ");
        check(".,,,,,,,,,,....",
              "               ");
    }

    #[test]
    fn three_of_five_frames_are_an_onset_and_it_starts_at_the_first() {
        let settings = || SegmenterSettings { onset_frames: 3, onset_window: 5, ..small() };
        check_with(settings(), "...#.#.#.....",
                               "  [=======]  ");
        check_with(settings(), "...#.##......",
                               "  [======]   ");
        check_with(settings(), "...#...##....",
                               "             ");
    }

    #[test]
    fn the_pre_roll_stops_at_the_start_of_the_recording() {
        check_with(SegmenterSettings { pre_roll: 9, ..small() },
                   "...###.....",
                   "[=======]  ");
    }

    #[test]
    fn the_pre_roll_stops_at_the_segment_before() {
        check_with(SegmenterSettings { pre_roll: 9, post_pad: 2, ..small() },
                   "...###...##.....",
                   "[======][===]   ");
    }

    #[test]
    fn the_end_of_the_recording_closes_what_is_open() {
        check("....####",
              "   [===]");
        check("....####.",
              "   [====]");
    }

    #[test]
    fn a_short_segment_comes_back_to_life_when_voice_returns_soon() {
        let settings = || SegmenterSettings { reopen_within: 2, reopen_shorter_than: 8, ..small() };
        check_with(settings(), "..##.....###....",
                               " [============] ");
        // Too late: it stays closed.
        check_with(settings(), "..##......###....",
                               " [====]  [=====] ");
        // Too long to be opened again.
        check_with(settings(), "..######.....###....",
                               " [========] [=====] ");
    }

    #[test]
    fn a_short_sound_is_decoded_only_if_it_is_surely_a_voice() {
        let settings = || SegmenterSettings { short: 4, short_peak: 0.8, ..small() };
        check_with(settings(), "..++......##......+++++....",
                               " (----)  [====]  [=======] ");
    }

    #[test]
    fn a_faint_sound_before_speech_is_decoded_with_it_when_the_segment_comes_back() {
        let settings = SegmenterSettings { short: 4, reopen_within: 2, reopen_shorter_than: 8, ..small() };
        check_with(settings, "..++.....###....",
                             " [============] ");
    }
}

#[test]
fn a_reopened_segment_gets_a_new_number_and_keeps_its_start() {
    let settings = SegmenterSettings { reopen_within: 2, reopen_shorter_than: 8, ..small() };
    let (found, _) = run(settings, "..##.....###....".chars().map(score));
    let [Found::Opened { start }, Found::Closed(first), Found::Reopened { number: 0 }, Found::Closed(second)] =
        &found[..]
    else {
        panic!("{found:?}");
    };
    assert_eq!((first.number, second.number), (0, 1));
    assert_eq!((first.span.start, second.span.start), (*start, *start));
}

#[test]
fn a_long_segment_is_cut_where_the_voice_is_weakest() {
    let settings = || SegmenterSettings { longest: 12, cut_window: 5, ..small() };
    check_with(settings(), ".#########.######.....", "[========][========]  ");
    let (found, _) = run(SegmenterSettings { overlap: 2, ..settings() }, ".#########.######.....".chars().map(score));
    let cuts: Vec<_> =
        standing(&found).into_iter().map(|(c, _)| (c.span.start.0, c.span.end.0, c.forced, c.overlap)).collect();
    assert_eq!(cuts, [(0, 10, true, 0), (8, 20, false, 2)]);
}

#[test]
fn speech_without_any_pause_is_cut_again_and_again() {
    let settings = SegmenterSettings { longest: 12, cut_window: 5, overlap: 2, ..small() };
    let (found, voiced) = run(settings, std::iter::repeat_n(1.0, 100));
    let cuts = standing(&found);
    assert!(cuts.len() >= 8, "{cuts:?}");
    assert!(cuts.iter().all(|(c, _)| c.span.end.0 - c.span.start.0 <= 12));
    assert_eq!(voiced, [span(0, 100)]);
}

#[test]
fn silence_that_is_left_after_a_forced_cut_is_not_decoded() {
    let settings = SegmenterSettings { longest: 12, cut_window: 5, overlap: 2, ..small() };
    let (found, _) = run(settings, ".##########.....".chars().map(score));
    let cuts: Vec<_> = standing(&found).into_iter().map(|(c, why)| (c.forced, why)).collect();
    assert_eq!(cuts, [(true, None), (false, Some(NotDecoded::NoVoiceLeft))]);
}

#[test]
fn voiced_stretches_leave_out_pads_pauses_and_what_is_not_decoded() {
    let settings = SegmenterSettings { merge_voiced: 2, short: 4, ..small() };
    let (_, voiced) = run(settings.clone(), "..##.##..##....++....".chars().map(score));
    assert_eq!(voiced, [span(2, 7), span(9, 11)]);
    let late = |late| run(SegmenterSettings { late, ..settings.clone() }, "..##.##..##....++....".chars().map(score)).1;
    assert_eq!(late(1), [span(2, 6), span(9, 10)], "scores fall late");
    assert_eq!(late(9), [span(2, 3), span(9, 10)], "something is left");
}

#[test]
fn ticks_come_with_new_sound_and_not_in_silence() {
    let settings = SegmenterSettings { tick: 4, ..small() };
    let (found, _) = run(settings, ".###########..##...".chars().map(score));
    let ticks: Vec<_> =
        found.iter().filter_map(|f| if let Found::SoFar { span } = f { Some(span.end.0) } else { None }).collect();
    assert_eq!(ticks, [4, 8, 12, 16]);
}

#[test]
fn nothing_reaches_back_into_a_stretch_without_scores() {
    let mut segmenter = Segmenter::new(SegmenterSettings { pre_roll: 9, ..small() });
    let mut found = Vec::new();
    [0.0, 1.0, 1.0].into_iter().for_each(|s| segmenter.push(s, &mut found));
    segmenter.finish(SampleIndex(3), &mut found);
    segmenter.skip_to(SampleIndex(100));
    [0.0, 1.0, 1.0].into_iter().for_each(|s| segmenter.push(s, &mut found));
    segmenter.finish(SampleIndex(103), &mut found);
    let spans: Vec<_> = standing(&found).into_iter().map(|(c, _)| c.span).collect();
    assert_eq!(spans, [span(0, 3), span(100, 103)]);
}

fn random_scores() -> impl Strategy<Value = Vec<f32>> {
    // Runs of one level, as speech has them, with single frames among them.
    let level = prop_oneof![Just(0.0f32), Just(0.2), Just(0.4), Just(0.6), Just(0.9), 0.0f32..1.0];
    prop::collection::vec((level, 1usize..60), 1..60)
        .prop_map(|runs| runs.into_iter().flat_map(|(level, len)| std::iter::repeat_n(level, len)).collect())
}

fn settings() -> impl Strategy<Value = SegmenterSettings> {
    // Shorter, so that random scores reach every rule; what may be opened again stays shorter than the longest.
    let quick = SegmenterSettings {
        longest: 30_000,
        cut_window: 10_000,
        overlap: 4_000,
        reopen_shorter_than: 16_000,
        ..SegmenterSettings::default()
    };
    prop_oneof![Just(SegmenterSettings::default()), Just(quick)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_frame_of_voice_is_lost(settings in settings(), scores in random_scores()) {
        let (found, _) = run(settings.clone(), scores.iter().copied());
        let cuts = standing(&found);
        for (n, three) in scores.windows(3).enumerate() {
            if three.iter().all(|s| *s >= 0.5) {
                let (start, end) = (n as u64 * 256, (n as u64 + 3) * 256);
                for at in [start, start + 256, end - 256] {
                    let covered = cuts.iter().any(|(c, _)| c.span.start.0 <= at && at + 256 <= c.span.end.0);
                    prop_assert!(covered, "frame at {at} is in none of {cuts:?}");
                }
            }
        }
    }

    #[test]
    fn segments_are_ordered_and_overlap_only_after_forced_cuts(settings in settings(), scores in random_scores()) {
        let (found, voiced) = run(settings.clone(), scores.iter().copied());
        let cuts = standing(&found);
        for (cut, _) in &cuts {
            prop_assert!(cut.span.start < cut.span.end);
            prop_assert!(cut.span.end.0 <= scores.len() as u64 * 256);
            prop_assert!(cut.span.end.0 - cut.span.start.0 <= settings.longest + settings.post_pad);
        }
        for pair in cuts.windows(2) {
            let (a, b) = (&pair[0].0, &pair[1].0);
            prop_assert!(a.number < b.number && a.span.start < b.span.start && a.span.end <= b.span.end, "{a:?} {b:?}");
            let shared = a.span.end.0.saturating_sub(b.span.start.0);
            prop_assert_eq!(shared, if a.forced { b.overlap } else { 0 });
            prop_assert!(shared <= settings.overlap);
        }
        for pair in voiced.windows(2) {
            prop_assert!(pair[0].end.0 + settings.merge_voiced <= pair[1].start.0);
        }
        for v in &voiced {
            prop_assert!(cuts.iter().any(|(c, _)| c.span.start < v.end && v.start < c.span.end), "{v:?} in none of {cuts:?}");
        }
    }

    #[test]
    fn no_segment_comes_back_after_it_was_called_final(settings in settings(), scores in random_scores()) {
        let (mut segmenter, mut found) = (Segmenter::new(settings.clone()), Vec::new());
        let mut ended = 0;
        for (n, score) in scores.into_iter().enumerate() {
            let now = n as u64 * settings.frame; // before this frame is heard
            segmenter.push(score, &mut found);
            for f in found.drain(..) {
                match f {
                    Found::Closed(cut) | Found::NotDecoded { cut, .. } => ended = cut.span.end.0,
                    Found::Reopened { .. } => prop_assert!(now < ended + settings.final_after(), "{now} {ended}"),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn every_opening_has_one_end(settings in settings(), scores in random_scores()) {
        let (found, _) = run(settings, scores.iter().copied());
        let mut open = false;
        for f in &found {
            match f {
                Found::Opened { .. } | Found::Reopened { .. } => {
                    prop_assert!(!open, "{:?}", found);
                    open = true;
                }
                Found::Closed(_) | Found::NotDecoded { .. } => {
                    prop_assert!(open, "{:?}", found);
                    open = false;
                }
                Found::SoFar { .. } => prop_assert!(open),
            }
        }
        prop_assert!(!open);
    }
}
