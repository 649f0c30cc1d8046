//! Reads a JSON text into a value in one pass, without recursion.
//!
//! The grammar is RFC 8259 to the letter: no byte order mark, no comments, no trailing commas, no NaN. What the RFC
//! leaves open is decided here: a repeated name is kept as an oddity and its last value counts, a lone surrogate is a
//! fault, and so is a number that no 64-bit float can hold. <https://www.rfc-editor.org/rfc/rfc8259>

use super::pointer::push_token;
use crate::fault::Fault;
use crate::limits::{DUPLICATE_POINTER_BYTES_MAX, DUPLICATES_MAX, Limits};
use crate::utf8;
use serde_json::{Map, Number, Value};
use std::ops::Range;

/// A member name that stands twice in one object (RFC 8259 §4: names should be unique).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// JSON Pointer of the member.
    pub pointer: String,
    /// Byte range of the later name, quotes included.
    pub range: Range<usize>,
}

/// An array or object that is not yet closed.
enum Frame {
    Array(Vec<Value>),
    Object { members: Map<String, Value>, name: String, name_range: Range<usize> },
}

/// What the next token may be.
enum Expect {
    Value,
    /// A value, or the end of the array that was just opened.
    ValueOrEnd,
    Name,
    /// A name, or the end of the object that was just opened.
    NameOrEnd,
    /// A comma or the end of what is open.
    CommaOrEnd,
}

pub(super) struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    frames: Vec<Frame>,
    members: usize,
    limits: Limits,
    duplicates: Vec<Duplicate>,
    duplicate_bytes: usize,
}

type Parsed<T> = Result<T, Fault>;

pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Parsed<(Value, Vec<Duplicate>)> {
    let text = utf8::read(bytes, limits)?;
    // RFC 8259 §8.1: a sender must not add a byte order mark.
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(Fault::new("the text begins with a byte order mark, which JSON must not", bytes, 0));
    }
    Parser { text, bytes, at: 0, frames: Vec::new(), members: 0, limits: *limits, duplicates: Vec::new(), duplicate_bytes: 0 }
        .document()
}

impl Parser<'_> {
    fn document(mut self) -> Parsed<(Value, Vec<Duplicate>)> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            let done = match expect {
                Expect::Value => self.value()?,
                Expect::ValueOrEnd if self.peek() == Some(b']') => self.close()?,
                Expect::ValueOrEnd => self.value()?,
                Expect::NameOrEnd if self.peek() == Some(b'}') => self.close()?,
                Expect::Name | Expect::NameOrEnd => {
                    self.name()?;
                    None
                }
                Expect::CommaOrEnd => self.comma_or_end()?,
            };
            if let Some(value) = done {
                // A finished value either belongs to what is open, or is the document.
                if let Some(document) = self.add(value)? {
                    self.skip_space();
                    if self.peek().is_some() {
                        return Err(self.fault("there is text after the end of the value"));
                    }
                    return Ok((document, self.duplicates));
                }
                expect = Expect::CommaOrEnd;
            } else {
                expect = self.expectation();
            }
        }
    }

    /// Tells what follows an opening bracket, a name or a comma, from the byte just read.
    fn expectation(&self) -> Expect {
        match (self.bytes.get(self.at.wrapping_sub(1)), self.frames.last()) {
            (Some(b'['), _) => Expect::ValueOrEnd,
            (Some(b'{'), _) => Expect::NameOrEnd,
            (Some(b','), Some(Frame::Object { .. })) => Expect::Name,
            _ => Expect::Value,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(message, self.bytes, self.at)
    }

    fn limit(&self, message: impl Into<String>) -> Fault {
        Fault::limit(message, self.bytes, self.at)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads a scalar and gives it, or opens an array or object and gives nothing.
    fn value(&mut self) -> Parsed<Option<Value>> {
        match self.peek() {
            Some(b'{') => self.open(Frame::Object { members: Map::new(), name: String::new(), name_range: 0..0 }),
            Some(b'[') => self.open(Frame::Array(Vec::new())),
            Some(b'"') => Ok(Some(Value::String(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Some(Value::Number(self.number()?))),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.fault(format!("expected a value, found {}", self.seen()))),
            None => Err(self.fault("the text ends where a value should stand")),
        }
    }

    fn seen(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(character) if character.is_control() => format!("the control character U+{:04X}", u32::from(character)),
            Some(character) => format!("`{character}`"),
            None => "the end of the text".to_owned(),
        }
    }

    fn open(&mut self, frame: Frame) -> Parsed<Option<Value>> {
        // RFC 8259 §9: an implementation may limit the depth of nesting.
        if self.frames.len() >= self.limits.depth() {
            return Err(self.limit(format!("more than {} levels of arrays and objects", self.limits.depth())));
        }
        self.frames.push(frame);
        self.at += 1;
        Ok(None)
    }

    fn close(&mut self) -> Parsed<Option<Value>> {
        self.at += 1;
        Ok(self.frames.pop().map(|frame| match frame {
            Frame::Array(items) => Value::Array(items),
            Frame::Object { members, .. } => Value::Object(members),
        }))
    }

    fn comma_or_end(&mut self) -> Parsed<Option<Value>> {
        match (self.peek(), self.frames.last()) {
            (Some(b','), _) => {
                self.at += 1;
                Ok(None)
            }
            (Some(b']'), Some(Frame::Array(_))) | (Some(b'}'), Some(Frame::Object { .. })) => self.close(),
            (None, _) => Err(self.fault("the text ends inside an array or object")),
            (_, Some(Frame::Array(_))) => Err(self.fault(format!("expected `,` or `]`, found {}", self.seen()))),
            _ => Err(self.fault(format!("expected `,` or `}}`, found {}", self.seen()))),
        }
    }

    /// Puts a finished value into what is open, or gives it back as the document.
    fn add(&mut self, value: Value) -> Parsed<Option<Value>> {
        self.members += 1;
        if self.members > self.limits.members_max {
            return Err(self.limit(format!("more than {} members and items", self.limits.members_max)));
        }
        match self.frames.last_mut() {
            None => return Ok(Some(value)),
            Some(Frame::Array(items)) => items.push(value),
            Some(Frame::Object { members, name, name_range }) => {
                let range = name_range.clone();
                // The map keeps the place of the first value and the last value, as serde_json does.
                if members.insert(std::mem::take(name), value).is_some() {
                    self.note_duplicate(range);
                }
            }
        }
        Ok(None)
    }

    #[cold]
    fn note_duplicate(&mut self, range: Range<usize>) {
        if self.duplicates.len() >= DUPLICATES_MAX || self.duplicate_bytes > DUPLICATE_POINTER_BYTES_MAX {
            return;
        }
        let mut pointer = String::new();
        let outer = self.frames.len().saturating_sub(1);
        for frame in self.frames.iter().take(outer) {
            match frame {
                Frame::Array(items) => push_token(&mut pointer, &items.len().to_string()),
                Frame::Object { name, .. } => push_token(&mut pointer, name),
            }
        }
        let name = self.text.get(range.clone()).and_then(|quoted| serde_json::from_str::<String>(quoted).ok());
        push_token(&mut pointer, name.as_deref().unwrap_or_default());
        self.duplicate_bytes += pointer.len();
        self.duplicates.push(Duplicate { pointer, range });
    }

    fn name(&mut self) -> Parsed<()> {
        if self.peek() != Some(b'"') {
            return Err(self.fault(match self.peek() {
                None => "the text ends inside an object".to_owned(),
                Some(_) => format!("expected a member name in double quotes, found {}", self.seen()),
            }));
        }
        let start = self.at;
        let read = self.string()?;
        let range = start..self.at;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.fault(format!("expected `:` after the member name, found {}", self.seen())));
        }
        self.at += 1;
        if let Some(Frame::Object { name, name_range, .. }) = self.frames.last_mut() {
            *name = read;
            *name_range = range;
        }
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Parsed<Option<Value>> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(self.fault(format!("expected `{word}`")));
        }
        self.at += word.len();
        Ok(Some(value))
    }

    fn digits(&mut self, part: &str) -> Parsed<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault(format!("expected a digit {part}, found {}", self.seen())));
        }
        Ok(())
    }

    fn number(&mut self) -> Parsed<Number> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        // RFC 8259 §6: no leading zeros.
        let zero = self.peek() == Some(b'0');
        let whole_start = self.at;
        self.digits("in a number")?;
        if zero && self.at > whole_start + 1 {
            self.at = whole_start;
            return Err(self.fault("a number must not begin with a zero that another digit follows"));
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits("after the decimal point")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in the exponent")?;
        }
        let lexeme = self.text.get(start..self.at).unwrap_or_default();
        if whole && lexeme != "-0" {
            if let Ok(number) = lexeme.parse::<u64>() {
                return Ok(number.into());
            }
            if let Ok(number) = lexeme.parse::<i64>() {
                return Ok(number.into());
            }
        }
        // The rest is serde_json's own conversion, so that values compare equal however they were read. RFC 8259 §6
        // lets an implementation limit range and precision: digits beyond a 64-bit float are rounded, its range is not left.
        serde_json::from_str::<Number>(lexeme)
            .map_err(|_| Fault::limit("the number is larger than a 64-bit float can hold", self.bytes, start))
    }

    fn string(&mut self) -> Parsed<String> {
        self.at += 1;
        let mut start = self.at;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            // RFC 8259 §7: quote, backslash and everything below U+0020 must be escaped.
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len());
            self.at += plain;
            let run = self.text.get(start..self.at).unwrap_or_default();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    if text.is_empty() {
                        return Ok(run.to_owned());
                    }
                    text.push_str(run);
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(run);
                    text.push(self.escape()?);
                    start = self.at;
                }
                Some(_) => return Err(self.fault(format!("a string must not hold {} as it is", self.seen()))),
                None => return Err(self.fault("the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let start = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            None => return Err(self.fault("the text ends inside a string")),
            Some(_) => return Err(Fault::new(format!("no escape begins with `\\` and {}", self.seen()), self.bytes, start)),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self, start: usize) -> Parsed<char> {
        let lone = |bytes: &[u8]| Fault::new("half of a surrogate pair stands alone, which is no character", bytes, start);
        let first = self.four_hex()?;
        // RFC 8259 §7: a character beyond U+FFFF is written as a pair of surrogates. §8.2 leaves lone ones open; they
        // cannot be kept in any Unicode string.
        if let 0xD800..=0xDBFF = first {
            if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
                return Err(lone(self.bytes));
            }
            self.at += 1;
            let second = self.four_hex()?;
            if !(0xDC00..=0xDFFF).contains(&second) {
                return Err(lone(self.bytes));
            }
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return char::from_u32(code).ok_or_else(|| lone(self.bytes));
        }
        char::from_u32(first).ok_or_else(|| lone(self.bytes))
    }

    /// Reads `uXXXX` at the `u`.
    fn four_hex(&mut self) -> Parsed<u32> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.fault(format!("expected four hexadecimal digits after `\\u`, found {}", self.seen())));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}
