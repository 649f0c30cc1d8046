//! Writes a JSON text with one member or item a line.
//!
//! It moves white space only: repeated names, the spelling of numbers and escapes stay, because a report must show what
//! was sent.

use super::locate::Walk;

const INDENT: &str = "  ";

/// Deeper levels are indented no further, so that a deep text does not grow a hundredfold.
const INDENT_LEVELS_MAX: usize = 32;

/// Lays out a text that has been parsed before.
pub(super) fn render(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut walk = Walk { text, at: 0 };
    let mut depth = 0_usize;
    loop {
        walk.skip_space();
        let Some(byte) = walk.peek() else { break };
        let start = walk.at;
        match byte {
            b'{' | b'[' => {
                walk.at += 1;
                walk.skip_space();
                out.push(char::from(byte));
                if let Some(end @ (b'}' | b']')) = walk.peek() {
                    walk.at += 1;
                    out.push(char::from(end));
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                walk.at += 1;
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char::from(byte));
            }
            b',' => {
                walk.at += 1;
                out.push(',');
                new_line(&mut out, depth);
            }
            b':' => {
                walk.at += 1;
                out.push_str(": ");
            }
            _ => {
                if byte == b'"' {
                    walk.skip_string();
                } else {
                    walk.skip_word();
                }
                // A parsed text has nothing else here; stepping on keeps the loop finite all the same.
                walk.at = walk.at.max(start + 1);
                out.push_str(&String::from_utf8_lossy(text.get(start..walk.at).unwrap_or_default()));
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(INDENT, depth.min(INDENT_LEVELS_MAX)));
}
