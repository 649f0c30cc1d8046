//! XML, and the way from one form to the other.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Format, Resource};
use crate::convert;
use crate::samples::{check_text, definitions};
use serde_json::{Value, json};

fn findings(xml: &str) -> Vec<String> {
    let report = check_text(&definitions(&[]), xml, &[]);
    report
        .findings
        .iter()
        .map(|finding| format!("{}:{} {}: {}", finding.line, finding.column, finding.place, finding.message))
        .collect()
}

#[test]
fn xml_is_checked_as_json_is() {
    let right =
        "<Lamp xmlns='http://hl7.org/fhir'><status value='on'/><watt value='1.50'/><part id='i'><name value='n'/></part></Lamp>";
    assert_eq!(findings(right), Vec::<String>::new());
    let wrong = "<Lamp xmlns='http://hl7.org/fhir'>\n <status value='gone'/>\n <part><name value='n'/></part>\n <part/>\n <made value='x'/>\n</Lamp>";
    assert_eq!(
        findings(wrong),
        [
            "2:2 /Lamp/status: `gone` is not in the value set `urn:set:status`; the code must be from it",
            "4:2 /Lamp/part[2]: `part` must not be empty",
            "4:2 /Lamp/part[2]: `name` must be present",
            "5:2 /Lamp: `made` stands too late: XML asks for the order of the definition",
            "5:2 /Lamp/made: `x` is no date: it must be a date: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`",
        ]
    );
    assert_eq!(
        findings("<Lamp><status value='on'/></Lamp>")[0],
        "1:1 : `Lamp` is in the namespace ``, and must be in `http://hl7.org/fhir`"
    );
    let odd = "<Lamp xmlns='http://hl7.org/fhir' size='1'>text<status value='on'/><oddity/></Lamp>";
    assert_eq!(findings(odd).len(), 3, "{:?}", findings(odd));
}

fn turned(text: &str, to: Format) -> String {
    let resource = Resource::parse(&text.to_owned().into(), &counterpart_document::Limits::default()).unwrap();
    convert(&resource, to, &definitions(&[])).unwrap()
}

#[test]
fn conversion_keeps_everything() {
    let json = r##"{"resourceType":"Lamp","id":"a","contained":[{"resourceType":"Owner","id":"o"}],"extension":[{"url":"urn:e","valueString":"<&\"\n"}],
        "status":"on","watt":1.50,"note":["x",null],"_note":[null,{"id":"n"}],"owner":{"reference":"#o"},"valueInteger":3,"part":[{"id":"p","name":"n"}]}"##;
    let xml = turned(json, Format::Xml);
    assert!(
        xml.contains("<watt value=\"1.50\"/>") && xml.contains("<extension url=\"urn:e\">") && xml.contains("&quot;&#10;"),
        "{xml}"
    );
    let back = turned(&xml, Format::Json);
    assert!(back.contains("\"watt\": 1.50"), "{back}");
    let (first, second): (Value, Value) = (serde_json::from_str(json).unwrap(), serde_json::from_str(&back).unwrap());
    assert_eq!(first, second);
}

#[test]
fn what_would_be_lost_is_not_converted() {
    let text = json!({ "resourceType": "Lamp", "status": "on", "oddity": 1 }).to_string();
    let resource = Resource::parse(&text.into(), &counterpart_document::Limits::default()).unwrap();
    let refused = convert(&resource, Format::Xml, &definitions(&[])).unwrap_err().to_string();
    assert_eq!(refused, "read the resource: `oddity` is no element of `Lamp`");
}

/// Found by a fuzz program: a zero character in JSON became XML that nobody can read.
#[test]
fn what_xml_cannot_carry_is_not_converted() {
    let text = r#"{ "resourceType": "Lamp", "status": "on", "note": ["a\u0000b"] }"#;
    let resource = Resource::parse(&text.into(), &counterpart_document::Limits::default()).unwrap();
    let refused = convert(&resource, Format::Xml, &definitions(&[])).unwrap_err().to_string();
    assert!(refused.starts_with("read the resource: XML cannot carry what it holds: "), "{refused}");
    assert!(convert(&resource, Format::Json, &definitions(&[])).is_ok());
}
