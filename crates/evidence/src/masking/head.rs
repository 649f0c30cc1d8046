//! Which part of a header field's value is secret.

use super::Masker;
use super::range::{MaskRange, tidy};
use std::ops::Range;

impl Masker {
    /// Finds what is secret in a field's value: by the field's name, and by what stands there.
    pub(super) fn find_in_field(&self, name: &[u8], value: &[u8]) -> Vec<MaskRange> {
        let ruled = self.ruled_range(name, value).map(|range| MaskRange {
            digest: self.digest(value.get(range.clone()).unwrap_or(&[])),
            from: range.start,
            to: range.end,
        });
        let found = self.find(value);
        if ruled.is_none() {
            return found;
        }
        tidy(ruled.into_iter().chain(found).collect())
    }

    fn ruled_range(&self, name: &[u8], value: &[u8]) -> Option<Range<usize>> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let range = if is("authorization") || is("proxy-authorization") {
            credential(value)
        } else if is("cookie") || is("set-cookie") || self.headers.iter().any(|header| is(header)) {
            trimmed(value)
        } else {
            return None;
        };
        (!range.is_empty()).then_some(range)
    }

    /// Tells whether a field's value is masked for its name.
    pub(super) fn rules_field(&self, name: &[u8]) -> bool {
        !self.ruled_range(name, b"x x").unwrap_or_default().is_empty()
    }
}

/// Credentials are a scheme and what proves it (RFC 9110 §11.4): Basic whole, of a JWT the signature only, of others all but
/// the scheme.
fn credential(value: &[u8]) -> Range<usize> {
    let whole = trimmed(value);
    let bytes = value.get(whole.clone()).unwrap_or(&[]);
    let Some(blank) = bytes.iter().position(|byte| *byte == b' ' || *byte == b'\t') else {
        // No scheme: nothing tells what it is, unless it is a JWT.
        return signature(bytes).map_or(whole.clone(), |range| shifted(range, whole.start));
    };
    let scheme = bytes.get(..blank).unwrap_or(&[]);
    let rest = bytes.get(blank..).unwrap_or(&[]);
    let token_range = shifted(trimmed(rest), whole.start + blank);
    if scheme.eq_ignore_ascii_case(b"basic") {
        return token_range;
    }
    let token = value.get(token_range.clone()).unwrap_or(&[]);
    signature(token).map_or(token_range.clone(), |range| shifted(range, token_range.start))
}

/// Gives the place of a JWT's signature (RFC 7515 §3.1); empty for an unsecured one.
fn signature(token: &[u8]) -> Option<Range<usize>> {
    // A JOSE header is a JSON object, whose Base64 begins so.
    if !token.starts_with(b"ey") {
        return None;
    }
    let mut parts = token.split(|byte| *byte == b'.');
    // Five parts are an encrypted token (RFC 7516 §3.1), opaque to us.
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let is_encoded = |part: &[u8]| part.iter().all(|byte| ENCODED[usize::from(*byte)]);
    [header, claims, signature].into_iter().all(is_encoded).then_some(token.len() - signature.len()..token.len())
}

/// The bytes of Base64 with the alphabet for URLs (RFC 4648 §5), by their number.
const ENCODED: [bool; 256] = {
    let mut encoded = [false; 256];
    let mut at = 0;
    while at < encoded.len() {
        let byte = at as u8;
        encoded[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
        at += 1;
    }
    encoded
};

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn trimmed(value: &[u8]) -> Range<usize> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let from = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let to = value.iter().rposition(|byte| !blank(byte)).map_or(from, |at| at + 1);
    from..to
}
