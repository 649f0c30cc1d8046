#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Filter, escape_value};
use crate::ber::Reader;
use proptest::prelude::{any, proptest};
use serde_json::json;

fn bytes(filter: &Filter) -> Vec<u8> {
    let mut out = Vec::new();
    filter.write(&mut out);
    out
}

#[test]
fn a_filter_is_the_same_as_text_and_as_bytes() {
    for text in [
        "(a=b)",
        "(&(a=b)(|(c=d)(!(e=f)))(g=*))",
        "(a=x*y*z)",
        "(a=*y*)",
        "(a>=1)",
        "(a<=1)",
        "(a~=b)",
        "(cn:dn:2.5.13.5:=x)",
        "(:caseExactMatch:=x)",
        "(&)",
        "(|)",
        "(!(&(a=b)))",
        "(a=\\2a\\28\\29\\5c\\00)",
        "(a=)",
        "(cn;lang-de=ä b)",
    ] {
        let filter = Filter::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(filter.to_string(), text);
        let written = bytes(&filter);
        assert_eq!(Filter::read(&mut Reader::new(&written)), Ok(filter), "{text}");
    }
}

/// Laid out by hand after RFC 4511 §4.5.1.
#[test]
fn bytes_are_as_the_standard_has_them() {
    let filter = Filter::parse("(&(a=b)(c=*))").unwrap();
    assert_eq!(bytes(&filter), [0xa0, 11, 0xa3, 6, 4, 1, b'a', 4, 1, b'b', 0x87, 1, b'c']);
}

#[test]
fn a_text_that_is_no_filter_is_refused_with_its_place() {
    for (text, place) in [
        ("", 0),
        ("a=b", 0),
        ("(a=b", 0),
        ("(a=b))", 5),
        ("(a)", 1),
        ("(=b)", 1),
        ("(!)", 2),
        ("(!(a=b)(c=d))", 7),
        ("(a=b*\\2)", 1),
        ("(a b=c)", 1),
        ("(&(a=b)", 7),
        ("(a=x**y)", 1),
        ("(:=x)", 1),
    ] {
        match Filter::parse(text) {
            Err(crate::Fault::Filter { at, .. }) => assert_eq!(at, place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_filter_bomb_is_refused_in_either_form() {
    let nested = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(32)).is_ok());
    assert!(Filter::parse(&nested(33)).is_err_and(|fault| fault.to_string().contains("depth")));
    assert!(Filter::parse(&format!("(|{})", "(a=b)".repeat(300))).is_err_and(|fault| fault.to_string().contains("parts")));
    assert!(Filter::parse(&"(&".repeat(100_000)).is_err());
    let mut bomb = vec![0x87, 1, b'a'];
    for _ in 0..10_000 {
        let mut outer = Vec::new();
        crate::ber::put(&mut outer, 0xa2, &bomb);
        bomb = outer;
    }
    assert!(Filter::read(&mut Reader::new(&bomb)).is_err_and(|fault| fault.to_string().contains("depth")));
    let wide = [&[0xa1, 0x82, 0x03, 0x84][..], &[0x87, 1, b'a'].repeat(300)].concat();
    assert!(Filter::read(&mut Reader::new(&wide)).is_err_and(|fault| fault.to_string().contains("parts")));
}

#[test]
fn a_filter_demands_what_stands_in_and_alone() {
    let demands = |text: &str| Filter::parse(text).unwrap().demands();
    assert_eq!(demands("(uniqueIdentifier=1)"), json!({ "uniqueidentifier": ["1"] }));
    assert_eq!(demands("(&(A=1)(&(b=2)(a=3))(!(c=4))(|(d=5)(e=6))(f=7*))"), json!({ "a": ["1", "3"], "b": ["2"] }));
    assert_eq!(demands("(|(a=1)(b=2))"), json!({}));
}

#[test]
fn a_value_cannot_break_out_of_its_filter() {
    let text = format!("(a={})", escape_value("x)(b=*\\\0"));
    assert_eq!(text, "(a=x\\29\\28b=\\2a\\5c\\00)");
    assert_eq!(Filter::parse(&text).unwrap().demands(), json!({ "a": ["x)(b=*\\\0"] }));
}

proptest! {
    #[test]
    fn any_text_and_any_bytes_are_read_or_refused(text in ".{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(filter) = Filter::parse(&text) {
            assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
        drop(Filter::read(&mut Reader::new(&bytes)));
    }
}
