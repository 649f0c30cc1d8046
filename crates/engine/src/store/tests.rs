#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Memory, Rows, StoreNames};
use crate::limits::SESSION_BYTES_MAX;
use counterpart_matching::{Escape, Expression, Generators, Names, NoNames, Random, Template};
use counterpart_plan::model::{Change, Collection, Shape, Store};
use serde_json::json;
use std::sync::Arc;

fn memory(rows_max: usize) -> Memory {
    let collection = Collection { name: "rows".to_owned(), rows_max, seed: Vec::new(), rows: Vec::new(), search: Arc::default() };
    begun(&Store { collections: vec![collection], variables: vec![("down".to_owned(), json!(false))] })
}

fn begun(store: &Store) -> Memory {
    // 20 November 2026, noon.
    Memory::new(store, &NoNames, &mut Generators::new(1_795_176_000_000, Random::keyed(1, &[])))
}

#[test]
fn first_rows_stand_relative_to_the_clock() {
    let template = Template::compile("t", "{{date-add 'now' 'P1D' 'date'}}", Escape::Text).unwrap();
    let row = Shape::Map(vec![("day".to_owned(), Shape::Template(template)), ("n".to_owned(), Shape::Literal(json!(1)))]);
    let seed = vec![("0".to_owned(), json!({ "day": "2000-01-01" }))];
    let rows =
        Collection { name: "rows".to_owned(), rows_max: 10, seed, rows: vec![("a".to_owned(), row)], search: Arc::default() };
    let memory = begun(&Store { collections: vec![rows], variables: Vec::new() });
    assert_eq!(memory.find("rows", &json!("a")), json!({ "day": "2026-11-21", "n": 1 }));
    assert_eq!(memory.find("rows", &json!("0")), json!({ "day": "2000-01-01" }));
}

fn insert(key: &str) -> Change {
    let expression = |text: &str| Expression::compile(text).unwrap();
    Change::Insert { collection: "rows".to_owned(), key: expression(key), value: expression(&format!("{{'id': {key}}}")) }
}

fn apply(memory: &mut Memory, changes: &[Change]) -> Result<(), String> {
    let transaction = memory.work_out(changes, &NoNames)?;
    memory.commit(transaction);
    Ok(())
}

#[test]
fn a_transaction_that_loses_changes_nothing() {
    let mut memory = memory(10);
    apply(&mut memory, &[insert("'a'")]).unwrap();
    let set = Change::Set { name: "down".to_owned(), value: Expression::compile("true").unwrap() };
    assert!(apply(&mut memory, &[set, insert("'a'")]).unwrap_err().contains("already"));
    let names = StoreNames { memory: &memory, behind: &NoNames };
    assert_eq!(names.member("store", "down").unwrap().into_owned(), json!(false));
    assert_eq!(names.member("store", "rows").unwrap().into_owned(), json!([{"id": "a"}]));
}

#[test]
fn the_oldest_row_goes_when_a_collection_is_full() {
    let mut memory = memory(2);
    for key in ["'a'", "'b'", "'c'"] {
        apply(&mut memory, &[insert(key)]).unwrap();
    }
    assert_eq!(memory.find("rows", &json!("a")), json!(null));
    assert_eq!(memory.find("rows", &json!("c")), json!({"id": "c"}));
}

#[test]
fn a_row_is_found_by_its_key_as_it_was_worked_out() {
    let template = Template::compile("t", "{{date-add 'now' 'P1D' 'date'}}", Escape::Text).unwrap();
    let row = |key: Option<Shape>, n: i64| {
        let members = key.into_iter().map(|key| ("key".to_owned(), key));
        Shape::Map(members.chain([("n".to_owned(), Shape::Literal(json!(n)))]).collect())
    };
    let rows = [row(Some(Shape::Template(template)), 1), row(Some(Shape::Literal(json!(7))), 2), row(None, 3)];
    let rows = rows.into_iter().enumerate().map(|(at, row)| (at.to_string(), row)).collect();
    let collection = Collection { name: "rows".to_owned(), rows_max: 10, seed: Vec::new(), rows, search: Arc::default() };
    let memory = begun(&Store { collections: vec![collection], variables: Vec::new() });
    let number = |key: serde_json::Value| memory.find("rows", &key)["n"].clone();
    assert_eq!((number(json!("2026-11-21")), number(json!(7)), number(json!("2"))), (json!(1), json!(2), json!(3)));
    assert_eq!(memory.find("rows", &json!("0")), json!(null));
}

#[test]
fn attempts_are_counted_by_key() {
    let mut memory = memory(1);
    assert_eq!((memory.attempt("x".to_owned()), memory.attempt("x".to_owned()), memory.attempt("y".to_owned())), (1, 2, 1));
}

#[test]
fn a_row_reads_as_it_was_written_and_takes_little_more_than_its_text() {
    let row = json!({ "id": "a", "list": (0..200).map(|number| json!({ "number": number, "text": "é \" \\" })).collect::<Vec<_>>(), "last": 1 });
    let mut rows = Rows::new(10, Arc::default());
    rows.insert("a".to_owned(), row.clone());
    assert_eq!(rows.entry("a").unwrap().1.into_owned(), row);
    let kept = rows.bytes();
    assert!(kept < row.to_string().len() + 150, "{kept}");
    rows.update("a", json!({ "last": 0.1 }));
    assert_eq!(rows.entry("a").unwrap().1["last"], json!(0.1));
    assert_eq!(rows.entry("a").unwrap().1["list"], row["list"]);
    rows.remove("a");
    assert_eq!(rows.bytes(), 0);
}

#[test]
fn a_row_that_is_there_from_the_beginning_reads_as_it_was_written_once_it_is_changed() {
    let mut rows = Rows::new(10, Arc::default());
    for text in ["x".to_owned(), "x".repeat(3_000)] {
        rows.begin_with("a".to_owned(), json!({ "text": text, "count": 1 }));
        rows.update("a", json!({ "count": 2 }));
        assert_eq!(rows.entry("a").unwrap().1.into_owned(), json!({ "text": text, "count": 2 }));
    }
    rows.remove("a");
    assert_eq!(rows.bytes(), 0);
}

#[test]
fn a_row_that_nests_deep_reads_as_it_was_written() {
    let row = (0..140).fold(json!("inside"), |inside, _| json!({ "in": inside }));
    let mut rows = Rows::new(10, Arc::default());
    rows.insert("a".to_owned(), row.clone());
    assert_eq!(rows.entry("a").unwrap().1.into_owned(), row);
}

#[test]
fn bytes_are_those_of_the_rows_that_are_there() {
    let mut rows = Rows::new(2, Arc::default());
    for key in ["a", "b", "c", "c"] {
        rows.insert(key.to_owned(), json!({ "text": "x".repeat(3_000) }));
    }
    let two = rows.bytes();
    assert!((6_000..6_400).contains(&two), "{two}");
    assert!(rows.drop_oldest() && rows.drop_oldest() && !rows.drop_oldest());
    assert_eq!(rows.bytes(), 0);
}

#[test]
fn the_oldest_rows_go_where_a_session_takes_too_much() {
    let mut memory = memory(1_000);
    let value = Expression::compile("{'text': filler(400000)}").unwrap();
    let count = SESSION_BYTES_MAX / 400_000 + 10;
    for number in 0..count {
        let key = Expression::compile(&format!("'{number}'")).unwrap();
        apply(&mut memory, &[Change::Insert { collection: "rows".to_owned(), key, value: value.clone() }]).unwrap();
    }
    assert!(memory.bytes() <= SESSION_BYTES_MAX, "{}", memory.bytes());
    assert_eq!(memory.find("rows", &json!("0")), json!(null));
    assert_ne!(memory.find("rows", &json!((count - 1).to_string())), json!(null));
}
