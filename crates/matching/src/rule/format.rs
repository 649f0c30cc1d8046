//! Named formats of text: one table.

use crate::digest;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A named format of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its place in the table.
    at: usize,
}

type Entry = (&'static str, fn(&str) -> bool);

const TABLE: &[Entry] = &[
    ("base64", base64),
    ("base64url", base64url),
    ("check-digit-mod11", check_digit_mod11),
    ("date", date),
    ("date-time", date_time),
    ("digits", |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())),
    ("email", email),
    ("fhir-id", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    }),
    ("hex", |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
    ("http-date", http_date),
    ("instant", instant),
    ("instant-ms-offset", instant_ms_offset),
    ("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
    ("json", |text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()),
    ("jwt", jwt),
    ("lower-case", |text| !text.is_empty() && text == text.to_lowercase()),
    ("media-type", media_type),
    ("non-empty", |text| !text.trim().is_empty()),
    ("oid", oid),
    ("time", time),
    ("uri", uri),
    ("uuid", uuid),
    ("uuid-lower", |text| uuid(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())),
    ("uuid-rfc", uuid_rfc),
    ("uuid-v4", |text| uuid_rfc(text) && text.as_bytes().get(14) == Some(&b'4')),
];

impl Format {
    /// Finds a format by its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().position(|(known, _)| *known == name).map(|at| Self { at })
    }

    /// Gives every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, _)| *name)
    }

    /// Gives its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE.get(self.at).map_or("", |(name, _)| name)
    }

    /// Tells whether a text has it.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        TABLE.get(self.at).is_some_and(|(_, holds)| holds(text))
    }
}

/// RFC 4648 §4: the padding is part of it.
fn base64(text: &str) -> bool {
    use base64::Engine as _;
    !text.is_empty() && base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

/// RFC 4648 §5, without padding as RFC 7515 §2 has it.
fn base64url(text: &str) -> bool {
    use base64::Engine as _;
    !text.is_empty() && base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).is_ok()
}

fn check_digit_mod11(text: &str) -> bool {
    let Some(check) = text.chars().next_back() else { return false };
    text.len() >= 2 && digest::check_digit_mod11(text.get(..text.len() - check.len_utf8()).unwrap_or("")) == Some(check)
}

/// RFC 3339 §5.6 `full-date`; the calendar is kept.
fn date(text: &str) -> bool {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    shaped && text.parse::<Date>().is_ok()
}

/// RFC 3339 §5.6 `partial-time`, with or without an offset.
fn time(text: &str) -> bool {
    let (clock, offset) = match text.char_indices().skip(8).find(|(_, character)| matches!(character, 'Z' | 'z' | '+' | '-')) {
        Some((at, _)) => text.split_at(at),
        None => (text, "Z"),
    };
    clock_time(clock) && offset_of(offset)
}

fn clock_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let shaped = whole.len() == 8
        && whole.bytes().enumerate().all(|(at, byte)| if at == 2 || at == 5 { byte == b':' } else { byte.is_ascii_digit() });
    let exact = fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()));
    // RFC 3339 §5.7: a leap second is written 60; the hour and the minute stay what they can be.
    let in_minute = whole.strip_suffix(":60").map_or_else(|| whole.to_owned(), |minute| format!("{minute}:59"));
    shaped && exact && in_minute.parse::<Time>().is_ok()
}

fn offset_of(text: &str) -> bool {
    if matches!(text, "Z" | "z") {
        return true;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or("");
    let Some((hours, minutes)) = digits.split_once(':') else { return false };
    let within = |part: &str, most: u8| {
        part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u8>().is_ok_and(|number| number <= most)
    };
    within(hours, 23) && within(minutes, 59)
}

/// RFC 3339 §5.6 `date-time`: the offset is part of it.
fn date_time(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let Some(clock) = rest.strip_prefix(['T', 't']) else { return false };
    let offset_at = clock.find(['Z', 'z', '+', '-']);
    offset_at.is_some_and(|at| date(day) && clock_time(clock.get(..at).unwrap_or("")) && offset_of(clock.get(at..).unwrap_or("")))
        && leap_second_fits(text)
}

/// RFC 3339 §5.7: a leap second ends a month, at 23:59:60 of UTC.
fn leap_second_fits(text: &str) -> bool {
    let Some((minute, rest)) = text.split_at_checked(17).filter(|(_, rest)| rest.starts_with("60")) else { return true };
    let before = format!("{minute}59{}", rest.get(2..).unwrap_or("")).parse::<Timestamp>();
    before.is_ok_and(|before| {
        let before = before.to_zoned(jiff::tz::TimeZone::UTC);
        (before.hour(), before.minute()) == (23, 59) && before.tomorrow().is_ok_and(|next| next.day() == 1)
    })
}

/// FHIR `instant`: to the second at least, with an offset.
fn instant(text: &str) -> bool {
    date_time(text) && text.parse::<Timestamp>().is_ok()
}

/// An instant with exactly three digits of a second and a numeric offset.
fn instant_ms_offset(text: &str) -> bool {
    let fraction = text.split_once('.').map(|(_, fraction)| fraction).unwrap_or("");
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    instant(text) && digits == 3 && matches!(fraction.as_bytes().get(3), Some(b'+' | b'-'))
}

/// RFC 9110 §5.6.7 `IMF-fixdate`.
fn http_date(text: &str) -> bool {
    jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).is_ok_and(|parsed| parsed.to_datetime().is_ok())
}

/// RFC 5321 §4.1.2 as far as mail systems go: one `@`, no spaces, a dot within the domain.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'(' | b')' | b'<' | b'>' | b',' | b';' | b':' | b'"' | b'[' | b']' | b'@' | b'\\')
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (1..=64).contains(&local.len())
        && local.bytes().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// RFC 7515 §3.1: three parts of base64url; the last is empty for unsecured tokens.
fn jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.as_slice(), [header, claims, signature] if base64url(header) && base64url(claims) && (signature.is_empty() || base64url(signature)))
}

/// RFC 9110 §8.3.1: type and subtype are tokens; parameters may follow.
fn media_type(text: &str) -> bool {
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let mut parts = text.split(';');
    let whole = parts.next().unwrap_or("").trim_end();
    let parameters =
        parts.all(|parameter| parameter.trim().split_once('=').is_some_and(|(name, value)| token(name) && !value.is_empty()));
    whole.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub)) && parameters
}

/// Digits divided by dots; no part begins with a needless zero (ITU-T X.660).
fn oid(text: &str) -> bool {
    let text = text.strip_prefix("urn:oid:").unwrap_or(text);
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    text.contains('.') && text.split('.').all(part) && text.starts_with(['0', '1', '2'])
}

/// RFC 3986 §3: a scheme, then only characters that may stand in a URI.
fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_fits = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let escapes = rest
        .split('%')
        .skip(1)
        .all(|after| after.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())));
    scheme_fits && !rest.is_empty() && rest.bytes().all(allowed) && escapes
}

/// Any 8-4-4-4-12 of hexadecimal digits, whatever its version says.
fn uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// RFC 9562 §4: version 1 to 8, variant 10xx.
fn uuid_rfc(text: &str) -> bool {
    uuid(text)
        && matches!(text.as_bytes().get(14), Some(b'1'..=b'8'))
        && matches!(text.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b' | b'A' | b'B'))
}
