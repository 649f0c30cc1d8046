//! Writes values so that they stay within the place they are written to.

use super::Escape;
use serde_json::Value;

/// The text that was rendered, and whether a JSON string is open at its end.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) text: String,
    escape: Escape,
    quoted: bool,
}

impl Output {
    pub(super) fn new(escape: Escape) -> Self {
        Self { text: String::new(), escape, quoted: false }
    }

    /// Writes text of the template itself.
    pub(super) fn literal(&mut self, text: &str) {
        if self.escape == Escape::Json {
            let mut rest = text.bytes();
            while let Some(byte) = rest.next() {
                match byte {
                    b'"' => self.quoted = !self.quoted,
                    // The next byte is escaped; it cannot close the string.
                    b'\\' if self.quoted => drop(rest.next()),
                    _ => {}
                }
            }
        }
        self.text.push_str(text);
    }

    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), String> {
        if self.escape == Escape::Json && !self.quoted {
            self.text.push_str(&value.to_string());
            return Ok(());
        }
        match value {
            Value::Array(_) | Value::Object(_) => {
                Err("a list or an object cannot stand in text; write a member of it, or `raw-json`".to_owned())
            }
            Value::Bool(flag) => self.escaped(&flag.to_string()),
            Value::Null => Err("the value is null; ask with `{{#if ...}}` first".to_owned()),
            Value::Number(number) => self.escaped(&number.to_string()),
            Value::String(text) => self.escaped(text),
        }
    }

    /// Writes a whole JSON value; within other text it is escaped as text is.
    pub(super) fn json(&mut self, value: &Value) -> Result<(), String> {
        let text = value.to_string();
        if self.escape == Escape::Json && !self.quoted {
            self.text.push_str(&text);
            return Ok(());
        }
        self.escaped(&text)
    }

    fn escaped(&mut self, text: &str) -> Result<(), String> {
        match self.escape {
            Escape::Filter => {
                self.text.push_str(&counterpart_directory::escape_value(text));
                Ok(())
            }
            Escape::Name => {
                self.text.push_str(&counterpart_directory::escape_name_value(text));
                Ok(())
            }
            Escape::Header => self.header(text),
            Escape::Html | Escape::Xml => self.markup(text),
            Escape::Json => {
                let quoted = Value::from(text).to_string();
                // A JSON string begins and ends with a quote.
                self.text.push_str(quoted.get(1..quoted.len() - 1).unwrap_or(""));
                Ok(())
            }
            Escape::Text => {
                self.text.push_str(text);
                Ok(())
            }
            Escape::Url => {
                crate::query::encode(text, &mut self.text);
                Ok(())
            }
        }
    }

    fn header(&mut self, text: &str) -> Result<(), String> {
        check_header(text)?;
        self.text.push_str(text);
        Ok(())
    }

    fn markup(&mut self, text: &str) -> Result<(), String> {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                // A bare carriage return would be read back as a line feed (XML 1.0 §2.11).
                '\r' => self.text.push_str("&#13;"),
                // XML 1.0 §2.2: no other control character may stand in a document, not even as a reference.
                '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                    return Err(format!("the character U+{:04X} cannot stand in XML or HTML", u32::from(character)));
                }
                other => self.text.push(other),
            }
        }
        Ok(())
    }
}

/// Tells whether a text can stand in a header field value.
#[must_use]
pub fn fits_header(text: &str) -> bool {
    check_header(text).is_ok()
}

/// Refuses what cannot stand in a header field value (RFC 9110 §5.5), so that a value can never begin a new field.
pub(super) fn check_header(text: &str) -> Result<(), String> {
    // Characters beyond U+00FF have no single byte; see `counterpart_evidence::Header`.
    match text.chars().find(|character| (character.is_control() && *character != '\t') || u32::from(*character) > 0xFF) {
        Some(character) => Err(format!("the character U+{:04X} cannot stand in a header field", u32::from(character))),
        None => Ok(()),
    }
}
