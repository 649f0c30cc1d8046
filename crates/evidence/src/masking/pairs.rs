//! Credentials among the pairs of a form (`application/x-www-form-urlencoded`) or of a query.

use std::ops::Range;

/// What OAuth calls what proves who asks: RFC 6749 §2.3.1, §4.3.2 and §6, RFC 6750 §2.2 and §2.3, RFC 7009 §2.1, RFC 7521 §4, RFC 7662 §2.1.
const CREDENTIALS: [&[u8]; 7] =
    [b"access_token", b"assertion", b"client_assertion", b"client_secret", b"password", b"refresh_token", b"token"];

/// Finds the values of credentials in a body, which need not say that it is a form: one that begins as JSON or XML is none.
pub(super) fn find_in_body(bytes: &[u8]) -> Vec<Range<usize>> {
    let rest = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    match rest.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None | Some(b'{' | b'[' | b'"' | b'<') => Vec::new(),
        Some(_) => find(bytes),
    }
}

/// Finds the values of credentials in the query or fragment of a request target or another address (RFC 6749 §4.2.2).
pub(super) fn find_in_target(target: &[u8]) -> Vec<Range<usize>> {
    let Some(mark) = target.iter().position(|byte| matches!(byte, b'?' | b'#')) else { return Vec::new() };
    let from = mark + 1;
    let ranges = find(target.get(from..).unwrap_or(&[])).into_iter();
    ranges.map(|range| range.start + from..range.end + from).collect()
}

/// Finds the values of credentials in pairs; a name may be percent-encoded, for whoever reads it decodes it.
fn find(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for pair in bytes.split(|byte| *byte == b'&' || *byte == b'#') {
        if let Some(equals) = pair.iter().position(|byte| *byte == b'=')
            && pair.get(..equals).is_some_and(is_credential)
        {
            // A line break behind the last value is not of it.
            let blanks = pair.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            found.push(at + equals + 1..(at + pair.len() - blanks).max(at + equals + 1));
        }
        at += pair.len() + 1;
    }
    found.retain(|range| !range.is_empty());
    found
}

fn is_credential(name: &[u8]) -> bool {
    if !name.contains(&b'%') {
        return CREDENTIALS.contains(&name);
    }
    let longest = CREDENTIALS.iter().map(|known| known.len()).max().unwrap_or(0);
    name.len() <= 3 * longest && CREDENTIALS.contains(&decoded(name).as_slice())
}

fn decoded(name: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = behind.get(2..).unwrap_or(&[]);
            }
            None => {
                decoded.push(*first);
                rest = behind;
            }
        }
    }
    decoded
}
