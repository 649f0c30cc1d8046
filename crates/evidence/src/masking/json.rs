//! Places of JSON members in the bytes of a document, so that they can be overwritten without writing it anew.

use crate::limits::JSON_DEPTH_MAX;
use std::ops::Range;

/// Reads a JSON Pointer (RFC 6901 §3) into its tokens; the empty pointer names the whole document.
pub(super) fn parse_pointer(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let tokens = pointer.strip_prefix('/')?.split('/');
    // RFC 6901 §4: `~1` first, so that `~01` becomes `~1`.
    Some(tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

/// Finds the values that pointers name: of a string what stands between its quotes, of anything else all.
///
/// What is not JSON, or deeper than the bound, is followed as far as it goes.
pub(super) fn find(bytes: &[u8], pointers: &[Vec<String>]) -> Vec<Range<usize>> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if pointers.is_empty() || !matches!(first, Some(b'{' | b'[' | b'"')) {
        return Vec::new();
    }
    let mut walk = Walk { bytes, at: 0, found: Vec::new() };
    let alive = pointers.iter().map(Vec::as_slice).collect();
    let _ = walk.value(alive, 0);
    walk.found
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    found: Vec<Range<usize>>,
}

impl Walk<'_> {
    /// Reads one value; `alive` holds what is left of the pointers that lead here. `None` where it is not JSON.
    fn value(&mut self, alive: Vec<&[String]>, depth: usize) -> Option<()> {
        if depth > JSON_DEPTH_MAX {
            return None;
        }
        self.blanks();
        let from = self.at;
        let named = alive.iter().any(|rest| rest.is_empty());
        let read = match *self.bytes.get(from)? {
            b'{' => self.members(&alive, depth),
            b'[' => self.elements(&alive, depth),
            b'"' => self.string().map(|_| ()),
            _ => {
                let literal = |byte: &u8| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace();
                self.at += self.bytes.get(from..)?.iter().take_while(|byte| literal(byte)).count();
                (self.at > from).then_some(())
            }
        };
        if named {
            let text = self.bytes.get(from) == Some(&b'"');
            let to = if read.is_some() { self.at } else { self.bytes.len() };
            let edge = usize::from(text);
            self.found.push(from + edge..to.saturating_sub(edge * usize::from(read.is_some())).max(from + edge));
        }
        read
    }

    fn members(&mut self, alive: &[&[String]], depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.blanks();
            match *self.bytes.get(self.at)? {
                b'}' => return self.step(),
                b',' => {
                    self.at += 1;
                    continue;
                }
                b'"' => {}
                _ => return None,
            }
            let key = self.string()?;
            let name: String = serde_json::from_slice(self.bytes.get(key)?).ok()?;
            self.blanks();
            if *self.bytes.get(self.at)? != b':' {
                return None;
            }
            self.at += 1;
            self.value(led(alive, &name), depth + 1)?;
        }
    }

    fn elements(&mut self, alive: &[&[String]], depth: usize) -> Option<()> {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            self.blanks();
            match *self.bytes.get(self.at)? {
                b']' => return self.step(),
                b',' => {
                    self.at += 1;
                    index += 1;
                    continue;
                }
                _ => {}
            }
            let next = if alive.is_empty() { Vec::new() } else { led(alive, &index.to_string()) };
            self.value(next, depth + 1)?;
        }
    }

    /// Reads a string and gives its range, quotes included.
    fn string(&mut self) -> Option<Range<usize>> {
        let from = self.at;
        self.at += 1;
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(from..self.at);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn step(&mut self) -> Option<()> {
        self.at += 1;
        Some(())
    }
}

/// Gives what is left of the pointers whose next token names a member.
fn led<'a>(alive: &[&'a [String]], name: &str) -> Vec<&'a [String]> {
    let next = |rest: &&'a [String]| {
        let (token, rest) = rest.split_first()?;
        (token == name || token == "*").then_some(rest)
    };
    alive.iter().filter_map(next).collect()
}
