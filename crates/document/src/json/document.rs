//! A JSON text that was read: its bytes, its value and what was odd.

use super::parse::{Duplicate, parse};
use super::{layout, locate, pointer};
use crate::fault::Fault;
use crate::layout::Piece;
use crate::limits::Limits;
use bytes::Bytes;
use serde_json::Value;
use std::ops::{ControlFlow, Range};

/// A JSON text with its value.
///
/// The value is what `serde_json` gives for the same text: members in the order of their first appearance, the last
/// value of a repeated name, whole numbers up to 64 bits exact and all others as 64-bit floats.
#[derive(Clone, Debug)]
pub struct Json {
    text: Bytes,
    value: Value,
    duplicates: Vec<Duplicate>,
}

impl Json {
    /// Reads a JSON text (RFC 8259).
    ///
    /// # Errors
    /// The first place where the text leaves the grammar or passes a limit; a byte order mark, a text that is not
    /// UTF-8, half of a surrogate pair, and a number beyond the range of a 64-bit float are such places.
    ///
    /// ```
    /// use counterpart_document::{Json, Limits};
    /// let json = Json::parse(&r#"{"id": 7, "id": 8}"#.into(), &Limits::default())?;
    /// assert_eq!(json.at("/id"), Some(&8.into()));
    /// assert_eq!(json.duplicates()[0].range, 10..14);
    /// # Ok::<(), counterpart_document::Fault>(())
    /// ```
    pub fn parse(text: &Bytes, limits: &Limits) -> Result<Self, Fault> {
        let (value, duplicates) = parse(text, limits)?;
        Ok(Self { text: text.clone(), value, duplicates })
    }

    /// Gives the value of the whole text.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Gives the text as it came.
    #[must_use]
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// Gives the member names that stand more than once in their object, in the order of the text, at most 100.
    #[must_use]
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Finds the bytes of the value at a JSON Pointer, by walking the text.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Range<usize>> {
        locate::locate(&self.text, pointer)
    }

    /// Finds the value at a JSON Pointer (RFC 6901).
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        pointer::find(&self.value, &pointer::tokens(pointer).ok()?)
    }

    /// Lays the text out with one member or item a line, piece by piece, until the printer breaks off.
    pub fn lay_out(&self, mut print: impl FnMut(Piece) -> ControlFlow<()>) {
        let _ = layout::lay_out(&self.text, &mut print);
    }
}
