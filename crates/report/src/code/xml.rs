//! XML with one element a line. Tags are copied as they came: prefixes, attribute order and quotes stay. Text that is
//! not well-formed (XML 1.0 §2.1) is refused, and shown as sent instead; no entity and no document type is ever expanded.

use super::{Code, Printer};
use crate::limits::INDENT_MAX;
use quick_xml::Reader;
use quick_xml::events::Event;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Closed,
    Nothing,
    Opened,
    Text,
}

/// Prints the source, or nothing where it is not well-formed.
pub(crate) fn print(mut printer: Printer<'_>) -> Option<Code> {
    let text = printer.text();
    let mut reader = Reader::from_str(text);
    let mut depth = 0_usize;
    let mut last = Last::Nothing;
    let mut at = 0;
    loop {
        let event = reader.read_event().ok()?;
        // The reader's place never lies behind the end of the text, which fits a `usize`.
        let end = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
        match event {
            Event::Eof if depth == 0 && last != Last::Nothing => break,
            Event::Eof => return None,
            Event::Start(_) => {
                begin(&mut printer, depth, last);
                printer.source(at, end);
                depth += 1;
                last = Last::Opened;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                if last == Last::Closed {
                    begin(&mut printer, depth, last);
                }
                printer.source(at, end);
                last = Last::Closed;
            }
            Event::Text(_) | Event::GeneralRef(_) | Event::CData(_) => {
                let piece = text.get(at..end)?;
                if !piece.trim().is_empty() || last == Last::Text {
                    printer.source(at, end);
                    last = Last::Text;
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::DocType(_) | Event::Empty(_) | Event::PI(_) => {
                begin(&mut printer, depth, last);
                printer.source(at, end);
                last = Last::Closed;
            }
        }
        at = end;
        if printer.is_full(at) {
            printer.leave(text.len() - at);
            break;
        }
    }
    Some(printer.finish())
}

fn begin(printer: &mut Printer<'_>, depth: usize, last: Last) {
    if last != Last::Nothing {
        printer.newline();
    }
    printer.extra(&" ".repeat((depth * 2).min(INDENT_MAX)));
}
