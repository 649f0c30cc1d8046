//! `counterpart prove` and what `counterpart check` says of mutants, shown on the pack of the guide.

use crate::command::{Ended, Place};

/// A mutant of the lamp, with what it changes, what it plays and what must fail.
fn mutant(change: &str, plays: &str, fails: &str) -> String {
    format!(
        "mutants:\n  - id: broken\n    title: The lamp is broken.\n    role: consumer\n{change}\n    plays: [{plays}]\n    fails: [{fails}]\n"
    )
}

const ALWAYS_OFF: &str =
    "    rule: lamp#switch\n    change: { respond: { status: 200, body: { from: { \"on\": false }, form: json } } }";

fn place(mutants: &str) -> Place {
    let place = Place::with_lamp();
    place.write("scenarios/lamp/mutants.yaml", mutants);
    place
}

fn prove(mutants: &str, more: &[&str]) -> Ended {
    place(mutants).run(["prove", "lamp"].iter().chain(more))
}

#[test]
fn a_mutant_that_fails_exactly_its_checks_is_killed() {
    let named = prove(&mutant(ALWAYS_OFF, "switching/", "says-state"), &["--only", "named"]).exits(0);
    named.gives("killed    broken").gives("1 of 1 mutants killed").gives("lamp, role consumer: proved");
}

#[test]
fn a_mutant_that_fails_no_check_survives() {
    let change = "    rule: lamp#switch\n    edit: [{ set-header: { X-Lamp: warm } }]";
    prove(&mutant(change, "switching/", "says-state"), &["--only", "named"]).exits(1).gives("SURVIVED  broken");
}

#[test]
fn a_mutant_that_fails_other_checks_is_wrong() {
    let wrong = prove(&mutant(ALWAYS_OFF, "switching/", "answers-in-time"), &["--only", "named"]).exits(1);
    wrong.gives("WRONG     broken").gives("failed too: says-state; did not fail: answers-in-time");
}

#[test]
fn a_must_level_check_without_a_mutant_lacks_its_proof() {
    prove("mutants: []\n", &["--only", "named"]).exits(1).gives("LACKING   says-state");
    let excused = "unprovable: { says-state: The lamp of this test is beyond repair. }\n";
    prove(excused, &["--only", "named"]).exits(0).gives("1 cannot be proved");
    let needless = format!("{}{excused}", mutant(ALWAYS_OFF, "switching/", "says-state"));
    prove(&needless, &["--only", "named"]).exits(1).gives("STALE     says-state");
}

#[test]
fn a_generic_survivor_needs_a_reason_and_a_reason_a_survivor() {
    let survived = prove("mutants: []\n", &["--only", "generic"]).exits(1);
    survived.gives("SURVIVED  lamp#switch header-duplicate:content-type");
    let survivors =
        "survivors:\n  - { role: consumer, message: lamp#switch, mutation: '*', reason: The manual asks for no more. }\n";
    prove(survivors, &["--only", "generic"]).exits(0).gives("0 survive\n");
    let stale = format!("{survivors}  - {{ role: consumer, message: 'lamp#other', mutation: '*', reason: It is not there. }}\n");
    prove(&stale, &["--only", "generic"]).exits(1).gives("STALE     no survivor is `lamp#other *`");
}

/// A check that looks at all entries still fails where only the first is spoilt, and the proof says what it left.
#[test]
fn of_many_entries_that_are_alike_the_first_is_spoilt_and_the_others_are_counted() {
    let place = place("mutants: []\n");
    let stub = place.read("scenarios/lamp/stubs/lamp.yaml");
    let bulbs = "{'on': store.on, 'bulbs': range(5).map(n, {'number': n, 'lit': true})}";
    place.write("scenarios/lamp/stubs/lamp.yaml", stub.replace("{'on': store.on}", bulbs));
    let proved = place.run(["prove", "lamp", "--only", "generic"]).exits(1);
    let proved = proved.gives("not all   lamp#switch: 4 entries of long lists are not spoilt");
    let proved = proved.gives("SURVIVED  lamp#switch json-drop:/bulbs/0 ");
    assert!(!proved.out.contains("/bulbs/1"), "{}", proved.out);
}

#[test]
fn a_proof_comes_out_the_same_each_time() {
    let place = place(&mutant(ALWAYS_OFF, "switching/", "says-state"));
    let once = |_| place.run(["--message-format", "json", "prove", "lamp"]).exits(1).out;
    let mut all: Vec<String> = (0..5).map(once).collect();
    all.dedup();
    assert_eq!(all.len(), 1, "{all:#?}");
}

/// What `counterpart check` says of a mutant, and at which line; the plain mistakes are among the wrong packs of `plan`.
#[test]
fn a_mutant_that_proves_nothing_is_a_diagnostic_with_its_place() {
    let cases = [
        ("    rule: lamp#switch\n    change: { id: switch }", "PK016", "mutant `broken` changes nothing", "2:9"),
        ("    set: { answer_ms: 2000 }", "PK016", "mutant `broken` changes nothing", "5:23"),
        ("    set: { answer_s: 2 }", "PK002", "no setting `answer_s`", "5:12"),
        ("    rule: lamp#switch\n    patch: [{ op: remove, path: /when/0 }]", "PK016", "`/when` is not there", "6:13"),
        ("    rule: lamp#switch\n    change: { respnd: 200 }", "SC012", "unknown key `respnd` in a rule", "6:15"),
        ("    rule: [lamp#switch, lamp#swich]\n    remove: true", "PK002", "no rule to change `lamp#swich`", "5:25"),
    ];
    for (change, code, message, at) in cases {
        let checked = place(&mutant(change, "switching/", "says-state")).run(["check", "scenarios"]).exits(2);
        checked.says(&format!("error[{code}]")).says(message).says(&format!("lamp/mutants.yaml:{at}"));
    }
}
