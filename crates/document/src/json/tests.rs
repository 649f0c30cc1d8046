//! RFC 8259 case by case, positions, repeated names, depth, and the same values as serde_json.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::{Fault, Json, Limits, Piece};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use std::ops::ControlFlow;

fn parse(text: &[u8]) -> Result<Json, Fault> {
    Json::parse(&Bytes::copy_from_slice(text), &Limits::default())
}

/// Texts that RFC 8259 allows; each must give serde_json's value.
const ALLOWED: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "10",
    "1.5",
    "0.1",
    "1e2",
    "1E2",
    "1e+2",
    "1e-2",
    "1.25e3",
    "-1.25E-3",
    "0e0",
    "0e+1",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "123456789012345678901234567890",
    "1e308",
    "5e-324",
    "1e-400",
    "0.1000000000000000055511151231257827",
    "\"\"",
    "\"a\"",
    " \"a\" ",
    "\t[\r\n]\n",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\"",
    "\"\\u00e9\\u20AC\"",
    "\"\\uD834\\uDD1E\"",
    "\"\\u0000\"",
    "\"\\uFFFF\"",
    "\"\u{7f}\"",
    "\"\u{2028}\u{2029}\"",
    "\"é€𝄞\"",
    "\"a\\nb\\u0063d\"",
    "[]",
    "[ ]",
    "[null]",
    "[1,2]",
    "[1 , 2]",
    "[[],[[]]]",
    "[\"a\",{},[]]",
    "{}",
    "{ }",
    "{\"a\":1}",
    "{\"a\" : 1 , \"b\" : 2}",
    "{\"\":0}",
    "{\"a\":{\"b\":{\"c\":[]}}}",
    "{\"a\":1,\"a\":2}",
    "{\"\\u0061\":1,\"a\":2,\"b\":3}",
    "{\"é\":\"€\"}",
    "{\"a\":[{\"b\":null},true,false]}",
];

/// Texts that RFC 8259 does not allow, with the byte offset where each goes wrong.
const REFUSED: &[(&[u8], usize)] = &[
    (b"", 0),
    (b" ", 1),
    (b"\xEF\xBB\xBF{}", 0),
    (b"\xFF\xFE{\0}\0", 0),
    (b"{\0}\0", 0),
    (b"\"\xFF\"", 1),
    (b"\"\xED\xA0\x80\"", 1),
    (b"\"\xC0\xAF\"", 1),
    (b"[\"\xE2\x82\"]", 2),
    (b"nul", 0),
    (b"True", 0),
    (b"NaN", 0),
    (b"Infinity", 0),
    (b"-Infinity", 1),
    (b"undefined", 0),
    (b"'a'", 0),
    (b"a", 0),
    (b"+1", 0),
    (b".5", 0),
    (b"-", 1),
    (b"-a", 1),
    (b"01", 0),
    (b"-01", 1),
    (b"1.", 2),
    (b"1.e1", 2),
    (b"1e", 2),
    (b"1e+", 3),
    (b"1e5.5", 3),
    (b"0x10", 1),
    (b"1_000", 1),
    (b"1 2", 2),
    (b"1e309", 0),
    (b"-1e400", 0),
    (b"\"", 1),
    (b"\"a", 2),
    (b"\"\\", 2),
    (b"\"\\a\"", 1),
    (b"\"\\x41\"", 1),
    (b"\"\\u\"", 3),
    (b"\"\\u12\"", 5),
    (b"\"\\u12G4\"", 5),
    (b"\"\\U0041\"", 1),
    (b"\"\\uD834\"", 1),
    (b"\"\\uD834x\"", 1),
    (b"\"\\uD834\\n\"", 1),
    (b"\"\\uD834\\u0041\"", 1),
    (b"\"\\uDD1E\"", 1),
    (b"\"\n\"", 1),
    (b"\"\t\"", 1),
    (b"\"\0\"", 1),
    (b"[", 1),
    (b"]", 0),
    (b"[1", 2),
    (b"[1,", 3),
    (b"[1,]", 3),
    (b"[,1]", 1),
    (b"[1,,2]", 3),
    (b"[1 2]", 3),
    (b"[1}", 2),
    (b"[1]]", 3),
    (b"[1],", 3),
    (b"{", 1),
    (b"}", 0),
    (b"{\"a\"", 4),
    (b"{\"a\":", 5),
    (b"{\"a\"}", 4),
    (b"{\"a\":}", 5),
    (b"{\"a\" 1}", 5),
    (b"{\"a\":1", 6),
    (b"{\"a\":1,", 7),
    (b"{\"a\":1,}", 7),
    (b"{\"a\":1]", 6),
    (b"{,}", 1),
    (b"{a:1}", 1),
    (b"{1:1}", 1),
    (b"{null:1}", 1),
    (b"{'a':1}", 1),
    (b"{\"a\":1 \"b\":2}", 7),
    (b"{\"a\":1}x", 7),
    (b"{}{}", 2),
    (b"// c\n1", 0),
    (b"/* c */1", 0),
    (b"[1] # c", 4),
    (b"\x0C1", 0),
    (b"\xC2\xA01", 0),
    (b"[\x0B1]", 1),
];

#[test]
fn allowed_texts_give_the_value_that_serde_json_gives() {
    for text in ALLOWED {
        let json = parse(text.as_bytes()).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(json.value(), &serde_json::from_str::<Value>(text).unwrap(), "{text}");
    }
}

#[test]
fn refused_texts_are_refused_at_the_byte_that_is_wrong() {
    for (text, offset) in REFUSED {
        let shown = String::from_utf8_lossy(text);
        let Err(fault) = parse(text) else { panic!("{shown} was read") };
        assert_eq!(fault.offset, *offset, "{shown}: {fault}");
        assert!(serde_json::from_slice::<Value>(text).is_err(), "serde_json reads {shown}");
    }
}

#[test]
fn members_keep_the_order_of_the_text() {
    let json = parse(br#"{"z":1,"a":2,"z":3,"m":4}"#).unwrap();
    assert_eq!(json.value().to_string(), r#"{"z":3,"a":2,"m":4}"#);
}

#[test]
fn a_repeated_name_is_told_with_pointer_and_place() {
    let text = br#"{"a":[{},{"x/y":1,"b":2,"x\/y":3}],"a":0}"#;
    let json = parse(text).unwrap();
    let told: Vec<_> = json.duplicates().iter().map(|found| (found.pointer.as_str(), &text[found.range.clone()])).collect();
    assert_eq!(told, [("/a/1/x~1y", br#""x\/y""#.as_slice()), ("/a", br#""a""#.as_slice())]);
    assert_eq!(json.duplicates()[1].range.start, 35);
}

#[test]
fn a_name_repeated_in_another_object_is_no_duplicate() {
    assert_eq!(parse(br#"[{"a":{"a":1}},{"a":1}]"#).unwrap().duplicates(), []);
}

#[test]
fn repeated_names_are_told_up_to_a_hundred() {
    let text = format!("{{{}}}", vec!["\"a\":1"; 1_000].join(","));
    assert_eq!(parse(text.as_bytes()).unwrap().duplicates().len(), 100);
}

#[test]
fn faults_count_columns_in_characters() {
    let fault = parse("{\n  \"é𝄞\": x\n}".as_bytes()).unwrap_err();
    assert_eq!((fault.line, fault.column, fault.offset), (2, 9, 14));
    assert_eq!(fault.to_string(), "expected a value, found `x` at line 2, column 9");
}

#[test]
fn locate_gives_the_bytes_of_the_value() {
    let text = "{\"é\": [1, {\"b\": \"x]}\"}], \"c\\u0064\": {\"e\": -1.5e3 }, \"n\":\tnull}";
    let json = parse(text.as_bytes()).unwrap();
    let at = |pointer: &str| json.locate(pointer).map(|range| &text[range]);
    assert_eq!(at(""), Some(text));
    assert_eq!(at("/é"), Some("[1, {\"b\": \"x]}\"}]"));
    assert_eq!(at("/é/0"), Some("1"));
    assert_eq!(at("/é/1/b"), Some("\"x]}\""));
    assert_eq!(at("/cd/e"), Some("-1.5e3"));
    assert_eq!(at("/n"), Some("null"));
    for missing in ["/x", "/é/2", "/é/-", "/é/00", "/é/1/b/0", "é", "/n/0", "/~2"] {
        assert_eq!(at(missing), None, "{missing}");
    }
}

#[test]
fn locate_takes_the_last_of_repeated_names_as_the_value_does() {
    let json = parse(br#"{"a":{"b":1},"a":{"c":2}}"#).unwrap();
    assert_eq!(json.locate("/a"), Some(17..24));
    assert_eq!(json.locate("/a/b"), None);
    assert_eq!(json.at("/a/b"), None);
}

#[test]
fn pointers_follow_the_examples_of_rfc_6901() {
    let text = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
    let json = parse(text).unwrap();
    // RFC 6901 §5.
    for (pointer, value) in [
        ("/foo", r#"["bar","baz"]"#),
        ("/foo/0", "\"bar\""),
        ("/", "0"),
        ("/a~1b", "1"),
        ("/c%d", "2"),
        ("/e^f", "3"),
        ("/g|h", "4"),
        ("/i\\j", "5"),
        ("/k\"l", "6"),
        ("/ ", "7"),
        ("/m~0n", "8"),
    ] {
        assert_eq!(json.at(pointer).unwrap().to_string(), value, "{pointer}");
        assert_eq!(&text[json.locate(pointer).unwrap()], value.as_bytes(), "{pointer}");
    }
    assert_eq!(json.at(""), Some(json.value()));
    for nowhere in ["foo", "/foo/01", "/foo/+1", "/foo/-", "/foo/2", "/m~n", "/foo/99999999999999999999999"] {
        assert_eq!(json.at(nowhere), None, "{nowhere}");
    }
}

#[test]
fn depth_is_bounded_where_the_limit_says() {
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    assert!(parse(&nested(128)).is_ok());
    let fault = parse(&nested(129)).unwrap_err();
    assert_eq!((fault.offset, fault.message.as_str()), (128, "more than 128 levels of arrays and objects"));
    let deeper = Limits { depth_max: 1_000_000, ..Limits::default() };
    let deepest = Json::parse(&nested(1_000).into(), &deeper).unwrap();
    assert_eq!(deepest.locate(&"/0".repeat(999)), Some(999..1_001));
    assert!(Json::parse(&nested(1_001).into(), &deeper).is_err());
}

#[test]
fn a_hundred_thousand_levels_are_a_fault_and_no_crash() {
    assert!(parse(&b"[".repeat(100_000)).is_err());
    assert!(parse(&b"{\"a\":".repeat(100_000)).is_err());
    assert!(parse(&[b"[".repeat(100_000), b"]".repeat(100_000)].concat()).is_err());
}

#[test]
fn size_and_members_are_bounded() {
    let limits = Limits { bytes_max: 5, members_max: 2, ..Limits::default() };
    assert!(Json::parse(&"[1]".into(), &limits).is_ok());
    assert_eq!(Json::parse(&"[1,2]".into(), &limits).unwrap_err().message, "more than 2 members and items");
    assert_eq!(Json::parse(&"[    ]".into(), &limits).unwrap_err().message, "the text has 6 bytes, more than the 5 allowed");
}

/// Prints a layout with two spaces a level.
fn laid_out(json: &Json) -> String {
    let mut out = String::new();
    json.lay_out(|piece| {
        match piece {
            Piece::Line(depth) => out.push_str(&format!("\n{}", "  ".repeat(depth))),
            Piece::Source(range) => out.push_str(std::str::from_utf8(&json.text()[range]).unwrap()),
            Piece::Space => out.push(' '),
        }
        ControlFlow::Continue(())
    });
    out
}

#[test]
fn the_layout_moves_white_space_only() {
    let text = br#" {"b":1.50, "a":[{ },[],"x\u0041",{"c":null}],"b":1E2} "#;
    let wanted = "{\n  \"b\": 1.50,\n  \"a\": [\n    {},\n    [],\n    \"x\\u0041\",\n    {\n      \"c\": null\n    }\n  ],\n  \"b\": 1E2\n}";
    assert_eq!(laid_out(&parse(text).unwrap()), wanted);
}

#[test]
fn a_layout_ends_where_its_printer_breaks_off() {
    let mut pieces = 0;
    parse(&[b"[".as_slice(), &b"1,".repeat(10_000), b"1]"].concat()).unwrap().lay_out(|_| {
        pieces += 1;
        if pieces == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(pieces, 7);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            pointers(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Ok(json) = parse(&bytes) {
            let printed = laid_out(&json);
            let again = parse(printed.as_bytes()).unwrap();
            prop_assert_eq!(again.value(), json.value());
        }
    }

    #[test]
    fn texts_of_json_letters_are_read_as_serde_json_reads_them(text in r#"[\[\]{}:," \\u0-9aeE+.tru\-]{0,40}"#) {
        match (parse(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
            (Ok(json), Ok(value)) => prop_assert_eq!(json.value(), &value),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{:?}: {:?} and {:?}", text, ours, theirs),
        }
    }

    #[test]
    fn a_value_is_the_same_however_it_was_read(value in any_value()) {
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let json = parse(text.as_bytes()).unwrap();
            prop_assert_eq!(json.value(), &serde_json::from_str::<Value>(&text).unwrap());
            prop_assert!(json.duplicates().is_empty());
        }
    }

    #[test]
    fn every_value_is_found_where_it_stands(value in any_value()) {
        let json = parse(serde_json::to_string(&value).unwrap().as_bytes()).unwrap();
        prop_assert_eq!(laid_out(&json), serde_json::to_string_pretty(&value).unwrap());
        let mut all = Vec::new();
        pointers(json.value(), "", &mut all);
        for pointer in all {
            let range = json.locate(&pointer).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Value>(&json.text()[range]).unwrap(), json.at(&pointer).unwrap());
        }
    }
}
