//! What is wrong with a text or an expression, and where.
//!
//! Lines and columns are counted from 1, columns in characters, as editors show them; offsets are in bytes.

use thiserror::Error;

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message} at line {line}, column {column}")]
pub struct Fault {
    /// What is wrong, without the place.
    pub message: String,
    /// Byte offset of the first byte that is wrong.
    pub offset: usize,
    /// Line of that byte, from 1.
    pub line: u32,
    /// Column of that byte in characters, from 1.
    pub column: u32,
    /// Whether nothing is known to be wrong with the text, which is only more than is read here, or of a kind that is not.
    pub is_limit: bool,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, text: &[u8], offset: usize) -> Self {
        let (line, column) = line_column(text, offset);
        Self { message: message.into(), offset, line, column, is_limit: false }
    }

    /// Says where a text passes a bound of ours.
    pub(crate) fn limit(message: impl Into<String>, text: &[u8], offset: usize) -> Self {
        Self { is_limit: true, ..Self::new(message, text, offset) }
    }
}

/// Why an expression could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct PathFault {
    /// What is wrong, without the place.
    pub message: String,
    /// Byte offset in the expression.
    pub offset: usize,
}

impl PathFault {
    pub(crate) fn new(message: impl Into<String>, offset: usize) -> Self {
        Self { message: message.into(), offset }
    }
}

/// Why a compiled expression gave no answer for a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct EvalFault {
    /// What went wrong.
    pub message: String,
}

impl EvalFault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// Gives the line and the column of a byte, both from 1; the column counts characters.
///
/// An offset past the end is the end. In a text that is not UTF-8 every byte that does not continue a character
/// counts as one.
#[must_use]
pub fn line_column(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    // RFC 3629 §3: bytes 10xxxxxx continue a character.
    let characters = before.iter().skip(line_start).filter(|byte| **byte & 0xC0 != 0x80).count();
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    (number(lines), number(characters))
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "ab\né€𝄞x".as_bytes();
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 3), (2, 1));
        assert_eq!(line_column(text, 5), (2, 2));
        assert_eq!(line_column(text, 8), (2, 3));
        assert_eq!(line_column(text, 12), (2, 4));
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        assert_eq!(line_column(b"a\nbc", 99), (2, 3));
        assert_eq!(line_column(b"", 1), (1, 1));
    }
}
