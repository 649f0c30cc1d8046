//! Hostile content in every string of a record, and in bodies: each format stays well-formed and shows it as text.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use counterpart_document::{Limits, Xml};
use counterpart_evidence::RunRecord;
use counterpart_report::{Colour, Format, Options, console, render};
use serde_json::Value;

/// Markup, ends of everything, what XML forbids, what hides or turns text.
const HOSTILE: &str = "<script>alert(1)</script>]]>--><!--&amp;\"'{{x}}%00\u{0}\u{1}\u{b}\u{1b}[31m\u{7f}\u{85}\u{fffe}\u{ffff}\u{202e}\u{2066}\u{feff}\u{2028}\r\n\t\u{e0041}end";
/// Characters that may stand in no report: XML 1.0 §2.2 forbids some, the others hide or turn what stands around them.
const NEVER: [char; 12] = [
    '\u{0}',
    '\u{1}',
    '\u{b}',
    '\u{1b}',
    '\u{7f}',
    '\u{85}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{202e}',
    '\u{2066}',
    '\u{feff}',
    '\u{e0041}',
];

/// Gives the places of every string in a tree.
fn strings(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, item)| strings(item, &format!("{at}/{number}"), found))
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            strings(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// Puts hostile text behind every string that is not a word of a fixed list, and counts them.
fn spoilt() -> (RunRecord, usize) {
    let mut record = sample::sample().record;
    // A few exchanges hold every field that there is; the search below tries each string by itself.
    record.exchanges.retain(|exchange| matches!(exchange.id.0, 1 | 2 | 12));
    let mut tree = serde_json::to_value(&record).unwrap();
    let mut places = Vec::new();
    strings(&tree, "", &mut places);
    let mut count = 0;
    for place in places {
        let kept = tree.pointer(&place).unwrap().clone();
        let text = kept.as_str().unwrap().to_owned();
        *tree.pointer_mut(&place).unwrap() = Value::String(format!("{text}{HOSTILE}"));
        if serde_json::from_value::<RunRecord>(tree.clone()).is_ok() {
            count += 1;
        } else {
            *tree.pointer_mut(&place).unwrap() = kept;
        }
    }
    (serde_json::from_value(tree).unwrap(), count)
}

#[test]
fn hostile_text_in_every_string_breaks_no_format() {
    let (record, count) = spoilt();
    assert!(count > 300, "only {count} strings could be spoilt");
    let bodies = sample::sample().bodies;
    for format in [Format::Html, Format::Xml, Format::Junit] {
        let name = format.name();
        let text = String::from_utf8(render(&record, &bodies, format, &Options::default()).unwrap()).unwrap();
        for never in NEVER {
            assert!(!text.contains(never), "{name} holds {never:?}");
        }
        if format == Format::Html {
            assert_eq!(text.matches("<script").count(), 1, "only ours");
            assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;"));
            assert_eq!(text.matches("<!--").count(), 0);
        } else {
            let read = Xml::parse(&text.into(), &Limits { members_max: 10_000_000, ..Limits::default() });
            assert!(read.is_ok(), "{name}: {:?}", read.err());
        }
    }
    let page = String::from_utf8(render(&record, &bodies, Format::ChecklistHtml, &Options::default()).unwrap()).unwrap();
    let table = String::from_utf8(render(&record, &bodies, Format::ChecklistCsv, &Options::default()).unwrap()).unwrap();
    let table = table.strip_prefix('\u{feff}').unwrap();
    for never in NEVER {
        assert!(!page.contains(never) && !table.contains(never), "the checklist holds {never:?}");
    }
    assert_eq!(page.matches("<script").count(), 0);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;"));
    assert_eq!(table.lines().count(), 6, "no text ends a line");
    let json = render(&record, &bodies, Format::Json, &Options::default()).unwrap();
    assert_eq!(serde_json::from_slice::<RunRecord>(&json).unwrap(), record, "JSON keeps every character");
    assert!(!console(&record, Colour::Never).contains(|character: char| NEVER.contains(&character)));
}

/// The page of the sample with other bytes as the body of its first request.
fn page_with_body(content_type: &str, body: &[u8]) -> String {
    let mut sample = sample::sample();
    let request = sample.record.exchanges[0].request.as_mut().unwrap();
    let fields = request.headers.iter().map(|field| {
        let value = if field.name == "Content-Type" { content_type } else { &field.value };
        (field.name.clone(), value.to_owned())
    });
    request.headers = fields.collect();
    let stored = request.body.as_mut().unwrap();
    stored.bytes = body.len() as u64;
    sample.bodies.insert(stored.digest.clone(), body.to_vec());
    String::from_utf8(render(&sample.record, &sample.bodies, Format::Html, &Options::default()).unwrap()).unwrap()
}

#[test]
fn a_line_of_a_megabyte_is_cut_and_counted() {
    let page = page_with_body("text/plain", "x".repeat(1_000_000).as_bytes());
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("934 kB left out here"), "what is left out is counted");
    let quoted = format!("{{\"delivery\":{{\"began\":\"{}\"}}}}", "y".repeat(1_000_000));
    assert!(page_with_body("application/json", quoted.as_bytes()).contains("left out here"));
}

#[test]
fn binary_and_broken_text_are_shown_byte_by_byte() {
    let every: Vec<u8> = (0..=255).collect();
    let page = page_with_body("application/octet-stream", &every);
    for shown in ["⟨U+0000⟩", "⟨U+001B⟩", "⟨x80⟩", "⟨xFF⟩"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(page_with_body("application/json", b"{\"a\":\"\xc3\x28\"}").contains("⟨xC3⟩("));
}

#[test]
fn a_document_type_is_never_expanded() {
    let bomb = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'boom'><!ENTITY c SYSTEM 'file:///etc/passwd'>]><a>&b;&c;</a>";
    let page = page_with_body("application/xml", bomb);
    assert!(page.contains("not pretty-printed, because it is not well-formed or too large"));
    assert!(page.contains("&lt;a&gt;&amp;b;&amp;c;&lt;/a&gt;"));
}
