//! Distinguished names as one line.
//!
//! RFC 4514 escapes, in the order of the certificate; control characters are escaped too, since names come from strangers
//! and end on terminals. <https://www.rfc-editor.org/rfc/rfc4514>

use std::fmt::Write;
use x509_parser::{objects::oid2abbrev, oid_registry::Oid, x509::X509Name};

/// Gives a name as `C=GB,O=Example,CN=server.example.test`.
pub(crate) fn line(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for part in name.iter_rdn() {
        for (index, attribute) in part.iter().enumerate() {
            if !text.is_empty() {
                // RFC 4514 §2.2: the parts of a multi-valued one are joined by a plus sign.
                text.push(if index == 0 { ',' } else { '+' });
            }
            text.push_str(&kind(attribute.attr_type()));
            text.push('=');
            match attribute.as_str() {
                Ok(value) => escape(value, &mut text),
                Err(_) => hexadecimal(attribute.as_slice(), &mut text),
            }
        }
    }
    if text.is_empty() { "(no name)".to_owned() } else { text }
}

fn kind(oid: &Oid<'_>) -> String {
    oid2abbrev(oid, x509_parser::objects::oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned)
}

fn escape(value: &str, text: &mut String) {
    for character in value.chars() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => {
                text.push('\\');
                text.push(character);
            }
            _ => printable(character, text),
        }
    }
}

fn printable(character: char, text: &mut String) {
    // Direction marks and other format characters can make one name look like another.
    let hidden = matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if character.is_control() || hidden {
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            let _ = write!(text, "\\{byte:02x}");
        }
    } else {
        text.push(character);
    }
}

/// Gives a text from a certificate without characters that would disturb a terminal.
pub(crate) fn clean(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        printable(character, &mut text);
    }
    text
}

fn hexadecimal(bytes: &[u8], text: &mut String) {
    text.push('#');
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
}
