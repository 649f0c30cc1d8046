//! XML, and the way from one form to the other.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Format, Resource};
use crate::samples::{check_text, definitions};
use crate::{as_json, as_xml, convert, place_in_xml};
use counterpart_document::{Json, Limits, Xml};
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
    let resource = Resource::parse(&text.to_owned().into(), &Limits::default()).unwrap();
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
    let resource = Resource::parse(&text.into(), &Limits::default()).unwrap();
    let refused = convert(&resource, Format::Xml, &definitions(&[])).unwrap_err().to_string();
    assert_eq!(refused, "read the resource: `oddity` is no element of `Lamp`");
}

fn xml_of(json: &str) -> Result<String, String> {
    let json = Json::parse(&json.to_owned().into(), &Limits::default()).unwrap();
    as_xml(&json, &definitions(&[])).map_err(|fault| fault.to_string())
}

fn json_of(xml: &str) -> Result<Value, String> {
    let xml = Xml::parse(&xml.to_owned().into(), &Limits::default()).unwrap();
    as_json(&xml, &definitions(&[])).map(|text| serde_json::from_str(&text).unwrap()).map_err(|fault| fault.to_string())
}

#[test]
fn a_message_keeps_what_no_definition_knows() {
    let json = json!({
        "resourceType": "Lamp", "contained": [{ "resourceType": "Bulb", "socket": "E27" }], "status": "on", "colours": ["red", "blue"],
        "maker": { "name": "n", "plant": [{ "town": "a" }, { "town": "b" }], "seal": { "resourceType": "Seal", "wax": "yes" } }
    });
    let xml = xml_of(&json.to_string()).unwrap();
    assert_eq!(
        xml,
        r#"<?xml version="1.0" encoding="UTF-8"?><Lamp xmlns="http://hl7.org/fhir"><contained><Bulb><socket value="E27"/></Bulb></contained>"#
            .to_owned()
            + r#"<status value="on"/><colours value="red"/><colours value="blue"/><maker><name value="n"/><plant><town value="a"/></plant>"#
            + r#"<plant><town value="b"/></plant><seal><Seal><wax value="yes"/></Seal></seal></maker></Lamp>"#
    );
    assert_eq!(json_of(&xml).unwrap(), json);
}

/// A definition whose address and type name two things was written as the one and could not be read as the other.
#[test]
fn a_definition_that_contradicts_its_address_defines_no_type() {
    let mut other = crate::samples::profile("http://hl7.org/fhir/StructureDefinition/Shade", |_| ());
    other["derivation"] = "specialization".into();
    let definitions = definitions(&[other]);
    let json = Json::parse(&r#"{"resourceType":"Shade","status":"on"}"#.to_owned().into(), &Limits::default()).unwrap();
    let refused = as_xml(&json, &definitions).unwrap_err();
    assert!(refused.to_string().contains("`Shade`"), "{refused}");
}

#[test]
fn a_message_that_is_wrong_is_read_as_it_is() {
    let xml =
        "<Lamp xmlns='http://hl7.org/fhir'>\n <status value='on'/><status value='off'/>text<watt value='much'/>\n <note/></Lamp>";
    let json = json!({ "resourceType": "Lamp", "status": ["on", "off"], "watt": "much" });
    assert_eq!(json_of(xml).unwrap(), json);
    assert_eq!(
        json_of("<Lamp/>").unwrap_err(),
        "`Lamp` is in the namespace ``, and must be in `http://hl7.org/fhir` at line 1, column 1"
    );
    assert_eq!(
        json_of("<Tree xmlns='http://hl7.org/fhir'/>").unwrap_err(),
        "`Tree` is no type of resource in the packages at hand at line 1, column 1"
    );
}

#[test]
fn what_xml_has_no_form_for_is_said_with_its_place() {
    let refused = |json: &str| xml_of(json).unwrap_err();
    assert_eq!(refused("[]"), "a resource must be an object, and this is an array at line 1, column 1");
    assert_eq!(
        refused("{\"resourceType\": \"Lamp\",\n \"status\": {\"a\": 1}}"),
        "a value of the type code must be a string, and this is an object at line 2, column 2"
    );
    assert_eq!(refused(r#"{"resourceType": "Lamp", "x": [[1]]}"#), "`x` holds a list in a list at line 1, column 32");
    assert_eq!(refused(r#"{"resourceType": "Lamp", "a b": 1}"#), "`a b` is no name of an element at line 1, column 26");
    assert!(
        refused(r#"{"resourceType": "Lamp", "status": "on", "status": "off"}"#).starts_with("the name `/status` stands twice")
    );
    assert!(refused(r#"{"resourceType": "Lamp", "status": "\u0001"}"#).contains("XML cannot carry what it holds"));
}

#[test]
fn a_value_of_the_json_form_is_found_in_the_xml() {
    let text = "<Lamp xmlns='http://hl7.org/fhir'>\n<contained><Owner><name value='n'/></Owner></contained><note value='a'/><note value='b'/>\n<valueInteger value='3'/><odd value='1'/></Lamp>";
    let xml = Xml::parse(&text.into(), &Limits::default()).unwrap();
    let place = |pointer: &str| {
        let (path, range) = place_in_xml(&xml, pointer, &definitions(&[])).unwrap();
        (path, text[range].to_owned())
    };
    let is = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(place("/contained/0/name"), is("/Lamp/contained[1]/Owner/name", "<name value='n'/>"));
    assert_eq!(place("/contained/0/resourceType").0, "/Lamp/contained[1]/Owner");
    assert_eq!(place("/note/1"), is("/Lamp/note[2]", "<note value='b'/>"));
    assert_eq!(place("/valueInteger"), is("/Lamp/valueInteger", "<valueInteger value='3'/>"));
    assert_eq!(place("/odd").1, "<odd value='1'/>");
    assert_eq!(place(""), is("/Lamp", text));
    assert_eq!(place_in_xml(&xml, "/none", &definitions(&[])), None);
}

/// Found by a fuzz program: a zero character in JSON became XML that nobody can read.
#[test]
fn what_xml_cannot_carry_is_not_converted() {
    let text = r#"{ "resourceType": "Lamp", "status": "on", "note": ["a\u0000b"] }"#;
    let resource = Resource::parse(&text.into(), &Limits::default()).unwrap();
    let refused = convert(&resource, Format::Xml, &definitions(&[])).unwrap_err().to_string();
    assert!(refused.starts_with("read the resource: XML cannot carry what it holds: "), "{refused}");
    assert!(convert(&resource, Format::Json, &definitions(&[])).is_ok());
}
