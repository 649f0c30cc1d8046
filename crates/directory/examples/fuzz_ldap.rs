//! Feeds mutated messages, answers and filters to the readers: `fuzz_ldap SECONDS SEED TARGET`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use counterpart_directory::{Answer, AnswerReader, Filter, Message, Operation, Refusal, message_end, search};
use fuzz::Target;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Pieces that steer a mutation past the outer layers of the forms.
const PIECES: &[&str] = &[
    "(",
    ")",
    "&",
    "|",
    "!",
    "=",
    "*",
    ">=",
    "~=",
    ":=",
    ":dn:",
    "\\2a",
    "(a=b)",
    "(!",
    "(&",
    "objectClass",
    "\u{4}\u{1}",
    "\u{2}\u{1}",
    "\u{30}",
    "\u{31}",
    "\u{a}\u{1}",
    "\u{1}\u{1}",
    "\0",
    "\u{7f}",
    "é",
    ",",
    "ou=services",
    "1.1",
];

/// Entries that are searched.
fn rows() -> Vec<Value> {
    vec![
        json!({ "dn": "ou=services,o=x", "attributes": { "objectClass": "top" } }),
        json!({ "dn": "a=b,ou=services,o=x", "attributes": { "a": ["b", "c"], "objectClass": ["top", "As"], "n": 5 } }),
    ]
}

/// What is read is written so that it is read again as it was, and is answered within its bounds.
fn message(bytes: &[u8], rows: &[Value]) -> bool {
    drop(message_end(bytes));
    let Ok(read) = Message::read(bytes) else { return false };
    drop((read.target(), Refusal::of(&read.to_value())));
    let again = Message::from_value(read.id, &read.to_value());
    match &read.operation {
        Operation::Search(wanted) => {
            drop(search(wanted, rows.iter()));
            let plain = Message { controls: Vec::new(), ..read.clone() };
            assert_eq!(Message::read(&plain.write()).as_ref(), Ok(&plain), "a search is not written as it is read");
            // As JSON, the way aliases are followed is not said.
            assert!(again.is_ok(), "a search is not made from its own JSON");
        }
        _ => drop(again),
    }
    true
}

fn answer(bytes: &[u8]) -> bool {
    let Ok(Some(read)) = AnswerReader::new(1).read(bytes) else { return false };
    let written = read.write(1, "SEARCH");
    assert_eq!(AnswerReader::new(1).read(&written), Ok(Some(read.clone())), "an answer is not written as it is read");
    drop(Answer::from_value(read.code, &read.to_value()));
    true
}

fn filter(text: &str, rows: &[Value]) -> bool {
    let Ok(read) = Filter::parse(text) else { return false };
    assert_eq!(Filter::parse(&read.to_string()), Ok(read), "a filter is not written as it is read");
    let Ok(asked) = Message::from_value(1, &json!({ "filter": text })) else { panic!("a filter that is read is none") };
    let Operation::Search(wanted) = &asked.operation else { return false };
    drop(search(wanted, rows.iter()));
    assert_eq!(Message::read(&asked.write()).as_ref(), Ok(&asked), "a filter has other bytes than it says");
    true
}

fn main() -> ExitCode {
    let rows = rows();
    let asked = [
        json!({ "base": "ou=services, o=x", "filter": "(&(a=b)(|(n>=4)(!(a=c)))(objectClass=*))", "attributes": ["a", "n"] }),
        json!({ "filter": "(a=b*c*d)", "scope": "one", "types-only": true, "size-limit": 1 }),
        json!({ "filter": "(cn:dn:2.5.13.5:=x)" }),
        json!({ "operation": "bind", "name": "cn=a", "password": "secret" }),
        json!({ "operation": "bind", "mechanism": "EXTERNAL" }),
        json!({ "operation": "extended", "name": "1.3.6.1.4.1.1466.20037" }),
    ];
    let messages = asked.iter().filter_map(|value| Message::from_value(1, value).ok()).map(|message| message.write()).collect();
    let entries = json!({ "entries": rows, "references": ["ldap://a"], "referrals": ["ldap://b"], "matched": "o=x" });
    let answers =
        vec![Answer::from_value(0, &entries).write(1, "SEARCH"), Answer::disconnection("no"), Answer::default().write(1, "BIND")];
    let filters = ["(&(a=b)(|(n>=4)(!(a=c)))(objectClass=*))", "(a=b*c*d)", "(a=\\2a\\00)", "(cn:dn:2.5.13.5:=x)", "(a~=é)"];
    let filters = filters.iter().map(|text| text.as_bytes().to_vec()).collect();
    fuzz::run(vec![
        Target { name: "message", corpus: messages, pieces: PIECES, execute: Box::new(|bytes| message(bytes, &rows)) },
        Target { name: "answer", corpus: answers, pieces: PIECES, execute: Box::new(answer) },
        Target {
            name: "filter",
            corpus: filters,
            pieces: PIECES,
            execute: Box::new(|bytes| filter(&String::from_utf8_lossy(bytes), &rows)),
        },
    ])
}
