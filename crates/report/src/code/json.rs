//! JSON with one value a line. Tokens are copied, never parsed into values, so that numbers, escapes, member order and
//! duplicate names stay as they came. Text that RFC 8259 does not allow is refused, and shown as sent instead.

use super::{Code, Printer};
use crate::limits::INDENT_MAX;

/// Prints the source, or nothing where it is not JSON.
pub(crate) fn print(mut printer: Printer<'_>) -> Option<Code> {
    let text = printer.text();
    // Nesting beyond serde_json's bound of 128 is refused here too, so the walk below needs no bound of its own.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if printer.is_full(at) {
            printer.leave(bytes.len() - at);
            break;
        }
        let end = token_end(bytes, at);
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'{' | b'[' => {
                printer.source(at, end);
                let next = skip_space(bytes, end);
                if matches!(bytes.get(next), Some(b'}' | b']')) {
                    printer.source(next, next + 1);
                    at = next + 1;
                    continue;
                }
                depth += 1;
                begin(&mut printer, depth);
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                begin(&mut printer, depth);
                printer.source(at, end);
            }
            b',' => {
                printer.source(at, end);
                begin(&mut printer, depth);
            }
            b':' => {
                printer.source(at, end);
                printer.extra(" ");
            }
            _ => printer.source(at, end),
        }
        at = end;
    }
    Some(printer.finish())
}

fn begin(printer: &mut Printer<'_>, depth: usize) {
    printer.newline();
    printer.extra(&" ".repeat((depth * 2).min(INDENT_MAX)));
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    from + bytes.iter().skip(from).take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Finds the end of the token that begins at `at`; the text is known to be JSON.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or(&[]);
    let length = match bytes.get(at) {
        Some(b'"') => {
            let mut escaped = false;
            let inside = rest.iter().take_while(|&&byte| {
                let end = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                !end
            });
            inside.count() + 1
        }
        Some(b'{' | b'[' | b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n') => 0,
        _ => rest.iter().take_while(|byte| !b"{}[],: \t\r\n\"".contains(byte)).count(),
    };
    (at + 1 + length).min(bytes.len())
}
