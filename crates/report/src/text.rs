//! Text that a reader can trust: what would hide, reorder or break it is made visible, and what is long is cut with a
//! count. The attack is a peer's text that reads differently from its bytes (Unicode TR 36, "bidirectional spoofing").

use crate::limits::VALUE_CHARS_MAX;
use serde::Serialize;
use std::fmt::Write as _;

/// Tells whether a character would not be seen, or would move others.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(character,
        '\u{00A0}' | '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}' | '\u{205F}'..='\u{206F}' | '\u{3000}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
        | '\u{E0000}'..='\u{E0FFF}')
        || character.is_control()
}

/// Writes hidden characters as `⟨U+202E⟩`; line feeds and tabs stay, and so does a carriage return before a line feed.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' => out.push(character),
            '\r' if characters.peek() == Some(&'\n') => {}
            hidden if is_hidden(hidden) => push_code(&mut out, hidden),
            plain => out.push(plain),
        }
    }
    out
}

fn push_code(out: &mut String, character: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "⟨U+{:04X}⟩", u32::from(character));
}

/// Makes a value fit for one line: line feeds and tabs visible too, cut at the bound with a count of what is left out.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == VALUE_CHARS_MAX {
            let left = text.chars().count() - VALUE_CHARS_MAX;
            let _ = write!(out, " … ({} more characters)", count(left as u64));
            break;
        }
        if is_hidden(character) { push_code(&mut out, character) } else { out.push(character) }
    }
    out
}

/// Makes text fit for XML: hidden characters visible, whatever XML 1.0 §2.2 forbids included; nothing is cut.
pub(crate) fn xml(text: &str) -> String {
    visible(text)
}

/// A piece of a sentence; what stood between backticks is code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Word {
    /// Text.
    pub(crate) text: String,
    /// Whether it is a value or a name from a message or a file.
    pub(crate) code: bool,
}

/// Splits a sentence of ours at its backticks, which stand round values (style: user text); an odd one stays.
pub(crate) fn words(sentence: &str) -> Vec<Word> {
    let shown = line(sentence);
    let parts: Vec<&str> = shown.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return vec![Word { text: shown, code: false }];
    }
    let word = |(place, part): (usize, &&str)| Word { text: (*part).to_owned(), code: !place.is_multiple_of(2) };
    parts.iter().enumerate().map(word).filter(|word| !word.text.is_empty()).collect()
}

/// Shortens a label at the end, for places where only so much fits; the whole stands elsewhere.
pub(crate) fn label(text: &str, chars_max: usize) -> String {
    let shown = line(text);
    if shown.chars().count() <= chars_max {
        return shown;
    }
    shown.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// Reads bytes as UTF-8 and writes bytes that are none as `⟨xFF⟩`.
pub(crate) fn from_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "⟨x{byte:02X}⟩");
        }
    }
    out
}

/// Writes a number with a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a number with its noun, in the plural where it is not one.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let plural = match (number, noun) {
        (1, _) => "",
        (_, noun) if noun.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{} {noun}{plural}", count(number))
}

/// Writes a duration given in microseconds with the unit that suits it.
pub(crate) fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        1_000_000..60_000_000 => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
        60_000_000..3_600_000_000 => format!("{} min {} s", us / 60_000_000, us % 60_000_000 / 1_000_000),
        _ => format!("{} h {} min", us / 3_600_000_000, us % 3_600_000_000 / 60_000_000),
    }
}

/// Writes a moment of the run in seconds from its beginning.
pub(crate) fn moment(us: u64) -> String {
    format!("{}.{:03}", us / 1_000_000, us % 1_000_000 / 1_000)
}

/// Writes a size in bytes.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => counted(bytes, "byte"),
        10_000..10_000_000 => format!("{} kB", count(bytes / 1_000)),
        _ => format!("{} MB", count(bytes / 1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, counted, duration, from_bytes, line, moment, visible, words};

    #[test]
    fn text_that_turns_its_direction_is_made_visible() {
        assert_eq!(visible("paid\u{202E}001\u{202C}"), "paid⟨U+202E⟩001⟨U+202C⟩");
        assert_eq!(visible("a\u{0}b\r\nc\rd"), "a⟨U+0000⟩b\nc⟨U+000D⟩d");
    }

    #[test]
    fn a_line_feed_cannot_forge_a_second_line() {
        assert_eq!(line("ok\nverdict: pass"), "ok⟨U+000A⟩verdict: pass");
    }

    #[test]
    fn a_long_value_is_cut_with_a_count() {
        let shown = line(&"x".repeat(2_500));
        assert!(shown.ends_with("x … (1,500 more characters)"), "{shown}");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        assert_eq!(from_bytes(b"caf\xe9!"), "caf⟨xE9⟩!");
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        let codes: Vec<bool> = words("`a` is not `b`").iter().map(|word| word.code).collect();
        assert_eq!(codes, [true, false, true]);
        assert_eq!(words("an odd ` stays").len(), 1);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!((count(999).as_str(), count(1_234_567).as_str()), ("999", "1,234,567"));
        assert_eq!((counted(1, "pass").as_str(), counted(2, "pass").as_str()), ("1 pass", "2 passes"));
        assert_eq!(duration(61_500_000), "1 min 1 s");
        assert_eq!(moment(1_234_567), "1.234");
    }
}
