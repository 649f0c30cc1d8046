//! Message bodies as numbered lines, pretty-printed or as sent, with the failing places marked.

mod printer;

pub(crate) use printer::{Line, Piece, Printer, Span};

use crate::limits::{CONTEXT_LINES, EXCERPT_LINES_MAX, PRETTY_BYTES_MAX};
use counterpart_document::{Json, Limits, Xml};
use serde::Serialize;

/// A body ready to be shown.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Code {
    /// Lines in order.
    pub(crate) lines: Vec<Line>,
    /// How much was left out, in words.
    pub(crate) cut: Option<String>,
}

impl Code {
    /// Gives the lines around the first marked place, or nothing where no place is marked.
    pub(crate) fn excerpt(&self) -> Vec<Line> {
        let Some(first) = self.lines.iter().position(|line| line.hit) else { return Vec::new() };
        let marked = self.lines.iter().skip(first).take_while(|line| line.hit).count();
        let from = first.saturating_sub(CONTEXT_LINES);
        let wanted = first - from + marked + CONTEXT_LINES;
        self.lines.iter().skip(from).take(wanted.min(EXCERPT_LINES_MAX)).cloned().collect()
    }
}

/// The notation that a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// JSON (RFC 8259).
    Json,
    /// Neither.
    Plain,
    /// XML 1.0.
    Xml,
}

impl Notation {
    /// Finds the notation from the content type (RFC 6839: the suffix names the notation), else from the first character.
    pub(crate) fn find(content_type: Option<&str>, body: &str) -> Self {
        let media = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if media.ends_with("/json") || media.ends_with("+json") {
            return Self::Json;
        }
        if media.ends_with("/xml") || media.ends_with("+xml") {
            return Self::Xml;
        }
        match body.trim_start().bytes().next() {
            Some(b'{' | b'[') => Self::Json,
            // A body that says that it is XML is XML, whatever its header calls it.
            Some(b'<') if !media.contains("html") || body.trim_start().starts_with("<?xml") => Self::Xml,
            _ => Self::Plain,
        }
    }
}

/// Prints a body with one value or element a line; `None` where it is not well-formed, or not of a known notation.
pub(crate) fn pretty(text: &str, notation: Notation, marks: &[Span], bytes_max: usize) -> Option<Code> {
    if text.len() > PRETTY_BYTES_MAX {
        return None;
    }
    let bytes = text.to_owned().into();
    let mut printer = Printer::new(text, marks, bytes_max);
    match notation {
        Notation::Json => Json::parse(&bytes, &Limits::default()).ok()?.lay_out(|piece| printer.piece(piece)),
        Notation::Plain => return None,
        Notation::Xml => Xml::parse(&bytes, &Limits::default()).ok()?.lay_out(|piece| printer.piece(piece)),
    }
    Some(printer.finish())
}

/// Prints a body line by line as it was sent.
pub(crate) fn raw(text: &str, marks: &[Span], bytes_max: usize) -> Code {
    let mut printer = Printer::new(text, marks, bytes_max);
    printer.source(0, text.len());
    printer.finish()
}

#[cfg(test)]
mod tests;
