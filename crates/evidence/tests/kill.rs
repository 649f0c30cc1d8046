//! The evidence of a run that is killed, runs out of disk, or outlives its size limit.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use counterpart_evidence::{BodyReader, Event, JournalState, RunFolder, Stamped, read_journal, verify};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `cargo test` builds the examples beside the tests.
fn writer() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().join("examples").join("journal_writer")
}

fn exchanges(events: &[Stamped]) -> Vec<u64> {
    let id = |stamped: &Stamped| match &stamped.event {
        Event::Exchange { exchange, .. } => Some(exchange.id.0),
        _ => None,
    };
    events.iter().filter_map(id).collect()
}

/// Every body that the journal speaks of must be there, since bodies are written first.
fn assert_bodies_are_there(folder: &Path, events: &[Stamped]) {
    let bodies = BodyReader::open(folder).unwrap();
    for stamped in events {
        let Event::Exchange { exchange, .. } = &stamped.event else { continue };
        for message in exchange.request.iter().chain(&exchange.response) {
            for entry in message.body.iter().chain(&message.wire) {
                assert!(bodies.bytes(&entry.digest).unwrap().is_some(), "exchange {}", exchange.id);
            }
        }
    }
}

fn kill_after(acknowledged_before_kill: u64, mode: Option<&str>) -> (Vec<u64>, Vec<Stamped>, JournalState) {
    let parent = tempfile::tempdir().unwrap();
    let mut child = Command::new(writer()).arg(parent.path()).arg("1000000").args(mode).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    for _ in 0..acknowledged_before_kill {
        line.clear();
        lines.read_line(&mut line).unwrap();
        acknowledged.push(line.trim().parse().unwrap());
    }
    // SIGKILL: the program gets no chance to tidy up.
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    // A last number without its line end may be cut.
    acknowledged
        .extend(rest.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(|line| line.trim().parse::<u64>().unwrap()));
    let folder = parent.path().join("run");
    let (events, state) = read_journal(&folder).unwrap();
    assert_bodies_are_there(&folder, &events);
    let record = RunFolder::open(&folder).unwrap().read_record().unwrap().unwrap();
    assert_eq!(record.finished, None);
    let problems: Vec<String> = verify(&folder).problems.into_iter().map(|problem| problem.place).collect();
    assert_eq!(problems, ["manifest.json"]);
    (acknowledged, events, state)
}

#[test]
fn no_acknowledged_event_is_lost_when_killed_at_fifty_points() {
    kill_at_fifty_points(None);
}

#[test]
fn no_acknowledged_event_of_a_group_is_lost_when_killed_at_fifty_points() {
    kill_at_fifty_points(Some("grouped"));
}

fn kill_at_fifty_points(mode: Option<&str>) {
    // A small linear congruential generator: the points differ, the test repeats.
    let mut random = 20_261_124_u64;
    for _ in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (acknowledged, events, state) = kill_after(1 + (random >> 33) % 400, mode);
        assert!(state.intact, "{state:?}");
        let kept = exchanges(&events);
        assert_eq!(kept, (1..=kept.len() as u64).collect::<Vec<_>>());
        assert!(kept.len() >= acknowledged.len(), "{} kept, {} acknowledged", kept.len(), acknowledged.len());
        assert!(kept.starts_with(&acknowledged));
    }
}

#[test]
fn full_disk_is_told_and_leaves_a_whole_journal() {
    let parent = tempfile::tempdir().unwrap();
    // Ignoring the signal makes the write fail as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 100; exec {} {} 100000", writer().display(), parent.path().display());
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("could not write") && told.contains("largest size"), "{told}");
    let acknowledged = String::from_utf8(output.stdout).unwrap().lines().count();
    assert!(acknowledged > 10);
    let folder = parent.path().join("run");
    let (events, state) = read_journal(&folder).unwrap();
    assert!(state.intact && state.truncated_tail.is_none(), "{state:?}");
    assert_eq!(exchanges(&events).len(), acknowledged);
    assert_bodies_are_there(&folder, &events);
}

#[test]
fn simulation_drops_the_oldest_segments_and_keeps_counts_and_chain() {
    let parent = tempfile::tempdir().unwrap();
    let output = Command::new(writer()).arg(parent.path()).args(["3000", "drop-oldest"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = parent.path().join("run");
    let (events, state) = read_journal(&folder).unwrap();
    assert!(state.intact, "{state:?}");
    let kept = exchanges(&events);
    let dropped = state.dropped.unwrap();
    assert!(dropped.exchanges > 0 && kept.len() < 3000);
    assert_eq!(kept.first().copied(), Some(dropped.exchanges + 1));
    assert_eq!(kept.last().copied(), Some(3000));
    let size =
        |path: &Path| -> u64 { std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum() };
    assert!(size(&folder) < 300_000 && size(&folder.join("bodies")) < 800_000);
    let record = RunFolder::open(&folder).unwrap().read_record().unwrap().unwrap();
    assert!(record.limits.iter().any(|limit| limit.what.contains("exchanges before segment")));
}
