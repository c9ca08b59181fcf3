use super::*;

fn written(write: impl FnOnce(&mut Writer)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(Some((folder.path(), SessionId(7))));
    write(&mut writer);
    let path = path(folder.path(), SessionId(7));
    (folder, path)
}

fn notice(text: &str) -> Entry {
    Entry::Notice { text: text.into() }
}

#[test]
fn what_happens_is_written_with_its_turn_and_what_had_been_heard() {
    let (_folder, path) = written(|log| {
        log.write(notice("before"), None);
        log.begin_turn(TurnNo(1));
        log.heard(SampleIndex(1600));
        log.write(notice("here"), None);
        log.write(Entry::EarsClosed, Some(SampleIndex(1500)));
        log.begin_turn(TurnNo(2));
        log.write(Entry::Command { command: Command::Answer("42".into()) }, None);
    });
    let log = Log::read(&path).unwrap();
    let places: Vec<_> = log.lines.iter().map(|line| (line.turn.0, line.at.0)).collect();
    assert_eq!(places, [(0, 0), (1, 1600), (1, 1500), (2, 0)]);
    assert_eq!(log.turns(), [TurnNo(1), TurnNo(2)]);
    assert_eq!(log.of_turn(TurnNo(1)).nth(1).unwrap().entry, Entry::EarsClosed);
    assert_eq!(log.lines[3].entry, Entry::Command { command: Command::Answer("42".into()) });
    assert_eq!(log.unreadable, 0);
}

#[test]
fn a_torn_last_line_and_entries_of_a_later_version_hide_nothing() {
    let (_folder, path) = written(|log| log.write(notice("whole"), None));
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += "{\"turn\":1,\"at\":3,\"type\":\"dances\",\"how\":[1]}\n";
    text += &text.clone()[..20];
    std::fs::write(&path, text).unwrap();
    let log = Log::read(&path).unwrap();
    let entries: Vec<_> = log.lines.into_iter().map(|line| line.entry).collect();
    assert_eq!(entries, [notice("whole"), Entry::Unknown]);
    assert_eq!(log.unreadable, 1);
}

#[test]
fn a_log_goes_on_where_it_ended_and_does_not_grow_for_ever() {
    let (folder, path) = written(|log| log.write(notice("first"), None));
    let mut again = Writer::open(Some((folder.path(), SessionId(7))));
    let long = "x".repeat(1 << 20);
    for _ in 0..20 {
        again.write(notice(&long), None);
    }
    let log = Log::read(&path).unwrap();
    assert_eq!(log.lines[0].entry, notice("first"));
    assert_eq!(log.lines.last().unwrap().entry, Entry::Full);
    assert_eq!(log.lines.len(), 18, "16 MiB");
}

#[test]
fn a_silence_that_runs_is_written_once() {
    let (_folder, path) = written(|log| {
        for floor in [FloorHolder::Candidate, FloorHolder::Thinking, FloorHolder::Thinking, FloorHolder::Candidate] {
            log.write(Entry::Floor { floor }, None);
        }
    });
    assert_eq!(Log::read(&path).unwrap().lines.len(), 3);
}

#[cfg(unix)]
#[test]
fn only_the_person_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = written(|log| log.write(notice("secret"), None));
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let mut log = Writer::open(Some((Path::new("no/such/folder"), SessionId(1))));
    log.write(notice("gone"), None);
}
