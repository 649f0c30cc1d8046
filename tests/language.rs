//! The language through the command: pages of codes, schemas for editors, a pack that is proved, and mistakes told all at once.

use crate::command::{Place, record};
use std::path::{Path, PathBuf};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_code_has_a_page() {
    let place = Place::new();
    let codes: Vec<&str> = counterpart_scenario::CODES.iter().chain(counterpart_plan::CODES).map(|page| page.code).collect();
    let mut once = codes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), codes.len(), "a code has two pages");
    for code in codes {
        let page = place.run(["explain", code]).exits(0).out;
        assert!(page.starts_with(&format!("{code}: ")) && page.len() > 40, "{page}");
        let parts = page.split("\n\n").collect::<Vec<_>>();
        assert!(parts.iter().any(|part| part.starts_with("Wrong:\n    ")), "{page}");
        assert!(parts.iter().any(|part| part.starts_with("Right:\n    ")), "{page}");
        assert!(page.contains("\nWhat to do: "), "{page}");
    }
}

#[test]
fn committed_schemas_are_what_the_command_prints() {
    let place = Place::new();
    let folder = repository("scenarios/schema");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().replace(".schema.json", "");
        let printed = place.run(["schema", &name]).exits(0).out;
        assert!(
            std::fs::read_to_string(&path).unwrap() == printed,
            "`{}` is out of date: counterpart schema {name} > it",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 12, "{count} schemas are too few");
    let run = place.run(["schema", "run"]).exits(0).out;
    assert!(std::fs::read_to_string(repository("reports/json/run-1.schema.json")).unwrap().trim() == run.trim());
}

#[test]
fn packs_of_the_guide_are_proved_in_both_roles() {
    let place = Place::new();
    for pack in ["phonebook", "post", "relay"] {
        let pack = repository("crates/plan/tests/pack").join(pack);
        let ended = place.run(["prove", &pack.display().to_string(), "--only", "named"]).exits(0);
        ended.gives("role consumer: proved").gives("role provider: proved");
    }
}

#[test]
fn same_mistake_at_two_places_is_told_twice_and_in_one_role_only() {
    let place = Place::with_lamp();
    place.write("scenarios/lamp/checks/more.yaml", "checks:\n  - { id: a, stauts: 1 }\n  - { id: b, stauts: 1 }\n");
    let ended = place.run(["check", "scenarios"]).exits(2);
    assert_eq!(ended.err.matches("unknown key `stauts` in a check").count(), 2, "{}", ended.err);
}

/// A request that comes while the action is still under way belongs to the step that waits for it.
#[test]
fn early_request_is_shown_at_the_step_that_waits_for_it() {
    let place = Place::new();
    place.run(["demo", &repository("crates/plan/tests/pack/post").display().to_string(), "--out", "out"]).exits(0);
    let folders = std::fs::read_dir(place.path().join("out")).unwrap().map(|entry| entry.unwrap().path());
    let provider = folders.into_iter().find(|path| path.to_string_lossy().contains("-provider-")).unwrap();
    let text = std::fs::read_to_string(provider.join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of_scenario = |exchange: &&serde_json::Value| exchange["scenario"] == "post/outage/tries-again";
    let exchanges: Vec<&serde_json::Value> = record["exchanges"].as_array().unwrap().iter().filter(of_scenario).collect();
    assert!(!exchanges.is_empty());
    for exchange in exchanges {
        assert_eq!(exchange["step"], 2, "{exchange}");
    }
}

/// Of two steps that wait for one request, that which its `if` leaves out takes nothing.
#[test]
fn step_that_is_left_out_waits_for_nothing() {
    let waiting = |guard: &str| {
        format!("  - if: {guard}\n    await: {{ request: {{ endpoint: door, path: /x }}, within: 5s, else-fails: came }}\n")
    };
    let scenario = format!(
        "id: door/knock/heard\ntitle: A knock\npurpose: A knock is heard.\nrole: provider\ncovers: [R1]\n\
         needs: {{ actions: [knock] }}\nsteps:\n  - ask: {{ action: knock }}\n{}{}",
        waiting("role == 'consumer'"),
        waiting("role == 'provider'")
    );
    let place = Place::with_pack(
        "door",
        &[
            (
                "pack.yaml",
                "pack: door\ntitle: A door\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Door }]\n\
                 actions:\n  - { name: knock, does: connect, roles: [provider] }\n\
                 endpoints: [{ name: door, kind: http, stubs: [door], client-certificate: \"'none'\" }]\n",
            ),
            (
                "requirements.yaml",
                "requirements:\n  - { id: R1, level: must, basis: published, text: Somebody knocks., source: DOC 1, roles: provider }\n",
            ),
            (
                "checks/door.yaml",
                "checks:\n  - { id: came, requirement: R1, on: sequence, that: { count: { range: { min: 1 } } }, hint: Knock. }\n",
            ),
            ("stubs/door.yaml", "title: A door\nrules:\n  - { id: any, on: { path: /x }, respond: 204 }\n"),
            (
                "players/client.yaml",
                "title: A client\nrules:\n  - { id: knock, on: [knock], first: [{ send: { to: door, method: GET, path: /x } }] }\n",
            ),
            ("knock/heard.yaml", &scenario),
        ],
    );
    place.run(["demo", "door", "--out", "out"]).exits(0).gives("1 pass");
}

/// A client of the mirror can offer an old version, for a probe is a step of a player like any other.
#[test]
fn player_offers_tls_1_1_where_a_mutant_says_so() {
    let place = Place::with_pack(
        "door",
        &[
            (
                "pack.yaml",
                "pack: door\ntitle: A door with TLS\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Door }]\n\
                 actions:\n  - { name: knock, does: connect, roles: [provider] }\n\
                 endpoints: [{ name: door, kind: http, stubs: [door], client-certificate: \"'none'\" }]\n",
            ),
            (
                "requirements.yaml",
                "requirements:\n  - { id: R1, level: must, basis: published, text: A client offers TLS 1.2., source: DOC 1, roles: provider }\n",
            ),
            ("stubs/door.yaml", "title: A door\nrules:\n  - { id: any, on: { path: /x }, respond: 204 }\n"),
            ("players/client.yaml", "title: A client\nrules:\n  - { id: knock, on: [knock], do: [{ probe: { to: door } }] }\n"),
            (
                "tls/old.yaml",
                "id: door/tls/old\ntitle: A knock\npurpose: Old TLS is not offered.\nrole: provider\ncovers: [R1]\n\
                 needs: { actions: [knock] }\nsteps:\n  - ask: { action: knock }\n\
                 \x20 - await: { connection: { endpoint: door, outcome: [closed, tls-alert] }, within: 5s }\n    expect:\n\
                 \x20     - { id: version, requirement: R1, on: connection, that: { tls: version-offered, one-of: ['1.2', '1.3'] }, hint: Offer it. }\n",
            ),
            (
                "mutants.yaml",
                "mutants:\n  - id: old\n    title: The client offers TLS 1.1 at most.\n    role: provider\n    rule: client#knock\n\
                 \x20   patch: [{ op: add, path: /do/0/probe/old-tls, value: '1.1' }]\n    plays: [tls/old]\n    fails: [door/tls/old#version]\n",
            ),
        ],
    );
    place.run(["prove", "door", "--only", "named"]).exits(0).gives("door, role provider: proved");
}

/// A pack whose messages are XML: what is sent comes back in another layout, and each mutant spoils it by XPath.
const ORDERS: [(&str, &str); 8] = [
    (
        "pack.yaml",
        "pack: order\ntitle: Orders in XML\nversion: 0.1.0\nlanguage: 1\nnamespaces: { o: 'urn:order' }\n\
         documents: [{ id: DOC, title: Orders }]\n\
         endpoints: [{ name: shop, kind: http, stubs: [shop], client-certificate: \"'none'\" }]\n",
    ),
    (
        "requirements.yaml",
        "requirements:\n  - { id: R1, level: must, basis: published, text: An order comes back as it was sent., source: DOC 1, roles: consumer }\n",
    ),
    (
        "requests/shop.yaml",
        "requests:\n  - { id: put, method: PUT, path: /order, body: { template: sent.xml.hbs } }\n\
         \x20 - { id: get, method: GET, path: /order, expect: [is-xml, token] }\n",
    ),
    (
        "checks/shop.yaml",
        "checks:\n  - { id: is-xml, requirement: R1, that: { header: content-type, equals: application/xml }, hint: Say that it is XML. }\n\
         \x20 - { id: token, requirement: R1, that: { jwt: { claims: /sub, in: X-Token }, equals: tester }, hint: Say whose it is. }\n",
    ),
    (
        "templates/sent.xml.hbs",
        "<o:order xmlns:o=\"urn:order\" id=\"7\" kind=\"a\"><o:item>x &amp; y</o:item><o:item>z</o:item></o:order>",
    ),
    (
        "templates/back.xml.hbs",
        "<?xml version=\"1.0\"?>\n<order kind='a' id='7' xmlns='urn:order'>\n  <!-- as sent -->\n  <item>x &#38; y</item>\n  <item>z</item>\n</order>\n",
    ),
    (
        "stubs/shop.yaml",
        "title: A shop\nrules:\n  - { id: put, on: { method: PUT, path: /order }, respond: 204 }\n\
         \x20 - { id: get, on: { method: GET, path: /order }, respond: { status: 200, headers: { X-Token: eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0ZXIifQ.x }, body: { template: back.xml.hbs } } }\n",
    ),
    (
        "keep/back.yaml",
        "id: order/keep/back\ntitle: An order comes back\npurpose: What was ordered is kept.\nrole: consumer\ncovers: [R1]\n\
         steps:\n  - id: sent\n    send: { use: put }\n  - send: { use: get }\n    expect:\n      - id: same\n        requirement: R1\n\
         \x20       that: { body: xml, same-as: { of: sent.request } }\n        hint: Keep the order as it came.\n",
    ),
];

/// Each mutant changes one thing of the answer; what only writes the same tree otherwise is no mutant.
fn orders_with(edit: &str, fails: &str) -> Place {
    let place = Place::with_pack("order", &ORDERS);
    let mutant = format!(
        "mutants:\n  - id: spoilt\n    title: The answer is spoilt.\n    role: consumer\n    rule: shop#get\n\
         \x20   edit: [{edit}]\n    plays: [keep/back]\n    fails: [{fails}]\n"
    );
    place.write("scenarios/order/mutants.yaml", mutant);
    place
}

#[test]
fn xml_is_compared_as_a_tree_and_spoilt_by_xpath() {
    for (edit, fails) in [
        ("{ xml: [{ at: '//o:item[2]', remove: true }] }", "order/keep/back#same"),
        ("{ xml: [{ at: /o:order/@kind, set: b }] }", "order/keep/back#same"),
        ("{ xml: [{ at: '//o:item[1]', duplicate: true }] }", "order/keep/back#same"),
        ("{ set-header: { Content-Type: text/plain } }", "is-xml"),
        ("{ set-header: { X-Token: eyJhbGciOiJub25lIn0.eyJzdWIiOiJvdGhlciJ9.x } }", "token"),
    ] {
        orders_with(edit, fails).run(["prove", "order", "--only", "named"]).gives("1 of 1 mutants killed");
    }
    // The same tree in other bytes is the same.
    let other_bytes = orders_with("{ xml: [{ at: '//o:item[2]', set: z }], replace: { '<!-- as sent -->': ' ' } }", "is-xml");
    other_bytes.run(["prove", "order", "--only", "named"]).gives("SURVIVED");
}

/// A value of the peer's that would begin a new header field is the peer's fault, and no fault of ours.
#[test]
fn captured_value_that_no_header_can_carry_is_the_suppliers() {
    let place = Place::with_lamp();
    let requests = place.read("scenarios/lamp/requests/lamp.yaml");
    let more = "  - id: ask\n    method: GET\n    path: /lamp\n    headers: { X-Ref: '{{ref}}' }\n    with: { ref: none }\n";
    place.write("scenarios/lamp/requests/lamp.yaml", requests + more);
    let scenario = "id: lamp/switching/ref\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: { use: switch, with: { wanted: true } }\n    expect: [{ id: done, requirement: R1, that: { status: 200 }, hint: h }]\n    capture: { ref: { json: /ref } }\n  - send: { use: ask, with: { ref: '{{ref}}' } }\n";
    place.write("scenarios/lamp/switching/ref.yaml", scenario);
    let run = |body: &'static str| {
        let sut = crate::command::Sut::json(body);
        place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "switching/ref"])
    };
    run("{\"on\":true,\"ref\":\"a-1\"}").exits(0);
    let ended = run("{\"on\":true,\"ref\":\"a-1\\r\\nX-Admin: yes\"}").exits(4);
    ended.gives("`ref`, which the system under test gave, cannot stand in a header field").gives("(cause: supplier)");
}

/// A try that sends nothing is judged by its steps: what an earlier try brought says nothing of it.
#[test]
fn a_try_that_sends_nothing_is_not_judged_by_an_earlier_answer() {
    let place = Place::with_lamp();
    let add = |path: &str, text: &str| place.write(path, place.read(path) + text);
    add("scenarios/lamp/pack.yaml", "actions:\n  - { name: press, does: Press the button., roles: [provider] }\n");
    add(
        "scenarios/lamp/requirements.yaml",
        "  - { id: R3, level: must, basis: published, text: The button switches once., source: MANUAL section 3, roles: provider }\n",
    );
    let player = "title: A button\nrules:\n  - id: press\n    on: [press]\n    do:\n      - if: attempt == 1\n        send: { use: switch, with: { wanted: true } }\n    retry: { failed: [{ status: 5xx }], first: 1s, max: \"3\" }\n    else: [{ send: { use: switch, with: { wanted: false } } }]\n";
    place.write("scenarios/lamp/players/button.yaml", player);
    let scenario = "id: lamp/button/press\ntitle: t\npurpose: p\nrole: provider\ncovers: [R3]\nneeds: { actions: [press] }\nsteps:\n  - ask: { action: press }\n  - await: { request: { method: PUT }, count: 1, within: 60s, respond: [{ status: 503 }], then-quiet: 60s, quiet: no-more }\n    expect: [{ id: came, requirement: R3, that: { json: /on, equals: true }, hint: h }]\n";
    place.write("scenarios/lamp/button/press.yaml", scenario);
    add(
        "scenarios/lamp/checks/lamp.yaml",
        "  - { id: no-more, requirement: R3, on: sequence, that: { count: 1 }, hint: Send nothing more. }\n",
    );
    place.run(["check"]).exits(0);
    let ended = place.run(["demo", "lamp", "--scenario", "button"]);
    ended.gives("PASS  A lamp that is switched over HTTP\n  scenarios  1 pass");
}

/// A product does all of an action before it says that it is done: its second request is here before the scenario has looked at the
/// first, and is compared with that all the same, by a named check and by one of the scenario's own.
#[test]
fn a_request_that_comes_before_what_it_is_compared_with_is_judged_in_its_turn() {
    let place = Place::with_lamp();
    let add = |path: &str, text: &str| place.write(path, place.read(path) + text);
    add("scenarios/lamp/pack.yaml", "actions:\n  - { name: turn, does: Switch on and off again., roles: [provider] }\n");
    add(
        "scenarios/lamp/requirements.yaml",
        "  - { id: R3, level: must, basis: published, text: The second switch undoes the first., source: MANUAL section 3, roles: provider }\n",
    );
    let player = "title: A hand\nrules:\n  - id: turn\n    on: [turn]\n    returns: '{}'\n    first:\n      - send: { use: switch, with: { wanted: true } }\n      - send: { use: switch, with: { wanted: false } }\n";
    place.write("scenarios/lamp/players/hand.yaml", player);
    let scenario = "id: lamp/hand/turn\ntitle: t\npurpose: p\nrole: provider\ncovers: [R3]\nneeds: { actions: [turn] }\nsteps:\n  - ask: { action: turn }\n  - id: looked\n    await: { request: { method: PUT }, within: 10s }\n    capture: { state: { json: /on, of: request } }\n    expect: [{ id: came, requirement: R3, that: { method: PUT }, hint: h }]\n  - await: { request: { method: PUT }, within: 10s }\n    expect: [undone, { id: other, requirement: R3, that: { expr: 'request.json.on != state' }, hint: h }]\n";
    place.write("scenarios/lamp/hand/turn.yaml", scenario);
    add(
        "scenarios/lamp/checks/lamp.yaml",
        "  - { id: undone, requirement: R3, on: request, that: { expr: 'request.json.on != looked.request.json.on' }, hint: h }\n",
    );
    let mutant = "  - id: twice-on\n    title: It is switched on twice.\n    role: provider\n    rule: hand#turn\n    patch: [{ op: replace, path: /first/1/send/with/wanted, value: true }]\n    plays: [hand/turn]\n    fails: [undone, lamp/hand/turn#other]\n";
    let mutants = place.read("scenarios/lamp/mutants.yaml");
    place.write("scenarios/lamp/mutants.yaml", mutants.replacen("mutants:\n", &format!("mutants:\n{mutant}"), 1));
    place.run(["demo", "lamp", "--scenario", "hand"]).gives("PASS  A lamp that is switched over HTTP\n  scenarios  1 pass");
    place.run(["prove", "lamp", "--role", "provider", "--only", "named"]).gives("1 of 1 mutants killed");
}

/// What a mutant does to a named reply it does wherever a rule builds on that.
#[test]
fn an_edit_of_a_named_reply_holds_where_a_rule_builds_on_it() {
    let place = Place::with_lamp();
    let stub = "title: A lamp that works\nreplies:\n  state: { status: 200, body: { from: !value \"{'on': store.on}\", form: json }, effect: stored }\nrules:\n  - id: switch\n    on: { method: [PUT], path: /lamp }\n    then: [{ set: { on: request.json.on } }]\n    respond: { reply: state, headers: { X-Lamp: '1' } }\n";
    place.write("scenarios/lamp/stubs/lamp.yaml", stub);
    let mutant = "mutants:\n  - id: plain\n    title: The lamp calls its answer plain text.\n    role: consumer\n    rule: lamp#state\n    edit: [{ set-header: { Content-Type: text/plain } }]\n    plays: [switching/]\n    fails: [says-state]\n";
    place.write("scenarios/lamp/mutants.yaml", mutant);
    place.run(["prove", "lamp", "--role", "consumer", "--only", "named"]).gives("1 of 1 mutants killed");
}

/// Rules are looked up by what they compare; a name or value that is percent-encoded, and a part of the path, must be found there too.
#[test]
fn a_rule_is_found_by_an_encoded_query_and_by_a_part_of_the_path() {
    let place = Place::with_pack(
        "shelf",
        &[
            (
                "pack.yaml",
                "pack: shelf\ntitle: A shelf\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Shelf }]\n\
                 endpoints: [{ name: shelf, kind: http, stubs: [shelf], client-certificate: \"'none'\" }]\n",
            ),
            (
                "requirements.yaml",
                "requirements:\n  - { id: R1, level: must, basis: published, text: A book is found., source: DOC 1, roles: consumer }\n",
            ),
            (
                "stubs/shelf.yaml",
                "title: A shelf\nrules:\n  - { id: seven, on: { path: '/books/{id}' }, when: [{ value: path.id, equals: '7' }], respond: 203 }\n\
                 \x20 - { id: found, on: { path: /books }, when: [{ query: 'by:name', equals: 'a b' }], respond: 202 }\n\
                 \x20 - { id: other, on: { path: /books }, when: [{ query: 'by:name', equals: other }], respond: 201 }\n",
            ),
            (
                "find/books.yaml",
                "id: shelf/find/books\ntitle: Books are found\npurpose: A book is found by name and number.\nrole: consumer\ncovers: [R1]\nsteps:\n\
                 \x20 - send: { method: GET, path: '/books?by%3Aname=a%20b' }\n    expect: [{ id: named, requirement: R1, that: { status: 202 }, hint: Find it. }]\n\
                 \x20 - send: { method: GET, path: /books/7 }\n    expect: [{ id: numbered, requirement: R1, that: { status: 203 }, hint: Find it. }]\n",
            ),
        ],
    );
    place.run(["demo", "shelf", "--out", "out"]).exits(0).gives("2 pass, 0 fail");
}

/// What a first attempt made is there already when it is tried again.
#[test]
fn each_attempt_has_random_values_of_its_own() {
    let scenario = "id: door/knock/new\ntitle: A knock\npurpose: A knock is answered.\nrole: consumer\ncovers: [R1]\nsteps:\n\
         \x20 - let: { number: { template: '{{random 1 999999999}}' } }\n\
         \x20 - send: { to: door, method: GET, path: '/{{number}}' }\n    expect:\n\
         \x20     - { id: found, requirement: R1, that: { status: 200 }, hint: Open. }\n";
    let place = Place::with_pack(
        "door",
        &[
            (
                "pack.yaml",
                "pack: door\ntitle: A door\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Door }]\n\
                 endpoints: [{ name: door, kind: http, stubs: [door], client-certificate: \"'none'\" }]\n",
            ),
            (
                "requirements.yaml",
                "requirements:\n  - { id: R1, level: must, basis: published, text: A door opens., source: DOC 1, roles: consumer }\n",
            ),
            ("stubs/door.yaml", "title: A door\nrules:\n  - { id: any, respond: 404 }\n"),
            ("knock/new.yaml", scenario),
        ],
    );
    let asked = |more: &[&str]| {
        place.run(["demo", "door", "--seed", "7"].iter().chain(more).copied()).exits(1);
        let record = record(&place.runs().pop().unwrap());
        let exchanges = record["exchanges"].as_array().unwrap().iter();
        exchanges.map(|exchange| exchange["request"]["target"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (twice, once) = (asked(&["--clock", "real"]), asked(&[]));
    let [first, second] = twice.as_slice() else { panic!("{twice:?}") };
    assert_ne!(first, second);
    assert_eq!(once, std::slice::from_ref(first), "the first attempt is the same whatever the clock");
}
