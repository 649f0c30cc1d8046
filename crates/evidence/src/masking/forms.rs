//! The forms in which a secret can stand in a message.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// One text to look for, and how far the overwritten range reaches beyond it on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    pub(super) before: usize,
    pub(super) after: usize,
}

/// Base64 text below this says too little to be searched for.
const BASE64_BYTES_MIN: usize = 4;

/// Lists the forms of a secret: plain, percent-encoded, escaped for JSON and XML, and inside Base64 text.
pub(super) fn forms(secret: &[u8]) -> Vec<Form> {
    let mut forms = vec![plain(secret.to_vec())];
    // RFC 3986 §2.3 unreserved; the two others are what browsers' forms and scripts leave as it is.
    for (kept, blank) in [("-._~", "%20"), ("-._*", "+"), ("-_.!~*'()", "%20"), ("-._~!$&'()*+,;=:@/?", "%20")] {
        for case in [Hex::Upper, Hex::Lower] {
            forms.push(plain(percent(secret, kept.as_bytes(), blank, case)));
        }
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let escaped = serde_json::to_string(text).unwrap_or_default();
        let escaped = escaped.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
        forms.push(plain(escaped.as_bytes().to_vec()));
        forms.push(plain(escaped.replace('/', "\\/").into_bytes()));
        forms.push(plain(ascii_json(escaped)));
        let xml = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        forms.push(plain(xml.replace('"', "&quot;").replace('\'', "&apos;").into_bytes()));
        forms.push(plain(xml.into_bytes()));
        // Header fields of old systems carry ISO-8859-1 (RFC 9110 §5.5).
        if let Some(latin) = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect() {
            forms.push(plain(latin));
        }
    }
    forms.extend(base64(secret));
    forms.retain(|form| !form.bytes.is_empty());
    let mut distinct: Vec<Form> = Vec::new();
    for form in forms {
        if distinct.iter().all(|known| known.bytes != form.bytes) {
            distinct.push(form);
        }
    }
    distinct
}

fn plain(bytes: Vec<u8>) -> Form {
    Form { bytes, before: 0, after: 0 }
}

#[derive(Clone, Copy)]
enum Hex {
    Lower,
    Upper,
}

fn percent(secret: &[u8], kept: &[u8], blank: &str, case: Hex) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(secret.len());
    for byte in secret {
        match byte {
            b' ' => encoded.extend_from_slice(blank.as_bytes()),
            byte if byte.is_ascii_alphanumeric() || kept.contains(byte) => encoded.push(*byte),
            byte => encoded.extend_from_slice(
                match case {
                    Hex::Lower => format!("%{byte:02x}"),
                    Hex::Upper => format!("%{byte:02X}"),
                }
                .as_bytes(),
            ),
        }
    }
    encoded
}

/// Writes what is not ASCII as `\uXXXX` (RFC 8259 §7).
fn ascii_json(escaped: &str) -> Vec<u8> {
    let mut text = String::with_capacity(escaped.len());
    let mut units = [0; 2];
    for character in escaped.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text.into_bytes()
}

/// The characters of Base64 text that depend on the secret alone, for each of the three places at which it can begin
/// within a group of three bytes. A character at either edge that depends on it in part is overwritten too.
fn base64(secret: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    for engine in [&STANDARD, &URL_SAFE] {
        for lead in 0..3_usize {
            let mut bytes = vec![0; lead];
            bytes.extend_from_slice(secret);
            let whole = engine.encode(&bytes);
            // Six bits a character: the first and last character that hold none but the secret's bits.
            let from = (lead * 8).div_ceil(6);
            let to = bytes.len() * 8 / 6;
            let Some(core) = whole.get(from..to).filter(|core| core.len() >= BASE64_BYTES_MIN) else { continue };
            let before = usize::from(lead != 0);
            let after = usize::from((bytes.len() * 8) % 6 != 0);
            forms.push(Form { bytes: core.as_bytes().to_vec(), before, after });
        }
    }
    forms
}
