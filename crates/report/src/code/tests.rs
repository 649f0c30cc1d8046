#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Code, Notation, pretty, raw};

fn flat(code: &Code) -> String {
    let line = |line: &super::Line| {
        if line.hit {
            line.pieces.iter().map(|piece| if piece.hit { format!("[[{}]]", piece.text) } else { piece.text.clone() }).collect()
        } else {
            line.text.clone()
        }
    };
    code.lines.iter().map(line).collect::<Vec<String>>().join("\n")
}

#[test]
fn json_keeps_numbers_escapes_and_duplicate_names() {
    let text = r#"{"a":1.0e2,"a":"\u0041\"","b":[],"c":{"d":[1,2]}}"#;
    let code = pretty(text, Notation::Json, &[], 10_000).unwrap();
    let wanted =
        "{\n  \"a\": 1.0e2,\n  \"a\": \"\\u0041\\\"\",\n  \"b\": [],\n  \"c\": {\n    \"d\": [\n      1,\n      2\n    ]\n  }\n}";
    assert_eq!(flat(&code), wanted);
}

#[test]
fn the_marked_value_keeps_its_mark_when_reprinted() {
    let text = r#"{"date":"yesterday","n":1}"#;
    let code = pretty(text, Notation::Json, &[(8, 19)], 10_000).unwrap();
    assert_eq!(flat(&code), "{\n  \"date\": [[\"yesterday\"]],\n  \"n\": 1\n}");
    assert_eq!(code.excerpt().len(), 4);
}

#[test]
fn xml_keeps_tags_as_they_came_and_marks_an_attribute() {
    let text = "<?xml version='1.0'?><a:x xmlns:a='u'><b n = \"1\"/><c> t &amp; u </c></a:x>";
    let at = text.find("n =").unwrap();
    let code = pretty(text, Notation::Xml, &[(at, at + 7)], 10_000).unwrap();
    assert_eq!(flat(&code), "<?xml version='1.0'?>\n<a:x xmlns:a='u'>\n  <b [[n = \"1\"]]/>\n  <c> t &amp; u </c>\n</a:x>");
}

#[test]
fn what_is_not_well_formed_is_not_reprinted() {
    assert!(pretty("{\"a\":", Notation::Json, &[], 100).is_none());
    assert!(pretty("<a><b></a>", Notation::Xml, &[], 100).is_none());
    assert!(pretty("<a>", Notation::Xml, &[], 100).is_none());
    assert!(pretty("", Notation::Xml, &[], 100).is_none());
}

#[test]
fn a_mark_behind_the_end_is_still_seen() {
    assert_eq!(flat(&raw("{\"a\":1\n", &[(7, 7)], 100)), "{\"a\":[[1]]");
    assert_eq!(flat(&raw("é", &[(1, 1)], 100)), "[[é]]");
    assert_eq!(flat(&raw("", &[(4, 9)], 100)), "");
}

#[test]
fn what_is_cut_is_counted() {
    let code = raw(&"x".repeat(120), &[], 100);
    assert_eq!(code.cut.as_deref(), Some("20 bytes left out here"));
    let code = pretty(&format!("[{}1]", "1,".repeat(500)), Notation::Json, &[], 100).unwrap();
    assert!(code.cut.unwrap().ends_with("bytes left out here"));
}

#[test]
fn any_bytes_give_lines_and_no_panic() {
    let mut seed = 7_u32;
    for length in 0..200_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"<>/{}[]\"\\:, \n\r&a1\xc3\xa9\xff"[(seed >> 16) as usize % 20]
            })
            .collect();
        let text = crate::text::from_bytes(&bytes);
        let marks = [(length / 2, length), (length * 2, length * 3)];
        for notation in [Notation::Json, Notation::Plain, Notation::Xml] {
            let _ = pretty(&text, notation, &marks, 50);
        }
        assert!(raw(&text, &marks, 50).lines.len() <= length + 1);
    }
}
