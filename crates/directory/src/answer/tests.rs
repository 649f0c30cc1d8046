#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Answer, AnswerReader};
use serde_json::json;

fn read(id: i64, bytes: &[u8]) -> Result<Option<Answer>, crate::Fault> {
    AnswerReader::new(id).read(bytes)
}

#[test]
fn an_answer_is_read_as_it_was_written() {
    let value = json!({
        "matched": "o=x", "diagnostic": "so it is", "referrals": ["ldap://other"], "references": ["ldap://more"],
        "entries": [{ "dn": "cn=a,o=x", "attributes": { "Name": ["a", "b"], "photo": [{ "base64": "/w==" }], "none": [] } }],
    });
    let answer = Answer::from_value(32, &value);
    let bytes = answer.write(7, "SEARCH");
    assert_eq!(read(7, &bytes), Ok(Some(answer.clone())));
    let again = answer.to_value();
    assert_eq!(again["entries"][0]["attributes"], json!({ "name": ["a", "b"], "photo": [{ "base64": "/w==" }], "none": [] }));
    for member in ["matched", "diagnostic", "referrals", "references"] {
        assert_eq!(again[member], value[member]);
    }
    for end in 0..bytes.len() {
        assert_eq!(read(7, &bytes[..end]), Ok(None), "{end}");
    }
    assert!(read(8, &bytes).is_err());
}

#[test]
fn a_result_is_that_of_its_operation() {
    let tag = |method| Answer::default().write(1, method)[5];
    assert_eq!((tag("BIND"), tag("SEARCH"), tag("MODIFY"), tag("EXTENDED")), (0x61, 0x65, 0x67, 0x78));
    let empty: &[u8] = &[0x30, 0x0c, 2, 1, 1, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0];
    assert_eq!(Answer::default().write(1, "BIND"), empty);
}

#[test]
fn a_notice_of_disconnection_ends_whatever_was_asked() {
    let answer = read(3, &Answer::disconnection("not LDAP")).unwrap().unwrap();
    assert_eq!((answer.code, answer.diagnostic.as_str()), (2, "not LDAP"));
}

#[test]
fn what_lacks_or_is_of_the_wrong_kind_counts_as_empty() {
    let answer =
        Answer::from_value(0, &json!({ "entries": [1, { "dn": 5, "attributes": { "a": 1, "b": true } }], "matched": null }));
    let value = answer.to_value();
    assert_eq!(value["entries"][0], json!({ "dn": "", "attributes": {} }));
    assert_eq!(value["entries"][1], json!({ "dn": "5", "attributes": { "a": ["1"], "b": ["TRUE"] } }));
}
