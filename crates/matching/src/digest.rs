//! Digests, base64, filler text and the modulus 11 check digit.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Gives the SHA-256 of bytes, hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives bytes as base64 (RFC 4648 §4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 in either alphabet, with or without padding.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim().trim_end_matches('=');
    if bare.contains(['+', '/']) {
        let padding = "=".repeat((4 - bare.len() % 4) % 4);
        return STANDARD.decode(format!("{bare}{padding}")).ok();
    }
    URL_SAFE_NO_PAD.decode(bare).ok()
}

/// Gives that many bytes of plain text, without anything that needs escaping.
pub(crate) fn filler(count: usize) -> String {
    const TEXT: &str = "The quick brown fox jumps over the lazy dog. ";
    TEXT.chars().cycle().take(count).collect()
}

/// Gives the modulus 11 check digit of digits (weights from the right 2, 3, ...): `None` where it would be 10, or where
/// the text is not all digits.
pub(crate) fn check_digit_mod11(digits: &str) -> Option<char> {
    if digits.is_empty() || digits.len() > 30 {
        return None;
    }
    let mut sum = 0;
    for (at, digit) in digits.chars().rev().enumerate() {
        sum += digit.to_digit(10)? * u32::try_from(at + 2).ok()?;
    }
    match (11 - sum % 11) % 11 {
        10 => None,
        check => char::from_digit(check, 10),
    }
}
