//! The part of BER that LDAP uses: one-byte tags and definite lengths (RFC 4511 §5.1).

use crate::fault::Fault;
use crate::limits::MESSAGE_BYTES_MAX;

/// Tag of an octet string.
pub(crate) const OCTETS: u8 = 0x04;
/// Tag of a sequence.
pub(crate) const SEQUENCE: u8 = 0x30;
/// Tag of a set.
pub(crate) const SET: u8 = 0x31;
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const ENUMERATED: u8 = 0x0a;

/// Finds the end of the message that stands first in what came in; `None` where more must come first.
///
/// # Errors
/// The bytes begin no message, or one that is too large.
pub fn message_end(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let Some(first) = bytes.first() else { return Ok(None) };
    if *first != SEQUENCE {
        return Err(wrong(0, format!("a message begins with 0x30, not 0x{first:02x}")));
    }
    let Some((length, head)) = length(bytes, 1)? else { return Ok(None) };
    let end = head.checked_add(length).filter(|end| *end <= MESSAGE_BYTES_MAX);
    let end = end.ok_or(Fault::Bound { what: "a message's length in bytes", most: MESSAGE_BYTES_MAX })?;
    Ok((bytes.len() >= end).then_some(end))
}

/// Reads a length that stands at `at`; gives it with the place after it, `None` where its bytes have not all come.
fn length(bytes: &[u8], at: usize) -> Result<Option<(usize, usize)>, Fault> {
    let Some(first) = bytes.get(at) else { return Ok(None) };
    if *first < 0x80 {
        return Ok(Some((usize::from(*first), at + 1)));
    }
    let count = usize::from(*first & 0x7f);
    if count == 0 {
        return Err(wrong(at, "an indefinite length, which LDAP does not allow".to_owned()));
    }
    if count > size_of::<u32>() {
        return Err(Fault::Bound { what: "a length's own bytes", most: size_of::<u32>() });
    }
    let Some(digits) = bytes.get(at + 1..at + 1 + count) else { return Ok(None) };
    let length = digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
    Ok(Some((length, at + 1 + count)))
}

fn wrong(at: usize, reason: String) -> Fault {
    Fault::Bytes { at, reason }
}

/// One element: its tag and what stands in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Where it begins in the message.
    pub(crate) at: usize,
    inner_at: usize,
}

impl<'a> Element<'a> {
    /// Gives a reader of the elements in it.
    pub(crate) fn inner(&self) -> Reader<'a> {
        Reader { bytes: self.content, at: 0, base: self.inner_at }
    }

    /// Takes it as an octet string.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.content.to_vec()
    }

    /// Makes the fault that something about it is wrong.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> Fault {
        wrong(self.at, reason.into())
    }

    /// Reads it as a whole number.
    pub(crate) fn integer(&self) -> Result<i64, Fault> {
        let Some(first) = self.content.first().filter(|_| self.content.len() <= 8) else {
            return Err(self.wrong(format!("a whole number of {} bytes", self.content.len())));
        };
        let start = if first & 0x80 == 0 { 0_i64 } else { -1 };
        Ok(self.content.iter().fold(start, |sum, byte| (sum << 8) | i64::from(*byte)))
    }
}

/// Reads the elements of one level, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    base: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, base: 0 }
    }

    /// Gives the next element; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>, Fault> {
        let at = self.base + self.at;
        let Some(tag) = self.bytes.get(self.at).copied() else { return Ok(None) };
        if tag & 0x1f == 0x1f {
            return Err(wrong(at, "a tag of several bytes, which LDAP does not use".to_owned()));
        }
        let short = || wrong(at, "an element that ends after what it stands in".to_owned());
        let (length, from) = length(self.bytes, self.at + 1)?.ok_or_else(short)?;
        let end = from.checked_add(length).ok_or_else(short)?;
        let content = self.bytes.get(from..end).ok_or_else(short)?;
        let inner_at = self.base + from;
        self.at = end;
        Ok(Some(Element { tag, content, at, inner_at }))
    }

    /// Gives the next element, which must be there.
    pub(crate) fn any(&mut self, what: &str) -> Result<Element<'a>, Fault> {
        let at = self.base + self.at;
        self.next()?.ok_or_else(|| wrong(at, format!("{what} is missing")))
    }

    /// Gives the next element, which must have this tag.
    pub(crate) fn tagged(&mut self, tag: u8, what: &str) -> Result<Element<'a>, Fault> {
        let element = self.any(what)?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(element.wrong(format!("{what} has the tag 0x{:02x}, not 0x{tag:02x}", element.tag)))
        }
    }

    /// Reads the next element as an octet string.
    pub(crate) fn octets(&mut self, what: &str) -> Result<Vec<u8>, Fault> {
        self.tagged(OCTETS, what).map(|element| element.octets())
    }

    /// Reads the next element as text of UTF-8.
    pub(crate) fn text(&mut self, what: &str) -> Result<String, Fault> {
        let element = self.tagged(OCTETS, what)?;
        String::from_utf8(element.octets()).map_err(|_| element.wrong(format!("{what} is not UTF-8")))
    }

    /// Reads the next element as a whole number.
    pub(crate) fn integer(&mut self, what: &str) -> Result<i64, Fault> {
        self.tagged(INTEGER, what)?.integer()
    }

    /// Reads the next element as an enumerated value.
    pub(crate) fn enumerated(&mut self, what: &str) -> Result<i64, Fault> {
        self.tagged(ENUMERATED, what)?.integer()
    }

    /// Reads the next element as a truth value.
    pub(crate) fn boolean(&mut self, what: &str) -> Result<bool, Fault> {
        let element = self.tagged(BOOLEAN, what)?;
        match element.content {
            [byte] => Ok(*byte != 0),
            _ => Err(element.wrong(format!("{what} is no truth value"))),
        }
    }
}

/// Writes an element.
pub(crate) fn put(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    match content.len() {
        short @ 0..0x80 => out.push(u8::try_from(short).unwrap_or(0)),
        long => {
            let bytes = long.to_be_bytes();
            let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            out.extend_from_slice(&digits);
        }
    }
    out.extend_from_slice(content);
}

/// Writes an element of elements.
pub(crate) fn nest(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut content = Vec::new();
    write(&mut content);
    put(out, tag, &content);
}

pub(crate) fn put_octets(out: &mut Vec<u8>, value: &[u8]) {
    put(out, OCTETS, value);
}

pub(crate) fn put_boolean(out: &mut Vec<u8>, value: bool) {
    // RFC 4511 §5.1: true is 0xFF.
    put(out, BOOLEAN, &[if value { 0xff } else { 0 }]);
}

pub(crate) fn put_integer(out: &mut Vec<u8>, value: i64) {
    put(out, INTEGER, &digits(value));
}

pub(crate) fn put_enumerated(out: &mut Vec<u8>, value: i64) {
    put(out, ENUMERATED, &digits(value));
}

/// The shortest two's complement of a number (X.690 §8.3.2).
pub(crate) fn digits(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let needless =
        |pair: &[u8]| matches!(pair, [0x00, next] if next & 0x80 == 0) || matches!(pair, [0xff, next] if next & 0x80 != 0);
    let skipped = bytes.windows(2).take_while(|pair| needless(pair)).count();
    bytes.get(skipped..).unwrap_or(&bytes).to_vec()
}

#[cfg(test)]
mod tests {
    use super::{Reader, digits, message_end, put};
    use crate::limits::MESSAGE_BYTES_MAX;

    #[test]
    fn a_message_ends_where_its_length_says() {
        assert_eq!(message_end(&[]), Ok(None));
        assert_eq!(message_end(&[0x30]), Ok(None));
        assert_eq!(message_end(&[0x30, 0x82, 0x01]), Ok(None));
        assert_eq!(message_end(&[0x30, 2, 1]), Ok(None));
        assert_eq!(message_end(&[0x30, 2, 1, 2, 9]), Ok(Some(4)));
        for wrong in [&[0x31, 0][..], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]] {
            assert!(message_end(wrong).is_err(), "{wrong:?}");
        }
        let largest = u32::try_from(MESSAGE_BYTES_MAX - 6).expect("it is small").to_be_bytes();
        assert_eq!(message_end(&[&[0x30, 0x84], &largest[..]].concat()), Ok(None));
    }

    #[test]
    fn a_number_takes_as_few_bytes_as_it_can() {
        for (number, bytes) in [(0, &[0][..]), (127, &[127]), (128, &[0, 128]), (-1, &[255]), (-129, &[255, 127])] {
            assert_eq!(digits(number), bytes);
            let mut out = Vec::new();
            put(&mut out, 2, &digits(number));
            assert_eq!(Reader::new(&out).integer("it"), Ok(number));
        }
    }

    #[test]
    fn an_element_cannot_reach_beyond_what_it_stands_in() {
        assert!(Reader::new(&[4, 3, 1, 2]).next().is_err());
        assert!(Reader::new(&[4, 0x84, 0xff, 0xff, 0xff, 0xff]).next().is_err());
        assert!(Reader::new(&[0x1f, 0x20, 0]).next().is_err());
    }
}
