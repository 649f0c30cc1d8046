#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::search;
use crate::{Message, Operation};
use serde_json::{Value, json};

fn rows() -> Vec<Value> {
    vec![
        json!({ "dn": "ou=services,o=x", "attributes": { "objectClass": "organizationalUnit", "ou": "services" } }),
        json!({ "dn": "id=1, ou=services, o=x", "attributes": { "objectClass": ["top", "As"], "id": "1", "level": 5, "party": "A-1" } }),
        json!({ "dn": "id=2, ou=services, o=x", "attributes": { "objectClass": ["top", "Mhs"], "id": "2", "level": "10" } }),
        json!({ "dn": "cn=deep,id=2,ou=services,o=x", "attributes": { "objectClass": "top", "note": "Big  Blue\tBox" } }),
    ]
}

fn found(asked: &Value) -> super::Found {
    let Operation::Search(wanted) = Message::from_value(1, asked).unwrap().operation else { panic!("no search") };
    search(&wanted, rows().iter())
}

fn names(asked: &Value) -> Vec<String> {
    let found = found(asked);
    assert_eq!(found.result, "success", "{asked}");
    found.entries.iter().map(|entry| entry["dn"].as_str().unwrap().replace(' ', "")).collect()
}

fn by(filter: &str) -> Vec<String> {
    let shorter = |name: String| name.replace(",ou=services,o=x", "").replace(",o=x", "");
    names(&json!({ "base": "ou=Services,O=X", "filter": filter })).into_iter().map(shorter).collect()
}

#[test]
fn a_scope_says_how_far_below_the_base() {
    let scoped = |base: &str, scope: &str| names(&json!({ "base": base, "scope": scope })).len();
    assert_eq!(
        (scoped("ou=services, o=x", "base"), scoped("ou=services, o=x", "one"), scoped("ou=services,o=x", "sub")),
        (1, 2, 4)
    );
    assert_eq!((scoped("o=x", "one"), scoped("", "sub"), scoped("id=2,ou=services,o=x", "sub")), (1, 4, 2));
    let missing = found(&json!({ "base": "ou=none,o=x" }));
    assert_eq!((missing.result, missing.matched.as_str(), missing.entries.len()), ("noSuchObject", "o=x", 0));
}

#[test]
fn a_filter_finds_what_it_says() {
    for (filter, expected) in [
        ("(id=1)", vec!["id=1"]),
        ("(ID=1)", vec!["id=1"]),
        ("(objectclass=as)", vec!["id=1"]),
        ("(&(objectClass=top)(id=*))", vec!["id=1", "id=2"]),
        ("(|(id=1)(id=2))", vec!["id=1", "id=2"]),
        ("(level>=6)", vec!["id=2"]),
        ("(level<=6)", vec!["id=1"]),
        ("(note=big blue box)", vec!["cn=deep,id=2"]),
        ("(note=BIG*box)", vec!["cn=deep,id=2"]),
        ("(note=*ue*x)", vec!["cn=deep,id=2"]),
        ("(note=b*b*b*x)", vec!["cn=deep,id=2"]),
        ("(note=b*b*b*b*x)", vec![]),
        ("(party~=a-1)", vec!["id=1"]),
        ("(id:=2)", vec!["id=2"]),
        ("(!(id=1))", vec!["ou=services", "id=2", "cn=deep,id=2"]),
        // An attribute that nobody knows makes it undefined, and so does its contrary.
        ("(unheard=1)", vec![]),
        ("(!(unheard=1))", vec![]),
        ("(|(unheard=1)(id=1))", vec!["id=1"]),
        ("(id:caseExactMatch:=1)", vec![]),
        ("(&)", vec!["ou=services", "id=1", "id=2", "cn=deep,id=2"]),
        ("(|)", vec![]),
        ("(!(!(&(id=1)(!(id=2)))))", vec!["id=1"]),
    ] {
        assert_eq!(by(filter), expected, "{filter}");
    }
}

#[test]
fn only_what_is_asked_for_is_given() {
    let entry = |more: Value| {
        let mut asked = json!({ "base": "o=x", "filter": "(id=1)" });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        found(&asked).entries[0]["attributes"].clone()
    };
    assert_eq!(entry(json!({ "attributes": ["PARTY", "unheard"] })), json!({ "party": ["A-1"] }));
    assert_eq!(entry(json!({ "attributes": ["1.1"] })), json!({}));
    assert_eq!(entry(json!({ "attributes": ["*"] })).as_object().unwrap().len(), 4);
    assert_eq!(entry(json!({ "attributes": ["id"], "types-only": true })), json!({ "id": [] }));
}

#[test]
fn a_search_has_its_bounds() {
    let limited = found(&json!({ "base": "o=x", "size-limit": 2 }));
    assert_eq!((limited.result, limited.entries.len()), ("sizeLimitExceeded", 2));
    let exact = found(&json!({ "base": "o=x", "size-limit": 4 }));
    assert_eq!((exact.result, exact.entries.len()), ("success", 4));
    let many: Vec<Value> = (0..200).map(|number| json!(number.to_string())).collect();
    let rows: Vec<Value> = (0..100).map(|number| json!({ "dn": format!("id={number}"), "attributes": { "a": many } })).collect();
    let filter = format!("(|{})", "(a=none)".repeat(200));
    let Operation::Search(heavy) = Message::from_value(1, &json!({ "filter": filter })).unwrap().operation else { panic!() };
    assert_eq!(search(&heavy, rows.iter()).result, "adminLimitExceeded");
}
