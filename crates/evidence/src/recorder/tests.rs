//! A run recorded, closed, verified, tampered with, rendered again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::samples::{fail, header, requirement, run_ended, scenario, started};
use crate::{
    Body, Direction, Error, Event, Exchange, ExchangeId, Headers, MaskKey, MaskRules, Masker, Moment, Outcome, Request, Response,
    RunFolder, ScenarioId, Stamped, Storage, fold, read_journal, verify,
};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

fn at(moment: u64, event: Event) -> Stamped {
    Stamped { at: Moment(moment), event }
}

fn sample_exchange(id: u64) -> Exchange {
    let mut exchange = Exchange::new(ExchangeId(id), Direction::Outbound, "main", id);
    let mut headers = Headers::default();
    headers.push("Authorization", "Bearer opaque-token-9");
    exchange.wire.request = "GET /a HTTP/1.1\r\nAuthorization: Bearer opaque-token-9\r\n\r\n".into();
    exchange.request = Some(Request { method: "GET".to_owned(), target: "/a".to_owned(), headers, ..Request::default() });
    exchange.wire.response = "HTTP/1.1 200 OK\r\n\r\n{\"secret\":\"very-secret-value\"}".into();
    exchange.response =
        Some(Response { status: 200, body: Body::plain("{\"secret\":\"very-secret-value\"}"), ..Response::default() });
    exchange.outcome = Outcome::Answered;
    exchange
}

fn record(recorder: &Recorder) {
    let head = header(vec![scenario("s", &["R"])], vec![requirement("R")]);
    recorder.record(at(0, started(head))).unwrap();
    recorder.record(at(1, Event::ScenarioStarted { scenario: ScenarioId::new("s"), attempt: 1 })).unwrap();
    let meta = ExchangeMeta { scenario: Some(ScenarioId::new("s")), attempt: Some(1), step: Some(1), ..ExchangeMeta::default() };
    let mut finding = fail("c", "R");
    finding.actual = Some("very-secret-value with opaque-token-9".to_owned());
    let assessment = Assessment { findings: vec![finding], ..Assessment::default() };
    for id in 1..=3 {
        recorder.record_exchange(&sample_exchange(id), meta.clone(), assessment.clone(), Moment(id + 1)).unwrap();
    }
    recorder.record(at(8, Event::ScenarioEnded { scenario: ScenarioId::new("s"), attempt: 1 })).unwrap();
    recorder.record(at(9, run_ended())).unwrap();
}

fn masker() -> Masker {
    let rules = MaskRules { secrets: vec![b"very-secret-value".to_vec()], ..MaskRules::default() };
    Masker::new(&rules, MaskKey::new(&[5; 32])).unwrap()
}

fn closed_run(parent: &Path) -> RunFolder {
    let mut folder = RunFolder::create(parent, "run").unwrap();
    let recorder = Recorder::new(&folder, masker(), Storage::default()).unwrap();
    record(&recorder);
    recorder.finish().unwrap();
    let record = folder.fold_journal().unwrap().unwrap();
    let mut inventory = folder.write_record(&record).unwrap();
    let digest = written(&folder, "report.html", b"<html>");
    inventory.add("report.html".to_owned(), digest);
    folder.finish(&record, inventory).unwrap();
    folder
}

fn written(folder: &RunFolder, name: &str, bytes: &[u8]) -> crate::FileDigest {
    let mut file = folder.begin_report(name).unwrap();
    file.write_all(bytes).unwrap();
    file.finish().unwrap()
}

#[test]
fn a_report_that_is_not_finished_leaves_nothing_behind() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let mut file = folder.begin_report("report.html").unwrap();
    file.write_all(&[b'x'; 100_000]).unwrap();
    assert!(folder.path().join("report.html.part").exists());
    drop(file);
    assert!(!folder.path().join("report.html.part").exists() && !folder.path().join("report.html").exists());
    assert!(["run.json", "journal-1", "../away"].iter().all(|name| folder.begin_report(name).is_err()));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = [folder.to_owned(), folder.join("bodies")]
        .iter()
        .flat_map(|place| std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.is_file())
        .collect();
    all.sort();
    all
}

#[test]
fn no_secret_stands_in_any_file_and_bytes_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let folder = closed_run(parent.path());
    for path in files(folder.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("very-secret") && !text.contains("opaque-token"), "{}", path.display());
    }
    let record = folder.read_record().unwrap().unwrap();
    let response = record.exchanges[0].response.as_ref().unwrap();
    let wire = folder.bytes(response.wire.as_ref().unwrap()).unwrap().unwrap();
    assert_eq!(wire, b"HTTP/1.1 200 OK\r\n\r\n{\"secret\":\"*****************\"}");
    let body = response.body.as_ref().unwrap();
    assert_eq!(body.masked[0].0..body.masked[0].1, 11..28);
    let single = folder.path().join("bodies").join(format!("{}.bin", body.digest));
    assert_eq!(std::fs::read(single).unwrap(), folder.body(&body.digest).unwrap().unwrap());
    let finding = &record.scenarios[0].attempts[0].steps[0].findings[0];
    assert_eq!(finding.actual.as_deref(), Some("***************** with **************"));
}

#[test]
fn closed_run_verifies_and_says_what_that_does_not_prove() {
    let parent = tempfile::tempdir().unwrap();
    let folder = closed_run(parent.path());
    let found = verify(folder.path());
    assert_eq!(found.problems, []);
    assert!(!found.proves.is_empty() && found.does_not_prove.iter().any(|one| one.starts_with("who made")));
    let before = std::fs::read(folder.path().join("run.json")).unwrap();
    let mut again = RunFolder::open(folder.path()).unwrap();
    let record = again.fold_journal().unwrap().unwrap();
    let inventory = again.write_record(&record).unwrap();
    again.finish(&record, inventory).unwrap();
    assert_eq!(std::fs::read(folder.path().join("run.json")).unwrap(), before);
    again.add_reports([("report.xml".to_owned(), written(&again, "report.xml", b"<report/>"))]).unwrap();
    assert_eq!(verify(folder.path()).problems, []);
    again.purge_bodies().unwrap();
    assert_eq!(verify(folder.path()).problems, []);
}

#[test]
fn one_changed_byte_anywhere_is_found_and_its_file_named() {
    let parent = tempfile::tempdir().unwrap();
    let folder = closed_run(parent.path());
    for path in files(folder.path()) {
        let whole = std::fs::read(&path).unwrap();
        let name = path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
        // Every byte of small files; of larger ones a sample that meets every kind of place.
        let stride = (whole.len() / 150).max(1);
        for place in (0..whole.len()).step_by(stride).chain([whole.len() - 1]) {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let found = verify(folder.path());
            let first = found.problems.first().map(|problem| problem.place.clone()).unwrap_or_default();
            let of_manifest = name == "manifest.json" && !first.is_empty();
            assert!(first.starts_with(&name) || of_manifest, "byte {place} of {name}: {:?}", found.problems);
            if name == "journal.ndjson" {
                let line = 1 + whole[..place].iter().filter(|byte| **byte == b'\n').count();
                let named: usize = first.rsplit(' ').next().unwrap().parse().unwrap();
                assert!(named.abs_diff(line) <= 1, "byte {place} in line {line}: {:?}", found.problems);
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn missing_and_added_files_are_named() {
    let parent = tempfile::tempdir().unwrap();
    let folder = closed_run(parent.path());
    std::fs::remove_file(folder.path().join("report.html")).unwrap();
    std::fs::write(folder.path().join("note.txt"), "x").unwrap();
    let words: Vec<String> = verify(folder.path()).problems.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["report.html: is missing", "note.txt: is not in the manifest"]);
}

#[test]
fn two_runs_cannot_write_into_one_folder() {
    let parent = tempfile::tempdir().unwrap();
    let first = RunFolder::create(parent.path(), "run").unwrap();
    assert!(matches!(RunFolder::create(parent.path(), "run"), Err(Error::Lock { .. })));
    drop(first);
    closed_run(parent.path());
    assert!(matches!(RunFolder::create(parent.path(), "run"), Err(Error::FolderTaken { .. })));
    assert!(matches!(RunFolder::create(parent.path(), "../run"), Err(Error::NameFile { .. })));
}

#[test]
fn memory_and_files_give_the_same_record() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let rules = MaskRules::default();
    let filed = Recorder::new(&folder, Masker::new(&rules, MaskKey::new(&[0; 32])).unwrap(), Storage::default()).unwrap();
    let kept = Recorder::in_memory().unwrap();
    record(&filed);
    record(&kept);
    let digest = &read_journal(folder.path()).unwrap().0;
    assert_eq!(kept.memory().unwrap().events(), digest);
    assert_eq!(fold(kept.into_events()), folder.fold_journal().unwrap());
}

#[test]
fn bytes_that_are_no_message_are_kept_masked() {
    let recorder = Recorder::in_memory().unwrap();
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    exchange.wire.request = "GET / HTTP/1.1\r\nCookie: id=1\r\nbroken".into();
    recorder.record_exchange(&exchange, ExchangeMeta::default(), Assessment::default(), Moment(1)).unwrap();
    let memory = recorder.memory().unwrap();
    let Event::Exchange { exchange, .. } = &memory.events()[0].event else { panic!("no exchange") };
    let wire = exchange.request.as_ref().unwrap().wire.as_ref().unwrap();
    assert_eq!(memory.body(&wire.digest).unwrap(), "GET / HTTP/1.1\r\nCookie: ****\r\nbroken");
}

#[test]
fn recorder_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Recorder>();
}

#[test]
fn what_many_threads_record_at_once_is_one_whole_chain() {
    const THREADS: u64 = 8;
    const EXCHANGES: u64 = 100;
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let recorder = Recorder::new(&folder, masker(), Storage::default()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let recorder = &recorder;
            scope.spawn(move || {
                for number in 1..=EXCHANGES {
                    let mut exchange = sample_exchange(thread * EXCHANGES + number);
                    // Some bodies are several threads' own, so that they meet in the store.
                    exchange.response.as_mut().unwrap().body = Body::plain(format!("very-secret-value {}", number % 10));
                    let line = recorder
                        .record_exchange(&exchange, ExchangeMeta::default(), Assessment::default(), Moment(number))
                        .unwrap();
                    let told: serde_json::Value = serde_json::from_slice(line.bytes()).unwrap();
                    assert_eq!(told["exchange"]["id"], exchange.id.0);
                }
            });
        }
    });
    recorder.finish().unwrap();
    let (events, state) = read_journal(folder.path()).unwrap();
    assert!(state.intact && state.last_line == THREADS * EXCHANGES, "{state:?}");
    let mut seen: Vec<u64> = Vec::new();
    for stamped in events {
        let Event::Exchange { exchange, .. } = stamped.event else { panic!("no exchange") };
        let body = exchange.response.unwrap().body.unwrap();
        assert!(folder.body(&body.digest).unwrap().unwrap().starts_with(b"*****************"));
        seen.push(exchange.id.0);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=THREADS * EXCHANGES).collect::<Vec<_>>());
}

/// Begins to record an exchange, and notes in `heard` what becomes of it.
fn begin(recorder: &Recorder, id: u64, heard: &Arc<Mutex<Vec<String>>>) -> Recording {
    let heard = Arc::clone(heard);
    let told = move |recorded: Result<Line, Error>| {
        let words = recorded.map_or_else(|error| error.to_string(), |line| format!("line of {} bytes", line.bytes().len()));
        heard.lock().unwrap().push(format!("{id}: {words}"));
    };
    recorder.begin_exchange(&sample_exchange(id), ExchangeMeta::default(), Assessment::default(), Moment(id), told)
}

fn ids(folder: &RunFolder) -> Vec<u64> {
    let events = read_journal(folder.path()).unwrap().0.into_iter();
    events
        .filter_map(|stamped| if let Event::Exchange { exchange, .. } = stamped.event { Some(exchange.id.0) } else { None })
        .collect()
}

fn is_over(recording: &mut Recording) -> bool {
    std::pin::Pin::new(recording).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn exchanges_that_wait_are_written_together_and_in_order() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let recorder = Recorder::new(&folder, masker(), Storage::default()).unwrap();
    let heard = Arc::default();
    let (mut first, mut second) = (begin(&recorder, 1, &heard), begin(&recorder, 2, &heard));
    let committing = first.take_committing().unwrap();
    assert!(second.take_committing().is_none(), "one commits for all");
    assert!(!is_over(&mut first) && !is_over(&mut second) && ids(&folder).is_empty());
    assert!(committing.commit().is_none());
    assert!(is_over(&mut first) && is_over(&mut second));
    assert_eq!(ids(&folder), [1, 2]);
    assert!(begin(&recorder, 3, &heard).take_committing().is_some(), "the next one is asked again");
    assert_eq!(heard.lock().unwrap().iter().map(|words| words.split(':').next().unwrap()).collect::<String>(), "123");
}

#[test]
fn what_comes_after_waiting_exchanges_stands_after_them() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let recorder = Recorder::new(&folder, masker(), Storage::default()).unwrap();
    let heard = Arc::default();
    let mut waiting = [begin(&recorder, 1, &heard), begin(&recorder, 2, &heard)];
    recorder.record(at(9, run_ended())).unwrap();
    assert!(waiting.iter_mut().all(is_over));
    let (events, state) = read_journal(folder.path()).unwrap();
    assert!(state.intact && matches!(events.last().unwrap().event, Event::RunEnded { .. }));
    // Neither what is dropped nor what still waits at the end is lost.
    drop(begin(&recorder, 3, &heard));
    assert_eq!(ids(&folder), [1, 2, 3]);
    let last = begin(&recorder, 4, &heard);
    recorder.finish().unwrap();
    assert_eq!(ids(&folder), [1, 2, 3, 4]);
    drop(last);
    assert_eq!(ids(&folder).len(), 4);
}

#[test]
fn a_group_that_cannot_be_written_is_told_so_the_first_with_the_reason() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let storage = Storage { bodies_bytes_max: 10, ..Storage::default() };
    let recorder = Recorder::new(&folder, masker(), storage).unwrap();
    let heard = Arc::default();
    let mut first = begin(&recorder, 1, &heard);
    let _second = begin(&recorder, 2, &heard);
    drop(first.take_committing().unwrap().commit());
    let heard = heard.lock().unwrap();
    assert!(heard[0].contains("limit of 10 bytes") && heard[1].contains("an earlier event"), "{heard:?}");
    assert!(ids(&folder).is_empty(), "no line speaks of bytes that are not there");
    assert!(matches!(recorder.record(at(1, run_ended())), Err(Error::WriteAfterFailure)));
    let broken = Event::RunEnded { finished: "t".to_owned(), early: None, broken: Some("full".to_owned()) };
    recorder.record(at(2, broken)).unwrap();
}
