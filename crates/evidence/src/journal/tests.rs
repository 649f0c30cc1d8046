//! The journal: written, read back, torn and tampered with.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::samples::whole_run;
use crate::{Error, Event, Moment, Stamped, Storage};
use std::path::Path;

fn note(text: &str) -> Stamped {
    Stamped { at: Moment(1), event: Event::Note { scenario: None, text: text.to_owned() } }
}

fn written(folder: &Path) -> JournalHead {
    let mut writer = JournalWriter::create(folder, Storage::default()).unwrap();
    let run = whole_run();
    writer.append(&run[..3]).unwrap();
    run[3..].iter().for_each(|stamped| writer.append(std::slice::from_ref(stamped)).unwrap());
    writer.head()
}

#[test]
fn journal_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let head = written(folder.path());
    let (events, state) = read_journal(folder.path()).unwrap();
    assert_eq!(events, whole_run());
    assert!(state.intact && state.truncated_tail.is_none());
    assert_eq!((state.last_line, state.head), (head.line, Some(head.digest)));
    let text = std::fs::read_to_string(folder.path().join(JOURNAL)).unwrap();
    assert!(text.starts_with(&format!("{{\"n\":1,\"prev\":\"{}\",\"at\":0,\"event\":\"run-started\"", "0".repeat(64))));
}

#[test]
fn any_torn_tail_is_tolerated_and_told() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let path = folder.path().join(JOURNAL);
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(41) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (events, state) = read_journal(folder.path()).unwrap();
        assert!(state.intact, "{length}: {state:?}");
        let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(events.len(), lines);
        assert_eq!(state.truncated_tail.is_some(), length > 0 && whole[length - 1] != b'\n');
    }
}

#[test]
fn changed_line_is_named() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let path = folder.path().join(JOURNAL);
    let whole = std::fs::read_to_string(&path).unwrap();
    // A verdict-bearing word in line 9, still JSON and still an event.
    std::fs::write(&path, whole.replacen("c2 does not hold", "c2 does but hold", 1)).unwrap();
    let (_, state) = read_journal(folder.path()).unwrap();
    let mismatch = state.first_mismatch.unwrap();
    assert_eq!((mismatch.file.as_str(), mismatch.line), (JOURNAL, 9), "{}", mismatch.what);
    let without_fifth: String =
        whole.split_inclusive('\n').enumerate().filter(|(at, _)| *at != 4).map(|(_, line)| line).collect();
    std::fs::write(&path, without_fifth).unwrap();
    let mismatch = read_journal(folder.path()).unwrap().1.first_mismatch.unwrap();
    assert_eq!(mismatch.what, "has the number 6 where 5 was due");
}

#[test]
fn size_limit_stops_a_run_and_leaves_room_to_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage { journal_bytes_max: 1_000, ..Storage::default() };
    let mut writer = JournalWriter::create(folder.path(), storage).unwrap();
    let failed = (0..100).find_map(|_| writer.append(&[note("something happened")]).err()).unwrap();
    assert_eq!(failed.to_string(), "write more of the journal: the limit of 1000 bytes is reached");
    assert!(matches!(writer.append(&[note("small")]), Err(Error::WriteAfterFailure)));
    let event = Event::RunEnded { finished: "t".to_owned(), early: None, broken: Some(failed.to_string()) };
    writer.append(&[Stamped { at: Moment(2), event }]).unwrap();
    let (events, state) = read_journal(folder.path()).unwrap();
    assert!(state.intact && matches!(events.last().unwrap().event, Event::RunEnded { .. }));
}

#[test]
fn oversized_event_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = JournalWriter::create(folder.path(), Storage::default()).unwrap();
    let error = writer.append(&[note(&"x".repeat(crate::limits::LINE_BYTES_MAX))]).unwrap_err();
    assert!(matches!(error, Error::LineTooLong { .. }));
}
