//! Shows values in mismatches: text without its quotes, cut to a bound.

use crate::limits::SHOWN_CHARS_MAX;
use crate::subject::select::{Found, text_of};
use serde_json::Value;

/// Gives a value as a mismatch shows it.
pub(super) fn shown(value: &Found<'_>) -> String {
    match value {
        Found::Json(value) => shown_json(value),
        Found::Text(text) => cut(text),
    }
}

/// Gives a JSON value as a mismatch shows it: text without its quotes.
pub(super) fn shown_json(value: &Value) -> String {
    match text_of(value) {
        Some(text) => cut(&text),
        None => cut(&value.to_string()),
    }
}

/// Cuts a text to the bound.
pub(super) fn cut(text: &str) -> String {
    // A character has one byte at least.
    let end = if text.len() > SHOWN_CHARS_MAX { text.char_indices().nth(SHOWN_CHARS_MAX) } else { None };
    match end {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}
