//! The examples of RFC 9535, pointers in place of queries, and the bounds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::JsonPath;
use proptest::prelude::*;
use serde_json::{Value, json};

fn pointers(expression: &str, value: &Value) -> Vec<String> {
    JsonPath::compile(expression).unwrap().query(value).into_iter().map(|found| found.pointer).collect()
}

/// RFC 9535 §1.5, figure 1.
fn store() -> Value {
    json!({ "store": {
        "book": [
            { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
            { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
            { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99 },
            { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99 }
        ],
        "bicycle": { "color": "red", "price": 399 }
    } })
}

#[test]
fn queries_follow_the_examples_of_rfc_9535() {
    let store = store();
    // RFC 9535 §1.5, table 2.
    let books = |parts: &[usize], rest: &str| parts.iter().map(|part| format!("/store/book/{part}{rest}")).collect::<Vec<_>>();
    assert_eq!(pointers("$.store.book[*].author", &store), books(&[0, 1, 2, 3], "/author"));
    assert_eq!(pointers("$..author", &store), books(&[0, 1, 2, 3], "/author"));
    assert_eq!(pointers("$.store.*", &store), ["/store/book", "/store/bicycle"]);
    assert_eq!(pointers("$.store..price", &store).len(), 5);
    assert_eq!(pointers("$..book[2]", &store), books(&[2], ""));
    assert_eq!(pointers("$..book[2].author", &store), books(&[2], "/author"));
    assert_eq!(pointers("$..book[2].publisher", &store), Vec::<String>::new());
    assert_eq!(pointers("$..book[-1]", &store), books(&[3], ""));
    assert_eq!(pointers("$..book[0,1]", &store), books(&[0, 1], ""));
    assert_eq!(pointers("$..book[:2]", &store), books(&[0, 1], ""));
    assert_eq!(pointers("$..book[?@.isbn]", &store), books(&[2, 3], ""));
    assert_eq!(pointers("$..book[?@.price<10]", &store), books(&[0, 2], ""));
    assert_eq!(pointers("$..*", &store).len(), 27);
}

#[test]
fn functions_of_rfc_9535_are_there() {
    let value = json!({ "a": [{ "b": "xyz", "d": "1974-05-01" }, { "b": "xy" }, { "b": [1, 2] }], "n": 2 });
    assert_eq!(pointers("$.a[?length(@.b) == 3]", &value), ["/a/0"]);
    assert_eq!(pointers("$.a[?count(@.*) > 1]", &value), ["/a/0"]);
    assert_eq!(pointers("$.a[?match(@.d, '1974-05-..')]", &value), ["/a/0"]);
    assert_eq!(pointers("$.a[?search(@.b, 'y')]", &value), ["/a/0", "/a/1"]);
    assert_eq!(pointers("$.a[?length(@.b) == $.n]", &value), ["/a/1", "/a/2"]);
}

#[test]
fn a_query_gives_pointers_that_are_escaped() {
    let value = json!({ "a/b": { "m~n": 1 } });
    let found = JsonPath::compile("$['a/b']['m~n']").unwrap();
    assert_eq!(found.query(&value)[0].pointer, "/a~1b/m~0n");
    assert_eq!(value.pointer("/a~1b/m~0n"), Some(found.query(&value)[0].value));
}

#[test]
fn a_slash_or_nothing_means_a_pointer() {
    let value = json!({ "a": [1, { "b/c": 2 }] });
    assert_eq!(pointers("", &value), [""]);
    assert_eq!(pointers("/a/1/b~1c", &value), ["/a/1/b~1c"]);
    assert_eq!(pointers("/a/2", &value), Vec::<String>::new());
    let fault = JsonPath::compile("/a/x~2").unwrap_err();
    assert_eq!((fault.offset, fault.message.as_str()), (4, "`~` must be followed by `0` or `1`"));
}

#[test]
fn a_wrong_query_is_refused_with_a_place() {
    for expression in ["a", "$.", "$[", "$.a[?@.b ==]", "$[01]", "$.a b", "$[?@.a == 'x]", "$.a[?nope(@)]", " $"] {
        let fault = JsonPath::compile(expression).unwrap_err();
        assert!(fault.offset <= expression.len(), "{expression}: {fault:?}");
        assert!(!fault.message.is_empty());
    }
}

#[test]
fn an_unfinished_escape_is_refused_where_the_library_panics() {
    for expression in ["$['a',\"\\u", "$[?search(@.a, '^x\\u", "$['\\uD834\\u", "$['\\uD834\\uD", "$[\"\\u00e"] {
        let fault = JsonPath::compile(expression).unwrap_err();
        assert_eq!(fault.message, "expected four hexadecimal digits after `\\u`", "{expression}");
    }
    assert_eq!(pointers("$['\\u0061']", &json!({ "a": 1 })), ["/a"]);
}

#[test]
fn queries_whose_work_could_explode_are_refused() {
    let message = |expression: &str| JsonPath::compile(expression).unwrap_err().message;
    assert_eq!(message("$..a..b..c"), "more than 2 `..` segments");
    assert!(message("$[?$..a]").starts_with("an absolute query inside a filter"));
    assert!(message("$[?@.a == $[*].b]").starts_with("an absolute query inside a filter"));
    assert!(message("$[?count($.a.*) > 1]").starts_with("an absolute query inside a filter"));
    assert!(message(&format!("$[?{}@.a{}]", "(".repeat(1_000), ")".repeat(1_000))).starts_with("more than 32 levels"));
    assert!(message(&format!("${}", ".a".repeat(5_000))).starts_with("the expression is longer"));
    assert!(JsonPath::compile("$[?@.a == $.b && @.c == '$..x..y..z*'].*").is_ok());
}

#[test]
fn a_deep_value_is_queried_without_a_crash() {
    let text = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    let limits = crate::Limits { depth_max: 1_000, ..crate::Limits::default() };
    let json = crate::Json::parse(&text.into(), &limits).unwrap();
    assert_eq!(pointers("$..*", json.value()).len(), 1_000);
}

proptest! {
    #[test]
    fn any_text_compiles_or_is_refused(text in r#"[$@?.*\[\]()a-c0-9'"!&|=<> ,:~/\-]{0,40}"#) {
        if let Ok(path) = JsonPath::compile(&text) {
            let _ = path.query(&store());
        }
    }
}
