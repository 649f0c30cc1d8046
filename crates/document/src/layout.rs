//! How a document is laid out for reading: one value or element a line.
//!
//! Only white space moves. Every other byte is a piece of the text as it came, so that names, numbers, escapes, quotes
//! and prefixes stay as they were sent, and a place in the text keeps its bytes wherever they are printed.

use std::ops::Range;

/// What is printed next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A new line begins, so many levels deep.
    Line(usize),
    /// These bytes of the text as they came; never empty.
    Source(Range<usize>),
    /// A space that need not stand in the text.
    Space,
}
