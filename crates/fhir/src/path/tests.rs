//! Expressions on a resource of our own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Context, Expression, Failure, Target, boolean};
use crate::instance::{ROOT, Resource, read};
use crate::samples::definitions;
use crate::version::FhirVersion;
use std::cell::Cell;

const LAMP: &str = r##"{"resourceType": "Lamp", "status": "on", "made": "2020-05", "watt": 2.5, "note": ["b", "a", "b"],
    "valueInteger": 3, "contained": [{"resourceType": "Owner", "id": "o", "name": "Ann"}], "owner": {"reference": "#o"},
    "colour": [{"coding": [{"system": "urn:a", "code": "x"}, {"system": "urn:b", "code": "y"}]}],
    "part": [{"name": "p", "part": [{"name": "q"}]}], "extension": [{"url": "urn:e", "valueString": "v"}]}"##;

fn evaluate(text: &str, version: FhirVersion) -> Result<Option<bool>, Failure> {
    let definitions = definitions(&[]);
    let resource = Resource::parse(&LAMP.into(), &counterpart_document::Limits::default()).unwrap();
    let tree = read(&resource, &definitions).0.unwrap();
    let owner = tree.named(ROOT, "contained").next().unwrap();
    let resolve = |_: u32, reference: &str| match reference {
        "#o" => Target::Inside(owner),
        _ => Target::Outside,
    };
    let context = Context { tree: &tree, resolve: &resolve, version, steps: Cell::new(0) };
    boolean(&Expression::parse(text).map_err(Failure::Wrong)?, ROOT, &context)
}

#[test]
fn expressions_hold() {
    for text in [
        "status = 'on' and made.exists() and Lamp.status.count() = 1",
        "note.count() = 3 and note.distinct().count() = 2 and note.isDistinct().not()",
        "note[1] = 'a' and note.first() = 'b' and note.tail().count() = 2 and note.skip(2).single() = 'b'",
        "(note | 'c').count() = 3 and 'a' in note and note contains 'b'",
        "note.where($this = 'b').count() = 2 and note.all($this.length() = 1) and note.select($this & '!').last() = 'b!'",
        "value is integer and (value as integer) > 2 and value.ofType(string).empty() and value.is(Integer)",
        "watt > 2 and watt * 2 = 5 and 7 mod 4 = 3 and 7 div 2 = 3 and 1 / 0 = 1 implies true",
        "-1 + 2 = 1 and 'a' + 'b' = 'ab' and ('a' & {}) = 'a'",
        "made < @2021-01-01 and made.toString().length() >= 7",
        "owner.resolve() is Owner and owner.resolve().name = 'Ann' and %resource.contained.id = 'o'",
        "colour.coding.where(system = 'urn:b' and code = 'y').exists() and colour.coding.code.intersect('x').count() = 1",
        "descendants().name.count() = 3 and children().count() = 12 and part.part.name = 'q'",
        "extension('urn:e').value = 'v' and iif(status = 'on', 'x', 'y') = 'x'",
        "'Abc'.matches('[A-Z]bc') and 'abc'.matches('b').not() and 'a.b'.replaceMatches('\\..*', '') = 'a'",
        "'abc'.substring(1) = 'bc' and 'abc'.substring(1, 1) = 'b' and 'abc'.indexOf('c') = 2 and 'ab'.upper() = 'AB'",
        "'A b' ~ 'a  B' and 1 != 2 and (true xor false) and '12'.toInteger() = 12 and status.hasValue()",
        "nothing.exists().not() and nothing.contains('x').not() and (nothing is string implies false)",
        "note.subsetOf('a' | 'b') and note.trace('n').exclude('b').count() = 1 and note.combine('z').count() = 4",
    ] {
        assert_eq!(evaluate(text, FhirVersion::Stu3), Ok(Some(true)), "{text}");
    }
}

#[test]
fn nothing_is_equal_to_nothing_in_stu3_only() {
    assert_eq!(evaluate("nothing != status", FhirVersion::Stu3), Ok(Some(true)));
    assert_eq!(evaluate("nothing != status", FhirVersion::R4), Ok(None));
    assert_eq!(evaluate("made = @2020", FhirVersion::R4), Ok(None), "as far as both are precise they agree");
}

#[test]
fn what_is_not_known_is_refused() {
    for text in [
        "now()",
        "status.",
        "(status",
        "'open",
        "status = ",
        "a b",
        "%vs",
        "$index",
        "status.substring()",
        "!",
        "matches('(')",
        "",
    ] {
        let refused = evaluate(text, FhirVersion::R4);
        assert!(matches!(refused, Err(Failure::Wrong(_))), "{text}: {refused:?}");
    }
    let deep = "(".repeat(70) + "1" + &")".repeat(70);
    assert!(Expression::parse(&deep).is_err() && Expression::parse(&"a.".repeat(9_000)).is_err());
    assert!(matches!(evaluate("('Owner/1').resolve().exists() or status.exists()", FhirVersion::R4), Ok(Some(true))));
}

#[test]
fn steps_are_bounded() {
    let text = format!("descendants(){}.exists()", ".select(%resource.descendants())".repeat(12));
    assert!(matches!(evaluate(&text, FhirVersion::R4), Err(Failure::Wrong(reason)) if reason.contains("steps")));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_text_parses_or_is_refused(text in "[a-z0-9'(){}.,=!<>|&%$@ +\\-\\[\\]é]{0,40}") {
        let _ = Expression::parse(&text);
    }
}
