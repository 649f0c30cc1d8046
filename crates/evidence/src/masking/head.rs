//! Which part of a header field's value is secret.

use super::range::{MaskRange, tidy};
use super::{Masker, pairs};
use std::ops::Range;

/// What of a field's value is secret, by the field's name.
enum Ruled {
    /// What proves who asks.
    Credential,
    /// The credentials among the pairs of an address, in its query or fragment.
    Reference,
    /// All of it.
    Whole,
}

impl Masker {
    /// Finds what is secret in a field's value: by the field's name, and by what stands there.
    pub(super) fn find_in_field(&self, name: &[u8], value: &[u8]) -> Vec<MaskRange> {
        match self.ruled(name) {
            Some(Ruled::Credential) => {
                self.credentials.get_or_find(value, || self.ruled_or_found(value, vec![credential(value)]))
            }
            Some(Ruled::Reference) => self.ruled_or_found(value, pairs::find_in_target(value)),
            Some(Ruled::Whole) => self.ruled_or_found(value, vec![trimmed(value)]),
            None => self.find(value),
        }
    }

    fn ruled_or_found(&self, value: &[u8], ruled: Vec<Range<usize>>) -> Vec<MaskRange> {
        let ruled = ruled.into_iter().filter(|range| !range.is_empty()).map(|range| MaskRange {
            digest: self.digest(value.get(range.clone()).unwrap_or(&[])),
            from: range.start,
            to: range.end,
        });
        tidy(ruled.chain(self.find(value)).collect())
    }

    fn ruled(&self, name: &[u8]) -> Option<Ruled> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("authorization") || is("proxy-authorization") {
            Some(Ruled::Credential)
        } else if is("cookie") || is("set-cookie") || self.headers.iter().any(|header| is(header)) {
            Some(Ruled::Whole)
        } else if is("content-location") || is("location") || is("referer") {
            Some(Ruled::Reference)
        } else {
            None
        }
    }

    /// Tells whether something of a field's value is secret for its name.
    pub(super) fn rules_field(&self, name: &[u8]) -> bool {
        self.ruled(name).is_some()
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
    let (mut dots, mut from) = (0, 0);
    for (at, byte) in token.iter().enumerate() {
        if ENCODED[usize::from(*byte)] {
            continue;
        }
        if *byte != b'.' {
            return None;
        }
        (dots, from) = (dots + 1, at + 1);
    }
    // Five parts are an encrypted token (RFC 7516 §3.1), opaque to us.
    (dots == 2).then_some(from..token.len())
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
