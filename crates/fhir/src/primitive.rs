//! The primitive types and the form of their values.
//!
//! <https://hl7.org/fhir/STU3/datatypes.html#primitive>, <https://hl7.org/fhir/R4/datatypes.html#primitive>

use crate::version::FhirVersion;

/// How JSON writes a primitive type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Boolean,
    Number,
    Text,
}

/// Gives how a type is written, or nothing where it is no primitive type.
pub(crate) fn written(type_name: &str) -> Option<Written> {
    Some(match type_name {
        "boolean" => Written::Boolean,
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => Written::Number,
        "base64Binary" | "canonical" | "code" | "date" | "dateTime" | "id" | "instant" | "markdown" | "oid" | "string"
        | "time" | "uri" | "url" | "uuid" | "xhtml" => Written::Text,
        _ => return None,
    })
}

/// Gives the type that a primitive type specialises, as the path language asks for it.
pub(crate) fn parent(type_name: &str) -> Option<&'static str> {
    match type_name {
        "code" | "id" | "markdown" => Some("string"),
        "canonical" | "oid" | "url" | "uuid" => Some("uri"),
        "positiveInt" | "unsignedInt" => Some("integer"),
        _ => None,
    }
}

/// Tells whether a value has the form of its type; otherwise what form it should have.
pub(crate) fn check(type_name: &str, value: &str, version: FhirVersion) -> Result<(), &'static str> {
    let is = |holds: bool, form: &'static str| if holds { Ok(()) } else { Err(form) };
    match type_name {
        "base64Binary" => is(is_base64(value), "base64 text, in groups of four characters"),
        "boolean" => is(matches!(value, "true" | "false"), "`true` or `false`"),
        "code" => is(is_code(value), "a code: no blanks around it, and single ones inside"),
        "date" => is(is_date(value), "a date: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`"),
        "dateTime" => is(is_date_time(value), "a date, or a date with a time and a zone: `YYYY-MM-DDThh:mm:ss+zz:zz`"),
        "decimal" => is(is_decimal(value, version), "a decimal number"),
        "id" => is(
            (1..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)),
            "an id: at most 64 letters, digits, `-` and `.`",
        ),
        "instant" => is(is_instant(value), "an instant: `YYYY-MM-DDThh:mm:ss+zz:zz`, with seconds and zone"),
        "integer" => is(is_integer(value), "a whole number of at most 32 bits"),
        "markdown" | "string" => is(is_string(value, version), "a text that is not empty, without control characters"),
        "oid" => is(is_oid(value), "an OID: `urn:oid:1.2.3`"),
        "positiveInt" => is(is_integer(value) && value.parse::<i64>().is_ok_and(|n| n > 0), "a whole number above 0"),
        "time" => is(is_time(value, version), "a time: `hh:mm:ss`"),
        "unsignedInt" => is(is_integer(value) && value.parse::<i64>().is_ok_and(|n| n >= 0), "a whole number of 0 or more"),
        // RFC 3986 forbids blanks; the rest is not looked at, since the specification itself is lax.
        "canonical" | "uri" | "url" => is(!value.is_empty() && !value.contains(char::is_whitespace), "an address without blanks"),
        "uuid" => is(value.strip_prefix("urn:uuid:").is_some_and(is_uuid), "a UUID in small letters: `urn:uuid:...`"),
        _ => is(!value.is_empty(), "a value that is not empty"),
    }
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Tells whether a text is a year, a month or a day that exists.
pub(crate) fn is_date(value: &str) -> bool {
    // STU3 allows a sign before the year.
    let value = value.strip_prefix('-').unwrap_or(value);
    let mut parts = value.split('-');
    let Some(year) = parts.next().and_then(|year| digits(year, 4)) else { return false };
    let Some(month) = parts.next() else { return true };
    let Some(month) = digits(month, 2).filter(|month| (1..=12).contains(month)) else { return false };
    let Some(day) = parts.next() else { return true };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    parts.next().is_none() && digits(day, 2).is_some_and(|day| (1..=days).contains(&day))
}

fn is_clock(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').map_or((value, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let mut part = |max: u32| parts.next().and_then(|part| digits(part, 2)).is_some_and(|part| part <= max);
    // A leap second is written as 60.
    let right = part(23) && part(59) && part(60);
    right
        && parts.next().is_none()
        && fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_zone(value: &str) -> bool {
    if value == "Z" {
        return true;
    }
    let Some(rest) = value.strip_prefix(['+', '-']) else { return false };
    let Some((hours, minutes)) = rest.split_once(':') else { return false };
    match (digits(hours, 2), digits(minutes, 2)) {
        (Some(14), Some(minutes)) => minutes == 0,
        (Some(hours), Some(minutes)) => hours < 14 && minutes < 60,
        _ => false,
    }
}

fn is_instant(value: &str) -> bool {
    let Some((date, rest)) = value.split_once('T') else { return false };
    let Some(zone) = rest.find(['Z', '+', '-']) else { return false };
    date.trim_start_matches('-').len() == 10 && is_date(date) && is_clock(&rest[..zone]) && is_zone(&rest[zone..])
}

/// A time needs its zone (STU3 and R4, dateTime: "if hours and minutes are specified, a time zone SHALL be populated").
fn is_date_time(value: &str) -> bool {
    if value.contains('T') { is_instant(value) } else { is_date(value) }
}

fn is_time(value: &str, version: FhirVersion) -> bool {
    // STU3 shows a zone in no example and forbids none; its expression has `hh:mm:ss` and a fraction alone, as R4's.
    let _ = version;
    is_clock(value)
}

fn is_integer(value: &str) -> bool {
    let rest = value.strip_prefix(['-', '+']).unwrap_or(value);
    (rest == "0" || !rest.starts_with('0')) && !rest.is_empty() && value.parse::<i32>().is_ok()
}

fn is_decimal(value: &str, version: FhirVersion) -> bool {
    let (number, exponent) = value.split_once(['e', 'E']).map_or((value, None), |(number, exponent)| (number, Some(exponent)));
    // STU3: "-?([0]|([1-9][0-9]*))(\.[0-9]+)?"; R4 lets in an exponent.
    if let Some(exponent) = exponent {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if version == FhirVersion::Stu3 || power.is_empty() || !power.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
    }
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && !(whole.len() > 1 && whole.starts_with('0')) && fraction.is_none_or(all_digits)
}

/// Code: `[^\s]+([\s]?[^\s]+)*`, and R4 `[^\s]+(\s[^\s]+)*`.
fn is_code(value: &str) -> bool {
    let mut blank = true;
    for letter in value.chars() {
        if letter.is_whitespace() && blank {
            return false;
        }
        blank = letter.is_whitespace();
    }
    !blank
}

fn is_string(value: &str, version: FhirVersion) -> bool {
    // R4, string: "SHOULD NOT contain Unicode character points below 32, except for 9, 10 and 13"; its expression
    // `[ \r\n\t\S]+` and STU3's prose ("shall not be empty") leave the others open.
    let _ = version;
    !value.is_empty() && value.chars().any(|letter| !letter.is_whitespace())
}

fn is_oid(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("urn:oid:") else { return false };
    let arc = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    rest.starts_with(['0', '1', '2']) && rest.contains('.') && rest.split('.').all(arc)
}

/// Tells whether a text is a UUID, in small letters.
fn is_uuid(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    lengths.eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

fn is_base64(value: &str) -> bool {
    // White space between the groups is allowed: `(\s*([0-9a-zA-Z\+\/=]){4}\s*)+`.
    let letters: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let body = letters.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    let alphabet = letters[..body].iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte));
    !letters.is_empty() && letters.len().is_multiple_of(4) && letters.len() - body <= 2 && alphabet
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::version::FhirVersion::{R4, Stu3};

    #[test]
    fn each_type_has_its_form() {
        let right = [
            ("date", "2024-02-29"),
            ("date", "2024"),
            ("dateTime", "2024-02-29T23:59:60.5+14:00"),
            ("dateTime", "2024-02"),
            ("instant", "2024-01-01T00:00:00Z"),
            ("id", "a-b.C"),
            ("code", "a b"),
            ("oid", "urn:oid:1.2.840"),
            ("uuid", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            ("decimal", "-0.10"),
            ("positiveInt", "1"),
            ("unsignedInt", "0"),
            ("base64Binary", "YWJj ZA=="),
            ("time", "12:30:00.123"),
        ];
        for (name, value) in right {
            assert_eq!(check(name, value, Stu3), Ok(()), "{name} {value}");
        }
        let wrong = [
            ("date", "2023-02-29"),
            ("date", "24-01-01"),
            ("date", "2024-01-01T00:00:00Z"),
            ("dateTime", "2024-01-01T00:00:00"),
            ("dateTime", "2024-01-01T24:00:00Z"),
            ("dateTime", "2024-01-01T10:00Z"),
            ("instant", "2024-01-01"),
            ("id", "a_b"),
            ("id", ""),
            ("code", " a"),
            ("code", "a  b"),
            ("oid", "1.2.3"),
            ("uuid", "urn:uuid:6BA7B810-9dad-11d1-80b4-00c04fd430c8"),
            ("decimal", "1."),
            ("decimal", "1e3"),
            ("integer", "2147483648"),
            ("integer", "007"),
            ("positiveInt", "0"),
            ("unsignedInt", "-1"),
            ("base64Binary", "abc"),
            ("boolean", "True"),
            ("time", "12:30"),
            ("uri", "http://a b"),
            ("string", " "),
        ];
        for (name, value) in wrong {
            assert!(check(name, value, Stu3).is_err(), "{name} {value}");
        }
        assert_eq!(check("decimal", "1e3", R4), Ok(()));
    }
}
