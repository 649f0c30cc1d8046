//! Reads compressed header fields in the order in which they came (RFC 7541).
//!
//! The HTTP/2 library hands up a map, in which fields of one name stand together; evidence needs the list as it was.

use super::tables::{CODE_BITS, STATIC};
use crate::head;
use counterpart_evidence::Headers;
use std::collections::VecDeque;
use std::sync::OnceLock;

/// Largest table that a peer may use: we never announce more than the initial size (RFC 9113 §6.5.2).
const TABLE_BYTES_MAX: usize = 4096;
/// What each entry counts beyond its bytes (RFC 7541 §4.1).
const ENTRY_BYTES: usize = 32;

/// The state of one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    bytes_max: Option<usize>,
    /// A block was not understood, so that nothing after it can be.
    lost: bool,
}

impl Decoder {
    /// Reads one header block; `None` from the first block on that is not understood.
    pub(super) fn parse(&mut self, block: &[u8], bytes_max: usize) -> Option<Headers> {
        if self.lost {
            return None;
        }
        let fields = self.fields(block, bytes_max);
        self.lost = fields.is_none();
        fields
    }

    fn fields(&mut self, mut block: &[u8], bytes_max: usize) -> Option<Headers> {
        let mut headers = Headers::default();
        let mut bytes = 0;
        while let Some(first) = block.first().copied() {
            let field = match first {
                // RFC 7541 §6.1: indexed.
                0x80.. => {
                    let index = integer(&mut block, 7)?;
                    self.entry(index)?
                }
                // §6.2.1: literal, to be kept.
                0x40..=0x7f => {
                    let field = self.literal(&mut block, 6)?;
                    self.keep(field.clone());
                    field
                }
                // §6.3: another table size.
                0x20..=0x3f => {
                    let size = integer(&mut block, 5)?;
                    self.bytes_max = Some(size).filter(|size| *size <= TABLE_BYTES_MAX);
                    self.bytes_max?;
                    self.evict(size);
                    continue;
                }
                // §6.2.2 and §6.2.3: literal, not to be kept.
                _ => self.literal(&mut block, 4)?,
            };
            bytes += field.0.len() + field.1.len() + ENTRY_BYTES;
            if bytes > bytes_max {
                return None;
            }
            headers.push(head::text(&field.0), head::text(&field.1));
        }
        Some(headers)
    }

    fn literal(&self, block: &mut &[u8], prefix_bits: u32) -> Option<(Vec<u8>, Vec<u8>)> {
        let index = integer(block, prefix_bits)?;
        let name = if index == 0 { string(block)? } else { self.entry(index)?.0 };
        Some((name, string(block)?))
    }

    fn entry(&self, index: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let at = index.checked_sub(1)?;
        match STATIC.get(at) {
            Some((name, value)) => Some((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            None => self.entries.get(at - STATIC.len()).cloned(),
        }
    }

    fn keep(&mut self, field: (Vec<u8>, Vec<u8>)) {
        let bytes = field.0.len() + field.1.len() + ENTRY_BYTES;
        let most = self.bytes_max.unwrap_or(TABLE_BYTES_MAX);
        self.evict(most.saturating_sub(bytes));
        // RFC 7541 §4.4: an entry larger than the table empties it and is not kept.
        if bytes <= most {
            self.bytes += bytes;
            self.entries.push_front(field);
        }
    }

    fn evict(&mut self, most: usize) {
        while self.bytes > most {
            let Some((name, value)) = self.entries.pop_back() else { return };
            self.bytes -= name.len() + value.len() + ENTRY_BYTES;
        }
    }
}

/// Reads an integer that begins in the low bits of a byte (RFC 7541 §5.1).
fn integer(block: &mut &[u8], prefix_bits: u32) -> Option<usize> {
    let (first, mut rest) = block.split_first()?;
    let most = (1_usize << prefix_bits) - 1;
    let mut number = usize::from(*first) & most;
    if number == most {
        // Four further bytes reach beyond any length that is taken here.
        for shift in [0, 7, 14, 21] {
            let (byte, after) = rest.split_first()?;
            rest = after;
            number += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                *block = rest;
                return Some(number);
            }
        }
        return None;
    }
    *block = rest;
    Some(number)
}

/// Reads a string (RFC 7541 §5.2).
fn string(block: &mut &[u8]) -> Option<Vec<u8>> {
    let coded = block.first()? & 0x80 != 0;
    let length = integer(block, 7)?;
    let (bytes, rest) = block.split_at_checked(length)?;
    *block = rest;
    if coded { uncoded(bytes) } else { Some(bytes.to_vec()) }
}

/// Where the codes of each length begin, and the symbols in the order of their codes.
struct Codes {
    /// By length: the first code, the number of codes, and the place of the first one's symbol.
    by_bits: [(u32, u32, usize); 31],
    symbols: Vec<u16>,
}

fn codes() -> &'static Codes {
    static CODES: OnceLock<Codes> = OnceLock::new();
    CODES.get_or_init(|| {
        let mut by_bits = [(0, 0, 0); 31];
        let mut symbols = Vec::with_capacity(CODE_BITS.len());
        let mut code = 0;
        for (bits, row) in (0_u8..).zip(&mut by_bits) {
            code <<= 1;
            let first = symbols.len();
            symbols.extend((0_u16..).zip(CODE_BITS).filter(|(_, own)| *own == bits).map(|(symbol, _)| symbol));
            let count = u32::try_from(symbols.len() - first).unwrap_or(0);
            *row = (code, count, first);
            code += count;
        }
        Codes { by_bits, symbols }
    })
}

/// Undoes the string coding (RFC 7541 §5.2 and appendix B).
fn uncoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let Codes { by_bits, symbols } = codes();
    let mut out = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut code, mut bits) = (0_u32, 0_usize);
    for byte in bytes {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(byte >> shift & 1);
            bits += 1;
            let (first, count, at) = *by_bits.get(bits)?;
            let Some(place) = code.checked_sub(first).filter(|place| *place < count) else { continue };
            // The end mark may not be written out (RFC 7541 §5.2).
            out.push(u8::try_from(*symbols.get(at + usize::try_from(place).ok()?)?).ok()?);
            (code, bits) = (0, 0);
        }
    }
    // What is left over is the beginning of the end mark, which is all ones, and less than a byte.
    (bits < 8 && code == (1 << bits) - 1).then_some(out)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::Decoder;

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn read(decoder: &mut Decoder, hex: &str) -> Option<Vec<(String, String)>> {
        let headers = decoder.parse(&bytes(hex), 10_000)?;
        Some(headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect())
    }

    /// RFC 7541 appendix C.4: three requests on one connection, with string coding.
    #[test]
    fn the_examples_of_the_standard_are_read() {
        let mut decoder = Decoder::default();
        let first = read(&mut decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let start = [pair(":method", "GET"), pair(":scheme", "http"), pair(":path", "/")];
        assert_eq!(first, [&start[..], &[pair(":authority", "www.example.com")]].concat());
        let second = read(&mut decoder, "828684be5886a8eb10649cbf").unwrap();
        assert_eq!(second[4], pair("cache-control", "no-cache"));
        let third = read(&mut decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf").unwrap();
        assert_eq!(third[3..], [pair(":authority", "www.example.com"), pair("custom-key", "custom-value")]);
    }

    #[test]
    fn equal_names_keep_their_places() {
        let mut decoder = Decoder::default();
        let fields = read(&mut decoder, "400161013140016201324001610133").unwrap();
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "a"]);
    }

    #[test]
    fn a_block_that_is_not_understood_ends_the_reading() {
        for wrong in ["ff", "80", "ffffffffff7f", "0001", "3fe17f", "0081ff0161", "00827fff0161", "c6"] {
            let mut decoder = Decoder::default();
            assert_eq!(read(&mut decoder, wrong), None, "{wrong}");
            assert_eq!(read(&mut decoder, "82"), None, "{wrong}: the table may differ from the peer's now");
        }
    }

    #[test]
    fn any_bytes_end_in_bounded_time() {
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let block: Vec<u8> = (0..32)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            let _ = Decoder::default().parse(&block, 10_000);
        }
    }
}
