//! The first look at any text: its size and its encoding.
//!
//! Only UTF-8 is read (RFC 8259 §8.1; XML 1.0 §4.3.3 lets a processor know more, which no message here has needed).

use crate::fault::Fault;
use crate::limits::Limits;

/// Gives the bytes as text, if they are few enough and UTF-8.
pub(crate) fn read<'t>(bytes: &'t [u8], limits: &Limits) -> Result<&'t str, Fault> {
    if bytes.len() > limits.bytes_max {
        let message = format!("the text has {} bytes, more than the {} allowed", bytes.len(), limits.bytes_max);
        return Err(Fault::limit(message, bytes, limits.bytes_max));
    }
    // Every text begins with ASCII, so zeros among the first four bytes tell the wider encodings, as do their marks.
    if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, 0, ..] | [0, _, 0, _, ..] | [_, 0, _, 0, ..] = bytes {
        return Err(Fault::new("the text is not UTF-8: it looks like UTF-16 or UTF-32", bytes, 0));
    }
    std::str::from_utf8(bytes)
        .map_err(|error| Fault::new("the text is not UTF-8: this byte belongs to no character", bytes, error.valid_up_to()))
}
