//! The command against systems in another language, written from the interface description alone: a conformant one passes, and
//! each deliberate defect of `tests/peers/defects.json` is found as the requirement that it breaks.
//!
//! `COUNTERPART_PEERS=all` judges every defect, in about twelve minutes, `COUNTERPART_PEERS=NAME,NAME` those; else those marked
//! `often` are, as in `.ci/run`.

mod rig;
mod setup;
mod simulated;

use rig::{Judged, Peer, Program, list, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many may be judged wrong side by side, where peers and judge are late for one another, and right alone.
const LATE_MAX: usize = 2;

/// The scenarios of a centre's system in parts that last about as long, by their tags: each is of minutes and is played alone, so that
/// one run of all would take nine minutes of the machine's.
const PARTS_OF_A_CENTRE: [&[&str]; 13] = [
    &["C-30"],
    &["C-27", "C-25"],
    &["outage", "C-10"],
    &["C-33", "C-02"],
    &["C-01", "C-05", "C-45", "tokens"],
    &["C-14", "C-23", "C-32", "C-18", "C-46"],
    &["C-15", "C-29", "C-42", "C-13"],
    &["C-19", "C-38", "C-09", "C-16", "C-41"],
    &["C-22", "C-44", "C-24", "C-03"],
    &["C-43", "C-31", "C-21", "C-36", "C-06"],
    &["C-26", "C-12", "C-20", "C-04", "C-34"],
    &["C-28", "C-08", "C-39", "C-35"],
    &["C-07", "C-11", "C-40", "C-17", "C-37"],
];

/// What a right judge may warn of in a conformant system: our readings that a free choice of the supplier breaks.
const WARNINGS: [&str; 0] = [];

/// Waits for the turn of a test: each judges by many scenarios side by side, and two of them at once would be late for one another.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Judges a conformant program with these further options of the judge; gives the scenarios that were left out.
fn conforms(peer: &Peer, options: &[String]) -> BTreeSet<String> {
    is_conformant(&Judged::by(peer, peer.judge(&peer.hooks()).args(options)))
}

/// Asserts that a judgement is that of a conformant program; gives the scenarios that were left out.
fn is_conformant(judged: &Judged) -> BTreeSet<String> {
    for effect in ["fail", "warning"] {
        let found = judged.findings(effect);
        let found: Vec<&String> =
            found.iter().filter(|(requirement, _)| !WARNINGS.contains(&requirement.as_str())).map(|(_, words)| words).collect();
        assert!(found.is_empty(), "{effect}: {found:#?}\n{}", judged.talk);
    }
    let (left_out, played): (Vec<&Value>, Vec<&Value>) =
        judged.scenarios().partition(|scenario| scenario["reason"] == "not selected");
    for scenario in &played {
        assert!(came_out_right(scenario), "{}: {} {}\n{}", scenario["id"], scenario["verdict"], scenario["reason"], judged.talk);
    }
    assert_eq!((judged.verdict(), judged.exit), ("pass", Some(0)), "{}", judged.talk);
    left_out.iter().map(|scenario| scenario["id"].as_str().unwrap().to_owned()).collect()
}

/// Tells whether a scenario that was played has the verdict that a conformant program gets.
fn came_out_right(scenario: &Value) -> bool {
    let is_attested = texts(&scenario["tags"]).iter().any(|tag| tag == "attestation");
    scenario["verdict"] == if is_attested { "review" } else { "pass" }
}

#[test]
fn a_conformant_endpoint_passes() {
    let _turn = turn();
    conforms(&Peer::start(Program::Force, &[]), &[]);
}

#[test]
fn a_conformant_client_passes() {
    let _turn = turn();
    let peer = Peer::start(Program::Client, &[]);
    let judged = Judged::by(&peer, &mut peer.judge(&peer.hooks()));
    let wrong = judged.scenarios().filter(|scenario| !came_out_right(scenario));
    let late: Vec<&str> = wrong.map(|scenario| scenario["id"].as_str().unwrap()).collect();
    if late.is_empty() {
        is_conformant(&judged);
        return;
    }
    // As with defects: what is late side by side on a busy machine must be right alone.
    assert!(late.len() <= LATE_MAX, "{late:?} were judged wrong side by side\n{}", judged.talk);
    let mut of_no_scenario = list(&judged.record["unexpected-findings"]);
    assert!(of_no_scenario.all(|finding| finding["effect"] == "none"), "no scenario is judged again for these\n{}", judged.talk);
    for scenario in late {
        eprintln!("{scenario} was judged wrong side by side\n{}", judged.talk);
        conforms(&Peer::start(Program::Client, &[]), &["--scenario", scenario].map(str::to_owned));
    }
}

#[test]
fn a_conformant_supplier_passes() {
    let _turn = turn();
    let judge = |peer: &Peer, tags: &[&str]| {
        conforms(peer, &tags.iter().flat_map(|tag| ["--tag".to_owned(), (*tag).to_owned()]).collect::<Vec<_>>())
    };
    let left_out: Vec<Option<BTreeSet<String>>> = std::thread::scope(|scope| {
        let parts = PARTS_OF_A_CENTRE.map(|tags| {
            // One after another, so that other tests beside this one are not kept waiting.
            let peer = Peer::start(Program::Supplier, &[]);
            scope.spawn(move || judge(&peer, tags))
        });
        parts.map(|part| part.join().ok()).into()
    });
    // As with defects: what is late side by side on a busy machine must be right alone.
    let late = left_out.iter().filter(|part| part.is_none()).count();
    assert!(late <= LATE_MAX, "{late} parts were judged wrong side by side");
    let again = |tags| judge(&Peer::start(Program::Supplier, &[]), tags);
    let left_out = left_out.into_iter().zip(PARTS_OF_A_CENTRE).map(|(part, tags)| part.unwrap_or_else(|| again(tags)));
    let in_no_part = left_out.reduce(|all, part| all.intersection(&part).cloned().collect()).unwrap();
    // Many centres are more than this system serves.
    assert_eq!(in_no_part, BTreeSet::from(["irc-capacity/day/centres".to_owned()]), "no part plays these");
}

/// A system may go by refusals and not by the clock: then an event is sent twice within a second whenever a token ends.
#[test]
fn a_supplier_that_renews_its_token_when_it_is_refused_passes() {
    let _turn = turn();
    let options = ["--tag", "C-14", "--set", "token_life_s=90", "--set", "slack_ms=25000"].map(str::to_owned);
    conforms(&Peer::start(Program::Supplier, &["--renew", "when-refused"]), &options);
}

/// Judges one defect; gives what is wrong with the judgement.
fn judge(row: &Value) -> Result<(), String> {
    let mut options: Vec<String> = texts(&row["peer"]);
    options.extend(["--defect".to_owned(), row["name"].as_str().unwrap().to_owned()]);
    let peer =
        Peer::start(Program::of(row["program"].as_str().unwrap()), &options.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = peer.judge(&peer.hooks());
    for (key, option) in [("select", "--tag"), ("scenarios", "--scenario")] {
        texts(&row[key]).iter().for_each(|wanted| {
            command.args([option, wanted]);
        });
    }
    let settings: BTreeMap<String, String> = serde_json::from_value(row["set"].clone()).unwrap_or_default();
    settings.iter().for_each(|(name, value)| {
        command.args(["--set", &format!("{name}={value}")]);
    });
    let judged = Judged::by(&peer, &mut command);
    let of =
        |effect: &str| -> BTreeSet<String> { judged.findings(effect).into_iter().map(|(requirement, _)| requirement).collect() };
    let (fails, warns) = (of("fail"), of("warning"));
    let wanted_fails: BTreeSet<String> = texts(&row["fails"]).into_iter().collect();
    let missing: Vec<String> = texts(&row["warns"]).into_iter().filter(|requirement| !warns.contains(requirement)).collect();
    let (verdict, exit) = if row["grade"] == "must" { ("fail", Some(1)) } else { ("warning", Some(0)) };
    if fails == wanted_fails && missing.is_empty() && (judged.verdict(), judged.exit) == (verdict, exit) {
        return Ok(());
    }
    let words = |effect: &str| judged.findings(effect).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
    let reasons: Vec<&Value> =
        judged.scenarios().map(|scenario| &scenario["reason"]).filter(|reason| reason.is_string()).collect();
    Err(format!(
        "{}: {} ({:?}), wanted {verdict}; must fail {wanted_fails:?}, must warn {missing:?} more\nfails {:#?}\nwarns {:#?}\nreasons {:?}",
        row["name"],
        judged.verdict(),
        judged.exit,
        words("fail"),
        words("warning"),
        reasons.into_iter().filter(|reason| *reason != "not selected").collect::<Vec<_>>()
    ))
}

fn judged(row: &Value) -> Result<(), String> {
    let broken = |_| Err(format!("{}: it could not be judged; the reason stands above", row["name"]));
    std::panic::catch_unwind(|| judge(row)).unwrap_or_else(broken)
}

fn every_defect_is_found(program: &str) {
    let _turn = turn();
    let text = std::fs::read_to_string(root().join("tests/peers/defects.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let which = std::env::var("COUNTERPART_PEERS").unwrap_or_default();
    let named: Vec<&str> = which.split(',').filter(|name| !name.is_empty()).collect();
    let wanted = |row: &Value| match named.as_slice() {
        [] => row["often"] == true,
        ["all"] => true,
        names => names.iter().any(|name| row["name"] == *name),
    };
    let rows: Vec<Value> =
        table["defects"].as_array().unwrap().iter().filter(|row| row["program"] == program && wanted(row)).cloned().collect();
    assert!(
        rows.len() >= 20 || !matches!(named.as_slice(), [] | ["all"]),
        "the table has only {} rows for {program}",
        rows.len()
    );
    let next = Mutex::new(rows.iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..Program::of(program).side_by_side() {
            scope.spawn(|| {
                loop {
                    let Some(row) = next.lock().unwrap().next() else { return };
                    // A peer that does not start, or a run without a record, is one more wrong row and not the end of the table.
                    if let Err(reason) = judged(row) {
                        wrong.lock().unwrap().push((row, reason));
                    }
                }
            });
        }
    });
    // Side by side on a busy machine, peers and judge are late for one another. Alone they must agree; what was late is told.
    let mut late = Vec::new();
    let mut wrong: Vec<(&Value, String)> = wrong.into_inner().unwrap();
    wrong.retain_mut(|(row, reason)| match judged(row) {
        Ok(()) => {
            late.push(reason.clone());
            false
        }
        Err(again) => {
            *reason = again;
            true
        }
    });
    eprintln!("{} of {} judged right only alone:\n{}", late.len(), rows.len(), late.join("\n"));
    assert!(late.len() <= LATE_MAX, "too many were judged right only alone");
    let wrong: Vec<String> = wrong.into_iter().map(|(_, reason)| reason).collect();
    assert!(wrong.is_empty(), "{} of {} judged wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn every_defect_of_an_endpoint_is_found() {
    every_defect_is_found("force_endpoint");
}

#[test]
fn every_defect_of_a_client_is_found() {
    every_defect_is_found("ihub_client");
}

#[test]
fn every_defect_of_a_supplier_is_found() {
    every_defect_is_found("irc_supplier");
}
