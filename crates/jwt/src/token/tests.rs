#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Part, Token, part};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn unsecured_token_of_the_standard_is_read() {
    // RFC 7519 §6.1.
    let text =
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    let token = Token::parse(text).unwrap();
    assert_eq!((token.algorithm(), token.key_id()), ("none", None));
    assert_eq!(token.claims(), &json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true }));
    assert!(token.signature().is_empty());
}

#[test]
fn what_is_wrong_is_told_by_part() {
    let (header, claims) = (encoded(r#"{"alg":"none"}"#), encoded("{}"));
    for (text, wrong, said) in [
        (String::new(), Part::Whole, "three parts"),
        (format!("{header}.{claims}"), Part::Whole, "three parts"),
        (format!("{header}.{claims}.."), Part::Whole, "three parts"),
        (format!("{header}=.{claims}."), Part::Header, "padding"),
        (format!("{header}.{claims}.a"), Part::Signature, "padding"),
        (format!("{header}. {claims}."), Part::Claims, "padding"),
        (format!("{}.{claims}.", encoded("{")), Part::Header, "not JSON"),
        (format!("{header}.{}.", encoded("[]")), Part::Claims, "no JSON object"),
        (format!("{}.{claims}.", encoded("{}")), Part::Header, "no member `alg`"),
        (format!("{}.{claims}.", encoded(r#"{"alg":1}"#)), Part::Header, "no text"),
        (format!("{header}.{}.", encoded(r#"{"a":1,"a":2}"#)), Part::Claims, "twice"),
        (format!("{header}.{}.", "A".repeat(70_000)), Part::Whole, "more than"),
    ] {
        let fault = Token::parse(&text).unwrap_err();
        assert_eq!(fault.part, wrong, "{text}: {fault}");
        assert!(fault.to_string().contains(said), "{text}: {fault}");
    }
}

#[test]
fn a_part_is_read_whatever_the_others_are_like() {
    let text = format!("{}.?.?", encoded(r#"{"alg":"RS256"}"#));
    assert_eq!(part(&text, Part::Header).unwrap().value(), &json!({ "alg": "RS256" }));
    assert_eq!(part(&text, Part::Claims).unwrap_err().part, Part::Claims);
    assert!(part(&text, Part::Signature).is_err());
}
