//! Finds the bytes of one value in a JSON text, on demand.
//!
//! The text has been parsed before, so this walk checks nothing; it keeps no tree of positions and does not recurse.

use super::pointer::{index, tokens};
use std::ops::Range;

/// Gives the byte range of the value at a pointer; of a repeated name the last one counts, as it does in the value.
pub(super) fn locate(text: &[u8], pointer: &str) -> Option<Range<usize>> {
    let tokens = tokens(pointer).ok()?;
    let mut walk = Walk { text, at: 0 };
    walk.skip_space();
    for token in &tokens {
        match walk.peek()? {
            b'{' => walk.enter_member(token)?,
            b'[' => walk.enter_item(index(token)?)?,
            _ => return None,
        }
    }
    let start = walk.at;
    walk.skip_value();
    Some(start..walk.at)
}

pub(super) struct Walk<'t> {
    pub(super) text: &'t [u8],
    pub(super) at: usize,
}

impl Walk<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps over a string at its opening quote.
    pub(super) fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if byte == b'"' {
                break;
            }
        }
    }

    /// Steps over the value that begins here.
    pub(super) fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => self.skip_word(),
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Steps over a number, `true`, `false` or `null`.
    pub(super) fn skip_word(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')) {
            self.at += 1;
        }
    }

    fn enter_item(&mut self, wanted: usize) -> Option<()> {
        self.at += 1;
        let mut number = 0;
        loop {
            self.skip_space();
            if self.peek()? == b']' {
                return None;
            }
            if number == wanted {
                return Some(());
            }
            self.skip_value();
            self.skip_space();
            if self.peek()? == b',' {
                self.at += 1;
            }
            number += 1;
        }
    }

    fn enter_member(&mut self, wanted: &str) -> Option<()> {
        self.at += 1;
        let mut found = None;
        loop {
            self.skip_space();
            match self.peek()? {
                b'}' => break,
                b',' => {
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            let start = self.at;
            self.skip_string();
            let name = self.text.get(start..self.at)?;
            self.skip_space();
            self.at += 1;
            self.skip_space();
            if is_name(name, wanted) {
                found = Some(self.at);
            }
            self.skip_value();
        }
        self.at = found?;
        Some(())
    }
}

/// Compares a quoted name with a text; only names with escapes are decoded.
fn is_name(quoted: &[u8], wanted: &str) -> bool {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains(&b'\\') {
        return serde_json::from_slice::<String>(quoted).is_ok_and(|name| name == wanted);
    }
    inner == wanted.as_bytes()
}
